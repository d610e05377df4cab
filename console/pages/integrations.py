"""The providers: what people may connect, and the switch of each."""

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField

from console.rules.texts import N_
from console.services import inboxes, switches
from console.services.context import NotFound
from console.store.models import Inbox
from console.web.current import actor, context
from console.web.forms import read
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.texts import lazy, say, say_many

pages = Blueprint("integrations", __name__, url_prefix="/integrations")


class WhyForm(Form):
    why = StringField(lazy(N_("Why (optional)")), description=lazy(N_("Shown to everybody who meets the switch.")))


@pages.get("")
@allows("integrations.see")
def index() -> Response:
    return panel("integrations/index.html", "integrations/_list.html", families=inboxes.families(context()))


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
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Switch off %(provider)s?"), provider=label),
        lead=say(N_("Nothing is deleted. Switching it on again resumes where it stopped.")),
        counts=[
            {
                "label": say(N_("Inboxes")),
                "value": touched.inboxes,
                "text": say_many("%(num)s healthy", "%(num)s healthy", touched.healthy),
            },
            {"label": say(N_("People")), "value": touched.people, "text": ""},
        ],
        effects=[
            {"label": say(N_("Stops now")), "text": say(N_("Checks, sending, reading and logging of replies"))},
            {"label": say(N_("Stays")), "text": say(N_("Settings, sealed passwords, history"))},
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
