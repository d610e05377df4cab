"""What somebody who opens a link sees: that inbox's steps, nothing else of the console, and never a session of it."""

import logging
import re
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

from console.services import link_visits, links, switches
from console.store.links import ReconnectLink
from console.store.models import AuditEntry, Draft, Inbox
from tests import placed
from tests.browser import Browser
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import made, owls


@pytest.fixture
def owl():
    return OwlFamily()


@pytest.fixture
def families(owl):
    return (PigeonFamily(), owl)


@pytest.fixture
def broken(ctx, bob):
    return placed.inbox(
        ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock(), next_check=None
    )


@pytest.fixture
def issued(ctx, alice, broken):
    return links.issue(ctx, alice, broken)


@pytest.fixture
def phone(browser):
    return browser()


def path_of(issued):
    return urlsplit(issued.url).path


def row(ctx, issued):
    with ctx.store.read() as session:
        return session.get_one(ReconnectLink, issued.id)


def begin(visitor, issued):
    """Open the link and press Continue; return the draft's id."""
    visitor.get(path_of(issued))
    visitor.post(path_of(issued))
    return visitor.path.split("/")[3]


def test_a_link_tells_what_happened_and_what_is_asked_and_has_one_button(phone, issued):
    page = phone.get(path_of(issued))

    assert page.status_code == 200
    assert "Reconnect your inbox" in page.text
    assert "bob@acme.test" in page.text
    assert page.text.count("<button") == 1


def test_it_shows_nobody_but_its_person(phone, issued):
    page = phone.get(path_of(issued))

    assert "Alice" not in page.text
    assert "alice@" not in page.text


def test_a_password_brings_the_inbox_back(ctx, work, phone, issued, broken):
    draft_id = begin(phone, issued)
    assert phone.path == f"/reconnect/of/{draft_id}/settings"

    phone.post(phone.path, loft="acme.test", password="coo")
    work.verify(draft_id)
    phone.get(phone.path)

    assert phone.path == f"/reconnect/of/{draft_id}/done"
    assert "is connected again" in phone.page.text
    assert "You can close this page" in phone.page.text
    assert made.inbox(ctx, broken).health == "healthy"


def test_a_refused_password_is_told_with_the_way_back(work, phone, issued):
    draft_id = begin(phone, issued)
    phone.post(phone.path, loft="acme.test", password="caw")
    work.verify(draft_id)

    page = phone.get(f"/reconnect/of/{draft_id}")

    assert phone.stages()["sign-in"] == "failed"
    assert f"/reconnect/of/{draft_id}/settings" in page.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_mail_scanner_that_opens_the_link_changes_nothing(ctx, browser, issued, method):
    before = row(ctx, issued).model_dump()

    for _ in range(3):
        assert browser().client.open(path_of(issued), method=method).status_code == 200

    assert row(ctx, issued).model_dump() == before
    with ctx.store.read() as session:
        assert session.exec(select(Draft)).all() == []


def test_continue_without_the_pages_token_changes_nothing(app, ctx, issued):
    app.testing = False
    stranger = Browser(app)
    stranger.client.get(path_of(issued))

    answer = stranger.client.post(path_of(issued))

    assert answer.status_code == 400
    assert row(ctx, issued).started_at is None
    # Nobody who comes by a link has a start page to go to.
    assert "Open the link in your message once more. If this comes again, cookies are switched off" in answer.text
    assert "start page" not in answer.text


def test_continue_from_a_page_that_another_browser_opened_changes_nothing(browser, ctx, issued):
    scanner, phone = browser(), browser()
    scanner.get(path_of(issued))
    phone.page = scanner.page

    assert phone.post(path_of(issued), follow=False).status_code == 400
    assert row(ctx, issued).started_at is None


def test_the_second_browser_is_told_when_and_what_to_do(browser, phone, issued):
    begin(phone, issued)

    other = browser()
    page = other.get(path_of(issued))

    assert page.status_code == 409
    assert "another browser" in page.text
    assert "<form" not in page.text


