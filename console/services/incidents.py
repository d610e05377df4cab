"""Incidents, as checks and lists meet them: whose turn it is, who waits, and what an inbox in one shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, update
from sqlmodel import Session, col, select

from console.rules.alike import Nature, alike
from console.rules.capabilities import BEYOND
from console.rules.health import Health
from console.rules.incident import HOUR, State, wait
from console.services.episodes import open_of
from console.store.episodes import Episode, Incident
from console.store.models import Inbox

# What the time line of an incident keeps: how it began, and what came last.
FIRST, LAST = 10, 60
# In the place of the token of a try: the secret has left, once or a second time. What begins with AGAIN is the token of
# a second one, which there is when nobody came back with the answer to the first.
SENT, SENT_AGAIN, AGAIN = "sent", "sent-again", "again."


@dataclass(frozen=True)
class Membership:
    """The incident that an inbox is in: what it shows, since when, and how many others are in it.

    `holds` says that the incident's cause stands in for the inbox's own problem. `waits` says that it is not checked by
    itself while another is `tried` for all, at `next_try`, which is None where none of them may be; `sending_waits`
    that it is read as ever, and only the rest waits so.
    """

    id: int
    problem: str
    nature: str
    state: str
    since: datetime
    others: int
    holds: bool
    waits: bool = False
    tried: bool = False
    next_try: datetime | None = None
    sending_waits: bool = False

    def stands_for(self, code: str | None) -> bool:
        """Return whether its cause stands in for a problem: for a refusal, while it is not known to be real."""
        return self.holds and code is not None and alike(code) == Nature.REFUSALS

    def health_of(self, health: Health) -> Health:
        """Return the health to show of an inbox in it: never that a person has to sign in, while that is not known."""
        if not self.holds or health in {Health.FAILING, Health.DEGRADED}:
            return health
        return Health.FAILING if health is Health.NEEDS_SIGN_IN else Health.DEGRADED


def unfinished() -> ColumnElement[bool]:
    """Return the condition that an incident is not over."""
    return col(Incident.ended_at).is_(None)


def holding(incident_id: int) -> ColumnElement[bool]:
    """Return the condition that an inbox is in an incident; of one that is over, that it was."""
    return (
        exists()
        .where(
            col(Incident.id) == incident_id,
            col(Episode.incident_id) == col(Incident.id),
            col(Episode.inbox_id) == col(Inbox.id),
            or_(col(Episode.ended_at).is_(None), col(Incident.ended_at).is_not(None)),
        )
        .correlate(Inbox)
    )


def cause(session: Session, incident_id: int) -> tuple[str, str] | None:
    """Return the problem and the target of an incident, open or over."""
    found = session.exec(select(Incident.problem, Incident.target).where(Incident.id == incident_id)).first()
    return (found[0], found[1]) if found is not None else None


def _turn_has_come(now: datetime) -> ColumnElement[bool]:
    # What lies further ahead than any turn was written before the clock was set back.
    return or_(col(Incident.canary_at) <= now, col(Incident.canary_at) > now + 2 * HOUR)


def waits(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an inbox waits: an incident holds it, and it is not the one whose turn it is.

    What a person asked for does not wait, nor the reading of an inbox that only cannot send.
    """
    return and_(~_only_sending(), _rests(now))


def _only_sending() -> ColumnElement[bool]:
    return func.coalesce(col(Inbox.problem_stage).in_(BEYOND), False)


def _rests(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Inbox.wanted_by).is_(None),
        exists().where(
            open_of(col(Inbox.id)),
            col(Episode.incident_id) == col(Incident.id),
            unfinished(),
            col(Incident.state) == State.OPEN.value,
            col(Incident.canary_at).is_not(None),
            ~and_(col(Incident.canary_id).is_not(None), col(Incident.canary_id) == col(Inbox.id), _turn_has_come(now)),
        ),
    )


