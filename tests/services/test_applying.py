"""Applying defaults: one inbox first, on only when it signed in, and no password outside its own domain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from console.rules.domain_defaults import LOCAL, WHOLE, Kind
from console.services import applying, bulk, checks, defaults, differences, drafts, servers, switches
from console.services.context import NotFound, Refused
from console.services.default_settings import Defaults
from console.store.models import Person
from tests import placed
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.connected import connect, settings_of
from tests.services.listening import reach
from tests.services.test_counted import watched
from tests.services.workers import killed_at_the_end, until

DOMAIN = "acme.test"
ELSEWHERE = "mail.elsewhere.test"


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST, ELSEWHERE)


@pytest.fixture
def families():
    return None


@pytest.fixture
def old(imap_server):
    """Where the inboxes are now."""
    return imap_server()


@pytest.fixture
def new(imap_server):
    """Where the defaults send them; it knows everybody but those that a test leaves out."""
    return imap_server(accounts={f"{name}@{DOMAIN}": "secret" for name in "abcdef"})


def defaults_at(new, smtp, **changes):
    known = {
        "kind": Kind.IMAP,
        "imap_host": HOST,
        "imap_port": new.tls,
        "imap_security": "tls",
        "smtp_host": HOST,
        "smtp_port": smtp.tls,
        "smtp_security": "tls",
        "username": WHOLE,
    }
    return Defaults(**{**known, **changes})


@pytest.fixture
def wanted(new, smtp_answers):
    return defaults_at(new, smtp_answers)


def inboxes(ctx, owner, old, names, **columns):
    """Connect inboxes at the old server, healthy unless told otherwise; return their ids by name."""
    ids = connect(ctx, owner, old.tls, *(f"{name}@{DOMAIN}" for name in names), receives_only=None)
    standing = {"health": "healthy", "proven_until": ctx.clock() + timedelta(hours=1), **columns}
    for inbox_id in ids:
        made.change(ctx, inbox_id, next_check=ctx.clock() + timedelta(minutes=10), **standing)
    return dict(zip(names, ids, strict=True))


def begin(ctx, actor, wanted, domain=DOMAIN):
    mark = differences.preview(ctx, domain, wanted).mark
    revision = defaults.get(ctx, actor, domain).revision
    return applying.begin(ctx, actor, domain, wanted, revision=revision, mark=mark)


def job(ctx):
    return bulk.newest(ctx, defaults.APPLY, DOMAIN)


def states(ctx):
    return {item.address.partition("@")[0]: item.state for item in job(ctx).items}


def logins(server):
    return [attempt.login.partition("@")[0] for visit in server.visits for attempt in visit.attempts]


def port(ctx, inbox_id):
    return made.inbox(ctx, inbox_id).settings["imap_port"]


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


class TestStopping:
    def test_ends_after_the_inbox_it_is_at(self, ctx, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "abc")
        job_id = begin(ctx, alice, wanted)
        steps = iter([lambda: None, lambda: applying.stop(ctx, alice, job_id), lambda: None])

        applying.run(ctx, job_id, lambda: next(steps)() is None)

        assert (job(ctx).state, job(ctx).ended) == ("stopped", "asked")
        assert states(ctx) == {"a": "passed", "b": "waiting", "c": "waiting"}
        assert port(ctx, ids["b"]) == old.tls

    def test_works_without_a_worker(self, ctx, alice, bob, old, wanted):
        inboxes(ctx, bob, old, "a")
        job_id = begin(ctx, alice, wanted)

        applying.stop(ctx, alice, job_id)
        applying.run(ctx, job_id)

        assert (job(ctx).state, states(ctx)) == ("stopped", {"a": "waiting"})

    def test_is_for_admins(self, ctx, alice, bob, hanne, old, wanted):
        inboxes(ctx, bob, old, "a")
        job_id = begin(ctx, alice, wanted)

        for somebody in (bob, hanne):
            with pytest.raises(NotFound):
                applying.stop(ctx, somebody, job_id)

    def test_an_admin_who_may_no_longer_do_so_ends_it(self, ctx, alice, bob, old, new, wanted):
        anna = placed.person(ctx, "anna@acme.test", name="Anna Ager", role="admin")
        inboxes(ctx, bob, old, "ab")
        job_id = begin(ctx, anna, wanted)
        with ctx.store.write() as session:
            session.get_one(Person, anna.id).role = "member"

        applying.run(ctx, job_id)

        assert (job(ctx).ended, new.visits) == ("access-lost", [])


class TestTakingBack:
    def test_gives_every_inbox_what_it_had(self, ctx, work, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "abc")
        before = {name: made.inbox(ctx, inbox_id).settings for name, inbox_id in ids.items()}
        job_id = begin(ctx, alice, wanted)
        applying.run(ctx, job_id)

        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)

        assert (job(ctx).state, states(ctx)) == ("undone", dict.fromkeys("abc", "back"))
        assert {name: made.inbox(ctx, inbox_id).settings for name, inbox_id in ids.items()} == before
        assert defaults.get(ctx, alice, DOMAIN).defaults == wanted

    def test_leaves_an_inbox_alone_that_was_edited_since(self, ctx, alice, bob, old, new, smtp_answers, wanted):
        ids = inboxes(ctx, bob, old, "ab")
        job_id = begin(ctx, alice, wanted)
        applying.run(ctx, job_id)
        mine = {**settings_of(new.tls, "someone"), "smtp_port": smtp_answers.tls, "smtp_same_credentials": True}
        servers.save(ctx, alice, ids["a"], mine, automation=False)

        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)

        assert states(ctx) == {"a": "kept", "b": "back"}
        assert (made.inbox(ctx, ids["a"]).settings["username"], port(ctx, ids["b"])) == ("someone", old.tls)

    def test_lets_a_password_that_the_other_servers_refused_work_again(
        self, ctx, clock, work, alice, bob, old, imap_server, smtp_answers
    ):
        new = imap_server(accounts={})
        ids = inboxes(ctx, bob, old, "a")
        settings = {**settings_of(old.tls, f"a@{DOMAIN}"), "smtp_port": smtp_answers.tls}
        made.change(ctx, ids["a"], settings=settings)
        job_id = begin(ctx, alice, defaults_at(new, smtp_answers))
        applying.run(ctx, job_id)
        refused = made.credential(ctx, ids["a"]).refused

        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)
        work.sweep()

        assert refused != {}
        assert (made.inbox(ctx, ids["a"]).health, old.attempts()) == ("healthy", 1)

    def test_an_inbox_that_waited_for_its_owner_is_as_it_was(self, ctx, alice, bob, old, new, smtp_answers):
        ids = inboxes(ctx, bob, old, "a")
        job_id = begin(ctx, alice, defaults_at(new, smtp_answers, imap_host=ELSEWHERE))
        applying.run(ctx, job_id)
        applying.undo(ctx, alice, job_id)

        applying.run(ctx, job_id)

        inbox = made.inbox(ctx, ids["a"])
        assert (inbox.health, inbox.problem, inbox.settings["imap_host"]) == ("healthy", None, HOST)

    def test_happens_once(self, ctx, alice, bob, old, wanted):
        inboxes(ctx, bob, old, "a")
        job_id = begin(ctx, alice, wanted)
        applying.run(ctx, job_id)
        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)

        with pytest.raises(Refused):
            applying.undo(ctx, alice, job_id)


class TestOneAtATime:
    def test_another_job_on_the_domain_is_refused_and_nothing_is_stored(self, ctx, alice, bob, old, new, wanted):
        inboxes(ctx, bob, old, "ab")
        begin(ctx, alice, wanted)

        with pytest.raises(Refused):
            begin(ctx, alice, replace(wanted, username=LOCAL))

        assert defaults.get(ctx, alice, DOMAIN).defaults == wanted

    def test_defaults_are_not_deleted_under_it(self, ctx, alice, bob, old, wanted):
        inboxes(ctx, bob, old, "a")
        begin(ctx, alice, wanted)

        with pytest.raises(Refused):
            defaults.delete(ctx, alice, DOMAIN, 1)

    def test_two_workers_do_not_share_a_job(self, ctx, alice, bob, old, new, wanted):
        inboxes(ctx, bob, old, "abc")
        job_id = begin(ctx, alice, wanted)

        applying.run(ctx, job_id, lambda: applying.run(ctx, job_id) is None)

        assert logins(new) == ["a", "b", "c"]

    def test_an_inbox_that_somebody_checks_right_now_is_waited_for(self, ctx, clock, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "a")
        checks.claim(ctx, [ids["a"]], due_only=False)
        job_id = begin(ctx, alice, wanted)

        applying.run(ctx, job_id)
        meanwhile = states(ctx)
        clock.advance(minutes=2)
        applying.run(ctx, job_id)

        assert (meanwhile, states(ctx)) == ({"a": "changed"}, {"a": "passed"})


class TestADeadWorker:
    def test_is_replaced_after_its_lease_and_nobody_signs_in_twice(
        self, ctx, clock, work, alice, bob, old, new, wanted
    ):
        inboxes(ctx, bob, old, "abc")
        job_id = begin(ctx, alice, wanted)
        steps = iter([True])
        with pytest.raises(StopIteration):  # It dies without giving anything back.
            applying.run(ctx, job_id, lambda: next(steps))

        applying.run(ctx, job_id)
        at_once, found_at_once = states(ctx), bulk.left_behind(ctx)
        clock.advance(minutes=3)
        found = bulk.left_behind(ctx)
        work.apply(job_id)

        assert (at_once["b"], found_at_once, found) == ("waiting", [], [job_id])
        assert (job(ctx).state, logins(new)) == ("done", ["a", "b", "c"])

    @pytest.mark.timeout(120)
    def test_killed_in_the_middle_of_a_sign_in_it_loses_nothing(
        self, ctx, alice, bob, old, new, wanted, config, settings, tmp_path
    ):
        real = replace(ctx, clock=lambda: datetime.now(UTC))
        inboxes(real, bob, old, "abc")
        gate = new.hold("SELECT")
        job_id = begin(real, alice, wanted)
        with killed_at_the_end(config, settings, tmp_path / "worker.log"):
            until(lambda: new.attempts() == 1)
        gate.set()
        later = replace(ctx, clock=lambda: datetime.now(UTC) + timedelta(minutes=5))

        assert bulk.left_behind(later) == [job_id]
        applying.run(later, job_id)

        assert (job(later).state, states(later)) == ("done", dict.fromkeys("abc", "passed"))
        assert {name: logins(new).count(name) for name in "bc"} == {"b": 1, "c": 1}


def test_no_network_call_happens_inside_a_transaction(ctx, alice, bob, old, new, wanted):
    inboxes(ctx, bob, old, "ab")
    job_id = begin(ctx, alice, wanted)

    with watched(ctx) as (calls, inside):
        applying.run(ctx, job_id)

    assert "socket.connect" in calls
    assert inside == []


class TestALockedDomain:
    @pytest.fixture
    def locked(self, ctx, alice, wanted):
        placed.domain(ctx, DOMAIN, replace(wanted, members_may_change=False), by_id=alice.id)
        return wanted

    def typed(self, server, **changes):
        return {
            **settings_of(server.tls, f"a@{DOMAIN}"),
            "smtp_same_credentials": True,
            "password": "secret",
            **changes,
        }

    def draft(self, ctx, actor, address):
        draft_id = drafts.start(ctx, actor, owner_id=actor.id)
        drafts.set_address(ctx, actor, draft_id, address, "imap")
        drafts.accept_disclosure(ctx, actor, draft_id)
        return draft_id

    def test_gives_a_member_who_connects_exactly_the_admins_servers(self, ctx, bob, old, new, locked):
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        drafts.set_settings(ctx, bob, draft_id, self.typed(old, imap_host=ELSEWHERE, username="somebody"))

        kept = made.draft(ctx, draft_id).settings
        assert (kept["imap_host"], kept["imap_port"], kept["username"]) == (HOST, new.tls, f"a@{DOMAIN}")

    def test_leaves_an_admin_free(self, ctx, alice, old, locked):
        draft_id = self.draft(ctx, alice, f"a@{DOMAIN}")

        drafts.set_settings(ctx, alice, draft_id, self.typed(old))

        assert made.draft(ctx, draft_id).settings["imap_port"] == old.tls

    def test_gives_a_member_who_edits_exactly_the_admins_servers(self, ctx, bob, old, new, locked):
        ids = inboxes(ctx, bob, old, "a")

        servers.save(ctx, bob, ids["a"], self.typed(old, smtp_host=ELSEWHERE), automation=True)

        kept = made.inbox(ctx, ids["a"])
        assert (kept.settings["imap_port"], kept.settings["smtp_host"], kept.automation) == (new.tls, HOST, True)

    def test_asks_for_the_second_password_where_the_admin_set_a_separate_sign_in(self, ctx, alice, bob, old, wanted):
        locked = replace(wanted, members_may_change=False, smtp_username=LOCAL)
        placed.domain(ctx, DOMAIN, locked, by_id=alice.id)
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        with pytest.raises(Refused) as refused:
            drafts.set_settings(ctx, bob, draft_id, self.typed(old))

        assert refused.value.field == "smtp_password"

    def test_to_exchange_refuses_a_member_who_types_imap_servers(self, ctx, alice, bob, old):
        exchange = Defaults(
            kind=Kind.EXCHANGE, exchange_url="https://mail.acme.test/EWS/Exchange.asmx", members_may_change=False
        )
        placed.domain(ctx, DOMAIN, exchange, by_id=alice.id)
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        with pytest.raises(Refused):
            drafts.set_settings(ctx, bob, draft_id, self.typed(old))

    def test_that_members_may_change_takes_what_they_type(self, ctx, alice, bob, old, wanted):
        placed.domain(ctx, DOMAIN, wanted, by_id=alice.id)
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        drafts.set_settings(ctx, bob, draft_id, self.typed(old))

        assert made.draft(ctx, draft_id).settings["imap_port"] == old.tls


def test_nobody_is_left_leased_at_the_end(ctx, alice, bob, old, wanted):
    inboxes(ctx, bob, old, "ab")
    job_id = begin(ctx, alice, wanted)
    applying.run(ctx, job_id)

    with ctx.store.read() as session:
        row = session.exec(select(bulk.BulkJob).where(bulk.BulkJob.id == job_id)).one()
    assert (row.lease_until, row.lease_token) == (None, None)
