"""What a domain's DNS tells beside MX: where Autodiscover points, who may send, and whose keys sign.

None of it proves where a mailbox lies: an SPF include is there for a newsletter tool as well. Two that agree do.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from console.discovery.answer import Outcome, Saying
from console.discovery.deadline import Deadline
from console.discovery.domains import within
from console.discovery.errands import Errand, Errands
from console.discovery.exchangers import AMAZON
from console.discovery.lookups import Lookups, LookupTrouble, NoSuchName, Srv
from console.discovery.tables.hosts import Host
from console.discovery.tables.mail_hosts import HOSTS
from console.rules.amazon import is_amazon
from console.rules.texts import N_

T = TypeVar("T")
Kind = Literal["autodiscover", "srv", "spf", "dkim"]
# Selectors asked of every domain: Microsoft's and Google's. Others are asked once another signal names their host.
_ALWAYS = ("selector1", "google")
# A record with more terms than this breaks RFC 7208, 4.6.4 many times over.
_MOST_TERMS = 60
# Records of one domain that are read: its own and those it is continued in.
_MOST_PARTS = 6
_LONGEST_CHAIN = 4


@dataclass(frozen=True)
class Signal:
    """One mark of one host."""

    host: Host
    kind: Kind
    saying: Saying


class Signals:
    """Asks a domain's DNS for marks of mail hosts."""

    def __init__(self, domain: str, lookups: Lookups, errands: Errands, deadline: Deadline) -> None:
        self._domain, self._lookups, self._errands, self._deadline = domain, lookups, errands, deadline
        self._lock = threading.Lock()
        self._found: list[Signal] = []
        self._silent = self._late = False

    def gather(self, seconds: float) -> tuple[Signal, ...]:
        """Ask everything at once and return what came within `seconds`; later answers stay out."""
        until = self._deadline.left() - seconds
        asked = [self._start(step) for step in (self._autodiscover, self._srv, self._spf)]
        asked += [self._start(partial(self._dkim, one)) for one in _ALWAYS]
        self._wait(asked, until)
        named = {signal.host for signal in self.found}
        more = {selector for host in named for selector in HOSTS.selectors(host)} - set(_ALWAYS)
        self._wait([self._start(partial(self._dkim, one)) for one in sorted(more)], until)
        return self.found

    @property
    def found(self) -> tuple[Signal, ...]:
        """What is known so far, the same signal once, in a steady order."""
        with self._lock:
            once = {(_ORDER.index(one.kind), one.host.name): one for one in reversed(self._found)}
        return tuple(once[key] for key in sorted(once))

    @property
    def outcome(self) -> Outcome:
        """What came of asking, in a word."""
        return "found" if self.found else "late" if self._late else "failed" if self._silent else "nothing"

    def _start(self, step: Callable[[], None]) -> Errand[None]:
        return self._errands.start("signal", step)

    def _wait(self, asked: Iterable[Errand[None]], until: float) -> None:
        for errand in asked:
            errand.outcome(self._deadline.left() - until)
            self._late = self._late or not errand.done

    def _add(self, host: Host | None, kind: Kind, saying: Saying) -> None:
        if host is not None:
            with self._lock:
                self._found.append(Signal(host, kind, saying))

    def _autodiscover(self) -> None:
        name = target = f"autodiscover.{self._domain}"
        host = None
        for _ in range(_LONGEST_CHAIN):
            target = self._pointed(target) or ""
            host = _autodiscover_host(target)
            if host or not target:
                break
        self._add(host, "autodiscover", Saying(N_("%(name)s points to %(host)s"), {"name": name, "host": target}))

    def _srv(self) -> None:
        name = f"_autodiscover._tcp.{self._domain}"
        for record in autodiscover_targets(self._asked(lambda: self._lookups.srv(name)) or []):
            saying = Saying(N_("SRV of %(name)s: %(host)s"), {"name": name, "host": record.host})
            self._add(_autodiscover_host(record.host), "srv", saying)

    def _spf(self) -> None:
        waiting = [self._domain]
        # A list that grows while it is read: parts may have parts.
        for part in waiting:
            for text in self._asked(partial(self._lookups.txt, part)) or []:
                for name in spf_includes(text):
                    saying = Saying(N_("SPF of %(domain)s includes %(name)s"), {"domain": self._domain, "name": name})
                    host = HOSTS.by_spf(name)
                    self._add(host, "spf", saying)
                    # A domain may keep its record in parts of its own, or have another record stand for it; what
                    # others include in turn is theirs.
                    goes_on = within(name, self._domain) or name == spf_redirect(text)
                    if host is None and goes_on and name not in waiting and len(waiting) < _MOST_PARTS:
                        waiting.append(name)

    def _dkim(self, selector: str) -> None:
        name = f"{selector}._domainkey.{self._domain}"
        target = self._pointed(name)
        if target:
            saying = Saying(N_("DKIM key %(name)s points to %(host)s"), {"name": name, "host": target})
            self._add(HOSTS.by_dkim(selector, target), "dkim", saying)
            return
        host = HOSTS.by_dkim(selector, "")
        if host and any("p=" in text for text in self._asked(lambda: self._lookups.txt(name)) or []):
            self._add(host, "dkim", Saying(N_("DKIM key at %(name)s"), {"name": name}))

    def _pointed(self, name: str) -> str | None:
        return self._asked(lambda: self._lookups.cname(name))

    def _asked(self, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except NoSuchName:
            return None
        except LookupTrouble:
            self._silent = True
            return None


_ORDER: tuple[Kind, ...] = ("autodiscover", "srv", "spf", "dkim")


def _autodiscover_host(name: str) -> Host | None:
    return AMAZON if is_amazon(name) else HOSTS.by_autodiscover(name)


def autodiscover_targets(records: Iterable[Srv], own: str = "") -> list[Srv]:
    """Return the SRV records of Autodiscover that count: port 443, lowest priority first, then highest weight.

    Only HTTPS at its usual port is Autodiscover (https://learn.microsoft.com/exchange/architecture/client-access/autodiscover).
    With `own`, a record that leads to a host of this domain may name another port than 80: it is the domain's own.
    """
    offered = [
        record
        for record in records
        if record.host and (record.port == 443 or (own and record.port != 80 and within(record.host, own)))
    ]
    return sorted(offered, key=lambda record: (record.priority, -record.weight, record.host))


def spf_includes(text: str) -> list[str]:
    """Return the names that an SPF record includes or redirects to (RFC 7208, 5.2 and 6.1); none for other records."""
    version, _, rest = text.strip().lower().partition(" ")
    if version != "v=spf1":
        return []
    names = []
    for term in rest.split()[:_MOST_TERMS]:
        name = term.lstrip("+?~").removeprefix("include:").removeprefix("redirect=")
        if name != term.lstrip("+?~") and "%" not in name:
            names.append(name.rstrip("."))
    return names


def spf_redirect(text: str) -> str:
    """Return the name whose record stands in for this one (RFC 7208, 6.1); empty where there is none.

    A record with the mechanism "all" is whole, and its redirect counts for nothing.
    """
    terms = [term.lstrip("+-?~") for term in text.lower().split()[:_MOST_TERMS]]
    names = [term.removeprefix("redirect=").rstrip(".") for term in terms if term.startswith("redirect=")]
    return names[0] if len(names) == 1 and "all" not in terms else ""
