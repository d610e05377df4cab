"""Typed access to what belongs to the current request."""

from typing import cast

from flask import abort, current_app, g, request
from flask_login import UserMixin, current_user

from console.services.context import Actor, Context


class SignedIn(UserMixin):
    """The person of a session. The id carries the session epoch, so that growing it ends every session."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        """Return the session's identity."""
        return f"{self.actor.id}:{self.actor.epoch}"


def context() -> Context:
    """Return the surroundings of this installation."""
    return cast(Context, current_app.extensions["console"])


def actor() -> Actor:
    """Return the signed-in person; answers 401 when there is none."""
    found = maybe_actor()
    if found is None:
        abort(401)
    return found


def maybe_actor() -> Actor | None:
    """Return the signed-in person, or None."""
    if g.get("as_for_nobody"):
        return None
    return cast(Actor, current_user.actor) if current_user.is_authenticated else None


def answer_as_for_nobody() -> None:
    """Have the rest of this request know no person: after a failure, the store may be what failed."""
    g.as_for_nobody = True


def client_ip() -> str:
    """Return the address the request came from, through as many proxies as the configuration trusts."""
    return (request.remote_addr or "")[:45]
