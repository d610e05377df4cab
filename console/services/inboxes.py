"""The inbox list: a page of rows, counts per view, search and paging, in a constant number of queries."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select

from console.rules import capabilities
from console.rules.capabilities import SEND
from console.rules.health import Health, displayed, known
from console.rules.permissions import Reach, may, reach
from console.services import app_trouble, holds, inbox_filters, incidents, scope, standing, switches
from console.services.context import Actor, Context
from console.services.inbox_filters import VIEWS, Choice, Filters
from console.services.incidents import Membership
from console.store.models import Inbox, Person

PER_PAGE = 25


@dataclass(frozen=True)
class InboxRow:
    """One inbox as lists and page heads show it. Texts are marked, not translated.

    `waits_for` says what keeps it from being checked although it may be due: the app of its provider, its incident, or
    a hold that lasts until `held_until`; empty where nothing does.
    """

    id: int
    address: str
    owner_id: int
    owner_name: str
    mine: bool
    provider: str
    provider_label: str
    provider_icon: str
    health: str
    switch: str
    problem: str | None
    host: str
    checked_at: datetime | None
    next_check: datetime | None
    due: bool
    checking: bool
    waiting_for_worker: bool
    problem_since: datetime | None
    receives_only: bool
    cannot_send: bool
    may: frozenset[str]
    incident: Membership | None = None
    waits_for: str = ""
    held_until: datetime | None = None

    @property
    def owner_first_name(self) -> str:
        """The owner's first name."""
        return self.owner_name.split(" ")[0]


@dataclass(frozen=True)
class InboxPage:
    """A page of the list. Cursors are opaque; `first` and `last` count from 1.

    `choices` are what each filter can be set to; there are none on a person's own list, which has no filters.
    `incident` is the problem and the target of the incident that the list is narrowed down to.
    """

    rows: list[InboxRow]
    total: int
    counts: dict[str, int]
    view: str
    query: str
    first: int
    last: int
    previous: str | None
    next: str | None
    filters: Filters
    choices: dict[str, list[Choice]]
    incident: tuple[str, str] | None = None


def page(
    ctx: Context,
    actor: Actor,
    *,
    view: str = "all",
    query: str = "",
    cursor: str = "",
    mine: bool = False,
    filters: Filters = Filters(),  # noqa: B008  # It is frozen.
) -> InboxPage:
    """Return one page of the inboxes that `actor` may see, by address.

    An unknown view or cursor starts from the front.
    """
    now = ctx.clock()
    view = view if view in VIEWS else "all"
    query = " ".join(query.replace("\x00", "").split())[:254]
    seen = scope.condition(actor, "inbox.see")
    base: list[ColumnElement[bool]] = [
        col(Inbox.removed_at).is_(None),
        col(Inbox.owner_id) == actor.id if mine else seen,
    ]
    if query:
        base.append(inbox_filters.searched(query))
    with ctx.store.read() as session:
        counted = inbox_filters.counted(session, base, filters, view, now)
        base += [*filters.conditions(now), *inbox_filters.of_view(view, now)]
        back, after, skipped = _read_cursor(cursor)
        wanted = (
            select(Inbox, Person, switches.is_off(), app_trouble.problem_of_inbox())
            .join(Person, col(Person.id) == col(Inbox.owner_id))
            .where(*base)
        )
        if after is not None:
            address, identity = after
            beyond = (
                or_(col(Inbox.address) < address, and_(col(Inbox.address) == address, col(Inbox.id) < identity))
                if back
                else or_(col(Inbox.address) > address, and_(col(Inbox.address) == address, col(Inbox.id) > identity))
            )
            wanted = wanted.where(beyond)
        order = (col(Inbox.address).desc(), col(Inbox.id).desc()) if back else (col(Inbox.address), col(Inbox.id))
        found = list(session.exec(wanted.order_by(*order).limit(PER_PAGE + 1)).all())
        more, found = len(found) > PER_PAGE, found[:PER_PAGE]
        if back:
            found.reverse()
        ids = [inbox.id or 0 for inbox, *_ in found]
        known, held = incidents.memberships(session, ids), holds.of_inboxes(session, ids, now)
        rows = [
            row_of(ctx, actor, inbox, owner, bool(off), now, trouble, known.get(inbox.id or 0), held.get(inbox.id or 0))
            for inbox, owner, off, trouble in found
        ]
        cause = incidents.cause(session, filters.incident_id) if filters.incident_id is not None else None
    total = counted.views[view]
    first = max(1, skipped + 1) if rows else 0
    start, end = (more, True) if back else (after is not None, more)
    return InboxPage(
        rows,
        total,
        counted.views,
        view,
        query,
        first,
        first + len(rows) - 1 if rows else 0,
        _cursor("b", rows[0], first - 1 - PER_PAGE) if rows and start else None,
        _cursor("f", rows[-1], first - 1 + len(rows)) if rows and end else None,
        filters,
        {} if mine else counted.choices,
        cause,
    )


def owned_by(ctx: Context, actor: Actor, owner_id: int) -> list[InboxRow]:
    """Return the inboxes of one person that `actor` may see, by address."""
    now = ctx.clock()
    with ctx.store.read() as session:
        rows = session.exec(
            select(Inbox, Person, switches.is_off(), app_trouble.problem_of_inbox())
            .join(Person, col(Person.id) == col(Inbox.owner_id))
            .where(Inbox.owner_id == owner_id, col(Inbox.removed_at).is_(None), scope.condition(actor, "inbox.see"))
            .order_by(Inbox.address)
            .limit(200)
        ).all()
        ids = [inbox.id or 0 for inbox, *_ in rows]
        known, held = incidents.memberships(session, ids), holds.of_inboxes(session, ids, now)
    return [
        row_of(ctx, actor, inbox, owner, bool(off), now, trouble, known.get(inbox.id or 0), held.get(inbox.id or 0))
        for inbox, owner, off, trouble in rows
    ]


