"""An IMAP server of any kind, as slow as a test wants it, that remembers what it was told.

`with imap_server(certificates, COURIER) as server:` serves one port with STARTTLS and one with TLS. Any login is taken
whose password is PASSWORD, unless the test names its accounts.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

from tests.peers.certificates import Certificates, Identity
from tests.peers.imap_commands import Gone
from tests.peers.imap_kinds import PLAIN, Kind
from tests.peers.imap_session import Session
from tests.peers.imap_visits import ImapServer
from tests.peers.processes import free_port


@contextmanager
def imap_server(
    certificates: Certificates,
    kind: Kind = PLAIN,
    *,
    delay: float = 0.0,
    accounts: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    address: str = "127.0.0.1",
) -> Iterator[ImapServer]:
    """Serve for as long as the block lasts; every command is answered after `delay` seconds, the greeting at once."""
    context = (identity or certificates.good).context()
    server = ImapServer(kind, address, free_port(), free_port(), context, accounts, delay)
    with ExitStack() as stack:
        for port in (server.starttls, server.tls):
            stack.enter_context(_listening(server, port))
        yield server


@contextmanager
def _listening(server: ImapServer, port: int) -> Iterator[None]:
    # Duplicates end a connection without touching a TLS object that its thread is using.
    ends: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def talk(session: Session, end: socket.socket) -> None:
        with suppress(Gone, OSError):
            session.run()
        _end(end)
        session.sock.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                ends.append(line.dup())
                session = Session(server, line, port)
                threads.append(threading.Thread(target=talk, args=(session, ends[-1]), daemon=True))
                threads[-1].start()

    with socket.create_server((server.address, port)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield
        finally:
            server.release()
            _end(listener)
            accepting.join(5)
            for end in ends:
                _end(end)
                end.close()
            for thread in threads:
                thread.join(5)


def _end(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
