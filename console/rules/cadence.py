"""How often is checked, and how long a server is left alone. Judgements only; who waits is decided in services."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from console.rules.problems import Kind, problem

# An inbox more often than once a minute is a nuisance to its server; less often than daily, nothing is known about it.
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1)
DEFAULT = timedelta(minutes=15)
# The longest wait that anything asks for, a day with its spread; what lies beyond was written by a wrong clock.
FARTHEST = timedelta(hours=27)
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


# Refused sign-ins of one mailbox within an hour, over everything that signs in. Directories lock accounts after three
# to five of them, Microsoft Entra after ten (https://learn.microsoft.com/entra/identity/authentication/
# howto-password-smart-lockout); a person who types a new password may try on for a while below that.
REFUSED_AN_HOUR, TYPED_AN_HOUR = 3, 9
WINDOW = timedelta(hours=1)
# What a server may ask to be left alone for; longer than this somebody is missed.
LONGEST_HOLD = timedelta(hours=6)
THROTTLED = "login-throttled"
# These say that one mailbox did too much; of two mailboxes at one server, that it is about the server.
_THROTTLING = frozenset({THROTTLED, "rate-limited", "too-many-connections"})
# These are about the server, whatever mailbox was asked for.
_SERVER_WIDE = frozenset({"server-unavailable", "server-error", "exchange-balancer", "oauth-provider-outage"})
_WORDED = (
    (re.compile(r"(?:suggested backoff time|backoffmilliseconds)\W{0,5}(\d{1,12})", re.IGNORECASE), 0.001),
    # With a unit before without one, or ten minutes would be taken for ten seconds.
    (
        re.compile(
            r"\b(?:again|retry|wait)(?: in| after| for)? (\d{1,6}) ?((?:sec|min|hour)[a-z]*|[smh]\b)", re.IGNORECASE
        ),
        0,
    ),
    (re.compile(r"retry[- ]after\W{0,3}(\d{1,9})(?![\d:.-])", re.IGNORECASE), 1),
)
_UNITS = {"s": 1, "m": 60, "h": 3600}
_UNANSWERED = frozenset({"connection-timeout", "dns-temporary"})
# What nobody recognised may be a refusal like any other, and is tried again by itself.
_LIKE_A_REFUSAL = frozenset({"unknown", THROTTLED})


def refuses(code: str | None) -> bool:
    """Return whether a check that ended so right after a sign-in was sent counts as a refused sign-in."""
    return code is not None and (problem(code).kind is Kind.REFUSAL or code in _LIKE_A_REFUSAL)


def left_unanswered(code: str | None) -> bool:
    """Return whether a check ended so because nobody answered, which holds a thread for as long as it may last."""
    return code in _UNANSWERED


def asked_in(text: str) -> int | None:
    """Return in how many seconds a server wants to be asked again that says so in words only, or None.

    Exchange says so to IMAP ("Suggested Backoff Time: 299961 milliseconds"), others in sentences.
    """
    for pattern, seconds in _WORDED:
        if found := pattern.search(text):
            unit = found[2].lower() if found.re.groups > 1 else ""
            return round(int(found[1]) * (seconds or _UNITS.get(unit[:1], 1)))
    return None


def hold(code: str | None, retry_after: int | None, text: str = "") -> timedelta | None:
    """Return for how long a server wants to be left alone, or None where it does not.

    `retry_after` is in seconds, as it said, else it is read in `text`; what is silly is cut. Only what passes by itself
    is waited for. A sign-in that was throttled is left alone for an hour at least, whatever the server said.
    """
    if code is None or problem(code).kind is not Kind.WOBBLE:
        return None
    seconds = asked_in(text) if retry_after is None else retry_after
    asked = timedelta(seconds=min(max(0, seconds or 0), LONGEST_HOLD.total_seconds()))
    if code == THROTTLED:
        asked = max(asked, timedelta(hours=1))
    return asked or None


def about_the_server(code: str | None) -> bool:
    """Return whether a wish to be left alone is the server's as a whole, and not about one mailbox."""
    return code in _SERVER_WIDE


def throttles(code: str | None) -> bool:
    """Return whether one mailbox was told that it does too much."""
    return code in _THROTTLING


def free_again(times: Sequence[datetime], allowed: int, now: datetime) -> datetime | None:
    """Return when another sign-in may be refused, or None where it may be now.

    `times` are those of the refused ones. Those that lie ahead, after the clock was set back, do not count.
    """
    counted = sorted(time for time in times if now - WINDOW < time <= now)
    return counted[-allowed] + WINDOW if len(counted) >= allowed else None


def share_of_silent(threads: int) -> int:
    """Return how many threads of a worker may wait for servers that have not been answering."""
    return max(1, threads // 4)
