"""Inbox lists for templates: on Inboxes, on My inboxes and on a person's page."""

from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from console.discovery.addresses import shown, shown_domain
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import days, drafts
from console.services.inbox_filters import NAMES, Filters
from console.services.inboxes import InboxPage, InboxRow
from console.web import strips
from console.web.current import actor, context
from console.web.strips import Strip
from console.web.texts import say
from console.web.wording import HEALTH_LABELS, RowView, problem_view, row_view

FILTER_LABELS = {
    "health": N_("Health"),
    "provider": N_("Provider"),
    "domain": N_("Domain"),
    "problem": N_("Problem"),
    "incident": N_("Incident"),
}


@dataclass(frozen=True)
class ChoiceView:
    """One value of a filter in words, how many inboxes it leaves, and the address of the list with it."""

    value: str
    label: str
    count: int
    url: str
    icon: str = ""


@dataclass(frozen=True)
class FilterView:
    """A filter for templates. `value` is empty where it is not set; `clear_url` is the list without it."""

    name: str
    label: str
    value: str
    value_label: str
    clear_url: str
    choices: list[ChoiceView]


@dataclass(frozen=True)
class PageView:
    """A page of the list for templates."""

    found: InboxPage
    rows: list[RowView]
    endpoint: str
    strips: dict[int, Strip] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.found, name)

    @property
    def q(self) -> str:
        """What was searched for."""
        return self.found.query

    @property
    def previous_url(self) -> str | None:
        """Address of the page before, if any."""
        return self.url(at=self.found.previous) if self.found.previous else None

    @property
    def next_url(self) -> str | None:
        """Address of the page after, if any."""
        return self.url(at=self.found.next) if self.found.next else None

    def url(self, **changed: Any) -> str:
        """Return the address of this list from its front, with what is changed; None takes something out."""
        view = None if self.found.view == "all" else self.found.view
        return url_for(
            self.endpoint, **{"view": view, "q": self.found.query or None, **self.found.filters.set, **changed}
        )

    @property
    def unfiltered_url(self) -> str:
        """Address of this list with no filter set."""
        return self.url(**dict.fromkeys(NAMES))

    @property
    def filters_set(self) -> int:
        """Number of filters that are set."""
        return len(self.found.filters.set)

    @property
    def filters(self) -> list[FilterView]:
        """The filters, with what each can be set to."""
        return [self._filter(name) for name in NAMES]

    def _filter(self, name: str) -> FilterView:
        value = self.found.filters.set.get(name, "")
        choices = [
            ChoiceView(one.value, label, one.count, self.url(**{name: one.value}), icon)
            for one in self.found.choices.get(name, [])
            for label, icon in [_value(name, one.value)]
        ]
        if name in {"provider", "problem"}:
            choices.sort(key=lambda choice: (-choice.count, choice.label))
        label = _value(name, value)[0] if value else ""
        if name == "incident" and self.found.incident is not None:
            problem, target = self.found.incident
            label = f"{_value('problem', problem)[0]}, {_target(target)}"
        return FilterView(name, say(FILTER_LABELS[name]), value, label, self.url(**{name: None}), choices)


def _value(name: str, value: str) -> tuple[str, str]:
    """Return a filter's value in words, and its icon; one that nothing has stands as it was typed."""
    if name == "health":
        labels = {**HEALTH_LABELS, "disabled": N_("Disabled")}
        return say(labels.get(value, value)), value
    if name == "provider":
        family = context().families.get(value)
        return (say(family.label), family.icon) if family else (value, "mail")
    if name == "incident":
        return value, ""
    if name == "problem":
        found = problem_view(value)
        return (found.title if found and found.code != "unknown" else value), ""
    return shown_domain(value), ""


def _target(target: str) -> str:
    """Return what the inboxes of an incident share: a provider, a domain or a server."""
    family = context().families.get(target)
    return say(family.label) if family else shown_domain(target)


def filters_of(given: Any) -> Filters:
    """Return the filters that an address sets."""
    return Filters.of({name: given.get(name, "") for name in NAMES})


def page_view(found: InboxPage, endpoint: str) -> PageView:
    """Return a list page in the reader's words, with the thirty days of its inboxes."""
    return PageView(found, [row_view(row) for row in found.rows], endpoint, strips_of(found.rows))


def strips_of(rows: list[InboxRow]) -> dict[int, Strip]:
    """Return the strip of each inbox of a list, by its id."""
    known = days.of_inboxes(context(), [row.id for row in rows])
    return {row.id: strips.of_inbox(known[row.id], row) for row in rows}


def waiting_draft() -> dict[str, str] | None:
    """Return the signed-in person's newest connection that is not finished: its address, and the way back to it."""
    found = drafts.unfinished(context(), actor()) if can_connect() else None
    return {"address": shown(found[1]), "url": url_for("connect.resume", draft_id=found[0])} if found else None


def can_connect() -> bool:
    """Return whether the signed-in person may connect an inbox.

    An admin for others too, others with personal email access.
    """
    person = actor()
    return may(person.role, "inbox.connect", own=False) or (
        may(person.role, "inbox.connect", own=True) and person.personal_email
    )
