"""Which SRV records are believed: those that lead where a mail server may be."""

import pytest

from console.discovery.answer import Server
from console.rules.network import Policy
from tests.discovery.searching import HERE, first
from tests.providers.doors import LOOPBACK

OUTSIDE = Policy(allow_ports={2993})


@pytest.mark.parametrize("port", [22, 80, 3306])
def test_a_srv_record_that_names_a_port_beyond_the_network_policy_is_not_believed(search, dns, port):
    dns.host("imap.acme.test", "8.8.8.8")
    dns.set("_imaps._tcp.acme.test", "SRV", f"0 1 {port} imap.acme.test.")
    asked = search(policy=OUTSIDE)
    assert asked.find() == ()
    assert (asked.outcomes["srv"], asked.details["srv"]) == (
        "nothing",
        f"no mail server can be reached at imap.acme.test:{port}",
    )


def test_a_srv_record_with_an_unusual_port_of_a_host_that_does_not_exist_is_not_believed(search, dns):
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 22 imap.acme.test.")
    assert search().find() == ()


@pytest.mark.parametrize(
    ("policy", "address", "port"),
    [(OUTSIDE, "8.8.8.8", 2993), (OUTSIDE, "8.8.8.8", 143), (OUTSIDE, "192.0.2.7", 993), (LOOPBACK, HERE, 10993)],
)
def test_a_srv_record_with_a_usual_port_or_one_that_the_operator_allows_is_believed(search, dns, policy, address, port):
    dns.host("imap.acme.test", address)
    dns.set("_imaps._tcp.acme.test", "SRV", f"0 1 {port} imap.acme.test.")
    assert first(search(policy=policy).find()).imap == Server("imap.acme.test", port, "tls")


def test_after_a_srv_record_that_is_not_believed_the_next_one_is_taken(search, dns):
    dns.host("a.acme.test", "8.8.8.8")
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 22 a.acme.test.", "10 1 993 b.acme.test.")
    asked = search(policy=OUTSIDE)
    assert first(asked.find()).imap == Server("b.acme.test", 993, "tls")
    assert any("a.acme.test:22" in step for step in asked.story.close()[1])


def test_as_many_srv_records_as_an_answer_holds_are_not_believed(search, dns):
    dns.set("_imaps._tcp.acme.test", "SRV", *[f"0 1 {number} a." for number in range(1, 1500)])
    asked = search()
    assert asked.find() == ()
    assert asked.outcomes["srv"] == "failed"


def test_a_srv_target_with_control_characters_is_passed_over(search, dns):
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 a\\010b.acme.test.")
    assert search().find() == ()
