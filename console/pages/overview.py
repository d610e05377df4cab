"""The overview: where account admins and help desk start."""

from flask import Blueprint, Response, request, url_for

from console.rules.texts import N_
from console.services import checklist, drafts, overview, radar
from console.services.context import Refused
from console.web.checklist import items_view
from console.web.current import actor, context
from console.web.guard import allows
from console.web.lists import can_connect, waiting_draft
from console.web.overview import overview_view
from console.web.panel import go, panel, tell
from console.web.radar import RADAR_LINES, expiry_views

pages = Blueprint("overview", __name__, url_prefix="/overview")


@pages.get("")
@allows("overview.see")
def index() -> Response:
    ctx, person = context(), actor()
    found = overview_view(overview.look(ctx, person))
    items = items_view(checklist.of(ctx, person))
    if not found.total:
        return panel("overview/first.html", o=found, items=items, waiting=waiting_draft(), can_connect=can_connect())
    expiring = expiry_views(radar.expiring(ctx, person))
    return panel(
        "overview/index.html",
        "overview/_show.html",
        o=found,
        expiring=expiring[:RADAR_LINES],
        expiring_in_all=len(expiring),
        items=items,
        can_connect=can_connect(),
        waiting=waiting_draft(),
    )


@pages.get("/expiring")
@allows("overview.see")
def expiring() -> Response:
    return panel("overview/expiring.html", expiring=expiry_views(radar.expiring(context(), actor())))


@pages.post("/set-up/<item>")
@allows("settings.manage")
def confirm(item: str) -> Response:
    try:
        checklist.confirm(context(), actor(), item)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    else:
        tell(N_("Noted."))
    return go(url_for("overview.index"))


@pages.post("/connect")
@allows("inbox.connect")
def connect() -> Response:
    """Begin the connection of the first inbox at its address; the rest of the first step is as if it was left alone."""
    ctx, person = context(), actor()
    try:
        draft_id = drafts.start(ctx, person)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("overview.index"))
    try:
        drafts.look_up(ctx, person, draft_id, request.form.get("address", ""))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return go(url_for("connect.address", draft_id=draft_id))
