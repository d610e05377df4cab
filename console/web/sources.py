"""What discovery asked and how sure it is, in the reader's words: the same on every page."""

from dataclasses import dataclass
from typing import Any

from console.discovery.answer import Caution, Saying, Source
from console.rules.texts import N_
from console.web.texts import say


@dataclass(frozen=True)
class Sureness:
    """How sure discovery is: `alone` stands by itself, `within` goes on a sentence."""

    alone: str
    within: str
    icon: str


SURENESS = {
    "certain": Sureness(N_("Certain"), N_("certain"), "antenna-bars-5"),
    "likely": Sureness(N_("Likely"), N_("likely"), "antenna-bars-4"),
    "possible": Sureness(N_("Possible"), N_("possible"), "antenna-bars-2"),
}
UNKNOWN = Sureness(N_("Not known"), N_("not known"), "circle-dashed")
OUTCOMES = {
    "found": N_("found"),
    "nothing": N_("nothing there"),
    "failed": N_("did not answer"),
    "late": N_("too late"),
    "refused": N_("not allowed"),
    "skipped": N_("not asked"),
}
# Discovery's names of what it asks; a source that is not here is shown by that name.
SOURCES = {
    "mx": N_("MX records"),
    "dns-signals": N_("Other DNS records"),
    "microsoft-tenant": N_("Microsoft 365"),
    "autodiscover": N_("Exchange Autodiscover"),
    "table": N_("List of known servers"),
    "pacc": N_("Settings file of the domain (PACC)"),
    "autoconfig": N_("Autoconfig of the domain"),
    "well-known": N_("Autoconfig on the website"),
    "ispdb": N_("Thunderbird list (ISPDB)"),
    "srv": N_("SRV records"),
    "mx-autoconfig": N_("Autoconfig of the mail host"),
    "mx-autoconfig-base": N_("Autoconfig of the mail host"),
    "mx-ispdb": N_("Thunderbird list (ISPDB), for the mail host"),
    "mx-ispdb-base": N_("Thunderbird list (ISPDB), for the mail host"),
    "guess": N_("Usual server names"),
}


def said(saying: Saying) -> str:
    """Return a sentence of discovery in the reader's words."""
    return say(saying.sentence, **saying.values)


def page_of(caution: Caution) -> str:
    """Return the address of the page that says more, "" where there is none: only a page with https is linked."""
    return caution.help_url if caution.help_url.startswith("https://") else ""


def source_name(name: str) -> str:
    """Return what people call a source of discovery."""
    return say(SOURCES.get(name, name))


def source_row(source: Source) -> dict[str, Any]:
    """Return what became of one source, for templates."""
    return {
        "name": source_name(source.name),
        "outcome": say(OUTCOMES.get(source.outcome, source.outcome)),
        "found": source.outcome == "found",
        "ms": source.milliseconds,
        "detail": source.detail,
    }
