"""Inboxes that the help desk looks for and that are in no open case: well, off, or not yet anybody's task."""

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, or_
from sqlmodel import Session, col, select

from console.services import app_trouble, inbox_filters, scope, switches
from console.services.context import Actor, Context
from console.services.inboxes import InboxRow, row_of
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person

MOST = 5


@dataclass(frozen=True)
class Found:
    """The first inboxes by address, and how many there are."""

    rows: tuple[InboxRow, ...] = ()
    total: int = 0


def read(ctx: Context, session: Session, actor: Actor, text: str) -> Found:
    """Return what `text` finds among the inboxes that `actor` may see and that are in no open case, in two queries."""
    if not text:
        return Found()
    now = ctx.clock()
    in_case = (
        exists()
        .where(
            col(Episode.inbox_id) == col(Inbox.id),
            col(Episode.ended_at).is_(None),
            or_(
                col(Episode.ripe_at) <= now,
                exists()
                .where(and_(col(Incident.id) == col(Episode.incident_id), col(Incident.ended_at).is_(None)))
                .correlate(Episode),
            ),
        )
        .correlate(Inbox)
    )
    wanted = (
        col(Inbox.removed_at).is_(None),
        scope.condition(actor, "inbox.see"),
        inbox_filters.searched(text),
        ~in_case,
    )
    join = col(Person.id) == col(Inbox.owner_id)
    total = session.exec(select(func.count()).select_from(Inbox).join(Person, join).where(*wanted)).one()
    rows = session.exec(
        select(Inbox, Person, switches.is_off(), app_trouble.problem_of_inbox())
        .join(Person, join)
        .where(*wanted)
        .order_by(col(Inbox.address), col(Inbox.id))
        .limit(MOST)
    ).all()
    return Found(tuple(row_of(ctx, actor, inbox, owner, bool(off), now, app) for inbox, owner, off, app in rows), total)
