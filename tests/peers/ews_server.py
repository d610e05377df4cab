"""An Exchange server as far as its web services go, on loopback: one port, its requests remembered, its faults chosen.

It speaks Basic and NTLM; whatever else it is to answer is said per path, as a whole HTTP answer or a function.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.peers.certificates import Certificates, Identity
from tests.peers.scripted import Conversation, Server, serve

EWS = "/EWS/Exchange.asmx"
POX = "/autodiscover/autodiscover.xml"
SVC = "/autodiscover/autodiscover.svc"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
EXCHANGE_2016 = ("15", "1", "2507", "6")
FOLDERS = {"inbox": ("Inbox", 3), "sentitems": ("Sent Items", 5), "outbox": ("Outbox", 0), "drafts": ("Drafts", 1)}


@dataclass(frozen=True)
class Request:
    """What a client asked for. Names of headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)
    connection: int = 0

    @property
    def carries(self) -> bool:
        """Whether it carries what could sign somebody in: a password, or the last step of NTLM."""
        said = self.headers.get("authorization", "")
        if said.startswith("NTLM "):
            return base64.b64decode(said[5:])[8:9] == b"\x03"
        return bool(said)

    @property
    def password(self) -> tuple[str, str] | None:
        """User name and password of Basic."""
        said = self.headers.get("authorization", "")
        if not said.startswith("Basic "):
            return None
        name, _, password = base64.b64decode(said[6:]).decode().partition(":")
        return name, password


Answer = bytes | Callable[[Request], bytes]


@dataclass
class Exchange:
    """Answers of a server, and what was asked. `script` may name other answers by path, or by the operation of EWS."""

    port: int = 0
    version: tuple[str, str, str, str] | None = EXCHANGE_2016
    accounts: dict[str, str] = field(default_factory=lambda: {"bob@acme.test": "secret"})
    schemes: tuple[str, ...] = ('Basic realm="mail.acme.test"',)
    headers: dict[str, str] = field(default_factory=lambda: {"X-FEServer": "EX01", "Server": "Microsoft-IIS/10.0"})
    answers: dict[str, Answer] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    read_only: bool = False
    aliases: tuple[str, ...] = ("b.berg@acme.test",)
    closes: bool = False
    # Closes without a word: after each answer, or after so many requests.
    cuts: bool = False
    hangs_up_after: int = 0
    requests: list[Request] = field(default_factory=list)
    server: Server | None = None

    @property
    def carrying(self) -> list[Request]:
        """The requests that carried a password or its proof."""
        return [request for request in self.requests if request.carries]

    @property
    def operations(self) -> list[str]:
        """The operations of EWS that were asked for, signed in."""
        return [name for request in self.carrying if (name := operation(request.body))]

    def soap(self, body: str) -> bytes:
        """Return an envelope of this server's version around a body."""
        return envelope(body, self.version)

    def answer(self, request: Request) -> bytes:
        named = self.answers.get(request.path) or self.answers.get(request.path.partition("?")[0].casefold())
        if named is None and request.path.casefold() == EWS.casefold():
            named = self._ews
        if named is None:
            return self.response(404, b"<html><title>404 - File or directory not found.</title></html>")
        return named(request) if callable(named) else named

    def signed_in(self, request: Request) -> bool:
        known = request.password
        return known is not None and self.accounts.get(known[0]) == known[1]

    def guarded(self, answer: Answer) -> Answer:
        """Return an answer that is given to those who are signed in only."""

        def asked(request: Request) -> bytes:
            if not self.signed_in(request):
                return self.challenge()
            return answer(request) if callable(answer) else answer

        return asked

    def challenge(self) -> bytes:
        return self.response(401, b"", *(("WWW-Authenticate", scheme) for scheme in self.schemes))

    def response(self, status: int, body: bytes, *more: tuple[str, str], kind: str = "text/html") -> bytes:
        """Return a whole HTTP answer with the headers of this server."""
        end = (("Connection", "close"),) if self.closes else ()
        named = [*self.headers.items(), ("Content-Type", kind), ("Content-Length", str(len(body))), *end, *more]
        lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in named)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def xml(self, body: bytes, status: int = 200) -> bytes:
        return self.response(status, body, kind="text/xml; charset=utf-8")

    def _ews(self, request: Request) -> bytes:
        if not self.signed_in(request):
            return self.challenge()
        asked = operation(request.body)
        named = self.answers.get(asked)
        if named is not None:
            return named(request) if callable(named) else named
        if asked == "GetFolder":
            return self.xml(self.soap(self._folder(request)))
        if asked == "ResolveNames":
            return self.xml(self.soap(self._resolved()))
        return self.xml(fault("ErrorInvalidRequest", "The request is invalid.", self.version), 500)

    def _folder(self, request: Request) -> str:
        (name,) = re.findall(r'DistinguishedFolderId Id="(\w+)"', request.body)
        if name in self.missing:
            return message("GetFolder", "ErrorFolderNotFound", "The specified folder could not be found in the store.")
        shown, count = FOLDERS[name]
        right = "false" if self.read_only else "true"
        rights = "".join(
            f"<t:{one}>{right}</t:{one}>"
            for one in ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify")
        )
        return response_message(
            "GetFolder",
            f'<m:Folders><t:Folder><t:FolderId Id="AAMk{name}" ChangeKey="AQ"/><t:DisplayName>{shown}</t:DisplayName>'
            f"<t:TotalCount>{count}</t:TotalCount><t:EffectiveRights>{rights}<t:Read>true</t:Read></t:EffectiveRights>"
            "</t:Folder></m:Folders>",
        )

    def _resolved(self) -> str:
        listed = ["SMTP:bob@acme.test", *(f"smtp:{alias}" for alias in self.aliases)]
        entries = "".join(
            f'<t:Entry Key="EmailAddress{number}">{address}</t:Entry>' for number, address in enumerate(listed, 1)
        )
        return response_message(
            "ResolveNames",
            '<m:ResolutionSet TotalItemsInView="1" IncludesLastItemInRange="true"><t:Resolution><t:Mailbox>'
            "<t:Name>Bob</t:Name><t:EmailAddress>bob@acme.test</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>"
            "<t:MailboxType>Mailbox</t:MailboxType></t:Mailbox><t:Contact><t:DisplayName>Bob</t:DisplayName>"
            f"<t:EmailAddresses>{entries}</t:EmailAddresses></t:Contact></t:Resolution></m:ResolutionSet>",
        )


