"""Runs the checks and all tests, tier by tier, and says at the end what ran, what did not and why.

A tier is a set of tests with the same needs. One whose needs this machine cannot meet is skipped with its reason; with
CI=true that counts as a failure. The last line is always `N passed, N failed, N skipped`, summed over the tiers.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from tools import debian, npm

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
NPM = "npm packages"
NO_TESTS = 5  # pytest's exit status when nothing was collected.


@dataclass(frozen=True)
class Tier:
    """A set of tests: the marker expression that selects it, further options, and the programs it talks to."""

    name: str
    marker: str
    options: tuple[str, ...] = ()
    needs: tuple[debian.Counterpart, ...] = ()
    needs_root: str = ""
    needs_npm: bool = False


@dataclass
class Outcome:
    """What became of one tier or of the checks; `note` says why it was skipped or how it ended oddly."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    note: str = ""
    reasons: list[str] = field(default_factory=list)


CHECKS = {
    "lint": (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("djlint", "console/templates", "console/lab/templates", "--lint", "--quiet"),
    ),
    "types": (("mypy",),),
}
# Tests wait for servers and for the disk about half of the time; a browser keeps more than one core busy by itself.
# Neighbours stay together, which share what they start; who has nothing left takes from the others.
MANY = (f"--numprocesses={2 * (os.cpu_count() or 1)}", "--dist=worksteal")
FILE_BY_FILE = ("--numprocesses=auto", "--dist=loadgroup")
SERVERS = (debian.DOVECOT, debian.POSTFIX)
ROOT_FOR_POSTFIX = "Postfix is started by root only"
TIERS = (
    Tier("plain", "not browser and not server and not oauth", MANY),
    Tier("server", "server and not browser and not oauth", (), SERVERS, ROOT_FOR_POSTFIX),
    Tier(
        "browser",
        "browser and not oauth",
        FILE_BY_FILE,
        (*SERVERS, debian.CHROMIUM),
        ROOT_FOR_POSTFIX,
    ),
    Tier("oauth", "oauth", FILE_BY_FILE, (debian.CHROMIUM,), needs_npm=True),
    Tier(
        "postgresql",
        "store and not browser and not server and not oauth",
        ("--database=postgresql", *MANY),
        (debian.POSTGRESQL,),
    ),
)


