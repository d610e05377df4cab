"""What a check brought, and what that makes of the inbox: its health, its problem, and when it is looked at again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from console.providers.base import Mailbox, Provider
from console.providers.trial import Trial
from console.rules import capabilities
from console.rules import health as judge
from console.rules.capabilities import ALIASES, RENEW, SIGN_IN, Flaw, Trouble
from console.rules.health import Health
from console.rules.problems import Kind, problem
from console.services import app_secrets, app_trouble, cadence, standing, tokens
from console.services.context import Context
from console.store.models import Credential, Inbox

SERVERS_CHANGED = "servers-changed"
# What a provider may ask to be left alone for; longer than this somebody is missed.
LONGEST_WAIT = timedelta(hours=6)
MOST_ALIASES = 200


@dataclass(frozen=True)
class Task:
    """A claimed check, ready to run without the database.

    `secret_revision` is that of the secret in `mailbox`; `renewal_lost` says that the answer to its renewal is missing.
    `said` is what servers said, by problem. `full` says that every stage is gone through, not only as far as the inbox.
    `once_more` says that a secret that was refused is sent all the same, for the incident that the inbox is in.
    """

    inbox_id: int
    address: str
    token: str
    trigger: str
    revision: int
    family: Provider | None
    mailbox: Mailbox | None
    precluded: str | None
    refused: dict[str, str]
    said: dict[str, str]
    secret_revision: int = 0
    renewal_lost: bool = False
    full: bool = True
    once_more: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a check brought, to be written by `record`. `secret_revision` is that of the secret it ended with.

    `void` says that it ended because it was no longer this worker's, or switched off meanwhile: it says nothing.
    """

    task: Task
    trial: Trial
    started_at: datetime
    finished_at: datetime
    secret_revision: int = 0
    void: bool = False


def judged(ctx: Context, session: Session, inbox: Inbox, outcome: Outcome) -> str | None:
    """Move the inbox to its new standing and return the problem that it now shows."""
    now, found = outcome.finished_at, outcome.trial
    inbox.checked_at = now
    before = standing.of(inbox)
    if found.failed and found.problem == app_trouble.SECRET:
        # Nothing about the inbox itself is wrong: it waits until its provider takes the organisation's app.
        waiting = Flaw(found.problem, now, Health.DEGRADED, found.problem_stage, found.problem_host, found.server_text)
        lasting = {name: flaw for name, flaw in before.items() if name == RENEW or not _may_pass(name, flaw)}
        standing.show(inbox, {RENEW: waiting, **lasting}, now)
        inbox.next_check = None if _stopped(before) else now + app_trouble.CANARY
        return inbox.problem
    standing.show(inbox, stands(before, found, now), now)
    # What was gone through and not found, such as aliases that a directory lists no more, is not proven any longer.
    known = inbox.proofs if isinstance(inbox.proofs, dict) else {}
    kept = {name: at for name, at in known.items() if name not in _through(found)}
    inbox.proofs = {**kept, **dict.fromkeys(proved(found), now.isoformat())}
    schedule(ctx, session, inbox, found, now)
    return inbox.problem


def stands(before: Mapping[str, Flaw], found: Trial, now: datetime) -> dict[str, Flaw]:
    """Return what is wrong, by capability, after a check that found `before`."""
    if found.problem != SERVERS_CHANGED:
        # The servers are again those that the password was typed for.
        before = {name: flaw for name, flaw in before.items() if flaw.problem != SERVERS_CHANGED}
    worked = proved(found) | _through(found)
    if SIGN_IN in worked:
        worked.add(RENEW)
    passed = {stage.name for stage in found.stages if stage.state == "passed"}
    return capabilities.after(before, _met(found), worked, passed, now)


def _through(found: Trial) -> set[str]:
    """Return the capabilities all of whose stages passed."""
    states: dict[str, set[str]] = {}
    for stage in found.stages:
        states.setdefault(capabilities.of_stage(stage.name), set()).add(stage.state)
    return {name for name, seen in states.items() if seen == {"passed"}}


def _met(found: Trial) -> dict[str, Trouble]:
    """Return what a check met, by capability; of several the one that ended it, else the first."""
    troubles = found.troubles
    if found.failed and not troubles:
        where = found.problem_stage or "", found.problem_host
        troubles = (Trouble(found.problem or "unknown", *where, found.server_text),)
    met: dict[str, Trouble] = {}
    for trouble in sorted(troubles, key=lambda one: one.warns):
        met.setdefault(capabilities.of_stage(trouble.stage), trouble)
    if SIGN_IN in met and found.attempted[-1:] == (tokens.CHANNEL,) and tokens.CHANNEL not in found.accepted:
        met[RENEW] = met[SIGN_IN]
    return met


