"""How often the inboxes of a provider are checked."""

from datetime import timedelta

from sqlmodel import Session

from console.services.context import Context


def every(ctx: Context, session: Session | None, provider: str) -> timedelta:  # noqa: ARG001  # One for all as yet.
    """Return the time between two scheduled checks of an inbox of `provider` that is healthy."""
    return timedelta(seconds=ctx.config.check_every)
