"""The sweep: what is due, a few per server, what a person asked for first; nothing broken ends it."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from console.providers.errors import StageTimeout
from console.rules.cadence import share_of_silent
from console.services import checks, drafts, frame, switches
from console.services.sweep import LOOK_AT, OF_EACH_HOST, Sweep, _due_in_turns, anything_due
from console.services.work import Work
from tests.pigeon import PigeonFamily
from tests.services import made


class SlowPigeons(PigeonFamily):
    """Counts the pigeons under way to each loft; while `gate` is closed none arrives."""

    def __init__(self):
        super().__init__()
        self.gate, self.lock = threading.Event(), threading.Condition()
        self.gate.set()
        self.under_way, self.most, self.order = {}, {}, []
        self.broken = set()

    def check(self, mailbox, probe):
        loft = self.host(mailbox.settings)
        if mailbox.address in self.broken:
            raise SystemError("a bug in a thread")
        with self.lock:
            self.order.append(mailbox.address)
            self.under_way[loft] = self.under_way.get(loft, 0) + 1
            self.most[loft] = max(self.most.get(loft, 0), self.under_way[loft])
            self.lock.notify_all()
        self.gate.wait(30)
        try:
            super().check(mailbox, probe)
        finally:
            with self.lock:
                self.under_way[loft] -= 1

    def wait_for(self, number):
        with self.lock:
            assert self.lock.wait_for(lambda: sum(self.under_way.values()) >= number, 30)


@pytest.fixture
def pigeons():
    return SlowPigeons()


def box(number):
    return f"box{number:03}@acme.test"


def test_everything_due_is_checked_once_and_nothing_else(ctx, bob, work, pigeons, clock):
    made.make(ctx, bob, *map(box, range(40)))
    made.make(ctx, bob, "later@acme.test", next_check=clock.now.replace(year=2027))
    made.make(ctx, bob, "never@acme.test", next_check=None)

    work.sweep()

    assert [box(number) for number in range(40)] == sorted(pigeons.order)
    assert not anything_due(ctx)


class TestLimits:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECK_THREADS": "10", "CONSOLE_CHECKS_PER_HOST": "3"}

    def test_no_more_than_the_limit_are_checked_at_the_same_time_on_one_server(self, ctx, bob, work, pigeons):
        made.make(ctx, bob, *map(box, range(30)), loft="one.test")
        made.make(ctx, bob, *map(box, range(30, 60)), loft="other.test")

        work.sweep()

        assert pigeons.most["one.test"] <= 3
        assert pigeons.most["other.test"] <= 3
        assert 60 == len(pigeons.order)

    def test_a_slow_server_leaves_room_for_the_others(self, ctx, bob, pigeons):
        made.make(ctx, bob, *map(box, range(30)), loft="slow.test")
        made.make(ctx, bob, *map(box, range(30, 32)), loft="other.test")
        pigeons.gate.clear()
        sweep = threading.Thread(target=Sweep(ctx).run)
        sweep.start()

        pigeons.wait_for(5)

        assert {"slow.test": 3, "other.test": 2} == pigeons.under_way
        pigeons.gate.set()
        sweep.join()

    def test_many_servers_share_the_threads_of_a_worker(self, ctx, bob, pigeons):
        for number in range(20):
            made.make(ctx, bob, box(number), loft=f"loft{number}.test")
        pigeons.gate.clear()
        sweep = threading.Thread(target=Sweep(ctx).run)
        sweep.start()

        pigeons.wait_for(10)

        assert 10 == sum(pigeons.under_way.values())
        pigeons.gate.set()
        sweep.join()
        assert 20 == len(pigeons.order)

    def test_stopped_it_finishes_and_writes_what_is_under_way_and_claims_nothing_more(self, ctx, bob, pigeons):
        ids = made.make(ctx, bob, *map(box, range(30)))
        pigeons.gate.clear()
        sweep = Sweep(ctx)
        thread = threading.Thread(target=sweep.run)
        thread.start()
        pigeons.wait_for(3)

        sweep.stop()
        pigeons.gate.set()
        thread.join()

        assert 3 == sum(len(made.history(ctx, inbox_id)) for inbox_id in ids)
        assert [] == [inbox_id for inbox_id in ids if made.inbox(ctx, inbox_id).lease_token]


class TestOneThread:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECK_THREADS": "1"}

    def test_what_a_person_asked_for_goes_first(self, ctx, bob, work, pigeons, clock):
        made.make(ctx, bob, *map(box, range(6)))
        clock.advance(minutes=1)
        (last,) = made.make(ctx, bob, "asked@acme.test")
        checks.ask(ctx, bob, last)

        work.sweep()

        assert ["asked@acme.test", *map(box, range(6))] == pigeons.order

    def test_what_is_due_longest_goes_first(self, ctx, bob, work, pigeons, clock):
        made.make(ctx, bob, "second@acme.test")
        made.make(ctx, bob, "first@acme.test", next_check=clock.now.replace(year=2025))

        work.sweep()

        assert ["first@acme.test", "second@acme.test"] == pigeons.order

    def test_what_a_quicker_worker_takes_first_keeps_no_sweep_from_the_rest(self, ctx, bob, pigeons):
        first, _ = made.make(ctx, bob, *map(box, range(2)))
        looks = iter(range(100))

        def clock():
            # The other worker comes between the choice and the claim, which look at the clock once each.
            if next(looks) == 1:
                checks.claim(ctx, [first], due_only=True)
            return ctx.clock()

        Sweep(replace(ctx, clock=clock)).run()

        assert [box(1)] == pigeons.order

    def test_an_inbox_switched_off_meanwhile_is_left_out(self, ctx, bob, pigeons):
        _, second = made.make(ctx, bob, *map(box, range(2)))
        pigeons.gate.clear()
        sweep = threading.Thread(target=Sweep(ctx).run)
        sweep.start()
        pigeons.wait_for(1)

        switches.disable(ctx, bob, second)
        pigeons.gate.set()
        sweep.join()

        assert [box(0)] == pigeons.order


@pytest.mark.parametrize(
    "broken", [{"settings": None}, {"settings": "x"}, {"provider": "raven"}, {"health": "green"}, {"proofs": [1]}]
)
def test_a_row_that_cannot_be_read_does_not_end_the_sweep(ctx, bob, work, broken):
    (bad,) = made.make(ctx, bob, box(0))
    others = made.make(ctx, bob, *map(box, range(1, 10)))
    made.change(ctx, bad, **broken)

    work.sweep()

    assert [1] * 9 == [len(made.history(ctx, inbox_id)) for inbox_id in others]


def test_a_family_that_fails_in_its_own_way_does_not_end_the_sweep(ctx, bob, work, pigeons):
    ids = made.make(ctx, bob, *map(box, range(10)))
    pigeons.broken = {box(3)}

    work.sweep()

    assert [1] * 10 == [len(made.history(ctx, inbox_id)) for inbox_id in ids]
    assert "unknown" == made.inbox(ctx, ids[3]).problem


def test_a_check_that_ends_without_an_outcome_is_tried_again_after_its_lease(ctx, bob, clock, pigeons, caplog):
    ids = made.make(ctx, bob, *map(box, range(3)))
    # The clock of the machine fails once, in the middle of a check: nothing of ours expects that.
    fails = iter([True])

    def broken_clock():
        if threading.current_thread().name.startswith("check") and next(fails, False):
            raise SystemError("no clock")
        return clock()

    Sweep(replace(ctx, clock=broken_clock)).run()
    assert 2 == sum(len(made.history(ctx, inbox_id)) for inbox_id in ids)
    assert "a check ended without an outcome" in caplog.text
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)

    Sweep(ctx).run()

    assert 3 == sum(len(made.history(ctx, inbox_id)) for inbox_id in ids)


def test_a_process_sweeps_once_at_a_time(ctx, bob, work, pigeons):
    made.make(ctx, bob, box(0))
    pigeons.gate.clear()
    sweep = threading.Thread(target=work.sweep)
    sweep.start()
    pigeons.wait_for(1)

    work.sweep()

    pigeons.gate.set()
    sweep.join()
    assert 1 == len(pigeons.order)


# The tick.


@pytest.fixture
def woken(ctx):
    """The jobs that a worker was woken up for."""
    return []


@pytest.fixture
def ticking(ctx, woken):
    return Work(replace(ctx, enqueue=lambda name, *ids: woken.append((name, *ids))))


def test_the_tick_wakes_a_sweep_when_something_is_due(ctx, bob, ticking, woken):
    made.make(ctx, bob, box(0))

    ticking.tick()

    assert [("sweep",)] == woken


def test_the_tick_wakes_nobody_when_nothing_is_due(ctx, bob, ticking, woken):
    made.make(ctx, bob, box(0), next_check=None)

    ticking.tick()

    assert [] == woken


def test_the_tick_wakes_nobody_for_what_is_switched_off(ctx, bob, ticking, woken):
    (inbox_id,) = made.make(ctx, bob, box(0))
    switches.disable(ctx, bob, inbox_id)

    ticking.tick()

    assert [] == woken


def test_the_tick_finds_a_check_whose_job_was_lost(ctx, bob, ticking, woken, pigeons):
    (inbox_id,) = made.make(ctx, bob, box(0), next_check=None)
    checks.ask(ctx, bob, inbox_id)
    ticking.tick()
    assert [("sweep",)] == woken

    ticking.sweep()

    assert "button" == made.history(ctx, inbox_id)[0].trigger


def test_the_tick_finds_a_run_whose_job_was_lost(ctx, bob, ticking, woken):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    drafts.set_settings(ctx, bob, draft_id, {"loft": made.LOFT, "password": "coo"})

    ticking.tick()

    assert [("verify", draft_id)] == woken


def test_the_tick_says_that_a_worker_lives(ctx, bob, ticking, clock):
    ticking.tick()
    clock.advance(seconds=11)
    ticking.tick()

    assert clock.now == frame.look(ctx, bob).pulse


def test_before_the_first_tick_no_worker_lives(ctx, bob):
    assert frame.look(ctx, bob).pulse is None


# Turns.


class TestTurns:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECK_THREADS": "1"}

    def test_servers_take_turns_however_much_is_due_at_one(self, ctx, bob, work, pigeons, clock):
        made.make(ctx, bob, *map(box, range(30)), loft="big.test", next_check=clock.now.replace(year=2025))
        made.make(ctx, bob, *map(box, range(100, 103)), loft="small.test")

        work.sweep()

        assert [box(0), box(100), box(1), box(101), box(2), box(102)] == pigeons.order[:6]
        assert 33 == len(pigeons.order)

    def test_no_more_is_looked_at_in_one_go_than_a_few_of_each_server(self, ctx, bob, pigeons, clock):
        made.make(ctx, bob, *map(box, range(30)), loft="big.test")
        made.make(ctx, bob, *map(box, range(100, 103)), loft="small.test")

        with ctx.store.read() as session:
            found = _due_in_turns(session, clock.now, [])

        assert Counter({"big.test": OF_EACH_HOST, "small.test": 3}) == Counter(host for _, host in found)

    def test_no_more_is_looked_at_in_one_go_than_a_few_hundred(self, ctx, bob, pigeons, clock):
        for number in range(LOOK_AT // OF_EACH_HOST + 5):
            made.make(ctx, bob, *(f"box{number}.{one}@acme.test" for one in range(9)), loft=f"loft{number}.test")

        with ctx.store.read() as session:
            assert LOOK_AT == len(_due_in_turns(session, clock.now, []))


class TestSilence:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECK_THREADS": "8"}

    def test_a_dead_server_with_four_hundred_due_holds_one_thread_and_delays_nobody(self, ctx, bob, pigeons, clock):
        dead = made.make(ctx, bob, *map(box, range(400)), loft="dead.test", next_check=clock.now.replace(year=2025))
        pigeons.weather["dead.test"] = StageTimeout("nobody answers")
        checks.run(ctx, dead[0], checks.SHELL)
        made.make(ctx, bob, *map(box, range(500, 540)), loft="other.test")
        pigeons.order.clear()
        sweep = Sweep(ctx)
        others = {box(number) for number in range(500, 540)}
        # What comes after the others says nothing more, and takes long.
        pigeons.meanwhile = lambda: others <= set(pigeons.order) and sweep.stop()

        sweep.run()

        # While the others are checked, every second turn at most is the dead server's.
        last = max(pigeons.order.index(one) for one in others)
        assert last < 80
        assert 1 == pigeons.most["dead.test"]

    def test_many_dead_servers_hold_a_quarter_of_the_threads(self, ctx, bob, pigeons, clock):
        for number in range(12):
            loft = f"dead{number}.test"
            (first, *_) = made.make(ctx, bob, box(number), box(100 + number), loft=loft)
            pigeons.weather[loft] = StageTimeout("nobody answers")
            checks.run(ctx, first, checks.SHELL)
        made.make(ctx, bob, *map(box, range(500, 510)), loft="other.test")
        pigeons.gate.clear()
        sweep = threading.Thread(target=Sweep(ctx).run)
        sweep.start()

        pigeons.wait_for(6)

        assert 4 == pigeons.under_way["other.test"]
        assert 2 == sum(count for loft, count in pigeons.under_way.items() if loft != "other.test")
        pigeons.gate.set()
        sweep.join()
        assert 34 == len(pigeons.order)

    def test_who_is_asked_for_by_a_person_is_checked_at_a_dead_server_too(self, ctx, bob, work, pigeons, clock):
        (first, second) = made.make(ctx, bob, box(0), box(1), loft="dead.test", next_check=None)
        pigeons.weather["dead.test"] = StageTimeout("nobody answers")
        checks.run(ctx, first, checks.SHELL)
        checks.ask(ctx, bob, second)

        work.sweep()

        assert [box(0), box(1)] == pigeons.order


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 7, 16, 256])
def test_somebody_may_always_look_whether_a_silent_server_answers_again(threads):
    assert 1 <= share_of_silent(threads) <= max(1, threads // 4)


def test_an_inbox_that_cannot_be_claimed_ends_no_sweep_and_keeps_none_going(ctx, bob, pigeons, clock):
    ids = made.make(ctx, bob, *map(box, range(6)))
    claim = checks.claim(ctx, ids[:4], due_only=True)

    assert 0 == Sweep(ctx).run()

    assert 4 == len(claim)
    assert [] == pigeons.order


def test_a_check_that_a_wrong_clock_put_off_for_years_is_due_again(ctx, bob, ticking, woken, clock):
    (far, tomorrow) = made.make(ctx, bob, box(0), box(1), next_check=clock.now.replace(year=2030))
    made.change(ctx, tomorrow, next_check=clock.now + timedelta(hours=26))

    ticking.tick()

    assert made.inbox(ctx, far).next_check == clock.now
    assert made.inbox(ctx, tomorrow).next_check == clock.now + timedelta(hours=26)


def test_a_clock_that_is_set_back_stops_no_pulse(ctx, bob, ticking, clock):
    ticking.tick()
    clock.advance(hours=-3)

    ticking.tick()

    assert clock.now == frame.look(ctx, bob).pulse
