"""Campaigns as pages show them: what one would be, and how far one is.

A campaign asks the owners of a mail domain's inboxes to reconnect them with the family that they move to.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from console.rules.permissions import may
from console.services import successors, switches
from console.services.context import Actor, Context, NotFound
from console.services.successors import EXCEPTED, FAILED, MOVED, WAITING, Closed, has_left
from console.store.campaigns import Campaign, CampaignItem
from console.store.domains import MailDomain
from console.store.models import Inbox, Person

LISTED = 50
GONE = "gone"
STATES = (FAILED, WAITING, EXCEPTED, MOVED, GONE)


@dataclass(frozen=True)
class Candidate:
    """One inbox that a campaign would ask about. `off` is switched off, `leaver` an owner who cannot sign in."""

    inbox_id: int
    address: str
    owner: str
    off: bool
    leaver: bool


@dataclass(frozen=True)
class Plan:
    """What a campaign for a domain would be: `to` and `label` are the family's, `rows` the first of `total` inboxes.

    `mark` stands for exactly these inboxes, so that nobody starts for others than were counted. `closed` says why
    nobody could follow it now; `left` counts those whose last check says that the mailbox has moved already.
    """

    domain: str
    to: str
    label: str
    rows: tuple[Candidate, ...]
    total: int
    people: int
    mark: str
    closed: Closed
    left: int


@dataclass(frozen=True)
class Item:
    """One inbox of a campaign as pages show it; `by` made the exception. See Candidate for `off` and `leaver`."""

    inbox_id: int
    address: str
    owner: str
    state: str
    problem: str | None
    asked_at: datetime | None
    ask_after: datetime | None
    why: str
    by: str
    at: datetime | None
    off: bool
    leaver: bool


@dataclass(frozen=True)
class View:
    """A campaign as pages show it: counts by state, one page of its inboxes, and how many came since it started."""

    id: str
    domain: str
    to: str
    note: str
    by: str
    created_at: datetime
    finished_at: datetime | None
    stopped_by: str
    counts: Counter[str]
    items: tuple[Item, ...]
    page: int
    newcomers: int

    @property
    def total(self) -> int:
        """How many inboxes it is about."""
        return self.counts.total()

    @property
    def under_way(self) -> bool:
        """Whether owners are still asked."""
        return self.finished_at is None

    @property
    def pages(self) -> int:
        """How many pages its inboxes fill."""
        return max(1, -(-self.total // LISTED))


def plan(ctx: Context, actor: Actor, domain: str) -> Plan | None:
    """Return what a campaign for a domain (A-label) would ask; None where no inbox could move. Raises NotFound."""
    _see(actor)
    with ctx.store.read() as session:
        return planned(ctx, session, domain)


def planned(ctx: Context, session: Session, domain: str) -> Plan | None:
    """Do what `plan` does inside an open transaction."""
    rows = movable(ctx, session, domain)
    if not rows:
        return None
    known = successors.predecessors(ctx)
    # Were there several successors, the one of most inboxes is asked about first.
    slug = Counter(known[inbox.provider] for inbox, _, _ in rows).most_common(1)[0][0]
    family = ctx.families[slug]
    rows = [row for row in rows if known[row[0].provider] == slug]
    found = [
        Candidate(inbox.id or 0, inbox.address, owner.name, bool(off), not owner.active) for inbox, owner, off in rows
    ]
    return Plan(
        domain,
        slug,
        family.label,
        tuple(found[:LISTED]),
        len(found),
        len({inbox.owner_id for inbox, _, _ in rows}),
        hashlib.sha256(json.dumps([slug, sorted(one.inbox_id for one in found)]).encode()).hexdigest()[:24],
        successors.closed(ctx, session, family),
        sum(has_left(inbox) for inbox, _, _ in rows),
    )


def movable(ctx: Context, session: Session, domain: str, to: str | None = None) -> Sequence[tuple[Inbox, Person, Any]]:
    """Return a domain's inboxes that could move (to one family or any), their owners, and whether they are off."""
    return session.exec(
        select(Inbox, Person, switches.is_off(provider=False))
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .where(
            Inbox.domain == domain,
            col(Inbox.removed_at).is_(None),
            col(Inbox.provider).in_(list(successors.predecessors(ctx, to))),
        )
        .order_by(Inbox.address)
    ).all()


