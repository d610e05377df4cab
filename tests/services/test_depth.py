"""How deep a check goes, and what stands about an inbox that receives and cannot send."""

from datetime import timedelta

import pytest

from console.providers.errors import ConnectionRefused, StageTimeout
from console.rules import capabilities
from console.services import checks, exceptions, inboxes, servers, shell, standing, switches
from console.store.models import Inbox
from tests import placed
from tests.peers.certificates import HOST
from tests.pigeon import WrongWhistle
from tests.services import made, owls
from tests.services.connected import connect
from tests.services.listening import reach

ADDRESS = "bob@acme.test"
SHORT, FULL = ["find-server", "sign-in", "open-inbox"], ["find-server", "sign-in", "open-inbox", "send"]


class NoSending(Exception):
    code = "smtp-auth-disabled"


def looked_at(ctx, inbox_id):
    """Return the stages of the newest check."""
    return [stage["name"] for stage in made.history(ctx, inbox_id)[-1].stages]


def state(ctx, inbox_id):
    inbox = made.inbox(ctx, inbox_id)
    return inbox.health, inbox.problem, inbox.problem_stage


def flaws(ctx, inbox_id):
    return {name: flaw["problem"] for name, flaw in made.inbox(ctx, inbox_id).flaws.items()}


@pytest.fixture
def families(pigeons, owl):
    return (pigeons, owl)


@pytest.fixture
def full(ctx, bob, work):
    """An inbox that went through every stage just now."""
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    work.sweep()
    return inbox_id


def at_the_next(ctx, inbox_id, work, clock):
    """Let the schedule check the inbox when it is due; return how long that was to wait for."""
    due = made.inbox(ctx, inbox_id).next_check
    waited, clock.now = due - clock.now, max(due, clock.now)
    work.sweep()
    return waited


# The schedule.


def test_an_inbox_that_never_went_through_every_stage_does_so_first(ctx, full):
    assert looked_at(ctx, full) == FULL
    assert made.history(ctx, full)[-1].full


def test_the_schedule_goes_no_further_than_the_inbox(ctx, full, work, clock):
    clock.advance(minutes=20)

    work.sweep()

    assert looked_at(ctx, full) == SHORT
    assert not made.history(ctx, full)[-1].full


def test_every_six_hours_the_schedule_goes_through_every_stage(ctx, full, work, clock):
    deep = []

    for _ in range(60):
        at_the_next(ctx, full, work, clock)
        deep.append(made.history(ctx, full)[-1].full)

    assert [place for place, one in enumerate(deep) if one] == [23, 47]


def edited(ctx, alice, inbox_id):
    servers.save(ctx, alice, inbox_id, {"loft": "east.hill.test"}, automation=True)


def enabled(ctx, alice, inbox_id):
    switches.disable(ctx, alice, inbox_id)
    switches.enable(ctx, alice, inbox_id)


def withdrawn(ctx, alice, inbox_id):
    exceptions.withdraw(ctx, alice, placed.exception(ctx, alice, inbox_id=inbox_id))


@pytest.mark.parametrize("change", [edited, enabled, withdrawn])
def test_after_a_change_the_schedule_goes_through_every_stage(ctx, alice, full, work, clock, change):
    clock.advance(minutes=5)

    change(ctx, alice, full)
    work.sweep()

    assert made.history(ctx, full)[-1].full


def by_button(ctx, alice, inbox_id, work):
    checks.ask(ctx, alice, inbox_id)
    work.check(inbox_id)


def by_shell(ctx, alice, inbox_id, work):
    shell.check(ctx, ADDRESS)


@pytest.mark.parametrize("way", [by_button, by_shell])
def test_who_asks_for_a_check_gets_a_full_one(ctx, alice, full, work, clock, way):
    clock.advance(minutes=5)

    way(ctx, alice, full, work)

    assert looked_at(ctx, full) == FULL


