"""Leaving for a provider's sign-in, and the address that the provider sends browsers back to."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for

from console.providers.consenting import consenting
from console.rules.texts import N_
from console.services import consents, drafts
from console.services.consents import Lost
from console.services.context import NotFound, Refused
from console.web.current import actor, context, maybe_actor
from console.web.guard import allows, public
from console.web.panel import go, panel, tell
from console.web.sessions import session_id
from console.web.texts import say

pages = Blueprint("consent", __name__, url_prefix="/consent")


@pages.get("/of/<draft_id>")
@allows("inbox.connect")
def leave(draft_id: str) -> Response:
    """Send the browser to the provider.

    It is a link that writes, because browsers hold the policy for forms against every redirect that follows one. The
    link counts only where somebody pressed it: not from another site, and not when a browser fetches it ahead.
    """
    pressed = request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    if not pressed or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return go(url_for("connect.settings", draft_id=draft_id))
    if not _comes_back_here():
        text = N_("You would be led back to %(url)s. Open the console there, sign in and go on; the draft waits.")
        tell(text, kind="warn", url=context().config.base_url)
        return go(url_for("connect.settings", draft_id=draft_id))
    try:
        away = go(consents.begin(context(), actor(), draft_id, session_id()).url)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("connect.resume", draft_id=draft_id))
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


@pages.get("/<slug>")
@public
def back(slug: str) -> Response:
    """Take a browser back from the provider. Whatever it brings leaves the address bar with the answer."""
    ctx, person = context(), maybe_actor()
    family, answer = consenting(ctx.families.get(slug)), request.args.to_dict()
    if family is None:
        raise NotFound
    approval = consents.approved(ctx, slug, answer)
    if approval is not None:
        return go(url_for("consent.approved", slug=slug, given="yes" if approval.given else None))
    if person is None:
        # Nothing of what came is carried through the sign-in: it belongs to the session that is over.
        return go(url_for("sign_in.page", next=url_for("consent.back", slug=slug, signed="out")))
    try:
        draft_id = consents.come_back(ctx, person, slug, answer, session_id())
    except Lost as lost:
        sentence, values = lost.sentence, lost.values
        if answer == {"signed": "out"}:
            sentence, values = _SIGNED_OUT, {"place": family.place}
        tell(sentence, kind="warn", **values)
        return _go_on(lost.draft_id)
    return go(url_for("connect.verify", draft_id=draft_id))


_SIGNED_OUT = N_("You were signed out here before %(place)s sent you back, so nothing was stored. Continue once more.")


def _go_on(draft_id: str | None) -> Response:
    """Go to the draft that is meant, else to the newest that waits, else to the beginning."""
    if draft_id is None:
        waiting = drafts.unfinished(context(), actor())
        draft_id = waiting[0] if waiting else None
    return go(url_for("connect.resume", draft_id=draft_id) if draft_id else url_for("connect.start"))


@pages.get("/<slug>/approved")
@public
def approved(slug: str) -> Response:
    """Thank an administrator of the organisation, who need not have an account here, for approving the app."""
    family = consenting(context().families.get(slug))
    if family is None:
        raise NotFound
    given = request.args.get("given") == "yes"
    values = {"place": family.place, "organisation": context().config.organisation}
    title = N_("The app is approved") if given else N_("The app is not approved")
    text = (
        N_("People can now connect their mailboxes at %(place)s. Whoever was stopped before goes on in the console.")
        if given
        else N_("%(place)s did not record an approval. Open the link once more, or tell %(organisation)s why not.")
    )
    return panel("consent/approved.html", approved=given, title=say(title), text=say(text, **values))
