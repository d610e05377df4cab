"""Incidents as pages show them: cause, since when, how many, who must act, who is tried, the inboxes, the time line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import case, func
from sqlmodel import Session, col, select

from console.rules.alike import Nature
from console.rules.grouping import APP, PROVIDER
from console.rules.permissions import Reach, reach
from console.rules.problems import problem
from console.services import app_trouble, incidents, switches
from console.services.context import Actor, Context, NotFound
from console.services.episodes import RECONNECTED, RECOVERED
from console.services.inboxes import InboxRow, row_of
from console.services.recovery import SWITCHED_OFF
from console.store.consents import AppStanding
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person, SwitchedOff

MOST_ROWS = 200


@dataclass(frozen=True)
class Line:
    """One line of an incident's time line: what happened, as a code, with its values.

    `what` is opened, joined, widened, swallowed-one, swallowed, canary (inbox, result and problem), passed,
    cause-gone, relapsed, turned, left, real or over.
    """

    at: datetime
    what: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Canary:
    """The inbox that is tried for all the others: when it is tried next, and how often it was."""

    inbox_id: int | None
    address: str
    next_try: datetime | None
    tries: int


@dataclass(frozen=True)
class IncidentCard:
    """An incident. Texts are codes; `web.incidents` has the words.

    `inboxes` and `people` are those that it holds now, `most_inboxes` the most it ever had, `well` how many of its
    inboxes got well again. `told` of `people` owners were told. `held` says that owners are told nothing as long as it
    is so, `owners_told_from` since when they are. `acts_name` is the person who switched off what is switched off.
    `rows` are the first inboxes by address, empty in lists. `host` is the server that most of them have trouble with.
    """

    id: int
    problem: str
    level: str
    target: str
    target_label: str
    provider: str
    nature: str
    state: str
    since: datetime
    opened_at: datetime
    ended_at: datetime | None
    changed_at: datetime
    inboxes: int
    people: int
    most_inboxes: int
    well: int
    who: str
    acts_name: str
    held: bool
    owners_told_from: datetime | None
    told: int
    canary: Canary | None
    host: str
    server_text: str
    stage: str | None
    rows: tuple[InboxRow, ...] = ()
    timeline: tuple[Line, ...] = ()

    @property
    def key(self) -> str:
        """How it is named as a case."""
        return f"incident-{self.id}"


def open_incidents(ctx: Context, actor: Actor) -> list[IncidentCard]:
    """Return the open incidents, oldest first, without their inboxes, in a constant number of queries.

    Empty for whoever does not see everybody's inboxes.
    """
    if reach(actor.role, "inbox.see") is not Reach.ALL:
        return []
    with ctx.store.read() as session:
        found = session.exec(
            select(Incident).where(incidents.unfinished()).order_by(col(Incident.began_at), col(Incident.id))
        ).all()
        return _cards(ctx, session, found)


def card(ctx: Context, actor: Actor, incident_id: int) -> IncidentCard:
    """Return an incident with its inboxes, open or over. Raises NotFound, also for who does not see all inboxes."""
    if reach(actor.role, "inbox.see") is not Reach.ALL:
        raise NotFound
    now = ctx.clock()
    with ctx.store.read() as session:
        incident = session.get(Incident, incident_id)
        if incident is None:
            raise NotFound
        (found,) = _cards(ctx, session, [incident])
        rows = session.exec(
            select(Inbox, Person, switches.is_off(), app_trouble.problem_of_inbox())
            .join(Person, col(Person.id) == col(Inbox.owner_id))
            .where(col(Inbox.removed_at).is_(None), _belongs(incident))
            .order_by(col(Inbox.address))
            .limit(MOST_ROWS)
        ).all()
        known = incidents.memberships(session, [inbox.id or 0 for inbox, *_ in rows])
        shown = tuple(
            row_of(ctx, actor, inbox, owner, bool(off), now, trouble, known.get(inbox.id or 0))
            for inbox, owner, off, trouble in rows
        )
    return IncidentCard(**{**found.__dict__, "rows": shown, "timeline": _timeline(incident)})


def brief(ctx: Context, session: Session, incident: Incident) -> IncidentCard:
    """Return an incident with its time line and without its inboxes, for whoever sees all inboxes."""
    (found,) = _cards(ctx, session, [incident])
    return IncidentCard(**{**found.__dict__, "timeline": _timeline(incident)})


def _belongs(incident: Incident) -> Any:
    if incident.problem == SWITCHED_OFF:
        return col(Inbox.provider) == incident.target
    wanted = select(Episode.inbox_id).where(col(Episode.incident_id) == incident.id)
    if incident.ended_at is None:
        wanted = wanted.where(col(Episode.ended_at).is_(None))
    return col(Inbox.id).in_(wanted)


def _cards(ctx: Context, session: Session, found: Iterable[Incident]) -> list[IncidentCard]:
    rows = list(found)
    ids = [incident.id for incident in rows]
    numbers, hosts = _numbers(session, ids), _hosts(session, ids)
    off = switched_off(session, [incident.target for incident in rows if incident.problem == SWITCHED_OFF])
    apps = _apps(session) if any(incident.level == APP for incident in rows) else {}
    tried = {incident.canary_id for incident in rows} | {row.canary_id for row in apps.values()}
    canaries: dict[int | None, str] = dict(
        session.exec(select(Inbox.id, Inbox.address).where(col(Inbox.id).in_(tried))).all()
    )
    return [_card(ctx, incident, numbers.get(incident.id, _Numbers()), hosts, canaries, off, apps) for incident in rows]


@dataclass(frozen=True)
class _Numbers:
    """How many inboxes and people an incident concerns, how many were told, how many are well; the one provider."""

    inboxes: int = 0
    people: int = 0
    told: int = 0
    well: int = 0
    provider: str = ""


def _numbers(session: Session, ids: list[int | None]) -> dict[int | None, _Numbers]:
    still, well = col(Episode.ended_at).is_(None), col(Episode.ended_how).in_([RECOVERED, RECONNECTED])
    rows = session.execute(
        sa.select(
            col(Episode.incident_id),
            func.count(case((still, 1))),
            func.count(func.distinct(case((still, col(Inbox.owner_id))))),
            func.count(case((still, col(Episode.told_at)))),
            func.count(case((well, 1))),
            func.min(Inbox.provider),
            func.max(Inbox.provider),
        )
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(col(Episode.incident_id).in_(ids))
        .group_by(col(Episode.incident_id))
    ).all()
    return {
        incident_id: _Numbers(inboxes, people, told, is_well, first if first == last else "")
        for incident_id, inboxes, people, told, is_well, first, last in rows
    }


def _card(
    ctx: Context,
    incident: Incident,
    numbers: _Numbers,
    hosts: dict[int | None, str],
    canaries: dict[int | None, str],
    off: dict[str, tuple[str, int, int]],
    apps: dict[str, AppStanding],
) -> IncidentCard:
    inboxes, people, name = numbers.inboxes, numbers.people, ""
    if incident.problem == SWITCHED_OFF and incident.target in off:
        name, inboxes, people = off[incident.target]
    of_target = incident.level in {APP, PROVIDER} and ctx.families.get(incident.target) is not None
    provider = incident.target if of_target else numbers.provider
    family = ctx.families.get(provider)
    label = family.label if family is not None and incident.level in {APP, PROVIDER} else incident.target
    return IncidentCard(
        id=incident.id or 0,
        problem=incident.problem,
        level=incident.level,
        target=incident.target,
        target_label=label,
        provider=provider,
        nature=incident.nature,
        state=incident.state,
        since=incident.began_at,
        opened_at=incident.opened_at,
        ended_at=incident.ended_at,
        changed_at=incident.changed_at,
        inboxes=inboxes,
        people=people,
        most_inboxes=max(incident.most_inboxes, inboxes),
        well=numbers.well,
        who=problem(incident.problem).who.value,
        acts_name=name,
        held=incident.owners_told_from is None,
        owners_told_from=incident.owners_told_from,
        told=numbers.told,
        canary=_canary(incident, canaries, apps.get(incident.target)),
        host=hosts.get(incident.id, "") or (incident.target if incident.level == "host" else ""),
        server_text=incident.server_text,
        stage=incident.stage,
    )


def _canary(incident: Incident, addresses: dict[int | None, str], app: AppStanding | None) -> Canary | None:
    if incident.ended_at is not None or incident.state != "open":
        return None
    tries = len(incident.canary_tries) if isinstance(incident.canary_tries, list) else 0
    if incident.level == APP and app is not None and incident.nature == Nature.SHARED:
        return Canary(app.canary_id, addresses.get(app.canary_id, ""), app.canary_at, tries)
    if incident.canary_at is None:
        return None
    return Canary(incident.canary_id, addresses.get(incident.canary_id, ""), incident.canary_at, tries)


def _hosts(session: Session, ids: list[int | None]) -> dict[int | None, str]:
    """Return the server that most inboxes of each incident have, or had, trouble with."""
    host = func.coalesce(func.nullif(col(Inbox.problem_host), ""), col(Inbox.host))
    rows = session.exec(
        select(Episode.incident_id, host, func.count())
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(col(Episode.incident_id).in_(ids))
        .group_by(col(Episode.incident_id), host)
        .order_by(func.count())
    ).all()
    return {incident_id: found for incident_id, found, _ in rows}


def switched_off(session: Session, slugs: list[str]) -> dict[str, tuple[str, int, int]]:
    """Return for switched-off providers who did it, and how many inboxes and people that touches."""
    if not slugs:
        return {}
    names = dict(
        session.exec(
            select(SwitchedOff.target, Person.name)
            .join(Person, col(Person.id) == col(SwitchedOff.by_id))
            .where(SwitchedOff.level == PROVIDER, col(SwitchedOff.target).in_(slugs))
        ).all()
    )
    rows = session.exec(
        select(Inbox.provider, func.count(), func.count(func.distinct(col(Inbox.owner_id))))
        .where(col(Inbox.removed_at).is_(None), col(Inbox.provider).in_(slugs))
        .group_by(col(Inbox.provider))
    ).all()
    return {slug: (names.get(slug, ""), inboxes, people) for slug, inboxes, people in rows}


def _apps(session: Session) -> dict[str, AppStanding]:
    return {row.provider: row for row in session.exec(select(AppStanding)).all()}


def _timeline(incident: Incident) -> tuple[Line, ...]:
    lines = []
    for entry in incident.events if isinstance(incident.events, list) else []:
        try:
            at = datetime.fromisoformat(entry["at"])
            what = str(entry["what"])
        except (KeyError, TypeError, ValueError):
            continue
        lines.append(Line(at, what, {key: value for key, value in entry.items() if key not in {"at", "what"}}))
    return tuple(lines)
