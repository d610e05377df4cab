"""Filters of the list: what they leave, what they count, and that nothing typed into an address breaks them."""

import html
import re

import pytest
from sqlmodel import select

from console.services import switches
from console.store.consents import AppStanding
from console.store.episodes import Episode, Incident
from console.store.models import Inbox
from tests import cases, placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    return (PigeonFamily(), OwlFamily())


@pytest.fixture
def fleet(ctx, alice, bob, charlie):
    now = ctx.clock()
    placed.inbox(ctx, bob, "fine@acme.test")
    placed.inbox(ctx, bob, "fine@other.test")
    placed.inbox(ctx, bob, "key@acme.test", health="needs-sign-in", problem="bad-credentials")
    placed.inbox(ctx, charlie, "key@other.test", health="needs-sign-in", problem="bad-credentials")
    placed.inbox(ctx, charlie, "down@other.test", health="failing", problem="server-error")
    placed.inbox(ctx, charlie, "old@acme.test", proven_until=now.replace(year=2025))
    switches.disable(ctx, bob, placed.inbox(ctx, bob, "off@acme.test", health="failing", problem="server-error"))
    placed.inbox(ctx, bob, "owl@acme.test", provider="owl", settings={"account": "owl@acme.test"})


def listed(visitor, **query):
    assert visitor.get("/inboxes", query_string=query).status_code == 200
    return visitor.attributes("data-inbox")


def views(visitor):
    return [int(number) for number in re.findall(r'id="view-[^>]*>[^<]*<span>(\d+)<', visitor.page.text)]


def choices(visitor, name):
    """Return what a filter offers, with its counts."""
    menu = re.search(rf'id="menu-{name}".*?</details>', visitor.page.text, re.DOTALL)
    if not menu:
        return None
    found = re.findall(r'data-choice="([^"]*)".*?c-count">(\d+)<', menu[0], re.DOTALL)
    return {html.unescape(value): int(number) for value, number in found}


@pytest.mark.parametrize(
    ("query", "addresses"),
    [
        ({"health": "needs-sign-in"}, ["key@acme.test", "key@other.test"]),
        ({"health": "degraded"}, ["old@acme.test"]),
        ({"health": "disabled"}, ["off@acme.test"]),
        ({"health": "failing"}, ["down@other.test"]),
        ({"provider": "owl"}, ["owl@acme.test"]),
        ({"domain": "other.test"}, ["down@other.test", "fine@other.test", "key@other.test"]),
        ({"domain": "OTHER.test "}, ["down@other.test", "fine@other.test", "key@other.test"]),
        ({"problem": "bad-credentials"}, ["key@acme.test", "key@other.test"]),
        ({"problem": "proof-stale"}, ["old@acme.test"]),
        ({"problem": "bad-credentials", "domain": "acme.test"}, ["key@acme.test"]),
        ({"health": "needs-sign-in", "q": "charlie"}, ["key@other.test"]),
        ({"health": "needs-sign-in", "view": "healthy"}, []),
    ],
    ids=str,
)
def test_a_filter_leaves_exactly_what_has_its_value(window, alice, fleet, query, addresses):
    assert listed(window(alice), **query) == addresses


def shared(ctx, *addresses, target="mail.acme.test"):
    """Have these inboxes be in one incident; return its id."""
    with ctx.store.read() as session:
        ids = [session.exec(select(Inbox.id).where(Inbox.address == address)).one() for address in addresses]
    return cases.incident(ctx, ids, "server-unavailable", target=target).id


def test_the_inboxes_of_an_incident_are_listed_and_it_is_named(window, ctx, alice, fleet):
    incident = shared(ctx, "fine@acme.test", "down@other.test")
    cases.turn(ctx, cases.Ref("episode", 1), ended_at=ctx.clock(), ended_how="recovered")
    shared(ctx, "fine@other.test", target="mail.other.test")
    visitor = window(alice)

    assert listed(visitor, incident=incident) == ["down@other.test"]
    assert "Incident: Server has trouble, mail.acme.test" in visitor.page.text
    assert listed(visitor, incident=incident, domain="acme.test") == []
    assert views(visitor)[0] == 0


