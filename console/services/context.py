"""What every use case is given.

The store, the vault, the families, the network and the clock. All come from outside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any, Protocol

from console.config import Config
from console.discovery.discover import Discovery
from console.providers.base import App
from console.providers.dial import Dialer
from console.providers.registry import Families
from console.store import Store
from console.store.vault import Vault


class Enqueue(Protocol):
    """Wakes a worker up; losing the call loses nothing, because the database is the to-do list."""

    def __call__(self, name: str, *ids: str | int) -> None:
        """Wake a worker for the job `name` with `ids`."""


def utc_now() -> datetime:
    """Return the time of the machine, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """The surroundings of one installation. `clock` returns aware UTC; `jitter` returns a number from 0 to 1.

    `apps` are the apps at providers that the configuration sets up, by slug.
    """

    config: Config
    store: Store
    vault: Vault
    families: Families
    dialer: Dialer
    discovery: Discovery
    enqueue: Enqueue
    signing_key: str
    clock: Callable[[], datetime] = utc_now
    jitter: Callable[[], float] = SystemRandom().random
    apps: Mapping[str, App] = field(default_factory=dict)


@dataclass(frozen=True)
class Actor:
    """The person who asks, and from where: signed in to the console, or by the link `link_id` with nobody signed in."""

    id: int
    name: str
    email: str
    role: str
    personal_email: bool
    epoch: int = 1
    ip: str = ""
    link_id: int | None = None


class Refused(Exception):
    """A use case refuses, for a reason that the person is told. The text is marked for translation, not translated."""

    def __init__(self, sentence: str, *, field: str | None = None, **values: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.values: dict[str, Any] = values


class NotFound(Exception):
    """The thing does not exist, or lies outside what the person may see; both look the same from outside."""
