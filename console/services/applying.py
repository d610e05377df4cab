"""Applying a domain's defaults to its inboxes: one first, and on only when its sign-in passed.

A job is a row with one item per inbox. Each step changes one inbox in one transaction, has it checked like any other
inbox, and reads the outcome from its history, so that a worker that dies loses nothing and another one carries on.
"""

import secrets
from collections.abc import Callable

from sqlmodel import Session, col, select

from console.discovery.addresses import shown_domain
from console.providers.base import SettingsUnreadable, StageResult
from console.rules.permissions import may
from console.rules.problems import Kind as Problem
from console.rules.problems import problem
from console.rules.texts import N_
from console.services import audit, bulk, checks, defaults, differences, servers, switches, undoing
from console.services.context import Actor, Context, NotFound, Refused
from console.services.default_settings import Defaults, settings_for
from console.services.differences import Preview
from console.services.people import actor_of
from console.store.bulk import BulkItem, BulkJob
from console.store.models import CheckRecord, Credential, Inbox, Person

# Why a job stopped: a person asked, the first inbox did not pass, a second sign-in was refused, three failures in a
# row, or whoever started it may not do so any more.
ASKED, FIRST, TWICE, ROW, ACCESS = "asked", "first-failed", "refused-twice", "failed-in-a-row", "access-lost"
MOST_REFUSED, MOST_IN_A_ROW = 2, 3


class Differs(Refused):
    """Other inboxes would be changed than were shown; nothing was stored."""


def begin(ctx: Context, actor: Actor, domain: str, wanted: Defaults, *, revision: int, mark: str) -> str:
    """Keep `wanted` for a domain and begin to apply it to the inboxes that differ; return the job's id.

    `revision` is what the form was opened with and `mark` the preview's that was shown. Raises Differs, SavedMeanwhile,
    Refused, NotFound.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        defaults.save(session, actor, domain, wanted, revision, now)
        defaults.refuse_busy(session, domain)
        shown: Preview = differences.look(ctx, session, domain, wanted)
        if not shown.differences:
            raise Differs(N_("No inbox differs any more. Nothing was stored; save without applying."))
        if shown.mark != mark:
            raise Differs(N_("These settings touch other inboxes than were listed. Look at the list and press again."))
        job = BulkJob(
            id=secrets.token_urlsafe(16),
            kind=defaults.APPLY,
            target=domain,
            plan=wanted.to_dict(),
            by_id=actor.id,
            created_at=now,
        )
        session.add(job)
        session.flush()
        # The first to be tried is one whose sign-in is known to work; what cannot be tried comes last.
        order = sorted(shown.differences, key=lambda one: (one.waits or one.off, not one.proven, one.address))
        session.add_all(
            BulkItem(job_id=job.id, inbox_id=one.inbox_id, position=place) for place, one in enumerate(order)
        )
        audit.record(
            session,
            actor,
            "domain.apply",
            ("domain", domain[:40], shown_domain(domain)),
            now,
            inboxes=len(order),
            job=job.id,
        )
        job_id = job.id
    ctx.enqueue("apply", job_id)
    return job_id


def _for_person(session: Session, actor: Actor, job_id: str) -> BulkJob:
    if not may(actor.role, "domains.manage", own=False) or not job_id.isprintable():
        raise NotFound
    job = session.exec(
        select(BulkJob).where(BulkJob.id == job_id, BulkJob.kind == defaults.APPLY).with_for_update()
    ).first()
    if job is None:
        raise NotFound
    return job


def stop(ctx: Context, actor: Actor, job_id: str) -> None:
    """End a job after the inbox it is at; what was changed stays changed. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        job = _for_person(session, actor, job_id)
        if job.finished_at is not None or job.state == bulk.UNDOING:
            return
        audit.record(session, actor, "domain.apply-stop", ("domain", job.target[:40], job.target), now, job=job.id)
        job.stop_asked = True
        if job.lease_until is None or job.lease_until < now:
            bulk.finish(job, bulk.STOPPED, now, ASKED)


def undo(ctx: Context, actor: Actor, job_id: str) -> None:
    """Begin to give the inboxes of an ended job their settings back. Raises NotFound, Refused."""
    now = ctx.clock()
    with ctx.store.write() as session:
        job = _for_person(session, actor, job_id)
        if job.undone_at is not None:
            raise Refused(N_("This was taken back already."))
        defaults.refuse_busy(session, job.target)
        job.state, job.ended, job.finished_at, job.stop_asked = bulk.UNDOING, "", None, False
        job.lease_until = job.lease_token = None
        audit.record(session, actor, "domain.apply-undo", ("domain", job.target[:40], job.target), now, job=job.id)
    ctx.enqueue("apply", job_id)


def run(ctx: Context, job_id: str, go_on: Callable[[], bool] = lambda: True) -> None:
    """Carry a job on until it ends, `go_on` says no, or an inbox is busy; the tick comes back to it then."""
    token = bulk.claim(ctx, job_id)
    if token is None:
        return
    while go_on():
        more, inbox_id = _step(ctx, job_id, token)
        if not more:
            return
        if inbox_id is not None and checks.run(ctx, inbox_id, checks.DEFAULTS, due_only=True) is None:
            # Somebody else checks it right now, with the old settings or the new ones, or has just done so.
            break
    bulk.give_back(ctx, job_id, token)


