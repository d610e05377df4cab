"""An IMAP server of any kind, as slow as a test wants it, that remembers what it was told.

`with imap_server(certificates, COURIER) as server:` serves one port with STARTTLS and one with TLS. Any login is taken
whose password is PASSWORD, unless the test names its accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from console.lab.imap_kinds import PLAIN, Kind
from console.lab.imap_server import serving
from console.lab.imap_visits import ImapServer
from console.lab.ports import free_port
from tests.peers.certificates import Certificates, Identity


@contextmanager
def imap_server(
    certificates: Certificates,
    kind: Kind = PLAIN,
    *,
    delay: float = 0.0,
    accounts: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    address: str = "127.0.0.1",
) -> Iterator[ImapServer]:
    """Serve for as long as the block lasts; every command is answered after `delay` seconds, the greeting at once."""
    context = (identity or certificates.good).context()
    with serving(ImapServer(kind, address, free_port(), free_port(), context, accounts, delay)) as server:
        yield server
