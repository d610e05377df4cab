"""The switch of a provider, and what stands still while it is off."""

from playwright.sync_api import expect

from tests.e2e.wizard import Wizard


def test_a_provider_is_switched_off_in_the_dialog_with_its_reason_and_on_again(fresh_console, signed_in, dovecot, good):
    mailbox = dovecot.user("switched@acme.test")
    page = signed_in(fresh_console)
    Wizard(page).to_settings(fresh_console.url, mailbox).fill(good).check("secret").connected()
    page.goto(f"{fresh_console.url}/integrations")
    family = page.locator("[data-provider=imap]")

    family.get_by_role("link", name="Switch off…").click()
    dialog = page.get_by_role("dialog", name="Switch off IMAP + SMTP?")
    dialog.get_by_label("Why (optional)").fill("Moving house")
    dialog.get_by_role("button", name="Switch off for 1 person").click()

    expect(family).to_have_attribute("data-switch", "off")
    expect(family).to_contain_text("Moving house")
    page.goto(f"{fresh_console.url}/inboxes")
    expect(page.locator(f"[data-inbox='{mailbox}']")).to_have_attribute("data-switch", "off")
    wizard = Wizard(page).open(fresh_console.url).start()
    expect(wizard.look_up("refused@acme.test")).to_contain_text("witched off by Alice Andersen")

    page.goto(f"{fresh_console.url}/integrations")
    page.locator("[data-provider=imap]").get_by_role("button", name="Switch on").click()
    expect(family).to_have_attribute("data-switch", "on")
    page.goto(f"{fresh_console.url}/inboxes")
    expect(page.locator(f"[data-inbox='{mailbox}']")).to_have_attribute("data-switch", "on")
