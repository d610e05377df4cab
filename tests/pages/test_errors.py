"""Requests that lead nowhere: a sentence that is true, and a way on."""

import pytest

NO_PAGE = "There is no page here"
NAVIGATION = '<nav class="c-nav"'


@pytest.mark.parametrize("path", ["/nowhere", "/inboxes/1/nowhere", "/users/99999999999999"])
def test_an_address_of_no_page_says_so_inside_the_frame(window, bob, path):
    answer = window(bob).get(path)

    assert answer.status_code == 404
    assert NO_PAGE in answer.text
    assert "belongs to somebody else" not in answer.text
    assert NAVIGATION in answer.text
    assert "My inboxes" in answer.text


def test_an_address_of_no_page_shows_no_frame_to_somebody_who_is_not_signed_in(browser):
    answer = browser().get("/nowhere")

    assert (answer.status_code, NO_PAGE in answer.text, NAVIGATION in answer.text) == (404, True, False)


def test_a_row_that_is_not_there_is_still_told_as_one(window, bob):
    answer = window(bob).get("/inboxes/99")

    assert (answer.status_code, "belongs to somebody else" in answer.text) == (404, True)


def test_a_missing_file_gets_no_frame(window, bob):
    answer = window(bob).get("/static/nowhere.css")

    assert (answer.status_code, NO_PAGE in answer.text, NAVIGATION in answer.text) == (404, True, False)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/sign-out", "OPTIONS, POST"), ("DELETE", "/sign-in", "GET, HEAD, OPTIONS, POST")],
)
def test_another_kind_of_request_is_told_which_kinds_are_taken(window, bob, method, path, allowed):
    answer = window(bob).client.open(path, method=method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert "This address takes another kind of request" in answer.text
