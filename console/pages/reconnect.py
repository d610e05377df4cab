"""What somebody sees who opens a reconnect or connect link: that inbox's steps and nothing else of the console."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request, url_for

from console.discovery.addresses import shown
from console.providers.consenting import consenting
from console.services import apps, drafts, inbox, link_visits
from console.services import draft as draft_states
from console.services.context import Actor, NotFound, Refused
from console.services.link_visits import TooMany, Visit
from console.web import link_browser, steps
from console.web.approval_sheet import approval_sheet
from console.web.consent import leave_for
from console.web.current import answer_as_for_nobody, client_ip, context, maybe_actor
from console.web.guard import public
from console.web.panel import go, panel
from console.web.reconnecting import start_of

pages = Blueprint("reconnect", __name__, url_prefix="/reconnect")


@pages.before_request
def _as_for_nobody() -> None:
    # Whoever is signed in to the console in this browser is nobody here: a link is its person's.
    g.signed_in = maybe_actor()
    answer_as_for_nobody()


@pages.after_request
def _kept_apart(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if request.endpoint == "reconnect.start":
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.route("/<token>", methods=["GET", "POST"])
@public
def start(token: str) -> Response:
    ctx, browser = context(), link_browser.name()
    try:
        seen = link_visits.look(ctx, token, browser, client_ip())
        if request.method == "GET" or not browser:
            return _opened(seen, browser)
        if _somebody_else(seen):
            return _start(seen, status=422)
        seen = link_visits.begin(ctx, token, browser, client_ip())
    except NotFound:
        return link_browser.unknown()
    except TooMany as refused:
        return link_browser.too_many(refused.sentence)
    except Refused as refused:
        return _start(seen, refused, status=422)
    if seen.state != "mine" or seen.draft_id is None:
        return link_browser.ended(seen)
    return link_browser.keep_name(go(url_for(".resume", draft_id=seen.draft_id)), browser)


def _opened(seen: Visit, browser: str) -> Response:
    """Answer an opened link, as often as it is opened and by whatever."""
    if seen.state == "mine" and seen.waits:
        return go(url_for(".resume", draft_id=seen.draft_id))
    if seen.state not in {"open", "mine"} or seen.connected_at is not None:
        return link_browser.ended(seen)
    response = _start(seen)
    return response if browser else link_browser.keep_name(response)


def _start(seen: Visit, refused: Refused | None = None, *, status: int = 200) -> Response:
    other = g.signed_in.name if _somebody_else(seen) else ""
    return panel("reconnect/start.html", status=status, **start_of(seen, refused), signed_in=other)


def _somebody_else(seen: Visit) -> bool:
    return g.signed_in is not None and g.signed_in.id != seen.person_id


def _through(draft_id: str, step: Callable[[Actor, str], Response]) -> Response:
    """Take a step of a link's draft, or say why it leads on no more."""
    ctx, browser = context(), link_browser.name()
    try:
        found = link_visits.passage(ctx, draft_id, browser, client_ip())
    except NotFound:
        return link_browser.foreign()
    if found.visit.over:
        return link_browser.ended(found.visit)
    try:
        return step(found.actor, draft_id)
    except NotFound:
        # What ended meanwhile is told; what was never there is not.
        found = link_visits.passage(ctx, draft_id, browser, client_ip())
        if found.visit.over or not found.visit.waits or found.visit.connected_at is not None:
            return link_browser.ended(found.visit)
        raise


@pages.get("/of/<draft_id>")
@public
def resume(draft_id: str) -> Response:
    return _through(draft_id, steps.resume)


@pages.route("/of/<draft_id>/address", methods=["GET", "POST"])
@public
def address(draft_id: str) -> Response:
    return _through(draft_id, steps.address)


@pages.route("/of/<draft_id>/expect", methods=["GET", "POST"])
@public
def expect(draft_id: str) -> Response:
    return _through(draft_id, steps.expect)


@pages.route("/of/<draft_id>/settings", methods=["GET", "POST"])
@public
def settings(draft_id: str) -> Response:
    return _through(draft_id, steps.settings)


@pages.get("/of/<draft_id>/away")
@public
def away(draft_id: str) -> Response:
    return _through(draft_id, lambda person, draft: leave_for("reconnect", person, draft, link_browser.name()))


@pages.get("/of/<draft_id>/sheet")
@public
def sheet(draft_id: str) -> Response:
    return _through(draft_id, _sheet)


def _sheet(person: Actor, draft_id: str) -> Response:
    ctx = context()
    family = consenting(ctx.families.get(drafts.get(ctx, person, draft_id).provider))
    if family is None:
        raise NotFound
    return Response(
        approval_sheet(family, apps.get(ctx, family.slug)).text(),
        mimetype="text/plain",
        headers={"Content-Disposition": f'attachment; filename="approve-{family.slug}.txt"'},
    )


@pages.get("/of/<draft_id>/verify")
@public
def verify(draft_id: str) -> Response:
    return _through(draft_id, steps.verify)


@pages.post("/of/<draft_id>/again")
@public
def again(draft_id: str) -> Response:
    return _through(draft_id, steps.again)


@pages.post("/of/<draft_id>/keep")
@public
def keep(draft_id: str) -> Response:
    return _through(draft_id, steps.keep)


@pages.post("/of/<draft_id>/trust")
@public
def trust(draft_id: str) -> Response:
    return _through(draft_id, steps.trust)


@pages.route("/of/<draft_id>/done", methods=["GET", "POST"])
@public
def done(draft_id: str) -> Response:
    return _through(draft_id, _done)


def _done(person: Actor, draft_id: str) -> Response:
    ctx = context()
    draft = drafts.get(ctx, person, draft_id)
    if request.method == "GET" or draft.state != draft_states.PASSED or draft.inbox_id is None:
        return steps.done(person, draft_id)
    if not draft.reconnects:
        inbox.accept(ctx, person, draft.inbox_id, "after")
    values: dict[str, Any] = {"address": shown(draft.address or ""), "how": "read"}
    return panel("reconnect/closed.html", **values)
