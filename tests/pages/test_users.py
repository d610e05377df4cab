"""Admins add people, change what they may do and end their access; people choose their own passwords."""

import html
import re

import pytest

from console.services import people
from console.services.people import actor_of
from console.store.models import Person
from tests import placed


def role_of(ctx, person):
    with ctx.store.read() as session:
        return actor_of(session.get_one(Person, person.id))


def add(visitor, **fields):
    visitor.get("/users/add")
    return visitor.post("/users/add", **{"name": "Dorte Dahl", "email": "dorte@acme.test", "role": "member", **fields})


def link_on(page):
    found = re.search(r'id="person-link"[^>]* value="([^"]+)"', page.text)
    return html.unescape(found[1]) if found else None


def test_a_person_added_appears_in_the_list(window, alice):
    visitor = window(alice)

    add(visitor)
    visitor.get("/users")

    assert visitor.attributes("data-person") == ["alice@acme.test", "dorte@acme.test"]


def test_adding_somebody_shows_a_link_that_lets_them_choose_a_password(browser, window, alice):
    page = add(window(alice))

    theirs = browser()
    theirs.get(link_on(page).removeprefix("http://127.0.0.1:8000"))

    assert "Welcome, Dorte Dahl" in theirs.page.text


def test_the_link_is_shown_once(window, alice):
    visitor = window(alice)
    add(visitor)

    assert link_on(visitor.get(visitor.path)) is None


def test_the_link_is_in_no_address_and_in_no_cookie(window, alice):
    visitor = window(alice)
    visitor.get("/users/add")
    answer = visitor.post("/users/add", follow=False, name="Dorte Dahl", email="dorte@acme.test", role="member")
    token = link_on(visitor.get(answer.headers["Location"])).rsplit("/", 1)[1]

    assert token not in str(answer.headers)
    assert token not in visitor.client.get_cookie("console").value


def test_reloading_the_page_after_a_new_link_makes_no_further_link(browser, window, alice, bob):
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")
    link = link_on(visitor.post(f"/users/{bob.id}/link"))

    visitor.get(visitor.path)

    assert browser().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_the_link_of_one_person_does_not_show_on_the_page_of_another(window, alice, bob, charlie):
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")
    visitor.post(f"/users/{bob.id}/link", follow=False)

    assert link_on(visitor.get(f"/users/{charlie.id}")) is None


def test_ones_own_link_is_not_made_but_the_way_to_a_new_password_is_named(window, alice):
    visitor = window(alice)
    visitor.get(f"/users/{alice.id}")

    page = visitor.post(f"/users/{alice.id}/link")

    assert link_on(page) is None
    assert "Change your own password under Your account." in page.text


