"""Every page of the console in every state worth looking at: for pictures, for axe, and for what must hold on all.

Each noun has a module with its parts; a part yields its views one after the other, and arranges what each shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playwright.sync_api import BrowserContext, Page

from tests.e2e.cast import Cast
from tests.e2e.entrance import enter
from tests.e2e.gallery import (
    campaigns,
    consents,
    domains,
    explanations,
    help_desk,
    inboxes,
    links,
    notices,
    overview,
    people,
    wizard,
)
from tests.e2e.gallery.view import Place, View
from tests.e2e.still import Still

PARTS: dict[str, Callable[[Place], Iterator[View]]] = {
    "outside": people.outside,
    "overview": overview.overview,
    "expiring": overview.expiring,
    "narrowed": overview.narrowed,
    "filters": overview.filters,
    "first": overview.first,
    "lists": inboxes.lists,
    "problem": inboxes.problem,
    "inbox": inboxes.inbox,
    "questions": inboxes.questions,
    "wizard": wizard.steps,
    "ladder": wizard.ladder,
    "domains": domains.every,
    "domain": domains.one,
    "trust": domains.trust,
    "tests": domains.tested,
    "set_up": people.set_up,
    "others": people.others,
    "apps": consents.apps,
    "consents": consents.asked,
    "consented": consents.given,
    "moving": campaigns.moving,
    "explained": explanations.explained,
    "capabilities": inboxes.capabilities,
    "links": links.opened,
    "sent_links": links.sent,
    "other_links": links.others,
    "help_desk": help_desk.queue,
    "help_desk_cases": help_desk.cases,
    "help_desk_quiet": help_desk.narrowed,
    "help_desk_over": help_desk.over,
    "notices": notices.notified,
    "notice_settings": notices.settings,
    "webhooks": notices.webhooks,
}


class Gallery:
    """Shows the views of a served company and of a console without accounts, one after the other, in one browser.

    `opens` opens a fresh browser profile.
    """

    def __init__(self, company: Still, cast: Cast, newcomer: Still, opens: Callable[[], BrowserContext]) -> None:
        self.place, self._opens = Place(company, cast, newcomer), opens
        self._pages: dict[str | None, Page] = {}

    def page(self, who: str | None) -> Page:
        """Return the page of somebody; signing in takes its time, so it stays the same one. Strangers: see `views`."""
        if who not in self._pages:
            profile = self._opens()
            self._pages[who] = (
                enter(profile, self.place.company.url, self.place.cast.people[who].email) if who else profile.new_page()
            )
        return self._pages[who]

    def show(self, view: View) -> Page:
        """Open a view and return its page, settled."""
        page = self.page(view.who)
        page.goto(view.path if "://" in view.path else self.place.company.url + view.path)
        if view.then:
            view.then(page)
        page.evaluate("document.fonts.ready")
        return page

    def views(self, *parts: str) -> Iterator[View]:
        """Yield the views of these parts, or all. What a view changes shows in no other view.

        A browser in which nobody is signed in is known by the links that it followed: each part has a new one.
        """
        for part in parts or PARTS:
            if stranger := self._pages.pop(None, None):
                stranger.context.close()
            yield from PARTS[part](self.place)
