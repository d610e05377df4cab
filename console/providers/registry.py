"""The families of this console, by slug. A new family is one more name in `every`."""

from collections.abc import Iterable, Iterator

from console.config import Config
from console.providers.base import Provider
from console.providers.exchange import ExchangeFamily
from console.providers.gmail import GmailFamily, GoogleEndpoints
from console.providers.imap import ImapFamily
from console.providers.microsoft import MicrosoftEndpoints, MicrosoftFamily
from console.providers.oauth import Clock

FAMILIES: tuple[Provider, ...] = (ImapFamily(),)


def every(config: Config, clock: Clock) -> tuple[Provider, ...]:
    """Return all families that this version knows, with the endpoints of the configuration.

    `clock` returns the time, aware; what runs out is measured by it.
    """
    google = GoogleEndpoints(
        config.google_authorize_url,
        config.google_token_url,
        config.google_revoke_url,
        config.google_certs_url,
        config.google_api_url,
    )
    microsoft = MicrosoftEndpoints(config.microsoft_login_url, config.microsoft_graph_url)
    return (
        GmailFamily(google, clock),
        MicrosoftFamily(microsoft, clock),
        ExchangeFamily(config.discovery_https_port),
        ImapFamily(),
    )


class Families:
    """Looks families up; an unknown slug (a row from a newer version) raises KeyError."""

    def __init__(self, families: Iterable[Provider] = FAMILIES) -> None:
        self._by_slug = {family.slug: family for family in families}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._by_slug.values())

    def __getitem__(self, slug: str) -> Provider:
        return self._by_slug[slug]

    def get(self, slug: str | None) -> Provider | None:
        """Return the family, or None when this console does not know it."""
        return self._by_slug.get(slug or "")
