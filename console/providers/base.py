"""What every family of providers looks like from outside; those with a sign-in of their own are in `consenting`."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from wtforms import Form

from console.providers.certificates import Authority, Certificate, Pin, Trusted
from console.providers.line import Line
from console.rules.diagnose import Rule
from console.rules.disclosures import Disclosure

Settings = dict[str, Any]
# What others found out about a mailbox, by protocol ("imap", "smtp": host, port, security, username or None; separate
# says that sending takes a password of its own) or by family ("exchange": url, autodiscover, username).
Found = Mapping[str, Mapping[str, Any]]
NOTHING: Found = MappingProxyType({})


class SettingsUnreadable(ValueError):
    """Stored settings are not of the family's shape, so nothing can be done with them."""

    code = "settings-unreadable"


class Secret(dict[str, str]):
    """The sealed part of what was typed, or what a sign-in elsewhere gave (see `consenting.Grant`), by field name.

    Its text form shows the names only.
    """

    def __repr__(self) -> str:
        return f"Secret({', '.join(self)})"

    __str__ = __repr__


@dataclass(frozen=True)
class Suggestion:
    """Settings to pre-fill, and the names of those that are guesses."""

    settings: Settings
    guessed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class App:
    """The organisation's own OAuth app at one provider.

    `tenant` and `audience` are Microsoft's. `tenant` is the directory that the app is registered in, by its id or one
    of its domains, or "" where that is not known. `audience` is who may sign in: "single" (accounts of `tenant` only,
    which must be known then), "organizations" (any work or school account), "common" (personal accounts too), or "",
    which means "single" where `tenant` is known and "common" where not. `secret_expires_on` and `publishing` ("testing"
    or "production") are what the operator noted about it; None and "" where nothing was.
    """

    client_id: str
    client_secret: str = field(repr=False)
    tenant: str = ""
    audience: str = ""
    secret_expires_on: date | None = None
    publishing: str = ""


@dataclass(frozen=True)
class Mailbox:
    """One mailbox as a family needs it to reach the servers. `receives_only` leaves sending out.

    `app` is needed to check or renew families that consent, and None for all others.
    """

    address: str
    settings: Settings
    secret: Secret = field(repr=False)
    pins: tuple[Trusted, ...] = ()
    receives_only: bool = False
    app: App | None = None


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

    full: bool
    """Whether the check goes through all stages of its family, or only through its `short` ones."""

    @property
    def line(self) -> Any:
        """The way to the network for this run: see `console.providers.dial.Line`."""

    def stage(self, name: str, *, host: str = "", warns: bool = False) -> AbstractContextManager[Stage]:
        """Run one stage that talks to `host`. A failure ends the check, or with `warns` only marks the stage."""

    def attempt(self, channel: str, field: str = "password") -> None:
        """Say that `field` of the secret is about to be sent on `channel`. Raises when it must not be."""

    def accepted(self, channel: str) -> None:
        """Say that the secret sent on `channel` was accepted."""

    def keep(self, secret: Secret) -> None:
        """Save `secret`, which takes the place of the mailbox's, before anything of it is used.

        Returns once it is saved. Raises when it could not be, such as when the lease of the inbox is lost; then the
        check ends, and the new secret was used for nothing.
        """

    def learn(
        self,
        *,
        aliases: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Tell what the provider says about the mailbox; what is None was not asked.

        `aliases` are the other addresses that it sends as, without its own; `scopes` are the permissions that the
        access in use carries. `settings` take the place of those the check began with when the mailbox is connected:
        they name what the check had to find out.
        """

    def prove(self, *capabilities: str) -> None:
        """Say what has just been shown to work: sign-in, read, sent, send (see `rules.capabilities`)."""

    def warn(self, code: str) -> None:
        """Say that the inbox works but something is missing.

        Ends the running stage as failed, and the check goes on.
        """


@dataclass(frozen=True)
class Revocation:
    """What removing an inbox does or did about its access at the provider.

    `done` means that the provider confirmed the end of the access. `text` (marked) says what happened or what the
    person has to do, and `url` is where, "" where there is no such page.
    """

    done: bool
    text: str
    url: str = ""


class Provider(Protocol):
    """One family. Adding one is a file, a name in the registry and a test.

    `password_based` families are signed in to with what is typed here and have a form. Families that `consents` is
    true of are signed in to at the provider, have no form, and are `consenting.Consenting` as well.

    `short` are the stages, of `stages`, that a short check goes through: as far as the inbox, and no further.
    `own_servers` says that the servers are run for the organisation, so that their certificates are its business.
    """

    slug: str
    label: str
    icon: str
    text: str
    password_based: bool
    consents: bool
    stages: tuple[str, ...]
    short: tuple[str, ...]
    own_servers: bool
    form: type[Form] | None
    settings_template: str
    rules: Sequence[Rule]
    disclosure: Disclosure
    successor: str
    """The slug of the family that mailboxes of this one move to when their servers let go of them, "" for none."""

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
        """Go through the stages in a straight line, as far as `probe.full` says; raise what the library raises."""

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        """End the access as far as this family can, and say how far that is.

        Without a `line` nobody is asked: the answer says what removing will do, or where the person ends the access.
        With one, a provider that can be asked is asked with the mailbox's secret; that takes up to a stage's time, so
        no transaction may be open. Never raises for anything the provider does: it answers with `done` false instead.
        """


__all__ = [
    "NOTHING",
    "App",
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
