"""Certificates that servers showed to full checks: kept once, with when first and last; a change is a second row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from console.providers.base import Certificate
from console.services import certificates_seen, checks
from console.store.servers import SeenCertificate
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.applied import ELSEWHERE
from tests.services.connected import connect
from tests.services.listening import reach

ONE = Certificate(
    "imap.acme.dk",
    993,
    "AA:" * 31 + "01",
    "CN=imap.acme.dk",
    "CN=An authority",
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)


def seen(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(SeenCertificate).order_by(SeenCertificate.first_seen_at)))


def note(ctx, *certificates):
    with ctx.store.write() as session:
        certificates_seen.note(session, certificates, ctx.clock())


def test_a_certificate_is_kept_with_what_tells_it_apart_and_when_it_ends(ctx, clock):
    note(ctx, ONE, ONE)

    (row,) = seen(ctx)
    assert (row.host, row.port, row.sha256, row.subject, row.issuer) == (
        ONE.host,
        ONE.port,
        ONE.sha256,
        ONE.subject,
        ONE.issuer,
    )
    assert (row.not_after, row.first_seen_at, row.last_seen_at) == (ONE.not_after, clock.now, clock.now)


def test_another_certificate_of_the_same_server_is_a_second_row(ctx, clock):
    note(ctx, ONE)
    first = clock.now
    clock.advance(hours=1)

    note(ctx, replace(ONE, sha256="BB:" * 31 + "02"))

    assert [(row.sha256[:2], row.first_seen_at) for row in seen(ctx)] == [("AA", first), ("BB", clock.now)]


def test_the_same_certificate_at_another_port_is_another_matter(ctx):
    note(ctx, ONE, replace(ONE, port=465))

    assert {row.port for row in seen(ctx)} == {993, 465}


@pytest.mark.parametrize(("later", "written"), [({"hours": 23}, 0), ({"hours": 24}, 1), ({"days": -3}, 1)])
def test_it_is_written_again_only_when_a_day_has_passed(ctx, clock, later, written):
    note(ctx, ONE)
    clock.advance(**later)
    statements = []
    event.listen(ctx.store.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    note(ctx, ONE)

    assert len([one for one in statements if one.startswith(("INSERT", "UPDATE"))]) == written
    assert seen(ctx)[0].last_seen_at == (clock.now if written else clock.now - timedelta(**later))


NEW = replace(ONE, sha256="BB:" * 31 + "02")


@pytest.mark.parametrize("ahead", [0, 3])
def test_one_that_a_server_shows_again_in_the_place_of_another_is_the_one_seen_last(ctx, clock, ahead):
    note(ctx, NEW)
    clock.advance(hours=1 + ahead)
    note(ctx, ONE)
    clock.advance(hours=1 - ahead)

    note(ctx, NEW)

    last = {row.sha256[:2]: row.last_seen_at for row in seen(ctx)}
    assert last["AA"] < last["BB"] <= clock.now


class TestByChecks:
    @pytest.fixture
    def settings(self, dns, certificates):
        return reach(dns, certificates, HOST, ELSEWHERE)

    @pytest.fixture
    def families(self):
        return None

    @pytest.fixture
    def mine(self, ctx, bob, old, smtp_answers):
        (inbox_id,) = connect(ctx, bob, old.tls, "a@acme.test", receives_only=None)
        settings = made.inbox(ctx, inbox_id).settings
        made.change(
            ctx, inbox_id, settings={**settings, "smtp_port": smtp_answers.starttls, "smtp_security": "starttls"}
        )
        return inbox_id

    def test_a_full_check_keeps_those_of_both_servers(self, ctx, mine, work, old, smtp_answers, certificates):
        work.sweep()

        assert {(row.host, row.port, row.sha256) for row in seen(ctx)} == {
            (HOST, old.tls, certificates.good.sha256),
            (HOST, smtp_answers.starttls, certificates.good.sha256),
        }

    def test_a_short_one_keeps_none(self, ctx, mine, work, clock):
        made.change(ctx, mine, full_due=clock.now + timedelta(hours=1))

        work.sweep()

        assert len(made.history(ctx, mine)) == 1
        assert seen(ctx) == []

    def test_one_that_is_refused_is_kept_too(self, ctx, mine, work, imap_server, certificates):
        expired = imap_server(identity=certificates.expired)
        made.change(ctx, mine, settings={**made.inbox(ctx, mine).settings, "imap_port": expired.tls})

        checks.run(ctx, mine, checks.SHELL)

        assert [(row.port, row.sha256) for row in seen(ctx)] == [(expired.tls, certificates.expired.sha256)]
