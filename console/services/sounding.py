"""Soundings: when one inbox turns out to be unable to send, a few others at its server are looked at in full.

Sending is looked at every six hours only. Of fifty inboxes at a server that sends nothing any more, a quarter of an
hour would show two, never enough to be known as one cause. So each that fails has three others looked at, and each of
those that fails three more: it spreads as far as the trouble does, and where it is one mailbox's it ends there.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, update
from sqlmodel import Session, col, select

from console.rules.alike import alike
from console.rules.capabilities import BEYOND, FULL_EVERY
from console.rules.health import Health
from console.services import room, switches
from console.store.models import Inbox

OTHERS = 3
# What was gone through in full within about an hour shows enough.
LATELY = timedelta(hours=1)


def look(session: Session, inbox: Inbox, now: datetime) -> int:
    """Make others due in full, in the open transaction, when `inbox` has just begun to fail at what only that shows.

    Those of its own mail domain come first, and of these whose sending was proved longest ago. Returns how many.
    """
    if inbox.problem is None or inbox.problem_stage not in BEYOND or alike(inbox.problem) is None:
        return 0
    # Another check may have one of them locked, which is being written anyway.
    ids = session.exec(
        select(Inbox.id)
        .where(
            col(Inbox.host) == inbox.host,
            col(Inbox.provider) == inbox.provider,
            col(Inbox.id) != inbox.id,
            col(Inbox.removed_at).is_(None),
            col(Inbox.receives_only).is_(None),
            col(Inbox.health) == Health.HEALTHY.value,
            col(Inbox.next_check).is_not(None),
            col(Inbox.full_due) > now,
            col(Inbox.full_due) < now + FULL_EVERY - LATELY,
            room.free(now),
            ~switches.is_off(),
        )
        .order_by(case((col(Inbox.domain) == inbox.domain, 0), else_=1), col(Inbox.full_due), col(Inbox.id))
        .limit(OTHERS)
        .with_for_update(of=Inbox, skip_locked=True)
    ).all()
    if ids:
        session.execute(
            update(Inbox)
            .where(col(Inbox.id).in_(ids))
            .values(next_check=now, full_due=now)
            .execution_options(synchronize_session=False)
        )
    return len(ids)
