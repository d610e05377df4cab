"""Makes .venv what a lock file says: `python -m tools.environment run` or `... test`.

The set for tests contains the set for running with the same versions, so an environment made for tests also runs the
console and is never reduced again. What was installed is noted inside .venv; when nothing changed, nothing is done.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NOTE = VENV / "installed.json"
LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-dev.lock"}
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Bring the environment up to date for the purpose named on the command line; return the exit status."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("usage: python -m tools.environment run|test", file=sys.stderr)
        return 2
    note = _note() if _works() else {}
    purpose = "test" if note.get("purpose") == "test" else arguments[0]
    wanted = {"purpose": purpose, "lock": _digest(LOCKS[purpose]), "project": _digest(ROOT / "pyproject.toml")}
    if note == wanted:
        return 0
    if not _works():
        _create()
    NOTE.unlink(missing_ok=True)
    if {**note, "project": ""} != {**wanted, "project": ""}:
        print(f"Installing the packages of {LOCKS[purpose].name} into .venv", flush=True)
        _pip("--require-hashes", "--requirement", str(LOCKS[purpose]))
    # The lock holds hatchling and editables, so this step asks no package index for anything.
    _pip("--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    NOTE.write_text(json.dumps(wanted))
    return 0


def _works() -> bool:
    """Tell whether .venv has a Python that starts; a removed or upgraded system Python leaves one that does not."""
    if not PYTHON.exists():
        return False
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", question], capture_output=True, check=False).returncode == 0


def _create() -> None:
    if sys.version_info < OLDEST:
        needed, found = ".".join(map(str, OLDEST)), ".".join(map(str, sys.version_info[:2]))
        raise SystemExit(
            f"Python {needed} or newer is needed, this is {found}. Name another with: make PYTHON=python3.12"
        )
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit("Python's venv module does not work here. On Debian and Ubuntu: apt-get install python3-venv")


def _pip(*arguments: str) -> None:
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "-qq", "install", *arguments]
    # An index of somebody's own stays in use; only a wish to install elsewhere than into .venv is dropped.
    unwanted = {"PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PYTHONPATH", "PYTHONHOME"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    if subprocess.run(command, stdin=subprocess.DEVNULL, env=environment, check=False).returncode:
        raise SystemExit("The packages could not be installed; pip's reason stands above.")


def _note() -> dict[str, str]:
    try:
        return dict(json.loads(NOTE.read_text()))
    except (OSError, ValueError):
        return {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
