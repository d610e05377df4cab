"""A look at one server without signing in: its name, port, certificate and greeting, and the sign-in it offers.

Nothing is sent but a handshake, CAPABILITY, EHLO or one request for a page. A server whose certificate is refused is
visited again with exactly that certificate pinned, so that the rest of the story is told too; no secret is at stake.
"""

import http.client
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast
from urllib.parse import urlsplit

from console.providers import mechanisms, trial
from console.providers.base import Certificate, Mailbox, Pin, Probe, Secret, StageResult, Trusted
from console.providers.dial import Dialer, Imap, Smtp, Socket, TlsSocket
from console.providers.errors import CertificateChanged, CertificateRefused, DialError, WrongProtocol, clean
from console.providers.line import STARTTLS, Line
from console.providers.mechanisms import NoCommonMechanism, NoSubmission, without_password
from console.rules.diagnose import Rule
from console.rules.texts import N_

Speaks = Literal["imap", "smtp", "http"]
AGENT = "inbox-console"
MOST_METHODS = 20
_STATUS = re.compile(r"\* OK (?:\[[^\]]*\] ?)?", re.IGNORECASE)
# A challenge begins with its scheme (RFC 9110, 11.6.1); these are what Exchange and the proxies before it offer.
_SCHEMES = ("Negotiate", "NTLM", "Basic", "Digest", "Bearer")
_PASSWORD_SCHEMES = frozenset({"NTLM", "BASIC", "NEGOTIATE", "DIGEST"})


class NoSignInAsked(DialError):
    """The web server answers something else than a request to sign in; `server_text` is its status."""

    code = "wrong-server"


class WebServiceForbidden(DialError):
    """The web server lets nobody in at this path."""

    code = "ews-disabled"


class WebServerTrouble(DialError):
    """The web server has a failure of its own."""

    code = "server-error"


