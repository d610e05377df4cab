"""What stands about an inbox: what is wrong with each capability, and which problem it shows of several."""

from collections.abc import Mapping
from datetime import datetime

from console.rules import capabilities
from console.rules import health as judge
from console.rules.capabilities import SEND, SIGN_IN, Flaw
from console.rules.health import Health
from console.store.models import Inbox


def of(inbox: Inbox) -> dict[str, Flaw]:
    """Return what is wrong with an inbox, by capability.

    A problem without a flaw was written before there were any; it is about what its stage is about.
    """
    flaws = capabilities.flaws_in(inbox.flaws)
    if not flaws and inbox.problem and inbox.problem != inbox.receives_only and inbox.health != Health.HEALTHY:
        since = inbox.problem_since or inbox.checked_at or inbox.connected_at
        flaws[capabilities.of_stage(inbox.problem_stage)] = Flaw(
            inbox.problem,
            since,
            judge.known(inbox.health),
            inbox.problem_stage,
            inbox.problem_host,
            inbox.server_text,
            inbox.strikes,
        )
    return flaws


def show(inbox: Inbox, flaws: Mapping[str, Flaw], now: datetime) -> None:
    """Keep what is wrong with an inbox, and let it show the worst of it; with nothing wrong it is healthy.

    An inbox whose owner chose to keep it without sending shows that as long as nothing worse stands.
    """
    before = inbox.problem
    kept = {name: flaw for name, flaw in flaws.items() if not (inbox.receives_only and name == SEND)}
    inbox.flaws = {name: flaw.to_dict() for name, flaw in kept.items()}
    if inbox.receives_only:
        since = inbox.problem_since if inbox.problem == inbox.receives_only else None
        kept[SEND] = Flaw(inbox.receives_only, since or now, Health.DEGRADED)
    shown = capabilities.worst(kept)
    if shown is None:
        inbox.health, inbox.strikes = Health.HEALTHY, 0
        inbox.problem = inbox.problem_stage = inbox.problem_since = None
        inbox.problem_host = inbox.server_text = ""
        inbox.attempts = 0
        return
    inbox.health, inbox.strikes = shown.health, shown.strikes
    inbox.problem, inbox.problem_since, inbox.problem_stage = shown.problem, shown.since, shown.stage
    inbox.problem_host, inbox.server_text = shown.host, shown.server_text
    if inbox.problem != before:
        inbox.attempts = 0


def must_sign_in(inbox: Inbox, code: str, now: datetime) -> None:
    """Let an inbox wait for its owner's sign-in because of `code`; nothing is proven of it and nothing is due."""
    since = inbox.problem_since if inbox.problem == code else None
    inbox.proofs, inbox.proven_until, inbox.next_check, inbox.wanted_by = {}, None, None, None
    show(inbox, {SIGN_IN: Flaw(code, since or now, Health.NEEDS_SIGN_IN)}, now)
