"""What people are told at the end: those who were told that something began, and nobody else."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.rules.alike import Nature
from console.rules.notices import LONGEST_WAIT, Kind
from console.services.episodes import RECONNECTED, RECOVERED, with_owners
from console.services.notice_recipients import Recipients
from console.services.notice_rows import (
    BEGUN,
    MOST,
    OF_ONE,
    SENDING,
    SENT,
    UNSENT,
    WEBHOOK,
    WITHDRAWN,
    About,
    row,
    write,
)
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person
from console.store.notices import Notice

HEALED = (RECOVERED, RECONNECTED)
# What the name of a notice ends with that tells of the end of what another told of.
OVER = ":over"


def anything(session: Session, now: datetime) -> bool:
    """Return whether there is an end of which people are to be told."""
    return any(
        session.exec(wanted.limit(1)).first() is not None
        for wanted in (
            select(Incident.id).where(_over()),
            _recovered(now).with_only_columns(col(Episode.id)),
            _heard_of(now).with_only_columns(col(Notice.id)),
        )
    )


def tell(session: Session, recipients: Recipients, now: datetime) -> None:
    """Write down who is told of what ended, in the open transaction."""
    _tell_of_ends(session, recipients, now)
    _tell_of_recoveries(session, now)
    _tell_staff_of_recoveries(session, recipients, now)


def _heard() -> ColumnElement[bool]:
    """Return that somebody was told, or may have been: a webhook that did not answer may have taken the message."""
    tried = and_(
        col(Notice.channel) == WEBHOOK,
        col(Notice.state) == WITHDRAWN,
        col(Notice.outcome) == "over",
        col(Notice.attempts) > 0,
    )
    return or_(col(Notice.state) == SENT, tried)


def _over() -> ColumnElement[bool]:
    on_its_way = exists().where(col(Notice.incident_id) == col(Incident.id), col(Notice.state) == SENDING)
    return and_(
        col(Incident.ended_at).is_not(None),
        or_(col(Incident.weighed_at).is_not(None), col(Incident.told_at).is_not(None)),
        col(Incident.all_clear_at).is_(None),
        ~on_its_way,
    )


def _tell_of_ends(session: Session, recipients: Recipients, now: datetime) -> None:
    """Give the all-clear to everybody of the staff who was told that the incident began, and to nobody else."""
    ended = session.exec(select(Incident).where(_over()).order_by(col(Incident.id)).limit(MOST)).all()
    heard = session.exec(
        select(Notice).where(
            col(Notice.incident_id).in_([incident.id for incident in ended]),
            col(Notice.kind).in_(BEGUN),
            _heard(),
        )
    ).all()
    by_id = {incident.id: incident for incident in ended}
    rows: list[dict[str, Any]] = []
    for notice in heard:
        incident = by_id[notice.incident_id]
        base = f"incident:{incident.id}"
        about = About(base, Kind.INCIDENT_OVER, incident.problem, incident_id=incident.id)
        wanted = recipients.again(notice, Kind.INCIDENT_OVER)
        if wanted is not None:
            rows.append(row(about, f"{base}:over:{wanted.tag}", now, **wanted.columns()))
    for incident in ended:
        incident.all_clear_at = now
        session.add(incident)
    write(session, rows)


def _recovered(now: datetime) -> Any:
    """Select ended episodes whose owner was told that they began and not yet that they are over.

    Those of an incident wait until it is over: one all-clear tells of all of them. Where each was told to sign in, it
    is over for an owner once all that are theirs are well; others may take weeks.
    """
    others, theirs = aliased(Episode), aliased(Inbox)
    all_well = and_(
        col(Incident.nature) == Nature.REFUSALS,
        col(Incident.owners_told_from) <= now,
        ~exists().where(
            col(others.incident_id) == col(Episode.incident_id),
            col(others.ended_at).is_(None),
            col(theirs.id) == col(others.inbox_id),
            col(theirs.owner_id) == col(Inbox.owner_id),
        ),
    )
    own = and_(col(Notice.kind) == Kind.CLEAR, col(Notice.episode_id) == col(Episode.id))
    shared = and_(
        col(Notice.kind) == Kind.CLEAR,
        col(Notice.incident_id) == col(Episode.incident_id),
        col(Notice.person_id) == col(Person.id),
    )
    return (
        with_owners()
        .where(
            col(Episode.ended_at).is_not(None),
            col(Episode.told_at).is_not(None),
            col(Episode.clear_at).is_(None),
            col(Episode.ended_how).in_(HEALED),
            col(Inbox.removed_at).is_(None),
            col(Person.active),
            or_(col(Episode.incident_id).is_(None), col(Incident.ended_at).is_not(None), all_well),
            ~exists().where(or_(own, shared)),
        )
        .order_by(col(Episode.id))
    )


def _tell_of_recoveries(session: Session, now: datetime) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for episode, inbox, owner in session.exec(_recovered(now).limit(MOST)):
        if episode.incident_id is None:
            about = About("", Kind.CLEAR, episode.problem, inbox.id, episode.id)
            once = f"episode:{episode.id}:clear"
        else:
            about = About("", Kind.CLEAR, episode.problem, incident_id=episode.incident_id)
            once = f"incident:{episode.incident_id}:clear:p{owner.id}"
        rows.setdefault(once, row(about, once, now, person_id=owner.id, address=owner.email))
    write(session, list(rows.values()))


def _heard_of(now: datetime) -> Any:
    """Select what staff and webhooks were told of one inbox that is well again, and not yet that it is.

    Of an inbox that healed in an incident, those hear with the incident who hear of that.
    """
    over, shared = aliased(Notice), aliased(Notice)
    with_the_incident = exists().where(
        col(shared.incident_id) == col(Episode.incident_id),
        col(shared.kind).in_(BEGUN),
        col(shared.state).in_((*UNSENT, SENDING, SENT)),
        col(shared.address) == col(Notice.address),
        func.coalesce(col(shared.webhook_id), 0) == func.coalesce(col(Notice.webhook_id), 0),
    )
    return (
        select(Notice, Episode)
        .join(Episode, col(Episode.id) == col(Notice.episode_id))
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(
            col(Notice.kind).in_(OF_ONE),
            _heard(),
            col(Episode.ended_how).in_(HEALED),
            # What ended longer ago is no news.
            col(Episode.ended_at) > now - LONGEST_WAIT,
            col(Inbox.removed_at).is_(None),
            ~with_the_incident,
            ~exists().where(col(over.once) == col(Notice.once).concat(OVER)),
        )
        .order_by(col(Notice.id))
    )


def _tell_staff_of_recoveries(session: Session, recipients: Recipients, now: datetime) -> None:
    """Tell everybody of the staff who was told of a problem of one inbox that it is over, at once or daily as of it."""
    rows: list[dict[str, Any]] = []
    for notice, episode in session.exec(_heard_of(now).limit(MOST)):
        about = About("", Kind.PROBLEM_OVER, notice.problem, notice.inbox_id, episode.id)
        wanted = recipients.again(notice, Kind(notice.kind))
        to = (
            wanted.columns()
            if wanted is not None
            else {
                "channel": notice.channel,
                "address": notice.address,
                "person_id": notice.person_id,
                "webhook_id": notice.webhook_id,
                "state": WITHDRAWN,
                "outcome": "unwanted",
            }
        )
        rows.append(row(about, f"{notice.once}{OVER}", now, **to))
    write(session, rows)
