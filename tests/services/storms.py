"""Many pigeons at once, and a worker that goes on minute after minute: what the tests of incidents start from."""

from datetime import timedelta

from sqlmodel import select

from console.services import watch
from console.services.sweep import Sweep
from console.store.episodes import Episode, Incident
from console.store.models import Inbox
from tests.pigeon import LoftClosed
from tests.services import made

FAST = {"CONSOLE_CHECKS_PER_HOST": "64", "CONSOLE_CHECK_THREADS": "8"}


def flock(ctx, owner, number, *, loft=made.LOFT, domain=None, first=0, **columns):
    """Connect many pigeons whose checks are spread over a quarter of an hour; return their ids."""
    ids = made.make(
        ctx,
        owner,
        *(f"box{n:04}@{domain or loft}" for n in range(first, first + number)),
        loft=loft,
        **columns,
    )
    with ctx.store.write() as session:
        for n, inbox_id in enumerate(ids):
            row = session.get_one(Inbox, inbox_id)
            row.next_check = ctx.clock() + timedelta(minutes=15) * n / number
            row.proven_until = ctx.clock() + timedelta(hours=1)
    return ids


def pass_time(ctx, clock, minutes, *, step=1.0, each=lambda: None):
    """Let minutes pass while one worker does what it does; `each` is called after every step."""
    watch.tick(ctx)
    for _ in range(round(minutes / step)):
        clock.advance(minutes=step)
        Sweep(ctx).run()
        watch.tick(ctx)
        each()


def close(pigeons, loft=made.LOFT):
    """Let a loft be down."""
    pigeons.weather[loft] = LoftClosed("the loft is closed")


def incidents(ctx):
    """Return all incidents, oldest first."""
    with ctx.store.read() as session:
        return list(session.exec(select(Incident).order_by(Incident.id)).all())


def members(ctx, incident):
    """Return the inboxes with an open episode in an incident."""
    with ctx.store.read() as session:
        return set(
            session.exec(
                select(Episode.inbox_id).where(Episode.incident_id == incident.id, Episode.ended_at == None)  # noqa: E711
            ).all()
        )


def healths(ctx):
    """Return which healths the inboxes have."""
    with ctx.store.read() as session:
        return set(session.exec(select(Inbox.health)).all())
