"""Running npm: the machine's own or, where there is none, the one from PyPI in a throw-away environment.

Also the npm packages that tests talk to, which stay in tests/peers beside their lock file, with a Node of their own.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "tests" / "peers"
INSTALLED = PEERS / "node_modules" / "installed"
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


def node() -> Path | None:
    """Return the Node of the packages in tests/peers; None when it is not installed, or not made for this machine."""
    return next(iter(sorted(PEERS.glob("node_modules/node-*/bin/node"))), None)


def peers_present() -> bool:
    """Tell whether the packages in tests/peers are those of its lock file."""
    return node() is not None and INSTALLED.is_file() and INSTALLED.read_text() == _peers_lock()


def install_peers() -> str:
    """Install the packages of tests/peers, running no package's scripts; return "" or, in one line, why that failed."""
    if peers_present():
        return ""
    print("Installing the npm packages of tests/peers", flush=True)
    try:
        with npm() as command:
            done = subprocess.run(
                [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=PEERS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
    except (OSError, subprocess.CalledProcessError) as error:
        return f"npm could not be fetched: {error}"
    if done.returncode:
        lines = [line.strip() for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        return f"npm ci: {(lines or ['exit ' + str(done.returncode)])[0]}"
    if node() is None:
        return "there is no Node of this version for this machine"
    INSTALLED.write_text(_peers_lock())
    return ""


def _peers_lock() -> str:
    return hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()


def _major(command: str) -> int:
    """Return the first number of npm's version, 0 when the command does not work (a shim without Node)."""
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=30, check=False)
        return int(done.stdout.split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0
