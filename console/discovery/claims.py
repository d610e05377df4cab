"""What the findings about a domain claim: one claim per host, with all that speaks for it. Nothing is asked here."""

from dataclasses import dataclass, field

from console.discovery.answer import CONFIDENCES, Confidence, Saying, Settings
from console.discovery.exchange import Found
from console.discovery.exchangers import Exchanger
from console.discovery.signals import Kind, Signal
from console.discovery.tables.hosts import EXCHANGE, IMAP, Host
from console.discovery.tables.mail_hosts import GOOGLE, MICROSOFT
from console.discovery.tenants import Tenant
from console.rules.texts import N_

HYBRID = Saying(
    N_("The domain has servers of its own, so a mailbox may lie there or in Microsoft 365. Try Microsoft first.")
)
STILL_THERE = Saying(N_("Mailboxes that have not moved to Microsoft 365 lie on the domain's own Exchange server."))
NOT_SEEN = Saying(
    N_("Mailboxes may also lie on the domain's own mail servers. None of them answered as an Exchange server.")
)
PUBLISHED = N_("%(domain)s publishes its servers: %(host)s")
BY_LIST = N_("The Thunderbird list (ISPDB) names %(host)s for %(domain)s.")
BY_LIST_OF_EXCHANGERS = N_("The Thunderbird list (ISPDB) names %(host)s for the mail server of %(domain)s.")
BY_EXCHANGER = N_("The operator of the mail server of %(domain)s names %(host)s.")
GUESSED = N_("A mail server answers at %(host)s")
# Servers of those who have a sign-in of their own: where a domain names them, a password is the worse way or none.
_SIGN_IN = {"imap.gmail.com": GOOGLE.host, "outlook.office365.com": MICROSOFT.host}
# Two marks of different kinds that agree; an MX record weighs as much.
ENOUGH = 2


@dataclass(frozen=True)
class Findings:
    """What is known of a domain so far. `exchangers` is None where the name servers gave no answer about MX."""

    domain: str
    exchangers: tuple[Exchanger, ...] | None = ()
    signals: tuple[Signal, ...] = ()
    tenant: Tenant | None = None
    exchange: Found | None = None
    settings: tuple[Settings, ...] = ()

    @property
    def named(self) -> tuple[Exchanger, ...]:
        """The mail servers that a table gives to a host."""
        return tuple(one for one in self.exchangers or () if one.host)

    @property
    def own(self) -> tuple[Exchanger, ...]:
        """The mail servers that are the domain's own."""
        return tuple(one for one in self.exchangers or () if one.own)

    @property
    def hidden(self) -> bool:
        """Whether filters stand in front, and no host beside them."""
        seen = self.exchangers or ()
        return any(one.gateway for one in seen) and not any(one.host or one.own for one in seen)

    @property
    def forwarded(self) -> bool:
        """Whether mail goes to forwarders, and to no host."""
        seen = self.exchangers or ()
        return any(one.forwarder for one in seen) and not any(one.host or one.own for one in seen)


@dataclass
class Claim:
    """One host with what speaks for it."""

    host: Host
    evidence: list[Saying] = field(default_factory=list)
    kinds: set[Kind | str] = field(default_factory=set)
    preference: int | None = None
    confidence: Confidence = "possible"
    url: str = ""
    autodiscover: str = ""

    @property
    def weight(self) -> int:
        """How many kinds of marks speak for it."""
        return len(self.kinds)


