"""One case: what it is about, who must act, and which case an inbox is in."""

import pytest

from console.services import case as one_case
from console.services import cases as services
from console.services.cases import Ref
from console.services.context import NotFound
from console.store.links import ReconnectLink
from console.store.models import Inbox
from tests import cases, placed
from tests.services.test_counted import counted


@pytest.mark.parametrize("text", ["incident-3", "episode-17"])
def test_a_case_is_named_by_kind_and_id(text):
    assert str(services.named(text)) == text


@pytest.mark.parametrize(
    "text", ["", "incident", "incident-0", "incident--1", "inbox-3", "episode-1\n", "episode-" + "9" * 12]
)
def test_what_names_no_case_is_none(text):
    assert services.named(text) is None


def test_an_incident_names_its_first_five_inboxes_and_counts_the_people(ctx, hanne, bob, charlie):
    boxes = [
        placed.inbox(ctx, owner, f"box{n}@acme.test") for n, owner in enumerate([bob, charlie, bob, bob, bob, bob])
    ]

    found = one_case.show(ctx, hanne, cases.incident(ctx, boxes))

    assert [line.address for line in found.lines] == [f"box{n}@acme.test" for n in range(5)]
    assert (found.inboxes, found.people) == (6, 2)


def test_an_incident_over_a_single_domain_carries_what_is_noted_on_its_page(ctx, hanne, bob):
    placed.domain(ctx, note="drift@acme.test")

    found = one_case.show(ctx, hanne, cases.incident(ctx, [placed.inbox(ctx, bob)]))

    assert (found.domain, found.contact) == ("acme.test", "drift@acme.test")


def test_an_incident_over_several_domains_is_of_none(ctx, hanne, bob):
    boxes = [placed.inbox(ctx, bob), placed.inbox(ctx, bob, "bob@other.test")]

    assert one_case.show(ctx, hanne, cases.incident(ctx, boxes)).domain == ""


def test_users_who_were_told_are_counted_while_the_others_are_held(ctx, hanne, bob, charlie):
    boxes = [placed.inbox(ctx, bob), placed.inbox(ctx, charlie)]
    ref = cases.incident(ctx, boxes[:1])
    told = cases.episode(ctx, boxes[1], told_at=ctx.clock())
    cases.turn(ctx, told, incident_id=ref.id)

    found = one_case.show(ctx, hanne, ref)

    assert (found.told, found.inboxes, found.held) == (1, 2, True)


def test_an_incident_that_is_over_tells_still_whom_it_was_about(ctx, hanne, bob):
    ref = cases.incident(ctx, [placed.inbox(ctx, bob)])
    cases.end(ctx, ref)

    found = one_case.show(ctx, hanne, ref)

    assert (found.inboxes, found.ended_at) == (1, ctx.clock())


def test_an_inbox_is_in_its_incident_while_that_is_open(ctx, hanne, bob):
    inbox_id = placed.inbox(ctx, bob)

    assert services.of_inbox(ctx, hanne, inbox_id) is None
    ref = cases.incident(ctx, [inbox_id])
    assert services.of_inbox(ctx, hanne, inbox_id) == ref


def test_an_inbox_that_is_not_ripe_is_in_no_case(ctx, hanne, bob):
    inbox_id = placed.inbox(ctx, bob)
    ref = cases.episode(ctx, inbox_id, "connection-timeout", ripe_at=None)
    assert services.of_inbox(ctx, hanne, inbox_id) is None

    cases.turn(ctx, ref, ripe_at=ctx.clock())

    assert services.of_inbox(ctx, hanne, inbox_id) == ref


def test_a_member_is_told_of_no_case(ctx, bob):
    inbox_id = placed.inbox(ctx, bob)
    ref = cases.episode(ctx, inbox_id)

    assert services.of_inbox(ctx, bob, inbox_id) is None
    with pytest.raises(NotFound):
        one_case.show(ctx, bob, ref)


def test_an_episode_says_which_incident_it_became_part_of(ctx, hanne, bob, charlie):
    ref = cases.episode(ctx, placed.inbox(ctx, bob))
    incident = cases.incident(ctx, [placed.inbox(ctx, charlie)])
    cases.turn(ctx, ref, incident_id=incident.id)

    assert one_case.show(ctx, hanne, ref).part_of == incident


def test_a_removed_inbox_is_named_and_led_to_no_more(ctx, hanne, bob):
    inbox_id = placed.inbox(ctx, bob)
    ref = cases.episode(ctx, inbox_id)
    cases.end(ctx, ref, "removed")
    with ctx.store.write() as session:
        session.get_one(Inbox, inbox_id).removed_at = ctx.clock()

    found = one_case.show(ctx, hanne, ref)

    assert (found.address, found.inbox_id, found.ended_how) == ("bob@acme.test", None, "removed")


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({}, "sent"),
        ({"started_at": 1}, "started"),
        ({"started_at": 1, "left_at": 2}, "away"),
        ({"started_at": 1, "left_at": 2, "back_at": 3}, "back"),
        ({"started_at": 1, "failed_at": 4}, "failed"),
        ({"started_at": 1, "failed_at": 4, "back_at": 5}, "back"),
        ({"started_at": 1, "connected_at": 4}, "connected"),
        ({"withdrawn_at": 1}, "withdrawn"),
        ({"expires_at": 0}, "expired"),
    ],
)
def test_a_link_is_as_far_as_its_newest_step(ctx, hanne, bob, clock, times, state):
    inbox_id = placed.inbox(ctx, bob)
    ref = cases.episode(ctx, inbox_id)
    sent = clock()
    clock.advance(hours=1)
    at = {name: sent.replace(minute=sent.minute + minutes) for name, minutes in times.items()}
    with ctx.store.write() as session:
        known = {"token_hash": "x", "seed": "x", "created_at": sent, "expires_at": sent.replace(day=25), **at}
        session.add(ReconnectLink(inbox_id=inbox_id, person_id=bob.id, address="bob@acme.test", **known))

    link = one_case.show(ctx, hanne, ref).link

    assert link is not None
    assert link.state == state


def test_a_case_of_500_inboxes_costs_what_one_of_three_does(ctx, hanne, bob):
    boxes = [placed.inbox(ctx, bob, f"box{n}@acme.test", secret={}) for n in range(503)]
    few, many = cases.incident(ctx, boxes[:3]), cases.incident(ctx, boxes[3:], target="other.test")

    with counted(ctx) as three:
        one_case.show(ctx, hanne, few)
    with counted(ctx) as lots:
        one_case.show(ctx, hanne, many)

    assert len(three) == len(lots)


def test_no_case_is_no_case(ctx, hanne):
    with pytest.raises(NotFound):
        one_case.show(ctx, hanne, Ref("incident", 9))
