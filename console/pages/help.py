"""A page for every problem: open to everybody, because whoever is told to reconnect may have no account here.

They say what the catalogue says, and nothing of this installation.
"""

from flask import Blueprint, Response, abort

from console.rules.problems import CATALOGUE
from console.web import problems as told
from console.web.guard import public
from console.web.panel import panel

pages = Blueprint("help", __name__, url_prefix="/help")


@pages.get("")
@public
def index() -> Response:
    return panel("help/index.html", parts=told.index())


@pages.get("/<code>")
@public
def show(code: str) -> Response:
    entry = CATALOGUE.get(code)
    if entry is None:
        abort(404)
    return panel("help/show.html", entry=told.entry_view(entry))
