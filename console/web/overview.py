"""The overview for templates: counts with their sentences, causes with their one next step, and the radar's lines."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from markupsafe import Markup

from console.discovery.addresses import shown_domain
from console.providers.consenting import consenting
from console.rules import expiry
from console.rules.alike import Nature
from console.rules.expiry import Expiry
from console.rules.grouping import APP, PROVIDER
from console.rules.permissions import Reach, reach
from console.rules.problems import WHO_ICONS, WHO_LABELS, Who
from console.rules.texts import N_
from console.services.checklist import Item
from console.services.overview import Cause, Count, Overview, ProviderDays, Singles
from console.services.recovery import SWITCHED_OFF
from console.web import strips
from console.web.current import actor, context
from console.web.incidents import incident_view
from console.web.strips import Strip
from console.web.texts import say, say_many
from console.web.times import date_words, span
from console.web.wording import HEALTH_LABELS, ProblemView, mended_by, problem_view

# How many lines of the radar stand on the page; the rest is a list of its own.
RADAR_LINES = 5


@dataclass(frozen=True)
class CountView:
    """One number of the first card, and the list that it counts."""

    health: str
    label: str
    number: int
    note: str
    url: str


@dataclass(frozen=True)
class CauseView:
    """An open incident with who must act, the one next step and its button."""

    id: int
    health: str
    health_label: str
    state: str
    since: datetime
    lasts: str
    people: int
    problem: ProblemView
    where: str
    next: str
    button: str
    url: str
    list_url: str


@dataclass(frozen=True)
class ProviderView:
    """A provider's strip with the number of its inboxes and the share of days that were healthy."""

    slug: str
    label: str
    icon: str
    inboxes: int
    strip: Strip
    share: str


@dataclass(frozen=True)
class ExpiryView:
    """One line of the radar. `url` is where it is mended, empty where the reader cannot go there."""

    found: Expiry
    title: str
    on: str
    amount: str
    unit: str
    tone: str
    inboxes: str
    kind: str
    step: str
    url: str


@dataclass(frozen=True)
class ItemView:
    """One thing to set up. `button` leads to `url`; `confirm` is a button that says that it is done or not needed."""

    name: str
    done: bool
    title: str
    text: str
    button: str = ""
    url: str = ""
    confirm: str = ""


@dataclass(frozen=True)
class OverviewView:
    """The page's values."""

    at: datetime
    total: int
    counts: list[CountView]
    bar: Markup
    causes: list[CauseView]
    singles: int
    singles_text: str
    singles_url: str
    providers: list[ProviderView]
    lately: list[tuple[str, int]]
    first_day: str
    days: list[dict[str, Any]]


def overview_view(found: Overview) -> OverviewView:
    """Return the overview in the reader's words."""
    providers = [_provider(one) for one in found.providers]
    numbers = found.lately
    return OverviewView(
        found.at,
        found.total,
        [_count(one, found) for one in found.counts],
        strips.shares([(one.health, one.number) for one in found.counts]),
        [_cause(one) for one in found.causes],
        sum(one.number for one in found.singles),
        _who_waits(found.singles),
        url_for("help_desk.index"),
        providers,
        [
            (say(N_("Recovered by themselves")), numbers.recovered),
            (say(N_("Reconnected by their owner")), numbers.reconnected),
            (say(N_("Newly connected")), numbers.connected),
            (say(N_("Disabled")), numbers.disabled),
            (say(N_("Removed")), numbers.removed),
        ],
        date_words(found.span[0]),
        [
            {"on": date_words(day), "cells": [one.strip.days[-1 - index] for one in providers]}
            for index, day in reversed(list(enumerate(found.span)))
        ],
    )


def _provider(one: ProviderDays) -> ProviderView:
    label = say(one.label)
    strip = strips.of_provider(one.days, label)
    return ProviderView(one.slug, label, one.icon, one.inboxes, strip, strips.share(strip.healthy, strip.known))


