"""Asks a server that the person has agreed to where the mailbox of an address is, with the password: Autodiscover.

POX first ([MS-OXDSCLI]), then SOAP ([MS-OXWADISC]); both exist in the field, and many servers have only one. The
password goes to the agreed host and to others of the same holder, never to anybody else and never over http. Where
there is no password, `console.discovery.exchange` asks the same services what they tell a stranger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from console.providers import http_sign_in
from console.providers.conversation import Conversation, SignInRefused
from console.providers.domains import within
from console.providers.errors import DialError, clean
from console.providers.ews_answers import SOAP, CloudMailbox, UnreadableAnswer, parsed, place_of, refusal
from console.providers.http_sign_in import SignIn
from console.providers.line import Line
from console.providers.web import LONGEST_URL, REDIRECTS, Answer, Target
from console.rules.exchange_address import ExchangeAddressError, ews_url, is_cloud

POX, SVC = "/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.svc"
# "at most 10 redirects": https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-get-user-settings-from-exchange-by-using-autodiscover
MOST_HOPS = 10
# Addresses below these are Exchange Online's own.
CLOUD_SUFFIX = ".onmicrosoft.com"
_OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook"
_REQUEST, _RESPONSE = f"{_OUTLOOK}/requestschema/2006", f"{{{_OUTLOOK}/responseschema/2006a}}"
_ENVELOPE = "{http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006}"
_SCHEMA = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
_S = f"{{{_SCHEMA}}}"
# The blocks of POX that name EWS, the one for outside first (2.2.4.1.1.2.6.44, Type).
_BLOCKS = ("EXPR", "EXHTTP", "EXCH")
_SETTINGS = ("ExternalEwsUrl", "InternalEwsUrl")
_BUSY = frozenset({"603", "ServerBusy"})
_NOBODY = frozenset({"500", "InvalidUser"})


class NotFound(DialError):
    """No form of Autodiscover names a server for the address."""

    code = "autodiscover-failed"


class Unconfirmed(DialError):
    """What was named belongs to another domain than the one that was agreed to. `problem_host` is it."""

    code = "autodiscover-redirect-untrusted"

    def __init__(self, host: str, named: str) -> None:
        super().__init__("The server belongs to another domain.", server_text=clean(named.encode()))
        self.problem_host = host


class NoSuchAddress(DialError):
    """The server knows nobody of this address."""

    code = "mailbox-not-found"


class Busy(DialError):
    """The server wants to be asked later."""

    code = "rate-limited"


@dataclass(frozen=True)
class _Told:
    """What one answer says: where EWS is, another address to ask about, or another place to ask at."""

    ews: str = ""
    address: str = ""
    url: str = ""


class _Moved(Exception):
    """The web server leads on to another Autodiscover (RFC 9110, 15.4)."""

    def __init__(self, url: str) -> None:
        super().__init__("moved")
        self.url = url


class _Nothing(Exception):
    """This form of Autodiscover is not there, or does not know; `why` is a better reason than that, if there is one."""

    def __init__(self, why: DialError | None = None) -> None:
        super().__init__("nothing")
        self.why = why


class Autodiscover:
    """Asks at the agreed `host` and `port` about mailboxes of `domain`, over `line`.

    `sign_in(scheme, host)` returns how to sign in. `web_port` is where https is when an address names no port.
    `on_attempt` is called each time just before something secret is sent to a server that has not taken it yet.
    """

    def __init__(
        self,
        line: Line,
        host: str,
        port: int,
        domain: str,
        *,
        sign_in: Callable[[str, str], SignIn],
        on_attempt: Callable[[], None],
        web_port: int = 443,
    ) -> None:
        self._line, self._host, self._port, self._domain, self._web_port = line, host, port, domain, web_port
        self._sign_in, self._on_attempt = sign_in, on_attempt
        self._open: dict[tuple[str, int], Conversation] = {}

    def ews_url(self, address: str) -> str:
        """Return the address of Exchange Web Services for the mailbox of `address`, of the mail domain.

        Raises NotFound, Unconfirmed, NoSuchAddress, CloudMailbox, Busy, Refusal and other DialErrors.
        """
        place, about = Target.read(f"https://{_shown(self._host, self._port)}/"), address
        seen: set[tuple[str, str]] = set()
        while len(seen) < MOST_HOPS and (key := (place.host, about.casefold())) not in seen:
            seen.add(key)
            told = self._ask(place, about)
            if told.ews:
                return self._checked(told.ews)
            if told.address:
                about = self._other_address(told.address)
            else:
                place = self._other_place(told.url)
        raise NotFound("The redirects go round in a circle.", server_text="Autodiscover: redirected in a circle")

    def close(self) -> None:
        """Close every connection."""
        for talk in self._open.values():
            talk.close()

    def _ask(self, place: Target, address: str) -> _Told:
        reasons: list[DialError] = []
        for ask in (self._pox, self._soap):
            try:
                return ask(place, address)
            except _Moved as moved:
                return _Told(url=moved.url)
            except _Nothing as nothing:
                if nothing.why is not None:
                    reasons.append(nothing.why)
        # The one form not being there says less than what the other said.
        raise next((one for one in reasons if one.code != "exchange-address-wrong"), None) or NotFound(
            f"{place.host} has no Autodiscover."
        )

    def _pox(self, place: Target, address: str) -> _Told:
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{_REQUEST}"><Request><EMailAddress>'
            f"{escape(address)}</EMailAddress><AcceptableResponseSchema>{_RESPONSE.strip('{}')}"
            "</AcceptableResponseSchema></Request></Autodiscover>"
        )
        root = self._posted(place, POX, body, {"Accept": "text/xml"})
        if root.tag not in {f"{_ENVELOPE}Autodiscover", f"{_RESPONSE}Autodiscover", "Autodiscover"}:
            raise _Nothing
        error = next((each for each in root.iter() if _local(each) == "Error"), None)
        if error is not None:
            raise _Nothing(_error(_text(error, "ErrorCode"), _text(error, "Message")))
        account = next((each for each in root.iter() if _local(each) == "Account"), None)
        if account is None:
            raise _Nothing
        named = {_text(block, "Type"): _text(block, "EwsUrl") for block in account if _local(block) == "Protocol"}
        ews = next((named[kind] for kind in _BLOCKS if named.get(kind)), "")
        return _told(ews, _text(account, "RedirectAddr"), _text(account, "RedirectUrl"))

    def _soap(self, place: Target, address: str) -> _Told:
        wanted = "".join(f"<a:Setting>{name}</a:Setting>" for name in _SETTINGS)
        url = f"{place.scheme}://{place.host_header}{SVC}"
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP.strip("{}")}" xmlns:a="{_SCHEMA}"'
            ' xmlns:w="http://www.w3.org/2005/08/addressing"><s:Header>'
            "<a:RequestedServerVersion>Exchange2010_SP2</a:RequestedServerVersion>"
            f"<w:Action>{_SCHEMA}/Autodiscover/GetUserSettings</w:Action><w:To>{escape(url)}</w:To></s:Header><s:Body>"
            "<a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>"
            f"{escape(address)}</a:Mailbox></a:User></a:Users><a:RequestedSettings>{wanted}</a:RequestedSettings>"
            "</a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>"
        )
        root = self._posted(place, SVC, body, {"Accept": "text/xml"})
        user = next((each for each in root.iter(f"{_S}UserResponse")), None)
        if root.tag != f"{SOAP}Envelope" or user is None:
            code = next((each.text or "" for each in root.iter(f"{_S}ErrorCode")), "")
            raise _Nothing(_error(code, ""))
        code, target = _text(user, "ErrorCode"), _text(user, "RedirectTarget")
        if code in {"RedirectAddress", "RedirectUrl"}:
            return _told("", target if code == "RedirectAddress" else "", target if code == "RedirectUrl" else "")
        named = {_text(one, "Name"): _text(one, "Value") for one in user.iter(f"{_S}UserSetting")}
        ews = next((named[name] for name in _SETTINGS if named.get(name)), "")
        if not ews:
            raise _Nothing(_error(code, _text(user, "ErrorMessage")))
        return _Told(ews)

    def _posted(self, place: Target, path: str, body: str, headers: dict[str, str]) -> Element:
        """Return the XML that a form of Autodiscover answers, asked first without a password for how to sign in."""
        talk = self._conversation(place)
        sent = {"Content-Type": "text/xml; charset=utf-8", **headers}
        if not talk.has_sign_in:
            asked = talk.ask("POST", path, headers=sent, body=b"")
            if asked.status != 401:
                raise _refused(asked, talk.target)
            scheme = http_sign_in.chosen(http_sign_in.offered(asked.headers.get("www-authenticate", "")))
            talk.sign_in(self._sign_in(scheme, place.host), self._on_attempt)
        try:
            answer = talk.ask("POST", path, headers=sent, body=body.encode())
        except SignInRefused as refused:
            raise refusal(refused.answer, talk.target) from None
        if answer.status not in {200, 500}:
            raise _refused(answer, talk.target)
        return self._read(answer, talk.target)

    def _read(self, answer: Answer, target: Target) -> Element:
        head = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
        if b"<html" in head or b"<!doctype html" in head or not head:
            raise _Nothing(refusal(answer, target))
        try:
            return parsed(answer.body)[0]
        except UnreadableAnswer as unreadable:
            raise _Nothing(unreadable) from None

    def _conversation(self, place: Target) -> Conversation:
        key = (place.host, place.named_port or self._web_port)
        if key not in self._open:
            target = Target.read(f"https://{_shown(*key)}/")
            # What others than the mail domain name leads into no private network.
            self._open[key] = Conversation(self._line.at(target.port, private=within(place.host, self._domain)), target)
        return self._open[key]

    def _checked(self, url: str) -> str:
        """Return where EWS is in our spelling, once it is known whose it is."""
        try:
            found = ews_url(url)
        except ExchangeAddressError:
            host = _host(url)
            if is_cloud(host):
                raise CloudMailbox(server_text=clean(f"Autodiscover names {url}".encode())) from None
            raise NotFound("What Autodiscover names is no address.", server_text=clean(url.encode())) from None
        self._agree(_host(found), f"Autodiscover names {found}")
        return found

    def _other_address(self, address: str) -> str:
        new = address.strip().rpartition("@")[2].casefold()
        said = f"Autodiscover: redirected to {address}"
        if not new or new.endswith(CLOUD_SUFFIX):
            raise CloudMailbox(server_text=clean(said.encode()))
        self._agree(new, said)
        return address.strip()

    def _other_place(self, url: str) -> Target:
        try:
            place = Target.read(url.strip())
        except ValueError:
            raise NotFound("What Autodiscover names is no address.", server_text=clean(url.encode())) from None
        if is_cloud(place.host):
            raise CloudMailbox(server_text=clean(f"Autodiscover: redirected to {url}".encode()))
        if place.scheme != "https":
            raise Unconfirmed(place.host, f"Autodiscover: redirected to {url}")
        self._agree(place.host, f"Autodiscover: redirected to {url}")
        return place

    def _agree(self, host: str, said: str) -> None:
        """Raise Unconfirmed unless a host is held by who holds the agreed one, or the mail domain."""
        if not (host == self._host or within(host, self._host) or within(host, self._domain)):
            raise Unconfirmed(host, said)


def named_to_strangers(conversation: Conversation, address: str) -> str:
    """Return where version 2 of Autodiscover says that EWS is, asked without a password; "" where it does not say.

    Exchange 2016 and later have it, and send on mailboxes that have moved. Raises DialError.
    """
    query = urlencode({"Email": address, "Protocol": "EWS", "RedirectCount": 1})
    answer = conversation.ask("GET", f"/autodiscover/autodiscover.json?{query}", headers={"Accept": "application/json"})
    if answer.status in REDIRECTS:
        place = place_of(answer, conversation.target)
        return place.url if place is not None else ""
    return str(answer.fields().get("Url") or "")[:LONGEST_URL] if answer.status == 200 else ""


def _refused(answer: Answer, target: Target) -> _Moved | _Nothing:
    """Return what an answer means that is none of Autodiscover's."""
    place = place_of(answer, target) if answer.status in REDIRECTS else None
    if place is not None and "/autodiscover/" in place.path.casefold():
        return _Moved(place.url)
    return _Nothing(refusal(answer, target))


def _told(ews: str, address: str, url: str) -> _Told:
    if not (ews or address or url):
        raise _Nothing
    return _Told(ews, address, url)


def _error(code: str, message: str) -> DialError | None:
    """Return what an error code of either form means; None where it says only that this form does not help."""
    said = clean(f"Autodiscover: {code} {message}".encode())
    if code in _BUSY:
        return Busy("The server is busy.", server_text=said)
    if code in _NOBODY:
        return NoSuchAddress("The server does not know the address.", server_text=said)
    return None


def _local(element: Element) -> str:
    # Servers in the field mix the two namespaces of the answer.
    return element.tag.rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    return next(((each.text or "").strip() for each in element if _local(each) == name), "")


def _host(url: str) -> str:
    try:
        return Target.read(url).host
    except ValueError:
        return ""


def _shown(host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == 443 else f"{name}:{port}"
