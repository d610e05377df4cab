"""How a web server lets people sign in with a password: what it offers, and what is sent for it.

Sources: RFC 7617 (Basic), [MS-NTHT] (NTLM over HTTP, which signs in a connection and not a request), RFC 5929 (the
binding to the certificate, which Exchange asks for where Extended Protection is on).
"""

import base64
import binascii
import hashlib
import logging
import re
import struct
from collections.abc import Sequence
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from console.providers.errors import DialError
from console.providers.mechanisms import NoCommonMechanism

NTLM, BASIC, NEGOTIATE, BEARER = "NTLM", "Basic", "Negotiate", "Bearer"
KNOWN = (NTLM, BASIC, NEGOTIATE, BEARER, "Digest")
"""The schemes that are told to people, in the order in which they are told."""

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s*(?:,|$)|\s+[^=,\s])")
_CHALLENGE = re.compile(r"(?:^|,)\s*NTLM\s+([A-Za-z0-9+/]+=*)", re.IGNORECASE)
# Its debug messages hold what is sent.
logging.getLogger("spnego").setLevel(logging.CRITICAL + 1)


class BadChallenge(DialError):
    """The server went through a sign-in in a way that no server does."""

    code = "server-error"


class OnlyKerberos(DialError):
    """The server offers Negotiate alone."""

    code = "exchange-negotiate-only"


class OnlyBearer(DialError):
    """The server takes tokens of Microsoft's sign-in alone (hybrid modern authentication)."""

    code = "exchange-sign-in-elsewhere"


def offered(challenges: str) -> tuple[str, ...]:
    """Return the schemes in the values of WWW-Authenticate (RFC 9110, 11.6.1), in the order of `KNOWN`."""
    found = {scheme.casefold() for scheme in _SCHEME.findall(_QUOTED.sub('""', challenges))}
    return tuple(scheme for scheme in KNOWN if scheme.casefold() in found)


def chosen(schemes: Sequence[str]) -> str:
    """Return the scheme to sign in with: NTLM before Basic, because it does not hand the password over.

    Raises OnlyKerberos, OnlyBearer, NoCommonMechanism.
    """
    for scheme in (NTLM, BASIC):
        if scheme in schemes:
            return scheme
    said = ", ".join(schemes)
    if NEGOTIATE in schemes:
        raise OnlyKerberos(server_text=said)
    if BEARER in schemes:
        raise OnlyBearer(server_text=said)
    raise NoCommonMechanism(server_text=said)


def spare(schemes: Sequence[str]) -> str | None:
    """Return the scheme for a server that offers NTLM and does not go through with it; None where there is none."""
    return BASIC if NTLM in schemes and BASIC in schemes else None


class SignIn(Protocol):
    """What signs in over one connection, or with each request."""

    scheme: str
    """Its name, one of `KNOWN`."""

    binds: bool
    """Whether a connection is signed in, by a first step of its own, and not each request."""

    def first(self, certificate: bytes | None) -> str:
        """Return the Authorization of the first step. `certificate` is the server's, DER."""

    def second(self, challenges: str) -> str:
        """Return the Authorization that answers the challenge in WWW-Authenticate. Raises BadChallenge."""


class Basic:
    """User name and password with every request, as UTF-8."""

    scheme = BASIC
    binds = False

    def __init__(self, username: str, password: str) -> None:
        self._value = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")

    def first(self, certificate: bytes | None) -> str:
        """Return user name and password."""
        return f"Basic {self._value}"

    def second(self, challenges: str) -> str:
        """Return nothing new: there is one step only."""
        raise BadChallenge("Basic knows no second step.")


class Ntlm:
    """NTLMv2, bound to the certificate of the server; the password itself is never sent."""

    scheme = NTLM
    binds = True

    def __init__(self, username: str, password: str, host: str) -> None:
        # An address as user name has no domain beside it; the server is not to be asked for one.
        self._username = f"\\{username}" if "@" in username and "\\" not in username else username
        self._password, self._host = password, host
        self._context: object = None

    def first(self, certificate: bytes | None) -> str:
        """Return the NEGOTIATE_MESSAGE of a new connection."""
        import spnego
        from spnego.channel_bindings import GssChannelBindings

        bound = end_point(certificate) if certificate else None
        self._context = spnego.client(
            self._username,
            self._password,
            hostname=self._host,
            service="http",
            protocol="ntlm",
            options=spnego.NegotiateOptions.use_ntlm,
            channel_bindings=GssChannelBindings(application_data=b"tls-server-end-point:" + bound) if bound else None,
        )
        return f"NTLM {self._step(None)}"

    def second(self, challenges: str) -> str:
        """Return the AUTHENTICATE_MESSAGE."""
        found = _CHALLENGE.search(challenges)
        if found is None:
            raise BadChallenge("The server offers NTLM and does not go through with it.")
        try:
            return f"NTLM {self._step(base64.b64decode(found[1], validate=True))}"
        except binascii.Error:
            raise BadChallenge("The challenge of the server cannot be read.") from None

    def _step(self, challenge: bytes | None) -> str:
        from spnego.exceptions import SpnegoError

        try:
            message = self._context.step(challenge)  # type: ignore[attr-defined]  # a context of spnego
        except (SpnegoError, ValueError, TypeError, LookupError, OverflowError, struct.error):
            raise BadChallenge("The challenge of the server cannot be read.") from None
        return base64.b64encode(message or b"").decode("ascii")


def end_point(certificate: bytes) -> bytes | None:
    """Return the tls-server-end-point binding of a certificate, DER (RFC 5929, 4.1); None where it has none."""
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return None
    if algorithm is None or isinstance(algorithm, (hashes.MD5, hashes.SHA1)):
        return hashlib.sha256(certificate).digest()
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    return digest.finalize()
