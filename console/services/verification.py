"""Verifying a draft: a worker climbs the ladder; a person trusts a certificate, goes on without sending, or again."""

from collections.abc import Callable
from dataclasses import replace

from sqlmodel import Session

from console.providers import trial
from console.providers.base import Authority, Certificate, Mailbox, Provider, Secret, StageResult, Trusted
from console.providers.consenting import consenting
from console.providers.trial import Trial
from console.rules.problems import Kind, problem
from console.rules.texts import N_
from console.services import (
    consent_runs,
    credentials,
    defaults,
    enrolment,
    exceptions,
    holds,
    link_steps,
    refusals,
    runs,
    trusted,
)
from console.services import draft as draft_states
from console.services.consents import CONSENT
from console.services.context import Actor, Context, Refused
from console.store.models import Draft, Person
from console.store.vault import KeyMissing


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
            holds.refuse_typed(session, draft.address or "", now)
            draft_states.queue(draft, family, before=(CONSENT,) if family.consents else ())
            link_steps.begun(session, draft, now, left=False)
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
    if family.consents:
        return True  # A code or a permission; there is no part of it that a person could type.
    return set(family.destinations(draft.settings)) <= set(secret)


def run(ctx: Context, draft_id: str) -> None:
    """Carry a queued draft through its ladder. A run that another worker holds, or that ended, is left alone."""
    token = runs.claim(ctx, draft_id)
    if token is None:
        return None
    with ctx.store.read() as session:
        draft = session.get(Draft, draft_id)
    if draft is None:
        return None
    family = ctx.families.get(draft.provider)
    if family is None:
        return runs.end(ctx, draft, token, Trial((), problem="settings-unreadable", failed=True), wipe=True)
    unreached = tuple(StageResult(name, "skipped") for name in family.stages)
    if runs.off(ctx, draft):
        return runs.end(ctx, draft, token, Trial(unreached, problem="switched-off", failed=True), wipe=True)
    if any(mark == runs.SENT for mark in (draft.attempted or {}).values()):
        # The worker before this one died between sending a password and keeping the answer. Whether it was refused
        # nobody knows, so it is not sent again before a person says so.
        stages = tuple(_interrupted(StageResult.from_dict(stage)) for stage in draft.stages)
        return runs.end(
            ctx, draft, token, Trial(stages, problem="interrupted", failed=True), state=draft_states.INTERRUPTED
        )
    if not draft_states.password_lives(draft, ctx.clock()) or draft.sealed is None:
        return runs.end(ctx, draft, token, Trial(unreached, failed=True), wipe=True)
    try:
        secret = Secret(ctx.vault.unseal(draft.sealed, row=f"draft:{draft.id}"))
    except KeyMissing:
        return runs.end(ctx, draft, token, Trial(unreached, problem="key-missing", failed=True), wipe=True)
    if (signed_in_elsewhere := consenting(family)) is not None:
        return consent_runs.run(ctx, draft, signed_in_elsewhere, token, secret)
    pins = _trusted(ctx, draft)
    mailbox = Mailbox(draft.address or "", draft.settings, secret, pins, receives_only=draft.receives_only is not None)
    started = ctx.clock()
    defaults.tried(ctx, family, mailbox.address)
    found = trial.run(
        family,
        mailbox,
        ctx.dialer,
        on_change=lambda stages: runs.show(ctx, draft_id, token, stages),
        on_attempt=lambda channel: runs.mark(ctx, draft_id, token, channel),
    )
    if not found.failed:
        try:
            return enrolment.complete(ctx, draft, family, token, secret, found, started)
        except enrolment.AddressTaken:
            return runs.end(ctx, draft, token, replace(found, problem="address-taken", failed=True), wipe=True)
    refused = found.problem is not None and problem(found.problem).kind is Kind.REFUSAL
    if found.certificate is not None or "read" in found.proofs:
        # A refused password is spent; one that another server accepted is still wanted, to go on without sending.
        spent = set(found.unaccepted) if refused else set()
        return runs.end(ctx, draft, token, found, state=draft_states.WAITING, spend=spent, secret=secret)
    return runs.end(ctx, draft, token, found, wipe=refused)


def _trusted(ctx: Context, draft: Draft) -> tuple[Trusted, ...]:
    with ctx.store.read() as session:
        by = session.get_one(Person, draft.by_id)
        return trusted.of_draft(session, draft, ctx.clock(), may_add=exceptions.may_trust(session, by.role))


def _interrupted(stage: StageResult) -> StageResult:
    return replace(stage, state="failed", problem="interrupted", ms=None) if stage.state == "running" else stage
