"""From an empty console to a connected inbox and back, in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from tests.e2e.cast import PASSWORD
from tests.e2e.wizard import Wizard


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_somebody_sets_up_signs_in_connects_mends_disables_enables_and_removes(
    unset_console, window, dovecot, good, javascript
):
    mailbox = dovecot.user(f"first-{javascript}@acme.test", "correct horse")

    page = window(unset_console.serving.set_up_link, javascript=javascript)
    page.get_by_label("Your name").fill("Alice Andersen")
    page.get_by_label("Your email").fill("alice@acme.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Alice")

    page = window(unset_console.url, javascript=javascript)
    page.get_by_label("Email").fill("alice@acme.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Email address").fill(mailbox)
    page.get_by_role("button", name="Connect", exact=True).click()

    wizard = Wizard(page)
    wizard.answered()
    wizard.choose("imap").accept().fill(good).check("wrong")
    stopped = wizard.stopped("sign-in")
    expect(stopped).to_contain_text("Password refused")
    page.get_by_role("link", name="Type the password again").click()
    wizard.check("correct horse").connected()
    page.get_by_role("button", name="Open the inbox").click()
    root = page.locator("#inbox")
    expect(root).to_have_attribute("data-health", "healthy")

    page.locator("summary", has_text="More actions").click()
    page.get_by_role("link", name="Disable…").click()
    page.get_by_role("button", name="Disable the inbox").click()
    expect(root).to_have_attribute("data-switch", "off")

    page.get_by_role("button", name="Enable").first.click()
    expect(root).to_have_attribute("data-switch", "on")

    page.locator("summary", has_text="More actions").click()
    page.get_by_role("link", name="Remove…").click()
    page.get_by_role("button", name="Remove the inbox").click()
    expect(page.get_by_text("No inbox is connected yet")).to_be_visible()
    assert 1 == dovecot.refusals(mailbox)
