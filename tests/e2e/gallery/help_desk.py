"""The queue of the help desk and its cases."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.e2e import help_desk
from tests.e2e.cast import HOME
from tests.e2e.gallery.doings import press, unfold
from tests.e2e.gallery.view import Place, View


def queue(place: Place) -> Iterator[View]:
    cast, here = place.cast, "/help-desk?case="
    made = help_desk.keep(cast)
    yield View("help-desk-queue", "Maja", "/help-desk", pictured=True)
    yield View("help-desk", "Maja", f"{here}{made['certificate']}", pictured=True)
    yield View("help-desk-outage", "Jonas", f"{here}{made['outage']}")
    yield View("help-desk-policy", "Jonas", f"{here}{made['policy']}")


def cases(place: Place) -> Iterator[View]:
    cast, here = place.cast, "/help-desk?case="
    made = help_desk.keep(cast)
    yield View("help-desk-single", "Jonas", f"{here}{made['Mette']}", pictured=True)
    yield View("inbox-in-incident", "Jonas", place.inbox(f"anna@{HOME}"))
    yield View("help-desk-menu", "Jonas", f"{here}{made['Camilla']}", unfold("#snooze"))
    yield View("help-desk-filter-menu", "Maja", "/help-desk", unfold("#filter-provider"))


def narrowed(place: Place) -> Iterator[View]:
    help_desk.keep(place.cast)
    yield View("help-desk-filtered", "Maja", "/help-desk?who=user&domain=nordlys.example")
    yield View("help-desk-no-match", "Maja", "/help-desk?who=team-admin&taken=me")
    yield View("help-desk-find", "Jonas", "/help-desk?q=s%C3%B8rensen")
    yield View("help-desk-find-well", "Jonas", "/help-desk?q=freja")
    yield View("help-desk-find-nobody", "Jonas", "/help-desk?q=zzz")
    yield View("help-desk-explained", "Maja", "/help-desk?explain=app-password-required&of=yahoo")


def over(place: Place) -> Iterator[View]:
    cast, here = place.cast, "/help-desk?case="
    made = help_desk.keep(cast)
    yield View("help-desk-snooze-missing-menu", "Jonas", f"{here}{made['Camilla']}", _snooze_until_never)
    yield View("help-desk-note-missing", "Jonas", f"{here}{made['certificate']}", press("Keep the note"))
    yield View("help-desk-over", "Jonas", f"{here}{help_desk.over(cast, made['Rasmus'])}")
    help_desk.gone(cast)
    yield View("help-desk-empty", "Maja", "/help-desk")


def _snooze_until_never(page: Page) -> None:
    page.locator("#snooze-button").click()
    page.locator("#snooze-own").click()
    expect(page.locator("#snooze-error")).to_be_visible()
