"""Switching off and on, and removing, also when two do it at once."""

import pytest
from sqlmodel import select

from console.services import checks, drafts, switches
from console.services.context import NotFound
from console.store.models import CheckRecord, Credential, Draft, Inbox, SwitchedOff, TrustedCertificate
from tests.services import made
from tests.services.test_people import at_once

ADDRESS = "bob@acme.test"


@pytest.fixture
def inbox_id(ctx, bob):
    return made.make(ctx, bob, ADDRESS)[0]


def rows(ctx, model):
    with ctx.store.read() as session:
        return list(session.exec(select(model)).all())


def test_off_is_a_row_that_says_who_when_and_why(ctx, bob, inbox_id, clock):
    switches.disable(ctx, bob, inbox_id, "on leave")

    (off,) = rows(ctx, SwitchedOff)
    assert ("inbox", str(inbox_id), bob.id, clock.now, "on leave") == (
        off.level,
        off.target,
        off.by_id,
        off.at,
        off.why,
    )


def test_disabling_twice_keeps_the_first_reason_and_one_entry(ctx, alice, bob, inbox_id):
    switches.disable(ctx, bob, inbox_id, "on leave")
    switches.disable(ctx, alice, inbox_id, "left")

    assert ["on leave"] == [off.why for off in rows(ctx, SwitchedOff)]
    assert 1 == len(made.audited(ctx, "inbox.disable"))


def test_two_who_disable_at_once_do_it_once(ctx, alice, bob, inbox_id):
    at_once(lambda: switches.disable(ctx, alice, inbox_id), lambda: switches.disable(ctx, bob, inbox_id))

    assert 1 == len(rows(ctx, SwitchedOff))
    assert 1 == len(made.audited(ctx, "inbox.disable"))


def test_two_who_switch_a_provider_off_at_once_do_it_once(ctx, alice, bob, inbox_id):
    at_once(*[lambda: switches.switch_provider_off(ctx, alice, "pigeon")] * 2)

    assert 1 == len(rows(ctx, SwitchedOff))
    assert 1 == len(made.audited(ctx, "provider.off"))


def test_two_who_enable_at_once_do_it_once(ctx, alice, bob, inbox_id):
    switches.disable(ctx, bob, inbox_id)

    at_once(lambda: switches.enable(ctx, alice, inbox_id), lambda: switches.enable(ctx, bob, inbox_id))

    assert [] == rows(ctx, SwitchedOff)
    assert 1 == len(made.audited(ctx, "inbox.enable"))


def test_enabled_it_is_checked_soon(ctx, bob, inbox_id, work, pigeons):
    work.sweep()
    switches.disable(ctx, bob, inbox_id)

    switches.enable(ctx, bob, inbox_id)
    work.sweep()

    assert 2 == len(pigeons.flights)


def test_enabled_it_still_waits_for_its_password_when_it_did_before(ctx, bob, inbox_id, work, pigeons):
    made.change(ctx, inbox_id, health="needs-sign-in", problem="bad-credentials", next_check=None)
    switches.disable(ctx, bob, inbox_id)

    switches.enable(ctx, bob, inbox_id)
    work.sweep()

    assert [] == pigeons.flights


def test_enabled_it_is_not_checked_for_what_was_asked_before_it_was_disabled(ctx, bob, inbox_id):
    checks.ask(ctx, bob, inbox_id)

    switches.disable(ctx, bob, inbox_id)

    assert made.inbox(ctx, inbox_id).wanted_by is None


@pytest.mark.parametrize("action", [switches.disable, switches.enable, switches.remove])
def test_help_desk_and_strangers_find_nothing_to_switch(ctx, hanne, charlie, inbox_id, action):
    for stranger in (hanne, charlie):
        with pytest.raises(NotFound):
            action(ctx, stranger, inbox_id)


def test_an_unknown_provider_is_not_found(ctx, alice):
    with pytest.raises(NotFound):
        switches.switch_provider_off(ctx, alice, "raven")


# Removing.


def test_removed_its_secret_is_gone_and_its_history_stays(ctx, bob, inbox_id, work):
    work.sweep()

    switches.remove(ctx, bob, inbox_id)

    assert [] == rows(ctx, Credential)
    assert 1 == len(rows(ctx, CheckRecord))
    assert [inbox_id] == [inbox.id for inbox in rows(ctx, Inbox)]


def test_removed_while_a_reconnect_waits_nothing_of_the_draft_is_sent(ctx, bob, inbox_id, work, pigeons):
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    drafts.set_settings(ctx, bob, draft_id, {"loft": made.LOFT, "password": "coo"})

    switches.remove(ctx, bob, inbox_id)
    work.verify(draft_id)

    assert [] == pigeons.flights
    assert [None] == [draft.sealed for draft in rows(ctx, Draft)]


def test_removed_its_trusted_certificates_are_gone(ctx, bob, inbox_id, clock):
    with ctx.store.write() as session:
        session.add(
            TrustedCertificate(
                inbox_id=inbox_id,
                host=made.LOFT,
                port=993,
                sha256="AB",
                subject="x",
                issuer="x",
                not_before=clock.now,
                not_after=clock.now,
                by_id=bob.id,
                at=clock.now,
                until=clock.now,
            )
        )

    switches.remove(ctx, bob, inbox_id)

    assert [] == rows(ctx, TrustedCertificate)


def test_removing_twice_finds_nothing_the_second_time(ctx, bob, inbox_id):
    switches.remove(ctx, bob, inbox_id)

    with pytest.raises(NotFound):
        switches.remove(ctx, bob, inbox_id)


def test_a_switch_of_a_removed_inbox_does_not_outlive_it(ctx, bob, inbox_id):
    switches.disable(ctx, bob, inbox_id)

    switches.remove(ctx, bob, inbox_id)

    assert [] == rows(ctx, SwitchedOff)


def test_an_inbox_of_a_family_nobody_knows_can_be_removed(ctx, bob, inbox_id):
    made.change(ctx, inbox_id, provider="raven")

    assert switches.remove(ctx, bob, inbox_id) is None
    assert [] == rows(ctx, Credential)
