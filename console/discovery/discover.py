"""From an address to an answer: who holds the mailbox, and with which servers. One deadline for everything."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from console.discovery import exchangers, judgement, offline, tenants
from console.discovery.addresses import Address
from console.discovery.answer import Answer, Candidate, Caution, Default, Saying, Settings
from console.discovery.claims import Findings
from console.discovery.deadline import SECONDS, Deadline, Story
from console.discovery.domains import is_public_suffix
from console.discovery.errands import Errand, Errands, NotDone
from console.discovery.exchange import Exchange, Found
from console.discovery.exchangers import Exchanger
from console.discovery.judgement import Judgement
from console.discovery.lookups import MOST_RECORDS, Lookups, LookupTrouble, Mx, NameServer, NoSuchName, TooManyRecords
from console.discovery.servers import ServerSearch
from console.discovery.signals import Signal, Signals
from console.discovery.tables import consumers
from console.discovery.tables.hosts import EXCHANGE, IMAP
from console.discovery.tables.mail_hosts import HOSTS, MICROSOFT
from console.discovery.tenants import Tenant
from console.discovery.web import Web
from console.providers.dial import Dialer
from console.rules.texts import N_

# How long the answer about MX is waited for before the rest begins without it.
MX_SECONDS = 1.5
# The same for the signals, before servers are asked.
SIGNAL_SECONDS = 1.0
# The same for what stands behind names of mail servers, and how many are looked behind.
ALIAS_SECONDS = 0.5
MOST_ALIASES = 3
# What putting the answer together may take of the deadline.
MARGIN = 0.1

_ADMIN = N_("An account admin set this for %(domain)s.")
_NO_SUCH_DOMAIN = N_("The domain %(domain)s does not exist. Check the address for a typing mistake.")
_NULL_MX = N_("The domain %(domain)s says that it takes no mail. Check the address for a typing mistake.")
_IMPLICIT_MX = N_(
    "The domain %(domain)s names no mail server, so mail goes to the domain itself. That is often a mistake."
)
_NO_MX = N_("The domain %(domain)s names no mail server. Check the address for a typing mistake.")
_NO_IMAP = N_("The domain %(domain)s says that it offers no IMAP. Ask IT how its mailboxes are reached.")
_SILENT = N_("The name servers of %(domain)s gave no answer, so this may be incomplete. Try again in a few minutes.")
_TOO_MANY_MX = N_(
    "The domain %(domain)s names more than %(most)s mail servers, so none of them was believed. "
    "Ask IT where its mailboxes lie."
)


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
        self.dialer, self.names, self.monotonic, self.seconds = dialer, names, monotonic, seconds
        self.ispdb_url, self.microsoft_login_url = ispdb_url, microsoft_login_url
        self.https_port, self.http_port = https_port, http_port
        self.errands = Errands()

    def of(self, address: Address, default: Default | None = None) -> Answer:
        """Find out about `address`; `default` is what an admin keeps for its domain, and decides.

        Never raises for anything that an answer from outside holds, and ends at the deadline.
        """
        return _One(self, address, Deadline(self.monotonic, self.seconds)).answer(default)


class _One:
    """One discovery under way."""

    def __init__(self, tools: Discovery, address: Address, deadline: Deadline) -> None:
        self.address, self.domain, self.deadline = address, address.domain, deadline
        self.story = Story(deadline)
        self.errands, self.login_url = tools.errands, tools.microsoft_login_url
        self.lookups = Lookups(tools.names, deadline, self.story)
        self.web = Web(tools.dialer, deadline, self.story, https_port=tools.https_port, http_port=tools.http_port)
        self.search = ServerSearch(
            self.web, self.lookups, tools.dialer, deadline, self.story, ispdb_url=tools.ispdb_url
        )
        self.warnings = list(offline.cautions(address))
        self.others: tuple[Settings, ...] = ()
        self.too_many_mx = False

    def answer(self, default: Default | None) -> Answer:
        """Return the answer, at the deadline at the latest."""
        judged, settings = self._by_admin(default) if default else self._found()
        sources, steps = self.story.close()
        return Answer(
            address=self.address,
            recommended=judged.recommended,
            candidates=judged.candidates,
            refused=judged.refused,
            warnings=(*judged.warnings, *self.warnings),
            settings=settings,
            others=self.others,
            sources=sources,
            story=steps,
        )

    def _by_admin(self, default: Default) -> tuple[Judgement, Settings | None]:
        host = EXCHANGE if default.exchange_url else IMAP
        self.story.tell(f"An admin's default for {self.domain} decides; nobody is asked.")
        why = Saying(_ADMIN, {"domain": self.domain})
        candidate = Candidate(host.provider, "certain", (why,), default.exchange_url)
        return Judgement(host.provider, (candidate,)), default.settings

    def _found(self) -> tuple[Judgement, Settings | None]:
        judged = offline.judged(self.address)
        if judged is not None:
            self.story.tell(f"The domain {self.domain} is in our table; nobody is asked.")
            return judged, self._servers(judged, ())
        asked = self.errands.start("mx", self._mx, NoSuchName)
        try:
            return self._by_mx(asked.result(self._share(MX_SECONDS)))
        except NoSuchName:
            return self._gone()
        except (TimeoutError, NotDone):
            return self._search_on(None, asked)

    def _mx(self) -> list[Mx] | None:
        """Return the MX records, or None where the name servers have trouble. Raises NoSuchName."""
        began = self.deadline.monotonic()
        try:
            records = self.lookups.mx(self.domain)
        except NoSuchName:
            self.story.record("mx", "nothing", began, "the domain does not exist")
            raise
        except LookupTrouble as trouble:
            self.too_many_mx = isinstance(trouble, TooManyRecords)
            self.story.record("mx", "failed", began, str(trouble))
            return None
        self.story.record("mx", "found" if records else "nothing", began, records[0].host if records else "")
        return records

    def _gone(self) -> tuple[Judgement, Settings | None]:
        return Judgement(None, warnings=(self._caution("no-such-domain", _NO_SUCH_DOMAIN),)), None

    def _by_mx(self, records: list[Mx] | None) -> tuple[Judgement, Settings | None]:
        if records is None:
            return self._search_on(None, None)
        if records and not any(record.host for record in records):
            return Judgement(None, warnings=(self._caution("null-mx", _NULL_MX),)), None
        read = exchangers.read(self.domain, records) or self._implicit()
        judged = judgement.decided(Findings(self.domain, read))
        if judged is None:
            read = self._led(read)
            judged = judgement.decided(Findings(self.domain, read))
        if judged is not None:
            return judged, self._servers(judged, [one.name for one in read])
        return self._search_on(read, None)

    def _led(self, read: tuple[Exchanger, ...]) -> tuple[Exchanger, ...]:
        """Look behind names of mail servers that no table knows: they may be other names for servers of a host."""
        asked = {
            one.name: self.errands.start("alias", partial(self.lookups.cname, one.name), NoSuchName, LookupTrouble)
            for one in [one for one in read if one.unknown][:MOST_ALIASES]
        }
        until = self.deadline.left() - ALIAS_SECONDS
        targets = {}
        for name, errand in asked.items():
            with contextlib.suppress(NoSuchName, LookupTrouble):
                targets[name] = errand.outcome(min(self._share(), self.deadline.left() - until))
        return tuple(exchangers.led(one, target) if (target := targets.get(one.name)) else one for one in read)

    def _implicit(self) -> tuple[Exchanger, ...]:
        """Return the domain as its own mail server where it has an address (RFC 5321, 5.1), and warn in any case."""
        asked = self.errands.start("address", lambda: self.lookups.has_address(self.domain), NoSuchName, LookupTrouble)
        try:
            has_address = asked.outcome(self._share(SIGNAL_SECONDS))
        except (NoSuchName, LookupTrouble):
            has_address = None
        self.warnings.append(
            self._caution("implicit-mx", _IMPLICIT_MX) if has_address else self._caution("no-mx", _NO_MX)
        )
        return (Exchanger(self.domain, 0, self.domain, own=True),) if has_address else ()

    def _search_on(
        self, read: tuple[Exchanger, ...] | None, late: Errand[list[Mx] | None] | None
    ) -> tuple[Judgement, Settings | None]:
        """Go on with what is not in MX: marks in DNS first, and servers only where those do not tell."""
        # Name servers that kept silent about MX are given half the time.
        findings = Findings(self.domain, read, self._signals(SIGNAL_SECONDS if late is None else SIGNAL_SECONDS / 2))
        began = self.deadline.monotonic()
        if judgement.settled(findings):
            if judgement.judge(findings).host == MICROSOFT.host:
                # Marks in DNS do not tell the clouds apart: domains of DoD point to autodiscover.outlook.com as well.
                tenant = self.errands.start("tenant", self._tenant)
                findings = replace(findings, tenant=tenant.outcome(self._share(SIGNAL_SECONDS)))
                self._note_late(began, {tenants.SOURCE: tenant})
            return self._settled(findings)
        # Filters and forwarders have no servers for reading mail.
        hosts = [one.name for one in read or () if not one.gateway and not one.forwarder]
        tenant = self.errands.start("tenant", self._tenant)
        # Nothing is guessed where mail is only passed on, and autodiscover.co.uk may be anybody's.
        closed = findings.forwarded or is_public_suffix(self.domain)
        exchange = None if closed else self.errands.start("exchange", lambda: self._exchange(findings))
        servers = None if findings.forwarded else self.errands.start("servers", lambda: self._find(hosts))
        findings = replace(
            findings,
            tenant=tenant.outcome(self._share()),
            exchange=exchange.outcome(self._share()) if exchange else None,
        )
        self._note_late(began, {"mx": late, tenants.SOURCE: tenant, "autodiscover": exchange})
        if late is not None:
            try:
                records = late.outcome(0)
            except NoSuchName:
                return self._gone()
            if records is not None:
                findings = replace(findings, exchangers=exchangers.read(self.domain, records))
        if findings.exchangers is None:
            self.warnings.append(
                self._caution("too-many-mx", _TOO_MANY_MX, most=str(MOST_RECORDS))
                if self.too_many_mx
                else self._caution("dns-silent", _SILENT)
            )
        judged = judgement.judge(findings)
        if servers is not None and not judged.sure:
            findings = replace(findings, settings=servers.outcome(self._share()) or ())
        return self._settled(findings)

    def _note_late(self, began: float, asked: Mapping[str, Errand[Any] | None]) -> None:
        for name, errand in asked.items():
            if errand is not None and not errand.done:
                self.story.record(name, "late", began, "no answer in time")

    def _settled(self, findings: Findings) -> tuple[Judgement, Settings | None]:
        judged = judgement.judge(findings)
        if judged.recommended not in (None, IMAP.provider) or judged.refused or judged.host not in (None, IMAP):
            return judged, self._servers(judged, [one.name for one in findings.exchangers or ()])
        self.others = findings.settings[1:]
        refused = any("imap" in one.not_offered for one in findings.settings)
        if refused and not any(one.imap for one in findings.settings):
            self.warnings.append(self._caution("imap-not-offered", _NO_IMAP))
        return judged, next(iter(findings.settings), None)

    def _signals(self, seconds: float) -> tuple[Signal, ...]:
        began = self.deadline.monotonic()
        signals = Signals(self.domain, self.lookups, self.errands, self.deadline)
        found = signals.gather(self._share(seconds))
        self.story.record(
            "dns-signals", signals.outcome, began, ", ".join(f"{one.kind} {one.host.name}" for one in found)
        )
        return found

    def _tenant(self) -> Tenant | None:
        if not self.login_url:
            return None
        return tenants.find(self.domain, self.web, self.login_url, self.deadline, self.story)

    def _exchange(self, findings: Findings) -> Found | None:
        asking = Exchange(self.domain, self.web, self.lookups, self.errands, self.deadline, self.story)
        return asking.find([one.name for one in findings.own])

    def _find(self, hosts: Sequence[str]) -> tuple[Settings, ...]:
        return self.search.find(self.address, hosts)

    def _servers(self, judged: Judgement, hosts: Sequence[str]) -> Settings | None:
        """Return the servers of the host that was found; the network is asked only where our table has none."""
        host = judged.host
        if host is None or judged.recommended is None or host.provider == EXCHANGE.provider:
            return None
        known = self.search.known(self.address, hosts)
        if known is None and host.like and self.domain in consumers.BY_DOMAIN:
            known = self.search.known(replace(self.address, domain=host.like), ())
        if known is None and self.domain not in consumers.BY_DOMAIN:
            # Marks in DNS name the host as MX does, and its servers are as much to be confirmed.
            known = self.search.known(self.address, HOSTS.exchangers(host))
        if known is None and host.provider == IMAP.provider:
            found = self.errands.start("servers", lambda: self._find(hosts)).outcome(self._share()) or ()
            self.others = found[1:]
            known = next(iter(found), None)
        return known

    def _share(self, seconds: float = SECONDS) -> float:
        """Return the seconds that a part may be waited for."""
        return min(seconds, max(0.0, self.deadline.left() - MARGIN))

    def _caution(self, code: str, sentence: str, **values: str) -> Caution:
        return Caution(code, Saying(sentence, {"domain": self.domain, **values}))
