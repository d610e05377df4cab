"""What a scripted IMAP server knows: its kind and its accounts, what came in so far, what it is to wait for."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from console.lab.imap_commands import Gone
from console.lab.imap_kinds import Folder, Kind

PASSWORD = "secret"


@dataclass(frozen=True)
class Attempt:
    """One sign-in as it came in: by LOGIN or AUTHENTICATE, with whose password, whether the line was encrypted."""

    command: str
    login: str
    password: str
    encrypted: bool


@dataclass
class Visit:
    """One connection: the port it came to, the commands it gave by name, the sign-ins it tried."""

    port: int
    commands: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    id_given: bool = False


@dataclass
class ImapServer:
    """A running server and what came in so far."""

    kind: Kind
    address: str
    starttls: int
    tls: int
    context: ssl.SSLContext
    accounts: Mapping[str, str] | None
    delay: float
    visits: list[Visit] = field(default_factory=list)
    held: dict[str, threading.Event] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def commands(self) -> list[str]:
        """The names of all commands that came in, in capitals, in the order of the connections."""
        return [command for visit in self.visits for command in visit.commands]

    @property
    def passwords(self) -> list[str]:
        """Every password that came in, over all connections."""
        return [attempt.password for visit in self.visits for attempt in visit.attempts]

    def attempts(self, login: str | None = None) -> int:
        """Count the sign-ins so far, all of them or those of one login."""
        return sum(login in (None, attempt.login) for visit in self.visits for attempt in visit.attempts)

    def hold(self, command: str) -> threading.Event:
        """Answer no such command until the returned event is set."""
        return self.held.setdefault(command, threading.Event())

    def accepts(self, login: str, password: str) -> bool:
        """Tell whether this sign-in is a good one."""
        return password == (PASSWORD if self.accounts is None else self.accounts.get(login))

    def refusal(self, login: str, password: str, usual: str) -> str:
        """Return what a sign-in is refused with, "" when it is taken; `usual` is what the kind says."""
        return "" if self.accepts(login, password) else usual

    def closed(self) -> str:
        """Return the words with which the server hangs up on whoever connects, "" while it is open."""
        return ""

    def parting(self, login: str) -> str:
        """Return the words with which the server hangs up right after a sign-in, "" when it does not."""
        return ""

    def folders(self, login: str) -> tuple[Folder, ...]:
        """Return the folders that somebody finds."""
        return self.kind.folders

    def pause(self, command: str) -> None:
        """Let the time pass that this command is to take. Raises Gone when the server stops meanwhile."""
        if self.delay and self.stopped.wait(self.delay):
            raise Gone
        event = self.held.get(command)
        if event is not None:
            event.wait(60)
        if self.stopped.is_set():
            raise Gone

    def release(self) -> None:
        """Stop waiting for anything: the server is about to end."""
        self.stopped.set()
        for event in self.held.values():
            event.set()
