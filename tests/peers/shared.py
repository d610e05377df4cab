"""What the processes of one test run share: a folder, and programs that are started once for all of them.

The process that begins the run (the controller under pytest-xdist) holds a lock on the folder. Whoever needs a program
first starts it under a second lock and notes it in the folder; the beginning process stops everything at its end. If
that process is killed, its lock falls, and a keeper that waits for just that stops what it left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.peers.processes import NotStarted, Program

State = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


class Run:
    """One test run's folder, seen from any of its processes."""

    def __init__(self, folder: Path) -> None:
        """Join the run that has this folder."""
        self.folder = folder
        self._alive: int | None = None

    @classmethod
    def begin(cls) -> Run:
        """Make the folder of a new run; the calling process is the one to `end` it."""
        run = cls(Path(tempfile.mkdtemp(prefix="console-tests-")))
        # Servers that drop their rights must be able to reach their own folders below.
        run.folder.chmod(0o755)
        (run.folder / "programs").mkdir()
        run._alive = os.open(run.folder / "alive", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(run._alive, fcntl.LOCK_EX)
        return run

    def once(self, name: str, start: Callable[[], State]) -> State:
        """Return what `start` returned when the first process of this run asked for `name`; JSON values only.

        A start that failed is not tried again: every later call raises NotStarted with the same text.
        """
        with self.locked(name):
            note = self.folder / f"{name}.json"
            if not note.exists():
                try:
                    state = start()
                except NotStarted as error:
                    state = {"not started": str(error)}
                note.write_text(json.dumps(state))
            known: State = json.loads(note.read_text())
        if "not started" in known:
            raise NotStarted(f"{name}: {known['not started']}")
        return known

    def place(self, name: str) -> Path:
        """Return a new empty folder of this run that other users may enter."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        folder.chmod(0o755)
        return folder

    def keep(self, program: Program) -> None:
        """Note a program so that it is stopped with the run, whatever becomes of the process that started it."""
        self._note(program).write_text(json.dumps(program.to_state()))
        self.once("keeper", self._start_keeper)

    def stop(self, program: Program) -> None:
        """Stop a kept program now."""
        program.stop()
        self._note(program).unlink(missing_ok=True)

    def end(self) -> None:
        """Stop every program that is still noted and delete the folder."""
        for note in sorted((self.folder / "programs").glob("*")):
            with suppress(ValueError, KeyError, OSError):
                self.stop(Program.from_state(json.loads(note.read_text())))
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Let one process of this run at a time pass."""
        descriptor = os.open(self.folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _note(self, program: Program) -> Path:
        return self.folder / "programs" / str(program.pid)

    def _start_keeper(self) -> State:
        keeper = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _keepers.append(keeper)
        return {"pid": keeper.pid}


_keepers: list[subprocess.Popen[bytes]] = []


def _watch(folder: Path) -> None:
    """Wait until the process that began the run is gone, then end the run in its place."""
    try:
        alive = os.open(folder / "alive", os.O_RDWR)
    except FileNotFoundError:
        return
    fcntl.flock(alive, fcntl.LOCK_EX)
    if folder.exists():
        Run(folder).end()


if __name__ == "__main__":
    _watch(Path(sys.argv[1]))
