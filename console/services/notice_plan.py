"""Decides what is to be told to whom, and writes it down as notices; nothing is sent here.

The tick calls `look`. Whatever is to be told has one name (`Notice.once`) per recipient, so however many workers look,
however often, one notice comes of it. What is true no longer is withdrawn as long as it was not sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlmodel import Session, col, select

from console.rules.notices import OUTAGE_TOLD_AFTER, Kind, told
from console.rules.problems import Kind as ProblemKind
from console.rules.problems import problem
from console.services import notice_recipients
from console.services.context import Context
from console.services.notice_recipients import Recipients
from console.store import insert_into
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person
from console.store.notices import Notice

HELD, QUEUED, SENDING, SENT, FAILED, WITHDRAWN = "held", "queued", "sending", "sent", "failed", "withdrawn"
UNSENT = (HELD, QUEUED)
MAIL, WEBHOOK = "mail", "webhook"
# How the names of those begin that a person sends.
BY_HAND = "link:"
OUTAGE, OF_APP = "outage", "app"
# So long a refusal waits before its owner is told: a wave has begun to show by then, and holds it.
SETTLES = timedelta(minutes=5)
# What one look decides; more is left for the next, seconds later.
MOST = 200
# Columns that a notice takes over when it is decided anew, as long as it was not sent.
_ANEW = ("kind", "problem", "detail", "incident_id", "address", "not_before", "digest")


@dataclass(frozen=True)
class About:
    """What notices are about, for all their recipients."""

    base: str
    kind: Kind
    problem: str | None = None
    inbox_id: int | None = None
    episode_id: int | None = None
    incident_id: int | None = None
    detail: tuple[tuple[str, Any], ...] = ()


def look(ctx: Context) -> None:
    """Decide about all that fell due, and withdraw what is true no longer."""
    now = ctx.clock()
    with ctx.store.read() as session:
        stale = session.exec(select(Notice.id).where(_stale(now)).limit(1)).first() is not None
        if not stale and not _anything(session, now):
            return
    with ctx.store.write() as session:
        withdraw(session, now)
        _decide(ctx, session, now)


def _anything(session: Session, now: datetime) -> bool:
    return any(
        session.exec(wanted.limit(1)).first() is not None
        for wanted in (
            _episodes(now).with_only_columns(col(Episode.id)),
            select(Incident.id).where(_ripe(now)),
            select(Incident.id).where(_over()),
            _recovered().with_only_columns(col(Episode.id)),
        )
    )


def _decide(ctx: Context, session: Session, now: datetime) -> None:
    recipients = notice_recipients.read(ctx, session, now)
    _tell_of_episodes(session, recipients, now)
    _tell_of_incidents(session, recipients, now)
    _tell_of_ends(session, recipients, now)
    _tell_of_recoveries(session, now)


def _episodes(now: datetime) -> Any:
    """Select open episodes of which it has not been decided yet who is told, with inbox, owner and incident."""
    return (
        select(Episode, Inbox, Person)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .where(
            col(Episode.ended_at).is_(None),
            col(Episode.ripe_at) <= now,
            or_(col(Episode.weighed_for).is_(None), col(Episode.weighed_for) != col(Episode.problem)),
            col(Inbox.removed_at).is_(None),
            or_(col(Episode.incident_id).is_(None), col(Incident.owners_told_from) <= now),
        )
        .order_by(col(Episode.id))
    )


def _tell_of_episodes(session: Session, recipients: Recipients, now: datetime) -> None:
    rows: list[dict[str, Any]] = []
    for episode, inbox, owner in session.exec(_episodes(now).limit(MOST)):
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
            when = max(now, episode.changed_at + SETTLES) if first else now
            to = {"person_id": owner.id, "address": owner.email, "not_before": when}
            rows.append(_row(for_owner, f"{base}:owner", now, **to))
        elif changed is not None:
            _withdraw_rows(
                session, and_(col(Notice.episode_id) == episode.id, col(Notice.kind) == Kind.OWNER), "changed"
            )
        # Of what belongs to an incident, staff was told with the incident.
        if tells.staff is not None and episode.incident_id is None:
            rows += _for_staff(About(base, tells.staff, **about), recipients, now)
    _write(session, rows)


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
    _write(session, rows)


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
            col(Notice.kind).in_((Kind.INCIDENT, Kind.APP)),
            Notice.state == SENT,
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
            rows.append(_row(about, f"{base}:over:{wanted.tag}", now, **wanted.columns()))
    for incident in ended:
        incident.all_clear_at = now
        session.add(incident)
    _write(session, rows)


def _recovered() -> Any:
    """Select ended episodes whose owner was told that they began and not yet that they are over.

    Those of an incident wait until it is over: one all-clear tells of all of them.
    """
    own = and_(col(Notice.kind) == Kind.CLEAR, col(Notice.episode_id) == col(Episode.id))
    shared = and_(
        col(Notice.kind) == Kind.CLEAR,
        col(Notice.incident_id) == col(Episode.incident_id),
        col(Notice.person_id) == col(Person.id),
    )
    return (
        select(Episode, Inbox, Person)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .where(
            col(Episode.ended_at).is_not(None),
            col(Episode.told_at).is_not(None),
            col(Episode.clear_at).is_(None),
            col(Episode.ended_how).in_(("recovered", "reconnected")),
            col(Inbox.removed_at).is_(None),
            col(Person.active),
            or_(col(Episode.incident_id).is_(None), col(Incident.ended_at).is_not(None)),
            ~exists().where(or_(own, shared)),
        )
        .order_by(col(Episode.id))
    )


def _tell_of_recoveries(session: Session, now: datetime) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for episode, inbox, owner in session.exec(_recovered().limit(MOST)):
        if episode.incident_id is None:
            about = About("", Kind.CLEAR, episode.problem, inbox.id, episode.id)
            once = f"episode:{episode.id}:clear"
        else:
            about = About("", Kind.CLEAR, episode.problem, incident_id=episode.incident_id)
            once = f"incident:{episode.incident_id}:clear:p{owner.id}"
        rows.setdefault(once, _row(about, once, now, person_id=owner.id, address=owner.email))
    _write(session, list(rows.values()))


def for_staff(ctx: Context, session: Session, about: Iterable[About], now: datetime) -> None:
    """Write down what staff and webhooks are told of, each about one thing, in the open transaction."""
    recipients = notice_recipients.read(ctx, session, now)
    _write(session, [row for one in about for row in _for_staff(one, recipients, now)])


def _for_staff(about: About, recipients: Recipients, now: datetime) -> list[dict[str, Any]]:
    return [_row(about, f"{about.base}:{one.tag}", now, **one.columns()) for one in recipients.of(about.kind)]


def _row(about: About, once: str, now: datetime, **columns: Any) -> dict[str, Any]:
    return {
        "once": once,
        "kind": about.kind.value,
        "channel": MAIL,
        "webhook_id": None,
        "person_id": None,
        "address": "",
        "inbox_id": about.inbox_id,
        "episode_id": about.episode_id,
        "incident_id": about.incident_id,
        "problem": about.problem,
        "detail": dict(about.detail),
        "digest": False,
        "state": QUEUED,
        "created_at": now,
        "not_before": now,
        "attempts": 0,
        "outcome": "",
        "server_text": "",
        **columns,
    }


def _write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add notices. One that is there already is decided anew as long as it was not sent, and else left alone."""
    session.flush()
    for start in range(0, len(rows), 50):
        statement = insert_into(session, Notice).values(list(rows[start : start + 50]))
        anew = {name: statement.excluded[name] for name in (*_ANEW, "state", "outcome")}
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["once"], set_=anew, where=col(Notice.state).in_((*UNSENT, WITHDRAWN))
            )
        )


