"""Leaving for a provider and coming back: by whoever was sent, once, in time, for the mailbox that was meant."""

import pytest
from sqlmodel import select

from console.store.models import Inbox
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import made, owls

ADDRESS = "bob@owls.test"


@pytest.fixture
def owl():
    return OwlFamily()


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


def inboxes(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Inbox).order_by(Inbox.id)).all())


def test_a_sign_in_at_the_provider_creates_the_inbox(ctx, alice, bob):
    owls.set_up(ctx, alice)

    draft_id = owls.enrol(ctx, bob, ADDRESS)

    (inbox,) = inboxes(ctx)
    draft, credential = made.draft(ctx, draft_id), made.credential(ctx, inbox.id)
    assert (inbox.address, inbox.owner_id, inbox.health) == (ADDRESS, bob.id, "healthy")
    assert (inbox.subject, inbox.aliases) == (f"owl:{ADDRESS}", [f"owl+{ADDRESS}"])
    assert (credential.client_id, credential.granted) == ("tower", ["carry", "see"])
    assert (draft.state, draft.sealed, draft.inbox_id) == ("passed", None, inbox.id)
    assert owls.secret(ctx, inbox.id)["refresh_token"] == f"token 0 of {ADDRESS}"
