"""Exceptions in people's hands: the list of all of them, taking one back, and who may make them."""

import pytest

from console.services import exceptions
from console.services.context import NotFound
from tests import placed
from tests.services import made


@pytest.fixture
def loft(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, "bob@acme.test")
    return inbox_id


def test_the_list_holds_those_of_inboxes_and_of_domains_the_newest_first(ctx, alice, bob, loft, clock):
    placed.exception(ctx, bob, inbox_id=loft, why="")
    placed.exception(ctx, alice, domain="acme.test", kind="authority", port=0, why="our own authority")

    found = exceptions.listed(ctx)

    assert [(row.authority, row.domain, row.address, row.by, row.why, row.port) for row in found.rows] == [
        (True, "acme.test", None, "Alice Andersen", "our own authority", None),
        (False, None, "bob@acme.test", "Bob Berg", "", 993),
    ]
    assert (found.older, found.off) == (None, None)


def test_one_that_has_ended_stays_in_the_list_and_says_so(ctx, alice, clock):
    placed.exception(ctx, alice, domain="acme.test", until=clock.now)

    assert [row.ended for row in exceptions.listed(ctx).rows] == [True]


def test_the_list_of_a_domain_leaves_other_domains_out(ctx, alice, bob, loft):
    (other,) = made.make(ctx, bob, "bob@other.test")
    wanted = [placed.exception(ctx, bob, inbox_id=loft), placed.exception(ctx, alice, domain="acme.test")]
    placed.exception(ctx, bob, inbox_id=other)
    placed.exception(ctx, alice, domain="other.test")

    assert [row.id for row in exceptions.listed(ctx, domain="acme.test").rows] == wanted[::-1]


def test_the_list_comes_in_pages(ctx, alice):
    ids = [placed.exception(ctx, alice, domain="acme.test", port=port) for port in range(1, exceptions.PAGE + 3)]

    first = exceptions.listed(ctx)
    second = exceptions.listed(ctx, before=first.older)

    assert [row.id for row in first.rows + second.rows] == ids[::-1]
    assert (len(first.rows), second.older) == (exceptions.PAGE, None)


def test_what_is_withdrawn_is_gone_and_recorded_with_what_it_was(ctx, alice, bob, loft):
    exception_id = placed.exception(ctx, bob, inbox_id=loft, why="a test")

    exceptions.withdraw(ctx, alice, exception_id)

    assert exceptions.listed(ctx).rows == []
    (entry,) = made.audited(ctx, "certificate.withdraw")
    assert (entry.actor_name, entry.target_type, entry.target_label) == ("Alice Andersen", "inbox", "bob@acme.test")
    assert (entry.detail["host"], entry.detail["why"]) == ("mail.example.test", "a test")


def test_what_is_gone_already_cannot_be_withdrawn(ctx, alice):
    with pytest.raises(NotFound):
        exceptions.withdraw(ctx, alice, 1)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        ({}, True),
        ({"problem": "certificate-changed", "health": "needs-sign-in", "next_check": None}, True),
        ({"problem": "tls-untrusted", "health": "failing"}, True),
        ({"problem": "bad-credentials", "health": "needs-sign-in", "next_check": None}, False),
    ],
)
def test_withdrawing_one_of_a_domain_makes_its_inboxes_due_unless_they_wait_for_a_password(
    ctx, alice, bob, clock, state, due
):
    exception_id = placed.exception(ctx, alice, domain="acme.test")
    (mine,), (other,) = made.make(ctx, bob, "bob@acme.test", **state), made.make(ctx, bob, "bob@other.test")
    clock.advance(minutes=5)

    exceptions.withdraw(ctx, alice, exception_id)

    assert (made.inbox(ctx, mine).next_check == clock.now) is due
    assert made.inbox(ctx, other).next_check != clock.now


def test_forbidding_twice_is_recorded_once_and_says_who_and_why(ctx, alice):
    exceptions.forbid(ctx, alice, "ask IT")
    exceptions.forbid(ctx, alice, "again")

    off = exceptions.listed(ctx).off
    assert (off.by, off.why) == ("Alice Andersen", "ask IT")
    assert len(made.audited(ctx, "certificates.forbid")) == 1


def test_forbidding_switches_no_inbox_off(ctx, alice, bob, loft):
    exceptions.forbid(ctx, alice)

    assert made.off(ctx, loft) == []
