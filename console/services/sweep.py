"""The sweep checks whatever is due, many at once, a few per server; the database is its to-do list."""

import logging
import os
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from console.services import app_trouble, checks, incidents, switches
from console.services.check_results import Outcome, Task
from console.services.context import Context
from console.store.models import Inbox, WorkerPulse

log = logging.getLogger(__name__)
LOOK_AT = 400
PULSE = timedelta(seconds=10)


class Sweep:
    """One worker's sweep. `run` returns when nothing more is due or `stop` was called."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._running: dict[Future[Outcome], str] = {}
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; checks under way are finished and written."""
        self._stopping = True

    def run(self) -> int:
        """Check everything that is due; return how many results were written."""
        written = 0
        with ThreadPoolExecutor(self._ctx.config.check_threads, thread_name_prefix="check") as pool:
            while True:
                if not self._stopping:
                    for task in self._claim():
                        self._running[pool.submit(checks.carry_out, self._ctx, task)] = (
                            task.family.host(task.mailbox.settings) if task.family and task.mailbox else ""
                        )
                if not self._running:
                    return written
                written += self._write(*self._finished())

    def _claim(self) -> list[Task]:
        # Another worker may be quicker with all that was chosen; what it took is leased then and not chosen again.
        while chosen := self._choose():
            claimed = checks.claim(self._ctx, chosen, due_only=True)
            if claimed:
                return checks.prepare(self._ctx, claimed, checks.SCHEDULE)
        return []

    def _choose(self) -> list[int]:
        free = self._ctx.config.check_threads - len(self._running)
        if free <= 0:
            return []
        loads = Counter(self._running.values())
        limit = self._ctx.config.checks_per_host
        full = [host for host, load in loads.items() if host and load >= limit]
        chosen: list[int] = []
        with self._ctx.store.read() as session:
            for inbox_id, host in self._due(session, full):
                if host and loads[host] >= limit:
                    continue
                loads[host] += 1
                chosen.append(inbox_id)
                if len(chosen) == free:
                    break
        return chosen

    def _due(self, session: Session, full: list[str]) -> Iterator[tuple[int, str]]:
        now = self._ctx.clock()
        rows = session.exec(
            select(col(Inbox.id), col(Inbox.host))
            .where(
                col(Inbox.next_check) <= now,
                col(Inbox.removed_at).is_(None),
                or_(col(Inbox.lease_until).is_(None), col(Inbox.lease_until) < now),
                col(Inbox.host).not_in(full),
                ~switches.is_off(),
                ~app_trouble.waits(now),
                ~incidents.waits(now),
            )
            # What a person asked for goes before what is merely due.
            .order_by(col(Inbox.wanted_by).is_(None), col(Inbox.next_check), col(Inbox.id))
            .limit(LOOK_AT)
        ).all()
        return iter([(inbox_id or 0, host) for inbox_id, host in rows])

    def _finished(self) -> tuple[Future[Outcome], ...]:
        done, _ = wait(self._running, return_when=FIRST_COMPLETED)
        return tuple(done)

    def _write(self, *finished: Future[Outcome]) -> int:
        written = 0
        for future in finished:
            self._running.pop(future)
            try:
                written += checks.record(self._ctx, [future.result()])
            except Exception:  # One broken row must not end the sweep; its lease runs out and it is tried again.
                log.exception("a check ended without an outcome")
        return written


def anything_due(ctx: Context) -> bool:
    """Return whether an inbox waits for a check, in one query."""
    now = ctx.clock()
    with ctx.store.read() as session:
        return (
            session.exec(
                select(Inbox.id)
                .where(
                    col(Inbox.next_check) <= now,
                    col(Inbox.removed_at).is_(None),
                    or_(col(Inbox.lease_until).is_(None), col(Inbox.lease_until) < now),
                    ~switches.is_off(),
                    ~app_trouble.waits(now),
                    ~incidents.waits(now),
                    ~incidents.waits(now),
                )
                .limit(1)
            ).first()
            is not None
        )


def pulse(ctx: Context) -> None:
    """Say that this worker is alive."""
    name = f"{socket.gethostname()[:80]}:{os.getpid()}"
    now = ctx.clock()
    with ctx.store.write() as session:
        for old in session.exec(select(WorkerPulse).where(col(WorkerPulse.at) < now - timedelta(days=1))):
            session.delete(old)
        session.merge(WorkerPulse(name=name, at=now))
