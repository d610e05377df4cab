"""What the address step offers: the provider that was recommended, the way that works today, and the others."""

from dataclasses import dataclass, replace
from typing import Literal

from console.discovery.addresses import AddressError, parse
from console.discovery.answer import Answer, Candidate
from console.discovery.cautions import NO_PASSWORDS
from console.discovery.connections import CONNECTIONS, Connection
from console.providers.base import Provider
from console.rules.texts import N_
from console.services import apps, discoveries, prefill, switches
from console.services.context import Actor, Context
from console.services.draft import fetch
from console.services.switches import Off

# `silent` is an answer that did not come in time; `unknown` one that recommends nothing.
State = Literal["looking", "found", "unknown", "silent", "refused"]


@dataclass(frozen=True)
class Way:
    """A provider as the address step offers it.

    `here` says whether this console has the family, `unset` that an admin has to set its app up first, `off` who
    switched it off, `warned` that the cautions beside the settings are about it, and `retired` that it asks for a
    password although the mailbox takes none any more. `least` marks the way with the least access, where another one
    is recommended that reaches more of the account. `text` is the family's own line about itself (marked).
    """

    slug: str
    connection: Connection
    text: str = ""
    here: bool = False
    unset: bool = False
    off: Off | None = None
    warned: bool = False
    retired: bool = False
    least: bool = False
    candidate: Candidate | None = None

    @property
    def usable(self) -> bool:
        """Whether a person can go this way."""
        return self.here and self.off is None and not self.unset and not self.retired


@dataclass(frozen=True)
class Recommendation:
    """What is known about the address of a draft.

    `first` is the recommended provider, `through` the way that the primary button goes: the same one, or what works
    while this console has no family for it, or None. `others` hold every way but that one, and are empty after a
    refusal.
    """

    state: State
    address: str
    answer: Answer | None = None
    first: Way | None = None
    through: Way | None = None
    others: tuple[Way, ...] = ()


def get(ctx: Context, actor: Actor, draft_id: str, typed: str | None = None) -> Recommendation | None:
    """Return what the address step offers for one of the actor's own drafts.

    None when its address was not looked up, or is not the one that was `typed`. Raises NotFound.
    """
    now = ctx.clock()
    with ctx.store.read() as session:
        asked = discoveries.of_draft(session, fetch(session, actor, draft_id, now), now)
        off = switches.providers_off(session)
    if asked is None or (typed is not None and _key(typed) != asked.address):
        return None
    answer = asked.answer
    if answer is None and asked.waiting:
        return Recommendation("looking", asked.address)
    if answer is not None and answer.refused is not None:
        return Recommendation("refused", asked.address, answer)
    ways = _ways(ctx, answer, off, frozenset(apps.all_of(ctx)))
    first = next((way for way in ways if answer and way.slug == answer.recommended), None)
    through = _through(ctx, answer, first, ways)
    return Recommendation(
        "silent" if answer is None else "unknown" if first is None else "found",
        asked.address,
        answer,
        first,
        through,
        tuple(way for way in ways if way.slug not in {first and first.slug, through and through.slug}),
    )


def _key(typed: str) -> str | None:
    try:
        return parse(typed).key
    except AddressError:
        return None


def _ways(ctx: Context, answer: Answer | None, off: dict[str, Off], set_up: frozenset[str]) -> list[Way]:
    """Return the candidates, best first, then the families that are none. `set_up` are the slugs that have an app."""
    candidates = answer.candidates if answer else ()
    slugs = [one.provider for one in candidates] + [family.slug for family in ctx.families]
    settings = answer.settings if answer else None
    retired = settings is not None and any(caution.code in NO_PASSWORDS for caution in settings.cautions)
    best = ctx.families.get(answer.recommended) if answer else None
    found = []
    for slug in dict.fromkeys(slugs):
        family = ctx.families.get(slug)
        candidate = next((one for one in candidates if one.provider == slug), None)
        way = Way(slug, _connection(slug, family), off=off.get(slug), candidate=candidate)
        if family is not None:
            web = candidate is not None and bool(candidate.url or candidate.autodiscover)
            warned = prefill.reads(family, answer) and not web
            takes = retired and warned and family.password_based
            least = warned and not takes and family.password_based and best is not None and best.consents
            unset = family.consents and slug not in set_up
            way = replace(way, here=True, text=family.text, warned=warned, retired=takes, least=least, unset=unset)
        found.append(way)
    return found


def _connection(slug: str, family: Provider | None) -> Connection:
    known = CONNECTIONS.get(slug)
    if family is None:
        return known or Connection(slug, "mail", "")
    return replace(known or Connection("", "", N_("Connect to %(provider)s")), label=family.label, icon=family.icon)


def _through(ctx: Context, answer: Answer | None, first: Way | None, ways: list[Way]) -> Way | None:
    if first is None or first.usable:
        return first
    # What an admin switched off is no reason to recommend the way around it.
    if first.off:
        return None
    for way in ways:
        family = ctx.families.get(way.slug)
        if way.usable and family and (way.candidate or prefill.reads(family, answer)):
            return way
    return None
