"""The queue: what stands in it, in which order, who is asked for, and what it costs."""

from datetime import timedelta

import pytest

from console.services import case as one_case
from console.services import frame, handlings, queue
from console.services.context import NotFound
from console.services.queue_filters import Filters
from tests import cases, placed
from tests.services.test_counted import counted


@pytest.fixture
def flock(ctx, bob):
    """Makes so many inboxes of Bob's."""
    return lambda number, domain="acme.test": [placed.inbox(ctx, bob, f"box{one}@{domain}") for one in range(number)]


def refs(rows):
    return [str(row.ref) for row in rows]


def test_incidents_come_first_and_each_part_begins_with_the_oldest(ctx, hanne, flock):
    boxes = flock(6)
    young, old = cases.episode(ctx, boxes[0], minutes=5), cases.episode(ctx, boxes[1], minutes=500)
    late = cases.incident(ctx, boxes[2:4], minutes=10)
    early = cases.incident(ctx, boxes[4:], minutes=90, target="mail.other.test")

    found = queue.page(ctx, hanne, Filters())

    assert refs(found.rows) == [str(early), str(late), str(old), str(young)]


def test_an_episode_inside_an_open_incident_is_no_row_of_its_own(ctx, hanne, flock):
    cases.incident(ctx, flock(500))

    found = queue.page(ctx, hanne, Filters())

    assert (len(found.incidents), len(found.singles), found.open) == (1, 0, 1)


def test_an_episode_that_outlasts_its_incident_is_a_case_again(ctx, hanne, flock, clock):
    boxes = flock(2)
    ref = cases.incident(ctx, boxes[:1])
    cases.end(ctx, ref)
    left = cases.episode(ctx, boxes[1], incident_id=ref.id)

    assert refs(queue.page(ctx, hanne, Filters()).rows) == [str(left)]


def test_what_is_not_ripe_or_is_over_is_not_shown(ctx, hanne, flock):
    boxes = flock(3)
    cases.episode(ctx, boxes[0], "connection-timeout", ripe_at=None)
    cases.episode(ctx, boxes[1], "connection-timeout", ripe_at=ctx.clock() + timedelta(minutes=5))
    cases.episode(ctx, boxes[2], ended_at=ctx.clock())

    found = queue.page(ctx, hanne, Filters())

    assert (found.rows, found.open) == ((), 0)


def test_counts_by_who_must_act_hold_within_the_other_filters(ctx, hanne, bob, flock):
    boxes = flock(3)
    cases.episode(ctx, boxes[0], "bad-credentials")
    cases.episode(ctx, boxes[1], "tls-expired")
    cases.incident(ctx, boxes[2:], "server-unavailable")
    cases.episode(ctx, placed.inbox(ctx, bob, "far@other.test"), "bad-credentials")

    found = queue.page(ctx, hanne, Filters(domain="acme.test"))

    assert found.counts == {"": 3, "user": 1, "team-admin": 0, "mail-admin": 1, "us": 0, "nobody": 1}
    assert found.open == 4


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(who="mail-admin"), ["incident", "expired"]),
        (Filters(who="user"), ["refused"]),
        (Filters(domain="other.test"), ["expired"]),
        (Filters(provider="pigeon"), ["incident", "refused", "expired"]),
        (Filters(provider="nobody"), []),
        (Filters(problem="bad-credentials"), ["refused"]),
        (Filters(taken="me"), ["incident"]),
        (Filters(taken="nobody"), ["refused", "expired"]),
        (Filters(taken="admins"), ["expired"]),
    ],
)
def test_a_filter_leaves_what_fits_it(ctx, hanne, bob, flock, filters, left):
    made = {"incident": cases.incident(ctx, flock(1)), "refused": cases.episode(ctx, flock(1, "sub.acme.test")[0])}
    made["expired"] = cases.episode(ctx, placed.inbox(ctx, bob, "far@other.test"), "tls-expired", minutes=1)
    cases.handled(ctx, made["incident"], taken_by_id=hanne.id)
    cases.handled(ctx, made["expired"], handed_at=ctx.clock(), handed_by_id=hanne.id)

    found = queue.page(ctx, hanne, filters)

    assert refs(found.rows) == [str(made[name]) for name in left]


