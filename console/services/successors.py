"""Where mailboxes move to: the family that another one names as its successor, and what tells that it happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from console.discovery.answer import Answer
from console.providers.base import Provider
from console.providers.consenting import consenting
from console.rules.permissions import may
from console.rules.problems import Button, problem
from console.services import app_secrets, switches
from console.services.context import Actor, Context
from console.store import insert_into
from console.store.campaigns import Campaign, CampaignItem
from console.store.domains import MailDomain
from console.store.models import Inbox

# What says that a mailbox has moved: a check of it, a campaign of its domain, what was found out about the domain.
Sign = Literal["check", "campaign", "domain", ""]
# Why nobody can go there now: an admin has to set the app up first, or has switched the family off.
Closed = Literal["unset", "off", ""]
WAITING, FAILED, MOVED, EXCEPTED = "waiting", "failed", "moved", "excepted"
OPEN = (WAITING, FAILED)


@dataclass(frozen=True)
class Move:
    """The family that an inbox can be reconnected with. `place` is who people sign in with there, or the family's name.

    `note` is what an admin tells the owners in a campaign, `may_wait` says that the owner can be asked another day.
    """

    to: str
    label: str
    place: str
    sign: Sign = ""
    closed: Closed = ""
    note: str = ""
    may_wait: bool = False


def successor_of(ctx: Context, slug: str) -> Provider | None:
    """Return the family that mailboxes of another one move to, or None where there is none in this console."""
    family = ctx.families.get(slug)
    return ctx.families.get(family.successor) if family is not None else None


def predecessors(ctx: Context, slug: str | None = None) -> dict[str, str]:
    """Return the successors of families by the slug of those that have one; only those that lead to `slug`, if any."""
    return {
        family.slug: family.successor
        for family in ctx.families
        if family.successor and ctx.families.get(family.successor) and slug in {None, family.successor}
    }


def place_of(family: Provider) -> str:
    """Return who people sign in with at a family (not translated), or its name (marked)."""
    elsewhere = consenting(family)
    return elsewhere.place if elsewhere is not None else family.label


def closed(ctx: Context, session: Session, family: Provider) -> Closed:
    """Return why nobody can connect with a family now."""
    if family.slug in switches.providers_off(session):
        return "off"
    return "unset" if family.consents and app_secrets.client_id(ctx, session, family.slug) is None else ""


def has_left(inbox: Inbox) -> bool:
    """Return whether the last check of an inbox says that its mailbox has moved."""
    return inbox.problem is not None and problem(inbox.problem).button is Button.MOVE


def offered(ctx: Context, session: Session, inbox: Inbox, actor: Actor, now: datetime) -> Move | None:
    """Return where an inbox can move to for somebody who may reconnect it, and what says that it should."""
    family = successor_of(ctx, inbox.provider)
    if family is None or not may(actor.role, "inbox.reconnect", own=inbox.owner_id == actor.id):
        return None
    item = session.exec(
        select(CampaignItem, Campaign.note)
        .join(Campaign, col(Campaign.id) == col(CampaignItem.campaign_id))
        .where(
            CampaignItem.inbox_id == inbox.id,
            col(CampaignItem.state).in_(OPEN),
            col(Campaign.finished_at).is_(None),
            Campaign.provider == family.slug,
        )
    ).first()
    kept = session.get(MailDomain, inbox.domain)
    sign: Sign = "domain" if kept is not None and kept.moved_to == family.slug else ""
    if item is not None:
        sign = "campaign"
    if has_left(inbox):
        sign = "check"
    mine = inbox.owner_id == actor.id
    return Move(
        family.slug,
        family.label,
        place_of(family),
        sign,
        closed(ctx, session, family),
        item[1] if item is not None else "",
        item is not None and mine and (item[0].ask_after is None or item[0].ask_after <= now),
    )


def learn(ctx: Context, session: Session, answer: Answer) -> None:
    """Note in the open transaction where discovery found the mailboxes of a domain, where inboxes could move there.

    What is only possible is no sign, and an answer that recommends nothing says nothing.
    """
    if answer.recommended is None:
        return
    known, domain = predecessors(ctx), answer.address.domain
    here = session.exec(
        select(Inbox.provider)
        .where(Inbox.domain == domain, col(Inbox.removed_at).is_(None), col(Inbox.provider).in_(list(known)))
        .distinct()
    )
    targets = {known[slug] for slug in here}
    if not targets:
        return
    sure = answer.confidence in {"certain", "likely"}
    moved_to = answer.recommended if sure and answer.recommended in targets else None
    row = {"domain": domain, "kind": "none", "note": "", "members_may_change": True, "revision": 0}
    session.execute(
        insert_into(session, MailDomain)
        .values(row | {"moved_to": moved_to})
        .on_conflict_do_update(index_elements=["domain"], set_={"moved_to": moved_to})
    )
