import contextlib
import socket
import threading
import time

import pytest
from dnslib import QTYPE, RCODE, RR
from dnslib.server import DNSServer

from console.providers.dial import Budget, Limits
from console.providers.errors import NameNotFound, NameTrouble
from console.providers.names import DnsResolver, SystemResolver, resolver

QUIET = type("Quiet", (), {"__getattr__": lambda self, name: lambda *arguments: None})()


def budget(seconds: float = 10) -> Budget:
    return Budget(time.monotonic, Limits(stage_seconds=seconds))


class Zone:
    """A name server. `records` are zone lines; with `denies` a missing type is NXDOMAIN, as on some servers."""

    def __init__(self, *records: str, denies: bool = False, rcode: str = "", silent: tuple[str, ...] = ()) -> None:
        self.records = [record for line in records for record in RR.fromZone(line)]
        self.denies, self.rcode, self.silent = denies, rcode, silent
        self.asked: list[tuple[str, str]] = []
        self.over = threading.Event()

    def resolve(self, request, handler):
        reply, name, kind = request.reply(), request.q.qname, QTYPE[request.q.qtype]
        self.asked.append((str(name), kind))
        if kind in self.silent:
            self.over.wait()
        if self.rcode:
            reply.header.rcode = getattr(RCODE, self.rcode)
            return reply
        own = [record for record in self.records if record.rname == name]
        reply.add_answer(*(record for record in own if QTYPE[record.rtype] in {kind, "CNAME"}))
        if not reply.rr and (not own or self.denies):
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


@contextlib.contextmanager
def serving(zone: Zone):
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=QUIET)
    server.server.daemon_threads = True
    server.server.block_on_close = False
    thread = threading.Thread(target=server.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield resolver(f"127.0.0.1:{server.server.server_address[1]}")
    finally:
        zone.over.set()
        server.server.shutdown()
        server.server.server_close()


def test_both_families_are_asked_and_ipv4_comes_first():
    zone = Zone("mail.example.test. 60 AAAA 2001:db8::1", "mail.example.test. 60 A 192.0.2.1")
    with serving(zone) as names:
        assert names.lookup("Mail.Example.Test.", budget()) == ["192.0.2.1", "2001:db8::1"]
    assert sorted(zone.asked) == [("mail.example.test.", "A"), ("mail.example.test.", "AAAA")]


def test_a_name_without_ipv4_is_found():
    with serving(Zone("mail.example.test. 60 AAAA 2001:db8::1", denies=True)) as names:
        assert names.lookup("mail.example.test", budget()) == ["2001:db8::1"]


def test_a_server_that_denies_the_name_for_one_family_is_not_believed():
    with serving(Zone("mail.example.test. 60 A 192.0.2.1", denies=True)) as names:
        assert names.lookup("mail.example.test", budget()) == ["192.0.2.1"]


def test_a_name_that_does_not_exist_is_not_found():
    with serving(Zone()) as names, pytest.raises(NameNotFound) as caught:
        names.lookup("mail.example.test", budget())
    assert caught.value.code == "dns-not-found"


def test_a_name_without_addresses_is_not_found():
    with serving(Zone('mail.example.test. 60 TXT "hello"')) as names, pytest.raises(NameNotFound):
        names.lookup("mail.example.test", budget())


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
def test_a_name_server_in_trouble_is_temporary(rcode):
    with serving(Zone(rcode=rcode)) as names, pytest.raises(NameTrouble) as caught:
        names.lookup("mail.example.test", budget(2))
    assert caught.value.code == "dns-temporary"


def test_a_name_server_that_is_silent_is_temporary_within_the_stage():
    with serving(Zone(silent=("A", "AAAA"))) as names, pytest.raises(NameTrouble):
        names.lookup("mail.example.test", budget(0.3))


def test_one_silent_family_does_not_hold_up_the_other():
    zone = Zone("mail.example.test. 60 A 192.0.2.1", silent=("AAAA",))
    with serving(zone) as names:
        assert names.lookup("mail.example.test", budget()) == ["192.0.2.1"]


def test_nobody_at_the_name_server_is_temporary():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NameTrouble):
            DnsResolver("127.0.0.1", taken.getsockname()[1]).lookup("mail.example.test", budget(0.3))


def test_a_name_in_other_letters_is_asked_as_a_label():
    zone = Zone("xn--pst-0na.example.test. 60 A 192.0.2.1")
    with serving(zone) as names:
        assert names.lookup("P\u00d8ST.example.test", budget()) == ["192.0.2.1"]


def test_other_names_are_followed():
    zone = Zone(
        "mail.example.test. 60 CNAME mx.example.test.",
        "mx.example.test. 60 CNAME host.example.net.",
        "host.example.net. 60 A 192.0.2.1",
    )
    with serving(zone) as names:
        assert names.lookup("mail.example.test", budget()) == ["192.0.2.1"]


def test_names_that_point_at_each_other_end():
    zone = Zone("a.example.test. 60 CNAME b.example.test.", "b.example.test. 60 CNAME a.example.test.")
    with serving(zone) as names, pytest.raises(NameTrouble):
        names.lookup("a.example.test", budget())
    assert len(zone.asked) <= 20


def test_a_chain_without_an_end_ends():
    zone = Zone(*(f"a{number}.example.test. 60 CNAME a{number + 1}.example.test." for number in range(40)))
    with serving(zone) as names, pytest.raises(NameTrouble):
        names.lookup("a0.example.test", budget())


@pytest.mark.parametrize(
    ("setting", "address", "port"),
    [
        ("10.0.0.2:5353", "10.0.0.2", 5353),
        ("10.0.0.2", "10.0.0.2", 53),
        ("[fd00::2]:54", "fd00::2", 54),
        ("fd00::2", "fd00::2", 53),
    ],
)
def test_the_name_server_is_told_by_address_and_port(setting, address, port):
    found = resolver(setting)
    assert isinstance(found, DnsResolver)
    assert (list(found._resolver.nameservers), found._resolver.port) == ([address], port)


def test_without_a_name_server_the_systems_resolver_is_asked():
    assert isinstance(resolver(""), SystemResolver)
