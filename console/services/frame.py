"""What the frame of every page tells: whether a worker lives, how many cases are open, and what somebody must be told.

All of it is one query, which asks no more than the person may see; what it finds to be told costs another one each.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import literal

from console.rules.permissions import Reach, may, reach
from console.services import app_trouble, campaign_items, notices, queue_counts, worker
from console.services import inbox as one_inbox
from console.services.campaign_items import Asked
from console.services.context import Actor, Context
from console.services.inbox import Pending
from console.services.notices import Alerts

_NOTHING = literal(0)


@dataclass(frozen=True)
class Frame:
    """What the frame tells one person.

    `pulse` is when any worker last said that it is alive, in UTC. `cases` is how many cases are open and awake, `apps`
    the problem of every app that is not taken, by provider. `handed` is how many cases the help desk handed to the
    account admins and none of them has taken. What the person may not see is empty.
    """

    pulse: datetime | None
    cases: int
    apps: dict[str, str]
    told: Alerts
    pending: list[Pending]
    asked: list[Asked]
    handed: int = 0


def look(ctx: Context, actor: Actor, *, told: bool = True, asked: bool = True) -> Frame:
    """Return what the frame tells the actor; without `told` and `asked` where the page has no place for these."""
    now = ctx.clock()
    told = told and reach(actor.role, "notices.manage") is not Reach.NONE
    asked = asked and may(actor.role, "inbox.reconnect", own=True)
    columns: tuple[Any, ...] = (
        worker.last_pulse(),
        queue_counts.open_count(now) if reach(actor.role, "help-desk.see") is not Reach.NONE else _NOTHING,
        app_trouble.any_problem() if reach(actor.role, "integrations.manage") is not Reach.NONE else _NOTHING,
        *(notices.kept_from_people() if told else (_NOTHING, _NOTHING, _NOTHING)),
        queue_counts.handed_count(now) if reach(actor.role, "settings.manage") is Reach.ALL else _NOTHING,
        one_inbox.pending_of(actor).exists(),
        campaign_items.waiting_for(actor, now).exists() if asked else _NOTHING,
    )
    with ctx.store.read() as session:
        pulse, cases, apps, held, addresses, hooks, handed, pending, moves = session.execute(sa.select(*columns)).one()
        return Frame(
            pulse=pulse,
            cases=cases,
            apps=app_trouble.problems(session) if apps else {},
            told=Alerts(notices.why_held(ctx, session, held) if held else None, addresses, hooks),
            pending=one_inbox.pending_disclosures(session, actor) if pending else [],
            asked=campaign_items.waiting(session, actor, now) if moves else [],
            handed=handed,
        )
