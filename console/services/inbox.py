"""One inbox in full: its problem, proofs, last check, servers, trusted certificates and timeline."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists
from sqlmodel import Session, col, select

from console.discovery.domains import a_label
from console.providers.base import Provider, SettingsUnreadable, StageResult
from console.providers.consenting import Consenting, consenting
from console.rules.health import known
from console.services import (
    app_trouble,
    audit,
    cadence,
    days,
    exceptions,
    incidents,
    notices,
    outlook,
    proofs,
    scope,
    successors,
    switches,
)
from console.services.context import Actor, Context, NotFound
from console.services.days import Day
from console.services.exceptions import ExceptionRow
from console.services.inboxes import InboxRow, row_of
from console.services.incidents import Membership
from console.services.notices import NoticeRow
from console.services.outlook import Outlook
from console.services.proofs import Proof
from console.services.successors import Move
from console.store.models import Acceptance, AuditEntry, CheckRecord, Credential, Inbox, Person

TIMELINE = 25


@dataclass(frozen=True)
class LastCheck:
    """The newest finished check; `full` says that it was to go through every stage."""

    trigger: str
    full: bool
    started_at: datetime
    finished_at: datetime
    stages: tuple[StageResult, ...]

    @property
    def total_ms(self) -> int:
        """How long the check took, in milliseconds."""
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


@dataclass(frozen=True)
class Permission:
    """One permission that a family needs: its name at the provider, why it is needed (marked), whether it was given."""

    name: str
    reason: str
    given: bool


@dataclass(frozen=True)
class Happening:
    """One line of the timeline: a check (with how many are alike, `full` of them full ones) or what somebody did."""

    kind: str
    at: datetime
    code: str
    health: str | None = None
    problem: str | None = None
    who: str = ""
    alike: int = 1
    full: int = 0
    total_ms: int = 0
    detail: dict[str, Any] | None = None


@dataclass(frozen=True)
class InboxDetail:
    """Everything the inbox page shows.

    `aliases` are the other addresses that the mailbox sends as; `permissions` are those that its family needs, empty
    where the sign-in does not happen at the provider. `move` is the family that it can be reconnected with, if any.
    """

    row: InboxRow
    family: Provider | None
    connected_at: datetime
    connected_by: str | None
    problem_since: datetime | None
    problem_stage: str | None
    server_text: str
    last_check: LastCheck | None
    proofs: list[Proof]
    servers: list[tuple[str, str]]
    trusted: list[ExceptionRow]
    off: list[switches.Off]
    timeline: list[Happening]
    accepted: Acceptance | None
    accepted_by: str
    automation: bool
    full_due: datetime | None = None
    aliases: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    move: Move | None = None
    days: tuple[Day, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    outlook: Outlook | None = None


def detail(ctx: Context, actor: Actor, inbox_id: int) -> InboxDetail:
    """Return an inbox within the actor's scope. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.read() as session:
        inbox = scope.inbox(session, actor, "inbox.see", inbox_id)
        people = {
            person.id: person
            for person in session.exec(
                select(Person).where(col(Person.id).in_([inbox.owner_id, inbox.connected_by_id]))
            )
        }
        off = switches.reasons(session, inbox)
        checks = session.exec(
            select(CheckRecord).where(CheckRecord.inbox_id == inbox_id).order_by(col(CheckRecord.id).desc()).limit(200)
        ).all()
        entries = session.exec(
            select(AuditEntry)
            .where(AuditEntry.target_type == "inbox", AuditEntry.target_id == str(inbox_id))
            .order_by(col(AuditEntry.id).desc())
            .limit(TIMELINE)
        ).all()
        accepted = session.exec(
            select(Acceptance, Person.name)
            .join(Person, col(Person.id) == col(Acceptance.person_id))
            .where(
                Acceptance.inbox_id == inbox_id,
                Acceptance.moment == "before",
                Acceptance.provider == inbox.provider,
            )
            .order_by(col(Acceptance.id).desc())
            .limit(1)
        ).first()
        family = ctx.families.get(inbox.provider)
        owner = people[inbox.owner_id]
        trouble = app_trouble.problems(session).get(inbox.provider)
        incident = incidents.memberships(session, [inbox_id]).get(inbox_id)
        row = row_of(ctx, actor, inbox, owner, bool(off), now, trouble, incident)
        last, every = checks[0] if checks else None, cadence.every(ctx, session, inbox.provider)
        return InboxDetail(
            row=row,
            family=family,
            connected_at=inbox.connected_at,
            connected_by=people[inbox.connected_by_id].name if inbox.connected_by_id != inbox.owner_id else None,
            problem_since=inbox.problem_since,
            problem_stage=inbox.problem_stage,
            server_text=inbox.server_text,
            last_check=None
            if last is None
            else LastCheck(last.trigger, last.full, last.started_at, last.finished_at, _stages(last, incident)),
            proofs=proofs.of(inbox, family, every, now, incident),
            full_due=inbox.full_due,
            servers=_servers(family, inbox),
            trusted=exceptions.of_inbox(session, inbox, _hosts(family, inbox), now),
            off=off,
            timeline=[_shown(event, incident) for event in _timeline(list(checks), list(entries))],
            accepted=accepted[0] if accepted else None,
            accepted_by=accepted[1] if accepted else "",
            automation=inbox.automation,
            aliases=tuple(str(alias) for alias in inbox.aliases) if isinstance(inbox.aliases, list) else (),
            permissions=_permissions(session, consenting(family), inbox_id),
            move=successors.offered(ctx, session, inbox, actor, now),
            days=tuple(days.read(ctx, session, [inbox_id])[inbox_id]),
            notices=tuple(notices.of_inbox(session, actor, inbox_id, TIMELINE)),
            outlook=None if off else outlook.of_inbox(ctx, session, inbox, every, trouble is not None, now, incident),
        )


