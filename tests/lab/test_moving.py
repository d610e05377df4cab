"""From the company's own Exchange to Microsoft 365 at the practice lab: one inbox, both servers over sockets."""

from datetime import UTC, datetime

import pytest

from console.lab.exchange_place import PASSWORD
from console.services import checks, credentials, discoveries, drafts, inbox, moving, verification
from tests.services import made, practice

ALICE = "alice@corp.test"


@pytest.fixture
def settings(lab):
    return practice.settings_at(lab)


@pytest.fixture
def families():
    return None


@pytest.fixture(autouse=True)
def _now(clock):
    clock.now = datetime.now(UTC)


@pytest.fixture
def exchange(ctx, lab, bob):
    """Bob's inbox on the company's own server, connected through the wizard."""
    draft_id = drafts.start(ctx, bob, automation=True)
    drafts.set_address(ctx, bob, draft_id, ALICE, "exchange")
    drafts.accept_disclosure(ctx, bob, draft_id)
    data = {"url": lab.exchange.ews_url, "username": ALICE, "password": PASSWORD}
    drafts.set_settings(ctx, bob, draft_id, data)
    verification.run(ctx, draft_id)
    found = drafts.get(ctx, bob, draft_id)
    assert found.state == "passed", (found.problem, found.server_text)
    return found.inbox_id


def move(ctx, bob, inbox_id, account="", **pressed):
    draft_id = moving.start(ctx, bob, inbox_id)
    drafts.accept_disclosure(ctx, bob, draft_id)
    practice.come_back(ctx, bob, draft_id, "microsoft", account, **pressed)
    verification.run(ctx, draft_id)
    return made.draft(ctx, draft_id)


def test_a_mailbox_that_left_the_server_is_reconnected_with_microsoft(ctx, lab, bob, exchange):
    lab.exchange.place.switch("moved-to-cloud", ALICE)
    checks.run(ctx, exchange, checks.SHELL)
    assert (made.inbox(ctx, exchange).problem, inbox.detail(ctx, bob, exchange).move.sign) == ("mailbox-moved", "check")

    draft = move(ctx, bob, exchange)

    row = made.inbox(ctx, exchange)
    assert (draft.state, row.provider, row.health, row.problem) == ("passed", "microsoft", "healthy", None)
    assert (row.owner_id, row.automation, row.aliases) == (bob.id, True, ["sales@corp.test"])
    assert set(credentials.unseal(ctx, made.credential(ctx, exchange))) >= {"refresh_token"}
    assert "password" not in credentials.unseal(ctx, made.credential(ctx, exchange))
    lab.exchange.place.calm()
    asked = lab.exchange.place.credentials_at()
    checks.run(ctx, exchange, checks.SHELL)
    assert (made.inbox(ctx, exchange).health, lab.exchange.place.credentials_at()) == ("healthy", asked)


@pytest.mark.parametrize(("account", "problem"), [("bob@corp.test", "oauth-wrong-account")])
def test_another_mailbox_that_signs_in_changes_nothing(ctx, lab, bob, exchange, account, problem):
    lab.exchange.place.switch("known-to-microsoft")
    before = made.inbox(ctx, exchange).model_dump(), made.credential(ctx, exchange).model_dump()

    draft = move(ctx, bob, exchange, account)

    assert draft.problem == problem
    assert (made.inbox(ctx, exchange).model_dump(), made.credential(ctx, exchange).model_dump()) == before


def test_a_mailbox_that_microsoft_does_not_hold_yet_stays_on_the_server(ctx, lab, bob, exchange):
    lab.exchange.place.switch("known-to-microsoft")
    lab.microsoft.switch("no-mailbox", ALICE)

    draft = move(ctx, bob, exchange)
    checks.run(ctx, exchange, checks.SHELL)

    row = made.inbox(ctx, exchange)
    assert (draft.problem, row.provider, row.health) == ("mailbox-on-premises", "exchange", "healthy")


def test_a_look_up_that_finds_the_domain_at_microsoft_offers_the_move(ctx, lab, bob, exchange):
    assert inbox.detail(ctx, bob, exchange).move.sign == ""
    lab.exchange.place.switch("hybrid")

    discoveries.run(ctx, discoveries.begin(ctx, bob, "somebody@corp.test"))

    assert inbox.detail(ctx, bob, exchange).move.sign == "domain"


def test_a_look_up_that_finds_the_companys_server_takes_the_sign_back(ctx, lab, bob, exchange):
    lab.exchange.place.switch("hybrid")
    discoveries.run(ctx, discoveries.begin(ctx, bob, "somebody@corp.test"))
    lab.exchange.place.calm()

    discoveries.run(ctx, discoveries.begin(ctx, bob, "other@corp.test"))

    assert inbox.detail(ctx, bob, exchange).move.sign == ""
