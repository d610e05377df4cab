"""The DNS server for tests shows what other tests count on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from console.lab.zone import Zone

# The fixture has the name of the package.
package = dns


def answer(zone: Zone, name: str, kind: str, *, tcp: bool = False) -> list[str]:
    reply = ask(zone, name, kind, tcp=tcp)
    return sorted(str(item) for rrset in reply.answer for item in rrset)


def ask(zone: Zone, name: str, kind: str, *, tcp: bool = False, seconds: float = 5) -> package.message.Message:
    transport = package.query.tcp if tcp else package.query.udp
    question = package.message.make_query(name, kind)
    return transport(question, zone.address, timeout=seconds, port=zone.port)


@pytest.mark.parametrize("tcp", [False, True])
def test_records_are_answered_over_udp_and_tcp(dns: Zone, tcp: bool) -> None:
    dns.set("acme.test", "MX", "10 mx1.acme.test.", "20 mx2.acme.test.")
    assert answer(dns, "Acme.Test", "MX", tcp=tcp) == ["10 mx1.acme.test.", "20 mx2.acme.test."]


def test_a_host_has_both_kinds_of_address(dns: Zone) -> None:
    dns.host("mail.example.test", "127.0.0.1", "127.0.0.2", "::1")
    assert answer(dns, "mail.example.test", "A") == ["127.0.0.1", "127.0.0.2"]
    assert answer(dns, "mail.example.test", "AAAA") == ["::1"]


def test_an_alias_is_followed(dns: Zone) -> None:
    dns.set("imap.acme.test", "CNAME", "mail.example.test.").host("mail.example.test", "127.0.0.1")
    assert answer(dns, "imap.acme.test", "A") == ["127.0.0.1", "mail.example.test."]


def test_srv_and_txt_come_as_written(dns: Zone) -> None:
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 imap.acme.test.").set("acme.test", "TXT", "v=spf1 -all")
    assert answer(dns, "_imaps._tcp.acme.test", "SRV") == ["0 1 993 imap.acme.test."]
    assert answer(dns, "acme.test", "TXT") == ['"v=spf1 -all"']


def test_a_name_nobody_mentioned_does_not_exist(dns: Zone) -> None:
    assert ask(dns, "nowhere.test", "A").rcode() == package.rcode.NXDOMAIN


def test_a_known_name_without_such_records_gives_an_empty_answer(dns: Zone) -> None:
    dns.host("mail.example.test", "127.0.0.1")
    reply = ask(dns, "mail.example.test", "MX")
    assert (reply.rcode(), reply.answer) == (package.rcode.NOERROR, [])


def test_a_name_fails_as_asked(dns: Zone) -> None:
    dns.fail("broken.test").fail("refused.test", "REFUSED")
    assert ask(dns, "broken.test", "A").rcode() == package.rcode.SERVFAIL
    assert ask(dns, "refused.test", "A").rcode() == package.rcode.REFUSED


def test_a_held_answer_comes_when_released(dns: Zone) -> None:
    release = dns.host("slow.test", "127.0.0.1").hold("slow.test")
    with pytest.raises(package.exception.Timeout):
        ask(dns, "slow.test", "A", seconds=0.1)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(answer, dns, "slow.test", "A")
        release.set()
        assert waiting.result(5) == ["127.0.0.1"]


def test_questions_are_counted(dns: Zone) -> None:
    dns.host("mail.example.test", "127.0.0.1")
    answer(dns, "mail.example.test", "A")
    answer(dns, "mail.example.test", "AAAA")
    assert (dns.queries(), dns.queries("MAIL.example.test", "A"), dns.queries("other.test")) == (2, 1, 0)
