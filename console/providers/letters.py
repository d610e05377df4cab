"""Makes mail of letters: MIME with plain text and HTML that say the same, and headers that nobody can break out of."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from console.rules.letter import Letter, Part

_TEMPLATES = Path(__file__).parent.parent / "templates" / "mail"
LONGEST_SUBJECT, LONGEST_NAME, LONGEST_LINE = 200, 80, 78
# What stands in a display name in quotation marks only (RFC 5322, 3.2.3).
_SPECIALS = re.compile(r"[()<>\[\]:;@\\,\"]+")


@dataclass(frozen=True)
class Envelope:
    """From whom to whom. `key` names the mail, so that the same one keeps its Message-ID over all attempts."""

    sender: str
    sender_name: str
    recipient: str
    key: str
    at: datetime


@cache
def _html() -> Template:
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True).get_template(
        "letter.html"
    )


def header(text: str, longest: int = LONGEST_SUBJECT) -> str:
    """Return `text` as a header may hold it: one line, no control or format characters, of bounded length.

    What looks like an encoded word (RFC 2047, 2) is taken apart: the library would decode it, line ends and all.
    """
    kept = "".join(" " if unicodedata.category(sign).startswith("C") else sign for sign in text)
    kept = " ".join(kept.split()).replace("=?", "= ?")
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def plain(letter: Letter) -> str:
    """Return a letter as plain text."""
    found = []
    for line in letter.lines:
        if line.part in {Part.BUTTON, Part.LINK}:
            found.append(f"{line.text}:\n{line.url}")
        elif line.part is Part.SMALL:
            found.append(f"-- \n{line.text}")
        else:
            found.append(line.text)
    return "\n\n".join(found) + "\n"


def html(letter: Letter) -> str:
    """Return a letter as an HTML page that needs nothing from anywhere."""
    return _html().render(letter=letter)


def message(letter: Letter, envelope: Envelope) -> bytes:
    """Return a letter as it goes over the line, with CRLF and without the dots of SMTP.

    It says that a program wrote it (RFC 3834, 5), so that no absence note answers. Raises ValueError for an address
    that no mail can go to.
    """
    mail = EmailMessage(policy.SMTP)
    local, _, domain = envelope.sender.rpartition("@")
    mail["From"] = _sender(envelope)
    mail["To"] = Address(addr_spec=_checked(envelope.recipient))
    mail["Subject"] = header(letter.subject)
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.key}@{domain}>" if local else ""
    mail["Auto-Submitted"] = "auto-generated"
    # Exchange answers automatic mail unless it is told not to ([MS-OXCMAIL], 2.2.3.2.14).
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(plain(letter), cte="quoted-printable")
    mail.add_alternative(html(letter), subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def _sender(envelope: Envelope) -> Address:
    name = header(envelope.sender_name, LONGEST_NAME)
    if len(f'From: "{name}" <{envelope.sender}>') > LONGEST_LINE:
        # Folded, the library leaves the quotation marks out, and a comma would begin another address.
        name = header(_SPECIALS.sub(" ", name))
    return Address(name, addr_spec=_checked(envelope.sender))


def deliverable(address: str) -> bool:
    """Return whether mail can go to an address: one, in ASCII, because SMTPUTF8 (RFC 6531) is spoken by few."""
    # More than one address, a comment, an encoded word or a line end would be somebody else's header.
    shape = r"[^\s<>()\[\],;:\\\"@]{1,64}@[A-Za-z0-9.-]{1,253}"
    return address.isascii() and "=?" not in address and re.fullmatch(shape, address) is not None


def _checked(address: str) -> str:
    if not deliverable(address):
        raise ValueError("no address that mail goes to")
    return address
