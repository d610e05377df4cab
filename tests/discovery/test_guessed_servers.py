"""Servers at usual names are found by their greeting, without a password, and only where nothing better is known."""

import pytest

from console.discovery.addresses import parse
from console.discovery.answer import Server
from tests.discovery.files import config, imap
from tests.discovery.searching import HERE, first
from tests.peers import scripted
from tests.peers.scripted import serve


def ports_of(imap_port=1, imaps_port=1, smtp_port=1, smtps_port=1):
    return {
        "imap": ((imaps_port, "tls"), (imap_port, "starttls")),
        "smtp": ((smtps_port, "tls"), (smtp_port, "starttls")),
    }


@pytest.fixture
def mail_servers(certificates, dns):
    """IMAP and SMTP servers with TLS and with STARTTLS at imap.acme.test and smtp.acme.test."""
    one, other = certificates.issue("imap.acme.test"), certificates.issue("smtp.acme.test")
    dns.host("imap.acme.test", HERE)
    dns.host("smtp.acme.test", HERE)
    with (
        serve(scripted.imap(tls=one.context())) as imaps,
        serve(scripted.imap(starttls=one.context())) as plain,
        serve(scripted.smtp(tls=other.context())) as smtps,
        serve(scripted.smtp(starttls=other.context())) as submission,
    ):
        yield imaps, plain, smtps, submission


def test_servers_at_the_usual_names_are_found_without_a_password(search, mail_servers):
    imaps, plain, smtps, submission = mail_servers
    asked = search(ports=ports_of(plain.port, imaps.port, submission.port, smtps.port))
    found = first(asked.find())
    assert (found.source, found.transport, found.relation) == ("guess", "guess", "same")
    assert (found.imap, found.smtp) == (
        Server("imap.acme.test", imaps.port, "tls"),
        Server("smtp.acme.test", smtps.port, "tls"),
    )
    assert found.to_confirm
    assert found.imap_username == ""
    for server in mail_servers:
        assert b"LOGIN" not in server.received
        assert b"AUTH" not in server.received


def test_starttls_is_found_where_tls_is_not(search, mail_servers):
    _, plain, _, submission = mail_servers
    found = first(search(ports=ports_of(imap_port=plain.port, smtp_port=submission.port)).find())
    assert found.imap == Server("imap.acme.test", plain.port, "starttls")
    assert found.smtp == Server("smtp.acme.test", submission.port, "starttls")


def test_a_server_with_a_certificate_for_another_name_is_no_guess(search, dns, certificates):
    dns.host("imap.acme.test", HERE)
    with serve(scripted.imap(tls=certificates.wrong_host.context())) as server:
        asked = search(ports=ports_of(imaps_port=server.port))
        assert asked.find() == ()
        assert b"CAPABILITY" not in server.received
    assert asked.outcomes["guess"] == "nothing"


def test_dovecot_is_found_by_its_greeting(search, dns, dovecot):
    dns.host("mail.example.test", HERE)
    asked = search(ports=ports_of(imap_port=dovecot.imap, imaps_port=dovecot.imaps))
    found = first(asked.find(parse("bob@example.test")))
    assert found.imap == Server("mail.example.test", dovecot.imaps, "tls")


def test_nothing_is_guessed_where_something_better_is_known(search, own, mail_servers):
    own()
    asked = search(ports=ports_of(*(server.port for server in mail_servers)))
    asked.find()
    assert "guess" not in asked.outcomes
    assert all(server.connections == 0 for server in mail_servers)


def test_only_what_is_lacking_is_guessed(search, own, mail_servers):
    imaps, plain, smtps, submission = mail_servers
    own(config(imap()))
    found = first(search(ports=ports_of(plain.port, imaps.port, submission.port, smtps.port)).find())
    assert (found.source, found.transport) == ("autoconfig, guess", "guess")
    assert found.smtp == Server("smtp.acme.test", smtps.port, "tls")
    assert imaps.connections == 0


def test_a_dot_in_srv_ends_the_guessing_for_that_protocol(search, dns, mail_servers):
    imaps, plain, smtps, submission = mail_servers
    dns.set("_imaps._tcp.acme.test", "SRV", "0 0 0 .")
    dns.set("_imap._tcp.acme.test", "SRV", "0 0 0 .")
    found = search(ports=ports_of(plain.port, imaps.port, submission.port, smtps.port)).find()
    assert imaps.connections == plain.connections == 0
    refused = next(one for one in found if one.source == "srv")
    assert (refused.not_offered, refused.imap) == (frozenset({"imap"}), None)
    assert first(found).smtp == Server("smtp.acme.test", smtps.port, "tls")


def test_nothing_is_guessed_behind_a_null_mx(search, mail_servers):
    asked = search(ports=ports_of(*(server.port for server in mail_servers)))
    assert asked.find(mx_hosts=[""]) == ()
    assert all(server.connections == 0 for server in mail_servers)


def test_the_mail_exchanger_itself_is_a_guess(search, dns, certificates):
    dns.host("mx.hoster.dk", HERE)
    with serve(scripted.imap(tls=certificates.issue("mx.hoster.dk").context())) as server:
        found = first(search(ports=ports_of(imaps_port=server.port)).find(mx_hosts=["mx.hoster.dk"]))
    assert (found.imap.host, found.relation) == ("mx.hoster.dk", "foreign")
