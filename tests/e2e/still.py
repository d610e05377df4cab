"""A console whose clock stands still and whose worker never comes, so that every page always looks the same."""

from __future__ import annotations

import pickle
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from console import Console, assemble, create_app
from console.config import load
from console.lab.ports import free_port
from console.providers.exchange import ExchangeFamily
from console.providers.gmail import GmailFamily
from console.providers.microsoft import MicrosoftFamily
from console.services.context import Context
from console.store.migrations import upgrade
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


TOLD = "told.pickle"


def _assembled(folder: Path, url: str, clock: Clock, family: Played) -> Console:
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
    return console


@contextmanager
def still(folder: Path, clock: Clock, family: Played) -> Iterator[Still]:
    """Serve what is in `folder`, or an empty console, from a thread of this process for as long as the block lasts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    console = _assembled(folder, url, clock, family)
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


def tell(folder: Path) -> None:
    """Tell the story of the made-up company once, and leave in `folder` what any number of consoles begin with."""
    clock = Clock(TODAY)
    family = Played(clock)
    console = _assembled(folder, "http://127.0.0.1", clock, family)
    upgrade(console.ctx.store.engine)
    cast = enact(console.ctx, family, clock)
    console.close()
    (folder / TOLD).write_bytes(pickle.dumps((family.acts, cast.people, cast.inboxes, cast.drafts)))


@contextmanager
def company(folder: Path, story: Path) -> Iterator[tuple[Still, Cast]]:
    """Serve the console of the made-up company, as `tell` left it in the folder `story`, out of the new `folder`."""
    shutil.copytree(story, folder)
    clock = Clock(TODAY)
    family = Played(clock)
    with still(folder, clock, family) as served:
        family.acts, people, inboxes, drafts = pickle.loads((folder / TOLD).read_bytes())  # noqa: S301
        yield served, Cast(served.ctx, family, clock, people, inboxes, drafts)


@contextmanager
def newcomer(folder: Path) -> Iterator[Still]:
    """Serve a console in which no account exists yet."""
    clock = Clock(TODAY)
    with still(folder, clock, Played(clock)) as served:
        yield served
