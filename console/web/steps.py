"""The wizard's steps between its beginning and its end, for whoever is on the way through a draft.

The same steps serve somebody who is signed in to the console and somebody who came by a link. Addresses that begin with
a dot stay with the page that was asked, so each stays on their own way.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for
from wtforms import Form, StringField

from console.discovery.addresses import shown
from console.providers.base import Provider
from console.providers.consenting import consenting
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import draft as draft_states
from console.services import drafts, inbox, prefill, recommendation, verification
from console.services.context import Actor, NotFound, Refused
from console.services.draft import DraftView
from console.web.consent import consent_step, other_way, withdrawal
from console.web.current import context
from console.web.forms import fixed, form_values, read, refuse, shorten
from console.web.found import opens, pause, recommendation_of, settings_of
from console.web.htmx import is_htmx
from console.web.panel import go, panel, quiet, tell
from console.web.texts import lazy, say
from console.web.wizard import page_of, run_of, sheet_url, steps_of, where
from console.web.wording import row_view

# Two host names of the greatest length, and a space.
LARGEST_CONFIRMATION = 2 * 253 + 1


class AddressForm(Form):
    """The address step."""

    address = StringField(lazy(N_("Email address")))


def step_panel(step: str, draft: DraftView | None, *, status: int = 200, **values: Any) -> Response:
    """Return a step of the wizard."""
    return panel(
        f"connect/{step}.html",
        f"connect/_{step}.html",
        status=status,
        replace_url=status == 200,
        steps=steps_of("settings" if step == "consent" else step, draft),
        draft=page_of(draft) if draft else None,
        **values,
    )


def send_to(step: str, draft_id: str) -> Response:
    """Go to a step of a draft."""
    return go(url_for(f".{step}", draft_id=draft_id))


def family_of(draft: DraftView) -> Provider:
    """Return the family of a draft. Raises NotFound."""
    family = context().families.get(draft.provider)
    if family is None:
        raise NotFound
    return family


def resume(person: Actor, draft_id: str) -> Response:
    """Go to the step that the draft waits at."""
    return send_to(where(drafts.get(context(), person, draft_id)), draft_id)


def address(person: Actor, draft_id: str) -> Response:
    """Answer the step of the address and its provider."""
    ctx = context()
    draft = drafts.get(ctx, person, draft_id)
    if draft.reconnects or draft.state in draft_states.BUSY_OR_OVER:
        return send_to(where(draft), draft_id)
    form = read(AddressForm, address=draft.address or "")
    if request.method == "GET":
        found = recommendation_of(recommendation.get(ctx, person, draft_id))
        turn = request.args.get("turn", 0, type=int)
        if found and found.state == "looking" and request.args.get("part") == "found" and is_htmx():
            return quiet("connect/_looking.html", "#found-poll", draft=page_of(draft), every=pause(turn), turn=turn)
        return step_panel("address", draft, form=form, found=found, every=pause(0), turn=0)
    chosen = request.form.get("provider")
    family = ctx.families.get(chosen) if chosen else None
    if chosen and family is None:
        raise NotFound
    typed = (draft.address if draft.linked else form.address.data) or ""
    try:
        # Whoever changed the address before they pressed a provider sees first what is known about the new one.
        begun = drafts.look_up(ctx, person, draft_id, typed, again=family is None)
        if family is None or begun:
            return send_to("address", draft_id)
        drafts.set_address(ctx, person, draft_id, typed, family.slug)
    except Refused as refused:
        refuse(form, refused, "address")
        shorten(form)
        found = recommendation_of(recommendation.get(ctx, person, draft_id, typed))
        return step_panel("address", draft, status=422, form=form, found=found, every=pause(0), turn=0)
    return send_to("expect", draft_id)


def expect(person: Actor, draft_id: str) -> Response:
    """Answer the step of the disclosure."""
    ctx = context()
    draft = drafts.get(ctx, person, draft_id)
    mends = draft.reconnects and draft.moves_from is None
    if draft.address is None or mends or draft.state in draft_states.BUSY_OR_OVER:
        return send_to(where(draft), draft_id)
    if draft.provider is None:
        return send_to("address", draft_id)
    family = family_of(draft)
    if request.method == "POST":
        drafts.accept_disclosure(ctx, person, draft_id)
        return send_to("settings", draft_id)
    text = family.disclosure
    return step_panel(
        "expect",
        draft,
        points=[say(point) for point in text.before],
        not_done=[say(point) for point in text.not_done],
        version=text.version,
        ready=[{**vars(row), "label": say(row.label), "hint": say(row.hint)} for row in text.ready],
        provider_label=say(family.label),
        **withdrawal(family),
    )


def settings(person: Actor, draft_id: str) -> Response:
    """Answer the step of the sign-in: the form of the family, or the way to the provider."""
    ctx = context()
    draft = drafts.get(ctx, person, draft_id)
    if draft.state in draft_states.BUSY_OR_OVER or where(draft) in {"address", "expect"}:
        return send_to(where(draft), draft_id)
    family = family_of(draft)
    elsewhere = consenting(family)
    if elsewhere is not None:
        return step_panel("consent", draft, **consent_step(draft, elsewhere))
    if family.form is None:
        raise NotFound
    if request.method == "GET" and request.args.get("part") == "recommended" and is_htmx():
        recommend = getattr(family.form, "recommend", None)
        told = recommend(request.args.get("url", "")) if recommend else None
        return quiet("connect/_recommended.html", "#recommended", told=told)
    start = prefill.get(ctx, person, draft_id, family)
    if start.answer is not None and start.answer.refused is not None:
        return send_to("address", draft_id)
    posted = fixed(request.form, start.fixed) if request.method == "POST" else None
    form = family.form(posted, data=dict(start.data))
    confirmed = request.form.get("confirmed", "")[:LARGEST_CONFIRMATION].split()
    values: dict[str, Any] = {"form": form, "provider": family, **settings_of(start, family, draft, confirmed)}
    if request.method == "GET":
        unsettled = opens(start, family) or draft.state != draft_states.OPEN
        unsettled = unsettled and not (draft.linked and draft.reconnects)
        return step_panel("settings", draft, advanced_open=unsettled, **values)
    if not form.validate():
        shorten(form)
        return step_panel("settings", draft, status=422, advanced_open=bool(set(form.errors) - {"password"}), **values)
    try:
        drafts.set_settings(ctx, person, draft_id, form_values(form), confirmed=confirmed)
    except Refused as refused:
        if refused.field == "confirmed":
            values["confirm_error"] = say(refused.sentence)
        else:
            refuse(form, refused, next(iter(form)).name)
        return step_panel("settings", draft, status=422, advanced_open=False, **values)
    return send_to("verify", draft_id)


def verify(person: Actor, draft_id: str) -> Response:
    """Answer the step of the ladder."""
    draft = drafts.get(context(), person, draft_id)
    if draft.state in {draft_states.OPEN, draft_states.PASSED} and not (
        draft.state == draft_states.PASSED and request.args.get("stay")
    ):
        return send_to(where(draft), draft_id)
    return step_panel(
        "verify",
        draft,
        run=run_of(draft, family_of(draft)),
        form=None,
        other_url=other_way(draft),
        sheet_url=sheet_url(draft),
    )


def again(person: Actor, draft_id: str) -> Response:
    """Have the draft verified once more."""
    return _go_on(person, draft_id, lambda: verification.again(context(), person, draft_id))


def keep(person: Actor, draft_id: str) -> Response:
    """Go on without sending."""
    return _go_on(person, draft_id, lambda: verification.keep_receives_only(context(), person, draft_id))


def trust(person: Actor, draft_id: str) -> Response:
    """Trust the certificate that was shown, and go on."""
    ctx = context()
    draft = drafts.get(ctx, person, draft_id)
    seen = request.form.get("sha256") or (draft.certificate.sha256 if draft.certificate else "")
    typed = request.form.get("password", "")
    secret = {"password": typed} if typed and not draft.has_password else None
    # Members say nothing about their own inbox; an admin decides in the name of the organisation.
    why = request.form.get("why", "") if may(person.role, "exceptions.manage", own=False) else ""
    return _go_on(person, draft_id, lambda: verification.trust(ctx, person, draft_id, seen, secret, why=why))


def _go_on(person: Actor, draft_id: str, step: Callable[[], bool]) -> Response:
    try:
        lives = step()
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return send_to("verify", draft_id)
    if not lives:
        elsewhere = consenting(family_of(drafts.get(context(), person, draft_id)))
        if elsewhere is None:
            tell(N_("Type the password once more; a typed password is kept for 15 minutes only."), kind="warn")
        else:
            text = N_("Sign in at %(place)s once more; what came back from there is kept for 15 minutes only.")
            tell(text, kind="warn", place=elsewhere.place)
        return send_to("settings", draft_id)
    return send_to("verify", draft_id)


def done(person: Actor, draft_id: str) -> Response:
    """Show what came of it, with the disclosure after connecting."""
    ctx = context()
    draft = drafts.get(ctx, person, draft_id)
    if draft.state != draft_states.PASSED or draft.inbox_id is None:
        return send_to(where(draft), draft_id)
    found = inbox.detail(ctx, person, draft.inbox_id)
    family = family_of(draft)
    text = family.disclosure
    return step_panel(
        "done",
        draft,
        inbox=row_view(found.row),
        after=[say(point) for point in text.after],
        version=text.version,
        first_name=draft.owner_name.split(" ")[0],
        aliases=[shown(alias) for alias in found.aliases],
        **withdrawal(family),
    )
