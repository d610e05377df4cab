"""People, where two act at once: the last admin stays, and nobody meets a failure of the database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from console.rules.permissions import Role
from console.services import people
from console.services.context import Refused
from console.store.models import Person
from tests import placed
from tests.services import made


def at_once(*calls):
    """Make all calls at the same moment; return what each returned, or the sentence it was refused with."""
    begin = threading.Barrier(len(calls))

    def make(call):
        begin.wait()
        try:
            return call()
        except Refused as refused:
            return refused.sentence

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


def admins(ctx):
    with ctx.store.read() as session:
        return session.exec(select(Person.id).where(Person.role == Role.ADMIN, Person.active)).all()


@pytest.fixture
def anna(ctx, alice):
    return placed.person(ctx, "anna@acme.test", name="Anna", role=Role.ADMIN)


LAST = "The console needs one account admin. Make somebody else an account admin first."


def test_of_two_admins_who_demote_each_other_at_once_one_stays(ctx, alice, anna):
    outcomes = at_once(
        lambda: people.change(ctx, alice, anna.id, role="member", personal_email=True),
        lambda: people.change(ctx, anna, alice.id, role="member", personal_email=True),
    )

    assert 1 == len(admins(ctx))
    assert {None, LAST} == set(outcomes)


def test_of_two_admins_who_deactivate_each_other_at_once_one_stays(ctx, alice, anna):
    outcomes = at_once(lambda: people.deactivate(ctx, alice, anna.id), lambda: people.deactivate(ctx, anna, alice.id))

    assert 1 == len(admins(ctx))
    assert {None, LAST} == set(outcomes)


def test_of_two_who_add_the_same_person_at_once_one_does(ctx, alice):
    def add():
        people.add(ctx, alice, name="Dorte", email="dorte@acme.test", role="member", personal_email=True)

    outcomes = at_once(add, add)

    assert {None, "Somebody with this address is in the list already."} == set(outcomes)
    assert 1 == len(made.audited(ctx, "person.add"))


def test_two_who_deactivate_the_same_person_at_once_do_it_once(ctx, alice, anna, bob):
    outcomes = at_once(lambda: people.deactivate(ctx, alice, bob.id), lambda: people.deactivate(ctx, anna, bob.id))

    assert [None, None] == outcomes
    assert 1 == len(made.audited(ctx, "person.deactivate"))


def test_changing_nothing_leaves_no_entry_and_no_session_ended(ctx, alice, bob):
    people.change(ctx, alice, bob.id, role="member", personal_email=True)

    assert [] == made.audited(ctx, "person.role") + made.audited(ctx, "person.personal-email")
    assert people.signed_in(ctx, bob.id, bob.epoch, "a session", "") is not None


def test_deactivated_their_inboxes_are_off_for_that_reason_and_on_again_afterwards(ctx, alice, bob):
    (inbox_id,) = made.make(ctx, bob, "bob@acme.test")

    people.deactivate(ctx, alice, bob.id)

    assert ["owner"] == made.off(ctx, inbox_id)
    people.activate(ctx, alice, bob.id)
    assert [] == made.off(ctx, inbox_id)
