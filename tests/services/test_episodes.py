"""Episodes: one open at most, from the first check that did not pass to the next that did."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from console.services import checks, drafts, episodes, people, switches, verification, watch
from console.store.episodes import Episode
from console.store.models import Inbox
from tests.pigeon import LoftClosed
from tests.services import made

ADDRESS = "bob@hill.test"


@pytest.fixture
def one(ctx, bob):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    return inbox_id


def all_of(ctx, inbox_id):
    with ctx.store.read() as session:
        return list(session.exec(select(Episode).where(Episode.inbox_id == inbox_id).order_by(Episode.id)).all())


def newest(ctx, inbox_id):
    return all_of(ctx, inbox_id)[-1]


def check(ctx, inbox_id):
    return checks.run(ctx, inbox_id, checks.SHELL)


@pytest.fixture
def closed(pigeons):
    pigeons.weather[made.LOFT] = LoftClosed("the loft is closed")


def test_a_check_that_passes_opens_none(ctx, one):
    check(ctx, one)

    assert all_of(ctx, one) == []


def test_the_first_check_that_does_not_pass_opens_one(ctx, one, closed, clock):
    check(ctx, one)

    found = newest(ctx, one)
    assert (found.problem, found.health, found.began_at) == ("server-unavailable", "degraded", clock.now)
    assert (found.ended_at, found.ripe_at) == (None, None)


def test_the_next_check_that_passes_ends_it(ctx, one, closed, pigeons, clock):
    check(ctx, one)
    pigeons.weather.clear()
    clock.advance(minutes=2)

    check(ctx, one)

    found = newest(ctx, one)
    assert (found.ended_at, found.ended_how) == (clock.now, "recovered")


def test_checks_that_fail_one_after_the_other_are_one_episode(ctx, one, closed, clock):
    for _ in range(4):
        check(ctx, one)
        clock.advance(minutes=1)

    assert len(all_of(ctx, one)) == 1
    assert newest(ctx, one).health == "failing"


def test_a_wobble_is_ripe_after_three_strikes_and_a_quarter_of_an_hour(ctx, one, closed, clock):
    for _ in range(3):
        check(ctx, one)
        clock.advance(minutes=2)
    assert newest(ctx, one).ripe_at is None

    clock.advance(minutes=9)
    check(ctx, one)

    assert newest(ctx, one).ripe_at == clock.now


def test_two_strikes_are_not_ripe_however_long_they_take(ctx, one, closed, clock):
    check(ctx, one)
    clock.advance(hours=3)
    check(ctx, one)

    assert newest(ctx, one).ripe_at is None


def test_a_refusal_is_ripe_at_once(ctx, bob, clock):
    (one,) = made.make(ctx, bob, ADDRESS, whistle="wrong")

    check(ctx, one)

    assert (newest(ctx, one).problem, newest(ctx, one).ripe_at) == ("bad-credentials", clock.now)


def test_the_third_refusal_at_one_place_is_not_told_before_it_is_known_whether_it_is_a_wave(ctx, bob, clock):
    ids = made.make(ctx, bob, *(f"box{number}@hill.test" for number in range(4)), whistle="wrong")

    for inbox_id in ids:
        check(ctx, inbox_id)

    assert [newest(ctx, inbox_id).ripe_at is not None for inbox_id in ids] == [True, True, False, False]


def test_three_people_who_are_refused_for_three_reasons_are_told_at_once(ctx, bob, pigeons, clock, monkeypatch):
    ids = made.make(ctx, bob, *(f"box{number}@hill.test" for number in range(3)))
    codes = iter(["bad-credentials", "password-expired", "mfa-required"])

    def knows(_whistle):
        raise type("No", (Exception,), {"code": next(codes)})("no")

    monkeypatch.setattr(pigeons, "knows", knows)

    for inbox_id in ids:
        check(ctx, inbox_id)

    assert [newest(ctx, inbox_id).ripe_at for inbox_id in ids] == [clock.now] * 3


def test_a_wobble_that_turns_into_a_refusal_is_ripe_and_counts_from_then(ctx, bob, pigeons, closed, clock):
    (one,) = made.make(ctx, bob, ADDRESS, whistle="wrong")
    check(ctx, one)
    began = clock.now
    pigeons.weather.clear()
    clock.advance(minutes=1)

    check(ctx, one)

    found = newest(ctx, one)
    assert (found.began_at, found.turned_at, found.ripe_at) == (began, clock.now, clock.now)
    assert (found.problem, found.health) == ("bad-credentials", "needs-sign-in")


def test_what_the_owner_chose_to_do_without_is_no_episode(ctx, one):
    made.change(ctx, one, receives_only="smtp-auth-disabled")

    check(ctx, one)

    assert made.inbox(ctx, one).health == "degraded"
    assert all_of(ctx, one) == []


def test_a_reconnect_ends_it(ctx, bob):
    (one,) = made.make(ctx, bob, ADDRESS, whistle="wrong")
    check(ctx, one)

    draft_id = drafts.start_reconnect(ctx, bob, one)
    drafts.accept_disclosure(ctx, bob, draft_id)
    made.type_in(ctx, bob, draft_id)
    verification.run(ctx, draft_id)

    assert newest(ctx, one).ended_how == "reconnected"


@pytest.mark.parametrize("level", ["inbox", "owner", "provider"])
def test_switching_off_at_any_level_ends_it(ctx, alice, bob, one, closed, clock, level):
    check(ctx, one)

    if level == "inbox":
        switches.disable(ctx, bob, one)
    elif level == "owner":
        people.deactivate(ctx, alice, bob.id)
    else:
        switches.switch_provider_off(ctx, alice, "pigeon")

    assert (newest(ctx, one).ended_how, newest(ctx, one).ended_at) == ("disabled", clock.now)


def test_switching_something_else_off_ends_nothing(ctx, bob, one, closed):
    (other,) = made.make(ctx, bob, "other@hill.test")
    check(ctx, one)

    switches.disable(ctx, bob, other)

    assert newest(ctx, one).ended_at is None


def test_removal_ends_it(ctx, bob, one, closed):
    check(ctx, one)

    switches.remove(ctx, bob, one)

    assert newest(ctx, one).ended_how == "removed"


def test_noted_twice_it_is_the_same_episode(ctx, one, closed, clock):
    check(ctx, one)
    with ctx.store.write() as session:
        turned = episodes.note(ctx, session, session.get_one(Inbox, one), clock.now)

    assert not turned
    assert len(all_of(ctx, one)) == 1


def test_of_many_that_note_at_once_one_opens_it(ctx, one):
    made.change(ctx, one, health="degraded", problem="server-unavailable", strikes=1)

    def note(_):
        with ctx.store.write() as session:
            return episodes.note(ctx, session, session.get_one(Inbox, one), ctx.clock())

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(note, range(8)))

    assert opened.count(True) == 1
    assert len(all_of(ctx, one)) == 1


def test_a_certificate_is_not_told_before_its_incident_is_there(ctx, one, pigeons, clock):
    class Expired(Exception):
        code = "tls-expired"

    pigeons.weather[made.LOFT] = Expired("expired")
    check(ctx, one)
    assert newest(ctx, one).ripe_at is None

    watch.tick(ctx)

    assert newest(ctx, one).incident_id is not None
