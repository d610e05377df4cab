"""The OAuth app of a provider on Integrations: set up, changed, tested, announced, and its secret never shown again."""

import html
import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from console.providers.base import App
from console.providers.consenting import AppTest
from console.services import apps
from console.store.models import AuditEntry, Inbox
from tests.owl import OwlFamily
from tests.pages import tower
from tests.pages.tower import Way
from tests.pigeon import PigeonFamily

SECRET = "feather"
FORM = {"client_id": "tower", "client_secret": SECRET, "publishing": "production", "secret_expires_on": ""}


@pytest.fixture
def owls():
    return OwlFamily()


@pytest.fixture
def families(owls):
    return (owls, PigeonFamily())


@pytest.fixture
def admin(window, alice):
    return window(alice)


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(page.text)))


def facts(page):
    found = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page.text, re.DOTALL)
    return {label: re.sub(r"<[^>]+>", "", html.unescape(value)) for label, value in found}


def save(visitor, **changes):
    visitor.get("/integrations/owl/app")
    found = re.search(r'name="revision" value="(\d+)"', visitor.page.text)
    return visitor.post("/integrations/owl/app", **{"revision": found[1], **FORM, **changes})


def connected(ctx, work, window, alice, bob):
    """Bob's owl inbox, connected through the pages."""
    return Way(window(bob), work).connect()


# The list.


def test_the_list_tells_which_provider_has_an_app_and_which_needs_none(admin, ctx, alice):
    page = admin.get("/integrations")

    assert admin.attributes("data-app") == ["unset", "none"]
    assert re.search(r"No app yet nobody can connect Settings .* No app needed", text(page))


def test_an_app_is_named_by_its_client_id_and_leads_to_its_settings(admin, ctx, alice):
    tower.set_up(ctx, alice)

    page = admin.get("/integrations")

    assert admin.attributes("data-app") == ["set", "none"]
    assert re.search(r"tower not tested yet", text(page))
    assert 'href="/integrations/owl" aria-label="Settings of Owl post"' in page.text


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (datetime(2026, 12, 5, tzinfo=UTC), "Secret ends in 12 days"),
        (datetime(2026, 11, 24, tzinfo=UTC), "Secret ends in 1 day"),
        (datetime(2026, 11, 23, tzinfo=UTC), "Secret ends today"),
        (datetime(2026, 11, 20, tzinfo=UTC), "Secret ended 20 Nov"),
    ],
)
def test_a_secret_that_ends_soon_is_announced_on_the_list_and_on_its_page(admin, ctx, alice, on, words):
    tower.set_up(ctx, alice, secret_expires_on=on.date())

    assert words in admin.get("/integrations").text
    page = admin.get("/integrations/owl").text
    assert f"{words}. Make a new one at the tower and type it in here; every inbox goes on with it." in page


def test_a_secret_that_ends_late_is_a_date_and_no_warning(admin, ctx, alice):
    tower.set_up(ctx, alice, secret_expires_on=datetime(2027, 5, 1, tzinfo=UTC).date())

    page = admin.get("/integrations/owl")

    assert facts(page)["Moults on"] == "1 May 2027"
    assert admin.attributes("data-warning") == []


def test_an_app_in_testing_carries_its_warning(admin, ctx, alice):
    tower.set_up(ctx, alice, publishing="testing")

    assert "It falls down after 7 days." in admin.get("/integrations/owl").text
    assert "Fledgling" in admin.get("/integrations").text


# Setting it up.


@pytest.mark.parametrize("path", ["", "/app"])
def test_a_redirect_uri_that_the_provider_does_not_take_is_said_before_anything_is_set_up(admin, owls, path):
    owls.uri_refused = "The tower flies to castles only."

    page = admin.get(f"/integrations/owl{path}")

    assert re.search(r"data-warning>.*The tower flies to castles only\.", page.text)


def test_without_an_app_the_steps_stand_open_in_their_order_with_what_to_copy(admin):
    page = admin.get("/integrations/owl")

    assert admin.attributes("data-app") == ["unset"]
    assert re.search(r'<details[^>]* id="set-up" open', page.text)
    assert re.search(
        r"Climb the tower\. .*Tell it where to fly back to\. http://127\.0\.0\.1:8000/consent/owl .*"
        r"Ask for these\. see carry",
        text(page),
    )
    assert 'href="https://tower.test/stairs" target="_blank" rel="noopener noreferrer"' in page.text


