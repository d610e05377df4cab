"""Tables that are looked up by the end of a name, label by label: the longest ending wins."""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Endings(Generic[T]):
    """What belongs to an ending such as l.google.com belongs to that name and to every name below it.

    The beginning of a name says nothing: aspmx1.migadu.com is not Google, and aspmx.l.google.com.evil.test neither.
    """

    def __init__(self, rows: Iterable[tuple[T, Iterable[str]]]) -> None:
        self._known: dict[str, T] = {}
        for value, endings in rows:
            for ending in endings:
                if self._known.setdefault(ending, value) != value:
                    raise ValueError(f"{ending} is listed twice")

    def of(self, name: str) -> T | None:
        """Return what belongs to a lower-case name without a last dot, or None."""
        rest = name
        while rest:
            found = self._known.get(rest)
            if found is not None:
                return found
            _, _, rest = rest.partition(".")
        return None


def words(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


def across(name: str, countries: str) -> str:
    """Return one name below several endings: "ionos" across "de co.uk" is "ionos.de ionos.co.uk"."""
    return " ".join(f"{name}.{country}" for country in countries.split())
