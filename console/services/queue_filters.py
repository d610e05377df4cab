"""What of the queue is asked for, in values and as conditions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlmodel import Session, col, select

from console.rules.problems import CATALOGUE, Who
from console.services.context import Actor
from console.store.cases import Handling
from console.store.episodes import Episode, Incident
from console.store.models import Inbox

MOST_CHOICES = 200
NOBODY, ADMINS = "nobody", "admins"
WHO = (Who.USER, Who.TEAM_ADMIN, Who.MAIL_ADMIN, Who.US, Who.NOBODY)
"""Whom one can ask for; nobody stands for what heals by itself, too."""


@dataclass(frozen=True)
class Filters:
    """What of the queue is asked for; "" is everything. `taken` is me, nobody or admins; `asleep` adds what sleeps."""

    who: str = ""
    domain: str = ""
    provider: str = ""
    problem: str = ""
    taken: str = ""
    asleep: bool = False
    page: int = 1


def counted(who: Who) -> str:
    """Return under whom a case is counted: what heals by itself is nobody's."""
    return NOBODY if who is Who.AUTO else who.value


def asked(who: Who, filters: Filters) -> bool:
    """Return whether cases on which `who` must act are asked for."""
    return not filters.who or counted(who) == filters.who


def _codes(who: str) -> list[str]:
    return [code for code, entry in CATALOGUE.items() if counted(entry.who) == who]


def of_whom(actor: Actor, taken: str) -> ColumnElement[bool]:
    """Return the condition that a case joined with its handling is taken as asked for."""
    if taken == "me":
        return col(Handling.taken_by_id) == actor.id
    if taken == ADMINS:
        return col(Handling.handed_at).is_not(None)
    return col(Handling.taken_by_id).is_(None) if taken == NOBODY else true()


def fitting(actor: Actor, filters: Filters, *, who: bool) -> list[ColumnElement[bool]]:
    """Return the conditions that an episode joined with inbox and handling fits, with or without who must act."""
    wanted = [of_whom(actor, filters.taken)]
    if filters.domain:
        wanted.append(col(Inbox.domain) == filters.domain)
    if filters.provider:
        wanted.append(col(Inbox.provider) == filters.provider)
    if filters.problem:
        wanted.append(col(Episode.problem) == filters.problem)
    if who and filters.who:
        wanted.append(col(Episode.problem).in_(_codes(filters.who)))
    return wanted


def choices(session: Session, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the domains, providers and problems of everything that is open."""
    rows = session.exec(
        select(Inbox.domain, Inbox.provider, func.coalesce(Incident.problem, Episode.problem))
        .select_from(Episode)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .outerjoin(Incident, and_(col(Incident.id) == col(Episode.incident_id), col(Incident.ended_at).is_(None)))
        .where(col(Episode.ended_at).is_(None), or_(col(Incident.id).is_not(None), col(Episode.ripe_at) <= now))
        .distinct()
        .order_by(col(Inbox.domain))
        .limit(MOST_CHOICES)
    ).all()
    domains, providers, problems = zip(*rows, strict=True) if rows else ((), (), ())
    return tuple(sorted(set(domains))), tuple(sorted(set(providers))), tuple(sorted(set(problems)))
