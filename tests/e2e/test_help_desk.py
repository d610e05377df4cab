"""The help desk in a browser: keys, a refresh that takes nothing away, and the phone."""

import re

import pytest
from playwright.sync_api import expect

from console.services import handlings
from tests import cases, placed
from tests.e2e.cast import HOME
from tests.e2e.entrance import enter
from tests.peers.chromium import PHONE


@pytest.fixture
def desk(whole_company, window):
    """Three single problems of the made-up company, and Jonas before them."""
    served, cast = whole_company
    made = []
    for number, code in enumerate(("bad-credentials", "mailbox-full", "tls-expired")):
        owner = placed.person(cast.ctx, f"desk{number}-{id(window)}@{HOME}", name=f"Desk {number}")
        inbox_id = placed.inbox(cast.ctx, owner)
        made.append(cases.episode(cast.ctx, inbox_id, code, minutes=50000 - number))

    def opened(path="/help-desk", **options):
        return enter(window.profile(**options), served.url, cast.people["Jonas"].email, path)

    yield cast, made, opened
    for ref in made:
        cases.end(cast.ctx, ref)


def refresh(page):
    """Have the page ask now, as it does every few seconds, and wait for the answer."""
    with page.expect_response(re.compile("/help-desk/now")):
        page.evaluate(
            "htmx.ajax('GET', document.querySelector('#desk-poll').getAttribute('hx-get'),"
            " {source: '#desk-poll', target: '#desk', swap: 'none'})"
        )


def test_keys_move_open_and_test(desk):
    _, (first, second, _), opened = desk
    page = opened()

    page.keyboard.press("j")
    expect(page.locator(f"#row-{second}")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(f"#row-{first}")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(second))
    expect(page).to_have_url(re.compile(f"case={second}"))
    expect(page.locator(f"#row-{second}")).to_be_focused()
    page.keyboard.press("t")

    expect(page.locator("#test-now")).to_have_attribute("aria-disabled", "true")


def test_t_opens_the_row_that_has_the_focus_before_it_tests(desk):
    _, (first, second, _), opened = desk
    page = opened(f"/help-desk?case={first}")

    page.keyboard.press("j")
    page.keyboard.press("t")

    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(second))
    expect(page.locator("#test-now")).to_have_attribute("aria-disabled", "true")


def test_keys_are_letters_while_one_types_and_can_be_switched_off(desk):
    _, (first, _, _), opened = desk
    page = opened(f"/help-desk?case={first}")

    page.locator("#note").press_sequentially("jkt")
    expect(page.locator("#note")).to_have_value("jkt")
    expect(page.locator("#note")).to_be_focused()
    switch = page.get_by_role("switch", name="Keyboard shortcuts")
    expect(switch).to_have_text("Shortcuts on", use_inner_text=True)
    switch.click()
    page.keyboard.press("j")

    expect(switch).to_be_focused()
    expect(switch).not_to_be_checked()
    expect(switch).to_have_text("Shortcuts off", use_inner_text=True)
    expect(page.locator(".c-keys-hint")).to_be_hidden()


def test_who_calls_is_found_while_one_types_and_the_field_keeps_the_focus(desk):
    _, _, opened = desk
    page = opened()

    page.keyboard.press("/")
    page.keyboard.type("desk1-")

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#case-title")).to_have_text("Mailbox is full")
    expect(page.locator("#find")).to_be_focused()
    expect(page).to_have_url(re.compile("q=desk1-"))
    refresh(page)
    expect(page.locator("[data-row]")).to_have_count(1)


def test_what_somebody_made_up_as_a_filter_widens_no_page(desk):
    _, _, opened = desk
    page = opened(f"/help-desk?provider={'x' * 253}")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_refresh_that_brings_news_keeps_what_is_typed_and_the_focus(desk):
    cast, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#note").press_sequentially("Called, nobody answ")

    handlings.note(cast.ctx, cast.people["Maja"], first, "I am on it too.")
    refresh(page)

    expect(page.get_by_text("I am on it too.")).to_be_visible()
    expect(page.locator("#note")).to_have_value("Called, nobody answ")
    expect(page.locator("#note")).to_be_focused()


def test_a_refresh_keeps_the_focus_on_a_row_and_on_a_button(desk):
    cast, (first, second, _), opened = desk
    page = opened(f"/help-desk?case={first}")

    cases.handled(cast.ctx, second, taken_by_id=cast.people["Maja"].id)
    for place in (f"#row-{second}", "#do-take"):
        page.locator(place).focus()
        cases.note(cast.ctx, first, cast.people["Maja"], f"News for {place}")
        refresh(page)
        expect(page.get_by_text(f"News for {place}")).to_be_visible()
        expect(page.locator(place)).to_be_focused()


