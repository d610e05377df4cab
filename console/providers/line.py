"""One check's way to the network: a budget, the pins, and every connection it opened, closed at the end."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeVar, cast

from console.providers.certificates import Authority, Certificate, Pin, Trusted, fingerprint
from console.providers.dial import Budget, Client, Dialer, Imap, Smtp, Socket, TlsSocket, close
from console.providers.errors import AddressRefused, CertificateRefused, DialError
from console.providers.greetings import Speaks
from console.providers.names import canonical

TLS, STARTTLS = "tls", "starttls"
Opened = TypeVar("Opened", bound=Socket | Client)


class Line:
    """Opens connections for one check, within `budget` or a usual one.

    `security` is "tls" (from the first byte) or "starttls". There is no third way.
    """

    def __init__(self, dialer: Dialer, pins: Iterable[Trusted] = (), *, budget: Budget | None = None) -> None:
        self.budget = budget or dialer.budget()
        self._dialer, self._pins = dialer, tuple(pins)
        self._open: list[Socket | Client] = []
        self._seen: dict[tuple[str, int, bytes], None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in reversed(self._open):
            close(opened)

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of `host` that may be connected to. Raises DialError."""
        return self._dialer.resolve(host, port, self.budget)

    def connect(self, host: str, addresses: list[str], port: int) -> Socket:
        """Return a connection to one of `addresses`. Raises DialError."""
        return self._kept(self._dialer.connect(host, addresses, port, self.budget))

    def imap(self, sock: Socket, host: str, port: int, security: str) -> Imap:
        """Return an IMAP client on an encrypted connection, with its greeting read. Raises DialError."""
        return cast(Imap, self._entered(sock, host, port, security, "imap"))

    def smtp(self, sock: Socket, host: str, port: int, security: str) -> Smtp:
        """Return an SMTP client on an encrypted connection, with EHLO said. Raises DialError."""
        return cast(Smtp, self._entered(sock, host, port, security, "smtp"))

    def secure(
        self, sock: Socket, host: str, port: int, speaks: Speaks, pins: Iterable[Trusted] | None = None
    ) -> TlsSocket:
        """Return the connection encrypted and its certificate checked, with `pins` in place of the line's own.

        Raises DialError.
        """
        own = self._pins if pins is None else pins
        tls = self._kept(self._dialer.secure(sock, host, port, self.budget, own, speaks=speaks))
        self._note(tls, host, port)
        return tls

    def greet(self, sock: Socket, host: str, speaks: Speaks) -> Client:
        """Return the client of a mail server whose greeting has been read. Raises DialError."""
        return self._kept(self._dialer.imap(sock, host) if speaks == "imap" else self._dialer.smtp(sock, host))

    def starttls(self, client: Client, host: str, port: int, pins: Iterable[Trusted] | None = None) -> None:
        """Encrypt the connection of a client that speaks in plain text, and check the certificate. Raises DialError."""
        self._dialer.starttls(client, host, port, self.budget, self._pins if pins is None else pins)
        self._note(client.connection, host, port)

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the certificates of all servers that were let through, each once, in the order they were met."""
        read = (Certificate.read(der, canonical(host), port) for host, port, der in self._seen)
        return tuple(found for found in read if found is not None)

    def _note(self, opened: Socket, host: str, port: int) -> None:
        if isinstance(opened, TlsSocket) and (der := opened.getpeercert(binary_form=True)):
            self._seen[host, port, der] = None

    def by_exception(self, tls: TlsSocket, host: str, port: int) -> bool:
        """Return whether this server was let through by an exception, and not by the system's roots."""
        name = canonical(host)
        mine = [one for one in self._pins if canonical(one.host) == name]
        if any(isinstance(one, Pin) and one.port == port for one in mine):
            return True
        chain = tls.verified()
        anchor = fingerprint(chain[-1]) if chain else ""
        return any(isinstance(one, Authority) and one.sha256.upper() == anchor for one in mine)

    def at(self, port: int, *, private: bool) -> "Line":
        """Return a line to web servers at `port`, which shares the time, the exceptions and the end of this one.

        Without `private` it leads to no private address range, unless the operator lists it.
        """
        line = Line(self._dialer.to_the_web({port}, private=private), self._pins, budget=self.budget)
        line._open, line._seen = self._open, self._seen
        return line

    def web(self, host: str, port: int, *, encrypted: bool = True) -> Socket:
        """Return a connection to a web server, whose certificate must verify.

        Without `encrypted`, which is for stand-ins and servers in the house, the operator must list the host's network.
        Raises AddressRefused otherwise, and other DialErrors.
        """
        addresses = self.resolve(host, port)
        if not encrypted and not self._dialer.lists(addresses):
            raise AddressRefused("Without encryption only hosts inside the listed networks are asked.")
        sock = self.connect(host, addresses, port)
        if not encrypted:
            return sock
        try:
            return self.secure(sock, host, port, "http", ())
        except CertificateRefused as refused:
            # Nobody may be offered to trust it: exceptions are for mail servers of the house.
            refused.certificate = None
            raise

    def part(self, client: Client) -> None:
        """Say goodbye and close; no answer is waited for, and a server that has gone already is no failure."""
        try:
            client.connection.sendall(b"bye LOGOUT\r\n" if isinstance(client, Imap) else b"QUIT\r\n")
        except DialError:
            pass
        finally:
            close(client)

    def _entered(self, sock: Socket, host: str, port: int, security: str, speaks: Speaks) -> Client:
        if security == TLS:
            return self.greet(self.secure(sock, host, port, speaks), host, speaks)
        client = self.greet(sock, host, speaks)
        self.starttls(client, host, port)
        return client

    def _kept(self, opened: Opened) -> Opened:
        self._open.append(opened)
        return opened
