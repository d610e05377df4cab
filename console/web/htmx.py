"""The one module that knows htmx_flask: whether a request wants a fragment, and the headers of an answer."""

from typing import Any

from flask import Flask, Response, request
from htmx_flask import Htmx


def init_app(app: Flask) -> None:
    """Teach the app's requests about htmx."""
    Htmx(app)


def is_htmx() -> bool:
    """Return whether htmx sent this request."""
    return bool(getattr(request, "htmx", False))


def wants_fragment() -> bool:
    """Return whether to answer with the fragment alone: for htmx, but not for boosted or history-restore requests."""
    htmx: Any = getattr(request, "htmx", None)
    return is_htmx() and not htmx.boosted and not htmx.history_restore_request


def vary(response: Response) -> Response:
    """Say that the answer depends on what asked."""
    for header in ("HX-Request", "HX-Boosted", "HX-History-Restore-Request"):
        response.vary.add(header)
    return response
