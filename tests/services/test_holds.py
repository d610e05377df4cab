"""Who is left alone: refused sign-ins are counted, and what a server asks for is kept, for it and for its inboxes."""

from datetime import timedelta

import pytest
from sqlmodel import select

from console.rules.cadence import LONGEST_HOLD, REFUSED_AN_HOUR, TYPED_AN_HOUR
from console.services import checks, drafts, holds
from console.services.context import Refused
from console.store.models import Credential
from console.store.servers import Hold, RefusedSignIn
from tests.owl import OwlFamily
from tests.pigeon import LoftClosed
from tests.services import made

ADDRESS = "bob@acme.test"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Answer(Exception):
    """What a server answers, in any words."""

    def __init__(self, code, retry_after=None, host=None):
        super().__init__(code)
        self.code, self.retry_after = code, retry_after
        if host:
            self.problem_host = host


@pytest.fixture
def families(pigeons):
    return (pigeons, OwlFamily())


def box(number):
    return f"box{number:03}@acme.test"


def held(ctx, inbox_id):
    with ctx.store.read() as session:
        found = holds.of_inbox(ctx, session, made.inbox(ctx, inbox_id), ctx.clock())
    return found and (found.level, found.why, found.until - ctx.clock())


def counted(ctx):
    with ctx.store.read() as session:
        return [(row.address, row.host) for row in session.exec(select(RefusedSignIn).order_by(RefusedSignIn.id))]


def new_password(ctx, inbox_id):
    """Let the stored password count as never refused, as after an edit that leads elsewhere."""
    with ctx.store.write() as session:
        session.get_one(Credential, inbox_id).refused = {}
    made.change(ctx, inbox_id, next_check=ctx.clock())


def type_wrong(ctx, bob, address, **options):
    return made.enrol(ctx, bob, address, whistle="moo", **options)


# Counting.


def test_a_refused_sign_in_is_counted_by_address_and_server(ctx, bob, work):
    made.make(ctx, bob, ADDRESS, whistle="moo")

    work.sweep()

    assert counted(ctx) == [(ADDRESS, made.LOFT)]


def test_a_sign_in_that_was_accepted_or_never_sent_is_not_counted(ctx, bob, work, pigeons):
    made.make(ctx, bob, ADDRESS)
    made.make(ctx, bob, "closed@acme.test", loft="closed.test")
    pigeons.weather["closed.test"] = LoftClosed("full")

    work.sweep()

    assert counted(ctx) == []


@pytest.mark.timeout(240)
def test_a_wrong_password_on_five_hundred_inboxes_is_sent_once_each(ctx, bob, work, pigeons, clock):
    made.make(ctx, bob, *map(box, range(500)), whistle="moo")

    for _ in range(4):
        work.sweep()
        clock.advance(minutes=20)

    assert len(pigeons.flights) == len(counted(ctx)) == 500


def test_a_server_that_refuses_many_is_met_by_one_at_a_time(ctx, bob, work, clock):
    made.make(ctx, bob, *map(box, range(ctx_limit := ctx.config.refused_sign_ins_per_host)), whistle="moo")
    work.sweep()
    others = made.make(ctx, bob, *map(box, range(100, 110)))

    assert ctx_limit == 30
    assert len(checks.claim(ctx, others, due_only=True)) == 1


# A mailbox.


