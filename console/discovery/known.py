"""Our own table of mail providers: what it says of an address. Nothing is asked."""

from collections.abc import Sequence

from console.discovery.addresses import Address
from console.discovery.answer import Caution, Settings
from console.discovery.domains import a_label
from console.discovery.known_hosters import HOSTERS
from console.discovery.known_providers import PROVIDERS
from console.discovery.provider import Provider
from console.discovery.sources import relation

ALL = (*PROVIDERS, *HOSTERS)
_BY_DOMAIN = {domain: provider for provider in ALL for domain in provider.domains}


def settings(address: Address, mx_hosts: Sequence[str], *, vouched: bool) -> Settings | None:
    """Return the servers for an address: by its domain, else by the first mail exchanger that a provider runs.

    `vouched` says that DNSSEC vouches for the mail exchangers. Without it, what they led to is as foreign as any
    answer of unsigned DNS.
    """
    own = _BY_DOMAIN.get(address.domain)
    if own is not None:
        return _settings(own, address, own.imap_username, own.smtp_username, own.cautions, vouched=True)
    for host in map(a_label, mx_hosts):
        for provider in ALL:
            if provider.serves(host):
                name, told = provider.other_domains_username, provider.other_domains_cautions
                told = provider.cautions if told is None else told
                return _settings(provider, address, name, name, told, vouched=vouched)
    return None


def cautions_of(imap_host: str, smtp_host: str = "") -> tuple[Caution, ...]:
    """Return what to know before a password goes to this IMAP server (A-label), whoever named it.

    Outlook.com and Microsoft 365 share one and differ in the server for sending.
    """
    served = [one for one in ALL if one.imap.host == imap_host]
    if not served:
        return ()
    provider = max(served, key=lambda one: one.smtp.host == smtp_host)
    return provider.cautions if provider.other_domains_cautions is None else provider.other_domains_cautions


def _settings(
    provider: Provider,
    address: Address,
    imap_username: str,
    smtp_username: str,
    told: tuple[Caution, ...],
    *,
    vouched: bool,
) -> Settings:
    servers = (provider.imap, provider.smtp)
    return Settings(
        "table",
        "table",
        relation(servers, address.domain, vouched=vouched),
        *servers,
        imap_username=imap_username,
        smtp_username=smtp_username,
        cautions=told,
    )
