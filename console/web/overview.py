"""The overview for templates: counts with their sentences, causes with their one next step, and the radar's lines."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from console.discovery.addresses import shown_domain
from console.providers.consenting import consenting
from console.rules.alike import Nature
from console.rules.grouping import APP, PROVIDER
from console.rules.permissions import Reach, reach
from console.rules.problems import WHO_ICONS, WHO_LABELS, Who
from console.rules.texts import N_
from console.services.overview import Cause, Count, Overview, ProviderDays, Singles
from console.web import strips
from console.web.current import actor, context
from console.web.help_desk import inboxes_of
from console.web.incidents import incident_view
from console.web.strips import Strip
from console.web.texts import say, say_many
from console.web.times import date_words, span
from console.web.wording import HEALTH_LABELS, ProblemView, mended_by, problem_view


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
    inboxes: int
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
class OverviewView:
    """The page's values."""

    at: datetime
    total: int
    counts: list[CountView]
    bar: Markup
    causes: list[CauseView]
    singles: int
    singles_text: str
    retried: int
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
        found.retried,
        url_for("help_desk.index", _anchor="queue-singles"),
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
    Who.AUTO: N_("%(number)s that we retry"),
}


def _cause(one: Cause) -> CauseView:
    card, view = one.card, incident_view(one.card)
    problem, step, button = view.problem, view.problem.step, N_("Open")
    if card.held and card.nature != Nature.SHARED and problem.who in {Who.USER, Who.AUTO}:
        # Nothing says yet that anybody here could mend it.
        problem = replace(problem, who_label=say(WHO_LABELS[Who.AUTO]), who_icon=WHO_ICONS[Who.AUTO])
        step, button = say(N_("%(lead)s Owners were not told."), lead=view.lead), N_("Watch")
    elif card.state == "recovering":
        step, button = view.lead, N_("Watch")
    elif problem.who == Who.MAIL_ADMIN:
        button = N_("Text for IT")
    of_provider = card.level in {APP, PROVIDER}
    url = url_for("help_desk.index", case=card.key)
    if of_provider and card.nature == Nature.SHARED and _may("integrations.see"):
        button, url = N_("Open the integration"), url_for("integrations.index")
        if consenting(context().families.get(card.target)) is not None:
            url = url_for("integrations.show", slug=card.target)
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
        inboxes=card.inboxes,
        list_url=inboxes_of(card.id, card.problem, card.target),
    )


def _may(action: str) -> bool:
    return reach(actor().role, action) is Reach.ALL