def test_saved_it_is_stored_tested_and_its_secret_never_shown(admin, ctx, work):
    page = save(admin)

    assert admin.path == "/integrations/owl"
    assert "The app is saved. Its test is under way." in page.text
    assert admin.attributes("data-state") == ["running"]
    assert SECRET not in page.text.replace("Feather", "")
    assert facts(page) | {"Redirect URI": ""} == {
        "Name of the owl": "tower", "Feather": "set, never shown", "Moults on": "not told", "Flight": "Flies",
        "Redirect URI": "",
    }  # fmt: skip


def test_the_form_of_an_app_that_is_there_shows_everything_but_the_secret(admin, ctx, alice):
    tower.set_up(ctx, alice, client_secret="another feather".replace(" ", "-"))

    page = admin.get("/integrations/owl/app")

    assert 'value="tower"' in page.text
    assert "another-feather" not in page.text
    assert "Stored and never shown. Leave it empty to keep it." in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"client_id": ""}, "Type it, or copy it from the provider."),
        ({"client_secret": " "}, "Type it, or copy it from the provider."),
        ({"client_id": "two words"}, "There is a space, or a letter no provider uses, in it. Copy it once more."),
        ({"client_id": "tøwer"}, "There is a space, or a letter no provider uses, in it. Copy it once more."),
        ({"client_secret": "\x00"}, "There is a space, or a letter no provider uses, in it. Copy it once more."),
        ({"client_id": "x" * 251}, "This is longer than any provider's. Copy it once more."),
        ({"client_secret": "x" * 1001}, "This is longer than any provider's. Copy it once more."),
        ({"client_secret": "egg-of-an-owl"}, "This is an egg."),
        ({"secret_expires_on": "soon"}, "Choose a day, or leave it empty."),
        ({"secret_expires_on": "31.12.2026"}, "Choose a day, or leave it empty."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_stored(admin, ctx, changes, sentence):
    answer = save(admin, **changes)

    assert (answer.status_code, admin.errors()) == (422, [sentence])
    assert apps.get(ctx, "owl") is None


def test_a_form_that_comes_back_has_forgotten_the_secret_and_says_so(admin):
    page = save(admin, client_id="", client_secret="a-feather-of-mine")

    assert "a-feather-of-mine" not in page.text
    assert "Type the secret once more." in page.text


@pytest.mark.parametrize("publishing", ["nested", "", "x" * 3000])
def test_a_choice_that_there_is_not_is_refused(admin, ctx, publishing):
    assert save(admin, publishing=publishing).status_code == 422
    assert apps.get(ctx, "owl") is None


@pytest.mark.parametrize("revision", ["", "x", "9" * 40, "-1", "7"])
def test_a_form_made_from_another_state_is_refused(admin, ctx, alice, revision):
    tower.set_up(ctx, alice)

    answer = save(admin, revision=revision, client_id="other")

    assert answer.status_code == 422
    assert apps.get(ctx, "owl").client_id == "tower"


# Changing it.


def test_the_form_says_first_what_happens_to_the_inboxes_there_are(admin, ctx, work, window, alice, bob):
    tower.set_up(ctx, alice)
    connected(ctx, work, window, alice, bob)

    page = admin.get("/integrations/owl/app")

    assert re.search(
        r"A new secret 1 inbox goes on with it\. Nobody signs in again\. Another client ID 1 inbox stops until its "
        r"owner has signed in again\. History and settings stay\. It is another app: 1 person signs in again",
        text(page),
    )


def test_a_new_secret_lets_the_inboxes_go_on(admin, ctx, work, window, alice, bob):
    tower.set_up(ctx, alice)
    connected(ctx, work, window, alice, bob)

    save(admin, client_secret="second-feather")

    with ctx.store.read() as session:
        assert session.get_one(Inbox, 1).health == "healthy"


def test_an_empty_secret_keeps_the_one_there_is(admin, ctx, alice, work):
    tower.set_up(ctx, alice)

    save(admin, client_secret="", publishing="testing")
    work.test_app("owl")

    assert apps.get(ctx, "owl").publishing == "testing"
    assert apps.get(ctx, "owl").test.outcome == "proved"


def test_another_app_is_not_saved_before_it_is_ticked(admin, ctx, work, window, alice, bob):
    tower.set_up(ctx, alice)
    connected(ctx, work, window, alice, bob)

    answer = save(admin, client_id="steeple")

    assert answer.status_code == 422
    assert "Tick this when you mean it." in answer.text
    assert apps.get(ctx, "owl").client_id == "tower"


def test_ticked_another_app_is_saved_and_its_inboxes_wait_for_a_sign_in(admin, ctx, work, window, alice, bob):
    tower.set_up(ctx, alice)
    connected(ctx, work, window, alice, bob)

    page = save(admin, client_id="steeple", confirmed="yes")

    assert "Inboxes that wait for their owners to sign in again: 1." in page.text
    with ctx.store.read() as session:
        assert session.get_one(Inbox, 1).health == "needs-sign-in"


def test_removing_asks_first_and_counts(admin, ctx, work, window, alice, bob):
    tower.set_up(ctx, alice)
    connected(ctx, work, window, alice, bob)

    page = admin.get("/integrations/owl/app/remove")
    assert "Remove the app at the tower?" in page.text
    assert re.findall(r"<strong>(\d+)</strong>", page.text) == ["1", "1"]
    admin.post("/integrations/owl/app/remove")

    assert apps.get(ctx, "owl") is None
    assert admin.attributes("data-app") == ["unset"]


def test_removing_an_app_that_is_not_there_any_more_is_said(admin):
    admin.get("/account")

    page = admin.post("/integrations/owl/app/remove")

    assert "There is no app at the tower any more." in page.text


# Testing it.


@pytest.mark.parametrize(
    ("feather", "outcome", "words"),
    [("feather", "proved", "The tower knows the feather."), ("fluff", "wrong", "The tower knows no such feather.")],
)
def test_a_test_tells_in_place_what_it_showed(admin, ctx, alice, work, feather, outcome, words):
    tower.set_up(ctx, alice, client_secret=feather)
    admin.get("/integrations/owl")

    admin.post("/integrations/owl/test")
    assert admin.attributes("data-state") == ["running"]
    work.test_app("owl")
    page = admin.get("/integrations/owl")

    assert (admin.attributes("data-state"), admin.attributes("data-outcome")) == (["done"], [outcome])
    assert words in page.text


def test_what_cannot_be_proved_is_said_as_that(admin, ctx, alice, work, owls, monkeypatch):
    monkeypatch.setattr(owls, "test_app", lambda *_: AppTest("not-proved", "Not proved until the first sign-in."))
    tower.set_up(ctx, alice)
    apps.test(ctx, alice, "owl")
    work.test_app("owl")

    page = admin.get("/integrations/owl")

    assert admin.attributes("data-outcome") == ["not-proved"]
    assert "c-state-unproven" in page.text
    assert "Not proved until the first sign-in." in page.text


def test_no_worker_is_said_after_a_while(admin, ctx, alice, clock):
    tower.set_up(ctx, alice)
    apps.test(ctx, alice, "owl")
    clock.advance(minutes=2)

    admin.get("/integrations/owl")

    assert admin.attributes("data-state") == ["late"]


def test_without_an_app_there_is_nothing_to_test(admin):
    admin.get("/integrations/owl")

    page = admin.post("/integrations/owl/test")

    assert "There is no app to test yet." in page.text


# Trouble.


def trouble(ctx, alice, work):
    tower.set_up(ctx, alice, client_secret="fluff")
    apps.test(ctx, alice, "owl")
    work.test_app("owl")


def test_an_app_that_is_not_accepted_is_one_problem_of_the_integration(admin, ctx, alice, work):
    trouble(ctx, alice, work)

    page = admin.get("/integrations/owl")

    assert admin.attributes("data-problem-card") == ["oauth-client-secret"]
    assert re.search(r"App secret not accepted .* Who must act Account admin .* Change the app", text(page))
    assert admin.attributes("data-app") == ["trouble"]


def test_a_test_that_ends_shows_everything_anew_so_that_a_mended_app_is_no_problem_beside_it(admin, ctx, alice, work):
    trouble(ctx, alice, work)
    apps.save(ctx, alice, "owl", client_id="tower", client_secret=SECRET)
    apps.test(ctx, alice, "owl")
    asks = {"HX-Request": "true"}

    waiting = admin.client.get("/integrations/owl?part=test", headers=asks)
    work.test_app("owl")
    done = admin.client.get("/integrations/owl?part=test", headers=asks)

    assert waiting.headers["HX-Retarget"] == "#app-test"
    assert "HX-Retarget" not in done.headers
    assert 'hx-target="#integration"' in waiting.text
    assert "data-problem-card" not in done.text


def test_admins_read_it_once_as_an_alert_on_every_page(admin, ctx, alice, work):
    trouble(ctx, alice, work)

    page = admin.get("/users")

    assert page.text.count("the tower does not accept the app of Owl post") == 1
    assert 'href="/integrations/owl">Look at it' in page.text


def test_members_and_help_desk_are_not_told_of_it(window, ctx, alice, bob, hanne, work):
    trouble(ctx, alice, work)

    for person in (bob, hanne):
        assert "does not accept the app" not in window(person).get("/account").text


def test_the_wizard_says_that_the_provider_does_not_accept_this_console(ctx, alice, bob, window, work):
    trouble(ctx, alice, work)

    page = Way(window(bob), work).begin().visitor.page

    assert "the tower does not accept this console at the moment" in page.text
    assert "/consent/of/" not in page.text


# From the configuration.


@pytest.fixture
def configured(ctx):
    ctx.apps["owl"] = App("owl-of-the-operator", "sealed-elsewhere")


def test_an_app_from_the_configuration_is_shown_read_only_with_where_it_comes_from(admin, configured):
    page = admin.get("/integrations/owl")

    assert facts(page)["Name of the owl"] == "owl-of-the-operator"
    assert "Set by the operator in the configuration (CONSOLE_OWL_NAME), so it is changed there" in page.text
    assert facts(page)["Flight"] == "not told"
    assert "/integrations/owl/app" not in page.text
    assert "sealed-elsewhere" not in page.text


def test_an_app_from_the_configuration_is_not_changed_here(admin, configured):
    admin.get("/account")

    page = admin.post("/integrations/owl/app", **FORM)

    assert admin.path == "/integrations/owl"
    assert "This app comes from the configuration of the server. It is changed there." in page.text


# The page for IT.


def test_the_page_for_it_says_why_what_and_what_to_press(admin, ctx, alice):
    tower.set_up(ctx, alice)

    page = admin.get("/integrations/owl/sheet")

    assert re.search(
        r"Approve the inbox console of Acme A/S at the tower .*Most towers ask their keeper\. What to do Name the owl "
        r"to the keeper\. .*tower .*What it asks for, and why see To see the owl\. carry To carry letters\.",
        text(page),
    )


def test_as_text_it_says_the_same_in_lines(admin, ctx, alice):
    tower.set_up(ctx, alice)

    page = admin.get("/integrations/owl/sheet.txt")

    assert page.mimetype == "text/plain"
    assert page.text.startswith("Approve the inbox console of Acme A/S at the tower\n=====")
    assert "1. Name the owl to the keeper.\n   tower\n\n" in page.text
    assert "see\n   To see the owl.\n" in page.text
    assert page.text.endswith("How to end it\n-------------\n* Shut the gate.\n")


def test_whoever_is_stopped_by_an_approval_can_send_it_on(window, ctx, alice, bob):
    tower.set_up(ctx, alice)

    page = window(bob).get("/integrations/owl/sheet")

    assert page.status_code == 200
    assert 'href="/integrations"' not in page.text


# Who may.


@pytest.mark.parametrize("who", ["bob", "hanne"])
@pytest.mark.parametrize("path", ["/integrations/owl", "/integrations/owl/app", "/integrations/owl/app/remove"])
def test_only_admins_see_apps(request, window, ctx, alice, who, path):
    tower.set_up(ctx, alice)
    visitor = window(request.getfixturevalue(who))

    assert visitor.get(path).status_code == 404
    visitor.get("/account")
    assert visitor.post("/integrations/owl/app", **FORM).status_code == 404
    assert visitor.post("/integrations/owl/test").status_code == 404


@pytest.mark.parametrize("slug", ["pigeon", "dove", "OWL", "owl%00"])
@pytest.mark.parametrize("path", ["", "/app", "/app/remove", "/sheet", "/sheet.txt"])
def test_a_provider_without_an_app_has_no_such_page(admin, slug, path):
    assert admin.get(f"/integrations/{slug}{path}").status_code == 404


def test_the_secret_is_in_no_audit_entry(admin, ctx):
    save(admin)

    with ctx.store.read() as session:
        kept = "".join(str(entry.model_dump()) for entry in session.exec(select(AuditEntry)))
    assert SECRET not in kept
