"""Errands run beside each other, end in an answer or in a reason, and are bounded in number."""

import threading

import pytest

from console.discovery.errands import Errands, NotDone


def test_an_errand_returns_what_came_of_it():
    assert Errands().start("x", lambda: 7).result(5) == 7


def test_an_errand_raises_what_it_is_expected_to_raise():
    def work():
        raise KeyError("x")

    with pytest.raises(KeyError):
        Errands().start("x", work, KeyError).result(5)


def test_an_errand_that_breaks_is_told_to_the_log_and_frees_its_thread(monkeypatch):
    broken = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: broken.set())

    def work():
        raise KeyError("x")

    errands = Errands(1)

    with pytest.raises(NotDone):
        errands.start("x", work).result(5)
    assert broken.wait(5)
    assert errands.start("x", lambda: 7).result(5) == 7


def test_a_late_errand_has_no_outcome():
    event = threading.Event()
    errand = Errands().start("x", lambda: event.wait(30))

    assert errand.outcome(0) is None
    event.set()


def test_more_errands_than_there_are_threads_are_not_done():
    event, errands = threading.Event(), Errands(1)
    errands.start("x", lambda: event.wait(30))

    with pytest.raises(NotDone):
        errands.start("y", lambda: 7).result(5)
    event.set()


def test_an_errand_that_no_thread_can_be_had_for_is_not_done_and_holds_no_place(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    errands = Errands(1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NotDone):
            errands.start("x", lambda: 7).result(5)

    assert errands.start("x", lambda: 7).result(5) == 7
