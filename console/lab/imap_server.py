"""An IMAP server of any kind on loopback, one port with STARTTLS and one with TLS, a thread for each connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from console.lab.imap_commands import Gone
from console.lab.imap_session import Session
from console.lab.imap_visits import ImapServer

ADDRESS = "127.0.0.1"


@contextmanager
def serving(server: ImapServer) -> Iterator[ImapServer]:
    """Serve on both ports of `server` for as long as the block lasts."""
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
