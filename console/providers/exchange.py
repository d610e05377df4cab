"""The Exchange family: mailboxes on a company's own Exchange server, through Exchange Web Services (EWS)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wtforms import Form

from console.providers import http_sign_in
from console.providers.autodiscover import Autodiscover, NotFound, named_to_strangers
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
from console.providers.conversation import Conversation
from console.providers.domains import within
from console.providers.errors import DialError, clean
from console.providers.ews_answers import CloudMailbox, Fault, Refusal, refusal
from console.providers.exchange_form import ExchangeForm
from console.providers.http_sign_in import BASIC, NEGOTIATE, Basic, Ntlm, SignIn
from console.providers.line import Line
from console.providers.web import PORTS, Target
from console.rules import disclosures
from console.rules.exchange_address import CLOUD_TOLD, ExchangeAddressError, ews_url, is_cloud
from console.rules.phrases.ews import EWS, WIRE
from console.rules.rule import Rule
from console.rules.texts import N_

if TYPE_CHECKING:
    from console.providers.ews import Ews

# The channels on which the password is sent.
CHANNEL, AUTODISCOVER = "ews", "autodiscover"
# What a stranger asks for; it holds no address. Some servers answer a request with 401 only when they can read it.
_KNOCK = (
    b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    b' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>'
    b'<t:RequestServerVersion Version="Exchange2010_SP2"/></s:Header><s:Body><m:GetFolder><m:FolderShape>'
    b"<t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
    b'<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder></s:Body></s:Envelope>'
)
# Faults of a server that does not hold the mailbox (any more).
_ELSEWHERE = frozenset(
    {"ErrorNonExistentMailbox", "ErrorProxyRequestNotAllowed", "ErrorNoRespondingCASInDestinationSite"}
)
_XML = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}


class ExchangeFamily:
    """See `console.providers.base.Provider`. `web_port` is where https is when Autodiscover names no port."""

    slug = "exchange"
    label = N_("Exchange (on-premises)")
    icon = "server-2"
    text = N_("A server that your company runs itself; phones reach it by ActiveSync")
    password_based = True
    consents = False
    stages: tuple[str, ...] = (
        "find-server",
        "reach",
        "secure",
        "methods",
        "sign-in",
        "version",
        "open-inbox",
        "find-sent",
        "send",
        "aliases",
    )
    short: tuple[str, ...] = ("find-server", "reach", "secure", "methods", "sign-in", "version", "open-inbox")
    own_servers = True
    form: type[Form] | None = ExchangeForm
    settings_template = "connect/settings/exchange.html"
    rules: Sequence[Rule] = (*WIRE, *EWS)
    disclosure = disclosures.EXCHANGE
    successor = "microsoft"
    elsewhere: Mapping[str, str] = MappingProxyType({"microsoft": CLOUD_TOLD})
    """What to say where discovery is sure that another family holds the mailbox (marked), by its slug."""

    def __init__(self, web_port: int = PORTS["https"]) -> None:
        self._web_port = web_port

    def suggest(self, address: str, found: Found = NOTHING) -> Suggestion:
        named = found.get("exchange", {})
        url, host = str(named.get("url") or ""), str(named.get("autodiscover") or "")
        try:
            url = ews_url(url) if url else ""
        except ExchangeAddressError:
            url = ""
        # Whoever signs in is told the right address of several servers; the one that was seen is one of them.
        settings: Settings = {
            "url": "" if host else url,
            "autodiscover": host,
            "username": str(named.get("username") or "") or address,
        }
        return Suggestion(settings, frozenset() if url or host else frozenset({"url"}))

    def split(self, address: str, data: Mapping[str, Any]) -> tuple[Settings, Secret]:
        url = str(data.get("url") or "")
        settings: Settings = {
            "url": url,
            "autodiscover": "" if url else str(data.get("autodiscover") or ""),
            "username": data.get("username") or address,
        }
        return settings, Secret(password=data.get("password") or "")

    def fill(self, settings: Settings) -> dict[str, Any]:
        return self._read(settings)

    def summary(self, settings: Settings) -> str:
        read = self._read(settings)
        return read["url"] or (f"Autodiscover, {read['autodiscover']}" if read["autodiscover"] else "Exchange")

    def servers(self, settings: Settings) -> list[tuple[str, str]]:
        read = self._read(settings)
        named = (N_("Exchange URL"), read["url"]) if read["url"] else (N_("Autodiscover"), read["autodiscover"])
        return [named, (N_("User name"), read["username"])]

    def host(self, settings: Settings) -> str:
        read = self._read(settings)
        return Target.read(read["url"]).host if read["url"] else _place(read["autodiscover"])[0]

    def destinations(self, settings: Settings) -> dict[str, tuple[str, ...]]:
        host = self.host(settings)
        return {"password": (host,) if host else ()}

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        from console.providers.ews import Ews

        settings, secret = self._read(mailbox.settings), mailbox.secret
        with probe.stage("find-server", host=self.host(settings)) as stage:
            target = self._target(settings["url"] or self._found(settings, mailbox, probe))
            host, port = target.host, target.port
            # A person typed the address, or the mail domain names it; what anybody else names is in the open.
            own = bool(settings["url"]) or within(host, _domain(mailbox.address))
            line = probe.line.at(port if own else self._web_port, private=own)
            addresses = line.resolve(host, port)
            stage.say(
                N_("%(url)s is at %(address)s") if settings["url"] else N_("%(by)s names %(url)s, at %(address)s"),
                by=settings["autodiscover"],
                url=target.url,
                address=addresses[0],
            )
        with probe.stage("reach", host=host) as stage:
            sock = line.connect(host, addresses, port)
            stage.say(N_("port %(port)s answers"), port=port)
        with probe.stage("secure", host=host) as stage:
            tls = line.secure(sock, host, port, "http")
            stage.say("%(version)s", version=tls.tls_version().replace("TLSv", "TLS "))
        conversation = Conversation(line, target, tls)
        with probe.stage("methods", host=host) as stage:
            schemes = _offered(conversation)
            unsupported = N_("%(methods)s; of these Negotiate is not supported here")
            stage.say(unsupported if NEGOTIATE in schemes else "%(methods)s", methods=", ".join(schemes))
            scheme = http_sign_in.chosen(schemes)
        with Ews(conversation, mailbox.address) as ews:
            with probe.stage("sign-in", host=host) as stage:
                name, password, spare = settings["username"], secret["password"], http_sign_in.spare(schemes)
                how = _sign_in(scheme, name, password, host)
                otherwise = _sign_in(spare, name, password, host) if spare else None
                conversation.sign_in(how, lambda: probe.attempt(CHANNEL), otherwise=otherwise)
                opened = ews.begin()
                probe.accepted(CHANNEL)
                probe.prove("sign-in")
                stage.say(N_("%(username)s by %(method)s"), username=settings["username"], method=conversation.scheme)
            with probe.stage("version", host=host) as stage:
                stage.say("%(version)s" if (version := ews.version()) else N_("not told"), version=version)
            with probe.stage("open-inbox", host=host) as stage:
                try:
                    inbox = opened()
                except Fault as fault:
                    raise _moved(fault, Conversation(line, target), mailbox.address) from fault
                stage.say(N_("messages: %(messages)s"), messages=inbox.messages)
                probe.prove("read")
            if probe.full:
                self._beyond_reading(ews, mailbox, probe, host)

    @staticmethod
    def _beyond_reading(ews: "Ews", mailbox: Mailbox, probe: Probe, host: str) -> None:
        with probe.stage("find-sent", host=host, warns=True) as stage:
            sent = ews.sent()
            if sent is None:
                probe.warn("folder-missing")
            else:
                probe.prove("sent")
                stage.say("%(folder)s", folder=sent.name)
        if not mailbox.receives_only:
            with probe.stage("send", host=host) as stage:
                outgoing = ews.outgoing()
                if outgoing is None or not outgoing.writable:
                    raise SendingNotAllowed
                probe.prove("send")
                stage.say(N_("%(folder)s takes messages; none was sent"), folder=outgoing.name)
        with probe.stage("aliases", host=host, warns=True) as stage:
            aliases = ews.aliases()
            if aliases is None:
                stage.say(N_("the directory does not list them"))
            else:
                probe.learn(aliases=aliases)
                stage.say(N_("aliases: %(number)s"), number=len(aliases))

    def _target(self, url: str) -> Target:
        """Return where to ask; an address that names no port means the usual one."""
        target = Target.read(url)
        usual = None if self._web_port == PORTS["https"] else self._web_port
        return replace(target, named_port=target.named_port or usual)

    def _found(self, settings: Settings, mailbox: Mailbox, probe: Probe) -> str:
        """Return where EWS is, asked of the server that the person agreed to, and have the inbox kept with it."""
        if not settings["autodiscover"]:
            raise NotFound("No server is known.")
        host, port = _place(settings["autodiscover"])
        asking = Autodiscover(
            probe.line,
            host,
            port or self._web_port,
            _domain(mailbox.address),
            sign_in=lambda scheme, at: _sign_in(scheme, settings["username"], mailbox.secret["password"], at),
            on_attempt=lambda: probe.attempt(AUTODISCOVER),
            web_port=self._web_port,
        )
        try:
            url = asking.ews_url(mailbox.address)
        finally:
            asking.close()
        probe.accepted(AUTODISCOVER)
        probe.learn(settings={**settings, "url": url, "autodiscover": ""})
        return url

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        return Revocation(
            done=False,
            text=N_("The password is wiped here. It still works at the Exchange server: change it there if need be."),
        )

    def _read(self, settings: Any) -> dict[str, Any]:
        """Return settings that are known to be of this family's shape. Raises SettingsUnreadable."""
        if not isinstance(settings, dict):
            raise SettingsUnreadable("settings of no shape")
        read = {name: settings.get(name) for name in ("url", "autodiscover", "username")}
        if not all(isinstance(value, str) for value in read.values()) or not read["username"]:
            raise SettingsUnreadable("settings of another shape")
        if read["url"]:
            try:
                known = ews_url(str(read["url"])) == read["url"]
            except ExchangeAddressError:
                known = False
            if not known:
                raise SettingsUnreadable("an address that is none")
        return read


