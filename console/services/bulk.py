"""Work on many inboxes as rows: how a worker takes it, keeps it and gives it back, and how a person sees it."""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, update
from sqlmodel import Session, col, select

from console.services.context import Context
from console.store.bulk import BulkItem, BulkJob
from console.store.models import Inbox, Person

# One step is a check of at most 30 seconds and a few writes; after this a worker that died is taken to be dead.
LEASE = timedelta(seconds=120)
QUEUED, RUNNING, DONE, STOPPED, UNDOING, UNDONE = "queued", "running", "done", "stopped", "undoing", "undone"
# What became of an item. A changed one still has to sign in.
WAITING, CHANGED, PASSED, REFUSED, FAILED = "waiting", "changed", "passed", "refused", "failed"
OWNER, OFF, SAME, GONE, EDITED, BACK, KEPT = "owner", "off", "same", "gone", "edited", "back", "kept"
# These items hold other settings than before, which an undo takes back.
TOUCHED = (CHANGED, PASSED, REFUSED, FAILED, OWNER, OFF)
LISTED = 50


def claim(ctx: Context, job_id: str) -> str | None:
    """Lease a job that is under way and that no living worker holds; return the token."""
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        rows = session.execute(
            update(BulkJob)
            .where(
                col(BulkJob.id) == job_id,
                col(BulkJob.finished_at).is_(None),
                or_(col(BulkJob.lease_until).is_(None), col(BulkJob.lease_until) < now),
            )
            .values(
                lease_until=now + LEASE,
                lease_token=token,
                state=case((col(BulkJob.state) == QUEUED, RUNNING), else_=col(BulkJob.state)),
            )
            .returning(col(BulkJob.id))
            .execution_options(synchronize_session=False)
        ).all()
    return token if rows else None


def held(session: Session, job_id: str, token: str, now: datetime) -> BulkJob | None:
    """Return the locked job with its lease prolonged, or None when it was lost: somebody else carries it on."""
    job = session.exec(
        select(BulkJob)
        .where(BulkJob.id == job_id, BulkJob.lease_token == token, col(BulkJob.finished_at).is_(None))
        .with_for_update()
    ).first()
    if job is not None:
        job.lease_until = now + LEASE
    return job


def give_back(ctx: Context, job_id: str, token: str) -> None:
    """Let the next tick, of any worker, carry the job on."""
    with ctx.store.write() as session:
        session.execute(
            update(BulkJob)
            .where(col(BulkJob.id) == job_id, col(BulkJob.lease_token) == token)
            .values(lease_until=None, lease_token=None)
        )


def finish(job: BulkJob, state: str, now: datetime, why: str = "") -> None:
    """End a job."""
    job.state, job.ended, job.finished_at = state, why, now
    job.lease_until = job.lease_token = None
    if state == UNDONE:
        job.undone_at = now


def left_behind(ctx: Context) -> list[str]:
    """Return the jobs that are under way and that no living worker holds, in one query."""
    now = ctx.clock()
    with ctx.store.read() as session:
        return list(
            session.exec(
                select(BulkJob.id).where(
                    col(BulkJob.finished_at).is_(None),
                    or_(col(BulkJob.lease_until).is_(None), col(BulkJob.lease_until) < now),
                )
            )
        )


@dataclass(frozen=True)
class ItemView:
    """One inbox of a job."""

    inbox_id: int
    address: str
    owner: str
    state: str
    problem: str | None


@dataclass(frozen=True)
class JobView:
    """A job as pages show it. `items` are the first, those that need a look before the others."""

    id: str
    target: str
    state: str
    ended: str
    by: str
    created_at: datetime
    finished_at: datetime | None
    stop_asked: bool
    counts: Counter[str]
    items: tuple[ItemView, ...]

    @property
    def total(self) -> int:
        """How many inboxes it is about."""
        return self.counts.total()

    @property
    def under_way(self) -> bool:
        """Whether a worker still has something to do."""
        return self.finished_at is None

    @property
    def handled(self) -> int:
        """How many inboxes are through."""
        left = (WAITING, CHANGED) if self.state != UNDOING else TOUCHED
        return self.total - sum(self.counts[state] for state in left)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return not self.under_way and self.state != UNDONE and any(self.counts[state] for state in TOUCHED)


def newest(ctx: Context, kind: str, target: str) -> JobView | None:
    """Return the newest job of a kind on a target, in three queries however many inboxes it is about."""
    with ctx.store.read() as session:
        found = session.exec(
            select(BulkJob, Person.name)
            .join(Person, col(Person.id) == col(BulkJob.by_id))
            .where(BulkJob.kind == kind, BulkJob.target == target)
            .order_by(col(BulkJob.created_at).desc(), col(BulkJob.id))
            .limit(1)
        ).first()
        if found is None:
            return None
        job, by = found
        counts = session.exec(
            select(BulkItem.state, func.count()).where(BulkItem.job_id == job.id).group_by(col(BulkItem.state))
        ).all()
        items = session.exec(
            select(BulkItem, Inbox.address, Person.name)
            .join(Inbox, col(Inbox.id) == col(BulkItem.inbox_id))
            .join(Person, col(Person.id) == col(Inbox.owner_id))
            .where(BulkItem.job_id == job.id)
            .order_by(
                case((col(BulkItem.state).in_([REFUSED, FAILED]), 0), (col(BulkItem.state) == OWNER, 1), else_=2),
                col(BulkItem.position),
            )
            .limit(LISTED)
        ).all()
    return JobView(
        job.id,
        job.target,
        job.state,
        job.ended,
        by,
        job.created_at,
        job.finished_at,
        job.stop_asked,
        Counter(dict(counts)),
        tuple(ItemView(item.inbox_id, address, name, item.state, item.problem) for item, address, name in items),
    )
