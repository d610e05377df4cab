"""Focus, keys and typing on pages that change in place."""

import re

import pytest
from playwright.sync_api import expect

from console.services import inboxes
from tests.e2e.cast import HOME
from tests.e2e.entrance import enter


@pytest.fixture
def maja(window, whole_company):
    """Maja's window at the list of the made-up company."""
    served, cast = whole_company
    page = enter(window.profile(), served.url, cast.people["Maja"].email)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Inboxes", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inboxes")
    page.wait_for_load_state()
    return page


def test_a_question_takes_the_focus_and_escape_gives_it_back_to_the_menu_that_asked(maja, whole_company):
    maja.get_by_role("link", name=f"anton.krogh@{HOME}").click()
    menu = maja.locator("summary", has_text="More actions")
    menu.click()
    maja.get_by_role("link", name="Disable…").click()
    dialog = maja.get_by_role("dialog", name=f"Disable anton.krogh@{HOME}?")
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()

    maja.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(menu).to_be_focused()


def test_tab_does_not_leave_an_open_question(maja):
    maja.goto(maja.url.replace("/inboxes", "/integrations"))
    maja.locator("[data-provider=imap]").get_by_role("link", name="Switch off…").click()
    dialog = maja.get_by_role("dialog")
    expect(dialog).to_be_visible()

    for _ in range(5):
        maja.keyboard.press("Tab")

    # After its last button the focus may rest in the browser's own bars, but on nothing behind the question.
    assert maja.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")


def test_keeping_what_was_asked_about_closes_the_question_and_changes_nothing(maja):
    maja.get_by_role("link", name=f"anton.krogh@{HOME}").click()
    maja.locator("summary", has_text="More actions").click()
    maja.get_by_role("link", name="Remove…").click()

    maja.get_by_role("link", name="Keep the inbox").click()

    expect(maja.get_by_role("dialog")).to_be_hidden()
    expect(maja.locator("#inbox")).to_have_attribute("data-inbox", f"anton.krogh@{HOME}")


def test_escape_closes_a_menu_and_leaves_the_focus_at_its_button(maja):
    menu = maja.locator("summary", has_text=f"Actions for freja.holst@{HOME}")
    menu.click()
    expect(maja.get_by_role("button", name="Reconnect").first).to_be_visible()

    maja.keyboard.press("Escape")

    expect(maja.get_by_role("button", name="Reconnect")).to_have_count(0)
    expect(menu).to_be_focused()


def test_the_list_narrows_while_one_types_and_the_address_follows(maja, whole_company):
    maja.keyboard.press("/")
    box = maja.get_by_label("Find an inbox by address, owner or domain")
    expect(box).to_be_focused()

    maja.keyboard.type("sofie")

    expect(maja.locator("[data-inbox]")).to_have_count(2)
    expect(maja.locator("#view-all")).to_have_text("All 2")
    expect(box).to_be_focused()
    expect(box).to_have_value("sofie")
    assert "q=sofie" in maja.url
    maja.reload()
    expect(maja.locator("[data-inbox]")).to_have_count(2)
    expect(box).to_have_value("sofie")


def test_clearing_the_search_brings_all_back(maja, whole_company):
    served, cast = whole_company
    box = maja.get_by_label("Find an inbox by address, owner or domain")
    box.fill("nobody at all")
    expect(maja.get_by_text("No inbox matches “nobody at all”")).to_be_visible()

    box.fill("")

    everything = inboxes.page(served.ctx, cast.people["Maja"]).total
    expect(maja.locator("[data-inbox]")).to_have_count(everything)


def test_the_dark_appearance_is_chosen_in_the_person_menu_and_kept(maja):
    maja.locator("#person-menu > summary").click()

    maja.get_by_role("button", name="Dark appearance").click()

    maja.reload()
    expect(maja.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_skip_link_leads_past_the_navigation(maja):
    maja.reload()

    maja.keyboard.press("Tab")
    maja.keyboard.press("Enter")

    expect(maja.locator("#main")).to_be_focused()


def test_a_page_on_its_way_elsewhere_asks_no_more(maja):
    maja.get_by_role("link", name=f"maja.lindqvist@{HOME}").click()
    expect(maja.locator("[data-poll]")).to_have_count(1)
    maja.route("**/reconnect", lambda route: route.fulfill(content_type="text/html", body="<h1>Elsewhere</h1>"))
    # The page itself counts as it is left: the browser answers nobody else while a navigation is on its way.
    maja.evaluate(
        "addEventListener('beforeunload', () =>"
        " console.info(`polls left: ${document.querySelectorAll('[data-poll]').length}`))"
    )
    maja.locator("summary", has_text="More actions").click()

    with maja.expect_console_message(lambda message: message.text.startswith("polls left")) as left:
        maja.get_by_role("button", name="Reconnect").click()

    assert "polls left: 0" == left.value.text
    expect(maja.get_by_role("heading", level=1)).to_have_text("Elsewhere")


def test_a_poll_that_the_page_itself_ends_is_no_complaint(maja):
    maja.get_by_role("link", name=f"maja.lindqvist@{HOME}").click()
    asked = []
    # Never answered, so that the poll is under way when the page is left, however fast or slow the machine is.
    maja.route(re.compile(r"/inboxes/\d+$"), lambda route: asked.append(route) if polls(route) else route.continue_())
    with maja.expect_request(lambda request: request.headers.get("hx-request") == "true") as poll:
        pass
    complaints = []
    maja.on("console", lambda message: complaints.append(message.text))
    maja.evaluate("addEventListener('beforeunload', () => console.info('left'))")

    maja.goto(maja.url.replace("/inboxes/", "/integrations?from="))

    assert poll.value.failure is not None
    assert complaints == ["left"]


def polls(route):
    return route.request.headers.get("hx-request") == "true"
