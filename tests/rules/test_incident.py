"""The life of an incident as a table, the pauses between tries, and when owners are told."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from console.rules.alike import Nature, alike, nature
from console.rules.incident import TABLE, Event, State, may_try, told_after, turns, wait
from console.rules.problems import CATALOGUE, Kind

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_table_is_total():
    assert set(TABLE) == set(product(State, Event))


@pytest.mark.parametrize("event", Event)
def test_what_is_over_stays_over(event):
    assert TABLE[State.OVER, event] is State.OVER


def test_an_outage_is_tried_every_one_to_five_minutes():
    pauses = [wait(Nature.OUTAGE, "connection-timeout", tries) for tries in range(8)]

    assert pauses[0] == MINUTE
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5 * MINUTE


def test_a_server_that_has_seen_too_many_sign_ins_is_left_alone_for_an_hour():
    assert wait(Nature.OUTAGE, "login-throttled", 0) == 60 * MINUTE


def test_a_canary_that_is_refused_is_refused_three_times_within_an_hour_at_most():
    at, refused = timedelta(), [timedelta()]
    for tries in range(4):
        at += wait(Nature.REFUSALS, "bad-credentials", tries)
        refused.append(at)

    assert sum(one < timedelta(hours=1) for one in refused) == 3


def test_refusals_have_a_budget_of_three_an_hour_and_outages_none():
    tries = [NOW - number * 10 * MINUTE for number in range(3)]

    assert not may_try(Nature.REFUSALS, tries, NOW)
    assert may_try(Nature.REFUSALS, tries, NOW + 45 * MINUTE)
    assert may_try(Nature.REFUSALS, tries, NOW - timedelta(days=1))
    assert may_try(Nature.OUTAGE, tries * 9, NOW)


@pytest.mark.parametrize(
    ("why", "code", "after"),
    [
        (Nature.OUTAGE, "connection-refused", None),
        (Nature.REFUSALS, "bad-credentials", timedelta(hours=1)),
        (Nature.REFUSALS, "oauth-org-policy-blocked", timedelta(hours=1)),
        (Nature.SHARED, "tls-expired", None),
        (Nature.SHARED, "oauth-client-secret", None),
        (Nature.SHARED, "mailbox-moved", timedelta(hours=1)),
    ],
)
def test_when_owners_are_told(why, code, after):
    assert told_after(why, code) == after


@pytest.mark.parametrize("number", [0, 1, 500, 20_000])
def test_the_others_follow_one_after_the_other_within_ten_minutes(number):
    found = turns(number, NOW)

    assert len(found) == len(set(found)) == number
    assert all(NOW <= at < NOW + 10 * MINUTE for at in found)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_an_outage_is_never_what_a_person_has_to_act_on_and_a_refusal_never_an_outage(code):
    kind = CATALOGUE[code].kind

    if alike(code) == Nature.OUTAGE:
        assert kind is Kind.WOBBLE
    if alike(code) == Nature.REFUSALS:
        assert kind is Kind.REFUSAL
        assert nature(code) is Nature.REFUSALS
