"""Renewing: under the lease only, saved before use, once by whoever of many; a lost answer is survived and told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from console.providers.consenting import ConsentRefused
from console.providers.errors import DialError
from console.services import checks, drafts, switches, tokens
from console.services.sweep import Sweep
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import made, owls
from tests.services.test_counted import counted

ADDRESS = "bob@owls.test"


class StrictTower(OwlFamily):
    """A tower that takes each refresh token once, and may lose its answer after it took one."""

    def __init__(self):
        super().__init__()
        self.spent = set()
        self.loses = []

    def renew(self, app, secret, line):
        fresh = super().renew(app, secret, line)
        token = secret["refresh_token"]
        if token in self.spent:
            raise ConsentRefused("oauth-grant-revoked", "The tower took this token before.")
        self.spent.add(token)
        if self.loses:
            raise self.loses.pop()
        return fresh


@pytest.fixture
def owl():
    return StrictTower()


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    owls.set_up(ctx, alice)


class Killed(BaseException):
    """The process ends here: nothing catches it, as nothing catches kill -9."""


class AnswerLost(DialError):
    code = "connection-timeout"


def refresh_token(ctx, inbox_id):
    return owls.secret(ctx, inbox_id)["refresh_token"]


def test_a_key_that_has_run_out_is_renewed_and_the_new_one_saved(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    checks.run(ctx, inbox_id, checks.SCHEDULE)

    inbox, credential = made.inbox(ctx, inbox_id), made.credential(ctx, inbox_id)
    assert (inbox.health, refresh_token(ctx, inbox_id)) == ("healthy", f"token 1 of {ADDRESS}")
    assert (credential.revision, credential.renewing_at) == (2, None)
    assert {"renew", "aliases"} <= set(inbox.proofs)
    assert inbox.aliases == [f"owl+{ADDRESS}"]


def test_a_key_that_is_good_is_not_renewed(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, key=True)

    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert (made.inbox(ctx, inbox_id).health, owl.renewals) == ("healthy", [])


def test_the_new_token_is_saved_even_when_the_check_then_fails(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    def check(mailbox, probe):
        OwlFamily.check(owl, mailbox, probe)
        raise AnswerLost("gone")

    owl.check = check
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert made.inbox(ctx, inbox_id).health == "degraded"
    assert refresh_token(ctx, inbox_id) == f"token 1 of {ADDRESS}"


def test_it_is_saved_before_it_is_used(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    host = owl.host
    stored = []

    def watched(settings):
        stored.append(refresh_token(ctx, inbox_id))
        return host(settings)

    def check(mailbox, probe):
        with probe.stage("sign-in"):
            probe.attempt("token", "refresh_token")
            fresh = owl.renew(mailbox.app, mailbox.secret, probe.line)
            probe.keep(fresh)
            watched(mailbox.settings)

    owl.check = check
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert stored == [f"token 1 of {ADDRESS}"]


def test_while_the_provider_is_asked_no_transaction_is_open(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    renew = owl.renew
    seen = []

    def watched(app, secret, line):
        seen.append(made.credential(ctx, inbox_id).renewing_at)
        made.change(ctx, inbox_id, automation=True)  # On SQLite this waits for ever while somebody writes.
        return renew(app, secret, line)

    owl.renew = watched
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert seen == [ctx.clock()]
    assert made.inbox(ctx, inbox_id).health == "healthy"


# A lease that is lost.


def test_a_worker_whose_lease_went_to_another_asks_for_nothing(ctx, bob, owl, clock):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    (late,) = checks.prepare(ctx, checks.claim(ctx, [inbox_id], due_only=True), checks.SCHEDULE)
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)
    checks.claim(ctx, [inbox_id], due_only=True)

    outcome = checks.carry_out(ctx, late)

    assert (outcome.void, owl.renewals) == (True, [])
    assert checks.record(ctx, [outcome]) == 0


def test_a_worker_whose_lease_went_to_another_meanwhile_saves_nothing(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    renew = owl.renew

    def slow(app, secret, line):
        made.change(ctx, inbox_id, lease_token="another worker's")
        return renew(app, secret, line)

    owl.renew = slow
    outcome = checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert outcome.void
    assert refresh_token(ctx, inbox_id) == f"token 0 of {ADDRESS}"
    assert made.inbox(ctx, inbox_id).lease_token == "another worker's"


def test_a_reconnect_during_a_renewal_is_not_overwritten(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    renew = owl.renew

    def slow(app, secret, line):
        owls.sign_in(ctx, bob, draft_id)
        return renew(app, secret, line)

    owl.renew = slow
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    inbox = made.inbox(ctx, inbox_id)
    assert owls.secret(ctx, inbox_id)["access_token"] == f"key 0 of {ADDRESS}"
    assert (inbox.health, inbox.lease_token) == ("healthy", None)


def switch_off_inbox(ctx, alice, bob, inbox_id):
    switches.disable(ctx, bob, inbox_id)


def switch_off_provider(ctx, alice, bob, inbox_id):
    switches.switch_provider_off(ctx, alice, "owl")


@pytest.mark.parametrize("switch_off", [switch_off_inbox, switch_off_provider])
def test_what_is_switched_off_after_the_claim_renews_nothing_and_resumes_later(ctx, alice, bob, owl, switch_off):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    (task,) = checks.prepare(ctx, checks.claim(ctx, [inbox_id], due_only=True), checks.SCHEDULE)
    switch_off(ctx, alice, bob, inbox_id)

    checks.record(ctx, [checks.carry_out(ctx, task)])

    assert (owl.renewals, made.inbox(ctx, inbox_id).health) == ([], "healthy")
    switches.enable(ctx, bob, inbox_id)
    switches.switch_provider_on(ctx, alice, "owl")
    Sweep(ctx).run()
    assert (len(owl.renewals), made.inbox(ctx, inbox_id).health) == (1, "healthy")


def test_a_provider_that_is_switched_off_is_neither_checked_nor_renewed(ctx, alice, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    switches.switch_provider_off(ctx, alice, "owl")

    Sweep(ctx).run()

    assert (owl.renewals, made.history(ctx, inbox_id)) == ([], [])


# An answer that is lost.


def test_a_worker_that_dies_before_the_provider_took_the_token_costs_nothing(ctx, bob, owl, clock):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    renew = owl.renew

    def killed(*_):
        raise Killed

    owl.renew = killed
    with pytest.raises(Killed):
        checks.run(ctx, inbox_id, checks.SCHEDULE)
    assert made.credential(ctx, inbox_id).renewing_at == clock.now
    owl.renew = renew
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)

    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert (made.inbox(ctx, inbox_id).health, owl.renewals) == ("healthy", [f"token 0 of {ADDRESS}"])
    assert made.credential(ctx, inbox_id).renewing_at is None


def test_a_worker_that_dies_before_it_saved_the_answer_leaves_one_try_and_then_the_reason(ctx, bob, owl, clock):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.loses = [Killed()]
    with pytest.raises(Killed):
        checks.run(ctx, inbox_id, checks.SCHEDULE)
    clock.advance(seconds=checks.LEASE.total_seconds() + 1)

    checks.run(ctx, inbox_id, checks.SCHEDULE)
    Sweep(ctx).run()

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.next_check) == ("needs-sign-in", "oauth-renewal-lost", None)
    assert made.history(ctx, inbox_id)[-1].stages[0]["problem"] == "oauth-renewal-lost"
    assert owl.renewals == [f"token 0 of {ADDRESS}"] * 2


def test_an_answer_that_never_came_is_told_the_same_way_when_the_token_is_then_refused(ctx, bob, owl, clock):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.loses = [AnswerLost("nothing came")]

    checks.run(ctx, inbox_id, checks.SCHEDULE)
    assert made.inbox(ctx, inbox_id).health == "degraded"
    clock.advance(minutes=5)
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert made.inbox(ctx, inbox_id).problem == "oauth-renewal-lost"


def test_after_a_lost_answer_trouble_that_passes_is_told_as_what_it_is(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.loses = [AnswerLost("nothing came")]
    checks.run(ctx, inbox_id, checks.SCHEDULE)
    owl.refusals = ["oauth-provider-outage"]

    checks.run(ctx, inbox_id, checks.SCHEDULE)

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem) == ("degraded", "oauth-provider-outage")
    assert made.credential(ctx, inbox_id).renewing_at is not None


def test_a_withdrawn_permission_whose_renewals_were_all_answered_is_told_as_withdrawn(ctx, bob, owl, clock):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.refusals = ["rate-limited", "oauth-grant-revoked"]

    checks.run(ctx, inbox_id, checks.SCHEDULE)
    clock.advance(hours=1)
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert made.inbox(ctx, inbox_id).problem == "oauth-grant-revoked"


# What the provider says.


@pytest.mark.parametrize("code", ["oauth-grant-revoked", "oauth-grant-expired", "oauth-interaction-required"])
def test_a_refused_token_needs_a_sign_in_at_once_and_is_not_sent_again(ctx, bob, owl, clock, code):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    owl.refusals = [code]

    Sweep(ctx).run()
    clock.advance(days=1)
    Sweep(ctx).run()

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.next_check, len(owl.renewals)) == ("needs-sign-in", code, None, 1)


@pytest.mark.parametrize("code", ["oauth-provider-outage", "rate-limited"])
def test_a_provider_in_trouble_is_a_wobble_and_its_retry_after_is_honoured(ctx, bob, owl, clock, code):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    def busy(app, secret, line):
        raise ConsentRefused(code, "Later.", retry_after=1800)

    owl.renew = busy
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.strikes) == ("degraded", code, 1)
    assert inbox.next_check == clock.now + timedelta(seconds=1800)


def test_nobody_is_left_alone_for_longer_than_six_hours(ctx, bob, owl, clock):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)

    def away(app, secret, line):
        raise ConsentRefused("rate-limited", "Next year.", retry_after=10**9)

    owl.renew = away
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert made.inbox(ctx, inbox_id).next_check == clock.now + timedelta(hours=6)


def test_what_was_granted_and_which_aliases_there_are_follows_the_checks(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, key=True)

    def check(mailbox, probe):
        with probe.stage("sign-in"):
            probe.learn(scopes=["see"], aliases=["Robert@owls.test", "robert@owls.test", "a\x00b", "x" * 255])

    owl.check = check
    checks.run(ctx, inbox_id, checks.SCHEDULE)

    assert made.credential(ctx, inbox_id).granted == ["see"]
    assert made.inbox(ctx, inbox_id).aliases == ["robert@owls.test"]


def test_of_many_who_begin_a_renewal_at_once_with_the_same_secret_one_saves(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    token = checks.claim(ctx, [inbox_id], due_only=True)[inbox_id]

    def keep(number):
        try:
            return tokens.keep(ctx, inbox_id, token, 1, owls.secret_of(number, ADDRESS))
        except tokens.LeaseLost:
            return None

    with ThreadPoolExecutor(8) as pool:
        saved = [revision for revision in pool.map(keep, range(8)) if revision is not None]

    assert saved == [2]


# Many threads; many processes are counted in test_renewals_counted.py.


def test_eight_threads_that_want_the_same_inboxes_renew_each_once(ctx, bob, owl):
    inboxes = owls.make(ctx, bob, *(f"owl{number}@owls.test" for number in range(10)))

    def work(_):
        for inbox_id in inboxes:
            checks.run(ctx, inbox_id, checks.SCHEDULE, due_only=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert sorted(owl.renewals) == [f"token 0 of owl{number}@owls.test" for number in range(10)]


def test_reading_what_checks_need_takes_as_many_queries_for_200_inboxes_as_for_one(ctx, bob):
    inboxes = owls.make(ctx, bob, *(f"owl{number}@owls.test" for number in range(200)))
    claimed = checks.claim(ctx, inboxes, due_only=True)

    with counted(ctx) as one:
        checks.prepare(ctx, {inboxes[0]: claimed[inboxes[0]]}, checks.SCHEDULE)
    with counted(ctx) as many:
        tasks = checks.prepare(ctx, claimed, checks.SCHEDULE)

    assert len(many) == len(one)
    assert {task.mailbox.app.client_id for task in tasks} == {"tower"}
