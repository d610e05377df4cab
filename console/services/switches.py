"""Switching inboxes and providers off and on, and removing inboxes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, or_
from sqlmodel import Session, col, select

from console.providers.base import App, Mailbox, Provider, Revocation, Secret, Settings
from console.providers.line import Line
from console.rules.texts import N_
from console.services import app_secrets, audit, credentials, episodes, scope
from console.services.context import Actor, Context, NotFound
from console.store import insert_into
from console.store.models import CheckRecord, Credential, Draft, Inbox, Person, SwitchedOff, TrustedCertificate
from console.store.vault import KeyMissing

LEVEL_LABELS = {"inbox": N_("This inbox"), "owner": N_("The owner"), "provider": N_("The provider")}


@dataclass(frozen=True)
class Off:
    """One reason why something is switched off."""

    level: str
    level_label: str
    by: str
    at: datetime
    why: str


def is_off(*, provider: bool = True) -> ColumnElement[bool]:
    """Return the condition that an inbox is switched off at any level, or at any but its provider's."""
    levels = [
        and_(col(SwitchedOff.level) == "inbox", col(SwitchedOff.target) == cast(col(Inbox.id), String)),
        and_(col(SwitchedOff.level) == "owner", col(SwitchedOff.target) == cast(col(Inbox.owner_id), String)),
    ]
    if provider:
        levels.append(and_(col(SwitchedOff.level) == "provider", col(SwitchedOff.target) == col(Inbox.provider)))
    return exists().where(or_(*levels))


def reasons(session: Session, inbox: Inbox, provider: str | None = None) -> list[Off]:
    """Return why this inbox is switched off, the nearest level first; empty when it is on.

    `provider` is the one that it is to be reconnected with, where that is another than its own.
    """
    targets = [("inbox", str(inbox.id)), ("owner", str(inbox.owner_id)), ("provider", provider or inbox.provider)]
    rows = session.exec(
        select(SwitchedOff, Person.name)
        .join(Person, col(Person.id) == col(SwitchedOff.by_id))
        .where(
            or_(
                *(and_(col(SwitchedOff.level) == level, col(SwitchedOff.target) == target) for level, target in targets)
            )
        )
    ).all()
    found = {
        row.level: Off(row.level, LEVEL_LABELS.get(row.level, row.level), name, row.at, row.why) for row, name in rows
    }
    return [found[level] for level, _ in targets if level in found]


def providers_off(session: Session) -> dict[str, Off]:
    """Return the switched-off providers by slug."""
    rows = session.exec(
        select(SwitchedOff, Person.name)
        .join(Person, col(Person.id) == col(SwitchedOff.by_id))
        .where(SwitchedOff.level == "provider")
    ).all()
    return {row.target: Off(row.level, LEVEL_LABELS["provider"], name, row.at, row.why) for row, name in rows}


def put_off(session: Session, actor: Actor, level: str, target: object, why: str, now: datetime) -> bool:
    """Add the off row of `target` at `level` to the open transaction; return False when it was there already."""
    row = {"level": level, "target": str(target), "by_id": actor.id, "at": now, "why": why[:300]}
    added = session.execute(
        insert_into(session, SwitchedOff)
        .values(row)
        .on_conflict_do_nothing(index_elements=["level", "target"])
        .returning(col(SwitchedOff.id))
    ).first()
    if added is not None:
        episodes.end_of_switched_off(session, level, target, now)
    return added is not None


def put_on(session: Session, level: str, target: object) -> bool:
    """Take the off row of `target` at `level` away; return whether there was one."""
    gone = session.execute(
        delete(SwitchedOff)
        .where(col(SwitchedOff.level) == level, col(SwitchedOff.target) == str(target))
        .returning(col(SwitchedOff.id))
        .execution_options(synchronize_session=False)
    ).first()
    return gone is not None


def disable(ctx: Context, actor: Actor, inbox_id: int, why: str = "") -> None:
    """Switch an inbox off: nothing is checked, sent or read until somebody enables it. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = scope.inbox(session, actor, "inbox.disable", inbox_id)
        if put_off(session, actor, "inbox", inbox_id, why, now):
            inbox.wanted_by = None
            audit.record(session, actor, "inbox.disable", ("inbox", inbox.id, inbox.address), now, why=why[:300])


def enable(ctx: Context, actor: Actor, inbox_id: int) -> None:
    """Switch an inbox on again and have it checked soon. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = scope.inbox(session, actor, "inbox.enable", inbox_id)
        if put_on(session, "inbox", inbox_id):
            check_soon(inbox, now)
            audit.record(session, actor, "inbox.enable", ("inbox", inbox.id, inbox.address), now)
    ctx.enqueue("check", inbox_id)


