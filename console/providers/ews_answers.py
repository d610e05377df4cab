"""What may come back where Exchange was asked: faults, refusals, other people's pages, damaged XML.

Statuses: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-ashttp (449, 451), [MS-OXWOAB] (440, which
Outlook on the web answers to sessions that have run out), 456 (a sign-in that the server holds back). Marks of servers:
https://learn.microsoft.com/exchange/architecture/client-access. What SOAP faults mean is in `rules.phrases.ews`.
"""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from console.providers.errors import DialError, clean
from console.providers.web import REDIRECTS, Answer, BadAnswer, Target
from console.rules.exchange_address import is_cloud

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
MAILBOX_VERSION = frozenset(
    {"ErrorInvalidServerVersion", "ErrorIncorrectSchemaVersion", "ErrorInvalidSchemaVersionForMailboxVersion"}
)
# Headers that no other server sends.
MARKS = frozenset(
    {
        "x-feserver",
        "x-beserver",
        "x-owa-version",
        "x-calculatedbetarget",
        "x-calculatedfetarget",
        "x-diaginfo",
        "x-caserrorcode",
    }
)
_WINDOWS = re.compile(r"microsoft-(?:iis|httpapi)/", re.IGNORECASE)
_WINDOWS_SIGN_IN = re.compile(r"(^|,\s*)(ntlm|negotiate)\b", re.IGNORECASE)
# Sign-in pages: Outlook on the web, AD FS, and what appliances in front of Exchange put there.
_SIGN_IN_PAGE = re.compile(
    rb"/owa/auth|logon\.aspx|/adfs/ls|name=[\"']?(?:password|passwd|passwordtext)\b|type=[\"']?password\b|/my\.policy"
    rb"|/vpn/index\.html|/logon/logonpoint",
    re.IGNORECASE,
)
_SIGN_IN_PLACE = re.compile(r"/owa(?:/|$)|logon|login|/adfs/|/auth|/my\.policy|signin", re.IGNORECASE)
# What load balancers and firewalls say of themselves.
_BALANCER = re.compile(
    rb"request rejected|support id|netscaler|citrix|big-?ip|kemp|haproxy|nginx|varnish|sophos|fortiweb|bad gateway"
    rb"|gateway time-?out|no server is available|service unavailable",
    re.IGNORECASE,
)
# Each server chooses its own prefix, or none.
_ENVELOPE = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:envelope|soap)\b")
_TITLE = re.compile(rb"<title[^>]{0,100}>([^<]{1,200})", re.IGNORECASE)
_LOCKED = re.compile(rb"locked out|account (?:is|has been) locked", re.IGNORECASE)
_EXPIRED = re.compile(rb"password (?:has )?expired|must (?:be )?change[d]?(?: the| your)? password", re.IGNORECASE)
_APPLICATION = re.compile(rb"server error in '/?(?:ews|autodiscover)'", re.IGNORECASE)
# Characters that XML 1.0 does not have, as themselves and as references; Exchange copies them out of the directory.
_NO_CHARACTER = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));", re.IGNORECASE
)


class Fault(Exception):
    """What a server answered in SOAP. `response_code` is the name of the fault, as ErrorNonExistentMailbox.

    `retry_after` is in how many seconds the server wants to be asked again, None where it did not say.
    """

    def __init__(self, response_code: str, text: str, *, retry_after: int | None = None) -> None:
        self.response_code, self.retry_after = response_code, retry_after
        self.server_text = clean(f"{response_code}: {text}".encode())
        super().__init__(response_code)


class UnreadableAnswer(BadAnswer):
    """The answer is none that Exchange gives: no XML, XML with definitions of its own, or cut off."""

    code = "exchange-unreadable"


class VersionTooOld(DialError):
    """The server runs a version before Exchange 2010 SP2."""

    code = "server-version-unsupported"

    def __init__(self, name: str) -> None:
        super().__init__("The version of the server is too old.", server_text=name)


class CloudMailbox(DialError):
    """The mailbox is held by Exchange Online."""

    code = "mailbox-moved"

    def __init__(self, *, server_text: str = "") -> None:
        super().__init__("The mailbox is in Exchange Online.", server_text=server_text)


class Refusal(DialError):
    """The server answered by HTTP with something else than what was asked for.

    `code` is always a slug of the catalogue; `place` is the host that a redirect leads to, "" otherwise.
    """

    def __init__(self, code: str, server_text: str, *, retry_after: int | None = None, place: str = "") -> None:
        super().__init__(server_text, server_text=server_text)
        self.code, self.retry_after, self.place = code, retry_after, place


