"""How often is checked, and how long a server is left alone. Judgements only; who waits is decided in services."""

from datetime import datetime, timedelta

# An inbox more often than once a minute is a nuisance to its server; less often than daily, nothing is known about it.
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1)
DEFAULT = timedelta(minutes=15)
# Checks are spread over this part of their interval, so that inboxes connected together do not knock together.
SPREAD = 0.2


def sensible(seconds: object) -> timedelta | None:
    """Return the interval that a stored number of seconds stands for, or None where it is none within the bounds."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return None
    return timedelta(seconds=seconds) if SHORTEST.total_seconds() <= seconds <= LONGEST.total_seconds() else None


def spread(wait: timedelta, jitter: float) -> timedelta:
    """Return the wait moved within a fifth of it; `jitter` is a random number from 0 to 1."""
    return wait * (1 - SPREAD / 2 + SPREAD * jitter)


def an_hour(inboxes: int, every: timedelta) -> int:
    """Return how many checks an hour so many inboxes take, rounded; one at least where there is an inbox."""
    return max(1, round(inboxes * (timedelta(hours=1) / every))) if inboxes else 0


def latest(now: datetime, every: timedelta) -> datetime:
    """Return when a healthy inbox is due at the latest, with the spread."""
    return now + spread(every, 1)
