"""A draft's address is looked up once for each address, and by nobody but the draft's own person."""

import pytest

from console.services import drafts
from console.services.context import NotFound, Refused
from tests import made_answers, placed
from tests.made_answers import answered


@pytest.fixture
def draft_id(ctx, bob):
    return drafts.start(ctx, bob)


def test_an_address_is_looked_up_once_while_it_is_asked_about_and_once_it_is_answered(ctx, bob, draft_id):
    begun = [drafts.look_up(ctx, bob, draft_id, "bob@acme.test") for _ in range(2)]
    answered(ctx, drafts.get(ctx, bob, draft_id).discovery_id, made_answers.IMAP)
    begun.append(drafts.look_up(ctx, bob, draft_id, "BOB@acme.test"))

    assert begun == [True, False, False]


def test_what_nobody_answered_is_asked_again_only_where_that_is_wanted(ctx, bob, draft_id, clock):
    drafts.look_up(ctx, bob, draft_id, "bob@acme.test")
    clock.advance(seconds=5)

    assert not drafts.look_up(ctx, bob, draft_id, "bob@acme.test", again=False)
    assert drafts.look_up(ctx, bob, draft_id, "bob@acme.test")


def test_another_address_forgets_the_provider_and_asks_anew(ctx, bob, draft_id):
    drafts.look_up(ctx, bob, draft_id, "bob@acme.test")
    drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "pigeon")

    assert drafts.look_up(ctx, bob, draft_id, "bob@other.test", again=False)
    view = drafts.get(ctx, bob, draft_id)
    assert (view.address, view.provider, view.accepted) == ("bob@other.test", None, False)


def test_a_refused_address_is_refused_with_every_provider(ctx, bob, draft_id):
    drafts.look_up(ctx, bob, draft_id, "bob@acme.test")
    answered(ctx, drafts.get(ctx, bob, draft_id).discovery_id, made_answers.REFUSED)

    with pytest.raises(Refused) as refused:
        drafts.set_address(ctx, bob, draft_id, "Bob@acme.test", "pigeon")
    assert refused.value.field == "address"


def test_nobody_else_looks_up_for_a_draft(ctx, charlie, draft_id):
    with pytest.raises(NotFound):
        drafts.look_up(ctx, charlie, draft_id, "bob@acme.test")


def test_the_address_of_a_reconnect_is_not_looked_up(ctx, bob):
    draft_id = drafts.start_reconnect(ctx, bob, placed.inbox(ctx, bob))

    with pytest.raises(Refused):
        drafts.look_up(ctx, bob, draft_id, "bob@acme.test")


def test_no_address_is_looked_up_while_a_check_runs(ctx, bob, draft_id):
    drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "pigeon")
    drafts.accept_disclosure(ctx, bob, draft_id)
    drafts.set_settings(ctx, bob, draft_id, {"loft": "hill", "password": "coo"})

    with pytest.raises(Refused):
        drafts.look_up(ctx, bob, draft_id, "bob@other.test")
