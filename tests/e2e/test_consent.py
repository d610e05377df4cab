"""Signing in at a provider in a real browser: away by the link, back by the redirect, with the policy in force."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from console.services import apps, drafts, people
from console.services.context import Actor
from console.services.work import Work
from tests import placed
from tests.e2e.cast import PASSWORD, TODAY
from tests.e2e.played import Clock
from tests.e2e.still import Still, still
from tests.e2e.tower import Tower, tower
from tests.pages.tower import FEATHER, NAME


@dataclass(frozen=True)
class Here:
    """A console with owl post, its admin, and what a worker would do."""

    served: Still
    owl: Tower
    alice: Actor
    work: Work

    def carry_on(self, page: Page) -> None:
        """Let a worker carry on the draft whose page is open."""
        page.wait_for_url("**/verify")
        self.work.verify(page.url.split("/")[4])


@pytest.fixture
def here(tmp_path):
    with tower() as owl, still(tmp_path, Clock(TODAY), owl) as served:
        alice = people.create_first_admin(served.ctx, name="Alice Andersen", email="alice@acme.test", password=PASSWORD)
        apps.save(served.ctx, alice, "owl", client_id=NAME, client_secret=FEATHER)
        yield Here(served, owl, alice, Work(served.ctx))


@pytest.fixture
def page(here, window):
    page = window(f"{here.served.url}/sign-in")
    page.get_by_label("Email").fill("alice@acme.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def step(here, page, address="alice@acme.test"):
    """Open the step before leaving, its draft brought so far by the services."""
    draft_id = drafts.start(here.served.ctx, here.alice)
    drafts.set_address(here.served.ctx, here.alice, draft_id, address, "owl")
    drafts.accept_disclosure(here.served.ctx, here.alice, draft_id)
    page.goto(f"{here.served.url}/connect/{draft_id}/settings")


def there(page, answer):
    page.get_by_role("link", name="Continue at the tower").click()
    page.get_by_role("link", name=answer, exact=True).click()
    page.wait_for_url("**/verify")


def test_one_leaves_allows_and_is_connected(here, page):
    step(here, page)

    there(page, "Allow")
    assert "state=" not in page.url
    here.carry_on(page)

    page.wait_for_url("**/done")
    expect(page.get_by_role("heading", name="Your Owl post inbox is now connected")).to_be_visible()
    expect(page.locator("[data-alias]")).to_have_text("owl+alice@acme.test")


@pytest.mark.parametrize(
    ("answer", "title", "words"),
    [
        ("Sign in as eve", "Another account signed in", "eve@acme.test signed in, but alice@acme.test was to be"),
        ("Allow without letters", "Not all permissions given", "Not given: To carry letters."),
        ("Decline", "Permission not given", "declined or the page was left"),
    ],
)
def test_what_goes_wrong_there_is_told_and_tried_again(here, page, answer, title, words):
    step(here, page)
    there(page, answer)
    here.carry_on(page)
    stage = page.locator("[data-stage=consent]")
    expect(stage).to_have_attribute("data-state", "failed")
    expect(stage).to_contain_text(title)
    expect(stage).to_contain_text(words)

    there(page, "Allow")
    here.carry_on(page)

    page.wait_for_url("**/done")


def test_back_from_the_towers_page_by_the_browser_the_draft_waits_with_what_it_may_have_shown(here, page):
    step(here, page)
    page.get_by_role("link", name="Continue at the tower").click()
    page.wait_for_url("**/ask?**")

    page.go_back()
    page.get_by_text("The gate is shut").click()

    expect(page.locator("[data-dead-end=oauth-org-policy-blocked]")).to_contain_text("Mail admin")
    page.locator("[data-dead-end=oauth-org-policy-blocked]").get_by_role("link", name="Try again").click()
    page.wait_for_url("**/ask?**")


def test_reconnect_leads_there_and_keeps_the_inbox(here, page):
    inbox_id = placed.inbox(
        here.served.ctx,
        here.alice,
        provider="owl",
        settings={"account": "alice@acme.test"},
        host="tower.test",
        health="needs-sign-in",
        problem="oauth-grant-revoked",
        next_check=None,
        automation=True,
    )
    page.goto(f"{here.served.url}/inboxes/{inbox_id}")

    page.locator("[data-problem-card]").get_by_role("button", name="Reconnect at the tower").click()
    there(page, "Allow")
    here.carry_on(page)

    page.wait_for_url("**/done")
    page.goto(f"{here.served.url}/inboxes/{inbox_id}")
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    expect(page.get_by_text("Reconnected", exact=True)).to_be_visible()


def test_an_admin_sets_the_app_up_and_the_test_answers_in_place(here, page):
    apps.remove(here.served.ctx, here.alice, "owl")
    page.goto(f"{here.served.url}/integrations")
    page.get_by_role("link", name="Settings of Owl post").click()
    page.get_by_role("link", name="Set up the app").click()
    page.get_by_label("Name of the owl").fill(NAME)
    page.get_by_label("Feather").fill(FEATHER)
    page.get_by_role("button", name="Save and test").click()

    expect(page.locator("#app-test")).to_have_attribute("data-state", "running")
    here.work.test_app("owl")

    expect(page.locator("#app-test")).to_have_attribute("data-outcome", "proved")
    expect(page.locator("#app-test")).to_contain_text("The tower knows the feather.")
