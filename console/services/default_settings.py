"""A domain's defaults as plain values, and the settings that they mean for one address."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from console.discovery.answer import Default, Server
from console.discovery.answer import Settings as Discovered
from console.providers.base import Provider, Settings, SettingsUnreadable
from console.rules.domain_defaults import WHOLE, Kind

SERVERS = ("imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security")


@dataclass(frozen=True)
class Defaults:
    """What an account admin keeps for a mail domain. See `console.store.domains.MailDomain`."""

    kind: Kind = Kind.NONE
    imap_host: str | None = None
    imap_port: int | None = None
    imap_security: str | None = None
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_security: str | None = None
    username: str | None = None
    smtp_username: str | None = None
    exchange_url: str | None = None
    note: str = ""
    members_may_change: bool = True

    @property
    def summary(self) -> str:
        """One line for people and for the audit log: where mail is fetched and sent."""
        if self.kind is Kind.IMAP:
            return (
                f"{self.imap_host}:{self.imap_port} ({self.imap_security}),"
                f" {self.smtp_host}:{self.smtp_port} ({self.smtp_security})"
            )
        return self.exchange_url or ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a JSON column."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Defaults":
        """Read what `to_dict` wrote, or the columns of a row."""
        return cls(**{**data, "kind": Kind(data["kind"])})


def finished(template: str | None, address: str) -> str:
    """Return the sign-in name that `template` means for an address; an empty template means the address itself."""
    local, _, domain = address.rpartition("@")
    return (
        (template or WHOLE)
        .replace("%EMAILADDRESS%", address)
        .replace("%EMAILLOCALPART%", local)
        .replace("%EMAILDOMAIN%", domain)
    )


def form_data(
    defaults: Defaults, family: Provider, address: str, own: Settings | None, *, keep: bool = True
) -> dict[str, Any]:
    """Return what the family's form would hold for `address` under these defaults, without any password.

    With `keep`, an inbox that signs in to send with a name of its own (`own` are its settings) goes on doing so, unless
    the defaults name a sign-in for outgoing mail themselves.
    """
    if defaults.kind is Kind.EXCHANGE:
        return {"url": defaults.exchange_url, "username": finished(defaults.username, address)}
    data: dict[str, Any] = {name: getattr(defaults, name) for name in SERVERS}
    data["username"] = finished(defaults.username, address)
    data["smtp_same_credentials"] = defaults.smtp_username is None
    data["smtp_username"] = finished(defaults.smtp_username, address) if defaults.smtp_username else ""
    if keep and own is not None and defaults.smtp_username is None:
        try:
            before = family.fill(own)
        except SettingsUnreadable:
            return data
        if not before.get("smtp_same_credentials", True):
            data["smtp_same_credentials"], data["smtp_username"] = False, before.get("smtp_username")
    return data


def settings_for(defaults: Defaults, family: Provider, address: str, own: Settings | None) -> Settings:
    """Return the settings of an inbox under these defaults; `own` are those it has."""
    settings, _ = family.split(address, form_data(defaults, family, address, own))
    return settings


def discovered(defaults: Defaults) -> Default | None:
    """Return the defaults as discovery takes them; None where nothing is kept."""
    if defaults.kind is Kind.EXCHANGE:
        kept = Discovered(
            source="domain defaults",
            transport="admin",
            relation="same",
            imap_username=defaults.username or WHOLE,
            note=defaults.note,
            locked=not defaults.members_may_change,
        )
        return Default(settings=kept, exchange_url=defaults.exchange_url or "", note=defaults.note)
    if defaults.kind is Kind.NONE:
        return None
    return Default(
        settings=Discovered(
            source="domain defaults",
            transport="admin",
            relation="same",
            imap=Server(defaults.imap_host, defaults.imap_port, defaults.imap_security),  # type: ignore[arg-type]
            smtp=Server(defaults.smtp_host, defaults.smtp_port, defaults.smtp_security),  # type: ignore[arg-type]
            imap_username=defaults.username or WHOLE,
            smtp_username=defaults.smtp_username or defaults.username or WHOLE,
            note=defaults.note,
            locked=not defaults.members_may_change,
            separate=defaults.smtp_username is not None,
        ),
        note=defaults.note,
    )
