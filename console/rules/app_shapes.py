"""What the values of an OAuth app look like, wherever they come from: the configuration, a form or a service."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit


def visible(text: str) -> bool:
    """Return whether this may be an ID or a secret: visible ASCII (RFC 6749, appendix A), and no space in it."""
    return all("!" <= letter <= "~" for letter in text)


def names_directory(text: str) -> bool:
    """Return whether this may be a directory: a GUID or a domain. It becomes a part of the provider's address."""
    return all(letter.isascii() and (letter.isalnum() or letter in ".-") for letter in text)


def is_endpoint(text: str) -> bool:
    """Return whether this is the address of a service: http or https, a host, no user name, nothing behind the path."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return whole and visible(text) and "@" not in parts.netloc and not (parts.query or parts.fragment)


def listed(host: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Return whether this host, an IP address or localhost, lies in one of the networks; no other name is looked up."""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in networks)
