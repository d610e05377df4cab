"""Turns that people take in the wizard."""

from playwright.sync_api import expect

from tests.e2e.wizard import Wizard
from tests.peers.serving import Serving


def test_receiving_without_sending_is_kept_as_receives_only_and_is_never_green(
    shared_console, signed_in, dovecot, good
):
    mailbox = dovecot.user("receives@acme.test", smtp_refusal="disabled")
    wizard = Wizard(signed_in(shared_console)).to_settings(shared_console.url, mailbox).fill(good).check("secret")

    wizard.stopped("smtp-sign-in")
    wizard.press("Keep as receives only")

    line = wizard.connected()
    expect(line).to_have_attribute("data-health", "degraded")
    expect(line).not_to_have_attribute("data-problem", "")


def test_reloading_a_step_stays_at_that_step(shared_console, signed_in):
    page = signed_in(shared_console)
    wizard = Wizard(page).open(shared_console.url)
    steps = (wizard.start, lambda: wizard.address("reload@acme.test"), wizard.accept)
    headings = []

    for step in steps:
        step()
        before = wizard.heading.inner_text()
        page.reload()
        headings.append((before, wizard.heading.inner_text()))

    assert [before for before, _ in headings] == [after for _, after in headings]


def test_the_back_button_leads_to_the_step_before_and_forward_again_works(shared_console, signed_in):
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, "back@acme.test")

    page.go_back()

    expect(wizard.heading).not_to_have_text("Sign-in settings")
    page.go_forward()
    expect(wizard.heading).to_have_text("Sign-in settings")


def test_going_back_by_the_step_bar_keeps_what_was_typed(shared_console, signed_in):
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, "kept@acme.test")

    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Address").click()

    expect(page.get_by_label("Email address")).to_have_value("kept@acme.test")
    wizard.choose("imap")


def test_a_refused_form_takes_the_focus_to_its_first_wrong_field_and_asks_for_the_password_once_more(
    shared_console, signed_in
):
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, "focus@acme.test")
    wizard.field("password").fill("secret")
    wizard.field("smtp_port").fill("abc")
    wizard.field("imap_port").fill("abc")
    wizard.press("Check the connection")

    expect(wizard.field("imap_port")).to_be_focused()
    expect(wizard.field("password")).to_have_value("")
    expect(wizard.field("password")).to_have_accessible_description("Type the password once more.")

    wizard.field("imap_port").fill("993")
    wizard.press("Check the connection")

    # The password was left empty this time: it is wrong itself, and comes first.
    expect(wizard.field("password")).to_be_focused()


def test_a_wrong_field_in_the_folded_part_opens_it_and_takes_the_focus(shared_console, signed_in):
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, "folded@acme.test")
    page.evaluate("document.querySelector('#advanced').removeAttribute('open')")
    wizard.field("password").fill("secret")
    page.evaluate("document.querySelector('[name=imap_host]').value = ''")

    wizard.press("Check the connection")

    expect(wizard.field("imap_host")).to_be_focused()


def test_two_tabs_at_the_same_draft_connect_it_once(shared_console, signed_in, dovecot, good):
    mailbox = dovecot.user("tabs@acme.test")
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, mailbox).fill(good)
    other = page.context.new_page()
    other.goto(page.url)
    second = Wizard(other).fill(good)

    wizard.check("secret").connected()
    second.check("secret").connected()

    assert 1 == dovecot.logins(mailbox, "imap")


def test_reconnecting_with_a_new_password_heals_the_inbox(shared_console, signed_in, dovecot, good):
    mailbox = dovecot.user("again@acme.test", "old")
    page = signed_in(shared_console)
    Wizard(page).to_settings(shared_console.url, mailbox).fill(good).check("old").connected()
    page.get_by_role("button", name="Open the inbox").click()
    dovecot.change_password(mailbox, "new")
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#inbox")).to_have_attribute("data-health", "needs-sign-in")

    page.get_by_role("region", name="Password refused").get_by_role("button", name="Reconnect").click()
    Wizard(page).check("new").connected()

    page.get_by_role("button", name="Open the inbox").click()
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")


def test_a_draft_that_was_left_is_gone(shared_console, signed_in):
    page = signed_in(shared_console)
    Wizard(page).to_settings(shared_console.url, "left@acme.test")
    draft = page.url

    page.get_by_role("button", name="Leave").click()

    expect(page.get_by_text("The draft is gone. Nothing was stored.").first).to_be_visible()
    page.goto(draft)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_wrong_settings_come_back_with_a_sentence_each_and_lose_only_the_password(shared_console, signed_in):
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, "wrong@acme.test")
    wizard.field("imap_host").fill("imap://imap.acme.test")
    wizard.field("smtp_port").fill("65536")
    wizard.field("password").fill("secret")

    wizard.press("Check the connection")

    expect(page.locator(".c-error")).to_have_count(2)
    expect(wizard.field("imap_host")).to_be_focused()
    expect(wizard.field("imap_host")).to_have_value("imap://imap.acme.test")
    expect(wizard.field("password")).to_have_value("")


def test_a_page_left_open_for_an_hour_still_posts(fresh_console, signed_in, peers_run):
    page = signed_in(fresh_console)
    wizard = Wizard(page).open(fresh_console.url).start()
    fresh_console.serving.stop(peers_run)
    later = Serving.start(peers_run, fresh_console.serving.environment, hours_ahead=1.1)

    try:
        wizard.address("patient@acme.test")
    finally:
        later.stop(peers_run)


def test_the_wizard_is_walked_with_the_keyboard_alone(shared_console, signed_in, dovecot, good):
    mailbox = dovecot.user("keys@acme.test")
    page = signed_in(shared_console)
    page.goto(f"{shared_console.url}/inboxes")
    keys = Keys(page)

    keys.to("Connect an inbox", "Connect the first inbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect an inbox")
    keys.to("Continue").press("Enter")
    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type(mailbox)
    page.keyboard.press("Enter")
    expect(page.locator("#found button[name=provider]").first).to_be_visible()
    expect(page.locator("#found-title")).to_be_focused()
    keys.to_choice("imap").press("Enter")
    expect(page.get_by_role("heading", name="What to expect", level=1)).to_be_focused()
    keys.to("Accept and continue").press("Enter")
    expect(page.locator("[name=password]")).to_be_focused()
    page.keyboard.type("secret")
    for name, line in (("imap", good.imap), ("smtp", good.smtp)):
        keys.to_field(f"{name}_host").write(line.host)
        keys.to_field(f"{name}_port").write(str(line.port))
        keys.to_field(f"{name}_security").press("Home")
    keys.to("Check the connection").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("now connected")
    keys.to("Open the inbox").press("Enter")

    expect(page.locator("#inbox")).to_have_attribute("data-inbox", mailbox)


class Keys:
    """A person without a mouse: Tab until what is wanted has the focus."""

    def __init__(self, page):
        self.page = page

    def to(self, *names):
        return self._until(lambda focused: focused["text"] in names, " or ".join(names))

    def to_field(self, name):
        return self._until(lambda focused: focused["name"] == name, name)

    def to_choice(self, value):
        return self._until(lambda focused: focused["value"] == value, value)

    def press(self, key):
        self.page.keyboard.press(key)
        return self

    def write(self, text):
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        return self

    def _until(self, there, what):
        for _ in range(60):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(
                "(({innerText, name, value}) => ({text: innerText?.trim(), name: name ?? null, value}))"
                "(document.activeElement)"
            )
            if there(focused):
                return self
        raise AssertionError(f"Tab does not lead to {what}")
