"""The MX records of a domain, read against the tables: who holds the mailbox, or what stands in front of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from console.discovery.answer import Saying
from console.discovery.domains import registrable, within
from console.discovery.lookups import Mx
from console.discovery.tables.forwarders import FORWARDERS
from console.discovery.tables.gateways import GATEWAYS
from console.discovery.tables.hosts import Host
from console.discovery.tables.mail_hosts import HOSTS
from console.rules.amazon import is_amazon
from console.rules.texts import N_

AMAZON = Host("Amazon SES or WorkMail", "", "amazon")


@dataclass(frozen=True)
class Exchanger:
    """One mail server of a domain. At most one of `host`, `gateway` and `forwarder` is set; `own` is for the rest."""

    domain: str
    preference: int
    name: str
    host: Host | None = None
    gateway: str = ""
    forwarder: str = ""
    own: bool = False
    # The name in the MX record, where that is only another name for this one.
    alias: str = ""

    @property
    def unknown(self) -> bool:
        """Whether no table knows the name."""
        return not (self.host or self.gateway or self.forwarder)

    @property
    def evidence(self) -> tuple[Saying, ...]:
        """What a person can check, and what it means."""
        named = self.alias or self.name
        mx: tuple[Saying, ...] = (Saying(N_("MX of %(domain)s: %(host)s"), {"domain": self.domain, "host": named}),)
        if self.alias:
            mx += (Saying(N_("%(name)s points to %(host)s"), {"name": self.alias, "host": self.name}),)
        if self.host:
            return *mx, Saying(N_("That is a mail server of %(name)s."), {"name": self.host.name})
        if self.gateway:
            return *mx, Saying(
                N_("That is the mail filter %(name)s; the mailbox lies behind it."), {"name": self.gateway}
            )
        if self.forwarder:
            return *mx, Saying(N_("%(name)s passes mail on and holds no mailbox."), {"name": self.forwarder})
        return mx


def read(domain: str, records: Iterable[Mx]) -> tuple[Exchanger, ...]:
    """Return the mail servers of a domain, most preferred first."""
    return tuple(_read(domain, record) for record in records if record.host)


def led(one: Exchanger, target: str) -> Exchanger:
    """Return what a mail server is whose name is only another name for `target`; the same where no table knows that.

    RFC 2181, 10.3 forbids it, and domains do it all the same.
    """
    found = _read(one.domain, Mx(one.preference, target))
    return one if found.unknown else replace(found, alias=one.name)


def _read(domain: str, record: Mx) -> Exchanger:
    forwarder = FORWARDERS.of(record.host) or ""
    host = AMAZON if is_amazon(record.host) else None if forwarder else HOSTS.by_mx(record.host)
    gateway = "" if host or forwarder else GATEWAYS.of(record.host) or ""
    own = not (host or forwarder or gateway) and within(record.host, registrable(domain))
    return Exchanger(domain, record.preference, record.host, host, gateway, forwarder, own)