def operation(body: str) -> str:
    """Return the operation of EWS that a request asks for."""
    found = re.search(r":Body>\s*<(?:\w+:)?(\w+)", body)
    return found[1] if found else ""


def envelope(body: str, version: tuple[str, str, str, str] | None = EXCHANGE_2016) -> bytes:
    told = ""
    if version is not None:
        names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
        numbers = " ".join(f'{name}="{number}"' for name, number in zip(names, version, strict=True))
        told = f'<s:Header><h:ServerVersionInfo xmlns:h="{TYPES}" {numbers}/></s:Header>'
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'{told}<s:Body xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">{body}</s:Body></s:Envelope>'
    ).encode()


def response_message(name: str, inside: str) -> str:
    return (
        f'<m:{name}Response><m:ResponseMessages><m:{name}ResponseMessage ResponseClass="Success">'
        f"<m:ResponseCode>NoError</m:ResponseCode>{inside}</m:{name}ResponseMessage></m:ResponseMessages>"
        f"</m:{name}Response>"
    )


def message(name: str, code: str, text: str) -> str:
    """Return a refusal inside an answer that is otherwise well."""
    return (
        f'<m:{name}Response><m:ResponseMessages><m:{name}ResponseMessage ResponseClass="Error">'
        f"<m:MessageText>{text}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
        f"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey></m:{name}ResponseMessage></m:ResponseMessages>"
        f"</m:{name}Response>"
    )


def fault(code: str, text: str, version: tuple[str, str, str, str] | None = EXCHANGE_2016, more: str = "") -> bytes:
    """Return a fault, which comes with status 500."""
    return envelope(
        f'<s:Fault><faultcode xmlns:a="{TYPES}">a:{code}</faultcode><faultstring xml:lang="en-US">{text}</faultstring>'
        f'<detail><e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{text}</e:Message>{more}</detail></s:Fault>',
        version,
    )


def pox_settings(url: str) -> bytes:
    """Return the answer of POX Autodiscover that names EWS ([MS-OXDSCLI], 4.1)."""
    schema = "http://schemas.microsoft.com/exchange/autodiscover"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{schema}/responseschema/2006">'
        f'<Response xmlns="{schema}/outlook/responseschema/2006a"><Account><AccountType>email</AccountType>'
        f"<Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>{url}</EwsUrl></Protocol></Account></Response>"
        "</Autodiscover>"
    ).encode()


@contextlib.contextmanager
def exchange(certificates: Certificates, *, identity: Identity | None = None) -> Iterator[Exchange]:
    """Run a server until the block ends; it presents `identity`, or a good certificate for mail.example.test."""
    running = Exchange()
    context = (identity or certificates.good).context()

    def script(talk: Conversation) -> None:
        talk.encrypt(context)
        while True:
            request = _read(talk, running.server.conversations.index(talk) if running.server else 0)
            running.requests.append(request)
            answer = running.answer(request)
            talk.send(answer)
            ends = running.cuts or len(running.requests) == running.hangs_up_after
            if ends or b"\r\nConnection: close\r\n" in answer:
                return

    with serve(script) as server:
        running.server, running.port = server, server.port
        yield running


def _read(talk: Conversation, connection: int) -> Request:
    method, path, _ = talk.line().decode("latin-1").split(" ", 2)
    lines = iter(lambda: talk.line().decode("latin-1"), "")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = talk.read(int(headers.get("content-length", "0"))).decode()
    return Request(method, path, headers, body, connection)
