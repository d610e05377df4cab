"""One's own account: the password is changed with the old one, and other sessions end with it."""

import pytest

PASSWORD, NEW = "a long enough password", "another long password"


def change(visitor, current=PASSWORD, new=NEW):
    visitor.get("/account")
    return visitor.post("/account/password", current_password=current, new_password=new)


def test_the_new_password_opens_the_console_and_the_old_one_does_not(browser, window, bob):
    change(window(bob))

    assert browser().sign_in("bob@acme.test", NEW).path == "/me"
    assert browser().sign_in("bob@acme.test", PASSWORD).path == "/sign-in"


def test_changing_it_says_so_and_keeps_this_session(window, bob):
    visitor = window(bob)

    page = change(visitor)

    assert visitor.path == "/account"
    assert "Your password is changed. Your other sessions have ended." in page.text


def test_changing_it_ends_the_other_sessions(browser, bob):
    here, there = browser().sign_in("bob@acme.test"), browser().sign_in("bob@acme.test")

    change(here)
    there.get("/me")

    assert there.path == "/sign-in"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"current": "wrong"}, "This is not your current password."),
        ({"current": ""}, "This is not your current password."),
        ({"new": "short"}, "Choose at least 12 characters. A few words in a row work well."),
        ({"new": ""}, "Choose at least 12 characters. A few words in a row work well."),
        ({"new": "x" * 1_000_000}, "Passwords end at 256 characters."),
        ({"new": "bob@acme.test"}, "This one is easy to guess. Choose another."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken_is_told_beside_its_field(window, bob, fields, sentence):
    visitor = window(bob)

    answer = change(visitor, **fields)

    assert (answer.status_code, visitor.errors()) == (422, [sentence])


def test_neither_password_is_written_back(window, bob):
    answer = change(window(bob), current="the current one, wrong", new="short one")

    assert "the current one" not in answer.text
    assert "short one" not in answer.text


def test_guessing_the_current_password_is_slowed_down(window, bob):
    visitor = window(bob)
    for _ in range(8):
        change(visitor, current="wrong")

    change(visitor)

    assert visitor.errors() == ["Too many attempts. Wait 15 minutes, then try again."]


def test_a_refused_change_leaves_the_old_password(browser, window, bob):
    change(window(bob), new="short")

    assert browser().sign_in("bob@acme.test").path == "/me"