def test_a_mailbox_is_not_signed_in_to_a_fourth_time_within_an_hour(ctx, bob, work, pigeons, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    for _ in range(6):
        new_password(ctx, inbox_id)
        work.sweep()
        clock.advance(minutes=10)

    assert len(pigeons.flights) == REFUSED_AN_HOUR
    assert held(ctx, inbox_id) is None  # The hour since the first of them is over now.
    new_password(ctx, inbox_id)
    work.sweep()
    assert len(pigeons.flights) == REFUSED_AN_HOUR + 1


def test_a_mailbox_that_is_left_alone_says_until_when_and_test_now_does_too(ctx, bob, work, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    for _ in range(3):
        new_password(ctx, inbox_id)
        work.sweep()
        clock.advance(minutes=1)

    assert held(ctx, inbox_id) == ("inbox", "refusals", 57 * MINUTE)
    with pytest.raises(Refused, match="too many refused sign-ins of this mailbox") as refused:
        checks.ask(ctx, bob, inbox_id)
    assert refused.value.values["until"] == clock.now + 57 * MINUTE


def test_an_answer_that_nobody_knows_right_after_the_sign_in_counts_like_a_refusal(ctx, bob, work, pigeons, clock):
    class Puzzling(type(pigeons)):
        def check(self, mailbox, probe):
            with probe.stage("sign-in", host=made.LOFT):
                probe.attempt("whistle")
                self.flights.append((made.LOFT, ""))
                raise Answer("unknown")

    pigeons.__class__ = Puzzling
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    for _ in range(50):
        work.sweep()
        clock.advance(minutes=1)

    assert len(pigeons.flights) == REFUSED_AN_HOUR
    assert made.inbox(ctx, inbox_id).next_check >= clock.now + 9 * MINUTE


def test_runs_of_the_wizard_count_and_have_a_larger_allowance(ctx, bob, pigeons, clock):
    for _ in range(TYPED_AN_HOUR):
        type_wrong(ctx, bob, ADDRESS)

    with pytest.raises(Refused, match="Wait until") as refused:
        type_wrong(ctx, bob, ADDRESS)

    assert len(pigeons.flights) == TYPED_AN_HOUR
    assert refused.value.values["until"] == clock.now + HOUR


def test_the_wizard_goes_on_when_the_hour_is_over(ctx, bob, pigeons, clock):
    for _ in range(TYPED_AN_HOUR):
        type_wrong(ctx, bob, ADDRESS)
    clock.advance(hours=1)

    type_wrong(ctx, bob, ADDRESS)

    assert len(pigeons.flights) == TYPED_AN_HOUR + 1


def test_what_the_wizard_was_refused_pauses_the_schedule_of_that_inbox_until_a_password_is_accepted(
    ctx, bob, work, clock
):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, next_check=clock.now + 5 * HOUR)
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    for _ in range(3):
        made.type_in(ctx, bob, draft_id, whistle="moo")
        work.verify(draft_id)
    paused = held(ctx, inbox_id)

    made.type_in(ctx, bob, draft_id)
    work.verify(draft_id)

    assert (paused, held(ctx, inbox_id)) == (("inbox", "refusals", HOUR), None)


def test_passwords_that_a_person_types_are_told_with_the_problem_like_all_that_was_sent_since(ctx, bob, work):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, whistle="moo")
    work.sweep()
    assert made.inbox(ctx, inbox_id).attempts == 0
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    for _ in range(2):
        made.type_in(ctx, bob, draft_id, whistle="moo")
        work.verify(draft_id)

    assert made.inbox(ctx, inbox_id).attempts == 2


# A server.


class TestOfServers:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_REFUSED_SIGN_INS_PER_HOST": "4"}

    def repeat(self, ctx, work, ids):
        for one in ids:
            new_password(ctx, one)
        work.sweep()

    def test_what_is_refused_beyond_the_first_of_each_mailbox_is_limited(self, ctx, bob, work, pigeons, clock):
        ids = made.make(ctx, bob, *map(box, range(10)), whistle="moo")
        work.sweep()
        clock.advance(minutes=5)

        self.repeat(ctx, work, ids)

        assert len(pigeons.flights) == 14

    def test_then_nothing_is_sent_there_before_the_window_is_over(self, ctx, bob, work, pigeons, clock):
        ids = made.make(ctx, bob, *map(box, range(10)), whistle="moo")
        (well, elsewhere) = (
            made.make(ctx, bob, "well@acme.test", next_check=None),
            made.make(ctx, bob, "else@acme.test", loft="other.test", next_check=None),
        )
        work.sweep()
        self.repeat(ctx, work, ids)
        for one in (*well, *elsewhere):
            made.change(ctx, one, next_check=clock.now)
        work.sweep()

        assert held(ctx, well[0]) == ("host", "refusals", HOUR)
        assert held(ctx, elsewhere[0]) is None
        assert [loft for loft, whistle in pigeons.flights if whistle == "coo"] == ["other.test"]
        assert made.inbox(ctx, well[0]).health == "healthy"
        with pytest.raises(Refused, match="too many refused sign-ins at %") as refused:
            checks.ask(ctx, bob, well[0])
        assert refused.value.values == {"until": clock.now + HOUR, "target": made.LOFT}

        clock.advance(hours=1)
        work.sweep()
        assert (made.LOFT, "coo") in pigeons.flights


# What servers ask for.


def answering(ctx, bob, pigeons, code, retry_after=None, *, at=made.LOFT, number=0, **options):
    """Have a new inbox answered so; return its id."""
    (inbox_id,) = made.make(ctx, bob, box(number), loft=at, **options)
    pigeons.weather[at] = Answer(code, retry_after)
    checks.run(ctx, inbox_id, checks.SHELL)
    del pigeons.weather[at]
    return inbox_id


@pytest.mark.parametrize("code", ["server-unavailable", "server-error", "exchange-balancer", "oauth-provider-outage"])
def test_a_server_that_asks_to_be_left_alone_is_left_alone_by_all_its_inboxes(ctx, bob, work, pigeons, clock, code):
    first = answering(ctx, bob, pigeons, code, 1200)
    (other,) = made.make(ctx, bob, "other@acme.test")
    flights = len(pigeons.flights)

    work.sweep()

    assert held(ctx, first)[1:] == held(ctx, other)[1:] == ("asked", 20 * MINUTE)
    assert (len(pigeons.flights), made.inbox(ctx, other).health) == (flights, "healthy")
    with pytest.raises(Refused, match="asked to be left alone until"):
        checks.ask(ctx, bob, other)
    clock.advance(minutes=20)
    work.sweep()
    assert len(pigeons.flights) > flights


