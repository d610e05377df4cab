"""What stands per capability after one check and the next, which of it is told, and how long a proof counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules import capabilities
from console.rules.capabilities import ALIASES, ORDER, READ, RENEW, SEND, SENT, SHORT, SIGN_IN, Flaw, Trouble
from console.rules.health import Health

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)
EARLIER = NOW - timedelta(hours=1)
REFUSED, WOBBLE, BROKEN, MISSING = "bad-credentials", "connection-timeout", "tls-untrusted", "folder-missing"


def flaw(problem=BROKEN, health=Health.FAILING, stage=None, strikes=0):
    return Flaw(problem, EARLIER, health, stage, strikes=strikes)


def after(before, met=(), worked=(), passed=()):
    troubles = {name: Trouble(problem, stage) for name, problem, stage in met}
    return capabilities.after(before, troubles, worked, passed, NOW)


# What a check leaves standing.


@pytest.mark.parametrize("capability", ORDER)
def test_what_a_check_says_nothing_about_stays(capability):
    before = {capability: flaw()}

    assert after(before, worked=set(ORDER) - {capability}) == before


@pytest.mark.parametrize("capability", ORDER)
def test_what_is_shown_to_work_is_clear(capability):
    assert after({capability: flaw()}, worked={capability}) == {}


def test_a_problem_that_goes_on_stands_since_it_began():
    assert after({SEND: flaw(BROKEN)}, [(SEND, BROKEN, "send")])[SEND].since == EARLIER


def test_another_problem_of_the_same_capability_begins_now():
    assert after({SEND: flaw(BROKEN)}, [(SEND, "tls-expired", "send")])[SEND].since == NOW


def test_wobbles_of_sending_are_counted_though_short_checks_pass_between_them():
    flaws = {}
    for _ in range(3):
        flaws = after(flaws, [(SEND, WOBBLE, "send")], worked={SIGN_IN, READ})
        flaws = after(flaws, worked={SIGN_IN, READ})

    assert (flaws[SEND].strikes, flaws[SEND].health) == (3, Health.FAILING)


def test_to_fail_now_before_and_now_after_the_sign_in_is_to_fail_in_a_row():
    flaws = after({}, [(SIGN_IN, WOBBLE, "reach")])
    flaws = after(flaws, [(READ, WOBBLE, "open-inbox")], worked={SIGN_IN})
    flaws = after(flaws, [(SIGN_IN, WOBBLE, "reach")])

    assert (capabilities.worst(flaws).strikes, capabilities.worst(flaws).health) == (3, Health.FAILING)


def test_a_wobble_before_the_stage_that_asked_for_a_person_changes_nothing():
    before = flaw(REFUSED, Health.NEEDS_SIGN_IN, "sign-in")

    told = after({SIGN_IN: before}, [(SIGN_IN, WOBBLE, "reach")], passed={"find-server"})[SIGN_IN]

    assert (told.problem, told.health, told.since) == (REFUSED, Health.NEEDS_SIGN_IN, EARLIER)


def test_a_wobble_behind_the_stage_that_asked_for_a_person_is_a_wobble():
    before = flaw("auth-mechanism-unsupported", Health.NEEDS_SIGN_IN, "methods")

    told = after({SIGN_IN: before}, [(SIGN_IN, WOBBLE, "sign-in")], passed={"methods"})[SIGN_IN]

    assert (told.problem, told.health) == (WOBBLE, Health.DEGRADED)


def test_a_stage_that_only_lacks_something_degrades_whatever_it_lacks():
    met = {SENT: Trouble(WOBBLE, "find-sent", warns=True)}

    flaws = capabilities.after(capabilities.after({}, met, (), (), NOW), met, (), (), NOW)

    assert (flaws[SENT].health, flaws[SENT].strikes) == (Health.DEGRADED, 2)


# What is told.


def test_without_a_flaw_nothing_is_told():
    assert capabilities.worst({}) is None


@pytest.mark.parametrize(
    ("flaws", "told"),
    [
        ({SEND: flaw(), SIGN_IN: flaw()}, SIGN_IN),
        ({SEND: flaw(), READ: flaw()}, READ),
        ({SENT: flaw(), SEND: flaw()}, SEND),
        ({READ: flaw(), RENEW: flaw()}, RENEW),
        ({SIGN_IN: flaw(WOBBLE, Health.DEGRADED), SEND: flaw()}, SEND),
        ({SIGN_IN: flaw(WOBBLE, Health.DEGRADED), SEND: flaw(REFUSED, Health.NEEDS_SIGN_IN)}, SEND),
        ({SIGN_IN: flaw(WOBBLE, Health.DEGRADED), SENT: flaw(MISSING, Health.DEGRADED)}, SIGN_IN),
        ({SIGN_IN: flaw(BROKEN), SEND: flaw(REFUSED, Health.NEEDS_SIGN_IN)}, SIGN_IN),
    ],
)
def test_what_a_person_has_to_see_to_is_told_first_and_then_what_comes_first(flaws, told):
    assert capabilities.worst(flaws) is flaws[told]


def test_what_a_newer_version_knows_is_not_told():
    assert capabilities.worst({"calendar": flaw()}) is None


def test_only_what_comes_before_the_inbox_blocks_a_short_check():
    assert capabilities.blocking(dict.fromkeys((SEND, SENT, ALIASES), flaw())) is None
    assert all(capabilities.blocking({name: flaw()}) for name in SHORT)


# When the next full check is due.


@pytest.mark.parametrize(
    ("flaws", "wait"),
    [
        ({}, timedelta(hours=6)),
        ({SEND: flaw("smtp-auth-disabled")}, timedelta(hours=6)),
        ({SENT: flaw(MISSING, Health.DEGRADED)}, timedelta(hours=6)),
        ({SEND: flaw("tls-expired")}, timedelta(hours=6)),
        ({SEND: flaw("login-throttled")}, timedelta(hours=1)),
        ({SEND: flaw(WOBBLE, Health.DEGRADED, strikes=1)}, timedelta(minutes=1)),
        ({SEND: flaw(WOBBLE, strikes=4)}, timedelta(minutes=15)),
        ({SEND: flaw("login-throttled"), ALIASES: flaw(WOBBLE, Health.DEGRADED, strikes=2)}, timedelta(minutes=2)),
        ({READ: flaw(WOBBLE, Health.DEGRADED, strikes=1)}, timedelta(hours=6)),
    ],
)
def test_a_full_check_comes_every_six_hours_or_by_the_rule_of_what_may_pass(flaws, wait):
    assert capabilities.full_again(flaws, now=NOW, jitter=0.5) == NOW + wait


@given(st.floats(0, 1))
def test_full_checks_are_spread_over_a_fifth_of_their_interval(jitter):
    due = capabilities.full_again({}, now=NOW, jitter=jitter)

    assert NOW + 0.9 * capabilities.FULL_EVERY <= due <= NOW + 1.1 * capabilities.FULL_EVERY
    assert due <= NOW + capabilities.LATEST_FULL


@pytest.mark.parametrize(
    ("due", "full"),
    [
        (None, True),
        (NOW, True),
        (NOW + timedelta(minutes=1), False),
        (NOW + timedelta(hours=7), False),
        (NOW + timedelta(days=30), True),
    ],
)
def test_a_check_is_full_when_that_is_due_or_nobody_can_have_meant_so_late(due, full):
    assert capabilities.full_is_due(due, {}, NOW) is full


def test_a_proof_of_sending_from_the_future_is_made_anew():
    assert capabilities.full_is_due(NOW + EVERY, {SEND: NOW + timedelta(days=1)}, NOW)
    assert not capabilities.full_is_due(NOW + EVERY, {READ: NOW + timedelta(days=1)}, NOW)


# How long a proof counts.

PROOFS = {SIGN_IN: NOW, READ: NOW, SEND: NOW}


def until(proofs, *, receives_only=False):
    return capabilities.proven_until(proofs, every=EVERY, now=NOW, receives_only=receives_only)


def test_an_inbox_is_proven_for_three_cadences():
    assert until(PROOFS) == NOW + 3 * EVERY


def test_sending_is_proven_for_a_day():
    sent = NOW - timedelta(hours=23, minutes=50)

    assert until({**PROOFS, SEND: sent}) == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("capability", [SIGN_IN, READ, SEND])
@pytest.mark.parametrize("at", [None, NOW + timedelta(minutes=3)])
def test_without_a_needed_proof_from_the_past_an_inbox_is_proven_for_no_time(capability, at):
    proofs = {name: when for name, when in PROOFS.items() if name != capability}

    assert until({**proofs, capability: at} if at else proofs) is None


def test_an_inbox_that_receives_only_needs_no_proof_of_sending():
    assert until({SIGN_IN: NOW, READ: NOW}, receives_only=True) == NOW + 3 * EVERY


@pytest.mark.parametrize("capability", [SENT, ALIASES])
def test_what_was_found_once_is_needed(capability):
    assert until({**PROOFS, capability: NOW - timedelta(hours=24)}) == NOW


def test_a_renewal_that_is_not_needed_again_makes_nothing_old():
    assert until({**PROOFS, RENEW: NOW - timedelta(days=9)}) == NOW + 3 * EVERY


@given(st.dictionaries(st.sampled_from(ORDER), st.datetimes(timezones=st.just(UTC)), min_size=3))
def test_no_clock_makes_an_inbox_proven_for_longer_than_a_day_from_now(proofs):
    ends = until(proofs)

    assert ends is None or ends <= NOW + timedelta(days=1, minutes=2)


# What is stored.


@given(
    st.sampled_from([REFUSED, WOBBLE, "purple"]),
    st.sampled_from(list(Health)),
    st.one_of(st.none(), st.just("send")),
    st.text(max_size=40),
    st.integers(0, 99),
)
def test_a_flaw_is_read_as_it_was_written(problem, health, stage, text, strikes):
    kept = Flaw(problem, NOW, health, stage, "mail.acme.dk", text, strikes)

    assert capabilities.flaws_in({SEND: kept.to_dict()}) == {SEND: kept}


@pytest.mark.parametrize(
    "stored", [None, "text", 7, [], ["send"], {"send": None}, {"send": {"problem": "x"}}, {"send": []}]
)
def test_what_cannot_be_read_is_no_flaw(stored):
    assert capabilities.flaws_in(stored) == {}


@pytest.mark.parametrize("stored", [None, "text", [], {"read": "yesterday"}, {"read": 7}, {"read": None}])
def test_what_cannot_be_read_is_no_proof(stored):
    assert capabilities.proofs_in(stored) == {}
