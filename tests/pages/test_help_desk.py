"""The help desk sees every inbox and has it tested, and is offered nothing else."""

import re

import pytest

from console.services import people
from tests import placed
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    return (PigeonFamily(),)


@pytest.fixture
def ill(ctx, bob):
    """An inbox of Bob's that needs a person."""
    return placed.inbox(
        ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock(), next_check=None
    )


def offered(page):
    """Where forms on a page lead, and links to pages that change something."""
    forms = re.findall(r'<form[^>]* action="([^"]+)"', page.text)
    links = re.findall(r'href="([^"?]*/(?:edit|disable|remove|connect|reconnect|off|add))"', page.text)
    return sorted(set(forms + links) - {"/sign-out", "/inboxes"})


def test_sees_everybodys_inboxes(window, ctx, hanne, bob, charlie):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, charlie)
    visitor = window(hanne)

    visitor.get("/inboxes")

    assert visitor.attributes("data-inbox") == ["bob@acme.test", "charlie@acme.test"]


def test_on_an_inbox_is_offered_to_test_it_and_to_send_its_owner_a_link_and_nothing_else(window, hanne, ill):
    assert offered(window(hanne).get(f"/inboxes/{ill}")) == [f"/inboxes/{ill}/link", f"/inboxes/{ill}/test"]


def test_on_the_list_is_offered_test_now_and_nothing_else(window, hanne, ill):
    assert offered(window(hanne).get("/inboxes")) == [f"/inboxes/{ill}/test"]


def test_an_inbox_of_their_own_is_no_different(window, ctx, hanne):
    inbox_id = placed.inbox(ctx, hanne)

    assert offered(window(hanne).get(f"/inboxes/{inbox_id}")) == [f"/inboxes/{inbox_id}/test"]


@pytest.mark.parametrize("path", ["/", "/me", "/inboxes", "/account"])
def test_no_page_asks_for_the_password_of_an_inbox(window, hanne, ill, path):
    fields = re.findall(
        r'type="password"[^>]*name="(\w+)"|name="(\w+)"[^>]*type="password"', window(hanne).get(path).text
    )

    assert {first or second for first, second in fields} <= {"current_password", "new_password"}


def test_has_an_inbox_tested(window, ctx, work, hanne, bob, clock):
    inbox_id = placed.inbox(ctx, bob, health="degraded", problem="server-unavailable")
    visitor = window(hanne)
    visitor.get(f"/inboxes/{inbox_id}")

    visitor.post(f"/inboxes/{inbox_id}/test")
    work.check(inbox_id)
    visitor.get(f"/inboxes/{inbox_id}")

    assert visitor.attributes("data-health") == ["healthy"]


def test_copies_the_text_for_the_owner(window, hanne, ill):
    page = window(hanne).get(f"/inboxes/{ill}")

    assert re.search(r'id="text-for-user">[^<]+bob@acme\.test', page.text)


def test_an_inbox_that_is_off_offers_nothing(window, ctx, alice, hanne, bob):
    inbox_id = placed.inbox(ctx, bob)
    people.deactivate(ctx, alice, bob.id)

    assert offered(window(hanne).get(f"/inboxes/{inbox_id}")) == []


def test_the_navigation_holds_the_pages_of_the_role_only(window, hanne):
    page = window(hanne).get("/inboxes").text
    links = re.findall(r'<a href="([^"]+)"', re.search(r'<nav class="c-nav".*?</nav>', page, re.DOTALL)[0])

    assert links == ["/overview", "/inboxes", "/help-desk", "/notices", "/domains", "/me"]


@pytest.mark.parametrize(
    ("who", "links"),
    [
        (
            "alice",
            [
                "/overview",
                "/inboxes",
                "/help-desk",
                "/notices",
                "/domains",
                "/integrations",
                "/users",
                "/settings",
                "/me",
            ],
        ),
        ("bob", ["/me"]),
    ],
)
def test_the_navigation_of_others_holds_theirs(request, window, who, links):
    page = window(request.getfixturevalue(who)).get("/account").text

    assert re.findall(r'<a href="([^"]+)"', re.search(r'<nav class="c-nav".*?</nav>', page, re.DOTALL)[0]) == links
