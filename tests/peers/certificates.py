"""Certificates of every kind a mail server may present, made anew into a folder that the caller gives."""

import hashlib
import secrets
import ssl
from collections.abc import Sequence
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
PRIVATE_HOST = "private.example.test"
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def sha256(self) -> str:
        """The fingerprint as "AB:CD:…"."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).digest().hex(":").upper()

    @property
    def chain(self) -> list[str]:
        """The certificates of the file as PEM, its own first."""
        end = "-----END CERTIFICATE-----\n"
        return [part + end for part in self.certificate.read_text().split(end) if part.strip()]

    @property
    def pem(self) -> str:
        """Its own certificate."""
        return self.chain[0]

    def context(self) -> ssl.SSLContext:
        """Return what a server presents this certificate with, and those behind it in the file."""
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
    private: Identity
    private_renewed: Identity
    private_bare: Identity
    private_wrong_host: Identity
    private_expired: Identity
    private_below: Identity
    private_other: Identity
    private_powerless: Identity

    @property
    def private_ca(self) -> str:
        """The authority that the private ones are issued by, as PEM; `private_other` has one of the same name."""
        return self.private.chain[1]

    def issue(self, host: str) -> Identity:
        """Return a new certificate for a host name, issued by `ca`."""
        return _Maker(self.ca.parent, self.ca).issue(f"{host}-{secrets.token_hex(4)}", host=host)


def make(folder: Path) -> Certificates:
    """Write a certificate authority and one certificate of each kind into `folder`."""
    maker = _Maker(folder)
    works = _Authority("Works CA")
    below = works.subordinate("Works CA, mail")
    return Certificates(
        ca=maker.ca,
        good=maker.issue("good"),
        for_address=maker.issue("for-address", host=ADDRESS),
        wrong_host=maker.issue("wrong-host", host=OTHER_HOST),
        expired=maker.issue("expired", begins=-30, ends=-1),
        not_yet_valid=maker.issue("not-yet-valid", begins=1, ends=30),
        self_signed=maker.issue("self-signed", self_signed=True),
        changed=maker.issue("changed", self_signed=True),
        private=maker.issue("private", by=works, host=HOST, also=PRIVATE_HOST, sent=[works]),
        private_renewed=maker.issue("private-renewed", by=works, host=HOST, also=PRIVATE_HOST, sent=[works]),
        private_bare=maker.issue("private-bare", by=works),
        private_wrong_host=maker.issue("private-wrong-host", by=works, host=OTHER_HOST, sent=[works]),
        private_expired=maker.issue("private-expired", by=works, begins=-30, ends=-1, sent=[works]),
        # The order is up to the server.
        private_below=maker.issue("private-below", by=below, sent=[works, below]),
        private_other=maker.issue("private-other", by=(other := _Authority("Works CA")), sent=[other]),
        private_powerless=maker.issue("private-powerless", by=(meek := _Authority("Meek", ca=False)), sent=[meek]),
    )


class _Authority:
    """A key and the certificate that lets it issue others, unless it is no authority at all."""

    def __init__(self, name: str, *, ca: bool = True, by: "_Authority | None" = None) -> None:
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), _name(name)
        signer = by or self
        self.certificate = (
            _builder(self.name, signer.name, self.key, -60, 60)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(signer.key, hashes.SHA256())
        )

    @classmethod
    def read(cls, file: Path) -> "_Authority":
        """Return the authority that was written beside its key."""
        found = cls.__new__(cls)
        key = serialization.load_pem_private_key(_key_of(file).read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        found.key, found.certificate = key, x509.load_pem_x509_certificate(file.read_bytes())
        found.name = found.certificate.subject
        return found

    def subordinate(self, name: str) -> "_Authority":
        return _Authority(name, by=self)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


class _Maker:
    def __init__(self, folder: Path, ca: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.ca = folder, ca or folder / "ca.pem"
        if ca is not None:
            self.authority = _Authority.read(ca)
            return
        self.authority = _Authority("Test CA")
        self.ca.write_bytes(self.authority.pem)
        _write_key(_key_of(self.ca), self.authority.key)

    def issue(
        self,
        label: str,
        *,
        host: str = HOST,
        also: str | None = None,
        begins: int = -30,
        ends: int = 30,
        self_signed: bool = False,
        by: _Authority | None = None,
        sent: Sequence[_Authority] = (),
    ) -> Identity:
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(host)
        authority = by or self.authority
        issuer, signer = (name, key) if self_signed else (authority.name, authority.key)
        names = [_alternative(one) for one in (host, also) if one]
        certificate = (
            _builder(name, issuer, key, begins, ends)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )
        identity = Identity(self.folder / f"{label}.pem", self.folder / f"{label}.key")
        own = certificate.public_bytes(serialization.Encoding.PEM)
        identity.certificate.write_bytes(b"".join([own, *(one.pem for one in sent)]))
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
