"""The days of an inbox: the worst that was seen of it, in as few writes as there is news."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from console.services import days, switches
from console.store.consents import AppStanding
from console.store.episodes import InboxDay
from console.store.models import Inbox
from tests import placed

TODAY = date(2026, 11, 23)


@contextmanager
def statements(ctx):
    seen = []

    def listen(_connection, _cursor, statement, *_rest):
        if statement.split()[0] in {"INSERT", "UPDATE", "DELETE", "SELECT"}:
            seen.append(statement)

    event.listen(ctx.store.engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(ctx.store.engine, "before_cursor_execute", listen)


def note(ctx, inbox_id, **standing):
    """Give an inbox a standing and note it, as a check does; return the statements that took."""
    with ctx.store.write() as session:
        inbox = session.get(Inbox, inbox_id)
        for name, value in standing.items():
            setattr(inbox, name, value)
        session.flush()
        with statements(ctx) as seen:
            days.note(ctx, session, inbox, ctx.clock())
    return seen


def noted(ctx, inbox_id):
    with ctx.store.read() as session:
        rows = session.exec(select(InboxDay).where(InboxDay.inbox_id == inbox_id).order_by(InboxDay.day)).all()
    return [(row.day, row.health, row.problem) for row in rows]


@pytest.fixture
def inbox_id(ctx, bob):
    return placed.inbox(ctx, bob)


def test_the_first_check_of_a_day_makes_its_row(ctx, inbox_id):
    note(ctx, inbox_id)

    assert noted(ctx, inbox_id) == [(TODAY, "healthy", None)]


def test_a_day_keeps_the_worst_that_was_seen(ctx, inbox_id):
    note(ctx, inbox_id, health="degraded", problem="connection-timeout")
    note(ctx, inbox_id, health="failing", problem="server-error")
    note(ctx, inbox_id, health="needs-sign-in", problem="bad-credentials")
    note(ctx, inbox_id, health="healthy", problem=None)

    assert noted(ctx, inbox_id) == [(TODAY, "failing", "server-error")]


def test_a_check_that_brings_nothing_new_reads_one_row_and_writes_none(ctx, inbox_id):
    note(ctx, inbox_id)

    seen = note(ctx, inbox_id)

    assert [statement.split()[0] for statement in seen] == ["SELECT"]


def test_a_worse_standing_that_another_worker_noted_meanwhile_stays(ctx, inbox_id, monkeypatch):
    note(ctx, inbox_id, health="failing", problem="server-error")
    monkeypatch.setitem(days._BADNESS, "failing", -1)  # As if the row had not been there when it was read.

    note(ctx, inbox_id, health="degraded", problem="connection-timeout")

    assert noted(ctx, inbox_id) == [(TODAY, "failing", "server-error")]


def test_a_check_notes_the_day_of_its_inbox(ctx, work, bob, clock):
    inbox_id = placed.inbox(ctx, bob, secret={"password": "one that was changed"})
    clock.advance(hours=1)

    work.sweep()

    assert noted(ctx, inbox_id) == [(TODAY, "needs-sign-in", "bad-credentials")]


@pytest.mark.parametrize("settings", [{"CONSOLE_TIMEZONE": "Pacific/Auckland"}])
def test_a_day_begins_at_midnight_of_the_consoles_time_zone(ctx, inbox_id, clock):
    clock.now = clock.now.replace(hour=10, minute=59)
    note(ctx, inbox_id)
    clock.advance(minutes=2)
    note(ctx, inbox_id)

    assert [day for day, _, _ in noted(ctx, inbox_id)] == [TODAY, TODAY + timedelta(days=1)]


# What no check tells.


def test_the_tick_gives_every_connected_inbox_its_row(ctx, bob, work):
    waits = placed.inbox(ctx, bob, "waits@acme.test", health="needs-sign-in", problem="bad-credentials")
    off = placed.inbox(ctx, bob, "off@acme.test", health="failing", problem="server-error")
    gone = placed.inbox(ctx, bob, "gone@acme.test", removed_at=ctx.clock())
    switches.disable(ctx, bob, off)

    work.tick()

    assert noted(ctx, waits) == [(TODAY, "needs-sign-in", "bad-credentials")]
    assert noted(ctx, off) == [(TODAY, "disabled", "server-error")]
    assert noted(ctx, gone) == []


def test_a_proof_that_grows_old_is_noted_without_a_check(ctx, inbox_id, clock):
    days.keep_up(ctx, clock())
    clock.advance(hours=2)

    days.keep_up(ctx, clock())

    assert noted(ctx, inbox_id) == [(TODAY, "degraded", "proof-stale")]


def test_inboxes_that_wait_for_their_providers_app_are_noted_with_its_problem(ctx, inbox_id, clock):
    days.keep_up(ctx, clock())
    with ctx.store.write() as session:
        session.add(AppStanding(provider="pigeon", problem="oauth-client-secret"))

    days.keep_up(ctx, clock())

    assert noted(ctx, inbox_id) == [(TODAY, "degraded", "oauth-client-secret")]


def test_what_is_enabled_again_counts_as_on_that_day(ctx, bob, inbox_id, clock):
    switches.disable(ctx, bob, inbox_id)
    days.keep_up(ctx, clock())
    switches.enable(ctx, bob, inbox_id)

    days.keep_up(ctx, clock())

    assert noted(ctx, inbox_id) == [(TODAY, "healthy", None)]


def test_a_day_that_was_bad_stays_bad_when_the_inbox_is_disabled(ctx, bob, inbox_id, clock):
    note(ctx, inbox_id, health="failing", problem="server-error")
    switches.disable(ctx, bob, inbox_id)

    days.keep_up(ctx, clock())

    assert noted(ctx, inbox_id) == [(TODAY, "failing", "server-error")]


def test_a_tick_with_no_news_writes_nothing(ctx, inbox_id, clock):
    days.keep_up(ctx, clock())

    with statements(ctx) as seen:
        assert days.keep_up(ctx, clock()) == 0

    assert {statement.split()[0] for statement in seen} == {"SELECT"}


def test_days_are_kept_for_five_weeks(ctx, inbox_id, clock):
    for back in (36, 35, 1, -1, -2):
        _put(ctx, inbox_id, TODAY - timedelta(days=back))

    days.prune(ctx, clock())

    assert [(TODAY - day).days for day, _, _ in noted(ctx, inbox_id)] == [35, 1, -1]


# What strips are drawn from.


def test_thirty_days_end_today_and_unknown_ones_are_empty(ctx, inbox_id):
    _put(ctx, inbox_id, TODAY, "failing", "server-error")
    _put(ctx, inbox_id, TODAY - timedelta(days=29))
    _put(ctx, inbox_id, TODAY - timedelta(days=30))

    found = days.of_inboxes(ctx, [inbox_id])[inbox_id]

    assert len(found) == 30
    assert found[0] == days.Day(TODAY - timedelta(days=29), "healthy")
    assert found[1] == days.Day(TODAY - timedelta(days=28))
    assert found[-1] == days.Day(TODAY, "failing", "server-error")


def test_a_providers_day_counts_its_inboxes_by_their_worst(ctx, bob, inbox_id):
    other = placed.inbox(ctx, bob, "other@acme.test")
    off = placed.inbox(ctx, bob, "off@acme.test")
    _put(ctx, inbox_id, TODAY)
    _put(ctx, other, TODAY, "failing")
    _put(ctx, off, TODAY, "disabled")

    with ctx.store.read() as session:
        found = days.of_providers(session, days.span(ctx, ctx.clock()))["pigeon"]

    assert found[-1].counts == {"healthy": 1, "failing": 1, "disabled": 1}
    assert (found[-1].known, found[-1].healthy) == (2, 1)
    assert found[0].counts == {}


def _put(ctx, inbox_id, day, health="healthy", problem=None):
    with ctx.store.write() as session:
        session.add(InboxDay(inbox_id=inbox_id, day=day, provider="pigeon", health=health, problem=problem))
