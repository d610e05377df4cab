"""The connect wizard: one route per step, each an htmx panel and a plain page."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    BooleanField,
    Form,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)

from console.discovery.addresses import shown
from console.providers.base import Provider
from console.providers.consenting import consenting
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import draft as draft_states
from console.services import drafts, inbox, people, prefill, recommendation, verification
from console.services.context import Actor, NotFound, Refused
from console.services.draft import DraftView
from console.services.people import PersonRow
from console.web.consent import consent_step, other_way, withdrawal
from console.web.current import actor, context
from console.web.forms import fixed, form_values, read, refuse, shorten
from console.web.found import opens, pause, recommendation_of, settings_of
from console.web.guard import allows
from console.web.htmx import is_htmx
from console.web.panel import go, panel, quiet, tell
from console.web.security import LARGEST_ROW
from console.web.texts import lazy, say
from console.web.wizard import page_of, run_of, steps_of, where
from console.web.wording import row_view

# Two host names of the greatest length, and a space.
LARGEST_CONFIRMATION = 2 * 253 + 1

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


class AddressForm(Form):
    address = StringField(lazy(N_("Email address")))


class PasswordForm(Form):
    password = PasswordField(lazy(N_("Password, once more")))


def _panel(step: str, draft: DraftView | None, *, status: int = 200, **values: Any) -> Response:
    return panel(
        f"connect/{step}.html",
        f"connect/_{step}.html",
        status=status,
        replace_url=status == 200,
        steps=steps_of("settings" if step == "consent" else step, draft),
        draft=page_of(draft) if draft else None,
        **values,
    )


def _family(draft: DraftView) -> Provider:
    family = context().families.get(draft.provider)
    if family is None:
        raise NotFound
    return family


def _send_to(step: str, draft_id: str) -> Response:
    return go(url_for(f"connect.{step}", draft_id=draft_id))


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
        return _panel("start", None, form=form)
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
        return _panel("start", None, status=422, form=form)
    return _send_to("address", draft_id)


@pages.get("/<draft_id>")
@allows("inbox.connect")
def resume(draft_id: str) -> Response:
    return _send_to(where(drafts.get(context(), actor(), draft_id)), draft_id)


@pages.route("/<draft_id>/address", methods=["GET", "POST"])
@allows("inbox.connect")
def address(draft_id: str) -> Response:
    ctx, person = context(), actor()
    draft = drafts.get(ctx, person, draft_id)
    if draft.reconnects or draft.state in draft_states.BUSY_OR_OVER:
        return _send_to(where(draft), draft_id)
    form = read(AddressForm, address=draft.address or "")
    if request.method == "GET":
        found = recommendation_of(recommendation.get(ctx, person, draft_id))
        turn = request.args.get("turn", 0, type=int)
        if found and found.state == "looking" and request.args.get("part") == "found" and is_htmx():
            return quiet("connect/_looking.html", "#found-poll", draft=page_of(draft), every=pause(turn), turn=turn)
        return _panel("address", draft, form=form, found=found, every=pause(0), turn=0)
    chosen = request.form.get("provider")
    family = ctx.families.get(chosen) if chosen else None
    if chosen and family is None:
        raise NotFound
    typed = form.address.data or ""
    try:
        # Whoever changed the address before they pressed a provider sees first what is known about the new one.
        begun = drafts.look_up(ctx, person, draft_id, typed, again=family is None)
        if family is None or begun:
            return _send_to("address", draft_id)
        drafts.set_address(ctx, person, draft_id, typed, family.slug)
    except Refused as refused:
        refuse(form, refused, "address")
        shorten(form)
        found = recommendation_of(recommendation.get(ctx, person, draft_id, typed))
        return _panel("address", draft, status=422, form=form, found=found, every=pause(0), turn=0)
    return _send_to("expect", draft_id)


@pages.route("/<draft_id>/expect", methods=["GET", "POST"])
@allows("inbox.connect")
def expect(draft_id: str) -> Response:
    ctx, person = context(), actor()
    draft = drafts.get(ctx, person, draft_id)
    mends = draft.reconnects and draft.moves_from is None
    if draft.address is None or mends or draft.state in draft_states.BUSY_OR_OVER:
        return _send_to(where(draft), draft_id)
    if draft.provider is None:
        return _send_to("address", draft_id)
    family = _family(draft)
    if request.method == "POST":
        drafts.accept_disclosure(ctx, person, draft_id)
        return _send_to("settings", draft_id)
    text = family.disclosure
    return _panel(
        "expect",
        draft,
        points=[say(point) for point in text.before],
        not_done=[say(point) for point in text.not_done],
        version=text.version,
        ready=[{**vars(row), "label": say(row.label), "hint": say(row.hint)} for row in text.ready],
        provider_label=say(family.label),
        **withdrawal(family),
    )


@pages.route("/<draft_id>/settings", methods=["GET", "POST"])
@allows("inbox.connect")
def settings(draft_id: str) -> Response:
    ctx, person = context(), actor()
    draft = drafts.get(ctx, person, draft_id)
    if draft.state in draft_states.BUSY_OR_OVER or where(draft) in {"address", "expect"}:
        return _send_to(where(draft), draft_id)
    family = _family(draft)
    elsewhere = consenting(family)
    if elsewhere is not None:
        return _panel("consent", draft, **consent_step(draft, elsewhere))
    if family.form is None:
        raise NotFound
    if request.method == "GET" and request.args.get("part") == "recommended" and is_htmx():
        recommend = getattr(family.form, "recommend", None)
        told = recommend(request.args.get("url", "")) if recommend else None
        return quiet("connect/_recommended.html", "#recommended", told=told)
    start = prefill.get(ctx, person, draft_id, family)
    if start.answer is not None and start.answer.refused is not None:
        return _send_to("address", draft_id)
    posted = fixed(request.form, start.fixed) if request.method == "POST" else None
    form = family.form(posted, data=dict(start.data))
    confirmed = request.form.get("confirmed", "")[:LARGEST_CONFIRMATION].split()
    values: dict[str, Any] = {"form": form, "provider": family, **settings_of(start, family, draft, confirmed)}
    if request.method == "GET":
        unsettled = opens(start, family) or draft.state != draft_states.OPEN
        return _panel("settings", draft, advanced_open=unsettled, **values)
    if not form.validate():
        shorten(form)
        return _panel("settings", draft, status=422, advanced_open=bool(set(form.errors) - {"password"}), **values)
    try:
        drafts.set_settings(ctx, person, draft_id, form_values(form), confirmed=confirmed)
    except Refused as refused:
        if refused.field == "confirmed":
            values["confirm_error"] = say(refused.sentence)
        else:
            refuse(form, refused, next(iter(form)).name)
        return _panel("settings", draft, status=422, advanced_open=False, **values)
    return _send_to("verify", draft_id)


@pages.get("/<draft_id>/verify")
@allows("inbox.connect")
def verify(draft_id: str) -> Response:
    draft = drafts.get(context(), actor(), draft_id)
    if draft.state in {draft_states.OPEN, draft_states.PASSED} and not (
        draft.state == draft_states.PASSED and request.args.get("stay")
    ):
        return _send_to(where(draft), draft_id)
    return _panel("verify", draft, run=run_of(draft, _family(draft)), form=None, other_url=other_way(draft))


@pages.post("/<draft_id>/again")
@allows("inbox.connect")
def again(draft_id: str) -> Response:
    return _go_on(draft_id, lambda: verification.again(context(), actor(), draft_id))


@pages.post("/<draft_id>/keep")
@allows("inbox.connect")
def keep(draft_id: str) -> Response:
    return _go_on(draft_id, lambda: verification.keep_receives_only(context(), actor(), draft_id))


@pages.post("/<draft_id>/trust")
@allows("inbox.connect")
def trust(draft_id: str) -> Response:
    ctx, person = context(), actor()
    draft = drafts.get(ctx, person, draft_id)
    shown = request.form.get("sha256") or (draft.certificate.sha256 if draft.certificate else "")
    typed = request.form.get("password", "")
    secret = {"password": typed} if typed and not draft.has_password else None
    # Members say nothing about their own inbox; an admin decides in the name of the organisation.
    why = request.form.get("why", "") if may(person.role, "exceptions.manage", own=False) else ""
    return _go_on(draft_id, lambda: verification.trust(ctx, person, draft_id, shown, secret, why=why))


def _go_on(draft_id: str, step: Any) -> Response:
    try:
        lives = step()
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return _send_to("verify", draft_id)
    if not lives:
        elsewhere = consenting(_family(drafts.get(context(), actor(), draft_id)))
        if elsewhere is None:
            tell(N_("Type the password once more; a typed password is kept for 15 minutes only."), kind="warn")
        else:
            text = N_("Sign in at %(place)s once more; what came back from there is kept for 15 minutes only.")
            tell(text, kind="warn", place=elsewhere.place)
        return _send_to("settings", draft_id)
    return _send_to("verify", draft_id)


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
    if draft.state != draft_states.PASSED or draft.inbox_id is None:
        return _send_to(where(draft), draft_id)
    if request.method == "POST":
        if not draft.on_behalf:
            inbox.accept(ctx, person, draft.inbox_id, "after")
        return go(url_for("inboxes.show", inbox_id=draft.inbox_id))
    found = inbox.detail(ctx, person, draft.inbox_id)
    family = _family(draft)
    text = family.disclosure
    return _panel(
        "done",
        draft,
        inbox=row_view(found.row),
        after=[say(point) for point in text.after],
        version=text.version,
        first_name=draft.owner_name.split(" ")[0],
        aliases=[shown(alias) for alias in found.aliases],
        **withdrawal(family),
    )
