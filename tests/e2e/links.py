"""Reconnect and connect links in the made-up company, at every point of their way."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from console.services import drafts, link_visits, links, verification
from tests.e2e.cast import HOME, TODAY, Cast

FREJA = f"freja.holst@{HOME}"
NORA = "nora@vestergaard-atelier.example"
# What the button says depends on whether a link was sent before.
SEND = re.compile("^Send (reconnect|new) link$")
BY_MAIL = re.compile("^Send it to Freja by mail$")
PHONE = "a phone that nobody here holds"


def sent(cast: Cast, address: str = FREJA, minute: int = 2) -> str:
    """Have Jonas send a link for an inbox; return where it leads to."""
    cast.on(24, 9, minute)
    issued = links.issue(cast.ctx, cast.people["Jonas"], cast.inboxes[address])
    cast.clock.now = TODAY
    return urlsplit(issued.url).path


def asked(cast: Cast, first: str, address: str) -> str:
    """Have Maja send a link with which somebody connects an address; return where it leads to."""
    cast.on(24, 9, 2)
    issued = links.issue_connect(cast.ctx, cast.people["Maja"], cast.people[first].id, address)
    cast.clock.now = TODAY
    return urlsplit(issued.url).path


def begun(cast: Cast, path: str, minute: int = 6) -> str:
    """Have somebody press Continue on a phone; return the draft."""
    cast.on(24, 9, minute)
    seen = link_visits.begin(cast.ctx, path.rsplit("/", 1)[1], PHONE, "192.0.2.40")
    cast.clock.now = TODAY
    assert seen.draft_id is not None
    return seen.draft_id


def refused(cast: Cast, path: str) -> None:
    """Have them type a password that the server does not take."""
    draft_id = begun(cast, path)
    actor = link_visits.passage(cast.ctx, draft_id, PHONE, "192.0.2.40").actor
    drafts.set_settings(cast.ctx, actor, draft_id, {"password": "summer"})
    verification.run(cast.ctx, draft_id)


def withdrawn(cast: Cast, address: str = FREJA) -> str:
    """Send a link and withdraw it."""
    path = sent(cast, address)
    found = links.of_inbox(cast.ctx, cast.people["Jonas"], cast.inboxes[address])
    assert found is not None
    links.withdraw(cast.ctx, cast.people["Jonas"], found.id)
    return path


def continued(page: Page) -> None:
    """Press Continue on the first page of a link."""
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(lambda url: "/reconnect/of/" in url)


def tried(cast: Cast) -> Callable[[Page], None]:
    """Continue, and type a password; this process is the worker."""

    def do(page: Page) -> None:
        continued(page)
        page.get_by_label("Password", exact=True).fill("summer")
        page.get_by_role("button", name="Check the connection").click()
        page.wait_for_url(lambda url: url.endswith("/verify"))
        cast.verify(page.url.split("/")[-2])
        page.reload()
        expect(page.locator("#ladder")).not_to_have_attribute("data-run", "running")

    return do
