"""What people do to a page before it is looked at."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def press(button: str | re.Pattern[str], arrives: str = ".c-error") -> Callable[[Page], None]:
    """Press a button and wait for what it brings, which a page that changes in place shows without being loaded."""

    def do(page: Page) -> None:
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator(arrives).first).to_be_visible()
        page.wait_for_load_state()

    return do


def menu(label: str) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        page.locator("summary", has_text=label).click()

    return do


def menu_of(selector: str) -> Callable[[Page], None]:
    """Open a menu that stands only at one width of the window."""

    def do(page: Page) -> None:
        button = page.locator(f"{selector} > summary")
        if button.is_visible():
            button.click()

    return do


def unfold(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f"{selector} > summary").click()


def asks(link: str, menu: str | None = "More actions", *, first: bool = False) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        if menu:
            page.locator("summary", has_text=menu).click()
        found = page.get_by_role("link", name=link, exact=True)
        (found.first if first else found).click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return do
