"""Runs a family's check: times the stages, catches once, diagnoses, and masks secrets in what the server said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from console.providers.base import Certificate, Mailbox, Probe, Secret, Settings, StageResult
from console.providers.dial import Dialer
from console.providers.line import Line
from console.providers.names import canonical
from console.rules.capabilities import Trouble
from console.rules.diagnose import Rule, diagnose
from console.rules.masking import mask


@dataclass(frozen=True)
class Trial:
    """The outcome of one check. `problem` is what decides: the failure that ended it, else the first warning.

    `retry_after` is in how many seconds the provider wants to be asked again, where it said so. `aliases` and `scopes`
    are what the provider told about the mailbox (see `Probe.learn`), None where it was not asked or did not answer;
    `settings` are those that a connected mailbox is kept with, None where they are those of the mailbox.

    `full` says how deep it went: a short check has only the stages that belong to it. `troubles` are all that it met,
    in the order of the stages. `certificates` are those that the servers showed, told by a full check only and where
    they are the organisation's business.
    """

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
    retry_after: int | None = None
    aliases: tuple[str, ...] | None = None
    scopes: frozenset[str] | None = None
    settings: Settings | None = None
    full: bool = True
    troubles: tuple[Trouble, ...] = ()
    certificates: tuple[Certificate, ...] = ()


class Checkable(Protocol):
    """What can be run: a family, or anything else that goes through stages in a straight line."""

    stages: tuple[str, ...]
    short: tuple[str, ...]
    own_servers: bool
    rules: Sequence[Rule]

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        """Go through the stages; raise what the library raises."""


def _shown(family: Checkable, probe: "_Run") -> tuple[Certificate, ...]:
    """Return what the servers showed, verified or not, where that is the organisation's business."""
    if not family.own_servers:
        return ()
    shown = probe.certificate
    refused = (replace(shown, host=canonical(shown.host)),) if shown else ()
    return (*probe.line.certificates(), *refused)


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
        on_secret: Callable[[Secret], None] | None,
        *,
        full: bool,
    ) -> None:
        self.line, self.full = line, full
        self.stages = {name: StageResult(name) for name in (family.stages if full else family.short)}
        self.proofs: set[str] = set()
        self.accepted_on: set[str] = set()
        self.attempted: list[str] = []
        self.fields: dict[str, str] = {}
        self.troubles: list[Trouble] = []
        self.certificate: Certificate | None = None
        self.retry_after: int | None = None
        self.aliases: tuple[str, ...] | None = None
        self.scopes: frozenset[str] | None = None
        self.settings: Settings | None = None
        self._family, self._now = family, now
        self._secrets = [*mailbox.secret.values(), *([mailbox.app.client_secret] if mailbox.app else [])]
        self._on_change, self._on_attempt, self._on_secret = on_change, on_attempt, on_secret

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
            warned = warns or isinstance(error, _Warned)
            if not warned:
                self.certificate = getattr(error, "certificate", None)
                self.retry_after = getattr(error, "retry_after", None)
            # What is wrong may be about another host than the one that was talked to.
            about = getattr(error, "problem_host", None)
            host = about if isinstance(about, str) else host
            self._set(name, host=host)
            said = mask(diagnosis.server_text, self._secrets)
            self.troubles.append(Trouble(code, name, host, said, warns=warned))
        elapsed = max(0, round((self._now() - started) * 1000))
        self._set(
            name,
            state="failed" if code else "passed",
            ms=elapsed,
            problem=code,
            detail=running.detail,
            values={key: mask(value, self._secrets) for key, value in running.values.items()},
        )
        if self.failure is not None:
            raise _Stopped

    @property
    def failure(self) -> Trouble | None:
        """What ended the check, if anything did."""
        return next((trouble for trouble in self.troubles if not trouble.warns), None)

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

    def keep(self, secret: Secret) -> None:
        # From here on the server may repeat what is new, whether it could be saved or not.
        self._secrets += secret.values()
        if self._on_secret is not None:
            self._on_secret(secret)

    def learn(
        self,
        *,
        aliases: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or self.settings
        self.aliases = self.aliases if aliases is None else tuple(aliases)
        self.scopes = self.scopes if scopes is None else frozenset(scopes)

    def prove(self, *capabilities: str) -> None:
        self.proofs.update(capabilities)

    def warn(self, code: str) -> None:
        raise _Warned(code)

    def skip(self, *names: str) -> None:
        for name in names:
            self._set(name, state="skipped")

    def end(self, error: Exception) -> None:
        """Write down a failure outside all stages."""
        diagnosis = diagnose(error, stage="", rules=self._family.rules)
        self.troubles.append(Trouble(diagnosis.code, "", "", mask(diagnosis.server_text, self._secrets)))

    def _set(self, name: str, **changes: object) -> None:
        self.stages[name] = replace(self.stages.get(name, StageResult(name)), **changes)  # type: ignore[arg-type]


def run(
    family: Checkable,
    mailbox: Mailbox,
    dialer: Dialer,
    *,
    full: bool = True,
    on_change: Callable[[tuple[StageResult, ...]], None] | None = None,
    on_attempt: Callable[[str], None] | None = None,
    on_secret: Callable[[Secret], None] | None = None,
) -> Trial:
    """Check `mailbox` and return what came of it; never raises for anything a server or a library does.

    Without `full` the check ends where the inbox was opened; the other stages are no part of it then.
    `on_change` is called with all stages whenever one begins; how the last one ended is in the outcome. `on_attempt` is
    called with the channel ("imap", "smtp") just before a secret is sent on it; what it raises ends the check there,
    with the secret unsent. `on_secret` is called with a secret that takes the place of the mailbox's, before it is used
    (see `Probe.keep`): it saves it and returns; what it raises ends the check there, with the new secret unused.
    """
    with Line(dialer, mailbox.pins) as line:
        probe = _Run(family, mailbox, line, dialer.monotonic, on_change, on_attempt, on_secret, full=full)
        try:
            family.check(mailbox, probe)
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001  # A family that fails outside its stages still yields an outcome.
            probe.end(error)
    probe.skip(*(name for name, stage in probe.stages.items() if stage.state in {"waiting", "running"}))
    decisive = probe.failure or next(iter(probe.troubles), None)
    return Trial(
        stages=tuple(probe.stages.values()),
        problem=decisive.problem if decisive else None,
        problem_stage=decisive.stage if decisive else None,
        server_text=decisive.server_text if decisive else "",
        problem_host=decisive.host if decisive else "",
        proofs=frozenset(probe.proofs),
        accepted=frozenset(probe.accepted_on),
        attempted=tuple(probe.attempted),
        unaccepted=probe.unaccepted(),
        certificate=probe.certificate,
        failed=probe.failure is not None,
        warned=probe.failure is None and bool(probe.troubles),
        retry_after=probe.retry_after,
        aliases=probe.aliases,
        scopes=probe.scopes,
        settings=probe.settings,
        full=full,
        troubles=tuple(probe.troubles),
        certificates=_shown(family, probe) if full else (),
    )
