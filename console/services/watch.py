"""The round over episodes and incidents that one worker at a time makes: what only the clock brings about.

A round is a few short transactions, whatever the number of inboxes. Patience counts only while rounds come evenly:
after a pause of the workers, or a jump of the clock, it begins anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select

from console.services import causes, gathering, recovery, unnoticed
from console.services.context import Context
from console.services.turn import Turn
from console.store import insert_into
from console.store.episodes import Watch

EVERY = timedelta(seconds=10)
# What a job asks for beside the tick; many that ask at once share a round.
SOONEST = timedelta(seconds=1)
NAME, LEASE, GAP = "health", timedelta(seconds=60), timedelta(minutes=10)


def tick(ctx: Context) -> None:
    """Make a round if it is time for one and nobody makes it."""
    _round(ctx, EVERY)


def soon(ctx: Context) -> None:
    """Make a round now, because something was opened or ended; whatever is missed the next tick finds."""
    _round(ctx, SOONEST)


def _round(ctx: Context, apart: timedelta) -> None:
    with _turn(ctx, apart) as turn:
        if turn is None:
            return
        unnoticed.look(ctx, turn)
        causes.follow(ctx, turn)
        gathering.gather(ctx, turn)
        recovery.carry_on(ctx, turn)
        # What is told is decided last, so that nothing is told of an inbox that has just been put into an incident.
        unnoticed.ripen(ctx, turn)


@contextmanager
def _turn(ctx: Context, apart: timedelta) -> Iterator[Turn | None]:
    now = ctx.clock()
    with ctx.store.read() as session:
        known = session.get(Watch, NAME)
        if known is not None and not _due(known, now, apart):
            yield None
            return
    with ctx.store.write() as session:
        fresh = Watch(name=NAME, last_at=now - GAP, even_since=now).model_dump()
        session.execute(insert_into(session, Watch).values(fresh).on_conflict_do_nothing())
        row = session.exec(select(Watch).where(Watch.name == NAME).with_for_update()).one()
        mine = _due(row, now, apart)
        if mine:
            if not now - GAP < row.last_at <= now:
                row.even_since = now
            row.last_at, row.lease_until = now, now + LEASE
        turn = Turn(now, row.even_since)
    if not mine:
        yield None
        return
    try:
        yield turn
    finally:
        with ctx.store.write() as session:
            session.execute(update(Watch).where(col(Watch.name) == NAME).values(lease_until=None))


def _due(row: Watch, now: datetime, apart: timedelta) -> bool:
    """Return whether a round is due that nobody makes. What lies ahead of now was written before a jump."""
    held = row.lease_until is not None and now < row.lease_until <= now + LEASE
    return not held and not now - apart < row.last_at <= now
