"""Settings: who gets there, the tab of checks, what a change means before and after it is saved."""

import html
import re
from datetime import timedelta

import pytest

from console.services import cadence
from console.store.servers import Hold
from tests import placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    return (PigeonFamily(), OwlFamily())


@pytest.fixture
def admin(window, alice):
    return window(alice)


def words(page):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page.text)))


def save(visitor, **fields):
    page = visitor.get("/settings/checks")
    found = re.search(r'name="revision" value="(\d+)"', page.text)
    return visitor.post("/settings/checks", **{"revision": found[1], **fields})


def sources(page):
    return dict(re.findall(r'data-provider="([^"]*)" data-from="([^"]*)"', page.text))


def test_settings_open_on_their_first_tab(admin):
    page = admin.get("/settings")

    assert admin.path == "/settings/checks"
    assert 'id="tab-checks" href="/settings/checks" aria-current="page"' in page.text


def test_settings_stand_in_the_navigation_of_account_admins_alone(admin, window, hanne, bob):
    assert 'href="/settings"' in admin.get("/inboxes").text
    assert 'href="/settings"' not in window(hanne).get("/inboxes").text
    assert 'href="/settings"' not in window(bob).get("/me").text


def test_the_page_says_where_every_interval_comes_from(admin):
    assert sources(admin.get("/settings/checks")) == {"": "default", "pigeon": "", "owl": ""}

    page = save(admin, every="30", pigeon="5")

    assert sources(page) == {"": "here", "pigeon": "here", "owl": ""}
    assert "set here, last by Alice Andersen" in words(page)


class TestWithConfiguration:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECK_EVERY": "90", "CONSOLE_CHECK_EVERY_BY_PROVIDER": "owl=7200"}

    def test_what_the_operator_set_is_shown_and_not_asked_for(self, admin):
        page = admin.get("/settings/checks")

        assert sources(page) == {"": "configuration", "pigeon": "", "owl": "configuration"}
        assert "set by the operator in the configuration" in words(page)
        assert re.findall(r'<input[^>]* name="(\w+)"', page.text.split('id="cadence"')[1]) == [
            "csrf_token",
            "revision",
            "pigeon",
        ]
        assert "90 s" in words(page)
        assert "2 h" in words(page)


def test_saving_says_what_it_means(admin, ctx, bob):
    for number in range(4):
        placed.inbox(ctx, bob, f"bob{number}@acme.test")

    page = save(admin, every="10", pigeon="")

    assert "Saved; it counts from now on. About 24 checks an hour for 4 inboxes." in words(page)
    assert cadence.every(ctx, None, "pigeon").total_seconds() == 600


def test_what_is_typed_is_answered_with_what_it_would_mean_and_changes_nothing(admin, ctx, bob):
    placed.inbox(ctx, bob)

    page = admin.get("/settings/checks?every=1&pigeon=", headers={"HX-Request": "true"})

    assert "About 60 checks an hour for 1 inbox." in words(page)
    assert "<html" not in page.text
    assert cadence.every(ctx, None, "pigeon").total_seconds() == 900


@pytest.mark.parametrize("typed", ["0", "1441", "often", "1.5", "-3", "9" * 400, "٣"])
def test_an_interval_out_of_bounds_is_told_beside_its_field_and_keeps_what_was_typed(admin, ctx, typed):
    page = save(admin, every="30", pigeon=typed)

    assert (page.status_code, admin.errors()) == (422, ["Type whole minutes from 1 to 1440, which is a day."])
    assert f'value="{html.escape(typed[:400])}"' in page.text
    assert cadence.intervals(ctx).general.source == "default"


def test_an_emptied_field_follows_the_others_again(admin, ctx):
    save(admin, every="30", pigeon="5")
    save(admin, every="", pigeon="")

    assert sources(admin.page) == {"": "default", "pigeon": "", "owl": ""}


def test_of_two_tabs_the_slower_one_is_told(admin, ctx):
    admin.get("/settings/checks")
    admin.post("/settings/checks", revision="0", every="30")
    page = admin.post("/settings/checks", revision="0", every="60")

    assert page.status_code == 422
    assert "Somebody else changed these settings meanwhile" in words(page)
    assert cadence.every(ctx, None, "owl").total_seconds() == 1800


def test_the_page_says_which_server_is_left_alone_until_when(admin, ctx, clock):
    with ctx.store.write() as session:
        until = clock.now + timedelta(minutes=48)
        session.add(Hold(level="host", target="<b>.test", until=until, why="refusals", since=clock.now))

    page = admin.get("/settings/checks")

    assert "Paused until 10:00: too many refused sign-ins at <b>.test. Nobody has to act." in words(page)
    assert "<b>.test" not in page.text


def test_the_page_says_what_checks_keep_to(admin):
    page = admin.get("/settings/checks")

    assert "The next try comes after 1, 2, 5, 15, 30 and then every 60 min." in words(page)
    assert "4 connections, over all workers" in words(page)
