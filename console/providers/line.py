"""One check's way to the network: a budget, the pins, and every connection it opened, closed at the end."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeVar

from console.providers.dial import Budget, Client, Dialer, Imap, Pin, Smtp, Socket, TlsSocket, close
from console.providers.errors import AddressRefused, DialError

TLS, STARTTLS = "tls", "starttls"
Opened = TypeVar("Opened", Socket, TlsSocket, Imap, Smtp)


class Line:
    """Opens connections for one check, within `budget` or a usual one.

    `security` is "tls" (from the first byte) or "starttls". There is no third way.
    """

    def __init__(self, dialer: Dialer, pins: Iterable[Pin] = (), *, budget: Budget | None = None) -> None:
        self.budget = budget or dialer.budget()
        self._dialer, self._pins = dialer, tuple(pins)
        self._open: list[Socket | Client] = []

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
        if security == TLS:
            return self._kept(self._dialer.imap(self._secured(sock, host, port, "imap"), host))
        client = self._kept(self._dialer.imap(sock, host))
        self._dialer.starttls(client, host, port, self.budget, self._pins)
        return client

    def smtp(self, sock: Socket, host: str, port: int, security: str) -> Smtp:
        """Return an SMTP client on an encrypted connection, with EHLO said. Raises DialError."""
        if security == TLS:
            return self._kept(self._dialer.smtp(self._secured(sock, host, port, "smtp"), host))
        client = self._kept(self._dialer.smtp(sock, host))
        self._dialer.starttls(client, host, port, self.budget, self._pins)
        return client

    def web(self, host: str, port: int, *, encrypted: bool = True) -> Socket:
        """Return a connection to a web server, whose certificate must verify.

        Without `encrypted`, which is for stand-ins and servers in the house, the operator must list the host's network.
        Raises AddressRefused otherwise, and other DialErrors.
        """
        addresses = self.resolve(host, port)
        if not encrypted and not self._dialer.lists(addresses):
            raise AddressRefused("Without encryption only hosts inside the listed networks are asked.")
        sock = self.connect(host, addresses, port)
        return self._kept(self._dialer.secure(sock, host, port, self.budget, speaks="http")) if encrypted else sock

    def part(self, client: Client) -> None:
        """Say goodbye and close; no answer is waited for, and a server that has gone already is no failure."""
        try:
            client.connection.sendall(b"bye LOGOUT\r\n" if isinstance(client, Imap) else b"QUIT\r\n")
        except DialError:
            pass
        finally:
            close(client)

    def _secured(self, sock: Socket, host: str, port: int, speaks: str) -> TlsSocket:
        return self._kept(self._dialer.secure(sock, host, port, self.budget, self._pins, speaks=speaks))  # type: ignore[arg-type]

    def _kept(self, opened: Opened) -> Opened:
        self._open.append(opened)
        return opened
