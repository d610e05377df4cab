"""One check of one inbox: wizard, button, schedule and shell all come through here.

A check reads in a short transaction, talks to the servers with none open, and writes in another; a result is written
only while its lease lasts, and a result for settings that were edited meanwhile becomes history only.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from console.providers import trial
from console.providers.base import App, Mailbox, Secret, SettingsUnreadable, StageResult, Trusted
from console.providers.trial import Trial
from console.rules import capabilities
from console.rules.problems import problem
from console.rules.texts import N_
from console.services import (
    app_secrets,
    app_trouble,
    apps,
    certificates_seen,
    credentials,
    days,
    episodes,
    holds,
    incidents,
    room,
    scope,
    sounding,
    standing,
    switches,
    tokens,
    trusted,
)
from console.services.check_results import SERVERS_CHANGED, Outcome, Task, judged, kept_aliases, remember, tell_app
from console.services.context import Actor, Context, Refused
from console.services.holds import Held
from console.store.models import CheckRecord, Credential, Inbox
from console.store.vault import KeyMissing

# A check ends within 30 seconds; the lease outlives it by enough to write the result even on a slow disk.
LEASE = timedelta(seconds=90)
KEPT = timedelta(days=7)
BUTTON, SCHEDULE, SHELL, WIZARD, DEFAULTS = "button", "schedule", "shell", "wizard", "defaults"


def ask(ctx: Context, actor: Actor, inbox_id: int) -> Held | None:
    """Have an inbox tested now by a worker, through every stage. Raises NotFound, and Refused when it cannot be now.

    Returns what keeps only its sending from being tested now, None where nothing does.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = scope.inbox(session, actor, "inbox.test", inbox_id)
        if switches.reasons(session, inbox):
            raise Refused(N_("This inbox is switched off. Enable it first, then test it."))
        if inbox.provider in app_trouble.problems(session):
            family = ctx.families.get(inbox.provider)
            raise Refused(
                N_(
                    "%(provider)s does not take the app of this console at the moment. An account admin has to correct "
                    "it under Integrations; then this inbox goes on by itself."
                ),
                provider=family.label if family else inbox.provider,
            )
        holds.refuse_while_held(ctx, session, inbox, now)
        inbox.wanted_by, inbox.next_check, inbox.full_due = BUTTON, now, now
        held = room.sending_held(ctx, session, inbox, now)
    ctx.enqueue("check", inbox_id)
    return held


