"""Bad input ends in nothing found, with a word on why, and before the deadline."""

import threading

import pytest

from tests.discovery.files import config
from tests.discovery.searching import HERE, OWN, OWN_PATH, PATIENT
from tests.peers import scripted


@pytest.mark.parametrize(
    ("outcome", "word", "serve_at"),
    [
        ("failed", "circle", lambda sites: sites.redirect(OWN, OWN_PATH, "/a").redirect(OWN, "/a", "/a")),
        ("refused", "policy", lambda sites: sites.redirect(OWN, OWN_PATH, "https://10.0.0.5/")),
        ("refused", "policy", lambda sites: sites.redirect(OWN, OWN_PATH, "https://169.254.169.254/latest/")),
        ("refused", "https to http", lambda sites: sites.redirect(OWN, OWN_PATH, f"http://{OWN}/")),
        ("failed", "certificate", lambda sites: sites.presenting(OWN, "elsewhere.test")),
        ("failed", "longer than 64 KB", lambda sites: sites.page(OWN, OWN_PATH, b"<a/>" * 2_500_000)),
        ("failed", "500", lambda sites: sites.page(OWN, OWN_PATH, "broken", status=500)),
        ("nothing", "no XML", lambda sites: sites.page(OWN, OWN_PATH, "<clientConfig><")),
        ("nothing", "no XML", lambda sites: sites.page(OWN, OWN_PATH, b"\x00\x01\x02")),
        ("nothing", "refused", lambda sites: sites.page(OWN, OWN_PATH, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")),
        ("nothing", "no Mail Autoconfig", lambda sites: sites.page(OWN, OWN_PATH, "<html/>")),
        ("nothing", "no such page", lambda sites: sites),
    ],
)  # fmt: skip
def test_a_hostile_web_server_ends_in_nothing_and_a_reason(search, dns, sites, outcome, word, serve_at):
    dns.host(OWN, HERE)
    serve_at(sites)
    asked = search()
    assert asked.find() == ()
    assert asked.outcomes["autoconfig"] == outcome
    assert word in asked.details["autoconfig"]


@pytest.mark.parametrize("script", [scripted.silent, scripted.drips(b"HTTP/1.1 200 OK\r\n\r\n"), scripted.drips(b"")])
def test_a_web_server_that_does_not_end_is_left_at_the_deadline(search, dns, sites, script):
    dns.host(OWN, HERE)
    sites.answer(OWN, OWN_PATH, script)
    asked = search(seconds=0.8)
    assert asked.find() == ()
    assert asked.outcomes["autoconfig"] == "late"
    assert all(conversation.ended.wait(5) for conversation in sites.server.conversations)


def test_what_was_found_is_handed_over_before_the_deadline(search, dns, sites):
    dns.host(OWN, HERE)
    sites.hold(OWN, OWN_PATH, config())
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 imap.acme.test.")
    dns.set("_submissions._tcp.acme.test", "SRV", "0 1 465 smtp.acme.test.")
    asked = search(seconds=1.0)
    assert [one.source for one in asked.find()] == ["srv"]
    assert asked.deadline.left() > 0
    assert (asked.outcomes["srv"], asked.outcomes["autoconfig"]) == ("found", "late")


def test_an_answer_after_the_deadline_has_no_say(search, dns, sites):
    dns.host(OWN, HERE)
    held = sites.hold(OWN, OWN_PATH, config())
    asked = search(seconds=0.5)
    assert asked.find() == ()
    sources = asked.sources
    held.set()
    assert asked.sources == sources
    assert asked.outcomes["autoconfig"] == "late"


def test_name_servers_that_say_nothing_are_left_at_the_deadline(search, dns):
    for service in ("_imaps", "_imap", "_submissions", "_submission"):
        dns.hold(f"{service}._tcp.acme.test")
    asked = search(seconds=0.5)
    assert asked.find() == ()
    assert asked.outcomes["srv"] == "late"


def test_a_domain_that_publishes_nothing_ends_without_waiting(search, sites):
    asked = search()
    assert asked.find() == ()
    assert asked.deadline.left() > PATIENT / 2
    assert set(asked.outcomes.values()) == {"nothing"}


def test_where_no_thread_can_be_had_every_source_is_told_as_failed(search, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    asked = search()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert asked.find() == ()
    assert set(asked.outcomes.values()) == {"failed"}


def test_every_source_is_told_once(search, own, dns):
    own()
    asked = search()
    asked.find(mx_hosts=["mx.hoster.dk"])
    names = [source.name for source in asked.sources]
    assert len(names) == len(set(names))
    assert {"pacc", "autoconfig", "well-known", "ispdb", "srv", "mx-autoconfig", "mx-ispdb"} == set(names)
