"""Microsoft 365 through npm's emulate, whose refresh tokens rotate: the sign-in is its own, the mail is the lab's."""

import pytest
import requests
from playwright.sync_api import expect

from console.providers.microsoft import MicrosoftFamily
from tests.peers.emulate import CANARY, MICROSOFT_APP

pytestmark = pytest.mark.oauth


@pytest.fixture
def microsoft(emulated):
    return emulated[1]


def test_somebody_connects_and_every_permission_is_given(microsoft, signed_in):
    page = signed_in(microsoft.console)

    inbox_id = microsoft.connect(page, "alice@contoso.test")

    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    given = [one.get_attribute("data-permission") for one in page.locator("[data-given=yes]").all()]
    assert given == [scope.name for scope in MicrosoftFamily.scopes]
    assert CANARY not in page.content()
    assert microsoft.leaks() == []
    (redeemed,) = microsoft.front.passed(microsoft.token, grant_type="authorization_code")
    assert microsoft.kept(inbox_id)["refresh_token"] == redeemed.answer["refresh_token"]


def test_an_access_that_ran_out_is_renewed_with_the_token_that_the_last_renewal_brought(microsoft, signed_in):
    page = signed_in(microsoft.console)
    inbox_id = microsoft.connect(page, "bob@contoso.test")
    tokens = [microsoft.kept(inbox_id)["refresh_token"]]
    microsoft.test_now(page, inbox_id, "healthy")
    assert microsoft.renewals(tokens[0]) == []

    for _ in range(3):
        microsoft.front.run_out()
        microsoft.test_now(page, inbox_id, "healthy")
        tokens.append(microsoft.kept(inbox_id)["refresh_token"])

    renewals = microsoft.renewals(tokens[0])
    assert [(one.status, one.asked["refresh_token"]) for one in renewals] == [(200, token) for token in tokens[:3]]
    assert [one.answer["refresh_token"] for one in renewals] == tokens[1:]
    assert len(set(tokens)) == 4


def test_a_reconnect_mends_an_inbox_whose_token_somebody_else_used(microsoft, emulate, signed_in):
    page = signed_in(microsoft.console)
    inbox_id = microsoft.connect(page, "dorte@contoso.test")
    token = microsoft.kept(inbox_id)["refresh_token"]
    app = {"client_id": MICROSOFT_APP[0], "client_secret": MICROSOFT_APP[1]}
    used = {"grant_type": "refresh_token", "refresh_token": token, **app}
    requests.post(f"{emulate.microsoft}{microsoft.token}", data=used, timeout=10).raise_for_status()
    microsoft.front.run_out()

    microsoft.test_now(page, inbox_id, "needs-sign-in")

    page.locator("[data-problem-card=oauth-grant-revoked]").get_by_role("button", name="Reconnect at Microsoft").click()
    microsoft.sign_in(page, "dorte@contoso.test")
    page.wait_for_url("**/done")
    assert [one.status for one in microsoft.renewals(token)] == [400]
    assert microsoft.inbox(inbox_id).health == "healthy"
    assert microsoft.kept(inbox_id)["refresh_token"] != token
