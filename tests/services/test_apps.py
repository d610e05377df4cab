"""The organisation's own apps: what goes in, what never comes out, and what another app does to inboxes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from console.assembly import configured_apps
from console.config import ConfigError, load
from console.providers.base import App
from console.providers.consenting import AppTest
from console.services import app_secrets, app_tests, app_trouble, apps, checks
from console.services.context import NotFound, Refused
from console.services.work import Work
from console.store.consents import OauthApp
from tests.pigeon import PigeonFamily
from tests.services import made, owls

ADDRESS = "bob@owls.test"


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


def stored(ctx):
    with ctx.store.read() as session:
        return session.get(OauthApp, "owl")


def in_use(ctx):
    with ctx.store.read() as session:
        return app_secrets.for_use(ctx, session, "owl")


def configured(ctx):
    return replace(ctx, apps={"owl": App("tower", "feather")})


def test_without_an_app_there_is_nothing_to_see_or_use(ctx):
    assert apps.get(ctx, "owl") is None
    assert in_use(ctx) is None


def test_what_an_admin_typed_is_seen_without_the_secret_and_used_with_it(ctx, alice, clock):
    owls.set_up(ctx, alice, tenant="acme.test", audience="single", secret_expires_on=date(2027, 1, 31))

    seen = apps.get(ctx, "owl")

    assert (seen.source, seen.client_id, seen.tenant, seen.audience) == ("console", "tower", "acme.test", "single")
    assert (seen.secret_expires_on, seen.publishing, seen.revision) == (date(2027, 1, 31), "production", 1)
    assert (seen.changed_by, seen.changed_at, seen.readable) == (alice.name, clock.now, True)
    assert seen.redirect_uri == f"{ctx.config.base_url}/consent/owl"
    assert in_use(ctx) == App("tower", "feather", "acme.test", "single")
    assert "feather" not in repr(seen)


def test_the_secret_lies_sealed_for_its_row_and_its_change_is_noted_without_it(ctx, alice):
    owls.set_up(ctx, alice)

    row, (entry,) = stored(ctx), made.audited(ctx, "app.save")

    assert "feather" not in row.sealed
    assert ctx.vault.unseal(row.sealed, row="app:owl") == {"client_secret": "feather"}
    assert "feather" not in str(entry.detail)
    assert entry.detail["new_secret"] is True


def test_an_empty_secret_keeps_the_stored_one(ctx, alice):
    owls.set_up(ctx, alice)

    owls.set_up(ctx, alice, client_secret="", secret_expires_on=date(2028, 1, 1))

    assert in_use(ctx).client_secret == "feather"
    assert apps.get(ctx, "owl").revision == 2


def test_another_client_id_needs_a_secret_of_its_own(ctx, alice):
    owls.set_up(ctx, alice)

    with pytest.raises(Refused, match="secret of this app") as refused:
        owls.set_up(ctx, alice, client_id="minaret", client_secret="")

    assert refused.value.field == "client_secret"
    assert in_use(ctx).client_id == "tower"


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(ctx, alice):
    owls.set_up(ctx, alice)
    owls.set_up(ctx, alice, revision=1)

    with pytest.raises(Refused, match="Somebody else changed"):
        owls.set_up(ctx, alice, revision=1, client_secret="quill")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_id", ""),
        ("client_id", "two words"),
        ("client_id", "x" * 256),
        ("client_id", "a\x00b"),
        ("client_secret", "line\nbreak"),
        ("client_secret", "x" * 1025),
        ("client_secret", "pässword"),
        ("tenant", "acme test"),
        ("tenant", "../../evil?x=#"),
        ("audience", "everybody"),
        ("publishing", "maybe"),
    ],
)
def test_what_no_provider_gives_out_is_refused_beside_its_field(ctx, alice, field, value):
    with pytest.raises(Refused) as refused:
        owls.set_up(ctx, alice, **{field: value})

    assert refused.value.field == field
    assert stored(ctx) is None


def test_accounts_of_one_directory_need_its_name(ctx, alice):
    with pytest.raises(Refused) as refused:
        owls.set_up(ctx, alice, audience="single")

    assert refused.value.field == "tenant"


@pytest.mark.parametrize("who", ["bob", "hanne"])
def test_only_account_admins_set_apps_up_test_or_remove_them(ctx, alice, who, request):
    somebody = request.getfixturevalue(who)
    owls.set_up(ctx, alice)

    for act in (
        lambda: owls.set_up(ctx, somebody),
        lambda: apps.remove(ctx, somebody, "owl"),
        lambda: apps.test(ctx, somebody, "owl"),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_provider_that_takes_passwords_has_no_app(ctx, alice):
    with pytest.raises(NotFound):
        apps.save(ctx, alice, "pigeon", client_id="tower", client_secret="feather")


# What it does to inboxes.


def test_a_new_secret_of_the_same_app_stops_nobody(ctx, alice, bob):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    assert apps.blast(ctx, "owl", "tower").inboxes == 0
    assert owls.set_up(ctx, alice, client_secret="quill") == 0
    assert made.inbox(ctx, inbox_id).health == "healthy"


def test_another_app_is_counted_first_and_then_asks_every_owner_to_sign_in_again(ctx, alice, bob, charlie):
    owls.set_up(ctx, alice)
    ids = [*owls.make(ctx, bob, ADDRESS), *owls.make(ctx, charlie, "charlie@owls.test")]
    pigeon = made.make(ctx, bob, "bob@acme.test")

    counted = apps.blast(ctx, "owl", "minaret")
    stopped = owls.set_up(ctx, alice, client_id="minaret", client_secret="quill")

    assert (counted.inboxes, counted.people, stopped) == (2, 2, 2)
    for inbox_id in ids:
        inbox = made.inbox(ctx, inbox_id)
        assert (inbox.health, inbox.problem, inbox.next_check) == ("needs-sign-in", "oauth-app-changed", None)
    assert made.inbox(ctx, pigeon[0]).health == "healthy"


def test_a_check_under_way_does_not_undo_that(ctx, alice, bob):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    (task,) = checks.prepare(ctx, checks.claim(ctx, [inbox_id], due_only=True), checks.SCHEDULE)
    outcome = checks.carry_out(ctx, task)
    owls.set_up(ctx, alice, client_id="minaret", client_secret="quill")

    checks.record(ctx, [outcome])

    assert made.inbox(ctx, inbox_id).problem == "oauth-app-changed"


def test_tested_with_another_app_nothing_is_sent_and_the_reason_stays(ctx, alice, bob, owl):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owls.set_up(ctx, alice, client_id="minaret", client_secret="quill")

    checks.run(ctx, inbox_id, checks.BUTTON)

    assert (made.inbox(ctx, inbox_id).problem, owl.renewals) == ("oauth-app-changed", [])


def test_the_old_app_typed_again_lets_its_inboxes_go_on(ctx, alice, bob, work):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owls.set_up(ctx, alice, client_id="minaret", client_secret="quill")

    owls.set_up(ctx, alice)
    work.sweep()

    assert made.inbox(ctx, inbox_id).health == "healthy"


def test_a_removed_app_is_no_fault_of_an_inbox_and_typed_again_all_goes_on(ctx, alice, bob, owl, work):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    apps.remove(ctx, alice, "owl")
    work.sweep()
    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, owl.renewals) == ("failing", "oauth-app-missing", [])

    owls.set_up(ctx, alice)
    work.sweep()

    assert made.inbox(ctx, inbox_id).health == "healthy"


def test_removing_an_app_counts_everything_of_the_provider(ctx, alice, bob):
    owls.set_up(ctx, alice)
    owls.make(ctx, bob, ADDRESS)

    assert apps.blast(ctx, "owl", None).inboxes == 1


# From the configuration.


def test_the_configuration_wins_and_cannot_be_changed_here(ctx, alice):
    owls.set_up(ctx, alice, client_id="minaret", client_secret="quill")
    ctx = configured(ctx)

    seen = apps.get(ctx, "owl")

    assert (seen.source, seen.client_id, seen.changed_by) == ("configuration", "tower", None)
    assert in_use(ctx) == App("tower", "feather")
    for act in (lambda: owls.set_up(ctx, alice), lambda: apps.remove(ctx, alice, "owl")):
        with pytest.raises(Refused, match="configuration"):
            act()


@pytest.mark.parametrize(
    ("tenant", "audience"),
    [("", "common"), ("acme.test", "single"), ("organizations", "organizations"), ("common", "common")],
)
def test_who_may_sign_in_follows_from_the_configured_tenant_and_the_rest_is_not_known(ctx, tenant, audience):
    ctx.apps["owl"] = App("tower", "feather", tenant)

    seen = apps.get(ctx, "owl")

    assert (seen.audience, seen.publishing, seen.secret_expires_on) == (audience, "", None)


def test_google_and_microsoft_are_configured_by_their_variables(tmp_path):
    config = load(
        {
            "CONSOLE_INSTANCE": str(tmp_path),
            "CONSOLE_GOOGLE_CLIENT_ID": "g",
            "CONSOLE_GOOGLE_CLIENT_SECRET": "gs",
            "CONSOLE_MICROSOFT_CLIENT_ID": "m",
            "CONSOLE_MICROSOFT_CLIENT_SECRET": "ms",
            "CONSOLE_MICROSOFT_TENANT": "acme.test",
        }
    )

    assert configured_apps(config) == {"gmail": App("g", "gs"), "microsoft": App("m", "ms", "acme.test")}


@pytest.mark.parametrize("half", ["CONSOLE_GOOGLE_CLIENT_ID", "CONSOLE_MICROSOFT_CLIENT_SECRET"])
def test_half_an_app_stops_the_start_and_names_what_is_missing(tmp_path, half):
    config = load({"CONSOLE_INSTANCE": str(tmp_path), half: "x"})

    with pytest.raises(ConfigError, match="is needed too"):
        configured_apps(config)


# Testing.


def test_a_test_is_answered_by_a_worker(ctx, alice, clock, work):
    owls.set_up(ctx, alice)
    apps.test(ctx, alice, "owl")
    assert apps.get(ctx, "owl").test.waiting

    work.test_app("owl")

    found = apps.get(ctx, "owl").test
    assert (found.waiting, found.outcome, found.text) == (False, "proved", "The tower knows the feather.")
    assert (found.finished_at, found.current) == (clock.now, True)


def test_the_configurations_app_is_tested_the_same_way(ctx, alice):
    ctx = configured(ctx)
    apps.test(ctx, alice, "owl")

    app_tests.run(ctx, "owl")

    assert apps.get(ctx, "owl").test.outcome == "proved"


def test_a_wrong_secret_is_told_and_once_it_is_replaced_the_test_is_of_another_app(ctx, alice, work):
    owls.set_up(ctx, alice, client_secret="quill")
    apps.test(ctx, alice, "owl")
    work.test_app("owl")
    seen = apps.get(ctx, "owl")
    assert (seen.test.outcome, seen.test.problem) == ("wrong", "oauth-client-secret")
    assert seen.trouble.problem == "oauth-client-secret"

    owls.set_up(ctx, alice)

    seen = apps.get(ctx, "owl")
    assert (seen.test.current, seen.trouble) == (False, None)


def test_there_has_to_be_an_app_to_test(ctx, alice):
    with pytest.raises(Refused, match="no app to test"):
        apps.test(ctx, alice, "owl")


def test_a_test_that_no_worker_took_is_found_by_the_tick_and_the_page_stops_waiting(ctx, alice, clock, owl):
    asked = []
    ctx = replace(ctx, enqueue=lambda name, *ids: asked.append((name, *ids)))
    owls.set_up(ctx, alice)
    apps.test(ctx, alice, "owl")
    asked.clear()
    clock.advance(seconds=app_trouble.PATIENCE.total_seconds())

    Work(ctx).tick()

    assert ("test-app", "owl") in asked
    assert not apps.get(ctx, "owl").test.waiting


def test_while_one_worker_tests_another_leaves_it(ctx, alice, owl):
    owls.set_up(ctx, alice)
    apps.test(ctx, alice, "owl")
    runs = []

    def slow(app, redirect_uri, line):
        runs.append(app)
        if len(runs) == 1:
            app_tests.run(ctx, "owl")
        return AppTest("proved", "yes")

    owl.test_app = slow
    app_tests.run(ctx, "owl")

    assert len(runs) == 1


def test_nobody_tests_without_end(ctx, alice):
    owls.set_up(ctx, alice)
    for _ in range(apps.MOST_TESTS):
        apps.test(ctx, alice, "owl")

    with pytest.raises(Refused, match="many times"):
        apps.test(ctx, alice, "owl")


def test_an_app_whose_key_is_missing_says_so_and_stops_its_inboxes_for_nothing_else(ctx, alice, bob, owl):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    with ctx.store.write() as session:
        session.get_one(OauthApp, "owl").sealed = "gAAAAA no key opens this"

    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert not apps.get(ctx, "owl").readable
    assert (made.inbox(ctx, inbox_id).problem, owl.renewals) == ("key-missing", [])
    apps.test(ctx, alice, "owl")
    app_tests.run(ctx, "owl")
    assert apps.get(ctx, "owl").test.problem == "key-missing"


def test_a_secret_that_is_about_to_run_out_is_known_by_its_day(ctx, alice, clock):
    ends = clock.now.date() + timedelta(days=14)
    owls.set_up(ctx, alice, secret_expires_on=ends)

    assert apps.all_of(ctx)["owl"].secret_expires_on == ends
