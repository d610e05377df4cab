"""A discovery is asked once, answered by a worker, seen by who asked, and gone after a day."""

from datetime import timedelta

import pytest

from console.services import discoveries
from console.services.context import NotFound, Refused


@pytest.fixture
def settings(dns):
    """A name server that knows no domain: these tests are about the row, not about the answer."""
    return {"CONSOLE_DNS_SERVER": dns.server}


def test_a_discovery_waits_until_a_worker_has_answered(ctx, work, bob):
    asked = discoveries.begin(ctx, bob, " Bob@Acme.Test ")
    before = discoveries.get(ctx, bob, asked)
    work.discover(asked)
    after = discoveries.get(ctx, bob, asked)

    assert (before.address, before.waiting, before.answer) == ("bob@acme.test", True, None)
    assert after.waiting is False
    assert after.answer is not None
    assert after.answer.address.key == "bob@acme.test"


def test_a_page_waits_no_longer_than_the_deadline_even_without_a_worker(ctx, bob, clock):
    asked = discoveries.begin(ctx, bob, "bob@acme.test")
    clock.advance(seconds=5)

    assert discoveries.get(ctx, bob, asked).waiting is False


def test_nobody_else_sees_a_discovery(ctx, bob, charlie, alice):
    asked = discoveries.begin(ctx, bob, "bob@acme.test")

    for other in (charlie, alice):
        with pytest.raises(NotFound):
            discoveries.get(ctx, other, asked)


@pytest.mark.parametrize("name", ["nothing", "\x00", ""])
def test_an_unknown_discovery_is_not_found(ctx, bob, name):
    with pytest.raises(NotFound):
        discoveries.get(ctx, bob, name)


def test_a_bad_address_is_refused_and_nothing_is_asked(ctx, bob):
    with pytest.raises(Refused) as refused:
        discoveries.begin(ctx, bob, "bob at acme")

    assert refused.value.field == "address"


def test_many_look_ups_in_a_short_time_are_refused(ctx, bob, charlie):
    for _ in range(discoveries.MOST_ASKED):
        discoveries.begin(ctx, bob, "bob@acme.test")

    with pytest.raises(Refused):
        discoveries.begin(ctx, bob, "bob@acme.test")
    assert discoveries.begin(ctx, charlie, "charlie@acme.test")


def test_two_workers_answer_once(ctx, work, bob, clock):
    asked = discoveries.begin(ctx, bob, "bob@acme.test")
    work.discover(asked)
    first = discoveries.get(ctx, bob, asked)
    clock.advance(seconds=1)
    work.discover(asked)

    assert discoveries.get(ctx, bob, asked) == first


def test_a_lost_job_is_found_by_the_tick(ctx, bob, clock):
    asked = discoveries.begin(ctx, bob, "bob@acme.test")
    at_once = discoveries.tidy(ctx, clock())
    clock.advance(seconds=6)

    assert at_once == []
    assert discoveries.tidy(ctx, clock()) == [asked]


def test_a_discovery_is_gone_after_a_day(ctx, bob, clock):
    asked = discoveries.begin(ctx, bob, "bob@acme.test")
    clock.now += timedelta(days=1, seconds=1)
    discoveries.tidy(ctx, clock())

    with pytest.raises(NotFound):
        discoveries.get(ctx, bob, asked)
