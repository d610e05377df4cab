"""A web server that keeps connections open, as NTLM signs one of them in: Werkzeug's ends each after one answer."""

import select
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

ADDRESS = "127.0.0.1"
LONGEST = 4 * 1024 * 1024
IDLE = 30.0


@dataclass
class Line:
    """One connection. `kept` is what was agreed on it; `gone` waits until the client left, or the server ends."""

    gone: Callable[[], None] = field(repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Asked:
    """A request. `host` is without port, header names are in small letters."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    line: Line = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """An answer. With `parts` the body comes in these pieces, its length unsaid; with `hangs` nothing comes at all."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    parts: Callable[[], Iterator[bytes]] | None = None
    hangs: bool = False

    def but(self, *headers: tuple[str, str]) -> "Answer":
        """Return the same with these headers as well."""
        return Answer(self.status, self.body, (*self.headers, *headers), self.reason, self.parts, self.hangs)


Site = Callable[[Asked], Answer]
Contexts = Callable[[str], ssl.SSLContext]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, site: Site, contexts: Contexts | None) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        self.site, self.context = site, None
        self.stopped = threading.Event()
        self.ends: set[socket.socket] = set()
        if contexts is not None:
            choose = contexts
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

            def present(sock: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
                sock.context = choose((name or "").lower())

            self.context.sni_callback = present

    def server_bind(self) -> None:
        """Take the port, without asking a name server for the machine's name as the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left; a mistake of the lab's own is told as always."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        self.raw = self.request.dup()
        self.server.ends.add(self.raw)
        self.request.settimeout(IDLE)
        if self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.line = Line(self._gone)
        super().setup()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        with suppress(OSError):
            self.request.close()
        self.server.ends.discard(self.raw)
        self.raw.close()

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Keep passwords, which stand in headers, out of every log."""

    def _one(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LONGEST or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(413))
            return
        place = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").partition(":")[0].lower()
        body = self.rfile.read(int(length))
        answer = self.server.site(Asked(self.command, host, place.path, place.query, headers, body, self.line))
        if answer.hangs:
            self.close_connection = True
            self._gone()
        else:
            self._send(answer)

    do_GET = do_POST = do_HEAD = do_OPTIONS = _one  # noqa: N815  http.server calls them by these names

    def _send(self, answer: Answer) -> None:
        reason = answer.reason or (
            HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else ""
        )
        self.send_response_only(answer.status, reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.parts is None:
            self.send_header("Content-Length", str(len(answer.body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Date", self.date_time_string())
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.parts is None:
            self.wfile.write(answer.body)
            return
        for part in answer.parts():
            if self.server.stopped.is_set():
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _gone(self) -> None:
        # What arrives while somebody waits is the end of the connection: a client that asked has nothing else to say.
        while not self.server.stopped.is_set():
            with suppress(OSError, ValueError):
                if select.select([self.raw], [], [], 0.05)[0]:
                    return


@contextmanager
def web_server(site: Site, contexts: Contexts | None = None) -> Iterator[int]:
    """Serve on a free port of 127.0.0.1 for as long as the block lasts, and give the port.

    `contexts` returns what is presented for a name that was asked for in TLS; without it the server speaks plain HTTP.
    """
    server = _Server(site, contexts)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
        for end in list(server.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
