"""Applying defaults: one inbox first, on only when it signed in, and no password outside its own domain."""

import pytest
from sqlmodel import select

from console.rules.domain_defaults import LOCAL
from console.services import applying, bulk, checks, switches
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.applied import DOMAIN, ELSEWHERE, begin, defaults_at, inboxes, job, logins, port, states
from tests.services.connected import connect, settings_of
from tests.services.listening import reach
from tests.services.test_counted import watched


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST, ELSEWHERE)


@pytest.fixture
def families():
    return None


def test_every_inbox_gets_the_settings_and_signs_in_once(ctx, alice, bob, old, new, smtp_answers, wanted):
    ids = inboxes(ctx, bob, old, "abc")
    job_id = begin(ctx, alice, wanted)

    applying.run(ctx, job_id)

    assert (job(ctx).state, states(ctx)) == ("done", dict.fromkeys("abc", "passed"))
    assert logins(new) == ["a", "b", "c"]
    assert smtp_answers.attempts() == 3
    assert old.visits == []
    assert {made.inbox(ctx, inbox_id).health for inbox_id in ids.values()} == {"healthy"}
    assert made.inbox(ctx, ids["a"]).settings == {
        **settings_of(new.tls, "a@acme.test"),
        "smtp_port": smtp_answers.tls,
    }


def test_each_change_is_in_the_audit_log(ctx, alice, bob, old, new, wanted):
    inboxes(ctx, bob, old, "ab")
    applying.run(ctx, begin(ctx, alice, wanted))

    entries = made.audited(ctx, "inbox.defaults")
    assert [(entry.actor_id, entry.target_label) for entry in entries] == [(alice.id, f"{n}@{DOMAIN}") for n in "ab"]
    assert str(old.tls) in entries[0].detail["before"]
    assert str(new.tls) in entries[0].detail["after"]
    assert len(made.audited(ctx, "domain.apply")) == 1


class TestTheFirst:
    def test_is_one_whose_sign_in_is_known_to_work(self, ctx, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "abc", health="degraded")
        made.change(ctx, ids["c"], health="healthy")

        applying.run(ctx, begin(ctx, alice, wanted))

        assert logins(new) == ["c", "a", "b"]

    def test_is_alone_until_it_has_passed(self, ctx, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "abc")
        job_id = begin(ctx, alice, wanted)
        steps = iter([True, False])

        applying.run(ctx, job_id, lambda: next(steps))

        assert [port(ctx, ids[name]) for name in "abc"] == [new.tls, old.tls, old.tls]

    def test_refused_ends_it_before_anybody_else_is_touched(self, ctx, alice, bob, old, imap_server, smtp_answers):
        new = imap_server(accounts={})
        ids = inboxes(ctx, bob, old, "abc")

        applying.run(ctx, begin(ctx, alice, defaults_at(new, smtp_answers)))

        assert (job(ctx).state, job(ctx).ended) == ("stopped", "first-failed")
        assert states(ctx) == {"a": "refused", "b": "waiting", "c": "waiting"}
        assert logins(new) == ["a"]
        assert [port(ctx, ids[name]) for name in "bc"] == [old.tls, old.tls]

    def test_that_cannot_be_reached_ends_it_too(self, ctx, alice, bob, old, new, smtp_answers):
        ids = inboxes(ctx, bob, old, "ab")

        applying.run(ctx, begin(ctx, alice, defaults_at(new, smtp_answers, imap_port=1)))

        assert (job(ctx).ended, states(ctx)) == ("first-failed", {"a": "failed", "b": "waiting"})
        assert port(ctx, ids["b"]) == old.tls

    def test_that_cannot_send_ends_it_too(self, ctx, alice, bob, old, new, smtp_answers):
        smtp_answers.answers["a"] = smtp_answers.answers["bad"]
        inboxes(ctx, bob, old, "ab")

        applying.run(ctx, begin(ctx, alice, defaults_at(new, smtp_answers)))

        assert (job(ctx).ended, states(ctx)) == ("first-failed", {"a": "refused", "b": "waiting"})


def test_the_second_refusal_stops_it(ctx, alice, bob, old, imap_server, smtp_answers):
    new = imap_server(accounts={f"a@{DOMAIN}": "secret", f"c@{DOMAIN}": "secret"})
    ids = inboxes(ctx, bob, old, "abcdef")

    applying.run(ctx, begin(ctx, alice, defaults_at(new, smtp_answers)))

    assert (job(ctx).state, job(ctx).ended) == ("stopped", "refused-twice")
    assert states(ctx) == dict(zip("abcdef", ["passed", "refused", "passed", "refused", "waiting", "waiting"]))  # noqa: B905
    assert logins(new) == ["a", "b", "c", "d"]
    assert [port(ctx, ids[name]) for name in "ef"] == [old.tls, old.tls]


def test_three_in_a_row_that_do_not_pass_stop_it(ctx, alice, bob, old, new, smtp_answers, wanted):
    for name in "bcde":
        smtp_answers.answers[name] = smtp_answers.answers["closing"]
    inboxes(ctx, bob, old, "abcdef")

    applying.run(ctx, begin(ctx, alice, wanted))

    assert job(ctx).ended == "failed-in-a-row"
    assert [states(ctx)[name] for name in "abcdef"] == ["passed", "failed", "failed", "failed", "waiting", "waiting"]


