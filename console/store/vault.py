"""Seals secrets so that a copy of the database is worth nothing without the key file.

Fernet (AES-128-CBC with HMAC-SHA-256, https://github.com/fernet/spec) has no associated data, so the identity of the
row stands inside the plaintext and is compared when a secret is opened: a sealed value moved to another row stays shut.
"""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from console.store.keys import write_once


class KeyMissing(Exception):
    """No key in the key file opens this secret. It says nothing about the inbox."""


class VaultError(Exception):
    """The key file cannot be used; the text is one line for the operator."""


def key_id(key: bytes) -> str:
    """Return the fingerprint of a key that is stored beside what it sealed; it does not reveal the key."""
    return hashlib.sha256(b"console vault key" + base64.urlsafe_b64decode(key)).hexdigest()[:16]


class Vault:
    """Seals with the first key of the file and opens with any of them."""

    def __init__(self, keys: list[bytes]) -> None:
        if not keys:
            raise VaultError("The key file holds no key.")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
            self.key_id = key_id(keys[0])
            self._known = {key_id(key) for key in keys}
        except ValueError:
            raise VaultError("The key file holds a line that is not a key.") from None

    def __repr__(self) -> str:
        return f"Vault({self.key_id})"

    @classmethod
    def open(cls, file: Path, *, create: bool = False) -> "Vault":
        """Read the key file, making one (mode 0600) when `create` and it does not exist. Raises VaultError."""
        try:
            if create:
                write_once(file, Fernet.generate_key() + b"\n")
            lines = file.read_bytes().split()
        except OSError as error:
            raise VaultError(f"The key file {file.name} cannot be read: {error.strerror}.") from None
        return cls(lines)

    def opens(self, key: str) -> bool:
        """Return whether the key with this fingerprint is in the key file."""
        return key in self._known

    def seal(self, secret: dict[str, str], *, row: str) -> str:
        """Return `secret` sealed for the row named `row`, such as "inbox:7"."""
        return self._fernet.encrypt(json.dumps({"row": row, "secret": secret}).encode()).decode("ascii")

    def unseal(self, sealed: str, *, row: str) -> dict[str, str]:
        """Return the secret that was sealed for `row`.

        Raises KeyMissing when no key opens it or it belongs to another row.
        """
        try:
            content = json.loads(self._fernet.decrypt(sealed.encode("ascii", "replace")))
        except (InvalidToken, ValueError):
            raise KeyMissing from None
        if not isinstance(content, dict) or content.get("row") != row or not isinstance(content.get("secret"), dict):
            raise KeyMissing
        return {str(name): str(value) for name, value in content["secret"].items()}
