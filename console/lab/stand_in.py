"""What every stand-in has: accounts, apps, grants, mail, faults, and a way to wait that ends with the lab."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from console.lab.accounts import Account, Application
from console.lab.fault import EXCHANGE, IMAP
from console.lab.faults import BY_SLUG, offered
from console.lab.grants import Grants
from console.lab.keys import SigningKey
from console.lab.mail import Mailboxes

SLOW = 20.0


class StandIn:
    """One provider as the lab plays it.

    `slug` is its word in the lab, `title` its name. `url` is where it listens, known once it does. `slow` is how many
    seconds a slow answer takes.
    """

    def __init__(
        self, slug: str, title: str, accounts: Iterable[Account], clock: Callable[[], datetime], slow: float = SLOW
    ) -> None:
        self.slug, self.title, self.clock, self.slow = slug, title, clock, slow
        self.url = ""
        self.key = SigningKey()
        self.stopped = threading.Event()
        self._first = tuple(accounts)
        self._lock = threading.Lock()
        self.applications: dict[str, Application] = {}
        self.reset()

    def reset(self) -> None:
        """Begin anew: the first accounts with their first mail, nothing granted, counted or switched on."""
        self.accounts: dict[str, Account] = {}
        self.grants = Grants(self.clock)
        self.mail = Mailboxes(self.clock)
        self._faults: defaultdict[str, set[str]] = defaultdict(set)
        for account in self._first:
            self.add(account)

    def add(self, account: Account) -> None:
        """Give somebody a mailbox."""
        self.accounts[account.address] = account
        self.mail.welcome(account.address, account.name)

    def register(self, application: Application) -> None:
        """Register an app, or replace the one with its id."""
        self.applications[application.client_id] = application

    def set_faults(self, slugs: Iterable[str], address: str = "") -> None:
        """Switch on just these faults for an account, or for everybody. Raises ValueError for one not offered there."""
        wanted = set(slugs)
        known = {fault.slug for fault in offered(self.slug, everybody=not address)}
        if wanted - known or (address and address not in self.accounts):
            raise ValueError(f"no such fault or account: {', '.join(sorted(wanted - known)) or address}")
        with self._lock:
            self._faults[address] = wanted

    def switch(self, slug: str, address: str = "", *, on: bool = True) -> None:
        """Switch one fault on or off for an account, or for everybody. Raises ValueError for one not offered there."""
        present = self.faults(address, own=True)
        self.set_faults(present | {slug} if on else present - {slug}, address)

    def faults(self, address: str = "", *, own: bool = False) -> frozenset[str]:
        """Return what is on for an account, with what is on for everybody unless `own`."""
        with self._lock:
            return frozenset(self._faults[address] | (set() if own else self._faults[""]))

    def has(self, slug: str, address: str = "") -> bool:
        """Tell whether a fault, which must exist, acts on an account."""
        return BY_SLUG[slug].slug in self.faults(address)

    def calm(self) -> None:
        """Switch every fault off."""
        with self._lock:
            self._faults.clear()

    @property
    def by_password(self) -> bool:
        """Whether people sign in with a password here, and are granted no tokens."""
        return self.slug in {IMAP, EXCHANGE}

    def counted(self) -> dict[str, dict[str, Any]]:
        """Return the counts of every account."""
        return {address: asdict(self.grants.counts(address)) for address in self.accounts}

    def hosts(self) -> dict[str, dict[str, int]]:
        """Return what each host was asked, where that is counted."""
        return {}

    def next_after(self, address: str) -> Account:
        """Return the account after this one in the list, the first after the last."""
        addresses = list(self.accounts)
        return self.accounts[addresses[(addresses.index(address) + 1) % len(addresses)]]

    def wait(self) -> None:
        """Let the time of a slow answer pass, or the lab end."""
        self.stopped.wait(self.slow)
