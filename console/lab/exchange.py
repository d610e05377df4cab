"""The lab's Exchange organisation as it runs: its servers, their certificates, the names they are found by."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ssl import SSLContext

import trustme

from console.lab import autodiscover, ntlm
from console.lab.accounts import Account
from console.lab.certificates import GOOD, WRONG_NAME, Presented
from console.lab.exchange_place import (
    AUTODISCOVER,
    BRANCH,
    BRANCH_AUTODISCOVER,
    DOMAIN,
    HOSTER,
    HOSTER_SERVER,
    OTHER_SERVER,
    PASSWORD,
    SERVER,
    ExchangePlace,
)
from console.lab.exchange_web import Web
from console.lab.web_server import ADDRESS, web_server
from console.lab.windows_sign_in import SignIn
from console.lab.zone import Zone

OURS = frozenset({SERVER, OTHER_SERVER, AUTODISCOVER, BRANCH_AUTODISCOVER})


@dataclass(frozen=True)
class Exchange:
    """Where Exchange is. `port` is that of https, `plain_port` that of http; `place` holds accounts and faults."""

    place: ExchangePlace
    zone: Zone
    port: int
    plain_port: int

    @property
    def ews_url(self) -> str:
        """Where EWS is."""
        return self.place.at(SERVER, autodiscover.EWS)


@contextmanager
def exchange(
    accounts: Iterable[Account], clock: Callable[[], datetime], slow: float, authority: trustme.CA, names: Zone
) -> Iterator[Exchange]:
    """Serve the organisation for as long as the block lasts: certificates of this authority, names in this zone."""
    place = ExchangePlace(accounts, clock, slow)
    presented = Presented(authority)
    web = Web(place, SignIn(place, presented))

    def contexts(name: str) -> SSLContext:
        # Who comes by address names no host, and meets the first server.
        host = name or SERVER
        place.connected_to(host)
        return presented.context(_kind(place, host), host)

    with ntlm.users() as users, web_server(web.https, contexts) as port, web_server(web.http) as plain_port:
        place.port, place.plain_port = port, plain_port

        def switched() -> None:
            users.write(place.logins, PASSWORD)
            _publish(names, place)

        place.switched = switched
        switched()
        try:
            yield Exchange(place, names, port, plain_port)
        finally:
            place.switched = lambda: None
            place.stopped.set()


def _kind(place: ExchangePlace, host: str) -> str:
    if host == DOMAIN:
        return WRONG_NAME if place.has("apex-certificate") else GOOD
    return place.certificate if host in OURS else GOOD


def _publish(names: Zone, place: ExchangePlace) -> None:
    """Let the organisation be found as the switches have it."""
    hybrid = place.has("hybrid")
    mx = "0 corp-test.mail.protection.outlook.com." if hybrid else f"10 {SERVER}."
    names.set(DOMAIN, "MX", mx).set(BRANCH, "MX", mx).host(DOMAIN, ADDRESS)
    for host in (SERVER, OTHER_SERVER, BRANCH_AUTODISCOVER, HOSTER, HOSTER_SERVER):
        names.host(host, ADDRESS)
    if place.has("no-autodiscover-host"):
        names.fail(AUTODISCOVER, "NXDOMAIN")
    else:
        names.host(AUTODISCOVER, ADDRESS)
    for domain in (DOMAIN, BRANCH):
        found = [] if place.has("no-srv") else [f"0 0 {place.port} {SERVER}."]
        names.set(f"_autodiscover._tcp.{domain}", "SRV", *found)
