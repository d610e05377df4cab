"""Makes what a server said fit to be kept and shown: short, one line, and without anybody's secret."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from console.rules.replies import CUT, readable, tidy

LONGEST_SHOWN = 300
MASK = "••••"
SHORTEST = 4
"""Shorter secrets are masked as whole words only: masking every "ab" would tell more than it hides."""

_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_SASL = re.compile(
    # "Basic authentication is disabled" is a sentence: a plain word is no token.
    r"\b(AUTH(?:ENTICATE)? +[A-Z][A-Z0-9-]{2,18} +|(?:Basic|Bearer) +)(?!(?-i:[A-Za-z][a-z]+)\b)[A-Za-z0-9+/._=~-]{8,}",
    re.IGNORECASE,
)
_LINK = re.compile(r"(https?://[^\s/?#<>\"'\]]{1,253})([^\s<>\"'\]]*)", re.IGNORECASE)
# Links that sign somebody in, or carry something long enough to do so.
_TELLING = re.compile(
    r"sign-?in|/login|continue|challenge|verif|token|session|consent|plt=|sarp=|code=|[?&;][^=&\s]{1,30}=[^&\s]{24,}",
    re.IGNORECASE,
)
_GOOGLE_TOKEN = re.compile(r"\b(plt|sarp|scc)=[^\s&\]<>\"']+")


def mask(text: str | bytes, secrets: Iterable[str]) -> str:
    """Return `text` in one line of at most 300 characters, without control characters and without `secrets`.

    A secret is found as it is, quoted as IMAP does, escaped as in URLs, HTML, JSON and Python, and in base64, alone
    or inside a longer value such as SASL PLAIN or user:password. Upper and lower case count. Links that sign
    somebody in are cut to their host, and SASL strings are left out.
    """
    known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    masked = _without(readable(text), known)
    # Removing control characters can bring together what they had kept apart.
    masked = _without(tidy(masked), known)
    masked = _SASL.sub(lambda found: found[1] + MASK, masked)
    masked = _LINK.sub(lambda found: f"{found[1]}/{CUT}" if _TELLING.search(found[2]) else found[0], masked)
    masked = _GOOGLE_TOKEN.sub(lambda found: f"{found[1]}={CUT}", masked)
    if len(masked) > LONGEST_SHOWN:
        masked = masked[: LONGEST_SHOWN - 1].rstrip() + CUT
    # A secret made of the very characters that masking puts in could come back; then nothing is shown.
    return MASK if any(len(secret) >= SHORTEST and secret in masked for secret in known) else masked


def _without(text: str, secrets: list[str]) -> str:
    """Return `text` with every form of every secret masked, also one that is cut off by the end of the text."""
    for secret in secrets:
        if len(secret) < SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
            continue
        for form in _forms(secret):
            text = _without_beginning(text.replace(form, MASK), form)
    return _BASE64_RUN.sub(lambda found: MASK if _hides(found[0], secrets) else found[0], text)


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways in which `secret` is written in texts, the longest escapes first."""
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    in_utf8 = secret.encode("utf-8", "surrogatepass")
    forms = {
        secret,
        quoted,
        quote(in_utf8, safe=""),
        quote_plus(in_utf8),
        html.escape(secret),
        html.escape(secret, quote=False),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        repr(in_utf8)[2:-1],
        in_utf8.decode("latin-1"),
        " ".join(secret.split()),
    }
    yield from sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)


def _without_beginning(text: str, secret: str) -> str:
    """Mask the beginning of `secret` at the end of a text that was cut in the middle of it."""
    if text.endswith(CUT):
        body = text.removesuffix(CUT)
        for length in range(min(len(secret) - 1, len(body)), SHORTEST - 1, -1):
            if body.endswith(secret[:length]):
                return body[:-length] + MASK + CUT
    return text


def _hides(run: str, secrets: list[str]) -> bool:
    """Return whether the base64 `run` holds a secret, wherever in it the encoding began."""
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        part = body[start:]
        part = part[:-1] if len(part) % 4 == 1 else part
        decoded = base64.b64decode(part + "=" * (-len(part) % 4))
        held = (decoded.decode("utf-8", "replace"), decoded.decode("latin-1"))
        if any(_holds(value, secret) for value in held for secret in secrets):
            return True
    return False


def _holds(decoded: str, secret: str) -> bool:
    if len(secret) >= SHORTEST:
        return secret in decoded
    return secret in re.split(r"[\0:\x01\s]", decoded)
