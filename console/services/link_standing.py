"""How far reconnect links are."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from console.store.links import ReconnectLink


@dataclass(frozen=True)
class LinkLine:
    """The newest reconnect link of an inbox: sent, started, away, back, connected, failed, expired or withdrawn."""

    state: str
    at: datetime


def newest(session: Session, inbox_ids: list[int], now: datetime) -> dict[int, LinkLine]:
    """Return how far the newest reconnect link of each of these inboxes is, in one query."""
    if not inbox_ids:
        return {}
    newest_ids = (
        select(func.max(ReconnectLink.id)).where(col(ReconnectLink.inbox_id).in_(inbox_ids)).group_by("inbox_id")
    )
    rows = session.exec(select(ReconnectLink).where(col(ReconnectLink.id).in_(newest_ids))).all()
    return {row.inbox_id: line_of(row, now) for row in rows if row.inbox_id is not None}


def line_of(row: ReconnectLink, now: datetime) -> LinkLine:
    """Return how far a link is: at its end, or at the newest of its steps."""
    if row.connected_at is not None:
        return LinkLine("connected", row.connected_at)
    if row.withdrawn_at is not None:
        return LinkLine("withdrawn", row.withdrawn_at)
    if row.expires_at <= now:
        return LinkLine("expired", row.expires_at)
    taken = (("started", row.started_at), ("away", row.left_at), ("back", row.back_at), ("failed", row.failed_at))
    steps = [LinkLine("sent", row.created_at), *(LinkLine(state, at) for state, at in taken if at is not None)]
    return max(steps, key=lambda step: step.at)
