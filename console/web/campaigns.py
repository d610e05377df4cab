"""Campaigns for templates: what one would be, how far one is, and what becomes of each inbox."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from console.discovery.addresses import shown, shown_domain
from console.rules.texts import N_
from console.services.campaign_views import Glance, Item, Plan, View
from console.services.successors import place_of
from console.web.current import context
from console.web.texts import say, say_many
from console.web.wording import problem_view

# States in the reader's words; the state beside lends icon and colour.
STATES = {
    "waiting": (N_("Waits for the owner"), "needs-sign-in"),
    "failed": (N_("Did not work"), "failing"),
    "moved": (N_("Moved"), "healthy"),
    "excepted": (N_("Left out"), "disabled"),
    "gone": (N_("Removed meanwhile"), "neutral"),
}
COUNTED = (
    ("moved", N_("Moved")),
    ("waiting", N_("Waiting")),
    ("failed", N_("Did not work")),
    ("excepted", N_("Left out")),
)


@dataclass(frozen=True)
class PlanPanel:
    """What a campaign would be, for templates."""

    plan: Plan
    label: str
    place: str
    lead: str
    rows: list[dict[str, Any]]
    more: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plan, name)


@dataclass(frozen=True)
class CampaignPanel:
    """A campaign for templates. `state` is running, done or stopped."""

    view: View
    state: str
    title: str
    text: str
    place: str
    progress: str
    handled: int
    counts: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    previous_url: str | None
    next_url: str | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.view, name)


def plan_of(plan: Plan) -> PlanPanel:
    """Return what a campaign would be in the reader's words."""
    family = context().families[plan.to]
    return PlanPanel(
        plan,
        say(plan.label),
        say(place_of(family)),
        say_many(
            "%(num)s inbox of %(domain)s can be reconnected with %(place)s; its owner is asked.",
            "%(num)s inboxes of %(domain)s can be reconnected with %(place)s; their owners are asked.",
            plan.total,
            domain=shown_domain(plan.domain),
            place=say(place_of(family)),
        ),
        [
            {
                **vars(row),
                "key": row.address,
                "address": shown(row.address),
                "url": url_for("inboxes.show", inbox_id=row.inbox_id),
            }
            for row in plan.rows
        ],
        max(0, plan.total - len(plan.rows)),
    )


def campaign_of(view: View) -> CampaignPanel:
    """Return a campaign in the reader's words."""
    family = context().families.get(view.to)
    place = say(place_of(family)) if family is not None else view.to
    if view.under_way:
        state, title = "running", N_("Moving to %(place)s")
        text = N_("Each owner is asked at the next visit to the console, until the inbox is reconnected.")
    elif view.stopped_by:
        state, title = "stopped", N_("Stopped: moving to %(place)s")
        text = N_("Nobody is asked any more. What has moved stays moved.")
    else:
        state, title, text = "done", N_("Moved to %(place)s"), N_("No inbox waits any more.")
    handled = view.total - view.counts["waiting"] - view.counts["failed"]
    return CampaignPanel(
        view,
        state,
        say(title, place=place),
        say(text),
        place,
        say(N_("%(done)s of %(total)s"), done=handled, total=view.total),
        handled,
        [{"state": name, "label": say(label), "value": view.counts[name]} for name, label in COUNTED],
        [_row(item) for item in view.items],
        url_for("campaigns.show", domain=view.domain, page=view.page - 1) if view.page > 1 else None,
        url_for("campaigns.show", domain=view.domain, page=view.page + 1) if view.page < view.pages else None,
    )


def glance_of(found: Glance) -> dict[str, Any]:
    """Return what the page of a domain says of moving in the reader's words."""
    family = context().families[found.to]
    place, label = say(place_of(family)), say(family.label)
    text = say_many(
        "%(num)s inbox here can be reconnected with %(place)s.",
        "%(num)s inboxes here can be reconnected with %(place)s.",
        found.inboxes,
        place=place,
    )
    if found.under_way:
        text = say(N_("Owners are being asked to reconnect with %(place)s."), place=place)
    elif found.left:
        told = say_many("Checks found %(num)s mailbox moved.", "Checks found %(num)s mailboxes moved.", found.left)
        text = f"{told} {text}"
    elif found.found and found.inboxes:
        text = f"{say(N_('Mail of this domain is at %(provider)s.'), provider=label)} {text}"
    elif not found.inboxes:
        text = say(N_("No inbox waits any more."))
    return {"title": say(N_("Moving to %(place)s"), place=place), "text": text, "under_way": found.under_way}


def _row(item: Item) -> dict[str, Any]:
    label, state = STATES[item.state]
    found = problem_view(item.problem, address=shown(item.address)) if item.problem else None
    return {
        **vars(item),
        "key": item.address,
        "address": shown(item.address),
        "url": url_for("inboxes.show", inbox_id=item.inbox_id),
        "code": item.state,
        "state": state,
        "label": say(label),
        "problem": found.title if found else "",
        "open": item.state in {"waiting", "failed"},
    }
