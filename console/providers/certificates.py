"""Certificates as servers present them, and two ways to trust one that does not verify: exactly it, or its issuer."""

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from console.providers.errors import clean

# Longer chains than this lead nowhere that a mail server's administrator meant.
LONGEST_CHAIN = 10
MOST_NAMES = 20


@dataclass(frozen=True)
class Pin:
    """A certificate that somebody chose to trust at `host` and `port`, by its SHA-256 ("AB:CD:…")."""

    host: str
    port: int
    sha256: str


@dataclass(frozen=True)
class Authority:
    """A private authority that somebody chose to trust for certificates of `host`, at every port of it.

    It vouches for that host alone. Name, dates and encryption are checked as ever. Dates are aware UTC.
    """

    host: str
    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    pem: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; dates as ISO 8601."""
        return {
            "host": self.host,
            "sha256": self.sha256,
            "subject": self.subject,
            "issuer": self.issuer,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
            "pem": self.pem,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises KeyError or ValueError for anything else."""
        host, sha256, subject, issuer, pem = (
            str(data[name]) for name in ("host", "sha256", "subject", "issuer", "pem")
        )
        begins, ends = _dates(data)
        return cls(host, sha256, subject, issuer, begins, ends, pem)

    @property
    def self_signed(self) -> bool:
        """True when the authority names itself as its issuer, as a root does."""
        return self.subject == self.issuer


# What counts beside the roots of the system, for the servers they name and nowhere else.
Trusted = Pin | Authority


@dataclass(frozen=True)
class Certificate:
    """What a server presented: enough to compare it with what its operator says. Dates are aware UTC.

    `names` are the hosts it is made out for. `authority` is the private authority that could be trusted instead: the
    server sends it, and everything but its being unknown is right.
    """

    host: str
    port: int
    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    authority: Authority | None = None

    @property
    def self_signed(self) -> bool:
        """True when the certificate names itself as its issuer."""
        return self.subject == self.issuer

    @classmethod
    def read(cls, der: bytes, host: str, port: int) -> Self | None:
        """Return the certificate in `der`, or None when it cannot be read."""
        try:
            found = x509.load_der_x509_certificate(der)
            subject, issuer = _name(found.subject), _name(found.issuer)
            not_before, not_after = found.not_valid_before_utc, found.not_valid_after_utc
        except (ValueError, TypeError, x509.InvalidVersion):
            return None
        return cls(host, port, fingerprint(der), subject, issuer, not_before, not_after, _names(found))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; dates as ISO 8601."""
        return {
            "host": self.host,
            "port": self.port,
            "sha256": self.sha256,
            "subject": self.subject,
            "issuer": self.issuer,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
            "names": list(self.names),
            "authority": self.authority.to_dict() if self.authority else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises KeyError or ValueError for anything else."""
        host, sha256, subject, issuer = (str(data[name]) for name in ("host", "sha256", "subject", "issuer"))
        begins, ends = _dates(data)
        names = tuple(str(name) for name in data.get("names") or ())
        authority = Authority.from_dict(data["authority"]) if data.get("authority") else None
        return cls(host, int(data["port"]), sha256, subject, issuer, begins, ends, names, authority)


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate as "AB:CD:…", the form that browsers and openssl show."""
    return hashlib.sha256(der).digest().hex(":").upper()


def issuing_authority(chain: Sequence[bytes], host: str) -> Authority | None:
    """Return the authority at the end of a presented chain (DER, the server's own certificate first).

    None when the server sent no certificate but its own, or one above it may not issue certificates (RFC 5280,
    4.2.1.9 and 4.2.1.3). Whether the chain verifies with it is for a handshake to say.
    """
    try:
        above = [x509.load_der_x509_certificate(der) for der in chain[:LONGEST_CHAIN]]
        below = above.pop(0)
        found: x509.Certificate | None = None
        # Servers may send the rest in any order (RFC 8446, 4.4.2), and certificates that belong to no chain.
        while (issuer := next((one for one in above if _issued(one, below)), None)) is not None:
            above.remove(issuer)
            found = below = issuer
        if found is None or not _may_issue(found):
            return None
        der = found.public_bytes(Encoding.DER)
        subject, issuer_name = _name(found.subject), _name(found.issuer)
        dates = found.not_valid_before_utc, found.not_valid_after_utc
    except (IndexError, ValueError, TypeError, x509.InvalidVersion):
        return None
    return Authority(host, fingerprint(der), subject, issuer_name, *dates, ssl.DER_cert_to_PEM_cert(der))


def _issued(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    if issuer == subject:
        return False
    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        if not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def _name(name: x509.Name) -> str:
    return clean(name.rfc4514_string().encode())


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    return tuple(clean(name.encode()) for name in names[:MOST_NAMES])


def _dates(data: Mapping[str, Any]) -> tuple[datetime, datetime]:
    begins, ends = (datetime.fromisoformat(str(data[name])).astimezone(UTC) for name in ("not_before", "not_after"))
    return begins, ends
