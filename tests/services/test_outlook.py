"""When an inbox is checked next and why, and how many sign-ins were sent since its problem stands."""

from datetime import timedelta

import pytest

from console.services import app_trouble, cadence, checks, holds, incidents, outlook
from tests.pigeon import LoftClosed
from tests.services import made, storms

ADDRESS = "bob@acme.test"
MINUTE = timedelta(minutes=1)


def of(ctx, inbox_id):
    with ctx.store.read() as session:
        box = made.inbox(ctx, inbox_id)
        every, refused = cadence.every(ctx, session, box.provider), box.provider in app_trouble.problems(session)
        incident = incidents.memberships(session, [inbox_id]).get(inbox_id)
        return outlook.of_inbox(ctx, session, box, every, refused, ctx.clock(), incident)


def kind_and_wait(ctx, inbox_id):
    found = of(ctx, inbox_id)
    return found.kind, found.at and found.at - ctx.clock()


def test_a_healthy_inbox_is_checked_at_its_interval(ctx, bob, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    work.sweep()

    assert kind_and_wait(ctx, inbox_id) == ("usual", 15 * MINUTE)


def test_what_is_due_waits_for_its_turn(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)

    assert of(ctx, inbox_id).kind == "due"


def test_after_a_failure_that_passes_the_waits_grow(ctx, bob, work, pigeons, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = LoftClosed("full")
    seen = []
    for _ in range(7):
        work.sweep()
        seen.append(kind_and_wait(ctx, inbox_id))
        clock.now = made.inbox(ctx, inbox_id).next_check

    assert seen == [("soon", minutes * MINUTE) for minutes in (1, 2, 5, 15, 30, 60, 60)]


@pytest.mark.parametrize(
    ("code", "kind"), [("mailbox-moving", "hourly"), ("tls-expired", "daily"), ("folder-missing", "usual")]
)
def test_what_somebody_else_mends_is_tried_hourly_or_daily(ctx, bob, clock, code, kind):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, health="failing", problem=code, next_check=clock.now + MINUTE)

    assert of(ctx, inbox_id).kind == kind


def test_an_inbox_that_receives_only_by_choice_is_checked_at_its_interval(ctx, bob, clock):
    (inbox_id,) = made.make(
        ctx,
        bob,
        ADDRESS,
        problem="smtp-auth-disabled",
        receives_only="smtp-auth-disabled",
        next_check=clock.now + MINUTE,
    )

    assert of(ctx, inbox_id).kind == "usual"


def test_a_held_inbox_says_by_what_and_until_when(ctx, bob, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    with ctx.store.write() as session:
        holds._hold(session, "host", made.LOFT, clock.now + 20 * MINUTE, "asked", clock.now)

    found = of(ctx, inbox_id)

    assert (found.kind, found.at, found.held.target) == ("held", clock.now + 20 * MINUTE, made.LOFT)


# Incidents.


class TestInAnIncident:
    @pytest.fixture
    def settings(self):
        return storms.FAST

    def test_the_one_that_is_tried_says_when_and_the_others_that_they_wait_for_it(self, ctx, bob, pigeons, clock):
        ids = storms.flock(ctx, bob, 6)
        storms.close(pigeons)
        storms.pass_time(ctx, clock, 20)
        (incident,) = storms.incidents(ctx)

        found = {inbox_id: of(ctx, inbox_id) for inbox_id in ids}

        others = {(one.kind, one.at) for inbox_id, one in found.items() if inbox_id != incident.canary_id}
        assert others == {("incident", incident.canary_at)}
        assert (found[incident.canary_id].kind, found[incident.canary_id].at) == ("canary", incident.canary_at)

    def test_a_refused_password_waits_with_its_incident_and_not_for_its_owner(self, ctx, bob, clock):
        ids = storms.flock(ctx, bob, 6, whistle="moo")
        storms.pass_time(ctx, clock, 16)
        (incident,) = storms.incidents(ctx)

        kinds = {of(ctx, inbox_id).kind for inbox_id in ids if inbox_id != incident.canary_id}

        assert kinds == {"incident"}

    def test_nobody_is_tried_while_the_server_is_left_alone(self, ctx, bob, pigeons, clock):
        ids = storms.flock(ctx, bob, 6)
        storms.close(pigeons)
        storms.pass_time(ctx, clock, 20)
        until = clock.now + timedelta(hours=1)
        with ctx.store.write() as session:
            holds._hold(session, "host", made.LOFT, until, "asked", clock.now)

        assert {of(ctx, inbox_id).at for inbox_id in ids} == {until}


# Attempts.


def test_after_a_refusal_nothing_is_sent_whatever_is_pressed(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()
    since = clock.now
    for _ in range(2):
        clock.advance(minutes=20)
        checks.ask(ctx, bob, inbox_id)
        work.check(inbox_id)

    found = of(ctx, inbox_id)

    assert (found.kind, found.attempts, found.since) == ("stopped", 0, since)


def test_a_sign_in_that_is_sent_while_the_problem_stands_is_counted(ctx, bob, work, pigeons, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = type("Off", (Exception,), {"code": "imap-disabled"})()
    work.sweep()
    before = of(ctx, inbox_id).attempts

    checks.ask(ctx, bob, inbox_id)
    work.check(inbox_id)

    assert (before, of(ctx, inbox_id).attempts, of(ctx, inbox_id).kind) == (0, 1, "stopped")


@pytest.mark.parametrize("then", [None, "mailbox-not-found"])
def test_the_count_begins_anew_with_another_problem_and_with_none(ctx, bob, work, pigeons, clock, then):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    pigeons.weather[made.LOFT] = LoftClosed("full")
    made.change(ctx, inbox_id, problem="mailbox-moving", attempts=7)
    pigeons.weather.pop(made.LOFT)
    if then:
        pigeons.weather[made.LOFT] = type("Other", (Exception,), {"code": then})()

    work.sweep()

    assert made.inbox(ctx, inbox_id).attempts == 0
