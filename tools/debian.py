"""The Debian programs that tests talk to: which are missing, and installing them without starting a service.

Nothing here asks for more rights than the process has: without root a missing program stays missing, and the caller
says which tests are left out for that. `python -m tools.debian` installs what is missing and reports.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTERS = Path("/etc/postgresql-common/createcluster.d/no-cluster-for-tests.conf")
MARK = "Made while the console's tests install their counterparts; may be deleted."
REFUSED = 101  # What invoke-rc.d reads as "do not start this service".
LOCK = Path("/run/lock/console-counterparts.lock")


@dataclass(frozen=True)
class Counterpart:
    """A set of Debian packages, the programs that prove them present, and the services they would start.

    A program is a tuple of alternatives; each is a name looked up on the PATH or a pattern of an absolute path.
    """

    name: str
    packages: tuple[str, ...]
    programs: tuple[tuple[str, ...], ...]
    services: tuple[str, ...] = ()

    def present(self) -> bool:
        """Tell whether every program is there, however it was installed."""
        return all(any(_found(alternative) for alternative in program) for program in self.programs)


DOVECOT = Counterpart(
    "Dovecot",
    ("dovecot-imapd", "dovecot-submissiond", "dovecot-lmtpd", "dovecot-auth-lua"),
    (
        ("dovecot",),
        ("/usr/lib/dovecot/imap", "/usr/libexec/dovecot/imap"),
        ("/usr/lib/dovecot/submission", "/usr/libexec/dovecot/submission"),
        ("/usr/lib/dovecot/lmtp", "/usr/libexec/dovecot/lmtp"),
        ("/usr/lib*/dovecot/modules/auth/libauthdb_lua.so", "/usr/lib*/dovecot/auth/libauthdb_lua.so"),
    ),
    ("dovecot",),
)
POSTFIX = Counterpart("Postfix", ("postfix",), (("postfix",),), ("postfix",))
CHROMIUM = Counterpart("Chromium", ("chromium",), (("/usr/bin/chromium",),))
POSTGRESQL = Counterpart(
    "PostgreSQL", ("postgresql",), (("initdb", "/usr/lib/postgresql/*/bin/initdb"),), ("postgresql",)
)
ALL = (DOVECOT, POSTFIX, CHROMIUM, POSTGRESQL)


def chromium() -> Path:
    """Return where the browser is expected: CONSOLE_CHROMIUM, else Debian's place."""
    return Path(os.environ.get("CONSOLE_CHROMIUM") or "/usr/bin/chromium")


def missing() -> list[Counterpart]:
    """Return the counterparts of which a program is not there."""
    return [part for part in ALL if not (part is CHROMIUM and chromium().exists()) and not part.present()]


def install(parts: list[Counterpart]) -> dict[str, str]:
    """Install the packages of these counterparts; return, by counterpart name, why one could not be installed.

    Services are neither started now nor left to start with the machine.
    """
    if not parts:
        return {}
    if reason := _forbidden():
        return {part.name: reason for part in parts}
    with ExitStack() as stack:
        stack.enter_context(_alone())
        stack.enter_context(_services_stay_off())
        update = _apt("update")
        return {part.name: reason for part in parts if (reason := _install_one(part, update))}


def _install_one(part: Counterpart, update: str) -> str:
    if part.present():  # Another run installed it while this one waited for its turn.
        return ""
    if not _policy_refuses(part.services):
        return f"{POLICY} of this machine would start {' and '.join(part.services)}"
    print(f"Installing {part.name} ({' '.join(part.packages)})", flush=True)
    # --no-remove: on a machine with another mail server, Postfix would throw that one out.
    trouble = _apt("install", "--yes", "--no-install-recommends", "--no-remove", *part.packages)
    if trouble:
        return update or trouble
    for service in part.services:
        subprocess.run(["update-rc.d", service, "disable"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return "" if part.present() else "the packages are installed, yet a program is missing"


def _forbidden() -> str:
    if shutil.which("apt-get") is None:
        return "not installed, and this machine has no apt-get"
    if os.geteuid() != 0:
        return "not installed, and only root may install packages"
    return ""


def _found(program: str) -> bool:
    if program.startswith("/"):
        return any(Path("/").glob(program.removeprefix("/")))
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return shutil.which(program, path=places) is not None


def _apt(*arguments: str) -> str:
    """Run apt-get without questions; return "" or, in one line, what it stumbled over."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2", *arguments]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        check=False,
    )
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")]
    return f"apt-get {arguments[0]}: {(errors or lines or ['exit ' + str(done.returncode)])[0]}"


def _policy_refuses(services: tuple[str, ...]) -> bool:
    """Ask the policy, ours or the machine's own, whether it keeps these services from starting."""
    if services and not os.access(POLICY, os.X_OK):
        return False
    answers = [
        subprocess.run(
            [POLICY, service, "start"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
        for service in services
    ]
    return all(answer == REFUSED for answer in answers)


@contextmanager
def _alone() -> Iterator[None]:
    """Let two checkouts on one machine take turns, so that neither takes the policy away from the other."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def _services_stay_off() -> Iterator[None]:
    """Keep packages from starting services and PostgreSQL from creating a cluster, and leave no trace of that.

    A policy that the machine already has stays in charge. A terminated run cleans up as well; one that was killed
    outright leaves files that the next run recognises by their mark and takes over.
    """
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ours: list[Path] = []
    try:
        for path, text in (
            (POLICY, f"#!/bin/sh\n# {MARK}\nexit {REFUSED}\n"),
            (CLUSTERS, f"# {MARK}\ncreate_main_cluster = false\nstart_conf = 'manual'\n"),
        ):
            if not path.exists() or MARK in path.read_text(errors="replace"):
                ours.append(path)  # Noted before it is made: a signal in between must not leave it behind.
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                path.chmod(0o755 if path is POLICY else 0o644)
        yield
    finally:
        for path in ours:
            path.unlink(missing_ok=True)
        if CLUSTERS.parent.is_dir() and not any(CLUSTERS.parent.iterdir()):
            CLUSTERS.parent.rmdir()
        signal.signal(signal.SIGTERM, former)


def main() -> int:
    """Install what is missing and say, counterpart by counterpart, how it stands."""
    wanted = missing()
    reasons = install(wanted)
    for part in ALL:
        state = reasons.get(part.name) or ("installed" if part in wanted else "present")
        print(f"{part.name}: {state}")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
