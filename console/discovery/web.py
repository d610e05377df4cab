"""What discovery reads from web servers: small pages, in bounded time, from addresses that the network policy allows.

Nothing is sent that could sign anybody in: no cookies, no passwords, and no proxy of the environment is asked.
"""

import contextlib
import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from console.discovery.answer import Outcome
from console.discovery.deadline import Deadline, Story
from console.discovery.domains import a_label, is_host_name, within
from console.providers.dial import Budget, Dialer, Limits, Socket
from console.providers.errors import (
    AddressRefused,
    CertificateRefused,
    ConnectionLost,
    ConnectionRefused,
    DialError,
    NameNotFound,
    StageTimeout,
    TooMuchData,
    clean,
)
from console.providers.names import literal

LONGEST_URL = 2048
# What handshakes and headers may take beside the page.
_AROUND = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS = {"https": 443, "http": 80}
AGENT = "inbox-console"


@dataclass(frozen=True)
class Page:
    """What a web server answered; `url` is where, after redirects. Names of `headers` are in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class WebTrouble(Exception):
    """A page could not be had. The text is a short clean reason; `outcome` is "failed", "late" or "refused"."""

    def __init__(self, reason: str, outcome: Outcome = "failed") -> None:
        super().__init__(reason)
        self.outcome: Outcome = outcome


class NoSuchHost(WebTrouble):
    """The host of the address does not exist: nobody published anything there."""


@dataclass(frozen=True)
class _Target:
    """One web address, taken apart. `named_port` is None where the address names none, or the usual one."""

    url: str
    scheme: str
    host: str
    named_port: int | None
    path: str

    @classmethod
    def read(cls, url: str) -> "_Target":
        if len(url) > LONGEST_URL or not all("\x20" < sign < "\x7f" for sign in url):
            raise WebTrouble("the address holds what no web address holds", "refused")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise WebTrouble("the address is no web address", "refused") from None
        if parts.scheme not in _DEFAULT_PORTS:
            raise WebTrouble("the address is no web address", "refused")
        if "@" in parts.netloc:
            raise WebTrouble("the address carries a user name", "refused")
        host = literal(host) or a_label(host)
        if literal(host) is None and not is_host_name(host):
            raise WebTrouble("the address names no host", "refused")
        if port == _DEFAULT_PORTS[parts.scheme]:
            port = None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(url.partition("#")[0], parts.scheme, host, port, path)

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.named_port is None else f"{host}:{self.named_port}"


class Web:
    """Reads web pages for one discovery; one serves all its threads.

    `https_port` and `http_port` are where addresses without a port are asked (usually 443 and 80).
    """

    def __init__(
        self, dialer: Dialer, deadline: Deadline, story: Story, *, https_port: int = 443, http_port: int = 80
    ) -> None:
        self._deadline, self._story = deadline, story
        self._ports = {"https": https_port, "http": http_port}
        self._door = dialer.to_the_web(self._ports.values(), private=True)
        self._public_door = dialer.to_the_web(self._ports.values(), private=False)

    def get(
        self,
        url: str,
        *,
        domain: str = "",
        redirects: int = 3,
        longest: int = 65536,
        headers: Mapping[str, str] = {},
    ) -> Page:
        """Return the page at `url` whatever its status, at most `longest` bytes of it, before the deadline.

        Up to `redirects` redirects are followed, never from https to http; with 0 the redirect itself is returned.
        Certificates must verify. Hosts outside the registrable domain of `domain`, and all that a redirect leads to,
        must not lie in a private address range unless the operator lists it.

        Raises NoSuchHost, WebTrouble.
        """
        began = self._deadline.passed()
        try:
            page = self._follow(url, domain, redirects, longest, headers)
        except WebTrouble as trouble:
            self._story.tell(f"GET {url}: {trouble} ({self._deadline.passed() - began} ms)")
            raise
        landed = "" if page.url == url else f" at {page.url}"
        self._story.tell(f"GET {url}: {page.status}{landed}, {len(page.body)} bytes")
        return page

    def _follow(self, url: str, domain: str, redirects: int, longest: int, headers: Mapping[str, str]) -> Page:
        left = self._deadline.left()
        if left <= 0:
            raise WebTrouble("no time is left", "late")
        budget = Budget(self._deadline.monotonic, Limits(left, left, longest + _AROUND))
        target = _Target.read(url)
        inside = bool(domain) and within(target.host, domain)
        seen = {target.url}
        page = self._ask(target, self._door if inside else self._public_door, budget, longest, headers)
        for _ in range(redirects):
            place = page.headers.get("location")
            if page.status not in _REDIRECTS or place is None:
                return page
            target = self._next(target, place)
            if target.url in seen:
                raise WebTrouble("the redirects go round in a circle")
            seen.add(target.url)
            budget.begin_stage()
            page = self._ask(target, self._public_door, budget, longest, headers)
        if redirects and page.status in _REDIRECTS:
            raise WebTrouble(f"more than {redirects} redirects")
        return page

    def _next(self, target: _Target, place: str) -> _Target:
        # http.client hands header bytes over as Latin-1; what is not ASCII is refused with the address.
        try:
            following = _Target.read(urljoin(target.url, place.strip()))
        except ValueError:
            raise WebTrouble("the redirect leads to no web address", "refused") from None
        if target.scheme == "https" and following.scheme == "http":
            raise WebTrouble("the redirect leads from https to http", "refused")
        if following.named_port not in (None, self._ports[following.scheme]):
            raise WebTrouble("the redirect leads to an unusual port", "refused")
        return following

    def _ask(self, target: _Target, door: Dialer, budget: Budget, longest: int, headers: Mapping[str, str]) -> Page:
        sock: Socket | None = None
        try:
            sock = self._connect(target, door, budget)
            return _exchange(sock, target, longest, headers)
        except NameNotFound:
            raise NoSuchHost("the host does not exist") from None
        except DialError as error:
            raise WebTrouble(_reason(error), _outcome(error)) from None
        except (http.client.HTTPException, ValueError, OSError) as error:
            # What the standard library makes of an answer that is no HTTP: bad status lines, lengths, chunks.
            raise WebTrouble(f"the answer is no proper HTTP ({type(error).__name__})") from None
        finally:
            if sock is not None:
                sock.close()

    def _connect(self, target: _Target, door: Dialer, budget: Budget) -> Socket:
        port = target.named_port or self._ports[target.scheme]
        sock = door.connect(target.host, door.resolve(target.host, port, budget), port, budget)
        if target.scheme == "http":
            return sock
        return door.secure(sock, target.host, port, budget, speaks="http", explain=False)


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


def _exchange(sock: Socket, target: _Target, longest: int, headers: Mapping[str, str]) -> Page:
    connection = _Connection(sock, target.host)
    sent = {"Host": target.host_header, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    connection.request("GET", target.path, headers=sent | dict(headers))
    with connection.getresponse() as response:
        if connection.stream.ended:
            raise WebTrouble("the answer ends too early")
        found: dict[str, str] = {}
        for name, value in response.getheaders():
            # Several of one name are one list (RFC 9110, 5.3).
            said = clean(value.encode("latin-1", "replace"))
            found[name.lower()] = f"{found[name.lower()]}, {said}" if name.lower() in found else said
        if response.status in _REDIRECTS:
            # Their body is for browsers; the address is all that counts.
            return Page(target.url, response.status, found | _location(response), b"")
        if found.get("content-encoding", "identity").lower() != "identity":
            raise WebTrouble("the answer is compressed, which was not asked for")
        if response.length is not None and response.length > longest:
            raise WebTrouble(f"the answer is longer than {longest // 1024} KB")
        body = response.read(longest + 1)
        if len(body) > longest:
            raise WebTrouble(f"the answer is longer than {longest // 1024} KB")
        if response.length:
            raise WebTrouble("the answer ends too early")
        return Page(target.url, response.status, found, body)


def _location(response: http.client.HTTPResponse) -> dict[str, str]:
    # `clean` shortens, and an address must stay whole.
    place = response.getheader("location")
    return {} if place is None else {"location": place}


def _reason(error: DialError) -> str:
    if isinstance(error, AddressRefused):
        return "the network policy does not allow its address"
    if isinstance(error, StageTimeout):
        return "no answer in time"
    if isinstance(error, ConnectionRefused):
        return "nothing listens there"
    if isinstance(error, CertificateRefused):
        return f"the certificate does not verify ({error.verify_message})"
    if isinstance(error, TooMuchData):
        return "the answer is too long"
    return str(error).rstrip(".") or type(error).__name__


def _outcome(error: DialError) -> Outcome:
    if isinstance(error, AddressRefused):
        return "refused"
    return "late" if isinstance(error, StageTimeout) else "failed"
