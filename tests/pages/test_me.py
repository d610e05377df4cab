"""My inboxes, and what somebody accepts whose inbox an admin connected."""

import re

import pytest
from sqlmodel import select

from console.services import people
from console.store.models import Acceptance, AuditEntry
from tests import placed
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    return (PigeonFamily(),)


ASKED = "Alice Andersen connected bob@acme.test for you. Please read what that means."


def acceptances(ctx, person):
    with ctx.store.read() as session:
        rows = session.exec(select(Acceptance).where(Acceptance.person_id == person.id).order_by(Acceptance.id)).all()
    return [(row.moment, row.address, row.provider, row.version, row.language) for row in rows]


def test_one_sees_ones_own_inboxes_only(window, ctx, bob, charlie):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, charlie)
    visitor = window(bob)

    visitor.get("/me")

    assert visitor.attributes("data-inbox") == ["bob@acme.test"]


def test_an_admin_sees_their_own_there_too(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, alice)
    visitor = window(alice)

    visitor.get("/me")

    assert visitor.attributes("data-inbox") == ["alice@acme.test"]


def test_without_inboxes_the_page_says_what_to_do(window, bob):
    page = window(bob).get("/me")

    assert "You have not connected an inbox yet" in page.text
    assert 'href="/connect"' in page.text


def test_without_personal_email_access_the_page_says_whom_to_ask(window, ctx, alice):
    person = placed.person(ctx, "dorte@acme.test", personal_email=False)

    page = window(person).get("/me")

    assert "Personal email access is off for you" in page.text
    assert 'href="/connect"' not in page.text


def test_inboxes_connected_before_access_was_taken_stay_listed_and_usable(window, ctx, alice, bob):
    inbox_id = placed.inbox(ctx, bob)
    people.change(ctx, alice, bob.id, role="member", personal_email=False)
    visitor = window(bob)
    visitor.get("/me")

    assert visitor.attributes("data-inbox") == ["bob@acme.test"]
    assert visitor.get(f"/inboxes/{inbox_id}/edit").status_code == 200


def test_the_owner_of_an_inbox_that_an_admin_connected_is_asked_on_every_page(window, ctx, alice, bob):
    placed.inbox(ctx, bob, by=alice)
    visitor = window(bob)

    assert [ASKED in visitor.get(path).text for path in ("/me", "/account", "/inboxes")] == [True, True, True]


def test_nobody_else_is_asked(window, ctx, alice, bob, charlie):
    placed.inbox(ctx, bob, by=alice)

    assert [ASKED in window(actor).get("/account").text for actor in (alice, charlie)] == [False, False]


def test_who_connected_an_own_inbox_is_not_asked(window, ctx, bob):
    placed.inbox(ctx, bob)

    assert "Please read what that means" not in window(bob).get("/me").text


def test_the_page_shows_what_is_accepted_before_and_after_connecting(window, ctx, alice, bob):
    inbox_id = placed.inbox(ctx, bob, by=alice)

    page = window(bob).get(f"/me/inboxes/{inbox_id}/disclosure").text

    assert re.search(r"Pigeons are fed\..*No hawks\..*Pigeons are counted\..*version 7", page, re.DOTALL)


def test_accepting_is_recorded_with_version_and_language_and_ends_the_asking(window, ctx, alice, bob):
    inbox_id = placed.inbox(ctx, bob, by=alice)
    visitor = window(bob)
    visitor.get(f"/me/inboxes/{inbox_id}/disclosure")

    page = visitor.post(f"/me/inboxes/{inbox_id}/disclosure")

    assert "Recorded. Thank you for reading it." in page.text
    assert ASKED not in page.text
    assert acceptances(ctx, bob) == [
        ("before", "bob@acme.test", "pigeon", "7", "en"),
        ("after", "bob@acme.test", "pigeon", "7", "en"),
    ]


def test_accepting_twice_is_recorded_once(window, ctx, alice, bob):
    inbox_id = placed.inbox(ctx, bob, by=alice)
    visitor = window(bob)
    for _ in range(2):
        visitor.get(f"/me/inboxes/{inbox_id}/disclosure")
        visitor.post(f"/me/inboxes/{inbox_id}/disclosure")

    assert [moment for moment, *_ in acceptances(ctx, bob)] == ["before", "after"]


@pytest.mark.parametrize("who", ["alice", "charlie", "hanne"])
def test_nobody_accepts_for_somebody_else(request, window, ctx, alice, bob, who):
    inbox_id = placed.inbox(ctx, bob, by=alice)
    visitor = window(request.getfixturevalue(who))
    visitor.get("/account")

    assert visitor.post(f"/me/inboxes/{inbox_id}/disclosure").status_code == 404


# An admin connects on behalf of somebody.


