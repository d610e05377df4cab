"""The steps of connecting an inbox, and its check at every point."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.e2e.gallery.doings import press, unfold
from tests.e2e.gallery.view import Place, View


def steps(place: Place) -> Iterator[View]:
    yield View("connect-start", "Maja", "/connect", pictured=True)
    yield View("connect-kinds", "Maja", "/connect", unfold("#kinds"))
    yield View("connect-team", "Maja", "/connect", _team)
    yield View("connect-address", "Maja", place.draft("new", "address"), pictured=True)
    yield View("connect-address-errors", "Maja", place.draft("new", "address"), press("Continue"))
    yield View("connect-looking", "Maja", place.draft("looking", "address"), pictured=True)
    yield View("connect-recommended", "Maja", place.draft("recommended", "address"), pictured=True)
    yield View("connect-how-we-know", "Maja", place.draft("recommended", "address"), unfold("#how"))
    yield View("connect-passwords-retired", "Maja", place.draft("signs-in", "address"))
    yield View("connect-works", "Maja", place.draft("works", "address"))
    yield View("connect-cannot", "Maja", place.draft("impossible", "address"), pictured=True)
    yield View("connect-unclear", "Maja", place.draft("unclear", "address"), pictured=True)
    yield View("connect-expect", "Maja", place.draft("addressed", "expect"), pictured=True)
    yield View("connect-found", "Maja", place.draft("recommended", "settings"))
    yield View("connect-confirm", "Maja", place.draft("foreign", "settings"), pictured=True)
    yield View("connect-confirm-errors", "Maja", place.draft("foreign", "settings"), _unconfirmed)
    yield View("connect-default", "Maja", place.draft("default", "settings"), pictured=True)
    yield View("connect-locked", "Nora", place.draft("locked", "settings"), unfold("#advanced"))
    yield View("connect-settings", "Maja", place.draft("mine", "settings"), pictured=True)
    yield View("connect-settings-errors", "Maja", place.draft("mine", "settings"), _wrong_settings)
    yield View("connect-for-somebody", "Maja", place.draft("accepted", "settings"))


def ladder(place: Place) -> Iterator[View]:
    yield View("connect-queued", "Maja", place.draft("queued", "verify"))
    yield View("connect-running", "Maja", place.draft("running", "verify"), pictured=True)
    yield View("connect-certificate", "Maja", place.draft("certificate", "verify"), pictured=True)
    yield View("connect-receives-only", "Maja", place.draft("sending", "verify"))
    yield View("connect-refused", "Maja", place.draft("refused", "verify"))
    yield View("connect-wrong-server", "Maja", place.draft("server", "verify"))
    yield View("connect-unknown-server", "Maja", place.draft("unknown", "verify"))
    yield View("connect-interrupted", "Maja", place.draft("interrupted", "verify"))
    yield View("connect-expired", "Maja", place.draft("expired", "verify"))
    yield View("connect-passed", "Maja", place.draft("done", "verify?stay=1"))
    yield View("connect-done", "Maja", place.draft("done", "done"), pictured=True)


def _team(page: Page) -> None:
    page.get_by_text("Several people", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".c-error")).to_be_visible()


def _wrong_settings(page: Page) -> None:
    page.locator("[name=imap_host]").fill("https://imap.lindqvist.example/")
    page.locator("[name=smtp_port]").fill("65536")
    page.get_by_role("button", name="Check the connection").click()
    expect(page.locator(".c-error").first).to_be_visible()


def _unconfirmed(page: Page) -> None:
    page.locator("[name=password]").fill("one that nobody types")
    page.get_by_role("button", name="Check the connection").click()
    expect(page.locator("#confirmed-error")).to_be_visible()
