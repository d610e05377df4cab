"""Webhooks, below Settings, Notices: adding, changing, testing, switching and removing them."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from console.rules.notices import Kind
from console.rules.texts import N_
from console.services import webhooks
from console.services.context import Refused
from console.web.current import actor, context
from console.web.forms import read, refuse, revision, shorten
from console.web.guard import allows
from console.web.notice_forms import HookForm
from console.web.notice_settings import message_view
from console.web.panel import go, panel, tell
from console.web.texts import say

pages = Blueprint("webhooks", __name__, url_prefix="/settings/notices/webhooks")
USUAL = [Kind.INCIDENT.value, Kind.INCIDENT_OVER.value, Kind.ADMIN_PROBLEM.value, Kind.APP.value]


@pages.get("/new")
@allows("settings.manage")
def new() -> Response:
    return _form(HookForm(data={"secret": webhooks.suggested_secret(), "kinds": USUAL}), None)


@pages.get("/<int:hook_id>")
@allows("settings.manage")
def edit(hook_id: int) -> Response:
    hook = webhooks.get(context(), hook_id)
    return _form(HookForm(data={"name": hook.name, "url": hook.url, "kinds": [*hook.kinds]}), hook)


@pages.post("/new")
@allows("settings.manage")
def add() -> Response:
    return _save(None)


@pages.post("/<int:hook_id>")
@allows("settings.manage")
def save(hook_id: int) -> Response:
    return _save(webhooks.get(context(), hook_id))


def _save(hook: webhooks.HookView | None) -> Response:
    form = read(HookForm)
    if form.validate():
        try:
            found = webhooks.save(
                context(),
                actor(),
                hook.id if hook else None,
                name=form.name.data or "",
                url=form.url.data or "",
                secret=(form.secret.data or "").strip(),
                kinds=form.kinds.data or (),
                revision=revision() if hook else None,
            )
        except Refused as refused:
            refuse(form, refused, "url")
        else:
            tell(N_("The webhook is saved. Send a test to see that it is taken."))
            return go(f"{url_for('notices.settings')}#webhook-{found}")
    shorten(form)
    if hook is not None:
        form.secret.data = ""
    return _form(form, hook, status=422)


def _form(form: HookForm, hook: webhooks.HookView | None, status: int = 200) -> Response:
    ctx = context()
    told = webhooks.messages(ctx, actor(), hook.id) if hook else []
    values: dict[str, Any] = {
        "form": form,
        "hook": hook,
        "messages": [message_view(one, ctx.clock()) for one in told],
        "private": ctx.config.private_networks == "allow",
    }
    return panel("webhooks/edit.html", None, status=status, **values)


@pages.post("/<int:hook_id>/test")
@allows("settings.manage")
def test(hook_id: int) -> Response:
    webhooks.ask_test(context(), actor(), hook_id)
    return _back(hook_id)


@pages.post("/<int:hook_id>/on")
@allows("settings.manage")
def switch_on(hook_id: int) -> Response:
    webhooks.switch(context(), actor(), hook_id, on=True)
    tell(N_("The webhook is on. What was held for it and is still true is told now."))
    return _back(hook_id)


@pages.post("/<int:hook_id>/off")
@allows("settings.manage")
def switch_off(hook_id: int) -> Response:
    webhooks.switch(context(), actor(), hook_id, on=False)
    tell(N_("The webhook is off. It is told nothing until you switch it on."))
    return _back(hook_id)


@pages.route("/<int:hook_id>/remove", methods=["GET", "POST"])
@allows("settings.manage")
def remove(hook_id: int) -> Response:
    if request.method == "POST":
        name = webhooks.remove(context(), actor(), hook_id)
        tell(N_("The webhook %(name)s is removed."), name=name)
        return go(url_for("notices.settings"))
    hook = webhooks.get(context(), hook_id)
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Remove the webhook %(name)s?"), name=hook.name),
        lead=say(N_("It is told nothing more.")),
        counts=[],
        effects=[
            {"label": say(N_("Wiped")), "text": say(N_("Its secret"))},
            {"label": say(N_("Stays")), "text": say(N_("What it was told, in the list of notices"))},
        ],
        form=None,
        keep_url=url_for("notices.settings"),
        keep_label=say(N_("Keep it")),
        do_url=url_for("webhooks.remove", hook_id=hook_id),
        do_label=say(N_("Remove")),
        danger=True,
    )


def _back(hook_id: int) -> Response:
    return go(f"{url_for('notices.settings')}#webhook-{hook_id}")
