"""A search for servers over a DNS zone and web sites of this test, and what it told."""

import threading
import time

from console.discovery.addresses import parse
from console.discovery.deadline import Deadline, Story
from console.discovery.lookups import Lookups, NameServer
from console.discovery.servers import ServerSearch
from console.discovery.web import Web
from console.providers.names import DnsResolver
from tests.providers.doors import LOOPBACK, dialer

BOB = parse("bob@acme.test")
OWN, OWN_PATH = "autoconfig.acme.test", "/mail/config-v1.1.xml"
WELL_KNOWN_PATH = "/.well-known/autoconfig/mail/config-v1.1.xml"
PACC, PACC_PATH = "ua-auto-config.acme.test", "/.well-known/user-agent-configuration.json"
ISPDB = "ispdb.test"
HERE = "127.0.0.1"
PACC_FILE = '{"protocols": {"imap": {"host": "pacc.acme.test"}, "submit": {"host": "pacc.acme.test"}}}'
# Long enough for a busy machine: the point of these tests is never that time runs out.
PATIENT = 20.0


class Heard(Story):
    """A story that can be waited for."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(deadline)
        self.heard: set[str] = set()
        self.changed = threading.Condition()

    def record(self, name, outcome, began, detail="") -> None:
        super().record(name, outcome, began, detail)
        with self.changed:
            self.heard.add(name)
            self.changed.notify_all()


class Search:
    """A search over the servers of this test, and what it told."""

    def __init__(self, certificates, dns, sites, *, seconds=PATIENT, policy=LOOPBACK, **how) -> None:
        self.deadline = Deadline(time.monotonic, seconds)
        self.story = Heard(self.deadline)
        names = NameServer(dns.address, dns.port)
        self.lookups = Lookups(names, self.deadline, self.story)
        door = dialer(certificates.ca, names=DnsResolver(dns.address, dns.port), policy=policy)
        web = Web(door, self.deadline, self.story, https_port=sites.port, http_port=1)
        how = {"ispdb_url": f"https://{ISPDB}/v1.1/", "random": lambda: 0.0} | how
        self.search = ServerSearch(web, self.lookups, door, self.deadline, self.story, **how)

    def find(self, address=BOB, mx_hosts=()):
        return self.search.find(address, mx_hosts)

    def until(self, name: str) -> None:
        """Return once a source has ended."""
        with self.story.changed:
            assert self.story.changed.wait_for(lambda: name in self.story.heard, 10)

    @property
    def outcomes(self) -> dict[str, str]:
        return {source.name: source.outcome for source in self.sources}

    @property
    def details(self) -> dict[str, str]:
        return {source.name: source.detail for source in self.sources}

    @property
    def sources(self):
        return self.story.close()[0]


def first(found):
    assert found
    return found[0]
