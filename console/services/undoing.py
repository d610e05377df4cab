"""Taking applied defaults back: what an inbox had is kept beside the change, and given back unless it was edited."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.providers.base import SettingsUnreadable
from console.services import audit, bulk, checks, servers, switches
from console.services.context import Context
from console.services.people import actor_of
from console.store.bulk import BulkItem, BulkJob
from console.store.models import Credential, Inbox, Person, TrustedCertificate

# What was proven, or wrong, with the settings that come back is true of them again.
_STANDING = (
    "receives_only",
    "health",
    "problem",
    "problem_stage",
    "problem_host",
    "server_text",
    "strikes",
    "proofs",
    "flaws",
)
_TIMES = ("problem_since", "proven_until")


def remembered(session: Session, inbox: Inbox) -> dict[str, Any]:
    """Return what it takes to give `inbox` back what it has now; holds no secret."""
    pins = session.exec(select(TrustedCertificate).where(TrustedCertificate.inbox_id == inbox.id))
    credential = session.get(Credential, inbox.id)
    return {
        "settings": inbox.settings,
        "standing": {name: getattr(inbox, name) for name in _STANDING},
        "times": {name: _written(getattr(inbox, name)) for name in _TIMES},
        "due": inbox.next_check is not None,
        "refused": credential.refused if credential else {},
        "typed_at": _written(credential.typed_at) if credential else None,
        "pins": [pin.model_dump(mode="json", exclude={"id"}) for pin in pins],
    }


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def step(ctx: Context, session: Session, job: BulkJob, now: datetime) -> bool:
    """Give one inbox of the job its settings back; False when none is left."""
    item = session.exec(
        select(BulkItem)
        .where(BulkItem.job_id == job.id, col(BulkItem.state).in_(bulk.TOUCHED))
        .order_by(col(BulkItem.position))
        .limit(1)
    ).first()
    if item is None:
        return False
    inbox = session.exec(select(Inbox).where(Inbox.id == item.inbox_id).with_for_update()).one()
    if inbox.removed_at is not None:
        item.state = bulk.GONE
    elif inbox.revision != item.revision:
        item.state = bulk.KEPT
    else:
        item.state = bulk.BACK if _give_back(ctx, session, job, item, inbox, now) else bulk.KEPT
    item.at = now
    return True


def _give_back(ctx: Context, session: Session, job: BulkJob, item: BulkItem, inbox: Inbox, now: datetime) -> bool:
    family, before = ctx.families.get(inbox.provider), item.before
    if family is None or not isinstance(before, dict):
        return False
    try:
        left = servers.summary(family, inbox.settings)
        covered = servers.put(ctx, session, inbox, family, before["settings"], now, trigger=checks.DEFAULTS)
        back = family.summary(before["settings"])
    except SettingsUnreadable:
        return False
    known = {
        (pin.host, pin.port)
        for pin in session.exec(select(TrustedCertificate).where(TrustedCertificate.inbox_id == inbox.id))
    }
    for pin in before["pins"]:
        if (pin["host"], pin["port"]) not in known:
            session.add(TrustedCertificate.model_validate(pin))
    if covered:
        for name, value in before["standing"].items():
            setattr(inbox, name, value)
        for name, text in before["times"].items():
            setattr(inbox, name, _read(text))
        if not before["due"]:
            inbox.next_check = inbox.wanted_by = None
        credential = session.get(Credential, inbox.id)
        if credential is not None and _written(credential.typed_at) == before["typed_at"]:
            # What the other servers refused says nothing about these.
            credential.refused = before["refused"]
        if switches.reasons(session, inbox):
            inbox.wanted_by = None
    audit.record(
        session,
        actor_of(session.get_one(Person, job.by_id)),
        "inbox.defaults-undone",
        ("inbox", inbox.id, inbox.address),
        now,
        before=left,
        after=back,
        job=job.id,
    )
    return True
