"""The providers: what people may connect, the switch of each, and the OAuth app of those that need one."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField

from console.providers.consenting import Consenting, consenting
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import apps, inboxes, switches
from console.services.context import NotFound, Refused
from console.services.switches import Blast
from console.store.models import Inbox
from console.web.app_form import form_of, values_of, warnings_of
from console.web.approval_sheet import ApprovalSheet, approval_sheet
from console.web.current import actor, context
from console.web.forms import read, refuse, revision, shorten
from console.web.guard import allows
from console.web.htmx import is_htmx
from console.web.integrations import approval_url, effects_of, line_of, page_of, steps_of, test_of, uri_warnings
from console.web.panel import go, invalid, panel, quiet, tell
from console.web.texts import lazy, say, say_many

pages = Blueprint("integrations", __name__, url_prefix="/integrations")


class WhyForm(Form):
    why = StringField(lazy(N_("Why (optional)")), description=lazy(N_("Shown to everybody who meets the switch.")))


@pages.get("")
@allows("integrations.see")
def index() -> Response:
    ctx = context()
    found = apps.all_of(ctx)
    families = [line_of(row, found.get(row.slug)) for row in inboxes.families(ctx)]
    return panel("integrations/index.html", "integrations/_list.html", families=families)


def _family(slug: str) -> Consenting:
    """Return the family of this name when it has an app. Raises NotFound."""
    found = consenting(context().families.get(slug))
    if found is None:
        raise NotFound
    return found


@pages.get("/<slug>")
@allows("integrations.see")
def show(slug: str) -> Response:
    ctx, family = context(), _family(slug)
    found = apps.get(ctx, slug)
    row = next(row for row in inboxes.families(ctx) if row.slug == slug)
    values: dict[str, Any] = {
        "slug": slug,
        "label": say(family.label),
        "text": say(family.text),
        "place": family.place,
        "off": row.off,
        "app": page_of(family, found, row),
        "test": test_of(found),
        "set_up": steps_of(family, family.set_up, found),
        "approval": {"lead": say(family.approving.lead), "url": approval_url(family, found)},
    }
    # What a test shows may be that the app is taken again, or no more: with its answer everything is shown anew.
    if request.args.get("part") == "test" and values["test"]["state"] == "running" and is_htmx():
        return quiet("integrations/_show.html", "#app-test", **values)
    return panel("integrations/show.html", "integrations/_show.html", **values)


@pages.route("/<slug>/app", methods=["GET", "POST"])
@allows("integrations.manage")
def app(slug: str) -> Response:
    """Set the app up, or change it. A secret that is stored is never shown; left empty it stays."""
    ctx, person, family = context(), actor(), _family(slug)
    found = apps.get(ctx, slug)
    if found is not None and found.source == "configuration":
        tell(N_("This app comes from the configuration of the server. It is changed there."), kind="warn")
        return go(url_for("integrations.show", slug=slug))
    shown = [field.name for field in family.app_fields if field.kind != "secret"] if found else []
    form = read(form_of(family, has_secret=found is not None), **{name: getattr(found, name) for name in shown})
    every = apps.blast(ctx, slug, None)
    confirmed = bool(request.form.get("confirmed"))
    values: dict[str, Any] = {
        "slug": slug,
        "label": say(family.label),
        "place": family.place,
        "exists": found is not None,
        "revision": found.revision if found else 0,
        "form": form,
        "set_up": steps_of(family, family.set_up, found),
        "people": every.people if found else 0,
        "confirmed": confirmed,
        "confirm_error": None,
        "effects": effects_of(every, apps.blast(ctx, slug, found.client_id)) if found else [],
        "warnings": [*uri_warnings(family), *(say(text) for text in warnings_of(family, values_of(form)))],
    }
    if request.method == "GET":
        return panel("integrations/app.html", **values)
    if not form.validate():
        shorten(form)
        return invalid("integrations/app.html", **values)
    typed = values_of(form)
    stops = apps.blast(ctx, slug, typed["client_id"])
    if found is not None and typed["client_id"] != found.client_id and stops.inboxes and not confirmed:
        text = N_("Tick this when you mean it. With another client ID the permissions people gave count no longer.")
        return invalid("integrations/app.html", **{**values, "confirm_error": say(text)})
    try:
        stopped = apps.save(ctx, person, slug, **typed, revision=revision())
        apps.test(ctx, person, slug)
    except Refused as refused:
        refuse(form, refused, "client_id")
        return invalid("integrations/app.html", **values)
    if stopped:
        tell(N_("The app is saved. Inboxes that wait for their owners to sign in again: %(inboxes)s."), inboxes=stopped)
    else:
        tell(N_("The app is saved. Its test is under way."))
    return go(url_for("integrations.show", slug=slug))


@pages.route("/<slug>/app/remove", methods=["GET", "POST"])
@allows("integrations.manage")
def remove_app(slug: str) -> Response:
    ctx, family = context(), _family(slug)
    if request.method == "POST":
        try:
            apps.remove(ctx, actor(), slug)
        except Refused as refused:
            tell(refused.sentence, kind="warn", **refused.values)
        except NotFound:
            tell(N_("There is no app at %(place)s any more."), kind="warn", place=family.place)
        else:
            tell(N_("The app at %(place)s is removed here. It still exists there."), place=family.place)
        return go(url_for("integrations.show", slug=slug))
    touched = apps.blast(ctx, slug, None)
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Remove the app at %(place)s?"), place=family.place),
        lead=say(N_("Its secret is wiped. The same app, typed in again, lets every inbox go on.")),
        counts=_counts(touched),
        effects=[
            {"label": say(N_("Stops now")), "text": say(N_("Checks, sending, reading and logging of replies"))},
            {"label": say(N_("Stays")), "text": say(N_("Inboxes, their permissions, settings and history"))},
            {
                "label": say(N_("Not possible")),
                "text": say(N_("New connections of this kind, testing and reconnecting")),
            },
        ],
        form=None,
        keep_url=url_for("integrations.show", slug=slug),
        keep_label=say(N_("Keep the app")),
        do_url=url_for("integrations.remove_app", slug=slug),
        danger=True,
        do_label=say(N_("Remove the app")),
    )


def _counts(touched: Blast) -> list[dict[str, Any]]:
    return [
        {
            "label": say(N_("Inboxes")),
            "value": touched.inboxes,
            "text": say_many("%(num)s healthy", "%(num)s healthy", touched.healthy) if touched.inboxes else "",
        },
        {"label": say(N_("People")), "value": touched.people, "text": ""},
    ]


@pages.post("/<slug>/test")
@allows("integrations.manage")
def test(slug: str) -> Response:
    _family(slug)
    try:
        apps.test(context(), actor(), slug)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return go(url_for("integrations.show", slug=slug))


def _sheet(slug: str) -> ApprovalSheet:
    return approval_sheet(_family(slug), apps.get(context(), slug))


@pages.get("/<slug>/sheet")
@allows("account.own")
def sheet(slug: str) -> Response:
    """Show the page for IT. Whoever is stopped by an approval sends it on, so everybody signed in may read it."""
    family, crumbs = _family(slug), list[tuple[str, str | None]]()
    if may(actor().role, "integrations.see", own=False):
        crumbs = [
            (say(N_("Integrations")), url_for("integrations.index")),
            (say(family.label), url_for("integrations.show", slug=slug)),
            (say(N_("Page for IT")), None),
        ]
    return panel("integrations/sheet.html", slug=slug, sheet=_sheet(slug), crumbs=crumbs)


@pages.get("/<slug>/sheet.txt")
@allows("account.own")
def sheet_text(slug: str) -> Response:
    return Response(
        _sheet(slug).text(),
        mimetype="text/plain",
        headers={"Content-Disposition": f'attachment; filename="approve-{slug}.txt"'},
    )


@pages.route("/<slug>/off", methods=["GET", "POST"])
@allows("integrations.switch")
def switch_off(slug: str) -> Response:
    ctx = context()
    family = ctx.families.get(slug)
    if family is None:
        raise NotFound
    form = read(WhyForm)
    label = say(family.label)
    if request.method == "POST":
        switches.switch_provider_off(ctx, actor(), slug, (form.why.data or "").replace("\x00", "").strip())
        tell(
            N_("%(provider)s is switched off."),
            provider=label,
            undo={"action_url": url_for("integrations.switch_on", slug=slug), "label": say(N_("Switch on"))},
        )
        return go(url_for("integrations.index"))
    touched = switches.blast(ctx, [Inbox.provider == slug])  # type: ignore[list-item]
    stays = N_("Settings, the permissions people gave, history") if consenting(family) else None
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Switch off %(provider)s?"), provider=label),
        lead=say(N_("Nothing is deleted. Switching it on again resumes where it stopped.")),
        counts=_counts(touched),
        effects=[
            {"label": say(N_("Stops now")), "text": say(N_("Checks, sending, reading and logging of replies"))},
            {"label": say(N_("Stays")), "text": say(stays or N_("Settings, sealed passwords, history"))},
            {
                "label": say(N_("Not possible")),
                "text": say(N_("New connections of this kind, testing and reconnecting")),
            },
            {
                "label": say(N_("Told")),
                "text": say(N_("Nobody by mail; the inbox pages say who switched it off and why")),
            },
        ],
        form=form,
        keep_url=url_for("integrations.index"),
        keep_label=say(N_("Keep on")),
        do_url=url_for("integrations.switch_off", slug=slug),
        danger=True,
        do_label=say_many("Switch off for %(num)s person", "Switch off for %(num)s people", touched.people)
        if touched.people
        else say(N_("Switch off")),
    )


@pages.post("/<slug>/on")
@allows("integrations.switch")
def switch_on(slug: str) -> Response:
    ctx = context()
    switches.switch_provider_on(ctx, actor(), slug)
    family = ctx.families.get(slug)
    tell(N_("%(provider)s is switched on."), provider=say(family.label) if family else slug)
    return go(url_for("integrations.index"))
