"""One inbox that cannot send has a few others at its server looked at, as far as the trouble goes and no further."""

from datetime import timedelta

import pytest
from sqlmodel import select

from console.services import checks, switches
from console.store.episodes import Episode
from tests.pigeon import LoftClosed
from tests.services import made, storms

HOUR = timedelta(hours=1)


@pytest.fixture
def settings():
    return storms.FAST


def spread(ctx, ids):
    """Let full checks be due one after the other within six hours."""
    proofs = dict.fromkeys(("sign-in", "read", "send"), ctx.clock().isoformat())
    for number, inbox_id in enumerate(ids):
        made.change(ctx, inbox_id, full_due=ctx.clock() + 6 * HOUR * number / len(ids), proofs=proofs)


def looked_at(ctx, ids):
    """Return those that are due in full now."""
    return [one for one in ids if made.inbox(ctx, one).full_due <= ctx.clock() and made.inbox(ctx, one).next_check]


def fails_to_send(ctx, pigeons, inbox_id, error=None):
    pigeons.hawks[made.LOFT] = error or LoftClosed("nothing is sent")
    checks.run(ctx, inbox_id, checks.SHELL)


def test_a_server_that_sends_nothing_is_one_incident_and_nobody_is_told_one_by_one(ctx, bob, pigeons, clock):
    ids = storms.flock(ctx, bob, 30)
    spread(ctx, ids)
    pigeons.hawks[made.LOFT] = LoftClosed("nothing is sent")

    storms.pass_time(ctx, clock, 20)

    (one,) = storms.incidents(ctx)
    assert (one.level, one.target, one.stage) == ("host", made.LOFT, "send")
    with ctx.store.read() as session:
        alone = session.exec(select(Episode).where(Episode.incident_id == None)).all()  # noqa: E711
    assert alone == []


def test_the_first_three_that_were_proved_longest_ago_are_looked_at_those_of_its_domain_before_others(
    ctx, bob, pigeons, clock
):
    first, *others = made.make(ctx, bob, *(f"box{n}@acme.test" for n in range(6)), domain="acme.test")
    away = made.make(ctx, bob, "box@other.test", domain="other.test")
    for number, one in enumerate([*others, *away]):
        made.change(ctx, one, full_due=clock.now + HOUR * (4 - number / 2), next_check=clock.now + HOUR)

    fails_to_send(ctx, pigeons, first)

    assert looked_at(ctx, [*others, *away]) == others[-3:]


@pytest.mark.parametrize(
    "columns",
    [
        {"full_due": 5.5},
        {"health": "failing", "problem": "imap-disabled"},
        {"next_check": None},
        {"receives_only": "smtp-auth-disabled"},
        {"host": "elsewhere.test"},
    ],
)
def test_who_was_looked_at_lately_or_has_nothing_to_show_is_let_be(ctx, bob, pigeons, clock, columns):
    first, other = made.make(ctx, bob, "a@acme.test", "b@acme.test")
    made.change(ctx, other, full_due=clock.now + HOUR, next_check=clock.now + HOUR)
    due = columns.get("full_due")
    made.change(ctx, other, **{**columns, **({"full_due": clock.now + HOUR * due} if due else {})})

    fails_to_send(ctx, pigeons, first)

    assert looked_at(ctx, [other]) == []


def test_who_is_switched_off_is_let_be(ctx, alice, bob, pigeons, clock):
    first, other = made.make(ctx, bob, "a@acme.test", "b@acme.test")
    made.change(ctx, other, full_due=clock.now + HOUR, next_check=clock.now + HOUR)
    switches.disable(ctx, alice, other)

    fails_to_send(ctx, pigeons, first)

    assert looked_at(ctx, [other]) == []


def test_it_happens_once_and_not_with_every_try_that_fails(ctx, bob, pigeons, clock):
    first, *others = made.make(ctx, bob, *(f"box{n}@acme.test" for n in range(9)))
    for one in others:
        made.change(ctx, one, full_due=clock.now + HOUR, next_check=clock.now + HOUR)

    for _ in range(3):
        fails_to_send(ctx, pigeons, first)
        clock.advance(minutes=2)

    assert len(looked_at(ctx, others)) == 3


def test_what_is_about_one_mailbox_only_has_nobody_else_looked_at(ctx, bob, pigeons, clock):
    first, other = made.make(ctx, bob, "a@acme.test", "b@acme.test")
    made.change(ctx, other, full_due=clock.now + HOUR, next_check=clock.now + HOUR)

    fails_to_send(ctx, pigeons, first, type("Missing", (Exception,), {"code": "folder-missing"})())

    assert looked_at(ctx, [other]) == []
