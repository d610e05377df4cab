"""Asks a server that the person has agreed to where the mailbox of an address is, with the password: Autodiscover.

POX first ([MS-OXDSCLI]), then SOAP ([MS-OXWADISC]); both exist in the field, and many servers have only one. The
password goes to the agreed host and to others of the same holder, never to anybody else and never over http. Where
there is no password, `console.discovery.exchange` asks the same services what they tell a stranger.
"""

from collections.abc import Callable
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from console.providers import http_sign_in
from console.providers.autodiscover_forms import (
    POX,
    SVC,
    Nothing,
    Told,
    pox_request,
    read_pox,
    read_soap,
    soap_request,
)
from console.providers.conversation import Conversation, SignInRefused
from console.providers.domains import within
from console.providers.errors import DialError, clean
from console.providers.ews_answers import CloudMailbox, UnreadableAnswer, parsed, place_of, refusal
from console.providers.http_sign_in import SignIn
from console.providers.line import Line
from console.providers.web import LONGEST_URL, REDIRECTS, Answer, Target
from console.rules.exchange_address import ExchangeAddressError, ews_url, is_cloud

# "at most 10 redirects": https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-get-user-settings-from-exchange-by-using-autodiscover
MOST_HOPS = 10
# Addresses below these are Exchange Online's own.
CLOUD_SUFFIX = ".onmicrosoft.com"


class NotFound(DialError):
    """No form of Autodiscover names a server for the address."""

    code = "autodiscover-failed"


class Unconfirmed(DialError):
    """What was named belongs to another domain than the one that was agreed to. `problem_host` is it."""

    code = "autodiscover-redirect-untrusted"

    def __init__(self, host: str, named: str) -> None:
        super().__init__("The server belongs to another domain.", server_text=clean(named.encode()))
        self.problem_host = host


class _Moved(Exception):
    """The web server leads on to another Autodiscover (RFC 9110, 15.4)."""

    def __init__(self, url: str) -> None:
        super().__init__("moved")
        self.url = url


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

    def _ask(self, place: Target, address: str) -> Told:
        reasons: list[DialError] = []
        for ask in (self._pox, self._soap):
            try:
                return ask(place, address)
            except _Moved as moved:
                return Told(url=moved.url)
            except Nothing as nothing:
                if nothing.why is not None:
                    reasons.append(nothing.why)
        # The one form not being there says less than what the other said.
        raise next((one for one in reasons if one.code != "exchange-address-wrong"), None) or NotFound(
            f"{place.host} has no Autodiscover."
        )

    def _pox(self, place: Target, address: str) -> Told:
        return read_pox(self._posted(place, POX, pox_request(address)))

    def _soap(self, place: Target, address: str) -> Told:
        url = f"{place.scheme}://{place.host_header}{SVC}"
        return read_soap(self._posted(place, SVC, soap_request(url, address)))

    def _posted(self, place: Target, path: str, body: bytes) -> Element:
        """Return the XML that a form of Autodiscover answers, asked first without a password for how to sign in."""
        talk = self._conversation(place)
        sent = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}
        if not talk.has_sign_in:
            asked = talk.ask("POST", path, headers=sent, body=b"")
            if asked.status != 401:
                raise _refused(asked, talk.target)
            schemes = http_sign_in.offered(asked.headers.get("www-authenticate", ""))
            how = self._sign_in(http_sign_in.chosen(schemes), place.host)
            spare = http_sign_in.spare(schemes)
            otherwise = self._sign_in(spare, place.host) if spare else None
            talk.sign_in(how, self._on_attempt, otherwise=otherwise)
        try:
            answer = talk.ask("POST", path, headers=sent, body=body)
        except SignInRefused as refused:
            raise refusal(refused.answer, talk.target) from None
        if answer.status not in {200, 500}:
            raise _refused(answer, talk.target)
        return self._read(answer, talk.target)

    def _read(self, answer: Answer, target: Target) -> Element:
        head = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
        if b"<html" in head or b"<!doctype html" in head or not head:
            raise Nothing(refusal(answer, target))
        try:
            return parsed(answer.body)[0]
        except UnreadableAnswer as unreadable:
            raise Nothing(unreadable) from None

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


def _refused(answer: Answer, target: Target) -> _Moved | Nothing:
    """Return what an answer means that is none of Autodiscover's."""
    place = place_of(answer, target) if answer.status in REDIRECTS else None
    if place is not None and "/autodiscover/" in place.path.casefold():
        return _Moved(place.url)
    return Nothing(refusal(answer, target))


def _host(url: str) -> str:
    try:
        return Target.read(url).host
    except ValueError:
        return ""


def _shown(host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == 443 else f"{name}:{port}"
