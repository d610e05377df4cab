"""Transactions lose no update, and say nothing about the values they carry."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import select

from console.store.models import Credential, Inbox, Person

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)


def person(email="alice@acme.test", **columns):
    return Person(email=email, name="Alice Andersen", role="admin", **{"created_at": NOW, **columns})


def inbox(owner_id, address="alice@acme.test", **columns):
    state = {"settings": {}, "proofs": {}, "health": "healthy", "connected_at": NOW, "connected_by_id": owner_id}
    return Inbox(owner_id=owner_id, address=address, provider="imap", **state, **columns)


@pytest.fixture
def alice_id(store):
    with store.write() as session:
        alice = person()
        session.add(alice)
        session.flush()
        return alice.id


def test_eight_threads_that_read_and_then_write_lose_no_update(store, alice_id):
    begin = threading.Barrier(8)

    def grow(_number):
        begin.wait()
        for _ in range(10):
            with store.write() as session:
                alice = session.exec(select(Person).where(Person.id == alice_id).with_for_update()).one()
                alice.session_epoch += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(grow, range(8)))

    with store.read() as session:
        assert session.get_one(Person, alice_id).session_epoch == 81


def test_a_block_that_raises_leaves_nothing_behind(store):
    def fail():
        with store.write() as session:
            session.add(person())
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with store.read() as session:
        assert session.exec(select(Person)).all() == []


def test_a_reader_does_not_wait_for_a_writer(store, alice_id):
    with store.write() as writing:
        writing.get_one(Person, alice_id).name = "Another name"
        writing.flush()
        with store.read() as reading:
            seen = reading.get_one(Person, alice_id).name

    assert seen == "Alice Andersen"


def test_what_is_added_while_only_reading_is_not_kept(store):
    with store.read() as session:
        session.add(person())

    with store.read() as session:
        assert session.exec(select(Person)).all() == []


def test_a_naive_time_is_refused(store):
    with pytest.raises(StatementError), store.write() as session:
        session.add(person(created_at=datetime(2026, 11, 23, 9, 12)))  # noqa: DTZ001  # This is what must be refused.

    with store.read() as session:
        assert session.exec(select(Person)).all() == []


def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(store):
    local = datetime(2026, 11, 23, 10, 12, tzinfo=timezone(timedelta(hours=1)))

    with store.write() as session:
        session.add(person(created_at=local))

    with store.read() as session:
        found = session.exec(select(Person)).one().created_at
    assert local == found
    assert timedelta(0) == found.utcoffset()


def test_an_unknown_parent_is_refused(store):
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(inbox(4711))


def test_of_two_that_connect_an_address_at_once_one_wins(store, alice_id):
    begin = threading.Barrier(2)

    def connect(_number):
        begin.wait()
        try:
            with store.write() as session:
                session.add(inbox(alice_id))
            return "won"
        except IntegrityError:
            return "taken"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(connect, range(2)))

    assert outcomes == ["taken", "won"]


def test_an_address_is_free_again_once_its_inbox_was_removed(store, alice_id):
    with store.write() as session:
        session.add(inbox(alice_id, removed_at=NOW))

    with store.write() as session:
        session.add(inbox(alice_id))

    with store.read() as session:
        assert len(session.exec(select(Inbox)).all()) == 2


def test_any_number_of_removed_inboxes_may_share_an_address(store, alice_id):
    with store.write() as session:
        session.add_all([inbox(alice_id, removed_at=NOW), inbox(alice_id, removed_at=NOW)])

    with store.read() as session:
        assert len(session.exec(select(Inbox)).all()) == 2


def test_the_text_of_a_database_error_holds_no_parameters(store, alice_id):
    with store.write() as session:
        session.add(inbox(alice_id))

    with pytest.raises(IntegrityError) as caught, store.write() as session:
        session.add(
            Credential(inbox_id=4711, sealed="sealed-whistle", key_id="k", typed_for={}, typed_at=NOW, refused={})
        )

    assert "sealed-whistle" not in str(caught.value)
    assert "INSERT INTO credential" in str(caught.value)


def test_the_log_of_statements_holds_no_parameters(store, alice_id, caplog):
    caplog.set_level(logging.INFO, "sqlalchemy.engine")

    with store.write() as session:
        session.add(person("bob@acme.test", password_hash="hash-of-bob"))

    assert "INSERT INTO person" in caplog.text
    assert "hash-of-bob" not in caplog.text


def test_errors_of_the_database_itself_hold_no_parameters_either(store):
    with pytest.raises(DBAPIError) as caught, store.write() as session:
        session.connection().exec_driver_sql("SELECT nothing FROM nowhere")

    assert "[parameters" not in str(caught.value)