def test_continue_pressed_twice_in_one_browser_goes_to_one_draft(ctx, phone, issued):
    phone.get(path_of(issued))
    opened = phone.page

    first = phone.post(path_of(issued), follow=False).headers["Location"]
    phone.page = opened
    second = phone.post(path_of(issued), follow=False).headers["Location"]

    assert first == second


def test_the_same_browser_that_opens_the_link_again_goes_on(phone, issued):
    draft_id = begin(phone, issued)

    phone.get(path_of(issued))

    assert phone.path == f"/reconnect/of/{draft_id}/settings"


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "../inboxes"])
def test_a_token_that_is_none_is_told_so(phone, token):
    page = phone.client.get(f"/reconnect/{token}")

    assert page.status_code == 404


def test_the_page_of_a_link_tells_nobody_its_address(phone, issued):
    page = phone.get(path_of(issued))

    token = path_of(issued).rsplit("/", 1)[1]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert token not in page.text


def test_the_token_is_in_no_later_page_header_log_or_row(ctx, work, phone, issued, caplog):
    caplog.set_level(logging.DEBUG)
    token = path_of(issued).rsplit("/", 1)[1]
    phone.get(path_of(issued))
    seen = [phone.post(path_of(issued), follow=False)]
    draft_id = seen[0].headers["Location"].split("/")[3]
    seen.append(phone.get(f"/reconnect/of/{draft_id}/settings"))
    seen.append(phone.post(phone.path, follow=False, loft="acme.test", password="coo"))
    work.verify(draft_id)
    seen.append(phone.get(f"/reconnect/of/{draft_id}/done"))

    for answer in seen:
        assert token not in answer.text
        assert token not in str(answer.headers)
    assert token not in caplog.text
    with ctx.store.read() as session:
        rows = [session.exec(select(table)).all() for table in (ReconnectLink, AuditEntry, Draft, Inbox)]
    assert token not in repr(rows)


