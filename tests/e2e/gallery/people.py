"""Accounts and sessions: setting up, signing in, users, and what each role sees."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from console.services import signing_in
from console.store.models import Person
from tests.e2e.cast import HOME
from tests.e2e.gallery.doings import asks, press
from tests.e2e.gallery.view import Place, View


def outside(place: Place) -> Iterator[View]:
    link = signing_in.print_set_up_link(place.newcomer.ctx) or ""
    yield View("set-up", None, link, pictured=True)
    yield View("set-up-errors", None, link, press("Create the account"))
    yield View("set-up-void", None, f"{place.newcomer.url}/set-up/void")
    yield View("sign-in", None, "/sign-in", pictured=True)
    yield View("sign-in-refused", None, "/sign-in", _refused)
    with place.cast.ctx.store.read() as session:
        clara = session.get(Person, place.cast.people["Clara"].id)
    assert clara is not None
    welcome = signing_in.welcome_address(place.cast.ctx, place.cast.people["Clara"].id, clara.session_epoch)
    yield View("welcome", None, welcome, pictured=True)
    yield View("welcome-void", None, "/welcome/void")


def set_up(place: Place) -> Iterator[View]:
    yield View("integrations", "Maja", "/integrations", pictured=True)
    yield View(
        "integrations-switch-off",
        "Maja",
        "/integrations",
        _switches_off,
        pictured=True,
    )
    yield View("settings-checks", "Maja", "/settings/checks", pictured=True)
    yield View("settings-checks-errors", "Maja", "/settings/checks", _often)
    yield View("users", "Maja", "/users", pictured=True)
    yield View("users-no-match", "Maja", "/users?q=nobody")
    yield View("users-add", "Maja", "/users/add", pictured=True)
    yield View("users-add-errors", "Maja", "/users/add", press("Add the person"))
    yield View("user", "Maja", f"/users/{place.cast.people['Sofie'].id}", pictured=True)
    yield View("user-deactivated", "Maja", f"/users/{place.cast.people['Emil'].id}")
    yield View(
        "user-deactivate",
        "Maja",
        f"/users/{place.cast.people['Sofie'].id}",
        asks("Deactivate…", menu=None),
    )
    yield View("account", "Maja", "/account", pictured=True)
    yield View("account-errors", "Maja", "/account", press("Change the password"))
    yield View("not-found", "Maja", "/inboxes/987654")


def others(place: Place) -> Iterator[View]:
    yield View("my-inboxes", "Sofie", "/me", pictured=True)
    yield View("my-inbox", "Sofie", place.inbox("sofie@dahlpartners.example"))
    yield View("my-inboxes-asked", "Anton", "/me")
    yield View(
        "disclosure", "Anton", f"/me/inboxes/{place.cast.inboxes['anton@krogh.example']}/disclosure", pictured=True
    )
    yield View("help-desk-inbox", "Jonas", place.inbox(f"freja.holst@{HOME}"))
    yield View("help-desk-inboxes", "Jonas", "/inboxes")
    yield View(
        "users-link", "Maja", f"/users/{place.cast.people['Clara'].id}", press("New sign-in link", "#person-link")
    )


def _refused(page: Page) -> None:
    page.get_by_label("Email").fill(f"maja.lindqvist@{HOME}")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _switches_off(page: Page) -> None:
    page.locator("[data-provider=imap]").get_by_role("link", name="Switch off…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _often(page: Page) -> None:
    page.get_by_label("All providers, in minutes").fill("often")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#every-error")).to_be_visible()
