"""One markup, two wrappers: htmx gets the fragment, everybody else the page; a POST ends in 303 or 422, a GET writes
nothing.
"""

import re

import pytest
from sqlmodel import SQLModel, select

from console.services import drafts, signing_in
from tests import placed
from tests.owl import OwlFamily
from tests.pages.test_access import Cast, routes
from tests.pigeon import PigeonFamily

HTMX = {"HX-Request": "true"}


@pytest.fixture
def families():
    return (PigeonFamily(), OwlFamily())


@pytest.fixture
def steps(ctx, bob):
    """The address of a draft of Bob's that waits at each step of the wizard."""

    def draft(address=True, accepted=True):
        draft_id = drafts.start(ctx, bob)
        if address:
            drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "pigeon")
        if accepted:
            drafts.accept_disclosure(ctx, bob, draft_id)
        return draft_id

    def verifying():
        draft_id = draft()
        drafts.set_settings(ctx, bob, draft_id, {"loft": "hill", "password": "coo"})
        return draft_id

    return {
        "start": "/connect",
        "address": f"/connect/{draft(address=False, accepted=False)}/address",
        "expect": f"/connect/{draft(accepted=False)}/expect",
        "settings": f"/connect/{draft()}/settings",
        "verify": f"/connect/{verifying()}/verify",
    }


STEPS = ("start", "address", "expect", "settings", "verify")


@pytest.fixture
def panels(ctx, alice, bob, steps):
    """Addresses that answer with a fragment or with a page, by name, for Alice or Bob."""
    inbox_id = placed.inbox(ctx, bob, "other@acme.test")
    return {
        "list": ("/inboxes?q=acme", alice),
        "inbox": (f"/inboxes/{inbox_id}", bob),
        "my inboxes": ("/me", bob),
        "question before disabling": (f"/inboxes/{inbox_id}/disable", bob),
        "question before removing": (f"/inboxes/{inbox_id}/remove", bob),
        "question before deactivating": (f"/users/{bob.id}/deactivate", alice),
        "question before switching off": ("/integrations/pigeon/off", alice),
        "integrations": ("/integrations", alice),
        **{name: (address, bob) for name, address in steps.items()},
    }


PANELS = (
    "list",
    "inbox",
    "my inboxes",
    "question before disabling",
    "question before removing",
    "question before deactivating",
    "question before switching off",
    "integrations",
    *STEPS,
)


def whole(answer):
    return "<!doctype html>" in answer.text


@pytest.mark.parametrize("name", PANELS)
def test_htmx_gets_the_fragment_and_a_plain_browser_the_page(panels, window, name):
    address, actor = panels[name]
    client = window(actor).client

    fragment, page = client.get(address, headers=HTMX), client.get(address)

    assert (fragment.status_code, page.status_code) == (200, 200)
    assert (whole(fragment), whole(page)) == (False, True)


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
@pytest.mark.parametrize("name", PANELS)
def test_a_boosted_or_restored_page_is_whole(panels, window, name, header):
    address, actor = panels[name]

    answer = window(actor).client.get(address, headers={**HTMX, header: "true"})

    assert whole(answer)


@pytest.mark.parametrize("name", PANELS)
def test_the_answer_says_that_it_depends_on_who_asks(panels, window, name):
    address, actor = panels[name]

    answer = window(actor).client.get(address)

    assert {"HX-Request", "HX-Boosted", "HX-History-Restore-Request"} <= set(answer.vary.as_set(preserve_casing=True))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_the_wizard_puts_its_own_address_into_the_address_bar(steps, window, bob, step):
    answer = window(bob).client.get(steps[step], headers=HTMX)

    assert answer.headers["HX-Replace-Url"] == steps[step]


@pytest.mark.parametrize("headers", [{}, {**HTMX, "HX-Boosted": "true"}])
def test_a_whole_step_leaves_the_address_bar_alone(steps, window, bob, headers):
    answer = window(bob).client.get(steps["address"], headers=headers)

    assert "HX-Replace-Url" not in answer.headers


def test_a_question_in_the_dialog_leaves_the_address_bar_alone(panels, window):
    address, actor = panels["question before disabling"]

    assert "HX-Replace-Url" not in window(actor).client.get(address, headers=HTMX).headers


def test_a_refused_step_leaves_the_address_bar_alone(steps, window, bob):
    visitor = window(bob)
    visitor.get(steps["address"])

    answer = visitor.post(steps["address"], address="nonsense", headers=HTMX)

    assert (answer.status_code, whole(answer), "HX-Replace-Url" in answer.headers) == (422, False, False)


def test_a_refused_step_is_a_whole_page_for_a_plain_browser(steps, window, bob):
    visitor = window(bob)
    visitor.get(steps["address"])

    answer = visitor.post(steps["address"], address="nonsense")

    assert (answer.status_code, whole(answer)) == (422, True)


