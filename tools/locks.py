"""Makes the lock files anew: `python -m tools.locks` keeps versions where it may, `--upgrade` takes the newest.

One resolution, of everything tests need, decides; the set for running is resolved inside it, so the two agree.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.npm import PEERS, npm

ROOT = Path(__file__).resolve().parent.parent
UV = "uv>=0.9,<1"
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header", "--quiet")
LOCKING = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
SOURCES = ("pyproject.toml", "requirements-build.in")
FOR_TESTS = ("--extra", "dev", "--extra", "lab", "--extra", "e2e", "--extra", "postgres")


def main(arguments: list[str]) -> int:
    """Write the five lock files; return the exit status."""
    if arguments not in ([], ["--upgrade"]):
        print("usage: python -m tools.locks [--upgrade]", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="console-uv-") as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [Path(folder, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
        subprocess.run([*pip, "install", UV], check=True)
        compiling = [Path(folder, "bin", "uv"), "pip", "compile", *OPTIONS, *arguments]
        _run(*compiling, *SOURCES, *FOR_TESTS, "--output-file", "requirements-dev.lock")
        _run(*compiling, *SOURCES, "--constraint", "requirements-dev.lock", "--output-file", "requirements.lock")
        _run(*compiling, "tools/npm.in", "--output-file", "tools/npm.lock")
    with npm() as command:
        for folder in (ROOT, PEERS):
            _run(*command, "install", *LOCKING, folder=folder)
    return 0


def _run(*command: str | Path, folder: Path = ROOT) -> None:
    # uv writes the lock to its output as well as to the file; only the file is wanted.
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
