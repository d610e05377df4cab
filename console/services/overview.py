"""The overview: how many inboxes are in which state, what is wrong by cause, thirty days, and what happened lately.

A constant number of queries, however many inboxes there are.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy
from sqlalchemy import and_, exists, func
from sqlmodel import Session, col, select

from console.rules.permissions import Reach, reach
from console.services import cases, days, displayed, incident_views, switches
from console.services.context import Actor, Context, NotFound
from console.services.days import ProviderDay
from console.services.displayed import DISABLED, WORST_FIRST
from console.services.episodes import RECONNECTED, RECOVERED
from console.services.incident_views import IncidentCard
from console.store.cases import Handling
from console.store.episodes import Episode, Incident
from console.store.models import AuditEntry, Inbox, SwitchedOff

LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class Count:
    """How many inboxes show a health, and how many of them belong to how many open incidents."""

    health: str
    number: int = 0
    shared: int = 0
    incidents: int = 0


@dataclass(frozen=True)
class Cause:
    """An open incident, and the worst health that one of its inboxes shows."""

    card: IncidentCard
    health: str


@dataclass(frozen=True)
class Singles:
    """Inboxes of one provider with one problem that are in no incident."""

    problem: str
    provider: str
    number: int


@dataclass(frozen=True)
class ProviderDays:
    """A provider with its connected inboxes and its last thirty days."""

    slug: str
    label: str
    icon: str
    inboxes: int
    days: list[ProviderDay]


@dataclass(frozen=True)
class Lately:
    """What happened within the last 24 hours."""

    recovered: int = 0
    reconnected: int = 0
    connected: int = 0
    disabled: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Overview:
    """Everything the overview shows beside the radar and the checklist."""

    at: datetime
    total: int
    counts: list[Count]
    off_by_owners: int
    causes: list[Cause]
    singles: list[Singles]
    retried: int
    providers: list[ProviderDays]
    lately: Lately
    span: list[date] = field(default_factory=list)


def look(ctx: Context, actor: Actor) -> Overview:
    """Return the overview. Raises NotFound for whoever does not see everybody's inboxes."""
    if reach(actor.role, "overview.see") is not Reach.ALL:
        raise NotFound
    now, span = ctx.clock(), days.span(ctx, ctx.clock())
    cards = incident_views.open_incidents(ctx, actor)
    with ctx.store.read() as session:
        facts = _facts(session, now)
        lately = _lately(session, now - LATELY)
        known = days.of_providers(session, span)
        off_by_owners = _off_by_owners(session)
    by_provider = Counter[str]()
    numbers, shared = Counter[str](), Counter[str]()
    incidents: dict[str, set[int]] = {}
    singles: Counter[tuple[str, str]] = Counter()
    worst: dict[int, str] = {}
    retried = 0
    for health, problem, provider, incident, waits, number in facts:
        by_provider[provider] += number
        numbers[health] += number
        if incident is not None:
            worst[incident] = min(worst.get(incident, DISABLED), health, key=WORST_FIRST.index)
        if health in {"healthy", DISABLED}:
            continue
        if incident is None and waits:
            singles[problem or "unknown", provider] += number
        elif incident is None:
            retried += number
        else:
            shared[health] += number
            incidents.setdefault(health, set()).add(incident)
    causes = [Cause(card, worst.get(card.id, DISABLED)) for card in cards]
    return Overview(
        now,
        numbers.total(),
        [
            Count(health, numbers[health], shared[health], len(incidents.get(health, ())))
            for health in ("healthy", "degraded", "failing", "needs-sign-in", DISABLED)
        ],
        off_by_owners,
        sorted(causes, key=lambda one: (WORST_FIRST.index(one.health), -one.card.inboxes, one.card.since)),
        [Singles(problem, provider, number) for (problem, provider), number in singles.most_common()],
        retried,
        [
            ProviderDays(
                family.slug,
                family.label,
                family.icon,
                by_provider[family.slug],
                known.get(family.slug) or [ProviderDay(day, {}) for day in span],
            )
            for family in ctx.families
            if by_provider[family.slug] or family.slug in known
        ],
        lately,
        span,
    )


def _facts(session: Session, now: datetime) -> list[tuple[str, str | None, str, int | None, int, int]]:
    """Return how many inboxes have a displayed health, problem, provider and open incident, in one query.

    The fifth value is 1 for those that the help desk sees as a case of their own.
    """
    awake = cases.sleeping(cases.EPISODE, now) == 0
    waits = and_(col(Episode.ripe_at) <= now, col(Incident.id).is_(None), awake)
    facts = (
        sqlalchemy.select(
            displayed.health(now).label("health"),
            displayed.problem(now).label("problem"),
            col(Inbox.provider).label("provider"),
            col(Incident.id).label("incident"),
            sqlalchemy.case((waits, 1), else_=0).label("waits"),
        )
        .select_from(Inbox)
        .outerjoin(Episode, and_(col(Episode.inbox_id) == col(Inbox.id), col(Episode.ended_at).is_(None)))
        .outerjoin(Incident, and_(col(Incident.id) == col(Episode.incident_id), col(Incident.ended_at).is_(None)))
        .outerjoin(Handling, cases.handling_of(cases.EPISODE))
        .where(col(Inbox.removed_at).is_(None))
        .subquery()
    )
    rows = session.execute(sqlalchemy.select(*facts.c, func.count()).group_by(*facts.c)).all()
    return [tuple(row) for row in rows]


def _off_by_owners(session: Session) -> int:
    """Return how many inboxes are switched off by the person that they belong to."""
    mine = exists().where(
        col(SwitchedOff.level) == "inbox",
        col(SwitchedOff.target) == sqlalchemy.cast(col(Inbox.id), sqlalchemy.String),
        col(SwitchedOff.by_id) == col(Inbox.owner_id),
    )
    wanted = select(func.count()).select_from(Inbox).where(col(Inbox.removed_at).is_(None), mine, switches.is_off())
    return session.exec(wanted).one()


def _lately(session: Session, since: datetime) -> Lately:
    ended = dict(
        session.exec(
            select(Episode.ended_how, func.count())
            .where(col(Episode.ended_at) >= since, col(Episode.ended_how).in_([RECOVERED, RECONNECTED]))
            .group_by(col(Episode.ended_how))
        ).all()
    )
    done = dict(
        session.exec(
            select(AuditEntry.action, func.count(func.distinct(col(AuditEntry.target_id))))
            .where(
                col(AuditEntry.at) >= since,
                col(AuditEntry.action).in_(["inbox.connect", "inbox.disable", "inbox.remove"]),
            )
            .group_by(col(AuditEntry.action))
        ).all()
    )
    return Lately(
        ended.get(RECOVERED, 0),
        ended.get(RECONNECTED, 0),
        done.get("inbox.connect", 0),
        done.get("inbox.disable", 0),
        done.get("inbox.remove", 0),
    )
