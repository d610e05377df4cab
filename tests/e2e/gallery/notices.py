"""Notices, and where they are set up."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.e2e import notices
from tests.e2e.gallery.view import Place, View


def notified(place: Place) -> Iterator[View]:
    notices.keep(place.cast)
    yield View("notices", "Maja", "/notices", pictured=True)
    yield View("notices-held", "Maja", "/notices?state=held")
    yield View("notices-none", "Maja", "/notices?kind=radar")
    yield View("notices-help-desk", "Jonas", "/notices")


def settings(place: Place) -> Iterator[View]:
    notices.keep(place.cast)
    yield View("settings-notices-first", "Maja", "/settings/notices")
    notices.serve(place.cast)
    yield View("settings-notices", "Maja", "/settings/notices", pictured=True)


def webhooks(place: Place) -> Iterator[View]:
    notices.keep(place.cast)
    yield View("settings-notices-errors", "Maja", "/settings/notices", _no_server)
    yield View("settings-webhook", "Maja", "/settings/notices/webhooks/new")
    yield View("settings-webhook-change", "Maja", f"/settings/notices/webhooks/{notices.hook(place.cast)}")


def _no_server(page: Page) -> None:
    page.get_by_label("Server", exact=True).fill("")
    page.get_by_label("Sender address").fill("nobody")
    page.get_by_role("button", name="Save the mail server").click()
    expect(page.locator(".c-error").first).to_be_visible()