def test_an_incident_that_is_over_lists_the_inboxes_that_it_held(window, ctx, alice, fleet):
    incident = shared(ctx, "fine@acme.test", "down@other.test")
    cases.end(ctx, cases.Ref("incident", incident))

    assert listed(window(alice), incident=incident) == ["down@other.test", "fine@acme.test"]


@pytest.mark.parametrize("name", ["health", "provider", "domain", "problem", "incident"])
@pytest.mark.parametrize("value", ["nonsense", "\x00", "x" * 100_000, "'; DROP TABLE inbox; --", "😀", "%", "ø.dk"])
def test_a_value_that_nothing_has_leaves_nothing_and_says_so(window, alice, fleet, name, value):
    visitor = window(alice)

    found = listed(visitor, **{name: value})

    if value == "\x00":
        assert len(found) == 8  # Nothing is left of it, so nothing is set.
        return
    assert found == []
    assert "No inbox matches these filters" in visitor.page.text
    assert len(listed(visitor)) == 8


def test_the_way_back_keeps_view_and_search(window, alice, fleet):
    visitor = window(alice)
    listed(visitor, health="nonsense", view="attention", q="old@")

    (way,) = re.findall(r'<a class="btn" href="([^"]*)">Clear the filters', visitor.page.text)
    visitor.get(html.unescape(way))

    assert visitor.attributes("data-inbox") == ["old@acme.test"]


def test_a_set_filter_shows_its_value_and_is_taken_away_alone(window, alice, fleet):
    visitor = window(alice)
    listed(visitor, problem="bad-credentials", domain="acme.test")

    assert visitor.attributes("data-filter") == ["domain", "problem"]
    assert "Problem: Password refused" in visitor.page.text
    (way,) = re.findall(r'id="unfilter-domain" href="([^"]*)"', visitor.page.text)
    visitor.get(html.unescape(way))
    assert visitor.attributes("data-inbox") == ["key@acme.test", "key@other.test"]


# Counts.


def test_views_count_what_the_filters_leave(window, alice, fleet):
    visitor = window(alice)
    listed(visitor, domain="acme.test")

    assert views(visitor) == [5, 2, 2, 1]


def test_each_choice_says_how_many_it_would_leave(window, alice, fleet):
    visitor = window(alice)
    listed(visitor)

    assert choices(visitor, "health") == {"failing": 1, "needs-sign-in": 2, "degraded": 1, "healthy": 3, "disabled": 1}
    assert choices(visitor, "provider") == {"pigeon": 7, "owl": 1}
    assert choices(visitor, "domain") == {"acme.test": 5, "other.test": 3}
    assert choices(visitor, "problem") == {"bad-credentials": 2, "server-error": 2, "proof-stale": 1}


def test_the_choices_follow_view_search_and_the_other_filters(window, alice, fleet):
    visitor = window(alice)

    listed(visitor, view="attention", domain="other.test")
    assert choices(visitor, "health") == {"failing": 1, "needs-sign-in": 1}
    listed(visitor, problem="bad-credentials")
    assert choices(visitor, "domain") == {"acme.test": 1, "other.test": 1}
    listed(visitor, q="fine@")
    assert choices(visitor, "problem") is None


@pytest.mark.parametrize("name", ["health", "provider", "domain", "problem"])
def test_every_choice_leads_to_as_many_inboxes_as_it_says(window, alice, fleet, name):
    visitor = window(alice)
    listed(visitor)

    for value, number in choices(visitor, name).items():
        assert len(listed(visitor, **{name: value})) == number
        listed(visitor)


def test_the_same_can_be_chosen_in_one_form(window, alice, fleet):
    visitor = window(alice)
    listed(visitor, view="attention", q="key")

    form = re.search(r"<form class=\"c-menu-panel.*?</form>", visitor.page.text, re.DOTALL)[0]

    assert re.findall(r'<select[^>]*name="([^"]*)"', form) == ["health", "provider", "domain", "problem"]
    assert dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)) == {"view": "attention", "q": "key"}
    # A select that nobody touched is sent empty.
    assert listed(visitor, health="", provider="", domain="", problem="", view="attention", q="key@other") == [
        "key@other.test"
    ]


