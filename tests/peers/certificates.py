"""Certificates of every kind a mail server may present, made anew into a folder that the caller gives."""

import hashlib
import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "mail.example.test"
OTHER_HOST = "elsewhere.example.test"
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def sha256(self) -> str:
        """The fingerprint as "AB:CD:…"."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.read_text())).digest().hex(":").upper()

    def context(self) -> ssl.SSLContext:
        """Return what a server presents this certificate with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class Certificates:
    """All kinds. Those that are not self-signed are issued by `ca`."""

    ca: Path
    good: Identity
    for_address: Identity
    wrong_host: Identity
    expired: Identity
    not_yet_valid: Identity
    self_signed: Identity
    changed: Identity

    def issue(self, host: str) -> Identity:
        """Return a new certificate for a host name, issued by `ca`."""
        return _Maker(self.ca.parent, self.ca).issue(f"{host}-{secrets.token_hex(4)}", host=host)


def make(folder: Path) -> Certificates:
    """Write a certificate authority and one certificate of each kind into `folder`."""
    maker = _Maker(folder)
    return Certificates(
        ca=maker.ca,
        good=maker.issue("good"),
        for_address=maker.issue("for-address", host=ADDRESS),
        wrong_host=maker.issue("wrong-host", host=OTHER_HOST),
        expired=maker.issue("expired", begins=-30, ends=-1),
        not_yet_valid=maker.issue("not-yet-valid", begins=1, ends=30),
        self_signed=maker.issue("self-signed", self_signed=True),
        changed=maker.issue("changed", self_signed=True),
    )


class _Maker:
    def __init__(self, folder: Path, ca: Path | None = None) -> None:
        self.folder, self.name = folder, _name("Test CA")
        self.ca = ca or folder / "ca.pem"
        if ca is None:
            folder.mkdir(parents=True, exist_ok=True)
            self.key = ec.generate_private_key(ec.SECP256R1())
            self._found()
        else:
            kept = serialization.load_pem_private_key(_key_of(ca).read_bytes(), None)
            assert isinstance(kept, ec.EllipticCurvePrivateKey)
            self.key = kept

    def _found(self) -> None:
        certificate = (
            _builder(self.name, self.name, self.key, -60, 60)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(_key_of(self.ca), self.key)

    def issue(
        self, label: str, *, host: str = HOST, begins: int = -30, ends: int = 30, self_signed: bool = False
    ) -> Identity:
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(host)
        issuer, signer = (name, key) if self_signed else (self.name, self.key)
        certificate = (
            _builder(name, issuer, key, begins, ends)
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )
        identity = Identity(self.folder / f"{label}.pem", self.folder / f"{label}.key")
        identity.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(identity.key, key)
        return identity


def _key_of(ca: Path) -> Path:
    return ca.with_suffix(".key")


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file.chmod(0o600)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: int, ends: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
    )
