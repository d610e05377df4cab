"""The organisation's own SMTP server for notices: the configuration's, which wins, or as an account admin typed it."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session

from console.discovery.domains import a_label
from console.providers.base import Mailbox, Pin, Secret
from console.services import settings
from console.services.context import Context

NAME = "mail"
SECURITIES = ("starttls", "tls")
# A batch ends within the 30 seconds of a check; after this, a worker that has not come back is taken to be dead.
LEASE = timedelta(seconds=90)


@dataclass(frozen=True)
class MailServer:
    """Where notices are handed over. `username` is "" where the server lets this machine in without a sign-in.

    `pin` is the certificate that counts although it does not verify. `fixed` is one of the configuration.
    """

    host: str
    port: int
    security: str
    username: str
    sender: str
    sender_name: str
    password: str = field(default="", repr=False)
    pin: str = ""
    fixed: bool = False

    def mailbox(self) -> Mailbox:
        """Return it as what a check signs in to."""
        pins = (Pin(self.host, self.port, self.pin),) if self.pin else ()
        known = {name: getattr(self, name) for name in ("host", "port", "security", "username", "sender")}
        return Mailbox(self.sender, known, Secret(password=self.password), pins)


def configured(ctx: Context) -> MailServer | None:
    """Return the server of the configuration, if it names one."""
    config = ctx.config
    if not config.smtp_host:
        return None
    return MailServer(
        a_label(config.smtp_host) or config.smtp_host,
        config.smtp_port,
        config.smtp_security,
        config.smtp_username,
        config.smtp_sender,
        config.smtp_sender_name or config.organisation,
        config.smtp_password,
        fixed=True,
    )


def in_use(ctx: Context, session: Session) -> MailServer | None:
    """Return the server with its password, for workers, or None where there is none. Raises KeyMissing."""
    found = shown(ctx, session)
    if found is None or found.fixed or not found.username:
        return found
    password = settings.opened(ctx, session, NAME).get("password", "")
    return MailServer(**{**found.__dict__, "password": password})


def shown(ctx: Context, session: Session) -> MailServer | None:
    """Return the server without its password, or None where there is none."""
    fixed = configured(ctx)
    if fixed is not None:
        return MailServer(**{**fixed.__dict__, "password": ""})
    value = settings.read(session, NAME)
    try:
        return MailServer(
            str(value["host"]),
            int(value["port"]),
            str(value["security"]),
            str(value["username"]),
            str(value["sender"]),
            str(value["sender_name"]) or ctx.config.organisation,
            pin=str(value.get("pin") or ""),
        )
    except (KeyError, TypeError, ValueError):
        return None


def mark(ctx: Context, server: MailServer) -> str:
    """Return what tells this very server and password from others without revealing them."""
    content = json.dumps(
        [server.host, server.port, server.security, server.username, server.password, server.sender, server.pin]
    )
    return hmac.new(ctx.signing_key.encode(), b"mail" + content.encode(), hashlib.sha256).hexdigest()
