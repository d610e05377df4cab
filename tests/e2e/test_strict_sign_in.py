"""The console's sign-in at a certified OpenID provider that is strict: PKCE enforced, a refresh token good for once."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from tests.e2e.elsewhere import at_strict
from tests.peers.fixtures import leave_out
from tests.peers.processes import Missing

pytestmark = pytest.mark.oauth
REDEEM = {"grant_type": "authorization_code"}


@pytest.fixture(scope="module")
def strict(peers_run, start_console):
    with ExitStack() as stack:
        try:
            served = stack.enter_context(at_strict(peers_run, start_console))
        except Missing as reason:
            leave_out(str(reason))
        yield served


def test_somebody_connects_with_a_challenge_a_nonce_and_a_state(strict, signed_in):
    page = signed_in(strict.console)

    inbox_id = strict.connect(page, "alice@strict.test")

    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    (asked,) = strict.front.passed("/auth")
    assert asked.asked["code_challenge_method"] == "S256"
    assert min(len(asked.asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    (redeemed,) = strict.front.passed(strict.token, **REDEEM)
    assert (redeemed.status, len(redeemed.asked["code_verifier"])) == (200, 43)
    assert strict.inbox(inbox_id).address == "alice@strict.test"
    assert strict.leaks() == []


def test_each_renewal_uses_the_token_that_the_last_one_brought(strict, signed_in):
    page = signed_in(strict.console)
    inbox_id = strict.connect(page, "bob@strict.test")
    tokens = [strict.kept(inbox_id)["refresh_token"]]

    for _ in range(3):
        strict.test_now(page, inbox_id, "healthy")
        tokens.append(strict.kept(inbox_id)["refresh_token"])

    renewals = strict.renewals(tokens[0])
    assert [(one.status, one.asked["refresh_token"]) for one in renewals] == [(200, token) for token in tokens[:3]]
    assert len(set(tokens)) == 4


def test_a_renewal_whose_answer_was_lost_is_tried_once_more_told_as_interrupted_and_mended(strict, signed_in):
    page = signed_in(strict.console)
    inbox_id = strict.connect(page, "hanne@strict.test")
    token = strict.kept(inbox_id)["refresh_token"]
    strict.front.lose(strict.token)
    strict.test_now(page, inbox_id, "degraded")

    strict.test_now(page, inbox_id, "needs-sign-in")

    # The provider takes a token once, and ends the whole permission when it sees it again.
    assert [one.status for one in strict.front.passed(strict.token, refresh_token=token)] == [200, 400]
    card = page.locator("[data-problem-card=oauth-renewal-lost]")
    expect(card).to_contain_text("Renewal was interrupted")
    assert strict.inbox(inbox_id).next_check is None
    card.get_by_role("button", name="Reconnect at Microsoft").click()
    strict.leave(page)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/done")
    assert strict.inbox(inbox_id).health == "healthy"


@pytest.mark.parametrize(
    ("address", "path", "altered", "answer"),
    [
        # The provider refuses the one itself; of the other it knows nothing, and the console refuses the ID token.
        ("charlie@strict.test", "/token", {"code_verifier": "w" * 43}, 400),
        ("dorte@strict.test", "/auth", {"nonce": "of-another-sign-in"}, 200),
    ],
    ids=["verifier", "nonce"],
)
def test_a_code_that_does_not_belong_to_this_sign_in_connects_nothing_and_the_next_try_does(
    strict, signed_in, address, path, altered, answer
):
    page = signed_in(strict.console)
    wizard = strict.to_the_door(page, address)
    strict.front.change(path, lambda values: values.update(altered))

    strict.sign_in(page, address)

    expect(wizard.stopped("consent")).to_contain_text("Sign-in step ran out")
    assert strict.front.passed(strict.token, **REDEEM)[-1].status == answer
    assert strict.inboxes(address) == []
    strict.leave(page)
    page.get_by_role("button", name="Continue").click()
    wizard.connected()
    assert len(strict.inboxes(address)) == 1
