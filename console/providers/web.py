"""HTTP over the only door to the network: one request, one answer, bounded in time and bytes.

`exchange` talks over a connection that is open already; discovery has a policy of its own on top of it. `WebLine` is
what families use: no redirects, no cookies, no proxies, nothing but JSON read.
"""

import contextlib
import http.client
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self, cast
from urllib.parse import urlencode, urlsplit

from console.providers.errors import ConnectionLost, DialError, StageTimeout, TooMuchData, clean
from console.providers.line import Line
from console.providers.names import canonical, is_host
from console.providers.sockets import Socket

AGENT = "inbox-console"
LONGEST_URL = 2048
# What one answer may hold; handshake and headers need the rest of a stage's bytes.
LONGEST_ANSWER = 192 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PORTS = {"https": 443, "http": 80}
# A server that wants to be left alone for longer is asked again all the same, once a day.
LONGEST_WAIT = timedelta(days=1)
_UNTIL = re.compile(r"retry after (\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d(?:\.\d{1,6})?z)", re.IGNORECASE)


class BadAnswer(DialError):
    """What answered speaks no proper HTTP, or says what cannot be read. It may be another machine on the way."""

    code = "server-unavailable"


class NoAnswer(BadAnswer):
    """The server closed the connection before it said anything, as it may with one that it has kept for a while."""


@dataclass(frozen=True)
class Target:
    """A web address, taken apart. `named_port` is None where the address names none, or the usual one."""

    url: str
    scheme: str
    host: str
    named_port: int | None
    path: str

    @classmethod
    def read(cls, url: str) -> Self:
        """Take an address apart. Raises ValueError, with a short clean reason, for what is none."""
        if len(url) > LONGEST_URL or not all("\x20" < sign < "\x7f" for sign in url):
            raise ValueError("the address holds what no web address holds")
        try:
            parts = urlsplit(url)
            host, port = canonical(parts.hostname or ""), parts.port
        except ValueError:
            raise ValueError("the address is no web address") from None
        if parts.scheme not in PORTS:
            raise ValueError("the address is no web address")
        if "@" in parts.netloc:
            raise ValueError("the address carries a user name")
        if not is_host(host):
            raise ValueError("the address names no host")
        if port == PORTS[parts.scheme]:
            port = None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(url.partition("#")[0], parts.scheme, host, port, path)

    @property
    def port(self) -> int:
        """The port to connect to."""
        return self.named_port or PORTS[self.scheme]

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what two addresses of one server share."""
        return self.scheme, self.host, self.port

    @property
    def host_header(self) -> str:
        """Return the host as a request names it (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.named_port is None else f"{host}:{self.named_port}"


@dataclass(frozen=True)
class Answer:
    """What a web server answered. Names of `headers` are in small letters.

    Headers and body may hold tokens, so they are not shown. `stays` is whether the connection can carry another
    request.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    stays: bool = False

    def fields(self) -> dict[str, Any]:
        """Return the JSON object that the body is. Raises BadAnswer for anything else, however deep it is nested."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadAnswer("the answer is no JSON") from None
        if not isinstance(found, dict):
            raise BadAnswer("the answer is no JSON object")
        return found

    def retry_after(self, now: datetime) -> int | None:
        """Return in how many seconds, counted from `now` (aware), the server wants to be asked again.

        It says so in Retry-After, as seconds or as a date (RFC 9110, 10.2.3), or in words, as Gmail does. None where
        it does not; never more than a day.
        """
        said = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", said):
            return min(int(said), int(LONGEST_WAIT.total_seconds()))
        until: datetime | None = None
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            if said:
                until = parsedate_to_datetime(said)
            elif worded := _UNTIL.search(self.body.decode("latin-1")):
                until = datetime.fromisoformat(worded[1].upper())
        if until is None:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0, min(int((until - now).total_seconds()), int(LONGEST_WAIT.total_seconds())))


