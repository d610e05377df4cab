"""IMAP inboxes put straight into the store, on a scripted server that the console reaches by name."""

from console.providers.base import Secret
from console.services import credentials
from console.services.context import Actor, Context
from console.store.models import Credential, Inbox
from tests.peers.certificates import HOST

PASSWORD = "secret"


def settings_of(port: int, address: str, host: str = HOST) -> dict[str, object]:
    """Settings whose incoming and outgoing server are the same."""
    return {
        "imap_host": host,
        "imap_port": port,
        "imap_security": "tls",
        "smtp_host": host,
        "smtp_port": port,
        "smtp_security": "tls",
        "username": address,
        "smtp_username": None,
    }


def connect(ctx: Context, owner: Actor, port: int, *addresses: str, receives_only: str | None = "connection-refused"):
    """Connect inboxes that are due now; return their ids."""
    now = ctx.clock()
    with ctx.store.write() as session:
        rows = [
            Inbox(
                owner_id=owner.id,
                address=address,
                provider="imap",
                host=HOST,
                settings=settings_of(port, address),
                health="degraded" if receives_only else "healthy",
                problem=receives_only,
                receives_only=receives_only,
                proofs={},
                next_check=now,
                connected_at=now,
                connected_by_id=owner.id,
            )
            for address in addresses
        ]
        session.add_all(rows)
        session.flush()
        family = ctx.families["imap"]
        session.add_all(
            Credential(
                inbox_id=row.id,
                sealed=credentials.seal(ctx, Secret(password=PASSWORD), f"inbox:{row.id}"),
                key_id=ctx.vault.key_id,
                typed_for=credentials.typed_for(family, row.settings),
                typed_at=now,
                refused={},
            )
            for row in rows
        )
        return [row.id for row in rows]