def main(arguments: list[str]) -> int:
    """Run what the command line names (everything by default); return the exit status."""
    names = [*CHECKS, *(tier.name for tier in TIERS)]
    parser = argparse.ArgumentParser(prog="python -m tools.tiers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="tier", help=f"any of: {', '.join(names)} (default: all)")
    wanted = parser.parse_args(arguments).names or names
    if unknown := [name for name in wanted if name not in names]:
        parser.error(f"no such tier: {', '.join(unknown)}")
    strict = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

    tiers = [tier for tier in TIERS if tier.name in wanted]
    reasons = _install(tiers)
    with tempfile.TemporaryDirectory(prefix="console-bytecode-") as bytecode, _written_to(bytecode):
        outcomes = [_check(name, CHECKS[name]) for name in CHECKS if name in wanted]
        for tier in tiers:
            if reason := _impossible(tier, reasons):
                outcomes.append(_leave_out(tier, reason, strict))
            else:
                outcomes.append(_run(tier, strict))
    _report(outcomes)
    return 1 if any(outcome.failed for outcome in outcomes) else 0


@contextmanager
def _written_to(folder: str) -> Iterator[None]:
    """Let Python keep what it compiles in `folder`, also where the environment forbids it to write beside the sources.

    Otherwise every process of the tests would compile all modules for itself, which takes longer than most tests.
    """
    before = dict(os.environ)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = folder
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _install(tiers: list[Tier]) -> dict[str, str]:
    """Install the programs these tiers need and this machine lacks; return why, by name, where that did not work."""
    needed = [part for part in debian.missing() if any(part in tier.needs for tier in tiers)]
    reasons = debian.install(needed)
    if any(tier.needs_npm for tier in tiers) and (reason := npm.install_peers()):
        reasons[NPM] = reason
    return reasons


def _impossible(tier: Tier, reasons: dict[str, str]) -> str:
    missing = [f"{part.name}: {reasons[part.name]}" for part in tier.needs if part.name in reasons]
    if tier.needs_npm and NPM in reasons:
        missing.append(f"{NPM}: {reasons[NPM]}")
    if tier.needs_root and os.geteuid() != 0:
        missing.append(tier.needs_root)
    return "; ".join(missing)


def _check(name: str, commands: tuple[tuple[str, ...], ...]) -> Outcome:
    """Run linters or the type checker; each command counts as one test."""
    _headline(name)
    outcome, began = Outcome(name), monotonic()
    for command in commands:
        print(f"$ {' '.join(command)}", flush=True)
        if _call([str(BIN / command[0]), *command[1:]]):
            outcome.failed += 1
            outcome.reasons.append(" ".join(command[:2]))
        else:
            outcome.passed += 1
    outcome.seconds = monotonic() - began
    outcome.note = "failed: " + ", ".join(outcome.reasons) if outcome.reasons else ""
    return outcome


def _run(tier: Tier, strict: bool) -> Outcome:
    """Run a tier's tests and count them from pytest's own report."""
    _headline(tier.name)
    outcome, began = Outcome(tier.name), monotonic()
    with tempfile.TemporaryDirectory(prefix="console-tests-") as folder:
        report = Path(folder, "report.xml")
        status = _call([*_pytest(tier), f"--junitxml={report}"])
        _count(outcome, report)
    outcome.seconds = monotonic() - began
    if status == NO_TESTS:
        outcome.note = "no tests yet"
        outcome.failed += strict
    elif status and not outcome.failed:
        outcome.failed, outcome.note = 1, f"pytest ended with status {status}"
    return outcome


def _leave_out(tier: Tier, reason: str, strict: bool) -> Outcome:
    """Note a tier as skipped, with as many tests as it would have run."""
    _headline(f"{tier.name}: skipped. {reason}")
    done = subprocess.run(
        [*_pytest(tier), "--collect-only", "--quiet", "--numprocesses=0"],
        cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    counted = re.search(r"^(\d+)(?:/\d+)? tests? collected", done.stdout, re.MULTILINE)
    return Outcome(tier.name, failed=int(strict), skipped=int(counted[1]) if counted else 0, note=f"skipped: {reason}")


def _pytest(tier: Tier) -> list[str]:
    return [str(BIN / "python"), "-m", "pytest", "-m", tier.marker, *tier.options]


def _count(outcome: Outcome, report: Path) -> None:
    if not report.is_file():
        return
    for suite in ET.parse(report).getroot().iter("testsuite"):
        tests, failures, errors, skipped = (
            int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
        )
        outcome.failed += failures + errors
        outcome.skipped += skipped
        outcome.passed += max(0, tests - failures - errors - skipped)


def _call(command: list[str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, check=False).returncode


def _environment() -> dict[str, str]:
    """Give tests the environment without the console's own settings: they must not reach a real installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_")}
    return kept | {"CONSOLE_CHROMIUM": str(debian.chromium()), "PYTHONUNBUFFERED": "1"}


def _headline(text: str) -> None:
    print(f"\n== {text}", flush=True)


def _report(outcomes: list[Outcome]) -> None:
    _headline("summary")
    for line in _table(outcomes):
        print(line)
    passed, failed, skipped = (sum(getattr(o, key) for o in outcomes) for key in ("passed", "failed", "skipped"))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)


def _table(outcomes: list[Outcome]) -> Iterator[str]:
    yield f"{'tier':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'time':>9}"
    for o in outcomes:
        yield f"{o.name:<12}{o.passed:>8}{o.failed:>8}{o.skipped:>9}{o.seconds:>7.1f} s  {o.note}".rstrip()


if __name__ == "__main__":
    # A shell has what it runs in the background ignore Ctrl-C, and what that starts inherits it; a test presses it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
