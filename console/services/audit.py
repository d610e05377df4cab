"""Audit entries, written in the transaction of what they tell."""

from datetime import datetime

from sqlmodel import Session

from console.services.context import Actor
from console.store.models import AuditEntry

BY_LINK = "link"


def record(
    session: Session,
    actor: Actor | None,
    action: str,
    target: tuple[str, object, str],
    at: datetime,
    **detail: str | int | bool | None,
) -> None:
    """Add an entry to the open transaction: `actor` (None for the console itself) did `action` to `target`.

    `target` is type, id and label. `detail` never holds a secret. What somebody did through a link says so (`by`).
    """
    kind, identity, label = target
    if actor is not None and actor.link_id is not None:
        detail["by"] = BY_LINK
    session.add(
        AuditEntry(
            at=at,
            actor_id=actor.id if actor else None,
            actor_name=actor.name if actor else "",
            action=action,
            target_type=kind,
            target_id=str(identity)[:40],
            target_label=label[:254],
            detail=detail,
            ip=actor.ip if actor else "",
        )
    )
