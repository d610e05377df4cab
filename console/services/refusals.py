"""Why a draft does not go on: its address, its provider, or what was found out about it."""

from datetime import datetime

from sqlmodel import Session, col, select

from console.rules.texts import N_
from console.services import discoveries, switches
from console.services.context import Context, Refused
from console.store.models import Draft, Inbox


def unsupported(session: Session, draft: Draft, now: datetime, *, field: str | None = None) -> None:
    """Raise Refused when the look-up of the draft's address says that it cannot be connected."""
    found = discoveries.of_draft(session, draft, now)
    if found is not None and found.answer is not None and found.answer.refused is not None:
        saying = found.answer.refused.saying
        raise Refused(saying.sentence, field=field, **saying.values)


def taken(session: Session, draft: Draft, address: str) -> None:
    """Raise Refused when a connected inbox has this address."""
    found = session.exec(select(Inbox).where(Inbox.address == address, col(Inbox.removed_at).is_(None))).first()
    if found is None or found.id == draft.inbox_id:
        return
    if found.owner_id == draft.owner_id:
        raise Refused(
            N_("This address is connected already. Open it in the list; Reconnect gives it a new password."),
            field="address",
        )
    raise Refused(
        N_(
            "Somebody else has connected this address. An address is connected once; ask your account admin whose"
            " it is."
        ),
        field="address",
    )


def switched_off(session: Session, ctx: Context, provider: str) -> None:
    """Raise Refused when an admin switched the provider off."""
    off = switches.providers_off(session).get(provider)
    if off is not None:
        family = ctx.families.get(provider)
        raise Refused(
            N_("%(provider)s is switched off by %(by)s. Ask your account admin to switch it on under Integrations."),
            field="address",
            provider=family.label if family else provider,
            by=off.by,
        )
