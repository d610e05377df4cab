"""Running npm: the machine's own or, where there is none, the one from PyPI in a throw-away environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "npm.lock"
OLDEST = 8  # The first npm that reads our lock and leaves addresses out of it.


@contextmanager
def npm() -> Iterator[list[str]]:
    """Give the start of an npm command line, good for as long as the block lasts."""
    own = shutil.which("npm")
    if own and _major(own) >= OLDEST:
        yield [own]
        return
    with tempfile.TemporaryDirectory(prefix="console-npm-") as folder:
        print("Fetching npm, as this machine has none", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "-qq", "--require-hashes", "-r", LOCK], check=True)
        yield [str(Path(folder, "bin", "npm"))]


def _major(command: str) -> int:
    """Return the first number of npm's version, 0 when the command does not work (a shim without Node)."""
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=30, check=False)
        return int(done.stdout.split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0
