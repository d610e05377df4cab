"""Everything that one screen of the help desk shows, read in one transaction: the queue, and one case of it in full."""

from dataclasses import dataclass

from sqlmodel import col

from console.rules.permissions import Reach, reach
from console.services import case as one_case
from console.services import cases, happenings, incident_views, link_views, queue, queue_mark, without_case
from console.services.case import Case
from console.services.cases import INCIDENT, Ref
from console.services.context import Actor, Context
from console.services.happenings import Happening
from console.services.incident_views import IncidentCard
from console.services.link_views import LinkView
from console.services.queue import Queue
from console.services.queue_filters import Filters
from console.services.without_case import Found
from console.store.episodes import Incident
from console.store.links import ReconnectLink


@dataclass(frozen=True)
class Desk:
    """The queue and the case beside it: the one that was chosen, or the first. `mark` is "" where it is not for this.

    `incident` is what is known about a case that is one, `happened` its line of time, newest first; `link` is the
    newest link for the inbox of a case that is about one. `others` is what was looked for and is in no open case.
    """

    queue: Queue
    mark: str
    others: Found
    selected: Ref | None = None
    case: Case | None = None
    incident: IncidentCard | None = None
    happened: tuple[Happening, ...] = ()
    link: LinkView | None = None


def look(ctx: Context, actor: Actor, filters: Filters, chosen: Ref | None, *, known: str = "") -> Desk | None:
    """Return what the screen shows, or None where its mark is `known`. Raises NotFound.

    Of a case that has become part of an incident nothing is told but that.
    """
    cases.ensure(actor)
    now = ctx.clock()
    with ctx.store.read() as session:
        # Taken before anything is read: what changes meanwhile makes another mark.
        mark = queue_mark.mark(session, chosen, now)
        if mark == known:
            return None
        found = queue.read(session, actor, filters, chosen, now)
        others = without_case.read(ctx, session, actor, filters.q)
        selected = chosen or (found.rows[0].ref if found.rows else None)
        mark = mark if selected == chosen else ""
        if selected is None:
            return Desk(found, mark, others)
        # Held here, it is read once however many look at it.
        incident = session.get(Incident, selected.id) if selected.kind == INCIDENT else None
        case = one_case.read(ctx, session, selected)
        if case.part_of is not None:
            return Desk(found, mark, others, selected, case)
        link = None
        if case.inbox_id and reach(actor.role, "links.send") is Reach.ALL:
            link = link_views.newest(session, col(ReconnectLink.inbox_id) == case.inbox_id, now)
        return Desk(
            queue=found,
            mark=mark,
            others=others,
            selected=selected,
            case=case,
            incident=incident_views.brief(ctx, session, incident) if incident is not None else None,
            happened=tuple(happenings.read(session, case, now)),
            link=link,
        )
