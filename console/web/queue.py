"""The queue of the help desk and its filters in the reader's words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from console.discovery.addresses import shown_domain
from console.rules.problems import CATALOGUE, WHO_LABELS
from console.rules.texts import N_
from console.services.cases import INCIDENT, Ref
from console.services.context import Actor
from console.services.inbox_filters import Choice
from console.services.queue import Queue, Row
from console.services.queue_choices import ME
from console.services.queue_filters import ADMINS, NOBODY, WHO, Filters
from console.services.without_case import Found
from console.web import times
from console.web.current import context
from console.web.help_desk import LINK_LABELS, address_of, entry_of, provider_label, who_of
from console.web.texts import say, say_many
from console.web.wording import RowView as InboxView
from console.web.wording import problem_view
from console.web.wording import row_view as row_view_of_inbox

TAKEN_BY = {ME: N_("Me"), NOBODY: N_("Nobody"), ADMINS: N_("Handed to the admins")}


@dataclass(frozen=True)
class RowView:
    """A case in the queue, in the reader's words."""

    row: Row
    url: str
    here: bool
    title: str
    where: str
    who_icon: str
    who_label: str
    people: str
    lasts: str
    since: datetime
    tags: tuple[str, ...]
    spoken: str

    @property
    def key(self) -> str:
        """The case's name in addresses."""
        return str(self.row.ref)


def row_view(row: Row, filters: Filters, actor: Actor, selected: Ref | None) -> RowView:
    """Return a row of the queue in the reader's words."""
    now = context().clock()
    host = row.host or (provider_label(row.provider) if row.provider else "")
    entry = entry_of(row.problem, host, row.address, row.owner.split(" ")[0], row.provider)
    where = row.address
    if row.ref.kind == INCIDENT:
        places = [row.host or shown_domain(row.domain), provider_label(row.provider) if row.provider else ""]
        where = " · ".join(place for place in places if place)
    label, icon = who_of(row.who, entry)
    people = say_many("%(num)s person", "%(num)s people", row.people) if row.ref.kind == INCIDENT else ""
    return RowView(
        row,
        address_of(filters, row.ref),
        row.ref == selected,
        entry.title,
        where,
        icon,
        label,
        people,
        times.span((row.ended_at or now) - row.since, short=True),
        row.since,
        tuple(_tags(row, actor)),
        say(N_("Incident")) if row.ref.kind == INCIDENT else "",
    )


def _tags(row: Row, actor: Actor) -> list[str]:
    if row.ended_at is not None:
        return [say(N_("Mended"))]
    found = []
    if row.asleep_until is not None:
        found.append(say(N_("Sleeps")))
    if row.handed:
        found.append(say(N_("With an admin")))
    if row.taken_by:
        found.append(say(N_("You")) if row.taken_by_id == actor.id else row.taken_by.split(" ")[0])
    if row.link is not None and row.link.state not in {"connected", "withdrawn"}:
        found.append(say(LINK_LABELS[row.link.state]))
    return found


@dataclass(frozen=True)
class QueueView:
    """The queue with its filters, in the reader's words."""

    queue: Queue
    incidents: list[RowView]
    singles: list[RowView]
    whose: list[dict[str, Any]]
    menus: list[dict[str, Any]]
    previous_url: str
    next_url: str
    asleep_url: str
    clear_url: str
    filtered: bool
    others: list[InboxView]
    others_in_all: int
    others_url: str


def queue_view(found: Queue, actor: Actor, selected: Ref | None, others: Found) -> QueueView:
    """Return the queue in the reader's words."""
    filters = found.filters
    first = _with(filters, page=1)
    labels = {"": N_("All"), **{one.value: WHO_LABELS[one] for one in WHO}}
    return QueueView(
        found,
        [row_view(row, filters, actor, selected) for row in found.incidents],
        [row_view(row, filters, actor, selected) for row in found.singles],
        [
            {
                "slug": who or "all",
                "label": say(label),
                "count": found.counts.get(who, 0),
                "url": address_of(_with(first, who=who)),
                "here": filters.who == who,
            }
            for who, label in labels.items()
        ],
        [
            _menu("domain", N_("Domain"), first, found.choices, shown_domain),
            _menu("provider", N_("Provider"), first, found.choices, provider_label),
            _menu("problem", N_("Cause"), first, found.choices, _cause),
            _menu("taken", N_("Taken by"), first, found.choices, lambda value: say(TAKEN_BY.get(value, value))),
        ],
        address_of(_with(filters, page=filters.page - 1)) if filters.page > 1 else "",
        address_of(_with(filters, page=filters.page + 1)) if filters.page < found.pages else "",
        address_of(_with(first, asleep=not filters.asleep), selected),
        url_for("help_desk.index"),
        filters != Filters(page=filters.page),
        [row_view_of_inbox(row) for row in others.rows],
        others.total,
        url_for("inboxes.index", q=filters.q),
    )


def _cause(code: str) -> str:
    view = problem_view(code)
    return view.title if view is not None and code in CATALOGUE else code


def _with(filters: Filters, **changed: Any) -> Filters:
    return Filters(**{**vars(filters), **changed})


def _menu(
    name: str, label: str, filters: Filters, choices: dict[str, list[Choice]], words: Callable[[str], str]
) -> dict[str, Any]:
    here = getattr(filters, name)
    return {
        "name": name,
        "label": say(label),
        "chosen": words(here) if here else "",
        "clear": address_of(_with(filters, **{name: ""})),
        "choices": [
            {
                "label": words(one.value),
                "count": one.count,
                "url": address_of(_with(filters, **{name: one.value})),
                "here": one.value == here,
            }
            for one in sorted(choices[name], key=lambda one: (-one.count, words(one.value)))
        ],
    }
