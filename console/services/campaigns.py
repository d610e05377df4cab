"""Campaigns: the inboxes of a mail domain whose owners are asked to reconnect them with the family they move to.

A campaign is a row with an item per inbox, so that it survives everything. Nothing is done to an inbox before its owner
has signed in at the other provider; see `moving`.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from console.discovery.addresses import shown_domain
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import audit, campaign_items
from console.services.campaign_views import movable, newcomers, planned
from console.services.context import Actor, Context, NotFound, Refused
from console.services.successors import EXCEPTED, FAILED, OPEN, WAITING
from console.store.campaigns import Campaign, CampaignItem
from console.store.models import Inbox


def start(ctx: Context, actor: Actor, domain: str, mark: str, note: str = "") -> str:
    """Begin a campaign for exactly the inboxes that were shown with `mark`; return its id. Raises NotFound, Refused."""
    now = ctx.clock()
    try:
        with ctx.store.write() as session:
            _manage(actor)
            found = planned(ctx, session, domain)
            if found is None:
                raise Refused(N_("No inbox of this domain could move any more."))
            if found.mark != mark:
                raise Refused(N_("Other inboxes would be asked about than were listed. Look at the list once more."))
            if found.closed == "unset":
                raise Refused(
                    N_("An account admin has to set up %(provider)s first, under Integrations."), provider=found.label
                )
            if found.closed == "off":
                raise Refused(N_("%(provider)s is switched off under Integrations."), provider=found.label)
            campaign = Campaign(
                id=secrets.token_urlsafe(16),
                domain=domain,
                provider=found.to,
                note=note.replace("\x00", "").strip()[:500],
                by_id=actor.id,
                created_at=now,
            )
            session.add(campaign)
            session.flush()
            rows = movable(ctx, session, domain, found.to)
            session.add_all(CampaignItem(campaign_id=campaign.id, inbox_id=inbox.id or 0) for inbox, _, _ in rows)
            _record(session, actor, "campaign.start", campaign, now, inboxes=len(rows), to=found.to)
            return campaign.id
    except IntegrityError:
        raise Refused(N_("A campaign for this domain is under way already.")) from None


def join(ctx: Context, actor: Actor, domain: str) -> int:
    """Take the inboxes in that were connected since the campaign began; return how many. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        campaign = _current(session, actor, domain)
        ids = newcomers(ctx, session, campaign)
        session.add_all(CampaignItem(campaign_id=campaign.id, inbox_id=inbox_id) for inbox_id in ids)
        if ids:
            _record(session, actor, "campaign.join", campaign, now, inboxes=len(ids))
        return len(ids)


def remind(ctx: Context, actor: Actor, domain: str) -> None:
    """Have every owner who is waited for asked at the next visit, those who wanted another day too. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        campaign = _current(session, actor, domain)
        session.execute(
            update(CampaignItem)
            .where(col(CampaignItem.campaign_id) == campaign.id, col(CampaignItem.state).in_(OPEN))
            .values(ask_after=None)
        )
        _record(session, actor, "campaign.remind", campaign, now)


def stop(ctx: Context, actor: Actor, domain: str) -> None:
    """Ask nobody any more; what has moved stays moved. Raises NotFound where no campaign is under way."""
    now = ctx.clock()
    with ctx.store.write() as session:
        campaign = _current(session, actor, domain)
        campaign.finished_at, campaign.stopped_by_id = now, actor.id
        _record(session, actor, "campaign.stop", campaign, now)


def waits(ctx: Context, actor: Actor, inbox_id: int) -> tuple[str, str]:
    """Return address and domain of an inbox that could be left out of its campaign now. Raises NotFound."""
    _manage(actor)
    with ctx.store.read() as session:
        found = session.exec(_items(inbox_id, OPEN)).first()
        if found is None:
            raise NotFound
        _, _, inbox = found
        return inbox.address, inbox.domain


def leave_out(ctx: Context, actor: Actor, inbox_id: int, why: str) -> None:
    """Make an exception: the owner of this inbox is not asked. Raises NotFound, and Refused without a reason."""
    now, why = ctx.clock(), why.replace("\x00", "").strip()[:300]
    with ctx.store.write() as session:
        item, campaign, inbox = _item(session, actor, inbox_id, OPEN)
        if not why:
            raise Refused(N_("Say why this inbox stays where it is."), field="why")
        item.state, item.why, item.by_id, item.at = EXCEPTED, why, actor.id, now
        audit.record(session, actor, "campaign.leave-out", ("inbox", inbox.id, inbox.address), now, why=why)
        session.flush()
        campaign_items.finish_if_over(session, campaign, now)


def take_in(ctx: Context, actor: Actor, inbox_id: int) -> str:
    """Take an exception back; return the domain. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        item, _, inbox = _item(session, actor, inbox_id, (EXCEPTED,))
        item.state, item.why, item.by_id, item.at = (FAILED if item.problem else WAITING), "", None, now
        audit.record(session, actor, "campaign.take-in", ("inbox", inbox.id, inbox.address), now)
        return inbox.domain


def _manage(actor: Actor) -> None:
    if not may(actor.role, "domains.manage", own=False):
        raise NotFound


def _current(session: Session, actor: Actor, domain: str) -> Campaign:
    _manage(actor)
    found = session.exec(
        select(Campaign).where(Campaign.domain == domain, col(Campaign.finished_at).is_(None)).with_for_update()
    ).first()
    if found is None:
        raise NotFound
    return found


def _items(inbox_id: int, states: Sequence[str]) -> Any:
    return (
        select(CampaignItem, Campaign, Inbox)
        .join(Campaign, col(Campaign.id) == col(CampaignItem.campaign_id))
        .join(Inbox, col(Inbox.id) == col(CampaignItem.inbox_id))
        .where(
            col(Campaign.finished_at).is_(None),
            CampaignItem.inbox_id == inbox_id,
            col(CampaignItem.state).in_(states),
            col(Inbox.removed_at).is_(None),
        )
    )


def _item(session: Session, actor: Actor, inbox_id: int, states: Sequence[str]) -> tuple[CampaignItem, Campaign, Inbox]:
    _manage(actor)
    found = session.exec(_items(inbox_id, states).with_for_update(of=Campaign)).first()
    if found is None:
        raise NotFound
    item, campaign, inbox = found
    return item, campaign, inbox


def _record(session: Session, actor: Actor, action: str, campaign: Campaign, now: datetime, **detail: Any) -> None:
    about = ("domain", campaign.domain[:40], shown_domain(campaign.domain))
    audit.record(session, actor, action, about, now, campaign=campaign.id, **detail)
