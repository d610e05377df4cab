"""Who is told of what, and when: pure tables and times.

Rows hold these codes; the words of a notice are made when it is sent, see `console.services.notice_words`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from console.rules.problems import Kind as Does
from console.rules.problems import Lasting, Problem, Who
from console.rules.texts import N_


class Kind(StrEnum):
    """What a notice tells."""

    OWNER = "owner-problem"
    """The owner of an inbox: it has a problem."""
    CLEAR = "owner-clear"
    """The owner, who was told of a problem: it is over."""
    INCIDENT = "incident"
    INCIDENT_OVER = "incident-over"
    ADMIN_PROBLEM = "admin-problem"
    """Staff: a problem of one inbox that an admin or the operator has to mend."""
    USER_PROBLEM = "user-problem"
    """Staff: a problem of one inbox that its owner has to mend, or nobody can."""
    PROBLEM_OVER = "problem-over"
    """Staff who was told of a problem of one inbox: it is over. Told when and as the problem was."""
    RADAR = "radar"
    APP = "app"
    WEBHOOK_OFF = "webhook-off"
    """Staff: a webhook was switched off by itself."""


class When(StrEnum):
    """When staff is told of a kind."""

    AT_ONCE = "at-once"
    DIGEST = "digest"
    NEVER = "never"


class Party(StrEnum):
    """Who is told beside owners."""

    ADMIN = "admin"
    HELP_DESK = "help-desk"
    EXTRA = "extra"


OWNER_KINDS = frozenset({Kind.OWNER, Kind.CLEAR})
# The kinds that Settings offers for every party, in the order of its table.
STAFF_KINDS = (Kind.INCIDENT, Kind.INCIDENT_OVER, Kind.ADMIN_PROBLEM, Kind.USER_PROBLEM, Kind.RADAR, Kind.APP)
# These pass quiet hours unless it is set otherwise: somebody has to act, or may stop acting.
URGENT = frozenset({Kind.INCIDENT, Kind.INCIDENT_OVER, Kind.APP})

KIND_LABELS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.OWNER: N_("Problem of an own inbox"),
        Kind.CLEAR: N_("Own inbox works again"),
        Kind.INCIDENT: N_("An incident begins"),
        Kind.INCIDENT_OVER: N_("An incident is over"),
        Kind.ADMIN_PROBLEM: N_("One inbox has a problem that an admin has to mend"),
        Kind.USER_PROBLEM: N_("One inbox has a problem that its owner has to mend"),
        Kind.PROBLEM_OVER: N_("The problem of one inbox is over"),
        Kind.RADAR: N_("Something will expire"),
        Kind.APP: N_("A provider does not take the app"),
        Kind.WEBHOOK_OFF: N_("A webhook was switched off"),
    }
)
PARTY_LABELS: Mapping[Party, str] = MappingProxyType(
    {Party.ADMIN: N_("Account admins"), Party.HELP_DESK: N_("Help desk"), Party.EXTRA: N_("Other addresses")}
)
WHEN_LABELS: Mapping[When, str] = MappingProxyType(
    {When.AT_ONCE: N_("At once"), When.DIGEST: N_("In the daily mail"), When.NEVER: N_("Not at all")}
)

_ONCE, _DAILY, _NOT = When.AT_ONCE, When.DIGEST, When.NEVER
_USUAL = dict(zip(STAFF_KINDS, (_ONCE, _ONCE, _ONCE, _NOT, _DAILY, _ONCE), strict=True))
DEFAULTS: Mapping[Party, Mapping[Kind, When]] = MappingProxyType(
    {
        Party.ADMIN: MappingProxyType(_USUAL),
        Party.HELP_DESK: MappingProxyType(dict.fromkeys(STAFF_KINDS, _NOT)),
        Party.EXTRA: MappingProxyType(_USUAL),
    }
)

# A definite answer about a notice is not asked for again; these are for trouble on the way.
MAIL_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720))
HOOK_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
# After so long an incident of trouble on the other side is told to those who look after the console.
OUTAGE_TOLD_AFTER = timedelta(minutes=15)
# Nothing waits longer than this by itself, so a clock that was wrong for a while holds nothing back for years.
LONGEST_WAIT = timedelta(days=8)


@dataclass(frozen=True)
class Told:
    """Who is told of a problem of a single inbox.

    `owner` is whether its owner is told, `acts` whether they have to do something, `recoverable` whether it heals
    without them, so that they may choose not to be told. `staff` is the kind under which staff is told.
    """

    owner: bool
    acts: bool
    recoverable: bool
    staff: Kind | None


def told(entry: Problem) -> Told:
    """Return who is told of a problem of one inbox; one of the operator is never told to its owner."""
    if entry.who is Who.US:
        return Told(owner=False, acts=False, recoverable=False, staff=Kind.ADMIN_PROBLEM)
    heals = entry.who is Who.AUTO or entry.kind is Does.WOBBLE or entry.lasts is not Lasting.PERMANENT
    if entry.who is Who.USER:
        return Told(owner=True, acts=not heals, recoverable=heals, staff=Kind.USER_PROBLEM)
    if entry.who in {Who.TEAM_ADMIN, Who.MAIL_ADMIN}:
        return Told(owner=True, acts=False, recoverable=heals, staff=Kind.ADMIN_PROBLEM)
    if entry.who is Who.AUTO:
        return Told(owner=True, acts=False, recoverable=True, staff=None)
    return Told(owner=True, acts=False, recoverable=False, staff=Kind.USER_PROBLEM)


@dataclass(frozen=True)
class Quiet:
    """Hours in which mails wait, in the console's time zone.

    They begin at `start` on each of `days` (0 is Monday) and last until `end`, which is on the next day where it is not
    later; the same time twice is a whole day. With `all_kinds` what is urgent waits too.
    """

    start: time
    end: time
    days: frozenset[int]
    all_kinds: bool = False

    def holds(self, kind: str, *, digest: bool) -> bool:
        """Return whether a notice of this kind waits for the end of quiet hours."""
        return digest or self.all_kinds or kind not in URGENT


def quiet_until(now: datetime, zone: ZoneInfo, quiet: Quiet | None) -> datetime | None:
    """Return when the quiet hours that hold at `now` (aware) end, or None when none hold.

    Hours that follow one another without a gap are one. On days on which clocks change, an hour is as long as it is
    there: begin and end are times of the wall clock.
    """
    if quiet is None or not quiet.days:
        return None
    at = now
    for _ in range(int(LONGEST_WAIT / timedelta(days=1))):
        end = _end_of(at, zone, quiet)
        if end is None:
            break
        at = end
    return at if at > now else None


def _end_of(now: datetime, zone: ZoneInfo, quiet: Quiet) -> datetime | None:
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        if day.weekday() not in quiet.days:
            continue
        last = day if quiet.end > quiet.start else day + timedelta(days=1)
        begin = datetime.combine(day, quiet.start, zone).astimezone(now.tzinfo)
        end = datetime.combine(last, quiet.end, zone).astimezone(now.tzinfo)
        if begin <= now < end:
            return end
    return None


def next_digest(now: datetime, zone: ZoneInfo, at: time) -> datetime:
    """Return when the next daily mail goes, after `now` (aware), at the wall clock's `at` in `zone`."""
    day = now.astimezone(zone).date()
    while (found := datetime.combine(day, at, zone).astimezone(now.tzinfo)) <= now:
        day += timedelta(days=1)
    return found


def back_off(steps: Collection[timedelta], failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row, at least one."""
    return tuple(steps)[min(max(failures, 1), len(steps)) - 1]
