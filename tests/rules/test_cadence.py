"""How often, how long, how many: the judgements behind checks, without clocks and stores."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.cadence import (
    LONGEST_HOLD,
    REFUSED_AN_HOUR,
    TYPED_AN_HOUR,
    WINDOW,
    an_hour,
    asked_in,
    free_again,
    hold,
    refuses,
    sensible,
    spread,
)
from console.rules.problems import CATALOGUE, Kind

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("stored", "minutes"), [(60, 1), (900, 15), (86400, 1440)])
def test_an_interval_from_a_minute_to_a_day_counts(stored, minutes):
    assert sensible(stored) == minutes * MINUTE


@pytest.mark.parametrize("stored", [59, 86401, -900, 0, True, "900", 900.0, None, [900]])
def test_no_other_interval_does(stored):
    assert sensible(stored) is None


@pytest.mark.parametrize(("inboxes", "minutes", "checks"), [(0, 15, 0), (1, 1440, 1), (120, 15, 480), (7, 60, 7)])
def test_checks_an_hour_are_counted_from_inboxes_and_interval(inboxes, minutes, checks):
    assert an_hour(inboxes, minutes * MINUTE) == checks


@given(st.floats(min_value=0, max_value=1))
def test_a_wait_is_spread_over_a_fifth_of_it(jitter):
    assert 9 * MINUTE <= spread(10 * MINUTE, jitter) <= 11 * MINUTE


# What counts as refused.


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_refusal_counts_and_so_does_what_may_be_one(code):
    may_be = code in {"unknown", "login-throttled"}

    assert refuses(code) == (CATALOGUE[code].kind is Kind.REFUSAL or may_be)


def test_a_check_that_passed_refused_nothing():
    assert not refuses(None)


def test_a_mailbox_stays_below_ten_refusals_an_hour_whoever_tries():
    assert REFUSED_AN_HOUR < TYPED_AN_HOUR < 10


def test_the_next_sign_in_may_be_refused_when_the_first_of_those_that_count_is_an_hour_old():
    times = [NOW - 50 * MINUTE, NOW - 20 * MINUTE, NOW - 10 * MINUTE]

    assert free_again(times, 3, NOW) == NOW + 10 * MINUTE
    assert free_again(times, 4, NOW) is None
    assert free_again(times, 3, NOW + 10 * MINUTE) is None


def test_what_lies_ahead_after_the_clock_was_set_back_does_not_count():
    assert free_again([NOW + MINUTE] * 5, 3, NOW) is None


@given(st.lists(st.integers(-7200, 7200)), st.integers(1, 9))
def test_nobody_is_paused_for_longer_than_the_window(seconds, allowed):
    until = free_again([NOW + timedelta(seconds=one) for one in seconds], allowed, NOW)

    assert until is None or NOW < until <= NOW + WINDOW


# What a server asks for.


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("NO Request is throttled. Suggested Backoff Time: 299961 milliseconds", 300),
        ("ErrorServerBusy: BackOffMilliseconds=297749", 298),
        ("421 4.7.0 Too many messages, retry-after: 45", 45),
        ("454 4.7.0 Too many login attempts, please try again in 10 minutes", 600),
        ("Rate limited, please retry after 10 minutes", 600),
        ("Rate limited, retry after 1 hour", 3600),
        ("Rate limited, try again in 45s", 45),
        ("Rate limited, retry after 90", 90),
        ("wait 30 seconds", 30),
        ("try again after 2 hours", 7200),
        ("User-rate limit exceeded. Retry after 2026-11-23T10:00:00.000Z", None),
        ("451 4.7.1 Please try again later", None),
        ("", None),
    ],
)
def test_the_time_is_read_in_the_words_of_a_server(text, seconds):
    assert asked_in(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(60, 1), (3600, 60), (10**15, 360), (21600, 360), (21601, 360), (0, None), (-1, None)]
)
def test_what_is_asked_is_kept_and_what_is_silly_is_cut(seconds, minutes):
    assert hold("server-unavailable", seconds) == (minutes * MINUTE if minutes else None)


def test_what_a_header_says_wins_over_words():
    assert hold("rate-limited", 60, "try again in 2 hours") == MINUTE
    assert hold("rate-limited", None, "try again in 2 hours") == 120 * MINUTE


@pytest.mark.parametrize("seconds", [None, 1, 60])
def test_a_throttled_sign_in_waits_an_hour_whatever_is_asked(seconds):
    assert hold("login-throttled", seconds) == 60 * MINUTE
    assert hold("login-throttled", 7200) == 120 * MINUTE


@pytest.mark.parametrize("code", [None, *(code for code, entry in CATALOGUE.items() if entry.kind is not Kind.WOBBLE)])
def test_only_what_passes_by_itself_is_waited_for(code):
    assert hold(code, 3600) is None


@given(st.sampled_from(sorted(CATALOGUE)), st.integers() | st.none(), st.text(max_size=80))
def test_no_answer_makes_us_wait_for_longer_than_six_hours(code, seconds, text):
    assert (hold(code, seconds, text) or MINUTE) <= LONGEST_HOLD
