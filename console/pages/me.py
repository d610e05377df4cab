"""My inboxes: a person's own view."""

from flask import Blueprint, Response, request, url_for

from console.rules.texts import N_
from console.services import inbox, inboxes
from console.services.context import NotFound
from console.web.consent import withdrawal
from console.web.current import actor, context
from console.web.guard import allows
from console.web.lists import can_connect, page_view, waiting_draft
from console.web.panel import go, panel, tell
from console.web.texts import say
from console.web.wording import row_view

pages = Blueprint("me", __name__, url_prefix="/me")


@pages.get("")
@allows("account.own")
def index() -> Response:
    person = actor()
    found = inboxes.page(context(), person, cursor=request.args.get("at", ""), mine=True)
    reason = None
    if not person.personal_email:
        reason = say(
            N_(
                "Personal email access is off for you, so you cannot connect another inbox. Inboxes that are "
                "connected keep working."
            )
        )
    page = page_view(found, "me.index")
    return panel(
        "me/index.html",
        "me/_list.html",
        page=page,
        rows=page.rows,
        can_connect=can_connect(),
        reason_text=reason,
        waiting=waiting_draft(),
    )


@pages.route("/inboxes/<int:inbox_id>/disclosure", methods=["GET", "POST"])
@allows("account.own")
def disclosure(inbox_id: int) -> Response:
    ctx, person = context(), actor()
    found = inbox.detail(ctx, person, inbox_id)
    if not found.row.mine or found.family is None:
        raise NotFound
    if request.method == "POST":
        inbox.accept(ctx, person, inbox_id, "before", "after")
        tell(N_("Recorded. Thank you for reading it."))
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    text = found.family.disclosure
    return panel(
        "me/disclosure.html",
        inbox=row_view(found.row),
        before=[say(point) for point in text.before],
        not_done=[say(point) for point in text.not_done],
        after=[say(point) for point in text.after],
        version=text.version,
        **withdrawal(found.family),
    )