class SendingNotAllowed(Exception):
    """The account may read the mailbox and put nothing into it, so it cannot send from it either."""

    code = "sender-not-allowed"


def _moved(fault: Fault, conversation: Conversation, address: str) -> Exception:
    """Return where a mailbox is that its server does not open, as far as the server says so, or `fault` itself."""
    if fault.response_code not in _ELSEWHERE:
        return fault
    try:
        url = named_to_strangers(conversation, address)
    except DialError:
        return fault
    finally:
        conversation.close()
    said = f"{fault.server_text} Autodiscover: {url}"
    host = urlsplit(url).hostname or ""
    if is_cloud(host):
        return CloudMailbox(server_text=clean(said.encode()))
    if host and host != conversation.target.host:
        return Refusal("exchange-elsewhere", clean(said.encode()), place=host)
    return fault


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _place(named: str) -> tuple[str, int | None]:
    """Return host and port of a place to ask at, such as "mail.acme.dk" or "mail.acme.dk:8443"; "" for none."""
    try:
        target = Target.read(f"https://{named}/")
    except ValueError:
        return "", None
    return target.host, target.named_port


def _offered(conversation: Conversation) -> tuple[str, ...]:
    """Return the schemes that the server asks strangers for. Raises Refusal for a server that asks nobody."""
    target = conversation.target
    answer = conversation.ask("POST", target.path, headers=_XML, body=_KNOCK)
    if answer.status != 401:
        raise refusal(answer, target)
    return http_sign_in.offered(answer.headers.get("www-authenticate", ""))


def _sign_in(scheme: str, username: str, password: str, host: str) -> SignIn:
    return Basic(username, password) if scheme == BASIC else Ntlm(username, password, host)
