"""The inbox console: admins and help desk look after the mailboxes that a company's people have connected."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from console.config import Config
    from console.jobs import Jobs
    from console.providers.base import Provider
    from console.services.context import Context
    from console.services.work import Work


@dataclass(frozen=True)
class Console:
    """One assembled console: its surroundings, its job queue, and what its workers do."""

    ctx: "Context"
    jobs: "Jobs"
    work: "Work"

    def close(self) -> None:
        """Close the connections to the database and the queue."""
        self.jobs.close()
        self.ctx.store.close()


def assemble(
    config: "Config",
    *,
    families: "Iterable[Provider] | None" = None,
    clock: Callable[[], datetime] | None = None,
    jitter: Callable[[], float] | None = None,
    create_keys: bool = True,
) -> Console:
    """Put store, vault, network, families and queue together. Raises ConfigError and VaultError with one line each.

    `create_keys` makes the keys of a new installation; the database is not touched.
    """
    from console.assembly import make

    return make(config, families=families, clock=clock, jitter=jitter, create_keys=create_keys)


def create_app(config: "Config | None" = None, *, console: Console | None = None) -> "Flask":
    """Return the WSGI application, with the database at the newest migration."""
    from console.assembly import make_app

    return make_app(config, console=console)
