"""A family that no page and no service knows goes through everything a known one does."""

import pytest

from tests.pigeon import LoftClosed, PigeonFamily


@pytest.fixture
def pigeons():
    return PigeonFamily()


@pytest.fixture
def families(pigeons):
    return (pigeons,)


def connect(window, work, address="bob@acme.test", whistle="coo"):
    """Go through the wizard and let the worker verify; return the draft's id."""
    window.get("/connect")
    window.post("/connect", uses="me")
    draft = window.path.split("/")[2]
    window.choose(draft, address, "pigeon")
    window.post(f"/connect/{draft}/expect")
    window.post(f"/connect/{draft}/settings", loft="hill", password=whistle)
    work.verify(draft)
    window.get(f"/connect/{draft}/verify")
    return draft


def test_the_wizard_connects_it_and_the_list_shows_it_healthy(browser, bob, work):
    window = browser().sign_in("bob@acme.test")

    connect(window, work)

    assert window.path.endswith("/done")
    window.get("/inboxes")
    assert ["bob@acme.test"] == window.attributes("data-inbox")
    assert ["healthy"] == window.attributes("data-health")


def test_the_sweep_checks_it_and_a_closed_loft_turns_it_degraded(browser, bob, work, clock, pigeons):
    window = browser().sign_in("bob@acme.test")
    connect(window, work)
    pigeons.weather["hill"] = LoftClosed()
    clock.advance(hours=1)

    work.sweep()

    window.get("/inboxes")
    assert ["degraded"] == window.attributes("data-health")
    assert ["server-unavailable"] == window.attributes("data-problem")


def test_disabled_it_is_not_checked_any_more(browser, bob, work, clock, pigeons):
    window = browser().sign_in("bob@acme.test")
    connect(window, work)
    window.get("/inboxes/1/disable")
    window.post("/inboxes/1/disable")
    clock.advance(hours=1)

    work.sweep()

    assert 1 == len(pigeons.flights)
    assert ["off"] == window.attributes("data-switch")


def test_removed_it_leaves_the_list_and_its_own_words_about_the_whistle(browser, bob, work):
    window = browser().sign_in("bob@acme.test")
    connect(window, work)
    window.get("/inboxes/1/remove")

    page = window.post("/inboxes/1/remove")

    assert "The pigeons have forgotten the whistle." in page.text
    assert [] == window.attributes("data-inbox")


def test_a_refused_whistle_is_blown_once(browser, bob, work, pigeons):
    window = browser().sign_in("bob@acme.test")

    draft = connect(window, work, whistle="moo")
    window.post(f"/connect/{draft}/again")
    work.verify(draft)

    assert [("hill", "moo")] == pigeons.flights
