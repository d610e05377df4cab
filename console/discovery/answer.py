"""What discovery answers: who holds the mailbox, how sure that is, why, and with which servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from console.discovery.addresses import Address

Confidence = Literal["certain", "likely", "possible"]
CONFIDENCES: tuple[Confidence, ...] = ("certain", "likely", "possible")
Security = Literal["tls", "starttls"]
# How an answer came here. "table" is ours, "admin" an account admin's, "guess" a server that greeted at a usual name.
Transport = Literal["admin", "table", "https", "http", "dns", "signed-dns", "guess"]
# Whose name the servers carry, beside the mail domain's: its own, one that a verified answer of the domain named, or
# another registrable domain.
Relation = Literal["same", "provider", "foreign"]
Outcome = Literal["found", "nothing", "failed", "late", "refused", "skipped"]


@dataclass(frozen=True)
class Saying:
    """A sentence for people: marked for translation, with the values it names. Values are plain and already clean."""

    sentence: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.sentence % self.values if self.values else self.sentence

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"sentence": self.sentence, "values": dict(self.values)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Saying":
        """Read what `to_dict` wrote."""
        return cls(str(data["sentence"]), dict(data["values"]))


@dataclass(frozen=True)
class Candidate:
    """A provider that may hold the mailbox. `provider` is a family's slug; `url` the EWS URL where one was found.

    `autodiscover` is the place ("mail.acme.dk", "mail.acme.dk:8443") that tells somebody who signs in where EWS is.
    """

    provider: str
    confidence: Confidence
    evidence: tuple[Saying, ...]
    url: str = ""
    autodiscover: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why an address cannot be connected. `reason` is a slug such as unsupported-provider."""

    reason: str
    saying: Saying
    help_url: str = ""


@dataclass(frozen=True)
class Caution:
    """Something to know before a password is typed. `code` is a slug such as app-password."""

    code: str
    saying: Saying
    help_url: str = ""


@dataclass(frozen=True)
class Server:
    """One mail server."""

    host: str
    port: int
    security: Security

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Settings:
    """The servers of a mailbox from one source, and how far it can be believed.

    `imap_username` and `smtp_username` are templates of Mail Autoconfig (%EMAILADDRESS%, %EMAILLOCALPART%,
    %EMAILDOMAIN%), or empty where the source does not say. A server is None where it was not found, and `not_offered`
    names the protocols ("imap", "smtp") that the domain says it does not offer. `separate` says that outgoing mail
    takes a sign-in of its own, with a password of its own. `note` is what an account admin tells
    the domain's people, and `locked` says that only account admins change these settings.
    """

    source: str
    transport: Transport
    relation: Relation
    imap: Server | None = None
    smtp: Server | None = None
    imap_username: str = ""
    smtp_username: str = ""
    not_offered: frozenset[str] = frozenset()
    cautions: tuple[Caution, ...] = ()
    note: str = ""
    locked: bool = False
    separate: bool = False

    @property
    def complete(self) -> bool:
        """Whether there is a server to receive with and one to send with."""
        return self.imap is not None and self.smtp is not None

    @property
    def to_confirm(self) -> bool:
        """Whether a person is to look at the servers before a password goes there."""
        if self.transport == "admin":
            return False
        return self.transport in {"http", "dns", "guess"} or self.relation == "foreign"

    def sign_in_name(self, template: str, address: Address) -> str | None:
        """Return the finished sign-in name, or None where the template is empty or does not resolve."""
        name = (
            template.replace("%EMAILADDRESS%", address.key)
            .replace("%EMAILLOCALPART%", address.local)
            .replace("%EMAILDOMAIN%", address.domain)
        )
        return None if not name or "%EMAIL" in name else name


@dataclass(frozen=True)
class Default:
    """What an account admin keeps for a mail domain: IMAP + SMTP servers or an Exchange URL, never both.

    With an Exchange URL, `settings` name no server, only the sign-in name and what the admin says. `note` is what the
    admin tells the domain's people.
    """

    settings: Settings | None = None
    exchange_url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Source:
    """One place that was asked: what came of it, in whole milliseconds, with a word on why. Values are clean."""

    name: str
    outcome: Outcome
    milliseconds: int
    detail: str = ""


@dataclass(frozen=True)
class Answer:
    """Everything found out about an address. `recommended` is a family's slug or None; `candidates` best first."""

    address: Address
    recommended: str | None
    candidates: tuple[Candidate, ...] = ()
    refused: Refusal | None = None
    warnings: tuple[Caution, ...] = ()
    settings: Settings | None = None
    others: tuple[Settings, ...] = ()
    sources: tuple[Source, ...] = ()
    story: tuple[str, ...] = ()

    @property
    def confidence(self) -> Confidence | None:
        """How sure the recommendation is."""
        return next((found.confidence for found in self.candidates if found.provider == self.recommended), None)
