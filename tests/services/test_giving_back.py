"""A permission that nobody uses goes back to its provider, unless its account is connected here."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlmodel import select

from console.providers.base import Revocation
from console.providers.consenting import ScopesMissing
from console.providers.errors import DialError
from console.services import checks, drafts, giving_back, switches, verification
from console.services.draft import GIVEN_UP
from console.services.work import Work
from console.store.models import Draft, Inbox
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import made, owls, practice
from tests.services.test_counted import watched

ADDRESS = "bob@owls.test"
TOKEN = f"token 0 of {ADDRESS}"


class Away(DialError):
    code = "connection-timeout"


class Fog(OwlFamily):
    """A tower that signs people in; what it raises once they are in is in `fog`."""

    def __init__(self):
        super().__init__()
        self.fog = Away("The owl is not there.")

    def check(self, mailbox, probe):
        if self.fog is None:
            return super().check(mailbox, probe)
        with probe.stage("sign-in"):
            raise self.fog


@pytest.fixture
def owl():
    return Fog()


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


def tick(ctx):
    """Let a worker tick once and do what it finds."""
    found = []
    Work(replace(ctx, enqueue=lambda name, *ids: found.append((name, *ids)))).tick()
    for name, *ids in found:
        Work(ctx).jobs[name](*ids)


def set_aside(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Draft).where(Draft.state == GIVEN_UP)))


class TestAtTheTower:
    @pytest.fixture(autouse=True)
    def _app(self, ctx, alice):
        owls.set_up(ctx, alice)

    def test_after_a_quarter_of_an_hour_it_is_given_back(self, ctx, bob, owl, clock):
        draft_id = owls.enrol(ctx, bob, ADDRESS)
        tick(ctx)
        assert owl.revoked == []
        clock.advance(minutes=16)

        tick(ctx)

        assert owl.revoked == [TOKEN]
        assert (made.draft(ctx, draft_id).sealed, set_aside(ctx)) == (None, [])
        (entry,) = made.audited(ctx, "consent.revoke")
        assert (entry.target_label, entry.detail) == (ADDRESS, {"done": True})

    def test_at_once_where_it_does_not_reach_far_enough(self, ctx, bob, owl):
        owl.fog = ScopesMissing(frozenset({"see"}))

        draft_id = owls.enrol(ctx, bob, ADDRESS)
        tick(ctx)

        assert (made.draft(ctx, draft_id).problem, owl.revoked) == ("oauth-scope-missing", [TOKEN])

    def test_when_the_person_leaves(self, ctx, bob, owl):
        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))

        tick(ctx)

        assert owl.revoked == [TOKEN]

    @pytest.mark.parametrize(("address", "slug"), [("robert@owls.test", "owl"), (ADDRESS, "pigeon")])
    def test_when_another_address_or_provider_is_chosen(self, ctx, bob, owl, address, slug):
        draft_id = owls.enrol(ctx, bob, ADDRESS)
        drafts.set_address(ctx, bob, draft_id, address, slug)

        tick(ctx)

        assert owl.revoked == [TOKEN]
        assert made.draft(ctx, draft_id).granted is None

    def test_with_no_transaction_open(self, ctx, bob, owl, clock):
        owls.enrol(ctx, bob, ADDRESS)
        clock.advance(minutes=16)

        def revoke(mailbox, line=None):
            with ctx.store.write():  # On SQLite this waits for ever while somebody else writes.
                return Revocation(done=True, text="gone")

        owl.revoke = revoke
        tick(ctx)

        assert len(made.audited(ctx, "consent.revoke")) == 1

    def test_never_while_the_same_account_is_connected(self, ctx, bob, alice, owl, clock):
        owls.enrol(ctx, bob, ADDRESS)
        owls.make(ctx, alice, "robert@owls.test", subject=f"owl:{ADDRESS}")
        clock.advance(minutes=16)

        tick(ctx)

        assert (owl.revoked, set_aside(ctx)) == ([], [])

    def test_never_while_its_address_is_connected_by_an_account_that_is_not_known(self, ctx, bob, alice, owl, clock):
        owls.enrol(ctx, bob, ADDRESS)
        owls.make(ctx, alice, ADDRESS, subject=None)
        clock.advance(minutes=16)

        tick(ctx)

        assert owl.revoked == []

    def test_never_that_of_a_reconnect_whose_check_failed(self, ctx, bob, owl, clock):
        (inbox_id,) = owls.make(ctx, bob, ADDRESS, next_check=None)
        owls.sign_in(ctx, bob, drafts.start_reconnect(ctx, bob, inbox_id))
        clock.advance(minutes=16)

        tick(ctx)

        assert owl.revoked == []

    def test_once_the_inbox_of_the_account_is_removed_nothing_is_in_the_way(self, ctx, bob, owl):
        (inbox_id,) = owls.make(ctx, bob, ADDRESS, next_check=None)
        switches.remove(ctx, bob, inbox_id)
        owl.revoked.clear()
        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))

        tick(ctx)

        assert owl.revoked == [TOKEN]

    def test_signing_in_once_more_ends_nothing_and_what_came_of_it_decides(self, ctx, bob, owl, clock):
        draft_id = owls.enrol(ctx, bob, ADDRESS)
        asked = owls.asked(ctx, bob, draft_id)
        clock.advance(minutes=9)
        owls.back(ctx, bob, asked)
        (waiting,) = set_aside(ctx)
        giving_back.run(ctx, waiting.id)
        assert (owl.revoked, len(set_aside(ctx))) == ([], 1)

        owl.fog = None
        verification.run(ctx, draft_id)
        clock.advance(minutes=1)
        tick(ctx)

        assert (owl.revoked, set_aside(ctx)) == ([], [])
        assert made.inbox(ctx, made.draft(ctx, draft_id).inbox_id).health == "healthy"

    def test_while_somebody_is_away_to_sign_in_it_waits(self, ctx, bob, owl, clock):
        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))
        owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))
        tick(ctx)
        assert owl.revoked == []

        clock.advance(minutes=11)
        tick(ctx)

        assert owl.revoked == [TOKEN]

    def test_a_code_that_was_never_redeemed_is_no_permission(self, ctx, bob, owl, clock):
        owls.back(ctx, bob, owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS)))
        clock.advance(minutes=16)

        tick(ctx)

        assert (owl.revoked, set_aside(ctx)) == ([], [])

    def test_a_provider_that_cannot_end_it_is_asked_once(self, ctx, bob, owl, clock):
        owl.revoke = lambda mailbox, line=None: Revocation(done=False, text="Climb the tower.")
        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))

        tick(ctx)
        clock.advance(minutes=5)
        tick(ctx)

        assert [entry.detail for entry in made.audited(ctx, "consent.revoke")] == [{"done": False}]
        assert set_aside(ctx) == []

    def test_a_worker_that_dies_meanwhile_leaves_it_to_the_next(self, ctx, bob, owl, clock):
        class Killed(BaseException):
            pass

        def killed(mailbox, line=None):
            raise Killed

        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))
        owl.revoke, revoke = killed, owl.revoke
        with pytest.raises(Killed):
            tick(ctx)
        owl.revoke = revoke
        tick(ctx)
        assert owl.revoked == []

        clock.advance(seconds=giving_back.LEASE.total_seconds() + 1)
        tick(ctx)

        assert owl.revoked == [TOKEN]

    def test_what_no_key_opens_is_dropped(self, ctx, bob, owl):
        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))
        with ctx.store.write() as session:
            session.execute(update(Draft).values(sealed="gAAAAA no key opens this"))

        tick(ctx)

        assert (owl.revoked, set_aside(ctx)) == ([], [])

    def test_nobody_finds_it_on_any_page(self, ctx, bob, owl):
        drafts.leave(ctx, bob, owls.enrol(ctx, bob, ADDRESS))

        assert drafts.unfinished(ctx, bob) is None
        assert len(set_aside(ctx)) == 1


class TestAtGoogle:
    @pytest.fixture
    def settings(self, lab):
        return practice.settings_at(lab)

    @pytest.fixture
    def families(self):
        return None

    def test_the_whole_permission_ends_there(self, ctx, bob, lab, clock):
        clock.now = datetime.now(UTC)
        lab.google.switch("failing")
        practice.connect(ctx, bob, "gmail")
        assert lab.google.grants.connected(practice.BOB["gmail"])
        clock.advance(minutes=16)

        with watched(ctx) as (calls, inside):
            tick(ctx)

        assert not lab.google.grants.connected(practice.BOB["gmail"])
        assert practice.counts(lab, "gmail", practice.BOB["gmail"])["revocations"] == 1
        assert ("socket.connect" in calls, inside) == (True, [])

    def test_an_inbox_of_the_same_account_goes_on(self, ctx, bob, alice, lab, clock):
        clock.now = datetime.now(UTC)
        practice.connect(ctx, alice, "gmail", "bob@acme.test")
        with ctx.store.read() as session:
            inbox_id = session.exec(select(Inbox.id)).one()
        draft_id = drafts.start_reconnect(ctx, alice, inbox_id)
        lab.google.switch("failing")
        practice.come_back(ctx, alice, draft_id, "gmail")
        verification.run(ctx, draft_id)
        assert made.draft(ctx, draft_id).sealed is not None
        clock.advance(minutes=16)

        tick(ctx)

        lab.google.calm()
        clock.advance(hours=2)
        checks.run(ctx, inbox_id, checks.SCHEDULE)
        assert made.inbox(ctx, inbox_id).health == "healthy"
