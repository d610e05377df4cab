"""What the findings about a domain amount to. Nothing is asked here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from console.discovery.answer import CONFIDENCES, Candidate, Caution, Confidence, Refusal, Saying, Settings
from console.discovery.exchange import Found
from console.discovery.exchangers import Exchanger
from console.discovery.signals import Kind, Signal
from console.discovery.tables.hosts import EXCHANGE, IMAP, Host
from console.discovery.tables.mail_hosts import GOOGLE, MICROSOFT
from console.discovery.tables.refusals import REFUSALS
from console.discovery.tenants import Tenant
from console.rules.texts import N_

UNKNOWN = Saying(N_("We could not tell who holds this mailbox."))
HYBRID = Saying(
    N_("The domain has servers of its own, so a mailbox may lie there or in Microsoft 365. Try Microsoft first.")
)
STILL_THERE = Saying(N_("Mailboxes that have not moved to Microsoft 365 lie on the domain's own Exchange server."))
FORWARDER = N_(
    "%(name)s passes the mail of %(domain)s on and holds no mailbox. "
    "Find out where the mail is read, and connect that mailbox."
)
GATEWAY = N_(
    "The mail filter %(name)s stands in front of %(domain)s, and we could not tell what is behind it. "
    "Choose the provider where you read your mail."
)
SEVERAL = N_("The signs for %(domain)s point to several providers. Choose the one where you read your mail.")
PUBLISHED = N_("%(domain)s publishes its servers: %(host)s")
BY_LIST = N_("The Thunderbird list (ISPDB) names %(host)s for %(domain)s.")
BY_LIST_OF_EXCHANGERS = N_("The Thunderbird list (ISPDB) names %(host)s for the mail server of %(domain)s.")
BY_EXCHANGER = N_("The operator of the mail server of %(domain)s names %(host)s.")
GUESSED = N_("A mail server answers at %(host)s")
# Kinds of claims that come from asking servers, beside marks in DNS.
_ASKED = frozenset({"server", "servers"})
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


@dataclass(frozen=True)
class Judgement:
    """Who holds the mailbox. `host` is the one of the tables whose servers apply, where there is one."""

    recommended: str | None
    candidates: tuple[Candidate, ...] = ()
    refused: Refusal | None = None
    warnings: tuple[Caution, ...] = ()
    host: Host | None = None

    @property
    def sure(self) -> bool:
        """Whether nobody else has to be asked: refused, or more than possible."""
        ours = [one for one in self.candidates if one.provider == self.recommended]
        return self.refused is not None or any(one.confidence != "possible" for one in ours)


@dataclass
class _Claim:
    """One host with what speaks for it."""

    host: Host
    evidence: list[Saying] = field(default_factory=list)
    kinds: set[Kind | str] = field(default_factory=set)
    preference: int | None = None
    confidence: Confidence = "possible"
    url: str = ""

    @property
    def weight(self) -> int:
        return len(self.kinds)


def by_table(host: Host, evidence: Iterable[Saying]) -> Judgement:
    """Return the judgement where a table alone decides."""
    if host.refusal:
        return Judgement(None, refused=REFUSALS[host.refusal], host=host)
    return Judgement(host.provider, (Candidate(host.provider, "certain", tuple(evidence)),), host=host)


def decided(findings: Findings) -> Judgement | None:
    """Return the judgement where MX alone decides: one host, and nothing of equal weight that says otherwise."""
    named = findings.named
    if not named or len({one.host.name for one in named if one.host}) > 1:
        return None
    first, seen = named[0], findings.exchangers or ()
    # Less preferred servers of others keep mail for a while; servers of the domain itself may hold mailboxes.
    rivals = [one for one in seen if one.own or (one.unknown and one.preference < first.preference)]
    rivals += [one for one in seen if one.forwarder and one.preference <= first.preference]
    if rivals or first.host is None:
        return None
    before = [say for one in seen if one.gateway and one.preference <= first.preference for say in one.evidence]
    return by_table(first.host, [*before, *first.evidence])


def judge(findings: Findings) -> Judgement:
    """Return what everything together amounts to."""
    claims = _claims(findings)
    ranked = sorted(claims, key=_rank)
    refusal = _refusal(ranked, findings)
    if refusal is not None:
        return Judgement(None, refused=REFUSALS[refusal])
    ranked = [claim for claim in ranked if not claim.host.refusal]
    chosen = _chosen(ranked, findings)
    warnings = _warnings(chosen, findings)
    candidates = _candidates(ranked, chosen)
    if findings.forwarded:
        candidates = tuple(replace(one, confidence="possible") for one in candidates)
    recommended = chosen.host.provider if chosen else None
    if recommended is None and not warnings:
        recommended = IMAP.provider
    if not any(one.provider == IMAP.provider for one in candidates):
        seen = () if findings.forwarded else (findings.exchangers or ())[:1]
        unknown = Candidate(IMAP.provider, "possible", (*(say for one in seen for say in one.evidence), UNKNOWN))
        if recommended == IMAP.provider or not candidates:
            candidates = (unknown, *candidates)
        elif recommended is None:
            candidates = (*candidates, unknown)
    candidates = tuple(sorted(candidates, key=lambda one: one.provider != recommended))
    return Judgement(recommended, candidates, warnings=warnings, host=chosen.host if chosen else None)


def settled(findings: Findings) -> bool:
    """Return whether MX and signals name a host so clearly that no server has to be asked."""
    if findings.exchangers is None or findings.own or findings.forwarded:
        return False
    return judge(findings).sure


def _claims(findings: Findings) -> list[_Claim]:
    claims: dict[str, _Claim] = {}

    def claim(host: Host) -> _Claim:
        return claims.setdefault(host.name, _Claim(host))

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


def _add_servers(claims: dict[str, _Claim], findings: Findings) -> None:
    """Add what servers themselves said: the tenant, an Exchange server, servers for IMAP."""
    if findings.hidden:
        for claim in claims.values():
            claim.evidence[:0] = [say for one in findings.exchangers or () if one.gateway for say in one.evidence][:2]
    found = findings.exchange
    if found and not found.host:
        claims[EXCHANGE.name] = _Claim(EXCHANGE, [found.evidence], {"server"}, None, found.confidence, found.url)
    published = [one for one in findings.settings if one.imap is not None and one.transport != "guess"]
    guessed = [one for one in findings.settings if one.imap is not None and one.transport == "guess"]
    if published or guessed:
        best = (published or guessed)[0]
        values = {"domain": findings.domain, "host": best.imap.host if best.imap else ""}
        values = values if published else {"host": values["host"]}
        own = best.transport != "http" and best.relation != "foreign"
        confidence: Confidence = "likely" if published and own else "possible"
        host = _SIGN_IN.get(best.imap.host if best.imap else "", IMAP)
        claim = claims.setdefault(host.name, _Claim(host))
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


def _add_tenant(claims: dict[str, _Claim], findings: Findings, tenant: Tenant) -> None:
    """Add a tenant: proof of nothing by itself, the sign of a hybrid where the domain has own servers."""
    known = claims.setdefault(MICROSOFT.host.name, _Claim(MICROSOFT.host))
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
    if exchange is None:
        claims[EXCHANGE.name] = exchange = _Claim(EXCHANGE)
    # What a server said about itself stays, but in a hybrid it is never the whole truth.
    exchange.confidence = "possible" if exchange.confidence == "possible" else "likely"
    exchange.evidence.append(STILL_THERE)
    exchange.kinds.add("hybrid")


def _rank(claim: _Claim) -> tuple[object, ...]:
    hybrid = "hybrid" in claim.kinds
    preference = 1 << 17 if claim.preference is None else claim.preference
    return (
        CONFIDENCES.index(claim.confidence),
        not hybrid,
        hybrid and claim.host == EXCHANGE,
        preference,
        -claim.weight,
        claim.host.name == IMAP.name,
        claim.host.name,
    )


def _refusal(ranked: Sequence[_Claim], findings: Findings) -> str | None:
    """Return the reason when the likeliest holder cannot be connected."""
    top = ranked[0] if ranked else None
    sure = top is not None and top.confidence != "possible"
    if top is not None and top.host.refusal and (sure or "autodiscover" in top.kinds):
        # Servers of the domain that take mail before it may hold the mailbox.
        before = top.preference is not None and any(one.preference < top.preference for one in findings.own)
        return None if before else top.host.refusal
    # A tenant in a closed cloud, and nobody else who likely holds the mailbox.
    tenant = findings.tenant
    if tenant and tenant.refusal and not findings.forwarded:
        elsewhere = sure and top is not None and top.host.provider != MICROSOFT.host.provider
        return None if elsewhere else tenant.refusal
    return None


def _chosen(ranked: Sequence[_Claim], findings: Findings) -> _Claim | None:
    """Return the claim to recommend, or None where a person has to choose."""
    if not ranked or findings.forwarded:
        return None
    top = ranked[0]
    if "hybrid" in top.kinds:
        return top
    if top.confidence == "possible":
        # Several hosts of one family need no choice between families.
        return top if top.preference is not None and len({one.host.provider for one in ranked}) == 1 else None
    rivals = [one for one in ranked[1:] if one.confidence == top.confidence and one.host.provider != top.host.provider]
    level = [one for one in rivals if one.weight >= top.weight and one.preference == top.preference]
    # Two hosts with marks of equal weight are for a person to decide; a server that was asked is no mark.
    return None if any(not one.kinds & _ASKED for one in level) else top


def _warnings(chosen: _Claim | None, findings: Findings) -> tuple[Caution, ...]:
    """Return why a person has to choose."""
    if chosen is not None:
        return ()
    if findings.forwarded:
        name = next(one.forwarder for one in findings.exchangers or () if one.forwarder)
        return (Caution("forwarder", Saying(FORWARDER, {"domain": findings.domain, "name": name})),)
    if findings.hidden:
        name = next(one.gateway for one in findings.exchangers or () if one.gateway)
        return (Caution("behind-gateway", Saying(GATEWAY, {"domain": findings.domain, "name": name})),)
    marked = {signal.host.provider for signal in findings.signals} | {
        one.host.provider for one in findings.named if one.host
    }
    if len(marked) > 1:
        return (Caution("several-hosts", Saying(SEVERAL, {"domain": findings.domain})),)
    return ()


def _candidates(ranked: Sequence[_Claim], chosen: _Claim | None) -> tuple[Candidate, ...]:
    """Return one candidate per provider, the chosen one first, with all that speaks for it."""
    found: dict[str, Candidate] = {}
    for claim in sorted(ranked, key=lambda one: one is not chosen):
        new = Candidate(claim.host.provider, claim.confidence, (), claim.url)
        one = found.get(claim.host.provider, new)
        fresh = tuple(saying for saying in claim.evidence if saying not in one.evidence)
        found[one.provider] = replace(one, evidence=(*one.evidence, *fresh), url=one.url or claim.url)
    return tuple(found.values())
