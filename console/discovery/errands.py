"""Parts of a discovery that run beside each other, in a bounded number of threads that nobody waits for at the end."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from typing import Generic, TypeVar

T = TypeVar("T")

# All discoveries of one process share these: a name server that hangs must not fill the process with threads.
MOST = 512


def begun(name: str, run: Callable[[], None]) -> bool:
    """Run `run` in a daemon thread, and return False where no thread can be had, as at the end of the process."""
    try:
        threading.Thread(target=run, name=name, daemon=True).start()
    except RuntimeError:
        return False
    return True


class NotDone(Exception):
    """An errand broke, or no thread was free for it."""


class Errand(Generic[T]):
    """One part that runs. What it raises is raised by `result`."""

    def __init__(self, future: "Future[T]") -> None:
        self._future = future

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._future.done()

    def result(self, seconds: float) -> T:
        """Return what came of it within `seconds`. Raises TimeoutError, NotDone, and what the part itself raises."""
        try:
            return self._future.result(max(0.0, seconds))
        except Late:
            raise TimeoutError from None

    def outcome(self, seconds: float) -> T | None:
        """Return what came of it within `seconds`, or None when it is late or could not be done."""
        try:
            return self.result(seconds)
        except (TimeoutError, NotDone):
            return None


class Errands:
    """Starts errands. One serves all threads."""

    def __init__(self, most: int = MOST) -> None:
        self._free = threading.BoundedSemaphore(most)

    def start(self, name: str, work: Callable[[], T], *expected: type[Exception]) -> Errand[T]:
        """Run `work` in a daemon thread. `expected` is what it may raise for `result` to raise again."""
        future: Future[T] = Future()
        if not self._free.acquire(blocking=False):
            future.set_exception(NotDone("too many look-ups run at once"))
            return Errand(future)
        if not begun(name, lambda: self._run(work, expected, future)):
            self._free.release()
            future.set_exception(NotDone("no thread can be had"))
        return Errand(future)

    def _run(self, work: Callable[[], T], expected: tuple[type[Exception], ...], future: "Future[T]") -> None:
        try:
            future.set_result(work())
        except expected as error:
            future.set_exception(error)
        finally:
            self._free.release()
            # Whatever else it raised goes to the log by way of the thread's end.
            if not future.done():
                future.set_exception(NotDone("the errand broke"))
