"""What counts beside the system's roots: gathered from inbox and domain, honoured until it ends, never brought back."""

import ssl
from datetime import timedelta

import pytest
from sqlmodel import select

from console.providers.base import Authority, Certificate, Pin
from console.services import checks, drafts, exceptions, trusted, verification
from console.services.context import Refused
from console.store.models import TrustedCertificate
from tests import placed
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.connected import PASSWORD, connect, settings_of
from tests.services.listening import reach
from tests.services.test_counted import counted

DAY = timedelta(days=1)


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def families():
    return None


@pytest.fixture
def unknown(imap_server, certificates):
    """A server whose certificate nobody vouches for."""
    return imap_server(identity=certificates.self_signed)


@pytest.fixture
def private(imap_server, certificates):
    """A server that sends the private authority of its certificate."""
    return imap_server(identity=certificates.private)


def problem_after_check(ctx, inbox_id):
    checks.run(ctx, inbox_id, checks.SHELL)
    return made.inbox(ctx, inbox_id).problem


def rows(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(TrustedCertificate).order_by(TrustedCertificate.id)))


# Checks.


@pytest.mark.parametrize("level", ["inbox", "domain"])
def test_a_check_honours_what_is_trusted_for_the_inbox_or_for_its_domain(ctx, alice, unknown, certificates, level):
    (inbox_id,) = connect(ctx, alice, unknown.tls, "bob@acme.test")
    assert problem_after_check(ctx, inbox_id) == "tls-untrusted"
    where = {"inbox_id": inbox_id} if level == "inbox" else {"domain": "acme.test"}

    placed.exception(ctx, alice, **where, port=unknown.tls, host=HOST, sha256=certificates.self_signed.sha256)

    assert problem_after_check(ctx, inbox_id) == "connection-refused"
    assert unknown.attempts("bob@acme.test") == 1


def test_what_is_trusted_for_one_domain_counts_for_no_inbox_of_another(ctx, alice, unknown, certificates):
    (inbox_id,) = connect(ctx, alice, unknown.tls, "bob@other.test")
    placed.exception(
        ctx, alice, domain="acme.test", port=unknown.tls, host=HOST, sha256=certificates.self_signed.sha256
    )

    assert problem_after_check(ctx, inbox_id) == "tls-untrusted"
    assert unknown.attempts("bob@other.test") == 0


def test_an_exception_that_has_ended_counts_no_more_and_the_certificate_problem_returns(
    ctx, alice, unknown, certificates, clock
):
    (inbox_id,) = connect(ctx, alice, unknown.tls, "bob@acme.test")
    placed.exception(
        ctx,
        alice,
        inbox_id=inbox_id,
        port=unknown.tls,
        host=HOST,
        sha256=certificates.self_signed.sha256,
        until=clock.now + DAY,
    )
    assert problem_after_check(ctx, inbox_id) == "connection-refused"
    clock.advance(days=1)

    assert problem_after_check(ctx, inbox_id) == "tls-untrusted"


def test_a_renewed_certificate_of_a_trusted_authority_passes_and_another_ones_is_a_change(
    ctx, alice, imap_server, certificates
):
    server = imap_server(identity=certificates.private_renewed)
    stranger = imap_server(identity=certificates.private_other)
    known, strange = connect(ctx, alice, server.tls, "bob@acme.test") + connect(
        ctx, alice, stranger.tls, "eva@acme.test"
    )
    authority = {"kind": "authority", "port": 0, "pem": certificates.private_ca}
    placed.exception(ctx, alice, domain="acme.test", host=HOST, **authority)

    assert problem_after_check(ctx, known) == "connection-refused"
    assert problem_after_check(ctx, strange) == "certificate-changed"


def test_gathering_for_many_inboxes_takes_as_many_queries_as_for_one(ctx, alice):
    ids = connect(ctx, alice, 993, *(f"box{number}@domain{number % 7}.test" for number in range(60)))
    for number in range(7):
        placed.exception(ctx, alice, domain=f"domain{number}.test")
    claimed = checks.claim(ctx, ids, due_only=True)

    with counted(ctx) as one:
        checks.prepare(ctx, {ids[0]: claimed[ids[0]]}, checks.SCHEDULE)
    with counted(ctx) as many:
        tasks = checks.prepare(ctx, claimed, checks.SCHEDULE)

    assert len(many) == len(one)
    assert sum(statement.startswith("SELECT") for statement in many) == 5
    assert {len(task.mailbox.pins) for task in tasks} == {1}


# Of several, the newest.


def row(clock, days, *, port=993, kind="certificate", sha256="AB"):
    now = clock.now
    return TrustedCertificate(
        kind=kind,
        host=HOST,
        port=0 if kind == "authority" else port,
        sha256=sha256,
        subject="CN=a",
        issuer="CN=a",
        not_before=now,
        not_after=now,
        pem="PEM" if kind == "authority" else "",
        by_id=1,
        at=now + days * DAY,
        until=now + 99 * DAY,
    )


