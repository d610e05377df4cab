"""TLS over a held connection: whom it trusts, and handshakes whose bytes and time count."""

import contextlib
import ssl
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from console.providers.errors import ConnectionLost, DialError, StageTimeout, TlsProtocol, WrongProtocol
from console.providers.sockets import CHUNK, Socket

T = TypeVar("T")

# Record types that a TLS server may open with (RFC 8446, 5.1): change_cipher_spec, alert, handshake.
_RECORDS = (b"\x14", b"\x15", b"\x16")
# Contexts with private authorities are kept for so many sets of them.
CONTEXTS_KEPT = 16
# Enough of a plaintext answer to tell protocols apart.
HEAD = 64
# What OpenSSL says about bytes that are no TLS at all; every other failure is TLS that does not suit.
_GARBAGE = frozenset({
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "BAD_PACKET_LENGTH",
    "BAD_RECORD_TYPE", "DATA_LENGTH_TOO_LONG", "ENCRYPTED_LENGTH_TOO_LONG", "EXCESSIVE_MESSAGE_SIZE", "LENGTH_MISMATCH",
    "LENGTH_TOO_SHORT", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE", "UNEXPECTED_RECORD", "UNKNOWN_ALERT_TYPE",
    "INVALID_ALERT", "RECORD_TOO_SMALL", "RECORD_LENGTH_MISMATCH",
})  # fmt: skip


class Trust:
    """Which certificates count: the system's roots and, beside them, those in `ca_file` (PEM).

    The contexts are made once and when first needed, since loading the system's roots takes longer than a handshake.
    Raises OSError or ssl.SSLError when `ca_file` cannot be used.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        if ca_file is not None:
            self._context().load_verify_locations(cafile=ca_file)
        self.looking = self._context()
        self.looking.check_hostname = False
        self.looking.verify_mode = ssl.CERT_NONE
        self._beside = lru_cache(CONTEXTS_KEPT)(self._made_beside)

    @cached_property
    def verifying(self) -> ssl.SSLContext:
        """What accepts certificates of the system's roots and of `ca_file`."""
        return self._with_roots()

    def beside(self, authorities: Iterable[str]) -> ssl.SSLContext:
        """Return what also accepts certificates of these authorities (PEM); for the hosts they are trusted for only."""
        return self._beside(tuple(sorted(set(authorities))))

    def _made_beside(self, authorities: tuple[str, ...]) -> ssl.SSLContext:
        return _add(self._with_roots(), authorities)

    def only(self, authority: str) -> ssl.SSLContext:
        """Return what accepts certificates of this authority (PEM) and of nobody else."""
        context = self._context()
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return _add(context, (authority,))

    def _with_roots(self) -> ssl.SSLContext:
        context = self._context()
        context.load_default_certs()
        # A company's file may hold an intermediate authority only; trusting it must be enough.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self._ca_file is not None:
            context.load_verify_locations(cafile=self._ca_file)
        return context

    @staticmethod
    def _context() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A renegotiation could bring another certificate after the first was compared with a pin.
        context.options |= ssl.OP_NO_RENEGOTIATION
        return context


def _add(context: ssl.SSLContext, authorities: Iterable[str]) -> ssl.SSLContext:
    """Add authorities (PEM) to a context; one that cannot be read vouches for nothing."""
    for pem in authorities:
        with contextlib.suppress(ssl.SSLError, ValueError, TypeError):
            context.load_verify_locations(cadata=pem)
    return context


def is_record(data: bytes) -> bool:
    """Return whether `data` begins like a TLS record: a type that servers open with, and version 3.x."""
    return data[:1] in _RECORDS and data[1:2] in (b"", b"\x03")


class Plaintext(Exception):
    """The peer answered a handshake in plain text; `head` is its beginning."""

    def __init__(self, head: bytes) -> None:
        super().__init__("The answer to the handshake is not TLS.")
        self.head = head


