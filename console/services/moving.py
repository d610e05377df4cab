"""Reconnecting one inbox with the family that its mailbox moved to.

A move is a reconnect whose draft has the other family: it asks for that family's disclosure and sign-in, and only once
the new connection is verified does the inbox change hands, in the transaction that drops the old secret. Whatever
fails before that leaves the inbox as it was.
"""

from datetime import datetime

from sqlmodel import Session

from console.rules.texts import N_
from console.services import audit, drafts, scope, successors, switches
from console.services.context import Actor, Context, Refused
from console.store.models import Draft


def start(ctx: Context, actor: Actor, inbox_id: int) -> str:
    """Begin the draft that reconnects an inbox with the successor of its family; return its id.

    Raises NotFound, and Refused with who must act where there is no such family, it is not set up, or it is off.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        draft = draft_of(ctx, session, actor, inbox_id, now)
        about, places = ("inbox", inbox_id, draft.address or ""), {"before": draft.moves_from, "to": draft.provider}
        audit.record(session, actor, "move.start", about, now, **places)
        return draft.id


def draft_of(ctx: Context, session: Session, actor: Actor, inbox_id: int, now: datetime) -> Draft:
    """Add the draft of a move to the open transaction and return it. Raises as `start` does."""
    inbox = scope.inbox(session, actor, "inbox.reconnect", inbox_id)
    family = successors.successor_of(ctx, inbox.provider)
    if family is None:
        raise Refused(N_("Mailboxes of this provider do not move to another one."))
    # That the old provider is switched off is a reason to move, not to stay.
    off = switches.reasons(session, inbox, family.slug)
    if any(reason.level != "provider" for reason in off):
        raise Refused(N_("This inbox is switched off. Enable it first, then reconnect it."))
    if off:
        raise Refused(
            N_("%(provider)s is switched off by %(by)s. Ask your account admin to switch it on under Integrations."),
            provider=family.label,
            by=off[0].by,
        )
    if successors.closed(ctx, session, family) == "unset":
        raise Refused(
            N_("An account admin has to set up %(provider)s first, under Integrations."), provider=family.label
        )
    draft = drafts.new(actor, inbox.owner_id, now)
    draft.inbox_id, draft.address, draft.provider = inbox.id, inbox.address, family.slug
    draft.moves_from, draft.automation = inbox.provider, inbox.automation
    session.add(draft)
    return draft
