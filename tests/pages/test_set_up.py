"""The first account: made once, through the newest link only."""

import pytest

from console.services import people, signing_in

FIELDS = {"name": "Alice Andersen", "email": "alice@acme.test", "password": "a long enough password"}
GONE = "This set-up link no longer works"


@pytest.fixture
def link(ctx):
    return path(signing_in.print_set_up_link(ctx))


def path(address):
    return address.removeprefix("http://127.0.0.1:8000")


def filled(browser, link, **fields):
    visitor = browser()
    visitor.get(link)
    visitor.post(link, **{**FIELDS, **fields})
    return visitor


def test_the_link_creates_an_account_admin_who_is_signed_in(browser, ctx, link):
    visitor = filled(browser, link)

    assert visitor.path == "/overview"
    assert "Account admin" in visitor.get("/account").text


def test_the_account_signs_in_with_its_password(browser, link):
    filled(browser, link)

    assert browser().sign_in("alice@acme.test").path == "/overview"


def test_a_used_link_says_that_it_no_longer_works(browser, link):
    filled(browser, link)

    answer = browser().get(link)

    assert (answer.status_code, GONE in answer.text) == (404, True)


def test_a_newer_link_voids_the_older_one(browser, ctx, link):
    newer = path(signing_in.print_set_up_link(ctx))

    old, new = browser().get(link), browser().get(newer)

    assert (old.status_code, new.status_code) == (404, 200)


@pytest.mark.parametrize("token", ["x", "\x00", "x" * 5000, "%F0%9F%90%A6"])
def test_a_made_up_link_says_that_it_no_longer_works(browser, link, token):
    answer = browser().get(f"/set-up/{token}")

    assert (answer.status_code, GONE in answer.text) == (404, True)


def test_a_form_that_was_open_when_the_account_was_made_creates_no_second_one(browser, ctx, link):
    late = browser()
    late.get(link)
    filled(browser, link)

    answer = late.post(link, name="Mallory", email="mallory@acme.test", password="another long password")

    assert answer.status_code == 404
    assert [person.email for person in people.everyone(ctx, people.signed_in(ctx, 1, 1, "a session", ""))] == [
        "alice@acme.test"
    ]


def test_no_link_is_printed_once_an_account_exists(ctx, alice):
    assert signing_in.print_set_up_link(ctx) is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Type a name of 1 to 120 characters."),
        ({"name": "   "}, "Type a name of 1 to 120 characters."),
        ({"name": "x" * 121}, "Type a name of 1 to 120 characters."),
        ({"name": "x" * 1_000_000}, "Type a name of 1 to 120 characters."),
        ({"name": "A\x00lice"}, "Type a name of 1 to 120 characters."),
        ({"email": ""}, "Type the email address."),
        ({"email": "alice"}, "An address has an @, such as name@company.com."),
        ({"email": "a@b@acme.test"}, "Type one address. This has more than one @."),
        ({"email": "x" * 1_000_000}, "Addresses end at 254 characters. This one is longer."),
        ({"password": ""}, "Choose at least 12 characters. A few words in a row work well."),
        ({"password": "elevenchars"}, "Choose at least 12 characters. A few words in a row work well."),
        ({"password": "x" * 257}, "Passwords end at 256 characters."),
        ({"password": "y" * 1_000_000}, "Passwords end at 256 characters."),
        ({"password": "aaaaaaaaaaaa"}, "This one is easy to guess. Choose another."),
        ({"password": "Alice@Acme.Test"}, "This one is easy to guess. Choose another."),
        ({"password": "alice andersen"}, "This one is easy to guess. Choose another."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken_is_told_beside_its_field(browser, link, fields, sentence):
    visitor = filled(browser, link, **fields)

    assert visitor.page.status_code == 422
    assert visitor.errors() == [sentence]
    assert len(visitor.page.data) < 20_000


def test_a_refused_form_keeps_everything_but_the_password(browser, link):
    visitor = filled(browser, link, password="too short")

    assert 'value="Alice Andersen"' in visitor.page.text
    assert 'value="alice@acme.test"' in visitor.page.text
    assert "too short" not in visitor.page.text


def test_a_password_of_any_characters_works(browser, link):
    password = " pæssørd \U0001f426 'with\" \\ all% "
    filled(browser, link, password=password)

    assert browser().sign_in("alice@acme.test", password).path == "/overview"
