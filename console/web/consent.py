"""The wizard's step of families that people sign in to at the provider: all that may happen there, said before."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, request, url_for

from console.discovery.addresses import shown
from console.providers.base import Provider
from console.providers.consenting import Consenting, consenting
from console.rules.permissions import may
from console.rules.problems import Who
from console.rules.texts import N_
from console.services import apps, consents
from console.services.context import Actor, Refused
from console.services.draft import DraftView
from console.web.by_link import told_by_link
from console.web.current import context, maybe_actor
from console.web.panel import go, tell
from console.web.texts import say
from console.web.times import clock, day
from console.web.wizard import away_url, sheet_url, unhurried
from console.web.wording import ProblemView, problem_view


def consent_step(draft: DraftView, family: Consenting) -> dict[str, Any]:
    """Return what the step shows beside the draft itself."""
    found, person = apps.get(context(), family.slug), maybe_actor()
    admin = person is not None and may(person.role, "integrations.see", own=False)
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
                    "organisation, a blocked app, a specially protected account. Then come back to this page. It "
                    "waits until %(until)s, and the list on it says who must act."
                ),
                place=place,
                until=f"{day(draft.kept_until).striptags()} {clock(draft.kept_until).striptags()}",
            ),
        ],
        "approval": say(family.approving.lead),
        "sheet_url": sheet_url(draft),
        "go_url": away_url(draft),
        "other_url": other_way(draft),
        "left_at": draft.left_at,
        "closed": say(closed, provider=say(family.label), place=place) if closed else "",
        "closed_url": url_for("integrations.show", slug=family.slug) if closed and admin else "",
        "dead_ends": [
            _dead_end(
                end.shown,
                told_by_link(unhurried(problem_view(end.problem, **about(draft))), draft, shown(draft.address or "")),
            )
            for end in family.dead_ends
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
    return "" if draft.reconnects else url_for(".address", draft_id=draft.id)


def leave_for(way: str, person: Actor, draft_id: str, browser: str | None) -> Response:
    """Send the browser to the provider. `way` is the page that the draft is at home in.

    It is a link that writes, because browsers hold the policy for forms against every redirect that follows one. The
    link counts only where somebody pressed it: not from another site, and not when a browser fetches it ahead.
    """
    pressed = request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    if not pressed or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return go(url_for(f"{way}.settings", draft_id=draft_id))
    if not _comes_back_here():
        text = N_("You would be led back to %(url)s. Open the console there, sign in and go on; the draft waits.")
        tell(text, kind="warn", url=context().config.base_url)
        return go(url_for(f"{way}.settings", draft_id=draft_id))
    try:
        away = go(consents.begin(context(), person, draft_id, browser).url)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for(f"{way}.resume", draft_id=draft_id))
    # A redirect comes with a page that repeats its address; the state is for the provider and stands in no page.
    away.set_data(b"")
    return away


def _comes_back_here() -> bool:
    """Return whether the provider leads back to the address that the console is open at, where the session is.

    The browser says which one that is with the link's page; a Host header may be a proxy's own.
    """
    try:
        open_at, back_to = (_origin(url) for url in (request.headers.get("Referer", ""), context().config.base_url))
    except ValueError:
        return True
    return not open_at[1] or open_at == back_to


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address. Raises ValueError."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
