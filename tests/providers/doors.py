"""The door to the network as the tests use it: names from a table, small limits, loopback allowed."""

import time
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from console.providers.dial import Budget, Client, Dialer, Limits, Pin, Trust
from console.providers.names import Resolver
from console.rules.network import Policy
from tests.peers.certificates import HOST
from tests.peers.scripted import Server

LOOPBACK = Policy(allow_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
# Long enough for a busy machine where an answer is expected.
PATIENT = Limits(stage_seconds=10, run_seconds=30)
# Short where the point is that none comes.
HASTY = Limits(stage_seconds=0.3, run_seconds=2)


class Table(Resolver):
    """Every name is on this machine, unless the table says otherwise."""

    def __init__(self, **addresses: list[str]) -> None:
        self._addresses = addresses

    def _ask(self, name: str, budget: Budget) -> list[str]:
        return self._addresses.get(name, ["127.0.0.1"])


@cache
def trust(ca: Path | None) -> Trust:
    return Trust(ca)


def dialer(ca: Path | None = None, *, limits: Limits = PATIENT, policy: Policy = LOOPBACK, **named) -> Dialer:
    return Dialer(policy, named.pop("names", Table()), trust(ca), time.monotonic, limits=limits, **named)


def enter(
    door: Dialer, server: Server, kind: str, security: str, *, host: str = HOST, pins=(), budget: Budget | None = None
) -> Client:
    """Go through the door to a server that speaks `kind` (imap, smtp), encrypted by `security` (tls, starttls)."""
    budget = budget or door.budget()
    pins = tuple(Pin(host, server.port, sha256) for sha256 in pins)
    sock = door.connect(host, door.resolve(host, server.port, budget), server.port, budget)
    greet = door.imap if kind == "imap" else door.smtp
    if security == "tls":
        return greet(door.secure(sock, host, server.port, budget, pins, speaks=kind), host)
    client = greet(sock, host)
    door.starttls(client, host, server.port, budget, pins)
    return client
