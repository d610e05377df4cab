"""People click through the lab's pages in a real browser, and nothing in them asks for more than loopback."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.lab.made import BACK, GMAIL
from tests.peers.axe import ALL, COLOURS, load, obstacles
from tests.peers.chromium import DESKTOP, PHONE

pytestmark = pytest.mark.browser
ALICE, BOB = "alice@acme.test", "bob@acme.test"
ANYBODY = "alice@contoso.test"


@pytest.fixture
def back(page: Page):
    """Answer for the console that people are sent back to, and return where they came."""
    came = []
    page.route(f"{BACK}**", lambda route: (came.append(route.request.url), route.fulfill(body="back")))
    return came


def test_somebody_chooses_an_account_unticks_a_box_and_allows(page, lab, gmail, back):
    page.goto(gmail.url(ALICE))
    expect(page.get_by_label(ALICE)).to_be_checked()

    page.get_by_label(BOB).check()
    page.get_by_label("View your email messages and settings").uncheck()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{BACK}**")

    code = re.search(r"[?&]code=([^&]+)", back[0])[1].replace("%2F", "/")
    tokens = gmail.redeem(code).json()
    assert GMAIL[3] not in tokens["scope"]
    assert gmail.renew(tokens["refresh_token"]).status_code == 200
    assert lab.google.grants.counts(BOB).redemptions == 1


def test_somebody_cancels(page, lab, gmail, back):
    page.goto(gmail.url(ALICE))
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{BACK}**")

    assert "error=access_denied" in back[0]


def test_somebody_accepts_at_microsoft(page, lab, graph, back):
    page.goto(graph.url(ANYBODY))
    expect(page.get_by_label(ANYBODY)).to_be_checked()
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(f"{BACK}**")

    assert "code=" in back[0]


def test_somebody_without_an_admins_approval_is_led_back(page, lab, graph, back):
    lab.microsoft.switch("admin-policy", ANYBODY)
    page.goto(graph.url(ANYBODY))
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Need admin approval")).to_be_visible()
    page.get_by_role("link", name="Return to the application").click()
    page.wait_for_url(f"{BACK}**")

    assert "AADSTS90094" in back[0]


def test_somebody_whom_google_blocks_stays_there(page, lab, gmail, back):
    lab.google.switch("advanced-protection", ALICE)
    page.goto(gmail.url(ALICE))
    page.get_by_role("button", name="Allow").click()

    expect(page.get_by_text("Error 400: policy_enforced")).to_be_visible()
    assert back == []


def test_a_fault_is_switched_on_and_off_by_clicking(page, lab):
    page.goto(lab.url)
    page.get_by_role("link", name=ALICE).click()
    page.get_by_label("Tokens: too many requests (429)").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Tokens: too many requests (429)")).to_be_checked()
    assert lab.google.faults(ALICE) == {"token-throttled"}

    page.get_by_role("link", name="Board").click()
    expect(page.get_by_text("Tokens: too many requests (429)")).to_be_visible()
    page.get_by_role("button", name="Switch all faults off").click()
    assert lab.google.faults(ALICE) == set()


def test_a_fault_is_switched_on_by_keys_alone(page, lab):
    page.goto(lab.url)
    page.get_by_role("link", name=ALICE).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Faults for {ALICE}")
    box = page.get_by_label("Mail: unavailable (503)")
    for _ in range(40):
        page.keyboard.press("Tab")
        if box.evaluate("box => box === document.activeElement"):
            break
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert lab.google.faults(ALICE) == {"down"}


def test_tokens_are_revoked_by_clicking(page, lab, gmail):
    tokens = gmail.sign_in(ALICE)
    page.goto(f"{lab.url}/google/{ALICE}")
    page.get_by_role("button", name="Revoke what was granted").click()
    page.wait_for_load_state()

    assert gmail.renew(tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_has_an_obstacle_that_axe_knows_or_is_wider_than_its_window(chromium, lab, gmail, graph, size):
    lab.google.switch("throttled", ALICE)
    lab.google.switch("slow")
    board = [
        f"{lab.url}/?done=calm",
        f"{lab.url}/google/{ALICE}",
        f"{lab.url}/microsoft",
        f"{lab.url}/imap/bob@harbour.test",
    ]
    providers = [gmail.url(ALICE), graph.url(ANYBODY), gmail.url(ALICE, client_id="nobody")]
    found = []

    with chromium.context(size=size) as context:
        page = context.new_page()
        for url in board + providers:
            page.goto(url)
            load(page)
            for scheme, rules in (("light", ALL), ("dark", COLOURS)):
                page.emulate_media(color_scheme=scheme)
                found += [f"{url} {scheme}: {obstacle}" for obstacle in obstacles(page, rules)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{url}: wider than the window")

    assert found == []