class TestPasswords:
    def test_none_is_sent_outside_the_domain_it_was_typed_for(
        self, ctx, work, clock, alice, bob, old, imap_server, smtp_answers
    ):
        other = imap_server()
        ids = inboxes(ctx, bob, old, "abc")
        applying.run(ctx, begin(ctx, alice, defaults_at(other, smtp_answers, imap_host=ELSEWHERE)))
        clock.advance(hours=3)
        work.tick()
        work.sweep()
        for inbox_id in ids.values():
            checks.run(ctx, inbox_id, checks.SHELL)

        assert (job(ctx).state, states(ctx)) == ("done", dict.fromkeys("abc", "owner"))
        assert other.visits == []
        assert smtp_answers.visits == []
        assert {(made.inbox(ctx, one).health, made.inbox(ctx, one).problem) for one in ids.values()} == {
            ("needs-sign-in", "servers-changed")
        }

    def test_the_outgoing_server_alone_elsewhere_keeps_it_from_both(self, ctx, alice, bob, old, new, smtp_answers):
        inboxes(ctx, bob, old, "ab")

        applying.run(ctx, begin(ctx, alice, defaults_at(new, smtp_answers, smtp_host=ELSEWHERE)))

        assert states(ctx) == dict.fromkeys("ab", "owner")
        assert new.visits == []
        assert smtp_answers.visits == []

    def test_one_that_was_refused_before_is_not_tried_again(self, ctx, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "ab")
        with ctx.store.write() as session:
            session.get_one(made.Credential, ids["a"]).refused = {"imap": "bad-credentials"}

        applying.run(ctx, begin(ctx, alice, wanted))

        assert states(ctx) == {"a": "owner", "b": "passed"}
        assert logins(new) == ["b"]
        assert port(ctx, ids["a"]) == new.tls

    def test_a_separate_outgoing_sign_in_that_was_never_typed_waits_for_its_owner(
        self, ctx, alice, bob, old, new, smtp_answers
    ):
        inboxes(ctx, bob, old, "a")

        applying.run(ctx, begin(ctx, alice, defaults_at(new, smtp_answers, smtp_username=LOCAL)))

        assert states(ctx) == {"a": "owner"}
        assert (new.visits, smtp_answers.visits) == ([], [])


def test_an_inbox_that_is_switched_off_is_changed_and_does_not_sign_in(ctx, alice, bob, old, new, wanted):
    ids = inboxes(ctx, bob, old, "ab")
    switches.disable(ctx, bob, ids["a"])

    applying.run(ctx, begin(ctx, alice, wanted))

    assert (job(ctx).state, states(ctx)) == ("done", {"a": "off", "b": "passed"})
    assert port(ctx, ids["a"]) == new.tls
    assert logins(new) == ["b"]


def test_an_own_outgoing_sign_in_is_kept(ctx, alice, bob, old, new, wanted):
    ids = inboxes(ctx, bob, old, "a")
    own = {**settings_of(old.tls, f"a@{DOMAIN}"), "smtp_username": "relay"}
    made.change(ctx, ids["a"], settings=own)

    applying.run(ctx, begin(ctx, alice, wanted))

    assert made.inbox(ctx, ids["a"]).settings["smtp_username"] == "relay"


def test_an_inbox_of_another_domain_or_family_is_left_alone(ctx, alice, bob, old, new, wanted):
    inboxes(ctx, bob, old, "a")
    other = connect(ctx, bob, old.tls, "x@sub.acme.test", "y@other.test")

    applying.run(ctx, begin(ctx, alice, wanted))

    assert {port(ctx, inbox_id) for inbox_id in other} == {old.tls}
    assert list(states(ctx)) == ["a"]


def test_an_inbox_that_was_removed_meanwhile_is_passed_over(ctx, alice, bob, old, new, wanted):
    ids = inboxes(ctx, bob, old, "ab")
    job_id = begin(ctx, alice, wanted)
    switches.remove(ctx, bob, ids["a"])

    applying.run(ctx, job_id)

    assert (job(ctx).state, states(ctx)) == ("done", {"a": "gone", "b": "passed"})


def test_no_network_call_happens_inside_a_transaction(ctx, alice, bob, old, new, wanted):
    inboxes(ctx, bob, old, "ab")
    job_id = begin(ctx, alice, wanted)

    with watched(ctx) as (calls, inside):
        applying.run(ctx, job_id)

    assert "socket.connect" in calls
    assert inside == []


def test_nobody_is_left_leased_at_the_end(ctx, alice, bob, old, wanted):
    inboxes(ctx, bob, old, "ab")
    job_id = begin(ctx, alice, wanted)
    applying.run(ctx, job_id)

    with ctx.store.read() as session:
        row = session.exec(select(bulk.BulkJob).where(bulk.BulkJob.id == job_id)).one()
    assert (row.lease_until, row.lease_token) == (None, None)
