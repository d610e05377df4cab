"""The overview, and the list of inboxes as it is filtered."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e import overviews
from tests.e2e.cast import HOME
from tests.e2e.gallery.doings import menu_of, unfold
from tests.e2e.gallery.view import Place, View


def overview(place: Place) -> Iterator[View]:
    overviews.fleet(place.cast)
    yield View("overview", "Maja", "/overview", pictured=True)
    yield View("overview-days", "Maja", "/overview", unfold("#month-days"))
    yield View("overview-help-desk", "Jonas", "/overview", unfold("#month-days"))
    overviews.dispersed(place.cast)


def expiring(place: Place) -> Iterator[View]:
    overviews.fleet(place.cast)
    yield View("overview-expiring", "Maja", "/overview/expiring", pictured=True)
    overviews.dispersed(place.cast)
    yield View("overview-nothing-expires", "Maja", "/overview/expiring")


def narrowed(place: Place) -> Iterator[View]:
    overviews.fleet(place.cast)
    yield View("inboxes", "Maja", "/inboxes?view=attention", pictured=True)
    yield View("inboxes-filtered", "Maja", "/inboxes?health=needs-sign-in&provider=microsoft", pictured=True)
    overviews.dispersed(place.cast)


def filters(place: Place) -> Iterator[View]:
    overviews.fleet(place.cast)
    yield View("inboxes-filter-menu", "Maja", "/inboxes", menu_of("#menu-problem"))
    yield View("inboxes-filters-phone-menu", "Maja", "/inboxes?provider=gmail", menu_of("#filter-all"))
    yield View("inboxes-filters-none", "Maja", "/inboxes?health=failing&domain=nobody.example")
    overviews.dispersed(place.cast)


def first(place: Place) -> Iterator[View]:
    yield View("inbox-days", "Maja", place.inbox(f"freja.holst@{HOME}"), unfold("#days"))
    yield View("overview-keys", "Maja", "/overview", unfold("#keys-how"))
    overviews.emptied(place.cast)
    yield View("overview-first", "Maja", "/overview", pictured=True)
    yield View("overview-first-help-desk", "Jonas", "/overview")
    overviews.filled(place.cast)
