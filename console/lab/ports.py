"""Ports for servers of the lab and of the tests."""

import random
import socket
from contextlib import closing

# Below the range from which the kernel takes the ports of outgoing connections, so that none of those is in the way.
PORTS = range(20_000, 32_000)
_given: set[int] = set()


def free_port() -> int:
    """Return a TCP and UDP port that is free on every IPv4 address of this machine, and was not returned before.

    Raises OSError when there is none.
    """
    first = random.SystemRandom().randrange(len(PORTS))
    for step in range(len(PORTS)):
        port = PORTS[(first + step) % len(PORTS)]
        if port in _given:
            continue
        with (
            closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as tcp,
            closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as udp,
        ):
            try:
                tcp.bind(("", port))
                udp.bind(("", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise OSError("no free port")