@pytest.mark.parametrize("text", ["Far@", "other.t", "bob b", "  FAR@other.test "])
def test_who_calls_is_found_by_address_domain_and_name_also_in_an_incident_and_asleep(ctx, hanne, bob, charlie, text):
    boxes = [placed.inbox(ctx, bob, f"far@{domain}") for domain in ("other.test", "sub.other.test")]
    shared = cases.incident(ctx, [boxes[0], placed.inbox(ctx, charlie, "near@acme.test")])
    alone = cases.episode(ctx, boxes[1], minutes=5)
    cases.episode(ctx, placed.inbox(ctx, charlie, "else@acme.test"))
    handlings.snooze(ctx, hanne, alone, ctx.clock() + timedelta(hours=1))

    found = queue.page(ctx, hanne, Filters(q=text))

    assert refs(found.rows)[:1] == [str(shared)]
    assert refs(found.rows)[1:] == ([] if "@other.test" in text else [str(alone)])
    assert found.counts[""] == found.total == len(found.rows)


def test_who_got_out_of_an_open_incident_is_not_found_in_it(ctx, hanne, flock, clock):
    boxes = flock(2)
    cases.incident(ctx, boxes)
    cases.turn(ctx, cases.Ref("episode", 1), ended_at=clock(), ended_how="recovered")

    found = queue.page(ctx, hanne, Filters())

    assert queue.page(ctx, hanne, Filters(q="box0@")).rows == ()
    assert len(queue.page(ctx, hanne, Filters(q="box1@")).rows) == 1
    assert found.incidents[0].people == 1


def test_an_incident_counts_the_people_who_are_in_it_still_and_is_as_bad_as_its_worst(ctx, hanne, bob, charlie, clock):
    boxes = [placed.inbox(ctx, bob), placed.inbox(ctx, charlie), placed.inbox(ctx, bob, "b@acme.test")]
    ref = cases.incident(ctx, boxes, "server-unavailable", health="degraded")
    cases.turn(ctx, cases.Ref("episode", 2), ended_at=clock(), ended_how="recovered", health="needs-sign-in")
    cases.turn(ctx, cases.Ref("episode", 3), health="failing")

    row, shown = queue.page(ctx, hanne, Filters()).incidents[0], one_case.show(ctx, hanne, ref)

    assert (row.people, row.health) == (shown.people, shown.health) == (1, "failing")


SET = {"domain": "acme.test", "problem": "tls-expired", "taken": "nobody", "who": "user", "q": "box"}


@pytest.mark.parametrize("given", [{}, *({name: value} for name, value in SET.items()), {"asleep": True}])
def test_every_choice_says_how_many_cases_it_leaves(ctx, hanne, bob, charlie, flock, given):
    boxes = [*flock(4), *flock(3, "other.test")]
    for box, code in zip(boxes[:3], ("bad-credentials", "bad-credentials", "tls-expired"), strict=True):
        cases.episode(ctx, box, code)
    cases.incident(ctx, [boxes[3], boxes[4], placed.inbox(ctx, charlie, "box@third.test")])
    cases.incident(ctx, [], "provider-off", level="provider", target="pigeon", nature="shared")
    taken, asleep = (cases.episode(ctx, box) for box in boxes[5:])
    cases.handled(ctx, taken, taken_by_id=hanne.id, handed_at=ctx.clock())
    handlings.snooze(ctx, hanne, asleep, ctx.clock() + timedelta(hours=1))

    found = queue.page(ctx, hanne, Filters(**given))

    assert {name: bool(choices) for name, choices in found.choices.items()} == dict.fromkeys(found.choices, True)
    for name, choices in found.choices.items():
        for choice in choices:
            left = queue.page(ctx, hanne, Filters(**{**given, name: choice.value}))
            assert (name, choice.value, choice.count) == (name, choice.value, len(left.rows))


def test_a_wave_of_refusals_is_nobodys_until_its_owners_are_told(ctx, hanne, flock):
    ref = cases.incident(ctx, flock(3), "many-refused", nature="refusals", health="needs-sign-in")
    waits = queue.page(ctx, hanne, Filters()).incidents[0]
    cases.turn(ctx, ref, owners_told_from=ctx.clock(), problem="bad-credentials")

    told = queue.page(ctx, hanne, Filters()).incidents[0]

    assert (waits.who.value, waits.health) == ("auto", "failing")
    assert (told.who.value, told.health) == ("user", "needs-sign-in")


def test_the_case_on_the_screen_keeps_its_place_though_it_has_ended(ctx, hanne, flock):
    boxes = flock(2)
    first, second = cases.episode(ctx, boxes[0], minutes=90), cases.episode(ctx, boxes[1])
    cases.end(ctx, first)

    found = queue.page(ctx, hanne, Filters(), first)

    assert refs(found.rows) == [str(first), str(second)]
    assert (found.open, found.counts[""]) == (1, 1)


