"""Beginning and ending a browser session."""

from flask import session
from flask_login import login_user, logout_user

from console.services.context import Actor
from console.web.current import SignedIn


def begin_session(person: Actor) -> None:
    """Start a fresh session for a person who has just proven who they are."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(person))


def end_session() -> None:
    """Forget who was signed in here."""
    logout_user()
    session.clear()
