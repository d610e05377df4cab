"""What the roles see and do, and how people come in."""

from playwright.sync_api import expect

from tests.e2e.cast import PASSWORD
from tests.e2e.wizard import Wizard


def test_an_admin_connects_for_bob_and_bob_is_asked_to_accept(shared_console, signed_in, dovecot, good):
    shared_console.person("Bob Berg", "bob@acme.test")
    mailbox = dovecot.user("bob-at-work@acme.test")
    admin = signed_in(shared_console)
    wizard = Wizard(admin).to_settings(shared_console.url, mailbox, owner="Bob Berg · bob@acme.test")
    wizard.fill(good).check("secret").connected()

    bob = signed_in(shared_console, "bob@acme.test")
    alert = bob.get_by_text(f"Alice Andersen connected {mailbox} for you.")
    expect(alert).to_be_visible()
    bob.get_by_role("link", name="Read and accept").click()
    bob.get_by_role("button", name="I have read it and accept").click()

    expect(bob.locator("#inbox")).to_contain_text("accepted by Bob Berg")
    expect(alert).to_have_count(0)


def test_the_help_desk_sees_and_tests_and_has_no_button_beyond(shared_console, signed_in, dovecot, good):
    shared_console.person("Hanne Holm", "hanne@acme.test", "help-desk")
    mailbox = dovecot.user("seen@acme.test")
    Wizard(signed_in(shared_console)).to_settings(shared_console.url, mailbox).fill(good).check("secret").connected()
    dovecot.change_password(mailbox, "changed")

    page = signed_in(shared_console, "hanne@acme.test")
    page.goto(f"{shared_console.url}/inboxes?q={mailbox}")
    expect(page.get_by_role("link", name="Connect an inbox")).to_have_count(0)
    page.get_by_role("link", name=mailbox, exact=True).click()
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#inbox")).to_have_attribute("data-problem", "bad-credentials")

    buttons = page.locator("main").locator("button:visible, a.btn:visible, summary:visible")
    assert {"Test now", "Copy text for Alice"} == set(buttons.all_inner_texts())


def test_a_member_sees_their_own_inboxes_only(shared_console, signed_in, dovecot, good):
    shared_console.person("Carla Clausen", "carla@acme.test")
    mailbox = dovecot.user("hidden@acme.test")
    admin = signed_in(shared_console)
    Wizard(admin).to_settings(shared_console.url, mailbox).fill(good).check("secret").connected()
    admin.get_by_role("button", name="Open the inbox").click()
    expect(admin.locator("#inbox")).to_be_visible()

    page = signed_in(shared_console, "carla@acme.test")

    expect(page.get_by_role("heading", level=1)).to_have_text("My inboxes")
    expect(page.get_by_text("You have not connected an inbox yet")).to_be_visible()
    page.goto(admin.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_somebody_added_chooses_a_password_by_the_link_and_is_in(shared_console, signed_in, window):
    page = signed_in(shared_console)
    page.get_by_role("link", name="Users").click()
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("Dorte Dam")
    page.get_by_label("Email", exact=True).fill("dorte@acme.test")
    page.get_by_role("button", name="Add the person").click()
    link = page.get_by_label("Link", exact=True).input_value()

    dorte = window(link)
    dorte.get_by_label("Password").fill(PASSWORD)
    dorte.get_by_role("button", name="Save and sign in").click()

    expect(dorte.get_by_role("heading", level=1)).to_have_text("My inboxes")
    again = window(link)
    expect(again.get_by_role("heading", level=1)).to_have_text("This link no longer works")
