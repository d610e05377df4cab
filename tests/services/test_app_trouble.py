"""A provider that does not take the app: one problem of the integration, tried gently, and then everything goes on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from console.providers.base import App
from console.providers.consenting import AppTest
from console.services import app_trouble, apps, checks, consents, inbox, inboxes, switches
from console.services.context import Refused
from console.services.sweep import Sweep, anything_due
from console.services.work import Work
from tests.pigeon import PigeonFamily
from tests.services import made, owls
from tests.services.test_counted import counted

HOSTS = {"CONSOLE_CHECKS_PER_HOST": "256", "CONSOLE_CHECK_THREADS": "1"}
CANARY = app_trouble.CANARY.total_seconds()


@pytest.fixture
def settings():
    return HOSTS


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


@pytest.fixture
def bobs(ctx, alice, bob):
    """Twenty owls of Bob with keys that have run out, and an app whose secret the tower does not know any more."""
    owls.set_up(ctx, alice, client_secret="quill")
    return owls.make(ctx, bob, *(f"owl{number}@owls.test" for number in range(20)))


@pytest.fixture
def asked(owl):
    """The tokens brought to the tower, whatever it said."""
    brought, known = [], owl._known

    def note(app):
        brought.append(app)
        known(app)

    owl._known = note
    return brought


def standing(ctx):
    return apps.get(ctx, "owl").trouble


def test_the_first_refusal_stops_the_others(ctx, bobs, asked, clock):
    Sweep(ctx).run()

    assert len(asked) == 1
    assert (standing(ctx).problem, standing(ctx).since) == ("oauth-client-secret", clock.now)
    assert not anything_due(ctx)


def test_nobody_is_told_to_sign_in_and_every_inbox_waits_for_the_operator(ctx, bob, bobs, asked):
    Sweep(ctx).run()

    page = inboxes.page(ctx, bob)

    assert {(row.health, row.problem) for row in page.rows} == {("degraded", "oauth-client-secret")}
    assert (page.counts["attention"], page.counts["healthy"]) == (20, 0)
    assert inbox.detail(ctx, bob, bobs[7]).row.problem == "oauth-client-secret"
    assert {made.inbox(ctx, inbox_id).health for inbox_id in bobs} == {"healthy", "degraded"}
    assert all(made.inbox(ctx, inbox_id).next_check is not None for inbox_id in bobs)


def test_one_canary_tries_again_every_few_minutes_and_no_more(ctx, bobs, asked, clock):
    Sweep(ctx).run()
    for _ in range(60):
        clock.advance(minutes=1)
        Sweep(ctx).run()

    assert len(asked) <= 1 + 60 * 60 / CANARY


def test_a_check_from_the_shell_waits_like_every_other(ctx, bobs, asked):
    Sweep(ctx).run()

    for inbox_id in bobs:
        checks.run(ctx, inbox_id, checks.SHELL)

    assert len(asked) == 1


def test_the_canary_is_the_inbox_that_met_the_refusal(ctx, bobs, asked, clock):
    Sweep(ctx).run()
    (first,) = [inbox_id for inbox_id in bobs if made.history(ctx, inbox_id)]
    clock.advance(seconds=CANARY)
    Sweep(ctx).run()

    assert [len(made.history(ctx, inbox_id)) for inbox_id in bobs if made.history(ctx, inbox_id)] == [2]
    assert len(made.history(ctx, first)) == 2


def test_a_clock_that_is_set_back_by_a_year_leaves_nobody_waiting_for_the_turn_it_wrote(ctx, bobs, asked, clock):
    clock.advance(days=365)
    Sweep(ctx).run()
    assert len(asked) == 1
    clock.advance(days=-365)

    Sweep(ctx).run()

    assert len(asked) == 2


def test_a_canary_that_is_gone_is_followed_by_another(ctx, bob, bobs, asked, clock):
    Sweep(ctx).run()
    (first,) = [inbox_id for inbox_id in bobs if made.history(ctx, inbox_id)]
    switches.disable(ctx, bob, first)
    clock.advance(seconds=CANARY)
    Sweep(ctx).run()
    assert len(asked) == 1

    clock.advance(seconds=CANARY)
    Sweep(ctx).run()

    assert len(asked) == 2


def test_of_many_workers_one_takes_the_turn(ctx, bobs, asked, clock):
    Sweep(ctx).run()
    clock.advance(seconds=2 * CANARY)

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: checks.claim(ctx, bobs, due_only=False), range(8)))

    assert sum(len(found) for found in claimed) == 1


def test_a_new_secret_lets_everything_go_on(ctx, alice, bobs, asked):
    Sweep(ctx).run()

    assert owls.set_up(ctx, alice) == 0
    Sweep(ctx).run()

    assert standing(ctx) is None
    assert {(made.inbox(ctx, inbox_id).health, made.inbox(ctx, inbox_id).problem) for inbox_id in bobs} == {
        ("healthy", None)
    }


def test_a_secret_mended_at_the_provider_is_noticed_by_the_canary(ctx, bobs, owl, clock):
    Sweep(ctx).run()
    owl._known = lambda app: None
    clock.advance(seconds=CANARY)

    Sweep(ctx).run()
    Sweep(ctx).run()

    assert standing(ctx) is None
    assert {made.inbox(ctx, inbox_id).health for inbox_id in bobs} == {"healthy"}


def test_a_test_that_passes_lets_everything_go_on(ctx, alice, bobs, owl, work):
    Sweep(ctx).run()
    owl._known = lambda app: None
    owl.test_app = lambda app, uri, line: told("proved")

    apps.test(ctx, alice, "owl")
    work.test_app("owl")
    Sweep(ctx).run()

    assert {made.inbox(ctx, inbox_id).health for inbox_id in bobs} == {"healthy"}


def told(outcome):
    return AppTest(outcome, "The tower says so.")


def test_a_test_that_proves_nothing_changes_nothing(ctx, alice, bobs, owl, work):
    Sweep(ctx).run()
    owl.test_app = lambda app, uri, line: told("not-proved")

    apps.test(ctx, alice, "owl")
    work.test_app("owl")

    assert standing(ctx).problem == "oauth-client-secret"


def test_an_app_replaced_in_the_configuration_goes_on_after_the_restart(ctx, bobs, owl):
    Sweep(ctx).run()
    restarted = replace(ctx, apps={"owl": App("tower", "feather")})

    Work(restarted).tick()
    Sweep(restarted).run()

    assert {made.inbox(ctx, inbox_id).health for inbox_id in bobs} == {"healthy"}


def test_a_refusal_of_the_old_secret_says_nothing_about_the_new_one(ctx, alice, bobs, asked):
    (task,) = checks.prepare(ctx, checks.claim(ctx, bobs[:1], due_only=True), checks.SCHEDULE)
    outcome = checks.carry_out(ctx, task)
    owls.set_up(ctx, alice)

    checks.record(ctx, [outcome])

    assert standing(ctx) is None


def test_asking_for_a_test_meanwhile_says_what_is_waited_for(ctx, bob, bobs, asked):
    Sweep(ctx).run()

    with pytest.raises(Refused, match="does not take the app"):
        checks.ask(ctx, bob, bobs[3])


def test_nobody_leaves_for_a_sign_in_that_cannot_end_well(ctx, bob, bobs, asked):
    Sweep(ctx).run()
    draft_id = owls.begin(ctx, bob, "new@owls.test")

    with pytest.raises(Refused, match="does not take the app"):
        consents.begin(ctx, bob, draft_id, owls.BROWSER)


def test_a_sign_in_that_meets_the_refusal_names_it_too(ctx, alice, bob):
    owls.set_up(ctx, alice, client_secret="quill")

    draft_id = owls.enrol(ctx, bob, "new@owls.test")

    assert made.draft(ctx, draft_id).problem == "oauth-client-secret"
    assert standing(ctx).problem == "oauth-client-secret"


def test_an_inbox_that_waits_for_its_owner_goes_on_waiting_for_them(ctx, bob, bobs, asked):
    made.change(ctx, bobs[0], health="needs-sign-in", problem="oauth-grant-revoked", next_check=None)
    Sweep(ctx).run()

    (row,) = [row for row in inboxes.page(ctx, bob).rows if row.id == bobs[0]]

    assert (row.health, row.problem) == ("needs-sign-in", "oauth-grant-revoked")


def test_other_providers_are_not_concerned(ctx, bob, bobs, asked):
    (pigeon,) = made.make(ctx, bob, "bob@acme.test")

    Sweep(ctx).run()
    Sweep(ctx).run()

    assert [check.problem for check in made.history(ctx, pigeon)] == [None]


def test_it_is_noted_once_when_it_begins_and_once_when_it_ends(ctx, bobs, owl, clock):
    for _ in range(3):
        Sweep(ctx).run()
        clock.advance(seconds=CANARY)
    owl._known = lambda app: None
    Sweep(ctx).run()

    assert len(made.audited(ctx, "app.refused")) == 1
    assert len(made.audited(ctx, "app.accepted")) == 1


def test_a_list_of_waiting_inboxes_takes_as_many_queries_as_one_of_healthy_ones(ctx, bob, bobs, asked):
    with counted(ctx) as before:
        inboxes.page(ctx, bob)
    Sweep(ctx).run()
    with counted(ctx) as after:
        inboxes.page(ctx, bob)

    assert len(after) == len(before)


# What may be about one inbox.


def test_what_does_not_fit_for_one_inbox_stops_no_other_while_a_test_proves_the_app(ctx, alice, bob, owl, clock, work):
    owls.set_up(ctx, alice)
    one, other = owls.make(ctx, bob, "one@owls.test", "other@owls.test")
    owl.refusals = ["oauth-app-config"]

    Sweep(ctx).run()
    work.test_app("owl")

    assert standing(ctx) is None
    assert apps.get(ctx, "owl").test.outcome == "proved"
    assert (made.inbox(ctx, one).health, made.inbox(ctx, one).problem) == ("failing", "oauth-app-config")
    assert made.inbox(ctx, other).health == "healthy"
    clock.advance(hours=1, minutes=10)
    Sweep(ctx).run()
    assert made.inbox(ctx, one).health == "healthy"


def test_what_does_not_fit_for_one_inbox_and_neither_in_the_test_is_about_the_app(ctx, alice, bob, owl, work):
    owls.set_up(ctx, alice)
    owls.make(ctx, bob, "one@owls.test", "other@owls.test")
    owl.refusals = ["oauth-app-config"]
    owl.test_app = lambda app, uri, line: AppTest("wrong", "No such app.", problem="oauth-app-config")

    Sweep(ctx).run()
    work.test_app("owl")

    assert standing(ctx).problem == "oauth-app-config"
    assert {row.health for row in inboxes.page(ctx, bob).rows if row.problem == "oauth-app-config"} == {
        "failing",
        "degraded",
    }


def test_a_secret_refused_for_one_inbox_though_a_test_proved_it_stops_that_inbox_only(ctx, alice, bob, owl, work):
    owls.set_up(ctx, alice)
    one, other = owls.make(ctx, bob, "one@owls.test", "other@owls.test")
    apps.test(ctx, alice, "owl")
    work.test_app("owl")
    owl.refusals = ["oauth-client-secret"]

    Sweep(ctx).run()

    assert standing(ctx) is None
    assert [made.inbox(ctx, one).health, made.inbox(ctx, other).health] == ["degraded", "healthy"]


def test_the_console_tests_an_app_by_itself_once_in_a_quarter_of_an_hour(ctx, bobs, owl, clock, work):
    tested = []
    owl.test_app = lambda app, uri, line: tested.append(app) or AppTest("not-proved", "The tower says nothing.")

    for _ in range(29):
        Sweep(ctx).run()
        work.tick()
        work.test_app("owl")
        clock.advance(minutes=1)

    assert len(tested) == 2
