"""What runs out by a date: from when on it is shown, and when somebody is told."""

from dataclasses import dataclass
from datetime import date, datetime

# Days before the end at which people are told: in time to plan, in time to act, and the last call.
THRESHOLDS = (30, 14, 3)
FIRST = THRESHOLDS[0]
# What has ended and was neither renewed nor taken away is shown for so many days more.
ENDED_SHOWN = 30

CERTIFICATE, EXCEPTION, SECRET = "certificate", "exception", "client-secret"
GRANT_IDLE, GRANT_TESTING = "grant-idle", "grant-testing"
GRANTS = frozenset({GRANT_IDLE, GRANT_TESTING})


@dataclass(frozen=True)
class Expiry:
    """One thing that runs out.

    `what` is a host with its port, or the slug of a provider. `on` is the day in the console's time zone and `at` the
    instant (aware UTC), None where only the day is known. `inboxes` is how many stop then. `domain` or `inbox_id` say
    where it is mended, where that is one place.
    """

    kind: str
    what: str
    on: date
    at: datetime | None
    days: int
    ended: bool
    inboxes: int
    domain: str = ""
    inbox_id: int | None = None

    @property
    def threshold(self) -> int | None:
        """The last threshold that was crossed: 30, 14 or 3 days, 0 once it has ended, None before the first."""
        return threshold(self.days, ended=self.ended)

    @property
    def once(self) -> str:
        """What tells this crossing from every other, at most 100 characters: people are told once for each.

        Permissions that run out one after the other are told once a week and threshold, not once each.
        """
        when = f"{self.on:%G-W%V}" if self.kind in GRANTS else self.on.isoformat()
        owner = f"{self.domain or self.inbox_id or ''}"
        return f"{self.kind}:{self.threshold}:{when}:{self.what[-40:]}:{owner[-20:]}"


def threshold(days: int, *, ended: bool = False) -> int | None:
    """Return the smallest threshold that holds `days`; 0 for what has ended, None while it is still far away."""
    if ended:
        return 0
    crossed = [one for one in THRESHOLDS if days <= one]
    return min(crossed) if crossed else None
