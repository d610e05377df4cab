"""What notices are about, read with a constant number of queries for any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from console.rules.notices import Kind
from console.services.episodes import RECONNECTED, RECOVERED
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person
from console.store.notices import Notice


@dataclass(frozen=True)
class Subjects:
    """Rows by id. `reach` is how many inboxes and people an incident touches.

    `again` are the inboxes of one owner that an all-clear for an incident is about, by incident and owner.
    """

    inboxes: dict[int, Inbox]
    people: dict[int, Person]
    incidents: dict[int, Incident]
    episodes: dict[int, Episode]
    reach: dict[int, tuple[int, int]]
    again: dict[tuple[int, int], list[int]]


def read(session: Session, notices: Sequence[Notice]) -> Subjects:
    """Return what `notices` are about, with the owners of the inboxes."""
    incidents = _by_id(session, Incident, {one.incident_id for one in notices})
    again = _own_of(session, [one for one in notices if one.kind == Kind.CLEAR])
    ids = {one.inbox_id for one in notices} | {inbox_id for found in again.values() for inbox_id in found}
    inboxes = _by_id(session, Inbox, ids)
    people = _by_id(session, Person, {one.owner_id for one in inboxes.values()})
    episodes = _by_id(session, Episode, {one.episode_id for one in notices})
    return Subjects(inboxes, people, incidents, episodes, _reach(session, set(incidents)), again)


def _by_id(session: Session, table: Any, ids: set[int | None]) -> dict[int, Any]:
    wanted = [one for one in ids if one is not None]
    return {row.id: row for row in session.exec(select(table).where(table.id.in_(wanted)))} if wanted else {}


def _reach(session: Session, ids: set[int]) -> dict[int, tuple[int, int]]:
    """Return how many inboxes and people each incident touches."""
    if not ids:
        return {}
    counts = session.exec(
        select(
            Episode.incident_id,
            func.count(func.distinct(col(Episode.inbox_id))),
            func.count(func.distinct(col(Inbox.owner_id))),
        )
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(col(Episode.incident_id).in_(ids))
        .group_by(col(Episode.incident_id))
    ).all()
    return {incident_id: (inboxes, people) for incident_id, inboxes, people in counts if incident_id is not None}


def _own_of(session: Session, notices: Sequence[Notice]) -> dict[tuple[int, int], list[int]]:
    """Return the inboxes that each owner was told of, of those that an all-clear for a whole incident is about.

    They got well with it, and are well now: hours may lie between its end and the mail.
    """
    ids = {one.incident_id for one in notices if one.incident_id is not None}
    if not ids:
        return {}
    found: dict[tuple[int, int], list[int]] = {}
    newer = aliased(Episode)
    for incident_id, owner_id, inbox_id in session.exec(
        select(Episode.incident_id, Inbox.owner_id, Inbox.id)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(
            col(Episode.incident_id).in_(ids),
            col(Episode.told_at).is_not(None),
            col(Episode.ended_how).in_((RECOVERED, RECONNECTED)),
            ~exists().where(col(newer.inbox_id) == col(Inbox.id), col(newer.ended_at).is_(None)),
        )
        .order_by(col(Inbox.address))
    ):
        if incident_id is not None and inbox_id is not None:
            found.setdefault((incident_id, owner_id), []).append(inbox_id)
    return found
