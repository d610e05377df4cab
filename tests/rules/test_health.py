"""The health of an inbox: one total table, a back-off, and green only as long as its proof is fresh."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.health import (
    TABLE,
    Health,
    Signal,
    Standing,
    after,
    displayed,
    known,
    next_check,
    signal,
)
from console.rules.problems import CATALOGUE, Kind, Retry, problem

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)

GOLDEN = {
    # was:           passed     warned      wobbled          broke      refused
    "healthy": ("healthy", "degraded", "degraded", "failing", "needs-sign-in"),
    "degraded": ("healthy", "degraded", "degraded", "failing", "needs-sign-in"),
    "failing": ("healthy", "degraded", "failing", "failing", "needs-sign-in"),
    "needs-sign-in": ("healthy", "degraded", "needs-sign-in", "failing", "needs-sign-in"),
}


def test_the_table_knows_an_answer_for_every_health_and_every_signal():
    assert set(TABLE) == {(health, brought) for health in Health for brought in Signal}


@pytest.mark.parametrize("was", GOLDEN)
def test_every_answer_of_the_table_is_the_one_that_was_agreed(was):
    found = tuple(after(Standing(Health(was)), brought).health.value for brought in Signal)

    assert found == GOLDEN[was]


def test_the_third_wobble_in_a_row_turns_an_inbox_failing():
    standing, seen = Standing(Health.HEALTHY), []
    for _ in range(4):
        standing = after(standing, Signal.WOBBLED)
        seen.append(standing.health.value)

    assert seen == ["degraded", "degraded", "failing", "failing"]


@pytest.mark.parametrize("between", [Signal.PASSED, Signal.WARNED])
def test_wobbles_are_counted_in_a_row_only(between):
    standing = Standing(Health.HEALTHY)
    for brought in (Signal.WOBBLED, Signal.WOBBLED, between, Signal.WOBBLED, Signal.WOBBLED):
        standing = after(standing, brought)

    assert (standing.health, standing.strikes) == (Health.DEGRADED, 2)


@pytest.mark.parametrize("was", [Health.FAILING, Health.NEEDS_SIGN_IN])
def test_no_number_of_wobbles_changes_what_a_person_has_to_do(was):
    standing = Standing(was)
    for _ in range(20):
        standing = after(standing, Signal.WOBBLED)

    assert standing.health is was


@given(st.lists(st.sampled_from(list(Signal))))
def test_one_passed_check_makes_any_past_healthy(past):
    standing = Standing(Health.HEALTHY)
    for brought in past:
        standing = after(standing, brought)

    assert after(standing, Signal.PASSED) == Standing(Health.HEALTHY)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_problem_brings_the_signal_of_its_kind(code):
    brought = {
        Kind.REFUSAL: Signal.REFUSED,
        Kind.BROKEN: Signal.BROKE,
        Kind.WOBBLE: Signal.WOBBLED,
        Kind.WARNING: Signal.WARNED,
    }[problem(code).kind]

    assert signal(problem(code)) is brought


def test_no_problem_is_a_pass():
    assert signal(None) is Signal.PASSED


# When the schedule checks again.


def due(code, strikes=0, jitter=0.5):
    found = next_check(problem(code) if code else None, strikes, now=NOW, every=EVERY, jitter=jitter)
    return None if found is None else found - NOW


def test_a_healthy_inbox_is_checked_at_its_interval():
    assert due(None) == EVERY


def test_an_inbox_where_something_is_missing_is_checked_at_its_interval():
    assert due("folder-missing") == EVERY


@pytest.mark.parametrize("code", [code for code, entry in CATALOGUE.items() if entry.kind is Kind.REFUSAL])
def test_a_refusal_waits_for_a_person(code):
    assert due(code) is None


@pytest.mark.parametrize(
    ("strikes", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 5), (4, 15), (5, 30), (6, 60), (7, 60), (1000, 60)]
)
def test_a_wobble_is_looked_at_again_soon_and_then_less_and_less_often(strikes, minutes):
    wobbles = (code for code, entry in CATALOGUE.items() if (entry.kind, entry.retry) == (Kind.WOBBLE, Retry.BACKOFF))

    assert {due(code, strikes) for code in wobbles} == {timedelta(minutes=minutes)}


@pytest.mark.parametrize(("retry", "wait"), [(Retry.HOURLY, timedelta(hours=1)), (Retry.DAILY, timedelta(days=1))])
def test_what_somebody_else_mends_is_looked_at_hourly_or_daily(retry, wait):
    codes = [code for code, entry in CATALOGUE.items() if entry.retry is retry and entry.kind is not Kind.WARNING]

    assert {due(code) for code in codes} <= {wait}


@given(st.floats(min_value=0, max_value=1))
def test_checks_are_spread_over_a_fifth_of_their_interval(jitter):
    assert 0.9 * EVERY <= due(None, jitter=jitter) <= 1.1 * EVERY


# What is shown.


@pytest.mark.parametrize(("ends", "shown"), [(0, "healthy"), (1, "healthy"), (-1, "degraded"), (None, "degraded")])
def test_green_turns_amber_when_its_proof_has_grown_old(ends, shown):
    proof = None if ends is None else NOW + timedelta(seconds=ends)

    assert displayed(Health.HEALTHY, proof, NOW) == shown


@pytest.mark.parametrize("health", [Health.DEGRADED, Health.FAILING, Health.NEEDS_SIGN_IN])
def test_nothing_else_changes_with_the_age_of_the_proof(health):
    assert displayed(health, None, NOW) is health


@pytest.mark.parametrize("health", Health)
def test_a_health_is_known_by_its_name(health):
    assert known(health.value) is health


@pytest.mark.parametrize("name", ["", "purple", "HEALTHY"])
def test_an_unknown_name_counts_as_failing(name):
    assert known(name) is Health.FAILING
