"""The rows of notices, as whatever decides about them writes them down: one for each recipient and thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col

from console.rules.notices import Kind
from console.store import insert_into
from console.store.notices import Notice

HELD, QUEUED, SENDING, SENT, FAILED, WITHDRAWN = "held", "queued", "sending", "sent", "failed", "withdrawn"
UNSENT = (HELD, QUEUED)
MAIL, WEBHOOK = "mail", "webhook"
# How the names of those begin that a person sends.
BY_HAND = "link:"
# What one look decides; more is left for the next, seconds later.
MOST = 200
# What is about one inbox, and what is about the begin of something that many share.
OF_ONE, BEGUN = (Kind.ADMIN_PROBLEM, Kind.USER_PROBLEM), (Kind.INCIDENT, Kind.APP)
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


def row(about: About, once: str, now: datetime, **columns: Any) -> dict[str, Any]:
    """Return the columns of a notice by mail that may go at once, unless `columns` say otherwise."""
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


def write(session: Session, rows: Sequence[dict[str, Any]], over: Sequence[str] = (*UNSENT, WITHDRAWN)) -> None:
    """Add notices. One that is there already is decided anew if its state is one of `over`, and else left alone."""
    session.flush()
    for start in range(0, len(rows), 50):
        statement = insert_into(session, Notice).values(list(rows[start : start + 50]))
        anew = {name: statement.excluded[name] for name in (*_ANEW, "state", "outcome")}
        session.execute(
            statement.on_conflict_do_update(index_elements=["once"], set_=anew, where=col(Notice.state).in_(over))
        )
