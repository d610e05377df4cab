"""Two workers, eight threads each, on the same inboxes: the lab counts how often each one's access is renewed."""

import os
import sys
from contextlib import ExitStack

import pytest
from sqlalchemy import update
from sqlmodel import func, select

from console.store.models import Inbox, WorkerPulse
from tests.peers.processes import start
from tests.peers.shared import ROOT
from tests.services import owls, practice
from tests.services.workers import environment_of, until

EACH = 100
PLACES = {"gmail": "google", "microsoft": "microsoft"}
# Every thread wants every inbox, in the same order, and all begin the moment the inboxes fall due.
WORKER = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from console import assemble
from console.config import load
from console.services import checks, sweep

ctx, inboxes, never = assemble(load()).ctx, range(int(sys.argv[1]), int(sys.argv[2]) + 1), threading.Event()

def work(_):
    return sum(checks.run(ctx, one, checks.SCHEDULE, due_only=True) is not None for one in inboxes)

sweep.pulse(ctx)
while not sweep.anything_due(ctx):
    never.wait(0.01)
with ThreadPoolExecutor(8) as pool:
    print("checked:", sum(pool.map(work, range(8))))
"""


@pytest.fixture
def settings(lab):
    # Every thread is to have its try, so none may be sent away because there is no room at the provider.
    return {**practice.settings_at(lab), "CONSOLE_CHECKS_PER_HOST": "64"}


@pytest.fixture
def families():
    return None


def ready(ctx):
    with ctx.store.read() as session:
        return session.exec(select(func.count(WorkerPulse.name))).one()


@pytest.mark.timeout(180)
def test_two_processes_of_eight_threads_renew_each_of_200_inboxes_once(ctx, bob, lab, config, settings, tmp_path):
    # Whoever brings a token that was replaced already is refused.
    lab.microsoft.switch("refuse-reuse")
    people = {slug: practice.welcome(lab, slug, EACH) for slug in PLACES}
    inboxes = [
        inbox_id
        for slug, addresses in people.items()
        for inbox_id in practice.place(ctx, lab, bob, slug, *addresses, next_check=None)
    ]
    environment = environment_of(config, settings)
    logs = [tmp_path / f"worker {number}.log" for number in range(2)]
    with ExitStack() as stack:
        command = [sys.executable, "-c", WORKER, str(inboxes[0]), str(inboxes[-1])]
        workers = [start(command, log, cwd=ROOT, env=environment) for log in logs]
        for worker in workers:
            stack.callback(worker.stop)
        until(lambda: ready(ctx) == 2)
        with ctx.store.write() as session:
            session.execute(update(Inbox).values(next_check=ctx.clock()))
        ended = [os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1]) for worker in workers]

    told = [log.read_text() for log in logs]
    assert ended == [0, 0], told
    counted = practice.all_counts(lab)
    rows = [counted[place][address] for slug, place in PLACES.items() for address in people[slug]]
    assert [(row["refreshes"], row["refused"]) for row in rows] == [(1, 0)] * 2 * EACH
    checked = [int(line.rpartition("checked: ")[2]) for line in told]
    assert sum(checked) == 2 * EACH
    assert min(checked) > 0
    with ctx.store.read() as session:
        assert set(session.exec(select(Inbox.health))) == {"healthy"}
    assert all(owls.secret(ctx, inbox_id)["expires_at"] > practice.OVER for inbox_id in inboxes)
