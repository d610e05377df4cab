"""Audit entries, written in the transaction of what they tell."""

from datetime import datetime

from sqlmodel import Session

from console.services.context import Actor
from console.store.models import AuditEntry


def record(
    session: Session,
    actor: Actor | None,
    action: str,
    target: tuple[str, object, str],
    at: datetime,
    **detail: str | int | bool | None,
) -> None:
    """Add an entry to the open transaction: `actor` (None for the console itself) did `action` to `target`.

    `target` is type, id and label. `detail` never holds a secret.
    """
    kind, identity, label = target
    session.add(
        AuditEntry(
            at=at,
            actor_id=actor.id if actor else None,
            actor_name=actor.name if actor else "",
            action=action,
            target_type=kind,
            target_id=str(identity),
            target_label=label[:254],
            detail=detail,
            ip=actor.ip if actor else "",
        )
    )
