"""A front before somebody else's provider: it passes on and counts, and a test may put something in between.

What is asked and answered stays the provider's own. The front adds what the real ones do and those behind it leave
out: access tokens run out when a test says so, and one that nobody handed out is refused.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

SECONDS = 20
# Of one connection only (RFC 9110, 7.6.1); and nothing is to be compressed that is read here.
_OWN = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "date", "server"}
)
_NO_BEARER = {"error": {"code": "InvalidAuthenticationToken", "message": "The access token is unknown or has expired."}}
Change = Callable[[dict[str, str]], object]


@dataclass(frozen=True)
class Exchange:
    """What passed: `asked` holds the query and the form, `answer` the JSON that came back, {} for anything else."""

    method: str
    path: str
    status: int
    asked: Mapping[str, str] = field(repr=False)
    answer: Mapping[str, Any] = field(repr=False)


class Front:
    """Passes on to `behind`, an origin; paths that begin with a key of `elsewhere` go to the origin it names.

    A request for a key of `renamed` is made as the path that it names. Calls to paths below `guarded` need an access
    token that came through here and has not been `run_out`.
    """

    def __init__(self, behind: str, *, guarded: str, renamed: Mapping[str, str] | None = None) -> None:
        self.url, self._behind, self._guarded = "", behind, guarded
        self.elsewhere: dict[str, str] = {}
        self._renamed = dict(renamed or {})
        self.exchanges: list[Exchange] = []
        self._good: dict[str, Mapping[str, Any]] = {}
        self._changes: dict[str, Change] = {}
        self._lost: set[str] = set()

    def count(self, path: str, **asked: str) -> int:
        """Return how often `path` was asked with these values."""
        return len(self.passed(path, **asked))

    def passed(self, path: str, **asked: str) -> list[Exchange]:
        """Return what passed for `path`, in order, as far as these values were in it."""
        return [one for one in list(self.exchanges) if one.path == path and asked.items() <= one.asked.items()]

    def run_out(self) -> None:
        """Let every access token that was handed out so far run out."""
        self._good.clear()

    def change(self, path: str, change: Change) -> None:
        """Let `change` alter query and form of the next request for `path`."""
        self._changes[path] = change

    def lose(self, path: str) -> None:
        """Pass the next request for `path` on, and lose its answer."""
        self._lost.add(path)

    def scopes(self, token: str) -> frozenset[str]:
        """Return the scopes that an access token was handed out with."""
        return frozenset(str(self._good.get(token, {}).get("scope", "")).split())

    def talk(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        parts = urlsplit(handler.path)
        form = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode("latin-1")
        query, sent = dict(parse_qsl(parts.query)), dict(parse_qsl(form))
        if change := self._changes.pop(parts.path, None):
            change(sent if form else query)
        bearer = (handler.headers.get("Authorization") or "").removeprefix("Bearer ")
        if parts.path.startswith(self._guarded) and bearer not in self._good:
            status, headers, body = 401, [("Content-Type", "application/json")], json.dumps(_NO_BEARER).encode()
        else:
            place = self._renamed.get(parts.path, parts.path) + (f"?{urlencode(query)}" if query else "")
            status, headers, body = self._pass_on(handler, parts.path, place, urlencode(sent))
        answer = self._read(headers, body)
        self.exchanges.append(Exchange(handler.command, parts.path, status, query | sent, answer))
        if parts.path in self._lost:
            self._lost.discard(parts.path)
            handler.close_connection = True
            return
        if isinstance(answer.get("access_token"), str):
            self._good[answer["access_token"]] = answer
        if "authorization_endpoint" in answer:
            body = json.dumps(self._published(answer)).encode()
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _pass_on(
        self, handler: BaseHTTPRequestHandler, path: str, place: str, form: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        origin = next((to for start, to in self.elsewhere.items() if path.startswith(start)), self._behind)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _OWN}
        line = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=SECONDS)
        try:
            line.request(handler.command, place, form or None, headers)
            got = line.getresponse()
            kept = [(name, value) for name, value in got.getheaders() if name.lower() not in _OWN]
            return got.status, kept, got.read()
        finally:
            line.close()

    def _read(self, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
        if not any(name.lower() == "content-type" and "json" in value for name, value in headers):
            return {}
        found = json.loads(body or b"{}")
        return found if isinstance(found, dict) else {}

    def _published(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a discovery document whose endpoints lie here; the issuer stays who it is."""
        return {
            name: value.replace(self._behind, self.url) if name != "issuer" and isinstance(value, str) else value
            for name, value in document.items()
        }


@contextmanager
def standing(front: Front) -> Iterator[Front]:
    """Let a front listen on a free port of 127.0.0.1 for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            front.talk(self)

        do_POST = do_GET  # noqa: N815  # the name that the library calls

        def log_message(self, *_: Any) -> None:
            """Keep requests out of the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
