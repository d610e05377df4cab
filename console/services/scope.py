"""What a signed-in person may see and touch: every inbox is fetched through here."""

from sqlalchemy import ColumnElement, false, true
from sqlmodel import Session, col, select

from console.providers.base import Provider
from console.rules.permissions import Reach, reach
from console.rules.texts import N_
from console.services.context import Actor, Context, NotFound, Refused
from console.store.models import Inbox


def condition(actor: Actor, action: str) -> ColumnElement[bool]:
    """Return the condition that an inbox lies within what `actor` may do `action` to."""
    allowed = reach(actor.role, action)
    if allowed is Reach.ALL:
        return true()
    return col(Inbox.owner_id) == actor.id if allowed is Reach.OWN else false()


def inbox(session: Session, actor: Actor, action: str, inbox_id: int) -> Inbox:
    """Return a connected inbox that `actor` may do `action` to.

    Raises NotFound, whether it is absent or out of reach.
    """
    found = session.exec(
        select(Inbox).where(Inbox.id == inbox_id, col(Inbox.removed_at).is_(None), condition(actor, action))
    ).first()
    if found is None:
        raise NotFound
    return found


def family(ctx: Context, inbox: Inbox) -> Provider:
    """Return the family of an inbox. Raises Refused when this console does not know it."""
    found = ctx.families.get(inbox.provider)
    if found is None:
        raise Refused(N_("This console does not know the provider of this inbox. Remove it, or update the console."))
    return found