def _step(ctx: Context, job_id: str, token: str) -> tuple[bool, int | None]:
    """Take the next step in one transaction; return whether there is more to do, and the inbox to check first."""
    now = ctx.clock()
    with ctx.store.write() as session:
        job = bulk.held(session, job_id, token, now)
        if job is None:
            return False, None
        if job.state == bulk.UNDOING:
            if not undoing.step(ctx, session, job, now):
                bulk.finish(job, bulk.UNDONE, now)
                return False, None
            return True, None
        tried = _item(session, job_id, bulk.CHANGED)
        if tried is not None and not _judged(session, tried):
            return True, tried.inbox_id
        why = _reason_to_stop(session, job)
        if why:
            bulk.finish(job, bulk.STOPPED, now, why)
            return False, None
        following = _item(session, job_id, bulk.WAITING)
        if following is None:
            bulk.finish(job, bulk.DONE, now)
            return False, None
        _change(ctx, session, job, following)
        return True, following.inbox_id if following.state == bulk.CHANGED else None


def _item(session: Session, job_id: str, state: str) -> BulkItem | None:
    return session.exec(
        select(BulkItem)
        .where(BulkItem.job_id == job_id, BulkItem.state == state)
        .order_by(col(BulkItem.position))
        .limit(1)
    ).first()


def _reason_to_stop(session: Session, job: BulkJob) -> str:
    if job.stop_asked:
        return ASKED
    by = session.get(Person, job.by_id)
    if by is None or not by.active or not may(by.role, "domains.manage", own=False):
        return ACCESS
    outcomes = session.exec(
        select(BulkItem.state)
        .where(BulkItem.job_id == job.id, col(BulkItem.state).in_([bulk.PASSED, bulk.REFUSED, bulk.FAILED]))
        .order_by(col(BulkItem.position))
    ).all()
    if outcomes and bulk.PASSED not in outcomes:
        return FIRST
    if outcomes.count(bulk.REFUSED) >= MOST_REFUSED:
        return TWICE
    last = outcomes[-MOST_IN_A_ROW:]
    return ROW if len(last) == MOST_IN_A_ROW and bulk.PASSED not in last else ""


def _judged(session: Session, item: BulkItem) -> bool:
    """Write down what became of a changed inbox; False while its check has not ended."""
    inbox = session.get_one(Inbox, item.inbox_id)
    record = session.exec(
        select(CheckRecord)
        .where(CheckRecord.inbox_id == item.inbox_id, CheckRecord.revision == item.revision)
        .order_by(col(CheckRecord.id).desc())
        .limit(1)
    ).first()
    if record is not None:
        item.state, item.problem = _outcome(record)
    elif inbox.removed_at is not None:
        item.state = bulk.GONE
    elif inbox.revision != item.revision:
        item.state = bulk.EDITED
    elif switches.reasons(session, inbox):
        item.state = bulk.OFF
    return item.state != bulk.CHANGED


def _outcome(record: CheckRecord) -> tuple[str, str | None]:
    """Return what a finished check says of the new settings, from the last stage that ran."""
    stages = [StageResult.from_dict(stage) for stage in record.stages or () if isinstance(stage, dict)]
    ran = [stage for stage in stages if stage.state in {"passed", "failed"}]
    code = ran[-1].problem if ran and ran[-1].state == "failed" else None
    if not ran:
        code = record.problem or "unknown"
    if code is None or problem(code).kind is Problem.WARNING:
        return bulk.PASSED, None
    return (bulk.REFUSED if problem(code).kind is Problem.REFUSAL else bulk.FAILED), code


def _change(ctx: Context, session: Session, job: BulkJob, item: BulkItem) -> None:
    """Give the item's inbox the settings of the job's plan, and say what is to become of it."""
    now = ctx.clock()
    item.at = now
    inbox = session.exec(select(Inbox).where(Inbox.id == item.inbox_id).with_for_update()).one()
    wanted = Defaults.from_dict(job.plan)
    family = ctx.families.get(wanted.kind)
    if inbox.removed_at is not None or family is None or inbox.provider != family.slug:
        item.state = bulk.GONE
        return
    try:
        settings = settings_for(wanted, family, inbox.address, inbox.settings)
        if settings == inbox.settings:
            item.state = bulk.SAME
            return
        credential = session.get(Credential, inbox.id)
        spent = credential is not None and bool(credential.refused)
        before = servers.summary(family, inbox.settings)
        item.before = undoing.remembered(session, inbox)
        covered = servers.put(ctx, session, inbox, family, settings, now, trigger=checks.DEFAULTS)
        after = family.summary(settings)
    except SettingsUnreadable:
        item.state = bulk.GONE
        return
    item.revision = inbox.revision
    if covered and spent:
        # A refused password is not tried again, neither here nor elsewhere, before its owner types one.
        inbox.next_check = inbox.wanted_by = None
    by = session.get_one(Person, job.by_id)
    audit.record(
        session,
        actor_of(by),
        "inbox.defaults",
        ("inbox", inbox.id, inbox.address),
        now,
        before=before,
        after=after,
        job=job.id,
    )
    if not covered or spent:
        item.state = bulk.OWNER
    else:
        item.state = bulk.OFF if switches.reasons(session, inbox) else bulk.CHANGED
