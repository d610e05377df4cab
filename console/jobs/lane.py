"""A thread for one kind of job, so that jobs that last keep no thread from those that somebody waits for."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Lane:
    """Calls `function` in a thread of its own, one call at a time; `close` is called there at the end.

    A call that waits already is not put in again: a job only wakes somebody up.
    """

    def __init__(self, name: str, function: Callable[..., object], close: Callable[[], object]) -> None:
        self._function, self._close = function, close
        self._changed = threading.Condition()
        self._waiting: list[tuple[str | int, ...]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to take calls."""
        self._thread.start()

    def put(self, *ids: str | int) -> None:
        """Have the function called with `ids`; returns at once."""
        with self._changed:
            if ids not in self._waiting:
                self._waiting.append(ids)
            self._changed.notify()

    def stop(self) -> None:
        """Begin no more calls; the one under way goes on."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait for the call under way, at most so long."""
        self._thread.join(seconds)

    def _next(self) -> tuple[str | int, ...] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return None if self._stopping else self._waiting.pop(0)

    def _run(self) -> None:
        try:
            while (ids := self._next()) is not None:
                try:
                    self._function(*ids)
                except Exception:  # A job that fails must not end its lane; the tick finds the work again.
                    log.exception("a job failed")
        finally:
            self._close()