def test_a_full_check_that_ended_before_the_inbox_is_gone_through_at_the_next_turn(ctx, full, pigeons, work, clock):
    clock.advance(hours=7)
    pigeons.weather[made.LOFT] = StageTimeout()
    work.sweep()
    pigeons.weather.clear()

    at_the_next(ctx, full, work, clock)

    assert looked_at(ctx, full) == FULL


def test_a_new_inbox_waits_six_hours_for_its_next_full_check(ctx, bob, clock):
    made.enrol(ctx, bob, ADDRESS)

    assert made.inbox(ctx, 1).full_due == clock.now + timedelta(hours=6)


# Receives, cannot send.


@pytest.fixture
def cannot_send(ctx, full, pigeons, work, clock, alice):
    """An inbox whose sending was found to be switched off at its server."""
    pigeons.hawks[made.LOFT] = NoSending()
    by_button(ctx, alice, full, work)
    return full


def test_an_inbox_that_cannot_send_fails_with_that_and_goes_on_to_be_read(ctx, cannot_send, clock):
    assert state(ctx, cannot_send) == ("failing", "smtp-auth-disabled", "send")
    assert made.inbox(ctx, cannot_send).next_check == clock.now + timedelta(minutes=15)


def test_short_checks_that_pass_do_not_make_it_well(ctx, cannot_send, work, clock):
    since = made.inbox(ctx, cannot_send).problem_since

    for _ in range(3):
        at_the_next(ctx, cannot_send, work, clock)

    assert state(ctx, cannot_send) == ("failing", "smtp-auth-disabled", "send")
    assert made.inbox(ctx, cannot_send).problem_since == since
    assert not made.history(ctx, cannot_send)[-1].full


def test_a_full_check_that_passes_does(ctx, cannot_send, pigeons, work, clock):
    pigeons.hawks.clear()
    clock.advance(hours=7)

    work.sweep()

    assert state(ctx, cannot_send) == ("healthy", None, None)
    assert flaws(ctx, cannot_send) == {}


def test_trouble_with_sending_that_may_pass_is_looked_at_by_the_rule_of_its_own(ctx, alice, full, pigeons, work, clock):
    pigeons.hawks[made.LOFT] = ConnectionRefused()
    by_button(ctx, alice, full, work)

    waits = [at_the_next(ctx, full, work, clock) / timedelta(minutes=1) for _ in range(3)]

    assert waits == [1, 2, 5]
    assert state(ctx, full) == ("failing", "connection-refused", "send")


def test_an_inbox_that_receives_again_after_it_could_not_send_heals_when_sending_does(ctx, full, pigeons, work, clock):
    clock.advance(hours=7)
    pigeons.hawks[made.LOFT] = ConnectionRefused()
    work.sweep()
    pigeons.hawks.clear()

    at_the_next(ctx, full, work, clock)

    assert state(ctx, full) == ("healthy", None, None)


def test_a_wobble_before_the_inbox_is_not_told_while_it_cannot_send(ctx, cannot_send, pigeons, work, clock):
    pigeons.weather[made.LOFT] = StageTimeout()

    at_the_next(ctx, cannot_send, work, clock)

    assert state(ctx, cannot_send) == ("failing", "smtp-auth-disabled", "send")
    assert flaws(ctx, cannot_send) == {"send": "smtp-auth-disabled", "read": "connection-timeout"}


def test_what_is_failing_before_the_inbox_is_told_first(ctx, cannot_send, pigeons, work, clock):
    pigeons.weather[made.LOFT] = StageTimeout()

    for _ in range(3):
        at_the_next(ctx, cannot_send, work, clock)

    assert state(ctx, cannot_send) == ("failing", "connection-timeout", "open-inbox")
    pigeons.weather.clear()
    at_the_next(ctx, cannot_send, work, clock)
    assert state(ctx, cannot_send) == ("failing", "smtp-auth-disabled", "send")