def swallowed(session: Session, other_id: int | None, incident_id: int | None) -> None:
    """Let who was told of one incident hear the end of another that it became part of, in the open transaction."""
    session.execute(
        update(Notice)
        .where(col(Notice.incident_id) == other_id, col(Notice.state).in_((SENDING, SENT)))
        .values(incident_id=incident_id)
        .execution_options(synchronize_session=False)
    )


def _held_back(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(Episode.id) == col(Notice.episode_id),
        col(Incident.id) == col(Episode.incident_id),
        or_(col(Incident.owners_told_from).is_(None), col(Incident.owners_told_from) > now),
    )


def _reasons(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Return why an unsent notice is true no longer: the conditions on Notice, by the code that is noted then."""
    of_one = col(Notice.kind).in_((Kind.OWNER, Kind.ADMIN_PROBLEM, Kind.USER_PROBLEM))
    begun = col(Notice.kind).in_((Kind.INCIDENT, Kind.APP))
    ended = exists().where(col(Episode.id) == col(Notice.episode_id), col(Episode.ended_at).is_not(None))
    moved = exists().where(col(Episode.id) == col(Notice.episode_id), col(Episode.incident_id).is_not(None))
    over = exists().where(col(Incident.id) == col(Notice.incident_id), col(Incident.ended_at).is_not(None))
    broken = exists().where(col(Episode.inbox_id) == col(Notice.inbox_id), col(Episode.ended_at).is_(None))
    return {
        "over": or_(and_(of_one, ended), and_(begun, over)),
        "incident": and_(of_one, or_(_held_back(now), and_(moved, col(Notice.kind) != Kind.OWNER)), ~ended),
        "again": and_(col(Notice.kind) == Kind.CLEAR, broken),
        "removed": exists().where(col(Inbox.id) == col(Notice.inbox_id), col(Inbox.removed_at).is_not(None)),
        # To whom it belonged before goes neither news of it nor a link to it.
        "moved-on": and_(
            col(Notice.kind).in_((Kind.OWNER, Kind.CLEAR)),
            exists().where(col(Inbox.id) == col(Notice.inbox_id), col(Inbox.owner_id) != col(Notice.person_id)),
        ),
        "left": exists().where(col(Person.id) == col(Notice.person_id), col(Person.active).is_(False)),
    }


def _stale(now: datetime) -> ColumnElement[bool]:
    return and_(col(Notice.state).in_(UNSENT), or_(*_reasons(now).values()))


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
            exists().where(
                col(Incident.id) == col(Episode.incident_id),
                or_(col(Incident.owners_told_from).is_(None), col(Incident.owners_told_from) > now),
            ),
        )
        .values(weighed_for=None)
        .execution_options(synchronize_session=False)
    )
    for outcome, condition in _reasons(now).items():
        _withdraw_rows(session, condition, outcome)


def _withdraw_rows(session: Session, condition: ColumnElement[bool], outcome: str) -> None:
    session.execute(
        update(Notice)
        .where(col(Notice.state).in_(UNSENT), condition)
        .values(state=WITHDRAWN, outcome=outcome)
        .execution_options(synchronize_session=False)
    )
