"""The families of this console, by slug. A new family is one more name in FAMILIES."""

from collections.abc import Iterable, Iterator

from console.providers.base import Provider
from console.providers.imap import ImapFamily

FAMILIES: tuple[Provider, ...] = (ImapFamily(),)


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
