"""A round that one worker makes, and the patience that is counted in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Turn:
    """A round that is this worker's. `even_since` is since when rounds come without a pause or a jump."""

    now: datetime
    even_since: datetime

    def patient(self, since: datetime, patience: timedelta) -> bool:
        """Return whether `patience` has passed since a moment, counted in even time only."""
        start = self.even_since if since > self.now else max(since, self.even_since)
        return self.now - start >= patience
