"""An empty database becomes a store, whoever starts it and however many at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlmodel import SQLModel

from console.jobs import Jobs
from console.store.migrations import differences, revisions, upgrade

pytestmark = pytest.mark.store
ROOT = Path(__file__).resolve().parents[2]
UPGRADE = """
import sys
from console.store import Store
from console.store.migrations import revisions, upgrade
store = Store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(store.engine)
print(revisions(store.engine)[0], flush=True)
"""


def test_an_empty_database_has_no_revision(empty):
    current, newest = revisions(empty.engine)

    assert current is None
    assert newest is not None


def test_an_empty_database_is_brought_to_the_newest_revision(empty):
    upgrade(empty.engine)

    current, newest = revisions(empty.engine)
    assert newest == current


def test_models_and_migrations_agree(empty):
    upgrade(empty.engine)

    with empty.engine.connect() as connection:
        assert differences(connection) == []


def test_the_tables_of_the_job_queue_are_no_difference(empty, empty_url, tmp_path):
    upgrade(empty.engine)
    Jobs(empty_url, tmp_path, "a key").close()

    with empty.engine.connect() as connection:
        assert differences(connection) == []


def test_every_table_of_the_models_is_there_after_an_upgrade(empty):
    upgrade(empty.engine)

    assert set() == set(SQLModel.metadata.tables) - set(inspect(empty.engine).get_table_names())


def test_upgrading_again_changes_nothing(empty):
    upgrade(empty.engine)
    upgrade(empty.engine)

    current, newest = revisions(empty.engine)
    assert newest == current


def test_two_processes_that_upgrade_at_once_both_end_at_the_newest_revision(empty, empty_url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty_url],
            cwd=ROOT,
            env=os.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline().strip() for process in processes] == ["ready", "ready"]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()

    said = [process.communicate()[0].strip() for process in processes]

    newest = revisions(empty.engine)[1]
    assert [newest, newest] == said
    assert [process.returncode for process in processes] == [0, 0]


def test_foreign_keys_hold_after_an_upgrade_on_the_same_connection(empty):
    upgrade(empty.engine)

    if empty.engine.dialect.name == "sqlite":
        with empty.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
