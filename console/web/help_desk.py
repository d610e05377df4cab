"""What the parts of the help desk share: addresses that keep the place, and words for problems, people and links."""

from typing import Any

from flask import url_for

from console.rules.problems import WHO_ICONS, WHO_LABELS, Who, problem
from console.rules.texts import N_
from console.services.cases import Ref
from console.services.queue_filters import Filters
from console.services.recovery import SWITCHED_OFF
from console.web.current import context
from console.web.texts import say
from console.web.wording import ProblemView, mended_by, problem_view

LINK_LABELS = {
    "sent": N_("Link made"),
    "started": N_("Link started"),
    "away": N_("At the provider"),
    "back": N_("Signed in, is being checked"),
    "connected": N_("Connected"),
    "failed": N_("Link used, did not work"),
    "expired": N_("Link expired"),
    "withdrawn": N_("Link withdrawn"),
}


def address_of(filters: Filters, case: Ref | None = None, endpoint: str = "help_desk.index", **more: Any) -> str:
    """Return an address of the help desk that keeps filters and case."""
    kept: dict[str, Any] = {
        "who": filters.who,
        "domain": filters.domain,
        "provider": filters.provider,
        "problem": filters.problem,
        "taken": filters.taken,
        "asleep": "1" if filters.asleep else "",
        "q": filters.q,
        "page": filters.page if filters.page > 1 else "",
        "case": str(case) if case else "",
    }
    return url_for(endpoint, **{name: value for name, value in {**kept, **more}.items() if value != ""})


def inboxes_of(incident_id: int, problem: str, target: str) -> str:
    """Return the address of the list of exactly the inboxes that an incident holds."""
    if problem == SWITCHED_OFF:
        return url_for("inboxes.index", health="disabled", provider=target)
    return url_for("inboxes.index", incident=incident_id)


def provider_label(slug: str) -> str:
    """Return a provider's name; the slug where this console does not know it."""
    family = context().families.get(slug)
    return say(family.label) if family is not None else slug


def entry_of(code: str, host: str, address: str, owner: str, provider: str) -> ProblemView:
    """Return the entry of the catalogue in the reader's words, with what is known filled in."""
    found = mended_by(problem_view(code, host=host, address=address, owner=owner), provider)
    assert found is not None
    return found


def who_of(who: Who, entry: ProblemView) -> tuple[str, str]:
    """Return who must act, in words and as an icon."""
    if who is problem(entry.code).who:
        return entry.who_label, entry.who_icon
    return say(WHO_LABELS[who]), WHO_ICONS[who]
