"""What discovery found, in the reader's words: on the address step and on the settings step."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for

from console.discovery.addresses import shown_domain
from console.discovery.answer import Answer, Caution
from console.discovery.cautions import NO_PASSWORDS
from console.discovery.domains import registrable
from console.providers.base import Provider
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import prefill
from console.services.draft import DraftView
from console.services.prefill import Prefill
from console.services.recommendation import Recommendation, Way
from console.web.current import maybe_actor
from console.web.sources import SURENESS, UNKNOWN, page_of, said, source_name, source_row
from console.web.texts import say, say_many

SURE = ("certain", "likely")
ORIGINS = {
    "admin": N_("Set by your admin"),
    "table": N_("Known servers of this provider"),
    "http": N_("%(source)s, without encryption"),
    "guess": N_("A guess that answers"),
}
DOUBTS = {
    "http": N_("They came over a connection without encryption, so they may have been changed on their way."),
    "dns": N_("They rest on DNS records without a signature, so they may have been changed on their way."),
    "guess": N_("They are a guess: servers with these names answered."),
}
NOT_OFFERED = {
    "imap": N_("This domain says that it offers no IMAP. Ask IT before you type a password."),
    "smtp": N_("This domain says that it offers no SMTP for sending. Ask IT before you type a password."),
}
# Milliseconds until the page asks again: an answer from DNS alone is there at once, a slow one takes seconds.
PAUSES = (150, 300, 600, 1000)


def pause(turn: int) -> int:
    """Return the milliseconds to wait after the poll with this number, counted from 0."""
    return PAUSES[min(max(turn, 0), len(PAUSES) - 1)]


@dataclass(frozen=True)
class CautionView:
    """Something to know, with the page that says more."""

    code: str
    text: str
    help_url: str


@dataclass(frozen=True)
class WayView:
    """A provider for templates.

    `line` is what going this way takes and `text` the best reason to go. `status` says why nobody can, beside the
    name, and `closed` says it with the name; both are empty when one can. `closed_url` is where this reader can change
    that.
    """

    slug: str
    label: str
    icon: str
    button: str
    text: str
    line: str
    status: str
    closed: str
    closed_url: str
    evidence: tuple[str, ...]
    confidence: str
    confidence_icon: str
    sure: bool


@dataclass(frozen=True)
class RecommendationView:
    """The address step's panel for templates. `sentence` is what a screen reader says of it."""

    state: str
    domain: str
    sentence: str
    first: WayView | None
    through: WayView | None
    others: tuple[WayView, ...]
    refused: CautionView | None
    warnings: tuple[CautionView, ...]
    sources: tuple[dict[str, Any], ...]
    sources_text: str
    evidence: tuple[WayView, ...]


def recommendation_of(found: Recommendation | None) -> RecommendationView | None:
    """Return what the address step offers in the reader's words."""
    if found is None:
        return None
    answer = found.answer
    first = _way(found.first, answer) if found.first else None
    through = first if found.through == found.first else _way(found.through, answer) if found.through else None
    others = tuple(_way(way, answer) for way in found.others)
    ways = [way for way in (first, None if through == first else through, *others) if way is not None]
    refused = answer.refused if answer else None
    domain = shown_domain(found.address.rpartition("@")[2])
    sources = answer.sources if answer else ()
    return RecommendationView(
        state=found.state,
        domain=domain,
        sentence=_sentence(found.state, domain, first),
        first=first,
        through=through,
        others=others,
        refused=CautionView(refused.reason, said(refused.saying), refused.help_url) if refused else None,
        warnings=cautions_of(answer.warnings if answer else ()),
        sources=tuple(source_row(one) for one in sources),
        sources_text=say_many("%(num)s source asked", "%(num)s sources asked", len(sources)),
        evidence=tuple(way for way in ways if way.confidence),
    )


def _sentence(state: str, domain: str, first: WayView | None) -> str:
    if first is not None:
        return say(
            N_("Recommended for %(domain)s: %(provider)s. %(confidence)s.")
            if first.sure
            else N_("Best guess for %(domain)s: %(provider)s. %(confidence)s."),
            domain=domain,
            provider=first.label,
            confidence=first.confidence,
        )
    return say(
        {
            "looking": N_("Looking up %(domain)s"),
            "refused": N_("This address cannot be connected"),
            "silent": N_("No answer about %(domain)s in time, please choose"),
        }.get(state, N_("We could not tell who holds this mailbox, please choose")),
        domain=domain,
    )


