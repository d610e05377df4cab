"""Connections that end: every read and write is held to the time and the bytes of a stage."""

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from console.providers.errors import (
    ConnectionLost,
    ConnectionRefused,
    DialError,
    StageTimeout,
    TooMuchData,
    Unreachable,
)

CHUNK = 16 * 1024

_NO_ROUTE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
    errno.EACCES,
    errno.EPERM,
}


@dataclass(frozen=True)
class Limits:
    """What one check may use: seconds and bytes of a stage, seconds in all. Bytes count in both directions."""

    stage_seconds: float = 10.0
    run_seconds: float = 30.0
    stage_bytes: int = 256 * 1024


class Budget:
    """The time and bytes one check has left, shared by all its connections, handshakes included.

    `monotonic` is a clock in seconds. The first stage begins at once.
    """

    def __init__(self, monotonic: Callable[[], float], limits: Limits | None = None) -> None:
        self._monotonic, self._limits = monotonic, limits or Limits()
        self._run_ends = monotonic() + self._limits.run_seconds
        self.begin_stage()

    def begin_stage(self) -> None:
        """Start the next stage with fresh bytes, and fresh time as far as the whole check has some left."""
        self._stage_ends = min(self._monotonic() + self._limits.stage_seconds, self._run_ends)
        self._bytes_left = self._limits.stage_bytes

    def holds_stage(self) -> bool:
        """Return whether the whole check has time left for a whole stage."""
        return self._run_ends - self._monotonic() >= self._limits.stage_seconds

    def seconds(self) -> float:
        """Return the seconds left, always more than zero. Raises StageTimeout when there are none."""
        left = self._stage_ends - self._monotonic()
        if left <= 0:
            raise StageTimeout("The time of this stage is used up.")
        return left

    def bytes_left(self) -> int:
        """Return the bytes left, always more than zero. Raises TooMuchData when there are none."""
        if self._bytes_left <= 0:
            raise TooMuchData("More bytes went over the line than one stage may take.")
        return self._bytes_left

    def spend(self, count: int) -> None:
        """Count bytes that went over the line."""
        self._bytes_left -= count


def translated(error: OSError) -> DialError:
    """Return the typed error for what the operating system says about a connection."""
    if isinstance(error, ConnectionRefusedError):
        return ConnectionRefused("The connection is refused.")
    if isinstance(error, TimeoutError):
        return StageTimeout("The server does not answer in time.")
    if error.errno in _NO_ROUTE:
        return Unreachable("No route leads to the server.")
    return ConnectionLost("The connection is cut.")


class Socket:
    """A TCP connection held to a budget, shaped like the parts of `socket.socket` that mail libraries use.

    `address` and `port` are the peer's. Every method that reads or writes raises a DialError when the connection or
    the budget ends. Time-outs that a library sets are left aside: the budget is the only clock.
    """

    def __init__(self, raw: socket.socket, address: str, port: int, budget: Budget) -> None:
        self.raw, self.address, self.port, self.budget = raw, address, port, budget
        self.received = bytearray()

    encrypted = False

    @classmethod
    def open(cls, address: str, port: int, budget: Budget, seconds: float) -> Self:
        """Connect to an IP address within `seconds`. Raises DialError."""
        left = min(seconds, budget.seconds())
        try:
            raw = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            raise translated(error) from error
        try:
            raw.settimeout(left)
            raw.connect((address, port))
            # Commands are short and wait for their answer; Nagle's algorithm would only hold them back.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raw.close()
            raise translated(error) from error
        return cls(raw, address, port, budget)

    def pull(self, seconds: float | None = None) -> bytes:
        """Read once from the peer, within `seconds` where given; empty at the end of the stream."""
        left = self.budget.seconds()
        try:
            self.raw.settimeout(left if seconds is None else min(left, seconds))
            data = self.raw.recv(min(CHUNK, self.budget.bytes_left()))
        except OSError as error:
            raise translated(error) from error
        self.budget.spend(len(data))
        return data

    def push(self, data: bytes) -> None:
        """Write all of `data` to the peer."""
        self.budget.bytes_left()
        self.budget.spend(len(data))
        try:
            self.raw.settimeout(self.budget.seconds())
            self.raw.sendall(data)
        except OSError as error:
            raise translated(error) from error

    def fill(self, seconds: float | None = None) -> bool:
        """Read once into `received`; False at the end of the stream."""
        data = self.pull(seconds)
        self.received += data
        return bool(data)

    def readline(self, limit: int = -1) -> bytes:
        """Return one line with its end. Raises TooMuchData beyond `limit`, ConnectionLost at the end of the stream."""
        searched = 0
        while (end := self.received.find(b"\n", searched)) < 0 and not 0 <= limit <= len(self.received):
            searched = len(self.received)
            if not self.fill():
                raise ConnectionLost("The server closed the connection.")
        if end < 0 or 0 <= limit <= end:
            raise TooMuchData("The server sends a line without an end.")
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes. Raises TooMuchData at once when the stage has not as many left."""
        if size - len(self.received) > self.budget.bytes_left():
            raise TooMuchData("The server announces more than one stage may take.")
        while len(self.received) < size:
            if not self.fill():
                raise ConnectionLost("The server closed the connection.")
        return self._take(size)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return up to `size` bytes; empty at the end of the stream."""
        if not self.received:
            self.fill()
        return self._take(min(size, len(self.received)))

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Read into `buffer`; return the number of bytes, 0 at the end of the stream."""
        with memoryview(buffer).cast("B") as view:
            data = self.recv(size or len(view))
            view[: len(data)] = data
        return len(data)

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Write all of `data`."""
        self.push(bytes(data))

    send = sendall

    def makefile(self, mode: str = "rb", *args: object, **kwargs: object) -> "Reader":
        """Return a reader of this connection. It has no buffer, so nothing is read past what is asked for."""
        return Reader(self)

    def settimeout(self, seconds: float | None) -> None:
        """Leave the clock to the budget."""

    def gettimeout(self) -> float:
        """Return the seconds left of the stage."""
        return self.budget.seconds()

    def fileno(self) -> int:
        """Return the descriptor of the connection, to wait on."""
        return self.raw.fileno()

    def getpeercert(self, binary_form: bool = False) -> Any:
        """Return no certificate: this connection is not encrypted."""
        return None

    def tls_version(self) -> str:
        """Return nothing: this connection is not encrypted."""
        return ""

    def shutdown(self, how: int) -> None:
        """Do nothing; `close` ends both directions."""

    def close(self) -> None:
        """Close at once, whatever the peer does. May be called more than once."""
        self.raw.close()

    def _take(self, size: int) -> bytes:
        data = bytes(self.received[:size])
        del self.received[:size]
        return data


class Reader:
    """What `makefile` returns: reads through to the connection."""

    def __init__(self, connection: Socket) -> None:
        self._connection = connection

    def readline(self, limit: int = -1) -> bytes:
        """Return one line; see `Socket.readline`."""
        return self._connection.readline(limit)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes; see `Socket.read`."""
        return self._connection.read(size)

    def close(self) -> None:
        """Leave the connection open, as closing the file of a socket does."""