def test_inboxes_that_wait_for_an_app_are_found_by_its_problem(ctx, window, alice, fleet):
    with ctx.store.write() as session:
        session.add(AppStanding(provider="owl", problem="oauth-client-secret"))

    assert listed(window(alice), problem="oauth-client-secret", health="degraded") == ["owl@acme.test"]


@pytest.mark.parametrize("told", [False, True], ids=["while the incident holds", "once owners are told"])
@pytest.mark.parametrize("nature", ["outage", "refusals", "shared"])
def test_what_is_listed_shows_the_health_and_problem_that_it_was_filtered_by(ctx, window, alice, fleet, nature, told):
    visitor, now = window(alice), ctx.clock()
    with ctx.store.write() as session:
        held = Incident(
            problem="server-unavailable", level="domain", target="acme.test", nature=nature, began_at=now,
            opened_at=now, changed_at=now, owners_told_from=now if told else None,
        )  # fmt: skip
        session.add(held)
        session.flush()
        for inbox in session.exec(select(Inbox).where(Inbox.domain == "acme.test")).all():
            session.add(
                Episode(inbox_id=inbox.id, incident_id=held.id, problem=inbox.problem or "connection-timeout",
                        health=inbox.health, began_at=now, changed_at=now)
            )  # fmt: skip
    listed(visitor)
    shown = list(
        zip(visitor.attributes("data-inbox"), visitor.attributes("data-health"), visitor.attributes("data-problem"),
            visitor.attributes("data-switch"), strict=True)
    )  # fmt: skip

    for address, health, problem, switch in shown:
        assert address in listed(visitor, health="disabled" if switch == "off" else health)
        assert not problem or address in listed(visitor, problem=problem)


# Paging and members.


def test_paging_keeps_the_filters(ctx, window, alice, bob):
    for number in range(60):
        placed.inbox(ctx, bob, f"{number:02}@{'acme' if number % 2 else 'other'}.test")
    visitor = window(alice)
    first = listed(visitor, domain="acme.test")

    (way,) = re.findall(r'rel="next" href="([^"]*)"', visitor.page.text)
    visitor.get(html.unescape(way))

    second = visitor.attributes("data-inbox")
    assert len(first) == 25
    assert len(second) == 5
    assert {address.rpartition("@")[2] for address in first + second} == {"acme.test"}
    assert "26–30 of 30" in visitor.page.text  # noqa: RUF001


def test_a_search_from_a_filtered_list_stays_filtered(window, alice, fleet):
    visitor = window(alice)
    listed(visitor, domain="acme.test")

    form = re.search(r'<form class="c-search".*?</form>', visitor.page.text, re.DOTALL)[0]

    assert 'name="domain" value="acme.test"' in form
    assert "domain=acme.test" in re.search(r'hx-get="([^"]*)"', form)[1]


def test_a_fragment_brings_the_filters_with_their_new_counts(window, alice, fleet):
    answer = window(alice).get("/inboxes?q=fine", headers={"HX-Request": "true"})

    assert 'id="inbox-filters" hx-swap-oob="true"' in answer.text


def test_a_member_filters_and_counts_their_own_only(window, charlie, fleet):
    visitor = window(charlie)

    assert listed(visitor, problem="bad-credentials") == ["key@other.test"]
    listed(visitor)
    assert choices(visitor, "problem") == {"bad-credentials": 1, "server-error": 1, "proof-stale": 1}
    assert choices(visitor, "domain") == {"other.test": 2, "acme.test": 1}


def test_markup_in_a_value_stays_text(window, alice, fleet):
    visitor = window(alice)
    listed(visitor, domain="<b onclick=x>.test", problem="<script>", provider="\"'>", health="<i>")

    assert "<script>" not in visitor.page.text.split("</head>")[1].split("<main")[1]
    assert "<b onclick" not in visitor.page.text


def test_a_list_without_a_filter_has_the_strip_of_every_inbox(window, alice, fleet):
    visitor = window(alice)

    assert len(listed(visitor)) == visitor.page.text.count('class="c-strip"')
