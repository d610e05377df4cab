"""What Autodiscover knows of an address, whichever of its three forms asks.

[MS-OXDSCLI] 3.1.5 and https://learn.microsoft.com/exchange/client-developer/exchange-web-services/
autodiscover-for-exchange say what a client makes of each.
"""

from dataclasses import dataclass

from console.lab.accounts import Account
from console.lab.exchange_place import (
    BRANCH,
    CLOUD_DOMAIN,
    DOMAIN,
    HOSTER,
    HOSTER_SERVER,
    OTHER_SERVER,
    SERVER,
    ExchangePlace,
)

EWS = "/EWS/Exchange.asmx"


@dataclass(frozen=True)
class Found:
    """The mailbox is here, and EWS at this address."""

    account: Account
    server: str
    ews: str


@dataclass(frozen=True)
class OtherAddress:
    """The client has to begin again with this address; `cloud` says that it is one of Microsoft 365."""

    address: str
    cloud: bool = False


@dataclass(frozen=True)
class OtherUrl:
    """The client has to ask at this host, https."""

    host: str


@dataclass(frozen=True)
class Unknown:
    """Nobody has this address."""


@dataclass(frozen=True)
class Busy:
    """Not now."""


Outcome = Found | OtherAddress | OtherUrl | Unknown | Busy


def decide(place: ExchangePlace, address: str, host: str) -> Outcome:
    """Return what an address is answered at a host."""
    account = place.holder(address)
    local, _, domain = address.lower().rpartition("@")
    if account is None or place.has("unknown-address", account.address):
        return Unknown()
    for slug, outcome in (
        ("autodiscover-busy", Busy()),
        ("moved-to-cloud", OtherAddress(f"{local}@{CLOUD_DOMAIN}", cloud=True)),
        ("redirect-loop", OtherAddress(address)),
    ):
        if place.has(slug, account.address):
            return outcome
    if place.has("redirect-address", account.address) and domain == DOMAIN:
        return OtherAddress(f"{local}@{BRANCH}")
    for slug, elsewhere in (("redirect-url", OTHER_SERVER), ("redirect-url-elsewhere", HOSTER)):
        if place.has(slug, account.address) and host != elsewhere:
            return OtherUrl(elsewhere)
    server = OTHER_SERVER if place.has("other-server", account.address) else SERVER
    if host == HOSTER:
        server = HOSTER_SERVER
    return Found(account, server, place.at(server, EWS))
