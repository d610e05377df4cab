"""Headers, cookies and sizes are the same strict ones on every answer."""

import re

import pytest
from sqlalchemy import text

from console.web.current import client_ip
from tests import placed

STRICT = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HTTPS = pytest.mark.parametrize("settings", [{"CONSOLE_BASE_URL": "https://inbox.acme.test"}])


def broken():
    raise RuntimeError("the cause, for the log only")


@pytest.fixture
def answers(app, ctx, browser, window, alice, bob):
    """Get one answer of every kind, by name."""

    def without_people():
        visitor = window(bob)
        with ctx.store.write() as session:
            session.execute(text("ALTER TABLE person RENAME TO people"))
        return visitor.client.get("/inboxes")

    def post(path, **fields):
        visitor = browser()
        visitor.get("/sign-in")
        return visitor.post(path, follow=False, **fields)

    app.add_url_rule("/broken", "broken", broken)
    app.view_functions["broken"].access = "public"
    return {
        "a page": lambda: window(bob).client.get("/inboxes"),
        "a fragment": lambda: window(bob).client.get("/inboxes", headers={"HX-Request": "true"}),
        "a public page": lambda: browser().client.get("/sign-in"),
        "a redirect": lambda: browser().client.get("/inboxes"),
        "an htmx redirect": lambda: browser().client.get("/inboxes", headers={"HX-Request": "true"}),
        "a form without a token": lambda: browser().client.post("/sign-in"),
        "a refused form": lambda: post("/sign-in"),
        "a page of another role": lambda: window(bob).client.get("/users"),
        "an unknown address": lambda: browser().client.get("/nowhere"),
        "another method": lambda: browser().client.delete("/sign-in"),
        "a body too large": lambda: post("/sign-in", email="x" * 8_000_000),
        "a failure": lambda: browser().client.get("/broken"),
        "a failure of the store": without_people,
        "a file": lambda: browser().client.get("/static/console.css"),
        "an unknown file": lambda: browser().client.get("/static/nowhere.css"),
        "an unknown file of a version": lambda: browser().client.get("/static/nowhere.css?v=1"),
    }


KINDS = {
    "a page": 200,
    "a fragment": 200,
    "a public page": 200,
    "a redirect": 303,
    "an htmx redirect": 401,
    "a form without a token": 400,
    "a refused form": 422,
    "a page of another role": 403,
    "an unknown address": 404,
    "another method": 405,
    "a body too large": 413,
    "a failure": 500,
    "a failure of the store": 500,
    "an unknown file": 404,
    "an unknown file of a version": 404,
}


@pytest.mark.parametrize("kind", [*KINDS, "a file"])
def test_every_answer_carries_the_same_strict_headers(answers, kind):
    with answers[kind]() as answer:
        assert {name: answer.headers.get(name) for name in STRICT} == STRICT


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_files_is_ever_kept_by_a_cache(answers, kind):
    answer = answers[kind]()

    assert (answer.status_code, answer.headers["Cache-Control"]) == (KINDS[kind], "no-store")


@pytest.mark.parametrize("kind", [kind for kind, status in KINDS.items() if status >= 400 and status not in {401, 422}])
def test_every_error_is_a_page_with_a_sentence_and_a_way_on(answers, kind):
    answer = answers[kind]()

    assert re.search(r"<h1[^>]*>[^<]+</h1>\s*<p[^>]*>[^<]+</p>\s*<a [^>]*href=\"/\"", answer.text)


def test_a_failure_tells_its_cause_to_the_log_only(answers, caplog):
    answer = answers["a failure"]()

    assert "the cause" in caplog.text
    assert "the cause" not in answer.text


def test_no_page_holds_inline_code(window, bob):
    visitor = window(bob)

    pages = "".join(visitor.get(path).text for path in ("/sign-in", "/inboxes", "/account", "/me", "/connect"))

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", pages, re.IGNORECASE)


def test_a_file_named_with_its_hash_is_kept_for_a_year(app, browser):
    page = browser().get("/sign-in").text
    address = re.search(r'href="(/static/console\.css\?v=[0-9a-f]{12})"', page)[1]

    with app.test_client().get(address) as file:
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_named_without_its_hash_is_asked_for_again(app):
    with app.test_client().get("/static/console.css") as file:
        assert file.headers["Cache-Control"] == "no-cache"


