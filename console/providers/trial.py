"""Runs a family's check: times the stages, catches once, diagnoses, and masks secrets in what the server said."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from console.providers.base import Certificate, Mailbox, Probe, StageResult
from console.providers.dial import Dialer
from console.providers.line import Line
from console.rules.diagnose import Rule, diagnose
from console.rules.masking import mask


@dataclass(frozen=True)
class Trial:
    """The outcome of one check. `problem` is what decides: the failure that ended it, else the first warning."""

    stages: tuple[StageResult, ...]
    problem: str | None = None
    problem_stage: str | None = None
    server_text: str = ""
    problem_host: str = ""
    proofs: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    attempted: tuple[str, ...] = ()
    unaccepted: frozenset[str] = frozenset()
    certificate: Certificate | None = None
    failed: bool = False
    warned: bool = False


class Checkable(Protocol):
    """What can be run: a family, or anything else that goes through stages in a straight line."""

    stages: tuple[str, ...]
    rules: Sequence[Rule]

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        """Go through the stages; raise what the library raises."""


class _Stopped(Exception):
    """A stage failed and its outcome is written down; the check ends here."""


class _Warned(Exception):
    """The family reports something missing; the stage ends as failed and the check goes on."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _RunningStage:
    def __init__(self) -> None:
        self.detail = ""
        self.values: dict[str, str] = {}

    def say(self, detail: str, **values: object) -> None:
        self.detail, self.values = detail, {name: str(value)[:200] for name, value in values.items()}


class _Run:
    """The probe of one run."""

    def __init__(
        self,
        family: Checkable,
        mailbox: Mailbox,
        line: Line,
        now: Callable[[], float],
        on_change: Callable[[tuple[StageResult, ...]], None] | None,
        on_attempt: Callable[[str], None] | None,
    ) -> None:
        self.line = line
        self.stages = {name: StageResult(name) for name in family.stages}
        self.proofs: set[str] = set()
        self.accepted_on: set[str] = set()
        self.attempted: list[str] = []
        self.fields: dict[str, str] = {}
        self.failure: tuple[str, str, str] | None = None
        self.warning: tuple[str, str, str] | None = None
        self.certificate: Certificate | None = None
        self._family, self._mailbox, self._now = family, mailbox, now
        self._on_change, self._on_attempt = on_change, on_attempt

    @contextmanager
    def stage(self, name: str, *, host: str = "", warns: bool = False) -> Iterator[_RunningStage]:
        running = _RunningStage()
        self._set(name, state="running", host=host)
        if self._on_change is not None:
            self._on_change(tuple(self.stages.values()))
        started = self._now()
        self.line.budget.begin_stage()
        code: str | None = None
        try:
            yield running
        except Exception as error:  # noqa: BLE001  # The one place that catches: libraries raise anything.
            diagnosis = diagnose(error, stage=name, host=host, rules=self._family.rules)
            code = diagnosis.code
            outcome = (code, name, mask(diagnosis.server_text, self._secrets()))
            if warns or isinstance(error, _Warned):
                self.warning = self.warning or outcome
            else:
                self.failure = outcome
                self.certificate = getattr(error, "certificate", None)
        elapsed = max(0, round((self._now() - started) * 1000))
        self._set(
            name,
            state="failed" if code else "passed",
            ms=elapsed,
            problem=code,
            detail=running.detail,
            values={key: mask(value, self._secrets()) for key, value in running.values.items()},
        )
        if self.failure is not None:
            raise _Stopped

    def attempt(self, channel: str, field: str = "password") -> None:
        if self._on_attempt is not None:
            self._on_attempt(channel)
        self.attempted.append(channel)
        self.fields[channel] = field

    def accepted(self, channel: str) -> None:
        self.accepted_on.add(channel)

    def unaccepted(self) -> frozenset[str]:
        """The fields of the secret that were sent and that no server accepted."""
        accepted = {self.fields[channel] for channel in self.accepted_on}
        return frozenset(self.fields.values()) - accepted

    def prove(self, *capabilities: str) -> None:
        self.proofs.update(capabilities)

    def warn(self, code: str) -> None:
        raise _Warned(code)

    def skip(self, *names: str) -> None:
        for name in names:
            self._set(name, state="skipped")

    def _secrets(self) -> list[str]:
        return [secret for secret in self._mailbox.secret.values() if secret]

    def _set(self, name: str, **changes: object) -> None:
        self.stages[name] = replace(self.stages.get(name, StageResult(name)), **changes)  # type: ignore[arg-type]


def run(
    family: Checkable,
    mailbox: Mailbox,
    dialer: Dialer,
    *,
    on_change: Callable[[tuple[StageResult, ...]], None] | None = None,
    on_attempt: Callable[[str], None] | None = None,
) -> Trial:
    """Check `mailbox` and return what came of it; never raises for anything a server or a library does.

    `on_change` is called with all stages whenever one begins; how the last one ended is in the outcome. `on_attempt` is
    called with the channel ("imap", "smtp") just before a secret is sent on it; what it raises ends the check there,
    with the secret unsent.
    """
    with Line(dialer, mailbox.pins) as line:
        probe = _Run(family, mailbox, line, dialer.monotonic, on_change, on_attempt)
        try:
            family.check(mailbox, probe)
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001  # A family that fails outside its stages still yields an outcome.
            diagnosis = diagnose(error, stage="", rules=family.rules)
            probe.failure = (diagnosis.code, "", mask(diagnosis.server_text, list(mailbox.secret.values())))
    probe.skip(*(name for name, stage in probe.stages.items() if stage.state in {"waiting", "running"}))
    decisive = probe.failure or probe.warning
    code, stage, text = decisive or (None, None, "")
    return Trial(
        stages=tuple(probe.stages.values()),
        problem=code,
        problem_stage=stage,
        server_text=text,
        problem_host=probe.stages[stage].host if stage in probe.stages else "",
        proofs=frozenset(probe.proofs),
        accepted=frozenset(probe.accepted_on),
        attempted=tuple(probe.attempted),
        unaccepted=probe.unaccepted(),
        certificate=probe.certificate,
        failed=probe.failure is not None,
        warned=probe.failure is None and probe.warning is not None,
    )