def test_a_password_that_is_refused_for_sending_alone_asks_for_the_person_and_reading_goes_on(
    ctx, alice, full, pigeons, work, clock
):
    pigeons.hawks[made.LOFT] = WrongWhistle()
    by_button(ctx, alice, full, work)

    assert state(ctx, full) == ("needs-sign-in", "bad-credentials", "send")
    at_the_next(ctx, full, work, clock)
    assert looked_at(ctx, full) == SHORT
    assert state(ctx, full) == ("needs-sign-in", "bad-credentials", "send")


def test_a_password_that_is_refused_ends_the_schedule_whatever_else_is_wrong(ctx, alice, cannot_send, work, clock):
    with ctx.store.write() as session:
        inbox = session.get_one(Inbox, cannot_send)
        standing.must_sign_in(inbox, "bad-credentials", clock.now)

    assert state(ctx, cannot_send) == ("needs-sign-in", "bad-credentials", None)
    assert made.inbox(ctx, cannot_send).next_check is None


def test_an_inbox_kept_to_receive_only_has_no_trouble_with_sending(ctx, full, pigeons, work, clock):
    made.change(ctx, full, receives_only="connection-refused")
    pigeons.hawks[made.LOFT] = NoSending()
    clock.advance(hours=7)

    work.sweep()

    assert state(ctx, full) == ("degraded", "connection-refused", None)
    assert flaws(ctx, full) == {}


def test_a_problem_from_before_flaws_were_kept_heals_like_any_other(ctx, bob, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, health="failing", problem="tls-expired", problem_stage="secure")

    work.sweep()

    assert state(ctx, inbox_id) == ("healthy", None, None)


def test_a_problem_of_sending_from_before_flaws_were_kept_is_not_healed_by_reading(ctx, bob, work, clock):
    later = clock.now + timedelta(hours=3)
    (inbox_id,) = made.make(
        ctx, bob, ADDRESS, health="failing", problem="smtp-auth-disabled", problem_stage="send", full_due=later
    )

    work.sweep()

    assert state(ctx, inbox_id) == ("failing", "smtp-auth-disabled", "send")


# Proof grows old.


def shown(ctx, actor):
    (row,) = inboxes.page(ctx, actor).rows
    return row.health.value, row.problem


def agreed(ctx, actor):
    """Return whether the inbox is green, once the database and the page say the same."""
    green = inboxes.page(ctx, actor).counts["healthy"] == 1
    assert green == (shown(ctx, actor)[0] == "healthy")
    return green


@pytest.mark.parametrize(("minutes", "green"), [(45, True), (46, False)])
def test_signing_in_and_reading_are_proven_for_three_cadences(ctx, bob, full, clock, minutes, green):
    clock.advance(minutes=minutes)

    assert agreed(ctx, bob) is green


def test_a_day_without_a_full_check_makes_sending_amber_though_reading_goes_on(ctx, bob, full, work, clock):
    made.change(ctx, full, full_due=None)
    sent = made.inbox(ctx, full).proofs["send"]
    for _ in range(95):
        clock.advance(minutes=15)
        # A worker that never comes to a full check.
        made.change(ctx, full, full_due=clock.now + timedelta(hours=3), next_check=clock.now)
        work.sweep()
    assert agreed(ctx, bob)

    clock.advance(minutes=16)

    assert made.inbox(ctx, full).proofs["send"] == sent
    assert shown(ctx, bob) == ("degraded", "proof-stale")
    assert not agreed(ctx, bob)


# The clock jumps.


def test_a_proof_from_the_future_counts_for_nothing(ctx, bob, full, clock):
    clock.advance(days=-30)

    assert shown(ctx, bob) == ("degraded", "proof-stale")
    assert not agreed(ctx, bob)


def test_a_clock_that_was_set_back_by_less_than_two_machines_may_differ_changes_nothing(ctx, bob, full, clock):
    clock.advance(minutes=-1)

    assert agreed(ctx, bob)


@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(days=4000)])
def test_a_clock_that_was_set_back_leaves_nothing_amber_for_good(ctx, bob, full, work, clock, back):
    clock.now -= back
    assert not agreed(ctx, bob)

    work.tick()
    work.sweep()

    assert agreed(ctx, bob)
    assert looked_at(ctx, full) == FULL


