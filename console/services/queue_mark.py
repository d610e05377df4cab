"""One look that tells whether the page of the help desk may have changed, before anybody reads it all again."""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import case, func, or_, true
from sqlmodel import Session, col

from console.services import cases, queue_counts
from console.services.cases import INCIDENT, Ref
from console.store.cases import CaseNote
from console.store.episodes import Episode, Incident
from console.store.links import ReconnectLink
from console.store.models import AuditEntry, Inbox
from console.store.notices import Notice

LONGEST = 16


def mark(session: Session, selected: Ref | None, now: datetime) -> str:
    """Return a mark of the queue and of the selected case, in one query however much is open.

    The same mark stands for the same page, within a minute: that is how exactly the page tells how long things last,
    and what tells of nothing else, such as a certificate that a server began to show, is seen that soon.
    """
    parts = [_episodes(now), _incidents(now), _links(now)]
    if selected is not None:
        parts += [_inboxes(selected, now), _notices(selected)]
    # Each is one row, so that they stand beside each other.
    all_of_it, *more = (part.subquery() for part in parts)
    joined: Any = all_of_it
    for one in more:
        joined = joined.join(one, true())
    found = session.execute(sa.select(joined, *_newest(), queue_counts.open_count(now)).select_from(joined)).one()
    told = repr((int(now.timestamp()) // 60, *found)).encode()
    return hashlib.sha256(told).hexdigest()[:LONGEST]


def _newest() -> tuple[Any, ...]:
    """Return what only grows: what people did, noted, and what ended."""
    columns = (AuditEntry.id, CaseNote.id, Episode.ended_at, Incident.ended_at)
    return tuple(sa.select(func.max(col(one))).scalar_subquery() for one in columns)


def _sum(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _episodes(now: datetime) -> Any:
    return sa.select(
        func.count().label("episodes"),
        func.sum(col(Episode.id)).label("which_episodes"),
        func.max(col(Episode.changed_at)).label("episodes_changed"),
        func.sum(cases.episode_weight()).label("weight"),
        _sum(col(Episode.ripe_at) <= now).label("ripe"),
        func.sum(col(Episode.incident_id)).label("inside"),
        func.count(col(Episode.told_at)).label("owners_told"),
    ).where(col(Episode.ended_at).is_(None))


def _incidents(now: datetime) -> Any:
    return sa.select(
        func.count().label("incidents"),
        func.sum(col(Incident.id)).label("which_incidents"),
        func.max(col(Incident.changed_at)).label("incidents_changed"),
        func.sum(col(Incident.through)).label("through"),
        func.sum(col(Incident.most_inboxes)).label("most"),
        func.max(col(Incident.canary_at)).label("canary"),
        func.count(col(Incident.told_at)).label("told"),
        func.max(col(Incident.owners_told_from)).label("told_from"),
        _sum(col(Incident.owners_told_from) <= now).label("told_by_now"),
    ).where(col(Incident.ended_at).is_(None))


def _links(now: datetime) -> Any:
    steps = ("started_at", "left_at", "back_at", "failed_at", "connected_at", "withdrawn_at")
    return sa.select(
        func.count().label("links"),
        func.max(col(ReconnectLink.id)).label("newest_link"),
        *(func.max(getattr(ReconnectLink, step)).label(step) for step in steps),
    ).where(col(ReconnectLink.expires_at) > now)


def _inside(selected: Ref) -> Any:
    return col(Episode.incident_id) == selected.id if selected.kind == INCIDENT else col(Episode.id) == selected.id


def _inboxes(selected: Ref, now: datetime) -> Any:
    return sa.select(
        func.count(col(Inbox.wanted_by)).label("wanted"),
        _sum(col(Inbox.lease_until) > now).label("checking"),
        func.max(col(Inbox.checked_at)).label("checked"),
        func.max(col(Inbox.next_check)).label("next_check"),
        func.sum(col(Inbox.revision)).label("revision"),
    ).where(col(Inbox.id).in_(sa.select(col(Episode.inbox_id)).where(_inside(selected))))


def _notices(selected: Ref) -> Any:
    mine: Any = col(Notice.episode_id).in_(sa.select(col(Episode.id)).where(_inside(selected)))
    if selected.kind == INCIDENT:
        mine = or_(mine, col(Notice.incident_id) == selected.id)
    return sa.select(
        func.count().label("notices"),
        func.max(col(Notice.sent_at)).label("sent"),
        func.sum(col(Notice.attempts)).label("attempts"),
        *(_sum(col(Notice.state) == state).label(f"are_{state}") for state in ("queued", "held", "sent", "withdrawn")),
    ).where(mine)
