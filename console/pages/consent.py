"""Leaving for a provider's sign-in, and the address that the provider sends browsers back to."""

from flask import Blueprint, Response, request, url_for

from console.providers.consenting import consenting
from console.rules.texts import N_
from console.services import consents, drafts, link_visits
from console.services.consents import Lost
from console.services.context import NotFound
from console.services.link_visits import Passage
from console.web import link_browser
from console.web.consent import leave_for
from console.web.current import actor, client_ip, context, maybe_actor
from console.web.guard import allows, public
from console.web.panel import go, panel, tell
from console.web.sessions import session_id
from console.web.texts import say

pages = Blueprint("consent", __name__, url_prefix="/consent")


@pages.get("/of/<draft_id>")
@allows("inbox.connect")
def leave(draft_id: str) -> Response:
    """Send the browser to the provider."""
    return leave_for("connect", actor(), draft_id, session_id())


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
    try:
        by_link = link_visits.returning(ctx, answer.get("state", ""), link_browser.name(), client_ip())
    except NotFound:
        by_link = None
        if person is None:
            return link_browser.strayed(family.place)
    if by_link is not None:
        return _back_by_link(by_link, slug, answer)
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


def _back_by_link(found: Passage, slug: str, answer: dict[str, str]) -> Response:
    """Take a browser back that left by a link, in which nobody is signed in to the console, or somebody else is."""
    assert found.visit.draft_id is not None
    try:
        consents.come_back(context(), found.actor, slug, answer, link_browser.name())
    except Lost as lost:
        if not found.visit.over:
            tell(lost.sentence, kind="warn", **lost.values)
    return go(url_for("reconnect.resume", draft_id=found.visit.draft_id))


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
