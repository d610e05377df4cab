"""What the first line of a server tells about the protocol it speaks."""

import re
from typing import Literal

from console.providers.errors import ConnectionLost, Goodbye, WrongProtocol, clean
from console.providers.sockets import Socket

Speaks = Literal["imap", "smtp", "http"]

_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("pop3", re.compile(rb"\+OK|-ERR")),
    ("http", re.compile(rb"HTTP/|\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)),
    ("ssh", re.compile(rb"SSH-")),
    ("imap", re.compile(rb"\* (OK|PREAUTH|BYE)\b", re.IGNORECASE)),
    ("ftp", re.compile(rb"220[ -](?!.*SMTP).*FTP", re.IGNORECASE)),
    ("smtp", re.compile(rb"[245]\d\d[ -]")),
    ("tls", re.compile(rb"[\x14-\x16]\x03")),
)
# Servers of the right protocol open with these; anything else is known to be wrong before its line ends.
_OPENINGS = {"imap": re.compile(rb"\* "), "smtp": re.compile(rb"\d\d\d[ -]")}
_ENOUGH = 8


def protocol(head: bytes) -> str:
    """Return which protocol a server's first bytes look like: pop3, http, ssh, imap, ftp, smtp, tls or unknown."""
    return next((name for name, sign in _SIGNS if sign.match(head)), "unknown")


def first_line(sock: Socket, speaks: Speaks) -> bytes:
    """Wait for the server's first line and leave it unread. Raises ConnectionLost when none comes."""
    while b"\n" not in sock.received:
        head = bytes(sock.received)
        if len(head) >= _ENOUGH and not _OPENINGS[speaks].match(head):
            break
        if not sock.fill():
            if protocol(head) in {speaks, "unknown"}:
                raise ConnectionLost("The server closed the connection.")
            break
    return bytes(sock.received).partition(b"\n")[0]


def check(line: bytes, speaks: Speaks) -> None:
    """Judge a server's first line.

    Raises WrongProtocol for another protocol, and for an IMAP session that is signed in already: there no sign-in
    could be proven. Raises Goodbye when the server sends everybody away.
    """
    seen = protocol(line)
    if seen != speaks:
        raise WrongProtocol(seen, server_text=clean(line))
    word = line[:3] if speaks == "smtp" else line[2:].split(None, 1)[0].upper()
    if word == b"PREAUTH":
        raise WrongProtocol("unknown", server_text=clean(line))
    if word not in {b"OK", b"220"}:
        raise Goodbye("The server says goodbye.", server_text=clean(line))
