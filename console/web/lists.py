"""Inbox lists for templates: on Inboxes, on My inboxes and on a person's page."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from console.discovery.addresses import shown
from console.rules.permissions import may
from console.services import drafts
from console.services.inboxes import InboxPage
from console.web.current import actor, context
from console.web.wording import RowView, row_view


@dataclass(frozen=True)
class PageView:
    """A page of the list for templates."""

    found: InboxPage
    rows: list[RowView]
    endpoint: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.found, name)

    @property
    def q(self) -> str:
        """What was searched for."""
        return self.found.query

    @property
    def previous_url(self) -> str | None:
        """Address of the page before, if any."""
        return self._url(self.found.previous)

    @property
    def next_url(self) -> str | None:
        """Address of the page after, if any."""
        return self._url(self.found.next)

    def _url(self, cursor: str | None) -> str | None:
        view = None if self.found.view == "all" else self.found.view
        return url_for(self.endpoint, view=view, q=self.found.query or None, at=cursor) if cursor else None


def page_view(found: InboxPage, endpoint: str) -> PageView:
    """Return a list page in the reader's words."""
    return PageView(found, [row_view(row) for row in found.rows], endpoint)


def waiting_draft() -> dict[str, str] | None:
    """Return the signed-in person's newest connection that is not finished: its address, and the way back to it."""
    found = drafts.unfinished(context(), actor()) if can_connect() else None
    return {"address": shown(found[1]), "url": url_for("connect.resume", draft_id=found[0])} if found else None


def can_connect() -> bool:
    """Return whether the signed-in person may connect an inbox.

    An admin for others too, others with personal email access.
    """
    person = actor()
    return may(person.role, "inbox.connect", own=False) or (
        may(person.role, "inbox.connect", own=True) and person.personal_email
    )
