"""The sweep checks whatever is due, many at once, a few per server, in turns; the database is its to-do list."""

import logging
import os
import socket
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from console.rules.cadence import share_of_silent
from console.services import app_trouble, checks, incidents, room
from console.services.check_results import Outcome, Task
from console.services.context import Context
from console.store.models import Inbox, WorkerPulse

log = logging.getLogger(__name__)
# What is looked at in one go: so many inboxes, and of each server so many, however many are due.
LOOK_AT, OF_EACH_HOST = 400, 8
PULSE = timedelta(seconds=10)


class Sweep:
    """One worker's sweep. `run` returns when nothing more is due or `stop` was called.

    Servers take turns: each gives one inbox before any gives the next. What a person asked for goes before them all.
    Servers that have not been answering have no more than a share of the threads, because each of them holds one long.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._running: dict[Future[Outcome], str] = {}
        self._stopping = False
        # What was seen to be due, in turns: the first of every server, then the second of every server.
        self._seen: list[tuple[int, str]] = []
        # What could not be claimed since a check ended: another worker has it, or one of its servers has no room.
        self._passed_over: set[int] = set()

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
        while chosen := self._choose():
            claimed = checks.claim(self._ctx, chosen, due_only=True)
            self._passed_over.update(inbox_id for inbox_id in chosen if inbox_id not in claimed)
            if claimed:
                return checks.prepare(self._ctx, claimed, checks.SCHEDULE)
        return []

    def _choose(self) -> list[int]:
        free = self._ctx.config.check_threads - len(self._running)
        if free <= 0:
            return []
        now = self._ctx.clock()
        with self._ctx.store.read() as session:
            turn = _Turn(self._ctx, session, now, self._running.values(), free)
            turn.take(self._without_passed(_asked(session, now, turn.full())), asked=True)
            self._seen = turn.take(self._without_passed(self._seen))
            if turn.free:
                self._seen = turn.take(self._without_passed(_due_in_turns(session, now, turn.full())))
        return turn.chosen

    def _without_passed(self, found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
        return [(inbox_id, host) for inbox_id, host in found if inbox_id not in self._passed_over]

    def _finished(self) -> tuple[Future[Outcome], ...]:
        done, _ = wait(self._running, return_when=FIRST_COMPLETED)
        self._passed_over.clear()
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


class _Turn:
    """One choice of what to check next, with the room that servers and threads have for it."""

    def __init__(self, ctx: Context, session: Session, now: datetime, running: Iterable[str], free: int) -> None:
        self.free, self.chosen = free, list[int]()
        self._ctx, self._load = ctx, room.load(ctx, session, now)
        self._crowded = room.crowded(ctx, session, now)
        mine = sum(host in self._crowded.silent for host in running)
        self._left_for_silent = share_of_silent(ctx.config.check_threads) - mine

    def take(self, found: list[tuple[int, str]], *, asked: bool = False) -> list[tuple[int, str]]:
        """Choose what there is room for, in this order; return the rest."""
        rest = []
        for inbox_id, host in found:
            if inbox_id in self.chosen:
                continue
            silent = host in self._crowded.silent
            if not self.free or self._is_full(host) or (silent and not asked and self._left_for_silent <= 0):
                rest.append((inbox_id, host))
                continue
            self.chosen.append(inbox_id)
            self.free -= 1
            self._load[host] += 1
            self._left_for_silent -= silent
        return rest

    def full(self) -> list[str]:
        """Return the servers that have no room, so that nobody looks for more at them."""
        shut = self._crowded.silent if self._left_for_silent <= 0 else frozenset()
        return [*shut, *(host for host in self._load if self._is_full(host))]

    def _is_full(self, host: str) -> bool:
        return bool(host) and self._load[host] >= self._crowded.limit(self._ctx, host)


def due(now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of an inbox that the schedule checks now."""
    return [*checks.checkable(now), col(Inbox.next_check) <= now, ~app_trouble.waits(now), ~incidents.waits(now)]


def _asked(session: Session, now: datetime, full: list[str]) -> list[tuple[int, str]]:
    """Return what people asked for, the first first."""
    rows = session.exec(
        select(Inbox.id, Inbox.host)
        .where(col(Inbox.wanted_by).is_not(None), *due(now), col(Inbox.host).not_in(full))
        .order_by(col(Inbox.next_check), col(Inbox.id))
        .limit(LOOK_AT)
    ).all()
    return [(inbox_id or 0, host) for inbox_id, host in rows]


def _due_in_turns(session: Session, now: datetime, full: list[str]) -> list[tuple[int, str]]:
    """Return what is due: the first of every server, then the second of every server; a few, however many there are."""
    place = func.row_number().over(partition_by=col(Inbox.host), order_by=(col(Inbox.next_check), col(Inbox.id)))
    found = (
        select(col(Inbox.id), col(Inbox.host), col(Inbox.next_check), place.label("place"))
        .where(*due(now), col(Inbox.host).not_in(full))
        .subquery()
    )
    rows = session.execute(
        select(found.c.id, found.c.host)
        .where(found.c.place <= OF_EACH_HOST)
        .order_by(found.c.place, found.c.next_check, found.c.id)
        .limit(LOOK_AT)
    ).all()
    return [(inbox_id, host) for inbox_id, host in rows]


def anything_due(ctx: Context) -> bool:
    """Return whether an inbox waits for a check, in one query."""
    with ctx.store.read() as session:
        return session.exec(select(Inbox.id).where(*due(ctx.clock())).limit(1)).first() is not None


def pulse(ctx: Context) -> None:
    """Say that this worker is alive."""
    name = f"{socket.gethostname()[:80]}:{os.getpid()}"
    now = ctx.clock()
    with ctx.store.write() as session:
        for old in session.exec(select(WorkerPulse).where(col(WorkerPulse.at) < now - timedelta(days=1))):
            session.delete(old)
        session.merge(WorkerPulse(name=name, at=now))
