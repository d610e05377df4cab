"""A check is claimed by lease: one worker at a time, and nobody who comes late may write."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.services import checks, people, servers, switches
from tests.services import made

ADDRESS = "bob@acme.test"


def carried_out(ctx, inbox_id):
    """Claim and run a check, and hand the outcome back unwritten."""
    (task,) = checks.prepare(ctx, checks.claim(ctx, [inbox_id], due_only=True), checks.SCHEDULE)
    return checks.carry_out(ctx, task)


def claim_at_once(ctx, ids):
    """Let eight workers claim the inboxes at the same time; return what they got in all."""
    begin = threading.Barrier(8)

    def claim(number):
        begin.wait()
        # Each goes through them in another order, as two sweeps may.
        wanted = ids[number:] + ids[:number] if number % 2 else ids[::-1]
        parts = [wanted[start : start + 20] for start in range(0, 60, 20)]
        return [inbox_id for part in parts for inbox_id in checks.claim(ctx, part, due_only=True)]

    with ThreadPoolExecutor(8) as pool:
        return [inbox_id for found in pool.map(claim, range(8)) for inbox_id in found]


def test_of_eight_workers_that_claim_sixty_inboxes_at_once_each_inbox_goes_to_one(ctx, bob):
    ids = [
        inbox_id
        for number in range(15)
        for inbox_id in made.make(
            ctx, bob, *(f"box{number}.{one}@acme.test" for one in range(4)), loft=f"loft{number}.test"
        )
    ]

    assert ids == sorted(claim_at_once(ctx, ids))


def test_eight_workers_together_claim_no_more_than_a_server_has_room_for(ctx, bob):
    ids = made.make(ctx, bob, *(f"box{number}@acme.test" for number in range(60)))

    assert ctx.config.checks_per_host == len(claim_at_once(ctx, ids))


def test_a_claimed_inbox_is_not_claimed_again_while_the_lease_lasts(ctx, bob, clock):
    ids = made.make(ctx, bob, ADDRESS)
    checks.claim(ctx, ids, due_only=True)
    clock.advance(seconds=checks.LEASE.total_seconds())

    assert {} == checks.claim(ctx, ids, due_only=True)


def test_a_claim_whose_worker_died_goes_to_the_next_after_the_lease(ctx, bob, clock):
    ids = made.make(ctx, bob, ADDRESS)
    checks.claim(ctx, ids, due_only=True)
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)

    assert ids == list(checks.claim(ctx, ids, due_only=True))


def test_what_is_not_due_is_claimed_only_by_who_asks_for_it(ctx, bob, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    clock.advance(seconds=-1)

    assert {} == checks.claim(ctx, [inbox_id], due_only=True)
    assert [inbox_id] == list(checks.claim(ctx, [inbox_id], due_only=False))


def test_what_waits_for_a_person_is_never_due(ctx, bob, clock):
    ids = made.make(ctx, bob, ADDRESS, next_check=None)
    clock.advance(days=365)

    assert {} == checks.claim(ctx, ids, due_only=True)


def disable_inbox(ctx, alice, bob, inbox_id):
    switches.disable(ctx, bob, inbox_id)


def disable_owner(ctx, alice, bob, inbox_id):
    people.deactivate(ctx, alice, bob.id)


def disable_provider(ctx, alice, bob, inbox_id):
    switches.switch_provider_off(ctx, alice, "pigeon")


LEVELS = pytest.mark.parametrize("switch_off", [disable_inbox, disable_owner, disable_provider])


@LEVELS
@pytest.mark.parametrize("due_only", [True, False])
def test_switched_off_at_any_level_it_is_not_claimed(ctx, alice, bob, switch_off, due_only):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    switch_off(ctx, alice, bob, inbox_id)

    assert {} == checks.claim(ctx, [inbox_id], due_only=due_only)


@LEVELS
def test_an_inbox_of_somebody_else_at_another_level_stays_on(ctx, alice, bob, charlie, switch_off):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    # Row numbers of people and inboxes run apart, so that one taken for the other shows.
    (other,) = made.make(ctx, charlie, "charlie@acme.test")
    made.change(ctx, other, provider="raven")
    switch_off(ctx, alice, bob, inbox_id)

    assert [other] == list(checks.claim(ctx, [inbox_id, other], due_only=True))


def test_switched_off_at_two_levels_it_takes_both_to_come_back(ctx, alice, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    switches.disable(ctx, bob, inbox_id)
    switches.switch_provider_off(ctx, alice, "pigeon")

    switches.enable(ctx, bob, inbox_id)

    assert {} == checks.claim(ctx, [inbox_id], due_only=True)
    switches.switch_provider_on(ctx, alice, "pigeon")
    assert [inbox_id] == list(checks.claim(ctx, [inbox_id], due_only=True))


def test_removed_it_is_not_claimed(ctx, bob):
    ids = made.make(ctx, bob, ADDRESS)
    switches.remove(ctx, bob, ids[0])

    assert {} == checks.claim(ctx, ids, due_only=False)


# Writing what came of it.


def test_a_result_frees_the_inbox(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)

    assert checks.run(ctx, inbox_id, checks.SCHEDULE) is not None

    inbox = made.inbox(ctx, inbox_id)
    assert (None, None) == (inbox.lease_token, inbox.lease_until)


def test_a_result_whose_lease_went_to_another_worker_is_dropped(ctx, bob, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    late = carried_out(ctx, inbox_id)
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)
    token = checks.claim(ctx, [inbox_id], due_only=True)[inbox_id]

    assert 0 == checks.record(ctx, [late])

    assert [] == made.history(ctx, inbox_id)
    assert token == made.inbox(ctx, inbox_id).lease_token


def test_a_late_result_whose_lease_nobody_took_is_still_written(ctx, bob, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    late = carried_out(ctx, inbox_id)
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)

    assert 1 == checks.record(ctx, [late])


def test_a_result_that_comes_twice_is_written_once(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    outcome = carried_out(ctx, inbox_id)

    assert [1, 0] == [checks.record(ctx, [outcome]), checks.record(ctx, [outcome])]


def test_a_result_after_remove_is_dropped(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    outcome = carried_out(ctx, inbox_id)
    switches.remove(ctx, bob, inbox_id)

    assert 0 == checks.record(ctx, [outcome])
    assert [] == made.history(ctx, inbox_id)


def test_a_result_that_came_after_an_edit_is_history_only(ctx, bob, pigeons):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, loft="a.acme.dk", health="failing", problem="connection-refused")
    outcome = carried_out(ctx, inbox_id)
    servers.save(ctx, bob, inbox_id, {"loft": "b.acme.dk"}, automation=False)

    checks.record(ctx, [outcome])

    inbox = made.inbox(ctx, inbox_id)
    (check,) = made.history(ctx, inbox_id)
    assert ("failing", "connection-refused") == (inbox.health, inbox.problem)
    assert outcome.task.revision == check.revision < inbox.revision


def test_after_an_edit_during_a_check_the_new_settings_are_checked_at_once(ctx, bob, pigeons, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, loft="a.acme.dk")
    outcome = carried_out(ctx, inbox_id)
    servers.save(ctx, bob, inbox_id, {"loft": "b.acme.dk"}, automation=False)
    checks.record(ctx, [outcome])

    work.sweep()

    assert [("a.acme.dk", "coo"), ("b.acme.dk", "coo")] == pigeons.flights


def test_a_result_from_before_an_edit_wakes_no_inbox_that_waits_for_its_password(ctx, bob, pigeons):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, loft="a.acme.dk")
    outcome = carried_out(ctx, inbox_id)
    servers.save(ctx, bob, inbox_id, {"loft": "elsewhere.dk"}, automation=False)

    checks.record(ctx, [outcome])

    inbox = made.inbox(ctx, inbox_id)
    assert ("needs-sign-in", "servers-changed", None) == (inbox.health, inbox.problem, inbox.next_check)


def test_an_inbox_switched_off_during_its_check_keeps_what_the_check_brought(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, health="failing", problem="connection-refused")
    outcome = carried_out(ctx, inbox_id)
    switches.disable(ctx, bob, inbox_id)

    checks.record(ctx, [outcome])

    assert "healthy" == made.inbox(ctx, inbox_id).health
