"""Episodes: from the first check of an inbox that did not pass to the next that did, one open at most.

`note` is called in the transaction that sets the inbox's standing; what only the clock brings about is found by
`services.watch`.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, update
from sqlmodel import Session, col, select

from console.rules.alike import CERTIFICATE, Nature, alike, says
from console.rules.health import STRIKES_BEFORE_FAILING, Health
from console.rules.problems import UNKNOWN, Kind, problem
from console.services.context import Context
from console.store import insert_into
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person

# A wobble is told after three strikes and so long; what fails alike within it is one incident.
PATIENCE = timedelta(minutes=15)
RECOVERED, RECONNECTED, DISABLED, REMOVED = "recovered", "reconnected", "disabled", "removed"
# From the third on that fails alike for good at one place within `PATIENCE`, it may be a wave: nobody is told before
# that is decided.
SUSPICIOUS = 2


def note(
    ctx: Context,  # noqa: ARG001  # What is noted after a check is noted with the same arguments.
    session: Session,
    inbox: Inbox,
    now: datetime,
) -> bool:
    """Open, change or end the inbox's episode as its standing says; return whether one was opened or ended.

    Belongs to the transaction that holds the inbox's row. `now` is aware UTC. Called twice it changes nothing more.
    """
    assert inbox.id is not None
    session.flush()
    if fine(inbox):
        return end(session, inbox.id, RECOVERED, now)
    return _fails(session, inbox, now)


def fine(inbox: Inbox) -> bool:
    """Return whether nothing is wrong with an inbox, but what its owner chose to do without."""
    if inbox.health == Health.HEALTHY:
        return True
    return inbox.receives_only is not None and inbox.problem == inbox.receives_only


def unwell() -> ColumnElement[bool]:
    """Return the condition that is the contrary of `fine`."""
    chosen = and_(col(Inbox.receives_only).is_not(None), col(Inbox.problem) == col(Inbox.receives_only))
    return and_(col(Inbox.health) != Health.HEALTHY.value, ~func.coalesce(chosen, False))


def open_of(inbox_id: object) -> ColumnElement[bool]:
    """Return the condition that an episode is the open one of an inbox, given by id or column."""
    return and_(col(Episode.inbox_id) == inbox_id, col(Episode.ended_at).is_(None))


def _fails(session: Session, inbox: Inbox, now: datetime) -> bool:
    code = inbox.problem or UNKNOWN
    opened = begin(session, inbox, code, now)
    row = session.exec(select(Episode).where(open_of(inbox.id)).with_for_update()).one()
    if row.problem != code or row.health != inbox.health:
        if alike(row.problem) != alike(code):
            row.turned_at, row.own_at = now, None
        row.problem, row.health, row.changed_at = code, inbox.health, now
    if row.ripe_at is None and _ripe(session, inbox, row, now):
        row.ripe_at = now
    return opened


def begin(session: Session, inbox: Inbox, code: str, now: datetime, *, ripe_at: datetime | None = None) -> bool:
    """Open an episode of an inbox that began at `now`, unless one is open; return whether it was opened."""
    values = {
        "inbox_id": inbox.id,
        "problem": code,
        "health": Health.DEGRADED.value if inbox.health == Health.HEALTHY else inbox.health,
        "began_at": now,
        "changed_at": now,
        "turned_at": now,
        "ripe_at": ripe_at,
        "ended_how": "",
    }
    made = insert_into(session, Episode).values(values).on_conflict_do_nothing().returning(col(Episode.id))
    return session.execute(made).first() is not None


def _ripe(session: Session, inbox: Inbox, row: Episode, now: datetime) -> bool:
    kind = problem(row.problem).kind
    old = now - row.began_at >= PATIENCE
    if kind is Kind.WOBBLE:
        return inbox.strikes >= STRIKES_BEFORE_FAILING and old
    if row.problem in CERTIFICATE:
        return False  # It is an incident; the round that makes it one comes at once.
    what = alike(row.problem)
    if what is None or now - (row.turned_at or row.began_at) >= PATIENCE:
        return True
    others = session.exec(
        select(Episode.problem)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(
            col(Episode.ended_at).is_(None),
            col(Episode.own_at).is_(None),
            col(Episode.inbox_id) != inbox.id,
            col(Episode.turned_at) > now - PATIENCE,
            or_(
                and_(col(Inbox.host) == inbox.host, col(Inbox.host) != ""),
                col(Inbox.domain) == inbox.domain,
                col(Inbox.provider) == inbox.provider,
            ),
        )
        .limit(200)
    ).all()
    word = says if what == Nature.REFUSALS else alike
    return sum(word(code) == word(row.problem) for code in others) < SUSPICIOUS


def end(session: Session, inbox_id: int, how: str, now: datetime) -> bool:
    """End the open episode of an inbox; return whether there was one."""
    return end_where(session, open_of(inbox_id), how, now) > 0


def end_of_switched_off(session: Session, level: str, target: object, now: datetime) -> int:
    """End the open episodes of what is switched off at a level (inbox, owner or provider); return how many."""
    columns = {
        "inbox": cast(col(Inbox.id), String),
        "owner": cast(col(Inbox.owner_id), String),
        "provider": col(Inbox.provider),
    }
    if level not in columns:
        return 0
    of = exists().where(col(Inbox.id) == col(Episode.inbox_id), columns[level] == str(target))
    # An inbox is locked before its episode, here as in a check.
    failing = exists().where(open_of(col(Inbox.id)))
    touched = select(Inbox.id).where(columns[level] == str(target), failing).order_by(col(Inbox.id))
    session.exec(touched.with_for_update(of=Inbox)).all()
    return end_where(session, and_(col(Episode.ended_at).is_(None), of), DISABLED, now)


def end_where(session: Session, which: ColumnElement[bool], how: str, now: datetime) -> int:
    """End the episodes that a condition names, which are open ones; return how many."""
    ended = session.execute(
        update(Episode)
        .where(which)
        .values(ended_at=now, ended_how=how, changed_at=now)
        .execution_options(synchronize_session="fetch")
        .returning(col(Episode.id))
    ).all()
    return len(ended)


def reconnected(session: Session, inbox: Inbox, now: datetime) -> None:
    """Take note that an inbox was connected anew, with whatever is still missing."""
    assert inbox.id is not None
    session.flush()
    if fine(inbox):
        end(session, inbox.id, RECONNECTED, now)
    else:
        _fails(session, inbox, now)


def with_owners() -> Any:
    """Select episodes with their inbox and its owner, joined with the incident that they are in, if any."""
    return (
        select(Episode, Inbox, Person)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
    )
