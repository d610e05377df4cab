"""What the health of many inboxes comes to when one cause stops them all, counted at the server.

The same with five hundred, from the lab's servers to the mails: tests/lab/test_outage.py.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from console.services import checks, inboxes, incident_views, switches, watch
from console.services.sweep import Sweep
from console.store.episodes import Episode
from tests.pigeon import PigeonFamily
from tests.services import made, owls, storms
from tests.services.storms import close, flock, incidents, members, pass_time

MANY = 60
pytestmark = pytest.mark.timeout(240)


class Lofts(PigeonFamily):
    """Counts whistles by mailbox."""

    def __init__(self):
        super().__init__()
        self.whistles = Counter()

    def check(self, mailbox, probe):
        attempt = probe.attempt

        def counted(channel, field="password"):
            attempt(channel, field)
            self.whistles[mailbox.address] += 1

        probe.attempt = counted
        super().check(mailbox, probe)


@pytest.fixture
def settings():
    return storms.FAST


@pytest.fixture
def pigeons():
    return Lofts()


def shown(ctx, actor):
    return {row.problem for row in inboxes.page(ctx, actor).rows}


def test_a_provider_that_is_down_for_an_hour_is_one_incident_and_everything_heals_by_itself(ctx, alice, pigeons, clock):
    flock(ctx, alice, MANY)
    pass_time(ctx, clock, 5)
    close(pigeons)
    asked_to_sign_in = set()

    def look():
        asked_to_sign_in.update(shown(ctx, alice) & {"bad-credentials"})
        with ctx.store.read() as session:
            asked_to_sign_in.update(session.exec(select(Episode.id).where(Episode.health == "needs-sign-in")).all())

    pass_time(ctx, clock, 60, each=look)
    (one,) = incidents(ctx)
    assert len(members(ctx, one)) == MANY
    assert (one.level, one.target, one.owners_told_from) == ("host", "hill.test", None)
    pigeons.weather.clear()
    pass_time(ctx, clock, 15, each=look)

    (one,) = incidents(ctx)
    assert (one.state, one.most_inboxes, one.all_clear_at) == ("over", MANY, None)
    assert storms.healths(ctx) == {"healthy"}
    assert asked_to_sign_in == set()


def test_a_wrong_password_on_many_is_one_attempt_each_and_three_more_at_most(ctx, alice, pigeons, clock):
    flock(ctx, alice, MANY, whistle="wrong")

    pass_time(ctx, clock, 17)
    assert shown(ctx, alice) == {"many-refused"}
    pass_time(ctx, clock, 120, step=2.0)

    assert len(pigeons.whistles) == MANY
    assert sum(pigeons.whistles.values()) <= MANY + 3
    assert max(pigeons.whistles.values()) <= 1 + 3
    (one,) = incidents(ctx)
    assert one.owners_told_from is not None
    assert shown(ctx, alice) == {"bad-credentials"}


def test_a_wave_that_was_the_providers_fault_costs_one_more_attempt_each(ctx, alice, pigeons, clock, monkeypatch):
    flock(ctx, alice, MANY, whistle="wrong")
    pass_time(ctx, clock, 17)
    monkeypatch.setattr(pigeons, "knows", lambda whistle: True)
    before = Counter(pigeons.whistles)

    pass_time(ctx, clock, 24)
    more = pigeons.whistles - before
    (one,) = incidents(ctx)
    assert (one.state, one.owners_told_from) == ("over", None)
    assert storms.healths(ctx) == {"healthy"}
    assert more == dict.fromkeys(before, 1)


def test_of_several_workers_one_tries_the_canary_and_they_make_one_incident(ctx, alice, pigeons, clock):
    ids = flock(ctx, alice, 40)
    close(pigeons)

    def work(_):
        watch.tick(ctx)
        Sweep(ctx).run()

    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            clock.advance(minutes=1)
            list(pool.map(work, range(4)))
    (one,) = incidents(ctx)
    assert members(ctx, one) == set(ids)
    clock.advance(minutes=6)

    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda _: checks.claim(ctx, ids, due_only=False), range(4)))

    assert [list(found) for found in claimed if found] == [[one.canary_id]]


class TestAnApp:
    @pytest.fixture
    def families(self, owl):
        return (owl, Lofts())

    @pytest.fixture
    def bobs(self, ctx, alice, bob):
        owls.set_up(ctx, alice, client_secret="quill")
        return owls.make(ctx, bob, *(f"owl{number}@owls.test" for number in range(20)))

    def test_a_client_secret_is_one_incident_from_the_first_inbox_on_and_no_owners(self, ctx, alice, bobs, clock):
        pass_time(ctx, clock, 2)

        (one,) = incidents(ctx)
        assert (one.level, one.target, one.problem, one.nature) == ("app", "owl", "oauth-client-secret", "shared")
        assert one.owners_told_from is None
        assert members(ctx, one) == set(bobs)
        card = incident_views.card(ctx, alice, one.id)
        assert (card.who, card.inboxes, card.canary.next_try is not None) == ("us", 20, True)
        pass_time(ctx, clock, 180, step=3.0)
        assert [found.owners_told_from for found in incidents(ctx)] == [None]

    def test_it_ends_when_the_provider_takes_the_app_again(self, ctx, alice, bobs, clock):
        pass_time(ctx, clock, 2)
        owls.set_up(ctx, alice)

        pass_time(ctx, clock, 3)

        assert [found.state for found in incidents(ctx)] == ["over"]
        assert storms.healths(ctx) == {"healthy"}


class TestASwitch:
    def test_a_provider_that_is_switched_off_is_one_incident_until_it_is_on(self, ctx, alice, bob, pigeons, clock):
        flock(ctx, bob, 3)
        switches.switch_provider_off(ctx, alice, "pigeon")
        pass_time(ctx, clock, 2)

        (one,) = incidents(ctx)
        card = incident_views.card(ctx, alice, one.id)
        assert (one.level, one.target, one.problem) == ("provider", "pigeon", "switched-off")
        assert (card.acts_name, card.inboxes, len(card.rows), card.canary) == ("Alice Andersen", 3, 3, None)
        switches.switch_provider_on(ctx, alice, "pigeon")
        pass_time(ctx, clock, 1)
        assert [found.state for found in incidents(ctx)] == ["over"]

    def test_one_that_nobody_uses_is_none(self, ctx, alice, clock):
        switches.switch_provider_off(ctx, alice, "pigeon")

        pass_time(ctx, clock, 2)

        assert incidents(ctx) == []


def test_a_certificate_of_one_inbox_is_one_incident_that_is_tried_every_hour(ctx, bob, pigeons, clock):
    class Expired(Exception):
        code = "tls-expired"

    (one,) = made.make(ctx, bob, "bob@hill.test")
    pigeons.weather[made.LOFT] = Expired("expired")
    pass_time(ctx, clock, 2)

    assert [(found.level, found.target, found.problem) for found in incidents(ctx)] == [
        ("host", "hill.test", "tls-expired")
    ]
    pigeons.weather.clear()
    pass_time(ctx, clock, 62)
    assert [found.state for found in incidents(ctx)] == ["over"]
    assert made.inbox(ctx, one).health == "healthy"
