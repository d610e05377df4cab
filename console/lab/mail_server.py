"""The lab's own mail domain: IMAP and SMTP that ask for a password, the certificates and names they are found by."""

import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import trustme

from console.lab import imap_server, smtp_server
from console.lab.accounts import Account
from console.lab.fault import IMAP
from console.lab.grants import Counted
from console.lab.imap_kinds import PLAIN, Folder
from console.lab.imap_visits import ImapServer
from console.lab.ports import free_port
from console.lab.smtp_server import SmtpServer
from console.lab.stand_in import StandIn
from console.lab.zone import Zone, zone

HOST = "mail.harbour.test"
PASSWORD = "practice"
# The account that the demo's console sends its notices with.
POST = "console@harbour.test"
KIND = replace(
    PLAIN,
    name="practice",
    greeting="Harbour mail ready",
    folders=(Folder("INBOX"), Folder("Sent", "\\HasNoChildren \\Sent")),
)
# Sentences of Gmail and Dovecot, as its users meet them.
_WRONG = "NO [AUTHENTICATIONFAILED] Authentication failed."
_DISABLED = (
    "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about "
    "this feature. (Failure)"
)
_TOO_MANY = "NO [ALERT] Too many simultaneous connections. (Failure)"
_BYE = "Server shutting down."
# RFC 5530, section 3.
_DOWN = "[UNAVAILABLE] Temporarily unavailable, try again later."
_UNAVAILABLE = "NO [UNAVAILABLE] Temporary authentication failure."
# RFC 4954, section 6, and RFC 5321, section 3.8.
_SMTP_UNAVAILABLE = "454 4.7.0 Temporary authentication failure"
_SMTP_DOWN = f"421 4.3.2 {HOST} Service not available, closing transmission channel"
_SMTP_WRONG = "535 5.7.8 Error: authentication failed: authentication failure"
_SMTP_OFF = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. "
    "Visit https://aka.ms/smtp_auth_disabled for more information."
)


@dataclass(frozen=True)
class MailServer:
    """Where mail is: `place` holds accounts and faults, `dns` is the name server as host:port, `ca` a PEM file.

    `authority` is what the certificates of all stand-ins are issued by.
    """

    place: StandIn
    imap: ImapServer
    smtp: SmtpServer
    zone: Zone
    ca: Path
    authority: trustme.CA

    @property
    def dns(self) -> str:
        """The name server that knows the lab's domains and no other."""
        return self.zone.server


@dataclass
class _Imap(ImapServer):
    place: StandIn | None = None

    def refusal(self, login: str, password: str, usual: str) -> str:
        """Return what the faults of the account, or a wrong password, are answered."""
        assert self.place is not None
        if self.place.has("auth-unavailable", login):
            self.place.grants.note(login, Counted.REFUSED)
            return _UNAVAILABLE
        if login not in self.place.accounts or password != PASSWORD or self.place.has("wrong-password", login):
            self.place.grants.note(login, Counted.REFUSED)
            return _WRONG
        for slug, sentence in (("imap-disabled", _DISABLED), ("too-many", _TOO_MANY)):
            if self.place.has(slug, login):
                self.place.grants.note(login, Counted.REFUSED)
                return sentence
        self.place.grants.note(login, Counted.CALLS)
        return ""

    def closed(self) -> str:
        """Return the BYE of the fault."""
        assert self.place is not None
        return _DOWN if self.place.has("imap-down") else ""

    def parting(self, login: str) -> str:
        """Return the BYE of the fault."""
        assert self.place is not None
        return _BYE if self.place.has("bye", login) else ""

    def folders(self, login: str) -> tuple[Folder, ...]:
        """Return all folders, or those without the one for sent mail."""
        assert self.place is not None
        return self.kind.folders[:1] if self.place.has("no-sent", login) else self.kind.folders

    def pause(self, command: str) -> None:
        """Take long while that fault is on."""
        assert self.place is not None
        if self.place.has("imap-slow"):
            self.place.wait()
        super().pause(command)


@dataclass
class _Smtp(SmtpServer):
    place: StandIn | None = None

    def closed(self) -> str:
        """Return the 421 of the fault."""
        assert self.place is not None
        return _SMTP_DOWN if self.place.has("smtp-down") else ""

    def refusal(self, login: str, password: str) -> str:
        """Return what the faults of the account, or a wrong password, are answered."""
        assert self.place is not None
        if self.place.has("auth-unavailable", login):
            return _SMTP_UNAVAILABLE
        if login not in self.place.accounts or password != PASSWORD or self.place.has("wrong-password", login):
            return _SMTP_WRONG
        return _SMTP_OFF if self.place.has("smtp-disabled", login) else ""


@contextmanager
def mail_server(accounts: Iterable[Account], clock: Callable[[], datetime], slow: float) -> Iterator[MailServer]:
    """Serve the mail domain and the names of all stand-ins for as long as the block lasts."""
    place = StandIn(IMAP, "Harbour mail", accounts, clock, slow)
    authority = trustme.CA(organization_name="Practice lab")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, imap_server.ADDRESS).configure_cert(context)
    imap = _Imap(KIND, imap_server.ADDRESS, free_port(), free_port(), context, None, 0.0, place=place)
    smtp = _Smtp(free_port(), free_port(), free_port(), name=HOST, place=place)
    with tempfile.TemporaryDirectory(prefix="console-lab-") as folder, zone() as names:
        ca = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(ca))
        _publish(names, imap, smtp)
        with imap_server.serving(imap), smtp_server.serving(smtp, context):
            try:
                yield MailServer(place, imap, smtp, names, ca, authority)
            finally:
                place.stopped.set()


def _publish(names: Zone, imap: ImapServer, smtp: SmtpServer) -> None:
    """Let the lab's domains look like customers of the providers, and be found as RFC 6186 and RFC 8314 have it."""
    names.set("acme.test", "MX", "1 aspmx.l.google.com.", "5 alt1.aspmx.l.google.com.")
    for domain in ("contoso", "fabrikam", "private"):
        names.set(f"{domain}.test", "MX", f"0 {domain}-test.mail.protection.outlook.com.")
    names.host("localhost", imap.address)
    names.host(HOST, imap.address).set("harbour.test", "MX", f"10 {HOST}.")
    for service, port in (
        ("_imaps", imap.tls),
        ("_imap", imap.starttls),
        ("_submissions", smtp.tls),
        ("_submission", smtp.starttls),
    ):
        names.set(f"{service}._tcp.harbour.test", "SRV", f"0 1 {port} {HOST}.")
