"""The key that a stand-in signs its ID tokens with, and its public half as a JSON Web Key Set (RFC 7517)."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey


class SigningKey:
    """One RSA key of this run."""

    def __init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)

    def public(self) -> dict[str, Any]:
        """Return the set as it is published."""
        return {"keys": [dict(self._key.as_dict(private=False))]}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an ID token with these claims, signed with RS256."""
        return jwt.encode({"alg": "RS256", "kid": self._key.kid, "typ": "JWT"}, claims, self._key)