def checkable(now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of an inbox that may be checked: connected, on, and neither left alone nor under way."""
    return [col(Inbox.removed_at).is_(None), room.free(now), ~switches.is_off(), ~holds.waits(now)]


def claim(ctx: Context, ids: Sequence[int], *, due_only: bool, full: bool = False) -> dict[int, str]:
    """Lease inboxes that nobody else is checking; return the lease token by id. `full` wants every stage gone through.

    Left are those that `checkable` leaves out, those that their servers have no room for now, and those whose provider
    does not take the organisation's app, all but one at a time. The conditional UPDATE decides: of two workers that
    want the same inbox, one gets it.
    """
    if not ids:
        return {}
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    wanted = checkable(now)
    if due_only:
        wanted.append(col(Inbox.next_check) <= now)
    with ctx.store.write() as session:
        resting = incidents.sending_rests(session, ids, now)
        fitting = room.fitting(ctx, session, ids, wanted, now, full=full, resting=resting)
        waiting = app_trouble.take_turns(session, list(fitting), now)
        waiting |= incidents.take_turns(session, list(fitting), now)
        wanted.append(col(Inbox.id).in_([inbox_id for inbox_id in fitting if inbox_id not in waiting]))
        rows = session.execute(
            update(Inbox)
            .where(*wanted)
            .values(lease_until=now + LEASE, lease_token=token)
            .returning(col(Inbox.id))
            .execution_options(synchronize_session=False)
        ).all()
        leased = [row[0] for row in rows]
        incidents.tried(session, leased, token, now)
        _set_depth(session, {one: now if full else fitting[one] for one in leased})
    return dict.fromkeys(leased, token)


def _set_depth(session: Session, due: Mapping[int, datetime | None]) -> None:
    """Say when inboxes are gone through in full: now, or not before their servers for sending may be met again."""
    changed = [{"id": inbox_id, "full_due": at} for inbox_id, at in due.items() if at is not None]
    if changed:
        session.execute(update(Inbox), changed)


def prepare(ctx: Context, claimed: dict[int, str], trigger: str) -> list[Task]:
    """Read everything the claimed checks need, in as many queries however many they are."""
    ids, now = list(claimed), ctx.clock()
    with ctx.store.read() as session:
        inboxes = session.exec(select(Inbox).where(col(Inbox.id).in_(ids))).all()
        sealed = {
            row.inbox_id: row for row in session.exec(select(Credential).where(col(Credential.inbox_id).in_(ids)))
        }
        pins = trusted.of_inboxes(session, {inbox.id or 0: inbox.address for inbox in inboxes}, now)
        known = app_secrets.in_use(ctx, session)
        again = incidents.tries(session, claimed)
    return [
        _task(
            ctx,
            inbox,
            sealed.get(inbox.id or 0),
            pins[inbox.id or 0],
            known.get(inbox.provider),
            claimed[inbox.id or 0],
            trigger,
            now,
            inbox.id in again,
        )
        for inbox in inboxes
    ]


def _task(
    ctx: Context,
    inbox: Inbox,
    credential: Credential | None,
    pins: tuple[Trusted, ...],
    app: App | KeyMissing | None,
    token: str,
    trigger: str,
    now: datetime,
    once_more: bool,
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
        if isinstance(app, KeyMissing):
            raise app
        if family.consents and (app is None or app.client_id != credential.client_id):
            precluded = apps.MISSING if app is None else apps.CHANGED
        elif not covered:
            precluded = SERVERS_CHANGED
        else:
            secret = credentials.unseal(ctx, credential)
            mailbox = Mailbox(inbox.address, inbox.settings, secret, pins, inbox.receives_only is not None, app=app)
            refused = {} if once_more else dict(credential.refused)
    except SettingsUnreadable:
        precluded = "settings-unreadable"
    except KeyMissing:
        precluded = "key-missing"
    by = inbox.wanted_by if trigger == SCHEDULE and inbox.wanted_by else trigger
    return Task(
        inbox.id,
        inbox.address,
        token,
        by,
        inbox.revision,
        family,
        mailbox,
        precluded,
        refused,
        {flaw.problem: flaw.server_text for flaw in standing.of(inbox).values()},
        credential.revision if credential is not None else 0,
        credential is not None and credential.renewing_at is not None,
        capabilities.full_is_due(inbox.full_due, capabilities.proofs_in(inbox.proofs), now),
        once_more,
    )


def carry_out(ctx: Context, task: Task) -> Outcome:
    """Run a claimed check; no transaction is open. Never raises for anything a server does."""
    started = ctx.clock()
    revisions, lost = [task.secret_revision], False
    if task.mailbox is None or task.family is None:
        names = () if task.family is None else task.family.stages if task.full else task.family.short
        stages = tuple(StageResult(name, "skipped") for name in names)
        found = Trial(stages, problem=task.precluded, failed=True, full=task.full)
    else:

        def attempt(channel: str) -> None:
            code = task.refused.get(channel)
            if code is not None and (task.trigger == SCHEDULE or not problem(code).same_password_again):
                raise credentials.AlreadyRefused(code, task.said.get(code, ""))
            if task.once_more:
                with ctx.store.write() as session:
                    incidents.sends(session, task.inbox_id, task.token)
            if channel == tokens.CHANNEL:
                with held():
                    tokens.begin(ctx, task.inbox_id, task.token, revisions[-1])

        def keep(secret: Secret) -> None:
            with held():
                revisions.append(tokens.keep(ctx, task.inbox_id, task.token, revisions[-1], secret))

        @contextmanager
        def held() -> Iterator[None]:
            nonlocal lost
            try:
                yield
            except tokens.LeaseLost:
                lost = True
                raise

        found = trial.run(task.family, task.mailbox, ctx.dialer, full=task.full, on_attempt=attempt, on_secret=keep)
    if task.renewal_lost and found.problem in tokens.SPENT and tokens.CHANNEL in found.attempted:
        found = _told_why(found)
    return Outcome(task, found, started, ctx.clock(), revisions[-1], lost)


def _told_why(found: Trial) -> Trial:
    """Return the outcome with the reason why the provider refuses a token that it never withdrew."""
    stages = tuple(
        replace(stage, problem=tokens.LOST) if stage.problem == found.problem else stage for stage in found.stages
    )
    troubles = tuple(
        replace(met, problem=tokens.LOST) if met.problem == found.problem else met for met in found.troubles
    )
    return replace(found, stages=stages, troubles=troubles, problem=tokens.LOST)


def record(ctx: Context, outcomes: Sequence[Outcome]) -> int:
    """Write what checks brought, in one transaction; return how many were written.

    A result whose lease was lost is dropped: somebody else owns that check now.
    """
    written, turned = 0, False
    with ctx.store.write() as session:
        for outcome in outcomes:
            room.note(ctx, session, outcome)
            inbox = session.exec(
                select(Inbox)
                .where(Inbox.id == outcome.task.inbox_id, Inbox.lease_token == outcome.task.token)
                .with_for_update()
            ).first()
            if inbox is None or inbox.removed_at is not None:
                continue
            inbox.lease_until = inbox.lease_token = None
            if outcome.void:
                continue
            current = inbox.revision == outcome.task.revision
            if current:
                inbox.attempts += len(outcome.trial.attempted) if inbox.problem else 0
                code = judged(ctx, session, inbox, outcome)
                holds.note(ctx, session, inbox, outcome)
                inbox.wanted_by = None
                if outcome.trial.aliases is not None:
                    inbox.aliases = kept_aliases(outcome.trial.aliases)
                remember(session, outcome)
                certificates_seen.note(session, outcome.trial.certificates, outcome.finished_at)
                days.note(ctx, session, inbox, outcome.finished_at)
                if episodes.note(ctx, session, inbox, outcome.finished_at):
                    turned = True
                    sounding.look(session, inbox, outcome.finished_at)
            else:
                # When the new settings are checked was decided by who edited them.
                code = outcome.trial.problem
            session.add(
                CheckRecord(
                    inbox_id=outcome.task.inbox_id,
                    trigger=outcome.task.trigger,
                    started_at=outcome.started_at,
                    finished_at=outcome.finished_at,
                    revision=outcome.task.revision,
                    full=outcome.trial.full,
                    health=inbox.health,
                    problem=code,
                    server_text=outcome.trial.server_text,
                    stages=[stage.to_dict() for stage in outcome.trial.stages],
                )
            )
            written += 1
    for outcome in outcomes:
        tell_app(ctx, outcome)
    if turned:
        ctx.enqueue("watch")
    return written


def run(ctx: Context, inbox_id: int, trigger: str, *, due_only: bool = False) -> Outcome | None:
    """Claim, check and record one inbox; None when it is switched off, removed or being checked by somebody else."""
    claimed = claim(ctx, [inbox_id], due_only=due_only, full=trigger != SCHEDULE)
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
