"""Mail servers that follow a script: well-behaved ones, and every kind of bad one. They listen on loopback only.

A server is a function that is given each connection. It runs in a thread of its own, and ends with the server:
`with serve(imap()) as server: ...`. Nothing sleeps; what has to wait waits for the server's end.
"""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[["Conversation"], None]
PACE = 0.01


class Over(Exception):
    """The server is told to stop, or the client has gone."""


@dataclass
class Server:
    """A running server. `received` holds what each connection sent, as read in plain text; `sent` counts bytes out."""

    address: str
    port: int
    stopped: threading.Event = field(default_factory=threading.Event)
    conversations: list["Conversation"] = field(default_factory=list)

    @property
    def received(self) -> bytes:
        """Everything that clients said, over all connections."""
        return b"".join(bytes(conversation.said) for conversation in self.conversations)

    @property
    def connections(self) -> int:
        return len(self.conversations)


class Conversation:
    """One connection as the script sees it. Everything raises Over when the client has gone or the server stops."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.server, self.sock = server, sock
        self.said = bytearray()
        self.ended = threading.Event()
        self._unread = bytearray()

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Over from error

    def line(self) -> bytes:
        """Return the client's next line without its end."""
        while b"\n" not in self._unread:
            self._read()
        line, _, rest = bytes(self._unread).partition(b"\n")
        self._unread = bytearray(rest)
        return line.rstrip(b"\r")

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes of what the client says."""
        while len(self._unread) < size:
            self._read()
        data, self._unread = bytes(self._unread[:size]), self._unread[size:]
        return data

    def wait(self) -> None:
        """Say nothing until the client goes."""
        while True:
            self._read()

    def pace(self) -> None:
        """Let a moment pass between two bytes."""
        if self.server.stopped.wait(PACE):
            raise Over

    def encrypt(self, context: ssl.SSLContext) -> None:
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError as error:
            raise Over from error

    def _read(self) -> None:
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Over from error
        if not data:
            raise Over
        self.said += data
        self._unread += data


@contextlib.contextmanager
def serve(script: Script, *, address: str = "127.0.0.1", backlog: int = 16) -> Iterator[Server]:
    """Run a server until the block ends."""
    with socket.create_server((address, 0), backlog=backlog) as listener:
        server = Server(address, listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def talk(conversation: Conversation) -> None:
            with contextlib.suppress(Over):
                script(conversation)
            with contextlib.suppress(OSError):
                conversation.sock.close()
            conversation.ended.set()

        def accept() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                conversation = Conversation(server, sock)
                server.conversations.append(conversation)
                threads.append(threading.Thread(target=talk, args=(conversation,), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            server.stopped.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for conversation in server.conversations:
                with contextlib.suppress(OSError):
                    # SSLSocket's own shutdown would have the script read the rest undecrypted.
                    socket.socket.shutdown(conversation.sock, socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(5)


@contextlib.contextmanager
def closed_port(address: str = "127.0.0.1") -> Iterator[int]:
    """Give a port at which nothing listens."""
    with socket.socket() as taken:
        taken.bind((address, 0))
        yield taken.getsockname()[1]


def imap(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    greeting: bytes = b"* OK ready\r\n",
    answers: dict[bytes, bytes] | None = None,
) -> Script:
    """An IMAP server. `tls` encrypts from the start, `starttls` is offered; `answers` replace those to a command.

    An answer may hold `%t`, the client's tag. LOGIN is answered OK.
    """

    def script(talk: Conversation) -> None:
        if tls is not None:
            talk.encrypt(tls)
        encrypted = tls is not None
        talk.send(greeting)
        while True:
            tag, _, rest = talk.line().partition(b" ")
            command = rest.split(b" ", 1)[0].upper()
            capability = b"IMAP4rev1" if encrypted or starttls is None else b"IMAP4rev1 STARTTLS LOGINDISABLED"
            if answers and command in answers:
                talk.send(answers[command].replace(b"%t", tag))
            elif command == b"CAPABILITY":
                talk.send(b"* CAPABILITY " + capability + b"\r\n" + tag + b" OK done\r\n")
            elif command == b"STARTTLS" and starttls is not None:
                talk.send(tag + b" OK begin\r\n")
                talk.encrypt(starttls)
                encrypted = True
            elif command == b"LOGOUT":
                talk.send(b"* BYE bye\r\n" + tag + b" OK done\r\n")
                return
            elif command in {b"LOGIN", b"NOOP", b"SELECT", b"EXAMINE"}:
                talk.send(tag + b" OK done\r\n")
            else:
                talk.send(tag + b" BAD unknown\r\n")

    return script


def smtp(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    greeting: bytes = b"220 mail.example.test ESMTP\r\n",
    answers: dict[bytes, bytes] | None = None,
) -> Script:
    """An SMTP submission server; the arguments are those of `imap`."""

    def script(talk: Conversation) -> None:
        if tls is not None:
            talk.encrypt(tls)
        encrypted = tls is not None
        talk.send(greeting)
        while True:
            command = talk.line().split(b" ", 1)[0].upper()
            if answers and command in answers:
                talk.send(answers[command])
            elif command == b"EHLO":
                offer = b"250 STARTTLS\r\n" if starttls is not None and not encrypted else b"250 AUTH PLAIN LOGIN\r\n"
                talk.send(b"250-mail.example.test\r\n" + offer)
            elif command == b"STARTTLS" and starttls is not None:
                talk.send(b"220 begin\r\n")
                talk.encrypt(starttls)
                encrypted = True
            elif command == b"AUTH":
                talk.send(b"235 2.7.0 done\r\n")
            elif command == b"QUIT":
                talk.send(b"221 bye\r\n")
                return
            else:
                talk.send(b"250 done\r\n")

    return script


def silent(talk: Conversation) -> None:
    """Accept and say nothing."""
    talk.wait()


def says(data: bytes) -> Script:
    """Say something and wait."""

    def script(talk: Conversation) -> None:
        talk.send(data)
        talk.wait()

    return script


def cuts(data: bytes = b"") -> Script:
    """Say something and close the line."""
    return lambda talk: talk.send(data)


def resets(talk: Conversation) -> None:
    """Reset the connection once the client has spoken."""
    with contextlib.suppress(Over):
        talk._read()
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def drips(data: bytes, repeat: bytes = b"x") -> Script:
    """Send `data` byte by byte, then `repeat` for ever."""

    def script(talk: Conversation) -> None:
        for byte in data:
            talk.send(bytes([byte]))
            talk.pace()
        while True:
            talk.send(repeat)
            talk.pace()

    return script


def floods(chunk: bytes, opening: bytes = b"") -> Script:
    """Send `chunk` for ever, as fast as the client takes it."""

    def script(talk: Conversation) -> None:
        talk.send(opening)
        while True:
            talk.send(chunk * max(1, 65536 // len(chunk)))

    return script


def after(pattern: bytes, then: Script, script: Script) -> Script:
    """Follow `script` until the client's line matches `pattern`, then go on with `then`."""

    def both(talk: Conversation) -> None:
        original = talk.line

        def line() -> bytes:
            said = original()
            if re.search(pattern, said):
                talk.line = original  # type: ignore[method-assign]
                then(talk)
                raise Over
            return said

        talk.line = line  # type: ignore[method-assign]
        script(talk)

    return both


def behind(script: Script, context: ssl.SSLContext | None) -> Script:
    """Follow `script` behind TLS from the start; in plain text without a context."""

    def encrypted(talk: Conversation) -> None:
        if context is not None:
            talk.encrypt(context)
        script(talk)

    return encrypted
