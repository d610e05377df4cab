"""PACC (draft-ietf-mailmaint-pacc-04): a JSON file of the mail domain whose digest stands in DNS."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any

from console.discovery import cautions
from console.discovery.addresses import Address
from console.discovery.answer import Server
from console.discovery.autoconfig import Config
from console.discovery.sources import FULL_ADDRESS, Nothing, mail_host

# The draft assumes TLS from the first byte at the registered ports (RFC 8314, 7.1 and 7.3).
_IMAPS, _SUBMISSIONS = 993, 465


def url(domain: str) -> str:
    """Return where a domain publishes its file."""
    return f"https://ua-auto-config.{domain}/.well-known/user-agent-configuration.json"


def digest_name(domain: str) -> str:
    """Return the name whose TXT records hold the digest of the file."""
    return f"_ua-auto-config.{domain}"


def digests(records: Iterable[str]) -> list[bytes]:
    """Return the SHA-256 digests in TXT records such as "v=UAAC1; a=sha256; d=…"; others are left out."""
    found = []
    for record in records:
        tags = {
            name.strip().lower(): value.strip() for name, _, value in (tag.partition("=") for tag in record.split(";"))
        }
        if tags.get("v", "").upper() != "UAAC1" or tags.get("a", "").lower() != "sha256":
            continue
        try:
            found.append(base64.b64decode(tags.get("d", ""), validate=True))
        except (binascii.Error, ValueError):
            continue
    return [digest for digest in found if len(digest) == hashlib.sha256().digest_size]


def read(body: bytes, published: Iterable[bytes], address: Address) -> Config:
    """Read the file, if one of the `published` digests is its own. Raises Nothing for everything else."""
    digest = hashlib.sha256(body).digest()
    if not any(hmac.compare_digest(digest, one) for one in published):
        raise Nothing("the file does not match its digest in DNS")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Nothing("the file is no JSON") from None
    protocols = _object(document, "protocols")
    # Drafts before -03 called submission "smtp".
    imap = _server(protocols, ("imap",), _IMAPS, address)
    smtp = _server(protocols, ("submit", "smtp"), _SUBMISSIONS, address)
    if imap is None and smtp is None:
        raise Nothing("the file names no server that can be used")
    authentication = _object(document, "authentication")
    oauth_only = bool(authentication) and not authentication.get("password")
    return Config(imap, smtp, FULL_ADDRESS, FULL_ADDRESS, (cautions.OAUTH_ONLY,) if oauth_only else ())


def _object(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _server(protocols: dict[str, Any], names: tuple[str, ...], port: int, address: Address) -> Server | None:
    for name in names:
        named = _object(protocols, name).get("host")
        host = mail_host(named, address.domain) if isinstance(named, str) else None
        if host is not None:
            return Server(host, port, "tls")
    return None
