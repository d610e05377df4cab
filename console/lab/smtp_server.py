"""An SMTP submission server on loopback: a port with STARTTLS, one with TLS, and one without any encryption.

It remembers per connection what was tried. What a sign-in is answered is up to the class that serves.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import AnyStr

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

NAME = "mail.example.test"


@dataclass
class Attempt:
    """One sign-in as it came in."""

    mechanism: str
    login: str
    password: str


@dataclass
class Visit:
    """One connection: whether it was encrypted in the end, and the sign-ins it tried."""

    port: int
    encrypted: bool = False
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """A mail that the server took: from whom, to whom, and what it says."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass
class SmtpServer:
    """A running server on 127.0.0.1 and what came in so far."""

    starttls: int
    tls: int
    unencrypted: int
    address: str = "127.0.0.1"
    name: str = NAME
    visits: list[Visit] = field(default_factory=list)
    mails: list[Taken] = field(default_factory=list)

    def attempts(self, login: str | None = None) -> int:
        """Count the sign-ins so far, all of them or those of one login."""
        return sum(login in (None, attempt.login) for visit in self.visits for attempt in visit.attempts)

    @property
    def passwords(self) -> list[str]:
        """Every password that came in, over all connections."""
        return [attempt.password for visit in self.visits for attempt in visit.attempts]

    def closed(self) -> str:
        """Return what whoever connects is refused with, "" while the server is open."""
        return ""

    def refusal(self, login: str, password: str) -> str:
        """Return what a sign-in is refused with, "" when it is taken; several lines as on the wire."""
        raise NotImplementedError

    def sender_refusal(self, address: str) -> str:
        """Return what a sender is refused with, "" when mail is taken from there."""
        return ""

    def recipient_refusal(self, address: str) -> str:
        """Return what a recipient is refused with, "" when mail is taken for them."""
        return ""

    def message_refusal(self, mail: Taken) -> str:
        """Return what a message is refused with after all of it came, "" when it is taken."""
        return ""

    def check(self, visit: Visit, mechanism: str, given: LoginPassword) -> AuthResult:
        """Judge one sign-in and remember it."""
        login, password = given.login.decode("utf-8", "replace"), given.password.decode("utf-8", "replace")
        visit.attempts.append(Attempt(mechanism, login, password))
        refusal = self.refusal(login, password)
        if not refusal:
            return AuthResult(success=True, auth_data=given)
        return AuthResult(success=False, handled=False, message=refusal)


@contextmanager
def serving(server: SmtpServer, context: ssl.SSLContext) -> Iterator[SmtpServer]:
    """Serve on the three ports of `server` for as long as the block lasts, presenting the certificate of `context`."""
    with ExitStack() as stack:
        for controller in (
            _Controller(server, server.starttls, starttls=context),
            _Controller(server, server.tls, tls=context),
            _Controller(server, server.unencrypted),
        ):
            controller.start()
            stack.callback(controller.stop)
        # Each controller visits its own port once to see that it answers.
        server.visits.clear()
        yield server


class _Mailroom:
    """What happens to mail: it is kept, unless the server refuses it."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server

    async def handle_MAIL(  # noqa: N802  # aiosmtpd calls it by this name.
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.server.sender_refusal(address)
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # Likewise.
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.server.recipient_refusal(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # Likewise.
        content = envelope.original_content or b""
        mail = Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        refusal = await asyncio.get_running_loop().run_in_executor(None, self.server.message_refusal, mail)
        if refusal:
            return refusal
        self.server.mails.append(mail)
        return "250 OK, kept"


class _Controller(Controller):
    def __init__(
        self,
        server: SmtpServer,
        port: int,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.served, self.starttls = server, starttls
        super().__init__(_Mailroom(server), hostname=server.address, port=port, ssl_context=tls)

    def factory(self) -> SMTP:
        visit = Visit(self.port, encrypted=self.ssl_context is not None)
        self.served.visits.append(visit)
        return _Conversation(self.served, visit, self.starttls, self.loop)


class _Conversation(SMTP):
    """aiosmtpd's server side of one connection, noting what the client does."""

    def __init__(
        self,
        server: SmtpServer,
        visit: Visit,
        starttls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.visit, self.served = visit, server
        super().__init__(
            _Mailroom(server),
            hostname=server.name,
            ident="ESMTP",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=not visit.encrypted,
            authenticator=lambda _server, _session, _envelope, mechanism, data: server.check(visit, mechanism, data),
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.visit.encrypted = transport.get_extra_info("ssl_object") is not None
        super().connection_made(transport)

    async def _handle_client(self) -> None:
        words = self.served.closed()
        if words:
            await self.push(words)
            return
        await super()._handle_client()

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        if status[:3] in ("421", b"421") and self.transport is not None:
            self.transport.close()
