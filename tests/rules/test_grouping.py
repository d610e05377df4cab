"""What is one incident: thresholds to the inbox, the narrowest level that explains the drops, one incident each."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.alike import alike
from console.rules.grouping import LEVELS, Drop, Known, Place, group, needed, shows_within

DOWN, BUSY, WRONG, REVOKED = "connection-timeout", "server-unavailable", "bad-credentials", "oauth-grant-revoked"


def place(host="mail.acme.test", domain="acme.test", app="", provider="imap"):
    return Place(host, domain, app, provider)


def drops(number, where=None, problem=DOWN, first=0, **values):
    return [Drop(first + n, where or place(), problem, **values) for n in range(number)]


def places(plans):
    return [(plan.level, plan.target, len(plan.joining)) for plan in plans]


@pytest.mark.parametrize(
    ("size", "wanted"),
    [(0, 3), (1, 3), (3, 3), (4, 3), (15, 3), (16, 4), (20, 4), (21, 5), (100, 20), (500, 100), (501, 101)],
)
def test_three_inboxes_or_a_fifth_whichever_is_more(size, wanted):
    assert needed(size) == wanted


@pytest.mark.parametrize("size", [3, 4, 15, 16, 40, 500])
@pytest.mark.parametrize("problem", [DOWN, WRONG, "imap-disabled"])
def test_the_threshold_is_exact(size, problem):
    sizes = {place(): size}

    assert group(drops(needed(size) - 1, problem=problem), [], sizes) == []
    assert places(group(drops(needed(size), problem=problem), [], sizes)) == [("host", "mail.acme.test", needed(size))]


@pytest.mark.parametrize(
    ("every", "wanted"),
    [(timedelta(minutes=5), 100), (timedelta(minutes=15), 100), (timedelta(minutes=30), 50), (timedelta(hours=2), 13)],
)
def test_who_is_checked_less_often_than_every_quarter_of_an_hour_counts_as_often_as_it_is_looked_at(every, wanted):
    sizes = {place(): 500}

    assert group(drops(wanted - 1), [], sizes, {"imap": every}) == []
    assert places(group(drops(wanted), [], sizes, {"imap": every})) == [("host", "mail.acme.test", wanted)]


@pytest.mark.parametrize(
    ("size", "minutes", "shows"),
    [
        (1, 15, 0),
        (2, 15, 0),
        (3, 15, 15),
        (5, 15, 10.8),
        (20, 15, 3.6),
        (500, 15, 3.6),
        (500, 120, 3.744),
        (6, 120, 15),
    ],
)
def test_a_wave_over_few_shows_later_than_one_over_many(size, minutes, shows):
    assert shows_within(size, timedelta(minutes=minutes)) == timedelta(minutes=shows)


def test_what_only_a_full_check_finds_is_counted_against_those_that_are_checked_in_full():
    sizes = {place(): 500}

    assert group(drops(4, seldom=True), [], sizes) == []
    assert places(group(drops(5, seldom=True), [], sizes)) == [("host", "mail.acme.test", 5)]
    assert group(drops(4, seldom=True) + drops(50, first=10), [], sizes) == []


def test_two_people_who_change_their_password_the_same_morning_are_no_incident():
    assert group(drops(2, problem=WRONG), [], {place(): 500}) == []


def test_three_people_of_a_company_of_four_whose_server_is_down_are_one():
    assert places(group(drops(3), [], {place(): 4})) == [("host", "mail.acme.test", 3)]


def test_an_outage_is_one_whatever_its_signs_say():
    signs = ["connection-timeout", "server-unavailable", "dns-temporary", "login-throttled", "server-error"]
    found = [Drop(n, place(), sign) for n, sign in enumerate(signs)]

    assert places(group(found, [], {place(): 25})) == [("host", "mail.acme.test", 5)]


def test_refusals_that_say_the_same_are_one_wave_and_others_belong_to_it():
    found = drops(4, problem=WRONG) + drops(2, problem=REVOKED, first=10)

    assert places(group(found, [], {place(): 20})) == [("host", "mail.acme.test", 6)]


def test_three_people_of_a_company_of_six_with_three_problems_are_three_people():
    found = [Drop(n, place(), code) for n, code in enumerate([WRONG, "password-expired", "mfa-required"])]

    assert group(found, [], {place(): 6}) == []


def test_what_a_provider_says_of_a_grant_is_the_same_whatever_the_reason():
    found = drops(2, problem=REVOKED) + drops(2, problem="oauth-grant-expired", first=10)

    assert places(group(found, [], {place(): 20})) == [("host", "mail.acme.test", 4)]


def test_an_outage_and_refusals_are_never_put_together():
    assert group(drops(2) + drops(2, problem=WRONG, first=10), [], {place(): 4}) == []


@pytest.mark.parametrize("problem", ["servers-changed", "oauth-app-changed", "mailbox-full", "sender-not-allowed"])
def test_what_is_asked_of_each_by_itself_and_what_is_missing_only_is_put_together_with_nothing(problem):
    assert group(drops(10, problem=problem), [], {place(): 10}) == []


def test_what_began_longer_ago_counts_for_no_threshold_but_joins_an_outage():
    old = drops(2, first=10, recent=False)

    assert group(drops(2) + old, [], {place(): 5}) == []
    (plan,) = group(drops(3) + old, [], {place(): 5})
    assert len(plan.joining) == 5


def test_who_was_refused_before_a_wave_is_no_part_of_it():
    (plan,) = group(drops(3, problem=WRONG) + drops(2, problem=WRONG, first=10, recent=False), [], {place(): 10})

    assert plan.joining == {0, 1, 2}


class TestLevels:
    def test_a_domain_whose_accounts_are_stopped_is_no_trouble_of_its_provider(self):
        acme, others = place("gmail.test", "acme.test", "app", "gmail"), place("gmail.test", "x.test", "app", "gmail")

        plans = group(drops(5, acme, REVOKED), [], {acme: 20, others: 480})

        assert places(plans) == [("domain", "acme.test", 5)]

    def test_one_server_of_a_provider_is_that_server(self):
        down, up = place("a.test", "a.test"), place("b.test", "b.test")

        assert places(group(drops(20, down), [], {down: 20, up: 20})) == [("host", "a.test", 20)]

    def test_two_servers_that_are_most_of_a_provider_are_the_provider(self):
        a, b = place("a.test", "a.test"), place("b.test", "b.test")

        plans = group(drops(20, a) + drops(20, b, first=100), [], {a: 20, b: 20})

        assert places(plans) == [("provider", "imap", 40)]

    def test_two_servers_of_many_are_two_incidents(self):
        sizes = {place(f"{n}.test", f"{n}.test"): 10 for n in range(30)}
        found = drops(10, place("1.test", "1.test")) + drops(10, place("2.test", "2.test"), first=100)

        assert places(group(found, [], sizes)) == [("host", "1.test", 10), ("host", "2.test", 10)]

    def test_a_stray_inbox_elsewhere_widens_nothing(self):
        a, b = place("a.test", "a.test"), place("b.test", "b.test")

        plans = group([*drops(20, a), Drop(100, b, DOWN)], [], {a: 20, b: 4})

        assert places(plans) == [("host", "a.test", 20)]

    def test_few_on_each_of_many_servers_are_their_provider(self):
        many = [place(f"{n}.test", f"{n}.test") for n in range(20)]
        found = [Drop(n, where, DOWN) for n, where in enumerate(many)]

        assert places(group(found, [], dict.fromkeys(many, 4))) == [("provider", "imap", 20)]

    def test_an_app_is_narrower_than_its_provider(self):
        mine = [place(f"{n}.test", f"{n}.test", "mine", "gmail") for n in range(5)]
        old = [place(f"{n}.test", f"{n}.test", "old", "gmail") for n in range(20)]
        found = [Drop(n, where, REVOKED) for n, where in enumerate(mine)]

        assert places(group(found, [], dict.fromkeys([*mine, *old], 1))) == [("app", "mine", 5)]


class TestOpenIncidents:
    A, B = place("a.test", "a.test"), place("b.test", "b.test")

    def test_one_more_joins_whatever_the_threshold(self):
        (plan,) = group([Drop(1, self.A, BUSY)], [Known(7, "host", "a.test", "outage")], {})

        assert (plan.incident_id, plan.joining) == (7, {1})

    def test_another_kind_of_failing_does_not_join(self):
        assert group([Drop(1, self.A, WRONG)], [Known(7, "host", "a.test", "outage")], {self.A: 100}) == []

    def test_one_that_spreads_widens_and_is_still_the_same(self):
        members = drops(20, self.A, incident_id=7)

        (plan,) = group(
            [*members, *drops(20, self.B, first=100)],
            [Known(7, "host", "a.test", "outage")],
            {self.A: 20, self.B: 20},
        )

        assert (plan.incident_id, plan.level, plan.target, len(plan.joining)) == (7, "provider", "imap", 20)

    def test_one_that_has_lasted_for_hours_does_not_explain_another_server(self):
        members = drops(20, self.A, incident_id=7, recent=False)

        plans = group(
            [*members, *drops(20, self.B, first=100)],
            [Known(7, "host", "a.test", "outage")],
            {self.A: 20, self.B: 80},
        )

        assert [(plan.incident_id, plan.level, plan.target) for plan in plans] == [(None, "host", "b.test")]

    def test_two_of_one_place_become_the_older(self):
        found = [Drop(1, self.A, DOWN, 9), Drop(2, self.A, BUSY, 7), Drop(3, self.A, BUSY)]
        known = [Known(9, "host", "a.test", "outage"), Known(7, "host", "a.test", "outage")]

        (plan,) = group(found, known, {self.A: 100})

        assert (plan.incident_id, plan.joining, plan.swallowed) == (7, {3}, {9})

    def test_two_that_turn_out_to_be_one_become_the_older(self):
        found = [*drops(20, self.A, incident_id=7), *drops(20, self.B, first=100, incident_id=9)]
        known = [Known(9, "host", "b.test", "outage"), Known(7, "host", "a.test", "outage")]

        (plan,) = group(found, known, {self.A: 20, self.B: 20})

        assert (plan.incident_id, plan.level, plan.swallowed) == (7, "provider", {9})


class TestCertificates:
    def test_one_inbox_is_enough(self):
        plans = group([Drop(1, place(), "tls-expired", problem_host="smtp.acme.test")], [], {place(): 500})

        assert places(plans) == [("host", "smtp.acme.test", 1)]

    def test_it_is_one_incident_for_each_server(self):
        found = [Drop(n, place(), "tls-expired", problem_host=f"{n % 2}.test") for n in range(6)]

        assert places(group(found, [], {place(): 500})) == [("host", "0.test", 3), ("host", "1.test", 3)]


PROBLEMS = [DOWN, BUSY, WRONG, REVOKED, "tls-expired", "imap-disabled", "servers-changed", "mailbox-full", "unknown"]
PLACES = st.builds(
    Place,
    st.sampled_from(["a", "b", "c", ""]),
    st.sampled_from(["d", "e"]),
    st.sampled_from(["", "app"]),
    st.sampled_from(["p", "q"]),
)


@st.composite
def situations(draw):
    """Draw any drops, open incidents and groups that are at least as large as what fails in them."""
    known = []
    seen = set()
    for number in range(draw(st.integers(0, 3))):
        level, kind = draw(st.sampled_from(LEVELS)), draw(st.sampled_from(["outage", "refusals", "imap-disabled"]))
        target = draw(st.sampled_from({"host": "abc", "domain": "de", "app": ["app"], "provider": "pq"}[level]))
        if (level, target, kind) not in seen:
            seen.add((level, target, kind))
            known.append(Known(number + 1, level, target, kind))
    found = []
    for number in range(draw(st.integers(0, 40))):
        where, problem = draw(PLACES), draw(st.sampled_from(PROBLEMS))
        fits = [one.id for one in known if one.kind == alike(problem) and where.at(one.level) == one.target]
        inside = draw(st.sampled_from([None, *fits]))
        found.append(Drop(number, where, problem, inside, draw(st.booleans())))
    sizes = Counter(drop.place for drop in found)
    for where in draw(st.lists(PLACES, max_size=6)):
        sizes[where] += draw(st.integers(1, 60))
    return found, known, sizes


@given(situations())
def test_nobody_is_in_two_incidents_and_nobody_is_moved_out_of_one(situation):
    found, known, sizes = situation

    plans = group(found, known, sizes)

    joining = [inbox_id for plan in plans for inbox_id in plan.joining]
    free = {drop.inbox_id for drop in found if drop.incident_id is None}
    assert len(joining) == len(set(joining))
    assert set(joining) <= free
    ids = [plan.incident_id for plan in plans if plan.incident_id is not None]
    assert len(ids) == len(set(ids))
    swallowed = [one for plan in plans for one in plan.swallowed]
    assert not set(swallowed) & set(ids)
    assert len(swallowed) == len(set(swallowed))


@given(situations())
def test_a_new_incident_has_reached_the_threshold_of_its_place(situation):
    found, known, sizes = situation

    for plan in group(found, known, sizes):
        if plan.incident_id is not None or plan.kind == "tls-expired":
            continue
        recent = [
            drop
            for drop in found
            if drop.recent and alike(drop.problem) == plan.kind and drop.place.at(plan.level) == plan.target
        ]
        assert len(recent) >= 3
        whole = sum(number for where, number in sizes.items() if where.at(plan.level) == plan.target)
        assert len(recent) >= min(needed(whole), whole)


@given(situations())
def test_whoever_joins_fails_alike_and_belongs_there(situation):
    found, known, sizes = situation
    by_id = {drop.inbox_id: drop for drop in found}

    for plan in group(found, known, sizes):
        for inbox_id in plan.joining:
            drop = by_id[inbox_id]
            assert alike(drop.problem) == plan.kind
            assert drop.place.at(plan.level) == plan.target


@given(situations())
def test_asked_again_with_what_it_said_it_changes_nothing_more(situation):
    found, known, sizes = situation
    plans = group(found, known, sizes)
    fresh = {id(plan): 100 + number for number, plan in enumerate(plans) if plan.incident_id is None}
    moved, gone = {}, {}
    for plan in plans:
        incident_id = plan.incident_id or fresh[id(plan)]
        moved |= dict.fromkeys(plan.joining, incident_id)
        gone |= dict.fromkeys(plan.swallowed, incident_id)
    after = [
        Drop(
            drop.inbox_id,
            drop.place,
            drop.problem,
            gone.get(drop.incident_id, drop.incident_id) if drop.incident_id else moved.get(drop.inbox_id),
            drop.recent,
        )
        for drop in found
    ]
    changed = {plan.incident_id: (plan.level, plan.target) for plan in plans}
    incidents = [
        Known(one.id, *changed.get(one.id, (one.level, one.target)), one.kind) for one in known if one.id not in gone
    ]
    incidents += [
        Known(fresh[id(plan)], plan.level, plan.target, plan.kind) for plan in plans if plan.incident_id is None
    ]

    assert [plan for plan in group(after, incidents, sizes) if plan.joining] == []
