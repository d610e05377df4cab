"""Programs that tests run beside themselves: find them, start them, wait for their ports, stop them by process id.

Every program leads a process group of its own, so that stopping it reaches its children and nobody else. Linux only:
the end of a process is awaited through its pidfd, which also works for a process that a sibling started.
"""

from __future__ import annotations

import os
import pwd
import selectors
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Self

_children: dict[int, subprocess.Popen[bytes]] = {}


class Missing(Exception):
    """A program, or the right to run it, is not there; the text is the reason a test is skipped with."""


class NotStarted(Exception):
    """A program ended early or did not listen in time; the text carries the end of its log."""


def find(*alternatives: str) -> Path:
    """Return the first of these programs that is there: names on the PATH (sbin included) or absolute patterns.

    Raises Missing, naming the first alternative.
    """
    places = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    for alternative in alternatives:
        found: str | Path | None
        if alternative.startswith("/"):
            found = max(Path("/").glob(alternative.removeprefix("/")), default=None)
        else:
            found = shutil.which(alternative, path=places)
        if found:
            return Path(found)
    raise Missing(f"{Path(alternatives[0]).name} is not installed")


@dataclass(frozen=True)
class Program:
    """A started program: its process id (also its group), when the kernel says it began, and where its output goes."""

    pid: int
    began: int
    log: Path

    def to_state(self) -> dict[str, Any]:
        """Return what another process needs to know it by, as JSON values."""
        return {"pid": self.pid, "began": self.began, "log": str(self.log)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return the program that another process noted."""
        return cls(state["pid"], state["began"], Path(state["log"]))

    def alive(self) -> bool:
        """Tell whether this very process still runs; a later process that got the same id does not count."""
        return _began(self.pid) == self.began

    def ended_within(self, seconds: float) -> bool:
        """Wait at most so long for the end of the process and tell whether it came."""
        try:
            pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(pidfd, selectors.EVENT_READ)
                return not self.alive() or bool(selector.select(seconds))
        finally:
            os.close(pidfd)

    def stop(self, grace: float = 5.0, first: signal.Signals = signal.SIGTERM) -> None:
        """End the program and its group: politely, and after `grace` seconds for certain."""
        child = _children.pop(self.pid, None)
        if self.alive():
            _signal_group(self.pid, first)
            self.ended_within(grace)
        elif child is None:
            return
        # Also what the leader left behind in its group, whose id is not given away while one member lives.
        _signal_group(self.pid, signal.SIGKILL)
        self.ended_within(grace)
        if child is not None:
            child.wait(grace)

    def tail(self, lines: int = 20) -> str:
        """Return the end of the program's output."""
        with suppress(OSError):
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""


def start(
    argv: Sequence[str | Path],
    log: Path,
    *,
    user: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Program:
    """Start a program as the leader of its own session, its output appended to `log`; as `user` when that is given."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            user=user,
            group=_group_of(user),
            extra_groups=None if user is None else [],
        )
    _children[child.pid] = child
    return Program(child.pid, _began(child.pid) or 0, log)


def wait_for_port(program: Program, port: int, address: str = "127.0.0.1", seconds: float = 20.0) -> None:
    """Return once the program listens there. Raises NotStarted when it ends first or takes longer."""
    until = monotonic() + seconds
    while True:
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            return
        if program.ended_within(0.02):
            raise NotStarted(f"it ended before it listened on {address}:{port}\n{program.tail()}")
        if monotonic() > until:
            raise NotStarted(f"it did not listen on {address}:{port} within {seconds:g} s\n{program.tail()}")


def as_nobody() -> str | None:
    """Return the user for programs that refuse to run as root, or None when this process is not root anyway."""
    return "nobody" if os.geteuid() == 0 else None


def _group_of(user: str | None) -> int | None:
    if user is None:
        return None
    return pwd.getpwnam(user).pw_gid


def _began(pid: int) -> int | None:
    """Return the kernel's start time of a running process, in clock ticks since boot; None for none or a dead one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
