"""What workers do: the jobs by name, and the tick that finds what fell due or was left behind by a worker that died."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from console.services import (
    app_tests,
    app_trouble,
    applying,
    bulk,
    cadence,
    campaign_items,
    checks,
    clock_jumps,
    consents,
    days,
    discoveries,
    giving_back,
    holds,
    links,
    mail_tests,
    notice_mail,
    notice_plan,
    notice_warnings,
    notice_webhooks,
    server_tests,
    signing_in,
    stale_drafts,
    sweep,
    verification,
    watch,
)
from console.services.context import Context

# The jobs that wait for many servers one after the other.
LASTING = frozenset({"sweep", "apply", "notify", "call-webhooks"})
# How often it is noted what grew worse without a check.
DAYS = timedelta(minutes=1)
# How often it is looked what runs out soon.
WARNINGS = timedelta(minutes=10)


class Work:
    """The work of one process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._sweeping = threading.Lock()
        self._stopping = threading.Event()
        self._sweep: sweep.Sweep | None = None
        self._pulse_at: datetime | None = None
        self._mended_at: datetime | None = None
        self._pruned_at: datetime | None = None
        self._warned_at: datetime | None = None
        self._days_at: datetime | None = None

    @property
    def jobs(self) -> dict[str, Callable[..., object]]:
        """The functions by job name."""
        return {
            "check": self.check,
            "verify": self.verify,
            "give-back": self.give_back,
            "discover": self.discover,
            "test-servers": self.test_servers,
            "test-app": self.test_app,
            "apply": self.apply,
            "sweep": self.sweep,
            "watch": self.watch,
            "notify": self.notify,
            "call-webhooks": self.call_webhooks,
        }

    def check(self, inbox_id: int) -> None:
        """Check one inbox that a person asked for."""
        checks.run(self._ctx, inbox_id, checks.SCHEDULE, due_only=True)

    def verify(self, draft_id: str) -> None:
        """Carry one wizard run on."""
        verification.run(self._ctx, draft_id)

    def give_back(self, row_id: str) -> None:
        """Give a permission back that nobody uses."""
        giving_back.run(self._ctx, row_id)

    def discover(self, discovery_id: str) -> None:
        """Find out about one address that a person typed."""
        discoveries.run(self._ctx, discovery_id)

    def test_servers(self, test_id: str) -> None:
        """Look at the servers that somebody asked about."""
        server_tests.run(self._ctx, test_id)

    def test_app(self, slug: str) -> None:
        """Ask a provider whether it knows the organisation's app."""
        app_tests.run(self._ctx, slug)

    def apply(self, job_id: str) -> None:
        """Carry the applying of domain defaults on."""
        applying.run(self._ctx, job_id, lambda: not self._stopping.is_set())

    def watch(self) -> None:
        """Look after episodes and incidents, of which one was just opened or ended."""
        watch.soon(self._ctx)

    def notify(self) -> None:
        """Test the mail server where somebody asked for it, then send the notices that go by mail."""
        mail_tests.run(self._ctx)
        notice_mail.run(self._ctx, lambda: not self._stopping.is_set())

    def call_webhooks(self) -> None:
        """Tell webhooks what they are to be told."""
        notice_webhooks.run(self._ctx, lambda: not self._stopping.is_set())

    def sweep(self) -> None:
        """Check everything due; a process sweeps once at a time."""
        if not self._sweeping.acquire(blocking=False):
            return
        try:
            self._sweep = sweep.Sweep(self._ctx)
            if self._stopping.is_set():
                self._sweep.stop()
            self._sweep.run()
        finally:
            self._sweeping.release()

    def stop(self) -> None:
        """End the sweep and the work on many inboxes after the checks that are under way."""
        self._stopping.set()
        if self._sweep is not None:
            self._sweep.stop()

    def tick(self) -> None:
        """Say that this worker lives, wipe old passwords, carry on what nobody does, and sweep when that is due."""
        now = self._ctx.clock()
        if _has_passed(sweep.PULSE, self._pulse_at, now):
            sweep.pulse(self._ctx)
            self._pulse_at = now
        if _has_passed(clock_jumps.EVERY, self._mended_at, now):
            clock_jumps.mend(self._ctx)
            self._mended_at = now
        for draft_id in stale_drafts.tidy(self._ctx):
            self._ctx.enqueue("verify", draft_id)
        for row_id in giving_back.left_behind(self._ctx):
            self._ctx.enqueue("give-back", row_id)
        for discovery_id in discoveries.tidy(self._ctx, now):
            self._ctx.enqueue("discover", discovery_id)
        for test_id in server_tests.tidy(self._ctx, now):
            self._ctx.enqueue("test-servers", test_id)
        for slug in app_tests.left_behind(self._ctx):
            self._ctx.enqueue("test-app", slug)
        app_trouble.look_again(self._ctx)
        campaign_items.tidy(self._ctx, now)
        if self._days_at is None or abs(now - self._days_at) >= DAYS:
            days.keep_up(self._ctx, now)
            self._days_at = now
        watch.tick(self._ctx)
        links.tidy(self._ctx, now)
        notice_plan.look(self._ctx)
        if self._warned_at is None or abs(now - self._warned_at) >= WARNINGS:
            notice_warnings.look(self._ctx)
            self._warned_at = now
        if mail_tests.waiting(self._ctx) or notice_mail.waiting(self._ctx):
            self._ctx.enqueue("notify")
        if notice_webhooks.waiting(self._ctx):
            self._ctx.enqueue("call-webhooks")
        for job_id in bulk.left_behind(self._ctx):
            self._ctx.enqueue("apply", job_id)
        if not self._sweeping.locked() and sweep.anything_due(self._ctx):
            self._ctx.enqueue("sweep")
        if _has_passed(timedelta(hours=1), self._pruned_at, now):
            checks.prune(self._ctx)
            holds.prune(self._ctx, now)
            cadence.mend(self._ctx, now)
            signing_in.tidy(self._ctx)
            consents.tidy(self._ctx, now)
            days.prune(self._ctx, now)
            self._pruned_at = now


def _has_passed(time: timedelta, since: datetime | None, now: datetime) -> bool:
    """Return whether so much time has passed, or the clock was set back by as much."""
    return since is None or abs(now - since) >= time
