"""The inbox page says when the next check is and why, and Test now until when it has to wait."""

import html
import re
from datetime import timedelta

import pytest

from console.services import checks
from console.store.consents import AppStanding
from console.store.models import CheckRecord
from console.store.servers import Hold
from tests import cases, placed
from tests.pigeon import PigeonFamily
from tests.services import made, storms


@pytest.fixture
def families():
    return (PigeonFamily(),)


@pytest.fixture
def bobs(window, bob):
    return window(bob)


def words(page):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page.text)))


def hold(ctx, why, minutes=48, level="host", target=made.LOFT):
    now = ctx.clock()
    with ctx.store.write() as session:
        session.add(Hold(level=level, target=target, until=now + timedelta(minutes=minutes), why=why, since=now))


def test_a_healthy_inbox_says_when_it_is_checked_next(ctx, bob, bobs, work):
    (inbox_id,) = made.make(ctx, bob, bob.email)
    work.sweep()

    page = bobs.get(f"/inboxes/{inbox_id}")

    assert bobs.attributes("data-next") == ["usual"]
    assert "Next check in 15 min; an inbox of Carrier pigeon is checked every 15 min." in words(page)


def test_an_inbox_that_waits_for_its_owner_says_that_nothing_was_tried_since(ctx, bob, bobs, work, clock):
    (inbox_id,) = made.make(ctx, bob, bob.email, whistle="moo")
    work.sweep()
    clock.advance(hours=2)
    checks.ask(ctx, bob, inbox_id)
    work.check(inbox_id)

    page = bobs.get(f"/inboxes/{inbox_id}")

    assert "Not checked by itself: 0 attempts since 09:12." in words(page)
    assert "&lt;time" not in page.text


def test_one_attempt_is_one_attempt(ctx, bob, bobs, clock):
    (inbox_id,) = made.make(ctx, bob, bob.email, health="failing", problem="imap-disabled", attempts=1, next_check=None)
    made.change(ctx, inbox_id, problem_since=clock.now - timedelta(days=3))

    assert "1 attempt since 20 Nov" in words(bobs.get(f"/inboxes/{inbox_id}"))


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("refusals", "Paused until 10:00: too many refused sign-ins at hill.test. Nobody has to act."),
        ("asked", "hill.test asked to be left alone until 10:00."),
        ("throttled", "hill.test finds this console too busy; it is left alone until 10:00."),
    ],
)
def test_an_inbox_whose_server_is_left_alone_shows_as_before_and_says_until_when(ctx, bob, bobs, work, why, sentence):
    (inbox_id,) = made.make(ctx, bob, bob.email)
    hold(ctx, why)
    work.sweep()

    page = bobs.get(f"/inboxes/{inbox_id}")

    assert sentence in words(page)
    assert bobs.attributes("data-health") == ["healthy"]


def test_test_now_says_until_when_it_has_to_wait(ctx, bob, bobs, clock):
    (inbox_id,) = made.make(ctx, bob, bob.email)
    hold(ctx, "asked")
    bobs.get(f"/inboxes/{inbox_id}")

    page = bobs.post(f"/inboxes/{inbox_id}/test")

    assert words(page).count("hill.test asked to be left alone until 10:00.") == 2
    assert made.inbox(ctx, inbox_id).wanted_by is None


class TestInCopenhagen:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_TIMEZONE": "Europe/Copenhagen"}

    def test_times_are_those_of_the_console(self, ctx, bob, bobs):
        (inbox_id,) = made.make(ctx, bob, bob.email)
        hold(ctx, "throttled", level="inbox", target=str(inbox_id))
        bobs.get(f"/inboxes/{inbox_id}")

        page = bobs.post(f"/inboxes/{inbox_id}/test")

        assert words(page).count("it is left alone until 11:00 and then checked.") == 2


def test_the_list_says_that_what_is_due_comes_in_its_turn(ctx, bob, alice, window):
    made.make(ctx, bob, bob.email)

    assert "next in its turn" in words(window(alice).get("/inboxes"))


