"""Which addresses Google and Microsoft send browsers back to; others cannot be entered there at all.

Sources: https://developers.google.com/identity/protocols/oauth2/web-server#uri-validation,
https://learn.microsoft.com/entra/identity-platform/reply-url.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

# Endings that no public domain has: RFC 2606, RFC 6762, RFC 8375, ICANN's .internal, and what offices use by habit.
_PRIVATE = frozenset({"test", "example", "invalid", "localhost", "local", "arpa", "internal", "lan", "corp", "home"})


def google_takes(uri: str) -> bool:
    """Return whether Google takes this redirect address: https on a public name, or this very machine."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"}:
        return True
    return parts.scheme == "https" and not _is_ip(host) and "." in host and host.rpartition(".")[2] not in _PRIVATE


def microsoft_takes(uri: str) -> bool:
    """Return whether Entra takes this redirect address: https, or http on localhost by that name."""
    parts = urlsplit(uri)
    return parts.scheme == "https" or parts.hostname == "localhost"


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
