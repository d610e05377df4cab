"""Reading IMAP commands as a server does (RFC 3501 section 9): atoms, quoted strings, lists, literals of both kinds."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Argument = bytes | list["Argument"]
LONGEST = 1_000_000
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_TOKEN = re.compile(rb'[ \t]+|(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<atom>[^\s()"]+)')


class Gone(Exception):
    """The client closed the connection, or it broke."""


class Malformed(Exception):
    """The client sent what is no command; the text says why, `tag` what to answer to."""

    def __init__(self, why: str, tag: bytes = b"*") -> None:
        super().__init__(why)
        self.tag = tag


@dataclass(frozen=True)
class Command:
    """One command: its tag, its name in capitals (with UID in front where it is one), its arguments."""

    tag: bytes
    name: str
    arguments: tuple[Argument, ...]

    def text(self, index: int) -> str:
        """Return an argument that is no list, as text. Raises Malformed when there is none."""
        if index < len(self.arguments):
            argument = self.arguments[index]
            if isinstance(argument, bytes):
                return argument.decode("utf-8", "replace")
        raise Malformed("missing argument", self.tag)


class Reader:
    """Lines and counted bytes from a socket, which STARTTLS may replace."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._unread = bytearray()

    def replace(self, sock: socket.socket) -> None:
        """Go on with another socket; what was sent before the change is forgotten, as it was not protected."""
        self.sock = sock
        self._unread.clear()

    def line(self) -> bytes:
        """Return the next line without its end."""
        while b"\n" not in self._unread:
            self._more()
        line, _, rest = bytes(self._unread).partition(b"\n")
        self._unread[:] = rest
        return line.removesuffix(b"\r")

    def exactly(self, count: int) -> bytes:
        """Return so many bytes."""
        while len(self._unread) < count:
            self._more()
        wanted = bytes(self._unread[:count])
        del self._unread[:count]
        return wanted

    def _more(self) -> None:
        if len(self._unread) > LONGEST:
            raise Gone
        try:
            data = self.sock.recv(65_536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self._unread += data


def read_command(reader: Reader, go_on: Callable[[], None]) -> Command:
    """Read one command; `go_on` asks the client for a literal that waits for that."""
    line = reader.line()
    tag = line.partition(b" ")[0] or b"*"
    tokens: list[bytes | bool] = []
    while literal := _LITERAL.search(line):
        if int(literal[1]) > LONGEST:
            raise Malformed("literal too long", tag)
        tokens += _tokens(line[: literal.start()], tag)
        if not literal[2]:
            go_on()
        tokens.append(reader.exactly(int(literal[1])))
        line = reader.line()
    tokens += _tokens(line, tag)
    words = _nested(iter(tokens), tag)
    names = [word for word in words[1:3] if isinstance(word, bytes)]
    if len(words) < 2 or not names or not isinstance(words[0], bytes):
        raise Malformed("no command", tag)
    name, used = names[0].decode("ascii", "replace").upper(), 2
    if name == "UID" and len(names) == 2:
        name, used = f"UID {names[1].decode('ascii', 'replace').upper()}", 3
    return Command(words[0], name, tuple(words[used:]))


def _tokens(text: bytes, tag: bytes) -> Iterator[bytes | bool]:
    """Give strings as bytes, an opening parenthesis as True, a closing one as False."""
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise Malformed("unbalanced quotes", tag)
        position = found.end()
        if found["open"] or found["close"]:
            yield found["open"] is not None
        elif found["quoted"] is not None:
            yield re.sub(rb"\\(.)", rb"\1", found["quoted"])
        elif found["atom"] is not None:
            yield found["atom"]


def _nested(tokens: Iterator[bytes | bool], tag: bytes, depth: int = 0) -> list[Argument]:
    gathered: list[Argument] = []
    for token in tokens:
        if token is True:
            gathered.append(_nested(tokens, tag, depth + 1))
        elif isinstance(token, bytes):
            gathered.append(token)
        elif depth:
            return gathered
        else:
            raise Malformed("unbalanced parentheses", tag)
    if depth:
        raise Malformed("unbalanced parentheses", tag)
    return gathered
