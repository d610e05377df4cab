"""A clock that was set back: what was written by the time before would lie in the future, and never fall due or end."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col

from console.rules.health import AHEAD
from console.services import consents, link_steps
from console.services.checks import LEASE
from console.services.context import Context
from console.services.draft import KEPT
from console.services.room import LONGEST_LEASE
from console.store.bulk import BulkJob
from console.store.consents import AppStanding, Consent
from console.store.discoveries import Discovery
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox
from console.store.server_tests import ServerTest

# How often it is looked for.
EVERY = timedelta(minutes=1)
_LEASED: tuple[Any, ...] = (Draft, BulkJob, AppStanding, Discovery, ServerTest)


def mend(ctx: Context) -> None:
    """Make due what was put off by a wrong clock, and have end in time what it would keep for longer than anything is.

    Inboxes that wait for a person go on waiting.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        _inboxes(session, now)
        for table in _LEASED:
            _set(session, table, col(table.lease_until) > now + LONGEST_LEASE + AHEAD, lease_until=None)
        # What is secret, or opens something, is kept for no longer than if it came about now.
        _set(session, Draft, col(Draft.typed_at) > now + AHEAD, typed_at=now)
        _set(session, Draft, col(Draft.expires_at) > now + KEPT + AHEAD, expires_at=now + KEPT)
        _set(session, Consent, col(Consent.expires_at) > now + consents.LIVES + AHEAD, expires_at=now)
        lives = timedelta(hours=ctx.config.link_hours)
        late = col(ReconnectLink.expires_at) > now + lives + AHEAD
        _set(session, ReconnectLink, late, link_steps.counts(), expires_at=now + lives)


def _inboxes(session: Session, now: datetime) -> None:
    _set(
        session,
        Inbox,
        col(Inbox.removed_at).is_(None),
        col(Inbox.next_check) > now,
        col(Inbox.checked_at) > now + AHEAD,
        next_check=now,
    )
    _set(session, Inbox, col(Inbox.lease_until) > now + LEASE + AHEAD, lease_until=None, lease_token=None)


def _set(session: Session, table: Any, *where: ColumnElement[bool], **values: Any) -> None:
    session.execute(update(table).where(*where).values(values).execution_options(synchronize_session=False))
