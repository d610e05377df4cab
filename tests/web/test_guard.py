"""The guard: who is not signed in is sent to sign in and back, and no form is taken from elsewhere."""

import re

import pytest

from console.web.guard import safe_next

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("target", ["/", "/inboxes", "/inboxes?view=healthy&q=a%20b", "/connect/abc/verify", "/é"])
def test_a_path_of_the_console_is_gone_back_to(target):
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "inboxes",
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        " //evil.test",
        "https://evil.test/inboxes",
        "https:evil.test",
        "javascript:alert(1)",
        "/inboxes\r\nSet-Cookie: a=b",
        "/" + "x" * 600,
    ],
)
def test_any_other_target_becomes_the_start_page(target):
    assert safe_next(target) == "/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(browser, bob):
    visitor = browser()
    visitor.get("/inboxes?view=healthy")

    visitor.post("/sign-in", email="bob@acme.test", password="a long enough password", next=next_of(visitor))

    assert visitor.page.request.full_path == "/inboxes?view=healthy"


def next_of(visitor):
    return re.search(r'name="next" value="([^"]*)"', visitor.page.text)[1]


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "/\\evil.test"])
def test_signing_in_never_leads_to_another_site(browser, bob, target):
    visitor = browser()
    visitor.get("/sign-in", query_string={"next": target})

    answer = visitor.post(
        "/sign-in", follow=False, email="bob@acme.test", password="a long enough password", next=target
    )

    assert answer.headers["Location"] == "/"


def test_somebody_signed_in_already_is_not_led_to_another_site_either(window, bob):
    answer = window(bob).client.get("/sign-in", query_string={"next": "//evil.test/"})

    assert answer.headers["Location"] == "/"


def test_htmx_is_told_to_have_the_browser_itself_go_to_sign_in(browser):
    answer = browser().client.get("/inboxes", headers={**HTMX, "HX-Current-URL": "http://localhost/inboxes?q=a"})

    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/inboxes?q%3Da"


@pytest.mark.parametrize("current", ["", "http://evil.test//evil.test/", "//evil.test//x", "http://[", "nonsense"])
def test_what_htmx_says_of_its_page_leads_to_no_other_site(browser, current):
    answer = browser().client.get("/inboxes", headers={**HTMX, "HX-Current-URL": current})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_a_form_sent_by_htmx_after_the_session_ended_leads_to_sign_in_too(browser):
    answer = browser().client.post("/inboxes/1/test", headers={**HTMX, "X-CSRFToken": "of the session before"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


def test_a_form_sent_after_the_session_ended_leads_to_sign_in_without_a_way_back(browser):
    answer = browser().client.post("/inboxes/1/remove", data={"csrf_token": "of the session before"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["/account/sign-out-everywhere", "/connect", "/inboxes/1/remove"])
def test_a_form_without_a_token_is_refused_with_a_sentence(window, alice, path):
    answer = window(alice).client.post(path)

    assert answer.status_code == 400
    assert "The form had grown old" in answer.text
    assert "Load the page again and send it once more." in answer.text


@pytest.mark.parametrize("token", ["", "wrong", "x" * 100_000, "\x00"])
def test_a_form_with_a_made_up_token_is_refused(window, alice, token):
    assert window(alice).client.post("/connect", data={"csrf_token": token}).status_code == 400


def test_a_token_of_somebody_elses_session_is_refused(window, alice, bob):
    theirs = re.search(r'name="csrf_token" value="([^"]+)"', window(bob).get("/account").text)[1]
    mine = window(alice)
    mine.get("/account")

    assert mine.client.post("/connect", data={"csrf_token": theirs}).status_code == 400


def test_a_token_from_before_signing_in_is_refused_afterwards(browser, bob):
    visitor = browser()
    before = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/sign-in").text)[1]
    visitor.sign_in("bob@acme.test")

    assert visitor.client.post("/account/password", data={"csrf_token": before}).status_code == 400


def test_htmx_sends_its_token_in_a_header(window, alice):
    visitor = window(alice)
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/account").text)[1]

    answer = visitor.client.post("/connect", headers={**HTMX, "X-CSRFToken": token}, data={"uses": "me"})

    assert answer.status_code == 303


def test_a_token_in_the_address_counts_for_nothing(window, alice):
    visitor = window(alice)
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/account").text)[1]

    assert visitor.client.post("/connect", query_string={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize("identity", ["", ":", "1", "1:", ":1", "one:two", "-1:1", "1:1:1", "9" * 30 + ":1", "²:1"])
def test_a_session_of_another_shape_is_nobodys(app, browser, alice, identity):
    visitor = browser()
    with visitor.client.session_transaction() as session:
        session["_user_id"] = identity
        session["sid"] = "a session"

    visitor.get("/account")

    assert visitor.path == "/sign-in"


def test_a_session_of_nobody_is_nobodys(app, browser, alice):
    visitor = browser()
    with visitor.client.session_transaction() as session:
        session["_user_id"] = "4711:1"
        session["sid"] = "a session"

    visitor.get("/account")

    assert visitor.path == "/sign-in"