def test_the_cookie_of_a_link_is_of_its_own_and_kept_from_scripts(phone, issued):
    answer = phone.client.get(path_of(issued))

    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("console-link="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert issued.url.rsplit("/", 1)[1] not in cookie


def test_with_the_cookie_of_a_link_nobody_is_signed_in_anywhere(app, ctx, phone, bob, issued, broken):
    draft_id = begin(phone, issued)
    values = {
        "inbox_id": broken,
        "draft_id": draft_id,
        "person_id": bob.id,
        "slug": "owl",
        "domain": "acme.test",
        "token": "x",
        "code": "bad-credentials",
        "filename": "console.css",
        "test_id": "x",
        "job_id": "x",
        "exception_id": 1,
        "link_id": issued.id,
    }
    opened = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(("reconnect.", "static")) or "GET" not in rule.methods:
            continue
        known = {name: values.get(name, 1 if f"int:{name}" in rule.rule else "x") for name in rule.arguments}
        address = app.url_map.bind("").build(rule.endpoint, known, method="GET")
        answer = phone.client.get(address)
        if answer.status_code == 200:
            opened.add(rule.endpoint)
        else:
            assert answer.status_code in {303, 404}, address
            assert answer.status_code == 404 or answer.headers["Location"].startswith(("/sign-in", "/consent/")), (
                address
            )

    assert opened <= {"sign_in.page", "links.welcome", "help.index", "help.show", "consent.approved"}


def test_the_pages_of_a_link_have_no_navigation_and_no_way_into_the_console(phone, issued):
    begin(phone, issued)

    inside = re.findall(r'(?:href|action)="(/[^"]*)"', phone.page.text)

    assert {address.split("/")[1] for address in inside if not address.startswith("/static/")} <= {"reconnect", "help"}
    assert "c-nav" not in phone.page.text


def test_another_browser_does_not_reach_the_draft(browser, phone, issued):
    draft_id = begin(phone, issued)

    for step in ("", "/settings", "/verify", "/done", "/away"):
        page = browser().client.get(f"/reconnect/of/{draft_id}{step}")
        assert page.status_code == 404
        assert "Open the link in your message once more" in page.text


def test_the_owner_signed_in_to_the_console_does_not_reach_it_there(window, phone, bob, issued):
    draft_id = begin(phone, issued)

    assert window(bob).get(f"/connect/{draft_id}/settings").status_code == 404


def test_the_owner_who_is_signed_in_uses_the_link_as_anybody_does(window, bob, issued):
    visitor = window(bob)

    draft_id = begin(visitor, issued)

    assert visitor.path == f"/reconnect/of/{draft_id}/settings"
    assert "c-nav" not in visitor.page.text


def test_somebody_else_who_is_signed_in_is_told_and_uses_nothing_up(ctx, window, hanne, issued):
    visitor = window(hanne)
    page = visitor.get(path_of(issued))
    assert "Hanne Holm" in page.text
    assert 'id="continue"' not in page.text

    visitor.get("/account")
    assert visitor.post(path_of(issued), follow=False).status_code == 422
    assert row(ctx, issued).started_at is None


def test_a_link_withdrawn_midway_says_so_at_the_next_step_and_stores_nothing(ctx, alice, phone, issued, broken):
    draft_id = begin(phone, issued)
    links.withdraw(ctx, alice, issued.id)

    page = phone.post(f"/reconnect/of/{draft_id}/settings", loft="acme.test", password="coo")

    assert page.status_code == 410
    assert "withdrawn" in page.text
    assert made.inbox(ctx, broken).problem == "bad-credentials"


def test_htmx_is_shown_the_end_of_a_link_in_place_of_the_step(ctx, alice, phone, issued):
    draft_id = begin(phone, issued)
    links.withdraw(ctx, alice, issued.id)

    page = phone.client.get(f"/reconnect/of/{draft_id}/verify", headers={"HX-Request": "true"})

    assert page.status_code == 200
    assert 'data-link-over="by-staff"' in page.text
    assert "<html" not in page.text


def test_an_expired_link_says_so(clock, phone, issued):
    clock.advance(hours=49)

    page = phone.get(path_of(issued))

    assert page.status_code == 410
    assert "expired" in page.text


@pytest.mark.parametrize("hours", [1, 25, 49])
def test_a_link_that_was_used_says_so_for_as_long_as_it_is_in_a_mailbox(clock, work, phone, browser, issued, hours):
    draft_id = begin(phone, issued)
    phone.post(phone.path, loft="acme.test", password="coo")
    work.verify(draft_id)
    clock.advance(hours=hours)
    work.tick()

    assert "This link was used" in browser().get(path_of(issued)).text
    own = phone.get(path_of(issued)).text
    assert "is connected again" in own or "This link was used" in own


def test_a_provider_that_is_switched_off_is_told_on_continue(ctx, alice, phone, issued):
    switches.switch_provider_off(ctx, alice, "pigeon")
    phone.get(path_of(issued))

    page = phone.post(path_of(issued))

    assert page.status_code == 422
    assert "switched off" in page.text


def test_whoever_tries_many_tokens_is_asked_to_wait(phone, issued):
    for number in range(link_visits.MOST_MISSES):
        phone.client.get(f"/reconnect/made-up-{number}")

    assert phone.client.get("/reconnect/made-up").status_code == 429
    assert phone.client.get(path_of(issued)).status_code == 200


@pytest.fixture
def away(ctx, alice, bob):
    """Bob's inbox at the tower, which wants him again, and a link for it."""
    owls.set_up(ctx, alice)
    inbox_id = owls.make(ctx, bob, "bob@acme.test", health="needs-sign-in", problem="oauth-grant-revoked")[0]
    return inbox_id, links.issue(ctx, alice, inbox_id)


def leave(visitor, draft_id):
    """Leave for the tower; return the state."""
    answer = visitor.client.get(f"/reconnect/of/{draft_id}/away")
    return re.search(r"state=([^&]+)", answer.headers["Location"])[1]


def back(visitor, state, code="bob@acme.test|see carry"):
    visitor.page = visitor.client.get("/consent/owl", query_string={"state": state, "code": code})
    return visitor.page


def test_who_leaves_for_the_provider_comes_back_to_the_link(ctx, work, alice, phone, away):
    inbox_id, issued = away
    draft_id = begin(phone, issued)
    state = leave(phone, draft_id)
    assert links.of_inbox(ctx, alice, inbox_id).state == "away"

    answer = back(phone, state)
    assert answer.headers["Location"] == f"/reconnect/of/{draft_id}"
    assert links.of_inbox(ctx, alice, inbox_id).state == "back"

    work.verify(draft_id)
    phone.get(f"/reconnect/of/{draft_id}")
    assert phone.path == f"/reconnect/of/{draft_id}/done"
    assert links.of_inbox(ctx, alice, inbox_id).state == "connected"


def test_who_does_not_come_back_in_ten_minutes_is_told_to_staff(ctx, clock, alice, window, phone, away):
    inbox_id, issued = away
    leave(phone, begin(phone, issued))
    visitor = window(alice)
    assert "is signing in at the tower" in visitor.get(f"/inboxes/{inbox_id}").text
    seen = re.search(r"seen=([^&]+)&amp;turn|seen=([^&\"]+)", visitor.page.text)

    clock.advance(minutes=10)

    page = visitor.get(f"/inboxes/{inbox_id}").text
    assert "left for the tower and has not come back" in page
    assert seen[0] not in page


def test_another_account_at_the_provider_is_refused_and_the_link_goes_on(ctx, work, alice, phone, away, owl):
    inbox_id, issued = away
    draft_id = begin(phone, issued)
    state = leave(phone, draft_id)
    owl.challenges["eve@acme.test"] = owl.challenges["bob@acme.test"]
    back(phone, state, "eve@acme.test|see carry")
    work.verify(draft_id)

    page = phone.get(f"/reconnect/of/{draft_id}")
    assert "bob@acme.test" in page.text
    found = links.of_inbox(ctx, alice, inbox_id)
    assert (found.state, found.problem) == ("failed", "oauth-wrong-account")
    assert owls.secret(ctx, inbox_id)["refresh_token"] == "token 0 of bob@acme.test"

    back(phone, leave(phone, draft_id))
    work.verify(draft_id)
    assert links.of_inbox(ctx, alice, inbox_id).state == "connected"


def test_who_comes_back_in_another_browser_is_told_and_nothing_is_stored(browser, ctx, phone, away):
    _, issued = away
    draft_id = begin(phone, issued)
    state = leave(phone, draft_id)

    page = back(browser(), state)

    assert page.status_code == 409
    assert "another browser" in page.text
    assert made.draft(ctx, draft_id).sealed is None


def test_who_comes_back_after_the_link_was_withdrawn_is_told_so(ctx, alice, phone, away):
    _, issued = away
    draft_id = begin(phone, issued)
    state = leave(phone, draft_id)
    links.withdraw(ctx, alice, issued.id)

    page = phone.get(back(phone, state).headers["Location"])

    assert page.status_code == 410
    assert "withdrawn" in page.text


def test_a_connect_link_goes_from_the_address_to_the_end(ctx, work, alice, bob, phone):
    issued = links.issue_connect(ctx, alice, bob.id, "bob@hill.test")
    draft_id = begin(phone, issued)
    assert phone.path == f"/reconnect/of/{draft_id}/address"
    assert 'name="address"' not in phone.page.text
    work.discover(made.draft(ctx, draft_id).discovery_id)
    phone.get(phone.path)

    phone.post(f"/reconnect/of/{draft_id}/address", provider="pigeon", address="else@hill.test")
    assert phone.path == f"/reconnect/of/{draft_id}/expect"
    phone.post(phone.path)
    phone.post(phone.path, loft="hill.test", password="coo", confirmed="hill.test")
    work.verify(draft_id)
    phone.get(f"/reconnect/of/{draft_id}")
    assert phone.path == f"/reconnect/of/{draft_id}/done"
    page = phone.post(phone.path)

    assert "You can close this page" in page.text
    with ctx.store.read() as session:
        assert [one.address for one in session.exec(select(Inbox))] == ["bob@hill.test"]


def test_a_head_of_a_browser_that_opened_the_link_presses_nothing(ctx, phone, issued):
    phone.get(path_of(issued))

    answer = phone.client.head(path_of(issued))

    assert (answer.status_code, answer.data) == (200, b"")
    assert row(ctx, issued).started_at is None
