"""The demo's Google and Microsoft are connected by clicking, and what goes wrong there is shown with its cause."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.wizard import RUN, Wizard
from tests.lab.test_practising import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def page(chromium, running):
    with chromium.context() as context:
        page = context.new_page()
        sign_in(page, running)
        yield page
    strayed, chromium.strayed = chromium.strayed, []
    assert strayed == []


def to_the_provider(page, running, address, provider, place):
    wizard = Wizard(page).open(running.url).start()
    expect(wizard.look_up(address)).to_have_attribute("data-recommended", provider)
    wizard.choose(provider).press("Accept and continue")
    expect(wizard.heading).to_have_text(f"Continue at {place}")
    page.get_by_role("link", name=f"Continue at {place}").click()
    return wizard


@pytest.mark.parametrize(
    ("address", "provider", "place", "button", "label"),
    [
        ("alice@acme.test", "gmail", "Google", "Allow", "Gmail"),
        ("alice@contoso.test", "microsoft", "Microsoft", "Accept", "Microsoft 365 / Outlook"),
    ],
)
def test_a_mailbox_is_connected_at_its_provider(page, running, address, provider, place, button, label):
    wizard = to_the_provider(page, running, address, provider, place)

    page.get_by_role("button", name=button).click()

    expect(page).to_have_url(re.compile(f"^{running.url}/connect/[^/?]+/(verify|done)$"))
    expect(wizard.connected()).to_have_attribute("data-inbox", address)
    expect(wizard.heading).to_have_text(f"Your {label} inbox is now connected")
    page.get_by_role("button", name="Open the inbox").click()
    expect(page.locator("[data-permission][data-given=no]")).to_have_count(0)
    expect(page.locator("[data-permission][data-given=yes]").first).to_be_visible()


def test_another_account_at_google_is_named_and_not_connected(page, running):
    wizard = to_the_provider(page, running, "bob@acme.test", "gmail", "Google")

    page.get_by_label("charlie@acme.test").check()
    page.get_by_role("button", name="Allow").click()

    expect(wizard.stopped("consent")).to_contain_text(
        "charlie@acme.test signed in, but bob@acme.test was to be connected"
    )
    page.get_by_role("link", name="Continue at Google").click()
    page.get_by_role("button", name="Allow").click()
    expect(wizard.connected()).to_have_attribute("data-inbox", "bob@acme.test")


def test_an_unticked_box_and_a_cancel_are_told_apart(page, running):
    wizard = to_the_provider(page, running, "charlie@acme.test", "gmail", "Google")

    page.get_by_label("View your email messages and settings").uncheck()
    page.get_by_role("button", name="Allow").click()
    expect(wizard.stopped("consent")).to_contain_text("Not all permissions given")

    page.get_by_role("link", name="Continue at Google").click()
    page.get_by_role("button", name="Cancel").click()
    expect(wizard.stopped("consent")).to_contain_text("Permission not given")


def test_the_demos_apps_come_from_its_configuration_and_are_proved_by_their_test(page, running):
    page.goto(f"{running.url}/integrations/gmail")
    expect(page.locator("[data-fixed]")).to_contain_text("CONSOLE_GOOGLE_CLIENT_ID")

    page.get_by_role("button", name="Test app").click()

    expect(page.locator("#app-test")).to_have_attribute("data-outcome", "proved", timeout=RUN)
