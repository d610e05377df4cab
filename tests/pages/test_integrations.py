"""A provider is switched off and on, with what it touches named before."""

import re

import pytest

from console.services import drafts, switches
from tests import placed
from tests.pages.test_made_up_family import connect
from tests.pigeon import PigeonFamily


@pytest.fixture
def pigeons():
    return PigeonFamily()


@pytest.fixture
def families(pigeons):
    return (pigeons,)


def switch_off(visitor, why=""):
    visitor.get("/integrations/pigeon/off")
    return visitor.post("/integrations/pigeon/off", why=why)


def test_the_page_shows_each_provider_with_what_is_connected(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, bob, "ill@acme.test", health="failing", problem="unknown")
    visitor = window(alice)

    page = visitor.get("/integrations")

    assert visitor.attributes("data-provider") == ["pigeon"]
    assert re.search(r"2 inboxes.*1 needs attention", page.text, re.DOTALL)


def test_the_question_names_how_many_inboxes_and_people_it_touches(window, ctx, alice, bob, charlie):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, bob, "second@acme.test")
    placed.inbox(ctx, charlie, health="failing")

    page = window(alice).get("/integrations/pigeon/off")

    assert "Switch off Carrier pigeon?" in page.text
    assert re.findall(r"<strong>(\d+)</strong>", page.text) == ["3", "2"]
    assert "2 healthy" in page.text
    assert "Switch off for 2 people" in page.text


def test_switching_off_turns_its_inboxes_off(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    visitor = window(alice)

    switch_off(visitor)

    assert visitor.attributes("data-switch") == ["off"]
    visitor.get("/inboxes")
    assert visitor.attributes("data-switch") == ["off"]


def test_the_page_says_who_switched_it_off_and_why(window, alice):
    page = switch_off(window(alice), "Bird flu <b>everywhere</b>")

    assert "Switched off by Alice Andersen" in page.text
    assert "Bird flu &lt;b&gt;everywhere&lt;/b&gt;" in page.text


def test_the_inbox_page_says_who_switched_it_off_and_why(window, ctx, alice, bob):
    inbox_id = placed.inbox(ctx, bob)
    switch_off(window(alice), "Bird flu")

    page = window(bob).get(f"/inboxes/{inbox_id}")

    assert re.search(r"The provider</strong>.*by Alice Andersen.*Bird flu", page.text, re.DOTALL)


@pytest.mark.parametrize("why", ["x" * 1_000_000, "\x00", "🐦" * 400])
def test_any_reason_is_taken_and_cut(window, alice, why):
    answer = switch_off(window(alice), why)

    assert answer.status_code == 200
    assert len(answer.data) < 30_000


def test_nothing_is_checked_while_it_is_off(window, ctx, work, clock, alice, bob, pigeons):
    placed.inbox(ctx, bob)
    switch_off(window(alice))
    clock.advance(hours=1)

    work.sweep()

    assert pigeons.flights == []


def test_switched_on_again_its_inboxes_are_checked(window, ctx, work, clock, alice, bob, pigeons):
    placed.inbox(ctx, bob)
    visitor = window(alice)
    switch_off(visitor)
    clock.advance(hours=1)

    visitor.post("/integrations/pigeon/on")
    work.sweep()

    assert len(pigeons.flights) == 1


def test_switching_off_twice_keeps_the_first_reason(window, alice):
    visitor = window(alice)
    switch_off(visitor, "first")

    page = switch_off(visitor, "second")

    assert ": first" in page.text
    assert "second" not in page.text


def test_switching_on_what_is_on_changes_nothing(window, alice):
    visitor = window(alice)
    visitor.get("/integrations")
    visitor.get("/account")

    visitor.post("/integrations/pigeon/on")

    assert visitor.attributes("data-switch") == ["on"]


@pytest.mark.parametrize("slug", ["dove", "PIGEON", "pigeon%00", "x" * 3000])
@pytest.mark.parametrize("way", ["on", "off"])
def test_an_unknown_provider_is_not_found(window, alice, slug, way):
    visitor = window(alice)
    visitor.get("/account")

    assert visitor.post(f"/integrations/{slug}/{way}").status_code == 404


def test_an_inbox_off_at_two_levels_stays_off_until_both_are_on(window, ctx, alice, bob):
    inbox_id = placed.inbox(ctx, bob)
    switches.disable(ctx, bob, inbox_id)
    visitor = window(alice)
    switch_off(visitor)

    visitor.get(f"/inboxes/{inbox_id}")
    page = visitor.post(f"/inboxes/{inbox_id}/enable")

    assert visitor.attributes("data-switch") == ["off"]
    assert "The inbox itself is enabled. It stays off while the provider is switched off." in page.text


OFF = "Carrier pigeon is switched off by Alice Andersen. Ask your account admin to switch it on under Integrations."


def test_the_wizard_refuses_it_at_the_address(window, ctx, alice, bob):
    switches.switch_provider_off(ctx, alice, "pigeon")
    visitor = window(bob)
    visitor.get("/connect")
    visitor.post("/connect", uses="me")

    answer = visitor.choose(visitor.path.split("/")[2], "bob@acme.test", "pigeon")

    assert (answer.status_code, visitor.errors()) == (422, [OFF])


def test_the_wizard_refuses_it_at_the_settings(window, ctx, alice, bob, pigeons):
    draft_id = drafts.start(ctx, bob)
    drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "pigeon")
    drafts.accept_disclosure(ctx, bob, draft_id)
    switches.switch_provider_off(ctx, alice, "pigeon")
    visitor = window(bob)
    visitor.get(f"/connect/{draft_id}/settings")

    answer = visitor.post(visitor.path, loft="hill", password="coo")

    assert (answer.status_code, visitor.errors()) == (422, [OFF])
    assert 'value="hill"' in answer.text


@pytest.mark.parametrize("step", ["again", "trust", "keep"])
def test_the_wizard_refuses_it_at_every_way_to_go_on(window, ctx, work, alice, bob, pigeons, step):
    visitor = window(bob)
    draft_id = connect(visitor, work, whistle="moo")
    switches.switch_provider_off(ctx, alice, "pigeon")
    before = len(pigeons.flights)

    page = visitor.post(f"/connect/{draft_id}/{step}")
    work.verify(draft_id)

    assert OFF in page.text
    assert len(pigeons.flights) == before


def test_a_check_that_was_queued_before_the_switch_sends_nothing_after_it(window, ctx, work, alice, bob, pigeons):
    draft_id = drafts.start(ctx, bob)
    drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "pigeon")
    drafts.accept_disclosure(ctx, bob, draft_id)
    drafts.set_settings(ctx, bob, draft_id, {"loft": "hill", "password": "coo"})
    switches.switch_provider_off(ctx, alice, "pigeon")

    work.verify(draft_id)

    assert pigeons.flights == []


@pytest.mark.parametrize("action", ["test", "reconnect"])
def test_its_inboxes_are_neither_tested_nor_reconnected(window, ctx, work, alice, bob, pigeons, action):
    inbox_id = placed.inbox(ctx, bob)
    switches.switch_provider_off(ctx, alice, "pigeon")
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}")

    page = visitor.post(f"/inboxes/{inbox_id}/{action}")
    work.check(inbox_id)

    assert "This inbox is switched off. Enable it first" in page.text
    assert pigeons.flights == []
