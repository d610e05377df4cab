"""What people are told: once when something is wrong, once when it is over, and only those whom it concerns."""

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlmodel import select

from console.rules.notices import DEFAULTS, STAFF_KINDS, Party, Quiet, When
from console.rules.problems import CATALOGUE
from console.services import gathering, mail_settings, mail_standing, notice_mail, notice_plan, notice_rules
from console.services import notices as refused
from console.services.notice_words import Words
from console.store.episodes import Episode, Incident
from console.store.links import ReconnectLink
from console.store.models import Inbox, Person
from console.store.notices import Notice, RefusedAddress
from tests import placed
from tests.peers.certificates import HOST
from tests.services.listening import reach
from tests.services.made import audited
from tests.services.postman import PASSWORD, change, end, episode, incident, notices, postman, round_of, set_up, states
from tests.services.test_counted import counted


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST)


@pytest.fixture
def post(certificates):
    with postman(certificates) as server:
        yield server


@pytest.fixture
def server(ctx, alice, post):
    set_up(ctx, alice, post)
    return post


@pytest.fixture
def bobs(ctx, bob):
    return placed.inbox(ctx, bob, "bob@mail.test")


def row(ctx, table, row_id):
    with ctx.store.read() as session:
        return session.get(table, row_id)


def test_the_owner_is_told_once_of_an_episode_and_once_that_it_is_over(ctx, work, server, bob, bobs, clock):
    broke = episode(ctx, bobs)
    for _ in range(3):
        round_of(work)
        clock.advance(minutes=5)
    end(ctx, broke, "reconnected")
    for _ in range(3):
        round_of(work)

    assert server.recipients == [bob.email, bob.email]
    assert server.read(0)["Subject"] == "Your mailbox bob@mail.test needs your attention"
    assert server.read(1)["Subject"] == "Your mailbox bob@mail.test works again"
    assert row(ctx, Episode, broke).told_at is not None
    assert row(ctx, Episode, broke).clear_at is not None


def test_the_owner_is_told_what_to_do_and_where(ctx, work, server, bobs):
    episode(ctx, bobs)

    round_of(work)

    text = server.text()
    assert "We can no longer sign in to your mailbox bob@mail.test." in text
    assert f"{ctx.config.base_url}/reconnect/" in text
    assert f"{ctx.config.base_url}/help/bad-credentials" in text
    assert server.read()["From"].addresses[0].addr_spec == "console@acme.test"


def test_an_episode_that_is_not_ripe_is_not_told(ctx, work, server, bobs, clock):
    episode(ctx, bobs, ripe_at=None)

    round_of(work)

    assert (server.mails, notices(ctx)) == ([], [])


def test_a_refusal_waits_a_few_minutes_since_it_may_be_the_first_of_many(ctx, work, server, bob, bobs, clock):
    episode(ctx, bobs, changed_at=clock.now)

    round_of(work)
    told_at_once = list(server.recipients)
    clock.advance(minutes=5)
    round_of(work)

    assert (told_at_once, server.recipients) == ([], [bob.email])


def test_the_first_of_a_wave_is_not_asked_to_sign_in(ctx, work, server, bobs, clock):
    first = episode(ctx, bobs, changed_at=clock.now)
    round_of(work)
    incident(ctx, first, problem="many-refused", nature="refusals")

    clock.advance(minutes=10)
    round_of(work)

    assert "owner-problem" not in {kind for kind, state, _ in states(ctx) if state == "sent"}


def test_whoever_was_not_told_that_it_began_is_not_told_that_it_ended(ctx, work, server, bobs):
    broke = episode(ctx, bobs, ripe_at=None)
    end(ctx, broke)

    round_of(work)

    assert server.mails == []


def test_an_owner_who_gave_the_inbox_away_is_sent_neither_news_nor_a_link(ctx, work, alice, post, bob, charlie, bobs):
    episode(ctx, bobs)
    round_of(work)
    change(ctx, Inbox, bobs, owner_id=charlie.id)

    set_up(ctx, alice, post)
    round_of(work)

    assert states(ctx) == [("owner-problem", "withdrawn", "moved-on")]
    with ctx.store.read() as session:
        assert session.exec(select(ReconnectLink)).all() == []


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_a_lease_from_before_the_clock_was_set_back_holds_no_notice(ctx, work, server, bob, bobs, clock, state):
    episode(ctx, bobs)
    notice_plan.look(ctx)
    change(ctx, Notice, notices(ctx)[0].id, state=state, lease_until=clock.now + timedelta(days=400), lease_token="x")

    round_of(work)

    told = {"queued": ("owner-problem", "sent", ""), "sending": ("owner-problem", "failed", "not-known")}
    assert states(ctx) == [told[state]]