def test_the_focus_stays_where_one_took_the_case_and_gives_it_back(desk):
    _, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")

    page.get_by_role("button", name="Take", exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Give back")).to_be_focused()


def test_a_refresh_waits_while_a_menu_is_open(desk):
    cast, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#snooze-button").click()

    cases.note(cast.ctx, first, cast.people["Maja"], "Later.")
    refresh(page)

    expect(page.locator("#snooze-tomorrow")).to_be_visible()
    expect(page.get_by_text("Later.")).to_have_count(0)


def test_a_snooze_time_that_is_over_stays_in_its_open_menu_with_what_is_wrong(desk):
    _, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#snooze-button").click()
    page.locator("#snooze-until").fill("2020-01-02T08:00")

    page.locator("#snooze-own").click()

    expect(page.locator("#snooze-error")).to_have_text("That time is over. Choose a later one.")
    expect(page.locator("#snooze-until")).to_be_focused()
    expect(page.locator("#snooze-until")).to_have_value("2020-01-02T08:00")


def test_a_typed_note_waits_while_one_looks_at_another_case(desk):
    _, (first, second, _), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#note").press_sequentially("Half a note")

    page.locator(f"#row-{second}").click()
    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(second))
    expect(page.locator("#note")).to_have_value("")
    page.locator(f"#row-{first}").click()
    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(first))

    expect(page.locator("#note")).to_have_value("Half a note")


def test_a_note_that_is_typed_stays_when_the_case_ended_meanwhile(desk):
    cast, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#note").press_sequentially("Half a note")
    cases.end(cast.ctx, first)

    page.locator("#do-take").click()

    expect(page.locator("#notice")).to_contain_text("This case is over")
    expect(page.locator("#note")).to_have_value("Half a note")
    page.locator("#note-save").click()
    expect(page.locator("[data-note]")).to_contain_text("Half a note")
    expect(page.locator("#note")).to_have_value("")


def test_a_note_that_is_typed_goes_along_when_the_inbox_becomes_part_of_an_incident(desk):
    cast, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#note").press_sequentially("Half a note")
    incident = cases.incident(cast.ctx, [], minutes=60000, target="desk.example")
    cases.turn(cast.ctx, first, incident_id=incident.id)

    refresh(page)

    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(incident))
    expect(page.locator("#note")).to_have_value("Half a note")
    cases.end(cast.ctx, incident)


def test_a_case_that_is_mended_says_so_where_it_stood(desk):
    cast, (_, second, _), opened = desk
    page = opened(f"/help-desk?case={second}")
    before = page.locator(f"#row-{second}").bounding_box()

    cases.end(cast.ctx, second)
    refresh(page)

    expect(page.locator("#case-over")).to_have_text(re.compile("Mended .*, recovered by itself"))
    assert page.locator(f"#row-{second}").bounding_box() == before


def test_a_refresh_that_was_asked_for_another_case_replaces_nothing_of_the_one_that_was_opened_meanwhile(desk):
    cast, (first, second, _), opened = desk
    page = opened(f"/help-desk?case={first}")
    cases.note(cast.ctx, first, cast.people["Maja"], "About the first.")
    late = []

    def hold(route):
        late.append(route)

    page.route(re.compile(f"/help-desk/now.*case={first}"), hold)
    page.evaluate("document.body.dispatchEvent(new Event('link-ended'))")

    page.locator(f"#row-{second}").click()
    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(second))
    assert late
    for route in late:
        route.continue_()
    refresh(page)
    refresh(page)

    expect(page.locator("#case-title")).to_have_text("Mailbox is full")
    expect(page.get_by_text("About the first.")).to_have_count(0)
    assert f"case={second}" in page.locator("#desk-poll").get_attribute("hx-get")


def test_a_long_list_stays_where_it_was_scrolled_to_and_the_case_is_seen_beside_it(desk):
    cast, (first, second, third), opened = desk
    page = opened(f"/help-desk?case={first}", size=(1280, 260))
    scrolled = "document.querySelector('#desk-list').scrollTop"
    page.locator("#note").scroll_into_view_if_needed()
    page.locator(f"#row-{third}").scroll_into_view_if_needed()
    before = page.evaluate(scrolled)
    assert before > 0

    cases.note(cast.ctx, first, cast.people["Maja"], "News.")
    cases.handled(cast.ctx, second, taken_by_id=cast.people["Maja"].id)
    refresh(page)
    expect(page.get_by_text("News.")).to_be_attached()
    assert page.evaluate(scrolled) == before
    page.locator(f"#row-{third}").click()

    expect(page.locator("[data-case]")).to_have_attribute("data-case", str(third))
    expect(page.locator("#case-title")).to_be_in_viewport()
    assert page.evaluate(scrolled) == before


def test_a_case_far_down_the_list_is_seen_in_it_when_its_address_is_opened(desk):
    _, (*_, third), opened = desk
    page = opened(f"/help-desk?case={third}", size=(1280, 420))

    expect(page.locator(f"#row-{third}")).to_be_in_viewport(ratio=0.9)


def test_on_a_phone_a_case_takes_the_place_of_the_list_and_back(desk):
    _, (first, *_), opened = desk
    page = opened(size=PHONE)
    expect(page.locator("#case-title")).to_be_hidden()

    page.locator(f"#row-{first}").click()
    expect(page.locator("#case-title")).to_be_focused()
    expect(page.locator(f"#row-{first}")).to_be_hidden()
    page.get_by_role("link", name="All cases").click()

    expect(page.locator(f"#row-{first}")).to_be_visible()


def test_an_error_that_is_read_out_is_explained_beside_the_case(desk):
    _, (first, *_), opened = desk
    page = opened(f"/help-desk?case={first}")
    page.locator("#note").press_sequentially("Half a note")

    page.get_by_label("Paste an error").fill("535 5.7.8 Username and Password not accepted")
    page.keyboard.press("Enter")

    expect(page.locator("#explained-title")).to_have_text("Password refused")
    expect(page.locator("#note")).to_have_value("Half a note")
    expect(page).to_have_url(re.compile(f"case={first}$"))
