"""Episodes that the clock opens, ripens and ends, whoever looks, and whatever the clock does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from console.services import checks, switches, watch
from console.services.unnoticed import AT_ONCE
from tests.pigeon import LoftClosed
from tests.services import made
from tests.services.test_counted import counted
from tests.services.test_episodes import all_of, newest

ADDRESS = "bob@hill.test"


@pytest.fixture
def one(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    return inbox_id


@pytest.fixture
def minutes(ctx, clock):
    """Let minutes pass with a round in each."""

    def passing(number):
        for _ in range(number):
            clock.advance(minutes=1)
            watch.tick(ctx)

    watch.tick(ctx)
    return passing


def test_a_proof_that_has_grown_old_opens_one(ctx, one, minutes, clock):
    minutes(16)
    made.change(ctx, one, proven_until=clock.now - timedelta(seconds=1))

    minutes(1)

    found = newest(ctx, one)
    assert (found.problem, found.health, found.ripe_at) == ("proof-stale", "degraded", clock.now)
    minutes(5)
    assert len(all_of(ctx, one)) == 1


def test_the_next_proof_ends_it(ctx, one, minutes, clock):
    minutes(16)
    made.change(ctx, one, proven_until=clock.now)
    minutes(1)

    checks.run(ctx, one, checks.SHELL)

    assert newest(ctx, one).ended_how == "recovered"


@pytest.mark.parametrize("jump", [{"hours": 9}, {"days": -9}])
def test_a_clock_that_jumps_makes_no_proof_old_before_workers_had_time_to_renew_it(ctx, one, minutes, clock, jump):
    minutes(16)
    clock.advance(**jump)
    made.change(ctx, one, proven_until=clock.now - timedelta(hours=1))

    minutes(14)

    assert all_of(ctx, one) == []
    minutes(2)
    assert newest(ctx, one).problem == "proof-stale"


def test_nothing_is_opened_for_what_is_switched_off_or_being_checked(ctx, bob, one, minutes, clock):
    (leased,) = made.make(ctx, bob, "leased@hill.test", lease_until=clock.now + timedelta(hours=1))
    minutes(16)
    for inbox_id in (one, leased):
        made.change(ctx, inbox_id, proven_until=clock.now)
    switches.disable(ctx, bob, one)

    minutes(2)

    assert all_of(ctx, one) == all_of(ctx, leased) == []


def test_a_wobble_ripens_by_the_clock(ctx, one, pigeons, minutes, clock):
    pigeons.weather[made.LOFT] = LoftClosed("closed")
    for _ in range(3):
        checks.run(ctx, one, checks.SHELL)

    minutes(14)
    assert newest(ctx, one).ripe_at is None
    minutes(1)

    assert newest(ctx, one).ripe_at == clock.now


def test_a_wobble_that_began_by_a_clock_a_year_ahead_ripens_once_that_is_set_back(ctx, one, pigeons, minutes, clock):
    pigeons.weather[made.LOFT] = LoftClosed("closed")
    clock.advance(days=365)
    checks.run(ctx, one, checks.SHELL)
    clock.advance(days=-365)
    for _ in range(2):
        checks.run(ctx, one, checks.SHELL)

    minutes(16)

    assert newest(ctx, one).began_at < clock.now
    assert newest(ctx, one).ripe_at == clock.now


def test_the_third_refusal_alike_is_told_when_it_turned_out_no_wave(ctx, bob, minutes, clock):
    ids = made.make(ctx, bob, *(f"box{number}@hill.test" for number in range(3)), whistle="wrong")
    made.make(ctx, bob, *(f"well{number}@hill.test" for number in range(30)))
    for inbox_id in ids:
        checks.run(ctx, inbox_id, checks.SHELL)
    assert newest(ctx, ids[2]).ripe_at is None

    minutes(15)

    assert newest(ctx, ids[2]).ripe_at == clock.now


def test_what_is_unwell_without_an_episode_gets_one_from_when_it_began(ctx, bob, minutes, clock):
    since = clock.now - timedelta(days=2)
    (one,) = made.make(
        ctx, bob, ADDRESS, health="needs-sign-in", problem="bad-credentials", problem_since=since, next_check=None
    )

    minutes(1)

    assert (newest(ctx, one).problem, newest(ctx, one).began_at) == ("bad-credentials", since)
    minutes(1)
    assert len(all_of(ctx, one)) == 1


def test_an_inbox_that_is_enabled_again_as_it_was_has_an_episode_again(ctx, bob, minutes):
    (one,) = made.make(ctx, bob, ADDRESS, whistle="wrong")
    checks.run(ctx, one, checks.SHELL)
    switches.disable(ctx, bob, one)
    switches.enable(ctx, bob, one)

    minutes(1)

    assert [found.ended_how for found in all_of(ctx, one)] == ["disabled", ""]


def test_what_was_removed_or_switched_off_in_another_way_is_ended(ctx, bob, minutes, clock):
    gone, off = made.make(ctx, bob, "gone@hill.test", "off@hill.test", whistle="wrong")
    for inbox_id in (gone, off):
        checks.run(ctx, inbox_id, checks.SHELL)
    switches.disable(ctx, bob, off)
    checks_late = newest(ctx, off)
    with ctx.store.write() as session:
        row = session.merge(checks_late)
        row.ended_at, row.ended_how = None, ""
    made.change(ctx, gone, removed_at=clock.now)

    minutes(1)

    assert (newest(ctx, gone).ended_how, newest(ctx, off).ended_how) == ("removed", "disabled")


def test_of_many_workers_one_makes_the_round(ctx, clock):
    watch.tick(ctx)
    clock.advance(minutes=1)

    with counted(ctx) as seen, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: watch.tick(ctx), range(8)))

    assert sum("SET last_at" in statement for statement in seen) == 1


def test_a_round_asks_as_many_queries_for_many_inboxes_as_for_few(ctx, bob, clock):
    def round_():
        clock.advance(minutes=1)
        with counted(ctx) as seen:
            watch.tick(ctx)
        return len(seen)

    made.make(ctx, bob, *(f"box{number}@hill.test" for number in range(3)))
    round_()
    few = round_()
    made.make(ctx, bob, *(f"more{number}@hill.test" for number in range(AT_ONCE)))

    assert round_() == few
