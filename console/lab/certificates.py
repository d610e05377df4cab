"""What a stand-in presents over TLS: certificates of the lab's authority, and those that no client should take."""

import ssl
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

GOOD, SELF_SIGNED, EXPIRED, WRONG_NAME, UNKNOWN = "good", "self-signed", "expired", "wrong-name", "unknown-authority"


class Presented:
    """Server contexts by kind and host name, each made once; thread-safe."""

    def __init__(self, authority: trustme.CA) -> None:
        self._authority, self._stranger = authority, trustme.CA(organization_name="Somebody else's authority")
        self._made: dict[tuple[str, str], tuple[ssl.SSLContext, bytes]] = {}
        self._lock = threading.Lock()

    def context(self, kind: str, host: str) -> ssl.SSLContext:
        """Return what presents a certificate of this kind to whoever asked for the host."""
        return self._of(kind, host)[0]

    def der(self, kind: str, host: str) -> bytes:
        """Return that certificate, DER."""
        return self._of(kind, host)[1]

    def _of(self, kind: str, host: str) -> tuple[ssl.SSLContext, bytes]:
        with self._lock:
            if (kind, host) not in self._made:
                self._made[kind, host] = _makers(self._authority, self._stranger)[kind](host)
            return self._made[kind, host]


def _makers(authority: trustme.CA, stranger: trustme.CA) -> dict[str, Callable[[str], tuple[ssl.SSLContext, bytes]]]:
    now = datetime.now(UTC)
    began, ended = now - timedelta(days=400), now - timedelta(days=3)
    return {
        GOOD: lambda host: _of(authority.issue_cert(host)),
        EXPIRED: lambda host: _of(authority.issue_cert(host, not_before=began, not_after=ended)),
        WRONG_NAME: lambda host: _of(authority.issue_cert(f"www.{host.partition('.')[2]}")),
        UNKNOWN: lambda host: _of(stranger.issue_cert(host)),
        SELF_SIGNED: _self_signed,
    }


def _of(leaf: trustme.LeafCert) -> tuple[ssl.SSLContext, bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context, ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode("ascii"))


def _self_signed(host: str) -> tuple[ssl.SSLContext, bytes]:
    """Return what the set-up of an Exchange server leaves behind until somebody buys a certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host.partition(".")[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=5 * 365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="console-lab-") as folder:
        file = Path(folder, "self-signed.pem")
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context, certificate.public_bytes(serialization.Encoding.DER)
