"""The browser that somebody opened a link in: its own cookie, and what it is told where a link leads nowhere.

The cookie names the browser and nothing else; what it may do stands with the link in the store. It has nothing to do
with the session of the console: no page but those of a link reads it.
"""

import secrets
from typing import Any

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from console.discovery.addresses import shown
from console.rules.texts import N_
from console.services import link_rules
from console.services.link_visits import Visit
from console.web.current import context
from console.web.htmx import is_htmx
from console.web.panel import panel
from console.web.texts import say
from console.web.times import clock, day

COOKIE = "console-link"
# A link that was begun can be finished as long as its draft waits.
DRAFT_SECONDS = 24 * 3600

OVER = {
    link_rules.BY_STAFF: (N_("This link was withdrawn"), N_("Nothing was stored. If you still need one, ask for it.")),
    link_rules.REPLACED: (N_("There is a newer link"), N_("Use the newest message that you were sent.")),
    link_rules.RECOVERED: (
        N_("There is nothing to do any more"),
        N_("%(address)s works again by itself. You can delete the message with the link."),
    ),
    link_rules.REMOVED: (N_("This inbox is not connected here any more"), N_("Nothing was stored.")),
    link_rules.MOVED_ON: (N_("This inbox has another owner now"), N_("The link works no more. Nothing was stored.")),
    link_rules.DISABLED: (
        N_("This inbox is switched off"),
        N_("It was switched off after the link was sent, so the link works no more. Nothing was stored."),
    ),
    link_rules.DEACTIVATED: (N_("This link works no more"), N_("Nothing was stored.")),
    link_rules.TAKEN: (N_("This address is connected already"), N_("There is nothing to do any more.")),
    link_rules.EXPIRED: (
        N_("This link has expired"),
        N_("Links work for a limited time. Nothing was stored. Ask for a new one."),
    ),
}


def name() -> str:
    """Return the name of this browser, or "" for one that has none yet."""
    try:
        found = _serializer().loads(request.cookies.get(_cookie(), ""), max_age=_lives())
    except BadSignature:
        return ""
    return found if isinstance(found, str) else ""


def keep_name(response: Response, known: str = "") -> Response:
    """Have the browser keep its name, a new one unless it has one already."""
    response.set_cookie(
        _cookie(),
        str(_serializer().dumps(known or secrets.token_urlsafe(32))),
        max_age=_lives(),
        secure=context().config.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def ended(visit: Visit) -> Response:
    """Tell why a link leads nowhere, and what to do."""
    address = shown(visit.address)
    if visit.state == "over":
        title, text = OVER.get(visit.over, OVER[link_rules.DEACTIVATED])
        return _told(title, text, status=410, how=visit.over, address=address)
    if visit.connected_at is not None:
        title, text = N_("This link was used"), N_("%(address)s was connected with it on %(when)s. It works only once.")
        return _told(title, text, how="done", address=address, when=_when(visit.connected_at))
    if visit.state == "elsewhere":
        text = N_(
            "On %(when)s somebody pressed Continue in another browser. Go on in that one. If that was not you, or you "
            "cannot find it, tell whoever sent you the link: a new one ends this one."
        )
        title = N_("This link is in use in another browser")
        return _told(title, text, status=409, how="elsewhere", when=_when(visit.started_at))
    title = N_("This page has waited for a day")
    return _told(title, N_("What was begun is wiped. Open the link in your message once more."), how="waited")


def foreign() -> Response:
    """Tell a browser that asks for a page that another one began, or that was forgotten meanwhile."""
    text = N_("It belongs to the browser that the link was opened in. Open the link in your message once more.")
    return _told(N_("This page cannot be opened here"), text, status=404, how="foreign")


def unknown() -> Response:
    """Tell that this is no link."""
    text = N_("Copy the whole link from your message; it may have been cut at the end of a line. Or ask for a new one.")
    return _told(N_("This link is not known here"), text, status=404, how="unknown")


def too_many(sentence: str) -> Response:
    """Tell a client that it has tried too often."""
    return _told(N_("Too many links that are none"), sentence, status=429, how="too-many")


def strayed(place: str) -> Response:
    """Tell somebody who came back from a provider in another browser than they left with."""
    text = N_(
        "%(place)s sent you back to another browser than the one that you opened the link in. Nothing was stored. Open "
        "the link in the browser that you want to sign in with, and stay in it."
    )
    return _told(N_("You came back in another browser"), text, status=409, how="strayed", place=place)


def _told(title: str, text: str, *, how: str, status: int = 200, **values: Any) -> Response:
    page, fragment = "reconnect/over.html", "reconnect/_over.html"
    # htmx shows what is answered with 200 only.
    status = 200 if is_htmx() else status
    return panel(page, fragment, status=status, title=say(title), text=say(text, **values), how=how)


def _when(at: Any) -> str:
    return f"{day(at).striptags()} {clock(at).striptags()}"


def _cookie() -> str:
    # With this prefix no other host of the domain can put the cookie there.
    return f"__Host-{COOKIE}" if context().config.secure else COOKIE


def _lives() -> int:
    return context().config.link_hours * 3600 + DRAFT_SECONDS


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context().signing_key, salt="link-browser")