def _permissions(session: Session, family: Consenting | None, inbox_id: int) -> tuple[Permission, ...]:
    if family is None:
        return ()
    granted = session.exec(select(Credential.granted).where(Credential.inbox_id == inbox_id)).first()
    given = set(granted) if isinstance(granted, list) else set()
    return tuple(Permission(scope.name, scope.reason, scope.name in given) for scope in family.scopes)


def _stages(check: CheckRecord, incident: Membership | None) -> tuple[StageResult, ...]:
    stages = (StageResult.from_dict(stage) for stage in check.stages or () if isinstance(stage, dict))
    return tuple(
        replace(stage, problem=incident.problem) if incident and incident.stands_for(stage.problem) else stage
        for stage in stages
    )


def _servers(family: Provider | None, inbox: Inbox) -> list[tuple[str, str]]:
    try:
        return family.servers(inbox.settings) if family else []
    except SettingsUnreadable:
        return []


def _hosts(family: Provider | None, inbox: Inbox) -> set[str]:
    try:
        found = family.destinations(inbox.settings) if family else {}
    except SettingsUnreadable:
        return set()
    return {a_label(host) for hosts in found.values() for host in hosts}


def _shown(event: Happening, incident: Membership | None) -> Happening:
    if incident is None or event.at < incident.since or not incident.stands_for(event.problem):
        return event
    return replace(event, problem=incident.problem, health=incident.health_of(known(event.health or "")))


def _timeline(checks: list[CheckRecord], entries: list[AuditEntry]) -> list[Happening]:
    """Merge checks and entries, newest first; checks alike in a row become one line."""
    merged: list[Happening] = []
    events: list[tuple[datetime, CheckRecord | AuditEntry]] = [(check.finished_at, check) for check in checks]
    events += [(entry.at, entry) for entry in entries]
    for at, event in sorted(events, key=lambda pair: pair[0], reverse=True):
        if isinstance(event, AuditEntry):
            merged.append(Happening("action", at, event.action, who=event.actor_name, detail=event.detail))
            continue
        total = round((event.finished_at - event.started_at).total_seconds() * 1000)
        last = merged[-1] if merged else None
        if last is not None and last.kind == "check" and (last.health, last.problem) == (event.health, event.problem):
            merged[-1] = replace(last, alike=last.alike + 1, full=last.full + event.full)
        else:
            how = Happening("check", at, event.trigger, event.health, event.problem, full=int(event.full))
            merged.append(replace(how, total_ms=total))
    return merged[:TIMELINE]


@dataclass(frozen=True)
class Pending:
    """An inbox of the actor that somebody else connected, or whose disclosure they have not confirmed."""

    inbox_id: int
    address: str
    provider: str
    connected_by: str


def pending_of(actor: Actor) -> Any:
    """Return the query of the actor's inboxes for which they have not accepted the disclosure themselves."""
    accepted = exists().where(
        col(Acceptance.person_id) == actor.id,
        col(Acceptance.inbox_id) == col(Inbox.id),
        col(Acceptance.provider) == col(Inbox.provider),
    )
    return (
        select(Inbox.id, Inbox.address, Inbox.provider, Person.name)
        .join(Person, col(Person.id) == col(Inbox.connected_by_id))
        .where(
            Inbox.owner_id == actor.id,
            col(Inbox.removed_at).is_(None),
            col(Inbox.connected_by_id) != actor.id,
            ~accepted,
        )
        .order_by(Inbox.address)
        .limit(20)
    )


def pending_disclosures(session: Session, actor: Actor) -> list[Pending]:
    """Return the actor's inboxes for which they have not accepted the disclosure themselves."""
    return [Pending(*row) for row in session.exec(pending_of(actor)).all()]


def accept(ctx: Context, actor: Actor, inbox_id: int, *moments: str) -> None:
    """Record that the owner read the disclosure of an own inbox, before or after connecting. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = own(session, actor, inbox_id)
        family = ctx.families.get(inbox.provider)
        if family is None:
            raise NotFound
        known = set(
            session.exec(
                select(Acceptance.moment).where(
                    Acceptance.inbox_id == inbox_id,
                    Acceptance.person_id == actor.id,
                    Acceptance.provider == inbox.provider,
                    Acceptance.version == family.disclosure.version,
                )
            )
        )
        for moment in moments:
            if moment in known:
                continue
            session.add(
                Acceptance(
                    person_id=actor.id,
                    inbox_id=inbox_id,
                    address=inbox.address,
                    provider=inbox.provider,
                    moment=moment,
                    version=family.disclosure.version,
                    language=ctx.config.language,
                    at=now,
                )
            )
            audit.record(
                session,
                actor,
                f"disclosure.{moment}",
                ("inbox", inbox.id, inbox.address),
                now,
                version=family.disclosure.version,
            )


def own(session: Session, actor: Actor, inbox_id: int) -> Inbox:
    """Return a connected inbox that belongs to the actor. Raises NotFound."""
    found = session.exec(
        select(Inbox).where(Inbox.id == inbox_id, Inbox.owner_id == actor.id, col(Inbox.removed_at).is_(None))
    ).first()
    if found is None:
        raise NotFound
    return found
