"""Asking several sources at once, and waiting for no longer than a better answer may come."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from console.discovery.answer import Outcome, Server, Settings
from console.discovery.deadline import Deadline, Story
from console.discovery.errands import begun
from console.discovery.lookups import LookupTrouble, NoSuchName
from console.discovery.ranking import Found
from console.discovery.sources import Nothing
from console.discovery.web import NoSuchHost, WebTrouble


@dataclass(frozen=True)
class Job:
    """One source to ask. The lower its `rank`, the better; what an `unvouched` one says is always to be confirmed."""

    name: str
    rank: int
    ask: Callable[[], Settings]
    unvouched: bool = False


class Asking:
    """Asks several sources at once, each in a thread of its own, and records what came of each exactly once."""

    def __init__(self, deadline: Deadline, story: Story) -> None:
        self._deadline, self._story = deadline, story
        self._changed = threading.Condition()
        self._pending: dict[str, tuple[Job, float]] = {}
        self._found: list[Found] = []

    def start(self, job: Job) -> None:
        """Ask a source. Its thread ends by itself at the deadline, as everything that it waits for does."""
        with self._changed:
            self._pending[job.name] = (job, self._deadline.monotonic())
        if not begun(f"discovery {job.name}", lambda: self._run(job)):
            self._end(job, "failed", None, "no thread can be had")

    def wait(self, seconds: float) -> None:
        """Wait until nothing that is still asked could be better than what was found, for `seconds` at most."""
        with self._changed:
            self._changed.wait_for(self._settled, max(0.0, seconds))

    def found(self) -> list[Found]:
        """Return what was found so far."""
        with self._changed:
            return list(self._found)

    def close(self) -> None:
        """Take no more answers."""
        with self._changed:
            late = not self._settled()
            for name, (_, began) in self._pending.items():
                detail = "no answer in time" if late else "a better answer was there first"
                self._story.record(name, "late" if late else "skipped", began, detail)
            self._pending.clear()

    def _settled(self) -> bool:
        if not self._pending:
            return True
        best = min((one for one in self._found if one.settings.complete), key=lambda one: one.key, default=None)
        return best is not None and all(
            best.key < (False, job.unvouched, job.rank, False) for job, _ in self._pending.values()
        )

    def _run(self, job: Job) -> None:
        outcome: Outcome = "failed"
        settings, detail = None, "it broke"
        try:
            outcome, settings, detail = self._ask(job)
        finally:
            self._end(job, outcome, settings, detail)

    def _end(self, job: Job, outcome: Outcome, settings: Settings | None, detail: str) -> None:
        with self._changed:
            # What closed meanwhile has recorded this source already.
            _, began = self._pending.pop(job.name, (job, None))
            if began is not None:
                self._story.record(job.name, outcome, began, detail)
                if settings is not None:
                    self._found.append(Found(job.rank, settings))
            self._changed.notify_all()

    def _ask(self, job: Job) -> tuple[Outcome, Settings | None, str]:
        try:
            settings = job.ask()
        except (Nothing, NoSuchHost) as reason:
            return "nothing", None, str(reason)
        except NoSuchName:
            return "nothing", None, "the name does not exist"
        except WebTrouble as trouble:
            return trouble.outcome, None, str(trouble)
        except LookupTrouble as trouble:
            return "late" if self._deadline.left() <= 0 else "failed", None, str(trouble)
        if self._deadline.left() <= 0:
            return "late", None, "the answer came after the deadline"
        return "found", settings, _shown(settings)


def _shown(settings: Settings) -> str:
    def one(protocol: str, server: Server | None) -> str:
        if protocol in settings.not_offered:
            return f"{protocol} not offered"
        return f"{protocol} {server}" if server else ""

    return ", ".join(filter(None, (one("imap", settings.imap), one("smtp", settings.smtp))))
