"""Connecting a mailbox whose owner signs in at the provider: there and back, and what goes wrong."""

import html
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from console.services import drafts, switches
from console.store.models import Inbox
from tests.owl import OwlFamily
from tests.pages import tower
from tests.pages.tower import Way


@pytest.fixture
def owls():
    return OwlFamily()


@pytest.fixture
def families(owls):
    return (owls,)


@pytest.fixture
def way(window, work, ctx, alice, bob):
    """Bob's way, with an app that an admin has set up."""
    tower.set_up(ctx, alice)
    return Way(window(bob), work)


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(page.text)))


# Before leaving.


def test_what_to_expect_links_to_the_page_where_the_permission_is_withdrawn(owls, way):
    owls.disclosure = replace(owls.disclosure, withdraw_url="https://tower.test/mine")
    way.begin()

    page = way.visitor.get(f"/connect/{way.draft_id}/expect").text

    link = 'href="https://tower.test/mine" target="_blank" rel="noopener noreferrer">Withdraw access at the tower'
    assert link in page


def test_step_four_says_where_one_signs_in_and_asks_for_no_password(way):
    page = way.begin().visitor.page

    assert way.visitor.path == f"/connect/{way.draft_id}/settings"
    assert "Continue at the tower" in page.text
    assert 'type="password"' not in page.text


def test_every_permission_stands_with_its_reason(way):
    page = way.begin().visitor.page

    assert re.search(r"To see the owl\. To carry letters\. If there are boxes to tick, tick them all", text(page))


def test_all_that_may_happen_is_said_before_leaving(way):
    page = way.begin().visitor.page

    before = text(page).partition("Continue at the tower")[2]
    assert "Choose bob@acme.test there. If another account signs in, nothing is connected." in before
    assert "shows on a page of its own, without sending you back" in before
    assert "It waits until 24 Nov 09:12" in before
    assert "Most towers ask their keeper." in before


def test_each_page_from_which_nobody_comes_back_has_its_problem_who_acts_and_the_way_on(way):
    page = way.begin().visitor.page

    assert way.visitor.attributes("data-dead-end") == ["oauth-org-policy-blocked", "oauth-provider-outage"]
    assert re.search(
        r"the tower showed an error\? Choose which The gate is shut Blocked by company rules .* Who must act Mail admin"
        r" .* Page to send to IT Try again Choose another way to connect",
        text(page),
    )


def test_a_page_that_did_not_load_is_no_reason_to_wait_for_us(way):
    page = way.begin().visitor.page

    assert re.search(r"No owl is at home .* Who must act Nobody Next step Wait a few minutes", text(page))


def test_one_leaves_by_a_link_because_browsers_hold_forms_to_their_policy(way):
    page = way.begin().visitor.page

    assert f'<a class="btn c-primary c-large" id="leave" href="/consent/of/{way.draft_id}"' in page.text


def test_leaving_goes_to_the_provider_with_a_state_and_the_address_as_a_hint(way):
    answer = way.begin().leave()

    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://tower.test/ask?")
    assert (asked["hint"], asked["client"]) == (["bob@acme.test"], ["tower"])
    assert asked["back"] == ["http://127.0.0.1:8000/consent/owl"]
    assert len(way.state) >= 43


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Purpose": "prefetch;prerender"}],
)
def test_nobody_is_sent_who_did_not_press_the_link(way, headers):
    way.begin()

    answer = way.visitor.client.get(f"/consent/of/{way.draft_id}", headers=headers)

    assert answer.headers["Location"] == f"/connect/{way.draft_id}/settings"


@pytest.mark.parametrize(
    ("referer", "leads"),
    [
        ("http://127.0.0.1:8000/connect/x/settings", "https://tower.test/ask?"),
        ("", "https://tower.test/ask?"),
        ("http://[", "https://tower.test/ask?"),
        ("http://localhost:8000/connect/x/settings", "/connect/"),
        ("https://127.0.0.1:8000/connect/x/settings", "/connect/"),
    ],
)
def test_nobody_leaves_from_an_address_that_the_provider_does_not_lead_back_to(way, referer, leads):
    way.begin()

    answer = way.visitor.client.get(f"/consent/of/{way.draft_id}", headers={"Referer": referer})

    assert answer.headers["Location"].startswith(leads)
    if leads == "/connect/":
        assert (
            "You would be led back to http://127.0.0.1:8000. Open the console there"
            in way.visitor.get(answer.headers["Location"]).text
        )


