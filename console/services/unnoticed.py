"""Episodes that no check opens, changes or ends: proofs that grow old, wobbles that last, and what was left behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, update
from sqlmodel import Session, col, select

from console.rules.alike import CERTIFICATE, STALE, alike
from console.rules.health import AHEAD, STRIKES_BEFORE_FAILING, Health
from console.rules.problems import CATALOGUE, UNKNOWN, Kind
from console.services import episodes, switches
from console.services.context import Context
from console.services.episodes import PATIENCE
from console.services.turn import Turn
from console.store.episodes import Episode, Incident
from console.store.models import Inbox

AT_ONCE = 200
# An episode that a check is about to end is none of this module's business yet.
SETTLED = timedelta(minutes=2)
WOBBLES = frozenset(code for code, entry in CATALOGUE.items() if entry.kind is Kind.WOBBLE)
# What may turn out to be a wave, so that it is not told at once.
SUSPECT = frozenset(code for code in CATALOGUE if alike(code) is not None) - WOBBLES - CERTIFICATE


def look(ctx: Context, turn: Turn) -> None:
    """Open and end episodes as the clock and the switches say."""
    _bring_back(ctx, turn)
    _close(ctx, turn)
    _open_left_behind(ctx, turn)
    _open_stale(ctx, turn)


def _bring_back(ctx: Context, turn: Turn) -> None:
    """Let what is open have begun by now where a clock that was ahead wrote it, so that nobody waits for that time."""
    times: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (Episode, (Episode.began_at, Episode.changed_at, Episode.turned_at, Episode.ripe_at, Episode.tried_at)),
        (Incident, (Incident.began_at, Incident.changed_at, Incident.recovering_from, Incident.owners_told_from)),
    )
    for table, columns in times:
        ahead = {column.key: col(column) > turn.now + AHEAD for column in columns}
        which = (col(table.ended_at).is_(None), or_(*ahead.values()))
        with ctx.store.read() as session:
            if session.exec(select(table.id).where(*which).limit(1)).first() is None:
                continue
        with ctx.store.write() as session:
            session.execute(
                update(table)
                .where(*which)
                .values({col(one): case((ahead[one.key], turn.now), else_=col(one)) for one in columns})
                .execution_options(synchronize_session=False)
            )


def _of_episode(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(col(Inbox.id) == col(Episode.inbox_id), *conditions)


def _open() -> ColumnElement[bool]:
    return col(Episode.ended_at).is_(None)


def _watched() -> ColumnElement[bool]:
    """The condition that an inbox is looked after and has no open episode."""
    return and_(col(Inbox.removed_at).is_(None), ~switches.is_off(), ~exists().where(episodes.open_of(col(Inbox.id))))


def _close(ctx: Context, turn: Turn) -> None:
    """End what is open of inboxes that were removed, switched off or found well, whichever way that happened."""
    well = and_(
        ~episodes.unwell(),
        col(Inbox.lease_until).is_(None),
        col(Inbox.proven_until) >= turn.now,
        col(Inbox.checked_at) > col(Episode.changed_at),
        col(Inbox.checked_at) < turn.now - SETTLED,
    )
    reasons = (
        (episodes.REMOVED, _of_episode(col(Inbox.removed_at).is_not(None))),
        (episodes.DISABLED, _of_episode(switches.is_off())),
        (episodes.RECOVERED, _of_episode(well)),
    )
    with ctx.store.read() as session:
        due = [
            (how, which)
            for how, which in reasons
            if session.exec(select(Episode.id).where(_open(), which).limit(1)).first() is not None
        ]
    for how, which in due:
        with ctx.store.write() as session:
            episodes.end_where(session, and_(_open(), which), how, turn.now)


def _open_left_behind(ctx: Context, turn: Turn) -> None:
    """Open the episodes of inboxes that were unwell before there were any, or were switched on again so."""

    def begin(session: Session, inbox: Inbox) -> None:
        since = min(inbox.problem_since or inbox.checked_at or turn.now, turn.now)
        episodes.begin(session, inbox, inbox.problem or UNKNOWN, since)

    _for_each(ctx, begin, _watched(), episodes.unwell(), col(Inbox.lease_until).is_(None))


def _open_stale(ctx: Context, turn: Turn) -> None:
    """Open the episodes of inboxes that no check has proved for long, although workers are there to do it."""
    if not turn.patient(turn.even_since, PATIENCE):
        return

    def begin(session: Session, inbox: Inbox) -> None:
        episodes.begin(session, inbox, STALE, turn.now, ripe_at=turn.now)

    _for_each(
        ctx,
        begin,
        _watched(),
        col(Inbox.health) == Health.HEALTHY.value,
        or_(col(Inbox.proven_until) < turn.now, col(Inbox.proven_until).is_(None)),
        or_(col(Inbox.lease_until).is_(None), col(Inbox.lease_until) < turn.now),
    )


def _for_each(ctx: Context, begin: Callable[[Session, Inbox], None], *which: ColumnElement[bool]) -> None:
    """Lock the first of these inboxes and begin the episode of each; where there is none, nothing is locked."""
    with ctx.store.read() as session:
        if session.exec(select(Inbox.id).where(*which).limit(1)).first() is None:
            return
    with ctx.store.write() as session:
        found = session.exec(
            select(Inbox).where(*which).order_by(col(Inbox.id)).limit(AT_ONCE).with_for_update(of=Inbox)
        ).all()
        for inbox in found:
            begin(session, inbox)


def ripen(ctx: Context, turn: Turn) -> None:
    """Make episodes ripe: wobbles after three strikes and a quarter of an hour, others that turned out no wave."""
    long_ago = turn.now - PATIENCE
    lasting = and_(
        col(Episode.problem).in_(WOBBLES),
        col(Episode.began_at) <= long_ago,
        _of_episode(col(Inbox.strikes) >= STRIKES_BEFORE_FAILING),
    )
    single = and_(col(Episode.problem).in_(SUSPECT), col(Episode.turned_at) <= long_ago)
    at_once = col(Episode.problem).not_in(WOBBLES | SUSPECT)
    which = (_open(), col(Episode.ripe_at).is_(None), or_(lasting, single, at_once))
    with ctx.store.read() as session:
        if session.exec(select(Episode.id).where(*which).limit(1)).first() is None:
            return
    with ctx.store.write() as session:
        session.execute(
            update(Episode).where(*which).values(ripe_at=turn.now).execution_options(synchronize_session=False)
        )
