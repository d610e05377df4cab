"""Groups of settings that account admins make in the console: values by name, who changed them, and a sealed secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from console.rules.permissions import may
from console.rules.texts import N_
from console.services import audit
from console.services.context import Actor, Context, NotFound, Refused
from console.store.models import Person
from console.store.notices import Setting

CHANGED_MEANWHILE = N_("Somebody else changed these settings meanwhile. Look at them again, then save.")


@dataclass(frozen=True)
class Stored:
    """A group as it is stored. `revision` is 0 while nobody changed anything; `secret` says whether one is sealed."""

    value: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    by: str = ""
    at: datetime | None = None
    secret: bool = False


def read(session: Session, name: str) -> dict[str, Any]:
    """Return the values of a group, empty while nobody changed anything or where what is stored cannot be read."""
    return stored(session, name).value


def stored(session: Session, name: str) -> Stored:
    """Return a group with who changed it last, and the revision that a form is made from."""
    row = session.get(Setting, name)
    if row is None:
        return Stored()
    person = session.get(Person, row.by_id) if row.by_id is not None else None
    value = dict(row.value) if isinstance(row.value, dict) else {}
    return Stored(value, row.revision, person.name if person else "", row.at, row.sealed is not None)


def opened(ctx: Context, session: Session, name: str) -> dict[str, str]:
    """Return the secret of a group, for workers; empty where there is none. Raises KeyMissing."""
    row = session.get(Setting, name)
    return dict(ctx.vault.unseal(row.sealed, row=_row_name(name))) if row is not None and row.sealed else {}


def write(
    ctx: Context,
    session: Session,
    actor: Actor,
    name: str,
    value: Mapping[str, Any],
    *,
    sealed: Mapping[str, str] | None = None,
    revision: int | None = None,
) -> None:
    """Replace the values of a group, in the open transaction of the caller.

    `sealed` is the secret that is sealed beside them: None keeps the stored one, an empty one drops it. `revision` is
    the one that the form was made from. The audit entry names every value that changed, from what to what, and of a
    secret only that it changed. Raises NotFound for whoever may not, and Refused when somebody else was quicker.
    """
    if not may(actor.role, "settings.manage", own=False):
        raise NotFound
    now = ctx.clock()
    row = session.get(Setting, name, with_for_update=True)
    if revision is not None and revision != (row.revision if row else 0):
        raise Refused(CHANGED_MEANWHILE)
    before = row.value if row is not None and isinstance(row.value, dict) else {}
    changes: dict[str, Any] = {} if sealed is None else {"secret": "new" if sealed else "dropped"}
    flat_before, flat_after = _flat(before), _flat(value)
    for key in sorted({*flat_before, *flat_after}):
        if flat_before.get(key) != flat_after.get(key):
            changes[f"{key}.from"], changes[f"{key}.to"] = flat_before.get(key), flat_after.get(key)
    if not changes:
        return
    if row is None:
        row = Setting(name=name, value=dict(value), revision=0, at=now)
    row.value, row.revision, row.by_id, row.at = dict(value), row.revision + 1, actor.id, now
    if sealed is not None:
        row.sealed = ctx.vault.seal(dict(sealed), row=_row_name(name)) if sealed else None
        row.key_id = ctx.vault.key_id if sealed else None
    session.add(row)
    try:
        session.flush()
    except IntegrityError:  # Two people saved a group that was never changed before.
        raise Refused(CHANGED_MEANWHILE) from None
    audit.record(session, actor, "settings.change", ("setting", name, name), now, **changes)


def _row_name(name: str) -> str:
    return f"setting:{name}"


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values by dotted name, each as something that an audit entry can hold."""
    found: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, Mapping):
            found |= _flat(one, f"{prefix}{key}.")
        elif isinstance(one, list | tuple):
            found[f"{prefix}{key}"] = ", ".join(str(part) for part in one)[:400]
        else:
            found[f"{prefix}{key}"] = one if isinstance(one, int | bool | None) else str(one)[:400]
    return found
