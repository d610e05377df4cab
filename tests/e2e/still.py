"""A console whose clock stands still and whose worker never comes, so that every page always looks the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from console import assemble, create_app
from console.config import load
from console.lab.ports import free_port
from console.providers.exchange import ExchangeFamily
from console.providers.gmail import GmailFamily
from console.providers.microsoft import MicrosoftFamily
from console.services.context import Context
from tests.e2e.cast import TODAY, Cast, enact
from tests.e2e.played import Clock, Played


@dataclass(frozen=True)
class Still:
    """Where it answers, and its surroundings."""

    url: str
    ctx: Context


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Keep requests out of the tests' output."""


@contextmanager
def still(folder: Path, clock: Callable[[], datetime], family: Played) -> Iterator[Still]:
    """Serve an empty console from a thread of this process for as long as the block lasts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = load(
        {
            "CONSOLE_INSTANCE": str(folder),
            "CONSOLE_BASE_URL": url,
            "CONSOLE_ORGANISATION": "Havbris Møbler",
            "CONSOLE_TIMEZONE": "Europe/Copenhagen",
            "CONSOLE_PRIVACY_URL": "https://havbris.example/privacy",
            "CONSOLE_PRIVACY_OVERVIEW_URL": "https://havbris.example/privacy/mail",
        }
    )
    families = (GmailFamily(clock=clock), MicrosoftFamily(clock=clock), ExchangeFamily(), family)
    console = assemble(config, families=families, clock=clock, jitter=lambda: 0.5)
    console.ctx.dialer.monotonic = lambda: clock().timestamp()
    server = make_server("127.0.0.1", port, create_app(console=console), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Still(url, console.ctx)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        console.close()


@contextmanager
def company(folder: Path) -> Iterator[tuple[Still, Cast]]:
    """Serve the console of the made-up company."""
    clock = Clock(TODAY)
    family = Played(clock)
    with still(folder, clock, family) as served:
        yield served, enact(served.ctx, family, clock)


@contextmanager
def newcomer(folder: Path) -> Iterator[Still]:
    """Serve a console in which no account exists yet."""
    clock = Clock(TODAY)
    with still(folder, clock, Played(clock)) as served:
        yield served
