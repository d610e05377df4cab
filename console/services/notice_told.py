"""What follows from a notice that was sent: episodes and incidents remember that people know."""

from datetime import datetime

from sqlalchemy import and_, update
from sqlmodel import Session, col, select

from console.rules.notices import Kind
from console.store.episodes import Episode, Incident
from console.store.models import Inbox
from console.store.notices import Notice


def told_of(session: Session, notice: Notice, now: datetime) -> None:
    """Note what follows from a notice that was sent, in the open transaction."""
    if notice.kind == Kind.OWNER:
        wanted = update(Episode).where(col(Episode.id) == notice.episode_id, col(Episode.told_at).is_(None))
        session.execute(wanted.values(told_at=now).execution_options(synchronize_session=False))
    elif notice.kind == Kind.CLEAR:
        mine = select(Inbox.id).where(Inbox.owner_id == notice.person_id)
        same = (
            col(Episode.id) == notice.episode_id
            if notice.incident_id is None
            else and_(col(Episode.incident_id) == notice.incident_id, col(Episode.inbox_id).in_(mine))
        )
        done = update(Episode).where(same, col(Episode.told_at).is_not(None), col(Episode.ended_at).is_not(None))
        session.execute(done.values(clear_at=now).execution_options(synchronize_session=False))
    elif notice.incident_id is not None:
        first = update(Incident).where(col(Incident.id) == notice.incident_id, col(Incident.told_at).is_(None))
        session.execute(first.values(told_at=now).execution_options(synchronize_session=False))
