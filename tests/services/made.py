"""Inboxes made without the wizard: many at once, in any state, with a sealed whistle or password."""

from typing import Any

from sqlmodel import select

from console.services import credentials, drafts, switches, verification
from console.services.context import Actor, Context
from console.store.models import AuditEntry, CheckRecord, Credential, Draft, Inbox
from tests.pigeon import PigeonFamily

PIGEONS = PigeonFamily()
LOFT = "hill.test"


def make(
    ctx: Context,
    owner: Actor,
    *addresses: str,
    loft: str = LOFT,
    whistle: str = "coo",
    credential: bool = True,
    **columns: Any,
) -> list[int]:
    """Connect inboxes that are due now, healthy and proven until tomorrow unless `columns` say otherwise."""
    now = ctx.clock()
    settings = columns.pop("settings", {"loft": loft})
    state: dict[str, Any] = {
        "health": "healthy",
        "proofs": {},
        "next_check": now,
        "checked_at": now,
        "proven_until": now.replace(year=now.year + 1),
        "connected_at": now,
        "connected_by_id": owner.id,
        **columns,
    }
    with ctx.store.write() as session:
        rows = [
            Inbox(owner_id=owner.id, address=address, provider="pigeon", host=loft, settings=settings, **state)
            for address in addresses
        ]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
        if credential:
            session.add_all(
                Credential(
                    inbox_id=inbox_id,
                    sealed=credentials.seal(ctx, {"password": whistle}, f"inbox:{inbox_id}"),
                    key_id=ctx.vault.key_id,
                    typed_for=credentials.typed_for(PIGEONS, {"loft": loft}),
                    typed_at=now,
                    refused={},
                )
                for inbox_id in ids
            )
    return ids


def change(ctx: Context, inbox_id: int, **columns: Any) -> None:
    """Set columns of an inbox behind the console's back."""
    with ctx.store.write() as session:
        inbox = session.get_one(Inbox, inbox_id)
        for name, value in columns.items():
            setattr(inbox, name, value)


def inbox(ctx: Context, inbox_id: int) -> Inbox:
    """Return the row of an inbox."""
    with ctx.store.read() as session:
        return session.get_one(Inbox, inbox_id)


def credential(ctx: Context, inbox_id: int) -> Credential | None:
    """Return the sealed secret of an inbox."""
    with ctx.store.read() as session:
        return session.get(Credential, inbox_id)


def history(ctx: Context, inbox_id: int) -> list[CheckRecord]:
    """Return the finished checks of an inbox, oldest first."""
    with ctx.store.read() as session:
        return list(
            session.exec(select(CheckRecord).where(CheckRecord.inbox_id == inbox_id).order_by(CheckRecord.id)).all()
        )


def audited(ctx: Context, action: str) -> list[AuditEntry]:
    """Return the audit entries of one action, oldest first."""
    with ctx.store.read() as session:
        return list(session.exec(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)).all())


def draft(ctx: Context, draft_id: str) -> Draft | None:
    """Return the row of a draft."""
    with ctx.store.read() as session:
        return session.get(Draft, draft_id)


def begin(ctx: Context, actor: Actor, address: str, **options: Any) -> str:
    """Go through the wizard up to the settings; return the draft's id."""
    draft_id = drafts.start(ctx, actor, **options)
    drafts.set_address(ctx, actor, draft_id, address, "pigeon")
    drafts.accept_disclosure(ctx, actor, draft_id)
    return draft_id


def type_in(ctx: Context, actor: Actor, draft_id: str, *, loft: str = LOFT, whistle: str = "coo") -> None:
    """Take the settings step."""
    drafts.set_settings(ctx, actor, draft_id, {"loft": loft, "password": whistle})


def enrol(ctx: Context, actor: Actor, address: str, *, loft: str = LOFT, whistle: str = "coo", **options: Any) -> str:
    """Go through the whole wizard, with this thread as the worker; return the draft's id."""
    draft_id = begin(ctx, actor, address, **options)
    type_in(ctx, actor, draft_id, loft=loft, whistle=whistle)
    verification.run(ctx, draft_id)
    return draft_id


def off(ctx: Context, inbox_id: int) -> list[str]:
    """Return the levels at which an inbox is switched off, the nearest first."""
    with ctx.store.read() as session:
        return [reason.level for reason in switches.reasons(session, session.get_one(Inbox, inbox_id))]
