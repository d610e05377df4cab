"""What becomes of drafts that nobody goes on with: old passwords, old drafts, and runs without a worker."""

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from console.services import giving_back
from console.services.context import Context
from console.services.draft import GIVEN_UP, PASSWORD_KEPT, QUEUED, RUNNING
from console.store.models import Draft


def tidy(ctx: Context) -> list[str]:
    """Wipe old passwords, drop drafts whose day is over, and return the ids of runs that nobody carries on."""
    now = ctx.clock()
    with ctx.store.read() as session:
        stale = session.exec(
            select(Draft.id)
            .where(
                or_(col(Draft.expires_at) <= now, col(Draft.typed_at) <= now - PASSWORD_KEPT),
            )
            .limit(1)
        ).first()
        orphans = session.exec(
            select(Draft.id).where(
                col(Draft.state).in_([QUEUED, RUNNING]),
                or_(col(Draft.lease_until).is_(None), col(Draft.lease_until) < now),
            )
        ).all()
    if stale is not None:
        with ctx.store.write() as session:
            for draft in session.exec(
                select(Draft)
                .where(
                    or_(col(Draft.expires_at) <= now, col(Draft.typed_at) <= now - PASSWORD_KEPT),
                    col(Draft.sealed).is_not(None),
                    Draft.state != GIVEN_UP,
                )
                .with_for_update()
            ):
                giving_back.set_aside(ctx, session, draft)
            session.execute(
                update(Draft)
                .where(col(Draft.typed_at) <= now - PASSWORD_KEPT)
                .values(sealed=None, key_id=None, typed_at=None)
            )
            session.execute(delete(Draft).where(col(Draft.expires_at) <= now))
    return list(orphans)
