"""What can go wrong on the way to a server, by type. None of them is an OSError: imaplib and smtplib translate those.

`code` is the slug of the problem when the type alone decides it, else None; `server_text` is what the server said, as
short clean text. The sentences people read live in the catalogue of problems, not here.
"""

import ssl
import unicodedata
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from console.providers.certificates import Certificate

LONGEST_TEXT = 300


def clean(data: bytes) -> str:
    """Return what a server said as one short line of text; what is not UTF-8 is read as Latin-1."""
    data = data[: 4 * LONGEST_TEXT]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    # Control and format characters could reorder or hide text where it is shown.
    kept = "".join(" " if unicodedata.category(character).startswith("C") else character for character in text)
    return " ".join(kept.split())[:LONGEST_TEXT]


class DialError(Exception):
    """The way to a server ended here."""

    code: str | None = None

    def __init__(self, message: str = "", *, server_text: str = "") -> None:
        super().__init__(message)
        self.server_text = server_text


class NameNotFound(DialError):
    """The host name does not exist or has no address."""

    code = "dns-not-found"


class NameTrouble(DialError):
    """The host name could not be looked up now."""

    code = "dns-temporary"


class AddressRefused(DialError):
    """The network policy refuses an address of the host, or the port. Which address it was is not told."""

    code = "address-not-allowed"


class StageTimeout(DialError):
    """The time of the stage, or of the whole check, is used up."""

    code = "connection-timeout"


class ConnectionRefused(DialError):
    """Nothing listens at the port, or a firewall rejects."""

    code = "connection-refused"


class ConnectionLost(DialError):
    """The server closed or reset the connection."""

    code = "connection-reset"


class Unreachable(DialError):
    """No route leads from here to the server."""

    code = "network-unreachable"


class TooMuchData(DialError):
    """More bytes went over the line than a mail server needs in one stage."""

    code = "wrong-server"


class WrongProtocol(DialError):
    """What answered speaks another protocol. `seen` is pop3, http, ssh, imap, smtp, ftp, tls or unknown."""

    code = "wrong-server"

    def __init__(self, seen: str, *, server_text: str = "") -> None:
        name = NAMES.get(seen)
        super().__init__(f"The server speaks {name}." if name else "The server speaks another protocol.")
        self.seen = seen
        # The name of the protocol belongs to the text: "+OK ready" alone tells few people that this is POP3.
        self.server_text = f"{name}: {server_text}" if name and server_text else server_text or name or ""


NAMES = {"pop3": "POP3", "http": "HTTP", "ssh": "SSH", "imap": "IMAP", "smtp": "SMTP", "ftp": "FTP", "tls": "TLS"}


class TlsWrongPort(DialError):
    """TLS from the start and STARTTLS are mixed up."""

    code = "tls-wrong-port"


class TlsProtocol(DialError):
    """No common TLS version or cipher; below TLS 1.2 counts as none."""

    code = "tls-protocol"


class EncryptionNotOffered(DialError):
    """The server offers no STARTTLS, or refuses it."""

    code = "encryption-not-offered"


class Goodbye(DialError):
    """The server ended the conversation by itself; `server_text` says why and decides the problem."""


class CertificateRefused(DialError):
    """The certificate does not verify. Nothing but the handshake was sent.

    `certificate` is what the server presented, or None where it could not be read; `verify_code` and `verify_message`
    are OpenSSL's.
    """

    CODES: ClassVar[dict[int, str]] = {
        9: "tls-expired",  # not yet valid
        10: "tls-expired",
        62: "tls-hostname-mismatch",
        64: "tls-hostname-mismatch",  # an IP address that the certificate does not name
    }

    def __init__(self, error: ssl.SSLCertVerificationError, certificate: "Certificate | None") -> None:
        super().__init__(error.verify_message, server_text=error.verify_message)
        self.verify_code, self.verify_message = error.verify_code, error.verify_message
        self.certificate = certificate
        self.code = self.CODES.get(error.verify_code, "tls-untrusted")


class CertificateChanged(DialError):
    """The server presents another certificate than the trusted one. `certificate` is the new one, or None."""

    code = "certificate-changed"

    def __init__(self, certificate: "Certificate | None") -> None:
        super().__init__("The server presents another certificate.")
        self.certificate = certificate