@dataclass(frozen=True)
class Server:
    """One server to look at. `security` is tls or starttls; `path` is what a web server is asked for."""

    speaks: Speaks
    host: str
    port: int
    security: str = "tls"
    path: str = ""

    @classmethod
    def web(cls, url: str) -> Self:
        """Return the server of an https address. Raises ValueError for any other."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError("no https address")
        return cls("http", parts.hostname, parts.port or 443, "tls", parts.path or "/")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "speaks": self.speaks,
            "host": self.host,
            "port": self.port,
            "security": self.security,
            "path": self.path,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        speaks = data["speaks"]
        if speaks not in _STAGES:
            raise ValueError("no such server")
        return cls(speaks, str(data["host"]), int(data["port"]), str(data["security"]), str(data["path"]))


# The slugs are those of checks, which the rules for what servers say know.
_STAGES: Mapping[str, tuple[str, ...]] = {
    "imap": ("find-server", "reach", "secure", "greet", "methods"),
    "smtp": ("find-server", "smtp-reach", "smtp-secure", "smtp-greet", "smtp-methods"),
    "http": ("find-server", "reach", "secure", "greet", "methods"),
}


@dataclass(frozen=True)
class Survey:
    """What was met. `certificate` is what the server presented, and `verdict` what it counts here.

    The verdict is verifies, exception (somebody trusted it), refused, or none where no certificate was seen.
    """

    server: Server
    stages: tuple[StageResult, ...]
    problem: str | None = None
    server_text: str = ""
    certificate: Certificate | None = None
    verdict: str = "none"
    methods: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "server": self.server.to_dict(),
            "stages": [stage.to_dict() for stage in self.stages],
            "problem": self.problem,
            "server_text": self.server_text,
            "certificate": self.certificate.to_dict() if self.certificate else None,
            "verdict": self.verdict,
            "methods": list(self.methods),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            server=Server.from_dict(data["server"]),
            stages=tuple(StageResult.from_dict(stage) for stage in data["stages"]),
            problem=data["problem"],
            server_text=str(data["server_text"]),
            certificate=Certificate.from_dict(data["certificate"]) if data["certificate"] else None,
            verdict=str(data["verdict"]),
            methods=tuple(str(name) for name in data["methods"]),
        )


def survey(server: Server, dialer: Dialer, trusted: Sequence[Trusted] = ()) -> Survey:
    """Look at a server, within the bounds of a check; never raises for anything it does.

    `trusted` are the exceptions that count for it.
    """
    visit = _Visit(server)
    found = trial.run(visit, Mailbox("", {}, Secret(), tuple(trusted)), dialer)
    failed = next((stage.problem for stage in found.stages if stage.state == "failed"), found.problem)
    return Survey(
        server, found.stages, failed, found.server_text, visit.certificate, visit.verdict, tuple(visit.methods)
    )


class _Visit:
    """The straight line of one survey; what it saw stays on it."""

    rules: Sequence[Rule] = ()
    short: tuple[str, ...] = ()
    own_servers = False

    def __init__(self, server: Server) -> None:
        self.server = server
        self.stages = _STAGES[server.speaks]
        self.certificate: Certificate | None = None
        self.verdict = "none"
        self.tls: TlsSocket | None = None
        self.methods: list[str] = []

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        """Go through the stages; a certificate that is refused is told and does not end the visit."""
        server, line = self.server, cast(Line, probe.line)
        host, port = server.host, server.port
        find, reach, secure, greet, methods = self.stages
        with probe.stage(find, host=host) as stage:
            addresses = line.resolve(host, port)
            stage.say("%(address)s", address=addresses[0])
        with probe.stage(reach, host=host) as stage:
            sock = line.connect(host, addresses, port)
            stage.say(N_("answers"))
        client: Imap | Smtp | None = None
        if server.security == STARTTLS:
            with probe.stage(greet, host=host) as stage:
                client = line.greet(sock, host, server.speaks)
                stage.say("%(greeting)s", greeting=_greeting(client))
        with probe.stage(secure, host=host, warns=True) as stage:
            self._secure(line, sock, client)
            stage.say("%(version)s", version=self._spoken())
        if self.tls is None and self.certificate is None:
            return
        if server.speaks == "http":
            self._ask(line, addresses, probe)
            return
        if client is None:
            with probe.stage(greet, host=host) as stage:
                client = line.greet(self.tls or self._again(line, addresses), host, server.speaks)
                stage.say("%(greeting)s", greeting=_greeting(client))
        with probe.stage(methods, host=host) as stage:
            if self.tls is None and server.security == STARTTLS:
                client = line.greet(line.connect(host, addresses, port), host, server.speaks)
                line.starttls(client, host, port, self._pin())
            self.methods = (mechanisms.of_imap(client) if isinstance(client, Imap) else mechanisms.of_smtp(client))[
                :MOST_METHODS
            ]
            stage.say("%(methods)s", methods=", ".join(self.methods))
            _judge(client, self.methods)
        line.part(client)

    def _secure(self, line: Line, sock: Socket, client: Imap | Smtp | None) -> None:
        host, port = self.server.host, self.server.port
        try:
            if client is None:
                self.tls = line.secure(sock, host, port, self.server.speaks)
            else:
                line.starttls(client, host, port)
                self.tls = cast(TlsSocket, client.connection)
        except (CertificateRefused, CertificateChanged) as error:
            self.certificate, self.verdict = error.certificate, "refused"
            raise
        self.certificate = Certificate.read(self.tls.presented()[0], host, port)
        self.verdict = "exception" if line.by_exception(self.tls, host, port) else "verifies"

    def _spoken(self) -> str:
        return self.tls.tls_version().replace("TLSv", "TLS ") if self.tls else ""

    def _pin(self) -> tuple[Pin, ...]:
        assert self.certificate is not None
        return (Pin(self.server.host, self.server.port, self.certificate.sha256),)

    def _again(self, line: Line, addresses: list[str]) -> TlsSocket:
        """Visit the server once more, pinned to the certificate that was refused."""
        host, port = self.server.host, self.server.port
        return line.secure(line.connect(host, addresses, port), host, port, self.server.speaks, self._pin())

    def _ask(self, line: Line, addresses: list[str], probe: Probe) -> None:
        host = self.server.host
        with probe.stage("greet", host=host) as stage:
            status, reason, challenges = _page(self.tls or self._again(line, addresses), self.server)
            stage.say("%(answer)s", answer=f"HTTP {status} {reason}".strip())
            _refuse_status(status, reason)
        with probe.stage("methods", host=host) as stage:
            words = " ".join(challenges).casefold()
            self.methods = [name for name in _SCHEMES if re.search(rf"(?<![\w-]){name.casefold()}(?![\w-])", words)]
            stage.say("%(methods)s", methods=", ".join(self.methods))
            if not _PASSWORD_SCHEMES & {name.upper() for name in self.methods}:
                raise mechanisms.PasswordsRetired if "Bearer" in self.methods else NoCommonMechanism


def _greeting(client: Imap | Smtp) -> str:
    return _STATUS.sub("", clean(client.welcome), count=1)


def _judge(client: Imap | Smtp, offered: Sequence[str]) -> None:
    if isinstance(client, Smtp) and not offered:
        raise NoSubmission("no AUTH offered")
    if not {"PLAIN", "LOGIN"} & set(offered):
        raise without_password(offered)


def _page(tls: TlsSocket, server: Server) -> tuple[int, str, list[str]]:
    """Ask for the server's path without signing in; return status, its words and the challenges to sign in.

    Raises WrongProtocol for what is no HTTP, other DialErrors.
    """
    host = f"[{server.host}]" if ":" in server.host else server.host
    named = host if server.port == 443 else f"{host}:{server.port}"
    head = f"GET {server.path} HTTP/1.1\r\nHost: {named}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\nConnection: close"
    tls.sendall(f"{head}\r\n\r\n".encode("ascii", "replace"))
    try:
        response = http.client.HTTPResponse(cast(Any, tls), method="GET")
        response.begin()
        challenges = response.headers.get_all("WWW-Authenticate") or []
        return response.status, clean(response.reason.encode("latin-1", "replace")), [str(one) for one in challenges]
    except (http.client.HTTPException, ValueError) as error:
        raise WrongProtocol("unknown", server_text=clean(str(error).encode())) from error


def _refuse_status(status: int, reason: str) -> None:
    """Raise what a status means for Exchange's web services, which answer a stranger with 401 (RFC 9110, 15.5.2)."""
    if status == 401:
        return
    said = clean(f"HTTP {status} {reason}".encode())
    if status == 403:
        raise WebServiceForbidden(server_text=said)
    raise WebServerTrouble(server_text=said) if status >= 500 else NoSignInAsked(server_text=said)