class TlsSocket(Socket):
    """TLS over the connection of a plain `Socket`, which it takes over. Bytes are counted as they go over the line."""

    encrypted = True

    def __init__(self, plain: Socket, context: ssl.SSLContext, name: str) -> None:
        super().__init__(plain.raw, plain.address, plain.port, plain.budget)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._early = b""
        self._answered = self._agreed = False

    def hello(self, seconds: float) -> bytes:
        """Open the handshake and return what comes first within `seconds`; `handshake` goes on from there.

        Raises StageTimeout when nothing comes, another DialError when the connection ends.
        """
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self._flush()
        self._early = super().pull(seconds)
        return self._early

    def handshake(self) -> None:
        """Agree on keys and check the certificate as the context says.

        Raises ssl.SSLCertVerificationError, Plaintext, TlsProtocol, WrongProtocol or another DialError.
        """
        self._run(self._tls.do_handshake)
        self._agreed = True

    def pull(self, seconds: float | None = None) -> bytes:
        """Read once from the peer, decrypted; empty at the end of the stream."""
        return self._run(lambda: self._tls.read(CHUNK), seconds)

    def push(self, data: bytes) -> None:
        """Encrypt and write all of `data` to the peer."""
        self._run(lambda: self._tls.write(data))

    def getpeercert(self, binary_form: bool = False) -> Any:
        """Return the peer's certificate, as `ssl.SSLSocket.getpeercert` does."""
        return self._tls.getpeercert(binary_form)

    def presented(self) -> list[bytes]:
        """Return all certificates that the peer sent, as DER, its own first; unverified.

        Only its own where this Python has no way to tell the others.
        """
        own = self.getpeercert(binary_form=True)
        return self._chain("get_unverified_chain") or ([own] if own else [])

    def verified(self) -> list[bytes]:
        """Return the chain from the peer's certificate to the authority that vouched for it, as DER.

        Empty where nothing was verified, or where this Python has no way to tell.
        """
        return self._chain("get_verified_chain")

    def _chain(self, name: str) -> list[bytes]:
        # Python has both chains from 3.10 on (bpo-18233), and offers them in public from 3.13 on.
        public = getattr(self._tls, name, None)
        if public is not None:
            return [bytes(der) for der in public()]
        private = getattr(getattr(self._tls, "_sslobj", None), name, None)
        return [ssl.PEM_cert_to_DER_cert(found.public_bytes()) for found in private() or ()] if private else []

    def tls_version(self) -> str:
        """Return the TLS version, such as "TLSv1.3"."""
        return self._tls.version() or ""

    def close(self) -> None:
        """Close at once. The goodbye of TLS is sent where that costs nothing, and never waited for."""
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        self._flush_if_possible()
        super().close()

    def _run(self, step: Callable[[], T], seconds: float | None = None) -> T:
        """Repeat `step`, carrying bytes between it and the line, until it needs no more of them."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                self._incoming.write(self._from_line(seconds))
            except ssl.SSLCertVerificationError:
                self._flush_if_possible()
                raise
            except ssl.SSLError as error:
                self._flush_if_possible()
                raise self._failure(error) from error
            else:
                self._flush()
                return result

    def _from_line(self, seconds: float | None) -> bytes:
        data, self._early = self._early or super().pull(seconds), b""
        if not data:
            raise ConnectionLost("The server closed the connection.")
        if self._answered:
            return data
        self._answered = True
        if is_record(data):
            return data
        with contextlib.suppress(StageTimeout):
            while len(data) < HEAD and b"\n" not in data and (more := super().pull(self.budget.seconds() / 4)):
                data += more
        raise Plaintext(data[:HEAD])

    def _failure(self, error: ssl.SSLError) -> DialError:
        reason = error.reason or ""
        if self._agreed and "ALERT" not in reason:
            return ConnectionLost("The encrypted connection broke.")
        if reason in _GARBAGE:
            return WrongProtocol("unknown")
        return TlsProtocol("No common TLS version or cipher.", server_text=reason.replace("_", " ").lower())

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            super().push(data)

    def _flush_if_possible(self) -> None:
        data = self._outgoing.read()
        with contextlib.suppress(OSError):
            self.raw.setblocking(False)
            self.raw.send(data)
