"""What one check after another makes of an inbox, and what is never sent."""

from datetime import timedelta

import pytest

from console.providers.errors import StageTimeout
from console.services import checks, credentials, inboxes, servers, shell, switches
from console.services.context import NotFound, Refused
from console.store.models import Credential
from tests.pigeon import LoftClosed
from tests.services import made

ADDRESS = "bob@acme.test"


def states(ctx, inbox_id):
    inbox = made.inbox(ctx, inbox_id)
    return inbox.health, inbox.problem


# A refused password.


def test_a_refused_password_turns_the_inbox_needs_sign_in_and_ends_the_schedule(ctx, bob, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")

    work.sweep()

    assert ("needs-sign-in", "bad-credentials") == states(ctx, inbox_id)
    assert made.inbox(ctx, inbox_id).next_check is None


def by_schedule(ctx, alice, inbox_id, work):
    made.change(ctx, inbox_id, next_check=ctx.clock())
    work.sweep()


def by_button(ctx, alice, inbox_id, work):
    checks.ask(ctx, alice, inbox_id)
    work.check(inbox_id)


def by_button_and_sweep(ctx, alice, inbox_id, work):
    checks.ask(ctx, alice, inbox_id)
    work.sweep()


def by_shell(ctx, alice, inbox_id, work):
    shell.check(ctx, ADDRESS)


def by_shell_for_all(ctx, alice, inbox_id, work):
    shell.check(ctx, None)


WAYS = pytest.mark.parametrize("way", [by_schedule, by_button, by_button_and_sweep, by_shell, by_shell_for_all])


@WAYS
def test_a_refused_password_is_sent_once(ctx, alice, bob, pigeons, work, clock, way):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()

    for _ in range(3):
        clock.advance(hours=25)
        way(ctx, alice, inbox_id, work)

    assert [(made.LOFT, "moo")] == pigeons.flights
    assert ("needs-sign-in", "bad-credentials") == states(ctx, inbox_id)


@WAYS
def test_a_refused_password_is_checked_on_up_to_the_sign_in(ctx, alice, bob, work, way):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()

    way(ctx, alice, inbox_id, work)

    stages = made.history(ctx, inbox_id)[-1].stages
    assert ["passed", "failed", "skipped", "skipped"] == [stage["state"] for stage in stages]


def test_the_words_of_the_refusal_stay_when_it_is_not_sent_again(ctx, alice, bob, work):
    said = "NO [AUTHENTICATIONFAILED] The pigeons look away"
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()
    flaws = made.inbox(ctx, inbox_id).flaws
    made.change(ctx, inbox_id, flaws={"sign-in": {**flaws["sign-in"], "server_text": said}})

    by_button(ctx, alice, inbox_id, work)

    assert said == made.inbox(ctx, inbox_id).server_text


def test_since_when_it_is_refused_stays_while_it_is(ctx, alice, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()
    since = clock.now
    clock.advance(hours=3)

    by_button(ctx, alice, inbox_id, work)

    assert since == made.inbox(ctx, inbox_id).problem_since


def test_a_wobble_changes_nothing_while_a_sign_in_is_waited_for(ctx, alice, bob, pigeons, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()
    pigeons.weather[made.LOFT] = LoftClosed()

    by_button(ctx, alice, inbox_id, work)

    assert ("needs-sign-in", "bad-credentials") == states(ctx, inbox_id)
    assert made.inbox(ctx, inbox_id).next_check is None


def test_a_wobble_after_the_sign_in_that_was_waited_for_is_a_wobble(ctx, alice, bob, pigeons, work, clock):
    (inbox_id,) = made.make(
        ctx, bob, ADDRESS, health="needs-sign-in", problem="account-locked", problem_stage="sign-in"
    )
    pigeons.weather[made.LOFT] = StageTimeout()

    by_button(ctx, alice, inbox_id, work)

    assert ("degraded", "connection-timeout") == states(ctx, inbox_id)
    assert made.inbox(ctx, inbox_id).next_check is not None


def test_a_wobble_after_the_servers_were_moved_back_is_tried_again(ctx, alice, bob, pigeons, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, loft="imap.acme.dk")
    servers.save(ctx, alice, inbox_id, {"loft": "imap.elsewhere.dk"}, automation=False)
    pigeons.weather["imap.acme.dk"] = LoftClosed()
    servers.save(ctx, alice, inbox_id, {"loft": "imap.acme.dk"}, automation=False)

    work.sweep()
    assert "degraded" == states(ctx, inbox_id)[0]
    assert "servers-changed" != states(ctx, inbox_id)[1]

    pigeons.weather.clear()
    clock.advance(minutes=2)
    work.sweep()
    assert ("healthy", None) == states(ctx, inbox_id)


# What is precluded never reaches the network.


def without_credential(ctx, bob):
    return made.make(ctx, bob, ADDRESS, credential=False)


def with_a_secret_of_another_key(ctx, bob):
    ids = made.make(ctx, bob, ADDRESS)
    with ctx.store.write() as session:
        session.get_one(Credential, ids[0]).sealed = "gAAAAABnothing"
    return ids


def with_a_secret_of_another_row(ctx, bob):
    ids = made.make(ctx, bob, ADDRESS)
    with ctx.store.write() as session:
        session.get_one(Credential, ids[0]).sealed = credentials.seal(ctx, {"password": "coo"}, "inbox:4711")
    return ids


def moved_elsewhere(ctx, bob):
    ids = made.make(ctx, bob, ADDRESS, loft="imap.acme.dk")
    made.change(ctx, ids[0], settings={"loft": "imap.elsewhere.dk"})
    return ids


def with_settings_of_no_shape(ctx, bob):
    return made.make(ctx, bob, ADDRESS, settings=["loft"])


def with_settings_of_another_shape(ctx, bob):
    return made.make(ctx, bob, ADDRESS, settings={"nest": "hill"})


def of_a_family_nobody_knows(ctx, bob):
    ids = made.make(ctx, bob, ADDRESS)
    made.change(ctx, ids[0], provider="raven")
    return ids


def with_settings_that_are_no_json(ctx, bob):
    ids = made.make(ctx, bob, ADDRESS)
    if ctx.store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps nothing in a JSON column that is none")
    with ctx.store.write() as session:
        session.connection().exec_driver_sql("UPDATE inbox SET settings = '{broken'")
    return ids


def with_unreadable(column):
    def broken(ctx, bob):
        ids = made.make(ctx, bob, ADDRESS)
        with ctx.store.write() as session:
            setattr(session.get_one(Credential, ids[0]), column, ["unreadable"])
        return ids

    return broken


PRECLUDED = [
    (without_credential, ("failing", "key-missing"), timedelta(hours=1)),
    (with_a_secret_of_another_key, ("failing", "key-missing"), timedelta(hours=1)),
    (with_a_secret_of_another_row, ("failing", "key-missing"), timedelta(hours=1)),
    (moved_elsewhere, ("needs-sign-in", "servers-changed"), None),
    (with_settings_of_no_shape, ("failing", "settings-unreadable"), timedelta(days=1)),
    (with_settings_of_another_shape, ("failing", "settings-unreadable"), timedelta(days=1)),
    (with_settings_that_are_no_json, ("failing", "settings-unreadable"), timedelta(days=1)),
    (with_unreadable("typed_for"), ("needs-sign-in", "servers-changed"), None),
    (with_unreadable("refused"), ("failing", "settings-unreadable"), timedelta(days=1)),
    (of_a_family_nobody_knows, ("failing", "settings-unreadable"), timedelta(days=1)),
]


@WAYS
@pytest.mark.parametrize(("broken", "state", "again"), PRECLUDED)
def test_an_inbox_that_cannot_be_checked_says_why_and_sends_nothing(
    ctx, alice, bob, pigeons, work, clock, broken, state, again, way
):
    (inbox_id,) = broken(ctx, bob)

    way(ctx, alice, inbox_id, work)

    inbox = made.inbox(ctx, inbox_id)
    assert [] == pigeons.flights
    assert state == (inbox.health, inbox.problem)
    assert (clock.now + again if again else None) == inbox.next_check


def test_a_key_file_that_came_back_heals_the_inbox_without_anybody(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    sealed = made.credential(ctx, inbox_id).sealed
    with ctx.store.write() as session:
        session.get_one(Credential, inbox_id).sealed = "gAAAAABnothing"
    work.sweep()
    with ctx.store.write() as session:
        session.get_one(Credential, inbox_id).sealed = sealed
    clock.advance(hours=2)

    work.sweep()

    assert ("healthy", None) == states(ctx, inbox_id)


# Trouble that may pass.


def test_a_wobble_is_degraded_and_the_third_in_a_row_failing(ctx, bob, pigeons, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = LoftClosed()
    seen = []

    for _ in range(4):
        work.sweep()
        seen.append(made.inbox(ctx, inbox_id).health)
        clock.advance(hours=2)

    assert ["degraded", "degraded", "failing", "failing"] == seen


def test_a_wobble_is_tried_again_after_1_2_5_15_30_and_then_every_60_minutes(ctx, bob, pigeons, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = LoftClosed()
    waits = []

    for _ in range(8):
        work.sweep()
        due = made.inbox(ctx, inbox_id).next_check
        waits.append((due - clock.now) / timedelta(minutes=1))
        clock.now = due

    assert [1, 2, 5, 15, 30, 60, 60, 60] == waits


def test_nothing_is_checked_before_its_time(ctx, bob, pigeons, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = LoftClosed()
    work.sweep()
    clock.now = made.inbox(ctx, inbox_id).next_check - timedelta(seconds=1)

    work.sweep()

    assert 1 == len(made.history(ctx, inbox_id))


def test_one_good_check_heals_everything(ctx, bob, pigeons, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = LoftClosed()
    for _ in range(3):
        work.sweep()
        clock.advance(hours=2)
    pigeons.weather.clear()

    work.sweep()

    inbox = made.inbox(ctx, inbox_id)
    assert ("healthy", None, 0, None) == (inbox.health, inbox.problem, inbox.strikes, inbox.problem_since)
    assert clock.now + timedelta(minutes=15) == inbox.next_check


def test_two_wobbles_with_a_good_check_between_are_not_two_in_a_row(ctx, bob, pigeons, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    for weather in [LoftClosed(), None, LoftClosed(), LoftClosed()]:
        pigeons.weather = {made.LOFT: weather} if weather else {}
        work.sweep()
        clock.advance(hours=2)

    assert ("degraded", 2) == (made.inbox(ctx, inbox_id).health, made.inbox(ctx, inbox_id).strikes)


# What is shown.


def shown(ctx, actor):
    (row,) = inboxes.page(ctx, actor).rows
    return row.health.value, row.problem


def test_a_proof_that_has_grown_old_shows_degraded_with_nothing_running(ctx, bob, work, clock):
    made.make(ctx, bob, ADDRESS)
    work.sweep()
    assert ("healthy", None) == shown(ctx, bob)

    clock.advance(hours=1, seconds=1)

    assert ("degraded", "proof-stale") == shown(ctx, bob)


def test_with_a_proof_grown_old_it_counts_as_needing_attention(ctx, bob, work, clock):
    made.make(ctx, bob, ADDRESS)
    work.sweep()

    clock.advance(hours=1, seconds=1)

    assert {"all": 1, "attention": 1, "healthy": 0, "disabled": 0} == inboxes.page(ctx, bob).counts


def test_an_inbox_that_receives_only_stays_degraded_however_well_its_checks_go(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, health="degraded", receives_only="connection-refused")
    seen = []

    for _ in range(3):
        work.sweep()
        seen.append(shown(ctx, bob))
        clock.advance(hours=1)

    assert [("degraded", "connection-refused")] * 3 == seen
    assert 3 == len(made.history(ctx, inbox_id))


# Asking.


def test_asked_for_by_a_person_it_is_due_at_once_and_recorded_as_asked_for(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    work.sweep()

    by_button(ctx, bob, inbox_id, work)

    assert ["schedule", "button"] == [check.trigger for check in made.history(ctx, inbox_id)]


def test_asked_for_twice_it_is_checked_once(ctx, bob, pigeons, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, next_check=None)
    checks.ask(ctx, bob, inbox_id)
    checks.ask(ctx, bob, inbox_id)

    work.check(inbox_id)
    work.check(inbox_id)

    assert 1 == len(pigeons.flights)


def test_switched_off_it_cannot_be_asked_for(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    switches.disable(ctx, bob, inbox_id)

    with pytest.raises(Refused):
        checks.ask(ctx, bob, inbox_id)


def test_help_desk_may_ask_for_anybodys(ctx, bob, hanne, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)

    by_button(ctx, hanne, inbox_id, work)

    assert "button" == made.history(ctx, inbox_id)[-1].trigger


def test_a_member_cannot_ask_for_somebody_elses(ctx, bob, charlie):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)

    with pytest.raises(NotFound):
        checks.ask(ctx, charlie, inbox_id)


def test_the_history_keeps_a_week(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    work.sweep()
    clock.advance(days=7, seconds=1)
    work.sweep()

    work.tick()

    assert [clock.now] == [check.started_at for check in made.history(ctx, inbox_id)]
