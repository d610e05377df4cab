"""A newcomer practises in the demo, as docs/lab.md tells it: connect by clicking, switch a fault on, see its cause."""

import pytest
from playwright.sync_api import expect

from console.lab import mail_server, scenes
from tests.e2e.wizard import Wizard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
DORTE = "dorte@harbour.test"


def sign_in(page, running):
    page.goto(running.url)
    page.get_by_label("Email").fill("alice@harbour.test")
    page.get_by_label("Password").fill(scenes.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Inboxes", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inboxes")


def switch(page, running, title, *, on, where=f"imap/{DORTE}"):
    page.goto(f"{running.lab_url}/{where}")
    page.get_by_label(title).set_checked(on)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label(title)).to_be_checked(checked=on)


def test_a_mailbox_is_connected_by_clicking_and_a_fault_is_shown_with_its_cause(chromium, running):
    with chromium.context() as context:
        page = context.new_page()
        sign_in(page, running)
        wizard = Wizard(page).open(running.url).start()
        expect(wizard.look_up(DORTE)).to_contain_text(mail_server.HOST)
        wizard.choose("imap").accept()
        # What SRV records say anybody may have put there, so that the person looks at it first.
        page.locator("#confirmed").check()
        wizard.check(mail_server.PASSWORD).connected()
        page.get_by_role("button", name="Open the inbox").click()
        inbox = page.locator("#inbox")
        expect(inbox).to_have_attribute("data-health", "healthy")
        address = page.url

        switch(page, running, "IMAP is off for the domain", on=True)
        page.goto(address)
        page.get_by_role("button", name="Test now").click()
        expect(inbox).to_have_attribute("data-problem", "imap-disabled", timeout=20_000)

        switch(page, running, "IMAP is off for the domain", on=False)
        page.goto(address)
        page.get_by_role("button", name="Test now").first.click()
        expect(inbox).to_have_attribute("data-health", "healthy", timeout=20_000)
    strayed, chromium.strayed = chromium.strayed, []
    assert strayed == []


@pytest.mark.parametrize(
    ("address", "provider", "problem", "title"),
    [
        ("hugo@acme.test", "google", "server-unavailable", "Mail: server error (500)"),
        ("gitte@contoso.test", "microsoft", "mailbox-on-premises", "No mailbox"),
    ],
)
def test_an_inbox_of_the_demo_comes_back_once_its_fault_is_off(chromium, running, address, provider, problem, title):
    with chromium.context() as context:
        page = context.new_page()
        sign_in(page, running)
        page.get_by_role("link", name=address).click()
        inbox = page.locator("#inbox")
        expect(inbox).to_have_attribute("data-problem", problem)
        place = page.url

        switch(page, running, title, on=False, where=f"{provider}/{address}")
        page.goto(place)
        page.get_by_role("button", name="Test now").first.click()
        expect(inbox).to_have_attribute("data-health", "healthy", timeout=20_000)
    strayed, chromium.strayed = chromium.strayed, []
    assert strayed == []