def test_a_server_that_only_sends_and_asks_to_be_left_alone_keeps_nobody_from_reading(ctx, bob, pigeons, clock):
    pigeons.hawks[made.LOFT] = Answer("server-unavailable", 1200, host="smtp.hill.test")
    (inbox_id,) = made.make(ctx, bob, box(0))

    checks.run(ctx, inbox_id, checks.SHELL)

    with ctx.store.read() as session:
        assert list(holds.of_hosts(session, ["smtp.hill.test"], clock.now).values()) == [clock.now + 20 * MINUTE]
    assert held(ctx, inbox_id) is None
    row = made.inbox(ctx, inbox_id)
    assert (row.next_check - clock.now, row.full_due - clock.now) == (15 * MINUTE, 20 * MINUTE)


@pytest.mark.parametrize("code", ["rate-limited", "too-many-connections", "login-throttled"])
def test_a_mailbox_that_is_told_to_wait_waits_alone_and_a_second_one_tells_that_it_is_the_server(
    ctx, bob, pigeons, clock, code
):
    first = answering(ctx, bob, pigeons, code, 5400)
    (other,) = made.make(ctx, bob, "other@acme.test")
    alone = (held(ctx, first), held(ctx, other))

    answering(ctx, bob, pigeons, code, 5400, number=1)

    assert alone == (("inbox", "throttled", 90 * MINUTE), None)
    assert held(ctx, other) == ("host", "throttled", 90 * MINUTE)


def test_a_throttled_sign_in_is_left_alone_for_an_hour_and_then_tried_once(ctx, bob, work, pigeons, clock):
    inbox_id = answering(ctx, bob, pigeons, "login-throttled")
    flights = len(pigeons.flights)
    for _ in range(59):
        clock.advance(minutes=1)
        work.sweep()
    before = len(pigeons.flights)
    clock.advance(minutes=8)
    work.sweep()
    work.sweep()

    assert (before, len(pigeons.flights)) == (flights, flights + 1)
    assert made.inbox(ctx, inbox_id).health == "healthy"


def test_what_is_asked_of_the_app_as_a_whole_holds_the_provider(ctx, bob, clock):
    (inbox_id,) = made.make(ctx, bob, ADDRESS, settings={})
    made.change(ctx, inbox_id, provider="owl", host="tower.test")
    with ctx.store.write() as session:
        session.add(Hold(level="app", target="owl", until=clock.now + HOUR, why="asked", since=clock.now))

    with ctx.store.read() as session:
        found = holds.of_inbox(ctx, session, made.inbox(ctx, inbox_id), clock.now)

    assert (found.level, found.target) == ("app", ctx.families.get("owl").label)
    assert checks.claim(ctx, [inbox_id], due_only=True) == {}


@pytest.mark.parametrize("silly", [10**12, 7 * 3600])
def test_nobody_is_left_alone_for_longer_than_six_hours(ctx, bob, pigeons, silly):
    inbox_id = answering(ctx, bob, pigeons, "server-unavailable", silly)

    assert held(ctx, inbox_id)[2] == LONGEST_HOLD


@pytest.mark.parametrize("silly", [0, -5, None])
def test_a_server_that_names_no_time_is_looked_at_again_as_after_any_wobble(ctx, bob, pigeons, clock, silly):
    inbox_id = answering(ctx, bob, pigeons, "server-unavailable", silly)

    assert held(ctx, inbox_id) is None
    assert made.inbox(ctx, inbox_id).next_check == clock.now + MINUTE


def test_what_holds_longer_goes_on_doing_so(ctx, bob, pigeons):
    first = answering(ctx, bob, pigeons, "server-unavailable", 3600)
    with ctx.store.write() as session:
        holds._hold(session, "host", made.LOFT, ctx.clock() + MINUTE, "asked", ctx.clock())

    assert held(ctx, first)[2] == HOUR


@pytest.mark.parametrize(("since", "until"), [(timedelta(), 24 * HOUR), (2 * HOUR, 3 * HOUR)])
def test_a_hold_that_a_wrong_clock_wrote_holds_nobody_and_is_dropped(ctx, bob, clock, since, until):
    (inbox_id,) = made.make(ctx, bob, ADDRESS)
    with ctx.store.write() as session:
        session.add(Hold(level="host", target=made.LOFT, until=clock.now + until, why="asked", since=clock.now + since))
        session.add(RefusedSignIn(address=ADDRESS, host=made.LOFT, at=clock.now.replace(year=2030)))

    nobody = held(ctx, inbox_id)
    holds.prune(ctx, clock.now)

    assert nobody is None
    assert counted(ctx) == []
    with ctx.store.read() as session:
        assert session.exec(select(Hold)).all() == []


def test_the_page_of_settings_lists_servers_and_apps_that_are_left_alone(ctx, bob, pigeons, clock):
    answering(ctx, bob, pigeons, "server-unavailable", 3600)

    found = holds.current(ctx)

    assert [(one.level, one.target, one.until) for one in found] == [("host", made.LOFT, clock.now + HOUR)]
