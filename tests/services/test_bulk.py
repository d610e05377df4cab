"""A job over many inboxes: one at a time on a domain, stopped on request, and carried on when its worker died."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.rules.domain_defaults import LOCAL
from console.services import applying, bulk, checks, defaults
from console.services.context import NotFound, Refused
from console.store.models import Person
from tests import placed
from tests.services.applied import DOMAIN, begin, inboxes, job, logins, port, states
from tests.services.listening import reach
from tests.services.workers import killed_at_the_end, until


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def families():
    return None


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
