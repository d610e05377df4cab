"""The inboxes of an incident, with what decides about each in a round."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from console.rules.alike import Nature, alike
from console.services import switches
from console.services.episodes import RECONNECTED, RECOVERED
from console.store.episodes import Episode, Incident
from console.store.models import Inbox


@dataclass(frozen=True)
class Member:
    """An inbox in an incident, with what decides about it."""

    episode_id: int
    inbox_id: int
    problem: str
    tried_at: datetime | None
    checked_at: datetime | None
    strikes: int
    next_check: datetime | None
    full_due: datetime | None
    leased: bool

    @property
    def refused(self) -> bool:
        """Whether what it has now is a definite refusal."""
        return alike(self.problem) == Nature.REFUSALS

    def checked_since(self, at: datetime) -> bool:
        """Return whether a check of it ended at or after a moment, and none is under way."""
        return self.checked_at is not None and self.checked_at >= at and not self.leased


def _which(incident: Incident) -> list[ColumnElement[bool]]:
    return [
        col(Episode.incident_id) == incident.id,
        col(Episode.ended_at).is_(None),
        col(Inbox.removed_at).is_(None),
        ~switches.is_off(),
    ]


def counts(session: Session, incident: Incident) -> Counter[str]:
    """Return how many inboxes an incident holds, by problem; without those that were removed or switched off."""
    rows = session.exec(
        select(Episode.problem, func.count())
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(*_which(incident))
        .group_by(col(Episode.problem))
    ).all()
    return Counter(dict(rows))


def of(session: Session, incident: Incident, now: datetime) -> list[Member]:
    """Return the inboxes that an incident holds, by id; without those that were removed or switched off."""
    rows: Sequence[Any] = session.execute(_members(incident, now).order_by(col(Episode.inbox_id))).all()
    return [Member(*row) for row in rows]


def one(session: Session, incident: Incident, inbox_id: int | None, now: datetime) -> Member | None:
    """Return one of the inboxes that an incident holds."""
    row = session.execute(_members(incident, now).where(col(Episode.inbox_id) == inbox_id)).first()
    return None if row is None else Member(*row)


def proven_last(session: Session, incident: Incident, codes: Iterable[str], now: datetime) -> Member | None:
    """Return the inbox with one of these problems that was proved last; of several the one that held out longest."""
    row = session.execute(
        _members(incident, now)
        .where(col(Episode.problem).in_(list(codes)))
        .order_by(col(Inbox.proven_until).desc().nulls_last(), col(Episode.began_at).desc(), col(Episode.inbox_id))
        .limit(1)
    ).first()
    return None if row is None else Member(*row)


def _members(incident: Incident, now: datetime) -> Any:
    return (
        select(  # type: ignore[call-overload, misc]
            Episode.id,
            Episode.inbox_id,
            Episode.problem,
            Episode.tried_at,
            Inbox.checked_at,
            Inbox.strikes,
            Inbox.next_check,
            Inbox.full_due,
            case((col(Inbox.lease_until) > now, True), else_=False),
        )
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(*_which(incident))
    )


def well(session: Session, incident: Incident) -> int:
    """Return how many inboxes of an incident got well in a way that says something about the others.

    One that was reconnected with another password shows nothing about those that were refused.
    """
    hows = [RECOVERED] if incident.nature == Nature.REFUSALS else [RECOVERED, RECONNECTED]
    return session.exec(
        select(func.count()).where(
            col(Episode.incident_id) == incident.id,
            col(Episode.ended_at).is_not(None),
            col(Episode.ended_how).in_(hows),
        )
    ).one()
