"""Inboxes of the made-up company that move from its own Exchange to Microsoft 365: for the pictures of campaigns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import select

from console.services import apps, campaign_views, campaigns
from console.services.successors import EXCEPTED, FAILED, MOVED
from console.store.campaigns import Campaign, CampaignItem
from console.store.domains import MailDomain
from console.store.models import Credential, Inbox
from tests.e2e import consents
from tests.e2e.cast import TODAY, Cast

DOMAIN = "fjordlab.example"
URL = f"https://mail.{DOMAIN}/EWS/Exchange.asmx"
OWNERS = ("Freja", "Ida", "Sofie", "Anton", "Nora")
NOTE = "The old server is switched off on Friday 27 November."


def inboxes(cast: Cast) -> dict[str, int]:
    """Put inboxes there that are on the company's own server; Sofie's mailbox has moved already."""
    consents.keep(cast)
    family = cast.ctx.families["exchange"]
    found = {}
    for first in OWNERS:
        address, owner = f"{first.lower()}@{DOMAIN}", cast.people[first]
        if address not in cast.inboxes:
            settings = {"url": URL, "autodiscover": "", "username": address}
            with cast.ctx.store.write() as session:
                row = Inbox(
                    owner_id=owner.id,
                    address=address,
                    provider=family.slug,
                    settings=settings,
                    host=family.host(settings),
                    connected_by_id=owner.id,
                    **_state(moved=first == "Sofie"),
                )
                session.add(row)
                session.flush()
                assert row.id is not None
                session.add(_credential(cast, row.id))
                cast.inboxes[address] = row.id
        found[first] = cast.inboxes[address]
    return found


def _credential(cast: Cast, inbox_id: int) -> Credential:
    return Credential(
        inbox_id=inbox_id,
        sealed=cast.ctx.vault.seal({"password": "made up"}, row=f"inbox:{inbox_id}"),
        key_id=cast.ctx.vault.key_id,
        typed_for={"password": [DOMAIN]},
        typed_at=TODAY,
        refused={},
    )


def _state(*, moved: bool) -> dict[str, Any]:
    at = TODAY - timedelta(minutes=7)
    known: dict[str, Any] = {
        "health": "healthy",
        "proofs": dict.fromkeys(("sign-in", "read", "sent", "send"), at.isoformat()),
        "checked_at": at,
        "proven_until": TODAY + timedelta(minutes=30),
        "next_check": TODAY + timedelta(minutes=8),
        "connected_at": TODAY - timedelta(days=200),
    }
    if moved:
        known |= {
            "health": "failing",
            "problem": "mailbox-moved",
            "problem_stage": "open-inbox",
            "problem_host": f"mail.{DOMAIN}",
            "problem_since": TODAY - timedelta(hours=2),
            "server_text": "ErrorNonExistentMailbox Autodiscover: redirected to sofie@fjordlab.mail.onmicrosoft.com",
            "next_check": None,
        }
    return known


def found_there(cast: Cast) -> None:
    """Have a look-up find the domain at Microsoft."""
    with cast.ctx.store.write() as session:
        session.get_one(MailDomain, DOMAIN).moved_to = "microsoft"


def begun(cast: Cast) -> None:
    """Have Maja ask the owners, and some of it happen."""
    maja, boxes = cast.people["Maja"], inboxes(cast)
    cast.on(23, 13, 5)
    plan = campaign_views.plan(cast.ctx, maja, DOMAIN)
    assert plan is not None
    campaigns.start(cast.ctx, maja, DOMAIN, plan.mark, NOTE)
    campaigns.leave_out(cast.ctx, maja, boxes["Ida"], "Belongs to the scanner; it moves in spring")
    cast.clock.now = TODAY
    with cast.ctx.store.write() as session:
        for item in session.exec(select(CampaignItem)):
            if item.state == EXCEPTED:
                continue
            item.asked_at = TODAY - timedelta(hours=18)
            if item.inbox_id == boxes["Freja"]:
                item.state, item.at = MOVED, TODAY - timedelta(hours=17)
            elif item.inbox_id == boxes["Anton"]:
                item.state, item.problem, item.at = FAILED, "oauth-admin-consent-required", TODAY - timedelta(hours=1)


def over(cast: Cast) -> None:
    """End whatever is under way, so that it shows on no other page."""
    with cast.ctx.store.write() as session:
        for campaign in session.exec(select(Campaign)):
            campaign.finished_at, campaign.stopped_by_id = TODAY, cast.people["Maja"].id


def unset(cast: Cast) -> None:
    """Leave Microsoft without an app."""
    apps.remove(cast.ctx, cast.people["Maja"], "microsoft")