def sending_rests(session: Session, ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Return the inboxes among `ids` that are read as ever while an incident keeps the rest from being looked at."""
    found = session.exec(select(Inbox.id).where(col(Inbox.id).in_(ids), _only_sending(), _rests(now))).all()
    return frozenset(inbox_id for inbox_id in found if inbox_id is not None)


def take_turns(session: Session, ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Return the inboxes among `ids` that wait; what holds the others is locked until the end of the transaction.

    So of several workers one takes the turn; it says with `tried` that it did.
    """
    held = select(Episode.incident_id).where(
        col(Episode.inbox_id).in_(ids), col(Episode.ended_at).is_(None), col(Episode.incident_id).is_not(None)
    )
    # The lock is taken before anything is read that depends on it.
    rows = session.exec(
        select(Incident.id).where(col(Incident.id).in_(held), unfinished()).order_by(col(Incident.id)).with_for_update()
    ).all()
    if not rows:
        return frozenset()
    waiting = session.exec(select(Inbox.id).where(col(Inbox.id).in_(ids), waits(now))).all()
    return frozenset(inbox_id for inbox_id in waiting if inbox_id is not None)


def tried(session: Session, ids: Sequence[int], token: str, now: datetime) -> None:
    """Note that inboxes were leased with `token`: for one it may be its turn, for another its one more try."""
    if not ids:
        return
    found = session.exec(
        select(Incident, Episode, Inbox.checked_at)
        .join(Incident, col(Incident.id) == col(Episode.incident_id))
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(col(Episode.inbox_id).in_(ids), col(Episode.ended_at).is_(None), unfinished())
    ).all()
    for incident, episode, checked_at in found:
        refusals = incident.nature == Nature.REFUSALS and incident.owners_told_from is None
        if incident.state == State.OPEN and incident.canary_id == episode.inbox_id and _is_due(incident, now):
            tries = [*_list(incident.canary_tries), now.isoformat()]
            incident.canary_tries = tries[-20:]
            apart = wait(Nature(incident.nature), episode.problem, len(tries))
            incident.canary_at = now + (apart or HOUR)
            happened(incident, "canary", now, inbox=episode.inbox_id)
            if refusals:
                episode.try_token = token
        elif incident.state == State.RECOVERING and refusals:
            if episode.tried_at is None:
                episode.tried_at, episode.try_token = now, token
            elif episode.try_token != SENT_AGAIN and (checked_at is None or checked_at < episode.tried_at):
                # Whoever had the try never came back, so nothing is known of it yet.
                second = episode.try_token is not None and episode.try_token.startswith((SENT, AGAIN))
                episode.tried_at, episode.try_token = now, f"{AGAIN}{token}" if second else token


def _is_due(incident: Incident, now: datetime) -> bool:
    at = incident.canary_at
    return at is not None and (at <= now or at > now + 2 * HOUR)


def tries(session: Session, claimed: Mapping[int, str]) -> frozenset[int]:
    """Return the inboxes whose refused secret is sent once more, by the check that holds the given token."""
    rows = session.exec(
        select(Episode.inbox_id, Episode.try_token).where(
            col(Episode.inbox_id).in_(list(claimed)), col(Episode.ended_at).is_(None)
        )
    ).all()
    return frozenset(
        inbox_id for inbox_id, token in rows if token in {claimed[inbox_id], f"{AGAIN}{claimed[inbox_id]}"}
    )


def sends(session: Session, inbox_id: int, token: str) -> None:
    """Note that a refused secret leaves once more now, by the check that holds the given token."""
    for known, mark in ((token, SENT), (f"{AGAIN}{token}", SENT_AGAIN)):
        session.execute(
            update(Episode)
            .where(open_of(inbox_id), col(Episode.try_token) == known)
            .values(try_token=mark)
            .execution_options(synchronize_session=False)
        )


def happened(incident: Incident, what: str, at: datetime, **values: Any) -> None:
    """Add a line to the time line of an incident. Inboxes that join one after the other are one line."""
    lines, line = _list(incident.events), {"at": at.isoformat(), "what": what, **values}
    if what == "joined" and lines and lines[-1].get("what") == what:
        line["inboxes"] += lines[-1]["inboxes"]
        lines = lines[:-1]
    lines = [*lines, line]
    incident.events = lines if len(lines) <= FIRST + LAST else [*lines[:FIRST], *lines[-LAST:]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def membership() -> Any:
    """Return the expression of the id of the incident that an inbox is in; NULL for none."""
    return (
        select(Episode.incident_id)
        .where(open_of(col(Inbox.id)), exists().where(col(Incident.id) == col(Episode.incident_id), unfinished()))
        .correlate(Inbox)
        .scalar_subquery()
    )


def memberships(session: Session, inbox_ids: Sequence[int]) -> dict[int, Membership]:
    """Return the incident of each inbox that is in one, in two queries however many they are."""
    found = session.exec(
        select(Episode.inbox_id, Incident, Inbox.problem_stage)
        .join(Incident, col(Incident.id) == col(Episode.incident_id))
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(col(Episode.inbox_id).in_(inbox_ids), col(Episode.ended_at).is_(None), unfinished())
    ).all()
    sizes = dict(
        session.exec(
            select(Episode.incident_id, func.count())
            .where(
                col(Episode.incident_id).in_({incident.id for _, incident, _ in found}), col(Episode.ended_at).is_(None)
            )
            .group_by(col(Episode.incident_id))
        ).all()
    )
    return {
        inbox_id: _membership(inbox_id, incident, stage, sizes.get(incident.id, 1) - 1)
        for inbox_id, incident, stage in found
    }


def _membership(inbox_id: int, incident: Incident, stage: str | None, others: int) -> Membership:
    gently = incident.state == State.OPEN and incident.canary_at is not None
    tried = gently and incident.canary_id == inbox_id
    return Membership(
        id=incident.id or 0,
        problem=incident.problem,
        nature=incident.nature,
        state=incident.state,
        since=incident.began_at,
        others=max(0, others),
        holds=incident.nature != Nature.SHARED and incident.owners_told_from is None,
        waits=gently and not tried and stage not in BEYOND,
        sending_waits=gently and not tried and stage in BEYOND,
        tried=tried,
        next_try=incident.canary_at if gently and incident.canary_id is not None else None,
    )


def keeps_quiet(session: Session, inbox_id: int, now: datetime) -> bool:
    """Return whether an inbox is in an incident of which owners are told nothing, because they can mend nothing."""
    told_from = col(Incident.owners_told_from)
    wanted = select(Incident.id).where(
        open_of(inbox_id),
        col(Episode.incident_id) == col(Incident.id),
        unfinished(),
        or_(told_from.is_(None), told_from > now),
    )
    return session.exec(wanted.limit(1)).first() is not None


def make_due(session: Session, inbox_ids: Sequence[int], times: Sequence[datetime]) -> None:
    """Have inboxes checked at these times, through every stage."""
    if inbox_ids:
        session.execute(
            update(Inbox),
            [{"id": inbox_id, "next_check": at, "full_due": at} for inbox_id, at in zip(inbox_ids, times, strict=True)],
        )
