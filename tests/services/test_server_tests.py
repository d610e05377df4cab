"""Tests of servers: asked by a person, answered once by a worker, and the ground of what an admin trusts."""

from datetime import timedelta

import pytest
from sqlmodel import select

from console.providers.survey import Server
from console.rules.domain_defaults import Kind
from console.services import exceptions, server_tests
from console.services.context import NotFound, Refused
from console.services.default_settings import Defaults
from console.services.work import Work
from console.store.models import TrustedCertificate
from console.store.server_tests import ServerTest
from tests import placed
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.scripted import serve
from tests.services import made
from tests.services.listening import reach


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def private(certificates):
    with serve(scripted.imap(tls=certificates.private.context())) as peer:
        yield peer


def ask(ctx, actor, *ports, domain="acme.test"):
    return server_tests.begin(ctx, actor, domain, [Server("imap", HOST, port) for port in ports])


def looked(ctx, actor, *ports, **named):
    test_id = ask(ctx, actor, *ports, **named)
    Work(ctx).jobs["test-servers"](test_id)
    return server_tests.get(ctx, actor, test_id)


def rows(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(TrustedCertificate)))


def test_a_test_waits_for_a_worker_and_then_holds_what_was_met(ctx, hanne, certificates):
    with serve(scripted.imap(tls=certificates.good.context())) as good, serve(scripted.cuts()) as bad:
        test_id = ask(ctx, hanne, good.port, bad.port)
        before = server_tests.get(ctx, hanne, test_id)
        server_tests.run(ctx, test_id)

    after = server_tests.get(ctx, hanne, test_id)
    assert (before.waiting, before.surveys) == (True, ())
    assert (after.waiting, [found.problem for found in after.surveys]) == (False, [None, "connection-reset"])
    assert (after.may_trust, after.domain, len(after.servers)) == (False, "acme.test", 2)


def test_a_test_is_answered_once(ctx, alice, certificates):
    with serve(scripted.imap(tls=certificates.good.context())) as peer:
        test_id = ask(ctx, alice, peer.port)
        server_tests.run(ctx, test_id)
        server_tests.run(ctx, test_id)

    assert peer.connections == 1


def test_a_member_tests_nothing(ctx, bob):
    with pytest.raises(NotFound):
        ask(ctx, bob, 993)


def test_a_test_is_its_askers_alone_and_for_a_day(ctx, alice, hanne, clock):
    test_id = ask(ctx, hanne, 993)
    with pytest.raises(NotFound):
        server_tests.get(ctx, alice, test_id)
    clock.advance(days=1)
    with pytest.raises(NotFound):
        server_tests.get(ctx, hanne, test_id)


@pytest.mark.parametrize("test_id", ["", "nothing", "a\x00b"])
def test_no_test_has_another_name(ctx, alice, test_id):
    with pytest.raises(NotFound):
        server_tests.get(ctx, alice, test_id)


def test_without_a_server_there_is_nothing_to_test(ctx, alice):
    with pytest.raises(Refused, match="no server to test"):
        server_tests.begin(ctx, alice, "acme.test", [])


def test_nobody_tests_without_end(ctx, alice):
    for _ in range(server_tests.MOST_ASKED):
        ask(ctx, alice, 993)

    with pytest.raises(Refused, match="15 minutes"):
        ask(ctx, alice, 993)


def test_a_page_stops_waiting_where_no_worker_is(ctx, alice, clock):
    test_id = ask(ctx, alice, 993)
    clock.advance(seconds=server_tests.PATIENCE.total_seconds())

    assert not server_tests.get(ctx, alice, test_id).waiting


def test_the_tick_carries_on_what_a_worker_left_behind_and_drops_what_is_a_day_old(ctx, alice, clock):
    test_id = ask(ctx, alice, 993)
    with ctx.store.write() as session:
        row = session.get_one(ServerTest, test_id)
        row.state, row.lease_until, row.lease_token = "running", clock.now + server_tests.LEASE, "gone"
    assert server_tests.tidy(ctx, clock.now) == []
    clock.advance(minutes=1)
    assert server_tests.tidy(ctx, clock.now) == [test_id]
    clock.advance(days=1)
    server_tests.tidy(ctx, clock.now)

    with ctx.store.read() as session:
        assert session.exec(select(ServerTest)).all() == []


@pytest.mark.parametrize("broken", [{}, [{}], [{"server": 1}], "text", 7])
def test_an_answer_that_cannot_be_read_is_none(ctx, alice, broken):
    test_id = ask(ctx, alice, 993)
    with ctx.store.write() as session:
        row = session.get_one(ServerTest, test_id)
        row.state, row.answer, row.servers = "done", broken, broken

    found = server_tests.get(ctx, alice, test_id)

    assert (found.surveys, found.servers) == ((), ())


