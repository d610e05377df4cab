"""The inboxes of an incident, with what decides about each in a round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func
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
    began_at: datetime
    tried_at: datetime | None
    checked_at: datetime | None
    strikes: int
    proven_until: datetime | None
    next_check: datetime | None
    leased: bool

    @property
    def refused(self) -> bool:
        """Whether what it has now is a definite refusal."""
        return alike(self.problem) == Nature.REFUSALS

    def checked_since(self, at: datetime) -> bool:
        """Return whether a check of it ended at or after a moment, and none is under way."""
        return self.checked_at is not None and self.checked_at >= at and not self.leased


def of(session: Session, incident: Incident, now: datetime) -> list[Member]:
    """Return the inboxes that an incident holds, by id; without those that were removed or switched off."""
    rows: Sequence[Any] = session.execute(
        select(  # type: ignore[call-overload, misc]
            Episode.id,
            Episode.inbox_id,
            Episode.problem,
            Episode.began_at,
            Episode.tried_at,
            Inbox.checked_at,
            Inbox.strikes,
            Inbox.proven_until,
            Inbox.next_check,
            case((col(Inbox.lease_until) > now, True), else_=False),
        )
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(
            col(Episode.incident_id) == incident.id,
            col(Episode.ended_at).is_(None),
            col(Inbox.removed_at).is_(None),
            ~switches.is_off(),
        )
        .order_by(col(Episode.inbox_id))
    ).all()
    return [Member(*row) for row in rows]


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


def proven(member: Member) -> tuple[float, float, int]:
    """Order by who was proved last, then by who held out longest."""
    return _moment(member.proven_until), _moment(member.began_at), -member.inbox_id


def _moment(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
