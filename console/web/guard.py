"""Every route is closed unless it says otherwise: `@public` opens one to everybody, `@allows(action)` to some roles."""

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask_login import LoginManager

from console.rules.permissions import Reach, reach
from console.services import people
from console.web.current import SignedIn, client_ip, context, maybe_actor
from console.web.htmx import is_htmx
from console.web.sessions import session_id

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
_IDENTITY = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")


def public(view: View) -> View:
    """Let everybody, signed in or not, reach this view."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def allows(action: str) -> Callable[[View], View]:
    """Let people whose role may do `action`, to anything or to their own things, reach this view."""

    def mark(view: View) -> View:
        view.access = action  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> str | None:
    """Return what a route declares: "public", an action, or None when it declares nothing and is therefore closed."""
    if endpoint == "static":
        return PUBLIC
    return getattr(app.view_functions.get(endpoint), "access", None)


def safe_next(target: str | None) -> str:
    """Return a path of this console to go to after signing in; anything else becomes the start page."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target or len(target) > 500:
        return "/"
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(character) < 33 for character in target):
        return "/"
    return target


def init_app(app: Flask) -> None:
    """Close every route of the app that does not declare who may reach it."""
    manager = LoginManager()
    # Templates know the person through the frame; the manager's own context would ask the store even to tell of a
    # failure of the store.
    manager.init_app(app, add_context_processor=False)

    @manager.user_loader
    def load(identity: str) -> SignedIn | None:
        shape = _IDENTITY.fullmatch(identity)
        name = session_id()
        if shape is None or name is None:
            return None
        found = people.signed_in(context(), int(shape[1]), int(shape[2]), name, client_ip())
        return SignedIn(found) if found else None

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None:
            return None
        access = access_of(current_app, request.endpoint)
        if access == PUBLIC:
            return None
        person = maybe_actor()
        if person is None:
            return _to_sign_in()
        if access is None:
            abort(403)
        if reach(person.role, access) is Reach.NONE:
            abort(404 if request.view_args else 403)
        return None


def _to_sign_in() -> Response:
    if is_htmx():
        # htmx would swap the sign-in page into its target; a header makes the browser itself go there.
        return Response(status=401, headers={"HX-Redirect": _sign_in_address(open_in_browser())})
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(_sign_in_address(wanted), 303)  # type: ignore[return-value]


def open_in_browser() -> str | None:
    """Return path and query of the page that htmx sends from."""
    try:
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return None
    return current.path + (f"?{current.query}" if current.query else "")


def _sign_in_address(wanted: str | None) -> str:
    target = safe_next(wanted)
    return url_for("sign_in.page", next=None if target == "/" else target)