def test_a_disabled_inbox_is_not_told_to_work_again(ctx, work, server, bobs):
    broke = episode(ctx, bobs)
    round_of(work)
    end(ctx, broke, "disabled")

    round_of(work)

    assert len(server.mails) == 1


def test_what_an_admin_mends_is_told_to_the_admins_and_once_to_the_owner(ctx, work, server, alice, bob, hanne, bobs):
    episode(ctx, bobs, "tls-expired")

    round_of(work)
    round_of(work)

    assert sorted(server.recipients) == [alice.email, bob.email]


def test_a_problem_of_the_operator_never_reaches_the_owner(ctx, work, server, alice, bob, bobs):
    episode(ctx, bobs, "oauth-client-secret")

    round_of(work)

    assert server.recipients == [alice.email]


def test_trouble_that_passes_by_itself_is_not_told_to_whoever_does_not_want_it(ctx, work, server, bob, bobs):
    change(ctx, Person, bob.id, told_of_recoverable=False)
    episode(ctx, bobs, "server-unavailable")

    round_of(work)

    assert server.mails == []


def test_an_episode_that_becomes_the_owners_business_is_told_all_the_same(ctx, work, server, bob, bobs):
    change(ctx, Person, bob.id, told_of_recoverable=False)
    broke = episode(ctx, bobs, "server-unavailable")
    round_of(work)
    change(ctx, Episode, broke, problem="bad-credentials")

    round_of(work)

    assert server.recipients == [bob.email]
    assert "no longer sign in" in server.text()


def test_who_was_told_to_wait_is_told_once_more_when_they_have_to_act_and_no_third_time(
    ctx, work, server, bob, bobs, clock
):
    broke = episode(ctx, bobs, "server-unavailable")
    round_of(work)
    for code in ("bad-credentials", "server-unavailable", "password-expired"):
        clock.advance(minutes=30)
        change(ctx, Episode, broke, problem=code, changed_at=clock.now - timedelta(minutes=10))
        round_of(work)

    assert server.recipients == [bob.email, bob.email]
    assert "no longer sign in" in server.text(1)
    end(ctx, broke)
    round_of(work)
    round_of(work)
    assert server.recipients == [bob.email] * 3


def test_somebody_who_left_is_told_nothing(ctx, work, server, bob, bobs):
    change(ctx, Person, bob.id, active=False)
    episode(ctx, bobs)

    round_of(work)

    assert server.mails == []


def test_that_a_notice_goes_to_the_very_mailbox_that_is_broken_is_noted(ctx, work, server, bob):
    episode(ctx, placed.inbox(ctx, bob, bob.email))

    round_of(work)

    assert notices(ctx)[0].detail["itself"] is True
    assert server.recipients == [bob.email]


def test_the_tick_finds_what_is_to_be_told_and_wakes_a_worker(ctx, work, server, bobs, monkeypatch):
    woken = []
    monkeypatch.setattr(work, "_ctx", replace(ctx, enqueue=lambda name, *ids: woken.append(name)))
    episode(ctx, bobs)

    work.tick()

    assert "notify" in woken
    assert states(ctx) == [("owner-problem", "queued", "")]


# Incidents.


@pytest.fixture
def flock(ctx, bob, charlie):
    """Bob has two inboxes, Charlie one, and a server fails for all three."""
    inboxes = [
        placed.inbox(ctx, bob, "bob@mail.test"),
        placed.inbox(ctx, bob, "team@mail.test"),
        placed.inbox(ctx, charlie, "charlie@mail.test"),
    ]
    return [episode(ctx, one, "server-unavailable") for one in inboxes]


def over(ctx, incident_id, episodes):
    for one in episodes:
        end(ctx, one)
    change(ctx, Incident, incident_id, ended_at=ctx.clock(), state="over")


def test_owners_hear_nothing_of_an_outage_and_admins_of_its_begin_and_end(ctx, work, server, alice, flock, clock):
    outage = incident(ctx, *flock)
    for _ in range(5):
        round_of(work)
        clock.advance(minutes=15)
    over(ctx, outage, flock)
    for _ in range(3):
        round_of(work)

    assert server.recipients == [alice.email, alice.email]
    assert server.read(0)["Subject"] == "Incident at mail.acme.test: Server has trouble"
    assert "Inboxes: 3, people: 2." in server.text(0)
    assert "The owners of the inboxes were not told." in server.text(0)
    assert server.read(1)["Subject"] == "Over at mail.acme.test: Server has trouble"
    assert row(ctx, Incident, outage).told_at is not None


