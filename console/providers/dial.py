"""The only door to the network: resolve, refuse, connect, encrypt, check or pin the certificate, greet.

Everything is held to the budget of the check. A door that raises has closed what it was given; nothing is logged.
"""

import re
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, ip_address

from console.providers import greetings, silence
from console.providers.certificates import Authority, Certificate, Pin, Trusted, fingerprint, issuing_authority
from console.providers.clients import Imap, Smtp
from console.providers.errors import (
    AddressRefused,
    CertificateChanged,
    CertificateRefused,
    ConnectionLost,
    ConnectionRefused,
    DialError,
    StageTimeout,
    TlsWrongPort,
    Unreachable,
    WrongProtocol,
    clean,
)
from console.providers.greetings import Speaks
from console.providers.names import Resolver, canonical
from console.providers.sockets import Budget, Limits, Socket
from console.providers.tls import Plaintext, TlsSocket, Trust
from console.rules.network import Policy, refusal

SMTP_RELAY = 25
# Nobody vouches for the certificate: the one reason for which an authority of one's own is the cure.
UNTRUSTED = "tls-untrusted"
# More addresses than this would leave none of them the time to answer.
MOST_ADDRESSES = 8
# An address literal is what RFC 5321, 4.1.4 offers a client without a name of its own.
NAMELESS = "[127.0.0.1]"
_HELO = re.compile(r"\[[0-9a-fA-F.:v]+\]|(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?")

# Of several addresses that all failed, the clearest failure is told.
_CLEAREST = (ConnectionRefused, ConnectionLost, StageTimeout, Unreachable)

Client = Imap | Smtp
# Opens another connection to the same server and shakes hands as the context says, with nothing else sent.
Look = Callable[[ssl.SSLContext], TlsSocket]


