"""A clock that was a year ahead and was set back: nothing waits for that year, and nothing secret is kept for it."""

from datetime import timedelta

import pytest

from console.services import bulk, clock_jumps, drafts, link_visits, links, stale_drafts
from console.services.default_settings import Defaults
from console.store.bulk import BulkJob
from console.store.models import Draft
from tests import placed
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    return (PigeonFamily(),)


@pytest.fixture
def ahead(clock):
    """Set the clock a year ahead; what is returned sets it back."""
    clock.advance(days=365)
    return lambda: clock.advance(days=-365)


def typed(ctx, person):
    draft_id = drafts.start(ctx, person)
    drafts.set_address(ctx, person, draft_id, "bob@acme.test", "pigeon")
    drafts.accept_disclosure(ctx, person, draft_id)
    drafts.set_settings(ctx, person, draft_id, {"loft": "hill", "password": "coo"})
    return draft_id


def row(ctx, draft_id):
    with ctx.store.read() as session:
        return session.get(Draft, draft_id)


def test_a_password_that_was_typed_then_is_wiped_after_a_quarter_of_an_hour(ctx, clock, bob, ahead):
    draft_id = typed(ctx, bob)
    ahead()

    clock_jumps.mend(ctx)
    clock.advance(minutes=16)
    stale_drafts.tidy(ctx)

    assert row(ctx, draft_id).sealed is None


def test_a_draft_of_then_goes_after_a_day(ctx, clock, bob, ahead):
    draft_id = typed(ctx, bob)
    ahead()

    clock_jumps.mend(ctx)
    clock.advance(days=1, minutes=1)
    stale_drafts.tidy(ctx)

    assert row(ctx, draft_id) is None


def test_a_run_that_somebody_held_then_is_carried_on(ctx, clock, bob, ahead):
    draft_id = typed(ctx, bob)
    with ctx.store.write() as session:
        draft = session.get_one(Draft, draft_id)
        draft.state, draft.lease_until = "running", clock.now + timedelta(seconds=45)
    ahead()

    clock_jumps.mend(ctx)

    assert stale_drafts.tidy(ctx) == [draft_id]


def test_a_job_that_somebody_held_then_is_carried_on(ctx, clock, alice, ahead):
    job_id = placed.job(ctx, alice, "acme.test", Defaults())
    with ctx.store.write() as session:
        session.get_one(BulkJob, job_id).lease_until = clock.now + timedelta(minutes=2)
    ahead()

    clock_jumps.mend(ctx)

    assert bulk.left_behind(ctx) == [job_id]


def test_a_link_that_was_made_then_opens_for_no_longer_than_one_of_now(ctx, clock, alice, bob, ahead):
    made = links.issue(ctx, alice, placed.inbox(ctx, bob, problem="bad-credentials", health="needs-sign-in"))
    token = made.url.rsplit("/", 1)[1]
    ahead()

    clock_jumps.mend(ctx)

    assert link_visits.look(ctx, token, "", "").state == "open"
    clock.advance(hours=48)
    assert link_visits.look(ctx, token, "", "").over == "expired"


def test_what_is_under_way_now_stays_as_it_is(ctx, clock, bob):
    draft_id = typed(ctx, bob)
    before = row(ctx, draft_id)

    clock_jumps.mend(ctx)

    assert row(ctx, draft_id) == before