def soap(answer: Answer, target: Target) -> bytes:
    """Return the SOAP envelope in `answer`, known to be XML without a DTD and to be whole.

    Raises Refusal, UnreadableAnswer.
    """
    head = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    # A fault comes with status 500 ([SOAP 1.1], 6.2).
    if answer.status not in {200, 500} or not _is_xml(head):
        raise refusal(answer, target)
    root, body = parsed(answer.body)
    if root.tag != f"{SOAP}Envelope":
        raise Refusal("exchange-address-wrong", _said(answer))
    return body


def parsed(body: bytes) -> tuple[Element, bytes]:
    """Return the root of the XML in `body`, and the XML itself without the characters that XML does not have.

    Raises UnreadableAnswer.
    """
    try:
        try:
            return fromstring(body, forbid_dtd=True), body
        except ParseError:
            body = _NO_CHARACTER.sub(b"?", body)
            return fromstring(body, forbid_dtd=True), body
    except DefusedXmlException:
        raise UnreadableAnswer("the answer holds definitions of its own (DTD)") from None
    except (ParseError, ValueError, LookupError):
        raise UnreadableAnswer("the answer is no whole XML") from None


def refusal(answer: Answer, target: Target) -> Refusal:
    """Return what an answer means that holds nothing of what was asked for; `target` is where it was asked."""
    said, body, status = _said(answer), answer.body, answer.status
    wait = answer.retry_after(datetime.now(UTC))
    if status in REDIRECTS:
        return _redirected(answer, target, said)
    if _LOCKED.search(body) or status == 456:
        return Refusal("account-locked", said)
    if status == 401:
        return Refusal(_refused(answer), said)
    if cas := answer.headers.get("x-caserrorcode", ""):
        return Refusal("permission-denied", f"{said} {cas}")
    if status == 440 or (status in {200, 401, 403} and _SIGN_IN_PAGE.search(body)):
        return Refusal("exchange-login-page", said)
    known = {403: "ews-disabled", 404: "exchange-address-wrong", 405: "exchange-address-wrong",
             429: "rate-limited", 449: "exchange-activesync", 451: "exchange-elsewhere"}  # fmt: skip
    if status in known:
        return Refusal(known[status], said, retry_after=wait)
    if status in {502, 504} or (_BALANCER.search(body) and not speaks_exchange(answer)):
        return Refusal("exchange-balancer", said, retry_after=wait)
    if status == 503 or _APPLICATION.search(body):
        return Refusal("server-unavailable", said, retry_after=wait)
    return Refusal("server-error" if status >= 400 else "exchange-address-wrong", said, retry_after=wait)


def speaks_exchange(answer: Answer) -> bool:
    """Return whether the headers of an answer are those of Exchange, or of the web server that it runs on."""
    return bool(
        MARKS & answer.headers.keys()
        or _WINDOWS.match(answer.headers.get("server", ""))
        or _WINDOWS_SIGN_IN.search(answer.headers.get("www-authenticate", ""))
    )


def place_of(answer: Answer, target: Target) -> Target | None:
    """Return where a redirect leads, seen from `target`; None where that is no web address."""
    try:
        return Target.read(urljoin(target.url, answer.headers.get("location", "").strip()))
    except ValueError:
        return None


def _redirected(answer: Answer, target: Target, said: str) -> Refusal:
    place = place_of(answer, target)
    if place is None:
        return Refusal("exchange-address-wrong", said)
    told = f"{said}: {place.scheme}://{place.host_header}{place.path.partition('?')[0]}"
    if is_cloud(place.host):
        return Refusal("mailbox-moved", told, place=place.host)
    if _SIGN_IN_PLACE.search(place.path):
        return Refusal("exchange-login-page", told, place=place.host)
    if "genericerrorpage" in place.path.casefold():
        return Refusal("server-unavailable", told, place=place.host)
    same = place.host == target.host
    return Refusal("exchange-address-wrong" if same else "exchange-elsewhere", told, place=place.host)


def _refused(answer: Answer) -> str:
    if _EXPIRED.search(answer.body):
        return "password-expired"
    return "bad-credentials" if speaks_exchange(answer) else "exchange-other-web-server"


def _is_xml(head: bytes) -> bool:
    # UTF-16 begins with a mark; a page of HTML may begin like XML.
    begins = head.startswith((b"<?xml", b"\xff\xfe", b"\xfe\xff", b"<!doctype s")) or _ENVELOPE.match(head)
    return bool(begins) and b"<html" not in head and b"<!doctype html" not in head


def _said(answer: Answer) -> str:
    """Return status and title of an answer in one line; the rest of a page is for browsers."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    title = _TITLE.search(answer.body[:16384])
    words = clean(title[1]) if title else ""
    head = f"HTTP {answer.status} {phrase}".strip()
    return clean(f"{head}: {words}".encode()) if words else head