def test_what_sleeps_is_shown_on_request(ctx, hanne, flock, clock):
    ref = cases.episode(ctx, flock(1)[0])
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=1))

    hidden, all_of_it = (queue.page(ctx, hanne, Filters(asleep=asleep)) for asleep in (False, True))

    assert (hidden.rows, hidden.asleep, hidden.open) == ((), 1, 0)
    assert refs(all_of_it.rows) == [str(ref)]


def test_a_case_wakes_when_its_time_has_come(ctx, hanne, flock, clock):
    ref = cases.episode(ctx, flock(1)[0])
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=1))
    clock.advance(hours=1)

    assert refs(queue.page(ctx, hanne, Filters()).rows) == [str(ref)]


def test_a_case_does_not_sleep_through_a_year_by_which_the_clock_was_set_back(ctx, hanne, flock, clock):
    ref = cases.episode(ctx, flock(1)[0])
    clock.advance(days=365)
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=1))
    clock.advance(days=-365)

    assert refs(queue.page(ctx, hanne, Filters()).rows) == [str(ref)]


def test_a_single_problem_wakes_at_once_when_it_gets_worse(ctx, hanne, flock, clock):
    boxes = flock(1)
    ref = cases.episode(ctx, boxes[0], "connection-timeout", health="degraded")
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=1))
    cases.turn(ctx, ref, health="failing")

    assert refs(queue.page(ctx, hanne, Filters()).rows) == [str(ref)]


def test_a_single_problem_that_gets_better_sleeps_on(ctx, hanne, flock, clock):
    ref = cases.episode(ctx, flock(1)[0], "connection-timeout", health="failing")
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=1))
    cases.turn(ctx, ref, health="degraded")

    assert queue.page(ctx, hanne, Filters()).rows == ()


def test_an_incident_wakes_at_once_when_it_takes_more_inboxes(ctx, hanne, flock, clock):
    ref = cases.incident(ctx, flock(3))
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=1))
    cases.turn(ctx, ref, most_inboxes=4)

    assert refs(queue.page(ctx, hanne, Filters()).rows) == [str(ref)]


def test_a_case_that_recovers_in_its_sleep_is_shown_for_an_hour(ctx, hanne, flock, clock):
    ref = cases.episode(ctx, flock(1)[0])
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(hours=5))
    cases.end(ctx, ref)
    clock.advance(minutes=59)
    soon = queue.page(ctx, hanne, Filters())
    clock.advance(minutes=2)

    assert refs(soon.rows) == [str(ref)]
    assert soon.open == 0
    assert queue.page(ctx, hanne, Filters()).rows == ()


def test_a_page_holds_fifty_and_the_next_one_goes_on(ctx, hanne, flock):
    made = [str(cases.episode(ctx, box, minutes=200 - number)) for number, box in enumerate(flock(53))]

    first, second = (queue.page(ctx, hanne, Filters(page=number)) for number in (1, 2))

    assert refs(first.rows) + refs(second.rows) == made
    assert (len(first.rows), first.pages) == (50, 2)


def test_a_page_beyond_the_end_is_the_last_one(ctx, hanne, flock):
    cases.episode(ctx, flock(1)[0])

    assert len(queue.page(ctx, hanne, Filters(page=7)).rows) == 1


def test_costs_as_many_queries_for_many_cases_as_for_few(ctx, hanne, flock):
    boxes = flock(60)
    cases.incident(ctx, boxes[:3])
    cases.episode(ctx, boxes[3])
    with counted(ctx) as few:
        queue.page(ctx, hanne, Filters())
    for number in range(10):
        cases.incident(ctx, boxes[4 + 3 * number : 7 + 3 * number], target=f"mail{number}.test")
    for box in boxes[34:]:
        cases.episode(ctx, box)
    with counted(ctx) as many:
        queue.page(ctx, hanne, Filters())

    assert len(many) == len(few)


def test_the_number_beside_the_navigation_is_what_is_open_and_awake(ctx, hanne, flock, clock):
    boxes = flock(5)
    cases.incident(ctx, boxes[:2])
    cases.episode(ctx, boxes[2])
    cases.episode(ctx, boxes[3], ripe_at=None)
    handlings.snooze(ctx, hanne, cases.episode(ctx, boxes[4]), clock() + timedelta(hours=1))

    assert frame.look(ctx, hanne).cases == 2


def test_a_member_has_no_queue(ctx, bob):
    with pytest.raises(NotFound):
        queue.page(ctx, bob, Filters())