def test_an_outage_is_told_to_nobody_before_a_quarter_of_an_hour(ctx, work, server, flock, clock):
    incident(ctx, *flock, began_at=clock.now)
    clock.advance(minutes=14)

    round_of(work)

    assert server.mails == []


def test_a_wave_of_refusals_is_told_to_admins_at_once(ctx, work, server, alice, flock, clock):
    incident(ctx, *flock, problem="bad-credentials", nature="refusals", began_at=clock.now)

    round_of(work)

    assert server.recipients == [alice.email]


def test_an_incident_that_was_over_before_anybody_was_told_is_told_to_nobody(ctx, work, server, flock, clock):
    outage = incident(ctx, *flock, began_at=clock.now)
    round_of(work)
    over(ctx, outage, flock)
    clock.advance(minutes=30)

    round_of(work)

    assert server.mails == []


def test_owners_are_told_once_an_incident_turns_out_to_be_real_and_get_one_all_clear_each(
    ctx, work, server, bob, charlie, flock, clock
):
    wave = incident(ctx, *flock, problem="bad-credentials", nature="refusals")
    for one in flock:
        change(ctx, Episode, one, problem="bad-credentials")
    round_of(work)
    clock.advance(hours=1)
    change(ctx, Incident, wave, owners_told_from=clock.now)
    round_of(work)
    assert sorted(server.recipients[1:]) == [bob.email, bob.email, charlie.email]

    server.mails.clear()
    end(ctx, flock[0])
    round_of(work)
    assert server.mails == []
    over(ctx, wave, flock[1:])
    round_of(work)
    round_of(work)

    owners = [one for one in server.recipients if one in {bob.email, charlie.email}]
    assert sorted(owners) == [bob.email, charlie.email]
    number = server.recipients.index(bob.email)
    assert "bob@mail.test, team@mail.test" in server.text(number)


def test_who_signs_in_again_hears_so_at_once_and_not_when_the_last_of_all_others_did(
    ctx, work, server, bob, charlie, flock, clock
):
    for one in flock:
        change(ctx, Episode, one, problem="bad-credentials")
    wave = incident(ctx, *flock, problem="bad-credentials", nature="refusals", owners_told_from=clock.now)
    round_of(work)
    server.mails.clear()

    end(ctx, flock[2], "reconnected")
    round_of(work)
    assert server.recipients == [charlie.email]
    end(ctx, flock[0], "reconnected")
    round_of(work)
    assert server.recipients == [charlie.email]
    over(ctx, wave, flock[1:2])
    for _ in range(2):
        round_of(work)

    assert [one for one in server.recipients if one in {bob.email, charlie.email}] == [charlie.email, bob.email]


def test_who_was_told_of_an_incident_that_another_swallowed_hears_one_all_clear(ctx, work, server, alice, flock):
    first, second = incident(ctx, flock[0]), incident(ctx, *flock[1:], level="domain", target="mail.test")
    change(ctx, Incident, second, began_at=ctx.clock())
    round_of(work)
    with ctx.store.write() as session:
        gathering.swallow(session, session.get(Incident, first), session.get(Incident, second), ctx.clock())
    round_of(work)
    assert server.recipients == [alice.email]

    over(ctx, second, flock)
    round_of(work)
    round_of(work)

    assert [mail["Subject"] for mail in map(server.read, range(2))] == [
        "Incident at mail.acme.test: Server has trouble",
        "Over at mail.test: Server has trouble",
    ]
    assert len(server.mails) == 2


def test_a_reconnect_link_is_made_when_the_mail_goes_and_not_before(ctx, work, alice, post, bobs):
    episode(ctx, bobs)
    round_of(work)
    with ctx.store.read() as session:
        assert session.exec(select(ReconnectLink)).all() == []

    set_up(ctx, alice, post)
    round_of(work)

    with ctx.store.read() as session:
        assert [one.inbox_id for one in session.exec(select(ReconnectLink))] == [bobs]


def test_what_an_incident_takes_over_is_withdrawn_and_told_later_if_at_all(ctx, work, alice, post, bobs, bob, clock):
    broke = episode(ctx, bobs, "bad-credentials")
    notice_plan.look(ctx)
    wave = incident(ctx, broke, problem="bad-credentials", nature="refusals")
    notice_plan.look(ctx)

    assert ("owner-problem", "withdrawn", "incident") in states(ctx)

    change(ctx, Incident, wave, owners_told_from=clock.now)
    set_up(ctx, alice, post)
    round_of(work)
    assert bob.email in post.recipients


# Without a server, and with one that refuses.


