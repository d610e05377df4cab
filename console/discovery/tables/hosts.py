"""Who holds mailboxes, and the marks they leave in the DNS of the domains they serve."""

from collections.abc import Iterable
from dataclasses import dataclass

from console.discovery.tables.endings import Endings


@dataclass(frozen=True)
class Host:
    """A holder of mailboxes. `provider` is the family that connects them, empty where none can.

    `refusal` is a reason of `tables.refusals`, and `like` a domain whose servers a customer's domain shares.
    """

    name: str
    provider: str = "imap"
    refusal: str = ""
    like: str = ""


# Servers that belong to no host of the tables.
EXCHANGE = Host("Exchange", "exchange")
IMAP = Host("IMAP", "imap")


@dataclass(frozen=True)
class Marks:
    """How a host shows: endings of MX names, of SPF includes, and of where autodiscover.<domain> points.

    `dkim` pairs a selector with the ending its CNAME has, or with "" where the selector itself is the mark.
    """

    host: Host
    mx: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()
    autodiscover: tuple[str, ...] = ()
    dkim: tuple[tuple[str, str], ...] = ()


def marks(
    name: str, *, provider: str = "imap", refusal: str = "", like: str = "",
    mx: str = "", spf: str = "", autodiscover: str = "", dkim: str = "",
) -> Marks:  # fmt: skip
    """Return a row; endings are separated by spaces, a DKIM mark is selector=ending or a bare selector."""
    pairs = (mark.partition("=") for mark in dkim.split())
    return Marks(
        Host(name, provider, refusal, like),
        tuple(mx.split()),
        tuple(spf.split()),
        tuple(autodiscover.split()),
        tuple((selector, ending) for selector, _, ending in pairs),
    )


class Hosts:
    """The rows, looked up by each kind of mark."""

    def __init__(self, rows: Iterable[Marks], *, not_mailboxes: Iterable[str] = ()) -> None:
        self.rows = tuple(rows)
        # A name that only looks like a host's: what people rent there, or send through.
        nobody = Host("", "")
        self._nobody = nobody
        self._mx = Endings([*((row.host, row.mx) for row in self.rows), (nobody, not_mailboxes)])
        self._spf = Endings((row.host, row.spf) for row in self.rows)
        self._autodiscover = Endings((row.host, row.autodiscover) for row in self.rows)

    def by_mx(self, name: str) -> Host | None:
        """Return whose mail server that is."""
        found = self._mx.of(name)
        return None if found == self._nobody else found

    def by_spf(self, name: str) -> Host | None:
        """Return who sends under an SPF include."""
        return self._spf.of(name)

    def by_autodiscover(self, name: str) -> Host | None:
        """Return whose Autodiscover service that is."""
        return self._autodiscover.of(name)

    def by_dkim(self, selector: str, target: str) -> Host | None:
        """Return whose key a selector is; `target` is where its CNAME points, "" where the key lies there itself."""
        for row in self.rows:
            for known, ending in row.dkim:
                if known == selector and (not ending or target == ending or target.endswith(f".{ending}")):
                    return row.host
        return None

    def exchangers(self, host: Host) -> tuple[str, ...]:
        """Return names such as the host's mail servers have, for tables that go by them."""
        endings = [ending for row in self.rows if row.host == host for ending in row.mx]
        return (*endings, *(f"{label}.{ending}" for ending in endings for label in ("mx", "mx1", "mx00")))

    def selectors(self, host: Host) -> tuple[str, ...]:
        """Return the DKIM selectors that a host gives its domains."""
        return tuple(selector for row in self.rows if row.host == host for selector, _ in row.dkim)
