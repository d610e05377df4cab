"""What is looked at, and where it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.cast import Cast
from tests.e2e.still import Still


@dataclass(frozen=True)
class View:
    """One thing to look at: `path` is opened by `who` (None: nobody signed in), then `then` is done to the page.

    `pictured` ones stand for their page in docs/screenshots.
    """

    name: str
    who: str | None
    path: str
    then: Callable[[Page], None] | None = None
    pictured: bool = False


@dataclass(frozen=True)
class Place:
    """The made-up company as it is served, its people and inboxes, and a console in which no account exists yet."""

    company: Still
    cast: Cast
    newcomer: Still

    def inbox(self, address: str, more: str = "") -> str:
        """Return the path of the page of an inbox, or of one below it."""
        return f"/inboxes/{self.cast.inboxes[address]}{more}"

    def draft(self, name: str, step: str) -> str:
        """Return the path of a step of one of Maja's drafts."""
        return f"/connect/{self.cast.drafts[name]}/{step}"
