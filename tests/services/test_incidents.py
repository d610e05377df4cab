"""The life of an incident: from the drops that make it to the last inbox that gets well, whatever the clock does."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import select

from console.providers.errors import StageTimeout
from console.services import (
    checks,
    credentials,
    drafts,
    inbox,
    inboxes,
    incident_views,
    notice_plan,
    switches,
    verification,
    watch,
)
from console.services.context import NotFound
from console.services.sweep import Sweep
from console.store.episodes import Incident
from console.store.models import Credential
from console.store.notices import Notice
from console.web.incidents import incident_view
from tests.pigeon import LoftClosed
from tests.services import made, owls, storms
from tests.services.storms import close, flock, incidents, members, pass_time
from tests.services.test_counted import counted
from tests.services.test_episodes import all_of, newest


@pytest.fixture
def settings():
    return storms.FAST


def kinds(ctx):
    return [(one.level, one.target, one.problem, one.nature, one.state) for one in incidents(ctx)]


def events(incident):
    return [line["what"] for line in incident.events]


class TestAnOutage:
    @pytest.fixture(autouse=True)
    def ids(self, ctx, bob):
        return flock(ctx, bob, 20)

    def test_it_is_one_incident_as_soon_as_a_fifth_has_dropped(self, ctx, pigeons, clock):
        close(pigeons)

        pass_time(ctx, clock, 2)
        assert incidents(ctx) == []
        pass_time(ctx, clock, 1)

        assert kinds(ctx) == [("host", "hill.test", "server-unavailable", "outage", "open")]
        assert len(members(ctx, incidents(ctx)[0])) == 5

    def test_others_join_and_none_becomes_a_second_incident(self, ctx, pigeons, clock, ids):
        close(pigeons)

        pass_time(ctx, clock, 40)

        (one,) = incidents(ctx)
        assert members(ctx, one) == set(ids)
        assert one.most_inboxes == 20

    def test_one_is_tried_for_all_and_the_others_wait(self, ctx, pigeons, clock, ids):
        close(pigeons)
        pass_time(ctx, clock, 20)
        before = {inbox_id: len(made.history(ctx, inbox_id)) for inbox_id in ids}

        pass_time(ctx, clock, 30)

        more = {inbox_id: len(made.history(ctx, inbox_id)) - before[inbox_id] for inbox_id in ids}
        (one,) = incidents(ctx)
        assert {inbox_id for inbox_id, number in more.items() if number} == {one.canary_id}
        assert 6 <= more[one.canary_id] <= 10

    def test_it_heals_by_itself(self, ctx, pigeons, clock):
        close(pigeons)
        pass_time(ctx, clock, 40)
        pigeons.weather.clear()

        pass_time(ctx, clock, 8)

        (one,) = incidents(ctx)
        assert storms.healths(ctx) == {"healthy"}
        assert (one.state, one.owners_told_from, one.all_clear_at) == ("over", None, None)
        assert one.ended_at is not None
        assert events(one)[0] == "opened"
        assert events(one)[-2:] == ["passed", "over"]

    def test_a_canary_that_is_switched_off_is_followed_by_another(self, ctx, bob, pigeons, clock):
        close(pigeons)
        pass_time(ctx, clock, 20)
        first = incidents(ctx)[0].canary_id
        switches.disable(ctx, bob, first)
        pigeons.weather.clear()

        pass_time(ctx, clock, 10)

        (one,) = incidents(ctx)
        assert (one.state, one.canary_id != first) == ("over", True)

    def test_an_inbox_that_fails_for_another_reason_afterwards_leaves_it(self, ctx, bob, pigeons, clock):
        (wrong,) = made.make(ctx, bob, "wrong@hill.test", whistle="wrong")
        close(pigeons)
        pass_time(ctx, clock, 20)
        assert wrong in members(ctx, incidents(ctx)[0])
        pigeons.weather.clear()

        pass_time(ctx, clock, 12)

        assert [one.state for one in incidents(ctx)] == ["over"]
        assert (newest(ctx, wrong).problem, newest(ctx, wrong).incident_id) == ("bad-credentials", None)
        assert newest(ctx, wrong).ripe_at is not None

    def test_a_server_that_comes_back_for_one_only_is_not_back(self, ctx, pigeons, clock, ids):
        close(pigeons)
        pass_time(ctx, clock, 20)
        pigeons.weather.clear()
        pass_time(ctx, clock, 5, each=lambda: close(pigeons) if incidents(ctx)[0].state == "recovering" else None)

        pass_time(ctx, clock, 3)

        (one,) = incidents(ctx)
        assert one.state == "open"
        assert "relapsed" in events(one)
        pigeons.weather.clear()
        pass_time(ctx, clock, 10)
        assert [found.state for found in incidents(ctx)] == ["over"]

    def test_what_a_person_asks_for_does_not_wait_and_counts_for_all(self, ctx, bob, pigeons, clock, ids):
        close(pigeons)
        pass_time(ctx, clock, 20)
        pigeons.weather.clear()
        (one,) = incidents(ctx)
        other = next(inbox_id for inbox_id in ids if inbox_id != one.canary_id)
        checks.ask(ctx, bob, other)

        Sweep(ctx).run()
        watch.soon(ctx)
        clock.advance(seconds=10)
        watch.soon(ctx)

        assert newest(ctx, other).ended_how == "recovered"
        assert incidents(ctx)[0].state == "recovering"

    def test_one_that_ended_because_everything_was_switched_off_has_no_all_clear(self, ctx, bob, pigeons, clock, ids):
        close(pigeons)
        pass_time(ctx, clock, 20)
        for inbox_id in ids:
            switches.disable(ctx, bob, inbox_id)

        pass_time(ctx, clock, 1)

        (one,) = incidents(ctx)
        assert (one.state, one.all_clear_at) == ("over", clock.now)

    @pytest.mark.parametrize("jump", [{"hours": 5}, {"days": -3}])
    def test_a_jump_of_the_clock_neither_ends_it_nor_stops_it_from_healing(self, ctx, pigeons, clock, jump):
        close(pigeons)
        pass_time(ctx, clock, 20)
        clock.advance(**jump)

        pass_time(ctx, clock, 10)
        assert [one.state for one in incidents(ctx)] == ["open"]
        pigeons.weather.clear()
        pass_time(ctx, clock, 10)

        assert [one.state for one in incidents(ctx)] == ["over"]


@pytest.mark.parametrize(("wells", "found"), [(0, [("domain", "acme.test")]), (20, [])])
def test_inboxes_of_other_providers_count_for_the_size_of_their_domain(ctx, bob, pigeons, clock, wells, found):
    """Four servers of one domain lose an inbox each: most of four inboxes, and less than a fifth of twenty-four."""
    for number in range(4):
        flock(ctx, bob, 1, loft=f"{number}.test", domain="acme.test", first=number)
        close(pigeons, f"{number}.test")
    flock(ctx, bob, 20, first=100, loft="far.test")
    others = flock(ctx, bob, wells, first=50, domain="acme.test", loft="owls.test") if wells else []
    for inbox_id in others:
        made.change(ctx, inbox_id, provider="owl", next_check=None)

    pass_time(ctx, clock, 16)

    assert [one[:2] for one in kinds(ctx)] == found


class TestAWaveOfRefusals:
    @pytest.fixture(autouse=True)
    def ids(self, ctx, bob):
        return flock(ctx, bob, 12, whistle="wrong")

    @pytest.fixture
    def truth(self, pigeons, monkeypatch):
        """Let the loft take every whistle again."""

        def take_all():
            monkeypatch.setattr(pigeons, "knows", lambda whistle: True)

        return take_all

    def test_it_is_one_incident_and_everybody_is_refused_once_only(self, ctx, pigeons, clock, ids):
        pass_time(ctx, clock, 17)

        assert kinds(ctx) == [("host", "hill.test", "many-refused", "refusals", "open")]
        assert members(ctx, incidents(ctx)[0]) == set(ids)
        assert incidents(ctx)[0].owners_told_from is None

    def test_after_an_hour_it_is_real_and_each_shows_its_own_problem(self, ctx, pigeons, clock, ids):
        pass_time(ctx, clock, 70)

        (one,) = incidents(ctx)
        assert (one.problem, one.state, one.ended_at) == ("bad-credentials", "open", None)
        assert one.owners_told_from is not None
        assert all(newest(ctx, inbox_id).ripe_at for inbox_id in ids)
        assert len(pigeons.flights) <= len(ids) + 3

    def test_nothing_is_tried_any_more_once_it_is_real(self, ctx, pigeons, clock):
        pass_time(ctx, clock, 70)
        before = len(pigeons.flights)

        pass_time(ctx, clock, 120)

        assert len(pigeons.flights) == before

    def test_when_the_canary_passes_each_is_tried_once_and_is_well(self, ctx, pigeons, clock, ids, truth):
        pass_time(ctx, clock, 17)
        truth()

        pass_time(ctx, clock, 30)

        (one,) = incidents(ctx)
        assert storms.healths(ctx) == {"healthy"}
        assert (one.state, one.owners_told_from) == ("over", None)
        assert len(pigeons.flights) <= 2 * len(ids) + 3 + 12 * 3

    def test_who_is_refused_again_after_the_canary_passed_really_is(self, ctx, pigeons, clock, ids, monkeypatch):
        pass_time(ctx, clock, 17)
        canary = incidents(ctx)[0].canary_id
        first = f"box{ids.index(canary):04}@hill.test"
        monkeypatch.setattr(pigeons, "knows_address", first)
        before = len(pigeons.flights)

        pass_time(ctx, clock, 40)

        (one,) = incidents(ctx)
        assert one.state == "over"
        others = [inbox_id for inbox_id in ids if inbox_id != canary]
        assert {newest(ctx, inbox_id).incident_id for inbox_id in others} == {None}
        assert all(newest(ctx, inbox_id).ripe_at and not newest(ctx, inbox_id).ended_at for inbox_id in others)
        assert len(all_of(ctx, canary)) == 1
        refused_again = [flight for flight in pigeons.flights[before:] if flight[1] == "wrong"]
        assert len(refused_again) <= len(ids) + 3 + 3
        pass_time(ctx, clock, 60)
        assert len(incidents(ctx)) == 1


class TestAWorkerThatIsKilledInTheOneMoreTry:
    """The canary has passed; the worker that tries the others is gone before it writes what they brought."""

    @pytest.fixture
    def ids(self, ctx, bob, pigeons, clock, monkeypatch):
        ids = flock(ctx, bob, 6, whistle="wrong")
        pass_time(ctx, clock, 17)
        monkeypatch.setattr(pigeons, "knows", lambda whistle: True)
        for _ in range(30):
            clock.advance(minutes=1)
            Sweep(ctx).run()
            clock.advance(seconds=10)
            watch.tick(ctx)
            if incidents(ctx)[0].state == "recovering":
                break
        return [inbox_id for inbox_id in ids if inbox_id != incidents(ctx)[0].canary_id]

    def killed(self, ctx, ids, clock, *, sends):
        """Claim these inboxes, blow the whistle if it `sends`, and never come back."""
        clock.advance(seconds=30)
        for task in checks.prepare(ctx, checks.claim(ctx, ids, due_only=True), "schedule"):
            if sends:
                checks.carry_out(ctx, task)
        clock.advance(minutes=2)

    @pytest.mark.parametrize("sends", [False, True])
    def test_its_inboxes_are_tried_again_and_are_well(self, ctx, ids, clock, sends):
        self.killed(ctx, ids, clock, sends=sends)

        pass_time(ctx, clock, 5)

        assert storms.healths(ctx) == {"healthy"}
        assert [one.state for one in incidents(ctx)] == ["over"]

    def test_however_many_workers_are_killed_a_password_leaves_twice_at_most(
        self, ctx, bob, ids, pigeons, clock, monkeypatch
    ):
        monkeypatch.setattr(pigeons, "knows", lambda whistle: False)
        switches.disable(ctx, bob, incidents(ctx)[0].canary_id)
        for _ in range(3):
            self.killed(ctx, ids, clock, sends=False)
        before = len(pigeons.flights)
        for _ in range(4):
            self.killed(ctx, ids, clock, sends=True)

        pass_time(ctx, clock, 10)

        assert len(pigeons.flights) - before == 2 * len(ids)
        assert {newest(ctx, inbox_id).incident_id for inbox_id in ids} == {None}
        assert all(newest(ctx, inbox_id).ripe_at for inbox_id in ids)


class TestWhatInboxesShow:
    def test_in_an_outage_they_show_its_cause_and_how_many_others_are_in_it(self, ctx, bob, pigeons, clock):
        flock(ctx, bob, 10)
        close(pigeons)
        pass_time(ctx, clock, 20)

        rows = inboxes.page(ctx, bob).rows

        assert {row.problem for row in rows} == {"server-unavailable"}
        assert {(row.incident.others, row.incident.state) for row in rows} == {(9, "open")}

    def test_a_wave_of_refusals_asks_nobody_to_sign_in_before_it_is_real(self, ctx, bob, clock):
        flock(ctx, bob, 10, whistle="wrong")
        pass_time(ctx, clock, 20)

        rows = inboxes.page(ctx, bob).rows
        assert {(row.health, row.problem) for row in rows} == {("failing", "many-refused")}

        pass_time(ctx, clock, 60)

        rows = inboxes.page(ctx, bob).rows
        assert {(row.health, row.problem) for row in rows} == {("needs-sign-in", "bad-credentials")}
        assert all(row.incident for row in rows)

    def test_no_part_of_the_page_says_that_a_password_is_wrong_while_a_wave_is_not_known_to_be_real(
        self, ctx, bob, clock, browser
    ):
        ids = flock(ctx, bob, 5, whistle="wrong")
        pass_time(ctx, clock, 20)
        window = browser().sign_in("bob@acme.test")

        page = window.get(f"/inboxes/{ids[0]}").text

        assert "Many sign-ins refused at once" in page
        assert "Password refused" not in page
        assert "Needs sign-in" not in window.get("/me").text

    def test_an_outage_never_shows_a_refusal(self, ctx, bob, pigeons, clock):
        ids = flock(ctx, bob, 10)
        close(pigeons)
        pass_time(ctx, clock, 20)
        made.change(ctx, ids[3], health="needs-sign-in", problem="bad-credentials")

        row = inbox.detail(ctx, bob, ids[3]).row

        assert (row.health, row.problem) == ("failing", "server-unavailable")

    def test_the_inbox_page_says_so_and_leads_staff_there(self, ctx, alice, bob, pigeons, clock, browser):
        ids = flock(ctx, bob, 7)
        close(pigeons)
        pass_time(ctx, clock, 20)

        page = browser().sign_in("alice@acme.test").get(f"/inboxes/{ids[0]}").text

        assert "In an incident with 6 others" in page
        assert f"/help-desk?case=incident-{incidents(ctx)[0].id}" in page


class TestCards:
    @pytest.fixture
    def one(self, ctx, bob, pigeons, clock):
        flock(ctx, bob, 10)
        close(pigeons)
        pass_time(ctx, clock, 20)
        return incidents(ctx)[0]

    def test_a_card_tells_what_staff_needs(self, ctx, hanne, one):
        (card,) = incident_views.open_incidents(ctx, hanne)
        assert card.rows == ()

        card = incident_views.card(ctx, hanne, card.id)

        assert (card.problem, card.level, card.target, card.state) == (
            "server-unavailable", "host", "hill.test", "open"
        )  # fmt: skip
        assert (card.inboxes, card.people, card.held, card.who) == (10, 1, True, "auto")
        assert card.canary.address
        assert card.canary.next_try > one.opened_at
        assert len(card.rows) == 10
        assert card.timeline[0].what == "opened"

    def test_members_see_no_card(self, ctx, bob, one):
        assert incident_views.open_incidents(ctx, bob) == []
        with pytest.raises(NotFound):
            incident_views.card(ctx, bob, one.id)

    def test_one_that_is_over_still_has_its_inboxes(self, ctx, alice, pigeons, clock, one):
        pigeons.weather.clear()
        pass_time(ctx, clock, 10)

        card = incident_views.card(ctx, alice, one.id)

        assert (card.state, card.well, len(card.rows)) == ("over", 10, 10)
        assert incident_views.open_incidents(ctx, alice) == []

    def test_cards_cost_as_many_queries_for_many_inboxes_as_for_few(self, ctx, alice, bob, one, clock):
        def cost():
            with counted(ctx) as seen:
                incident_views.card(ctx, alice, one.id)
                incident_views.open_incidents(ctx, alice)
            return len(seen)

        few = cost()
        flock(ctx, bob, 30, first=100)
        pass_time(ctx, clock, 20)

        assert cost() == few

    def test_it_has_words_and_a_text_for_it(self, ctx, app, alice, one):
        with ctx.store.write() as session:
            session.get_one(Incident, one.id).server_text = "451 the loft is closed"
        with app.test_request_context():
            view = incident_view(incident_views.card(ctx, alice, one.id))

        assert view.place == "the server hill.test"
        assert "We try box" in view.lead
        assert "Server: hill.test" in view.text_for_it
        assert "The server said: 451 the loft is closed" in view.text_for_it
        assert "10 mailboxes" in view.text_for_it
        assert all(line["text"] for line in view.timeline)


class TestGrants:
    @pytest.fixture
    def families(self, owl):
        return (owl,)

    @pytest.fixture
    def owls_of_bob(self, ctx, alice, bob):
        owls.set_up(ctx, alice)
        return owls.make(ctx, bob, *(f"owl{number}@owls.test" for number in range(8)))

    def test_a_wave_of_withdrawn_grants_that_the_provider_takes_back_heals_without_anybody(
        self, ctx, bob, owl, owls_of_bob, clock
    ):
        owl.refusals = ["oauth-grant-revoked"] * 8
        pass_time(ctx, clock, 2)
        assert {row.problem for row in inboxes.page(ctx, bob).rows} == {"many-refused"}

        pass_time(ctx, clock, 10)

        assert [(one.state, one.owners_told_from) for one in incidents(ctx)] == [("over", None)]
        assert storms.healths(ctx) == {"healthy"}

    def test_grants_that_stay_withdrawn_are_real_after_an_hour(self, ctx, bob, owl, owls_of_bob, clock):
        owl.refusals = ["oauth-grant-revoked"] * 99
        pass_time(ctx, clock, 70)

        assert len(owl.refusals) >= 99 - 8 - 3
        (one,) = incidents(ctx)
        assert (one.problem, one.owners_told_from is not None) == ("oauth-grant-revoked", True)
        assert {row.problem for row in inboxes.page(ctx, bob).rows} == {"oauth-grant-revoked"}


def test_a_server_that_refuses_everybody_after_an_outage_is_a_wave_and_nobody_is_asked_to_sign_in(
    ctx, bob, pigeons, clock, monkeypatch
):
    ids = flock(ctx, bob, 12)
    close(pigeons)
    pass_time(ctx, clock, 20)
    pigeons.weather.clear()
    monkeypatch.setattr(pigeons, "knows", lambda whistle: False)

    pass_time(ctx, clock, 10)

    (one,) = incidents(ctx)
    assert (one.nature, one.problem, one.state) == ("refusals", "many-refused", "open")
    assert len(pigeons.flights) == 3
    assert {row.health for row in inboxes.page(ctx, bob).rows} <= {"failing", "degraded"}
    monkeypatch.setattr(pigeons, "knows", lambda whistle: True)
    pass_time(ctx, clock, 40)
    assert [found.state for found in incidents(ctx)] == ["over"]
    assert storms.healths(ctx) == {"healthy"}
    assert len(members(ctx, one)) == 0
    assert len(ids) == 12


def test_an_outage_of_which_only_the_refused_are_left_does_not_stay_open_for_ever(ctx, bob, pigeons, clock):
    (wrong,) = flock(ctx, bob, 1, first=9, whistle="wrong")
    others = flock(ctx, bob, 2)
    close(pigeons)
    pass_time(ctx, clock, 20)
    pigeons.weather.clear()
    checks.ask(ctx, bob, wrong)
    Sweep(ctx).run()
    for other in others:
        switches.disable(ctx, bob, other)

    pass_time(ctx, clock, 70)

    (one,) = incidents(ctx)
    assert (one.problem, one.owners_told_from is not None) == ("bad-credentials", True)
    assert newest(ctx, wrong).ripe_at is not None


def test_a_server_that_is_down_for_some_and_refuses_others_never_has_two_waves(ctx, bob, pigeons, clock, monkeypatch):
    refused = flock(ctx, bob, 4, whistle="wrong")
    pass_time(ctx, clock, 16)
    assert [one[2:4] for one in kinds(ctx)] == [("many-refused", "refusals")]
    down = flock(ctx, bob, 4, first=10)
    close(pigeons)
    pass_time(ctx, clock, 16)
    assert {one[2:4] for one in kinds(ctx)} == {("many-refused", "refusals"), ("server-unavailable", "outage")}
    pigeons.weather.clear()
    monkeypatch.setattr(pigeons, "knows", lambda whistle: False)
    for inbox_id in down[:3]:
        checks.ask(ctx, bob, inbox_id)

    pass_time(ctx, clock, 2)

    (alive,) = [one for one in incidents(ctx) if one.ended_at is None]
    assert (alive.problem, members(ctx, alive)) == ("many-refused", {*refused, *down})


def test_who_is_refused_once_the_certificate_is_right_again_is_told(ctx, bob, pigeons, clock):
    class RunOut(Exception):
        code = "tls-expired"

    (one,) = made.make(ctx, bob, "bob@hill.test")
    pigeons.weather[made.LOFT] = RunOut("certificate has expired")
    pass_time(ctx, clock, 5)
    assert [incident.problem for incident in incidents(ctx)] == ["tls-expired"]
    with ctx.store.write() as session:
        session.get_one(Credential, one).sealed = credentials.seal(ctx, {"password": "wrong"}, f"inbox:{one}")
    pigeons.weather.clear()

    pass_time(ctx, clock, 80)

    assert [incident.state for incident in incidents(ctx)] == ["over"]
    assert (newest(ctx, one).problem, newest(ctx, one).incident_id) == ("bad-credentials", None)
    assert newest(ctx, one).ripe_at is not None


def test_a_server_that_takes_no_mail_is_one_incident_although_sending_is_looked_at_every_six_hours_only(
    ctx, bob, pigeons, clock
):
    ids = flock(ctx, bob, 60)
    for number, inbox_id in enumerate(ids):
        made.change(
            ctx,
            inbox_id,
            full_due=clock.now + timedelta(hours=2) * number / len(ids),
            proofs={name: clock.now.isoformat() for name in ("sign-in", "read", "send")},
        )
    pigeons.hawks[made.LOFT] = LoftClosed("the hawks are out")

    pass_time(ctx, clock, 16, each=lambda: notice_plan.look(ctx))

    assert kinds(ctx) == [("host", "hill.test", "server-unavailable", "outage", "open")]
    with ctx.store.read() as session:
        assert session.exec(select(Notice).where(Notice.kind == "owner-problem")).all() == []
    pigeons.hawks.clear()
    pass_time(ctx, clock, 10)
    assert [one.state for one in incidents(ctx)] == ["over"]


def test_two_servers_of_a_company_that_go_down_one_after_the_other_become_one_incident(ctx, bob, pigeons, clock):
    first = flock(ctx, bob, 10, loft="one.test")
    second = flock(ctx, bob, 10, loft="two.test")
    close(pigeons, "one.test")
    pass_time(ctx, clock, 6)
    assert kinds(ctx) == [("host", "one.test", "server-unavailable", "outage", "open")]
    close(pigeons, "two.test")

    pass_time(ctx, clock, 18)

    assert [one[:2] for one in kinds(ctx) if one[4] != "over"] == [("provider", "pigeon")]
    alive = next(one for one in incidents(ctx) if one.ended_at is None)
    assert members(ctx, alive) == {*first, *second}
    assert all(one.all_clear_at for one in incidents(ctx) if one.ended_at is not None)


def test_a_canary_that_was_reconnected_by_its_owner_is_followed_by_another_and_shows_nothing(ctx, bob, pigeons, clock):
    flock(ctx, bob, 6, whistle="wrong")
    pass_time(ctx, clock, 17)
    canary = incidents(ctx)[0].canary_id
    draft_id = drafts.start_reconnect(ctx, bob, canary)
    drafts.accept_disclosure(ctx, bob, draft_id)
    made.type_in(ctx, bob, draft_id)
    verification.run(ctx, draft_id)

    pass_time(ctx, clock, 2)

    (one,) = incidents(ctx)
    assert (one.state, one.canary_id not in {None, canary}) == ("open", True)


def test_what_only_owners_can_mend_is_told_them_after_an_hour_and_still_heals_together(ctx, bob, pigeons, clock):
    class Moved(Exception):
        code = "wrong-server"

    flock(ctx, bob, 6)
    pigeons.weather[made.LOFT] = Moved("moved")
    pass_time(ctx, clock, 80)

    (one,) = incidents(ctx)
    assert (one.nature, one.state, one.owners_told_from is not None) == ("shared", "open", True)
    pigeons.weather.clear()
    pass_time(ctx, clock, 70)
    assert [found.state for found in incidents(ctx)] == ["over"]


@pytest.mark.parametrize("jump", [{"minutes": 50}, {"hours": 6}])
def test_a_jump_of_the_clock_makes_no_refusal_real(ctx, bob, clock, jump):
    flock(ctx, bob, 6, whistle="wrong")
    pass_time(ctx, clock, 17)
    clock.advance(**jump)

    pass_time(ctx, clock, 20)

    assert [one.owners_told_from for one in incidents(ctx)] == [None]


def test_one_that_failed_alone_for_hours_joins_but_the_incident_began_with_the_others(ctx, bob, pigeons, clock):
    (alone,) = made.make(ctx, bob, "alone@hill.test")
    close(pigeons)
    pass_time(ctx, clock, 120, step=5.0)
    pigeons.weather.clear()
    with ctx.store.read() as session:
        assert session.exec(select(Incident)).all() == []
    began = clock.now
    flock(ctx, bob, 6)
    close(pigeons)

    pass_time(ctx, clock, 20)

    (one,) = incidents(ctx)
    assert alone in members(ctx, one)
    assert one.began_at > began


@pytest.mark.parametrize("whistle", ["coo", "wrong"])
def test_owners_hear_nothing_of_an_incident_that_is_over_within_the_hour(
    ctx, alice, bob, pigeons, clock, monkeypatch, whistle
):
    flock(ctx, bob, 12, whistle=whistle)
    if whistle == "coo":
        close(pigeons)
    told = Counter()

    def look():
        notice_plan.look(ctx)
        with ctx.store.read() as session:
            told.clear()
            told.update(session.exec(select(Notice.kind).where(Notice.state != "withdrawn")).all())

    pass_time(ctx, clock, 17, each=look)
    pigeons.weather.clear()
    monkeypatch.setattr(pigeons, "knows", lambda whistle: True)
    pass_time(ctx, clock, 30, each=look)

    assert [one.state for one in incidents(ctx)] == ["over"]
    assert told["owner-problem"] == 0


def test_in_a_small_company_nobody_is_told_to_sign_in_again_before_it_shows_that_all_are_refused(ctx, bob, clock):
    flock(ctx, bob, 4, whistle="wrong")
    due = []

    def look():
        notice_plan.look(ctx)
        with ctx.store.read() as session:
            due.extend(
                session.exec(
                    select(Notice.id).where(
                        Notice.kind == "owner-problem",
                        Notice.state == "queued",
                        Notice.not_before <= ctx.clock(),
                    )
                ).all()
            )

    pass_time(ctx, clock, 30, each=look)

    assert [one.problem for one in incidents(ctx)] == ["many-refused"]
    assert due == []


def test_owners_of_refusals_that_are_real_are_told_once_each(ctx, alice, bob, clock):
    flock(ctx, bob, 12, whistle="wrong")
    pass_time(ctx, clock, 30, each=lambda: notice_plan.look(ctx))

    pass_time(ctx, clock, 60, each=lambda: notice_plan.look(ctx))

    with ctx.store.read() as session:
        found = session.exec(select(Notice.episode_id).where(Notice.kind == "owner-problem")).all()
    assert len(found) == len(set(found)) == 12


class TestASilentServer:
    """It is met by one check at a time, so most of its inboxes are due for long before anything is known of them."""

    @pytest.fixture(autouse=True)
    def ids(self, ctx, bob, pigeons, clock):
        ids = flock(ctx, bob, 40)
        pigeons.weather[made.LOFT] = StageTimeout("nobody answers")
        for inbox_id in ids[:4]:
            checks.run(ctx, inbox_id, checks.SHELL)
        for inbox_id in ids[4:]:
            made.change(ctx, inbox_id, next_check=clock.now + timedelta(minutes=1))
        return ids

    def test_inboxes_that_wait_for_it_do_not_keep_the_others_from_being_one_incident(self, ctx, clock, ids):
        clock.advance(minutes=3)
        watch.tick(ctx)

        (one,) = incidents(ctx)
        assert (one.problem, len(members(ctx, one))) == ("connection-timeout", 4)

    def test_before_they_are_due_or_once_it_answers_they_count(self, ctx, pigeons, clock, ids):
        watch.tick(ctx)
        before = incidents(ctx)
        pigeons.weather.clear()
        checks.run(ctx, ids[10], checks.SHELL)
        clock.advance(minutes=3)
        watch.tick(ctx)

        assert before == incidents(ctx) == []


class TestAnOutageOfSending:
    @pytest.fixture(autouse=True)
    def ids(self, ctx, bob, pigeons):
        ids = flock(ctx, bob, 6)
        pigeons.hawks[made.LOFT] = LoftClosed("nothing is sent")
        return ids

    def depths(self, ctx, inbox_id):
        return [record.full for record in made.history(ctx, inbox_id)]

    def test_the_inboxes_are_read_as_ever_and_one_is_tried_in_full(self, ctx, clock, ids):
        pass_time(ctx, clock, 20)
        (one,) = incidents(ctx)
        before = {inbox_id: len(self.depths(ctx, inbox_id)) for inbox_id in ids}

        pass_time(ctx, clock, 45)

        more = {inbox_id: self.depths(ctx, inbox_id)[before[inbox_id] :] for inbox_id in ids}
        assert 6 <= sum(more.pop(one.canary_id)) <= 12
        assert all(2 <= len(depths) <= 5 and not any(depths) for depths in more.values())

    def test_what_it_says_of_one_is_that_only_reading_is_checked(self, ctx, bob, clock, ids):
        pass_time(ctx, clock, 20)
        (one,) = incidents(ctx)
        other = next(inbox_id for inbox_id in ids if inbox_id != one.canary_id)

        found = inbox.detail(ctx, bob, other).outlook

        assert (found.kind, found.sending.kind, found.sending.at) == ("usual", "incident", one.canary_at)

    def test_it_is_over_by_itself_once_sending_works_again(self, ctx, pigeons, clock):
        pass_time(ctx, clock, 40)
        pigeons.hawks.clear()

        pass_time(ctx, clock, 20)

        assert [one.state for one in incidents(ctx)] == ["over"]
        assert storms.healths(ctx) == {"healthy"}
