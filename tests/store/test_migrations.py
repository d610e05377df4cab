"""An empty database becomes a store, whoever starts it and however many at once."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from console.jobs import Jobs
from console.store.migrations import _script, differences, revisions, upgrade
from console.store.models import Credential, Inbox, Person, TrustedCertificate

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


CERTIFICATE = (
    "INSERT INTO trusted_certificate (inbox_id, host, port, sha256, subject, issuer, not_before, not_after, by_id, at)"
    " VALUES (1, '{host}', 993, 'AB', 'CN=a', 'CN=a', '2020-01-01', '{ends}', 1, '2020-01-01')"
)


def to(empty, revision, *, down=False):
    """Bring the store to a revision by its number."""
    with empty.engine.connect() as connection:
        if empty.engine.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        config = _script()
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.commit()


def one_inbox(connection):
    connection.execute(
        text(
            "INSERT INTO person (id, email, name, name_key, role, session_epoch, personal_email, active, created_at)"
            " VALUES (1, 'a@b.test', 'A', 'a', 'member', 1, :yes, :yes, '2020-01-01')"
        ),
        {"yes": True},
    )
    connection.execute(
        text(
            "INSERT INTO inbox (id, owner_id, address, domain, provider, host, settings, automation, revision, health,"
            " strikes, proofs, problem_host, server_text, connected_at, connected_by_id)"
            " VALUES (1, 1, 'a@b.test', 'b.test', 'imap', '', '{}', :no, 1, 'healthy', 0, '{}', '', '',"
            " '2020-01-01', 1)"
        ),
        {"no": False},
    )


def test_certificates_trusted_before_exceptions_had_an_end_get_theirs_and_ended_ones_a_month(empty):
    to(empty, "0003")
    with empty.engine.begin() as connection:
        one_inbox(connection)
        connection.execute(text(CERTIFICATE.format(host="lives.test", ends="2090-01-01")))
        connection.execute(text(CERTIFICATE.format(host="ended.test", ends="2021-01-01")))

    upgrade(empty.engine)

    with Session(empty.engine) as session:
        rows = {row.host: row for row in session.exec(select(TrustedCertificate))}
    assert {(row.kind, row.why, row.domain, row.inbox_id) for row in rows.values()} == {("certificate", "", None, 1)}
    assert rows["lives.test"].until == rows["lives.test"].not_after
    assert timedelta(days=29) < rows["ended.test"].until - datetime.now(UTC) < timedelta(days=31)


@pytest.mark.parametrize(("inbox_id", "domain"), [(None, None), (1, "acme.test")])
def test_an_exception_belongs_to_an_inbox_or_to_a_domain(empty, inbox_id, domain):
    to(empty, "0004")
    with empty.engine.begin() as connection:
        one_inbox(connection)
    now = datetime.now(UTC)
    row = TrustedCertificate(
        inbox_id=inbox_id,
        domain=domain,
        host="a.test",
        port=993,
        sha256="AB",
        subject="CN=a",
        issuer="CN=a",
        not_before=now,
        not_after=now,
        by_id=1,
        at=now,
        until=now,
    )

    with Session(empty.engine) as session:
        session.add(row)
        with pytest.raises(IntegrityError):
            session.flush()


def test_the_older_console_keeps_its_pins_and_nothing_it_would_misread(empty):
    to(empty, "0003")
    with empty.engine.begin() as connection:
        one_inbox(connection)
        connection.execute(text(CERTIFICATE.format(host="lives.test", ends="2090-01-01")))
    upgrade(empty.engine)
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE trusted_certificate SET kind = 'authority'"))

    to(empty, "0003", down=True)

    with empty.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM trusted_certificate")).scalar() == 0


def test_inboxes_from_before_sign_ins_at_providers_get_no_account_and_no_aliases(empty):
    to(empty, "0005")
    with empty.engine.begin() as connection:
        one_inbox(connection)
        connection.execute(
            text(
                "INSERT INTO credential (inbox_id, sealed, key_id, typed_for, typed_at, refused)"
                " VALUES (1, 'sealed', 'key', '{}', '2020-01-01', '{}')"
            )
        )

    upgrade(empty.engine)

    with Session(empty.engine) as session:
        inbox, credential = session.get_one(Inbox, 1), session.get_one(Credential, 1)
        assert (inbox.subject, inbox.aliases) == (None, [])
        assert (credential.revision, credential.client_id, credential.granted) == (1, "", [])
        assert credential.renewing_at is None


def test_an_account_is_connected_once_and_inboxes_without_one_as_often_as_they_like(empty):
    upgrade(empty.engine)
    now = datetime.now(UTC)

    def add(address, subject, **columns):
        with Session(empty.engine) as session:
            if session.get(Person, 1) is None:
                session.add(Person(id=1, email="a@b.test", name="A", role="admin", created_at=now))
                session.flush()
            session.add(
                Inbox(
                    owner_id=1, address=address, provider="gmail", subject=subject, settings={}, health="healthy",
                    proofs={}, connected_at=now, connected_by_id=1, **columns,
                )
            )  # fmt: skip
            session.commit()

    add("one@b.test", "7", removed_at=now)
    add("two@b.test", "7")
    add("three@b.test", None)
    add("four@b.test", None)
    with pytest.raises(IntegrityError):
        add("five@b.test", "7")
