"""What renewing meets at Google and at Microsoft: an answer that is lost, a token that is over, and trouble."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.services import app_trouble, apps, checks
from console.services.sweep import Sweep
from console.store.models import Credential
from tests.providers.doors import HASTY, dialer
from tests.services import made, owls, practice
from tests.services.practice import BOB, counts, place_of
from tests.services.workers import killed_at_the_end, until

BOTH = pytest.mark.parametrize("slug", ["gmail", "microsoft"])


@pytest.fixture
def settings(lab):
    return practice.settings_at(lab)


@pytest.fixture
def families():
    return None


@pytest.fixture(autouse=True)
def _now(clock):
    clock.now = datetime.now(UTC)


@pytest.fixture
def held(lab, monkeypatch):
    """Slow answers of the token endpoints wait for this, and for nothing else."""
    gate = threading.Event()
    for stand_in in (lab.google, lab.microsoft):
        monkeypatch.setattr(stand_in, "stopped", gate)
    yield gate
    gate.set()


def connected(ctx, lab, owner, slug):
    (inbox_id,) = practice.place(ctx, lab, owner, slug, BOB[slug])
    return inbox_id


def asked(lab, slug):
    """How often the token endpoint answered, and how often it refused."""
    found = counts(lab, slug, BOB[slug])
    return found["refreshes"], found["refused"]


# A worker that is killed once the provider has answered, and before the answer is saved.


def killed_before_saving(ctx, lab, slug, inbox_id, held, config, settings, log):
    """Let a worker of its own renew, keep it from saving what the provider answers, and kill it."""
    place_of(lab, slug).switch("token-slow")
    with killed_at_the_end(config, settings, log) as kill:
        until(lambda: made.credential(ctx, inbox_id).renewing_at is not None)
        with ctx.store.write() as session:
            # Whoever wants to save waits for this transaction.
            session.get_one(Credential, inbox_id, with_for_update=True)
            held.set()
            until(lambda: asked(lab, slug) == (1, 0))
            kill()
    place_of(lab, slug).calm()
    return replace(ctx, clock=lambda: datetime.now(UTC) + checks.LEASE + timedelta(seconds=5))


def test_killed_between_answer_and_save_the_old_token_is_tried_once_more(
    ctx, bob, lab, held, config, settings, tmp_path
):
    inbox_id = connected(ctx, lab, bob, "gmail")
    before = owls.secret(ctx, inbox_id)

    later = killed_before_saving(ctx, lab, "gmail", inbox_id, held, config, settings, tmp_path / "worker.log")
    assert owls.secret(ctx, inbox_id) == before
    Sweep(later).run()

    assert (made.inbox(ctx, inbox_id).health, asked(lab, "gmail")) == ("healthy", (2, 0))
    assert owls.secret(ctx, inbox_id)["access_token"] != before["access_token"]
    assert made.credential(ctx, inbox_id).renewing_at is None


def test_killed_so_at_a_provider_that_refuses_reuse_it_needs_a_sign_in_and_says_why(
    ctx, bob, lab, held, config, settings, tmp_path
):
    inbox_id = connected(ctx, lab, bob, "microsoft")
    log = tmp_path / "worker.log"
    later = killed_before_saving(ctx, lab, "microsoft", inbox_id, held, config, settings, log)
    lab.microsoft.switch("refuse-reuse")

    Sweep(later).run()
    Sweep(replace(later, clock=lambda: datetime.now(UTC) + timedelta(days=1))).run()

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.next_check) == ("needs-sign-in", "oauth-renewal-lost", None)
    assert asked(lab, "microsoft") == (1, 1)


# What the provider says.


@BOTH
def test_a_permission_that_ended_needs_a_sign_in_at_once_and_is_not_asked_for_again(ctx, bob, lab, clock, slug):
    inbox_id = connected(ctx, lab, bob, slug)
    place_of(lab, slug).grants.revoke(BOB[slug])

    for _ in range(3):
        Sweep(ctx).run()
        clock.advance(days=1)

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.next_check) == ("needs-sign-in", "oauth-grant-revoked", None)
    assert asked(lab, slug) == (0, 1)
    assert len(made.history(ctx, inbox_id)) == 1


@BOTH
@pytest.mark.parametrize(
    ("fault", "problem", "wait"),
    [
        ("token-throttled", "rate-limited", 30),
        ("token-failing", "oauth-provider-outage", 0),
        ("token-down", "oauth-provider-outage", 0),
    ],
)
def test_trouble_at_the_token_endpoint_passes_by_itself(ctx, bob, lab, clock, slug, fault, problem, wait):
    inbox_id = connected(ctx, lab, bob, slug)
    before = owls.secret(ctx, inbox_id)
    place_of(lab, slug).switch(fault)

    Sweep(ctx).run()

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.strikes) == ("degraded", problem, 1)
    assert inbox.next_check >= clock.now + timedelta(seconds=wait)
    assert owls.secret(ctx, inbox_id) == before
    place_of(lab, slug).calm()
    clock.advance(hours=1)
    Sweep(ctx).run()
    assert (made.inbox(ctx, inbox_id).health, asked(lab, slug)) == ("healthy", (1, 0))


@BOTH
def test_a_token_endpoint_that_does_not_answer_in_time_is_a_wobble(ctx, bob, lab, held, slug):
    inbox_id = connected(ctx, lab, bob, slug)
    place_of(lab, slug).switch("token-slow")

    checks.run(replace(ctx, dialer=dialer(limits=HASTY)), inbox_id, checks.SCHEDULE)

    inbox, credential = made.inbox(ctx, inbox_id), made.credential(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.strikes) == ("degraded", "oauth-provider-outage", 1)
    # Whether the provider took the token nobody knows, and the next check has to know that.
    assert credential.renewing_at is not None
    assert credential.refused == {}


@BOTH
@pytest.mark.parametrize(
    ("fault", "problem"),
    [("throttled", "rate-limited"), ("failing", "server-unavailable"), ("down", "server-unavailable")],
)
def test_trouble_with_the_mail_after_a_renewal_keeps_what_was_renewed(ctx, bob, lab, clock, slug, fault, problem):
    inbox_id = connected(ctx, lab, bob, slug)
    place_of(lab, slug).switch(fault)

    Sweep(ctx).run()

    inbox = made.inbox(ctx, inbox_id)
    assert (inbox.health, inbox.problem, inbox.strikes) == ("degraded", problem, 1)
    assert made.credential(ctx, inbox_id).revision == 2
    place_of(lab, slug).calm()
    clock.advance(minutes=10)
    Sweep(ctx).run()
    assert (made.inbox(ctx, inbox_id).health, asked(lab, slug)) == ("healthy", (1, 0))


@BOTH
def test_one_wrong_secret_is_one_problem_of_the_integration_and_not_of_everybody(ctx, bob, lab, clock, slug):
    everybody = practice.welcome(lab, slug, 40)
    inboxes = practice.place(ctx, lab, bob, slug, *everybody)
    place_of(lab, slug).switch("expired-secret")

    def counted(what):
        found = practice.all_counts(lab)[place_of(lab, slug).slug]
        return [found[address][what] for address in everybody]

    Sweep(ctx).run()

    # Those that were under way already; nobody after them.
    assert 1 <= sum(counted("refused")) <= ctx.config.check_threads
    first = sum(counted("refused"))
    clock.advance(seconds=app_trouble.CANARY.total_seconds() + 1)
    Sweep(ctx).run()
    assert sum(counted("refused")) == first + 1
    assert apps.get(ctx, slug).trouble.problem == "oauth-client-secret"
    assert {made.inbox(ctx, inbox_id).health for inbox_id in inboxes} <= {"healthy", "degraded"}
    place_of(lab, slug).calm()
    clock.advance(seconds=app_trouble.CANARY.total_seconds() + 1)
    for _ in range(2):
        Sweep(ctx).run()
    assert {made.inbox(ctx, inbox_id).health for inbox_id in inboxes} == {"healthy"}
    assert counted("refreshes") == [1] * 40
