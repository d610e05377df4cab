"""One mail provider: its servers, the mail domains that are its own, and the mail exchangers that others rely on."""

from dataclasses import dataclass

from console.discovery.answer import Caution, Server
from console.discovery.sources import FULL_ADDRESS


@dataclass(frozen=True)
class Provider:
    """A row: the servers of a provider, which mail domains are its own, and on which mail exchangers others rely.

    A mail exchanger matches `mx` when it is one of these names or lies below one that begins with a dot. The user
    names are for the provider's own domains; `other_domains_username` is for those found by mail exchanger.
    """

    name: str
    imap: Server
    smtp: Server
    domains: frozenset[str] = frozenset()
    mx: tuple[str, ...] = ()
    imap_username: str = FULL_ADDRESS
    smtp_username: str = FULL_ADDRESS
    other_domains_username: str = FULL_ADDRESS
    cautions: tuple[Caution, ...] = ()
    other_domains_cautions: tuple[Caution, ...] | None = None

    def serves(self, mx_host: str) -> bool:
        """Return whether a mail exchanger is one of this provider's."""
        return any(mx_host.endswith(name) if name.startswith(".") else mx_host == name for name in self.mx)


def imaps(host: str) -> Server:
    """Return an IMAP server with TLS from the first byte."""
    return Server(host, 993, "tls")


def submissions(host: str) -> Server:
    """Return a submission server with TLS from the first byte."""
    return Server(host, 465, "tls")


def submission(host: str) -> Server:
    """Return a submission server with STARTTLS."""
    return Server(host, 587, "starttls")
