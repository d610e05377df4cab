"""Demos, started the way a newcomer starts one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from time import monotonic

from console.lab.ports import free_port
from tests.peers.processes import Program, start
from tests.peers.shared import ROOT, Run

READY = "Inbox console: "


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    program: Program
    url: str
    lab_url: str

    @property
    def output(self) -> str:
        return self.program.log.read_text("utf-8")


def begin(run: Run, **environment: str) -> Demo:
    """Start one on free ports, with these variables in its environment, and wait until it listens."""
    port, lab_port = free_port(), free_port()
    command = [sys.executable, "-c", "from console.cli import main; main()", "demo"]
    folder = run.place("demo")
    (folder / "tmp").mkdir()
    program = start(
        [*command, "--port", str(port), "--lab-port", str(lab_port)],
        folder / "demo.log",
        cwd=ROOT,
        env={"TMPDIR": str(folder / "tmp"), **environment},
    )
    run.keep(program)
    running = Demo(program, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{lab_port}")
    until = monotonic() + 40
    while READY not in running.output:
        assert not program.ended_within(0.05), running.output
        assert monotonic() < until, running.output
    return running
