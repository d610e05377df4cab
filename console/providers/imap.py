"""The IMAP + SMTP family: any mailbox with an address, a password and two servers."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Form

from console.providers import imap_folders
from console.providers.base import (
    NOTHING,
    Found,
    Mailbox,
    Probe,
    Revocation,
    Secret,
    Settings,
    SettingsUnreadable,
    Suggestion,
)
from console.providers.dial import Imap, Smtp
from console.providers.imap_form import ImapForm
from console.providers.line import Line
from console.providers.mechanisms import NoCommonMechanism, without_password
from console.providers.smtp_sign_in import sign_in
from console.rules import disclosures
from console.rules.diagnose import Rule
from console.rules.texts import N_

SECURITY_LABELS = {"tls": "TLS", "starttls": "STARTTLS"}
HOSTS = ("imap_host", "smtp_host")
PORTS = ("imap_port", "smtp_port")
SECURITIES = ("imap_security", "smtp_security")


class ImapFamily:
    """See `console.providers.base.Provider`."""

    slug = "imap"
    label = "IMAP + SMTP"
    icon = "at"
    text = N_("Address and password, any provider")
    password_based = True
    consents = False
    stages: tuple[str, ...] = (
        "find-server",
        "reach",
        "secure",
        "sign-in",
        "open-inbox",
        "find-sent",
        "smtp-reach",
        "smtp-secure",
        "smtp-sign-in",
    )
    short: tuple[str, ...] = ("find-server", "reach", "secure", "sign-in", "open-inbox")
    own_servers = True
    form: type[Form] | None = ImapForm
    settings_template = "connect/settings/imap.html"
    rules: Sequence[Rule] = ()
    disclosure = disclosures.IMAP
    successor = ""

    def suggest(self, address: str, found: Found = NOTHING) -> Suggestion:
        domain = address.rpartition("@")[2]
        settings: Settings = {
            "imap_host": f"imap.{domain}",
            "imap_port": 993,
            "imap_security": "tls",
            "smtp_host": f"smtp.{domain}",
            "smtp_port": 587,
            "smtp_security": "starttls",
            "username": address,
            "smtp_username": None,
        }
        guessed = set(settings) - {"smtp_username"}
        for protocol in ("imap", "smtp"):
            server = found.get(protocol)
            if server is not None:
                known = {f"{protocol}_{part}": server[part] for part in ("host", "port", "security")}
                settings |= known
                guessed -= set(known)
        incoming, outgoing = (found.get(protocol, {}).get("username") for protocol in ("imap", "smtp"))
        if incoming or outgoing:
            settings["username"] = incoming or outgoing
            guessed.discard("username")
        separate = bool(found.get("smtp", {}).get("separate"))
        if incoming and outgoing and (separate or incoming != outgoing):
            settings["smtp_username"] = outgoing
        return Suggestion(settings, frozenset(guessed))

    def split(self, address: str, data: Mapping[str, Any]) -> tuple[Settings, Secret]:
        same = bool(data.get("smtp_same_credentials"))
        settings: Settings = {name: data[name] for name in (*HOSTS, *PORTS, *SECURITIES)}
        settings["username"] = data.get("username") or address
        settings["smtp_username"] = None if same else data.get("smtp_username") or address
        secret = Secret(password=data.get("password") or "")
        if not same:
            secret["smtp_password"] = data.get("smtp_password") or ""
        return settings, secret

    def fill(self, settings: Settings) -> dict[str, Any]:
        read = self._read(settings)
        return {**read, "smtp_same_credentials": read["smtp_username"] is None}

    def summary(self, settings: Settings) -> str:
        return _server(self._read(settings), "imap")

    def servers(self, settings: Settings) -> list[tuple[str, str]]:
        read = self._read(settings)
        own = read["smtp_username"]
        return [
            (N_("Incoming"), _server(read, "imap")),
            (N_("Outgoing"), _server(read, "smtp")),
            (N_("User name"), read["username"]),
            (N_("Outgoing sign-in"), own if own is not None else N_("the same as incoming")),
        ]

    def host(self, settings: Settings) -> str:
        return str(self._read(settings)["imap_host"])

    def destinations(self, settings: Settings) -> dict[str, tuple[str, ...]]:
        read = self._read(settings)
        if read["smtp_username"] is None:
            return {"password": (read["imap_host"], read["smtp_host"])}
        return {"password": (read["imap_host"],), "smtp_password": (read["smtp_host"],)}

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        settings, secret, line = self._read(mailbox.settings), mailbox.secret, probe.line
        host, port = settings["imap_host"], settings["imap_port"]
        with probe.stage("find-server", host=host) as stage:
            addresses = line.resolve(host, port)
            stage.say(N_("%(host)s is %(address)s"), host=host, address=addresses[0])
        with probe.stage("reach", host=host) as stage:
            sock = line.connect(host, addresses, port)
            stage.say(N_("port %(port)s answers"), port=port)
        with probe.stage("secure", host=host) as stage:
            imap: Imap = line.imap(sock, host, port, settings["imap_security"])
            stage.say("%(version)s", version=_spoken(imap))
        with probe.stage("sign-in", host=host):
            _sign_in_to_read(imap, settings["username"], secret["password"], probe)
            probe.prove("sign-in")
        with probe.stage("open-inbox", host=host) as stage:
            messages = imap_folders.open_inbox(imap)
            probe.prove("read")
            stage.say(N_("messages: %(messages)s"), messages=messages)
        if probe.full:
            with probe.stage("find-sent", host=host, warns=True) as stage:
                sent = imap_folders.find_sent(imap)
                if sent is None:
                    probe.warn("folder-missing")
                probe.prove("sent")
                stage.say("%(folder)s", folder=sent)
        line.part(imap)
        if probe.full and not mailbox.receives_only:
            self._check_sending(settings, secret, probe)

    def _check_sending(self, settings: Settings, secret: Secret, probe: Probe) -> None:
        host, port = settings["smtp_host"], settings["smtp_port"]
        with probe.stage("smtp-reach", host=host) as stage:
            sock = probe.line.connect(host, probe.line.resolve(host, port), port)
            stage.say(N_("%(host)s, port %(port)s answers"), host=host, port=port)
        with probe.stage("smtp-secure", host=host) as stage:
            smtp: Smtp = probe.line.smtp(sock, host, port, settings["smtp_security"])
            stage.say("%(version)s", version=_spoken(smtp))
        with probe.stage("smtp-sign-in", host=host):
            own = settings["smtp_username"]
            username, field = (settings["username"], "password") if own is None else (own, "smtp_password")
            sign_in(smtp, username, secret[field], field, probe)
            probe.prove("send")
        probe.line.part(smtp)

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        return Revocation(
            done=False,
            text=N_(
                "The password is wiped here. It still works at the provider: delete the app password there if you"
                " made one."
            ),
        )

    def _read(self, settings: Any) -> dict[str, Any]:
        """Return settings that are known to be of this family's shape. Raises SettingsUnreadable."""
        if not isinstance(settings, dict):
            raise SettingsUnreadable("settings of no shape")
        own = settings.get("smtp_username")
        fits = (
            all(isinstance(settings.get(name), str) and settings[name] for name in (*HOSTS, "username"))
            and all(type(settings.get(name)) is int and 0 < settings[name] < 65536 for name in PORTS)
            and all(isinstance(settings.get(name), str) and settings[name] in SECURITY_LABELS for name in SECURITIES)
            and (own is None or isinstance(own, str))
        )
        if not fits:
            raise SettingsUnreadable("settings of another shape")
        return {name: settings.get(name) for name in (*HOSTS, *PORTS, *SECURITIES, "username", "smtp_username")}


