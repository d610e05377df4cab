"""The form of a domain's defaults: what is typed into it, what is kept, and the settings of an inbox that follow."""

import re

from console.rules.domain_defaults import Kind
from console.services import defaults
from console.services.default_settings import Defaults

SERVERS = {
    "kind": "imap",
    "imap_host": "mail.acme.test",
    "imap_port": "993",
    "imap_security": "tls",
    "smtp_host": "mail.acme.test",
    "smtp_port": "465",
    "smtp_security": "tls",
    "username": "full",
    "smtp_same": "y",
}
KEPT = Defaults(
    kind=Kind.IMAP,
    imap_host="mail.acme.test",
    imap_port=993,
    imap_security="tls",
    smtp_host="mail.acme.test",
    smtp_port=465,
    smtp_security="tls",
    username="%EMAILADDRESS%",
    members_may_change=False,
)
PAGE = "/domains/acme.test"
AT_DK = {"imap_host": "mail.acme.dk", "smtp_host": "mail.acme.dk"}


def save(visitor, page=PAGE, do="save", **changes):
    """Press a button of the form as it is shown, with fields typed over; None leaves a field out."""
    shown = visitor.get(page).text
    hidden = dict(re.findall(r'<input[^>]*name="(revision|shown)"[^>]*value="([^"]*)"', shown))
    fields = {**SERVERS, **hidden, "do": do, **changes}
    return visitor.post(f"{page}/save", **{name: value for name, value in fields.items() if value is not None})


def kept(ctx, alice, domain="acme.test"):
    return defaults.get(ctx, alice, domain).defaults


def kept_settings(address):
    return {
        "imap_host": "mail.acme.test",
        "imap_port": 993,
        "imap_security": "tls",
        "smtp_host": "mail.acme.test",
        "smtp_port": 465,
        "smtp_security": "tls",
        "username": address,
        "smtp_username": None,
    }
