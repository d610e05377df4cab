"""A PostgreSQL cluster of the test run's own, with a fresh database whenever one is asked for.

It forgets everything at the end and trades durability for speed. PostgreSQL refuses to run as root: then it runs as
nobody. Only this run knows its password.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from console.lab.ports import free_port
from tests.peers.processes import NotStarted, Program, as_nobody, find, start, wait_for_port
from tests.peers.shared import Run

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '@FOLDER@'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
shared_buffers = 32MB
autovacuum = off
password_encryption = md5
timezone = 'UTC'
log_min_messages = warning
"""

_PART = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Most tables are empty after most tests, and looking costs less than emptying. What refers to what is of no account
# while all of it goes.
_CLEAR = """
DO $$
DECLARE name text; held boolean; used text[] := '{}';
BEGIN
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO held;
        IF held THEN used := used || name; END IF;
    END LOOP;
    IF used <> '{}' THEN @EMPTY@ END IF;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""
# Deleting a few rows takes a tenth of the time of truncating, which makes new files for every table and index; what is
# deleted stays in the files, though, so that now and then they have to be made anew.
_DELETE = _CLEAR.replace(
    "@EMPTY@",
    "SET LOCAL session_replication_role = replica;"
    " FOREACH name IN ARRAY used LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;",
)
_TRUNCATE = _CLEAR.replace("@EMPTY@", "EXECUTE 'TRUNCATE ' || array_to_string(used, ', ') || ' CASCADE';")
DELETIONS = 100
# The job queue makes its tables by itself, beside the migrations.
_SHAPE = """
SELECT md5(string_agg(concat_ws(' ', c.relname, a.attname, a.atttypid, a.atttypmod, a.attnotnull), ','
    ORDER BY c.relname, a.attnum))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    AND c.relname NOT LIKE 'huey%'
"""


class Reused:
    """A migrated database that one process uses for one test after the other; `template` is what it is a copy of."""

    def __init__(self, postgres: Postgres, template: str) -> None:
        self._postgres, self._template = postgres, template
        self._make()

    def clear(self) -> None:
        """Make it as good as new. One whose tables a test changed gives way to another.

        Copying the template and dropping the copy cost a checkpoint each, which takes longer than most tests.
        """
        self._cleared += 1
        self._connection.execute(_PART)
        self._connection.execute(_DELETE if self._cleared % DELETIONS else _TRUNCATE)
        if self._seen() != self._shape:
            self.drop()
            self._make()

    def drop(self) -> None:
        """Delete it."""
        self._connection.close()
        self._postgres.drop(self.url)

    def _make(self) -> None:
        self.url = self._postgres.database(self._template)
        self._connection = self._postgres.connect(self.url.rpartition("/")[2])
        self._cleared, self._shape = 0, self._seen()

    def _seen(self) -> str:
        """Return what tells the shape of its tables from another."""
        row = self._connection.execute(_SHAPE).fetchone()
        return str(row[0]) if row else ""


@dataclass(frozen=True)
class Postgres:
    """A running cluster on a free port of 127.0.0.1."""

    folder: Path
    program: Program
    port: int
    password: str

    @classmethod
    def start(cls, run: Run) -> Self:
        """Make a cluster and start it. Raises Missing when PostgreSQL is not installed, NotStarted otherwise."""
        initdb = find("/usr/lib/postgresql/*/bin/initdb", "initdb")
        server = find(str(initdb.with_name("postgres")), "postgres")
        folder, port, password, user = run.place("postgres"), free_port(), secrets.token_urlsafe(), as_nobody()
        data = folder / "data"
        secret = folder / "password"
        secret.write_text(password)
        if user:
            shutil.chown(folder, user)
            shutil.chown(secret, user)
        access: list[str | Path] = ["-U", "tests", "--pwfile", secret, "--auth=md5"]
        options = ["--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync"]
        made = start([initdb, "-D", data, *access, *options], folder / "initdb.log", user=user, cwd=folder)
        run.keep(made)
        if not made.ended_within(60) or not (data / "postgresql.conf").exists():
            run.stop(made)
            raise NotStarted(f"initdb failed\n{made.tail()}")
        run.stop(made)
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.replace("@FOLDER@", str(folder)) + f"port = {port}\n")
        program = start([server, "-D", data], folder / "postgres.log", user=user, cwd=folder)
        run.keep(program)
        cluster = cls(folder, program, port, password)
        try:
            wait_for_port(program, port)
            cluster._wait_until_ready()
        except NotStarted:
            run.stop(program)
            raise
        return cluster

    def database(self, template: str = "template0") -> str:
        """Make a database, empty or as a copy of `template`, and return its URL for SQLAlchemy."""
        name = f"test_{secrets.token_hex(6)}"
        self._make(name, template)
        return self.url(name)

    def template(self, run: Run, name: str, build: Callable[[str], object]) -> str:
        """Return the name of a database to copy, built once per run: `build` gets its URL and leaves no connection."""

        def make() -> dict[str, Any]:
            self._make(name, "template0")
            build(self.url(name))
            return {}

        run.once(f"postgres-{name}", make)
        return name

    def drop(self, url: str) -> None:
        """Delete a database that `database` made, whoever is still connected to it."""
        name = url.rpartition("/")[2]
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Return the URL of a database of this cluster."""
        return f"postgresql+psycopg://tests:{self.password}@127.0.0.1:{self.port}/{name}"

    def to_state(self) -> dict[str, Any]:
        """Return what another process needs to use this cluster, as JSON values."""
        return {
            "folder": str(self.folder),
            "program": self.program.to_state(),
            "port": self.port,
            "password": self.password,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the cluster that another process started."""
        program = Program.from_state(state["program"])
        return cls(Path(state["folder"]), program, state["port"], state["password"])

    def _make(self, name: str, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with self.connect() as connection:
            # Without durability copying the files is the faster way; before 15 it was the only one.
            way = sql.SQL(" STRATEGY file_copy" if connection.info.server_version >= 150_000 else "")
            connection.execute(statement + way)

    def _wait_until_ready(self) -> None:
        """It listens before it takes sign-ins."""
        for _ in range(500):
            try:
                with self.connect():
                    return
            except psycopg.OperationalError:
                if self.program.ended_within(0.02):
                    break
        raise NotStarted(f"PostgreSQL took no sign-in\n{self.program.tail()}")

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection of the one who may do everything."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="tests",
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )
