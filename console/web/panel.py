"""Answers: one markup as fragment or full page, 303 after a change, 422 for a form with something to mend."""

from typing import Any

from flask import Response, flash, get_flashed_messages, make_response, redirect, render_template, request

from console.web.htmx import vary, wants_fragment
from console.web.texts import say


def panel(
    page: str, fragment: str | None = None, /, *, status: int = 200, replace_url: bool = False, **values: Any
) -> Response:
    """Return the fragment to htmx, and the page that includes it to everybody else.

    A page without a fragment is always whole.

    `replace_url` puts this address into the address bar, so that reload finds a fragment that is a step of its own.
    """
    partial = fragment is not None and wants_fragment()
    response = make_response(render_template(fragment if partial and fragment else page, **values), status)
    if partial and replace_url:
        response.headers["HX-Replace-Url"] = request.path
    return vary(response)


def quiet(fragment: str, place: str, /, **values: Any) -> Response:
    """Answer a poll for which nothing has changed: replace no more than `place` (a selector), whatever it asked for."""
    response = make_response(render_template(fragment, **values))
    response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = place
    return vary(response)


def invalid(page: str, fragment: str | None = None, /, **values: Any) -> Response:
    """Return the panel again with what has to be mended, as 422."""
    return panel(page, fragment, status=422, **values)


def go(address: str) -> Response:
    """Answer a POST: see what has become of it there."""
    return redirect(address, 303)  # type: ignore[return-value]


def tell(text: str, *, kind: str = "ok", undo: dict[str, str] | None = None, link: str = "", **values: Any) -> None:
    """Show one sentence on the next page, with a way back, or a page elsewhere to go on at, where there is one."""
    flash({"text": say(text, **values), "kind": kind, "undo": undo, "link": link}, "notice")  # type: ignore[arg-type]


def notice() -> Any:
    """Return the newest sentence to show, once."""
    found = get_flashed_messages(category_filter=["notice"])
    return found[-1] if found else None
