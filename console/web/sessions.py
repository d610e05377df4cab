"""Beginning and ending a browser session."""

import secrets

from flask import session
from flask_login import login_user, logout_user

from console.services import signing_in
from console.services.context import Actor
from console.web.current import SignedIn, context

# A session has a name of its own, so that it can be ended on the server whatever copies of its cookie there are.
NAME = "sid"


def begin_session(person: Actor) -> None:
    """Start a fresh session for a person who has just proven who they are."""
    session.clear()
    session.permanent = True
    session[NAME] = secrets.token_urlsafe(16)
    login_user(SignedIn(person))


def session_id() -> str | None:
    """Return the name of this request's session, or None where it has none."""
    found = session.get(NAME)
    return found if isinstance(found, str) and found else None


def end_session(person: Actor) -> None:
    """Forget who was signed in here, and end the session on the server."""
    name = session_id()
    if name is not None:
        signing_in.sign_out(context(), person, name)
    logout_user()
    session.clear()
