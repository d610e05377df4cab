"""Signing in to an SMTP server to send (RFC 4954)."""

import base64
import smtplib

from console.providers import mechanisms
from console.providers.base import Probe
from console.providers.dial import Smtp
from console.providers.mechanisms import NoSubmission, without_password


def sign_in(smtp: Smtp, username: str, password: str, field: str, probe: Probe) -> None:
    """Sign in with one mechanism, once. smtplib's own login goes on to the next mechanism with a refused password.

    `field` is the part of the secret that `password` is. Raises smtplib.SMTPAuthenticationError, DialError.
    """
    offered = set(mechanisms.of_smtp(smtp))
    if not offered:
        raise NoSubmission("no AUTH offered")
    if not offered & {"PLAIN", "LOGIN"}:
        raise without_password(offered)
    probe.attempt("smtp", field)
    if "PLAIN" in offered:
        code, said = smtp.docmd("AUTH", f"PLAIN {_encoded(chr(0) + username + chr(0) + password)}")
    else:
        code, said = smtp.docmd("AUTH", "LOGIN")
        if code == 334:
            code, said = smtp.docmd(_encoded(username))
        if code == 334:
            code, said = smtp.docmd(_encoded(password))
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)
    probe.accepted("smtp")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
