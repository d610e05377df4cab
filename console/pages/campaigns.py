"""Campaigns: asking the owners of a domain's inboxes to reconnect them with the provider they move to."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField, TextAreaField

from console.discovery.addresses import shown, shown_domain
from console.discovery.domains import a_label, is_host_name
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import campaign_items, campaign_views, campaigns
from console.services.context import NotFound, Refused
from console.web.campaigns import campaign_of, plan_of
from console.web.current import actor, context
from console.web.forms import read, refuse, shorten
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.texts import lazy, say, say_many

pages = Blueprint("campaigns", __name__, url_prefix="/campaigns")


class StartForm(Form):
    note = TextAreaField(
        lazy(N_("Note to the owners (optional)")),
        description=lazy(N_("Shown where they are asked, such as when the old server is switched off.")),
    )


class WhyForm(Form):
    why = StringField(lazy(N_("Why")), description=lazy(N_("Shown in the list and in the timeline of the inbox.")))


def _name(domain: str) -> str:
    name = a_label(domain)
    if not is_host_name(name):
        raise NotFound
    return name


@pages.get("/<domain>")
@allows("domains.see")
def show(domain: str) -> Response:
    return _show(_name(domain), StartForm())


def _show(domain: str, form: Form, *, status: int = 200, refusal: str = "") -> Response:
    ctx, person = context(), actor()
    found = campaign_views.newest(ctx, person, domain, request.args.get("page", 1, type=int))
    running = found is not None and found.under_way
    plan = None if running else campaign_views.plan(ctx, person, domain)
    if found is None and plan is None:
        raise NotFound
    manages = may(person.role, "domains.manage", own=False)
    return panel(
        "campaigns/show.html",
        "campaigns/_show.html",
        status=status,
        domain=domain,
        domain_shown=shown_domain(domain),
        campaign=campaign_of(found) if found else None,
        plan=plan_of(plan) if plan else None,
        form=form if manages else None,
        manages=manages,
        refusal=refusal,
    )


@pages.post("/<domain>/start")
@allows("domains.manage")
def start(domain: str) -> Response:
    name, form = _name(domain), StartForm(request.form)
    try:
        campaigns.start(context(), actor(), name, request.form.get("shown", ""), form.note.data or "")
    except Refused as refused:
        shorten(form)
        return _show(name, form, status=422, refusal=say(refused.sentence, **refused.values))
    return go(url_for("campaigns.show", domain=name))


@pages.route("/<domain>/stop", methods=["GET", "POST"])
@allows("domains.manage")
def stop(domain: str) -> Response:
    ctx, person, name = context(), actor(), _name(domain)
    here = url_for("campaigns.show", domain=name)
    if request.method == "POST":
        campaigns.stop(ctx, person, name)
        tell(N_("Stopped. Nobody is asked any more."))
        return go(here)
    found = campaign_views.newest(ctx, person, name)
    if found is None or not found.under_way:
        return go(here)
    left = found.counts["waiting"] + found.counts["failed"]
    return _ask(
        here,
        question=say(N_("Stop the campaign for %(domain)s?"), domain=shown_domain(name)),
        lead=say_many("%(num)s inbox still waits for its owner.", "%(num)s inboxes still wait for their owners.", left),
        effects=[
            {"label": say(N_("Stops now")), "text": say(N_("Asking the owners at their next visit"))},
            {"label": say(N_("Stays")), "text": say(N_("What has moved, and the list of who has not"))},
        ],
        form=None,
        keep_label=say(N_("Go on asking")),
        do_url=url_for("campaigns.stop", domain=name),
        do_label=say(N_("Stop the campaign")),
        danger=True,
    )


def _ask(keep_url: str, *, status: int = 200, **values: Any) -> Response:
    return panel("inboxes/confirm.html", "inboxes/_confirm.html", status=status, counts=[], keep_url=keep_url, **values)


@pages.post("/<domain>/remind")
@allows("domains.manage")
def remind(domain: str) -> Response:
    name = _name(domain)
    campaigns.remind(context(), actor(), name)
    tell(N_("Every owner who is waited for is asked at the next visit."))
    return go(url_for("campaigns.show", domain=name))


@pages.post("/<domain>/join")
@allows("domains.manage")
def join(domain: str) -> Response:
    name = _name(domain)
    campaigns.join(context(), actor(), name)
    return go(url_for("campaigns.show", domain=name))


@pages.route("/leave-out/<int:inbox_id>", methods=["GET", "POST"])
@allows("domains.manage")
def leave_out(inbox_id: int) -> Response:
    ctx, person, form, status = context(), actor(), read(WhyForm), 200
    address, domain = campaigns.waits(ctx, person, inbox_id)
    here = url_for("campaigns.show", domain=domain)
    if request.method == "POST":
        try:
            campaigns.leave_out(ctx, person, inbox_id, form.why.data or "")
        except Refused as refused:
            refuse(form, refused, "why")
            shorten(form)
            status = 422
        else:
            return go(here)
    return _ask(
        here,
        status=status,
        question=say(N_("Leave %(address)s out?"), address=shown(address)),
        lead=say(N_("The inbox stays as it is, and its owner is not asked. You can take it in again.")),
        effects=[],
        form=form,
        keep_label=say(N_("Go on asking")),
        do_url=url_for("campaigns.leave_out", inbox_id=inbox_id),
        do_label=say(N_("Leave it out")),
        danger=False,
    )


@pages.post("/take-in/<int:inbox_id>")
@allows("domains.manage")
def take_in(inbox_id: int) -> Response:
    return go(url_for("campaigns.show", domain=campaigns.take_in(context(), actor(), inbox_id)))


@pages.post("/later/<int:inbox_id>")
@allows("inbox.reconnect")
def later(inbox_id: int) -> Response:
    """Leave the owner alone about an own inbox until tomorrow."""
    campaign_items.later(context(), actor(), inbox_id)
    tell(N_("You will be asked again tomorrow. Until then the inbox stays as it is."))
    return go(url_for("inboxes.show", inbox_id=inbox_id))