def test_without_a_server_notices_are_held_and_sent_once_there_is_one(ctx, work, alice, bob, post, bobs, clock):
    episode(ctx, bobs)
    round_of(work)
    assert states(ctx) == [("owner-problem", "held", "no-server")]

    clock.advance(days=3)
    set_up(ctx, alice, post)
    round_of(work)

    assert post.recipients == [bob.email]


def test_what_is_true_no_longer_is_withdrawn_and_never_sent(ctx, work, alice, post, bobs):
    broke = episode(ctx, bobs)
    round_of(work)
    end(ctx, broke)
    round_of(work)
    set_up(ctx, alice, post)
    round_of(work)

    assert states(ctx) == [("owner-problem", "withdrawn", "over")]
    assert post.mails == []


def test_a_password_that_is_refused_is_sent_once_and_never_again_before_it_is_typed_anew(
    ctx, work, alice, bob, post, bobs, clock
):
    set_up(ctx, alice, post, password="wrong")
    episode(ctx, bobs)
    for _ in range(5):
        round_of(work)
        clock.advance(hours=6)
    assert post.passwords == ["wrong"]
    assert states(ctx) == [("owner-problem", "held", "bad-credentials")]

    set_up(ctx, alice, post)
    round_of(work)

    assert post.recipients == [bob.email]


def test_a_server_that_cannot_be_reached_is_tried_gently(ctx, work, alice, bob, post, bobs, clock):
    set_up(ctx, alice, post, port=1)
    episode(ctx, bobs)
    round_of(work)
    with ctx.store.read() as session:
        known = mail_standing.trouble(ctx, session)
    assert (known.problem, known.failures) == ("connection-refused", 1)

    set_up(ctx, alice, post)
    round_of(work)

    assert post.recipients == [bob.email]


def test_a_recipient_who_is_busy_is_tried_again_later(ctx, work, server, bob, bobs, clock):
    server.refuse[bob.email] = "450 4.2.1 mailbox busy, try later"
    episode(ctx, bobs)
    round_of(work)
    round_of(work)
    assert [one.attempts for one in notices(ctx)] == [1]

    server.refuse.clear()
    clock.advance(minutes=1)
    round_of(work)

    assert server.recipients == [bob.email]


def test_an_address_that_is_refused_for_good_gets_nothing_more_until_it_is_cleared(ctx, work, server, bob, bobs, clock):
    server.refuse[bob.email] = "550 5.1.1 no such user"
    first = episode(ctx, bobs)
    round_of(work)
    end(ctx, first)
    server.refuse.clear()
    clock.advance(days=1)
    episode(ctx, bobs)
    round_of(work)

    assert states(ctx) == [("owner-problem", "failed", "address-refused")] * 2
    assert notices(ctx)[0].server_text == "550 5.1.1 no such user"
    assert row(ctx, RefusedAddress, bob.email) is not None
    assert server.mails == []


