"""An SMTP server whose answer to a sign-in is chosen by the local part of the login; sentences of real providers.

Three ports: STARTTLS, implicit TLS, and one without any encryption, which therefore offers no sign-in. It remembers per
connection what was tried, so that a test can count attempts and prove that no password came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from console.lab.ports import free_port
from console.lab.smtp_server import SmtpServer, serving
from tests.peers.certificates import Certificates, Identity

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
class SmtpAnswers(SmtpServer):
    """A running server on 127.0.0.1 and what came in so far."""

    answers: dict[str, str] = field(default_factory=lambda: dict(ANSWERS))

    def refusal(self, login: str, password: str) -> str:
        """Judge one sign-in: the answer of its local part, else whether the password is PASSWORD."""
        answer = self.answers.get(login.partition("@")[0])
        if answer is None and password == PASSWORD:
            return ""
        return answer or ANSWERS["bad"]


@contextmanager
def smtp_answers(certificates: Certificates, identity: Identity | None = None) -> Iterator[SmtpAnswers]:
    """Serve for as long as the block lasts, presenting `identity` or the good certificate."""
    server = SmtpAnswers(free_port(), free_port(), free_port())
    with serving(server, (identity or certificates.good).context()):
        yield server
