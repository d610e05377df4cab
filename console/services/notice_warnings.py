"""What staff is told of without an inbox that fails: what will run out, and an app that a provider does not take.

What was renewed or set right before it was sent is withdrawn, here as everywhere.
"""

import hashlib
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from console.rules.notices import Kind
from console.services import notice_plan, notice_withdrawal, radar
from console.services.context import Context
from console.services.notice_plan import OF_APP
from console.services.notice_rows import UNSENT, About
from console.store.consents import AppStanding
from console.store.episodes import Incident
from console.store.notices import Notice

# Once an inbox meets it, it is an incident, which tells more; so long it is waited for that.
PATIENCE = timedelta(minutes=5)


def look(ctx: Context) -> None:
    """Write down what is to be told, each crossing of a threshold and each trouble once."""
    now = ctx.clock()
    with ctx.store.read() as session:
        found = [*_expiries(ctx, session, now), *_apps(session, now)]
        over = _over(session, {one.base for one in found})
    if not found and not over:
        return
    with ctx.store.write() as session:
        notice_withdrawal.these(session, over)
        notice_plan.for_staff(ctx, session, found, now)


def _over(session: Session, bases: AbstractSet[str]) -> list[int]:
    """Return the notices that were not sent and are about nothing that is so now; names are base and recipient."""
    waiting = session.exec(
        select(Notice.id, Notice.once).where(
            col(Notice.kind).in_((Kind.RADAR, Kind.APP)),
            col(Notice.incident_id).is_(None),
            col(Notice.state).in_(UNSENT),
        )
    ).all()
    return [notice_id for notice_id, once in waiting if notice_id is not None and once.rpartition(":")[0] not in bases]


def _expiries(ctx: Context, session: Session, now: datetime) -> list[About]:
    return [
        About(
            f"radar:{hashlib.sha256(one.once.encode()).hexdigest()[:24]}",
            Kind.RADAR,
            detail=(
                ("kind", one.kind),
                ("what", one.what),
                ("date", one.on.isoformat()),
                ("days", one.days),
                ("inboxes", one.inboxes),
            ),
        )
        for one in radar.crossed(ctx, session, now)
        if one.threshold
    ]


def _apps(session: Session, now: datetime) -> list[About]:
    rows = session.exec(
        select(AppStanding).where(col(AppStanding.problem).is_not(None), col(AppStanding.since) <= now - PATIENCE)
    ).all()
    if not rows:
        return []
    shared = set(
        session.exec(select(Incident.target).where(Incident.level == OF_APP, col(Incident.ended_at).is_(None))).all()
    )
    return [
        About(
            f"app:{row.provider}:{row.since:%Y%m%d%H%M%S}", Kind.APP, row.problem, detail=(("provider", row.provider),)
        )
        for row in rows
        if row.provider not in shared
    ]