def test_the_step_after_a_post_by_htmx_comes_as_a_fragment_with_its_address(steps, window, bob):
    visitor = window(bob)
    visitor.get(steps["address"])

    visitor.post(steps["address"], address="bob@acme.test")
    answer = visitor.post(steps["address"], address="bob@acme.test", provider="pigeon", headers=HTMX)

    assert not whole(answer)
    assert answer.headers["HX-Replace-Url"] == steps["address"].replace("/address", "/expect")


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("filled", [False, True])
def test_every_post_ends_in_303_or_422(app, ctx, window, alice, headers, filled):
    fields = {
        "address": "alice@acme.test",
        "email": "new@acme.test",
        "name": "New",
        "role": "member",
        "loft": "hill",
        "password": "coo",
        "why": "spring",
        "uses": "me",
    }
    cast, answered = Cast(ctx, alice, alice, "admin"), {}

    for name, rule in sorted(routes(app).items()):
        if not name.startswith("POST") or name.startswith(("POST /set-up", "POST /account", "POST /sign-out")):
            continue
        # A made-up link or an address that nothing came back from is not there at all; their own tests have real ones.
        if name.startswith(("POST /reconnect", "POST /notices/addresses")):
            continue
        visitor = window(alice)
        address = app.url_map.bind("").build(rule.endpoint, cast.values(rule), method="POST")
        if rule.endpoint == "me.disclosure":
            address = f"/me/inboxes/{placed.inbox(ctx, alice)}/disclosure"
        visitor.get("/account")
        answered[name] = visitor.post(address, follow=False, headers=headers, **(fields if filled else {})).status_code

    assert len(answered) > 20
    assert {name: status for name, status in answered.items() if status not in {303, 422}} == {}


def test_a_page_without_a_fragment_is_whole_for_htmx_too(window, bob):
    assert whole(window(bob).client.get("/account", headers=HTMX))


def content(ctx):
    """Return every row of every table, but how often somebody tried a link that does not exist: that is counted."""
    with ctx.store.read() as session:
        return {
            name: [row for row in sorted(map(repr, session.exec(select(table)).all())) if "'link:" not in row]
            for name, table in SQLModel.metadata.tables.items()
        }


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_no_get_writes_to_the_database(app, ctx, window, alice, bob, steps, headers):
    cast = Cast(ctx, alice, alice, "admin")
    addresses = [
        app.url_map.bind("").build(rule.endpoint, cast.values(rule), method="GET")
        for name, rule in routes(app).items()
        # To leave for a provider, and to come back from there, are links by nature; both are held to it elsewhere.
        if name.startswith("GET") and rule.endpoint not in {"consent.leave", "consent.back"}
    ]
    addresses += [signing_in.print_set_up_link(ctx) or "/set-up/none"]
    visitors = {alice: addresses, bob: steps.values()}
    before = content(ctx)

    for actor, paths in visitors.items():
        for path in paths:
            with window(actor).client.get(path, headers=headers, follow_redirects=True):
                pass

    assert content(ctx) == before


def test_no_head_writes_to_the_database(app, ctx, window, alice, bob, steps):
    cast = Cast(ctx, alice, alice, "admin")
    addresses = [
        app.url_map.bind("").build(rule.endpoint, cast.values(rule), method="GET")
        for name, rule in routes(app).items()
        if name.startswith("GET") and rule.endpoint not in {"consent.leave", "consent.back"}
    ]
    addresses.append(f"/inboxes/{placed.inbox(ctx, bob, problem='bad-credentials')}/link")
    before = content(ctx)

    for actor, paths in {alice: addresses, bob: steps.values()}.items():
        for path in paths:
            assert window(actor).client.head(path).data == b""

    assert content(ctx) == before


def test_a_notice_is_shown_once(ctx, window, bob):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}/disable")

    first, second = visitor.post(f"/inboxes/{inbox_id}/disable"), visitor.get(f"/inboxes/{inbox_id}")

    sentence = "bob@acme.test is disabled. Nothing is checked, sent or read."
    assert (sentence in first.text, sentence in second.text) == (True, False)


def test_a_notice_offers_the_way_back(ctx, window, bob):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}/disable")
    page = visitor.post(f"/inboxes/{inbox_id}/disable").text

    undo = re.search(r'id="notice".*?action="([^"]+)"', page, re.DOTALL)[1]
    visitor.post(undo)

    assert visitor.attributes("data-switch") == ["on"]


def test_a_fragment_brings_its_notice_along(ctx, window, bob):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}/disable")

    answer = visitor.post(f"/inboxes/{inbox_id}/disable", headers=HTMX)

    assert not whole(answer)
    assert re.search(r'id="notice"[^>]* hx-swap-oob="true"', answer.text)
    assert "bob@acme.test is disabled" in answer.text


def test_a_fragment_that_is_polled_for_after_its_thing_is_gone_has_the_page_loaded_anew(ctx, window, bob):
    inbox_id = placed.inbox(ctx, bob, removed_at=ctx.clock())
    here = f"/inboxes/{inbox_id}"

    answer = window(bob).client.get(here, headers={**HTMX, "HX-Current-URL": f"http://localhost{here}"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (404, here)