def schedule(ctx: Context, session: Session, inbox: Inbox, found: Trial, now: datetime) -> None:
    """Say until when the inbox is proven, when it is looked at again, and when through every stage."""
    flaws = capabilities.flaws_in(inbox.flaws)
    # What is set does not depend on the inbox, which is written once, when all of it is known.
    with session.no_autoflush:
        every = cadence.every(ctx, session, inbox.provider)
    inbox.proven_until = capabilities.proven_until(
        capabilities.proofs_in(inbox.proofs), every=every, now=now, receives_only=inbox.receives_only is not None
    )
    stopped, entry = capabilities.blocking(flaws), None
    if stopped is not None:
        entry = problem(stopped.problem)
    inbox.next_check = judge.next_check(
        entry, stopped.strikes if stopped else 0, now=now, every=every, jitter=ctx.jitter()
    )
    if found.full:
        # One that ended before the inbox was open still has the rest to go through.
        inbox.full_due = now if stopped else capabilities.full_again(flaws, now=now, jitter=ctx.jitter())
    if found.failed and found.retry_after is not None:
        # RFC 9110, 10.2.3: a client is asked not to come back before that.
        wait = min(timedelta(seconds=max(0, found.retry_after)), LONGEST_WAIT)
        if stopped is not None:
            inbox.next_check = inbox.next_check and max(inbox.next_check, now + wait)
        inbox.full_due = inbox.full_due and max(inbox.full_due, now + wait)
    if inbox.next_check is not None and stopped is None and inbox.full_due is not None:
        inbox.next_check = min(inbox.next_check, max(inbox.full_due, now))


def _may_pass(name: str, flaw: Flaw) -> bool:
    return name in capabilities.SHORT and flaw.health is Health.DEGRADED


def _stopped(flaws: Mapping[str, Flaw]) -> bool:
    """Return whether the schedule waits for a person, whatever a check that says nothing about that brought."""
    blocks = capabilities.blocking(flaws)
    return blocks is not None and blocks.health is Health.NEEDS_SIGN_IN


def proved(found: Trial) -> set[str]:
    """Return what a check showed to work: what the family says, and what the probe saw."""
    renewed = {RENEW} if tokens.CHANNEL in found.accepted else set()
    return {*found.proofs, *renewed, *({ALIASES} if found.aliases is not None else ())}


def kept_aliases(found: Iterable[str]) -> list[str]:
    """Return aliases as they are stored: each once, in order, no more and no longer than a mailbox has."""
    clean = (alias.strip().lower() for alias in found)
    return list(dict.fromkeys(alias for alias in clean if 0 < len(alias) <= 254 and alias.isprintable()))[:MOST_ALIASES]


def remember(session: Session, outcome: Outcome) -> None:
    """Keep with the secret what a check showed about it: where it was refused, and what it permits."""
    found = outcome.trial
    if not found.attempted and found.scopes is None:
        return
    credential = session.get(Credential, outcome.task.inbox_id)
    if credential is None or credential.revision != outcome.secret_revision:
        return
    if found.scopes is not None:
        credential.granted = sorted(scope[:200] for scope in found.scopes)[:100]
    if (found.problem and problem(found.problem).kind is Kind.REFUSAL) or found.problem in tokens.ANSWERED:
        credential.renewing_at = None
    if not found.attempted:
        return
    refused = {channel: code for channel, code in (credential.refused or {}).items() if channel not in found.accepted}
    last = found.attempted[-1]
    unanswered = found.failed and last not in found.accepted
    if unanswered and found.problem and problem(found.problem).kind is Kind.REFUSAL:
        refused[last] = found.problem
    if refused != credential.refused:
        credential.refused = refused


def tell_app(ctx: Context, outcome: Outcome) -> None:
    """Note what a check showed about the organisation's app.

    Only a renewal that was granted shows that it is taken: a token may be refused before the app is looked at.
    """
    found, mailbox, family = outcome.trial, outcome.task.mailbox, outcome.task.family
    if mailbox is None or mailbox.app is None or family is None:
        return
    mark = app_secrets.fingerprint(ctx, mailbox.app)
    if found.problem in app_trouble.APP_PROBLEMS:
        text, inbox_id = found.server_text, outcome.task.inbox_id
        app_trouble.met(ctx, family.slug, mark, found.problem, text, inbox_id=inbox_id)
    elif tokens.CHANNEL in found.accepted:
        app_trouble.mended(ctx, family.slug, mark)
