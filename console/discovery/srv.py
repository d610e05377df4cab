"""Mail servers that a domain names in SRV records (RFC 6186; RFC 8314, 5.1 adds submission over TLS)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.discovery.answer import Security, Server
from console.discovery.lookups import Srv
from console.discovery.sources import mail_host
from console.providers.dial import Budget, Dialer
from console.providers.errors import AddressRefused, DialError, NameNotFound
from console.rules.network import MAIL_PORTS

# By protocol, in the order of preference: TLS from the first byte before STARTTLS (RFC 8314, 3).
SERVICES: dict[str, tuple[tuple[str, Security], ...]] = {
    "imap": (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls")),
    "smtp": (("_submissions._tcp", "tls"), ("_submission._tcp", "starttls")),
}


@dataclass(frozen=True)
class Offer:
    """What the records of one protocol say. `name` is that of the records the server came from.

    `unbelieved` are records that were passed over because they lead where no mail server is.
    """

    server: Server | None = None
    name: str = ""
    refused: bool = False
    unbelieved: tuple[Srv, ...] = ()


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


def reachable(record: Srv, dialer: Dialer, budget: Budget) -> bool:
    """Return whether a mail server may be at the port of `record`: a usual one, or one that the network policy allows.

    Only for other ports than the usual ones the host is looked up. One whose look-up fails for now is believed.
    """
    if record.port in MAIL_PORTS:
        return True
    try:
        dialer.resolve(record.host, record.port, budget)
    except (AddressRefused, NameNotFound):
        return False
    except DialError:
        return True
    return True


def offer(
    protocol: str,
    domain: str,
    records: dict[str, Sequence[Srv]],
    random: Callable[[], float],
    believed: Callable[[Srv], bool],
) -> Offer:
    """Return what a domain offers for `protocol` ("imap", "smtp"); `records` are those that exist, by full name.

    `believed` is asked about a record before it is used; where it says no, the next one is chosen.
    """
    refused, unbelieved = False, list[Srv]()
    for service, security in SERVICES[protocol]:
        name = f"{service}.{domain}"
        found = records.get(name, ())
        usable = [record for record in found if mail_host(record.host, domain) and 0 < record.port < 65536]
        while (record := chosen(usable, random)) is not None:
            if believed(record):
                return Offer(Server(record.host, record.port, security), name, unbelieved=tuple(unbelieved))
            usable.remove(record)
            unbelieved.append(record)
        # A lone "." as target says: not here (RFC 6186, 3.4).
        refused = refused or (bool(found) and all(not record.host for record in found))
    return Offer(refused=refused, unbelieved=tuple(unbelieved))
