"""Reconnecting an inbox with the provider that its mailbox moved to: all of it or nothing."""

import pytest
from sqlmodel import select

from console.rules.permissions import Role
from console.services import apps, checks, credentials, drafts, frame, inbox, moving, switches, verification
from console.services.context import NotFound, Refused
from console.store.domains import MailDomain
from console.store.models import Acceptance, Draft, TrustedCertificate
from tests import placed
from tests.services import flocks, made, owls

ADDRESS = "bob@hill.test"


@pytest.fixture
def families():
    return flocks.families()


@pytest.fixture
def owl(families):
    return families[1]


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    owls.set_up(ctx, alice)


@pytest.fixture
def pigeon(ctx, bob):
    (inbox_id,) = made.make(
        ctx, bob, ADDRESS, automation=True, health="failing", problem="mailbox-moved", next_check=None
    )
    return inbox_id


def state(ctx, inbox_id):
    """Everything about an inbox that a move may change."""
    row, kept = made.inbox(ctx, inbox_id), made.credential(ctx, inbox_id)
    return row.model_dump(), kept.model_dump()


def test_the_inbox_keeps_id_owner_history_and_switches_and_gets_the_new_provider(ctx, alice, bob, pigeon):
    checks.run(ctx, pigeon, checks.SHELL)

    draft_id = flocks.move(ctx, bob, pigeon)

    row = made.inbox(ctx, pigeon)
    assert (row.provider, row.address, row.owner_id, row.automation) == ("owl", ADDRESS, bob.id, True)
    assert (row.health, row.problem, row.subject) == ("healthy", None, f"owl:{ADDRESS}")
    assert (row.host, row.settings, row.aliases) == ("tower.test", {"account": ADDRESS}, [f"owl+{ADDRESS}"])
    assert [check.trigger for check in made.history(ctx, pigeon)] == ["shell", "wizard"]
    assert made.draft(ctx, draft_id).state == "passed"
    (entry,) = made.audited(ctx, "inbox.move")
    assert (entry.target_id, entry.detail) == (str(pigeon), {"before": "pigeon", "after": "owl"})


def test_the_password_is_dropped_for_the_permission_once_that_is_verified(ctx, bob, pigeon):
    flocks.move(ctx, bob, pigeon)

    kept = made.credential(ctx, pigeon)
    assert "password" not in credentials.unseal(ctx, kept)
    assert (kept.client_id, kept.typed_for) == (
        "tower",
        {"refresh_token": ["tower.test"], "access_token": ["tower.test"]},
    )


def test_the_next_check_goes_to_the_new_provider(ctx, bob, pigeon, families):
    flocks.move(ctx, bob, pigeon)

    outcome = checks.run(ctx, pigeon, checks.SHELL)

    assert (outcome.trial.failed, families[0].flights) == (False, [])


@pytest.mark.parametrize("fails", ["declined", "other", "gate", "loft"])
def test_whatever_fails_leaves_the_inbox_as_it_was(ctx, bob, pigeon, owl, fails):
    before = state(ctx, pigeon)

    if fails == "declined":
        draft_id = flocks.declined(ctx, bob, pigeon)
    elif fails == "other":
        draft_id = flocks.other_account(ctx, bob, owl, pigeon, "eve@hill.test")
    else:
        setattr(owl, fails, "oauth-org-policy-blocked" if fails == "gate" else "mailbox-not-found")
        draft_id = flocks.move(ctx, bob, pigeon)

    assert made.draft(ctx, draft_id).state == "failed"
    assert state(ctx, pigeon) == before
    assert made.audited(ctx, "inbox.move") == []


def test_another_account_than_the_inboxs_never_takes_its_place(ctx, bob, pigeon, owl):
    draft_id = flocks.other_account(ctx, bob, owl, pigeon, "eve@hill.test")

    assert made.draft(ctx, draft_id).problem == "oauth-wrong-account"
    assert made.inbox(ctx, pigeon).provider == "pigeon"


def test_an_account_of_which_the_address_is_another_name_is_the_same_mailbox(ctx, bob, pigeon, owl, monkeypatch):
    monkeypatch.setattr(owl, "same_mailbox", lambda typed, grant: (typed, grant.address) == (ADDRESS, "b@hill.test"))

    flocks.other_account(ctx, bob, owl, pigeon, "b@hill.test")

    row = made.inbox(ctx, pigeon)
    assert (row.provider, row.address, row.subject) == ("owl", ADDRESS, "owl:b@hill.test")


def test_an_account_that_is_connected_already_moves_nothing(ctx, bob, charlie, pigeon):
    owls.make(ctx, charlie, "other@hill.test", subject=f"owl:{ADDRESS}")

    draft_id = flocks.move(ctx, bob, pigeon)

    assert made.draft(ctx, draft_id).problem == "address-taken"
    assert made.inbox(ctx, pigeon).provider == "pigeon"


def test_nobody_leaves_before_the_disclosure_of_the_new_provider_was_accepted(ctx, bob, pigeon):
    draft_id = moving.start(ctx, bob, pigeon)

    with pytest.raises(Refused, match="steps before"):
        owls.asked(ctx, bob, draft_id)


def test_what_was_accepted_belongs_to_the_inbox_that_moved(ctx, bob, pigeon):
    flocks.move(ctx, bob, pigeon)

    with ctx.store.read() as session:
        (accepted,) = session.exec(select(Acceptance)).all()
    assert (accepted.inbox_id, accepted.provider, accepted.moment) == (pigeon, "owl", "before")


