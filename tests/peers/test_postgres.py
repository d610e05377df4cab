"""PostgreSQL for tests shows what other tests count on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.peers.postgres import Postgres
from tests.peers.shared import Run

pytestmark = pytest.mark.server


def ask(url: str, statement: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return _first(connection, statement)
    finally:
        engine.dispose()


def _first(connection: Connection, statement: str) -> object:
    result = connection.execute(text(statement))
    return result.scalar() if result.returns_rows else None


def test_every_database_is_empty_and_apart(postgres: Postgres) -> None:
    first, second = postgres.database(), postgres.database()
    ask(first, "create table only_here (id int)")
    assert ask(first, "select to_regclass('only_here') is not null") is True
    assert ask(second, "select to_regclass('only_here') is null") is True
    postgres.drop(first)
    postgres.drop(second)


def test_a_template_is_built_once_and_copied(postgres: Postgres, peers_run: Run) -> None:
    built: list[str] = []

    def build(url: str) -> None:
        built.append(url)
        ask(url, "create table copied (id int)")

    name = f"peers_{os.getpid()}"
    for _ in range(2):
        url = postgres.database(postgres.template(peers_run, name, build))
        assert ask(url, "select to_regclass('copied') is not null") is True
        postgres.drop(url)
    assert len(built) == 1


def test_a_dropped_database_is_gone_although_somebody_was_connected(postgres: Postgres) -> None:
    url = postgres.database()
    engine = create_engine(url)
    with engine.connect() as connection:
        postgres.drop(url)
        with pytest.raises(OperationalError):
            connection.execute(text("select 1"))
    engine.dispose()


def test_a_test_gets_a_migrated_database(postgres_url: str) -> None:
    assert ask(postgres_url, "select count(*) from alembic_version") == 1


def test_it_does_not_run_as_root(postgres: Postgres) -> None:
    assert Path(f"/proc/{postgres.program.pid}").stat().st_uid != 0