class Dialer:
    """Opens connections to mail servers, and with `to_the_web` to web servers. One serves all threads.

    `monotonic` is a clock in seconds; `helo` is how the console names itself to SMTP servers.
    """

    def __init__(
        self,
        policy: Policy,
        names: Resolver,
        trust: Trust,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        helo: str = NAMELESS,
        limits: Limits | None = None,
    ) -> None:
        self.monotonic = monotonic
        self._policy, self._names, self._trust = policy, names, trust
        self._helo = _named(helo)
        self._limits = limits

    def to_the_web(self, ports: Collection[int], *, private: bool) -> "Dialer":
        """Return a door like this one to web servers at `ports` instead of mail servers at theirs.

        Without `private` it refuses private address ranges, whatever the operator allows for mail servers; networks
        that the operator lists by name stay open.
        """
        networks = self._policy.private_networks if private else "deny"
        policy = replace(self._policy, ports=frozenset(ports), private_networks=networks)
        return Dialer(policy, self._names, self._trust, self.monotonic, helo=self._helo, limits=self._limits)

    def budget(self) -> Budget:
        """Return the budget of a new check; its first stage begins now."""
        return Budget(self.monotonic, self._limits)

    def resolve(self, host: str, port: int, budget: Budget) -> list[str]:
        """Return the IP addresses of `host`, a name or an address in any notation.

        Raises NameNotFound, NameTrouble, StageTimeout, and AddressRefused when the policy refuses any of them: a name
        that points inside and outside at once is not to be trusted.
        """
        addresses = self._names.lookup(host, budget)
        self._refuse(addresses, port)
        return addresses

    def lists(self, addresses: Iterable[str]) -> bool:
        """Return whether the operator lists all of `addresses` by name, which opens what is closed otherwise."""
        networks = self._policy.allow_networks
        found = [ip_address(address) for address in addresses]
        return all(any(one.version == net.version and one in net for net in networks) for one in found)

    def connect(self, host: str, addresses: Sequence[str], port: int, budget: Budget) -> Socket:
        """Connect to the first of `addresses` that answers; each gets its share of the stage's time.

        Raises AddressRefused, ConnectionRefused, ConnectionLost, Unreachable, StageTimeout.
        """
        self._refuse(addresses, port)
        failures: list[DialError] = []
        tries = addresses[:MOST_ADDRESSES]
        for tried, address in enumerate(tries):
            try:
                return Socket.open(address, port, budget, budget.seconds() / (len(tries) - tried))
            except DialError as error:
                failures.append(error)
        for kind in _CLEAREST:
            for failure in failures:
                if isinstance(failure, kind):
                    raise failure
        raise Unreachable(f"{host} has no address.")

    def secure(
        self,
        sock: Socket,
        host: str,
        port: int,
        budget: Budget,
        pins: Iterable[Trusted] = (),
        *,
        speaks: Speaks = "imap",
        prelude: Callable[[Socket], None] | None = None,
        explain: bool = True,
    ) -> TlsSocket:
        """Encrypt `sock` with TLS 1.2 or newer and check the certificate before anything else is sent.

        Where `pins` hold a pin for this host and port, the certificate must be exactly that one. Else it must verify
        for `host`, by the system's roots or by an authority that `pins` hold for this host.
        `speaks` is the protocol expected behind TLS. `prelude` brings another connection to where the handshake
        starts, for STARTTLS. Other connections are made only to look at a certificate that was refused, and none
        without `explain`: nobody is asked to repair what a stranger's server presents.

        Raises CertificateRefused, CertificateChanged, TlsWrongPort, TlsProtocol, WrongProtocol, other DialErrors.
        """
        sock.budget = budget
        name = canonical(host)
        mine = [one for one in pins if canonical(one.host) == name]
        pinned = {one.sha256.upper() for one in mine if isinstance(one, Pin) and one.port == port}
        vouching = [one.pem for one in mine if isinstance(one, Authority)]
        trust = self._trust
        context = trust.looking if pinned else trust.beside(vouching) if vouching else trust.verifying

        def look(context: ssl.SSLContext) -> TlsSocket:
            again = Socket.open(sock.address, sock.port, budget, budget.seconds())
            if prelude is not None:
                with _closed_on_failure(again):
                    prelude(again)
            return self._handshake(again, context, name, speaks, after_starttls=prelude is not None)

        try:
            tls = self._handshake(sock, context, name, speaks, after_starttls=prelude is not None)
        except ssl.SSLCertVerificationError as error:
            refused = CertificateRefused(error, None)
            unknown = refused.code == UNTRUSTED
            refused.certificate = self._shown(look, host, port, offer=unknown) if explain else None
            if vouching and unknown:
                raise CertificateChanged(refused.certificate) from error
            raise refused from error
        if pinned and fingerprint(tls.getpeercert(binary_form=True)) not in pinned:
            chain = tls.presented()
            tls.close()
            raise CertificateChanged(self._described(chain, look, host, port, offer=True))
        return tls

    def imap(self, sock: Socket, host: str) -> Imap:
        """Read the greeting of an IMAP server and return the client for it.

        Raises WrongProtocol, Goodbye, TlsWrongPort, other DialErrors.
        """
        with _closed_on_failure(sock):
            self._greeted(sock, host, "imap")
            return Imap(sock, host)

    def smtp(self, sock: Socket, host: str) -> Smtp:
        """Read the greeting of an SMTP server and return the client for it; over TLS, EHLO has been said.

        Raises WrongProtocol, Goodbye, TlsWrongPort, other DialErrors.
        """
        with _closed_on_failure(sock):
            self._greeted(sock, host, "smtp")
            client = Smtp(sock, host, self._helo)
            if sock.encrypted:
                client.greet()
            return client

    def starttls(self, client: Client, host: str, port: int, budget: Budget, pins: Iterable[Trusted] = ()) -> None:
        """Encrypt the connection of `client`, which goes on with what the server says from then on.

        Raises EncryptionNotOffered, and all that `secure` raises.
        """
        speaks: Speaks = "imap" if isinstance(client, Imap) else "smtp"

        def prelude(again: Socket) -> None:
            self._open(again, host, speaks).ask_starttls()

        with _closed_on_failure(client.connection):
            client.ask_starttls()
            client.go_on(self.secure(client.connection, host, port, budget, pins, speaks=speaks, prelude=prelude))

    def _open(self, sock: Socket, host: str, speaks: Speaks) -> Client:
        return self.imap(sock, host) if speaks == "imap" else self.smtp(sock, host)

    def _refuse(self, addresses: Iterable[str], port: int) -> None:
        if any(refusal(address, port, self._policy) for address in addresses):
            raise AddressRefused("The address or the port is not allowed.")

    def _handshake(
        self, sock: Socket, context: ssl.SSLContext, name: str, speaks: Speaks, *, after_starttls: bool
    ) -> TlsSocket:
        try:
            with _closed_on_failure(sock):
                tls = TlsSocket(sock, context, name)
                if not after_starttls and speaks != "http":
                    self._notice_unanswered(tls)
                tls.handshake()
                return tls
        except Plaintext as answer:
            seen, text = greetings.protocol(answer.head), clean(answer.head.partition(b"\n")[0])
            if seen == speaks and not after_starttls:
                raise TlsWrongPort("The server speaks plain text here.", server_text=text) from answer
            raise WrongProtocol("unknown" if seen == speaks else seen, server_text=text) from answer

    def _shown(self, look: Look, host: str, port: int, *, offer: bool) -> Certificate | None:
        """Read the certificate over a second connection, within the same budget; nothing else is sent on it."""
        try:
            tls = look(self._trust.looking)
        except DialError:
            return None
        chain = tls.presented()
        tls.close()
        return self._described(chain, look, host, port, offer=offer)

    def _described(
        self, chain: Sequence[bytes], look: Look, host: str, port: int, *, offer: bool
    ) -> Certificate | None:
        """Return the first certificate of `chain`; with `offer` also the private authority that the server sends.

        The authority is tried over a connection of its own: it is offered only when the very handshake that trusting
        it leads to passes.
        """
        found = Certificate.read(chain[0], host, port) if chain else None
        authority = issuing_authority(chain, host) if offer and found else None
        if found is None or authority is None:
            return found
        try:
            look(self._trust.only(authority.pem)).close()
        except (DialError, ssl.SSLCertVerificationError):
            return found
        return replace(found, authority=authority)

    def _greeted(self, sock: Socket, host: str, speaks: Speaks) -> None:
        self._notice_silence(sock, host)
        line = greetings.first_line(sock, speaks)
        if not sock.encrypted and greetings.protocol(line) == "tls":
            raise TlsWrongPort("The server speaks TLS from the start here.")
        greetings.check(line, speaks)

    def _notice_silence(self, sock: Socket, host: str) -> None:
        """Wait half of the stage for a first word, then see whether the server waits for a client that speaks first.

        A slow greeting is still waited for afterwards. At port 25 servers punish clients that do not wait for them.
        """
        try:
            sock.fill(sock.budget.seconds() / 2)
        except StageTimeout:
            context, name = self._trust.looking, canonical(host)
            if sock.encrypted:
                seen = silence.of_encrypted_greeting(sock, context, name)
            else:
                seen = "unknown" if sock.port == SMTP_RELAY else silence.of_greeting(sock, context, name)
            if seen == "tls":
                raise TlsWrongPort("The server speaks TLS from the start here.") from None
            if seen == "http":
                raise WrongProtocol(seen) from None

    def _notice_unanswered(self, tls: TlsSocket) -> None:
        """Open the handshake and wait half of the stage for an answer, then see whether a web server listens."""
        try:
            tls.hello(tls.budget.seconds() / 2)
        except StageTimeout:
            if silence.of_handshake(tls) == "http":
                raise WrongProtocol("http") from None


def _named(helo: str) -> str:
    """Return what follows EHLO: a name as it is, an IP address as the literal that RFC 5321, 4.1.3 wants it to be."""
    try:
        address = ip_address(helo)
    except ValueError:
        return helo if _HELO.fullmatch(helo) else NAMELESS
    if isinstance(address, IPv4Address):
        return f"[{address}]"
    return NAMELESS if address.scope_id else f"[IPv6:{address}]"


@contextmanager
def _closed_on_failure(sock: Socket) -> Iterator[None]:
    passed = False
    try:
        yield
        passed = True
    finally:
        if not passed:
            sock.close()


def close(sock: Socket | Client | None) -> None:
    """Close a connection or a client's connection at once: nothing is waited for, and nothing raised."""
    if sock is not None:
        (sock if isinstance(sock, Socket) else sock.connection).close()


__all__ = [
    "Authority",
    "Budget",
    "Certificate",
    "Client",
    "Dialer",
    "Imap",
    "Limits",
    "Pin",
    "Smtp",
    "Socket",
    "TlsSocket",
    "Trust",
    "Trusted",
    "close",
]
