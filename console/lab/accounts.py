"""Who has a mailbox at a stand-in, and the apps that are registered there."""

from dataclasses import dataclass, field
from hashlib import sha256

# The tenant of personal Microsoft accounts:
# https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference (claim tid).
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"


@dataclass(frozen=True)
class Account:
    """A mailbox and its person. `aliases` are further addresses it may send from; `tenant` is Microsoft's, by id."""

    address: str
    name: str
    tenant: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.address.rpartition("@")[2]

    @property
    def subject(self) -> str:
        """The id that stays when the address changes: 21 digits, as Google gives them."""
        return str(int(sha256(self.address.encode()).hexdigest(), 16))[:21]

    @property
    def object_id(self) -> str:
        """The same as a GUID, as Microsoft gives them."""
        return guid(self.address)


@dataclass(frozen=True)
class Tenant:
    """A Microsoft customer: its id, its name, the domains it has verified."""

    id: str
    name: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Application:
    """A registered app. Whoever starts with one of `origins` may be redirected to; `tenant` makes it single-tenant."""

    client_id: str
    client_secret: str = field(repr=False)
    origins: tuple[str, ...] = ()
    name: str = "Inbox console"
    tenant: str = ""

    def may_return_to(self, redirect_uri: str) -> bool:
        """Tell whether a redirect URI belongs to the app."""
        return any(redirect_uri == origin or redirect_uri.startswith(origin + "/") for origin in self.origins)


def guid(text: str) -> str:
    """Return the same GUID for the same text."""
    digits = sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