def _count(one: Count, found: Overview) -> CountView:
    label = say(HEALTH_LABELS.get(one.health, N_("Disabled")))
    note = ""
    if one.health == "healthy":
        note = say_many("of %(num)s inbox", "of %(num)s inboxes", found.total)
    elif one.health == "disabled":
        admins = one.number - found.off_by_owners
        parts = [
            say(text, number=number)
            for text, number in (
                (N_("%(number)s by owners"), found.off_by_owners),
                (N_("%(number)s by admins"), admins),
            )
            if number > 0
        ]
        note = ", ".join(parts)
    elif one.shared:
        note = (
            say(N_("%(number)s in one incident"), number=one.shared)
            if one.incidents == 1
            else say(N_("%(number)s in %(incidents)s incidents"), number=one.shared, incidents=one.incidents)
        )
    return CountView(one.health, label, one.number, note, url_for("inboxes.index", health=one.health))


def _who_waits(singles: list[Singles]) -> str:
    """Return for whom the single problems wait: "4 wait for their owner, 1 for a mail admin"."""
    waiting: Counter[str] = Counter()
    for one in singles:
        problem = mended_by(problem_view(one.problem), one.provider)
        if problem is not None:
            waiting[WAITS_FOR.get(problem.who, problem.who_label)] += one.number
    return ", ".join(say(text, number=number) for text, number in waiting.most_common())


WAITS_FOR: dict[str, str] = {
    Who.USER: N_("%(number)s for the owner"),
    Who.MAIL_ADMIN: N_("%(number)s for a mail admin"),
    Who.TEAM_ADMIN: N_("%(number)s for a team admin"),
    Who.US: N_("%(number)s for the operator"),
    Who.AUTO: N_("%(number)s for nobody, we retry"),
}


def _cause(one: Cause) -> CauseView:
    card, view = one.card, incident_view(one.card)
    problem, step, button = view.problem, view.problem.step, N_("Open")
    if card.held and card.nature != Nature.SHARED and problem.who in {Who.USER, Who.AUTO}:
        # Nothing says yet that anybody here could mend it.
        problem = replace(problem, who_label=say(WHO_LABELS[Who.AUTO]), who_icon=WHO_ICONS[Who.AUTO])
        step, button = say(N_("%(lead)s Users were not told."), lead=view.lead), N_("Watch")
    elif card.state == "recovering":
        step, button = view.lead, N_("Watch")
    elif problem.who == Who.MAIL_ADMIN:
        button = N_("Text for IT")
    of_provider = card.level in {APP, PROVIDER}
    narrowed: dict[str, Any] = {"domain": card.target} if card.level == "domain" else {}
    if of_provider:
        narrowed["provider"] = card.target
    list_url = url_for("inboxes.index", problem=card.problem, **narrowed)
    url = url_for("help_desk.index", case=card.key)
    if of_provider and card.nature == Nature.SHARED and _may("integrations.see"):
        button, url = N_("Open the integration"), url_for("integrations.index")
        if consenting(context().families.get(card.target)) is not None:
            url = url_for("integrations.show", slug=card.target)
    if card.problem == SWITCHED_OFF:
        list_url = url_for("inboxes.index", health="disabled", provider=card.target)
    where = say(card.target_label) if of_provider else shown_domain(card.target)
    labels = {**HEALTH_LABELS, "disabled": N_("Disabled")}
    return CauseView(
        id=card.id,
        health=one.health,
        health_label=say(labels[one.health]),
        state=card.state,
        since=card.since,
        lasts=span(context().clock() - card.since),
        people=card.people,
        problem=problem,
        where=where,
        next=step,
        button=say(button),
        url=url,
        list_url=list_url,
    )


def _may(action: str) -> bool:
    return reach(actor().role, action) is Reach.ALL


def expiry_views(found: list[Expiry]) -> list[ExpiryView]:
    """Return the lines of the radar in the reader's words."""
    return [_expiry(one) for one in found]


