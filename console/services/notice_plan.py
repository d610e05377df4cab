"""Decides what is to be told to whom, and writes it down as notices; nothing is sent here.

The tick calls `look`. Whatever is to be told has one name (`Notice.once`) per recipient, so however many workers look,
however often, one notice comes of it. What is true no longer is withdrawn as long as it was not sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import Session, col, select

from console.rules.grouping import shows_within
from console.rules.notices import OUTAGE_TOLD_AFTER, Kind, told
from console.rules.problems import Kind as ProblemKind
from console.rules.problems import problem
from console.services import cadence, notice_ends, notice_recipients, notice_withdrawal
from console.services.context import Context
from console.services.episodes import with_owners
from console.services.notice_recipients import Recipients
from console.services.notice_rows import MOST, SENDING, SENT, WITHDRAWN, About, row, write
from console.store.episodes import Episode, Incident
from console.store.models import Inbox
from console.store.notices import Notice

OUTAGE, OF_APP = "outage", "app"
# So long a refusal waits before its owner is told, and longer where few are checked so seldom that a wave of them shows
# later: by then it has begun to, and holds the notice.
SETTLES = timedelta(minutes=5)


def look(ctx: Context) -> None:
    """Decide about all that fell due, and withdraw what is true no longer."""
    now = ctx.clock()
    with ctx.store.read() as session:
        stale = (
            session.exec(select(Notice.id).where(notice_withdrawal.stale(session, now)).limit(1)).first() is not None
        )
        if not stale and not _anything(session, now):
            return
    with ctx.store.write() as session:
        notice_withdrawal.withdraw(session, now)
        _decide(ctx, session, now)


def _anything(session: Session, now: datetime) -> bool:
    return any(
        session.exec(wanted.limit(1)).first() is not None
        for wanted in (
            _episodes(now).with_only_columns(col(Episode.id)),
            select(Incident.id).where(_ripe(now)),
        )
    ) or notice_ends.anything(session, now)


def _decide(ctx: Context, session: Session, now: datetime) -> None:
    recipients = notice_recipients.read(ctx, session, now)
    _tell_of_episodes(ctx, session, recipients, now)
    _tell_of_incidents(session, recipients, now)
    notice_ends.tell(session, recipients, now)


def _episodes(now: datetime) -> Any:
    """Select open episodes of which it has not been decided yet who is told, with inbox, owner and incident."""
    return (
        with_owners()
        .where(
            col(Episode.ended_at).is_(None),
            col(Episode.ripe_at) <= now,
            or_(col(Episode.weighed_for).is_(None), col(Episode.weighed_for) != col(Episode.problem)),
            col(Inbox.removed_at).is_(None),
            or_(col(Episode.incident_id).is_(None), col(Incident.owners_told_from) <= now),
        )
        .order_by(col(Episode.id))
    )


def _tell_of_episodes(ctx: Context, session: Session, recipients: Recipients, now: datetime) -> None:
    rows: list[dict[str, Any]] = []
    found = session.exec(_episodes(now).limit(MOST)).all()
    at_ease = _told_to_wait(session, [episode for episode, _, _ in found])
    settles = _settling(ctx, session, [inbox for _, inbox, _ in found])
    for episode, inbox, owner in found:
        tells, changed = told(problem(episode.problem)), episode.weighed_for
        episode.weighed_for = episode.problem
        about = {"problem": episode.problem, "inbox_id": inbox.id, "episode_id": episode.id}
        base = f"episode:{episode.id}"
        if tells.owner and owner.active and (not tells.recoverable or owner.told_of_recoverable):
            detail = (
                ("acts", tells.acts),
                ("recoverable", tells.recoverable),
                ("itself", owner.email == inbox.address),
            )
            for_owner = About(base, Kind.OWNER, incident_id=episode.incident_id, detail=detail, **about)
            first = problem(episode.problem).kind is ProblemKind.REFUSAL and episode.incident_id is None
            when = max(now, episode.changed_at + settles[inbox.id]) if first else now
            to = {"person_id": owner.id, "address": owner.email, "not_before": when}
            # Who was told that they need not do anything is told once more when they have to.
            again = ":acts" if tells.acts and episode.id in at_ease else ""
            rows.append(row(for_owner, f"{base}:owner{again}", now, **to))
        elif changed is not None:
            notice_withdrawal.withdraw_where(
                session, and_(col(Notice.episode_id) == episode.id, col(Notice.kind) == Kind.OWNER), "changed"
            )
        # Of what belongs to an incident, staff was told with the incident.
        if tells.staff is not None and episode.incident_id is None:
            rows += _for_staff(About(base, tells.staff, **about), recipients, now)
    write(session, rows)


def _settling(ctx: Context, session: Session, inboxes: Sequence[Inbox]) -> dict[int | None, timedelta]:
    """Return how long a refusal of each waits, by how many others share its server or its domain."""
    found: dict[int | None, timedelta] = {inbox.id: SETTLES for inbox in inboxes}
    intervals = cadence.intervals(ctx, session)
    for name, column in (("host", col(Inbox.host)), ("domain", col(Inbox.domain))):
        sizes: dict[str, int] = dict(
            session.exec(
                select(column, func.count())
                .where(col(Inbox.removed_at).is_(None), column.in_({getattr(one, name) for one in inboxes}))
                .group_by(column)
            ).all()
        )
        for inbox in inboxes:
            size, every = sizes.get(getattr(inbox, name), 0), intervals.every(inbox.provider)
            found[inbox.id] = max(found[inbox.id], shows_within(size, every))
    return found


def _told_to_wait(session: Session, episodes: Sequence[Episode]) -> set[int | None]:
    """Return the episodes whose owners were told of them, and that they need not do anything."""
    told_of = [episode.id for episode in episodes if episode.told_at is not None]
    if not told_of:
        return set()
    sent = session.exec(
        select(Notice.episode_id, Notice.detail).where(
            col(Notice.episode_id).in_(told_of), Notice.kind == Kind.OWNER, Notice.state == SENT
        )
    ).all()
    acting = {episode_id for episode_id, detail in sent if isinstance(detail, dict) and detail.get("acts")}
    return {episode_id for episode_id, _ in sent} - acting


def _ripe(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Incident.weighed_at).is_(None),
        col(Incident.ended_at).is_(None),
        # One that swallowed another is told already.
        col(Incident.told_at).is_(None),
        or_(col(Incident.nature) != OUTAGE, col(Incident.began_at) <= now - OUTAGE_TOLD_AFTER),
    )


def _tell_of_incidents(session: Session, recipients: Recipients, now: datetime) -> None:
    rows: list[dict[str, Any]] = []
    for incident in session.exec(select(Incident).where(_ripe(now)).order_by(col(Incident.id)).limit(MOST)):
        incident.weighed_at = now
        session.add(incident)
        kind = Kind.APP if incident.level == OF_APP else Kind.INCIDENT
        about = About(f"incident:{incident.id}", kind, incident.problem, incident_id=incident.id)
        rows += _for_staff(about, recipients, now)
    write(session, rows)


def for_staff(ctx: Context, session: Session, about: Iterable[About], now: datetime) -> None:
    """Write down what staff and webhooks are told of, each about one thing, in the open transaction.

    What waits to be sent already is left as it is, so that asking often puts off nothing.
    """
    recipients = notice_recipients.read(ctx, session, now)
    write(session, [row for one in about for row in _for_staff(one, recipients, now)], over=(WITHDRAWN,))


def _for_staff(about: About, recipients: Recipients, now: datetime) -> list[dict[str, Any]]:
    return [row(about, f"{about.base}:{one.tag}", now, **one.columns()) for one in recipients.of(about.kind)]


def swallowed(session: Session, other_id: int | None, incident_id: int | None) -> None:
    """Let who was told of one incident hear the end of another that it became part of, in the open transaction."""
    session.execute(
        update(Notice)
        .where(col(Notice.incident_id) == other_id, col(Notice.state).in_((SENDING, SENT)))
        .values(incident_id=incident_id)
        .execution_options(synchronize_session=False)
    )
