"""What works is told per capability: the last proof, the own problem, and what is left when one of them fails."""

import re
from datetime import UTC, datetime

import pytest

from console.services import switches
from tests import placed
from tests.pages.test_inbox_page import press
from tests.pigeon import PigeonFamily
from tests.services import made

LATER = datetime(2026, 11, 23, 15, tzinfo=UTC)


class NoSending(Exception):
    code = "smtp-auth-disabled"


@pytest.fixture
def pigeons():
    return PigeonFamily()


@pytest.fixture
def families(pigeons):
    return (pigeons,)


@pytest.fixture
def mine(ctx, bob):
    return placed.inbox(ctx, bob)


def cards(visitor, inbox_id):
    """Return state and problem of each capability that the page shows."""
    visitor.get(f"/inboxes/{inbox_id}")
    names = visitor.attributes("data-capability")
    return dict(
        zip(names, zip(visitor.attributes("data-proof"), visitor.attributes("data-flaw"), strict=True), strict=True)
    )


def card(visitor, inbox_id, name):
    page = visitor.get(f"/inboxes/{inbox_id}").text
    return re.search(rf'<div data-capability="{name}".*?</div>', page, re.DOTALL)[0]


@pytest.fixture
def cannot_send(window, work, bob, mine, pigeons):
    pigeons.hawks["acme.test"] = NoSending()
    press(window(bob), mine, "test")
    work.check(mine)
    return mine


def test_what_works_is_told_per_capability(window, bob, mine):
    assert cards(window(bob), mine) == dict.fromkeys(("sign-in", "read", "send", "sent"), ("proven", ""))


def test_an_inbox_that_cannot_send_says_so_in_its_problem_and_beside_what_works(window, alice, cannot_send):
    visitor = window(alice)

    found = cards(visitor, cannot_send)
    page = visitor.get(f"/inboxes/{cannot_send}").text

    assert (found["read"], found["send"]) == (("proven", ""), ("flawed", "smtp-auth-disabled"))
    assert "Receives, cannot send." in page
    assert '<a href="/help/smtp-auth-disabled">' in card(visitor, cannot_send, "send")


def test_the_list_says_of_an_inbox_that_cannot_send_that_it_receives(window, ctx, alice, charlie, cannot_send):
    placed.inbox(ctx, charlie)
    visitor = window(alice)
    visitor.get("/inboxes")

    row = visitor.page.text.split(f'id="inbox-{cannot_send}"')[1].split("</tr>")[0]

    assert "Receives, cannot send" in row
    assert visitor.page.text.count("Receives, cannot send") == 1


def test_it_goes_on_to_say_so_while_short_checks_pass(window, work, alice, cannot_send, clock):
    clock.advance(minutes=20)
    work.sweep()

    page = window(alice).get(f"/inboxes/{cannot_send}").text

    assert "Receives, cannot send." in page
    assert 'data-depth="short"' in page


def test_nothing_is_told_to_work_that_comes_after_a_refused_sign_in(window, ctx, work, alice, bob, clock):
    inbox_id = placed.inbox(ctx, bob, secret={"password": "moo"}, next_check=clock.now, full_due=LATER)
    clock.advance(minutes=1)
    work.sweep()

    found = cards(window(alice), inbox_id)

    page = window(alice).get(f"/inboxes/{inbox_id}").text
    assert found["sign-in"] == ("flawed", "bad-credentials")
    assert {found[name][0] for name in ("read", "send", "sent")} == {"blocked"}
    assert "Receives, cannot send." not in page
    assert "It went as far as the inbox." not in page


def test_a_proof_that_has_grown_old_is_told_with_its_time(window, alice, mine, clock):
    clock.advance(hours=2)
    visitor = window(alice)

    assert cards(visitor, mine)["read"] == ("stale", "")
    assert cards(visitor, mine)["send"] == ("proven", "")
    assert re.search(
        r"Not proved since.*<time datetime=\"2026-11-23T09:12:00\+00:00\"[^>]*>09:12<",
        card(visitor, mine, "read"),
        re.DOTALL,
    )


def test_what_is_proved_is_called_so_in_every_state(window, ctx, alice, bob, clock):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=clock.now)
    made.change(ctx, inbox_id, proofs={"sign-in": "2026-11-20T09:00:00+00:00"})

    page = window(alice).get(f"/inboxes/{inbox_id}").text

    assert "Not proved" in page
    assert "proven" not in re.sub(r"<[^>]+>", "", page)


def test_what_has_just_begun_has_lasted_less_than_a_minute(window, ctx, alice, bob, clock):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=clock.now)
    clock.advance(seconds=59)

    assert "(less than a minute)" in window(alice).get(f"/inboxes/{inbox_id}").text


def test_whoever_chose_to_receive_only_reads_that_and_no_problem_of_sending(window, ctx, bob):
    inbox_id = placed.inbox(
        ctx, bob, health="degraded", problem="connection-refused", receives_only="connection-refused"
    )

    assert cards(window(bob), inbox_id)["send"] == ("off", "")


def test_of_an_inbox_that_is_switched_off_nothing_is_told_to_work(window, ctx, alice, cannot_send):
    switches.disable(ctx, alice, cannot_send)

    page = window(alice).get(f"/inboxes/{cannot_send}").text

    assert page.count("Not checked") == 4
    assert "Receives, cannot send." not in page


def test_a_member_reads_plain_words(window, bob, cannot_send):
    visitor = window(bob)

    assert re.search(r"Sending mail.*Does not work", card(visitor, cannot_send, "send"), re.DOTALL)
    assert re.search(r"Receiving mail.*Works", card(visitor, cannot_send, "read"), re.DOTALL)


def test_the_last_check_says_how_deep_it_went_and_when_the_rest_is_looked_at(window, ctx, work, alice, mine, clock):
    visitor = window(alice)
    press(visitor, mine, "test")
    work.check(mine)
    full = visitor.get(f"/inboxes/{mine}").text
    clock.advance(minutes=20)
    work.sweep()

    short = visitor.get(f"/inboxes/{mine}").text

    assert ("full check asked for by a person" in full, "It went as far as the inbox." in full) == (True, False)
    assert "short check on schedule" in short
    assert re.search(r"It went as far as the inbox\. Sending and the rest are looked at .*in 6 h", short)


def test_the_timeline_counts_full_ones_among_checks_that_are_alike(window, work, alice, mine, clock):
    visitor = window(alice)
    press(visitor, mine, "test")
    work.check(mine)
    for _ in range(3):
        clock.advance(minutes=20)
        work.sweep()

    assert "4 checks alike, 1 of them full" in visitor.get(f"/inboxes/{mine}").text


@pytest.mark.parametrize("flaws", ["text", ["list"], {"send": 7}, {"send": {"problem": "x"}}, {"purple": {}}])
def test_flaws_that_cannot_be_read_break_no_page(window, ctx, bob, flaws):
    inbox_id = placed.inbox(ctx, bob, flaws=flaws)

    assert window(bob).get(f"/inboxes/{inbox_id}").status_code == 200
