"""Wakes workers up. A job is a name and ids; losing one loses nothing, because the database is the to-do list."""

import hashlib
import hmac
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from console.jobs.lane import Lane

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
TICK_SECONDS = 2.0
SHUTDOWN_SECONDS = 25
_LOCK = 7_264_118  # Any constant works: it names the advisory lock of processes that make the queue on PostgreSQL.


class _Embedded(Consumer):
    """Huey's consumer without its signal handlers: whoever starts it owns the signals."""

    def _set_signal_handlers(self) -> None:
        return None


class Jobs:
    """The façade of the queue.

    `register` what a name means, `enqueue` a name with ids, `make_consumer` to work them off.
    """

    def __init__(self, database_url: str, instance: Path, signing_key: str, *, threads: int = 8) -> None:
        # Whoever can write the queue must not be able to run code, so messages are signed.
        key = hmac.new(signing_key.encode(), b"jobs", hashlib.sha256).hexdigest()
        common: dict[str, Any] = {
            "results": False,
            "serializer": SignedSerializer(secret=key),
            "utc": True,
            "create_tables": False,
        }
        self._huey: Huey
        if database_url.startswith("postgresql"):
            self._huey = PostgresHuey("console", dsn=database_url.replace("+psycopg", "", 1), **common)
            # Of processes that start together, one makes the tables of the queue while the others wait.
            self._huey.storage.ddl.insert(0, f"SELECT pg_advisory_xact_lock({_LOCK})")
        else:
            instance.mkdir(parents=True, exist_ok=True)
            self._huey = SqliteHuey("console", filename=str(instance / "queue.db"), **common)
        self._lock, self._prepared = threading.Lock(), False
        # Each thread of a consumer on PostgreSQL listens on a connection of its own.
        self._huey.on_shutdown()(self.close)
        self._threads = threads
        self._known: dict[str, Callable[..., object]] = {}
        self._lasting: set[str] = set()
        self._lanes: dict[str, Lane] = {}
        self._carry_out = self._huey.task(name="console")(self._call)

    def register(self, name: str, function: Callable[..., object], *, lasts: bool = False) -> None:
        """Say what a job called `name` does.

        One that `lasts` has a thread of its own in every worker, and there only one of it is under way at a time; the
        others share threads, so none of them may wait for many servers.
        """
        self._known[name] = function
        if lasts:
            self._lasting.add(name)

    def enqueue(self, name: str, *ids: str | int) -> None:
        """Wake a worker for `name`.

        A queue that cannot be written is logged: the tick finds the work in the database.
        """
        try:
            self._prepare()
            self._carry_out(name, *ids)
        except Exception:  # The queue only wakes workers up, so its trouble must not fail what is stored already.
            log.exception("the job queue cannot be written; the next tick finds the work")

    def close(self) -> None:
        """Close the connections of this thread; the next use opens them again."""
        with self._lock:
            self._huey.storage.close()

    def _prepare(self) -> None:
        with self._lock:
            if not self._prepared:
                self._huey.storage.initialize_schema()
                self._prepared = True

    def _call(self, name: str, *ids: str | int) -> None:
        function = self._known.get(name)
        if function is None:
            log.warning("a job of an unknown kind was dropped")
            return
        if name in self._lanes:
            self._lanes[name].put(*ids)
        else:
            function(*ids)

    def make_consumer(self, tick: Callable[[], object]) -> "Worker":
        """Return a worker for this process; `tick` is called every two seconds to find what was lost or fell due."""
        self._prepare()
        consumer = _Embedded(
            self._huey,
            workers=self._threads,
            worker_type="thread",
            periodic=False,
            initial_delay=0.05,
            backoff=1.0,
            max_delay=POLL_SECONDS,
            check_worker_health=True,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        self._lanes = {name: Lane(name, self._known[name], self.close) for name in self._lasting}
        return Worker(consumer, tick, tuple(self._lanes.values()), self.close)


class Worker:
    """A running consumer with its tick and the lanes of the jobs that last."""

    def __init__(
        self, consumer: Consumer, tick: Callable[[], object], lanes: tuple[Lane, ...], close: Callable[[], object]
    ) -> None:
        self._consumer, self._tick, self._lanes, self._close = consumer, tick, lanes, close
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._run, name="tick", daemon=True)

    def start(self) -> None:
        """Begin to work jobs off, in threads of this process."""
        for lane in self._lanes:
            lane.start()
        self._consumer.start()
        self._ticker.start()

    def stop(self) -> None:
        """Take no more jobs and wait for those under way."""
        self._stopping.set()
        for lane in self._lanes:
            lane.stop()
        self._consumer.stop(graceful=True)
        for lane in self._lanes:
            lane.join(SHUTDOWN_SECONDS)
        self._ticker.join(timeout=5)
        self._close()

    def _run(self) -> None:
        while True:
            try:
                self._tick()
            except (
                Exception
            ):  # A tick that fails, such as on a database that is briefly away, must not end the ticking.
                log.exception("the tick failed")
            if self._stopping.wait(TICK_SECONDS):
                return
