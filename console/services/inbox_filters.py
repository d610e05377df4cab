"""What the inbox list is narrowed down to, and how many inboxes each choice would leave."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, or_
from sqlmodel import Session, col, select

from console.discovery.domains import a_label
from console.rules.health import Health
from console.services import displayed, incidents
from console.services.displayed import DISABLED, WORST_FIRST
from console.store.models import Inbox, Person

VIEWS = ("all", "attention", "healthy", "disabled")
NAMES = ("health", "provider", "domain", "problem", "incident")
# So many digits at most are the id of an incident.
LONGEST_ID = 9
# So many domains are offered to choose from, the largest first; any other can be searched for.
MOST_DOMAINS = 30
LONGEST = 253


@dataclass(frozen=True)
class Filters:
    """What each filter is set to; empty where it is not. A value that nothing has leaves nothing.

    `health` is the displayed one or "disabled", `provider` a slug, `domain` an A-label, `problem` a code, `incident`
    the id of one.
    """

    health: str = ""
    provider: str = ""
    domain: str = ""
    problem: str = ""
    incident: str = ""

    @classmethod
    def of(cls, given: dict[str, str]) -> "Filters":
        """Return the filters that somebody typed, cleaned; a domain may be in its own letters."""
        clean = {name: given.get(name, "").replace("\x00", "").strip()[:LONGEST] for name in NAMES}
        return cls(**{**clean, "domain": a_label(clean["domain"]) if clean["domain"] else ""})

    @property
    def set(self) -> dict[str, str]:
        """The filters that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def incident_id(self) -> int | None:
        """The incident that is asked for, if what was typed can be one."""
        text = self.incident
        return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """Return the conditions on inboxes."""
        known: dict[str, Any] = {
            "health": displayed.health(now) if self.health else None,
            "provider": col(Inbox.provider),
            "domain": col(Inbox.domain),
            "problem": displayed.problem(now) if self.problem else None,
        }
        found: list[ColumnElement[bool]] = [known[name] == value for name, value in self.set.items() if name in known]
        if self.incident:
            found.append(incidents.holding(self.incident_id) if self.incident_id is not None else false())
        return found


def searched(text: str) -> ColumnElement[bool]:
    """Return the condition that address, owner or domain of an inbox joined with its owner hold what somebody typed."""
    text = " ".join(text.replace("\x00", "").split()).casefold()
    return or_(
        col(Inbox.address).contains(text, autoescape=True),
        col(Inbox.address).contains(_as_stored(text), autoescape=True),
        col(Person.name_key).contains(text, autoescape=True),
        col(Person.email).contains(text, autoescape=True),
    )


def _as_stored(text: str) -> str:
    """Return what somebody looks for with a domain in its own letters spelled as addresses are stored."""
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{a_label(domain)}"


@dataclass(frozen=True)
class Choice:
    """One value of a filter, and how many inboxes it leaves with all other filters as they are."""

    value: str
    count: int


@dataclass(frozen=True)
class Counted:
    """How many inboxes each view holds, and what each filter can be set to."""

    views: dict[str, int]
    choices: dict[str, list[Choice]]


def view_of(health: str) -> str:
    """Return the view that an inbox of this displayed health belongs to."""
    return health if health in {Health.HEALTHY, DISABLED} else "attention"


def state_at(now: datetime) -> ColumnElement[Any]:
    """Return the expression of the view that an inbox belongs to."""
    shown = displayed.health(now)
    return case((shown.in_([Health.HEALTHY.value, DISABLED]), shown), else_="attention")


def of_view(view: str, now: datetime) -> list[ColumnElement[bool]]:
    """Return the condition of a view."""
    shown = displayed.health(now)
    if view == "attention":
        return [shown.not_in([Health.HEALTHY.value, DISABLED])]
    return [] if view == "all" else [shown == view]


def counted(
    session: Session, base: Iterable[ColumnElement[bool]], filters: Filters, view: str, now: datetime
) -> Counted:
    """Count the inboxes that meet `base` by view and by choice, in two queries."""
    base = list(base)
    # Grouped as subquery: an expression with values in it is not the same one twice to PostgreSQL.
    facts = (
        select(
            displayed.health(now).label("health"),
            col(Inbox.provider).label("provider"),
            displayed.problem(now).label("problem"),
        )
        .select_from(Inbox)
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .where(*base, *replace(filters, health="", provider="", problem="").conditions(now))
        .subquery()
    )
    rows = session.exec(select(*facts.c, func.count()).group_by(*facts.c)).all()  # type: ignore[call-overload]
    groups = [({"health": health, "provider": provider, "problem": problem}, number)
              for health, provider, problem, number in rows]  # fmt: skip
    views = dict.fromkeys(VIEWS, 0)
    choices: dict[str, Counter[str]] = {name: Counter() for name in ("health", "provider", "problem")}
    for fact, number in groups:
        unmet = [name for name, value in filters.set.items() if name in fact and fact[name] != value]
        of = view_of(fact["health"])
        if not unmet:
            views[of] += number
            views["all"] += number
        for name, found in choices.items():
            if view in {"all", of} and set(unmet) <= {name} and fact[name]:
                found[fact[name]] += number
    other = replace(filters, domain="").conditions(now)
    domains = session.exec(
        select(Inbox.domain, func.count())
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .where(*base, *other, *of_view(view, now))
        .group_by(col(Inbox.domain))
        .order_by(func.count().desc(), col(Inbox.domain))
        .limit(MOST_DOMAINS)
    ).all()
    ordered = {name: [Choice(*pair) for pair in found.most_common()] for name, found in choices.items()}
    ordered["health"].sort(key=lambda one: WORST_FIRST.index(one.value) if one.value in WORST_FIRST else 0)
    ordered["domain"] = [Choice(domain, number) for domain, number in domains]
    return Counted(views, ordered)
