"""Whatever servers, people and the clock did before: every inbox is looked at again, or its owner was told."""

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from console.providers.errors import StageTimeout
from console.services import cadence, checks, clock_jumps, switches, watch
from console.services.context import Refused
from console.services.sweep import Sweep
from tests.pigeon import LoftClosed
from tests.services import made, storms
from tests.services.storms import flock, incidents
from tests.services.test_episodes import newest

LOFTS = ("one.test", "two.test")


class Busy(Exception):
    code, retry_after = "rate-limited", 3 * 3600


class Down(Exception):
    code, retry_after = "server-unavailable", 1200


@pytest.fixture
def settings():
    return storms.FAST


def round_of(ctx):
    clock_jumps.mend(ctx)
    cadence.mend(ctx, ctx.clock())
    watch.tick(ctx)
    Sweep(ctx).run()
    watch.tick(ctx)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_storm_everything_heals_by_itself_or_waits_for_an_owner_who_was_told(
    ctx, alice, bob, pigeons, clock, seed
):
    chance = Random(seed)
    ids = [one for loft in LOFTS for one in flock(ctx, bob, 4, loft=loft, domain=f"{loft}.acme.test")]
    refusing = set()
    pigeons.knows = lambda _whistle: "all" not in refusing
    ahead = timedelta(0)

    def jump():
        nonlocal ahead
        ahead, by = (timedelta(0), -ahead) if ahead else (timedelta(days=chance.choice([1, 365])),) * 2
        clock.advance(seconds=by.total_seconds())

    def ask():
        with suppress(Refused):
            checks.ask(ctx, bob, chance.choice(ids))

    happens = (
        lambda: pigeons.weather.update({chance.choice(LOFTS): chance.choice([LoftClosed(), Busy(), Down()])}),
        lambda: pigeons.weather.update({chance.choice(LOFTS): StageTimeout("nobody answers")}),
        pigeons.weather.clear,
        lambda: refusing.add("all"),
        refusing.clear,
        lambda: switches.disable(ctx, bob, chance.choice(ids)),
        lambda: switches.enable(ctx, bob, chance.choice(ids)),
        lambda: switches.switch_provider_off(ctx, alice, "pigeon"),
        lambda: switches.switch_provider_on(ctx, alice, "pigeon"),
        jump,
        ask,
    )
    for _ in range(20):
        chance.choice(happens)()
        clock.advance(minutes=chance.choice([1, 4, 9]))
        round_of(ctx)
    if ahead:
        jump()
    pigeons.weather.clear()
    refusing.clear()
    switches.switch_provider_on(ctx, alice, "pigeon")
    for one in ids:
        switches.enable(ctx, bob, one)

    for minutes in [9] * 45:
        clock.advance(minutes=minutes)
        round_of(ctx)

    for one in ids:
        row = made.inbox(ctx, one)
        if row.health == "healthy":
            assert row.next_check <= clock.now + timedelta(minutes=17)
        else:
            assert (row.health, row.next_check) == ("needs-sign-in", None)
            assert newest(ctx, one).ripe_at <= clock.now
    assert [one.problem for one in incidents(ctx) if one.ended_at is None and one.owners_told_from is None] == []
