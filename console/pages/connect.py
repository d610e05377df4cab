"""The connect wizard: one route per step, each an htmx panel and a plain page."""

from flask import Blueprint, Response, request, url_for
from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    BooleanField,
    Form,
    RadioField,
    SelectChoice,
    SelectField,
)

from console.rules.permissions import may
from console.rules.texts import N_
from console.services import draft as draft_states
from console.services import drafts, inbox, people
from console.services.context import Actor, Refused
from console.services.people import PersonRow
from console.web import steps
from console.web.current import actor, context
from console.web.forms import read, refuse
from console.web.guard import allows
from console.web.panel import go, tell
from console.web.security import LARGEST_ROW
from console.web.steps import send_to, step_panel
from console.web.texts import lazy, say

pages = Blueprint("connect", __name__, url_prefix="/connect")


def _person_id(value: str | int) -> int:
    number = int(value)
    if not 0 < number <= LARGEST_ROW:
        raise ValueError("no person has this number")
    return number


class StartForm(Form):
    uses = RadioField(
        lazy(N_("Who uses this mailbox?")),
        choices=[SelectChoice("me", lazy(N_("Only me"))), SelectChoice("team", lazy(N_("Several people")))],
        default="me",
    )
    owner = SelectField(lazy(N_("Whose inbox is it?")), coerce=_person_id, validate_choice=False)
    inbox_automation = BooleanField(
        lazy(N_("Turn on inbox automation")),
        description=lazy(
            N_("Lets the sales tools act on replies by themselves, such as ending a sequence. Off unless you tick it.")
        ),
    )


def _owner_label(owner: PersonRow, me: Actor) -> str:
    return say(N_("%(name)s (me)"), name=owner.name) if owner.id == me.id else f"{owner.name} · {owner.email}"


@pages.route("", methods=["GET", "POST"])
@allows("inbox.connect")
def start() -> Response:
    ctx, person = context(), actor()
    form = read(StartForm)
    for_others = may(person.role, "inbox.connect", own=False)
    if for_others:
        owners = people.who_may_own(ctx)
        form.owner.choices = [SelectChoice(owner.id, _owner_label(owner, person)) for owner in owners]
        if request.method == "GET":
            wanted = request.args.get("for", type=int)
            form.owner.data = wanted if wanted in {owner.id for owner in owners} else person.id
    else:
        del form.owner
    if request.method == "GET":
        if not for_others and not person.personal_email:
            tell(N_("Personal email access is off for you. Ask an account admin to switch it on."), kind="warn")
            return go(url_for("me.index"))
        return step_panel("start", None, form=form)
    try:
        if form.uses.data == "team":
            raise Refused(
                N_(
                    "A team email address is not connected here: it belongs in the Conversations inbox. Go on "
                    "only with a mailbox that one person uses."
                ),
                field="uses",
            )
        owner_id = form.owner.data if for_others else person.id
        if for_others and request.form.get("owner") and owner_id is None:
            raise Refused(N_("Choose one of the people."), field="owner")
        draft_id = drafts.start(ctx, person, owner_id=owner_id, automation=bool(form.inbox_automation.data))
    except Refused as refused:
        refuse(form, refused, "uses")
        return step_panel("start", None, status=422, form=form)
    return send_to("address", draft_id)


@pages.get("/<draft_id>")
@allows("inbox.connect")
def resume(draft_id: str) -> Response:
    return steps.resume(actor(), draft_id)


@pages.route("/<draft_id>/address", methods=["GET", "POST"])
@allows("inbox.connect")
def address(draft_id: str) -> Response:
    return steps.address(actor(), draft_id)


@pages.route("/<draft_id>/expect", methods=["GET", "POST"])
@allows("inbox.connect")
def expect(draft_id: str) -> Response:
    return steps.expect(actor(), draft_id)


@pages.route("/<draft_id>/settings", methods=["GET", "POST"])
@allows("inbox.connect")
def settings(draft_id: str) -> Response:
    return steps.settings(actor(), draft_id)


@pages.get("/<draft_id>/verify")
@allows("inbox.connect")
def verify(draft_id: str) -> Response:
    return steps.verify(actor(), draft_id)


@pages.post("/<draft_id>/again")
@allows("inbox.connect")
def again(draft_id: str) -> Response:
    return steps.again(actor(), draft_id)


@pages.post("/<draft_id>/keep")
@allows("inbox.connect")
def keep(draft_id: str) -> Response:
    return steps.keep(actor(), draft_id)


@pages.post("/<draft_id>/trust")
@allows("inbox.connect")
def trust(draft_id: str) -> Response:
    return steps.trust(actor(), draft_id)


@pages.post("/<draft_id>/leave")
@allows("inbox.connect")
def leave(draft_id: str) -> Response:
    inbox_id = drafts.leave(context(), actor(), draft_id)
    if inbox_id is not None:
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    tell(N_("The draft is gone. Nothing was stored."))
    return go(url_for("inboxes.start"))


@pages.route("/<draft_id>/done", methods=["GET", "POST"])
@allows("inbox.connect")
def done(draft_id: str) -> Response:
    ctx, person = context(), actor()
    draft = drafts.get(ctx, person, draft_id)
    if request.method == "GET" or draft.state != draft_states.PASSED or draft.inbox_id is None:
        return steps.done(person, draft_id)
    if not draft.on_behalf:
        inbox.accept(ctx, person, draft.inbox_id, "after")
    return go(url_for("inboxes.show", inbox_id=draft.inbox_id))
