"""Where the servers of an IMAP mailbox are found. Everything is asked at once; the best answer wins, not the first."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import SystemRandom
from urllib.parse import urlsplit

from console.discovery import autoconfig, cautions, guess, known, pacc, srv
from console.discovery.addresses import Address
from console.discovery.answer import Settings, Transport
from console.discovery.asking import Asking, Job
from console.discovery.autoconfig import Config
from console.discovery.deadline import Deadline, Story
from console.discovery.domains import is_public_suffix, within
from console.discovery.errands import Errand, Errands, NotDone
from console.discovery.lookups import Lookups, LookupTrouble, NoSuchName, Srv
from console.discovery.ranking import Found, ranked
from console.discovery.sources import LOCAL_PART, Nothing, relation
from console.discovery.web import Page, Web, WebTrouble
from console.providers.dial import Budget, Dialer, Limits

PROTOCOLS = ("imap", "smtp")
# Guesses begin at the latest when so much time is left (or half of it, where it is short from the start): a source that
# hangs must not keep them from being made.
GUESSING_SECONDS = 1.8
# Kept back of the deadline, so that what was found is handed over in time when a source hangs.
MARGIN = 0.15
# WorkMail's IMAP and SMTP servers, and the SMTP endpoints of SES, as Amazon's documentation names them.
_AMAZON = re.compile(r"(.+\.)?awsapps\.com|email-smtp[a-z0-9.-]*\.amazonaws\.com")


class ServerSearch:
    """Finds mail servers for one discovery.

    `ispdb_url` is put before a mail domain, which alone is told; empty asks no database. `random` returns numbers from
    0 up to, not including, 1. `ports` are where guesses are made.
    """

    def __init__(
        self,
        web: Web,
        lookups: Lookups,
        dialer: Dialer,
        deadline: Deadline,
        story: Story,
        *,
        ispdb_url: str,
        random: Callable[[], float] | None = None,
        ports: guess.Ports = guess.PORTS,
    ) -> None:
        self._web, self._lookups, self._dialer = web, lookups, dialer
        self._deadline, self._story = deadline, story
        self._ispdb_url = f"{ispdb_url.rstrip('/')}/" if ispdb_url else ""
        self._ports = ports
        self._random = random or SystemRandom().random

    def known(self, address: Address, mx_hosts: Sequence[str]) -> Settings | None:
        """Return what our own table says about the domain, or else about its mail exchangers; nothing is asked.

        `mx_hosts` are host names, most preferred first. What only unsigned DNS led to is to be confirmed.
        """
        began = self._deadline.monotonic()
        found = known.settings(address, mx_hosts, vouched=self._vouched(address.domain, mx_hosts))
        if found is None:
            self._story.tell(f"our own table: nothing about {address.domain} and its mail exchangers")
            return None
        self._story.record("table", "found", began, f"imap {found.imap}, smtp {found.smtp}")
        return _finished(found)

    def find(self, address: Address, mx_hosts: Sequence[str]) -> tuple[Settings, ...]:
        """Return what the network says, best first; guesses are made only for what nothing else names.

        `mx_hosts` are host names, most preferred first; an empty one is a null MX (RFC 7505), which ends all guessing.
        Ends a little before the deadline, and never raises for anything that an answer holds.
        """
        asking = Asking(self._deadline, self._story)
        for job in self._jobs(address, mx_hosts):
            asking.start(job)
        left = self._deadline.left() - MARGIN
        asking.wait(max(left - GUESSING_SECONDS, left / 2))
        wanted = self._unnamed(asking.found(), address, mx_hosts)
        if wanted:
            guesses = partial(self._guess, address, mx_hosts, wanted)
            asking.start(Job("guess", 99, guesses, unvouched=True))
        asking.wait(self._deadline.left() - MARGIN)
        asking.close()
        return tuple(_finished(settings) for settings in ranked(asking.found()))

    def _jobs(self, address: Address, mx_hosts: Sequence[str]) -> list[Job]:
        domain = address.domain
        jobs = [Job("srv", 5, partial(self._srv, address))]
        if self._ispdb_url:
            jobs.append(Job("ispdb", 4, partial(self._config, self._ispdb_url + domain, address, "ispdb")))
        own = [
            ("pacc", partial(self._pacc, address)),
            ("autoconfig", partial(self._config, autoconfig.own_url(address), address, "autoconfig")),
            ("well-known", partial(self._config, autoconfig.well_known_url(domain), address, "well-known")),
        ]
        if is_public_suffix(domain):
            # autoconfig.co.uk may be anybody's, not only whoever reads mail at co.uk.
            for name, _ in own:
                self._story.record(name, "skipped", self._deadline.monotonic(), "anybody can register names below it")
        else:
            jobs += [Job(name, rank, ask) for rank, (name, ask) in enumerate(own, 1)]
        return jobs + self._exchanger_jobs(address, mx_hosts)

    def _exchanger_jobs(self, address: Address, mx_hosts: Sequence[str]) -> list[Job]:
        """Return the jobs that ask about the operator of the most preferred mail exchanger."""
        if not mx_hosts:
            return []
        unvouched = not self._vouched(address.domain, mx_hosts[:1])
        jobs = []
        for step, mx_domain in enumerate(autoconfig.mx_domains(mx_hosts[0], address.domain)):
            urls = {"mx-autoconfig": autoconfig.mx_url(mx_domain)}
            if self._ispdb_url:
                urls["mx-ispdb"] = self._ispdb_url + mx_domain
            for rank, (kind, url) in enumerate(urls.items()):
                name = kind if step == 0 else f"{kind}-base"
                ask = partial(self._by_exchanger, url, address, name, unvouched)
                jobs.append(Job(name, 6 + 2 * rank + step, ask, unvouched))
        return jobs

    def _unnamed(self, found: Sequence[Found], address: Address, mx_hosts: Sequence[str]) -> list[str]:
        """Return the protocols to guess servers for."""
        if "" in mx_hosts or is_public_suffix(address.domain):
            return []
        named = {protocol for one in found for protocol in PROTOCOLS if getattr(one.settings, protocol) is not None}
        refused = {protocol for one in found for protocol in one.settings.not_offered}
        return [protocol for protocol in PROTOCOLS if protocol not in named | refused]

    def _vouched(self, domain: str, mx_hosts: Sequence[str]) -> bool:
        """Return whether DNSSEC vouches that these are mail exchangers of the domain."""
        if not self._lookups.signed(domain, "MX"):
            return False
        try:
            return {record.host for record in self._lookups.mx(domain)}.issuperset(mx_hosts)
        except (NoSuchName, LookupTrouble):
            return False

    def _config(self, url: str, address: Address, source: str) -> Settings:
        page = self._page(url, address)
        config = autoconfig.read(page.body, address)
        # The database is curated, but it is not the domain that speaks.
        own = source != "ispdb" and within(urlsplit(page.url).hostname or "", address.domain)
        return _settings(source, _transport(url), config, address, vouched=own)

    def _by_exchanger(self, url: str, address: Address, source: str, unvouched: bool) -> Settings:
        config = autoconfig.read(self._page(url, address).body, address)
        # Whoever forges the mail exchangers chooses whom we ask, so the answer is worth no more than they are.
        transport = "dns" if unvouched else _transport(url)
        return _settings(source, transport, config, address, vouched=not unvouched)

    def _pacc(self, address: Address) -> Settings:
        published = pacc.digests(self._lookups.txt(pacc.digest_name(address.domain)))
        if not published:
            raise Nothing("no digest in DNS")
        page = self._page(pacc.url(address.domain), address)
        return _settings("pacc", "https", pacc.read(page.body, published, address), address, vouched=True)

    def _page(self, url: str, address: Address) -> Page:
        page = self._web.get(url, domain=address.domain)
        if page.status in {404, 410}:
            raise Nothing("no such page")
        if page.status != 200:
            raise WebTrouble(f"the web server answers {page.status}")
        return page

    def _srv(self, address: Address) -> Settings:
        names = [f"{service}.{address.domain}" for services in srv.SERVICES.values() for service, _ in services]
        errands = Errands(len(names))
        running = {
            name: errands.start("srv", partial(self._lookups.srv, name), NoSuchName, LookupTrouble) for name in names
        }
        asked = {name: self._records(errand) for name, errand in running.items()}
        records = {name: answer for name, answer in asked.items() if not isinstance(answer, LookupTrouble)}
        left = self._deadline.left()
        budget = Budget(self._deadline.monotonic, Limits(left, left))
        believed = partial(srv.reachable, dialer=self._dialer, budget=budget)
        offers = {
            protocol: srv.offer(protocol, address.domain, records, self._random, believed) for protocol in PROTOCOLS
        }
        unbelieved = [record for offer in offers.values() for record in offer.unbelieved]
        for record in unbelieved:
            self._story.tell(f"SRV names {record.host}:{record.port}, where no mail server can be reached")
        refused = frozenset(protocol for protocol, offer in offers.items() if offer.refused)
        imap, smtp = offers["imap"], offers["smtp"]
        if imap.server is None and smtp.server is None and not refused:
            troubles = [answer for answer in asked.values() if isinstance(answer, LookupTrouble)]
            if unbelieved:
                raise Nothing(f"no mail server can be reached at {unbelieved[0].host}:{unbelieved[0].port}")
            raise troubles[0] if troubles else Nothing("no such records")
        signed = all(self._lookups.signed(offer.name, "SRV") for offer in offers.values() if offer.name)
        servers = (imap.server, smtp.server)
        return Settings(
            "srv",
            "signed-dns" if signed else "dns",
            relation(servers, address.domain, vouched=signed),
            *servers,
            not_offered=refused,
        )

    def _records(self, errand: Errand[list[Srv]]) -> Sequence[Srv] | LookupTrouble:
        try:
            return errand.result(self._deadline.left())
        except NoSuchName:
            return ()
        except LookupTrouble as trouble:
            return trouble
        except (TimeoutError, NotDone):
            return LookupTrouble("no answer in time")

    def _guess(self, address: Address, mx_hosts: Sequence[str], wanted: Sequence[str]) -> Settings:
        tries = [one for protocol in wanted for one in guess.attempts(protocol, address.domain, mx_hosts, self._ports)]
        found = guess.first(tries, self._dialer, self._deadline, self._story.tell)
        if not found:
            raise Nothing("no server greets at the usual names")
        servers = (found.get("imap"), found.get("smtp"))
        return Settings("guess", "guess", relation(servers, address.domain, vouched=False), *servers)


def _transport(url: str) -> Transport:
    return "https" if url.startswith("https:") else "http"


def _settings(source: str, transport: Transport, config: Config, address: Address, *, vouched: bool) -> Settings:
    return Settings(
        source,
        transport,
        relation((config.imap, config.smtp), address.domain, vouched=vouched),
        config.imap,
        config.smtp,
        config.imap_username,
        config.smtp_username,
        cautions=config.cautions,
    )


def _finished(settings: Settings) -> Settings:
    """Return `settings` with the cautions that can be read from them."""
    told = list(settings.cautions)
    if settings.source != "table" and settings.imap is not None:
        # A domain that names the servers of a known provider meets that provider's traps.
        codes, smtp = {one.code for one in told}, settings.smtp.host if settings.smtp else ""
        told += [one for one in known.cautions_of(settings.imap.host, smtp) if one.code not in codes]
    if settings.imap_username == LOCAL_PART and cautions.LOCAL_PART not in told:
        told.append(cautions.LOCAL_PART)
    hosts = [server.host for server in (settings.imap, settings.smtp) if server is not None]
    if any(_AMAZON.fullmatch(host) for host in hosts):
        told.append(cautions.AMAZON)
    return replace(settings, cautions=tuple(told))
