"""The problem catalogue: every way in which an inbox can fail, under its slug.

Rows and answers carry the slug only; the sentences live here and nowhere else.
"""

from collections.abc import Mapping
from types import MappingProxyType

from console.rules.catalogue import access, consent, exchange, ours, sending, servers, sign_in
from console.rules.catalogue.entry import WHO_ICONS, WHO_LABELS, Button, Kind, Lasting, LockRisk, Problem, Retry, Who

__all__ = [
    "CATALOGUE",
    "WHO_ICONS",
    "WHO_LABELS",
    "Button",
    "Kind",
    "Lasting",
    "LockRisk",
    "Problem",
    "Retry",
    "Who",
    "problem",
]

UNKNOWN = "unknown"

GROUPS = (
    sign_in.ENTRIES,
    access.ENTRIES,
    consent.ENTRIES,
    sending.ENTRIES,
    servers.ENTRIES,
    exchange.ENTRIES,
    ours.ENTRIES,
)

CATALOGUE: Mapping[str, Problem] = MappingProxyType({entry.code: entry for group in GROUPS for entry in group})


def problem(code: str) -> Problem:
    """Return the entry of `code`; a code that nobody knows gives the entry `unknown`."""
    return CATALOGUE.get(code) or CATALOGUE[UNKNOWN]
