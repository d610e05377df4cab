"""Fixtures for all tests: a console of its own per test, the cast, and a clock that stands still until it is moved."""

import gc
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from console import Console, assemble, create_app
from console.config import Config, load
from console.rules.permissions import Role
from console.services import passwords
from console.services.context import Actor, Context
from console.services.work import Work
from console.store import Store
from console.store.migrations import upgrade
from tests import placed
from tests.browser import Browser
from tests.pigeon import PigeonFamily

pytest_plugins = ("tests.peers.fixtures",)

PASSWORD = "a long enough password"
PAGES = {Path(__file__).parent / name for name in ("pages", "web")}
NUL = "\\x00"  # As pytest writes it in the name of a test.

# A busy machine is slow at everything, which says nothing about what is tested.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", default="sqlite", choices=("sqlite", "postgresql"), help="what the store runs on")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the store is repeated on PostgreSQL; nobody has to remember the marker.

    Pages hold no statements: those belong to services and the store, whose tests are all repeated. Of the tests of a
    page the first is enough there, and those with a NUL, which only PostgreSQL refuses; unless the module carries the
    marker itself.
    """
    seen = set()
    for item in items:
        if "database_url" not in getattr(item, "fixturenames", ()):
            continue
        if PAGES & set(item.path.parents) and item.path in seen and NUL not in item.name:
            continue
        seen.add(item.path)
        item.add_marker("store")


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later search for garbage: it is much, and stays until the end."""
    gc.collect()
    gc.freeze()


class Clock:
    """Returns the same aware UTC time until somebody moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at the newest migration, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "console.db"
    store = Store(f"sqlite:///{file}")
    upgrade(store.engine)
    store.close()  # The last connection to close writes the log back into the file.
    return file


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test alone, at the newest migration."""
    if request.config.getoption("--database") == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    file = tmp_path / "console.db"
    shutil.copyfile(request.getfixturevalue("migrated"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def settings() -> dict[str, str]:
    """CONSOLE_… values of the console under test; a test may override this fixture."""
    return {}


@pytest.fixture
def config(database_url: str, tmp_path: Path, empty_dns: str, settings: dict[str, str]) -> Config:
    return load(
        {
            "CONSOLE_INSTANCE": str(tmp_path / "instance"),
            "CONSOLE_DATABASE_URL": database_url,
            "CONSOLE_SECRET_KEY": "only for tests, and long enough for them",
            "CONSOLE_ORGANISATION": "Acme A/S",
            "CONSOLE_DNS_SERVER": empty_dns,
            **settings,
        }
    )


@pytest.fixture
def families() -> tuple[PigeonFamily, ...] | None:
    """The provider families; None is the console's own. A test may override this fixture with made-up ones."""
    return None


@pytest.fixture(scope="session")
def compiled_statements() -> Callable[[Store], None]:
    """Let stores share the statements that SQLAlchemy has compiled; each engine would begin with none."""
    shared: dict[str, tuple[Any, Any]] = {}

    def share(store: Store) -> None:
        for engine in (store.engine, store._reading):
            dialect, compiled = shared.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))
            if engine.dialect is not dialect and dialect.server_version_info is not None:
                engine.dialect, engine._compiled_cache = dialect, compiled

    return share


@pytest.fixture
def console(
    config: Config,
    clock: Clock,
    families: tuple[PigeonFamily, ...] | None,
    compiled_statements: Callable[[Store], None],
) -> Iterator[Console]:
    made = assemble(config, families=families, clock=clock, jitter=lambda: 0.5)
    compiled_statements(made.ctx.store)
    yield made
    made.close()


@pytest.fixture
def ctx(console: Console) -> Context:
    return console.ctx


@pytest.fixture
def work(ctx: Context) -> Work:
    """What a worker does, called by hand.

    `work.verify(draft_id)`, `work.check(inbox_id)`, `work.sweep()`, `work.tick()`.
    """
    return Work(ctx)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all apps of a run; compiling them takes longer than most tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session", autouse=True)
def built_routes() -> Iterator[None]:
    """Routes whose addresses are built by code that is made once for all apps of a run.

    Werkzeug compiles two functions for every route of every app, which takes longer than most requests.
    """
    compile_builder, made = Rule._compile_builder, {}

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), rule.strict_slashes, append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture
def app(console: Console, compiled_templates: FileSystemBytecodeCache) -> Flask:
    made = create_app(console=console)
    made.testing = False
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture
def browser(app: Flask) -> Callable[[], Browser]:
    """Make browsers without JavaScript, each with cookies of its own."""
    return lambda: Browser(app)


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of PASSWORD, made once: hashing is slow on purpose."""
    return passwords.hash_new(PASSWORD, email="", name="")


@pytest.fixture
def alice(ctx: Context, password_hash: str) -> Actor:
    """Alice, account admin."""
    return placed.person(ctx, "alice@acme.test", name="Alice Andersen", role=Role.ADMIN, password_hash=password_hash)


@pytest.fixture
def bob(ctx: Context, alice: Actor, password_hash: str) -> Actor:
    """Bob, member."""
    return placed.person(ctx, "bob@acme.test", name="Bob Berg", password_hash=password_hash)


@pytest.fixture
def charlie(ctx: Context, alice: Actor, password_hash: str) -> Actor:
    """Charlie, a member who has nothing to do with Bob."""
    return placed.person(ctx, "charlie@acme.test", name="Charlie Clausen", password_hash=password_hash)


@pytest.fixture
def hanne(ctx: Context, alice: Actor, password_hash: str) -> Actor:
    """Hanne, help desk."""
    return placed.person(ctx, "hanne@acme.test", name="Hanne Holm", role=Role.HELP_DESK, password_hash=password_hash)
