"""The owl tower as a website: where one is asked to let the owl fly, with everything one can answer there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any
from urllib.parse import urlencode

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from console.lab.ports import free_port
from console.providers.base import App
from console.providers.consenting import Handoff
from console.providers.line import Line
from tests.e2e.still import Quiet
from tests.owl import OwlFamily


class Tower(OwlFamily):
    """The owl family whose page is served here."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def ask(self, app: App, *, address: str, challenge: str, line: Line, **asked: Any) -> Handoff:
        # Whoever signs in here may be anybody.
        self.challenges |= dict.fromkeys((address, "eve@acme.test"), challenge)
        return Handoff(f"{self.url}/ask?{urlencode({'hint': address, **asked})}")


def _page(request: Request) -> Response:
    back, hint, state = (request.args.get(name, "") for name in ("redirect_uri", "hint", "state"))
    answers = {
        "Allow": {"code": f"{hint}|see carry"},
        "Allow without letters": {"code": f"{hint}|see"},
        "Sign in as eve": {"code": "eve@acme.test|see carry"},
        "Decline": {"error": "access_denied"},
    }
    links = ""
    for label, answer in answers.items():
        address = escape(f"{back}?{urlencode({'state': state, **answer})}")
        links += f'<p><a href="{address}">{label}</a></p>'
    return Response(f"<!doctype html><title>Tower</title><h1>Let the owl fly?</h1>{links}", mimetype="text/html")


@contextmanager
def tower() -> Iterator[Tower]:
    """Serve the tower's page from a thread of this process."""
    port = free_port()
    server = make_server("127.0.0.1", port, Request.application(_page), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Tower(f"http://127.0.0.1:{port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
