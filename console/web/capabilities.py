"""What each capability of an inbox is worth, in the reader's words: staff's, and plain ones for whoever owns it."""

from dataclasses import dataclass
from datetime import datetime

from console.rules.capabilities import ALIASES, READ, RENEW, SEND, SENT, SIGN_IN
from console.rules.problems import problem
from console.rules.texts import N_
from console.services.proofs import Proof
from console.web.texts import say, say_many

LABELS = {
    "proven": N_("Proved"),
    "stale": N_("Not proved since"),
    "blocked": N_("Not proved"),
    "never": N_("Never proved"),
    "later": N_("Not needed yet"),
    "off": N_("Receives only"),
    "needs-sign-in": N_("Refused"),
    "failing": N_("Failing"),
    "degraded": N_("Degraded"),
}
PLAIN = {
    "proven": N_("Works"),
    "stale": N_("Not tested lately"),
    "blocked": N_("Waits"),
    "never": N_("Not tested yet"),
    "later": N_("Nothing to do yet"),
    "off": N_("Receives only"),
    "needs-sign-in": N_("Needs you"),
    "failing": N_("Does not work"),
    "degraded": N_("Unsteady"),
}
PLAIN_NAMES = {
    SIGN_IN: N_("Signing in"),
    READ: N_("Receiving mail"),
    SEND: N_("Sending mail"),
    SENT: N_("Sent folder"),
    ALIASES: N_("Other addresses"),
    RENEW: N_("Staying signed in"),
}
# How each state looks where nothing is wrong with the capability itself.
LOOKS = {"proven": "healthy", "stale": "degraded", "off": "disabled"}


@dataclass(frozen=True)
class CapabilityView:
    """One card. `look` is one of the states of an inbox, or unproven; `code` and `title` are those of its problem.

    `since` says that the text ends with the time of the proof: "Not proved since 09:12".
    """

    slug: str
    state: str
    look: str
    label: str
    text: str
    at: datetime | None
    code: str | None
    title: str
    since: bool = False


def capability_views(proofs: list[Proof], aliases: int, *, plain: bool, off: bool) -> list[CapabilityView]:
    """Return the cards of an inbox; of one that is switched off they say that nothing is looked at."""
    return [_view(proof, aliases, plain=plain, off=off) for proof in proofs]


def _view(proof: Proof, aliases: int, *, plain: bool, off: bool) -> CapabilityView:
    words, flaw = PLAIN if plain else LABELS, None if off else proof.flaw
    look, text = LOOKS.get(proof.state, "unproven"), words.get(proof.state, "")
    if off:
        look, text = "unproven", N_("Not checked")
    elif flaw is not None:
        look, text = flaw.health.value, words[flaw.health.value]
    text = say(text)
    if proof.slug == ALIASES and proof.state == "proven" and not off:
        text = say_many("%(num)s known", "%(num)s known", aliases)
    return CapabilityView(
        proof.slug,
        proof.state,
        look,
        say(PLAIN_NAMES[proof.slug] if plain else proof.label),
        text,
        proof.at,
        flaw.problem if flaw else None,
        say(problem(flaw.problem).title) if flaw else "",
        since=proof.state == "stale" and not plain and not off,
    )


def receives(proofs: list[Proof]) -> datetime | None:
    """Return when reading was last proven of an inbox that receives mail and cannot send; None for any other."""
    known = {proof.slug: proof for proof in proofs}
    reads = all(name in known and known[name].state == "proven" for name in (SIGN_IN, READ))
    return known[READ].at if reads and SEND in known and known[SEND].state == "flawed" else None
