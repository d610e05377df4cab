"""Verifying a draft: what becomes of the run, of its password, and of the inbox."""

from dataclasses import replace

import pytest
from sqlmodel import select

from console.services import drafts, people, stale_drafts, switches, verification
from console.services.context import NotFound, Refused
from console.services.work import Work
from console.store.models import Acceptance, Inbox
from tests.pigeon import LoftClosed
from tests.services import made


def type_settings(ctx, actor, draft_id, whistle="coo", loft=made.LOFT):
    drafts.set_settings(ctx, actor, draft_id, {"loft": loft, "password": whistle})


def inboxes(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Inbox).order_by(Inbox.id)).all())


def test_it_creates_the_inbox_and_wipes_the_password_of_the_draft(ctx, bob):
    draft_id = made.enrol(ctx, bob, "bob@acme.test")

    (inbox,) = inboxes(ctx)
    draft = made.draft(ctx, draft_id)
    assert (inbox.address, inbox.owner_id, inbox.health) == ("bob@acme.test", bob.id, "healthy")
    assert (draft.state, draft.sealed, draft.inbox_id) == ("passed", None, inbox.id)


def test_while_it_waits_for_a_worker_the_password_lies_sealed_and_not_plain(ctx, bob):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id, whistle="a secret whistle")

    draft = made.draft(ctx, draft_id)

    assert draft.state == "queued"
    assert "whistle" not in draft.sealed
    assert "whistle" not in str(draft.settings)


def test_a_refused_password_is_wiped_and_never_sent_again(ctx, bob, pigeons, work):
    draft_id = made.enrol(ctx, bob, "bob@acme.test", whistle="moo")

    lives = verification.again(ctx, bob, draft_id)
    work.verify(draft_id)

    assert lives is False
    assert made.draft(ctx, draft_id).sealed is None
    assert pigeons.flights == [(made.LOFT, "moo")]
    assert inboxes(ctx) == []


def test_after_a_wobble_the_same_password_may_be_checked_again(ctx, bob, pigeons, work):
    pigeons.weather[made.LOFT] = LoftClosed()
    draft_id = made.enrol(ctx, bob, "bob@acme.test")
    pigeons.weather.clear()

    assert verification.again(ctx, bob, draft_id)
    work.verify(draft_id)

    assert made.draft(ctx, draft_id).state == "passed"


def test_a_password_typed_15_minutes_ago_is_not_used_any_more(ctx, bob, pigeons, clock, work):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)
    clock.advance(minutes=15)

    work.verify(draft_id)

    assert pigeons.flights == []
    assert made.draft(ctx, draft_id).state == "failed"


def test_the_tick_wipes_passwords_that_are_15_minutes_old(ctx, bob, clock, work):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)
    clock.advance(minutes=15)

    work.tick()

    assert made.draft(ctx, draft_id).sealed is None


def test_leaving_forgets_the_draft_and_its_password(ctx, bob):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)

    drafts.leave(ctx, bob, draft_id)

    assert made.draft(ctx, draft_id) is None


def test_a_draft_waits_a_day_and_no_longer(ctx, bob, clock):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    clock.advance(hours=24)

    with pytest.raises(NotFound):
        drafts.get(ctx, bob, draft_id)


class Died(BaseException):
    """The process ends here: nothing catches it, as nothing catches kill -9."""


def die_at(ctx, draft_id, pigeons, monkeypatch, moment):
    def died(*_arguments):
        raise Died

    monkeypatch.setattr(pigeons, "check", moment(died))
    with pytest.raises(Died):
        verification.run(ctx, draft_id)
    monkeypatch.undo()


def test_a_run_whose_worker_died_before_the_password_was_sent_is_carried_on_by_another(
    ctx, bob, pigeons, clock, monkeypatch
):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)
    die_at(ctx, draft_id, pigeons, monkeypatch, lambda died: lambda _mailbox, _probe: died())
    clock.advance(minutes=1)

    for orphan in stale_drafts.tidy(ctx):
        Work(ctx).verify(orphan)

    assert made.draft(ctx, draft_id).state == "passed"


def test_a_run_whose_worker_died_after_the_password_was_sent_stops_and_asks(ctx, bob, pigeons, clock, monkeypatch):
    def sent(died):
        def check(_mailbox, probe):
            with probe.stage("sign-in"):
                probe.attempt("whistle")
                died()

        return check

    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)
    die_at(ctx, draft_id, pigeons, monkeypatch, sent)
    clock.advance(minutes=1)

    for orphan in stale_drafts.tidy(ctx):
        Work(ctx).verify(orphan)

    draft = made.draft(ctx, draft_id)
    assert (draft.state, draft.problem) == ("interrupted", "interrupted")
    assert pigeons.flights == []


def test_an_interrupted_run_goes_on_when_the_person_presses_again(ctx, bob, pigeons, clock, monkeypatch, work):
    test_a_run_whose_worker_died_after_the_password_was_sent_stops_and_asks(ctx, bob, pigeons, clock, monkeypatch)
    with ctx.store.read() as session:
        draft_id = session.exec(select(made.Draft.id)).one()

    assert verification.again(ctx, bob, draft_id)
    work.verify(draft_id)

    assert made.draft(ctx, draft_id).state == "passed"