# There and back.


def test_after_the_sign_in_the_inbox_is_connected(way):
    way.connect()

    assert way.visitor.path.endswith("/done")
    assert "Your Owl post inbox is now connected" in way.visitor.page.text
    assert way.visitor.attributes("data-health") == ["healthy"]


def test_the_last_step_shows_the_aliases_that_were_found(way):
    way.connect()

    assert way.visitor.attributes("data-alias") == ["owl+bob@acme.test"]


def test_the_ladder_shows_the_permission_as_its_first_stage(way):
    way.connect()

    way.visitor.get(f"/connect/{way.draft_id}/verify?stay=1")

    assert way.visitor.stages() == {
        "consent": "passed", "sign-in": "passed", "open-inbox": "passed", "aliases": "passed",
    }  # fmt: skip


def test_coming_back_a_worker_goes_on_and_the_page_waits(way):
    way.begin()
    way.leave()

    way.back(run=False, code="bob@acme.test")

    assert way.visitor.path == f"/connect/{way.draft_id}/verify"
    assert way.visitor.attributes("data-run") == ["running"]


# What goes wrong there.


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"error": "access_denied"}, "oauth-user-declined"),
        ({"code": "bob@acme.test|see"}, "oauth-scope-missing"),
        ({"code": "eve@acme.test"}, "oauth-code-invalid"),
    ],
)
def test_what_goes_wrong_is_told_with_the_way_on(way, ctx, bob, answer, problem):
    way.begin()
    way.leave()

    page = way.back(**answer) and way.visitor.page

    assert way.visitor.path == f"/connect/{way.draft_id}/verify"
    assert way.visitor.stages()["consent"] == "failed"
    assert re.search(r"What happened .* Who must act .* Next step .* Continue at the tower", text(page))
    assert f'href="/connect/{way.draft_id}/address">Another way to connect' in page.text
    assert drafts.get(ctx, bob, way.draft_id).problem == problem


def test_another_account_is_named_and_nothing_is_connected(way, ctx, owls):
    way.begin()
    way.leave()
    owls.challenges["eve@acme.test"] = owls.challenges["bob@acme.test"]

    way.back(code="eve@acme.test|see carry")

    assert "eve@acme.test signed in, but bob@acme.test was to be connected" in way.visitor.page.text
    assert "Another account signed in" in way.visitor.page.text
    with ctx.store.read() as session:
        assert session.get(Inbox, 1) is None


WAYS = re.compile(r"Continue at the tower|Check again|Page to send to IT|Another way to connect")


def ways(page):
    """Return the ways on that the ladder offers, the best first."""
    return WAYS.findall(text(page).partition("Next step")[2])


@pytest.mark.parametrize("problem", ["mailbox-on-premises", "unsupported-shared-mailbox", "unsupported-cloud"])
def test_what_no_try_can_mend_leads_to_another_way(way, owls, problem):
    owls.loft = problem

    way.connect()

    assert ways(way.visitor.page) == ["Another way to connect", "Continue at the tower"]


@pytest.mark.parametrize("place", ["gate", "loft"])
def test_what_an_administrator_has_to_allow_goes_to_it_first(way, owls, place):
    setattr(owls, place, "oauth-org-policy-blocked")

    way.connect()

    assert ways(way.visitor.page) == ["Page to send to IT", "Continue at the tower", "Another way to connect"]


def test_a_mailbox_that_somebody_may_open_up_is_tried_again_with_the_permission_there_is(way, owls):
    owls.loft = "permission-denied"
    way.connect()
    assert ways(way.visitor.page) == ["Check again", "Continue at the tower", "Another way to connect"]

    owls.loft = ""
    way.visitor.post(f"/connect/{way.draft_id}/again")
    way.work.verify(way.draft_id)
    way.visitor.get(f"/connect/{way.draft_id}/verify")

    assert way.visitor.path.endswith("/done")


def test_after_an_outage_at_the_sign_in_a_fresh_one_comes_first_as_the_code_may_be_spent(way, owls):
    owls.gate = "oauth-provider-outage"

    way.connect()

    assert ways(way.visitor.page) == ["Continue at the tower", "Check again", "Another way to connect"]


