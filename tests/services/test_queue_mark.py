"""The mark of the help desk: another one as soon as somebody would see something else, else the same."""

from datetime import timedelta

import pytest
from sqlmodel import col, update

from console.services import handlings, links, queue_mark
from console.store.links import ReconnectLink
from console.store.models import Inbox
from tests import cases, placed


@pytest.fixture
def box(ctx, bob):
    return placed.inbox(ctx, bob, secret={})


@pytest.fixture
def ref(ctx, box):
    return cases.episode(ctx, box)


def mark(ctx, ref):
    with ctx.store.read() as session:
        return queue_mark.mark(session, ref, ctx.clock())


def changed(ctx, table, **values):
    with ctx.store.write() as session:
        session.execute(update(table).values(**values))


CHANGES = {
    "another case": lambda ctx, hanne, box, ref: cases.episode(ctx, placed.inbox(ctx, hanne, "new@acme.test")),
    "an incident": lambda ctx, hanne, box, ref: cases.incident(ctx, []),
    "it ends": lambda ctx, hanne, box, ref: cases.end(ctx, ref),
    "its problem": lambda ctx, hanne, box, ref: cases.turn(ctx, ref, problem="throttled", changed_at=ctx.clock()),
    "it joins an incident": lambda ctx, hanne, box, ref: cases.turn(ctx, ref, incident_id=1),
    "its owner is told": lambda ctx, hanne, box, ref: cases.turn(ctx, ref, told_at=ctx.clock()),
    "it is taken": lambda ctx, hanne, box, ref: handlings.take(ctx, hanne, ref),
    "a note": lambda ctx, hanne, box, ref: handlings.note(ctx, hanne, ref, "On it."),
    "a test begins": lambda ctx, hanne, box, ref: changed(ctx, Inbox, wanted_by="button"),
    "a check runs": lambda ctx, hanne, box, ref: changed(ctx, Inbox, lease_until=ctx.clock() + timedelta(minutes=1)),
    "a check was made": lambda ctx, hanne, box, ref: changed(ctx, Inbox, checked_at=ctx.clock()),
    "a link": lambda ctx, hanne, box, ref: links.issue(ctx, hanne, box),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_somebody_would_see_makes_another_mark(ctx, hanne, box, ref, clock, change):
    cases.incident(ctx, [placed.inbox(ctx, hanne, "first@acme.test")], target="other.test")
    before = mark(ctx, ref)
    clock.advance(seconds=5)

    change(ctx, hanne, box, ref)

    assert mark(ctx, ref) != before


def test_a_person_who_leaves_for_the_provider_makes_another_mark(ctx, hanne, box, ref):
    links.issue(ctx, hanne, box)
    before = mark(ctx, ref)

    changed(ctx, ReconnectLink, left_at=ctx.clock())

    assert mark(ctx, ref) != before


def test_a_case_that_wakes_by_the_clock_makes_another_mark(ctx, hanne, ref, clock):
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(seconds=10))
    before = mark(ctx, ref)
    clock.advance(seconds=11)

    assert mark(ctx, ref) != before


def test_while_nothing_happens_the_mark_stays_the_same_for_half_a_minute(ctx, hanne, ref, clock):
    before = mark(ctx, ref)
    clock.advance(seconds=30)

    assert mark(ctx, ref) == before


def test_checks_of_what_is_no_case_leave_the_mark_as_it_is(ctx, bob, hanne, ref):
    well = placed.inbox(ctx, bob, "well@acme.test")
    before = mark(ctx, ref)
    with ctx.store.write() as session:
        session.execute(update(Inbox).where(col(Inbox.id) == well).values(checked_at=ctx.clock()))

    assert mark(ctx, ref) == before
