"""What staff do about a case, and what they are told when somebody else was faster."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from console.services import case as one_case
from console.services import handlings
from console.services.cases import Ref
from console.services.context import NotFound, Refused
from console.store.models import AuditEntry, Inbox
from tests import cases, placed


@pytest.fixture
def settings():
    return {"CONSOLE_TIMEZONE": "Europe/Copenhagen"}


@pytest.fixture
def ref(ctx, bob):
    """Bob's inbox, whose password is refused."""
    return cases.episode(ctx, placed.inbox(ctx, bob))


def handled(ctx, actor, ref):
    return one_case.show(ctx, actor, ref).handled


def test_of_two_who_take_a_case_at_once_one_wins_and_the_other_is_told_who(ctx, hanne, alice, ref):
    handlings.take(ctx, hanne, ref)

    with pytest.raises(Refused) as told:
        handlings.take(ctx, alice, ref)

    assert told.value.values == {"name": "Hanne Holm"}
    assert handled(ctx, alice, ref).taken_by == "Hanne Holm"


def test_a_case_is_taken_over_from_whom_one_saw(ctx, hanne, alice, ref):
    handlings.take(ctx, hanne, ref)

    handlings.take(ctx, alice, ref, held_by=hanne.id)

    assert handled(ctx, alice, ref).taken_by_id == alice.id


def test_a_case_that_was_given_back_meanwhile_is_not_taken_over(ctx, hanne, alice, ref):
    handlings.take(ctx, hanne, ref)
    handlings.give_back(ctx, hanne, ref)

    with pytest.raises(Refused):
        handlings.take(ctx, alice, ref, held_by=hanne.id)


def test_taking_what_one_has_changes_nothing(ctx, hanne, ref):
    handlings.take(ctx, hanne, ref)

    handlings.take(ctx, hanne, ref)

    assert handled(ctx, hanne, ref).taken_by_id == hanne.id


def test_only_who_has_a_case_gives_it_back(ctx, hanne, alice, ref):
    handlings.take(ctx, hanne, ref)

    with pytest.raises(Refused):
        handlings.give_back(ctx, alice, ref)

    handlings.give_back(ctx, hanne, ref)
    assert handled(ctx, hanne, ref).taken_by_id is None


@pytest.mark.parametrize("do", [handlings.take, handlings.hand, handlings.wake, handlings.take_back, handlings.test])
def test_a_case_that_is_over_says_when_it_ended(ctx, hanne, ref, do):
    cases.end(ctx, ref)

    with pytest.raises(Refused) as told:
        do(ctx, hanne, ref)

    assert told.value.values == {"at": ctx.clock()}


def test_a_case_that_is_over_takes_a_note_still(ctx, hanne, ref):
    cases.end(ctx, ref)

    handlings.note(ctx, hanne, ref, "The owner had changed the password.")

    assert [one.text for one in one_case.show(ctx, hanne, ref).notes] == ["The owner had changed the password."]


@pytest.mark.parametrize("text", ["", " \n ", "x" * 1001, "\x00"])
def test_a_note_that_is_empty_or_too_long_is_refused(ctx, hanne, ref, text):
    with pytest.raises(Refused) as told:
        handlings.note(ctx, hanne, ref, text)

    assert told.value.field == "text"


def test_notes_stay_when_the_inbox_becomes_part_of_an_incident(ctx, hanne, bob, charlie, ref):
    handlings.note(ctx, hanne, ref, "Called Bob.")
    incident = cases.incident(ctx, [placed.inbox(ctx, charlie)])
    cases.turn(ctx, ref, incident_id=incident.id)
    handlings.note(ctx, hanne, incident, "It is the server.")

    notes = one_case.show(ctx, hanne, incident).notes

    assert [(one.text, one.about) for one in notes] == [("Called Bob.", "bob@acme.test"), ("It is the server.", "")]


def test_an_inbox_that_is_part_of_an_incident_is_worked_on_there(ctx, hanne, charlie, ref):
    incident = cases.incident(ctx, [placed.inbox(ctx, charlie)])
    cases.turn(ctx, ref, incident_id=incident.id)

    with pytest.raises(Refused):
        handlings.take(ctx, hanne, ref)


def test_handing_a_case_to_the_admins_gives_it_back_as_well(ctx, hanne, ref):
    handlings.take(ctx, hanne, ref)

    handlings.hand(ctx, hanne, ref)

    now = handled(ctx, hanne, ref)
    assert (now.taken_by_id, now.handed_by) == (None, "Hanne Holm")


def test_a_case_is_taken_back_from_the_admins(ctx, hanne, ref):
    handlings.hand(ctx, hanne, ref)

    handlings.take_back(ctx, hanne, ref)

    assert handled(ctx, hanne, ref).handed_at is None


# The clock stands at Monday 23 November 2026, 10:12 in Copenhagen.
@pytest.mark.parametrize(
    ("choice", "own", "wakes"),
    [
        ("hour", "", datetime(2026, 11, 23, 10, 12, tzinfo=UTC)),
        ("tomorrow", "", datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
        ("monday", "", datetime(2026, 11, 30, 7, 0, tzinfo=UTC)),
        ("", "2026-11-25T13:30", datetime(2026, 11, 25, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_case_sleeps_until_the_morning_of_the_console(ctx, choice, own, wakes):
    assert handlings.until(ctx, choice, own) == wakes


@pytest.mark.parametrize("own", ["", "soon", "2026-11-23T10:12", "2027-06-01T08:00", "9999-12-31T23:59", "\x00"])
def test_a_time_that_cannot_be_meant_is_refused(ctx, own):
    with pytest.raises(Refused) as told:
        handlings.until(ctx, "", own)

    assert told.value.field == "until"


def test_a_sleeping_case_is_woken(ctx, hanne, ref, clock):
    handlings.snooze(ctx, hanne, ref, clock() + timedelta(days=1))

    handlings.wake(ctx, hanne, ref)

    assert handled(ctx, hanne, ref).snoozed_until is None


def test_a_test_of_an_incident_begins_with_its_canary_alone(ctx, hanne, bob, charlie):
    first, canary = placed.inbox(ctx, bob), placed.inbox(ctx, charlie)
    ref = cases.incident(ctx, [first, canary], canary_id=canary)

    handlings.test(ctx, hanne, ref)

    with ctx.store.read() as session:
        assert list(session.exec(select(Inbox.id).where(Inbox.wanted_by == "button"))) == [canary]


@pytest.mark.parametrize(
    "do", [handlings.take, handlings.give_back, handlings.hand, handlings.wake, handlings.take_back, handlings.test]
)
def test_a_member_does_nothing_about_a_case_of_their_own(ctx, bob, ref, do):
    with pytest.raises(NotFound):
        do(ctx, bob, ref)


@pytest.mark.parametrize("absent", [Ref("episode", 99), Ref("incident", 99)])
def test_a_case_that_does_not_exist_is_not_found(ctx, hanne, absent):
    with pytest.raises(NotFound):
        handlings.note(ctx, hanne, absent, "Hello")


def test_what_was_done_stands_in_the_audit_log(ctx, hanne, ref):
    handlings.take(ctx, hanne, ref)

    with ctx.store.read() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "case.take")).one()
    assert (entry.target_type, entry.target_id, entry.target_label) == ("episode", str(ref.id), "bob@acme.test")
