"""What a mailbox can do, each with its last proof and its own problem, and which problem is told of several.

A short check goes as far as the inbox: it proves that signing in and reading work, and says nothing about the rest. A
full check goes on to sending, the Sent folder and the aliases.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from console.rules import health as judge
from console.rules.health import AHEAD, Health, Signal, Standing
from console.rules.problems import Kind, Retry, problem
from console.rules.texts import N_

SIGN_IN, RENEW, READ, SEND, SENT, ALIASES = "sign-in", "renew", "read", "send", "sent", "aliases"
# In the order in which their problems are told: without a sign-in nothing works, and a renewal is part of it.
LABELS: Mapping[str, str] = MappingProxyType(
    {
        SIGN_IN: N_("Sign-in"),
        RENEW: N_("Token refresh"),
        READ: N_("Read"),
        SEND: N_("Send"),
        SENT: N_("Sent folder"),
        ALIASES: N_("Aliases"),
    }
)
ORDER = tuple(LABELS)
# What a short check shows.
SHORT = frozenset({SIGN_IN, RENEW, READ})
_OF_STAGE: Mapping[str, str] = MappingProxyType(
    {
        "open-inbox": READ,
        "find-sent": SENT,
        "smtp-reach": SEND,
        "smtp-secure": SEND,
        "smtp-sign-in": SEND,
        "send": SEND,
        "aliases": ALIASES,
    }
)

# The stages that a short check leaves out.
BEYOND = frozenset(stage for stage, name in _OF_STAGE.items() if name not in SHORT)

FULL_EVERY = timedelta(hours=6)
# No full check is put off for longer than this; what is due later was written by a clock that went wrong.
LATEST_FULL = timedelta(hours=7)
PROOFS_BEFORE_STALE = 3
REST_LASTS = timedelta(hours=24)
_ALWAYS_NEEDED = frozenset({SIGN_IN, READ, SEND})


def of_stage(stage: str | None) -> str:
    """Return the capability that a stage of a check is about; all that comes before the inbox is the sign-in."""
    return _OF_STAGE.get(stage or "", SIGN_IN)


@dataclass(frozen=True)
class Trouble:
    """What one stage of a check met; with `warns` it only lacks something. `stage` is "" outside all stages."""

    problem: str
    stage: str
    host: str = ""
    server_text: str = ""
    warns: bool = False


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one capability, since when, and how it stands for that: its health and wobbles in a row."""

    problem: str
    since: datetime
    health: Health
    stage: str | None = None
    host: str = ""
    server_text: str = ""
    strikes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the flaw as it is stored."""
        return {
            "problem": self.problem,
            "since": self.since.isoformat(),
            "health": self.health.value,
            "stage": self.stage,
            "host": self.host,
            "server_text": self.server_text,
            "strikes": self.strikes,
        }


def flaws_in(stored: Any) -> dict[str, Flaw]:
    """Return the flaws in a stored column by capability; what cannot be read is left out."""
    found = {}
    for name, data in stored.items() if isinstance(stored, dict) else ():
        try:
            found[str(name)] = Flaw(
                str(data["problem"]),
                _time(data["since"]),
                judge.known(str(data["health"])),
                data.get("stage"),
                str(data.get("host") or ""),
                str(data.get("server_text") or ""),
                int(data.get("strikes") or 0),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def proofs_in(stored: Any) -> dict[str, datetime]:
    """Return when each capability was last shown to work; what cannot be read is left out."""
    found = {}
    for name, at in stored.items() if isinstance(stored, dict) else ():
        try:
            found[str(name)] = _time(at)
        except (TypeError, ValueError):
            continue
    return found


def _time(text: Any) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def after(
    before: Mapping[str, Flaw],
    met: Mapping[str, Trouble],
    worked: Collection[str],
    passed: Collection[str],
    now: datetime,
) -> dict[str, Flaw]:
    """Return what stands after a check that `met` this by capability and showed that those in `worked` work.

    `passed` are the stages that passed. What the check said nothing about stays as it was.
    """
    flaws = {name: flaw for name, flaw in before.items() if name not in worked}
    for name, trouble in met.items():
        flaws[name] = _moved(before.get(name), _carried(before, name), trouble, passed, now)
    return flaws


def _moved(was: Flaw | None, carried: Standing, trouble: Trouble, passed: Collection[str], now: datetime) -> Flaw:
    brought = Signal.WARNED if trouble.warns else judge.signal(problem(trouble.problem))
    if was is not None and was.health is Health.NEEDS_SIGN_IN and was.stage in passed:
        # The stage that asked for a person passed now: nothing is asked of them any more, however it ended afterwards.
        was, carried = None, Standing(Health.DEGRADED)
    standing = judge.after(carried, brought)
    if was is not None and brought is Signal.WOBBLED and standing.health is Health.NEEDS_SIGN_IN:
        return replace(was, strikes=standing.strikes)
    same = was is not None and was.problem == trouble.problem
    since = was.since if was is not None and same else now
    # A warning has no strikes for its health, but one that may pass is tried again ever later.
    passing = trouble.warns and problem(trouble.problem).kind is Kind.WOBBLE
    strikes = carried.strikes + 1 if passing else standing.strikes
    return Flaw(
        trouble.problem,
        since,
        standing.health,
        trouble.stage or None,
        trouble.host[:253],
        trouble.server_text[:400],
        strikes,
    )


def _carried(before: Mapping[str, Flaw], name: str) -> Standing:
    """Return the standing that a capability goes on from.

    To fail now before and now after the sign-in is to fail in a row.
    """
    own = before.get(name)
    if own is None and name in SHORT:
        others = [flaw for key, flaw in before.items() if key in SHORT and flaw.health is not Health.NEEDS_SIGN_IN]
        own = max(others, key=lambda flaw: flaw.strikes, default=None)
    return Standing(own.health, own.strikes) if own is not None else Standing(Health.HEALTHY)


def worst(flaws: Mapping[str, Flaw]) -> Flaw | None:
    """Return the flaw that is told of several: what a person has to see to before what may pass, then by `ORDER`."""
    known = [(flaw.health is Health.DEGRADED, ORDER.index(name), flaw) for name, flaw in flaws.items() if name in ORDER]
    return min(known, key=lambda one: one[:2])[2] if known else None


def blocking(flaws: Mapping[str, Flaw]) -> Flaw | None:
    """Return the worst flaw of those that keep even a short check from passing."""
    return worst({name: flaw for name, flaw in flaws.items() if name in SHORT})


def full_again(flaws: Mapping[str, Flaw], *, now: datetime, jitter: float) -> datetime:
    """Return when a full check is due after one that came past the inbox: soon where a flaw may pass by itself.

    `jitter` is a random number from 0 to 1 that spreads checks over a fifth of the interval.
    """
    waits = [FULL_EVERY]
    for name, flaw in flaws.items():
        entry = problem(flaw.problem)
        if name in SHORT or entry.kind is Kind.WARNING or entry.retry is Retry.STOP:
            continue
        if entry.retry is Retry.BACKOFF:
            waits.append(judge.back_off(flaw.strikes))
        elif entry.retry is Retry.HOURLY:
            waits.append(timedelta(hours=1))
    return now + min(waits) * (0.9 + 0.2 * jitter)


def full_is_due(full_due: datetime | None, proofs: Mapping[str, datetime], now: datetime) -> bool:
    """Return whether the next check of the schedule is a full one."""
    if full_due is None or full_due <= now or full_due > now + LATEST_FULL:
        return True
    return any(at > now + AHEAD for name, at in proofs.items() if name not in SHORT)


def lasts(capability: str, every: timedelta) -> timedelta:
    """Return for how long a proof is recent; `every` is the cadence of the inbox's provider."""
    return PROOFS_BEFORE_STALE * every if capability in {SIGN_IN, READ} else REST_LASTS


def is_recent(capability: str, at: datetime, every: timedelta, now: datetime) -> bool:
    """Return whether a proof counts now; one from the future counts for nothing."""
    return at <= now + AHEAD and now <= at + lasts(capability, every)


def proven_until(
    proofs: Mapping[str, datetime], *, every: timedelta, now: datetime, receives_only: bool
) -> datetime | None:
    """Return when the first needed proof grows old; None when one is missing or comes from the future.

    Signing in, reading and sending are needed; the Sent folder and aliases once they were found.
    """
    needed = _ALWAYS_NEEDED | ({SENT, ALIASES} & set(proofs))
    if receives_only:
        needed -= {SEND}
    ends = []
    for name in needed:
        at = proofs.get(name)
        if at is None or at > now + AHEAD:
            return None
        ends.append(at + lasts(name, every))
    return min(ends)