@pytest.mark.parametrize(
    "said",
    [
        "554 5.7.1 <bob@acme.test>: Relay access denied",
        "550 5.7.1 Client host rejected by a rule",
        "552 5.2.2 mailbox full",
        "550 5.1.8 sender's domain does not exist",
        "530 5.7.0 Authentication required",
        "554 no",
        "550 relay not permitted",
        "550 Administrative prohibition",
        "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    ],
)
def test_a_refusal_for_another_reason_than_the_address_marks_no_address(ctx, work, server, bob, bobs, said):
    server.refuse[bob.email] = said
    episode(ctx, bobs)
    round_of(work)

    assert states(ctx) == [("owner-problem", "failed", "message-refused")]
    assert row(ctx, RefusedAddress, bob.email) is None


@pytest.mark.parametrize(
    "said",
    [
        "550 5.4.1 Recipient address rejected: Access denied",
        "550 5.2.1 disabled",
        "550 5.1.10 not found",
        "550 no such user here",
        "550 Unrouteable address",
        "553 sorry, no mailbox here by that name. (#5.1.1)",
    ],
)
def test_a_refusal_of_the_address_marks_it(ctx, work, server, bob, bobs, said):
    server.refuse[bob.email] = said
    episode(ctx, bobs)
    round_of(work)

    assert row(ctx, RefusedAddress, bob.email).server_text == said


def test_a_sender_that_is_refused_is_trouble_of_the_server_and_of_no_notice(ctx, work, server, bobs):
    server.senders["console@acme.test"] = "553 5.7.1 <console@acme.test>: Sender address rejected: not owned by user"
    episode(ctx, bobs)

    round_of(work)

    with ctx.store.read() as session:
        assert mail_standing.trouble(ctx, session).problem == "sender-not-allowed"
    assert states(ctx) == [("owner-problem", "queued", "")]


def test_a_message_that_is_refused_for_good_has_failed_in_the_servers_words(ctx, work, server, bobs):
    server.message = "554 5.7.1 this looks like spam"
    episode(ctx, bobs)

    round_of(work)

    assert [(one.state, one.outcome, one.server_text) for one in notices(ctx)] == [
        ("failed", "message-refused", "554 5.7.1 this looks like spam")
    ]


def test_an_address_that_smtp_cannot_carry_holds_nobody_elses_mail_back(ctx, work, server, bob, charlie, bobs):
    change(ctx, Person, bob.id, email="bjørn@acme.test")
    episode(ctx, bobs)
    episode(ctx, placed.inbox(ctx, charlie, "charlie@mail.test"))

    round_of(work)

    assert server.recipients == [charlie.email]
    assert states(ctx) == [("owner-problem", "failed", "address-refused"), ("owner-problem", "sent", "")]
    with ctx.store.read() as session:
        assert mail_standing.trouble(ctx, session) is None


def test_a_row_that_says_nothing_readable_is_withdrawn_and_holds_nobody_back(ctx, work, server, alice, charlie):
    for detail in ({}, {"kind": "certificate", "what": "mail.acme.test", "date": "soon"}):
        to = {"address": alice.email, "person_id": alice.id, "state": "queued"}
        placed.notice(ctx, f"odd:{len(detail)}", kind="radar", detail=detail, **to)
    episode(ctx, placed.inbox(ctx, charlie, "charlie@mail.test"))

    round_of(work)

    assert server.recipients == [charlie.email]
    assert [one.state for one in notices(ctx, kind="radar")] == ["withdrawn"] * 2


def test_a_server_that_quotes_the_link_or_the_password_spreads_neither(ctx, work, server, bob, bobs):
    def quoting(mail):
        link = re.search(rb"/reconnect/[\w-]+", mail.data.replace(b"=\r\n", b""))[0].decode()
        return f"554 5.7.1 blocked: {ctx.config.base_url}{link} sent by console/{PASSWORD}"

    server.message_refusal = quoting
    episode(ctx, bobs)

    round_of(work)

    (one,) = notices(ctx)
    assert one.server_text == f"554 5.7.1 blocked: {ctx.config.base_url}/reconnect/•••• sent by console/••••"


def test_one_refused_mail_does_not_hold_the_others_back(ctx, work, server, bob, charlie, bobs):
    server.refuse[bob.email] = "550 5.1.1 no such user"
    episode(ctx, bobs)
    episode(ctx, placed.inbox(ctx, charlie, "charlie@mail.test"))

    round_of(work)

    assert server.recipients == [charlie.email]
    assert len(server.visits) == 1


def test_a_worker_that_died_while_sending_leaves_a_notice_that_is_not_sent_twice(ctx, work, server, bobs, clock):
    episode(ctx, bobs)
    notice_plan.look(ctx)
    one = notices(ctx)[0]
    change(ctx, Notice, one.id, state="sending", lease_until=clock.now, lease_token="dead")
    clock.advance(minutes=5)

    round_of(work)

    assert server.mails == []
    assert states(ctx) == [("owner-problem", "failed", "not-known")]


def test_no_more_than_sixty_mails_go_a_minute(ctx, work, server, bob, clock):
    for number in range(70):
        episode(ctx, placed.inbox(ctx, bob, f"box{number}@mail.test", secret={}))

    round_of(work)
    assert len(server.mails) == 60
    clock.advance(seconds=61)
    round_of(work)

    assert len(server.mails) == 70


def test_every_problem_can_be_told_to_its_owner(ctx, bobs):
    letters = {}
    for code in CATALOGUE:
        notice = Notice(
            once=code,
            kind="owner-problem",
            channel="mail",
            inbox_id=bobs,
            problem=code,
            detail={"acts": True, "recoverable": True},
            created_at=ctx.clock(),
            not_before=ctx.clock(),
        )
        with ctx.store.read() as session:
            letters[code] = Words(ctx, session, [notice], "en").letter(notice)

    said = {code: " ".join([one.subject, *(line.text for line in one.lines)]) for code, one in letters.items()}
    assert [code for code, text in said.items() if "%(" in text or (code in text and "-" in code)] == []
    assert {[line.part for line in one.lines].count("button") for one in letters.values()} == {1}


def test_staff_read_who_must_act_by_name_and_the_server_as_it_is_written(ctx, bobs):
    notice = Notice(once="one", kind="user-problem", channel="mail", inbox_id=bobs, problem="bad-credentials",
                    created_at=ctx.clock(), not_before=ctx.clock())  # fmt: skip
    change(ctx, Inbox, bobs, problem_host="mail.acme.test")
    with ctx.store.read() as session:
        letter = Words(ctx, session, [notice], "en").letter(notice)

    texts = [line.text for line in letter.lines]
    assert texts[0].startswith("mail.acme.test refused")
    assert "Who must act: Bob Berg." in texts


# The daily mail, quiet hours and other addresses.


def save(ctx, admin, **changes):
    with ctx.store.read() as session:
        rules = notice_rules.read(session)
    notice_rules.save(ctx, admin, replace(rules, **changes))


def every(party, when):
    return {**{one: dict(DEFAULTS[one]) for one in Party}, party: dict.fromkeys(STAFF_KINDS, when)}


def test_the_daily_mail_holds_everything_that_is_still_true_in_one_mail(ctx, work, server, alice, bob, clock):
    save(ctx, alice, when=every(Party.ADMIN, When.DIGEST))
    broken = [episode(ctx, placed.inbox(ctx, bob, f"box{number}@mail.test"), "oauth-app-config") for number in range(3)]
    round_of(work)
    assert server.mails == []
    end(ctx, broken[0])
    clock.now = clock.now.replace(day=24, hour=7, minute=30)
    round_of(work)
    round_of(work)

    assert server.recipients == [alice.email]
    assert server.read()["Subject"] == "To look at today: 2"
    assert "box1@mail.test" in server.text()
    assert "box0@mail.test" not in server.text()
    assert len(notices(ctx, state="sent")) == 2


def test_staff_who_was_told_of_a_problem_of_one_inbox_is_told_once_that_it_is_over(
    ctx, work, server, alice, bobs, clock
):
    broke = episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    assert server.recipients == [alice.email]
    clock.advance(minutes=30)
    end(ctx, broke)
    for _ in range(3):
        round_of(work)

    assert server.recipients == [alice.email, alice.email]
    assert server.read()["Subject"] == "bob@mail.test works again"
    assert "It lasted from 23 Nov 2026, 09:12 UTC to 23 Nov 2026, 09:42 UTC." in server.text()


def test_staff_who_was_told_in_the_daily_mail_is_told_of_the_end_in_the_daily_mail(
    ctx, work, server, alice, bobs, clock
):
    save(ctx, alice, when=every(Party.ADMIN, When.DIGEST))
    broke = episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    clock.now = clock.now.replace(day=24, hour=7, minute=30)
    round_of(work)
    clock.advance(hours=1)
    end(ctx, broke)
    round_of(work)
    assert len(server.mails) == 1

    clock.now = clock.now.replace(day=25, hour=7, minute=30)
    round_of(work)

    assert server.read()["Subject"] == "To look at today: 1"
    assert "bob@mail.test works again" in server.text()


def test_staff_hears_nothing_of_the_end_of_what_they_were_not_told_of(ctx, work, alice, post, bobs):
    broke = episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    end(ctx, broke)
    round_of(work)
    set_up(ctx, alice, post)
    round_of(work)

    assert states(ctx) == [("admin-problem", "withdrawn", "over")]
    assert post.mails == []


def test_what_went_wrong_again_before_its_end_was_told_is_not_told_to_be_over(ctx, work, server, alice, bobs, clock):
    save(ctx, alice, quiet=Quiet(time(10), time(17), frozenset(range(7))))
    broke = episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    clock.advance(hours=1)
    end(ctx, broke)
    round_of(work)
    episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    clock.now = clock.now.replace(hour=17)
    round_of(work)

    assert [(one.kind, one.state) for one in notices(ctx)] == [
        ("admin-problem", "sent"), ("problem-over", "withdrawn"), ("admin-problem", "sent")
    ]  # fmt: skip


def test_staff_who_does_not_want_to_hear_of_such_problems_any_more_hears_of_no_end(ctx, work, server, alice, bobs):
    broke = episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    save(ctx, alice, when=every(Party.ADMIN, When.NEVER))
    end(ctx, broke)
    for _ in range(2):
        round_of(work)

    assert len(server.mails) == 1
    assert states(ctx, kind="problem-over") == [("problem-over", "withdrawn", "unwanted")]


def test_of_an_inbox_that_healed_in_an_incident_staff_hears_with_the_incident_only(ctx, work, server, alice, bobs):
    broke = episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    shared = incident(ctx, broke)
    round_of(work)
    over(ctx, shared, [broke])
    for _ in range(2):
        round_of(work)

    assert [mail["Subject"] for mail in map(server.read, range(3))] == [
        "bob@mail.test: App set up wrongly",
        "Incident at mail.acme.test: Server has trouble",
        "Over at mail.acme.test: Server has trouble",
    ]
    assert len(server.mails) == 3


def test_an_all_clear_names_only_what_got_well_and_is_well_when_the_mail_goes(
    ctx, work, server, alice, bob, flock, clock
):
    third = episode(ctx, placed.inbox(ctx, bob, "third@mail.test"), "bad-credentials")
    wave = incident(ctx, *flock, third, problem="bad-credentials", nature="refusals", owners_told_from=clock.now)
    round_of(work)
    server.mails.clear()
    save(ctx, alice, quiet=Quiet(time(9), time(17), frozenset(range(7))))
    over(ctx, wave, flock)
    end(ctx, third, "disabled")
    round_of(work)
    with ctx.store.read() as session:
        again = session.get_one(Episode, flock[1]).inbox_id
    episode(ctx, again, ripe_at=None)
    clock.now = clock.now.replace(hour=17, minute=0)
    round_of(work)

    number = server.recipients.index(bob.email)
    assert server.read(number)["Subject"] == "Your mailbox bob@mail.test works again"


def test_mails_to_owners_wait_for_the_end_of_quiet_hours_and_incidents_pass(
    ctx, work, server, alice, bob, flock, clock
):
    save(ctx, alice, quiet=Quiet(time(9), time(17), frozenset(range(7))))
    incident(ctx, *flock, nature="refusals", problem="bad-credentials")
    episode(ctx, placed.inbox(ctx, bob, "own@mail.test"))
    round_of(work)
    assert server.recipients == [alice.email]

    clock.now = clock.now.replace(hour=17, minute=0)
    round_of(work)
    assert server.recipients == [alice.email, bob.email]


def test_quiet_hours_that_are_set_off_meanwhile_hold_nothing_any_longer_than_a_clock_that_was_wrong(
    ctx, work, server, bob, bobs, clock
):
    clock.advance(days=400)
    broke = episode(ctx, bobs)
    notice_plan.look(ctx)
    change(ctx, Notice, notices(ctx)[0].id, not_before=clock.now)
    clock.advance(days=-400)
    change(ctx, Episode, broke, began_at=clock.now, ripe_at=clock.now)

    work.notify()

    assert server.recipients == [bob.email]


def test_help_desk_and_other_addresses_are_told_as_the_settings_say_each_address_once(
    ctx, work, server, alice, hanne, bobs
):
    when = {**every(Party.HELP_DESK, When.AT_ONCE), Party.EXTRA: dict.fromkeys(STAFF_KINDS, When.AT_ONCE)}
    save(ctx, alice, when=when, extra=("it@acme.test", alice.email))
    episode(ctx, bobs, "oauth-app-config")

    round_of(work)

    assert sorted(server.recipients) == sorted([alice.email, hanne.email, "it@acme.test"])


def test_what_waits_goes_neither_to_who_is_no_staff_any_more_nor_to_an_address_that_was_taken_off_the_list(
    ctx, work, alice, hanne, post, bobs
):
    when = {**every(Party.HELP_DESK, When.AT_ONCE), Party.EXTRA: dict.fromkeys(STAFF_KINDS, When.AT_ONCE)}
    save(ctx, alice, when=when, extra=("it@acme.test", "typo@acmee.test"))
    episode(ctx, bobs, "oauth-app-config")
    round_of(work)
    assert [one.state for one in notices(ctx)] == ["held"] * 4

    change(ctx, Person, hanne.id, role="member")
    save(ctx, alice, extra=("it@acme.test",))
    set_up(ctx, alice, post)
    round_of(work)

    assert sorted(post.recipients) == sorted([alice.email, "it@acme.test"])
    assert {(one.state, one.outcome) for one in notices(ctx)} == {("sent", ""), ("withdrawn", "unwanted")}


def test_nobody_of_the_staff_is_told_what_the_settings_leave_out(ctx, work, server, alice, bobs):
    save(ctx, alice, when=every(Party.ADMIN, When.NEVER))
    episode(ctx, bobs, "oauth-app-config")

    round_of(work)

    assert server.mails == []


def test_two_workers_at_once_send_every_notice_once(ctx, work, server, bob):
    for number in range(12):
        episode(ctx, placed.inbox(ctx, bob, f"box{number}@mail.test", secret={}))
    notice_plan.look(ctx)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: (notice_plan.look(ctx), notice_mail.run(ctx)), range(4)))
    work.notify()

    assert len(server.mails) == 12
    assert len({mail.data for mail in server.mails}) == 12