def row_of(
    ctx: Context,
    actor: Actor,
    inbox: Inbox,
    owner: Person,
    off: bool,
    now: datetime,
    trouble: str | None = None,
    incident: Membership | None = None,
    held_until: datetime | None = None,
) -> InboxRow:
    """Return an inbox row, with its health as displayed now.

    `trouble` is the problem that the app of its provider has: the inbox waits for that and nothing else. `incident` is
    the one that it is in; while that holds, its cause is what the inbox shows. `held_until` is when it, its server or
    its provider's sign-in is left alone no longer.
    """
    assert inbox.id is not None
    family = ctx.families.get(inbox.provider)
    own = inbox.owner_id == actor.id
    health = known(inbox.health)
    # What is switched off is not checked, so its last proof grows old without anything being wrong.
    shown, problem = health if off else displayed(health, inbox.proven_until, now, inbox.checked_at), inbox.problem
    if family is None or not _readable(family, inbox.settings) or inbox.health not in list(Health):
        shown, problem = Health.FAILING, "settings-unreadable"
    elif trouble and not off and health in {Health.HEALTHY, Health.DEGRADED}:
        shown, problem = Health.DEGRADED, trouble
    elif incident is not None and incident.holds and not off:
        shown, problem = incident.health_of(health), incident.problem
    elif shown is not health:
        problem = "proof-stale"
    leased = inbox.lease_until is not None and inbox.lease_until > now
    return InboxRow(
        id=inbox.id,
        address=inbox.address,
        owner_id=inbox.owner_id,
        owner_name=owner.name,
        mine=own,
        provider=inbox.provider,
        provider_label=family.label if family else inbox.provider,
        provider_icon=family.icon if family else "mail",
        health=shown,
        switch="off" if off else "on",
        problem=problem,
        host=inbox.problem_host or inbox.host,
        checked_at=inbox.checked_at,
        next_check=inbox.next_check,
        due=inbox.next_check is not None and inbox.next_check <= now,
        checking=not off and (leased or inbox.wanted_by is not None),
        waiting_for_worker=not leased and inbox.wanted_by is not None,
        problem_since=inbox.problem_since,
        receives_only=inbox.receives_only is not None,
        cannot_send=not off and incident is None and problem is not None and problem == _sending(inbox),
        incident=incident,
        waits_for=_waits_for(trouble, incident, held_until),
        held_until=held_until,
        may=frozenset(what for what in ACTIONS if may(actor.role, f"inbox.{what}", own=own)),
    )


def _waits_for(trouble: str | None, incident: Membership | None, held_until: datetime | None) -> str:
    if incident is not None and incident.waits:
        return "incident"
    if trouble:
        return "app"
    return "hold" if held_until is not None else ""


ACTIONS = ("test", "edit", "reconnect", "disable", "enable", "remove")


def _sending(inbox: Inbox) -> str | None:
    """Return what keeps an inbox that is read without trouble from sending, None where nothing does."""
    flaws = standing.of(inbox)
    if capabilities.blocking(flaws) is not None:
        return None
    return flaws[SEND].problem if SEND in flaws else inbox.receives_only


def _readable(family: Any, settings: Any) -> bool:
    try:
        return bool(family.summary(settings))
    except ValueError:
        return False


def _cursor(way: str, row: InboxRow, skipped: int) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps([way, row.address, row.id, max(0, skipped)]).encode()).decode().rstrip("=")
    )


def _read_cursor(cursor: str) -> tuple[bool, tuple[str, int] | None, int]:
    try:
        way, address, identity, skipped = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if (
            way in {"f", "b"}
            and isinstance(address, str)
            and type(identity) is int
            and type(skipped) is int
            and abs(identity) < 2**62
            and address.encode()
        ):
            return way == "b", (address.replace("\x00", ""), identity), max(0, skipped)
    except (ValueError, binascii.Error, TypeError, RecursionError):
        pass
    return False, None, 0


def sees_all(actor: Actor) -> bool:
    """Return whether the actor sees everybody's inboxes."""
    return reach(actor.role, "inbox.see") is Reach.ALL


@dataclass(frozen=True)
class FamilyRow:
    """A provider as the Integrations page shows it."""

    slug: str
    label: str
    icon: str
    text: str
    on: bool
    inboxes: int
    attention: int
    off: switches.Off | None


def families(ctx: Context) -> list[FamilyRow]:
    """Return all providers with what is connected through them."""
    now = ctx.clock()
    with ctx.store.read() as session:
        off = switches.providers_off(session)
        state = inbox_filters.state_at(now)
        numbers: dict[tuple[str, str], int] = {
            (slug, name): number
            for slug, name, number in session.exec(
                select(Inbox.provider, state, func.count())
                .where(col(Inbox.removed_at).is_(None))
                .group_by(col(Inbox.provider), state)
            )
        }
    return [
        FamilyRow(
            family.slug,
            family.label,
            family.icon,
            family.text,
            family.slug not in off,
            sum(number for (slug, _), number in numbers.items() if slug == family.slug),
            numbers.get((family.slug, "attention"), 0),
            off.get(family.slug),
        )
        for family in ctx.families
    ]