def test_the_list_says_until_when_what_is_due_is_left_alone(ctx, bob, alice, window):
    made.make(ctx, bob, bob.email)
    hold(ctx, "asked")

    assert "paused until 10:00" in words(window(alice).get("/inboxes"))


def test_the_list_says_that_an_inbox_waits_for_the_app_of_its_provider(ctx, bob, alice, window):
    made.make(ctx, bob, bob.email)
    with ctx.store.write() as session:
        session.add(AppStanding(provider="pigeon", problem="oauth-client-secret", fingerprint="x"))

    assert "waits for the app" in words(window(alice).get("/inboxes"))


class TestMail:
    @pytest.fixture
    def families(self):
        return None

    def test_while_only_the_server_for_sending_is_left_alone_page_and_test_now_say_so(self, ctx, bob, bobs, clock):
        inbox_id = placed.inbox(ctx, bob)
        hold(ctx, "refusals", target="smtp.acme.test")

        page = words(bobs.get(f"/inboxes/{inbox_id}"))
        answer = words(bobs.post(f"/inboxes/{inbox_id}/test"))

        why = "Paused until 10:00: too many refused sign-ins at smtp.acme.test. Nobody has to act."
        assert f"is checked every 15 min. Only reading is checked: {why}" in page
        assert f"Only reading is tested now: {why}" in answer
        assert made.inbox(ctx, inbox_id).wanted_by == "button"

    def test_the_help_desk_is_told_so_too(self, ctx, bob, hanne, window):
        case = cases.episode(ctx, placed.inbox(ctx, bob), "smtp-auth-disabled")
        hold(ctx, "refusals", target="smtp.acme.test")
        desk = window(hanne)
        desk.get(f"/help-desk?case={case}")

        answer = words(desk.post(f"/help-desk/{case}/test"))

        assert "Only reading is tested now: Paused until 10:00" in answer

    def test_nobody_is_led_to_test_now_for_what_waits(self, ctx, bob, bobs, clock):
        later = clock.now + timedelta(minutes=20)
        inbox_id = placed.inbox(ctx, bob, full_due=later)
        stage = {"name": "sign-in", "state": "passed"}
        with ctx.store.write() as session:
            known = {"trigger": "schedule", "revision": 1, "health": "healthy", "stages": [stage], "full": False}
            session.add(CheckRecord(inbox_id=inbox_id, started_at=clock.now, finished_at=clock.now, **known))
        before = "Test now does it at once" in words(bobs.get(f"/inboxes/{inbox_id}"))
        hold(ctx, "refusals", target="smtp.acme.test")

        assert (before, "Test now does it at once" in words(bobs.get(f"/inboxes/{inbox_id}"))) == (True, False)


class TestInAnIncident:
    @pytest.fixture
    def settings(self):
        return storms.FAST

    def test_page_and_list_say_that_one_inbox_is_tried_for_the_others(self, ctx, bob, alice, window, clock):
        ids = storms.flock(ctx, bob, 6)
        storms.close(ctx.families.get("pigeon"))
        storms.pass_time(ctx, clock, 20)
        (incident,) = storms.incidents(ctx)
        (other, *_) = (inbox_id for inbox_id in ids if inbox_id != incident.canary_id)
        alices = window(alice)

        assert words(alices.get("/inboxes")).count("in an incident") == 5
        page = words(alices.get(f"/inboxes/{other}"))
        assert re.search(r"Waits with its incident: one inbox is tried for all of them, in \d min\.", page)
        assert re.search(r"\d attempts? since", page)
        page = words(alices.get(f"/inboxes/{incident.canary_id}"))
        assert re.search(r"Tried for all inboxes of its incident, in \d min\.", page)


def test_the_wizard_says_until_when_no_more_passwords_are_tried(ctx, bob, bobs, clock):
    for _ in range(9):
        made.enrol(ctx, bob, bob.email, whistle="moo")
    draft_id = made.begin(ctx, bob, bob.email)
    bobs.get(f"/connect/{draft_id}/settings")

    bobs.post(f"/connect/{draft_id}/settings", loft=made.LOFT, password="moo")

    assert "Wait until 10:12 before you try again" in " ".join(bobs.errors())
