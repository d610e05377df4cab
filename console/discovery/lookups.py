"""What DNS says of a mail domain: MX, TXT, SRV and CNAME, each asked once per discovery and read with suspicion."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import dns.exception
import dns.flags
import dns.name
import dns.rdata
import dns.resolver

from console.discovery.deadline import Deadline, Story

T = TypeVar("T")

# A domain with more records of a kind than this does not describe its mail with them.
MOST_RECORDS = 50
LONGEST_TXT = 4096
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")


class NoSuchName(Exception):
    """The name does not exist (NXDOMAIN)."""


class LookupTrouble(Exception):
    """The name servers gave no usable answer: a failure, a refusal, nonsense, or nothing in time."""


class TooManyRecords(LookupTrouble):
    """The name servers named more records than describe a domain's mail, so none of them is believed."""


@dataclass(frozen=True, order=True)
class Mx:
    """One MX record; an empty host is the null MX of RFC 7505."""

    preference: int
    host: str


@dataclass(frozen=True)
class Srv:
    """One SRV record; an empty host (target ".") says that the service is not offered (RFC 6186, 3.4)."""

    priority: int
    weight: int
    port: int
    host: str


class NameServer:
    """Asks for records. One serves all threads; an empty `address` takes the system's name servers."""

    def __init__(self, address: str = "", port: int = 53) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not address)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.resolver.Resolver(configure=False)
        if address:
            self._resolver.nameservers = [address]
            self._resolver.port = port
        self._resolver.use_edns(0, dns.flags.DO, 1232)
        # The AD bit means something only on a path that nobody else can write to (RFC 4035, 4.9.3).
        self._near = all(str(server) in {"127.0.0.1", "::1"} for server in self._resolver.nameservers)

    def ask(self, name: str, kind: str, seconds: float) -> tuple[list[dns.rdata.Rdata], bool]:
        """Return the records of `name` and whether DNSSEC vouches for them. Raises NoSuchName, LookupTrouble."""
        if seconds <= 0:
            raise LookupTrouble("No time is left.")
        try:
            answer = self._resolver.resolve(
                dns.name.from_text(name), kind, lifetime=seconds, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            raise NoSuchName(name) from None
        except dns.resolver.LifetimeTimeout:
            raise LookupTrouble("no answer in time") from None
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise LookupTrouble(f"no usable answer ({type(error).__name__})") from None
        signed = self._near and bool(answer.response.flags & dns.flags.AD)
        return ([] if answer.rrset is None else list(answer.rrset)[: MOST_RECORDS + 1]), signed


@dataclass(frozen=True)
class _Known:
    records: tuple[dns.rdata.Rdata, ...] = ()
    signed: bool = False
    error: Exception | None = None


class Lookups:
    """The look-ups of one discovery: each question is asked once, whichever part of it wants to know first."""

    def __init__(self, server: NameServer, deadline: Deadline, story: Story) -> None:
        self._server, self._deadline, self._story = server, deadline, story
        self._lock = threading.Lock()
        self._asking: dict[tuple[str, str], threading.Lock] = {}
        self._known: dict[tuple[str, str], _Known] = {}

    def mx(self, domain: str) -> list[Mx]:
        """Return the MX records, most preferred first; names that are no host names are left out.

        Raises NoSuchName, LookupTrouble (TooManyRecords among them).
        """
        found = self._read(domain, "MX", _mx)
        return sorted(found)

    def srv(self, name: str) -> list[Srv]:
        """Return the SRV records as they came. Raises NoSuchName, LookupTrouble."""
        return self._read(name, "SRV", _srv)

    def txt(self, name: str) -> list[str]:
        """Return the TXT records, each with its strings joined; longer ones than 4 KB are left out.

        Raises NoSuchName, LookupTrouble.
        """
        return self._read(name, "TXT", _txt)

    def cname(self, name: str) -> str | None:
        """Return where the name points, or None. Raises NoSuchName, LookupTrouble."""
        return next(iter(self._read(name, "CNAME", lambda record: _host(record.target) or None)), None)

    def has_address(self, name: str) -> bool:
        """Return whether the name has an IPv4 or IPv6 address. Raises NoSuchName, LookupTrouble."""
        return any(self._read(name, kind, lambda record: record.address) for kind in ("A", "AAAA"))

    def signed(self, name: str, kind: str) -> bool:
        """Return whether DNSSEC vouched for an answer that was read before."""
        with self._lock:
            known = self._known.get((name.lower(), kind))
        return known is not None and known.signed

    def _read(self, name: str, kind: str, read: Callable[..., T | None]) -> list[T]:
        known = self._ask(name.lower(), kind)
        if known.error is not None:
            raise known.error
        return [value for record in known.records if (value := read(record)) is not None]

    def _ask(self, name: str, kind: str) -> _Known:
        question = (name, kind)
        with self._lock:
            turn = self._asking.setdefault(question, threading.Lock())
        with turn:
            with self._lock:
                known = self._known.get(question)
            if known is None:
                known = self._learn(name, kind)
                with self._lock:
                    self._known[question] = known
            return known

    def _learn(self, name: str, kind: str) -> _Known:
        if not _HOST.fullmatch(name):
            return _Known(error=LookupTrouble("not a name that DNS knows"))
        try:
            records, signed = self._server.ask(f"{name}.", kind, self._deadline.left())
        except (NoSuchName, LookupTrouble) as error:
            said = "does not exist" if isinstance(error, NoSuchName) else str(error)
            self._story.tell(f"{kind} of {name}: {said}")
            return _Known(error=error)
        if len(records) > MOST_RECORDS:
            self._story.tell(f"{kind} of {name}: more than {MOST_RECORDS} records, none of them is believed")
            return _Known(error=TooManyRecords("too many records"))
        shown = ", ".join(str(record)[:120] for record in records[:5]) or "none"
        self._story.tell(f"{kind} of {name}: {shown}{' …' if len(records) > 5 else ''}")
        return _Known(tuple(records), signed)


def _host(name: dns.name.Name) -> str:
    """Return a host name, "" for the root, and "." for what is none."""
    if name == dns.name.root:
        return ""
    text = name.to_text(omit_final_dot=True).lower()
    return text if _HOST.fullmatch(text) else "."


def _mx(record: Any) -> Mx | None:
    host = _host(record.exchange)
    return None if host == "." else Mx(record.preference, host)


def _srv(record: Any) -> Srv | None:
    host = _host(record.target)
    return None if host == "." else Srv(record.priority, record.weight, record.port, host)


def _txt(record: Any) -> str | None:
    joined = b"".join(record.strings)
    return None if len(joined) > LONGEST_TXT else joined.decode("ascii", "replace")
