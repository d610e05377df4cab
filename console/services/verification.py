"""Verifying a draft: a worker climbs the ladder; a person trusts a certificate, goes on without sending, or again."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from console.providers import trial
from console.providers.base import Authority, Certificate, Mailbox, Provider, Secret, StageResult, Trusted
from console.providers.trial import Trial
from console.rules.permissions import may
from console.rules.problems import Kind, problem
from console.rules.texts import N_
from console.services import credentials, defaults, enrolment, exceptions, refusals, switches, trusted
from console.services import draft as draft_states
from console.services.context import Actor, Context, Refused
from console.store.models import Draft, Inbox, Person
from console.store.vault import KeyMissing

# A run ends within 30 seconds; after this a worker that died is taken to be dead.
LEASE = timedelta(seconds=45)
SENT, ACCEPTED = "sent", "accepted"


def again(ctx: Context, actor: Actor, draft_id: str) -> bool:
    """Have the draft verified once more with the password it still holds.

    False when the password has to be typed again.
    """
    return _requeue(ctx, actor, draft_id, lambda _draft, _session: None)


def trust(
    ctx: Context,
    actor: Actor,
    draft_id: str,
    sha256: str,
    password: dict[str, str] | None = None,
    *,
    why: str = "",
) -> bool:
    """Trust exactly the certificate that was shown, or the authority that was offered with it, and go on.

    `sha256` is the fingerprint of the one that is meant. False when the password has to be typed again. Raises Refused
    when another certificate was shown meanwhile, or when only account admins may trust one.
    """
    now = ctx.clock()

    def keep(draft: Draft, session: Session) -> None:
        exceptions.refuse_unless_allowed(session, actor)
        found = Certificate.from_dict(draft.certificate) if draft.certificate else None
        offered: list[Certificate | Authority] = [one for one in (found, found and found.authority) if one]
        meant = next((one for one in offered if one.sha256 == sha256), None)
        if draft.state != draft_states.WAITING or meant is None:
            raise Refused(N_("The certificate is not the one that was shown. Check again and compare it once more."))
        # An authority is a decision about the whole host, a certificate one about a port of it.
        port = meant.port if isinstance(meant, Certificate) else None
        others = [pin for pin in draft.pins if pin["host"] != meant.host or (port and pin.get("port") != port)]
        draft.pins = [*others, trusted.kept(meant, now, why)]

    return _requeue(ctx, actor, draft_id, keep, password)


def keep_receives_only(ctx: Context, actor: Actor, draft_id: str) -> bool:
    """Go on without sending, after receiving worked; False when the password has to be typed again. Raises Refused."""

    def keep(draft: Draft, _session: Session) -> None:
        if not can_keep(draft.state, [StageResult.from_dict(stage) for stage in draft.stages]) or not draft.problem:
            raise Refused(N_("Receiving has to work before the inbox can be kept without sending."))
        draft.receives_only = draft.problem

    return _requeue(ctx, actor, draft_id, keep)


def can_keep(state: str, stages: list[StageResult]) -> bool:
    """Return whether every stage of receiving passed or only warned, and sending is what failed."""
    return state == draft_states.WAITING and any(
        stage.name == "open-inbox" and stage.state == "passed" for stage in stages
    )


def _requeue(
    ctx: Context,
    actor: Actor,
    draft_id: str,
    change: Callable[[Draft, Session], None],
    password: dict[str, str] | None = None,
) -> bool:
    now = ctx.clock()
    with ctx.store.write() as session:
        draft = draft_states.fetch(session, actor, draft_id, now, lock=True)
        draft_states.refuse_busy(draft)
        family = ctx.families.get(draft.provider)
        if family is None or draft.state in {draft_states.OPEN, draft_states.PASSED}:
            raise Refused(N_("Go through the steps before this one first."))
        refusals.switched_off(session, ctx, family.slug)
        refusals.unsupported(session, draft, now)
        draft_states.refuse_many(session, draft)
        change(draft, session)
        if password is not None:
            draft.sealed = credentials.seal(ctx, Secret(password), f"draft:{draft.id}")
            draft.key_id, draft.typed_at = ctx.vault.key_id, now
        lives = draft_states.password_lives(draft, now) and _may_be_sent(ctx, draft, family)
        if lives:
            draft_states.queue(draft, family)
    if lives:
        ctx.enqueue("verify", draft_id)
    return lives


def _may_be_sent(ctx: Context, draft: Draft, family: Provider) -> bool:
    """Return whether the sealed secret holds all that the next run sends, and none of it was refused before."""
    if draft.receives_only is not None:
        return True
    if draft.problem is not None and problem(draft.problem).kind is Kind.REFUSAL and not draft.certificate:
        return False
    try:
        secret = ctx.vault.unseal(draft.sealed or "", row=f"draft:{draft.id}")
    except KeyMissing:
        return True  # The run itself says that the key is missing.
    return set(family.destinations(draft.settings)) <= set(secret)


def run(ctx: Context, draft_id: str) -> None:
    """Carry a queued draft through its ladder. A run that another worker holds, or that ended, is left alone."""
    token = _claim(ctx, draft_id)
    if token is None:
        return None
    with ctx.store.read() as session:
        draft = session.get(Draft, draft_id)
    if draft is None:
        return None
    family = ctx.families.get(draft.provider)
    if family is None:
        return _end(ctx, draft, token, Trial((), problem="settings-unreadable", failed=True), wipe=True)
    unreached = tuple(StageResult(name, "skipped") for name in family.stages)
    if _off(ctx, draft):
        return _end(ctx, draft, token, Trial(unreached, problem="switched-off", failed=True), wipe=True)
    if any(mark == SENT for mark in (draft.attempted or {}).values()):
        # The worker before this one died between sending a password and keeping the answer. Whether it was refused
        # nobody knows, so it is not sent again before a person says so.
        stages = tuple(_interrupted(StageResult.from_dict(stage)) for stage in draft.stages)
        return _end(
            ctx, draft, token, Trial(stages, problem="interrupted", failed=True), state=draft_states.INTERRUPTED
        )
    if not draft_states.password_lives(draft, ctx.clock()) or draft.sealed is None:
        return _end(ctx, draft, token, Trial(unreached, failed=True), wipe=True)
    try:
        secret = Secret(ctx.vault.unseal(draft.sealed, row=f"draft:{draft.id}"))
    except KeyMissing:
        return _end(ctx, draft, token, Trial(unreached, problem="key-missing", failed=True), wipe=True)
    pins = _trusted(ctx, draft)
    mailbox = Mailbox(draft.address or "", draft.settings, secret, pins, receives_only=draft.receives_only is not None)
    started = ctx.clock()
    defaults.tried(ctx, family, mailbox.address)
    found = trial.run(
        family,
        mailbox,
        ctx.dialer,
        on_change=lambda stages: _show(ctx, draft_id, token, stages),
        on_attempt=lambda channel: _mark(ctx, draft_id, token, channel),
    )
    if not found.failed:
        try:
            return enrolment.complete(ctx, draft, family, token, secret, found, started)
        except enrolment.AddressTaken:
            return _end(ctx, draft, token, replace(found, problem="address-taken", failed=True), wipe=True)
    refused = found.problem is not None and problem(found.problem).kind is Kind.REFUSAL
    if found.certificate is not None or "read" in found.proofs:
        # A refused password is spent; one that another server accepted is still wanted, to go on without sending.
        spent = set(found.unaccepted) if refused else set()
        return _end(ctx, draft, token, found, state=draft_states.WAITING, spend=spent, secret=secret)
    return _end(ctx, draft, token, found, wipe=refused)


def _off(ctx: Context, draft: Draft) -> bool:
    """Return whether the provider was switched off, or somebody lost their access, since the run was asked for."""
    with ctx.store.read() as session:
        by, owner = session.get(Person, draft.by_id), session.get(Person, draft.owner_id)
        if by is None or owner is None or not (by.active and owner.active):
            return True
        if not may(by.role, "inbox.connect", own=owner.id == by.id):
            return True
        if draft.inbox_id is None and not owner.personal_email:
            return True
        inbox = session.get(Inbox, draft.inbox_id) if draft.inbox_id is not None else None
        if inbox is not None and switches.reasons(session, inbox):
            return True
        return draft.provider in switches.providers_off(session)


def _trusted(ctx: Context, draft: Draft) -> tuple[Trusted, ...]:
    with ctx.store.read() as session:
        by = session.get_one(Person, draft.by_id)
        return trusted.of_draft(session, draft, ctx.clock(), may_add=exceptions.may_trust(session, by.role))


def _interrupted(stage: StageResult) -> StageResult:
    return replace(stage, state="failed", problem="interrupted", ms=None) if stage.state == "running" else stage


def _claim(ctx: Context, draft_id: str) -> str | None:
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        rows = session.execute(
            update(Draft)
            .where(
                col(Draft.id) == draft_id,
                col(Draft.state).in_([draft_states.QUEUED, draft_states.RUNNING]),
                or_(col(Draft.lease_until).is_(None), col(Draft.lease_until) < now),
            )
            .values(state=draft_states.RUNNING, lease_until=now + LEASE, lease_token=token)
            .returning(col(Draft.id))
            .execution_options(synchronize_session=False)
        ).all()
    return token if rows else None


def _show(ctx: Context, draft_id: str, token: str, stages: tuple[StageResult, ...]) -> None:
    with ctx.store.write() as session:
        session.execute(
            update(Draft)
            .where(col(Draft.id) == draft_id, col(Draft.lease_token) == token)
            .values(stages=[stage.to_dict() for stage in stages])
        )


class _LostLease(Exception):
    """Another worker owns this run now, or the person left; nothing more is sent."""

    code = "interrupted"


def _mark(ctx: Context, draft_id: str, token: str, channel: str) -> None:
    """Record that a password is about to be sent. What was attempted before on another channel was answered."""
    with ctx.store.write() as session:
        draft = session.exec(
            select(Draft).where(Draft.id == draft_id, Draft.lease_token == token).with_for_update()
        ).first()
        if draft is None:
            raise _LostLease
        draft.attempted = {**dict.fromkeys(draft.attempted or {}, ACCEPTED), channel: SENT}


def _end(
    ctx: Context,
    draft: Draft,
    token: str,
    found: Trial,
    *,
    state: str = draft_states.FAILED,
    wipe: bool = False,
    spend: set[str] | None = None,
    secret: Secret | None = None,
) -> None:
    with ctx.store.write() as session:
        row = session.exec(
            select(Draft).where(Draft.id == draft.id, Draft.lease_token == token).with_for_update()
        ).first()
        if row is None:
            return
        row.state, row.lease_until, row.lease_token, row.attempted = state, None, None, {}
        row.problem, row.server_text = found.problem, found.server_text[:400]
        # A run that waits for the person has not ended: what it did not reach is still to come.
        waits = state == draft_states.WAITING
        row.stages = [
            replace(stage, state="waiting" if waits and stage.state == "skipped" else stage.state).to_dict()
            for stage in found.stages
        ]
        row.certificate = found.certificate.to_dict() if found.certificate else None
        if wipe:
            draft_states.wipe(row)
        elif spend and secret and row.sealed:
            left = Secret({name: value for name, value in secret.items() if name not in spend})
            row.sealed, row.key_id = credentials.seal(ctx, left, f"draft:{row.id}"), ctx.vault.key_id
