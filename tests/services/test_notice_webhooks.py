"""Webhooks: signed, once per thing, tried again gently, and never longer than they may."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.providers.sockets import Limits
from console.providers.webhook import key_of, sign
from console.services import frame, notice_webhooks, webhooks
from console.services.context import NotFound, Refused
from console.store.notices import Notice, Webhook
from tests import placed
from tests.services.chat import OK, SECRET, chat, impatient, set_up, status
from tests.services.made import audited
from tests.services.postman import change, end, episode, incident, notices, states


@pytest.fixture
def settings():
    return {"CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def target():
    with chat() as made:
        yield made


@pytest.fixture
def bobs(ctx, bob):
    return placed.inbox(ctx, bob, "bob@mail.test")


def go(work):
    work.tick()
    work.call_webhooks()


def hook(ctx, hook_id):
    return webhooks.get(ctx, hook_id)


def test_the_signature_is_that_of_the_scheme():
    at = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = hmac.new(key, f"msg_1.{int(at.timestamp())}.{{}}".encode(), hashlib.sha256).digest()

    assert sign(SECRET, "msg_1", at, b"{}") == "v1," + base64.b64encode(expected).decode()


class TestTheExampleOfTheDocumentation:
    """What docs/notices.md gives to those who write a receiver."""

    text = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")

    @pytest.fixture
    def genuine(self):
        found = {}
        exec(re.search(r"```python\n(.*?)```", self.text, re.DOTALL)[1], found)  # noqa: S102  # It is our own text.
        return found["genuine"]

    @pytest.mark.parametrize("secret", [SECRET, "twenty-four letters or more of one's own"])
    def test_it_takes_what_the_console_sends_and_nothing_else(
        self, ctx, work, alice, target, bobs, clock, genuine, secret
    ):
        set_up(ctx, alice, target.url, secret=secret)
        episode(ctx, bobs)
        go(work)
        (told,) = target.told

        now = clock.now.timestamp()
        assert genuine(secret, told.headers, told.body, now)
        assert not genuine(secret, told.headers, told.body + b" ", now)
        assert not genuine(SECRET[:-2] + "I=", told.headers, told.body, now)
        assert not genuine(secret, {**told.headers, "webhook-timestamp": str(int(now) + 60)}, told.body, now)

    def test_it_refuses_what_somebody_kept_for_longer_than_five_minutes(self, genuine, clock):
        at = clock.now
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign(SECRET, "msg_1", at, b"{}"),
        }

        assert genuine(SECRET, headers, b"{}", at.timestamp() + 299)
        assert not genuine(SECRET, headers, b"{}", at.timestamp() + 301)

    def test_its_numbers_are_right(self):
        at = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)

        assert f"`{SECRET}`" in self.text
        assert f"`{int(at.timestamp())}`" in self.text
        assert f"`{sign(SECRET, 'msg_1', at, b'{}')}`" in self.text


def test_what_a_target_was_told_can_be_read_with_what_came_of_it(ctx, work, alice, hanne, target, bobs, clock):
    hook_id = set_up(ctx, alice, target.url)
    target.answer = status("500 Oops")
    episode(ctx, bobs)
    work.tick()
    assert [(one.state, one.body) for one in webhooks.messages(ctx, alice, hook_id)] == [("queued", None)]

    work.call_webhooks()

    (one,), (told,) = webhooks.messages(ctx, alice, hook_id), target.told
    assert (one.state, one.outcome, one.attempts, one.at) == ("queued", "http-500", 1, clock.now)
    assert (one.name, one.body) == (told.headers["webhook-id"], told.fields)
    with pytest.raises(NotFound):
        webhooks.messages(ctx, hanne, hook_id)


@pytest.mark.parametrize("secret", ["", "short", "whsec_not base64 at all, not at all", "whsec_" + "A" * 200])
def test_a_secret_that_is_none_is_refused(secret):
    with pytest.raises(ValueError, match=r"base64|short"):
        key_of(secret)


def test_a_target_is_told_once_with_codes_links_and_a_signature(ctx, work, alice, target, bobs, clock):
    set_up(ctx, alice, target.url)
    broke = episode(ctx, bobs)
    go(work)
    go(work)

    (told,) = target.told
    at, said = told.headers["webhook-timestamp"], told.headers["webhook-signature"]
    assert said == sign(SECRET, told.headers["webhook-id"], clock.now, told.body)
    assert at == str(int(clock.now.timestamp()))
    assert told.fields["type"] == "inbox.problem"
    assert told.fields["timestamp"] == "2026-11-23T09:12:00Z"
    assert told.fields["data"] == {
        "kind": "user-problem",
        "title": "bob@mail.test: Password refused",
        "url": f"{ctx.config.base_url}/inboxes/{bobs}",
        "problem": "bad-credentials",
        "who": "user",
        "help_url": f"{ctx.config.base_url}/help/bad-credentials",
        "inbox": {"id": bobs, "address": "bob@mail.test", "provider": "pigeon"},
        "episode": {"id": broke, "began_at": "2026-11-23T09:12:00Z", "ended_at": None},
    }
    assert "." not in told.headers["webhook-id"]


def test_a_target_that_was_told_of_a_problem_is_told_of_its_end_so_that_it_can_close_its_ticket(
    ctx, work, alice, target, bobs, clock
):
    set_up(ctx, alice, target.url)
    broke = episode(ctx, bobs)
    go(work)
    clock.advance(minutes=30)
    end(ctx, broke, "reconnected")
    for _ in range(3):
        go(work)

    begun, over = (told.fields for told in target.told)
    assert over["type"] == "inbox.recovered"
    assert over["data"]["title"] == "bob@mail.test works again"
    assert over["data"]["episode"] == {**begun["data"]["episode"], "ended_at": "2026-11-23T09:42:00Z"}
    assert len({told.headers["webhook-id"] for told in target.told}) == 2


def test_what_waits_for_a_target_that_is_told_of_it_no_more_is_withdrawn(ctx, work, alice, target, bobs):
    hook_id = set_up(ctx, alice, target.url)
    episode(ctx, bobs)
    work.tick()

    webhooks.save(ctx, alice, hook_id, name="Chat", url=target.url, secret="", kinds=["incident"])
    go(work)

    assert states(ctx, channel="webhook") == [("user-problem", "withdrawn", "unwanted")]
    assert target.told == []


def test_a_target_that_may_have_taken_a_message_without_saying_so_is_told_of_the_end(
    ctx, work, alice, target, bobs, clock
):
    set_up(ctx, alice, target.url)
    target.answer = status("504 Gateway Timeout")
    broke = episode(ctx, bobs)
    go(work)
    end(ctx, broke)
    go(work)
    target.answer = OK
    clock.advance(minutes=2)
    for _ in range(2):
        go(work)

    assert [told.fields["type"] for told in target.told] == ["inbox.problem", "inbox.recovered"]
    assert states(ctx, channel="webhook") == [("user-problem", "withdrawn", "over"), ("problem-over", "sent", "")]


def test_a_target_hears_of_what_it_is_for_and_of_nothing_else(ctx, work, alice, target, bobs):
    set_up(ctx, alice, target.url, "incident")
    episode(ctx, bobs)

    go(work)

    assert target.told == []


def test_an_incident_is_told_with_how_many_it_touches(ctx, work, alice, target, bobs):
    set_up(ctx, alice, target.url)
    outage = incident(ctx, episode(ctx, bobs, "server-unavailable"))

    go(work)

    assert target.told[0].fields["type"] == "incident.opened"
    assert target.told[0].fields["data"]["incident"]["id"] == outage
    assert target.told[0].fields["data"]["incident"]["inboxes"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        status("500 Oops"),
        status("302 Found", "Location: /hooks/1"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 1000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 300_000,
    ],
    ids=["trouble", "redirect", "no http", "a gigabyte of trouble", "a head without an end"],
)
def test_what_is_not_taken_is_tried_again_with_the_same_id(ctx, work, alice, target, bobs, clock, answer):
    set_up(ctx, alice, target.url)
    target.answer = answer
    episode(ctx, bobs)
    go(work)
    go(work)
    assert len(target.told) == 1

    target.answer = OK
    clock.advance(minutes=1)
    go(work)

    assert len({told.headers["webhook-id"] for told in target.told}) == 1
    assert len(target.told) == 2
    assert [one.state for one in notices(ctx, channel="webhook")] == ["sent"]


@pytest.mark.parametrize("drips", [b"", b"x"], ids=["hangs", "drips"])
@pytest.mark.parametrize(
    "more",
    [
        b"Content-Length: 1073741824\r\n\r\n" + b"x" * 1000,
        b"Content-Encoding: gzip\r\n\r\n",
        b"Transfer-Encoding: ?\r\n\r\n",
    ],
    ids=["a gigabyte", "compressed", "no chunks"],
)
def test_what_was_taken_is_not_told_again_whatever_comes_behind_the_status(
    ctx, work, alice, target, bobs, clock, more, drips
):
    hook_id = set_up(ctx, alice, target.url)
    target.answer, target.hangs, target.drips = b"HTTP/1.1 200 OK\r\n" + more, True, drips
    episode(ctx, bobs)
    work.tick()

    notice_webhooks.run(impatient(ctx))
    clock.advance(hours=1)
    notice_webhooks.run(impatient(ctx))

    assert len(target.told) == 1
    assert hook(ctx, hook_id).failures == 0
    assert [one.state for one in notices(ctx, channel="webhook")] == ["sent"]


@pytest.mark.parametrize("drips", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"x"], ids=["silent", "goes on", "drips"])
def test_a_target_that_hangs_costs_one_stage_and_rests(ctx, alice, target, bobs, work, drips):
    hook_id = set_up(ctx, alice, target.url)
    target.answer, target.hangs, target.drips = b"", True, drips
    for _ in range(3):
        episode(ctx, placed.inbox(ctx, alice, f"box{_}@mail.test"))
    work.tick()

    notice_webhooks.run(impatient(ctx))

    assert len(target.told) == 1
    assert hook(ctx, hook_id).failures == 1
    assert Limits().stage_seconds == 10


def test_a_target_that_rests_does_not_hold_up_another(ctx, work, alice, target, bobs):
    set_up(ctx, alice, "http://127.0.0.1:1/", name="Away")
    set_up(ctx, alice, target.url)
    episode(ctx, bobs)

    go(work)

    assert len(target.told) == 1


def test_mail_and_webhooks_are_threads_of_their_own(work):
    from console.services.work import LASTING

    assert {"notify", "call-webhooks", "sweep"} <= LASTING


def test_retry_after_is_honoured(ctx, work, alice, target, bobs, clock):
    hook_id = set_up(ctx, alice, target.url)
    target.answer = status("429 Slow down", "Retry-After: 3600")
    episode(ctx, bobs)

    go(work)

    assert hook(ctx, hook_id).resting_until == clock.now + timedelta(hours=1)


def test_410_switches_a_target_off_at_once(ctx, work, alice, target, bobs):
    hook_id = set_up(ctx, alice, target.url)
    target.answer = status("410 Gone")
    episode(ctx, bobs)

    go(work)

    assert hook(ctx, hook_id).off_why == "gone"
    assert frame.look(ctx, alice).told.webhooks == 1
    assert audited(ctx, "webhook.off")[0].detail == {"why": "gone"}
    assert [one.kind for one in notices(ctx, channel="mail") if one.kind == "webhook-off"] == ["webhook-off"]


def test_an_answer_of_an_address_that_was_changed_meanwhile_switches_nothing_off(ctx, work, alice, target, bobs):
    hook_id = set_up(ctx, alice, target.url)
    target.answer = status("410 Gone")
    target.meanwhile = lambda: webhooks.save(
        ctx, alice, hook_id, name="Chat", url=f"{target.url}0", secret="", kinds=["user-problem"]
    )
    episode(ctx, bobs)

    go(work)

    assert (hook(ctx, hook_id).off_why, hook(ctx, hook_id).failures) == ("", 0)


def test_an_answer_that_comes_after_somebody_switched_it_off_changes_nothing(ctx, work, alice, target, bobs):
    hook_id = set_up(ctx, alice, target.url)
    target.answer = status("410 Gone")
    target.meanwhile = lambda: webhooks.switch(ctx, alice, hook_id, on=False)
    episode(ctx, bobs)

    go(work)

    assert hook(ctx, hook_id).off_why == "by-hand"
    assert notices(ctx, kind="webhook-off") == []


def test_a_lease_from_before_the_clock_was_set_back_holds_no_message(ctx, work, alice, target, bobs, clock):
    set_up(ctx, alice, target.url)
    episode(ctx, bobs)
    work.tick()
    (one,) = notices(ctx, channel="webhook")
    change(ctx, Notice, one.id, lease_until=clock.now + timedelta(days=400), lease_token="x")

    work.call_webhooks()

    assert len(target.told) == 1


def test_twenty_failures_in_a_row_switch_a_target_off_and_hold_what_is_left(ctx, work, alice, target, bobs, clock):
    hook_id = set_up(ctx, alice, target.url)
    target.answer = status("500 Oops")
    change(ctx, Webhook, hook_id, failures=19)
    episode(ctx, bobs, changed_at=clock.now)
    go(work)
    go(work)

    assert hook(ctx, hook_id).off_why == "failures"
    assert states(ctx, channel="webhook") == [("user-problem", "held", "off")]

    target.answer = OK
    webhooks.switch(ctx, alice, hook_id, on=True)
    clock.advance(hours=1)
    go(work)
    assert states(ctx, channel="webhook") == [("user-problem", "sent", "")]


def test_one_that_is_taken_ends_the_row_of_failures(ctx, work, alice, target, bobs):
    hook_id = set_up(ctx, alice, target.url)
    change(ctx, Webhook, hook_id, failures=19)
    episode(ctx, bobs)

    go(work)

    assert (hook(ctx, hook_id).failures, hook(ctx, hook_id).off_at) == (0, None)


def test_what_is_never_taken_ends_as_failed(ctx, work, alice, target, bobs, clock):
    set_up(ctx, alice, target.url)
    target.answer = status("503 Away")
    episode(ctx, bobs)
    for _ in range(12):
        go(work)
        clock.advance(days=1)

    assert len(target.told) == 8
    assert states(ctx, channel="webhook") == [("user-problem", "failed", "http-503")]


def test_a_test_says_what_came_of_it(ctx, work, alice, target):
    hook_id = set_up(ctx, alice, target.url)
    webhooks.ask_test(ctx, alice, hook_id)
    assert hook(ctx, hook_id).test.waiting

    work.call_webhooks()

    assert target.told[0].fields["type"] == "test"
    assert (hook(ctx, hook_id).test.status, hook(ctx, hook_id).test.waiting) == (204, False)


def test_a_test_of_an_address_that_was_changed_meanwhile_says_nothing_about_the_new_one(ctx, work, alice, target):
    hook_id = set_up(ctx, alice, target.url)
    webhooks.ask_test(ctx, alice, hook_id)
    new = {"name": "Chat", "url": "https://other.test/", "secret": SECRET, "kinds": ["incident"]}
    target.meanwhile = lambda: webhooks.save(ctx, alice, hook_id, **new)

    work.call_webhooks()

    assert len(target.told) == 1
    assert hook(ctx, hook_id).test is None


def test_what_came_of_the_old_address_is_not_told_of_a_new_one(ctx, work, alice, target):
    hook_id = set_up(ctx, alice, target.url)
    webhooks.ask_test(ctx, alice, hook_id)
    work.call_webhooks()

    webhooks.save(ctx, alice, hook_id, name="Chat", url="https://other.test/", secret=SECRET, kinds=["incident"])

    assert hook(ctx, hook_id).test is None


def test_http_outside_the_listed_networks_is_not_asked(ctx, work, alice, dns):
    hook_id = set_up(ctx, alice, "http://192.0.2.7/hook")
    webhooks.ask_test(ctx, alice, hook_id)

    work.call_webhooks()

    assert hook(ctx, hook_id).test.problem == "address-not-allowed"


def test_the_secret_does_not_follow_the_address_to_another_host(ctx, alice, target):
    hook_id = set_up(ctx, alice, target.url)
    known = {"name": "Chat", "secret": "", "kinds": ("incident",)}

    webhooks.save(ctx, alice, hook_id, url=target.url + "/2", **known)
    with pytest.raises(Refused) as refused:
        webhooks.save(ctx, alice, hook_id, url="https://elsewhere.test/", **known)

    assert refused.value.field == "secret"


def test_only_account_admins_set_webhooks_up(ctx, hanne, bob):
    for person in (hanne, bob):
        with pytest.raises(NotFound):
            set_up(ctx, person, "https://chat.test/")


def test_a_removed_target_is_told_nothing_more(ctx, work, alice, target, bobs):
    hook_id = set_up(ctx, alice, target.url)
    episode(ctx, bobs)
    work.tick()
    webhooks.remove(ctx, alice, hook_id)

    go(work)

    assert target.told == []
    assert states(ctx, channel="webhook") == [] or states(ctx, channel="webhook")[0][1] == "withdrawn"
