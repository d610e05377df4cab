"""The health of an inbox: one total table from what was known and what a check brought to what is known now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from console.rules.problems import Kind, Problem, Retry


class Health(StrEnum):
    """What is known about an inbox. Switched off is not a health; it is a switch beside it."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    FAILING = "failing"
    NEEDS_SIGN_IN = "needs-sign-in"


def known(text: str) -> Health:
    """Return the health of this name; one that a newer version wrote counts as failing until the next check."""
    try:
        return Health(text)
    except ValueError:
        return Health.FAILING


class Signal(StrEnum):
    """What one check brought."""

    PASSED = "passed"
    WARNED = "warned"
    WOBBLED = "wobbled"
    BROKE = "broke"
    REFUSED = "refused"


STRIKES_BEFORE_FAILING = 3
# The clocks of two machines may differ by so much; what is further ahead comes from the future and counts for nothing.
AHEAD = timedelta(minutes=2)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))

_H, _S = Health, Signal
# A wobble never changes what a person has to do: an inbox that waits for a sign-in or is failing stays so.
TABLE: dict[tuple[Health, Signal], Health] = {
    **{(health, _S.PASSED): _H.HEALTHY for health in Health},
    **{(health, _S.WARNED): _H.DEGRADED for health in Health},
    **{(health, _S.BROKE): _H.FAILING for health in Health},
    **{(health, _S.REFUSED): _H.NEEDS_SIGN_IN for health in Health},
    (_H.HEALTHY, _S.WOBBLED): _H.DEGRADED,
    (_H.DEGRADED, _S.WOBBLED): _H.DEGRADED,
    (_H.FAILING, _S.WOBBLED): _H.FAILING,
    (_H.NEEDS_SIGN_IN, _S.WOBBLED): _H.NEEDS_SIGN_IN,
}


@dataclass(frozen=True)
class Standing:
    """Health and the number of wobbles in a row."""

    health: Health
    strikes: int = 0


def signal(problem: Problem | None) -> Signal:
    """Return the signal of a check that ended with `problem`, or with none."""
    if problem is None:
        return Signal.PASSED
    return {
        Kind.REFUSAL: Signal.REFUSED,
        Kind.BROKEN: Signal.BROKE,
        Kind.WOBBLE: Signal.WOBBLED,
        Kind.WARNING: Signal.WARNED,
    }[problem.kind]


def after(standing: Standing, brought: Signal) -> Standing:
    """Return the standing after a check; the third wobble in a row turns degraded into failing."""
    health = TABLE[standing.health, brought]
    if brought is not Signal.WOBBLED:
        return Standing(health)
    strikes = standing.strikes + 1
    if health is Health.DEGRADED and strikes >= STRIKES_BEFORE_FAILING:
        health = Health.FAILING
    return Standing(health, strikes)


def back_off(strikes: int) -> timedelta:
    """Return how long to wait after so many wobbles in a row."""
    return BACK_OFF[min(max(strikes, 1), len(BACK_OFF)) - 1]


def next_check(
    problem: Problem | None, strikes: int, *, now: datetime, every: timedelta, jitter: float
) -> datetime | None:
    """Return when the schedule checks again, or None when it waits for a person.

    `jitter` is a random number from 0 to 1 that spreads checks over a fifth of the interval, so that inboxes
    connected together do not knock together.
    """
    if problem is None or problem.kind is Kind.WARNING:
        wait = every
    elif problem.retry is Retry.STOP:
        return None
    elif problem.retry is Retry.BACKOFF:
        wait = back_off(strikes)
    else:
        wait = timedelta(hours=1) if problem.retry is Retry.HOURLY else timedelta(days=1)
    return now + wait * (0.9 + 0.2 * jitter)


def displayed(health: Health, proof_ends: datetime | None, now: datetime, checked_at: datetime | None = None) -> Health:
    """Return the health to show: a healthy inbox whose proof has grown old shows as degraded, with nothing running.

    So does one that was last checked in the future: the clock was set back, and nobody knows what still holds.
    """
    old = proof_ends is None or proof_ends < now or (checked_at is not None and checked_at > now + AHEAD)
    return Health.DEGRADED if health is Health.HEALTHY and old else health
