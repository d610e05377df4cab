"""A web address that is told of things, and takes it as a test says: well, badly, slowly or without an end."""

from __future__ import annotations

import copy
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from console.providers.sockets import Limits
from console.services import webhooks
from console.services.context import Actor, Context

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def status(line: str, *headers: str) -> bytes:
    """Return a whole answer with this status."""
    return "\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", ""]).encode()


@dataclass
class Told:
    """One message as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> Any:
        """What it says."""
        return json.loads(self.body)


@dataclass
class Chat:
    """What came in so far. `meanwhile` happens before `answer` is sent back.

    `hangs` keeps the line open after it, for good or dripping.
    """

    port: int
    answer: bytes = OK
    hangs: bool = False
    drips: bytes = b""
    meanwhile: Callable[[], object] = lambda: None
    told: list[Told] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens, without encryption, as only listed networks may be reached."""
        return f"http://127.0.0.1:{self.port}/hooks/1"

    def serve(self, line: socket.socket) -> None:
        """Read one request and answer it."""
        line.settimeout(10)
        with line, line.makefile("rb") as reader:
            path = reader.readline().split()[1].decode()
            headers = {}
            while row := reader.readline().strip():
                name, _, value = row.decode().partition(":")
                headers[name.lower()] = value.strip()
            self.told.append(Told(path, headers, reader.read(int(headers.get("content-length", 0)))))
            self.meanwhile()
            try:
                line.sendall(self.answer)
                while self.hangs and not self.ended.wait(0.02):
                    if self.drips:
                        line.sendall(self.drips)
            except OSError:
                return


@contextmanager
def chat() -> Iterator[Chat]:
    """Serve one, on a thread for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = Chat(listener.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=made.serve, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def set_up(ctx: Context, admin: Actor, url: str, *kinds: str, **changes: Any) -> int:
    """Add a webhook as an admin does; return its id."""
    known = {
        "name": "Chat",
        "url": url,
        "secret": SECRET,
        "kinds": kinds or ("incident", "incident-over", "user-problem"),
    }
    return webhooks.save(ctx, admin, None, **{**known, **changes})


def impatient(ctx: Context) -> Context:
    """Return the same surroundings with a network that waits a fraction of what it usually does."""
    dialer = copy.copy(ctx.dialer)
    dialer._limits = Limits(stage_seconds=0.3, run_seconds=0.3)
    return replace(ctx, dialer=dialer)