def test_an_owner_whose_inbox_an_admin_moved_is_asked_to_read_what_that_means(ctx, alice, bob, pigeon):
    flocks.move(ctx, alice, pigeon)

    (pending,) = frame.look(ctx, bob).pending
    assert (pending.inbox_id, pending.provider, pending.connected_by) == (pigeon, "owl", alice.name)


def test_certificates_that_were_trusted_for_the_old_servers_go_with_them(ctx, bob, pigeon):
    placed.exception(ctx, bob, inbox_id=pigeon)

    flocks.move(ctx, bob, pigeon)

    with ctx.store.read() as session:
        assert session.exec(select(TrustedCertificate)).all() == []


def test_without_an_app_nobody_begins_and_an_admin_is_named(ctx, alice, bob, pigeon):
    apps.remove(ctx, alice, "owl")

    with pytest.raises(Refused, match="An account admin has to set up"):
        moving.start(ctx, bob, pigeon)
    assert inbox.detail(ctx, bob, pigeon).move.closed == "unset"


def test_a_switched_off_successor_is_no_way_to_go(ctx, alice, bob, pigeon):
    switches.switch_provider_off(ctx, alice, "owl")

    with pytest.raises(Refused, match="switched off by"):
        moving.start(ctx, bob, pigeon)
    assert inbox.detail(ctx, bob, pigeon).move.closed == "off"


def test_an_inbox_that_is_switched_off_does_not_move(ctx, bob, pigeon):
    switches.disable(ctx, bob, pigeon)

    with pytest.raises(Refused, match="Enable it first"):
        moving.start(ctx, bob, pigeon)


def test_a_provider_that_is_switched_off_can_be_left(ctx, alice, bob, pigeon):
    switches.switch_provider_off(ctx, alice, "pigeon")

    flocks.move(ctx, bob, pigeon)

    assert made.inbox(ctx, pigeon).provider == "owl"


def test_an_inbox_that_is_switched_off_meanwhile_stays(ctx, bob, pigeon):
    draft_id = flocks.begin(ctx, bob, pigeon)
    question = owls.asked(ctx, bob, draft_id)
    owls.back(ctx, bob, question)
    switches.disable(ctx, bob, pigeon)

    verification.run(ctx, draft_id)

    assert made.inbox(ctx, pigeon).provider == "pigeon"


def test_a_reconnect_from_before_the_move_gives_no_old_settings_back(ctx, bob, pigeon):
    old = drafts.start_reconnect(ctx, bob, pigeon)
    flocks.move(ctx, bob, pigeon)

    with pytest.raises(Refused, match="moved to another provider meanwhile"):
        drafts.set_settings(ctx, bob, old, {"loft": "hill.test", "password": "coo"})


def test_a_reconnect_that_was_running_while_the_inbox_moved_changes_nothing(ctx, bob, pigeon):
    old = drafts.start_reconnect(ctx, bob, pigeon)
    drafts.set_settings(ctx, bob, old, {"loft": "hill.test", "password": "coo"})
    flocks.move(ctx, bob, pigeon)

    verification.run(ctx, old)

    assert (made.inbox(ctx, pigeon).provider, made.draft(ctx, old).state) == ("owl", "failed")


def test_of_two_moves_with_different_accounts_the_first_one_stays(ctx, bob, pigeon, owl):
    first, second = flocks.begin(ctx, bob, pigeon), flocks.begin(ctx, bob, pigeon)
    owls.sign_in(ctx, bob, first)
    with ctx.store.write() as session:
        session.get_one(Draft, second).moves_from = "pigeon"
    question = owls.asked(ctx, bob, second)
    owl.challenges["b@hill.test"] = owl.challenges[ADDRESS]
    owls.back(ctx, bob, question, code=owls.code_of("b@hill.test"))

    verification.run(ctx, second)

    assert made.inbox(ctx, pigeon).subject == f"owl:{ADDRESS}"
    assert made.draft(ctx, second).problem == "oauth-wrong-account"


def test_a_family_without_successor_moves_nowhere(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, "bob@owls.test")

    with pytest.raises(Refused, match="do not move"):
        moving.start(ctx, bob, inbox_id)
    assert inbox.detail(ctx, bob, inbox_id).move is None


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.MEMBER])
def test_nobody_else_moves_an_inbox(ctx, alice, pigeon, role):
    other = placed.person(ctx, "other@acme.test", role=role)

    with pytest.raises(NotFound):
        moving.start(ctx, other, pigeon)


def test_help_desk_is_offered_nothing_that_it_may_not_do(ctx, hanne, pigeon):
    assert inbox.detail(ctx, hanne, pigeon).move is None


def test_a_check_that_says_so_and_a_look_up_of_the_domain_are_signs(ctx, bob, pigeon):
    (calm,) = made.make(ctx, bob, "calm@hill.test")
    assert (inbox.detail(ctx, bob, pigeon).move.sign, inbox.detail(ctx, bob, calm).move.sign) == ("check", "")

    placed.domain(ctx, "hill.test", moved_to="owl")

    assert inbox.detail(ctx, bob, calm).move.sign == "domain"
    with ctx.store.read() as session:
        assert session.get_one(MailDomain, "hill.test").moved_to == "owl"
