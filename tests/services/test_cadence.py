"""How often is checked: where that comes from, what changing it does to inboxes that wait, and who may."""

from datetime import timedelta

import pytest

from console.assembly import make
from console.config import ConfigError, load
from console.services import cadence, checks, settings
from console.services.context import NotFound, Refused
from console.store.models import Inbox
from console.store.notices import Setting
from tests import placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily

MINUTE = timedelta(minutes=1)


@pytest.fixture
def families(pigeons):
    return (pigeons, OwlFamily())


def source(ctx, slug="pigeon"):
    found = cadence.intervals(ctx).of(slug)
    return found.every / MINUTE, found.source, found.own


def inbox(ctx, inbox_id):
    with ctx.store.read() as session:
        return session.get_one(Inbox, inbox_id)


def change(ctx, actor, general=None, revision=None, **own):
    return cadence.change(ctx, actor, general, own, revision=revision)


def test_a_quarter_of_an_hour_counts_while_nobody_decided_anything(ctx):
    assert source(ctx) == (15, "default", False)


def test_what_an_admin_set_for_all_counts_for_every_provider(ctx, alice):
    change(ctx, alice, 30)

    assert (source(ctx), source(ctx, "owl")) == ((30, "here", False), (30, "here", False))


def test_what_is_set_for_one_provider_wins_over_what_is_set_for_all(ctx, alice):
    change(ctx, alice, 30, pigeon=5)

    assert (source(ctx), source(ctx, "owl")) == ((5, "here", True), (30, "here", False))


class TestWithConfiguration:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECK_EVERY": "600", "CONSOLE_CHECK_EVERY_BY_PROVIDER": "pigeon=120"}

    def test_what_the_configuration_sets_wins_and_is_not_changed_here(self, ctx, alice):
        change(ctx, alice, 30, pigeon=45)

        assert (source(ctx), source(ctx, "owl")) == ((2, "configuration", True), (10, "configuration", False))

    def test_a_provider_that_the_configuration_leaves_out_is_still_set_here(self, ctx, alice):
        change(ctx, alice, owl=45)

        assert source(ctx, "owl") == (45, "here", True)


def test_a_configuration_for_a_provider_that_there_is_not_stops_the_start(tmp_path):
    config = load({"CONSOLE_INSTANCE": str(tmp_path), "CONSOLE_CHECK_EVERY_BY_PROVIDER": "imapp=600"})

    with pytest.raises(ConfigError, match="imapp is no provider; there are pigeon"):
        make(config, families=(PigeonFamily(),))


def test_every_takes_the_open_session_or_none(ctx, alice):
    change(ctx, alice, pigeon=5)

    with ctx.store.read() as session:
        assert cadence.every(ctx, session, "pigeon") == 5 * MINUTE
    assert cadence.every(ctx, None, "pigeon") == 5 * MINUTE


@pytest.mark.parametrize("broken", [{"every": 1}, {"every": "often"}, {"every": True}, {"providers": ["pigeon"]}])
def test_what_is_stored_broken_or_out_of_bounds_does_not_count(ctx, broken, clock):
    with ctx.store.write() as session:
        session.add(Setting(name="checks", value=broken, at=clock.now))

    assert source(ctx) == (15, "default", False)


@pytest.mark.parametrize("minutes", [0, 1441, 10**7])
def test_an_interval_out_of_bounds_is_refused_beside_its_field(ctx, alice, minutes):
    with pytest.raises(Refused) as refused:
        change(ctx, alice, 15, pigeon=minutes)

    assert (refused.value.field, refused.value.sentence) == ("pigeon", cadence.OUT_OF_BOUNDS)


@pytest.mark.parametrize("who", ["bob", "hanne"])
def test_only_an_account_admin_sets_it(ctx, request, who):
    with pytest.raises(NotFound):
        change(ctx, request.getfixturevalue(who), 30)


def test_of_two_admins_the_slower_one_changes_nothing(ctx, alice):
    change(ctx, alice, 30, revision=0)

    with pytest.raises(Refused):
        change(ctx, alice, 60, revision=0)

    assert source(ctx)[0] == 30


def test_the_next_check_follows_the_new_interval_without_a_restart(ctx, alice, bob, clock):
    inbox_id = placed.inbox(ctx, bob, next_check=clock.now)
    change(ctx, alice, 40)

    checks.run(ctx, inbox_id, checks.SHELL)

    assert inbox(ctx, inbox_id).next_check == clock.now + 40 * MINUTE


def test_a_shorter_interval_pulls_in_who_would_wait_longer_each_at_a_time_of_its_own(ctx, alice, bob, clock):
    ids = [
        placed.inbox(ctx, bob, f"bob{number}@acme.test", next_check=clock.now + timedelta(hours=20))
        for number in range(30)
    ]

    change(ctx, alice, pigeon=5)

    times = [inbox(ctx, one).next_check for one in ids]
    assert all(clock.now < time <= clock.now + 5 * MINUTE for time in times)
    assert len(set(times)) == cadence.GROUPS


def test_a_shorter_interval_pulls_in_who_cannot_send_because_reading_goes_on(ctx, alice, bob, clock):
    later = clock.now + timedelta(hours=20)
    columns = {"health": "failing", "problem": "server-unavailable", "problem_stage": "send", "strikes": 4}
    inbox_id = placed.inbox(ctx, bob, next_check=later, **columns)

    change(ctx, alice, pigeon=5)

    assert inbox(ctx, inbox_id).next_check <= clock.now + 5 * MINUTE


def test_a_shorter_interval_leaves_alone_who_waits_for_another_reason(ctx, alice, bob, clock):
    later = clock.now + timedelta(hours=20)
    left = [
        placed.inbox(ctx, bob, "a@acme.test", next_check=clock.now + 2 * MINUTE),
        placed.inbox(ctx, bob, "b@acme.test", health="failing", problem="tls-expired", next_check=later),
        placed.inbox(ctx, bob, "c@acme.test", health="degraded", problem="dns-temporary", strikes=2, next_check=later),
        placed.inbox(ctx, bob, "d@acme.test", health="needs-sign-in", problem="bad-credentials", next_check=None),
        placed.inbox(ctx, bob, "e@acme.test", provider="owl", next_check=later),
    ]
    before = [inbox(ctx, one).next_check for one in left]

    change(ctx, alice, pigeon=5)

    assert [inbox(ctx, one).next_check for one in left] == before


def test_a_longer_interval_moves_nobody(ctx, alice, bob, clock):
    inbox_id = placed.inbox(ctx, bob)
    before = inbox(ctx, inbox_id).next_check

    change(ctx, alice, 60)

    assert inbox(ctx, inbox_id).next_check == before


def test_the_page_counts_the_inboxes_that_are_checked_and_what_that_takes(ctx, alice, bob, clock):
    for number in range(8):
        placed.inbox(ctx, bob, f"bob{number}@acme.test", removed_at=clock.now if number > 5 else None)

    found = cadence.shown(ctx)

    assert (found.inboxes, found.an_hour) == (6, 24)
    assert cadence.shown(ctx, {"every": 3600}).an_hour == 6


def test_the_audit_says_from_what_to_what(ctx, alice):
    change(ctx, alice, 30)
    change(ctx, alice, 30, pigeon=5)

    with ctx.store.read() as session:
        assert settings.read(session, "checks") == {"every": 1800, "providers": {"pigeon": 300}}
