"""One check of one inbox: wizard, button, schedule and shell all come through here.

A check reads in a short transaction, talks to the servers with none open, and writes in another; a result is written
only while its lease lasts, and a result for settings that were edited meanwhile becomes history only.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from console.providers import trial
from console.providers.base import Mailbox, Provider, SettingsUnreadable, StageResult, Trusted
from console.providers.trial import Trial
from console.rules import health as judge
from console.rules.health import Health, Signal, Standing
from console.rules.problems import Kind, problem
from console.rules.texts import N_
from console.services import credentials, scope, switches, trusted
from console.services.context import Actor, Context, Refused
from console.store.models import CheckRecord, Credential, Inbox
from console.store.vault import KeyMissing

# A check ends within 30 seconds; the lease outlives it by enough to write the result even on a slow disk.
LEASE = timedelta(seconds=90)
KEPT = timedelta(days=7)
BUTTON, SCHEDULE, SHELL, WIZARD, DEFAULTS = "button", "schedule", "shell", "wizard", "defaults"
SERVERS_CHANGED = "servers-changed"


@dataclass(frozen=True)
class Task:
    """A claimed check, ready to run without the database."""

    inbox_id: int
    address: str
    token: str
    trigger: str
    revision: int
    family: Provider | None
    mailbox: Mailbox | None
    precluded: str | None
    refused: dict[str, str]
    server_text: str


@dataclass(frozen=True)
class Outcome:
    """What a check brought, to be written by `record`."""

    task: Task
    trial: Trial
    started_at: datetime
    finished_at: datetime


def ask(ctx: Context, actor: Actor, inbox_id: int) -> None:
    """Have an inbox tested now by a worker. Raises NotFound, and Refused when it is switched off."""
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = scope.inbox(session, actor, "inbox.test", inbox_id)
        if switches.reasons(session, inbox):
            raise Refused(N_("This inbox is switched off. Enable it first, then test it."))
        inbox.wanted_by, inbox.next_check = BUTTON, now
    ctx.enqueue("check", inbox_id)


def claim(ctx: Context, ids: Sequence[int], *, due_only: bool) -> dict[int, str]:
    """Lease inboxes that nobody else is checking; return the lease token by id. Removed and switched-off ones are left.

    The conditional UPDATE decides: of two workers that want the same inbox, one gets it.
    """
    if not ids:
        return {}
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    wanted = [
        col(Inbox.id).in_(ids),
        col(Inbox.removed_at).is_(None),
        or_(col(Inbox.lease_until).is_(None), col(Inbox.lease_until) < now),
        ~switches.is_off(),
    ]
    if due_only:
        wanted.append(col(Inbox.next_check) <= now)
    with ctx.store.write() as session:
        rows = session.execute(
            update(Inbox)
            .where(*wanted)
            .values(lease_until=now + LEASE, lease_token=token)
            .returning(col(Inbox.id))
            .execution_options(synchronize_session=False)
        ).all()
    return {row[0]: token for row in rows}


def prepare(ctx: Context, claimed: dict[int, str], trigger: str) -> list[Task]:
    """Read everything the claimed checks need, in three queries however many they are."""
    ids = list(claimed)
    with ctx.store.read() as session:
        inboxes = session.exec(select(Inbox).where(col(Inbox.id).in_(ids))).all()
        sealed = {
            row.inbox_id: row for row in session.exec(select(Credential).where(col(Credential.inbox_id).in_(ids)))
        }
        pins = trusted.of_inboxes(session, {inbox.id or 0: inbox.address for inbox in inboxes}, ctx.clock())
    return [
        _task(ctx, inbox, sealed.get(inbox.id or 0), pins[inbox.id or 0], claimed[inbox.id or 0], trigger)
        for inbox in inboxes
    ]


def _task(
    ctx: Context, inbox: Inbox, credential: Credential | None, pins: tuple[Trusted, ...], token: str, trigger: str
) -> Task:
    assert inbox.id is not None
    family, mailbox, precluded = ctx.families.get(inbox.provider), None, None
    refused: dict[str, str] = {}
    try:
        if family is None or not isinstance(inbox.settings, dict):
            raise SettingsUnreadable
        covered = credential is not None and credentials.covers(credential.typed_for, family, inbox.settings)
        if credential is None:
            raise KeyMissing
        if not isinstance(credential.refused, dict):
            raise SettingsUnreadable
        if not covered:
            precluded = SERVERS_CHANGED
        else:
            secret = credentials.unseal(ctx, credential)
            mailbox = Mailbox(
                inbox.address, inbox.settings, secret, pins, receives_only=inbox.receives_only is not None
            )
            refused = dict(credential.refused)
    except SettingsUnreadable:
        precluded = "settings-unreadable"
    except KeyMissing:
        precluded = "key-missing"
    by = inbox.wanted_by if trigger == SCHEDULE and inbox.wanted_by else trigger
    return Task(
        inbox.id, inbox.address, token, by, inbox.revision, family, mailbox, precluded, refused, inbox.server_text
    )


def carry_out(ctx: Context, task: Task) -> Outcome:
    """Run a claimed check; no transaction is open. Never raises for anything a server does."""
    started = ctx.clock()
    if task.mailbox is None or task.family is None:
        stages = tuple(StageResult(name, "skipped") for name in (task.family.stages if task.family else ()))
        found = Trial(stages, problem=task.precluded, failed=True)
    else:

        def attempt(channel: str) -> None:
            code = task.refused.get(channel)
            if code is not None and (task.trigger == SCHEDULE or not problem(code).same_password_again):
                raise credentials.AlreadyRefused(code, task.server_text)

        found = trial.run(task.family, task.mailbox, ctx.dialer, on_attempt=attempt)
    return Outcome(task, found, started, ctx.clock())


def record(ctx: Context, outcomes: Sequence[Outcome]) -> int:
    """Write what checks brought, in one transaction; return how many were written.

    A result whose lease was lost is dropped: somebody else owns that check now.
    """
    written = 0
    with ctx.store.write() as session:
        for outcome in outcomes:
            inbox = session.exec(
                select(Inbox)
                .where(Inbox.id == outcome.task.inbox_id, Inbox.lease_token == outcome.task.token)
                .with_for_update()
            ).first()
            if inbox is None or inbox.removed_at is not None:
                continue
            inbox.lease_until = inbox.lease_token = None
            current = inbox.revision == outcome.task.revision
            if current:
                judged = _judge(ctx, inbox, outcome)
                inbox.wanted_by = None
                _remember_refusal(session, outcome)
            else:
                # When the new settings are checked was decided by who edited them.
                judged = outcome.trial.problem
            session.add(
                CheckRecord(
                    inbox_id=outcome.task.inbox_id,
                    trigger=outcome.task.trigger,
                    started_at=outcome.started_at,
                    finished_at=outcome.finished_at,
                    revision=outcome.task.revision,
                    health=inbox.health,
                    problem=judged,
                    server_text=outcome.trial.server_text,
                    stages=[stage.to_dict() for stage in outcome.trial.stages],
                )
            )
            written += 1
    return written


def _judge(ctx: Context, inbox: Inbox, outcome: Outcome) -> str | None:
    """Move the inbox to its new standing and return the problem it now has."""
    now, found = outcome.finished_at, outcome.trial
    code = found.problem if found.failed or found.warned else None
    if found.failed:
        brought = judge.signal(problem(code or "unknown"))
    elif found.warned or inbox.receives_only:
        brought = Signal.WARNED
        code = inbox.receives_only or code
    else:
        brought = Signal.PASSED
    before = Standing(judge.known(inbox.health), inbox.strikes)
    if before.health is Health.NEEDS_SIGN_IN and _answered(inbox, found):
        before = Standing(Health.DEGRADED)
    standing = judge.after(before, brought)
    every = timedelta(seconds=ctx.config.check_every)
    waits_for_person = brought is Signal.WOBBLED and standing.health is Health.NEEDS_SIGN_IN
    if waits_for_person:
        code = inbox.problem
    set_problem(inbox, code, now, found)
    inbox.health, inbox.strikes, inbox.checked_at = standing.health, standing.strikes, now
    if brought in {Signal.PASSED, Signal.WARNED}:
        inbox.next_check = judge.next_check(None, 0, now=now, every=every, jitter=ctx.jitter())
        inbox.proven_until = judge.proven_until(now, every)
    elif waits_for_person:
        inbox.next_check = None
    else:
        inbox.next_check = judge.next_check(
            problem(code or "unknown"), standing.strikes, now=now, every=every, jitter=ctx.jitter()
        )
    known = inbox.proofs if isinstance(inbox.proofs, dict) else {}
    inbox.proofs = {**known, **dict.fromkeys(found.proofs, now.isoformat())}
    return code


def _answered(inbox: Inbox, found: Trial) -> bool:
    """Return whether a check shows that nothing is asked of the person any more, however it ended afterwards.

    The stage that asked for them passed now, or the servers are again those that the password was typed for.
    """
    passed = {stage.name for stage in found.stages if stage.state == "passed"}
    return inbox.problem_stage in passed or (inbox.problem == SERVERS_CHANGED and found.problem != SERVERS_CHANGED)


def set_problem(inbox: Inbox, code: str | None, now: datetime, found: Trial | None = None) -> None:
    """Set the inbox's problem; since when it stands is kept while it stays the same."""
    if inbox.problem != code:
        inbox.problem_since = now if code else None
    told = found if code else None
    inbox.problem, inbox.problem_stage = code, told.problem_stage if told else None
    inbox.problem_host = told.problem_host[:253] if told else ""
    inbox.server_text = told.server_text[:400] if told else ""


def _remember_refusal(session: Session, outcome: Outcome) -> None:
    found = outcome.trial
    if not found.attempted:
        return
    credential = session.get(Credential, outcome.task.inbox_id)
    if credential is None:
        return
    refused = {channel: code for channel, code in (credential.refused or {}).items() if channel not in found.accepted}
    last = found.attempted[-1]
    unanswered = found.failed and last not in found.accepted
    if unanswered and found.problem and problem(found.problem).kind is Kind.REFUSAL:
        refused[last] = found.problem
    if refused != credential.refused:
        credential.refused = refused


def run(ctx: Context, inbox_id: int, trigger: str, *, due_only: bool = False) -> Outcome | None:
    """Claim, check and record one inbox; None when it is switched off, removed or being checked by somebody else."""
    claimed = claim(ctx, [inbox_id], due_only=due_only)
    tasks = prepare(ctx, claimed, trigger)
    if not tasks:
        return None
    outcome = carry_out(ctx, tasks[0])
    record(ctx, [outcome])
    return outcome


def prune(ctx: Context) -> None:
    """Drop detailed checks older than a week."""
    with ctx.store.write() as session:
        session.execute(delete(CheckRecord).where(col(CheckRecord.started_at) < ctx.clock() - KEPT))