@dataclass(frozen=True)
class Glance:
    """What the page of a domain says of moving: to which family, how many inboxes could, and whether a campaign runs.

    `found` says that discovery found the mailboxes of the domain there, `left` counts those that checks found moved.
    """

    to: str
    inboxes: int
    left: int
    under_way: bool
    found: bool


def glance(ctx: Context, domain: str) -> Glance | None:
    """Return what the page of a domain says of moving, or None where there is nothing to say."""
    with ctx.store.read() as session:
        campaign = session.exec(select(Campaign).where(Campaign.domain == domain, col(Campaign.finished_at).is_(None)))
        running = campaign.first()
        found = planned(ctx, session, domain)
        kept = session.get(MailDomain, domain)
        ended = session.exec(select(Campaign.provider).where(Campaign.domain == domain).limit(1)).first()
    to = running.provider if running is not None else found.to if found is not None else ended
    if to is None or ctx.families.get(to) is None:
        return None
    moved_to = kept.moved_to if kept is not None else None
    return Glance(to, found.total if found else 0, found.left if found else 0, running is not None, moved_to == to)


def newest(ctx: Context, actor: Actor, domain: str, page: int = 1) -> View | None:
    """Return the newest campaign of a domain with one page of its inboxes. Raises NotFound."""
    _see(actor)
    state = case((col(Inbox.removed_at).is_not(None), GONE), else_=col(CampaignItem.state))
    with ctx.store.read() as session:
        campaign = session.exec(
            select(Campaign)
            .where(Campaign.domain == domain)
            .order_by(col(Campaign.finished_at).is_(None).desc(), col(Campaign.created_at).desc(), col(Campaign.id))
            .limit(1)
        ).first()
        if campaign is None:
            return None
        counted = session.exec(
            select(state, func.count())
            .select_from(CampaignItem)
            .join(Inbox, col(Inbox.id) == col(CampaignItem.inbox_id))
            .where(CampaignItem.campaign_id == campaign.id)
            .group_by(state)
        ).all()
        counts = Counter(dict(counted))
        page = min(max(1, page), max(1, -(-counts.total() // LISTED)))
        rows = session.exec(
            select(CampaignItem, Inbox, Person, switches.is_off(provider=False))
            .join(Inbox, col(Inbox.id) == col(CampaignItem.inbox_id))
            .join(Person, col(Person.id) == col(Inbox.owner_id))
            .where(CampaignItem.campaign_id == campaign.id)
            .order_by(case(*[(state == name, place) for place, name in enumerate(STATES)], else_=9), Inbox.address)
            .offset((page - 1) * LISTED)
            .limit(LISTED)
        ).all()
        acted = {campaign.by_id, campaign.stopped_by_id, *(item.by_id for item, _, _, _ in rows)}
        names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(acted))).all())
        new = len(newcomers(ctx, session, campaign)) if campaign.finished_at is None else 0
    return View(
        campaign.id,
        domain,
        campaign.provider,
        campaign.note,
        names.get(campaign.by_id, ""),
        campaign.created_at,
        campaign.finished_at,
        names.get(campaign.stopped_by_id, ""),
        counts,
        tuple(
            Item(
                item.inbox_id,
                inbox.address,
                owner.name,
                item.state if inbox.removed_at is None else GONE,
                item.problem,
                item.asked_at,
                item.ask_after,
                item.why,
                names.get(item.by_id, ""),
                item.at,
                bool(off),
                not owner.active,
            )
            for item, inbox, owner, off in rows
        ),
        page,
        new,
    )


def newcomers(ctx: Context, session: Session, campaign: Campaign) -> list[int]:
    """Return the inboxes of a campaign's domain that could move and are not in it."""
    asked = set(session.exec(select(CampaignItem.inbox_id).where(CampaignItem.campaign_id == campaign.id)))
    return [
        inbox.id or 0
        for inbox, _, _ in movable(ctx, session, campaign.domain, campaign.provider)
        if inbox.id not in asked
    ]


def _see(actor: Actor) -> None:
    if not may(actor.role, "domains.see", own=False):
        raise NotFound