TITLES = {
    expiry.CERTIFICATE: N_("Certificate of %(what)s"),
    expiry.EXCEPTION: N_("Trusted certificate of %(what)s"),
    expiry.SECRET: N_("Client secret of %(what)s"),
    expiry.GRANT_IDLE: N_("Unused permissions of %(what)s"),
    expiry.GRANT_TESTING: N_("Permissions of %(what)s in testing"),
}
KINDS = {
    expiry.CERTIFICATE: N_("Certificate of a server"),
    expiry.EXCEPTION: N_("Exception"),
    expiry.SECRET: N_("Client secret"),
    expiry.GRANT_IDLE: N_("Permission that nobody uses"),
    expiry.GRANT_TESTING: N_("Permission of an app in testing"),
}
STEPS = {
    expiry.CERTIFICATE: N_("Whoever runs the server renews it; inboxes go on by themselves."),
    expiry.EXCEPTION: N_("Have the server's certificate put right, or trust it once more."),
    expiry.SECRET: N_("Make a new one at the provider and put it in; nobody has to sign in again."),
    expiry.GRANT_IDLE: N_("Enable the inboxes, or remove them. Once it has ended, their owners sign in again."),
    expiry.GRANT_TESTING: N_("Publish the app at the provider; until then people sign in again every few days."),
}


def _expiry(one: Expiry) -> ExpiryView:
    family = context().families.get(one.what)
    what = say(family.label) if family else one.what.removesuffix(":443").removesuffix(":993")
    if one.ended:
        amount, unit, tone = "", say(N_("ended")), "failing"
    elif one.days <= 0:
        amount, unit, tone = "", say(N_("today")), "degraded"
    else:
        amount = str(one.days)
        unit = say_many("day", "days", one.days)
        tone = "degraded" if one.threshold in {3, 14} else ""
    inboxes = say_many("%(num)s inbox", "%(num)s inboxes", one.inboxes)
    return ExpiryView(
        one,
        say(TITLES[one.kind], what=what),
        date_words(one.on),
        amount,
        unit,
        tone,
        inboxes,
        say(KINDS[one.kind]),
        say(STEPS[one.kind]),
        _mended_at(one),
    )


def _mended_at(one: Expiry) -> str:
    if one.kind in {expiry.SECRET, expiry.GRANT_TESTING}:
        return url_for("integrations.show", slug=one.what) if _may("integrations.see") else ""
    if one.kind == expiry.GRANT_IDLE:
        return url_for("inboxes.index", health="disabled", provider=one.what)
    if one.inbox_id is not None:
        return url_for("inboxes.show", inbox_id=one.inbox_id)
    if one.kind == expiry.EXCEPTION:
        return url_for("exceptions.index", domain=one.domain or None)
    return url_for("domains.show", domain=one.domain) if one.domain else url_for("domains.index")


def items_view(found: list[Item]) -> list[ItemView]:
    """Return the checklist in the reader's words."""
    return [_item(one) for one in found]


def _item(one: Item) -> ItemView:
    page = current_app.view_functions
    title, text, button, url, confirm = "", "", "", "", ""
    match one.name:
        case "admin":
            title, text = say(N_("Account admin created")), one.what
        case "keys":
            title = say(N_("Copy of the keys"))
            text = say(N_("Somebody keeps a copy apart from the database."))
            if not one.done:
                text = say(N_("Nobody has confirmed one yet. Without the keys no password opens again."))
                confirm = say(N_("There is a copy"))
        case "inbox":
            title = say(N_("First inbox"))
            text = say(N_("Start with your own. Type the address; the console finds out where it is."))
            button, url = say(N_("Connect")), url_for("connect.start")
        case "app":
            title = say(N_("App for Google or Microsoft"))
            text = say(N_("Needed for Gmail and Microsoft 365 only; IMAP and Exchange go without."))
            button, url = say(N_("Set up")), url_for("integrations.index")
            confirm = "" if one.done else say(N_("Not needed here"))
        case "mail":
            title = say(N_("Mail server for notices"))
            text = say(N_("Until then notices are held here instead of being sent."))
            button = say(N_("Set up"))
            url = url_for("notices.settings") if "notices.settings" in page else url_for("settings.index")
        case "people":
            title = say(N_("Invite people"))
            text = say(N_("Members connect their own inbox; help desk sees and tests only."))
            button, url = say(N_("Invite")), url_for("users.add")
        case "defaults":
            title = say(N_("Domain defaults"))
            text = say(N_("Servers are typed once and fill in for everybody of the domain."))
            if not one.done:
                text = say(N_("%(domain)s has several inboxes and no defaults."), domain=shown_domain(one.what))
                button, url = say(N_("Set up")), url_for("domains.show", domain=one.what)
    return ItemView(one.name, one.done, title, text, "" if one.done else button, "" if one.done else url, confirm)
