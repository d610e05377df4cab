"""An SMTP server whose answer to a sign-in is chosen by the local part of the login; sentences of real providers.

Three ports: STARTTLS, implicit TLS, and one without any encryption, which therefore offers no sign-in. It remembers per
connection what was tried, so that a test can count attempts and prove that no password came.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import AnyStr

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.peers.certificates import Certificates, Identity
from tests.peers.processes import free_port

PASSWORD = "secret"
# What the local part of a login is answered with, even when the password is right; several lines as on the wire.
ANSWERS: Mapping[str, str] = {
    "bad": (
        "535-5.7.8 Username and Password not accepted. For more information, go to\r\n"
        "535 5.7.8 https://support.google.com/mail/?p=BadCredentials - gsmtp"
    ),
    "app-password": (
        "534-5.7.9 Application-specific password required. For more information, go to\r\n"
        "534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp"
    ),
    "web-login": (
        "534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1&scc=1> Please log in via your web browser\r\n"
        "534-5.7.14 and then try again. Learn more at\r\n"
        "534 5.7.14 https://support.google.com/mail/answer/78754 - gsmtp"
    ),
    "too-many": "454 4.7.0 Too many login attempts, please try again later.",
    "closing": "421 4.7.0 Try again later, closing connection.",
    "tenant-off": (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. "
        "Visit https://aka.ms/smtp_auth_disabled for more information."
    ),
    "mailbox-off": (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. "
        "Visit https://aka.ms/smtp_auth_disabled for more information."
    ),
    "basic-off": "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
    "basic-retired": "550 5.7.30 Basic authentication is not supported for Client Submission.",
    "incorrect": "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
    "unsuccessful": "535 5.7.3 Authentication unsuccessful",
    "plain-535": "535 Incorrect authentication data",
    "disabled": "525 5.7.13 User account disabled",
    "expired": "432 4.7.12 A password transition is needed",
    "tempfail": "454 4.7.0 Temporary authentication failure",
    "not-enabled": "503 5.5.1 Error: authentication not enabled",
}


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


@dataclass
class SmtpAnswers:
    """A running server on 127.0.0.1 and what came in so far."""

    starttls: int
    tls: int
    unencrypted: int
    address: str = "127.0.0.1"
    visits: list[Visit] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=lambda: dict(ANSWERS))

    def attempts(self, login: str | None = None) -> int:
        """Count the sign-ins so far, all of them or those of one login."""
        return sum(login in (None, attempt.login) for visit in self.visits for attempt in visit.attempts)

    @property
    def passwords(self) -> list[str]:
        """Every password that came in, over all connections."""
        return [attempt.password for visit in self.visits for attempt in visit.attempts]

    def check(self, visit: Visit, mechanism: str, given: LoginPassword) -> AuthResult:
        """Judge one sign-in: the answer of its local part, else whether the password is PASSWORD."""
        login, password = given.login.decode("utf-8", "replace"), given.password.decode("utf-8", "replace")
        visit.attempts.append(Attempt(mechanism, login, password))
        answer = self.answers.get(login.partition("@")[0])
        if answer is None and password == PASSWORD:
            return AuthResult(success=True, auth_data=given)
        return AuthResult(success=False, handled=False, message=answer or ANSWERS["bad"])


@contextmanager
def smtp_answers(certificates: Certificates, identity: Identity | None = None) -> Iterator[SmtpAnswers]:
    """Serve for as long as the block lasts, presenting `identity` or the good certificate."""
    context = (identity or certificates.good).context()
    server = SmtpAnswers(free_port(), free_port(), free_port())
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


class _Controller(Controller):
    def __init__(
        self,
        server: SmtpAnswers,
        port: int,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.server_of_tests, self.starttls = server, starttls
        super().__init__(Sink(), hostname=server.address, port=port, ssl_context=tls)

    def factory(self) -> SMTP:
        visit = Visit(self.port, encrypted=self.ssl_context is not None)
        self.server_of_tests.visits.append(visit)
        return _Conversation(self.server_of_tests, visit, self.starttls, self.loop)


class _Conversation(SMTP):
    """aiosmtpd's server side of one connection, noting what the client does."""

    def __init__(
        self,
        server: SmtpAnswers,
        visit: Visit,
        starttls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.visit = visit
        super().__init__(
            Sink(),
            hostname="mail.example.test",
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

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        if status[:3] in ("421", b"421") and self.transport is not None:
            self.transport.close()