def _server(settings: Settings, kind: str) -> str:
    host, port, security = (settings[f"{kind}_{part}"] for part in ("host", "port", "security"))
    return f"{f'[{host}]' if ':' in host else host}:{port}, {SECURITY_LABELS[security]}"


def _spoken(client: Imap | Smtp) -> str:
    return client.connection.tls_version().replace("TLSv", "TLS ")


def _sign_in_to_read(imap: Imap, username: str, password: str, probe: Probe) -> None:
    offered, disabled = imap.mechanisms(), imap.login_disabled()
    plain = "PLAIN" in offered
    # The mechanism LOGIN is not the command LOGIN: a server may offer the one and disable the other.
    mechanism = disabled and not plain and "LOGIN" in offered
    if disabled and not (plain or mechanism):
        raise without_password(offered)
    # LOGIN carries ASCII only (RFC 9051, 6.2.3), and the mechanism of that name tells no charset; AUTHENTICATE PLAIN
    # carries UTF-8 (RFC 4616).
    in_ascii = username.isascii() and password.isascii()
    if not in_ascii and not plain:
        raise NoCommonMechanism("the password needs a sign-in method that the server does not offer")
    probe.attempt("imap")
    if mechanism:
        imap.login_by_mechanism(username, password)
    elif in_ascii and not disabled:
        imap.login_quoted(username, password)
    else:
        imap.plain_login(username, password)
    probe.accepted("imap")
