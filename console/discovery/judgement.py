"""What the claims about a domain amount to: who holds its mailboxes. Nothing is asked here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from console.discovery.answer import CONFIDENCES, Candidate, Caution, Refusal, Saying
from console.discovery.claims import Claim, Findings, claimed
from console.discovery.tables.hosts import EXCHANGE, IMAP, Host
from console.discovery.tables.mail_hosts import MICROSOFT
from console.discovery.tables.refusals import REFUSALS
from console.rules.texts import N_

UNKNOWN = Saying(N_("We could not tell who holds this mailbox."))
FORWARDER = N_(
    "%(name)s passes the mail of %(domain)s on and holds no mailbox. "
    "Find out where the mail is read, and connect that mailbox."
)
GATEWAY = N_(
    "The mail filter %(name)s stands in front of %(domain)s, and we could not tell what is behind it. "
    "Choose the provider where you read your mail."
)
SEVERAL = N_("The signs for %(domain)s point to several providers. Choose the one where you read your mail.")
# Kinds of claims that come from asking servers, beside marks in DNS.
_ASKED = frozenset({"server", "servers"})


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
    ranked = sorted(claimed(findings), key=_rank)
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


def _rank(claim: Claim) -> tuple[object, ...]:
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


def _refusal(ranked: Sequence[Claim], findings: Findings) -> str | None:
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


def _chosen(ranked: Sequence[Claim], findings: Findings) -> Claim | None:
    """Return the claim to recommend, or None where a person has to choose."""
    if not ranked or findings.forwarded:
        return None
    top = ranked[0]
    if "hybrid" in top.kinds:
        return top
    if top.confidence == "possible":
        # Several hosts of one family need no choice between families, nor does a server where nothing else was seen.
        alone = len({one.host.provider for one in ranked}) == 1
        seen = top.preference is not None or ("server" in top.kinds and not findings.hidden)
        return top if alone and seen else None
    rivals = [one for one in ranked[1:] if one.confidence == top.confidence and one.host.provider != top.host.provider]
    level = [one for one in rivals if one.weight >= top.weight and one.preference == top.preference]
    # Two hosts with marks of equal weight are for a person to decide; a server that was asked is no mark.
    return None if any(not one.kinds & _ASKED for one in level) else top


def _warnings(chosen: Claim | None, findings: Findings) -> tuple[Caution, ...]:
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


def _candidates(ranked: Sequence[Claim], chosen: Claim | None) -> tuple[Candidate, ...]:
    """Return one candidate per provider, the chosen one first, with all that speaks for it."""
    found: dict[str, Candidate] = {}
    for claim in sorted(ranked, key=lambda one: one is not chosen):
        new = Candidate(claim.host.provider, claim.confidence, (), claim.url, claim.autodiscover)
        one = found.get(claim.host.provider, new)
        fresh = tuple(saying for saying in claim.evidence if saying not in one.evidence)
        found[one.provider] = replace(
            one,
            evidence=(*one.evidence, *fresh),
            url=one.url or claim.url,
            autodiscover=one.autodiscover or claim.autodiscover,
        )
    return tuple(found.values())
