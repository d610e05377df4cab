"""The console itself, started the way an operator starts it: `console serve` with an instance of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Self

from console.lab.ports import free_port
from tests.peers.processes import NotStarted, Program, start
from tests.peers.shared import ROOT, Run

READY = "Inbox console: "
LINK = re.compile(r"^\s+(http\S+/set-up/\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Serving:
    """A running console with its worker. `environment` holds the CONSOLE_… values it was started with."""

    program: Program
    url: str
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def start(cls, run: Run, settings: Mapping[str, str] | None = None, *, hours_ahead: float = 0) -> Self:
        """Start one on a free port, with `settings` (CONSOLE_… values) beside those that keep it apart from others.

        With the environment of an earlier one as `settings`, it goes on from where that one stopped; `hours_ahead`
        moves the clock that sessions and forms are signed by. Raises NotStarted, whose text carries what it said.
        """
        folder, port = run.place("console"), free_port()
        environment = {
            "CONSOLE_INSTANCE": str(folder / "instance"),
            "CONSOLE_HOST": "127.0.0.1",
            "CONSOLE_PORT": str(port),
            "CONSOLE_BASE_URL": f"http://127.0.0.1:{port}",
            "CONSOLE_ORGANISATION": "Acme A/S",
            **(settings or {}),
        }
        ahead = (
            f"import time; now = time.time; time.time = lambda: now() + {hours_ahead * 3600}; " if hours_ahead else ""
        )
        command = [sys.executable, "-c", f"{ahead}from console.cli import main; main()", "serve"]
        program = start(command, folder / "console.log", cwd=ROOT, env=environment)
        run.keep(program)
        serving = cls(program, environment["CONSOLE_BASE_URL"], environment)
        try:
            serving._wait(60)
        except NotStarted:
            serving.stop(run)
            raise
        return serving

    def stop(self, run: Run) -> None:
        """Stop it now, by its process id."""
        run.stop(self.program)

    @property
    def set_up_link(self) -> str | None:
        """The one-time address it printed, or None when an account existed."""
        found = LINK.search(self.output())
        return found[1] if found else None

    def output(self) -> str:
        """Return all that it printed and logged so far."""
        return self.program.log.read_text("utf-8", "replace")

    def _wait(self, seconds: float) -> None:
        """Return once it has said that it listens, which it says after the link."""
        until = monotonic() + seconds
        while READY not in self.output():
            if self.program.ended_within(0.02):
                raise NotStarted(f"the console ended at once\n{self.program.tail()}")
            if monotonic() > until:
                raise NotStarted(f"the console did not listen within {seconds:g} s\n{self.program.tail()}")
