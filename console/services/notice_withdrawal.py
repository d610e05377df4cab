"""Withdraws what was not sent yet and is true no longer: over, part of an incident now, removed, the person left."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlmodel import Session, col

from console.rules.notices import OWNER_KINDS, Kind
from console.services import notice_rules
from console.services.notice_recipients import STAFF
from console.services.notice_rows import BEGUN, MAIL, OF_ONE, UNSENT, WITHDRAWN
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person
from console.store.notices import Notice


def _owners_wait(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an episode is in an incident whose owners are not told yet."""
    return and_(
        col(Incident.id) == col(Episode.incident_id),
        or_(col(Incident.owners_told_from).is_(None), col(Incident.owners_told_from) > now),
    )


def _reasons(session: Session, now: datetime) -> dict[str, ColumnElement[bool]]:
    """Return why an unsent notice goes no longer: the conditions on Notice, by the code that is noted then."""
    for_staff = and_(col(Notice.channel) == MAIL, col(Notice.kind).not_in(OWNER_KINDS))
    staff = exists().where(col(Person.id) == col(Notice.person_id), col(Person.role).in_(STAFF))
    named = col(Notice.address).in_(notice_rules.read(session).extra)
    of_one = col(Notice.kind).in_((Kind.OWNER, *OF_ONE))
    begun = col(Notice.kind).in_(BEGUN)
    held_back = exists().where(col(Episode.id) == col(Notice.episode_id), _owners_wait(now))
    ended = exists().where(col(Episode.id) == col(Notice.episode_id), col(Episode.ended_at).is_not(None))
    moved = exists().where(col(Episode.id) == col(Notice.episode_id), col(Episode.incident_id).is_not(None))
    over = exists().where(col(Incident.id) == col(Notice.incident_id), col(Incident.ended_at).is_not(None))
    broken = exists().where(col(Episode.inbox_id) == col(Notice.inbox_id), col(Episode.ended_at).is_(None))
    return {
        "over": or_(and_(of_one, ended), and_(begun, over)),
        "incident": and_(of_one, or_(held_back, and_(moved, col(Notice.kind) != Kind.OWNER)), ~ended),
        "again": and_(col(Notice.kind).in_((Kind.CLEAR, Kind.PROBLEM_OVER)), broken),
        "removed": exists().where(col(Inbox.id) == col(Notice.inbox_id), col(Inbox.removed_at).is_not(None)),
        # To whom it belonged before goes neither news of it nor a link to it.
        "moved-on": and_(
            col(Notice.kind).in_((Kind.OWNER, Kind.CLEAR)),
            exists().where(col(Inbox.id) == col(Notice.inbox_id), col(Inbox.owner_id) != col(Notice.person_id)),
        ),
        "left": exists().where(col(Person.id) == col(Notice.person_id), col(Person.active).is_(False)),
        # What is for staff goes neither to who is none any more, nor to an address that was taken off the list.
        "unwanted": and_(for_staff, ~staff, or_(col(Notice.person_id).is_not(None), ~named)),
    }


def stale(session: Session, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a notice is to be withdrawn."""
    return and_(col(Notice.state).in_(UNSENT), or_(*_reasons(session, now).values()))


def withdraw(session: Session, now: datetime) -> None:
    """Withdraw what was not sent and is true no longer, in the open transaction.

    Of what an incident holds it is decided anew once its owners are to be told.
    """
    session.execute(
        update(Episode)
        .where(
            col(Episode.ended_at).is_(None),
            col(Episode.weighed_for).is_not(None),
            col(Episode.told_at).is_(None),
            exists().where(_owners_wait(now)),
        )
        .values(weighed_for=None)
        .execution_options(synchronize_session=False)
    )
    for outcome, condition in _reasons(session, now).items():
        withdraw_where(session, condition, outcome)


def these(session: Session, notice_ids: Sequence[int]) -> None:
    """Withdraw notices that were not sent and are true no longer, in the open transaction."""
    if notice_ids:
        withdraw_where(session, col(Notice.id).in_(notice_ids), "over")


def withdraw_where(session: Session, condition: ColumnElement[bool], outcome: str) -> None:
    """Withdraw the unsent notices that a condition names, in the open transaction; `outcome` says why, as a code."""
    session.execute(
        update(Notice)
        .where(col(Notice.state).in_(UNSENT), condition)
        .values(state=WITHDRAWN, outcome=outcome)
        .execution_options(synchronize_session=False)
    )
