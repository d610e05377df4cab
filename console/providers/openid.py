"""OpenID Connect: documents and keys that a provider publishes, and the ID token that says who signed in.

Source: https://openid.net/specs/openid-connect-core-1_0.html, section 3.1.3.7. Signatures are checked by joserfc and
claims by Authlib.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from console.providers.consenting import ConsentRefused
from console.providers.oauth import OUTAGE, Clock, refusal
from console.providers.web import BadAnswer, WebLine
from console.rules.rule import Rule

FRESH = timedelta(hours=1)
# An unknown key makes the keys be read again, but not more often than this: anybody can write a token with one.
_PATIENCE = timedelta(minutes=1)
_MOST_DOCUMENTS = 256
# Both providers sign with RS256 and keys of 2048 bits. Larger ones than these would only cost time.
_LONGEST_MODULUS = 1400
# Seconds by which clocks may differ.
_LEEWAY = 120

Claims = dict[str, Any]


class Documents:
    """Published JSON documents by address, each kept for an hour. One serves all threads of a process."""

    def __init__(self, rules: Sequence[Rule], clock: Clock) -> None:
        self._rules, self._clock = rules, clock
        self._kept: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def read(self, url: str, web: WebLine, *, older_than: timedelta = FRESH) -> dict[str, Any]:
        """Return the document at `url`, asked for again when the one kept is `older_than` that.

        Raises ConsentRefused, and DialErrors for the way there.
        """
        kept = self._kept.get(url)
        if kept is not None and timedelta() <= self._clock() - kept[0] < older_than:
            return kept[1]
        answer = web.ask("GET", url)
        if answer.status != 200:
            raise refusal(answer, rules=self._rules, now=self._clock())
        try:
            found = answer.fields()
        except BadAnswer as error:
            raise ConsentRefused(OUTAGE, "A published document cannot be read.") from error
        if len(self._kept) >= _MOST_DOCUMENTS:
            self._kept.clear()
        self._kept[url] = self._clock(), found
        return found


def claims(
    token: str,
    documents: Documents,
    keys_url: str,
    web: WebLine,
    *,
    client_id: str,
    nonce: str,
    access_token: str,
    issued_by: Callable[[Claims], bool],
    clock: Clock,
) -> Claims:
    """Return the claims of an ID token once signature, issuer, audience, nonce and times are right.

    `issued_by` says whether the issuer in the claims is one that may speak here. Keys are those of `keys_url`.

    Raises ConsentRefused: "oauth-provider-outage" for what is no ID token, "oauth-code-invalid" for one that is not
    meant for this sign-in.
    """
    if not token:
        raise ConsentRefused(OUTAGE, "The answer holds no ID token.")
    try:
        kid = jws.extract_compact(token.encode("ascii")).headers().get("kid")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConsentRefused(OUTAGE, "The ID token cannot be read.") from None
    keys = _keys(documents.read(keys_url, web), kid)
    if not keys:
        keys = _keys(documents.read(keys_url, web, older_than=_PATIENCE), kid)
    if not keys:
        raise ConsentRefused("oauth-code-invalid", "The ID token is signed with a key that nobody published.")
    try:
        decoded = jwt.decode(token, KeySet([key for key, _ in keys]), algorithms=["RS256"])
        found: Claims = dict(decoded.claims)
        CodeIDToken(
            found,
            decoded.header,
            {"aud": {"essential": True, "value": client_id}, "sub": {"essential": True}, "exp": {"essential": True}},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        ).validate(int(clock().timestamp()), _LEEWAY)
        right = issued_by(found) and all(_vouches(issuer, found) for _, issuer in keys)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # Their texts repeat what stands in the token.
        raise ConsentRefused("oauth-code-invalid", "The ID token is not meant for this sign-in.") from None
    if not right or not nonce:
        raise ConsentRefused("oauth-code-invalid", "The ID token was issued by somebody else.")
    return found


def text(found: Mapping[str, Any], name: str, longest: int = 320) -> str:
    """Return a claim or field that is a short text, "" where it is missing or anything else."""
    value = found.get(name)
    return value.strip() if isinstance(value, str) and len(value) <= longest and value.isprintable() else ""


def _keys(document: Mapping[str, Any], kid: Any) -> list[tuple[RSAKey, str]]:
    """Return the published key named `kid`, with the issuer that it belongs to, "" for any (Microsoft names it)."""
    published = document.get("keys")
    for entry in published[:64] if isinstance(published, list) else ():
        if not isinstance(entry, dict) or entry.get("kid") != kid or not isinstance(kid, str):
            continue
        if entry.get("kty") != "RSA" or len(str(entry.get("n"))) > _LONGEST_MODULUS or entry.get("use", "sig") != "sig":
            continue
        try:
            key = RSAKey.import_key({name: entry[name] for name in ("kty", "kid", "n", "e")})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        return [(key, text(entry, "issuer"))]
    return []


def _vouches(issuer: str, found: Claims) -> bool:
    """Return whether a key that belongs to `issuer` may sign these claims.

    https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer
    """
    return not issuer or issuer.replace("{tenantid}", str(found.get("tid"))) == found.get("iss")
