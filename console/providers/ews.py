"""What a check asks of Exchange Web Services, through exchangelib over one conversation.

exchangelib makes the requests and reads the answers. It knows no password, opens no connection, waits for nothing and
keeps nothing: each check has an account and a protocol of its own, which are forgotten with it. Whatever is unusual
about an answer is said here before exchangelib sees it, in `ews_answers`.
Operations: https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
from exchangelib import UTC, Account, Build, Configuration, Credentials, FailFast, Mailbox, Version
from exchangelib.account import DELEGATE
from exchangelib.errors import ErrorServerBusy, EWSError, RateLimitError
from exchangelib.fields import FieldPath
from exchangelib.folders import Drafts, Folder, Inbox, Outbox, Root, SentItems
from exchangelib.properties import DistinguishedFolderId
from exchangelib.protocol import Protocol
from exchangelib.services import GetFolder
from exchangelib.transport import NOAUTH
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from console.providers.conversation import Conversation, SignInRefused
from console.providers.ews_answers import (
    MAILBOX_VERSION,
    CloudMailbox,
    Fault,
    Refusal,
    UnreadableAnswer,
    VersionTooOld,
    refusal,
    soap,
)
from console.providers.web import BadAnswer

T = TypeVar("T")
# What the oldest server that we take understands, and all newer ones:
# https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion
OLDEST = Build(14, 2)
_HINT = "Exchange2010_SP2"
# The build of Exchange Online (see exchangelib.version).
_CLOUD = (15, 20)
# From this build on 15.2 is the Subscription Edition:
# https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates
_SUBSCRIPTION = Build(15, 2, 2562, 17)
_MOST_ALIASES = 200
_MISSING = frozenset({"ErrorFolderNotFound", "ErrorItemNotFound"})

# It logs requests with what signs them in.
logging.getLogger("exchangelib").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class FolderFacts:
    """A folder: its name as the owner sees it, its number of messages, and whether messages can be put into it."""

    name: str
    messages: int
    writable: bool


class _OneUse(Credentials):
    """Credentials that are equal to no others, so that no protocol of another check is found in exchangelib's cache."""

    __hash__ = object.__hash__

    def __init__(self) -> None:
        super().__init__("", "")

    def __eq__(self, other: object) -> bool:
        return self is other


class _Carrier(BaseAdapter):
    """Carries the requests of exchangelib over the conversation of a check."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self._conversation = conversation

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer to a request, read to its end and known to be SOAP."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if not isinstance(body, bytes):
            raise TypeError("Every request of Exchange Web Services has a body.")
        kept = {name: str(value) for name, value in request.headers.items() if name == "X-AnchorMailbox"}
        headers = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", **kept}
        target = self._conversation.target
        try:
            answer = self._conversation.ask("POST", target.path, headers=headers, body=body)
        except SignInRefused as refused:
            raise refusal(refused.answer, target) from None
        envelope = soap(answer, target)
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict({"content-type": "text/xml; charset=utf-8"})
        response.encoding = "utf-8"
        response.raw = BytesIO(envelope)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Leave the connection to the check."""