def test_a_lease_from_the_future_holds_nobody_up(ctx, bob, full, work, clock):
    checks.claim(ctx, [full], due_only=False)
    clock.advance(days=-1)

    work.tick()
    work.sweep()

    assert agreed(ctx, bob)


def test_a_clock_that_jumped_ahead_and_came_back_leaves_nothing_amber_for_good(ctx, bob, full, work, clock):
    clock.advance(days=700)
    work.sweep()
    clock.advance(days=-700)

    work.tick()
    work.sweep()

    assert agreed(ctx, bob)


def test_an_inbox_that_waits_for_a_person_is_not_made_due_by_a_clock_that_was_set_back(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()
    clock.advance(days=-2)

    work.tick()
    work.sweep()

    assert made.inbox(ctx, inbox_id).next_check is None
    assert len(made.history(ctx, inbox_id)) == 1


# Counted at real servers.


class TestAPasswordThatOnlyTheOutgoingServerRefuses:
    @pytest.fixture
    def settings(self, dns, certificates):
        return reach(dns, certificates, HOST)

    @pytest.fixture
    def families(self):
        return None

    @pytest.fixture
    def incoming(self, imap_server):
        return imap_server(accounts={"bad@acme.test": "secret"})

    @pytest.fixture
    def mine(self, ctx, bob, incoming, smtp_answers):
        (inbox_id,) = connect(ctx, bob, incoming.tls, "bad@acme.test", receives_only=None)
        settings = made.inbox(ctx, inbox_id).settings
        made.change(ctx, inbox_id, settings={**settings, "smtp_port": smtp_answers.tls})
        return inbox_id

    def test_is_sent_there_once_and_mail_goes_on_to_be_read(self, ctx, mine, work, clock, incoming, smtp_answers):
        for _ in range(30):
            at_the_next(ctx, mine, work, clock)

        assert [check.full for check in made.history(ctx, mine)].count(True) == 2
        assert smtp_answers.attempts() == 1
        assert len([attempt for visit in incoming.visits for attempt in visit.attempts]) == 30
        assert state(ctx, mine) == ("needs-sign-in", "bad-credentials", "smtp-sign-in")

    def test_keeps_the_words_of_its_refusal(self, ctx, mine, work, clock):
        at_the_next(ctx, mine, work, clock)
        said = made.inbox(ctx, mine).server_text
        clock.advance(hours=7)

        work.sweep()

        assert made.history(ctx, mine)[-1].full
        assert said
        assert made.inbox(ctx, mine).server_text == said


# Families that consent.


def test_a_refused_renewal_is_a_flaw_of_the_sign_in_and_of_the_renewal(ctx, bob, alice, owl, work):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.refusals.append("oauth-grant-revoked")

    work.sweep()

    assert flaws(ctx, inbox_id) == {"sign-in": "oauth-grant-revoked", "renew": "oauth-grant-revoked"}
    assert state(ctx, inbox_id) == ("needs-sign-in", "oauth-grant-revoked", "sign-in")


def test_aliases_that_are_no_longer_listed_make_nothing_amber(ctx, bob, alice, owl, work, clock):
    owls.set_up(ctx, alice)
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    work.sweep()
    check = owl.check

    def without_aliases(mailbox, probe):
        learn = probe.learn
        probe.learn = lambda aliases=None, **told: learn(**told)
        check(mailbox, probe)

    owl.check = without_aliases
    for _ in range(110):
        at_the_next(ctx, inbox_id, work, clock)

    assert agreed(ctx, bob)
    assert "aliases" not in made.inbox(ctx, inbox_id).proofs


def test_the_capabilities_of_every_stage_are_told(ctx):
    stages = {stage for family in ctx.families for stage in family.stages}

    assert {capabilities.of_stage(stage) for stage in stages} <= set(capabilities.ORDER)