def test_a_daily_mail_of_which_something_is_over_while_it_is_made_goes_with_the_rest(
    ctx, work, server, alice, bob, clock
):
    save(ctx, alice, when=every(Party.ADMIN, When.DIGEST))
    broken = [episode(ctx, placed.inbox(ctx, bob, f"box{number}@mail.test"), "oauth-app-config") for number in range(3)]
    round_of(work)
    clock.now = clock.now.replace(day=24, hour=7, minute=30)

    def meanwhile(_address):
        server.recipient_refusal = lambda _address: ""
        end(ctx, broken[1])
        notice_plan.look(ctx)
        return ""

    server.recipient_refusal = meanwhile
    work.notify()

    assert [one.state for one in notices(ctx)] == ["sent", "withdrawn", "sent"]
    assert server.read()["Subject"] == "To look at today: 2"


@pytest.mark.parametrize("change_it", ["removed", "another"])
def test_a_server_that_is_changed_while_mails_go_gets_none_of_the_rest(
    ctx, work, alice, bob, post, certificates, change_it
):
    set_up(ctx, alice, post)
    for number in range(3):
        episode(ctx, placed.inbox(ctx, bob, f"box{number}@mail.test"))
    notice_plan.look(ctx)
    with postman(certificates) as other:

        def after_the_first(_address):
            if len(post.mails) == 1:
                if change_it == "removed":
                    mail_settings.remove(ctx, alice)
                else:
                    set_up(ctx, alice, other)
            return ""

        post.recipient_refusal = after_the_first
        work.notify()

        assert (len(post.mails), len(other.mails)) == (1, 0 if change_it == "removed" else 2)
    rest = "held" if change_it == "removed" else "sent"
    assert [one.state for one in notices(ctx)] == ["sent", rest, rest]