def _way(way: Way, answer: Answer | None) -> WayView:
    label, evidence = say(way.connection.label), way.candidate.evidence if way.candidate else ()
    sure = SURENESS.get(way.candidate.confidence, UNKNOWN) if way.candidate else None
    cautions = answer.settings.cautions if answer and answer.settings and way.warned else ()
    told = next((one for one in cautions if one.code in NO_PASSWORDS), next(iter(cautions), None))
    told_text = said(told.saying) if told else ""
    if way.least:
        told_text = " ".join((say(N_("The least access: mail only, nothing else of the account.")), told_text))
    status = closed = closed_url = ""
    if way.off is not None:
        status = say(N_("Switched off by %(by)s. Ask your account admin."), by=way.off.by)
        closed = say(
            N_("%(provider)s is switched off by %(by)s. Ask your account admin."), provider=label, by=way.off.by
        )
    elif way.unset:
        status = closed = say(N_("An admin has to set up %(provider)s first."), provider=label)
        person = maybe_actor()
        if person is not None and may(person.role, "integrations.manage", own=False):
            closed_url = url_for("integrations.show", slug=way.slug)
    elif way.retired:
        status = closed = told_text
    elif not way.here:
        status = say(N_("Not set up in this console yet. Ask your account admin."))
        closed = say(N_("%(provider)s is not set up in this console yet. Ask your account admin."), provider=label)
    return WayView(
        slug=way.slug,
        label=label,
        icon=way.connection.icon,
        button=say(way.connection.button, provider=label),
        text=told_text or (said(evidence[0]) if evidence else say(way.text)),
        line=told_text or say(way.text),
        status=status,
        closed=closed,
        closed_url=closed_url,
        evidence=tuple(said(one) for one in evidence),
        confidence=say(sure.alone) if sure else "",
        confidence_icon=sure.icon if sure else "",
        sure=way.candidate is not None and way.candidate.confidence in SURE,
    )


def cautions_of(cautions: Iterable[Caution]) -> tuple[CautionView, ...]:
    """Return cautions in the reader's words; only a page with https is linked."""
    return tuple(CautionView(one.code, said(one.saying), page_of(one)) for one in cautions)


def opens(start: Prefill, family: Provider) -> bool:
    """Return whether the servers are shown at once: some are guesses, or a second password is typed beside them."""
    found = start.found
    if start.origin == "found" and found is not None and (found.imap or found.smtp):
        return not found.complete or (not start.fixed and len(family.destinations(start.settings)) > 1)
    return bool(start.guessed)


def settings_of(start: Prefill, family: Provider, draft: DraftView, confirmed: Collection[str]) -> dict[str, Any]:
    """Return what the settings step shows beside the form itself."""
    found = start.found
    typed_over = start.origin == "typed" and not start.fixed
    named = prefill.hosts(family, start.settings)
    unseen = prefill.unseen(named, start.to_confirm, prefill.hosts(family, draft.settings))
    hosts = [host for host in start.to_confirm if host in unseen]
    return {
        "no_passwords": NO_PASSWORDS,
        "guessed": True if start.origin == "guessed" and start.guessed else start.guessed,
        "origin": _origin(start, family) if not typed_over else "",
        "admin_note": found.note if found else "",
        "diverted": _diverted(start, family),
        "cautions": cautions_of(found.cautions) if found else (),
        "not_offered": [NOT_OFFERED[name] for name in sorted(found.not_offered) if name in NOT_OFFERED]
        if found
        else [],
        "fixed": frozenset(start.fixed),
        "servers": [{"label": say(label), "value": say(value)} for label, value in family.servers(start.settings)],
        "confirm": [
            {"host": shown_domain(host), "label": host, "domain": shown_domain(registrable(host))} for host in hosts
        ],
        "confirm_value": " ".join(hosts),
        "confirm_ticked": bool(hosts) and set(hosts) <= set(confirmed),
        "confirm_why": _doubts(start, draft) if hosts else [],
        "confirm_error": None,
    }


def _origin(start: Prefill, family: Provider) -> str:
    found = start.found
    if found is None or not (found.imap or found.smtp or found.transport == "admin"):
        named = (one for one in (start.answer.candidates if start.answer else ()) if one.provider == family.slug)
        best = next((one for one in named if one.url or one.autodiscover), None)
        return said(best.evidence[0]) if best and best.evidence else ""
    source = source_name(found.source)
    return say(ORIGINS[found.transport], source=source) if found.transport in ORIGINS else source


def _diverted(start: Prefill, family: Provider) -> str:
    """Return why this family is the wrong way for a mailbox that discovery is sure another one holds; "" where not."""
    answer = start.answer
    if answer is None or answer.confidence not in SURE or family.slug in {one.provider for one in answer.candidates}:
        return ""
    told = getattr(family, "elsewhere", {}).get(answer.recommended)
    if not told:
        return ""
    best = next(one for one in answer.candidates if one.provider == answer.recommended)
    return " ".join([*(said(one) for one in best.evidence[:1]), say(told)])


def _doubts(start: Prefill, draft: DraftView) -> list[str]:
    found = start.found
    mail = found if found is not None and (found.imap or found.smtp) else None
    doubts = [say(DOUBTS[mail.transport])] if mail and mail.transport in DOUBTS else []
    if mail is None or mail.relation == "foreign":
        domain = shown_domain((draft.address or "").rpartition("@")[2])
        doubts.append(say(N_("They belong to another domain than %(domain)s."), domain=domain))
    return doubts
