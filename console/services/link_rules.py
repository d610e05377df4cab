"""When a link opens nothing any more, and when none can be made."""

from datetime import datetime

from sqlmodel import Session, col, select

from console.providers.base import SettingsUnreadable
from console.rules.permissions import may
from console.rules.problems import Button, problem
from console.rules.texts import N_
from console.services import scope, switches
from console.services.context import Context, Refused
from console.services.draft import QUEUED, RUNNING
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox, Person

BY_STAFF, REPLACED, RECOVERED, REMOVED, MOVED_ON, DISABLED, DEACTIVATED, TAKEN, EXPIRED = (
    "by-staff",
    "replaced",
    "recovered",
    "removed",
    "moved-on",
    "disabled",
    "deactivated",
    "taken",
    "expired",
)


def over(session: Session, link: ReconnectLink, now: datetime) -> str:
    """Return why a link opens nothing: why it was withdrawn or is void, or that it has expired; "" while it opens.

    One that was used to the end is not over, nor does one expire while what its person typed is being checked.
    """
    if link.withdrawn_at is not None:
        return link.withdrawn_how
    if link.connected_at is not None:
        return ""
    person = session.get(Person, link.person_id)
    inbox = session.get(Inbox, link.inbox_id) if link.inbox_id is not None else None
    off = inbox is not None and any(one.level != "provider" for one in switches.reasons(session, inbox))
    used = link.inbox_id is None and taken(session, link.address)
    if why := why_void(link, inbox, person, off=off, taken=used):
        return why
    if link.expires_at > now:
        return ""
    draft = session.get(Draft, link.draft_id) if link.draft_id is not None else None
    return "" if draft is not None and draft.state in {QUEUED, RUNNING} else EXPIRED


def why_void(link: ReconnectLink, inbox: Inbox | None, person: Person | None, *, off: bool, taken: bool) -> str:
    """Return why the world around a link has made it void, or ""."""
    if person is None or not person.active:
        return DEACTIVATED
    if link.inbox_id is None:
        return TAKEN if taken else ""
    if inbox is None or inbox.removed_at is not None:
        return REMOVED
    if inbox.owner_id != link.person_id or inbox.address != link.address:
        return MOVED_ON
    if off:
        return DISABLED
    # A link for an inbox that was healthy when it was made is not about any problem.
    return RECOVERED if link.about is not None and inbox.problem is None and inbox.health == "healthy" else ""


def taken(session: Session, address: str) -> bool:
    """Return whether a connected inbox has this address."""
    wanted = select(Inbox.id).where(Inbox.address == address, col(Inbox.removed_at).is_(None))
    return session.exec(wanted).first() is not None


def moves(inbox: Inbox) -> bool:
    """Return whether the mailbox went to another provider, so that signing in at the old one mends nothing."""
    return inbox.problem is not None and problem(inbox.problem).button is Button.MOVE


def refuse_reconnect(ctx: Context, session: Session, inbox: Inbox, owner: Person) -> None:
    """Raise Refused while nobody could reconnect this inbox by a link."""
    if not owner.active:
        raise Refused(N_("The owner of this inbox is deactivated. Activate them first."))
    if not may(owner.role, "inbox.reconnect", own=True):
        raise Refused(N_("Its owner works at the help desk, where nobody types a password. Change the role first."))
    off = switches.reasons(session, inbox)
    if moves(inbox):
        # That the old provider is switched off is a reason to move, not to stay.
        off = [reason for reason in off if reason.level != "provider"]
    if off:
        raise Refused(
            N_("%(what)s is switched off, so nobody can reconnect it. Switch it on first."), what=off[0].level_label
        )
    family = scope.family(ctx, inbox)
    try:
        family.fill(inbox.settings)
    except SettingsUnreadable:
        raise Refused(N_("The stored settings cannot be read. An account admin has to save them anew first.")) from None


def refuse_connect(owner: Person) -> None:
    """Raise Refused while this person may not connect an inbox."""
    if not owner.active:
        raise Refused(N_("This person is deactivated. Activate them first."))
    if not may(owner.role, "inbox.connect", own=True):
        raise Refused(N_("Help desk connects no inboxes, not even own ones."))
    if not owner.personal_email:
        raise Refused(
            N_("Personal email access is off for this person. An account admin can switch it on under Users.")
        )