def test_somebody_deactivated_gets_no_link(window, ctx, alice, bob):
    people.deactivate(ctx, alice, bob.id)
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")

    page = visitor.post(f"/users/{bob.id}/link")

    assert link_on(page) is None
    assert "This person is deactivated. Activate them first." in page.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Type a name of 1 to 120 characters."),
        ({"name": "\x00"}, "Type a name of 1 to 120 characters."),
        ({"name": "x" * 1_000_000}, "Type a name of 1 to 120 characters."),
        ({"email": ""}, "Type the email address."),
        ({"email": "Dorte <dorte@acme.test>"}, "Type the address only, without a name or angle brackets."),
        ({"email": "x" * 1_000_000 + "@acme.test"}, "Addresses end at 254 characters. This one is longer."),
        ({"email": "BOB@acme.test"}, "Somebody with this address is in the list already."),
        ({"role": "owner"}, "Choose one of the roles."),
        ({"role": ""}, "Choose one of the roles."),
        ({"role": "x" * 1_000_000}, "Choose one of the roles."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken_is_told_beside_its_field(window, alice, bob, fields, sentence):
    visitor = window(alice)

    answer = add(visitor, **fields)

    assert (answer.status_code, visitor.errors()) == (422, [sentence])
    assert len(answer.data) < 30_000


def test_a_refused_form_keeps_what_was_typed(window, alice):
    page = add(window(alice), email="dorte", role="help-desk")

    assert 'value="Dorte Dahl"' in page.text
    assert 'value="dorte"' in page.text
    assert re.search(r'<option selected value="help-desk"', page.text)


def test_personal_email_access_is_ticked_when_somebody_is_added(window, alice):
    page = window(alice).get("/users/add")

    assert re.search(r'<input[^>]* checked[^>]*name="personal_email"|name="personal_email"[^>]* checked', page.text)


def test_an_unticked_access_is_taken_as_off(window, ctx, alice):
    add(window(alice))

    assert [person.personal_email for person in people.everyone(ctx, alice, "dorte")] == [False]


@pytest.mark.parametrize("role", ["member", "help-desk", "admin"])
def test_a_role_is_changed(window, ctx, alice, bob, role):
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")

    page = visitor.post(f"/users/{bob.id}", role=role, personal_email="y")

    assert "Saved." in page.text
    assert role_of(ctx, bob).role == role


def test_access_is_switched_off(window, ctx, alice, bob):
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")

    visitor.post(f"/users/{bob.id}", role="member")

    assert role_of(ctx, bob).personal_email is False


def test_an_unknown_role_is_refused_beside_its_field(window, ctx, alice, bob):
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")

    answer = visitor.post(f"/users/{bob.id}", role="owner")

    assert (answer.status_code, visitor.errors()) == (422, ["Choose one of the roles."])
    assert role_of(ctx, bob).role == "member"


LAST = "The console needs one account admin. Make somebody else an account admin first."


def test_the_last_admin_keeps_the_role(window, ctx, alice):
    visitor = window(alice)
    visitor.get(f"/users/{alice.id}")

    answer = visitor.post(f"/users/{alice.id}", role="member", personal_email="y")

    assert (answer.status_code, visitor.errors()) == (422, [LAST])
    assert role_of(ctx, alice).role == "admin"


def test_one_of_two_admins_may_step_back_and_signs_in_anew(window, ctx, alice):
    placed.person(ctx, "eva@acme.test", role="admin")
    visitor = window(alice)
    visitor.get(f"/users/{alice.id}")

    visitor.post(f"/users/{alice.id}", role="member", personal_email="y")

    assert visitor.path == "/sign-in"


def test_a_deactivated_admin_does_not_count_as_one(window, ctx, alice):
    placed.person(ctx, "eva@acme.test", role="admin", active=False)
    visitor = window(alice)
    visitor.get(f"/users/{alice.id}")

    visitor.post(f"/users/{alice.id}", role="member", personal_email="y")

    assert visitor.errors() == [LAST]


def test_nobody_deactivates_themselves(window, ctx, alice):
    visitor = window(alice)
    visitor.get(f"/users/{alice.id}")

    page = visitor.post(f"/users/{alice.id}/deactivate")

    assert "You cannot deactivate yourself. Ask another account admin." in page.text
    assert people.one(ctx, alice, alice.id).active


def test_the_question_counts_the_inboxes_that_stop(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, bob, "second@acme.test")

    page = window(alice).get(f"/users/{bob.id}/deactivate")

    assert "Deactivate Bob Berg?" in page.text
    assert "checks of 2 inboxes" in page.text


def test_deactivating_switches_the_persons_inboxes_off(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}/deactivate")

    visitor.post(f"/users/{bob.id}/deactivate")
    visitor.get("/inboxes")

    assert visitor.attributes("data-switch") == ["off"]


def test_activating_switches_them_on_again(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    people.deactivate(ctx, alice, bob.id)
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")

    page = visitor.post(f"/users/{bob.id}/activate")
    visitor.get("/inboxes")

    assert "Activated." in page.text
    assert visitor.attributes("data-switch") == ["on"]


def test_the_list_shows_active_people_first(window, ctx, alice, bob, charlie):
    people.deactivate(ctx, alice, bob.id)
    visitor = window(alice)

    visitor.get("/users")

    assert visitor.attributes("data-person") == ["alice@acme.test", "charlie@acme.test", "bob@acme.test"]
    assert visitor.attributes("data-active") == ["yes", "yes", "no"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bob", ["bob@acme.test"]),
        ("BERG", ["bob@acme.test"]),
        ("  bob   berg ", ["bob@acme.test"]),
        ("acme", ["alice@acme.test", "bob@acme.test", "åse@acme.test"]),
        ("øst", ["åse@acme.test"]),
        ("ØST", ["åse@acme.test"]),
        ("åse", ["åse@acme.test"]),
        ("%", []),
        ("_", []),
        ("b%b", []),
        ("\\", []),
        ("\x00bob", ["bob@acme.test"]),
        ("'; DROP TABLE person; --", []),
        ("x" * 1_000_000, []),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_search_finds_by_name_and_address(window, ctx, alice, bob, query, found):
    placed.person(ctx, "åse@acme.test", name="Åse Østergård")
    visitor = window(alice)

    answer = visitor.get("/users", query_string={"q": query})

    assert answer.status_code == 200
    assert visitor.attributes("data-person") == found


def test_a_search_without_a_match_says_so_and_how_to_go_on(window, alice):
    page = window(alice).get("/users?q=nobody")

    assert "Nobody matches “nobody”" in page.text
    assert "Clear the search" in page.text


def test_a_persons_page_lists_their_inboxes(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    visitor = window(alice)

    visitor.get(f"/users/{bob.id}")

    assert visitor.attributes("data-inbox") == ["bob@acme.test"]