def test_a_server_that_takes_its_time_with_every_mail_gets_all_of_them_and_none_is_cut_off(ctx, server, bob, clock):
    for number in range(8):
        episode(ctx, placed.inbox(ctx, bob, f"box{number}@mail.test", secret={}))
    notice_plan.look(ctx)
    seconds = [0.0]

    def six_seconds(_mail):
        seconds[0] += 6
        return ""

    server.message_refusal = six_seconds
    dialer = copy.copy(ctx.dialer)
    dialer.monotonic = lambda: seconds[0]

    notice_mail.run(replace(ctx, dialer=dialer))

    assert [(one.state, one.outcome) for one in notices(ctx)] == [("sent", "")] * 8
    assert len(server.visits) == 2


def test_a_worker_that_lost_its_lease_sends_nothing(ctx, work, server, bobs, clock):
    episode(ctx, bobs)
    notice_plan.look(ctx)
    server.recipient_refusal = lambda _address: change(ctx, Notice, notices(ctx)[0].id, lease_token="other") or ""

    work.notify()

    assert server.mails == []


def test_looking_costs_the_same_however_many_inboxes_there_are(ctx, work, server, alice, bob):
    def cost(number):
        for one in range(number):
            episode(ctx, placed.inbox(ctx, bob, f"box{number}-{one}@mail.test", secret={}))
        with counted(ctx) as statements:
            notice_plan.look(ctx)
        return len(statements)

    cost(1)
    assert cost(20) == cost(3)


