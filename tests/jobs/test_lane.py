"""A thread for one kind of job: one call at a time, none lost, none twice."""

import threading

import pytest

from console.jobs.lane import Lane

PATIENCE = 60


@pytest.fixture
def held():
    """A function that notes its calls and holds each until it is let go."""

    class Held:
        def __init__(self):
            self.calls, self.begun, self.go = [], threading.Semaphore(0), threading.Semaphore(0)
            self.at_once = self.most = 0

        def __call__(self, *ids):
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self.calls.append(ids)
            self.begun.release()
            assert self.go.acquire(timeout=PATIENCE)
            self.at_once -= 1

    return Held()


@pytest.fixture
def closed():
    return threading.Event()


@pytest.fixture
def lane(held, closed):
    made = Lane("test", held, closed.set)
    made.start()
    yield made
    made.stop()
    held.go.release(100)
    made.join(PATIENCE)


def begun(held):
    return held.begun.acquire(timeout=PATIENCE)


def test_what_is_put_in_while_a_call_is_under_way_comes_after_it_and_once(lane, held):
    lane.put("first")
    assert begun(held)
    for _ in range(3):
        lane.put("second")
    lane.put("third")
    held.go.release(3)
    assert begun(held)
    assert begun(held)

    assert [("first",), ("second",), ("third",)] == held.calls
    assert held.most == 1


def test_the_same_call_comes_again_after_one_that_has_begun(lane, held):
    lane.put()
    assert begun(held)
    lane.put()
    held.go.release(2)

    assert begun(held)
    assert [(), ()] == held.calls


def test_once_stopped_nothing_more_begins_and_the_connections_are_closed(lane, held, closed):
    lane.put(1)
    assert begun(held)
    lane.put(2)
    lane.stop()
    held.go.release()
    lane.join(PATIENCE)

    assert ([(1,)], True) == (held.calls, closed.is_set())


def test_a_call_that_fails_does_not_end_the_lane(caplog):
    done = threading.Event()

    def fail_first(number):
        if number == 1:
            raise ZeroDivisionError
        done.set()

    lane = Lane("test", fail_first, lambda: None)
    lane.start()
    lane.put(1)
    lane.put(2)

    assert done.wait(PATIENCE)
    assert "a job failed" in caplog.text
    lane.stop()
    lane.join(PATIENCE)
