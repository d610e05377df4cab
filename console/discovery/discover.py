"""From an address to an answer: who holds the mailbox, and with which servers. One deadline for everything."""

import time
from collections.abc import Callable

from console.discovery.addresses import Address
from console.discovery.answer import Answer, Candidate, Default, Saying
from console.discovery.deadline import SECONDS, Deadline, Story
from console.discovery.lookups import NameServer
from console.providers.dial import Dialer
from console.rules.texts import N_


class Discovery:
    """What discoveries ask with. One serves all threads; `monotonic` is a clock in seconds."""

    def __init__(
        self,
        dialer: Dialer,
        names: NameServer,
        *,
        ispdb_url: str,
        microsoft_login_url: str,
        https_port: int = 443,
        http_port: int = 80,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
    ) -> None:
        self._dialer, self._names, self._monotonic, self._seconds = dialer, names, monotonic, seconds
        self._ispdb_url, self._microsoft_login_url = ispdb_url, microsoft_login_url
        self._https_port, self._http_port = https_port, http_port

    def of(self, address: Address, default: Default | None = None) -> Answer:
        """Find out about `address`; `default` is what an admin keeps for its domain, and decides.

        Never raises for anything that an answer from outside holds, and ends at the deadline.
        """
        deadline = Deadline(self._monotonic, self._seconds)
        story = Story(deadline)
        unknown = Candidate("imap", "possible", (Saying(N_("We could not tell who holds this mailbox.")),))
        sources, steps = story.close()
        return Answer(address, "imap", (unknown,), sources=sources, story=steps)
