"""The queue of the help desk: open incidents, then single problems that are ripe, each oldest first.

However much is open, a page costs the same number of queries and shows at most a page of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.discovery.addresses import shown
from console.rules.problems import Who, problem
from console.services import cases, inbox_filters, link_standing, queue_choices, queue_counts, queue_filters
from console.services.cases import EPISODE, INCIDENT, Ref, acting, handling_of, ripe, sleeping
from console.services.context import Actor, Context
from console.services.inbox_filters import Choice
from console.services.incident_views import switched_off
from console.services.link_standing import LinkLine
from console.services.queue_filters import WHO, Filters
from console.services.recovery import SWITCHED_OFF
from console.store.cases import Handling
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person

PER_PAGE = 50
MOST_INCIDENTS = 100
LAST_PAGE = 1000


@dataclass(frozen=True)
class Row:
    """One case in the queue. An incident has a `target`, a single problem the `address` of its inbox."""

    ref: Ref
    problem: str
    health: str
    since: datetime
    ended_at: datetime | None
    who: Who
    host: str
    domain: str
    provider: str
    people: int
    address: str = ""
    owner: str = ""
    taken_by_id: int | None = None
    taken_by: str = ""
    asleep_until: datetime | None = None
    handed: bool = False
    link: LinkLine | None = None


@dataclass(frozen=True)
class Queue:
    """A page of the queue: `counts` by who must act within the other filters, `asleep` what the page leaves out.

    `choices` are what each filter can be set to, with how many cases that leaves.
    """

    filters: Filters
    incidents: tuple[Row, ...]
    singles: tuple[Row, ...]
    open: int
    total: int
    counts: dict[str, int]
    asleep: int
    pages: int
    choices: dict[str, list[Choice]]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows of the page in their order."""
        return (*self.incidents, *self.singles)


def page(ctx: Context, actor: Actor, filters: Filters, selected: Ref | None = None) -> Queue:
    """Return a page of the queue. Raises NotFound for those who do not work at the help desk.

    The case that is open on the screen stays in its place though it has ended or fits the filters no more.
    """
    cases.ensure(actor)
    with ctx.store.read() as session:
        return read(session, actor, filters, selected, ctx.clock())


