"""What a check brought, and what that makes of the inbox: its health, its problem, and when it is looked at again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from console.providers.base import Mailbox, Provider
from console.providers.trial import Trial
from console.rules import health as judge
from console.rules.health import Health, Signal, Standing
from console.rules.problems import Kind, problem
from console.services import app_secrets, app_trouble, cadence, tokens
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
    server_text: str
    secret_revision: int = 0
    renewal_lost: bool = False


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
    """Move the inbox to its new standing and return the problem it now has."""
    now, found = outcome.finished_at, outcome.trial
    code = found.problem if found.failed or found.warned else None
    if found.failed and found.problem == app_trouble.SECRET:
        return _wait_for_app(inbox, found, now)
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
    every = cadence.every(ctx, session, inbox.provider)
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
    if found.failed and found.retry_after is not None and inbox.next_check is not None:
        # RFC 9110, 10.2.3: a client is asked not to come back before that.
        wait = min(timedelta(seconds=max(0, found.retry_after)), LONGEST_WAIT)
        inbox.next_check = max(inbox.next_check, now + wait)
    known = inbox.proofs if isinstance(inbox.proofs, dict) else {}
    inbox.proofs = {**known, **dict.fromkeys(proved(found), now.isoformat())}
    return code


def _wait_for_app(inbox: Inbox, found: Trial, now: datetime) -> str | None:
    """Let an inbox wait until its provider takes the organisation's app; nothing about the inbox itself is wrong."""
    inbox.checked_at, inbox.next_check = now, now + app_trouble.CANARY
    if judge.known(inbox.health) in {Health.NEEDS_SIGN_IN, Health.FAILING}:
        if inbox.health == Health.NEEDS_SIGN_IN:
            inbox.next_check = None
        return inbox.problem
    inbox.health = Health.DEGRADED
    set_problem(inbox, found.problem, now, found)
    return found.problem


def proved(found: Trial) -> set[str]:
    """Return what a check showed to work: what the family says, and what the probe saw."""
    renewed = {"renew"} if tokens.CHANNEL in found.accepted else set()
    return {*found.proofs, *renewed, *({"aliases"} if found.aliases is not None else ())}


def kept_aliases(found: Iterable[str]) -> list[str]:
    """Return aliases as they are stored: each once, in order, no more and no longer than a mailbox has."""
    clean = (alias.strip().lower() for alias in found)
    return list(dict.fromkeys(alias for alias in clean if 0 < len(alias) <= 254 and alias.isprintable()))[:MOST_ALIASES]


def _answered(inbox: Inbox, found: Trial) -> bool:
    """Return whether a check shows that nothing is asked of the person any more, however it ended afterwards.

    The stage that asked for them passed now, or the servers are again those that the password was typed for.
    """
    passed = {stage.name for stage in found.stages if stage.state == "passed"}
    return inbox.problem_stage in passed or (inbox.problem == SERVERS_CHANGED and found.problem != SERVERS_CHANGED)


def set_problem(inbox: Inbox, code: str | None, now: datetime, found: Trial | None = None) -> None:
    """Set the inbox's problem; since when it stands is kept while it stays the same."""
    if inbox.problem != code:
        inbox.problem_since, inbox.attempts = now if code else None, 0
    told = found if code else None
    inbox.problem, inbox.problem_stage = code, told.problem_stage if told else None
    inbox.problem_host = told.problem_host[:253] if told else ""
    inbox.server_text = told.server_text[:400] if told else ""


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
