"""One deadline for everything that one discovery asks, and the story of what it asked."""

import threading
from collections.abc import Callable

from console.discovery.answer import Outcome, Source

SECONDS = 4.0
# A story longer than this was written by somebody who wants to fill our memory.
MOST_STEPS = 200
LONGEST_STEP = 300


class Deadline:
    """The time that is left. `monotonic` is a clock in seconds."""

    def __init__(self, monotonic: Callable[[], float], seconds: float = SECONDS) -> None:
        self.monotonic = monotonic
        self._began = monotonic()
        self._ends = self._began + seconds

    def left(self) -> float:
        """Return the seconds left, never below 0."""
        return max(0.0, self._ends - self.monotonic())

    def passed(self) -> int:
        """Return the whole milliseconds since the beginning."""
        return round((self.monotonic() - self._began) * 1000)


class Story:
    """What was asked and answered, in order. Safe to write from several threads; closed at the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._lock = threading.Lock()
        self._steps: list[str] = []
        self._sources: list[Source] = []
        self._closed = False

    def tell(self, text: str) -> None:
        """Add a step: "MX of acme.dk: 10 mail.acme.dk". Control characters are shown as a question mark."""
        clean = "".join(sign if sign.isprintable() else "?" for sign in text)[:LONGEST_STEP]
        with self._lock:
            if not self._closed and len(self._steps) < MOST_STEPS:
                self._steps.append(f"{self._deadline.passed():>5} ms  {clean}")

    def record(self, name: str, outcome: Outcome, began: float, detail: str = "") -> None:
        """Add a source with its outcome; `began` is what the deadline's clock said when it was asked."""
        spent = round((self._deadline.monotonic() - began) * 1000)
        clean = "".join(sign if sign.isprintable() else "?" for sign in detail)[:LONGEST_STEP]
        with self._lock:
            if not self._closed:
                self._sources.append(Source(name, outcome, spent, clean))

    def close(self) -> tuple[tuple[Source, ...], tuple[str, ...]]:
        """Return sources and steps, and take no more: what answers later has no say."""
        with self._lock:
            self._closed = True
            return tuple(self._sources), tuple(self._steps)
