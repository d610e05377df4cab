"""Signing in says the same of every failure, is slowed down, and every session can be ended from elsewhere."""

import re
from datetime import timedelta

import pytest

from console.services import people
from tests import placed

PASSWORD = "a long enough password"
REFUSED = "The address or the password does not match. Check both and try again."
SLOW_DOWN = "Too many attempts. Wait 15 minutes, then try again."


def attempt(browser, email, password):
    visitor = browser()
    visitor.get("/sign-in")
    return visitor.post("/sign-in", email=email, password=password)


def said(answer):
    return re.search(r'role="alert">.*?<p>(.*?)</p>', answer.text, re.DOTALL)[1]


def test_the_right_password_opens_the_start_page(browser, bob):
    visitor = browser().sign_in("bob@acme.test")

    assert visitor.path == "/me"


def test_an_admin_starts_at_the_overview(browser, alice):
    assert browser().sign_in("alice@acme.test").path == "/overview"


@pytest.mark.parametrize("typed", ["BOB@ACME.TEST", "  bob@acme.test  ", "Bob@Acme.Test."])
def test_an_address_is_the_same_in_any_case_of_letters(browser, bob, typed):
    assert browser().sign_in(typed).path == "/me"


@pytest.mark.parametrize("typed", ["jens@købmand.test", "jens@xn--kbmand-bya.test", "JENS@KØBMAND.TEST"])
def test_an_address_of_a_domain_in_its_own_letters_signs_in_either_way(browser, ctx, alice, password_hash, typed):
    placed.person(ctx, "jens@xn--kbmand-bya.test", password_hash=password_hash)

    assert browser().sign_in(typed).path == "/me"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("bob@acme.test", "not the password"),
        ("nobody@acme.test", PASSWORD),
        ("gone@acme.test", PASSWORD),
        ("new@acme.test", PASSWORD),
        ("new@acme.test", ""),
        ("", ""),
        ("bob@acme.test", ""),
        ("bob@acme.test", PASSWORD + "\x00"),
        ("bob@acme.test' OR '1'='1", PASSWORD),
        ("a@b@c", PASSWORD),
        ("x" * 1_000_000, PASSWORD),
        ("bob@acme.test", "x" * 1_000_000),
        ("bob@acme.test", PASSWORD.upper()),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_every_failure_is_answered_with_the_same_words(browser, ctx, bob, password_hash, email, password):
    placed.person(ctx, "gone@acme.test", password_hash=password_hash, active=False)
    placed.person(ctx, "new@acme.test")

    answer = attempt(browser, email, password)

    assert (answer.status_code, said(answer)) == (422, REFUSED)


def test_what_was_typed_stays_but_the_password(browser, bob):
    answer = attempt(browser, "bob@acme.test", "a mistyped password")

    assert 'value="bob@acme.test"' in answer.text
    assert "a mistyped password" not in answer.text


def test_an_endless_address_is_shown_cut(browser, alice):
    answer = attempt(browser, "x" * 1_000_000, PASSWORD)

    assert len(answer.data) < 20_000


def test_after_eight_failures_an_account_is_slowed_down(browser, bob):
    for _ in range(8):
        attempt(browser, "bob@acme.test", "wrong")

    answer = attempt(browser, "bob@acme.test", PASSWORD)

    assert (answer.status_code, said(answer)) == (422, SLOW_DOWN)


def test_other_accounts_are_not_slowed_down_with_it(browser, bob, charlie):
    for _ in range(9):
        attempt(browser, "bob@acme.test", "wrong")

    assert browser().sign_in("charlie@acme.test").path == "/me"


def test_an_account_that_does_not_exist_is_slowed_down_alike(browser, alice):
    for _ in range(8):
        attempt(browser, "nobody@acme.test", "wrong")

    assert said(attempt(browser, "Nobody@acme.test", "wrong")) == SLOW_DOWN


def test_after_thirty_failures_at_any_accounts_a_client_is_slowed_down(browser, bob):
    for number in range(30):
        attempt(browser, f"nobody{number}@acme.test", "wrong")

    assert said(attempt(browser, "bob@acme.test", PASSWORD)) == SLOW_DOWN


def test_half_an_hour_later_one_may_try_again(browser, bob, clock):
    for _ in range(9):
        attempt(browser, "bob@acme.test", "wrong")
    clock.advance(minutes=30)

    assert browser().sign_in("bob@acme.test").path == "/me"


def test_the_slowing_survives_the_end_of_its_window(browser, bob, clock):
    clock.now = clock.now.replace(minute=14, second=59)
    for _ in range(8):
        attempt(browser, "bob@acme.test", "wrong")
    clock.advance(seconds=2)

    assert said(attempt(browser, "bob@acme.test", PASSWORD)) == SLOW_DOWN


def test_a_good_sign_in_forgets_the_failures_before_it(browser, bob):
    for _ in range(7):
        attempt(browser, "bob@acme.test", "wrong")
    browser().sign_in("bob@acme.test")
    for _ in range(7):
        attempt(browser, "bob@acme.test", "wrong")

    assert browser().sign_in("bob@acme.test").path == "/me"


