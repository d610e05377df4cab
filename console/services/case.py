"""One case in full: everything that one screen tells about an incident or a single problem."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.discovery.addresses import shown
from console.providers.base import SettingsUnreadable
from console.rules.problems import Who, problem
from console.services import link_standing
from console.services.cases import EPISODE, INCIDENT, WEIGHTS, Ref, acting, ensure, episode_weight, health_of
from console.services.context import Actor, Context, NotFound
from console.services.incident_views import switched_off
from console.services.link_standing import LinkLine
from console.services.recovery import SWITCHED_OFF
from console.store.cases import CaseNote, Handling
from console.store.domains import MailDomain
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person

FIRST_INBOXES = 5
NOTES = 50


@dataclass(frozen=True)
class Handled:
    """What staff have done about a case so far; names of people, times in UTC."""

    taken_by_id: int | None = None
    taken_by: str = ""
    taken_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str = ""
    handed_at: datetime | None = None
    handed_by: str = ""


@dataclass(frozen=True)
class InboxLine:
    """An inbox of an incident: whose it is, and since when and until when it is part of it."""

    inbox_id: int
    address: str
    owner: str
    since: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class NoteLine:
    """A note; `about` is the address of the inbox whose own case it was written on before the incident was seen."""

    id: int
    by: str
    at: datetime
    text: str
    about: str = ""


@dataclass(frozen=True)
class Case:
    """Everything that one screen tells about a case, in codes and values.

    `host` is the server it is about; `domain` the one mail domain of all its inboxes, "" where there are several.
    `told` of `inboxes` owners were told of it; `held` says that they are not told for now. `turn` is the inbox that is
    tested first, `next_try` when the console does so by itself. `part_of` is the open incident that an episode is in.
    """

    ref: Ref
    problem: str
    health: str
    since: datetime
    ended_at: datetime | None
    ended_how: str
    who: Who
    host: str
    domain: str
    provider: str
    people: int
    inboxes: int
    lines: tuple[InboxLine, ...]
    address: str
    inbox_id: int | None
    owner: str
    contact: str
    server_text: str
    stage: str | None
    server: str
    told: int
    held: bool
    turn: int | None
    next_try: datetime | None
    checking: bool
    handled: Handled
    notes: tuple[NoteLine, ...]
    link: LinkLine | None
    level: str = ""
    target: str = ""
    nature: str = ""
    part_of: Ref | None = None


def show(ctx: Context, actor: Actor, ref: Ref) -> Case:
    """Return a case, also one that is over. Raises NotFound."""
    ensure(actor)
    with ctx.store.read() as session:
        return read(ctx, session, ref)


def read(ctx: Context, session: Session, ref: Ref) -> Case:
    """Return a case as `show` does, for whoever works at the help desk. Raises NotFound."""
    return _incident(ctx, session, ref) if ref.kind == INCIDENT else _episode(ctx, session, ref)


def _incident(ctx: Context, session: Session, ref: Ref) -> Case:
    now, incident = ctx.clock(), session.get(Incident, ref.id)
    if incident is None:
        raise NotFound
    still = [col(Episode.ended_at).is_(None)] if incident.ended_at is None else []
    mine = [col(Episode.incident_id) == ref.id, *still]
    domains, providers, inboxes, people, told, worst = session.execute(
        sa.select(
            func.min(Inbox.domain) + "\n" + func.max(Inbox.domain),
            func.min(Inbox.provider) + "\n" + func.max(Inbox.provider),
            func.count(),
            func.count(func.distinct(col(Inbox.owner_id))),
            func.count(col(Episode.told_at)),
            func.max(episode_weight()),
        )
        .select_from(Episode)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(*mine)
    ).one()
    if incident.problem == SWITCHED_OFF:
        _, inboxes, people = switched_off(session, [incident.target]).get(incident.target, ("", 0, 0))
    rows = session.exec(
        select(Episode, Inbox, Person.name)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .where(*mine)
        .order_by(col(Episode.began_at), col(Episode.id))
        .limit(FIRST_INBOXES)
    ).all()
    turn = session.get(Inbox, incident.canary_id) if incident.canary_id else (rows[0][1] if rows else None)
    domain, host = _one(domains), incident.target if incident.level == "host" else ""
    host = host or (turn.problem_host or turn.host if turn else "")
    return Case(
        ref=ref,
        problem=incident.problem,
        health=health_of(incident, WEIGHTS.get(worst, ""), now),
        since=incident.began_at,
        ended_at=incident.ended_at,
        ended_how="recovered" if incident.ended_at else "",
        who=acting(incident.problem, incident.nature, incident.owners_told_from, now),
        host=host,
        domain=domain or (incident.target if incident.level == "domain" else ""),
        provider=_one(providers) or (incident.target if incident.level in {"app", "provider"} else ""),
        people=people,
        inboxes=inboxes,
        lines=tuple(
            InboxLine(inbox.id or 0, shown(inbox.address), name, episode.began_at, episode.ended_at)
            for episode, inbox, name in rows
        ),
        address="",
        inbox_id=None,
        owner="",
        contact=_contact(session, domain),
        server_text=incident.server_text,
        stage=incident.stage,
        server=_server(ctx, turn, host),
        told=told,
        held=incident.owners_told_from is None or incident.owners_told_from > now,
        turn=turn.id if turn else None,
        next_try=incident.canary_at if incident.ended_at is None else None,
        checking=_checking(turn, now),
        handled=_handled(session, ref),
        notes=_notes(session, ref),
        link=None,
        level=incident.level,
        target=incident.target,
        nature=incident.nature,
    )


def _one(both: str | None) -> str:
    """Return what the least and the greatest value have in common, if they are one."""
    first, _, last = (both or "").partition("\n")
    return first if first == last else ""


def _episode(ctx: Context, session: Session, ref: Ref) -> Case:
    now = ctx.clock()
    found = session.exec(
        select(Episode, Inbox, Person.name, Incident)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .where(Episode.id == ref.id)
    ).first()
    if found is None:
        raise NotFound
    episode, inbox, owner, incident = found
    inside = incident is not None and incident.ended_at is None and episode.ended_at is None
    host = inbox.problem_host or inbox.host
    over = episode.ended_at is not None
    return Case(
        ref=ref,
        problem=episode.problem,
        health=episode.health,
        since=episode.began_at,
        ended_at=episode.ended_at,
        ended_how=episode.ended_how,
        who=problem(episode.problem).who,
        host=host,
        domain=inbox.domain,
        provider=inbox.provider,
        people=1,
        inboxes=1,
        lines=(),
        address=shown(inbox.address),
        inbox_id=inbox.id if inbox.removed_at is None else None,
        owner=owner,
        contact=_contact(session, inbox.domain),
        server_text="" if over else inbox.server_text,
        stage=None if over else inbox.problem_stage,
        server=_server(ctx, inbox, host),
        told=1 if episode.told_at else 0,
        held=False,
        turn=inbox.id,
        next_try=None if over else inbox.next_check,
        checking=not over and _checking(inbox, now),
        handled=_handled(session, ref),
        notes=_notes(session, ref),
        link=link_standing.newest(session, [inbox.id or 0], now).get(inbox.id or 0),
        part_of=Ref(INCIDENT, incident.id or 0) if inside and incident is not None else None,
    )


def _checking(inbox: Inbox | None, now: datetime) -> bool:
    if inbox is None or inbox.removed_at is not None:
        return False
    return inbox.wanted_by is not None or (inbox.lease_until is not None and inbox.lease_until > now)


def _contact(session: Session, domain: str) -> str:
    """Return what is noted on the page of a mail domain, where staff keep whom to call."""
    row = session.get(MailDomain, domain) if domain else None
    return row.note if row else ""


def _server(ctx: Context, inbox: Inbox | None, host: str) -> str:
    """Return the server with its port, as the settings of the inbox name it; "" where they name no port."""
    family = ctx.families.get(inbox.provider) if inbox is not None else None
    if family is None or inbox is None or not host:
        return ""
    try:
        values = [value for _, value in family.servers(inbox.settings)]
    except SettingsUnreadable:
        return ""
    return next((value for value in values if value.partition(":")[0] == host), "")


def _handled(session: Session, ref: Ref) -> Handled:
    taker, snoozer, hander = aliased(Person), aliased(Person), aliased(Person)
    found = session.execute(
        sa.select(Handling, col(taker.name), col(snoozer.name), col(hander.name))
        .outerjoin(taker, col(taker.id) == col(Handling.taken_by_id))
        .outerjoin(snoozer, col(snoozer.id) == col(Handling.snoozed_by_id))
        .outerjoin(hander, col(hander.id) == col(Handling.handed_by_id))
        .where(col(Handling.kind) == ref.kind, col(Handling.case_id) == ref.id)
    ).first()
    if found is None:
        return Handled()
    row, taken, snoozed, handed = found
    return Handled(
        row.taken_by_id, taken or "", row.taken_at, row.snoozed_until, snoozed or "", row.handed_at, handed or ""
    )


def _notes(session: Session, ref: Ref) -> tuple[NoteLine, ...]:
    """Return the newest notes, oldest first; an incident has those of its episodes too."""
    own = and_(col(CaseNote.kind) == ref.kind, col(CaseNote.case_id) == ref.id)
    if ref.kind == INCIDENT:
        inside = select(Episode.id).where(Episode.incident_id == ref.id)
        own = or_(own, and_(col(CaseNote.kind) == EPISODE, col(CaseNote.case_id).in_(inside)))
    rows = session.exec(
        select(CaseNote, Person.name, Inbox.address)
        .join(Person, col(Person.id) == col(CaseNote.by_id))
        .outerjoin(Episode, and_(col(CaseNote.kind) == EPISODE, col(Episode.id) == col(CaseNote.case_id)))
        .outerjoin(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(own)
        .order_by(col(CaseNote.id).desc())
        .limit(NOTES)
    ).all()
    return tuple(
        NoteLine(note.id or 0, name, note.at, note.text, shown(address) if address and ref.kind == INCIDENT else "")
        for note, name, address in reversed(rows)
    )
