"""Gmail through a Google that others wrote: npm's emulate asks for consent, hands out tokens and keeps the mail."""

import pytest
import requests
from playwright.sync_api import expect

from console.providers.gmail import READ, SEND
from tests.peers.emulate import CANARY
from tests.services import made

pytestmark = pytest.mark.oauth


@pytest.fixture
def gmail(emulated):
    return emulated[0]


def test_somebody_connects_and_every_permission_is_given(gmail, signed_in):
    page = signed_in(gmail.console)

    gmail.walk_to_the_door(page, "alice@acme.test")
    gmail.sign_in(page, "alice@acme.test")
    inbox_id = gmail.arrived(page, "alice@acme.test")

    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    given = [one.get_attribute("data-permission") for one in page.locator("[data-given=yes]").all()]
    assert given == ["openid", "email", SEND, READ]
    assert gmail.front.count(gmail.token, grant_type="authorization_code") == 1
    assert CANARY not in page.content()
    assert gmail.leaks() == []
    assert gmail.inbox(inbox_id).subject


def test_a_permission_withdrawn_there_is_noticed_by_the_sweep_and_a_reconnect_keeps_the_inbox(gmail, signed_in):
    page = signed_in(gmail.console)
    inbox_id = gmail.connect(page, "bob@acme.test")
    made.change(gmail.console.ctx, inbox_id, automation=True)
    before, history = gmail.inbox(inbox_id), made.history(gmail.console.ctx, inbox_id)
    token = gmail.kept(inbox_id)["refresh_token"]
    requests.post(f"{gmail.front.url}/oauth2/revoke", data={"token": token}, timeout=10)
    gmail.front.run_out()

    ended = gmail.falls_to(inbox_id, "needs-sign-in")

    assert (ended.problem, ended.next_check) == ("oauth-grant-revoked", None)
    assert len(gmail.renewals(token)) == 1
    gmail.open(page, inbox_id)
    card = page.locator("[data-problem-card=oauth-grant-revoked]")
    expect(card).to_contain_text("The refresh token is invalid.")
    card.get_by_role("button", name="Reconnect at Google").click()
    gmail.sign_in(page, "bob@acme.test")
    page.wait_for_url("**/done")

    gmail.open(page, inbox_id)
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    expect(page.get_by_text("Reconnected", exact=True)).to_be_visible()
    (after,) = gmail.inboxes("bob@acme.test")
    kept = [(one.id, one.connected_at, one.settings, one.automation, one.subject) for one in (before, after)]
    assert kept[0] == kept[1]
    assert {one.id for one in history} < {one.id for one in made.history(gmail.console.ctx, inbox_id)}


def test_another_account_is_refused_with_both_names_and_the_right_one_connects_after_that(gmail, signed_in):
    page = signed_in(gmail.console)
    wizard = gmail.to_the_door(page, "hanne@acme.test")

    gmail.sign_in(page, "charlie@acme.test")

    stage = wizard.stopped("consent")
    expect(stage).to_contain_text("Another account signed in")
    expect(stage).to_contain_text("charlie@acme.test signed in, but hanne@acme.test was to be connected")
    assert gmail.inboxes("hanne@acme.test") == gmail.inboxes("charlie@acme.test") == []
    gmail.sign_in(page, "hanne@acme.test")
    wizard.connected()
    assert len(gmail.inboxes("hanne@acme.test")) == 1


def test_another_account_cannot_take_the_place_of_the_one_that_is_reconnected(gmail, signed_in):
    page = signed_in(gmail.console)
    inbox_id = gmail.connect(page, "dorte@acme.test")
    before = gmail.inbox(inbox_id), gmail.kept(inbox_id)
    page.locator("summary", has_text="More actions").click()
    page.get_by_role("button", name="Reconnect").click()

    gmail.sign_in(page, "charlie@acme.test")

    stage = page.locator("[data-stage=consent]")
    expect(stage).to_contain_text("charlie@acme.test signed in, but dorte@acme.test was to be connected")
    assert (gmail.inbox(inbox_id), gmail.kept(inbox_id)) == before
    assert gmail.inboxes("charlie@acme.test") == []
    gmail.sign_in(page, "dorte@acme.test")
    page.wait_for_url("**/done")
    assert gmail.kept(inbox_id)["refresh_token"] != before[1]["refresh_token"]
