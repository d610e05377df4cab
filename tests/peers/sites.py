"""Web sites on loopback: one port presents a certificate of the test authority for each host name, and its pages."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from tests.peers.certificates import Certificates, Identity
from tests.peers.scripted import Conversation, Over, Server, serve

Answer = Callable[[Conversation], None]


@dataclass(frozen=True)
class Request:
    """What a client asked for. Header names are in small letters; `host` is without port."""

    host: str
    path: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass
class Sites:
    """Answers by host and path; a host nobody mentioned presents its certificate and answers 404 to everything."""

    certificates: Certificates
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    server: Server | None = None
    _answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    _presented: dict[str, str] = field(default_factory=dict)
    _contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, host: str, path: str, body: str | bytes, *, status: int = 200, **headers: str) -> Self:
        """Serve `body`; `path` without a query answers with every query. Headers as content_type="text/xml"."""
        data = body.encode() if isinstance(body, str) else body
        return self.answer(host, path, lambda talk: talk.send(response(data, status=status, **headers)))

    def redirect(self, host: str, path: str, place: str) -> Self:
        """Lead to another address."""
        return self.page(host, path, b"", status=302, location=place)

    def answer(self, host: str, path: str, answer: Answer) -> Self:
        """Let a function talk, once the request has been read."""
        self._answers[host, path] = answer
        return self

    def presenting(self, host: str, name: str) -> Self:
        """Present the certificate of another name at a host."""
        self._presented[host] = name
        return self

    def hold(self, host: str, path: str, body: str | bytes) -> threading.Event:
        """Serve `body` once the returned event is set, or when the server stops."""
        event = threading.Event()
        data = body.encode() if isinstance(body, str) else body

        def wait(talk: Conversation) -> None:
            while not event.wait(0.01):
                if talk.server.stopped.is_set():
                    raise Over
            talk.send(response(data))

        self.answer(host, path, wait)
        return event

    def asked(self, host: str | None = None) -> list[str]:
        """Return the paths asked for so far, of one host or of all."""
        return [request.path for request in list(self.requests) if host in (None, request.host)]

    @property
    def connections(self) -> int:
        """How many connections came, whatever was asked over them."""
        return 0 if self.server is None else self.server.connections

    def talk(self, conversation: Conversation) -> None:
        """Answer one connection in plain text or, once encrypted, behind TLS."""
        start, *lines = [conversation.line().decode("latin-1"), *iter(lambda: conversation.line().decode(), "")]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        path = start.split(" ")[1]
        host = headers.get("host", "").partition(":")[0]
        self.requests.append(Request(host, path, headers))
        answer = self._answers.get((host, path)) or self._answers.get((host, path.partition("?")[0]))
        if answer is None:
            conversation.send(response(b"nothing here", status=404))
        else:
            answer(conversation)

    def chooser(self, identity: Identity) -> ssl.SSLContext:
        """Return a server context that presents a certificate for whatever name the client asks for."""
        context = identity.context()

        def choose(sock: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            if name:
                sock.context = self._context(self._presented.get(name, name))

        context.sni_callback = choose
        return context

    def _context(self, name: str) -> ssl.SSLContext:
        with self._lock:
            if name not in self._contexts:
                self._contexts[name] = self.certificates.issue(name).context()
            return self._contexts[name]


@contextmanager
def sites(certificates: Certificates, *, tls: bool = True) -> Iterator[Sites]:
    """Serve web sites on a free port of 127.0.0.1 for as long as the block lasts."""
    served = Sites(certificates)
    context = served.chooser(certificates.good)

    def script(talk: Conversation) -> None:
        if tls:
            talk.encrypt(context)
        served.talk(talk)

    with serve(script) as server:
        served.server, served.port = server, server.port
        yield served


def response(body: bytes, *, status: int = 200, **headers: str) -> bytes:
    """Return a whole HTTP answer."""
    named = {"content_type": "text/plain", "content_length": str(len(body)), "connection": "close"} | headers
    lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
