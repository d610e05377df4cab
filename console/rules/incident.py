"""The life of an incident: one total table, when one inbox is tried for all, and from when on owners are told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from console.rules.alike import Nature
from console.rules.problems import Retry, Who, problem

MANY_REFUSED = "many-refused"


class State(StrEnum):
    """How far an incident is."""

    OPEN = "open"
    """Its inboxes wait while one of them is tried."""
    RECOVERING = "recovering"
    """One got through; the others follow."""
    OVER = "over"


class Event(StrEnum):
    """What happens to an incident."""

    FAILED = "failed"
    """The one that is tried did not get through."""
    PASSED = "passed"
    """One of its inboxes got through."""
    RELAPSED = "relapsed"
    """Of those that followed too many fail as before."""
    CAUSE_GONE = "cause-gone"
    """What caused it was set right here, in the console."""
    CLEARED = "cleared"
    """None of its inboxes fails any more."""


_S, _E = State, Event
TABLE: dict[tuple[State, Event], State] = {
    (_S.OPEN, _E.FAILED): _S.OPEN,
    (_S.OPEN, _E.PASSED): _S.RECOVERING,
    (_S.OPEN, _E.RELAPSED): _S.OPEN,
    (_S.OPEN, _E.CAUSE_GONE): _S.RECOVERING,
    (_S.OPEN, _E.CLEARED): _S.OVER,
    (_S.RECOVERING, _E.FAILED): _S.RECOVERING,
    (_S.RECOVERING, _E.PASSED): _S.RECOVERING,
    (_S.RECOVERING, _E.RELAPSED): _S.OPEN,
    (_S.RECOVERING, _E.CAUSE_GONE): _S.RECOVERING,
    (_S.RECOVERING, _E.CLEARED): _S.OVER,
    **{(_S.OVER, event): _S.OVER for event in Event},
}

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 1, 2, 3, 5))
HOUR = timedelta(hours=1)
# A mailbox is refused three times an hour at most (Active Directory often locks after three to five), and the refusal
# that began it was the first.
REFUSED_AGAIN = (timedelta(minutes=5), timedelta(minutes=25), timedelta(minutes=30))
TRIES_AN_HOUR = len(REFUSED_AGAIN)
# So far apart the inboxes follow, and so long it takes them at most.
APART, LONGEST_SPREAD = timedelta(seconds=0.5), timedelta(minutes=10)


def wait(nature: Nature, code: str, tries: int) -> timedelta | None:
    """Return how long to wait before one inbox is tried, after `tries` that failed; None where nobody is.

    `code` is the problem of that inbox. Where the provider asked for a longer pause, that counts besides.
    """
    retry = problem(code).retry
    if nature is Nature.REFUSALS:
        return REFUSED_AGAIN[min(tries, len(REFUSED_AGAIN) - 1)]
    if nature is Nature.OUTAGE:
        return HOUR if retry is Retry.HOURLY else BACK_OFF[min(tries, len(BACK_OFF) - 1)]
    return HOUR if retry in {Retry.HOURLY, Retry.DAILY} else None


def may_try(nature: Nature, tries: Sequence[datetime], now: datetime) -> bool:
    """Return whether one more try lies within the budget of three an hour, which refusals have.

    Tries that lie further ahead than an hour were written before the clock was set back.
    """
    return nature is not Nature.REFUSALS or sum(abs(now - at) < HOUR for at in tries) < TRIES_AN_HOUR


def told_after(nature: Nature, code: str) -> timedelta | None:
    """Return how long owners are told nothing, or None where they never are.

    An outage is nothing to them. Refusals are real once they have lasted an hour, and so is what only they can mend.
    """
    if nature is Nature.OUTAGE:
        return None
    return HOUR if nature is Nature.REFUSALS or problem(code).who is Who.USER else None


def turns(inboxes: int, now: datetime) -> list[datetime]:
    """Return when each of so many inboxes is checked, so that they come back gently."""
    apart = min(APART, LONGEST_SPREAD / max(inboxes, 1))
    return [now + apart * number for number in range(inboxes)]
