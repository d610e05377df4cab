"""The wizard's step of families that people sign in to at the provider: all that may happen there, said before."""

from typing import Any

from flask import url_for

from console.discovery.addresses import shown
from console.providers.base import Provider
from console.providers.consenting import Consenting, consenting
from console.rules.permissions import may
from console.rules.problems import Who
from console.rules.texts import N_
from console.services import apps
from console.services.draft import DraftView
from console.web.current import actor, context
from console.web.texts import say
from console.web.times import clock, day
from console.web.wizard import unhurried
from console.web.wording import ProblemView, problem_view


def consent_step(draft: DraftView, family: Consenting) -> dict[str, Any]:
    """Return what the step shows beside the draft itself."""
    found, admin = apps.get(context(), family.slug), may(actor().role, "integrations.see", own=False)
    address, place = shown(draft.address or ""), family.place
    closed = ""
    if found is None:
        closed = N_("An admin has to set up %(provider)s first")
        if admin:
            closed = N_("%(provider)s has to be set up first")
    elif found.trouble is not None or not found.readable:
        closed = N_("%(place)s does not accept this console at the moment")
    return {
        "place": place,
        "scopes": [say(scope.reason) for scope in family.scopes],
        "before": [
            say(N_("Choose %(address)s there. If another account signs in, nothing is connected."), address=address),
            say(N_("You have ten minutes. After that, continue here once more; nothing is lost.")),
            say(
                N_(
                    "Some errors %(place)s shows on a page of its own, without sending you back: a rule of your "
                    "organisation, a blocked app, a specially protected account. Then come back to this page. The "
                    "draft waits until %(until)s, and the list on this page says who must act."
                ),
                place=place,
                until=f"{day(draft.kept_until).striptags()} {clock(draft.kept_until).striptags()}",
            ),
        ],
        "approval": say(family.approving.lead),
        "sheet_url": url_for("integrations.sheet", slug=family.slug),
        "go_url": url_for("consent.leave", draft_id=draft.id),
        "other_url": other_way(draft),
        "left_at": draft.left_at,
        "closed": say(closed, provider=say(family.label), place=place) if closed else "",
        "closed_url": url_for("integrations.show", slug=family.slug) if closed and admin else "",
        "dead_ends": [
            _dead_end(end.shown, unhurried(problem_view(end.problem, **about(draft)))) for end in family.dead_ends
        ],
    }


def _dead_end(text: str, problem: ProblemView | None) -> dict[str, Any]:
    assert problem is not None
    return {"shown": say(text), "problem": problem, "for_it": problem.who == Who.MAIL_ADMIN.value}


def about(draft: DraftView) -> dict[str, str]:
    """Return whom problems of a draft are about."""
    return {"address": shown(draft.address or ""), "owner": draft.owner_name.split(" ")[0]}


def withdrawal(family: Provider) -> dict[str, Any]:
    """Return where the owner of a mailbox ends the access themselves, for the pages that show a disclosure."""
    elsewhere = consenting(family)
    return {
        "withdraw_url": family.disclosure.withdraw_url,
        "place": elsewhere.place if elsewhere else say(family.label),
    }


def other_way(draft: DraftView) -> str:
    """Return where another provider is chosen; "" for a reconnect, which mends one inbox as it is."""
    return "" if draft.reconnects else url_for("connect.address", draft_id=draft.id)
