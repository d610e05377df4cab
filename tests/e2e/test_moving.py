"""From the company's own Exchange to Microsoft 365 by clicking: one inbox, and a campaign for two owners."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from console.lab.accounts import Account
from console.lab.exchange_place import DOMAIN, PASSWORD
from console.lab.serving import CORP, Lab
from console.services import credentials, drafts, verification
from console.services.context import Actor
from console.services.draft import QUEUED, RUNNING
from console.store.models import Credential, Inbox
from tests.e2e.conftest import Console
from tests.e2e.wizard import RUN, Wizard
from tests.services.workers import until

ALICE, BOB = "alice@corp.test", "bob@corp.test"


@dataclass(frozen=True)
class Corp:
    """A company with Exchange in the house, whose people have accounts at Microsoft too, and its console."""

    lab: Lab
    console: Console

    def connect(self, owner: Actor, address: str) -> int:
        """Connect an inbox on the company's server, without a browser; this thread is the worker."""
        ctx = self.console.ctx
        draft_id = drafts.start(ctx, owner)
        drafts.set_address(ctx, owner, draft_id, address, "exchange")
        drafts.accept_disclosure(ctx, owner, draft_id)
        typed = {"url": self.lab.exchange.ews_url, "username": address, "password": PASSWORD}
        drafts.set_settings(ctx, owner, draft_id, typed)
        verification.run(ctx, draft_id)
        # A worker of the served console may have been faster, and be at it still.
        until(lambda: drafts.get(ctx, owner, draft_id).state not in {QUEUED, RUNNING})
        inbox_id = drafts.get(ctx, owner, draft_id).inbox_id
        assert inbox_id is not None
        return inbox_id

    def inbox(self, inbox_id: int) -> tuple[Inbox, set[str]]:
        """Return an inbox, and the names of what is sealed for it."""
        with self.console.ctx.store.read() as session:
            secret = credentials.unseal(self.console.ctx, session.get_one(Credential, inbox_id))
            return session.get_one(Inbox, inbox_id), set(secret)

    def reconnect(self, page: Page, account: str = "") -> None:
        """Press Reconnect with Microsoft on the open page of an inbox, and sign in there, with its own account."""
        page.locator("#move").click()
        Wizard(page)._arrived("What to expect").accept("Continue at Microsoft")
        page.get_by_role("link", name="Continue at Microsoft").click()
        if account:
            page.get_by_label(account).check()
        page.get_by_role("button", name="Accept").click()
        page.wait_for_url(re.compile(f"^{re.escape(self.console.url)}/connect/"))

    def arrived(self, page: Page) -> None:
        """Wait for the last step and open the inbox."""
        Wizard(page).connected()
        page.get_by_role("button", name="Open the inbox").click()
        expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")


@pytest.fixture(scope="module")
def console(start_console, running_lab, peers_run):
    served = start_console(settings=running_lab.environment())
    yield served
    served.ctx.store.close()
    served.serving.stop(peers_run)


@pytest.fixture
def corp(lab, console):
    lab.allow(console.url)
    return Corp(lab, console)


def test_an_inbox_whose_mailbox_moved_is_reconnected_with_microsoft(corp, signed_in):
    inbox_id = corp.connect(corp.console.admin, ALICE)
    corp.lab.exchange.place.switch("moved-to-cloud", ALICE)
    page = signed_in(corp.console)
    address = f"{corp.console.url}/inboxes/{inbox_id}"
    page.goto(address)
    page.get_by_role("button", name="Test now").first.click()
    card = page.locator("[data-problem-card=mailbox-moved]")
    expect(card).to_contain_text("Reconnect with Microsoft", timeout=RUN)

    corp.reconnect(page, BOB)
    Wizard(page).stopped("consent")
    row, sealed = corp.inbox(inbox_id)
    assert (row.provider, sealed) == ("exchange", {"password"})

    page.goto(address)
    corp.reconnect(page)
    corp.arrived(page)

    assert page.url == address
    expect(page.locator("#inbox")).to_contain_text("Exchange (on-premises) → Microsoft 365")
    row, sealed = corp.inbox(inbox_id)
    assert (row.id, row.provider, "password" in sealed) == (inbox_id, "microsoft", False)


def test_a_campaign_asks_two_owners_until_the_last_inbox_is_through(corp, signed_in):
    console, place = corp.console, corp.lab.exchange.place
    owners = {"bob": console.person("Bob Berg", "bob@acme.test"), "eve": console.person("Eve Eriksen", "eve@acme.test")}
    boxes = {}
    for name, owner in (("bob", "bob"), ("eve", "eve"), ("scan", "eve")):
        address = BOB if name == "bob" else f"{name}@{DOMAIN}"
        place.add(Account(address, name.title()))
        corp.lab.microsoft.add(Account(address, name.title(), CORP.id))
        boxes[address] = corp.connect(owners[owner], address)
    place.switch("hybrid")
    admin = signed_in(console)
    admin.goto(f"{console.url}/domains/{DOMAIN}")
    admin.get_by_role("link", name="Look at it").click()
    expect(admin.locator("[data-candidate]")).to_have_count(3)
    admin.get_by_label("Note to the owners (optional)").fill("The old server ends on Friday.")
    admin.get_by_role("button", name="Ask the owners of 3 inboxes").click()
    expect(admin.locator("[data-item][data-state=waiting]")).to_have_count(3)
    scanner = admin.locator(f"[data-item='scan@{DOMAIN}']")
    scanner.get_by_role("link", name="Leave out…").click()
    admin.get_by_label("Why").fill("The scanner signs in there")
    admin.get_by_role("button", name="Leave it out").click()
    expect(scanner).to_have_attribute("data-state", "excepted")
    expect(scanner).to_contain_text("The scanner signs in there")

    bob = signed_in(console, "bob@acme.test")
    bob.get_by_role("link", name="Reconnect it").click()
    expect(bob.locator("#moving")).to_contain_text("The old server ends on Friday.")
    bob.get_by_role("button", name="Remind me tomorrow").click()
    expect(bob.get_by_role("button", name="Remind me tomorrow")).to_have_count(0)
    bob.goto(f"{console.url}/me")
    expect(bob.get_by_role("link", name="Reconnect it")).to_have_count(0)
    admin.get_by_role("button", name="Ask again now").click()
    bob.reload()
    bob.get_by_role("link", name="Reconnect it").click()
    corp.reconnect(bob)
    corp.arrived(bob)
    expect(bob.get_by_role("link", name="Reconnect it")).to_have_count(0)

    eve = signed_in(console, "eve@acme.test", javascript=False)
    eve.get_by_role("link", name="Reconnect it").click()
    corp.reconnect(eve, BOB)
    admin.goto(f"{console.url}/campaigns/{DOMAIN}")
    failed = admin.locator(f"[data-item='eve@{DOMAIN}'][data-state=failed]")
    expect(admin.locator(f"[data-item='{BOB}']")).to_have_attribute("data-state", "moved")
    expect(failed).to_contain_text("Another account", timeout=RUN)
    eve.goto(f"{console.url}/inboxes/{boxes[f'eve@{DOMAIN}']}")
    corp.reconnect(eve)
    expect(admin.locator("[data-campaign=done]")).to_be_visible(timeout=RUN)

    expect(admin.locator("[data-count=moved]")).to_contain_text("2")
    expect(admin.locator("[data-count=excepted]")).to_contain_text("1")
    assert {address: corp.inbox(box)[0].provider for address, box in boxes.items()} == {
        BOB: "microsoft",
        f"eve@{DOMAIN}": "microsoft",
        f"scan@{DOMAIN}": "exchange",
    }
