"""Mail addresses as people type them, and as they are compared."""

from dataclasses import dataclass

import idna
from email_validator import EmailNotValidError, validate_email

from console.discovery.domains import a_label, is_host_name
from console.providers.names import literal
from console.rules.texts import N_

LONGEST = 254
_TOO_LONG = N_("Addresses end at 254 characters. This one is longer.")
_MISTYPED = N_("This is not an email address. Check it for spaces, missing letters and stray signs.")


class AddressError(ValueError):
    """What was typed is not one mail address.

    The text is the sentence to show beside the field (marked, untranslated).
    """


@dataclass(frozen=True)
class Address:
    """One mail address. `key` is what is stored and compared: case-folded, with the domain as A-label."""

    local: str
    domain: str

    @property
    def key(self) -> str:
        """The address as it is stored and compared."""
        return f"{self.local}@{self.domain}"

    @property
    def shown(self) -> str:
        """The address for people, with the domain in its own letters."""
        return shown(self.key)


def shown(key: str) -> str:
    """Return a stored address for people, with the domain in its own letters."""
    local, at, domain = key.rpartition("@")
    return f"{local}{at}{shown_domain(domain)}"


def shown_domain(domain: str) -> str:
    """Return an A-label domain in Unicode letters where it has them; anything undecodable stays as it is."""
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def parse(text: str) -> Address:
    """Read one address from `text`.

    The local part is case-folded and otherwise left alone (no dots or +tags are dropped); the domain becomes an
    A-label.
    Raises AddressError.
    """
    text = text.strip()
    if not text:
        raise AddressError(N_("Type the email address."))
    if "\x00" in text or any(ord(character) < 32 for character in text):
        raise AddressError(N_("The address holds a character that no address has. Type it by hand."))
    if "<" in text or ">" in text:
        raise AddressError(N_("Type the address only, without a name or angle brackets."))
    if len(text) > LONGEST:
        raise AddressError(_TOO_LONG)
    if "@" not in text:
        raise AddressError(N_("An address has an @, such as name@company.com."))
    if text.count("@") > 1 and not text.startswith('"'):
        raise AddressError(N_("Type one address. This has more than one @."))
    if '"' in text:
        raise AddressError(N_("Addresses with quotation marks cannot be connected. Type the plain address."))
    local, _, domain = text.rpartition("@")
    try:
        # Only the local part is judged by the library: it refuses the internal domains that on-premises servers live
        # in.
        found = validate_email(f"{local}@example.com", check_deliverability=False)
    except EmailNotValidError:
        raise AddressError(_MISTYPED) from None
    name = a_label(domain)
    if not is_host_name(name) or literal(name) is not None:
        raise AddressError(_MISTYPED)
    address = Address(found.local_part.casefold(), name)
    # Folding and the A-label may both lengthen it.
    if len(address.key) > LONGEST:
        raise AddressError(_TOO_LONG)
    return address