def check_soon(inbox: Inbox, now: datetime) -> None:
    """Make an inbox due for a full check, unless it waits for a person."""
    inbox.full_due = now
    if inbox.next_check is not None:
        inbox.next_check = now


def switch_provider_off(ctx: Context, actor: Actor, slug: str, why: str = "") -> None:
    """Switch a provider off for the organisation. Raises NotFound for an unknown one."""
    if ctx.families.get(slug) is None:
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        if put_off(session, actor, "provider", slug, why, now):
            audit.record(session, actor, "provider.off", ("provider", slug, slug), now, why=why[:300])


def switch_provider_on(ctx: Context, actor: Actor, slug: str) -> None:
    """Switch a provider on again; its inboxes are checked as they fall due. Raises NotFound."""
    if ctx.families.get(slug) is None:
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        if put_on(session, "provider", slug):
            audit.record(session, actor, "provider.on", ("provider", slug, slug), now)
    ctx.enqueue("sweep")


def remove(ctx: Context, actor: Actor, inbox_id: int) -> Revocation | None:
    """Remove an inbox: its secret is wiped and its address is free again; its history stays. Raises NotFound.

    A provider that gave a permission is asked to end it once the inbox is gone, which takes up to ten seconds. Returns
    what came of that, or where the person has to end the access; None when nothing could be asked.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = scope.inbox(session, actor, "inbox.remove", inbox_id)
        family = ctx.families.get(inbox.provider)
        address, settings = inbox.address, inbox.settings
        secret, app = _to_revoke(ctx, session, inbox, family)
        for draft in session.exec(select(Draft).where(Draft.inbox_id == inbox_id, col(Draft.sealed).is_not(None))):
            draft.sealed = draft.key_id = draft.typed_at = None
            draft.state = "failed"
            draft.lease_until = draft.lease_token = None
        session.execute(delete(Credential).where(col(Credential.inbox_id) == inbox_id))
        session.execute(delete(TrustedCertificate).where(col(TrustedCertificate.inbox_id) == inbox_id))
        put_on(session, "inbox", inbox_id)
        inbox.removed_at, inbox.next_check, inbox.wanted_by = now, None, None
        inbox.lease_until = inbox.lease_token = None
        inbox.revision += 1
        episodes.end(session, inbox_id, episodes.REMOVED, now)
        audit.record(session, actor, "inbox.remove", ("inbox", inbox.id, inbox.address), now)
    if family is None or not isinstance(settings, dict):
        return None
    if not family.consents:
        return family.revoke(Mailbox(address, Settings(settings), Secret()))
    with Line(ctx.dialer) as line:
        found = family.revoke(Mailbox(address, Settings(settings), secret, app=app), line)
    with ctx.store.write() as session:
        audit.record(session, actor, "inbox.revoke", ("inbox", inbox_id, address), ctx.clock(), done=found.done)
    return found


def _to_revoke(ctx: Context, session: Session, inbox: Inbox, family: Provider | None) -> tuple[Secret, App | None]:
    """Return the permission of an inbox and the app it was given to, as far as there are keys to open them."""
    credential = session.get(Credential, inbox.id)
    if family is None or not family.consents or credential is None:
        return Secret(), None
    try:
        return credentials.unseal(ctx, credential), app_secrets.for_use(ctx, session, family.slug)
    except KeyMissing:
        return Secret(), None


@dataclass(frozen=True)
class Blast:
    """What a switch or a removal would touch."""

    inboxes: int
    people: int
    healthy: int
    checks: int = 0


def blast(ctx: Context, condition: Iterable[ColumnElement[bool]]) -> Blast:
    """Return how many connected inboxes, people and healthy inboxes that are on a condition touches."""
    with ctx.store.read() as session:
        inboxes, people = session.exec(
            select(func.count(col(Inbox.id)), func.count(func.distinct(col(Inbox.owner_id)))).where(
                col(Inbox.removed_at).is_(None), *condition
            )
        ).one()
        healthy = session.exec(
            select(func.count(col(Inbox.id))).where(
                col(Inbox.removed_at).is_(None), Inbox.health == "healthy", ~is_off(), *condition
            )
        ).one()
        checks = session.exec(
            select(func.count(col(CheckRecord.id)))
            .join(Inbox, col(Inbox.id) == col(CheckRecord.inbox_id))
            .where(col(Inbox.removed_at).is_(None), *condition)
        ).one()
    return Blast(inboxes, people, healthy, checks)