def test_in_the_wizard_nobody_is_promised_another_try(way, owls):
    owls.gate = "oauth-provider-outage"

    way.connect()

    assert re.search(r"Who must act Nobody Next step Wait a few minutes, then go on here\.", text(way.visitor.page))


def test_a_permission_that_was_wiped_meanwhile_asks_for_a_sign_in_and_for_no_password(way, owls, clock):
    owls.loft = "permission-denied"
    way.connect()
    clock.advance(minutes=16)

    way.visitor.post(f"/connect/{way.draft_id}/again")

    assert "Sign in at the tower once more; what came back from there is kept for 15 minutes only." in text(
        way.visitor.page
    )


def test_permissions_that_were_not_given_stand_with_their_reasons(way):
    way.begin()
    way.leave()

    way.back(code="bob@acme.test|see")

    assert "Not given: To carry letters." in text(way.visitor.page)


def test_after_a_failure_one_tries_again_and_is_connected(way):
    way.begin()
    way.leave()
    way.back(error="access_denied")

    way.leave()
    way.back(code="bob@acme.test")

    assert way.visitor.path.endswith("/done")


def test_whoever_never_came_back_finds_what_they_began_and_what_the_page_may_have_shown(way, clock):
    way.begin()
    way.leave()
    clock.advance(minutes=3)

    way.visitor.get("/me")
    assert "bob@acme.test is not connected yet." in way.visitor.page.text
    page = way.visitor.get(re.search(r'data-waiting.*?<a href="([^"]+)"', way.visitor.page.text, re.DOTALL)[1])

    assert way.visitor.path == f"/connect/{way.draft_id}/settings"
    told = text(page)
    assert "You left for the tower 3 min ago and have not come back. Nothing is stored." in told
    assert told.index("Choose which") < told.rindex("Continue at the tower") < told.index("Before you leave")


# No app, a switch, trouble.


def test_without_an_app_members_are_told_that_an_admin_has_to_set_it_up(window, work, bob, alice):
    page = Way(window(bob), work).begin().visitor.page

    assert "An admin has to set up Owl post first" in page.text
    assert "/consent/of/" not in page.text
    assert 'href="/integrations/owl"' not in page.text


def test_without_an_app_admins_get_the_link(window, work, alice):
    page = Way(window(alice), work).begin("alice@acme.test").visitor.page

    assert 'href="/integrations/owl">Open Integrations' in page.text


def test_leaving_without_an_app_comes_back_to_the_step_with_the_sentence(window, work, bob):
    way = Way(window(bob), work).begin()

    page = way.visitor.get(f"/consent/of/{way.draft_id}")

    assert way.visitor.path == f"/connect/{way.draft_id}/settings"
    assert "An account admin has to set up Owl post first, under Integrations." in page.text


def test_switched_off_meanwhile_nobody_is_sent(way, ctx, alice):
    way.begin()
    switches.switch_provider_off(ctx, alice, "owl")

    page = way.visitor.get(f"/consent/of/{way.draft_id}")

    assert "Owl post is switched off by Alice Andersen." in page.text


# Reconnecting.


def test_reconnect_leads_straight_to_the_provider_and_keeps_the_inbox(way, ctx):
    way.connect()
    with ctx.store.read() as session:
        before = session.get_one(Inbox, 1)

    way.reconnect(1)
    assert way.visitor.path == f"/connect/{way.draft_id}/settings"
    assert "Choose another way to connect" not in way.visitor.page.text
    way.leave()
    way.back(code="bob@acme.test")

    assert "bob@acme.test is connected again" in way.visitor.page.text
    with ctx.store.read() as session:
        after = session.get_one(Inbox, 1)
    assert (after.id, after.connected_at, after.settings) == (before.id, before.connected_at, before.settings)


def test_reconnect_refuses_another_mailbox(way, owls):
    way.connect()
    way.reconnect(1)
    way.leave()
    owls.challenges["eve@acme.test"] = owls.challenges["bob@acme.test"]

    way.back(code="eve@acme.test|see carry")

    assert "Another account signed in" in way.visitor.page.text
    way.visitor.get("/inboxes/1")
    assert way.visitor.attributes("data-health") == ["healthy"]
