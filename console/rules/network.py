"""Which addresses and ports the console may connect to.

Ranges are those of the IANA special-purpose registries (RFC 6890 and its updates). They are spelled out, because what
`ipaddress` calls private or global has changed between patch releases of Python.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAIL_PORTS = frozenset({25, 143, 443, 465, 587, 993})


@dataclass(frozen=True)
class Policy:
    """What the operator allows. `allow_networks` win on every port; `allow_ports` add to the usual `ports`."""

    allow_networks: tuple[Network, ...] = ()
    allow_ports: Collection[int] = field(default_factory=frozenset)
    private_networks: Literal["allow", "deny"] = "allow"
    ports: Collection[int] = MAIL_PORTS


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Narrow before broad: the first range that holds an address names the reason.
_REFUSED: tuple[tuple[str, tuple[Network, ...]], ...] = (
    # Where cloud machines ask for their own credentials: AWS, Google, Azure, Alibaba, Oracle.
    ("metadata", _networks("169.254.169.254/32", "fd00:ec2::/32", "fd20:ce::254/128", "168.63.129.16/32",
                           "100.100.100.200/32", "192.0.0.192/32")),
    ("unspecified", _networks("0.0.0.0/8", "::/128")),
    ("loopback", _networks("127.0.0.0/8", "::1/128")),
    ("link-local", _networks("169.254.0.0/16", "fe80::/10")),
    ("multicast", _networks("224.0.0.0/4", "ff00::/8")),
    ("reserved", _networks("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.51.100.0/24", "203.0.113.0/24",
                           "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20")),
)  # fmt: skip
_PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7",
                     "fec0::/10")  # fmt: skip
_GLOBAL_IPV6 = IPv6Network("2000::/3")

# IPv4-compatible, -mapped and -translated (RFC 2765) addresses and both NAT64 prefixes (RFC 6052, RFC 8215).
_ENDS_IN_IPV4 = _networks("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")


def embedded(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that packets to an IPv6 address end up at; none for a plain address."""
    if isinstance(address, IPv4Address) or address in (IPv6Address("::"), IPv6Address("::1")):
        return
    bits = int(address)
    if any(address in network for network in _ENDS_IN_IPV4):
        yield IPv4Address(bits & 0xFFFFFFFF)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(bits >> 80 & 0xFFFFFFFF)
    elif address in _TEREDO:
        # The server stands in the open, the client with its bits flipped (RFC 4380).
        yield IPv4Address(bits >> 64 & 0xFFFFFFFF)
        yield IPv4Address(bits & 0xFFFFFFFF ^ 0xFFFFFFFF)


def refusal(address: str | Address, port: int, policy: Policy) -> str | None:
    """Return why connecting to `address` (an IP address) and `port` is refused, or None when it is allowed.

    The reason is a word for the operator and for tests. It must not reach the person who typed a name: it would tell
    them what an internal name resolves to.
    """
    try:
        plain = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return "not-an-address"
    if not 0 < port < 65536:
        return "port"
    if isinstance(plain, IPv6Address):
        plain = IPv6Address(int(plain))
    inner = tuple(embedded(plain)) or (plain,)
    if _listed(plain, policy) or all(_listed(one, policy) for one in inner):
        return None
    for one in inner:
        reason = _special(one, policy)
        if reason is not None:
            return reason
    return None if port in policy.ports or port in policy.allow_ports else "port"


def _listed(address: Address, policy: Policy) -> bool:
    return any(address.version == network.version and address in network for network in policy.allow_networks)


def _special(address: Address, policy: Policy) -> str | None:
    for reason, networks in _REFUSED:
        if any(address.version == network.version and address in network for network in networks):
            return reason
    if any(address.version == network.version and address in network for network in _PRIVATE):
        return "private" if policy.private_networks == "deny" else None
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return "reserved"
    return None
