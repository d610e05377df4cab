"""Graph's mail for people who signed in somewhere that has none: emulate knows /v1.0/me alone, others no Graph at all.

These are the lab's calls, which the lab's own tests hold to Microsoft's published metadata; only whose an access token
is, they are told from outside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from console.lab import graph
from console.lab.accounts import Account
from console.lab.faults import MICROSOFT
from console.lab.grants import Grant, Grants
from console.lab.stand_in import StandIn

# Returns address and scopes of an access token, "" and nothing for one that is not good.
Whose = Callable[[str], tuple[str, Iterable[str]]]


class _Vouched(Grants):
    def __init__(self, whose: Whose) -> None:
        super().__init__(_now)
        self._whose = whose

    def bearer(self, token: str) -> Grant | None:
        address, scopes = self._whose(token)
        return Grant(address, "", tuple(scopes)) if address else None


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Keep requests out of the tests' output."""


@contextmanager
def graph_mail(people: Mapping[str, str], whose: Whose) -> Iterator[str]:
    """Serve the mailboxes of `people`, names by address, for as long as the block lasts; yield the origin."""
    place = StandIn(MICROSOFT, "Microsoft", [Account(address, name) for address, name in people.items()], _now)
    place.grants = _Vouched(whose)
    application = Flask("graph-mail")
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    application.register_blueprint(graph.make(place, lambda: f"{url}/v1.0/$metadata"))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _now() -> datetime:
    return datetime.now(UTC)