def test_of_two_certificates_for_one_server_the_newer_counts(clock):
    assert trusted.counting([row(clock, 1, sha256="OLD"), row(clock, 2, sha256="NEW")]) == (Pin(HOST, 993, "NEW"),)


def test_an_authority_takes_the_place_of_older_certificates_of_its_host(clock):
    found = trusted.counting([row(clock, 1), row(clock, 1, port=465), row(clock, 2, kind="authority")])

    assert [type(one) for one in found] == [Authority]


def test_a_newer_certificate_of_one_port_leaves_an_authority_to_the_others(clock):
    found = trusted.counting([row(clock, 1, kind="authority"), row(clock, 2, sha256="NEW")])

    assert {type(one) for one in found} == {Authority, Pin}


def test_of_two_authorities_of_one_host_the_newer_counts(clock):
    found = trusted.counting([row(clock, 2, kind="authority", sha256="NEW"), row(clock, 1, kind="authority")])

    assert [one.sha256 for one in found] == ["NEW"]


@pytest.mark.parametrize(("ends", "days"), [(10, 10), (0, 30), (-5, 30)])
def test_an_exception_ends_with_its_certificate_and_a_month_from_now_where_that_has_ended(clock, ends, days):
    assert trusted.until(clock.now + ends * DAY, clock.now) == clock.now + days * DAY


# The wizard.


def to_verify(ctx, actor, address, port, **options):
    draft_id = drafts.start(ctx, actor, **options)
    drafts.set_address(ctx, actor, draft_id, address, "imap")
    drafts.accept_disclosure(ctx, actor, draft_id)
    typed = {**settings_of(port, address), "smtp_port": 1, "smtp_same_credentials": True, "password": PASSWORD}
    drafts.set_settings(ctx, actor, draft_id, typed)
    verification.run(ctx, draft_id)
    return draft_id


def trust(ctx, actor, draft_id, sha256, **options):
    lives = verification.trust(ctx, actor, draft_id, sha256, **options)
    verification.run(ctx, draft_id)
    return lives


def connected(ctx, actor, draft_id):
    verification.keep_receives_only(ctx, actor, draft_id)
    verification.run(ctx, draft_id)
    view = drafts.get(ctx, actor, draft_id)
    assert view.state == "passed"
    return view.inbox_id


def shown(ctx, actor, draft_id) -> Certificate:
    return drafts.get(ctx, actor, draft_id).certificate


def test_the_authority_that_was_offered_is_kept_for_the_host_with_who_and_until_when(
    ctx, bob, private, certificates, clock
):
    draft_id = to_verify(ctx, bob, "bob@acme.test", private.tls)
    offered = shown(ctx, bob, draft_id).authority

    assert trust(ctx, bob, draft_id, offered.sha256)
    inbox_id = connected(ctx, bob, draft_id)

    (kept,) = rows(ctx)
    assert (kept.kind, kept.host, kept.port, kept.pem) == ("authority", HOST, 0, certificates.private_ca)
    assert (kept.inbox_id, kept.domain, kept.by_id, kept.at) == (inbox_id, None, bob.id, clock.now)
    assert kept.until == kept.not_after == offered.not_after
    assert private.passwords == [PASSWORD, PASSWORD]
    (entry,) = made.audited(ctx, "certificate.trust")
    assert (entry.detail["kind"], entry.detail["sha256"]) == ("authority", offered.sha256)


def test_a_certificate_may_be_trusted_where_an_authority_is_offered_too(ctx, bob, private, certificates):
    draft_id = to_verify(ctx, bob, "bob@acme.test", private.tls)

    trust(ctx, bob, draft_id, certificates.private.sha256)
    connected(ctx, bob, draft_id)

    assert [(kept.kind, kept.port) for kept in rows(ctx)] == [("certificate", private.tls)]


def test_what_counts_for_the_domain_lets_the_wizard_through_without_a_question(ctx, alice, bob, unknown, certificates):
    placed.exception(
        ctx, alice, domain="acme.test", port=unknown.tls, host=HOST, sha256=certificates.self_signed.sha256
    )

    draft_id = to_verify(ctx, bob, "bob@acme.test", unknown.tls)

    assert drafts.get(ctx, bob, draft_id).certificate is None
    assert connected(ctx, bob, draft_id)
    assert [kept.domain for kept in rows(ctx)] == ["acme.test"]


