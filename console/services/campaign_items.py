"""The inboxes of campaigns: whose owner is asked, what became of each, and when a campaign is over.

An owner is asked when they visit the console. Another channel, such as mail, would ask whom `waiting` finds and note it
with `note_asked` like a visit does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, update
from sqlmodel import Session, col, select

from console.rules.permissions import may
from console.services import scope, switches
from console.services.context import Actor, Context
from console.services.successors import EXCEPTED, FAILED, MOVED, OPEN
from console.store.campaigns import Campaign, CampaignItem
from console.store.models import Draft, Inbox

# For so long an owner who asked for it is left alone, and a visit is noted no more often.
LATER = timedelta(days=1)
MOST_ASKED = 5


@dataclass(frozen=True)
class Asked:
    """An inbox that its owner is asked to reconnect with another family, `provider` (a slug)."""

    item_id: int
    inbox_id: int
    address: str
    provider: str
    asked_at: datetime | None


def under_way() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an item joined with its campaign and inbox still waits to be moved."""
    return (
        col(Campaign.finished_at).is_(None),
        col(CampaignItem.state).in_(OPEN),
        col(Inbox.removed_at).is_(None),
        col(Inbox.provider) != col(Campaign.provider),
    )


def _joined(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(CampaignItem)
        .join(Campaign, col(Campaign.id) == col(CampaignItem.campaign_id))
        .join(Inbox, col(Inbox.id) == col(CampaignItem.inbox_id))
    )


def waiting_for(actor: Actor, now: datetime) -> Any:
    """Return the query of the actor's inboxes that they are to be asked about now, as `Asked` has them.

    Those that are switched off, or that are to wait for another day, are left out.
    """
    return (
        _joined(CampaignItem.id, Inbox.id, Inbox.address, Campaign.provider, CampaignItem.asked_at)
        .where(
            Inbox.owner_id == actor.id,
            *under_way(),
            ~switches.is_off(provider=False),
            or_(col(CampaignItem.ask_after).is_(None), col(CampaignItem.ask_after) <= now),
        )
        .order_by(Inbox.address)
        .limit(MOST_ASKED)
    )


def waiting(session: Session, actor: Actor, now: datetime) -> list[Asked]:
    """Return the actor's inboxes that they are to be asked about now, none where they may not reconnect any."""
    if not may(actor.role, "inbox.reconnect", own=True):
        return []
    return [Asked(*row) for row in session.exec(waiting_for(actor, now)).all()]


def note_asked(ctx: Context, asked: Iterable[Asked]) -> None:
    """Note that owners have been asked just now, unless that was noted within the last day."""
    now = ctx.clock()
    ids = [one.item_id for one in asked if one.asked_at is None or one.asked_at <= now - LATER]
    if ids:
        with ctx.store.write() as session:
            session.execute(update(CampaignItem).where(col(CampaignItem.id).in_(ids)).values(asked_at=now))


def later(ctx: Context, actor: Actor, inbox_id: int) -> None:
    """Leave the actor alone about an own inbox for a day. Nothing happens to those of others. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        scope.inbox(session, actor, "inbox.reconnect", inbox_id)
        ids = session.exec(
            _joined(CampaignItem.id).where(Inbox.id == inbox_id, Inbox.owner_id == actor.id, *under_way())
        ).all()
        session.execute(update(CampaignItem).where(col(CampaignItem.id).in_(ids)).values(ask_after=now + LATER))


def moved(session: Session, inbox: Inbox, now: datetime) -> None:
    """Note in the open transaction that an inbox has moved; that may end its campaign."""
    rows = session.exec(
        select(CampaignItem, Campaign)
        .join(Campaign, col(Campaign.id) == col(CampaignItem.campaign_id))
        .where(
            CampaignItem.inbox_id == inbox.id,
            col(CampaignItem.state).in_([*OPEN, EXCEPTED]),
            col(Campaign.finished_at).is_(None),
            Campaign.provider == inbox.provider,
        )
    ).all()
    for item, campaign in rows:
        item.state, item.problem, item.ask_after, item.at = MOVED, None, None, now
        session.flush()
        finish_if_over(session, campaign, now)


def failed(session: Session, draft: Draft, problem: str | None, now: datetime) -> None:
    """Note in the open transaction why a try to move an inbox failed. A draft that moves none is nothing to it."""
    if draft.moves_from is None or problem is None:
        return
    ids = session.exec(
        _joined(CampaignItem.id).where(
            CampaignItem.inbox_id == draft.inbox_id, Campaign.provider == draft.provider, *under_way()
        )
    ).all()
    session.execute(
        update(CampaignItem).where(col(CampaignItem.id).in_(ids)).values(state=FAILED, problem=problem, at=now)
    )


def finish_if_over(session: Session, campaign: Campaign, now: datetime) -> None:
    """End a campaign, in the open transaction, of which no inbox waits any more."""
    if session.exec(_joined(CampaignItem.id).where(Campaign.id == campaign.id, *under_way()).limit(1)).first() is None:
        campaign.finished_at = now


def tidy(ctx: Context, now: datetime) -> None:
    """End campaigns whose last inboxes were removed, or moved at the very same moment."""
    left = exists().where(
        col(CampaignItem.campaign_id) == col(Campaign.id),
        col(CampaignItem.inbox_id) == col(Inbox.id),
        *under_way()[1:],
    )
    over = select(Campaign.id).where(col(Campaign.finished_at).is_(None), ~left)
    with ctx.store.read() as session:
        ids = session.exec(over).all()
    if ids:
        with ctx.store.write() as session:
            for campaign in session.exec(select(Campaign).where(col(Campaign.id).in_(ids)).with_for_update()):
                if campaign.finished_at is None:
                    finish_if_over(session, campaign, now)
