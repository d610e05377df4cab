"""The settings form of the IMAP + SMTP family, in the wizard and on the settings page of an inbox."""

import ipaddress
import re
from typing import Any

import idna
from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    BooleanField,
    Field,
    Form,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import StopValidation

from console.providers.fields import (
    LONGEST_NAME,
    LONGEST_PASSWORD,
    TOO_LONG_NAME,
    TOO_LONG_PASSWORD,
    Typed,
    no_controls,
    stripped,
)
from console.providers.names import canonical
from console.rules.amazon import REFUSAL, is_amazon
from console.rules.texts import N_

SECURITIES = [
    SelectChoice("tls", N_("TLS (993, 465)")),
    SelectChoice("starttls", N_("STARTTLS (143, 587)")),
]
LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)


class ServerName:
    """A host name or an IP address, and nothing around it."""

    def __call__(self, form: Form, field: Field) -> None:
        host = (field.data or "").strip()
        if not host:
            raise StopValidation(N_("Type the name of the server."))
        no_controls(host)
        if "://" in host:
            raise StopValidation(N_("Type the server name only, without imap:// or https:// before it."))
        if "/" in host or "?" in host or "#" in host:
            raise StopValidation(N_("Type the server name only, without anything after it."))
        if "@" in host:
            raise StopValidation(N_("This is an address. Type the name of the server."))
        if any(character.isspace() for character in host):
            raise StopValidation(N_("A server name has no spaces."))
        if re.fullmatch(r"(\[.*\]|[^:\[\]]+):\d*", host):
            raise StopValidation(N_("Type the port in its own field."))
        if len(host) > LONGEST_HOST:
            raise StopValidation(N_("Server names end at 253 characters."))
        if _in_brackets(host):
            host = host[1:-1]
        if not self._is_host(host):
            raise StopValidation(N_("This is not a server name. It looks like imap.company.com."))
        if is_amazon(canonical(host)):
            raise StopValidation(REFUSAL)
        field.data = host.rstrip(".").lower()

    def _is_host(self, host: str) -> bool:
        if ":" in host:
            return _is_ipv6(host)
        try:
            ascii_host = (
                idna.encode(host.rstrip("."), uts46=True).decode("ascii") if not host.isascii() else host.rstrip(".")
            )
        except (UnicodeError, ValueError):
            return False
        return all(_LABEL.fullmatch(label) for label in ascii_host.split("."))


def _in_brackets(host: str) -> bool:
    """Return whether an IPv6 address is written as in web addresses."""
    return host.startswith("[") and host.endswith("]") and _is_ipv6(host[1:-1])


def _is_ipv6(text: str) -> bool:
    """Return whether `text` is an IPv6 address without a zone, which means something on one machine only."""
    try:
        return ipaddress.IPv6Address(text).scope_id is None
    except ValueError:
        return False


class Port:
    """A port number, kept as int."""

    def __call__(self, form: Form, field: Field) -> None:
        text = str(field.data or "").strip()
        if not text:
            raise StopValidation(N_("Type the port."))
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise StopValidation(N_("A port is a number, such as 993."))
        if int(text) == 0:
            raise StopValidation(N_("Ports begin at 1."))
        if int(text) > 65535:
            raise StopValidation(N_("Ports end at 65535."))
        if int(text) in {110, 995}:
            raise StopValidation(N_("This is a port of POP3, which cannot be connected. IMAP uses 993 or 143."))


class ImapForm(Form):
    """Field names are the product's; an absent `smtp_same_credentials` means unticked, and it is served ticked."""

    password = PasswordField(
        N_("Password"), [Typed(LONGEST_PASSWORD, TOO_LONG_PASSWORD, N_("Type the password of the mailbox."))]
    )
    username = StringField(
        N_("User name"),
        [Typed(LONGEST_NAME, TOO_LONG_NAME)],
        filters=[stripped],
        description=N_("Usually the whole address. Empty means the address."),
    )
    imap_host = StringField(N_("IMAP server"), [ServerName()])
    imap_port = StringField(N_("Port"), [Port()])
    imap_security = SelectField(N_("Security"), choices=SECURITIES, default="tls", validate_choice=False)
    smtp_host = StringField(N_("SMTP server"), [ServerName()])
    smtp_port = StringField(N_("Port"), [Port()])
    smtp_security = SelectField(N_("Security"), choices=SECURITIES, default="starttls", validate_choice=False)
    smtp_same_credentials = BooleanField(
        N_("Outgoing mail (SMTP) uses the same credentials as incoming (IMAP)"), default=True
    )
    smtp_username = StringField(
        N_("User name for outgoing mail"), [Typed(LONGEST_NAME, TOO_LONG_NAME)], filters=[stripped]
    )
    smtp_password = PasswordField(N_("Password for outgoing mail"), [Typed(LONGEST_PASSWORD, TOO_LONG_PASSWORD)])

    def validate_imap_security(self, field: Field) -> None:
        self._encrypts(field)

    def validate_smtp_security(self, field: Field) -> None:
        self._encrypts(field)

    def _encrypts(self, field: Field) -> None:
        if field.data not in {"tls", "starttls"}:
            raise ValidationError(N_("Choose TLS or STARTTLS. A password is never sent without encryption."))

    def validate_smtp_password(self, field: Field) -> None:
        if not self.smtp_same_credentials.data and not field.data and "password" in self:
            raise ValidationError(N_("Type the password for outgoing mail, or tick the box above."))

    def settings(self) -> dict[str, Any]:
        """Return the validated values, with ports as numbers."""
        values = dict(self.data)
        for name in ("imap_port", "smtp_port"):
            values[name] = int(str(values[name]))
        return values
