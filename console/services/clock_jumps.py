"""A clock that was set back: what was written by the time before would lie in the future, and never fall due."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from console.rules.health import AHEAD
from console.services.checks import LEASE
from console.services.context import Context
from console.store.models import Inbox

# How often it is looked for.
EVERY = timedelta(minutes=1)


def mend(ctx: Context) -> None:
    """Make inboxes due that were last checked in the future, and end leases that nobody can hold.

    Those that wait for a person go on waiting.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        session.execute(
            update(Inbox)
            .where(
                col(Inbox.removed_at).is_(None),
                col(Inbox.next_check) > now,
                col(Inbox.checked_at) > now + AHEAD,
            )
            .values(next_check=now)
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(Inbox)
            .where(col(Inbox.lease_until) > now + LEASE + AHEAD)
            .values(lease_until=None, lease_token=None)
            .execution_options(synchronize_session=False)
        )
