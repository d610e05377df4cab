"""What discovery reads from web servers: small pages, in bounded time, from addresses that the network policy allows.

Nothing is sent that could sign anybody in: no cookies, no passwords, and no proxy of the environment is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from console.discovery.answer import Outcome
from console.discovery.deadline import Deadline, Story
from console.discovery.domains import within
from console.providers.dial import UNTRUSTED, Budget, Dialer, Limits, Socket
from console.providers.errors import (
    AddressRefused,
    CertificateRefused,
    ConnectionRefused,
    DialError,
    NameNotFound,
    StageTimeout,
    TooMuchData,
)
from console.providers.web import REDIRECTS, Target, exchange

# What handshakes and headers may take beside the page.
_AROUND = 64 * 1024


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


class Unverified(WebTrouble):
    """A web server answers, and no authority that is known here vouches for its certificate."""


def _target(url: str) -> Target:
    try:
        return Target.read(url)
    except ValueError as error:
        raise WebTrouble(str(error), "refused") from None


class Web:
    """Reads web pages for one discovery; one serves all its threads.

    `https_port` and `http_port` are where addresses without a port are asked (usually 443 and 80).
    """

    def __init__(
        self, dialer: Dialer, deadline: Deadline, story: Story, *, https_port: int = 443, http_port: int = 80
    ) -> None:
        self._deadline, self._story = deadline, story
        self._ports = {"https": https_port, "http": http_port}
        self._dialer = dialer
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
        any_port: bool = False,
    ) -> Page:
        """Return the page at `url` whatever its status, at most `longest` bytes of it, before the deadline.

        Up to `redirects` redirects are followed, never from https to http; with 0 the redirect itself is returned.
        Certificates must verify. Hosts outside the registrable domain of `domain`, and all that a redirect leads to,
        must not lie in a private address range unless the operator lists it. With `any_port`, a port that `url` names
        is open at hosts of `domain`: its own DNS named it.

        Raises NoSuchHost, Unverified, WebTrouble.
        """
        began = self._deadline.passed()
        try:
            page = self._follow(url, domain, redirects, longest, headers, any_port=any_port)
        except WebTrouble as trouble:
            self._story.tell(f"GET {url}: {trouble} ({self._deadline.passed() - began} ms)")
            raise
        landed = "" if page.url == url else f" at {page.url}"
        self._story.tell(f"GET {url}: {page.status}{landed}, {len(page.body)} bytes")
        return page

    def _follow(
        self, url: str, domain: str, redirects: int, longest: int, headers: Mapping[str, str], *, any_port: bool
    ) -> Page:
        left = self._deadline.left()
        if left <= 0:
            raise WebTrouble("no time is left", "late")
        budget = Budget(self._deadline.monotonic, Limits(left, left, longest + _AROUND))
        target = _target(url)
        inside = bool(domain) and within(target.host, domain)
        seen = {target.url}
        door = self._door if inside else self._public_door
        if inside and any_port and target.named_port is not None:
            door = self._dialer.to_the_web({target.named_port}, private=True)
        page = self._ask(target, door, budget, longest, headers)
        for _ in range(redirects):
            place = page.headers.get("location")
            if page.status not in REDIRECTS or place is None:
                return page
            target = self._next(target, place)
            if target.url in seen:
                raise WebTrouble("the redirects go round in a circle")
            seen.add(target.url)
            budget.begin_stage()
            page = self._ask(target, self._public_door, budget, longest, headers)
        if redirects and page.status in REDIRECTS:
            raise WebTrouble(f"more than {redirects} redirects")
        return page

    def _next(self, target: Target, place: str) -> Target:
        # http.client hands header bytes over as Latin-1; what is not ASCII is refused with the address.
        try:
            following = _target(urljoin(target.url, place.strip()))
        except ValueError:
            raise WebTrouble("the redirect leads to no web address", "refused") from None
        if target.scheme == "https" and following.scheme == "http":
            raise WebTrouble("the redirect leads from https to http", "refused")
        if following.named_port not in (None, self._ports[following.scheme]):
            raise WebTrouble("the redirect leads to an unusual port", "refused")
        return following

    def _ask(self, target: Target, door: Dialer, budget: Budget, longest: int, headers: Mapping[str, str]) -> Page:
        sock: Socket | None = None
        try:
            sock = self._connect(target, door, budget)
            answer = exchange(sock, "GET", target, headers=headers, longest=longest)
            return Page(target.url, answer.status, answer.headers, answer.body)
        except NameNotFound:
            raise NoSuchHost("the host does not exist") from None
        except CertificateRefused as error:
            kind = Unverified if error.code == UNTRUSTED else WebTrouble
            raise kind(_reason(error), _outcome(error)) from None
        except DialError as error:
            raise WebTrouble(_reason(error), _outcome(error)) from None
        finally:
            if sock is not None:
                sock.close()

    def _connect(self, target: Target, door: Dialer, budget: Budget) -> Socket:
        port = target.named_port or self._ports[target.scheme]
        sock = door.connect(target.host, door.resolve(target.host, port, budget), port, budget)
        if target.scheme == "http":
            return sock
        return door.secure(sock, target.host, port, budget, speaks="http", explain=False)


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
