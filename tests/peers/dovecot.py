"""Dovecot 2.3 on loopback: IMAP and submission, on six addresses that differ in their certificate.

Accounts are files that its Lua password check reads at every sign-in, so that a test adds and changes accounts while
the server runs and does not meet another test's. The same check writes down every sign-in before it answers, so that a
test can count them. Works with and without root.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal, Self

from console.lab.ports import free_port
from tests.peers import dovecot_files
from tests.peers.certificates import Certificates, Identity
from tests.peers.processes import NotStarted, Program, find, start, wait_for_port
from tests.peers.shared import Run

GOOD, SELF_SIGNED, WRONG_HOST, EXPIRED, NO_PLAIN_LOGIN, CHANGED = (f"127.0.0.{last}" for last in range(1, 7))
Refusal = Literal["app-password", "disabled", "expired", "tempfail", "imap-off", "bad-password"]
Service = Literal["imap", "smtp"]
SPECIAL = {"two": ("Sent", "Gesendete Elemente"), "named-without-flag": ("Sent Items",)}


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot and what a test may ask of it.

    All addresses serve every port. 127.0.0.1 has the good certificate, .2 a self-signed one, .3 one of another host,
    .4 an expired one, .5 the good one, .6 another self-signed one. On .1 Dovecot counts the line as secure from the
    start, because client and server address are equal; on all others it says LOGINDISABLED until TLS.
    """

    folder: Path
    program: Program
    relay: Program
    imap: int
    imaps: int
    submission: int
    submissions: int
    sasl: int

    @classmethod
    def start(cls, run: Run, certificates: Certificates) -> Self:
        """Start one on free ports. Raises Missing when it is not installed, NotStarted when it does not come up."""
        binary = find("dovecot")
        find(*dovecot_files.LUA)
        folder = run.place("dovecot")
        served = (
            certificates.good,
            certificates.self_signed,
            certificates.wrong_host,
            certificates.expired,
            certificates.good,
            certificates.changed,
        )
        presented = {f"127.0.0.{last}": identity for last, identity in enumerate(served, start=1)}
        ports = {name: free_port() for name in ("imap", "imaps", "submission", "submissions", "sasl", "relay")}
        dovecot_files.write(folder, presented, ports)
        # Dovecot hands mail on to another server, and says 421 after a good sign-in when it cannot reach one.
        there = f"127.0.0.1:{ports['relay']}"
        sink = [sys.executable, "-m", "aiosmtpd", "-n", "-l", there, "-c", "aiosmtpd.handlers.Sink"]
        relay = start(sink, folder / "relay.log", cwd=folder)
        run.keep(relay)
        program = start([binary, "-F", "-c", folder / "dovecot.conf"], folder / "dovecot.log")
        run.keep(program)
        server = cls(folder, program, relay, **{name: port for name, port in ports.items() if name != "relay"})
        try:
            wait_for_port(program, server.imap)
            wait_for_port(relay, ports["relay"])
        except NotStarted:
            server.stop(run)
            raise
        return server

    def stop(self, run: Run) -> None:
        """Stop it now, and what belongs to it."""
        run.stop(self.program)
        run.stop(self.relay)

    def to_state(self) -> dict[str, Any]:
        """Return what another process needs to use this Dovecot, as JSON values."""
        numbers = {name: getattr(self, name) for name in ("imap", "imaps", "submission", "submissions", "sasl")}
        programs = {"program": self.program.to_state(), "relay": self.relay.to_state()}
        return {"folder": str(self.folder), **programs, **numbers}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the Dovecot that another process started."""
        programs = {name: Program.from_state(state[name]) for name in ("program", "relay")}
        return cls(**{**state, **programs, "folder": Path(state["folder"])})

    def user(
        self,
        name: str,
        password: str = "secret",
        *,
        sent: str | None = "Sent",
        refusal: Refusal | None = None,
        smtp_refusal: Refusal | None = None,
        folders: Iterable[str] = (),
    ) -> str:
        """Add an account, or replace how it answers, and return its name.

        `sent` is the flagged Sent folder ("Sent" or "Gesendete Elemente"), "two" for both, "named-without-flag" for an
        unflagged "Sent Items", None for no such folder. `refusal` answers every sign-in, `smtp_refusal` only those to
        send, even with the right password. `folders` are further ones, named as people write them.
        """
        account = _account(self.folder, name)
        inside = (*SPECIAL.get(sent, (sent,)), *folders) if sent else tuple(folders)
        dovecot_files.make_mailbox(self.folder, account.name, inside)
        refusals = refusal or "-", smtp_refusal or refusal or "-"
        self._write(account, password.encode().hex(), *refusals)
        return name

    def users(self, count: int, *, domain: str, password: str = "secret") -> list[str]:
        """Add so many accounts "user1@domain" … with a Sent folder each, and return their names."""
        return [self.user(f"user{number}@{domain}", password) for number in range(1, count + 1)]

    def change_password(self, name: str, password: str) -> None:
        """Let the account answer to this password and no longer to the old one."""
        account = _account(self.folder, name)
        _, *refusals = account.read_text().splitlines()
        self._write(account, password.encode().hex(), *refusals)

    def change_refusal(self, name: str, refusal: Refusal | None, smtp_refusal: Refusal | None = None) -> None:
        """Let the account be refused from now on, or no longer."""
        account = _account(self.folder, name)
        password = account.read_text().splitlines()[0]
        self._write(account, password, refusal or "-", smtp_refusal or refusal or "-")

    def remove_user(self, name: str) -> None:
        """Forget the account, so that its name is unknown."""
        _account(self.folder, name).unlink()

    def logins(self, name: str, service: Service | None = None) -> int:
        """Count the sign-ins to this account that were accepted so far; `smtp` includes those at Postfix."""
        return sum(line == "ok" for line in self._journal(name, service))

    def refusals(self, name: str, service: Service | None = None) -> int:
        """Count the sign-ins to this name that were refused so far, for whatever reason."""
        return sum(line != "ok" for line in self._journal(name, service))

    def attempts(self, name: str, service: Service | None = None) -> int:
        """Count all sign-ins to this name so far."""
        return len(self._journal(name, service))

    def present(self, address: str, identity: Identity) -> None:
        """Present another certificate at one of the addresses from now on; returns once clients get it.

        For a Dovecot of the test's own only: other tests count on the shared one's certificates.
        """
        dovecot_files.set_certificate(self.folder, address, identity)
        os.kill(self.program.pid, signal.SIGHUP)
        until = monotonic() + 10
        while _presented(address, self.imaps) != _der(identity):
            if self.program.ended_within(0.02) or monotonic() > until:
                raise NotStarted(f"the new certificate did not appear\n{self.program.tail()}")

    def log(self) -> str:
        """Return all that Dovecot wrote to its log so far."""
        return self.program.log.read_text("utf-8", "replace")

    def _write(self, account: Path, *lines: str) -> None:
        fresh = account.with_name(f"{account.name} {os.getpid()}")
        fresh.write_text("\n".join(lines) + "\n")
        fresh.replace(account)

    def _journal(self, name: str, service: Service | None) -> list[str]:
        journal = self.folder / "journal" / _account(self.folder, name).name
        lines = [line.split(" ") for line in journal.read_text().splitlines()] if journal.exists() else []
        return [result for spoken, result in lines if service in (None, spoken)]


def _account(folder: Path, name: str) -> Path:
    """Return the file of an account; Dovecot compares names in lower case."""
    if not name or "/" in name or name.startswith("."):
        raise ValueError(f"not a name of an account here: {name!r}")
    return folder / "accounts" / name.lower()


def _presented(address: str, port: int) -> bytes | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((address, port), timeout=5) as line, context.wrap_socket(line) as secured:
            return secured.getpeercert(binary_form=True)
    except OSError:
        return None


def _der(identity: Identity) -> bytes:
    return ssl.PEM_cert_to_DER_cert(identity.pem)
