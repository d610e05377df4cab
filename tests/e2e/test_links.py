"""A link from the help desk mends an inbox: one window of staff, another of the person, and both see the same."""

import re

import pytest
from playwright.sync_api import expect

from console.services import links
from tests.e2e.wizard import RUN, Wizard
from tests.peers.chromium import PHONE


@pytest.fixture
def help_desk(shared_console, signed_in):
    """Open a window of somebody at the help desk."""

    def opened(name):
        shared_console.person("Hanne Holm", f"{name}@acme.test", role="help-desk")
        return signed_in(shared_console, f"{name}@acme.test")

    return opened


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_staff_see_live_how_somebody_reconnects_by_a_link_on_a_phone(
    shared_console, signed_in, help_desk, window, dovecot, good, javascript
):
    name = "link" if javascript else "link-plain"
    mailbox = dovecot.user(f"{name}@acme.test", "correct horse")
    shared_console.person("Bob Berg", f"{name}-owner@acme.test")
    own = signed_in(shared_console, f"{name}-owner@acme.test")
    Wizard(own).to_settings(shared_console.url, mailbox).fill(good).check("correct horse").connected()
    own.get_by_role("button", name="Open the inbox").click()
    own.wait_for_url(lambda url: "/inboxes/" in url)
    inbox_id = int(own.url.rsplit("/", 1)[1])
    dovecot.user(mailbox, "battery staple")
    staff = help_desk(f"{name}-desk")
    staff.goto(f"{shared_console.url}/inboxes/{inbox_id}")
    staff.get_by_role("button", name="Test now").click()
    expect(staff.locator("#inbox")).to_have_attribute("data-problem", "bad-credentials", timeout=RUN)

    staff.locator("[data-problem-card]").get_by_role("button", name="Send reconnect link").click()
    panel = staff.locator("#link")
    expect(panel).to_have_attribute("data-link", "sent")
    url = staff.get_by_label("Link", exact=True).input_value()
    expect(staff.locator("#link-letter")).to_contain_text(url)

    phone = window(url, size=PHONE, javascript=javascript)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Reconnect your inbox")
    expect(panel).to_have_attribute("data-link", "sent")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Type your password")
    expect(panel).to_have_attribute("data-link", "started", timeout=RUN)
    expect(staff.locator("#link-url")).to_have_count(0)

    Wizard(phone).check("wrong").stopped("sign-in")
    expect(panel).to_have_attribute("data-link", "failed", timeout=RUN)
    expect(panel).to_contain_text("Password refused")
    phone.get_by_role("link", name="Type the password again").first.click()
    Wizard(phone).check("battery staple").connected()
    expect(phone.locator("[data-close]")).to_be_visible()

    expect(panel).to_have_attribute("data-link", "connected", timeout=RUN)
    expect(staff.locator("#inbox")).to_have_attribute("data-health", re.compile("healthy"), timeout=RUN)
    phone.goto(f"{shared_console.url}/inboxes/{inbox_id}")
    assert "/sign-in" in phone.url


def test_a_link_opened_in_a_second_browser_says_where_to_go_on(shared_console, window, dovecot, good, signed_in):
    mailbox = dovecot.user("second@acme.test", "correct horse")
    shared_console.person("Bob Berg", "second-owner@acme.test")
    own = signed_in(shared_console, "second-owner@acme.test")
    Wizard(own).to_settings(shared_console.url, mailbox).fill(good).check("correct horse").connected()
    own.get_by_role("button", name="Open the inbox").click()
    own.wait_for_url(lambda url: "/inboxes/" in url)
    issued = links.issue(shared_console.ctx, shared_console.admin, int(own.url.rsplit("/", 1)[1]))
    phone = window(issued.url, size=PHONE)
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Type your password")

    laptop = window(issued.url)

    expect(laptop.get_by_role("heading", level=1)).to_have_text("This link is in use in another browser")
    expect(laptop.get_by_role("button", name="Continue")).to_have_count(0)
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Type your password")
