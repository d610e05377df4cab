"""A welcome link lets one person choose a password, once."""

import pytest

from console.services import people, signing_in
from tests import placed

NEW = "another long password"
GONE = "This link no longer works"


@pytest.fixture
def dorte(ctx, alice):
    """Somebody who was just added and has no password yet."""
    return placed.person(ctx, "dorte@acme.test", name="Dorte Dahl")


def path(address):
    return address.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def link(ctx, alice, dorte):
    return path(signing_in.welcome_link(ctx, alice, dorte.id))


def choose(browser, link, password=NEW):
    visitor = browser()
    visitor.get(link)
    visitor.post(link, password=password)
    return visitor


def works(browser, link):
    answer = browser().get(link)
    assert (answer.status_code == 404) == (GONE in answer.text)
    return answer.status_code == 200


def test_the_page_greets_the_person_and_names_their_address(browser, link):
    page = browser().get(link)

    assert "Welcome, Dorte Dahl" in page.text
    assert "You sign in as dorte@acme.test." in page.text


def test_choosing_a_password_signs_in(browser, link):
    visitor = choose(browser, link)

    assert visitor.path == "/me"


def test_the_chosen_password_opens_the_console(browser, link):
    choose(browser, link)

    assert browser().sign_in("dorte@acme.test", NEW).path == "/me"


def test_a_link_works_once(browser, link):
    choose(browser, link)

    assert not works(browser, link)


def test_a_form_that_was_open_when_the_link_was_used_changes_nothing(browser, link):
    late = browser()
    late.get(link)
    choose(browser, link)

    answer = late.post(link, password="the password of the late one")

    assert answer.status_code == 404
    assert browser().sign_in("dorte@acme.test", NEW).path == "/me"


def test_a_newer_link_voids_the_older_one(browser, ctx, alice, dorte, link):
    newer = path(signing_in.welcome_link(ctx, alice, dorte.id))

    assert (works(browser, link), works(browser, newer)) == (False, True)


def test_a_link_is_void_once_its_person_is_deactivated(browser, ctx, alice, dorte, link):
    people.deactivate(ctx, alice, dorte.id)

    assert not works(browser, link)


def test_a_link_from_before_the_deactivation_stays_void(browser, ctx, alice, dorte, link):
    people.deactivate(ctx, alice, dorte.id)
    people.activate(ctx, alice, dorte.id)

    assert not works(browser, link)


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_link_that_lost_its_end_is_void(browser, link, cut):
    assert not works(browser, link[:-cut])


@pytest.mark.parametrize("token", ["x", "a.b.c", "\x00", "x" * 5000, "WzEsMV0.x.y", "ø"])
def test_a_made_up_link_is_void(browser, alice, token):
    assert not works(browser, f"/welcome/{token}")


def test_a_password_too_short_is_told_beside_the_field_and_the_link_still_works(browser, link):
    visitor = choose(browser, link, "too short")

    assert visitor.page.status_code == 422
    assert visitor.errors() == ["Choose at least 12 characters. A few words in a row work well."]
    assert "too short" not in visitor.page.text
    assert works(browser, link)


def test_a_link_for_somebody_with_a_password_replaces_it(browser, ctx, alice, bob):
    choose(browser, path(signing_in.welcome_link(ctx, alice, bob.id)))

    assert browser().sign_in("bob@acme.test", NEW).path == "/me"
    assert browser().sign_in("bob@acme.test").path == "/sign-in"


def test_a_link_for_somebody_ends_their_sessions(browser, ctx, alice, bob):
    theirs = browser().sign_in("bob@acme.test")
    signing_in.welcome_link(ctx, alice, bob.id)

    theirs.get("/me")

    assert theirs.path == "/sign-in"


def test_opening_somebodys_link_while_signed_in_changes_neither_session_nor_link(browser, window, link, alice):
    visitor = window(alice)
    visitor.get(link)

    assert "Alice Andersen" in visitor.get("/account").text or visitor.path == "/account"
    assert works(browser, link)