def test_a_certificate_that_has_ended_is_trusted_for_a_month(ctx, bob, imap_server, certificates, clock):
    server = imap_server(identity=certificates.expired)
    clock.now = trusted_end(certificates) + DAY
    draft_id = to_verify(ctx, bob, "bob@acme.test", server.tls)

    trust(ctx, bob, draft_id, certificates.expired.sha256)
    inbox_id = connected(ctx, bob, draft_id)
    clock.advance(days=30)

    assert problem_after_check(ctx, inbox_id) == "tls-expired"


def trusted_end(certificates):
    found = Certificate.read(ssl.PEM_cert_to_DER_cert(certificates.expired.pem), HOST, 993)
    return found.not_after


def test_a_member_is_refused_where_only_admins_may_trust_and_an_admin_is_not(ctx, alice, bob, unknown, certificates):
    exceptions.forbid(ctx, alice, "ask the operations team")
    draft_id = to_verify(ctx, bob, "bob@acme.test", unknown.tls)
    assert not drafts.get(ctx, bob, draft_id).may_trust

    with pytest.raises(Refused, match="Only account admins"):
        verification.trust(ctx, bob, draft_id, certificates.self_signed.sha256)

    own = to_verify(ctx, alice, "alice@acme.test", unknown.tls)
    assert drafts.get(ctx, alice, own).may_trust
    assert trust(ctx, alice, own, certificates.self_signed.sha256, why="a test server")
    connected(ctx, alice, own)
    assert [kept.why for kept in rows(ctx)] == ["a test server"]
    assert unknown.attempts("bob@acme.test") == 0


def test_what_a_member_trusted_in_a_draft_before_it_was_forbidden_counts_no_more(
    ctx, alice, bob, unknown, certificates
):
    draft_id = to_verify(ctx, bob, "bob@acme.test", unknown.tls)
    verification.trust(ctx, bob, draft_id, certificates.self_signed.sha256)
    exceptions.forbid(ctx, alice)

    verification.run(ctx, draft_id)

    assert shown(ctx, bob, draft_id).sha256 == certificates.self_signed.sha256
    assert unknown.attempts("bob@acme.test") == 0


def test_members_may_trust_again_once_it_is_allowed(ctx, alice, bob, unknown, certificates):
    exceptions.forbid(ctx, alice)
    exceptions.allow(ctx, alice)
    draft_id = to_verify(ctx, bob, "bob@acme.test", unknown.tls)

    assert trust(ctx, bob, draft_id, certificates.self_signed.sha256)
    assert [len(made.audited(ctx, name)) for name in ("certificates.forbid", "certificates.allow")] == [1, 1]


# Reconnecting.


@pytest.fixture
def trusted_inbox(ctx, bob, unknown, certificates):
    draft_id = to_verify(ctx, bob, "bob@acme.test", unknown.tls)
    trust(ctx, bob, draft_id, certificates.self_signed.sha256)
    return connected(ctx, bob, draft_id)


def reconnect(ctx, actor, inbox_id, port):
    draft_id = drafts.start_reconnect(ctx, actor, inbox_id)
    typed = {**settings_of(port, "bob@acme.test"), "smtp_port": 1, "smtp_same_credentials": True, "password": PASSWORD}
    drafts.set_settings(ctx, actor, draft_id, typed)
    return draft_id


def test_a_reconnect_keeps_who_trusted_what_since_when(ctx, alice, bob, trusted_inbox, unknown, clock):
    (before,) = rows(ctx)
    clock.advance(days=1)
    draft_id = reconnect(ctx, alice, trusted_inbox, unknown.tls)

    verification.run(ctx, draft_id)
    connected(ctx, alice, draft_id)

    (after,) = rows(ctx)
    assert (after.id, after.by_id, after.at) == (before.id, bob.id, before.at)
    assert len(made.audited(ctx, "certificate.trust")) == 1


def test_a_reconnect_brings_nothing_back_that_was_withdrawn_meanwhile(ctx, alice, trusted_inbox, unknown):
    draft_id = reconnect(ctx, alice, trusted_inbox, unknown.tls)
    (kept,) = rows(ctx)
    exceptions.withdraw(ctx, alice, kept.id)

    verification.run(ctx, draft_id)

    assert shown(ctx, alice, draft_id) is not None
    assert rows(ctx) == []


def test_a_reconnect_asks_again_once_an_exception_has_ended(ctx, alice, trusted_inbox, unknown, certificates, clock):
    with ctx.store.write() as session:
        session.exec(select(TrustedCertificate)).one().until = clock.now
    draft_id = reconnect(ctx, alice, trusted_inbox, unknown.tls)
    verification.run(ctx, draft_id)
    assert shown(ctx, alice, draft_id).sha256 == certificates.self_signed.sha256

    trust(ctx, alice, draft_id, certificates.self_signed.sha256)
    connected(ctx, alice, draft_id)

    (kept,) = rows(ctx)
    assert (kept.by_id, kept.until > clock.now) == (alice.id, True)