def test_a_file_that_did_not_change_stays_kept_for_a_year(app):
    client = app.test_client()
    with client.get("/static/console.css?v=1") as file:
        etag = file.headers["ETag"]

    with client.get("/static/console.css?v=1", headers={"If-None-Match": etag}) as again:
        assert (again.status_code, again.headers["Cache-Control"]) == (304, "public, max-age=31536000, immutable")


@pytest.mark.parametrize("path", ["/static/console.css?v=1", "/static/nowhere.css"])
def test_a_file_never_carries_the_session(window, bob, path):
    with window(bob).client.get(path) as file:
        assert ("Set-Cookie" in file.headers, "Cookie" in file.headers.get("Vary", "")) == (False, False)


def cookie(answer):
    attributes = answer.headers["Set-Cookie"].split("; ")[1:]
    return {attribute.partition("=")[0]: attribute.partition("=")[2] for attribute in attributes}


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(browser):
    found = cookie(browser().client.get("/sign-in"))

    assert "HttpOnly" in found
    assert found["SameSite"] == "Lax"
    assert found["Path"] == "/"
    assert "Domain" not in found


def test_over_plain_http_the_cookie_is_not_marked_secure(browser):
    assert "Secure" not in cookie(browser().client.get("/sign-in"))


@HTTPS
def test_over_https_the_cookie_is_marked_secure(settings, browser):
    assert "Secure" in cookie(browser().client.get("/sign-in"))


@HTTPS
def test_over_https_browsers_are_told_to_stay_there(settings, browser):
    assert browser().client.get("/sign-in").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_over_plain_http_browsers_are_not_told_to_leave(browser):
    assert "Strict-Transport-Security" not in browser().client.get("/sign-in").headers


@HTTPS
def test_the_session_of_https_is_usable(settings, app, browser, bob):
    visitor = browser()
    visitor.client.environ_base["wsgi.url_scheme"] = "https"

    visitor.sign_in("bob@acme.test")

    assert visitor.path == "/me"


def test_a_session_ends_after_the_hours_of_the_configuration(app, window, bob):
    answer = window(bob).client.get("/account")

    assert app.permanent_session_lifetime.total_seconds() == 12 * 3600
    assert "Expires" in cookie(answer)


def under_another_name(visitor):
    """Have the browser send its session to a host of another name too, and call the console by it from now on."""
    visitor.client.set_cookie("console", visitor.client.get_cookie("console").value, domain="evil.test")
    visitor.client.environ_base |= {"HTTP_HOST": "evil.test", "HTTP_X_FORWARDED_HOST": "evil.test"}
    return visitor


def test_no_page_and_no_redirect_repeats_the_host_that_a_request_names(window, alice, ctx):
    inbox_id = placed.inbox(ctx, alice)
    visitor = under_another_name(window(alice))
    paths = ("/", "/inboxes", f"/inboxes/{inbox_id}", f"/inboxes/{inbox_id}/edit", "/connect", "/users", "/nowhere")

    answers = [visitor.client.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [303, 200, 200, 200, 200, 200, 404]
    assert [answer for answer in answers if "evil" in answer.text + str(answer.headers)] == []


@HTTPS
def test_a_link_to_send_is_built_from_the_base_address(settings, window, alice, bob):
    visitor = under_another_name(window(alice))
    visitor.get(f"/users/{bob.id}")

    page = visitor.post(f"/users/{bob.id}/link")

    assert re.search(r'value="https://inbox\.acme\.test/welcome/[^"]+"', page.text)


def test_without_a_proxy_to_trust_nobody_says_where_a_request_came_from(app, browser):
    seen = []
    app.after_request(lambda response: seen.append(client_ip()) or response)

    browser().client.get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"})

    assert seen == ["127.0.0.1"]


@pytest.mark.parametrize("settings", [{"CONSOLE_TRUSTED_PROXIES": "1"}])
def test_behind_a_proxy_the_address_is_the_one_the_proxy_saw(settings, app, browser):
    seen = []
    app.after_request(lambda response: seen.append(client_ip()) or response)

    browser().client.get("/sign-in", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})

    assert seen == ["203.0.113.9"]
