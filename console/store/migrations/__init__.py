"""Alembic migrations, applied at start under a lock so that one process at a time changes the schema."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlmodel import SQLModel

_LOCK = 7_264_117  # Any constant works: it names the advisory lock that migrating processes share on PostgreSQL.


def _script() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


@contextmanager
def _locked(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest migration; processes that start together wait for one another."""
    current, newest = revisions(engine)
    if current is not None and current == newest:
        return
    with _locked(engine):
        sqlite = engine.dialect.name == "sqlite"
        with engine.connect() as connection:
            if sqlite:
                # Rebuilding a table with foreign keys on would cascade; the pragma only works outside a transaction.
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            config = _script()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            if sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                connection.rollback()
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
                if broken:
                    raise RuntimeError(f"the migration left rows without their parent: {broken[:3]}")


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """Return the database's revision and the newest one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), _newest()


@cache
def _newest() -> str | None:
    """Return the newest revision; the scripts are part of the program and do not change while it runs."""
    return ScriptDirectory.from_config(_script()).get_current_head()


def differences(connection: Connection) -> list[object]:
    """Return what autogenerate would still change; an empty list means that models and migrations agree."""
    opts = {"compare_type": True, "render_as_batch": True, "include_name": _is_ours}
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, SQLModel.metadata))


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the tables out that the job queue keeps beside ours on PostgreSQL."""
    return kind != "table" or not (name or "").startswith("huey_")
