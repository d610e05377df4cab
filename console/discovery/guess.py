"""Servers at usual names and ports that greet and present a certificate for that name. No password goes there."""

import imaplib
import smtplib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from console.discovery.answer import Security, Server
from console.discovery.deadline import Deadline
from console.discovery.errands import Errands
from console.discovery.sources import mail_host
from console.providers.dial import Budget, Dialer, Limits
from console.providers.errors import DialError
from console.providers.line import Line

# TLS from the first byte before STARTTLS (RFC 8314, 3).
Ports = Mapping[str, Sequence[tuple[int, Security]]]
PORTS: Ports = {"imap": ((993, "tls"), (143, "starttls")), "smtp": ((465, "tls"), (587, "starttls"))}
# In the order that Thunderbird tries them; "" is the domain itself.
_NAMES = {"imap": ("imap", "mail", ""), "smtp": ("smtp", "mail", "")}
# Connections at once, and what each of them may take: a port behind a silent firewall must not cost all the time.
THREADS = 8
SECONDS = 1.5
_BYTES = 64 * 1024
# Kept back of the deadline, so that what was found is handed over in time.
_MARGIN = 0.3


@dataclass(frozen=True)
class Attempt:
    """One server that may be there."""

    protocol: str
    server: Server


def attempts(protocol: str, domain: str, mx_hosts: Sequence[str], ports: Ports = PORTS) -> list[Attempt]:
    """Return what to try for `protocol` ("imap", "smtp"), best first: the security counts more than the name."""
    hosts = [f"{name}.{domain}" if name else domain for name in _NAMES[protocol]]
    exchangers = (mail_host(host, domain) for host in mx_hosts[:1])
    hosts = list(dict.fromkeys([*hosts, *(host for host in exchangers if host is not None)]))
    return [Attempt(protocol, Server(host, port, security)) for port, security in ports[protocol] for host in hosts]


def first(
    tries: Sequence[Attempt], dialer: Dialer, deadline: Deadline, tell: Callable[[str], None]
) -> dict[str, Server]:
    """Return, by protocol, the best of `tries` that greets. Ends a little before the deadline, whatever happens."""
    waiting, greeting = deque(tries), set[Attempt]()

    def work() -> None:
        while True:
            try:
                attempt = waiting.popleft()
            except IndexError:
                return
            if _greets(attempt.server, attempt.protocol, dialer, deadline, tell):
                greeting.add(attempt)

    errands = Errands(THREADS)
    for errand in [errands.start("guess", work) for _ in tries[:THREADS]]:
        errand.outcome(deadline.left() - _MARGIN)
    waiting.clear()
    found: dict[str, Server] = {}
    for attempt in tries:
        if attempt in greeting:
            found.setdefault(attempt.protocol, attempt.server)
    return found


def _greets(server: Server, protocol: str, dialer: Dialer, deadline: Deadline, tell: Callable[[str], None]) -> bool:
    """Say CAPABILITY or EHLO after the certificate has verified, and leave."""
    seconds = min(SECONDS, deadline.left())
    budget = Budget(deadline.monotonic, Limits(seconds, seconds, _BYTES))
    try:
        with Line(dialer, budget=budget) as line:
            sock = line.connect(server.host, line.resolve(server.host, server.port), server.port)
            opened = line.imap if protocol == "imap" else line.smtp
            line.part(opened(sock, server.host, server.port, server.security))
    except (DialError, imaplib.IMAP4.error, smtplib.SMTPException) as error:
        tell(f"guess {server}: {str(error) or type(error).__name__}")
        return False
    tell(f"guess {server}: greets, and its certificate verifies")
    return True
