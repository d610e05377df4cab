"""The list of inboxes and an inbox in every state."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.e2e.cast import CANNOT_SEND, HOME, cannot_send
from tests.e2e.gallery.doings import asks, menu
from tests.e2e.gallery.view import Place, View


def lists(place: Place) -> Iterator[View]:
    yield View("inbox", "Maja", "/inboxes", pictured=True)
    yield View("inboxes-attention", "Maja", "/inboxes?view=attention")
    yield View("inboxes-no-match", "Maja", "/inboxes?q=nobody")
    yield View("inboxes-menu", "Maja", "/inboxes", menu(f"Actions for freja.holst@{HOME}"))
    yield View("inboxes-person-menu", "Maja", "/inboxes", _person_menu)


def problem(place: Place) -> Iterator[View]:
    yield View("inbox-password-refused", "Maja", place.inbox(f"freja.holst@{HOME}"), pictured=True)
    yield View("inbox-certificate-expired", "Maja", place.inbox("ida@brandtstudio.example"))
    yield View("inbox-certificate-changed", "Maja", place.inbox("sofie@dahlpartners.example"))
    yield View("inbox-receives-only", "Maja", place.inbox(f"sofie.dahl@{HOME}"))
    yield View("inbox-no-sent-folder", "Maja", place.inbox(f"mikkel.soerensen@{HOME}"))
    yield View("inbox-no-answer", "Maja", place.inbox("nora@vestergaard.example"))
    yield View("inbox-unknown-server", "Maja", place.inbox("lukas@bangagentur.example"))


def inbox(place: Place) -> Iterator[View]:
    yield View("inbox-healthy", "Maja", place.inbox(f"anton.krogh@{HOME}"))
    yield View("inbox-checking", "Maja", place.inbox(f"maja.lindqvist@{HOME}"))
    yield View("inbox-disabled", "Maja", place.inbox(f"oskar.nyman@{HOME}"))
    yield View("inbox-owner-deactivated", "Maja", place.inbox(f"emil.thomsen@{HOME}"))


def questions(place: Place) -> Iterator[View]:
    yield View("inbox-menu", "Maja", place.inbox(f"freja.holst@{HOME}"), menu("More actions"))
    yield View("inbox-disable", "Maja", place.inbox(f"anton.krogh@{HOME}"), asks("Disable…"), pictured=True)
    yield View("inbox-remove", "Maja", place.inbox(f"anton.krogh@{HOME}"), asks("Remove…"))
    yield View("inbox-disable-page", "Maja", place.inbox(f"anton.krogh@{HOME}", "/disable"))
    yield View("inbox-settings", "Maja", place.inbox(f"ida.brandt@{HOME}", "/edit"), pictured=True)
    yield View("inbox-settings-errors", "Maja", place.inbox(f"ida.brandt@{HOME}", "/edit"), _wrong_edit)


def capabilities(place: Place) -> Iterator[View]:
    cannot_send(place.cast)
    yield View("inbox-cannot-send", "Maja", place.inbox(CANNOT_SEND), pictured=True)
    yield View("my-inbox-cannot-send", "Ida", place.inbox(CANNOT_SEND))


def _person_menu(page: Page) -> None:
    page.locator("#person-menu summary").click()


def _wrong_edit(page: Page) -> None:
    page.locator("[name=imap_host]").fill("imap server")
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator(".c-error")).to_be_visible()