def connect_for(visitor, owner, work, address):
    visitor.get(f"/connect?for={owner.id}")
    visitor.post("/connect", uses="me", owner=str(owner.id))
    draft_id = visitor.path.split("/")[2]
    visitor.choose(draft_id, address, "pigeon")
    visitor.post(f"/connect/{draft_id}/expect")
    visitor.post(f"/connect/{draft_id}/settings", loft="hill", password="coo")
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")
    return draft_id


def test_an_admin_connects_for_somebody_who_then_owns_the_inbox(window, work, alice, bob):
    connect_for(window(alice), bob, work, "bob@acme.test")
    theirs = window(bob)

    theirs.get("/me")

    assert theirs.attributes("data-inbox") == ["bob@acme.test"]


def test_the_inbox_page_says_who_connected_it(window, work, alice, bob):
    connect_for(window(alice), bob, work, "bob@acme.test")

    page = window(bob).get("/inboxes/1")

    assert re.search(r"connected <time[^>]*>[^<]*</time> by Alice Andersen", page.text)


def test_continuing_for_somebody_is_recorded_as_such(window, ctx, work, alice, bob):
    connect_for(window(alice), bob, work, "bob@acme.test")

    with ctx.store.read() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "connect.continued-for")).one()
        accepted = session.exec(select(Acceptance)).one()
    assert (entry.actor_name, entry.target_id, entry.target_label) == ("Alice Andersen", str(bob.id), "bob@acme.test")
    assert (accepted.person_id, accepted.on_behalf_of_id, accepted.moment) == (alice.id, bob.id, "before")


def test_the_owner_is_asked_at_the_next_visit(window, work, alice, bob):
    connect_for(window(alice), bob, work, "bob@acme.test")

    assert ASKED in window(bob).get("/").text


def test_the_admin_who_finishes_accepts_nothing_for_the_owner(window, ctx, work, alice, bob):
    visitor = window(alice)
    draft_id = connect_for(visitor, bob, work, "bob@acme.test")

    visitor.post(f"/connect/{draft_id}/done")

    assert acceptances(ctx, bob) == []
    assert [moment for moment, *_ in acceptances(ctx, alice)] == ["before"]


def test_an_admin_is_offered_those_with_personal_email_access_only(window, ctx, alice, bob):
    placed.person(ctx, "without@acme.test", name="Without Access", personal_email=False)
    placed.person(ctx, "gone@acme.test", name="Gone Again", active=False)

    page = window(alice).get("/connect").text

    assert re.findall(r"<option[^>]*>([^<]+)</option>", page) == ["Alice Andersen (me)", "Bob Berg · bob@acme.test"]


def test_the_person_asked_for_is_chosen_already(window, alice, bob):
    page = window(alice).get(f"/connect?for={bob.id}").text

    assert re.findall(r'<option selected value="(\d+)"', page) == [str(bob.id)]


@pytest.mark.parametrize("wanted", ["0", "4711", "x", "9" * 40, ""])
def test_somebody_else_asked_for_leaves_oneself_chosen(window, alice, bob, wanted):
    page = window(alice).get("/connect", query_string={"for": wanted}).text

    assert re.findall(r'<option selected value="(\d+)"', page) == [str(alice.id)]


def test_somebody_without_access_is_refused_beside_the_field(window, ctx, alice):
    person = placed.person(ctx, "without@acme.test", personal_email=False)
    visitor = window(alice)
    visitor.get("/connect")

    answer = visitor.post("/connect", uses="me", owner=str(person.id))

    assert answer.status_code == 422
    assert visitor.errors() == [
        "Personal email access is off for this person. An account admin can switch it on under Users."
    ]


@pytest.mark.parametrize("owner", ["0", "4711", "-1", "x", "9" * 40, "1.5", "\x00", "x" * 1_000_000])
def test_an_owner_that_is_nobody_is_refused_and_nothing_begins(window, alice, owner):
    visitor = window(alice)
    visitor.get("/connect")

    answer = visitor.post("/connect", uses="me", owner=owner)

    assert answer.status_code == 422
    assert visitor.errors() == ["Choose one of the people."]


def test_a_member_who_names_an_owner_connects_for_themselves(window, work, bob, charlie):
    visitor = window(bob)
    connect_for(visitor, charlie, work, "bob@acme.test")

    visitor.get("/me")

    assert visitor.attributes("data-inbox") == ["bob@acme.test"]


def test_a_member_without_access_is_told_on_the_way_in(window, ctx, alice):
    visitor = window(placed.person(ctx, "dorte@acme.test", personal_email=False))

    page = visitor.get("/connect")

    assert visitor.path == "/me"
    assert "Personal email access is off for you. Ask an account admin to switch it on." in page.text


def test_a_member_whose_access_ended_while_the_form_was_open_is_refused(window, ctx, alice, bob):
    visitor = window(bob)
    visitor.get("/connect")
    people.change(ctx, alice, bob.id, role="member", personal_email=False)

    answer = visitor.post("/connect", uses="me")

    assert answer.status_code == 422
    assert visitor.errors() == [
        "Personal email access is off for this person. An account admin can switch it on under Users."
    ]
