"""Which addresses a process listens on, as Linux tells it."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

LISTEN = "0A"


def addresses(pid: int) -> set[IPv4Address | IPv6Address]:
    """Return the addresses of the TCP ports a process listens on, and of its unconnected UDP sockets."""
    own = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except FileNotFoundError:
            continue
        if found:
            own.add(found[1])
    result = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            listens = fields[3] == LISTEN if table.startswith("tcp") else fields[2].endswith(":0000")
            if listens and fields[9] in own:
                result.add(_address(fields[1].partition(":")[0]))
    return result


def _address(text: str) -> IPv4Address | IPv6Address:
    """Read an address as the kernel writes it: 32-bit words in the machine's order."""
    words = [int(text[i : i + 8], 16).to_bytes(4, "little") for i in range(0, len(text), 8)]
    packed = b"".join(words)
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return ip_address(socket.inet_ntop(family, packed))
