"""What is known about each capability of one inbox: whether it works, since when that is known, and what is wrong."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from console.providers.base import Provider
from console.rules import capabilities
from console.rules.capabilities import ALIASES, LABELS, READ, RENEW, SEND, SENT, SIGN_IN, Flaw
from console.services import standing
from console.services.incidents import Membership
from console.store.models import Inbox

# How they stand side by side; the first four are shown of every inbox.
SHOWN = (SIGN_IN, READ, SEND, SENT, ALIASES, RENEW)
ALWAYS = frozenset({SIGN_IN, READ, SEND, SENT})


@dataclass(frozen=True)
class Proof:
    """One capability. `label` is marked; `at` is when it was last shown to work.

    `state` is flawed (it has the problem `flaw`), proven, stale (the proof has grown old), blocked (nothing can be said
    while what comes before does not work), never, later (not needed yet) or off (the owner chose to do without).
    """

    slug: str
    label: str
    state: str
    at: datetime | None
    flaw: Flaw | None = None


def of(
    inbox: Inbox, family: Provider | None, every: timedelta, now: datetime, incident: Membership | None = None
) -> list[Proof]:
    """Return what is known about each capability that an inbox of `family` has; `every` is its cadence.

    While an incident holds the inbox, its cause stands in for a refusal.
    """
    known, flaws = capabilities.proofs_in(inbox.proofs), standing.of(inbox)
    blocked = capabilities.blocking(flaws)
    if incident is not None:
        flaws = {
            name: replace(flaw, problem=incident.problem, health=incident.health_of(flaw.health))
            if incident.stands_for(flaw.problem)
            else flaw
            for name, flaw in flaws.items()
        }
    return [
        Proof(
            name, LABELS[name], _state(inbox, name, known.get(name), flaws, blocked, every, now), known.get(name), flaw
        )
        for name in SHOWN
        if name in ALWAYS or name in known or _has(family, name)
        for flaw in [flaws.get(name)]
    ]


def _has(family: Provider | None, name: str) -> bool:
    if family is None:
        return False
    return family.consents if name == RENEW else any(capabilities.of_stage(stage) == name for stage in family.stages)


def _state(
    inbox: Inbox,
    name: str,
    at: datetime | None,
    flaws: dict[str, Flaw],
    blocked: Flaw | None,
    every: timedelta,
    now: datetime,
) -> str:
    if name == SEND and inbox.receives_only:
        return "off"
    if name in flaws:
        return "flawed"
    if blocked is not None and not (at is not None and at >= blocked.since):
        return "blocked"
    if at is None:
        return "later" if name in {RENEW, ALIASES} else "never"
    if capabilities.is_recent(name, at, every, now):
        return "proven"
    # A renewal is shown when one is needed, and no sooner; a token may last for longer than a day.
    return "later" if name == RENEW else "stale"