class WebLine:
    """Asks web servers over one check's line.

    Addresses are those of the configuration and what is read from below them. Redirects are answers like others, and
    are not followed. With `staged`, each request has the time and bytes of a stage of its own; without, all share what
    the running stage has left.
    """

    def __init__(self, line: Line, *, staged: bool = False) -> None:
        self._line, self._staged = line, staged

    def ask(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        longest: int = LONGEST_ANSWER,
    ) -> Answer:
        """Return the answer of whatever status to one request; `form` is sent as the body.

        Raises BadAnswer, AddressRefused (also for http to a host that the operator does not list), other DialErrors.
        """
        body = None if form is None else urlencode(form).encode("ascii")
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        return self.send(method, url, headers=sent, body=body, longest=longest)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        longest: int = LONGEST_ANSWER,
    ) -> Answer:
        """Return the answer to a request whose body is made already; see `ask`. `longest` 0 is its head alone."""
        try:
            target = Target.read(url)
        except ValueError as error:
            raise BadAnswer(str(error)) from None
        if self._staged:
            self._line.budget.begin_stage()
        sock = self._line.web(target.host, target.port, encrypted=target.scheme == "https")
        try:
            accept = {"Accept": "application/json"}
            return exchange(sock, method, target, headers=accept | dict(headers), body=body, longest=longest)
        except TooMuchData:
            raise BadAnswer("the answer is too long") from None
        except StageTimeout:
            # It was reached and is late: that is trouble of the service, which no firewall or mail administrator mends.
            raise BadAnswer("the answer does not come in time") from None
        finally:
            sock.close()


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a socket that is open already, and never opened again."""

    auto_open = 0

    def __init__(self, sock: Socket, host: str) -> None:
        super().__init__(host)
        self.stream = (readable := _Readable(sock)).stream
        self.sock = cast(Any, readable)


class _Readable:
    """The part of a socket that http.client uses, with a reader that knows the end of a stream."""

    def __init__(self, sock: Socket) -> None:
        self.sendall = sock.sendall
        self.stream = _Stream(sock)

    def close(self) -> None:
        """Leave the connection open: http.client lets go of it before the page is read."""

    def makefile(self, mode: str, *args: object) -> io.BufferedReader:
        """Return a buffered reader of the connection."""
        return io.BufferedReader(self.stream)


class _Stream(io.RawIOBase):
    def __init__(self, sock: Socket) -> None:
        self._sock = sock
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # Many servers close without the goodbye of TLS. Where a length or chunks were announced, what lacks is noticed.
        with contextlib.suppress(ConnectionLost):
            count = self._sock.recv_into(buffer)
            self.ended = count == 0
            return count
        self.ended = True
        return 0


def exchange(
    sock: Socket,
    method: str,
    target: Target,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    longest: int = LONGEST_ANSWER,
) -> Answer:
    """Send one request over `sock` and return its answer, whatever its status.

    The body of a redirect is not read: it is for browsers, and its address, kept whole, is all that counts. Answers
    longer than `longest` bytes, shorter than announced, or compressed, which nobody asked for, are bad answers. With
    `longest` 0 no body is read at all, so it may be anything.

    The connection is closed by the server with its answer, unless `headers` ask for it to be kept.

    Raises BadAnswer with a short clean reason, and the DialErrors of the connection.
    """
    try:
        return _exchanged(_Connection(sock, target.host), method, target, headers, body, longest)
    except http.client.RemoteDisconnected:
        raise NoAnswer("the answer is no proper HTTP (the connection was closed)") from None
    except (http.client.HTTPException, ValueError, OSError) as error:
        # What the standard library makes of an answer that is no HTTP: bad status lines, lengths, chunks.
        raise BadAnswer(f"the answer is no proper HTTP ({type(error).__name__})") from None


def _exchanged(
    connection: _Connection, method: str, target: Target, headers: Mapping[str, str], body: bytes | None, longest: int
) -> Answer:
    sent = {"Host": target.host_header, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    connection.request(method, target.path, body=body, headers=sent | dict(headers))
    with connection.getresponse() as response:
        if connection.stream.ended:
            raise BadAnswer("the answer ends too early")
        found: dict[str, str] = {}
        for name, value in response.getheaders():
            # Several of one name are one list (RFC 9110, 5.3).
            said = clean(value.encode("latin-1", "replace"))
            found[name.lower()] = f"{found[name.lower()]}, {said}" if name.lower() in found else said
        if response.status in REDIRECTS or not longest:
            return Answer(response.status, found | _location(response), b"")
        if found.get("content-encoding", "identity").lower() != "identity":
            raise BadAnswer("the answer is compressed, which was not asked for")
        if response.length is not None and response.length > longest:
            raise BadAnswer(f"the answer is longer than {longest // 1024} KB")
        read = response.read(longest + 1)
        if len(read) > longest:
            raise BadAnswer(f"the answer is longer than {longest // 1024} KB")
        if response.length:
            raise BadAnswer("the answer ends too early")
        return Answer(response.status, found, read, stays=not response.will_close)


def _location(response: http.client.HTTPResponse) -> dict[str, str]:
    # `clean` shortens, and an address must stay whole.
    place = response.getheader("location")
    return {} if place is None else {"location": place}
