"""Settings of the organisation, a tab each: how often is checked, and what else account admins decide here."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import Form

from console.rules.texts import N_
from console.services import cadence, holds
from console.services.cadence import Cadence
from console.services.context import Refused
from console.web.cadence import filled, form_of, held_words, limits_of, load_of, load_words, page_of, typed
from console.web.current import actor, context
from console.web.forms import read, refuse, revision, shorten
from console.web.guard import allows
from console.web.panel import go, panel, tell

pages = Blueprint("settings", __name__, url_prefix="/settings")


@pages.get("")
@allows("settings.see")
def index() -> Response:
    return go(url_for("settings.checks"))


@pages.get("/checks")
@allows("settings.see")
def checks() -> Response:
    """How often is checked. What is typed and not saved yet is answered with what it would mean."""
    ctx = context()
    found = cadence.shown(ctx)
    if "every" not in request.args:
        return _checks(found, form_of(found)(data=filled(found)))
    form = form_of(found)(request.args)
    meant = found
    if form.validate():
        try:
            meant = cadence.shown(ctx, cadence.value_of(ctx, *typed(form)))
        except Refused as refused:
            refuse(form, refused, "every")
    shorten(form)
    return _checks(found, form, meant)


def _checks(found: Cadence, form: Form, meant: Cadence | None = None, status: int = 200) -> Response:
    ctx = context()
    values: dict[str, Any] = {
        "form": form,
        "cadence": page_of(found),
        "load": load_of(meant or found),
        "held": [held_words(one) for one in holds.current(ctx)],
        "limits": limits_of(ctx.config),
    }
    return panel("settings/checks.html", "settings/_checks.html", status=status, **values)


@pages.post("/checks")
@allows("settings.manage")
def save_checks() -> Response:
    ctx = context()
    found = cadence.shown(ctx)
    form = read(form_of(found))
    if form.validate():
        try:
            after = cadence.change(ctx, actor(), *typed(form), revision=revision())
        except Refused as refused:
            refuse(form, refused, "every")
        else:
            tell(N_("Saved; it counts from now on. %(load)s"), load=load_words(after))
            return go(url_for("settings.checks"))
    shorten(form)
    return _checks(found, form, status=422)
