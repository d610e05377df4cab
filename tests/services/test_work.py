"""What a worker's threads are for: what people wait for is not kept waiting by what falls due."""

import threading
from dataclasses import replace

import pytest
from sqlmodel import select

from console.jobs import Jobs
from console.providers.dial import Limits
from console.providers.imap import ImapFamily
from console.services import checks
from console.services.work import LASTING, Work
from console.store.models import WorkerPulse
from tests.peers.scripted import serve
from tests.providers.doors import dialer
from tests.services import made
from tests.services.connected import connect

PATIENCE = 60
# The server holds its greeting for as long as the test takes, however slow the machine is.
ENDLESS = Limits(stage_seconds=10 * PATIENCE, run_seconds=10 * PATIENCE)


@pytest.fixture
def families(pigeons):
    return (pigeons, ImapFamily())


def test_a_sweep_that_waits_for_a_server_holds_up_neither_a_wizard_run_nor_test_now(ctx, alice, bob, tmp_path):
    arrived, released = threading.Event(), threading.Event()

    def holds_its_greeting(_talk):
        arrived.set()
        released.wait(10 * PATIENCE)

    work = Work(replace(ctx, dialer=dialer(limits=ENDLESS)))
    jobs = Jobs(ctx.config.database_url, tmp_path / "queue", ctx.signing_key, threads=1)
    done = {name: threading.Event() for name in ("verify", "check", "sweep")}

    def noting(name, function):
        def call(*ids):
            function(*ids)
            done[name].set()

        return call

    for name in done:
        jobs.register(name, noting(name, work.jobs[name]), lasts=name in LASTING)
    worker = jobs.make_consumer(lambda: None)
    with serve(holds_its_greeting) as server:
        (slow,) = connect(ctx, alice, server.port, "slow@acme.test")
        worker.start()
        try:
            jobs.enqueue("sweep")
            assert arrived.wait(PATIENCE)

            draft_id = made.begin(ctx, bob, "bob@acme.test")
            queued = replace(ctx, enqueue=jobs.enqueue)
            made.type_in(queued, bob, draft_id)
            (inbox_id,) = made.make(ctx, bob, "other@acme.test", next_check=None)
            checks.ask(queued, bob, inbox_id)

            assert done["verify"].wait(PATIENCE)
            assert done["check"].wait(PATIENCE)
            assert made.draft(ctx, draft_id).state == "passed"
            assert [check.trigger for check in made.history(ctx, inbox_id)] == ["button"]
            assert not done["sweep"].is_set()
            assert made.history(ctx, slow) == []
        finally:
            released.set()
            assert done["sweep"].wait(PATIENCE)
            work.stop()
            worker.stop()

    assert len(made.history(ctx, slow)) == 1


def test_a_sweep_after_the_end_of_the_worker_claims_nothing(ctx, bob, pigeons):
    made.make(ctx, bob, "bob@acme.test")
    work = Work(ctx)
    work.stop()

    work.sweep()

    assert pigeons.flights == []


def test_the_tick_and_the_jobs_of_a_console_know_of_the_same_sweep(console):
    """Else every tick would ask for one more, and the end of a worker would not end its sweep."""
    assert console.jobs._known["sweep"].__self__ is console.work


def test_a_clock_that_was_set_back_silences_no_worker(ctx, work, clock):
    work.tick()
    clock.advance(days=-1)

    work.tick()

    with ctx.store.read() as session:
        assert [pulse.at for pulse in session.exec(select(WorkerPulse))] == [clock.now]