def test_a_run_that_another_worker_holds_is_left_alone(ctx, bob, pigeons, clock, monkeypatch, work):
    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)
    die_at(ctx, draft_id, pigeons, monkeypatch, lambda died: lambda _mailbox, _probe: died())

    work.verify(draft_id)

    assert pigeons.flights == []
    assert stale_drafts.tidy(ctx) == []


def test_of_two_people_who_verify_one_address_at_once_one_wins(ctx, bob, charlie, work):
    first, second = (made.begin(ctx, person, "shared@acme.test") for person in (bob, charlie))
    type_settings(ctx, bob, first)
    type_settings(ctx, charlie, second)

    work.verify(first)
    work.verify(second)

    (inbox,) = inboxes(ctx)
    assert inbox.owner_id == bob.id
    lost = made.draft(ctx, second)
    assert (lost.state, lost.problem, lost.sealed) == ("failed", "address-taken", None)


def test_a_provider_switched_off_meanwhile_ends_the_run_with_nothing_sent(ctx, alice, bob, pigeons, work):

    draft_id = made.begin(ctx, bob, "bob@acme.test")
    type_settings(ctx, bob, draft_id)
    switches.switch_provider_off(ctx, alice, "pigeon")

    work.verify(draft_id)

    assert pigeons.flights == []
    assert made.draft(ctx, draft_id).problem == "switched-off"


def test_connected_for_somebody_else_it_is_theirs_and_recorded_as_continued_for_them(ctx, alice, bob):
    made.enrol(ctx, alice, "bob@acme.test", owner_id=bob.id)

    (inbox,) = inboxes(ctx)
    (entry,) = made.audited(ctx, "connect.continued-for")
    assert (inbox.owner_id, inbox.connected_by_id) == (bob.id, alice.id)
    assert (entry.actor_id, entry.target_id) == (alice.id, str(bob.id))


def test_the_acceptance_keeps_who_which_version_and_which_language(ctx, bob):
    made.enrol(ctx, bob, "bob@acme.test")

    (inbox,) = inboxes(ctx)
    with ctx.store.read() as session:
        found = session.exec(select(Acceptance).where(Acceptance.moment == "before")).one()
    assert (found.person_id, found.inbox_id, found.version, found.language) == (bob.id, inbox.id, "7", "en")


def test_without_personal_email_access_nobody_connects_for_them(ctx, alice, bob):

    people.change(ctx, alice, bob.id, role="member", personal_email=False)

    with pytest.raises(Refused):
        drafts.start(ctx, alice, owner_id=bob.id)


def test_a_reconnect_keeps_the_inbox_and_its_history(ctx, bob, work):
    made.enrol(ctx, bob, "bob@acme.test")
    (before,) = inboxes(ctx)
    draft_id = drafts.start_reconnect(ctx, bob, before.id)
    type_settings(ctx, bob, draft_id)

    work.verify(draft_id)

    (after,) = inboxes(ctx)
    assert (after.id, after.connected_at) == (before.id, before.connected_at)
    assert after.revision == before.revision + 1
    assert [check.trigger for check in made.history(ctx, after.id)] == ["wizard", "wizard"]


def test_an_admin_who_was_demoted_has_lost_the_drafts_begun_for_others(ctx, alice, bob, charlie, work, pigeons):
    people.change(ctx, alice, charlie.id, role="admin", personal_email=True)
    admin = replace(charlie, role="admin")
    draft_id = made.begin(ctx, admin, "bob@acme.test", owner_id=bob.id)
    type_settings(ctx, admin, draft_id)
    people.change(ctx, alice, charlie.id, role="member", personal_email=True)

    with pytest.raises(NotFound):
        drafts.get(ctx, charlie, draft_id)
    work.verify(draft_id)

    assert pigeons.flights == []
    assert inboxes(ctx) == []


def test_an_inbox_disabled_meanwhile_is_not_contacted_by_its_reconnect(ctx, bob, work, pigeons):
    made.enrol(ctx, bob, "bob@acme.test")
    (inbox,) = inboxes(ctx)
    draft_id = drafts.start_reconnect(ctx, bob, inbox.id)
    switches.disable(ctx, bob, inbox.id)
    type_settings(ctx, bob, draft_id)

    work.verify(draft_id)

    assert len(pigeons.flights) == 1
    assert made.draft(ctx, draft_id).problem == "switched-off"


def test_one_person_holds_up_nobody_else_with_many_checks_at_once(ctx, bob, charlie):
    waiting = [made.begin(ctx, bob, f"bob{number}@acme.test") for number in range(4)]
    for draft_id in waiting[:3]:
        drafts.set_settings(ctx, bob, draft_id, {"loft": made.LOFT, "password": "coo"})

    with pytest.raises(Refused, match="Several inboxes"):
        drafts.set_settings(ctx, bob, waiting[3], {"loft": made.LOFT, "password": "coo"})
    made.enrol(ctx, charlie, "charlie@acme.test")

    verification.run(ctx, waiting[0])
    drafts.set_settings(ctx, bob, waiting[3], {"loft": made.LOFT, "password": "coo"})
