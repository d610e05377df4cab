"""What the queue can be narrowed down to, and how many cases each choice leaves with everything else as it is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, case, func, literal, or_
from sqlmodel import Session, col

from console.rules.problems import Who
from console.services import cases, inbox_filters, queue_filters
from console.services.cases import EPISODE, INCIDENT, acting, sleeping
from console.services.context import Actor
from console.services.inbox_filters import Choice
from console.services.queue_filters import ADMINS, NOBODY, Filters
from console.store.cases import Handling
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person

ME = "me"
NAMES = ("domain", "provider", "problem", "taken")
MOST_CHOICES = 200


@dataclass
class _Alike:
    """So many cases that no filter tells apart: single problems with the same values, or one incident."""

    number: int
    who: Who
    problem: str
    taken: set[str]
    asleep: bool
    domains: set[str] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)

    def values(self, name: str) -> Iterable[str]:
        if name == "domain":
            return self.domains
        if name == "provider":
            return self.providers
        return self.taken if name == "taken" else {self.problem}


def read(session: Session, actor: Actor, filters: Filters, now: datetime) -> dict[str, list[Choice]]:
    """Return the choices of each filter by its name, most cases first, in one query."""
    found = [one for one in _open(session, actor, filters, now) if filters.with_sleeping or not one.asleep]
    set_to = {name: getattr(filters, name) for name in NAMES if getattr(filters, name)}
    counts: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
    for one in found:
        if not queue_filters.asked(one.who, filters):
            continue
        unmet = {name for name, value in set_to.items() if value not in one.values(name)}
        for name, counted in counts.items():
            if unmet <= {name}:
                counted.update(dict.fromkeys(one.values(name), one.number))
    return {
        name: [Choice(value, number) for value, number in counted.most_common(MOST_CHOICES) if value]
        for name, counted in counts.items()
    }


def _open(session: Session, actor: Actor, filters: Filters, now: datetime) -> Iterable[_Alike]:
    singles: list[_Alike] = []
    incidents: dict[int, _Alike] = {}
    for identity, domain, provider, code, nature, told_from, mine, free, handed, asleep, number in session.execute(
        _rows(actor, filters, now)
    ):
        taken = {name for name, applies in ((ME, mine), (NOBODY, free), (ADMINS, handed)) if applies}
        one = _Alike(number, acting(code, nature, told_from, now), code, taken, bool(asleep))
        if identity is None:
            singles.append(one)
        else:
            one.number = 1
            one = incidents.setdefault(identity, one)
        one.domains.add(domain)
        one.providers.add(provider)
    return [*singles, *incidents.values()]


def _rows(actor: Actor, filters: Filters, now: datetime) -> Any:
    """Return the query: open cases by everything that one can ask for, a line for each domain of an incident."""
    shared = col(Incident.id).is_not(None)
    wanted = [inbox_filters.searched(filters.q)] if filters.q else []
    inside = (
        sa.select(
            col(Incident.id).label("identity"),
            col(Inbox.domain).label("domain"),
            col(Inbox.provider).label("provider"),
            func.coalesce(col(Incident.problem), col(Episode.problem)).label("code"),
            *_common(actor),
            case((shared, sleeping(INCIDENT, now)), else_=sleeping(EPISODE, now)).label("asleep"),
        )
        .select_from(Episode)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, and_(col(Incident.id) == col(Episode.incident_id), col(Incident.ended_at).is_(None)))
        .outerjoin(Handling, or_(and_(shared, cases.handling_of(INCIDENT)), and_(~shared, cases.handling_of(EPISODE))))
        .where(col(Episode.ended_at).is_(None), or_(shared, col(Episode.ripe_at) <= now), *wanted)
    )
    # Those that hold no inbox by an episode of its own, such as a provider that was switched off, have their target.
    bare = (
        sa.select(
            col(Incident.id).label("identity"),
            case((col(Incident.level) == "domain", col(Incident.target)), else_="").label("domain"),
            case((queue_filters.OF_PROVIDER, col(Incident.target)), else_="").label("provider"),
            col(Incident.problem).label("code"),
            *_common(actor),
            sleeping(INCIDENT, now).label("asleep"),
        )
        .outerjoin(Handling, cases.handling_of(INCIDENT))
        .where(col(Incident.ended_at).is_(None), *([sa.false()] if filters.q else []))
    )
    rows = sa.union_all(inside, bare).subquery()
    return sa.select(*rows.c, func.count()).group_by(*rows.c)


def _common(actor: Actor) -> tuple[Any, ...]:
    taken_by = col(Handling.taken_by_id)
    return (
        func.coalesce(col(Incident.nature), literal("")).label("nature"),
        col(Incident.owners_told_from).label("told_from"),
        case((taken_by == actor.id, 1), else_=0).label("mine"),
        case((taken_by.is_(None), 1), else_=0).label("free"),
        case((col(Handling.handed_at).is_not(None), 1), else_=0).label("handed"),
    )
