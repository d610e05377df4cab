"""Puts episodes, incidents and what staff did about them straight into the store."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from console.rules.problems import problem
from console.services.cases import EPISODE, INCIDENT, Ref
from console.services.context import Actor, Context
from console.store.cases import CaseNote, Handling
from console.store.episodes import Episode, Incident
from console.store.models import Inbox

HEALTHS = {"refusal": "needs-sign-in", "broken": "failing", "wobble": "failing", "warning": "degraded"}


def episode(ctx: Context, inbox_id: int, code: str = "bad-credentials", *, minutes: float = 60, **columns: Any) -> Ref:
    """Have an inbox fail with `code` since so many minutes ago, ripe at once; return its case."""
    began = ctx.clock() - timedelta(minutes=minutes)
    health = columns.pop("health", HEALTHS[problem(code).kind.value])
    with ctx.store.write() as session:
        row = Episode(
            **{
                "inbox_id": inbox_id,
                "problem": code,
                "health": health,
                "began_at": began,
                "changed_at": began,
                "ripe_at": began,
                **columns,
            }
        )
        session.add(row)
        inbox = session.get_one(Inbox, inbox_id)
        if row.ended_at is None:
            inbox.health, inbox.problem, inbox.problem_since = health, code, began
            if problem(code).retry.value == "stop":
                inbox.next_check = None
        session.flush()
        return Ref(EPISODE, row.id or 0)


def incident(
    ctx: Context, inbox_ids: list[int], code: str = "tls-expired", *, minutes: float = 60, **columns: Any
) -> Ref:
    """Have inboxes fail alike, one a minute since so many minutes ago; return the incident that holds them."""
    began, health = ctx.clock() - timedelta(minutes=minutes), columns.pop("health", HEALTHS[problem(code).kind.value])
    with ctx.store.write() as session:
        row = Incident(
            **{
                "level": "host",
                "target": "mail.acme.test",
                "problem": code,
                "nature": "outage",
                "began_at": began,
                "opened_at": began + timedelta(minutes=2),
                "changed_at": began + timedelta(minutes=2),
                "canary_id": inbox_ids[0] if inbox_ids else None,
                "most_inboxes": len(inbox_ids),
                **columns,
            }
        )
        session.add(row)
        session.flush()
        ref = Ref(INCIDENT, row.id or 0)
        ended = row.ended_at
    for number, inbox_id in enumerate(inbox_ids):
        inside = {"incident_id": ref.id, "ended_at": ended, "health": health}
        episode(ctx, inbox_id, code, minutes=minutes - number, **inside)
    return ref


def end(ctx: Context, ref: Ref, how: str = "recovered") -> None:
    """Have a case end now, with all that is in it."""
    now = ctx.clock()
    with ctx.store.write() as session:
        if ref.kind == INCIDENT:
            session.get_one(Incident, ref.id).ended_at = now
            inside = select(Episode).where(Episode.incident_id == ref.id, col(Episode.ended_at).is_(None))
            rows = list(session.exec(inside))
        else:
            rows = [session.get_one(Episode, ref.id)]
        for row in rows:
            row.ended_at, row.ended_how = now, how
            inbox = session.get_one(Inbox, row.inbox_id)
            inbox.health, inbox.problem, inbox.problem_since = "healthy", None, None


def handled(ctx: Context, ref: Ref, **columns: Any) -> None:
    """Keep what staff did about a case."""
    with ctx.store.write() as session:
        session.add(Handling(kind=ref.kind, case_id=ref.id, **columns))


def note(ctx: Context, ref: Ref, by: Actor, text: str) -> None:
    """Keep a note on a case."""
    with ctx.store.write() as session:
        session.add(CaseNote(kind=ref.kind, case_id=ref.id, by_id=by.id, at=ctx.clock(), text=text))


def turn(ctx: Context, ref: Ref, **columns: Any) -> None:
    """Have a case become something else."""
    with ctx.store.write() as session:
        row = session.get_one(Incident if ref.kind == INCIDENT else Episode, ref.id)
        for name, value in columns.items():
            setattr(row, name, value)
