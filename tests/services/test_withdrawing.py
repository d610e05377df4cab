"""Removing an inbox whose permission a provider gave: it is ended there, or the person learns where to end it."""

import pytest

from console.providers.base import Revocation
from console.services import apps, inbox, servers, switches
from console.store.models import Credential
from tests.pigeon import PigeonFamily
from tests.services import made, owls

ADDRESS = "bob@owls.test"


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    owls.set_up(ctx, alice)


def test_the_provider_is_asked_to_end_the_access(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    told = switches.remove(ctx, bob, inbox_id)

    assert (told.done, told.text) == (True, "The tower has forgotten you.")
    assert owl.revoked == [f"token 0 of {ADDRESS}"]
    assert made.credential(ctx, inbox_id) is None
    assert [entry.detail for entry in made.audited(ctx, "inbox.revoke")] == [{"done": True}]


def test_it_is_asked_once_the_inbox_is_gone_and_with_no_transaction_open(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    seen = []

    def revoke(mailbox, line=None):
        with ctx.store.write() as session:  # On SQLite this waits for ever while somebody else writes.
            seen.append((made.inbox(ctx, inbox_id).removed_at, session.get(Credential, inbox_id), mailbox.app))
        return Revocation(done=True, text="gone")

    owl.revoke = revoke
    switches.remove(ctx, bob, inbox_id)

    ((removed_at, credential, app),) = seen
    assert (removed_at, credential, app.client_id) == (ctx.clock(), None, "tower")


def test_a_provider_that_cannot_be_asked_says_where_to_end_it_and_the_inbox_is_gone_all_the_same(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.revoke = lambda mailbox, line=None: Revocation(done=False, text="Climb the tower.", url="https://tower.test/")

    told = switches.remove(ctx, bob, inbox_id)

    assert (told.done, told.url) == (False, "https://tower.test/")
    assert made.inbox(ctx, inbox_id).removed_at is not None


def test_without_an_app_it_is_removed_all_the_same(ctx, alice, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    apps.remove(ctx, alice, "owl")

    assert switches.remove(ctx, bob, inbox_id).done


def test_a_permission_that_no_key_opens_is_not_sent_anywhere(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    with ctx.store.write() as session:
        session.get_one(Credential, inbox_id).sealed = "gAAAAA no key opens this"
    given = []

    def revoke(mailbox, line=None):
        given.append(dict(mailbox.secret))
        return Revocation(done=False, text="Climb the tower.")

    owl.revoke = revoke

    assert not switches.remove(ctx, bob, inbox_id).done
    assert given == [{}]


def test_after_it_was_removed_the_account_can_be_connected_anew(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    switches.remove(ctx, bob, inbox_id)

    draft_id = owls.enrol(ctx, bob, ADDRESS)

    assert made.draft(ctx, draft_id).inbox_id not in {None, inbox_id}


# What the page of such an inbox tells.


def test_an_inbox_tells_its_aliases_and_which_permissions_it_has_of_those_it_needs(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, aliases=["robert@owls.test"])
    with ctx.store.write() as session:
        session.get_one(Credential, inbox_id).granted = ["see"]

    found = inbox.detail(ctx, bob, inbox_id)

    assert found.aliases == ("robert@owls.test",)
    assert [(one.name, one.reason, one.given) for one in found.permissions] == [
        ("see", "To see the owl.", True),
        ("carry", "To carry letters.", False),
    ]
    assert [proof.label for proof in found.proofs][-2:] == ["Aliases", "Token refresh"]


def test_a_renewal_proves_itself_for_a_day_though_not_every_check_renews(ctx, bob, clock):
    proofs = {"renew": clock.now.isoformat()}
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, proofs=proofs)
    clock.advance(hours=2)
    made.change(ctx, inbox_id, checked_at=clock.now)

    renewal = inbox.detail(ctx, bob, inbox_id).proofs[-1]
    clock.advance(hours=23)
    afterwards = inbox.detail(ctx, bob, inbox_id).proofs[-1]

    assert (renewal.state, afterwards.state) == ("proven", "later")


def test_an_inbox_with_a_password_tells_none_of_that(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, "bob@acme.test")

    found = inbox.detail(ctx, bob, inbox_id)

    assert (found.aliases, found.permissions, len(found.proofs)) == ((), (), 4)


def test_what_came_with_the_permission_cannot_be_typed_over(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    servers.save(ctx, bob, inbox_id, {"account": "eve@owls.test"}, automation=True)

    row = made.inbox(ctx, inbox_id)
    assert (row.settings, row.automation, row.health) == ({"account": ADDRESS}, True, "healthy")
