"""Programs of a test run are started once, and end with it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.lab.ports import free_port
from tests.peers.fixtures import leave_out
from tests.peers.processes import Missing, NotStarted, Program, find, start, wait_for_port
from tests.peers.shared import ROOT, Run

WAITS_FOREVER = (sys.executable, "-c", "import threading; threading.Event().wait()")

KILLED = """
import json, os, signal, sys
from tests.peers.processes import start
from tests.peers.shared import Run
run = Run.begin()
program = start(sys.argv[1:], run.folder / "log")
run.keep(program)
print(run.folder, json.dumps(program.to_state()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_two_workers_need_is_started_once(tmp_path: Path) -> None:
    run, started = Run.begin(), []

    def begin() -> dict[str, int]:
        started.append(1)
        return {"port": 7}

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda worker: worker.once("server", begin), [run, Run(run.folder)]))
    run.end()
    assert answers == [{"port": 7}, {"port": 7}]
    assert started == [1]


def test_a_start_that_failed_is_not_tried_again() -> None:
    run, tries = Run.begin(), []

    def fail() -> dict[str, int]:
        tries.append(1)
        raise NotStarted("no port")

    for _ in range(2):
        with pytest.raises(NotStarted, match="server: no port"):
            run.once("server", fail)
    run.end()
    assert tries == [1]


def test_the_end_of_a_run_stops_its_programs_and_deletes_its_folder() -> None:
    run = Run.begin()
    program = start(WAITS_FOREVER, run.folder / "log")
    run.keep(program)
    Run(run.folder).keep(program)
    run.end()
    assert not program.alive()
    assert not run.folder.exists()


def test_the_programs_of_a_killed_run_are_stopped() -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, *WAITS_FOREVER], cwd=ROOT, capture_output=True, check=False)
    folder, _, state = killed.stdout.decode().partition(" ")
    program = Program.from_state(json.loads(state))
    assert program.ended_within(10)
    assert Path(folder).name.startswith("console-tests-")


def test_a_program_that_ends_early_says_what_it_said(tmp_path: Path) -> None:
    program = start((sys.executable, "-c", "raise SystemExit('no such option')"), tmp_path / "log")
    with pytest.raises(NotStarted, match="no such option"):
        wait_for_port(program, free_port())
    program.stop()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Missing, match="no-such-server is not installed"):
        find("no-such-server", "/usr/sbin/no-such-*-server")


def test_a_missing_program_skips_a_test_but_fails_it_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no server"):
        leave_out("no server")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no server"):
        leave_out("no server")
