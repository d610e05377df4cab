"""One frozen, validated configuration, read once at start from the environment and instance/console.toml.

Every value is documented in docs/configuration.md, which a test holds to this file.
"""

import ipaddress
import os
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from console.app_config import AppConfig
from console.mail_config import MailConfig
from console.rules.app_shapes import is_endpoint, listed

PREFIX = "CONSOLE_"

# Addresses of other people's services, which stand-ins and proxies in the house may take the place of.
SERVICES = (
    "ispdb_url",
    "microsoft_login_url",
    "microsoft_graph_url",
    "google_authorize_url",
    "google_token_url",
    "google_revoke_url",
    "google_certs_url",
    "google_api_url",
)


class ConfigError(Exception):
    """A value is missing or wrong; the text is one line that names it and says what it takes."""


def _listed(value: object) -> object:
    """Split a comma-separated environment value; lists from the file pass through."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _named(value: object) -> object:
    """Split a comma-separated environment value of name=number; tables from the file pass through."""
    if not isinstance(value, str):
        return value
    parts = [part.partition("=") for part in value.split(",") if part.strip()]
    if any(not name.strip() or not number.strip() for name, _, number in parts):
        raise ValueError("takes name=number, such as imap=600, gmail=1800")
    return {name.strip(): number.strip() for name, _, number in parts}


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Interval = Annotated[int, Field(ge=60, le=86400)]


class Config(AppConfig, MailConfig):
    """Settings of one installation. Durations are seconds unless the name says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=True)

    instance: Path = Field(default=Path("instance"), description="Folder of the database, the keys and the job queue.")
    organisation: str = Field(
        default="Inbox console", min_length=1, max_length=80, description="Name shown in the console."
    )
    banner: str = Field(
        default="", max_length=200, description="Text at the top of every page, such as that this is for practice."
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address people open. Every link is built from it, never from the Host header.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address that `console serve` listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that `console serve` listens on.")
    threads: int = Field(default=8, ge=2, le=64, description="Threads that answer requests.")
    trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="Number of reverse proxies in front whose X-Forwarded-For is believed."
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="sqlite:/// or postgresql:// address; empty is SQLite in the instance folder.",
    )
    secret_key: str = Field(
        default="",
        repr=False,
        description="Signs sessions and links, 32 bytes or more; empty is a file in the instance folder.",
    )
    vault_keys_file: Path | None = Field(
        default=None, description="File of the keys that seal passwords, newest first; empty is instance/vault.keys."
    )
    session_hours: int = Field(
        default=12, ge=1, le=720, description="Hours without a request until a person signs in again."
    )
    link_hours: int = Field(default=48, ge=1, le=720, description="Hours that a reconnect or connect link can be used.")
    language: Literal["en"] = Field(default="en", description="Language of the pages.")
    timezone: str = Field(default="UTC", description="Time zone of the times shown, such as Europe/Copenhagen.")
    privacy_url: str = Field(default="", description="Your privacy policy, linked before and after connecting.")
    privacy_overview_url: str = Field(default="", description="Your privacy overview, linked for IMAP and Exchange.")
    outgoing_addresses: Annotated[tuple[Network, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="Addresses (also CIDR, comma-separated) that this server connects from, for the sheet for IT.",
    )
    check_every: int = Field(default=900, ge=60, le=86400, description="Seconds between two checks of a healthy inbox.")
    check_every_by_provider: Annotated[dict[str, Interval], BeforeValidator(_named)] = Field(
        default={}, description="The same for single providers, such as imap=600, gmail=1800; wins for these."
    )
    check_threads: int = Field(default=16, ge=1, le=256, description="Inboxes that one worker checks at the same time.")
    checks_per_host: int = Field(
        default=4,
        ge=1,
        le=256,
        description="Connections of checks to one server at the same time, over all workers.",
    )
    refused_sign_ins_per_host: int = Field(
        default=30,
        ge=1,
        le=100000,
        description="Refused sign-ins an hour at one server, beyond the first of each mailbox, until it is left alone.",
    )
    allow_networks: Annotated[tuple[Network, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Networks (CIDR, comma-separated) that may be reached on every port, even loopback."
    )
    allow_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], BeforeValidator(_listed)] = Field(
        default=(), description="Ports that may be reached beyond 25, 143, 443, 465, 587 and 993."
    )
    private_networks: Literal["allow", "deny"] = Field(
        default="allow", description="Whether mail servers and webhooks in private address ranges may be reached."
    )
    ca_file: Path | None = Field(
        default=None, description="PEM file of certificate authorities trusted beside the system's."
    )
    dns_server: str = Field(
        default="", description="host:port of the name server to ask; empty is the system's resolver."
    )

    ispdb_url: str = Field(
        default="https://autoconfig.thunderbird.net/v1.1/",
        description="Database of mail providers that discovery asks, by domain only; empty asks none.",
    )
    microsoft_login_url: str = Field(
        default="https://login.microsoftonline.com",
        description="Microsoft's sign-in service; its endpoints are read from there. Discovery asks it about tenants.",
    )
    microsoft_graph_url: str = Field(default="https://graph.microsoft.com", description="Root of Microsoft Graph.")
    google_authorize_url: str = Field(
        default="https://accounts.google.com/o/oauth2/v2/auth", description="Page where Google asks for consent."
    )
    google_token_url: str = Field(
        default="https://oauth2.googleapis.com/token", description="Where Google turns codes into tokens."
    )
    google_revoke_url: str = Field(
        default="https://oauth2.googleapis.com/revoke", description="Where Google ends an access."
    )
    google_certs_url: str = Field(
        default="https://www.googleapis.com/oauth2/v3/certs", description="Keys that Google signs with."
    )
    google_api_url: str = Field(default="https://gmail.googleapis.com", description="Root of the Gmail API.")
    discovery_https_port: int = Field(
        default=443, ge=1, le=65535, description="Port of the web servers that discovery asks over HTTPS."
    )
    discovery_http_port: int = Field(
        default=80, ge=1, le=65535, description="Port of the web servers that discovery asks over HTTP."
    )

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("takes an address such as https://inbox.example.com")
        if parts.path.strip("/"):
            # Routes, redirects and cookies know no prefix, so links with one would lead nowhere.
            raise ValueError("takes an address without a path, such as https://inbox.example.com")
        return value.rstrip("/")

    @field_validator(*SERVICES)
    @classmethod
    def _service_url(cls, value: str, info: ValidationInfo) -> str:
        if not is_endpoint(value) and (value or info.field_name != "ispdb_url"):
            raise ValueError("takes an https address, without a user name")
        return value

    @field_validator("privacy_url", "privacy_overview_url")
    @classmethod
    def _web_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
            raise ValueError("takes a web address such as https://example.com/privacy")
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: str) -> str:
        if value and len(value.encode()) < 32:
            raise ValueError("takes at least 32 bytes")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: str) -> str:
        if value.startswith("postgresql://"):
            value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("takes sqlite:///… or postgresql://…")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("takes the name of a time zone, such as Europe/Copenhagen") from None
        return value

    @field_validator("dns_server")
    @classmethod
    def _dns_server(cls, value: str) -> str:
        if not value:
            return value
        host, colon, port = value.rpartition(":")
        host = (host if colon else value).strip("[]")
        if colon and not (port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("takes host:port, such as 10.0.0.2:53")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("takes the IP address of a name server and its port, such as 10.0.0.2:53") from None
        return value

    @field_validator("ca_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"names no file: {value}")
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except (ssl.SSLError, OSError):
                raise ValueError(f"names a file without certificates in PEM form: {value}") from None
        return value

    @field_validator("ca_file", "vault_keys_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _absolute(self) -> Self:
        object.__setattr__(self, "instance", self.instance.absolute())
        if "base_url" not in self.model_fields_set:
            object.__setattr__(self, "base_url", f"http://{self.host}:{self.port}")
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.instance / 'console.db'}")
        if self.vault_keys_file is None:
            object.__setattr__(self, "vault_keys_file", self.instance / "vault.keys")
        return self

    @model_validator(mode="after")
    def _plain_http_stays_inside(self) -> Self:
        for name in SERVICES:
            parts = urlsplit(getattr(self, name))
            if parts.scheme == "http" and not listed(parts.hostname or "", self.allow_networks):
                raise ValueError(f"{name}: takes http only for an address inside CONSOLE_ALLOW_NETWORKS")
        return self

    @property
    def secure(self) -> bool:
        """True when people reach the console over HTTPS, so that cookies may be marked Secure."""
        return self.base_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration from `environ` (default: the process's) over `instance/console.toml`.

    Raises ConfigError with one clear line for the first value that is wrong or unknown. A name with `_FILE`
    appended is read from that file, for secrets kept out of the environment.
    """
    environ = os.environ if environ is None else environ
    given = {key.removeprefix(PREFIX).lower(): value for key, value in environ.items() if key.startswith(PREFIX)}
    known = set(Config.model_fields)
    for name in [name for name in given if name.endswith("_file") and name not in known and name[:-5] in known]:
        try:
            given[name[:-5]] = Path(given.pop(name)).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{PREFIX}{name.upper()} cannot be read: {error.strerror}.") from None
        except ValueError:
            raise ConfigError(f"{PREFIX}{name.upper()} cannot be read: the file holds no text.") from None
    given = {name: value for name, value in given.items() if name in known}
    file = Path(given.get("instance", "instance")) / "console.toml"
    values: dict[str, object] = {}
    if file.is_file():
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{file.name} cannot be read: {error}.") from None
    try:
        return Config.model_validate({**values, **given})
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        # What is wrong only together with another value names itself.
        name, _, reason = (str(first["loc"][0]), "", reason) if first["loc"] else reason.partition(": ")
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"{file.name} sets {name}, which is not a setting.") from None
        raise ConfigError(f"{PREFIX}{name.upper()}: {reason}.") from None
