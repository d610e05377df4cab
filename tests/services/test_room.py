"""Room at servers: no more checks at once than one takes, over all workers, and one at a time where it is silent."""

from datetime import timedelta

import pytest

from console.providers.errors import StageTimeout
from console.services import checks, room, shell
from console.store.models import Draft
from console.store.servers import Hold
from tests import placed
from tests.pigeon import LoftClosed
from tests.services import made


def box(number):
    return f"box{number:03}@acme.test"


def claimed(ctx, ids):
    # Which ones an UPDATE returns first is the database's business.
    return sorted(checks.claim(ctx, ids, due_only=True))


def fill(ctx, bob, number=10, **options):
    return made.make(ctx, bob, *map(box, range(number)), **options)


def test_a_claim_takes_no_more_than_a_server_has_room_for_in_the_order_asked(ctx, bob):
    ids = fill(ctx, bob)

    assert claimed(ctx, ids[::-1]) == ids[6:]
    with ctx.store.read() as session:
        assert room.load(ctx, session, ctx.clock()) == {made.LOFT: 4}


def test_the_room_is_free_again_when_a_check_is_written(ctx, bob):
    ids = fill(ctx, bob)
    (task, *_) = checks.prepare(ctx, checks.claim(ctx, ids, due_only=True), checks.SCHEDULE)
    full = claimed(ctx, ids)

    checks.record(ctx, [checks.carry_out(ctx, task)])

    assert (len(full), len(claimed(ctx, ids))) == (0, 1)


def test_the_room_of_a_worker_that_died_is_free_after_its_lease(ctx, bob, clock):
    ids = fill(ctx, bob)
    claimed(ctx, ids)
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)

    assert len(claimed(ctx, ids)) == 4


def test_a_lease_that_a_wrong_clock_wrote_takes_no_room(ctx, bob, clock):
    ids = fill(ctx, bob)
    for one in ids[:4]:
        made.change(ctx, one, lease_until=clock.now + timedelta(days=400), lease_token="dead")

    assert claimed(ctx, ids) == ids[:4]


def test_a_run_of_the_wizard_counts_but_does_not_wait(ctx, bob, clock, work, pigeons):
    ids = fill(ctx, bob)
    draft_id = made.begin(ctx, bob, "new@acme.test")
    made.type_in(ctx, bob, draft_id)
    with ctx.store.write() as session:
        draft = session.get_one(Draft, draft_id)
        draft.state, draft.lease_until = "running", clock.now + timedelta(seconds=40)
    assert len(claimed(ctx, ids)) == 3
    with ctx.store.write() as session:
        session.get_one(Draft, draft_id).lease_until = clock.now - timedelta(seconds=1)
    claimed(ctx, ids)

    work.verify(draft_id)

    assert made.draft(ctx, draft_id).state == "passed"


@pytest.mark.parametrize(("slug", "stored"), [("raven", {"loft": "hill.test"}), ("pigeon", "damaged")])
def test_settings_that_cannot_be_read_take_no_room_anywhere(ctx, slug, stored):
    assert room.hosts_of(ctx, slug, stored) == frozenset()