class Ews:
    """The mailbox of `address`, asked over `conversation`. Use it as a context manager: it forgets everything after.

    Every method raises Fault for what the server says in SOAP, Refusal for what it says by HTTP, and other DialErrors.
    """

    def __init__(self, conversation: Conversation, address: str) -> None:
        self._conversation, self._address = conversation, address
        self._hint = Version(OLDEST, _HINT)
        self._refused_version: Fault | None = None
        self._config = Configuration(
            service_endpoint=conversation.target.url,
            credentials=_OneUse(),
            auth_type=NOAUTH,
            version=self._hint,
            retry_policy=FailFast(),
            max_connections=1,
        )
        self._account = Account(
            address, access_type=DELEGATE, autodiscover=False, config=self._config, locale="en", default_timezone=UTC
        )
        self._root = Root(account=self._account)
        self._account.protocol.create_session = self._session
        self._account.version = self._hint

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        protocol = self._account.protocol
        protocol.close()
        # Both hold on to each other otherwise.
        del protocol.create_session
        del Protocol[self._config]

    def begin(self) -> Callable[[], FolderFacts]:
        """Ask for the Inbox, which is the first that needs a sign-in; what is returned gives it, or raises the fault.

        So a sign-in that was accepted is told apart from a mailbox that cannot be opened.
        """
        try:
            inbox = self._folder(Inbox)
        except Fault as fault:
            self._refused_version = fault if fault.response_code in MAILBOX_VERSION else None
            return _raising(fault)
        return lambda: inbox

    def version(self) -> str:
        """Return the version as people know it, such as "Exchange Server 2016 (15.1.2507.6)"; "" where it is not told.

        Raises VersionTooOld, and CloudMailbox where Exchange Online answers.
        """
        told, refused = self._account.version, self._refused_version
        if told is self._hint or told.build is None:
            if refused is not None:
                raise VersionTooOld(refused.response_code)
            return ""
        build = told.build
        if (build.major_version, build.minor_version) == _CLOUD:
            raise CloudMailbox
        name = _named(build)
        if build < OLDEST:
            raise VersionTooOld(name)
        if refused is not None:
            # A new server in front of an old one, which holds the mailbox.
            raise VersionTooOld(f"{name}; {refused.response_code}")
        return name

    def sent(self) -> FolderFacts | None:
        """Return the folder for sent mail, or None where there is none."""
        return self._unless_missing(SentItems)

    def outgoing(self) -> FolderFacts | None:
        """Return the folder that mail leaves from, or where it waits before that; None where there is neither."""
        return self._unless_missing(Outbox) or self._unless_missing(Drafts)

    def aliases(self) -> tuple[str, ...] | None:
        """Return the other addresses that the directory lists for the mailbox; None where it tells nothing of use."""
        try:
            return self._aliases()
        except (Fault, Refusal, BadAnswer):
            return None

    def _aliases(self) -> tuple[str, ...] | None:
        with _spoken():
            found = self._account.protocol.resolve_names(
                [f"smtp:{self._address}"], return_full_contact_data=True, search_scope="ActiveDirectory"
            )
            entries = [pair for pair in found if isinstance(pair, tuple)]
            fault = next((each for each in found if isinstance(each, Exception)), None)
            if fault is not None:
                raise fault
            mine, known_here = self._address.casefold(), False
            listed: dict[str, None] = {}
            for mailbox, contact in entries:
                known = [one.email or "" for one in (contact and contact.email_addresses) or ()]
                addresses = [_smtp(one) for one in (mailbox.email_address if mailbox else "", *known)]
                # Names resolve to everybody whose address begins alike.
                if mine in addresses:
                    known_here = True
                    listed |= dict.fromkeys(one for one in addresses if one and one != mine)
        return tuple(listed)[:_MOST_ALIASES] if known_here else None

    def _unless_missing(self, kind: type[Folder]) -> FolderFacts | None:
        try:
            return self._folder(kind)
        except Fault as fault:
            if fault.response_code in _MISSING:
                return None
            raise

    def _folder(self, kind: type[Folder]) -> FolderFacts:
        with _spoken():
            mailbox = Mailbox(email_address=self._address)
            named = DistinguishedFolderId(id=kind.DISTINGUISHED_FOLDER_ID, mailbox=mailbox)
            wanted = kind(_distinguished_id=named, root=self._root)
            fields = {FieldPath(field=kind.get_field_by_fieldname(name)) for name in _FIELDS}
            (found,) = GetFolder(account=self._account).call([wanted], additional_fields=fields, shape="IdOnly")
            if isinstance(found, Exception):
                raise found
            if not found.id:
                raise ValueError("a folder without an identity")
            rights = found.effective_rights
            writable = rights is None or bool(rights.create_contents)
            return FolderFacts(str(found.name or kind.DISTINGUISHED_FOLDER_ID), int(found.total_count or 0), writable)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", _Carrier(self._conversation))
        session.session_id, session.usage_count = 0, 0  # type: ignore[attr-defined]  # exchangelib counts by them
        return session


# https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates
_NAMES = {
    (8, 0): "2007", (8, 1): "2007 SP1", (8, 2): "2007 SP2", (8, 3): "2007 SP3",
    (14, 0): "2010", (14, 1): "2010 SP1", (14, 2): "2010 SP2", (14, 3): "2010 SP3",
    (15, 0): "2013", (15, 1): "2016", (15, 2): "2019",
}  # fmt: skip
# What the server said itself, known to exchangelib or not; the rest are its complaints about damaged answers.
_FAULT = re.compile(r"Error[A-Z]|RateLimitError|SOAPError SOAP error code: [^N]|TransportError Unknown ResponseCode")
_FIELDS = ("name", "total_count", "effective_rights")


def _raising(fault: Fault) -> Callable[[], FolderFacts]:
    def again() -> FolderFacts:
        raise fault

    return again


def _named(build: Build) -> str:
    if build >= _SUBSCRIPTION:
        return f"Exchange Server Subscription Edition ({build})"
    name = _NAMES.get((build.major_version, build.minor_version))
    return f"Exchange Server {name} ({build})" if name else f"Exchange {build}"


def _smtp(address: str) -> str:
    """Return a proxy address in small letters; "" for one of another kind (X400, EUM, …)."""
    kind, separator, rest = address.casefold().partition(":")
    if separator:
        address = rest if kind == "smtp" else ""
    return address.casefold() if "@" in address else ""


@contextmanager
def _spoken() -> Iterator[None]:
    """Turn what exchangelib raises into faults with the server's own words, and its own slips into bad answers."""
    try:
        yield
    except EWSError as error:
        if not _FAULT.match(f"{type(error).__name__} {error}"):
            raise UnreadableAnswer("the answer is not what was asked for") from error
        wait = error.back_off if isinstance(error, ErrorServerBusy) else getattr(error, "wait", None)
        busy = isinstance(error, (ErrorServerBusy, RateLimitError))
        raise Fault(type(error).__name__, str(error), retry_after=int(wait) if busy and wait else None) from error
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, NotImplementedError) as error:
        raise UnreadableAnswer("the answer is not what was asked for") from error
