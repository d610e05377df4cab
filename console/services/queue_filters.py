"""What of the queue is asked for, in values and as conditions."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, true
from sqlmodel import col

from console.rules.grouping import APP, PROVIDER
from console.rules.problems import CATALOGUE, Who
from console.services import inbox_filters
from console.services.context import Actor
from console.store.cases import Handling
from console.store.episodes import Episode, Incident
from console.store.models import Inbox

NOBODY, ADMINS = "nobody", "admins"
WHO = (Who.USER, Who.TEAM_ADMIN, Who.MAIL_ADMIN, Who.US, Who.NOBODY)
"""Whom one can ask for; nobody stands for what heals by itself, too."""
OF_PROVIDER = col(Incident.level).in_([APP, PROVIDER])
"""The condition that the target of an incident is a provider."""


@dataclass(frozen=True)
class Filters:
    """What of the queue is asked for; "" is everything. `taken` is me, nobody or admins; `asleep` adds what sleeps.

    `q` is a part of an address, an owner's name or a domain. Whoever looks for somebody finds what sleeps as well.
    """

    who: str = ""
    domain: str = ""
    provider: str = ""
    problem: str = ""
    taken: str = ""
    asleep: bool = False
    q: str = ""
    page: int = 1

    @property
    def with_sleeping(self) -> bool:
        """Whether what sleeps is asked for as well."""
        return self.asleep or bool(self.q)


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
    """Return what an episode joined with inbox, owner and handling has to meet, with or without who must act."""
    wanted = [of_whom(actor, filters.taken)]
    if filters.q:
        wanted.append(inbox_filters.searched(filters.q))
    if filters.domain:
        wanted.append(col(Inbox.domain) == filters.domain)
    if filters.provider:
        wanted.append(col(Inbox.provider) == filters.provider)
    if filters.problem:
        wanted.append(col(Episode.problem) == filters.problem)
    if who and filters.who:
        wanted.append(col(Episode.problem).in_(_codes(filters.who)))
    return wanted
