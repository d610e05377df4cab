"""Postfix on loopback, in front of a Dovecot that knows the accounts: submission with STARTTLS and with implicit TLS.

Needs root, as Postfix's master does. Nothing leaves the machine: what it accepts for the test domain is dropped, and it
has no route to any other. Its sign-ins are those of the Dovecot behind it, counted there as `smtp`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from console.lab.ports import free_port
from tests.peers.certificates import Certificates
from tests.peers.dovecot import Dovecot
from tests.peers.processes import Missing, NotStarted, Program, find, start, wait_for_port
from tests.peers.shared import Run

MAIN = """
compatibility_level = 3.6
queue_directory = @FOLDER@/queue
data_directory = @FOLDER@/data
maillog_file = @FOLDER@/postfix.log
maillog_file_prefixes = @FOLDER@
multi_instance_enable = no
myhostname = mail.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
local_transport = error:5.1.1 no mailboxes here
default_transport = error:5.1.2 no route in the test network
relay_transport = error:5.1.2 no route in the test network
virtual_mailbox_domains = regexp:@FOLDER@/etc/domains
virtual_transport = discard:
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
message_size_limit = 200000
smtpd_tls_cert_file = @CERTIFICATE@
smtpd_tls_key_file = @KEY@
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:@SASL@
smtpd_sender_login_maps = regexp:@FOLDER@/etc/senders
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access regexp:@FOLDER@/etc/recipients, permit_sasl_authenticated, reject
smtpd_delay_reject = yes
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
"""

SERVICES = """
127.0.0.1:@SUBMISSION@ inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:@SUBMISSIONS@ inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
postlog unix-dgram n - n - 1 postlogd
"""

TABLES = {
    "domains": r"/\.test$/ ok",
    # Everybody may send as the address that is their login, and as no other.
    "senders": "/^(.+)$/ ${1}",
    "recipients": (
        "/^busy@/ 450 4.2.1 mailbox busy, try later\n/^full@/ 452 4.2.2 mailbox full\n/^ghost@/ 550 5.1.1 no such user"
    ),
}


@dataclass(frozen=True)
class Postfix:
    """A running Postfix; recipients `busy@…`, `full@…` and `ghost@…` of any domain under .test are refused."""

    folder: Path
    program: Program
    submission: int
    submissions: int

    @classmethod
    def start(cls, run: Run, certificates: Certificates, dovecot: Dovecot) -> Self:
        """Start one on free ports. Raises Missing when it is not installed or not allowed, NotStarted otherwise."""
        binary = find("/usr/lib/postfix/sbin/master", "/usr/libexec/postfix/master")
        if os.geteuid() != 0:
            raise Missing("Postfix needs root")
        folder = run.place("postfix")
        settings = folder / "etc"
        _lay_out(folder)
        ports = {"submission": free_port(), "submissions": free_port()}
        values = {
            "FOLDER": str(folder),
            "CERTIFICATE": str(certificates.good.certificate),
            "KEY": str(certificates.good.key),
            "SASL": str(dovecot.sasl),
            **{name.upper(): str(port) for name, port in ports.items()},
        }
        for name, text in {"main.cf": MAIN, "master.cf": SERVICES, **TABLES}.items():
            (settings / name).write_text(_filled(text.strip() + "\n", values))
            # Postfix waits two seconds for a file that was written just now.
            os.utime(settings / name, (0, 0))
        # The master itself, not `postfix start-fg`: that takes seconds and leaves the process group it was given.
        program = start([binary, "-c", settings, "-d"], folder / "start.log")
        run.keep(program)
        try:
            wait_for_port(program, ports["submissions"])
        except NotStarted as error:
            run.stop(program)
            log = folder / "postfix.log"
            raise NotStarted(f"{error}\n{log.read_text() if log.exists() else ''}") from error
        return cls(folder, program, **ports)

    def stop(self, run: Run) -> None:
        """Stop it now."""
        run.stop(self.program)

    def to_state(self) -> dict[str, Any]:
        """Return what another process needs to use this Postfix, as JSON values."""
        ports = {"submission": self.submission, "submissions": self.submissions}
        return {"folder": str(self.folder), "program": self.program.to_state(), **ports}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the Postfix that another process started."""
        program = Program.from_state(state["program"])
        return cls(**{**state, "folder": Path(state["folder"]), "program": program})

    def log(self) -> str:
        """Return all that Postfix wrote to its log so far."""
        return (self.folder / "postfix.log").read_text("utf-8", "replace")


def _lay_out(folder: Path) -> None:
    for part in ("etc", "queue", "queue/pid", "data"):
        (folder / part).mkdir()
    shutil.chown(folder / "data", "postfix")
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "hold", "incoming", "private", "trace"):
        (folder / "queue" / name).mkdir(0o700)
        shutil.chown(folder / "queue" / name, "postfix")
    for name, mode in (("public", 0o710), ("maildrop", 0o730)):
        (folder / "queue" / name).mkdir()
        shutil.chown(folder / "queue" / name, "postfix", "postdrop")
        (folder / "queue" / name).chmod(mode)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text