def read(session: Session, actor: Actor, filters: Filters, selected: Ref | None, now: datetime) -> Queue:
    """Return a page as `page` does, for an actor who works at the help desk."""
    fitting, asleep_incidents = _incidents(session, actor, filters, selected, now)
    whose, opened, asleep = _count_singles(session, actor, filters, now)
    for row in fitting:
        if row.ended_at is None:
            whose[queue_filters.counted(row.who)] += 1
    shown_incidents = tuple(row for row in fitting if queue_filters.asked(row.who, filters) or row.ref == selected)
    total = sum(whose.values()) if not filters.who else whose.get(filters.who, 0)
    in_singles = total - sum(
        1 for row in shown_incidents if row.ended_at is None and queue_filters.asked(row.who, filters)
    )
    pages = max(1, -(-in_singles // PER_PAGE))
    filters = replace(filters, page=min(filters.page, pages))
    singles = _singles(session, actor, filters, selected, now)
    return Queue(
        filters=filters,
        incidents=shown_incidents if filters.page == 1 else (),
        singles=singles,
        open=opened,
        total=total,
        counts={"": sum(whose.values()), **whose},
        asleep=asleep + asleep_incidents,
        pages=pages,
        choices=queue_choices.read(session, actor, filters, now),
    )


def _slept_to_its_end(ended_at: Any, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a case ended lately while it slept: nobody was looking, so it is shown for a while."""
    return and_(ended_at > now - cases.SHOWN_AFTER_END, col(Handling.snoozed_until) > ended_at)


def _this(identity: Any, kind: str, selected: Ref | None) -> list[ColumnElement[bool]]:
    return [identity == selected.id] if selected is not None and selected.kind == kind else []


def _holds(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an incident holds an inbox, joined with its owner, of which this is true."""
    return (
        exists()
        .where(
            col(Episode.incident_id) == col(Incident.id),
            or_(col(Episode.ended_at).is_(None), col(Incident.ended_at).is_not(None)),
            col(Episode.inbox_id) == col(Inbox.id),
            col(Inbox.owner_id) == col(Person.id),
            condition,
        )
        .correlate(Incident)
    )


def _incidents(
    session: Session, actor: Actor, filters: Filters, selected: Ref | None, now: datetime
) -> tuple[list[Row], int]:
    """Return the incidents that fit all filters but who must act, and how many were left out because they sleep."""
    inside: list[ColumnElement[bool]] = []
    if filters.domain:
        of_target = and_(col(Incident.level) == "domain", col(Incident.target) == filters.domain)
        inside.append(or_(of_target, _holds(col(Inbox.domain) == filters.domain)))
    if filters.provider:
        of_target = and_(queue_filters.OF_PROVIDER, col(Incident.target) == filters.provider)
        inside.append(or_(of_target, _holds(col(Inbox.provider) == filters.provider)))
    if filters.q:
        inside.append(_holds(inbox_filters.searched(filters.q)))
    if filters.problem:
        inside.append(col(Incident.problem) == filters.problem)
    taker, sleeps = aliased(Person), sleeping(INCIDENT, now)
    rows = session.exec(
        select(Incident, Handling, taker.name, sleeps)
        .outerjoin(Handling, handling_of(INCIDENT))
        .outerjoin(taker, col(taker.id) == col(Handling.taken_by_id))
        .where(
            or_(
                and_(
                    or_(
                        col(Incident.ended_at).is_(None),
                        _slept_to_its_end(col(Incident.ended_at), now),
                    ),
                    queue_filters.of_whom(actor, filters.taken),
                    *inside,
                ),
                *_this(col(Incident.id), INCIDENT, selected),
            )
        )
        .order_by(col(Incident.began_at), col(Incident.id))
        .limit(MOST_INCIDENTS)
    ).all()
    numbers = _numbers(session, [incident.id or 0 for incident, *_ in rows])
    off = switched_off(session, [incident.target for incident, *_ in rows if incident.problem == SWITCHED_OFF])
    found, asleep = [], 0
    for incident, handling, name, sleeps_now in rows:
        ref = Ref(INCIDENT, incident.id or 0)
        if sleeps_now and incident.ended_at is None:
            asleep += 1
            if not filters.with_sleeping and ref != selected:
                continue
        people, domain, provider, health = numbers.get(ref.id, (0, "", "", ""))
        if incident.problem == SWITCHED_OFF:
            people = off.get(incident.target, ("", 0, 0))[2]
        found.append(
            Row(
                ref=ref,
                problem=incident.problem,
                health=cases.health_of(incident, health, now),
                since=incident.began_at,
                ended_at=incident.ended_at,
                who=acting(incident.problem, incident.nature, incident.owners_told_from, now),
                host=incident.target if incident.level == "host" else "",
                domain=domain or (incident.target if incident.level == "domain" else ""),
                provider=provider or (incident.target if incident.level in {"provider", "app"} else ""),
                people=people,
                **_handling(handling, name, bool(sleeps_now)),
            )
        )
    return found, asleep


def _handling(handling: Handling | None, name: str | None, asleep: bool) -> dict[str, Any]:
    if handling is None:
        return {}
    return {
        "taken_by_id": handling.taken_by_id,
        "taken_by": name or "",
        "asleep_until": handling.snoozed_until if asleep else None,
        "handed": handling.handed_at is not None,
    }


def _numbers(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, str, str, str]]:
    """Return people, the one domain, the one provider and the worst health of each incident, in one query."""
    if not ids:
        return {}
    still = or_(col(Episode.ended_at).is_(None), col(Incident.ended_at).is_not(None))
    rows = session.execute(
        sa.select(
            col(Episode.incident_id),
            # While it is open, those who are in it still; the page of the case counts the same.
            func.count(func.distinct(case((still, col(Inbox.owner_id))))),
            func.min(Inbox.domain),
            func.max(Inbox.domain),
            func.min(Inbox.provider),
            func.max(Inbox.provider),
            func.max(case((still, cases.episode_weight()), else_=0)),
        )
        .join(Incident, col(Incident.id) == col(Episode.incident_id))
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(col(Episode.incident_id).in_(ids))
        .group_by(col(Episode.incident_id))
    ).all()
    return {
        identity: (people, one if one == other else "", slug if slug == last else "", cases.WEIGHTS.get(weight, ""))
        for identity, people, one, other, slug, last, weight in rows
        if identity is not None
    }


def _count_singles(session: Session, actor: Actor, filters: Filters, now: datetime) -> tuple[dict[str, int], int, int]:
    """Return single problems by who must act, how many cases are open and awake in all, and how many sleep."""
    sleeps = sleeping(EPISODE, now).label("sleeps")
    fits = case((and_(true(), *queue_filters.fitting(actor, filters, who=False)), 1), else_=0)
    singles = (
        select(
            Episode.problem,
            sleeps,
            func.count(),
            func.sum(fits),
        )
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .outerjoin(Handling, handling_of(EPISODE))
        .where(ripe(now))
        .group_by(col(Episode.problem), "sleeps")
    )
    # Incidents of any problem, as one more line.
    incidents = select(literal(""), literal(0), queue_counts.open_incidents(now), literal(0))
    rows = session.execute(sa.union_all(singles, incidents)).all()
    whose = {who.value: 0 for who in WHO}
    awake = asleep = 0
    for code, sleeps_now, number, fitting in rows:
        if not code:
            awake += number
            continue
        if sleeps_now:
            asleep += int(fitting or 0)
        else:
            awake += number
        if not sleeps_now or filters.with_sleeping:
            whose[queue_filters.counted(problem(code).who)] += int(fitting or 0)
    return whose, awake, asleep


def _singles(session: Session, actor: Actor, filters: Filters, selected: Ref | None, now: datetime) -> tuple[Row, ...]:
    taker, sleeps = aliased(Person), sleeping(EPISODE, now)
    awake = true() if filters.with_sleeping else sleeps == 0
    rows = session.execute(
        sa.select(Episode, Inbox, col(Person.name), Handling, col(taker.name), sleeps)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .outerjoin(Handling, handling_of(EPISODE))
        .outerjoin(taker, col(taker.id) == col(Handling.taken_by_id))
        .where(
            or_(
                and_(
                    or_(and_(ripe(now), awake), _slept_to_its_end(col(Episode.ended_at), now)),
                    *queue_filters.fitting(actor, filters, who=True),
                ),
                *_this(col(Episode.id), EPISODE, selected),
            )
        )
        .order_by(col(Episode.began_at), col(Episode.id))
        .offset((filters.page - 1) * PER_PAGE)
        .limit(PER_PAGE)
    ).all()
    links = link_standing.newest(session, [inbox.id or 0 for _, inbox, *_ in rows], now)
    return tuple(
        Row(
            ref=Ref(EPISODE, episode.id or 0),
            problem=episode.problem,
            health=episode.health,
            since=episode.began_at,
            ended_at=episode.ended_at,
            who=problem(episode.problem).who,
            host=inbox.problem_host or inbox.host,
            domain=inbox.domain,
            provider=inbox.provider,
            people=1,
            address=shown(inbox.address),
            owner=owner,
            link=links.get(inbox.id or 0),
            **_handling(handling, name, bool(sleeps_now) and episode.ended_at is None),
        )
        for episode, inbox, owner, handling, name, sleeps_now in rows
    )
