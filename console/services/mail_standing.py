"""What is known against the mail server for notices, and whose turn it is to talk to it.

A password that was refused is not sent again before it is typed anew, and a server in trouble is left alone for a
while. One worker at a time talks to it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from console.providers.trial import Trial
from console.rules.notices import MAIL_BACK_OFF, back_off
from console.rules.problems import Kind, problem
from console.services import settings
from console.services.context import Context
from console.services.mail_server import MailServer, in_use, mark
from console.store import insert_into
from console.store.notices import Setting
from console.store.vault import KeyMissing

NAME = "mail-standing"
# A batch ends within the 30 seconds of a check; after this, a worker that has not come back is taken to be dead.
LEASE = timedelta(seconds=90)


@dataclass(frozen=True)
class Standing:
    """What is wrong with the server, and when it is tried again; never by itself where `retry_at` is None."""

    problem: str
    stage: str
    server_text: str
    at: datetime
    failures: int
    retry_at: datetime | None


def standing(ctx: Context, session: Session, server: MailServer) -> Standing | None:
    """Return what is known against this very server; `server` holds its password."""
    return _read(settings.read(session, NAME), mark(ctx, server))


def still_in_use(ctx: Context, session: Session, server: MailServer) -> bool:
    """Return whether this very server, with its password and sender, is the one that notices go by."""
    try:
        known = in_use(ctx, session)
    except KeyMissing:
        return False
    return known is not None and mark(ctx, known) == mark(ctx, server)


def trouble(ctx: Context, session: Session) -> Standing | None:
    """Return what keeps notices from being handed over although there is a server, for pages."""
    try:
        server = in_use(ctx, session)
    except KeyMissing:
        return Standing("key-missing", "", "", ctx.clock(), 1, None)
    return standing(ctx, session, server) if server else None


def _read(value: Mapping[str, Any], wanted: str) -> Standing | None:
    if value.get("mark") != wanted or not value.get("problem"):
        return None
    try:
        return Standing(
            str(value["problem"]),
            str(value["stage"]),
            str(value["server_text"]),
            datetime.fromisoformat(value["at"]),
            int(value["failures"]),
            datetime.fromisoformat(value["retry_at"]) if value.get("retry_at") else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def rests(known: Standing, now: datetime) -> bool:
    """Return whether the server is left alone now; a wait that no clock means is over."""
    return known.retry_at is None or now < known.retry_at <= now + MAIL_BACK_OFF[-1]


def take(ctx: Context, session: Session, server: MailServer, now: datetime, *, waits: bool = True) -> str | None:
    """Lease the way to the server, unless somebody has it or it is to be left alone; return the token of the lease.

    Without `waits`, which is for a person who asks, a server that rests is tried all the same.
    """
    row = _row(session, now)
    value = row.value if isinstance(row.value, dict) else {}
    known = _read(value, mark(ctx, server))
    if known is not None and (known.retry_at is None or (waits and rests(known, now))):
        return None
    until = _time(value.get("lease_until"))
    if until is not None and now < until <= now + LEASE:
        return None
    token = secrets.token_urlsafe(18)
    row.value = {**value, "lease_until": (now + LEASE).isoformat(), "lease_token": token}
    session.add(row)
    return token


def give_back(ctx: Context, server: MailServer, token: str, found: Trial | None) -> None:
    """End a lease and keep what the server did; None where nothing was asked of it."""
    now = ctx.clock()
    with ctx.store.write() as session:
        row = _row(session, now)
        value = dict(row.value) if isinstance(row.value, dict) else {}
        if value.get("lease_token") != token:
            return
        kept = {name: one for name, one in value.items() if not name.startswith("lease_")}
        if found is not None:
            kept = _judged(found, _read(value, mark(ctx, server)), mark(ctx, server), now)
        row.value, row.at = kept, now
        session.add(row)


def _judged(found: Trial, before: Standing | None, own_mark: str, now: datetime) -> dict[str, Any]:
    if not found.failed or found.problem is None:
        return {}
    failures = before.failures + 1 if before else 1
    retry_at: datetime | None = now + back_off(MAIL_BACK_OFF, failures)
    sent = found.problem_stage == "smtp-sign-in" and "smtp" in found.attempted
    if sent and problem(found.problem).kind is not Kind.WOBBLE:
        retry_at = None
    return {
        "mark": own_mark,
        "problem": found.problem,
        "stage": found.problem_stage or "",
        "server_text": found.server_text[:400],
        "at": (before.at if before and before.problem == found.problem else now).isoformat(),
        "failures": failures,
        "retry_at": retry_at.isoformat() if retry_at else None,
    }


def _row(session: Session, now: datetime) -> Setting:
    """Return the row of what is known about the server, locked; there is one afterwards."""
    values = {"name": NAME, "value": {}, "revision": 1, "at": now}
    session.execute(insert_into(session, Setting).values(values).on_conflict_do_nothing())
    return session.exec(select(Setting).where(col(Setting.name) == NAME).with_for_update()).one()


def forget(session: Session) -> None:
    """Drop what is known against the server, in the open transaction; a lease on the way to it stays."""
    row = session.get(Setting, NAME, with_for_update=True)
    if row is not None:
        value = row.value if isinstance(row.value, dict) else {}
        row.value = {name: one for name, one in value.items() if name.startswith("lease_")}
        session.add(row)


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
