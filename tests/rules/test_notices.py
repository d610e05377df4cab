"""Who is told of what, and when: the table, quiet hours and the daily mail over days on which clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from console.rules.notices import (
    DEFAULTS,
    HOOK_BACK_OFF,
    STAFF_KINDS,
    Kind,
    Party,
    Quiet,
    When,
    back_off,
    next_digest,
    quiet_until,
    told,
)
from console.rules.problems import CATALOGUE, Who, problem

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NIGHTS = Quiet(time(18), time(7), frozenset(range(5)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN).astimezone(UTC)


def test_the_owner_acts_on_what_is_theirs():
    found = told(problem("bad-credentials"))

    assert (found.owner, found.acts, found.recoverable, found.staff) == (True, True, False, Kind.USER_PROBLEM)


def test_the_owner_is_informed_of_what_an_admin_mends():
    found = told(problem("tls-expired"))

    assert (found.owner, found.acts, found.recoverable, found.staff) == (True, False, False, Kind.ADMIN_PROBLEM)


def test_trouble_that_heals_is_recoverable_and_no_business_of_staff():
    found = told(problem("server-unavailable"))

    assert (found.owner, found.acts, found.recoverable, found.staff) == (True, False, True, None)


@pytest.mark.parametrize("code", [entry.code for entry in CATALOGUE.values() if entry.who is Who.US])
def test_a_problem_of_the_operator_never_reaches_an_owner(code):
    found = told(problem(code))

    assert (found.owner, found.staff) == (False, Kind.ADMIN_PROBLEM)


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
def test_somebody_is_told_of_every_problem(entry):
    found = told(entry)

    assert found.owner or found.staff


def test_help_desk_is_told_of_nothing_until_somebody_wants_it():
    assert set(DEFAULTS[Party.HELP_DESK].values()) == {When.NEVER}
    assert set(DEFAULTS[Party.ADMIN]) == set(STAFF_KINDS)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-23T18:00", "2026-11-24T07:00"),
        ("2026-11-23T17:59", None),
        ("2026-11-24T06:59", "2026-11-24T07:00"),
        ("2026-11-24T07:00", None),
        ("2026-11-28T03:00", "2026-11-28T07:00"),  # Friday's night ends on Saturday.
        ("2026-11-28T19:00", None),  # No quiet hours begin on a Saturday.
    ],
)
def test_quiet_hours_last_over_midnight(now, end):
    assert quiet_until(at(now), COPENHAGEN, NIGHTS) == (at(end) if end else None)


def test_whole_days_in_a_row_are_one_time_of_quiet():
    weekend = Quiet(time(0), time(0), frozenset({5, 6}))

    assert quiet_until(at("2026-11-28T12:00"), COPENHAGEN, weekend) == at("2026-11-30T00:00")


def test_quiet_on_every_whole_day_still_ends():
    always = Quiet(time(0), time(0), frozenset(range(7)))
    now = at("2026-11-28T12:00")

    assert timedelta(days=7) < quiet_until(now, COPENHAGEN, always) - now <= timedelta(days=8)


def test_quiet_hours_end_at_the_wall_clocks_time_after_clocks_changed():
    # Clocks go back on 25 Oct 2026 at 03:00: the night has fourteen hours.
    every = Quiet(time(18), time(7), frozenset(range(7)))
    begin = at("2026-10-24T18:00")

    assert quiet_until(begin, COPENHAGEN, every) - begin == timedelta(hours=14)


def test_quiet_hours_that_begin_in_the_hour_that_does_not_exist_still_end():
    # Clocks go forward on 28 Mar 2027 at 02:00.
    nights = Quiet(time(2, 30), time(6), frozenset({6}))

    assert quiet_until(at("2027-03-28T04:00"), COPENHAGEN, nights) == at("2027-03-28T06:00")


def test_what_is_urgent_passes_quiet_hours_unless_everything_waits():
    assert not NIGHTS.holds(Kind.INCIDENT, digest=False)
    assert NIGHTS.holds(Kind.INCIDENT, digest=True)
    assert NIGHTS.holds(Kind.OWNER, digest=False)
    assert Quiet(NIGHTS.start, NIGHTS.end, NIGHTS.days, all_kinds=True).holds(Kind.INCIDENT, digest=False)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-23T06:59", "2026-11-23T07:30"),
        ("2026-11-23T07:30", "2026-11-24T07:30"),
        ("2026-10-24T08:00", "2026-10-25T07:30"),
    ],
)
def test_the_daily_mail_goes_at_the_wall_clocks_time(now, then):
    assert next_digest(at(now), COPENHAGEN, time(7, 30)) == at(then)


def test_back_off_grows_up_to_a_day():
    assert [back_off(HOOK_BACK_OFF, n) for n in (0, 1, 2, 3, 99)] == [
        timedelta(minutes=minutes) for minutes in (1, 1, 5, 30, 1440)
    ]
