"""The way in for people whose signing in is not what a test is about: the form is sent without a page being shown."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from tests.browser import csrf_token
from tests.e2e.cast import PASSWORD


def enter(context: BrowserContext, origin: str, email: str, path: str = "") -> Page:
    """Sign somebody in and return the profile's new page, at `path` or else at the first thing that they see."""
    form = context.request.get(f"{origin}/sign-in").text()
    answer = context.request.post(
        f"{origin}/sign-in",
        form={"csrf_token": csrf_token(form), "email": email, "password": PASSWORD},
        headers={"Referer": f"{origin}/sign-in"},
    )
    assert answer.ok, answer.text()
    page = context.new_page()
    page.goto(origin + path if path else answer.url)
    return page
