"""What every family of providers looks like from outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from wtforms import Form

from console.providers.certificates import Authority, Certificate, Pin, Trusted
from console.rules.diagnose import Rule
from console.rules.disclosures import Disclosure

Settings = dict[str, Any]
# What others found out about a mailbox, by protocol ("imap", "smtp": host, port, security, username or None; separate
# says that sending takes a password of its own) or by family ("exchange": url).
Found = Mapping[str, Mapping[str, Any]]
NOTHING: Found = MappingProxyType({})


class SettingsUnreadable(ValueError):
    """Stored settings are not of the family's shape, so nothing can be done with them."""

    code = "settings-unreadable"


class Secret(dict[str, str]):
    """The sealed part of what was typed, by field name. Its text form shows the names only."""

    def __repr__(self) -> str:
        return f"Secret({', '.join(self)})"

    __str__ = __repr__


@dataclass(frozen=True)
class Suggestion:
    """Settings to pre-fill, and the names of those that are guesses."""

    settings: Settings
    guessed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mailbox:
    """One mailbox as a family needs it to reach the servers. `receives_only` leaves sending out."""

    address: str
    settings: Settings
    secret: Secret = field(repr=False)
    pins: tuple[Trusted, ...] = ()
    receives_only: bool = False


@dataclass(frozen=True)
class StageResult:
    """One stage of a check. `detail` is a fact about it (marked text and values); `ms` is None until it ended.

    `host` is the server it talks to.
    """

    name: str
    state: str = "waiting"
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    ms: int | None = None
    problem: str | None = None
    host: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the stage as it is stored."""
        return {
            "name": self.name,
            "state": self.state,
            "detail": self.detail,
            "values": dict(self.values),
            "ms": self.ms,
            "problem": self.problem,
            "host": self.host,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "StageResult":
        """Read a stored stage; unknown shapes become a stage that was not tried."""
        try:
            return cls(
                str(data["name"]),
                str(data["state"]),
                str(data.get("detail", "")),
                {str(name): str(value) for name, value in dict(data.get("values") or {}).items()},
                None if data.get("ms") is None else int(data["ms"]),
                data.get("problem"),
                str(data.get("host") or ""),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls("unknown")


class Stage(Protocol):
    """What a family may say while a stage runs."""

    def say(self, detail: str, **values: object) -> None:
        """Note a fact for people, a marked text with named values, such as N_("%(host)s is %(address)s")."""


class Probe(Protocol):
    """What a family is given to check a mailbox. The family never catches, translates or logs."""

    @property
    def line(self) -> Any:
        """The way to the network for this run: see `console.providers.dial.Line`."""

    def stage(self, name: str, *, host: str = "", warns: bool = False) -> AbstractContextManager[Stage]:
        """Run one stage that talks to `host`. A failure ends the check, or with `warns` only marks the stage."""

    def attempt(self, channel: str, field: str = "password") -> None:
        """Say that `field` of the secret is about to be sent on `channel`. Raises when it must not be."""

    def accepted(self, channel: str) -> None:
        """Say that the secret sent on `channel` was accepted."""

    def prove(self, *capabilities: str) -> None:
        """Say what has just been shown to work: sign-in, read, sent, send."""

    def warn(self, code: str) -> None:
        """Say that the inbox works but something is missing.

        Ends the running stage as failed, and the check goes on.
        """


@dataclass(frozen=True)
class Revocation:
    """What removing an inbox did about its access: done here, or where the person has to do it (marked text)."""

    done: bool
    text: str
    url: str = ""


class Provider(Protocol):
    """One family. Adding one is a file, a name in the registry and a test."""

    slug: str
    label: str
    icon: str
    text: str
    password_based: bool
    stages: tuple[str, ...]
    form: type[Form] | None
    settings_template: str
    rules: Sequence[Rule]
    disclosure: Disclosure

    def suggest(self, address: str, found: Found = NOTHING) -> Suggestion:
        """Return the settings to pre-fill for a normalised address, offline.

        What `found` holds for this family is taken; the rest is a guess and named as one.
        """

    def split(self, address: str, data: Mapping[str, Any]) -> tuple[Settings, Secret]:
        """Return the public settings and the secret in validated form data."""

    def fill(self, settings: Settings) -> dict[str, Any]:
        """Return form data for stored settings.

        The opposite of `split`, without the secret. Raises SettingsUnreadable.
        """

    def summary(self, settings: Settings) -> str:
        """Return one line for people: "imap.acme.dk:993, TLS". Raises SettingsUnreadable."""

    def servers(self, settings: Settings) -> list[tuple[str, str]]:
        """Return label (marked) and value of every server setting. Raises SettingsUnreadable."""

    def host(self, settings: Settings) -> str:
        """Return the host that checks of this mailbox load, for limits per server. Raises SettingsUnreadable."""

    def destinations(self, settings: Settings) -> dict[str, tuple[str, ...]]:
        """Return for each field of the secret the hosts it is sent to. Raises SettingsUnreadable."""

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        """Go through the stages in a straight line; raise what the library raises."""

    def revoke(self, mailbox: Mailbox) -> Revocation:
        """End the access as far as this family can."""


__all__ = [
    "NOTHING",
    "Authority",
    "Certificate",
    "Found",
    "Mailbox",
    "Pin",
    "Probe",
    "Provider",
    "Revocation",
    "Secret",
    "Settings",
    "SettingsUnreadable",
    "Stage",
    "StageResult",
    "Suggestion",
    "Trusted",
]