class TestMail:
    @pytest.fixture
    def families(self):
        return None

    def test_of_mailboxes_with_one_outgoing_server_no_more_are_checked_than_that_one_takes(self, ctx, bob):
        settings = ctx.families.get("imap").suggest("bob@acme.test").settings
        ids = [
            placed.inbox(
                ctx,
                bob,
                box(number),
                next_check=ctx.clock(),
                host=f"imap{number}.test",
                settings={**settings, "imap_host": f"imap{number}.test", "smtp_host": "relay.test"},
            )
            for number in range(10)
        ]

        assert claimed(ctx, ids) == ids[:4]

    def held_for_sending(self, ctx, bob, **columns):
        inbox_id = placed.inbox(ctx, bob, next_check=ctx.clock(), **columns)
        until = ctx.clock() + timedelta(minutes=20)
        with ctx.store.write() as session:
            session.add(Hold(level="host", target="smtp.acme.test", until=until, why="refusals", since=ctx.clock()))
        return inbox_id, until

    @pytest.mark.parametrize("asked", [False, True])
    def test_while_only_the_outgoing_server_is_left_alone_the_inbox_is_read_and_the_rest_put_off(self, ctx, bob, asked):
        inbox_id, until = self.held_for_sending(ctx, bob)
        if asked:
            assert checks.ask(ctx, bob, inbox_id).target == "smtp.acme.test"

        (task,) = checks.prepare(ctx, checks.claim(ctx, [inbox_id], due_only=True), checks.SCHEDULE)

        assert (task.full, task.trigger) == (False, "button" if asked else "schedule")
        assert made.inbox(ctx, inbox_id).full_due == until

    def test_when_the_outgoing_server_is_left_alone_no_more_everything_is_looked_at(self, ctx, bob, clock):
        inbox_id, until = self.held_for_sending(ctx, bob)
        checks.record(ctx, [checks.carry_out(ctx, task) for task in self.tasks(ctx, inbox_id)])
        clock.now = until
        made.change(ctx, inbox_id, next_check=until)

        (task,) = self.tasks(ctx, inbox_id)

        assert task.full

    def tasks(self, ctx, inbox_id):
        return checks.prepare(ctx, checks.claim(ctx, [inbox_id], due_only=True), checks.SCHEDULE)

    def test_what_has_to_go_through_every_stage_waits_for_the_outgoing_server(self, ctx, bob):
        inbox_id, until = self.held_for_sending(ctx, bob)

        assert checks.run(ctx, inbox_id, checks.SHELL) is None
        assert made.inbox(ctx, inbox_id).next_check == until

    def test_short_checks_take_no_room_at_the_outgoing_server(self, ctx, bob, clock):
        later = clock.now + timedelta(hours=5)
        settings = ctx.families.get("imap").suggest("bob@acme.test").settings
        for number in range(4):
            one = {**settings, "imap_host": f"imap{number}.test", "smtp_host": "relay.test"}
            placed.inbox(ctx, bob, box(number), next_check=clock.now, host=f"imap{number}.test", settings=one)
        ids = [
            placed.inbox(
                ctx,
                bob,
                box(number),
                next_check=clock.now,
                full_due=later,
                host=f"imap{number}.test",
                settings={**settings, "imap_host": f"imap{number}.test", "smtp_host": "relay.test"},
            )
            for number in range(4, 10)
        ]

        assert len(claimed(ctx, [1, 2, 3, 4])) == 4
        assert claimed(ctx, ids) == ids


def test_a_server_that_left_a_check_without_an_answer_is_met_by_one_at_a_time(ctx, bob, pigeons, clock):
    ids = fill(ctx, bob)
    pigeons.weather[made.LOFT] = StageTimeout("nobody answers")
    checks.run(ctx, ids[0], checks.SHELL)

    assert claimed(ctx, ids) == [ids[1]]


@pytest.mark.parametrize("answer", [None, LoftClosed("full")])
def test_a_server_that_answers_again_is_met_by_many_again(ctx, bob, pigeons, clock, answer):
    ids = fill(ctx, bob)
    pigeons.weather[made.LOFT] = StageTimeout("nobody answers")
    checks.run(ctx, ids[0], checks.SHELL)
    pigeons.weather.pop(made.LOFT)
    if answer:
        pigeons.weather[made.LOFT] = answer

    checks.run(ctx, ids[1], checks.SHELL)

    assert len(claimed(ctx, ids)) == 4


def test_the_shell_checks_everything_however_many_a_server_takes_at_once(ctx, bob, pigeons):
    fill(ctx, bob, 20)

    results = shell.check(ctx, None)

    assert len(pigeons.flights) == len(results) == 20


def test_a_check_that_finds_no_room_is_left_for_the_sweep(ctx, bob, work, pigeons):
    ids = fill(ctx, bob, next_check=None)
    for one in ids[:4]:
        checks.claim(ctx, [one], due_only=False)
    checks.ask(ctx, bob, ids[5])

    work.check(ids[5])
    without_room = len(pigeons.flights)
    made.change(ctx, ids[0], lease_until=None, lease_token=None)
    work.sweep()

    assert (without_room, len(pigeons.flights)) == (0, 1)
