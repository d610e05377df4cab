"""The four connections by name, so that one can be recommended before the console has a family for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from console.rules.texts import N_


@dataclass(frozen=True)
class Connection:
    """A way to connect a mailbox: its name, its icon, and what the button says that goes this way (marked texts)."""

    label: str
    icon: str
    button: str


CONNECTIONS: Mapping[str, Connection] = MappingProxyType(
    {
        "gmail": Connection(N_("Gmail"), "brand-google", N_("Connect to Gmail")),
        "microsoft": Connection(N_("Microsoft 365 / Outlook"), "brand-windows", N_("Connect to Microsoft 365")),
        "exchange": Connection(N_("Exchange (on-premises)"), "server-2", N_("Connect to Exchange")),
        "imap": Connection(N_("IMAP + SMTP"), "at", N_("Connect with IMAP + SMTP")),
    }
)
