"""Reconnect and connect links, for those who get them and for those who send them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e import consents, links, notices
from tests.e2e.gallery.doings import press
from tests.e2e.gallery.view import Place, View


def opened(place: Place) -> Iterator[View]:
    cast = place.cast
    yield View("link", None, links.sent(cast), pictured=True)
    yield View("link-password", None, links.sent(cast), links.continued, pictured=True)
    yield View("link-refused", None, links.sent(cast), links.tried(cast))
    path = links.sent(cast)
    links.begun(cast, path)
    yield View("link-elsewhere", None, path, pictured=True)
    yield View("link-withdrawn", None, links.withdrawn(cast))
    yield View("link-unknown", None, "/reconnect/cut-at-the-end-of-a-line")
    yield View("link-of-another-browser", None, "/reconnect/of/of-another-browser/settings")
    consents.withdrawn(cast)
    nora = links.sent(cast, links.NORA)
    yield View("link-consent", None, nora)
    yield View("link-consent-sign-in", None, nora, links.continued, pictured=True)
    asked = links.asked(cast, "Anton", "anton@krogh-interioer.example")
    yield View("link-connect", None, asked, pictured=True)
    yield View("link-connect-address", None, asked, links.continued)


def sent(place: Place) -> Iterator[View]:
    cast, freja = place.cast, place.inbox(links.FREJA)
    yield View("inbox-link-made", "Jonas", freja, press(links.SEND, "#link-url"), pictured=True)
    yield View("link-somebody-else", "Jonas", links.sent(cast))
    links.refused(cast, links.sent(cast))
    yield View("inbox-link-failed", "Maja", freja, pictured=True)
    links.withdrawn(cast)
    yield View("inbox-link-withdrawn", "Jonas", freja)
    consents.withdrawn(cast)
    links.begun(cast, links.sent(cast, links.NORA))
    yield View("inbox-link-started", "Jonas", place.inbox(links.NORA))


def others(place: Place) -> Iterator[View]:
    cast, freja = place.cast, place.inbox(links.FREJA)
    notices.mails(cast)
    yield View("inbox-link-mail", "Jonas", freja, press(links.SEND, "#link-url"), pictured=True)
    yield View("inbox-link-mailed", "Jonas", freja, press(links.BY_MAIL, "[data-step=sent][data-state=now]"))
    notices.mails_no_more(cast)
    yield View("connect-link", "Maja", f"/connect/link?for={cast.people['Anton'].id}")
    yield View("connect-link-errors", "Maja", "/connect/link", press("Make the link"))
    links.asked(cast, "Anton", "anton.k@krogh-interioer.example")
    links.begun(cast, links.asked(cast, "Anton", "anton@krogh-interioer.example"))
    yield View("user-connect-link", "Maja", f"/users/{cast.people['Anton'].id}")
