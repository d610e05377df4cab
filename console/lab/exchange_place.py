"""The Exchange organisation of the lab: accounts, what is switched on, and who asked which host for what."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from console.lab.accounts import Account
from console.lab.certificates import EXPIRED, GOOD, SELF_SIGNED, UNKNOWN, WRONG_NAME
from console.lab.exchange_builds import BUILDS, USUAL, Build
from console.lab.fault import EXCHANGE
from console.lab.grants import Counted
from console.lab.stand_in import SLOW, StandIn

DOMAIN, NETBIOS = "corp.test", "CORP"
SERVER, OTHER_SERVER, AUTODISCOVER = "mail.corp.test", "mail2.corp.test", "autodiscover.corp.test"
BRANCH, BRANCH_AUTODISCOVER = "branch.corp.test", "autodiscover.branch.corp.test"
HOSTER, HOSTER_SERVER = "autodiscover.hoster.test", "mail.hoster.test"
CLOUD_DOMAIN = "corp.mail.onmicrosoft.com"
CLOUD = "outlook.office365.com"
PASSWORD = "practice"


@dataclass
class HostCounts:
    """What a host saw: connections, requests, requests that carried a password or its proof, those of them refused."""

    connections: int = 0
    requests: int = 0
    with_credentials: int = 0
    refused: int = 0


class ExchangePlace(StandIn):
    """Exchange as the lab plays it.

    `switched` is called after every change of accounts or of what is switched on. `port` is that of https, `plain_port`
    that of http, known once it listens.
    """

    def __init__(self, accounts: Iterable[Account], clock: Callable[[], datetime], slow: float = SLOW) -> None:
        self.switched: Callable[[], None] = lambda: None
        self.port = self.plain_port = 0
        self._counting = threading.Lock()
        super().__init__(EXCHANGE, "Exchange", accounts, clock, slow)

    def reset(self) -> None:
        """Begin anew, with nothing counted."""
        told, self.switched = self.switched, lambda: None
        super().reset()
        self.switched = told
        with self._counting:
            self._hosts: defaultdict[str, HostCounts] = defaultdict(HostCounts)
            self._carried: defaultdict[str, Counter[str]] = defaultdict(Counter)
            self._met: Counter[str] = Counter()
        self.switched()

    def set_faults(self, slugs: Iterable[str], address: str = "") -> None:
        """Switch on just these, and let every "second request" be yet to come."""
        super().set_faults(slugs, address)
        with self._counting:
            self._met.clear()
        self.switched()

    def calm(self) -> None:
        """Switch everything off."""
        super().calm()
        self.switched()

    def add(self, account: Account) -> None:
        """Give somebody a mailbox."""
        super().add(account)
        self.switched()

    def at(self, host: str, path: str) -> str:
        """Return the https address of a path at a host."""
        return f"https://{host}:{self.port}{path}"

    @property
    def certificate(self) -> str:
        """The kind of certificate that the servers present."""
        return next((kind for kind in (SELF_SIGNED, EXPIRED, WRONG_NAME, UNKNOWN) if self.has(kind)), GOOD)

    @property
    def known_to_microsoft(self) -> bool:
        """Whether the domain is verified in a tenant of Microsoft 365."""
        moved = any(self.has("moved-to-cloud", address) for address in self.accounts)
        return moved or self.has("hybrid") or self.has("known-to-microsoft")

    @property
    def logins(self) -> list[str]:
        """Every user name that somebody may sign in with."""
        users = [address.partition("@")[0] for address in self.accounts]
        return [
            form.format(user) for user in users for form in ("{}@" + DOMAIN, NETBIOS + "\\{}", DOMAIN + "\\{}", "{}")
        ]

    @property
    def build(self) -> Build:
        """The version of Exchange that is played."""
        return next((BUILDS[slug] for slug in BUILDS if slug in self.faults()), BUILDS[USUAL])

    def account_of(self, login: str) -> Account | None:
        r"""Return whose user name this is: "alice@corp.test", "CORP\alice", "corp.test\alice" or "alice"."""
        domain, slash, user = login.rpartition("\\")
        if slash and domain.lower() not in {NETBIOS.lower(), DOMAIN}:
            return None
        address = user.lower() if "@" in user and not slash else f"{user.lower()}@{DOMAIN}"
        return self.accounts.get(address)

    def holder(self, address: str) -> Account | None:
        """Return whose address this is: the main one, an alias, or the main one at the branch."""
        wanted = address.lower().replace(f"@{BRANCH}", f"@{DOMAIN}")
        return next(
            (one for one in self.accounts.values() if wanted in {one.address, *map(str.lower, one.aliases)}), None
        )

    def connected_to(self, host: str) -> None:
        """Count a connection to a host."""
        with self._counting:
            self._hosts[host].connections += 1

    def requested(self, host: str) -> None:
        """Count a request to a host."""
        with self._counting:
            self._hosts[host].requests += 1

    def carried(self, host: str, login: str) -> None:
        """Count a request with a password, or with the proof of one, for a user name."""
        account = self.account_of(login)
        with self._counting:
            self._hosts[host].with_credentials += 1
            self._carried[account.address if account else login][host] += 1

    def refused(self, host: str, login: str) -> None:
        """Count such a request as refused."""
        account = self.account_of(login)
        with self._counting:
            self._hosts[host].refused += 1
        self.grants.note(account.address if account else login, Counted.REFUSED)

    def is_first(self, what: str) -> bool:
        """Tell whether something is met for the first time since something was switched."""
        with self._counting:
            self._met[what] += 1
            return self._met[what] == 1

    def host(self, name: str) -> HostCounts:
        """Return what a host saw so far."""
        with self._counting:
            return HostCounts(**asdict(self._hosts[name]))

    def credentials_at(self, login: str = "") -> dict[str, int]:
        """Return how many requests carried credentials to each host: those of an account, or all."""
        with self._counting:
            chosen = [self._carried[login]] if login else list(self._carried.values())
            return dict(sum(chosen, Counter()))

    def counted(self) -> dict[str, dict[str, Any]]:
        """Return the counts of every account, with the hosts that its credentials came to."""
        names = dict.fromkeys([*self.accounts, *self._carried])
        return {name: {**asdict(self.grants.counts(name)), "credentials": self.credentials_at(name)} for name in names}

    def hosts(self) -> dict[str, dict[str, int]]:
        """Return the counts of every host that was asked."""
        with self._counting:
            return {name: asdict(counts) for name, counts in sorted(self._hosts.items())}
