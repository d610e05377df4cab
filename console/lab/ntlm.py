"""NTLM as the server's side of it: a challenge, and an answer that only somebody who knows the password can give.

Messages and their proof: [MS-NLMP] 2.2.1 and 3.3.2 (NTLMv2); pyspnego verifies them. It reads who may sign in from the
file that the environment variable NTLM_USER_FILE names, as gss-ntlmssp does.
"""

import os
import struct
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

SIGNATURE = b"NTLMSSP\0"
NEGOTIATE, AUTHENTICATE = 1, 3
_FILE = "NTLM_USER_FILE"
# What pyspnego raises for messages that end early or point outside themselves.
_UNREADABLE = (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error)


class Refused(Exception):
    """The answer to the challenge is not the password's; the text is the user name that was given."""


class Acceptor:
    """The two steps on one connection. `certificate` (DER) is the server's: an answer made for another is refused."""

    def __init__(self, certificate: bytes | None = None) -> None:
        bindings = None
        if certificate is not None:
            # RFC 5929, 4: the hash is that of the certificate's signature, and ours are all signed with SHA-256.
            end_point = b"tls-server-end-point:" + sha256(certificate).digest()
            bindings = GssChannelBindings(application_data=end_point)
        self._context = spnego.server(
            protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm, channel_bindings=bindings
        )

    def challenge(self, token: str) -> str:
        """Answer the first message with a challenge. Raises Refused for what is no such message."""
        return b64encode(self._step(token) or b"").decode("ascii")

    def verify(self, token: str) -> str:
        r"""Return the user name, "CORP\alice" or "alice@corp.test". Raises Refused."""
        self._step(token)
        return self._context.client_principal or ""

    def _step(self, token: str) -> bytes | None:
        try:
            return self._context.step(b64decode(token))
        except (*_UNREADABLE, SpnegoError) as error:
            raise Refused(user_of(token)) from error


def kind_of(token: str) -> int:
    """Return which of the three messages a token is, 0 for none."""
    try:
        message = b64decode(token, validate=True)
    except ValueError:
        return 0
    return message[8] if message.startswith(SIGNATURE) and len(message) > 8 else 0


def user_of(token: str) -> str:
    """Return the user name that the last message names, proved or not: [MS-NLMP] 2.2.1.3."""
    try:
        message = b64decode(token)
    except ValueError:
        return ""
    if len(message) < 44 or message[8] != AUTHENTICATE:
        return ""
    domain, user = (_text(message, place) for place in (28, 36))
    return f"{domain}\\{user}" if domain else user


def _text(message: bytes, place: int) -> str:
    length = int.from_bytes(message[place : place + 2], "little")
    begins = int.from_bytes(message[place + 4 : place + 8], "little")
    return message[begins : begins + length].decode("utf-16-le", "replace")


class Users:
    """Who may sign in, in the file that pyspnego reads them from."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.write((), "")

    def write(self, names: Iterable[str], password: str) -> None:
        r"""Let just these user names ("CORP\alice", "alice") sign in, each with the same password."""
        lines = []
        for name in names:
            domain, _, user = name.rpartition("\\")
            lines.append(f"{domain}:{user}:{password}\n")
        self._file.write_text("".join(lines), encoding="utf-8")
        self._file.chmod(0o600)


@contextmanager
def users() -> Iterator[Users]:
    """Give the list of users, which acceptors of this process go by for as long as the block lasts."""
    before = os.environ.get(_FILE)
    with tempfile.TemporaryDirectory(prefix="console-lab-") as folder:
        file = Path(folder, "ntlm-users")
        listed = Users(file)
        os.environ[_FILE] = str(file)
        try:
            yield listed
        finally:
            os.environ.pop(_FILE)
            if before is not None:
                os.environ[_FILE] = before