@pytest.mark.server
def test_postfix_takes_a_notice_and_refuses_a_ghost(ctx, work, alice, bob, bobs, dovecot, postfix):
    name = dovecot.user("notices@postfix.test")
    ghost = placed.person(ctx, "ghost@postfix.test", name="Ghost")
    change(ctx, Person, bob.id, email="bob@postfix.test")
    mail_settings.save(
        ctx,
        alice,
        host=HOST,
        port=postfix.submission,
        security="starttls",
        username=name,
        password="secret",
        sender=name,
        sender_name="Acme",
    )
    episode(ctx, bobs)
    episode(ctx, placed.inbox(ctx, ghost, "ghost@mail.test"))

    round_of(work)

    assert sorted((one.state, one.outcome) for one in notices(ctx)) == [("failed", "address-refused"), ("sent", "")]
    assert dovecot.logins(name, "smtp") == 1


def test_an_address_that_is_as_long_as_any_is_cleared_and_named_in_full(ctx, alice, clock):
    address = f"{'a' * 64}@{'b' * 60}.test"
    with ctx.store.write() as session:
        session.add(RefusedAddress(address=address, at=clock.now, server_text="550 no such user"))

    refused.clear_address(ctx, alice, address)

    (entry,) = audited(ctx, "notice.clear-address")
    # The column takes no more, which only PostgreSQL minds.
    assert (entry.target_label, len(entry.target_id)) == (address, 40)
