"""Mail servers that a domain names in SRV records (RFC 6186; RFC 8314, 5.1 adds submission over TLS)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.discovery.answer import Security, Server
from console.discovery.lookups import Srv
from console.discovery.sources import mail_host

# By protocol, in the order of preference: TLS from the first byte before STARTTLS (RFC 8314, 3).
SERVICES: dict[str, tuple[tuple[str, Security], ...]] = {
    "imap": (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls")),
    "smtp": (("_submissions._tcp", "tls"), ("_submission._tcp", "starttls")),
}


@dataclass(frozen=True)
class Offer:
    """What the records of one protocol say. `name` is that of the records the server came from."""

    server: Server | None = None
    name: str = ""
    refused: bool = False


def chosen(records: Sequence[Srv], random: Callable[[], float]) -> Srv | None:
    """Return the record to use: of the lowest priority number, at random in proportion to the weights (RFC 2782).

    `random` returns numbers from 0 up to, not including, 1.
    """
    if not records:
        return None
    priority = min(record.priority for record in records)
    # Records without weight come first, so that they have their very small chance.
    ranked = sorted((record for record in records if record.priority == priority), key=lambda record: record.weight)
    drawn = int(random() * (sum(record.weight for record in ranked) + 1))
    for record in ranked:
        if drawn <= record.weight:
            return record
        drawn -= record.weight
    return ranked[-1]


def offer(protocol: str, domain: str, records: dict[str, Sequence[Srv]], random: Callable[[], float]) -> Offer:
    """Return what a domain offers for `protocol` ("imap", "smtp"); `records` are those that exist, by full name."""
    refused = False
    for service, security in SERVICES[protocol]:
        name = f"{service}.{domain}"
        found = records.get(name, ())
        usable = [record for record in found if mail_host(record.host, domain) and 0 < record.port < 65536]
        record = chosen(usable, random)
        if record is not None:
            return Offer(Server(record.host, record.port, security), name)
        # A lone "." as target says: not here (RFC 6186, 3.4).
        refused = refused or (bool(found) and all(not record.host for record in found))
    return Offer(refused=refused)