def claimed(findings: Findings) -> list[Claim]:
    """Return every host that something speaks for, with how sure that makes it."""
    claims: dict[str, Claim] = {}

    def claim(host: Host) -> Claim:
        return claims.setdefault(host.name, Claim(host))

    for one in findings.named:
        if one.host:
            found = claim(one.host)
            found.preference = one.preference if found.preference is None else found.preference
            if "mx" not in found.kinds:
                found.evidence += one.evidence
            found.kinds.add("mx")
    for signal in findings.signals:
        found = claim(signal.host)
        if signal.kind not in found.kinds:
            found.evidence.append(signal.saying)
        found.kinds.add(signal.kind)
    if findings.exchange and findings.exchange.host:
        found = claim(findings.exchange.host)
        found.evidence.append(findings.exchange.evidence)
        found.kinds.add("autodiscover")
    preferences = [one.preference for one in claims.values() if one.preference is not None]
    best = min(preferences, default=None)
    for found in claims.values():
        alone = found.preference is not None and found.preference == best and preferences.count(found.preference) == 1
        # The domain's own server named the host, over a line that nobody else can write to; a filter needs two marks.
        named = (
            findings.exchange is not None
            and findings.exchange.host == found.host
            and findings.exchange.confidence != "possible"
            and not findings.hidden
        )
        found.confidence = "likely" if alone or named or found.weight >= ENOUGH else "possible"
    _add_servers(claims, findings)
    return list(claims.values())


def _add_servers(claims: dict[str, Claim], findings: Findings) -> None:
    """Add what servers themselves said: the tenant, an Exchange server, servers for IMAP."""
    if findings.hidden:
        for claim in claims.values():
            claim.evidence[:0] = [say for one in findings.exchangers or () if one.gateway for say in one.evidence][:2]
    found = findings.exchange
    if found and not found.host:
        claims[EXCHANGE.name] = Claim(
            EXCHANGE, [found.evidence], {"server"}, None, found.confidence, found.url, found.autodiscover
        )
    published = [one for one in findings.settings if one.imap is not None and one.transport != "guess"]
    guessed = [one for one in findings.settings if one.imap is not None and one.transport == "guess"]
    if published or guessed:
        best = (published or guessed)[0]
        values = {"domain": findings.domain, "host": best.imap.host if best.imap else ""}
        values = values if published else {"host": values["host"]}
        own = best.transport != "http" and best.relation != "foreign"
        confidence: Confidence = "likely" if published and own else "possible"
        host = _SIGN_IN.get(best.imap.host if best.imap else "", IMAP)
        claim = claims.setdefault(host.name, Claim(host))
        claim.evidence.append(Saying(_told_by(best), values))
        claim.kinds.add("servers")
        claim.confidence = min(claim.confidence, confidence, key=CONFIDENCES.index)
    if findings.tenant and not findings.tenant.refusal:
        _add_tenant(claims, findings, findings.tenant)


def _told_by(found: Settings) -> str:
    """Return the sentence that says who named the servers."""
    # Of an answer put together of two, the better one speaks.
    source = found.source.partition(",")[0]
    if found.transport == "guess":
        return GUESSED
    if source == "ispdb":
        return BY_LIST
    if source.startswith("mx-ispdb"):
        return BY_LIST_OF_EXCHANGERS
    return BY_EXCHANGER if source.startswith("mx-") else PUBLISHED


def _add_tenant(claims: dict[str, Claim], findings: Findings, tenant: Tenant) -> None:
    """Add a tenant: proof of nothing by itself, the sign of a hybrid where the domain has own servers."""
    known = claims.setdefault(MICROSOFT.host.name, Claim(MICROSOFT.host))
    signals, exchange = known.weight, claims.get(EXCHANGE.name)
    known.evidence.append(tenant.saying)
    # Where mail arrives at own servers, and where an own server answers as Exchange, mailboxes may lie on both sides.
    if not findings.own and (exchange is None or exchange.confidence == "possible"):
        return
    imap = claims.get(IMAP.name)
    if exchange is None and not signals and imap is not None and imap.confidence == "likely":
        return
    known.evidence.append(HYBRID)
    known.kinds.add("hybrid")
    if exchange is not None or signals:
        known.confidence = "likely"
    answered = exchange is not None
    if exchange is None:
        claims[EXCHANGE.name] = exchange = Claim(EXCHANGE)
    # What a server said about itself stays, but in a hybrid it is never the whole truth.
    exchange.confidence = "possible" if exchange.confidence == "possible" else "likely"
    exchange.evidence.append(STILL_THERE if answered else NOT_SEEN)
    exchange.kinds.add("hybrid")
