"""A DNS server on loopback, over UDP and TCP, whose answers a test sets and changes while it runs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Self

from dnslib import QTYPE, RCODE, RR, DNSRecord
from dnslib.server import DNSHandler, DNSServer

from console.lab.ports import free_port

LONGEST_UDP = 1232
Kind = Literal["A", "AAAA", "MX", "SRV", "CNAME", "TXT", "NS", "PTR"]


@dataclass
class Zone:
    """What a server answers; names are compared without case, a name nobody mentioned does not exist."""

    port: int
    address: str = "127.0.0.1"
    records: dict[str, list[RR]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    held: dict[str, threading.Event] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def server(self) -> str:
        """Where it listens, as host:port."""
        return f"{self.address}:{self.port}"

    def set(self, name: str, kind: Kind, *values: str, ttl: int = 0) -> Self:
        """Let a name have these records of one kind instead of any it had; no value: it exists without such records.

        Values are as in a zone file, names in them with a final dot: "10 mx.acme.test.", "0 1 993 imap.acme.test.".
        """
        texts = [f'"{value}"' if kind == "TXT" else value for value in values]
        fresh = [record for text in texts for record in RR.fromZone(f"{_absolute(name)} {ttl} IN {kind} {text}")]
        with self.lock:
            kept = [record for record in self.records.get(_absolute(name), []) if QTYPE[record.rtype] != kind]
            self.records[_absolute(name)] = kept + fresh
            self.codes.pop(_absolute(name), None)
        return self

    def host(self, name: str, *addresses: str) -> Self:
        """Let a name have these IPv4 and IPv6 addresses."""
        self.set(name, "A", *(address for address in addresses if ":" not in address))
        return self.set(name, "AAAA", *(address for address in addresses if ":" in address))

    def fail(self, name: str, code: Literal["SERVFAIL", "REFUSED", "NXDOMAIN"] = "SERVFAIL") -> Self:
        """Let every question for a name end in this response code."""
        with self.lock:
            self.codes[_absolute(name)] = getattr(RCODE, code)
        return self

    def hold(self, name: str) -> threading.Event:
        """Answer nothing about a name until the returned event is set."""
        with self.lock:
            return self.held.setdefault(_absolute(name), threading.Event())

    def queries(self, name: str | None = None, kind: Kind | None = None) -> int:
        """Count the questions so far: all, those for a name, or those for a name and kind."""
        with self.lock:
            return sum(
                count
                for (asked, sort), count in self.asked.items()
                if (name is None or asked == _absolute(name)) and kind in (None, sort)
            )

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        """Answer one question; called by the server in a thread per question."""
        name, kind = _absolute(str(request.q.qname)), QTYPE[request.q.qtype]
        with self.lock:
            self.asked[name, kind] += 1
            event = self.held.get(name)
        if event is not None:
            event.wait(30)
        reply = request.reply()
        with self.lock:
            self._answer(reply, name, kind)
        return reply

    def _answer(self, reply: DNSRecord, name: str, kind: str) -> None:
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            if name in self.codes:
                reply.header.rcode = self.codes[name]
                return
            if name not in self.records:
                reply.header.rcode = RCODE.NXDOMAIN
                return
            records = self.records[name]
            aliases = [record for record in records if QTYPE[record.rtype] == "CNAME" and kind != "CNAME"]
            for record in aliases or [record for record in records if QTYPE[record.rtype] == kind]:
                reply.add_answer(record)
            if not aliases:
                return
            name = _absolute(str(aliases[0].rdata.label))


@contextmanager
def zone() -> Iterator[Zone]:
    """Serve an empty zone on a free port of 127.0.0.1 for as long as the block lasts."""
    served = Zone(free_port())
    servers = [
        DNSServer(served, served.address, served.port, tcp=tcp, logger=_Silent(), handler=_Handler)
        for tcp in (False, True)
    ]
    threads = [threading.Thread(target=server.server.serve_forever, args=(0.01,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield served
    finally:
        for event in served.held.values():
            event.set()
        for server, thread in zip(servers, threads, strict=True):
            server.server.shutdown()
            server.server.server_close()
            thread.join(5)


class _Handler(DNSHandler):
    """Answers what is too long for UDP in truncated form, so that the client asks again over TCP."""

    def get_reply(self, data: bytes) -> bytes:
        """Return the packed answer to a packed question."""
        whole = bytes(super().get_reply(data))
        if self.protocol == "tcp" or len(whole) <= LONGEST_UDP:
            return whole
        # dnslib's own truncation leaves the question out, and resolvers then take the answer for somebody else's.
        short = DNSRecord.parse(data).reply()
        short.header.tc = 1
        return bytes(short.pack())


class _Silent:
    """What dnslib logs to; tests read the zone's own counts."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def _absolute(name: str) -> str:
    return name.lower().rstrip(".") + "."