def test_many_good_sign_ins_from_one_office_slow_nobody_down(browser, bob):
    for _ in range(32):
        browser().sign_in("bob@acme.test")

    assert browser().sign_in("bob@acme.test").path == "/me"


def test_signing_out_ends_the_session_of_this_browser(browser, bob):
    visitor = browser().sign_in("bob@acme.test")
    visitor.get("/account")

    visitor.post("/sign-out")
    visitor.get("/me")

    assert visitor.path == "/sign-in"


def test_a_copied_cookie_is_worth_nothing_after_signing_out(browser, bob):
    visitor, thief = browser().sign_in("bob@acme.test"), browser()
    thief.client.set_cookie("console", visitor.client.get_cookie("console").value)
    assert thief.get("/me").request.path == "/me"
    visitor.get("/account")
    visitor.post("/sign-out")

    thief.get("/me")

    assert thief.path == "/sign-in"


def test_a_cookie_of_no_named_session_is_nobodys(browser, bob):
    visitor = browser()
    with visitor.client.session_transaction() as session:
        session["_user_id"] = f"{bob.id}:{bob.epoch}"

    visitor.get("/me")

    assert visitor.path == "/sign-in"


def test_signing_in_again_after_signing_out_begins_another_session(browser, bob):
    visitor = browser().sign_in("bob@acme.test")
    with visitor.client.session_transaction() as session:
        first = session["sid"]
    visitor.get("/account")
    visitor.post("/sign-out")

    assert visitor.sign_in("bob@acme.test").path == "/me"
    with visitor.client.session_transaction() as session:
        assert session["sid"] != first


def test_signing_out_leaves_other_browsers_signed_in(browser, bob):
    here, there = browser().sign_in("bob@acme.test"), browser().sign_in("bob@acme.test")
    here.get("/account")

    here.post("/sign-out")
    there.get("/me")

    assert there.path == "/me"


def test_signing_out_everywhere_ends_all_sessions(browser, bob):
    here, there = browser().sign_in("bob@acme.test"), browser().sign_in("bob@acme.test")
    here.get("/account")

    here.post("/account/sign-out-everywhere")
    there.get("/me")

    assert (here.path, there.path) == ("/sign-in", "/sign-in")


def test_signing_in_again_after_signing_out_everywhere_works(browser, bob):
    visitor = browser().sign_in("bob@acme.test")
    visitor.get("/account")
    visitor.post("/account/sign-out-everywhere")

    assert visitor.sign_in("bob@acme.test").path == "/me"


def test_a_copied_cookie_is_worth_nothing_after_signing_out_everywhere(app, browser, bob):
    visitor, thief = browser().sign_in("bob@acme.test"), browser()
    thief.client.set_cookie("console", visitor.client.get_cookie("console").value)
    visitor.get("/account")
    visitor.post("/account/sign-out-everywhere")

    thief.get("/me")

    assert thief.path == "/sign-in"


@pytest.mark.parametrize("role", ["help-desk", "admin"])
def test_a_session_ends_when_the_role_changes(browser, ctx, alice, bob, role):
    visitor = browser().sign_in("bob@acme.test")

    people.change(ctx, alice, bob.id, role=role, personal_email=True)
    visitor.get("/me")

    assert visitor.path == "/sign-in"


def test_a_session_goes_on_when_only_personal_email_access_changes(browser, ctx, alice, bob):
    visitor = browser().sign_in("bob@acme.test")

    people.change(ctx, alice, bob.id, role="member", personal_email=False)
    visitor.get("/me")

    assert visitor.path == "/me"


def test_a_session_ends_when_its_person_is_deactivated(browser, ctx, alice, bob):
    visitor = browser().sign_in("bob@acme.test")

    people.deactivate(ctx, alice, bob.id)
    visitor.get("/me")

    assert visitor.path == "/sign-in"


def test_a_session_from_before_the_deactivation_stays_ended_after_activation(browser, ctx, alice, bob):
    visitor = browser().sign_in("bob@acme.test")
    people.deactivate(ctx, alice, bob.id)
    people.activate(ctx, alice, bob.id)

    visitor.get("/me")

    assert visitor.path == "/sign-in"


def test_a_sign_in_begins_a_fresh_session(app, browser, bob):
    visitor = browser()
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"

    visitor.sign_in("bob@acme.test")

    with visitor.client.session_transaction() as session:
        assert "planted" not in session


def test_while_no_account_exists_the_page_says_where_the_first_one_is_made(browser):
    page = browser().get("/sign-in")

    assert "Each start of the console prints a link that creates the first one" in page.text


def test_once_an_account_exists_the_page_says_nothing_of_the_first_one(browser, alice):
    assert "creates the first one" not in browser().get("/sign-in").text


def test_the_time_of_the_last_sign_in_is_kept(browser, ctx, bob, clock, alice):
    browser().sign_in("bob@acme.test")
    clock.advance(hours=1)

    assert people.one(ctx, alice, bob.id).last_sign_in == clock() - timedelta(hours=1)
