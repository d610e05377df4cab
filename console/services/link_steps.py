"""How far a link has come, written down where it happens: in the transactions of its draft.

A draft that was begun without a link is nothing to any of these. Whoever changes a draft and its link in one
transaction locks the draft first.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, update
from sqlmodel import Session, col

from console.services import audit, link_rules
from console.services.context import Actor
from console.services.people import actor_of
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox, Person


class LinkOver(Exception):
    """The link of a draft counts no more: it was withdrawn, replaced or voided while the draft was on its way."""


def counts() -> ColumnElement[bool]:
    """Return the condition that a link was neither withdrawn nor used to the end; it may have run out."""
    return and_(col(ReconnectLink.withdrawn_at).is_(None), col(ReconnectLink.connected_at).is_(None))


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a link can be used, as far as the link itself is asked."""
    return and_(counts(), col(ReconnectLink.expires_at) > now)


def acting(draft: Draft, by: Person) -> Actor:
    """Return the person who began a draft as an actor, who may have begun it by a link."""
    return replace(actor_of(by), link_id=draft.link_id)


def begun(session: Session, draft: Draft, now: datetime, *, left: bool) -> None:
    """Note that the person left for the provider, or typed what is checked now."""
    at = {"left_at": now, "back_at": None} if left else {"back_at": now}
    _note(session, draft, failed_at=None, problem=None, **at)


def came_back(session: Session, draft: Draft, now: datetime) -> None:
    """Note that the provider sent the person back."""
    _note(session, draft, back_at=now, failed_at=None, problem=None)


def failed(session: Session, draft: Draft, problem: str | None, now: datetime) -> None:
    """Note that a try did not pass, and why; the link can be used on."""
    if _note(session, draft, failed_at=now, problem=problem):
        actor = acting(draft, session.get_one(Person, draft.by_id))
        audit.record(session, actor, "link.failed", about(draft.inbox_id, draft), now, why=problem or "")


def ensure(session: Session, draft: Draft, now: datetime) -> None:
    """Raise LinkOver when what a draft brings is wanted no more: its inbox was switched off, its person deactivated."""
    link = session.get(ReconnectLink, draft.link_id) if draft.link_id is not None else None
    if link is not None and link_rules.over(session, link, now) in {link_rules.DISABLED, link_rules.DEACTIVATED}:
        raise LinkOver


def connected(session: Session, draft: Draft, inbox: Inbox, now: datetime) -> None:
    """Note that the inbox is connected, which uses the link up. Raises LinkOver when the link counts no more."""
    if draft.link_id is None:
        return
    if not _note(session, draft, connected_at=now, failed_at=None, problem=None):
        raise LinkOver
    actor = acting(draft, session.get_one(Person, draft.by_id))
    audit.record(session, actor, "link.connected", ("inbox", inbox.id, inbox.address), now)


def about(inbox_id: int | None, row: Draft | ReconnectLink) -> tuple[str, object, str]:
    """Return what the audit entries of a link are about: its inbox, or whose address is to be connected."""
    person_id = row.owner_id if isinstance(row, Draft) else row.person_id
    address = row.address or ""
    return ("inbox", inbox_id, address) if inbox_id is not None else ("person", person_id, address)


def _note(session: Session, draft: Draft, **columns: Any) -> bool:
    if draft.link_id is None:
        return False
    noted = session.execute(
        update(ReconnectLink)
        .where(col(ReconnectLink.id) == draft.link_id, counts())
        .values(**columns)
        .returning(col(ReconnectLink.id))
        .execution_options(synchronize_session=False)
    ).first()
    return noted is not None