@pytest.mark.parametrize(
    ("defaults", "servers"),
    [
        (Defaults(), ()),
        (
            Defaults(Kind.IMAP, "imap.acme.dk", 993, "tls", "smtp.acme.dk", 587, "starttls"),
            (Server("imap", "imap.acme.dk", 993, "tls"), Server("smtp", "smtp.acme.dk", 587, "starttls")),
        ),
        (
            Defaults(Kind.EXCHANGE, exchange_url="https://mail.acme.dk/EWS/Exchange.asmx"),
            (Server("http", "mail.acme.dk", 443, "tls", "/EWS/Exchange.asmx"),),
        ),
    ],
)
def test_the_servers_are_those_that_the_defaults_name(defaults, servers):
    assert server_tests.servers_of(defaults) == servers


# Trusting what a test showed.


def test_an_admin_trusts_the_authority_for_the_domain_and_the_next_test_passes(
    ctx, alice, private, certificates, clock
):
    found = looked(ctx, alice, private.port)
    offered = found.surveys[0].certificate.authority

    server_tests.trust(ctx, alice, found.id, 0, offered.sha256, " our own authority ")

    (kept,) = rows(ctx)
    assert (kept.kind, kept.domain, kept.host, kept.port) == ("authority", "acme.test", HOST, 0)
    assert (kept.why, kept.by_id, kept.at, kept.until) == ("our own authority", alice.id, clock.now, offered.not_after)
    assert looked(ctx, alice, private.port).surveys[0].verdict == "exception"
    assert looked(ctx, alice, private.port, domain="other.test").surveys[0].verdict == "refused"
    (entry,) = made.audited(ctx, "certificate.trust")
    assert (entry.target_type, entry.target_id, entry.detail["why"]) == ("domain", "acme.test", "our own authority")


def test_what_is_trusted_for_a_server_takes_the_place_of_what_was_before(ctx, alice, private, certificates):
    placed.exception(ctx, alice, domain="acme.test", host=HOST, port=private.port)
    placed.exception(ctx, alice, domain="acme.test", host=HOST, port=465)
    found = looked(ctx, alice, private.port)
    assert found.surveys[0].problem == "certificate-changed"

    server_tests.trust(ctx, alice, found.id, 0, certificates.private.sha256)
    assert sorted(row.port for row in rows(ctx)) == sorted([private.port, 465])

    # An authority is about the whole host.
    exceptions.withdraw(ctx, alice, next(row.id for row in rows(ctx) if row.port == private.port))
    found = looked(ctx, alice, private.port)
    server_tests.trust(ctx, alice, found.id, 0, found.surveys[0].certificate.authority.sha256)
    assert [row.kind for row in rows(ctx)] == ["authority"]


def test_inboxes_that_a_certificate_stopped_are_checked_again(ctx, alice, bob, private, certificates, clock):
    state = {"problem": "certificate-changed", "health": "needs-sign-in", "next_check": None}
    (stopped,) = made.make(ctx, bob, "bob@acme.test", **state)
    (waiting,) = made.make(ctx, bob, "eva@acme.test", problem="bad-credentials", next_check=None)
    found = looked(ctx, alice, private.port)

    server_tests.trust(ctx, alice, found.id, 0, certificates.private.sha256)

    assert [made.inbox(ctx, inbox_id).next_check for inbox_id in (stopped, waiting)] == [clock.now, None]


@pytest.mark.parametrize(("number", "sha256"), [(0, ""), (0, "AB:CD"), (1, None), (-1, None)])
def test_nothing_is_trusted_that_the_test_did_not_show(ctx, alice, private, certificates, number, sha256):
    found = looked(ctx, alice, private.port)

    with pytest.raises(Refused, match="not the one that was shown"):
        server_tests.trust(ctx, alice, found.id, number, certificates.private.sha256 if sha256 is None else sha256)
    assert rows(ctx) == []


def test_a_certificate_that_verifies_needs_no_exception_and_gets_none(ctx, alice, certificates):
    with serve(scripted.imap(tls=certificates.good.context())) as peer:
        found = looked(ctx, alice, peer.port)

    with pytest.raises(Refused):
        server_tests.trust(ctx, alice, found.id, 0, certificates.good.sha256)


def test_the_help_desk_trusts_nothing(ctx, hanne, private, certificates):
    found = looked(ctx, hanne, private.port)

    with pytest.raises(NotFound):
        server_tests.trust(ctx, hanne, found.id, 0, certificates.private.sha256)
    assert rows(ctx) == []


def test_a_test_is_repeated_with_the_same_servers(ctx, alice):
    first = ask(ctx, alice, 993, 465)

    second = server_tests.again(ctx, alice, first)

    assert second != first
    assert server_tests.get(ctx, alice, second).servers == server_tests.get(ctx, alice, first).servers


def test_an_end_is_never_further_than_the_certificates(ctx, alice, private, certificates):
    found = looked(ctx, alice, private.port)
    server_tests.trust(ctx, alice, found.id, 0, certificates.private.sha256)

    (kept,) = rows(ctx)
    assert kept.until - kept.at <= timedelta(days=62)
