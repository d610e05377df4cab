"""What every template knows: the person, the navigation, the worker's pulse, alerts, and small functions."""

from functools import cached_property
from typing import Any

from flask import Flask, request, url_for

from console.discovery.addresses import shown
from console.providers.consenting import consenting
from console.rules.permissions import Reach, reach
from console.rules.texts import N_
from console.services import campaign_items
from console.services import frame as of_everybody
from console.services.context import Actor
from console.services.queue_filters import ADMINS
from console.web import panel, times
from console.web.current import context, maybe_actor
from console.web.texts import say
from console.web.wording import role_label

NAVIGATION: tuple[tuple[str | None, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        None,
        (
            (N_("Overview"), "layout-dashboard", "overview.index", "overview.see"),
            (N_("Inboxes"), "inbox", "inboxes.index", "inbox.see-all"),
            (N_("Help desk"), "headset", "help_desk.index", "help-desk.see"),
            (N_("Notices"), "mail", "notices.index", "notices.see"),
        ),
    ),
    (
        N_("Set-up"),
        (
            (N_("Domains"), "world", "domains.index", "domains.see"),
            (N_("Integrations"), "plug-connected", "integrations.index", "integrations.see"),
            (N_("Users"), "users", "users.index", "users.see"),
            (N_("Settings"), "settings", "settings.index", "settings.see"),
        ),
    ),
    (N_("Mine"), ((N_("My inboxes"), "user-circle", "me.index", "account.own"),)),
)
# Pages that are reached from another one, and stand below it in the navigation.
PART_OF = {
    "exceptions": "domains",
    "server_tests": "domains",
    "campaigns": "domains",
    "explain": "help_desk",
    "help": "help_desk",
    "sent_links": "inboxes",
}
SILENT_AFTER = 30


class Me:
    """The signed-in person, for templates."""

    def __init__(self, actor: Actor) -> None:
        self.name, self.email, self.role, self.personal_email = (
            actor.name,
            actor.email,
            actor.role,
            actor.personal_email,
        )
        self.role_label = role_label(actor.role)
        words = actor.name.split()
        self.first_name = words[0] if words else actor.email
        self.initials = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()


def init_app(app: Flask) -> None:
    """Give every template its frame."""
    app.jinja_env.globals.update(when=times.when, day=times.day, clock=times.clock, duration=times.duration)
    app.jinja_env.globals.update(moment=times.moment, full=times.full, since=times.since, lasts=times.lasts)
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    ctx = context()
    # A file that is not there needs no frame, and whoever asks for many costs no query.
    person = None if request.endpoint == "static" else maybe_actor()
    values: dict[str, Any] = {
        "config": ctx.config,
        "organisation": ctx.config.organisation,
        "language": ctx.config.language,
        "me": None,
        "frame": Frame(person) if person is not None else None,
        "notice": panel.notice(),
        "may": lambda _action: False,
    }
    if person is None:
        return values
    values.update(me=Me(person), may=lambda action: _may(person, action))
    return values


class Frame:
    """What the frame of a page tells a person. Nothing is asked before a template shows it, and nothing twice."""

    def __init__(self, person: Actor) -> None:
        self._person = person

    @cached_property
    def _found(self) -> of_everybody.Frame:
        return of_everybody.look(
            context(),
            self._person,
            told=request.blueprint not in {"notices", "webhooks"},
            # Not while they are doing so.
            asked=request.blueprint != "connect" and request.method == "GET",
        )

    @cached_property
    def nav(self) -> list[dict[str, Any]]:
        """The sections of the navigation, each with its pages."""
        return _navigation(self._person)

    @property
    def cases(self) -> int:
        """How many cases of the help desk are open, for those who work there."""
        return self._found.cases

    @property
    def pulse(self) -> dict[str, str]:
        """Whether a worker is running, in words."""
        at, now = self._found.pulse, context().clock()
        if at is None or (now - at).total_seconds() > SILENT_AFTER:
            return {"state": "silent", "text": say(N_("No worker is running; nothing is checked"))}
        return {"state": "running", "text": say(N_("Worker running"))}

    @cached_property
    def alerts(self) -> list[dict[str, str]]:
        """What the person has to be told on every page. Who is asked to reconnect an inbox is noted as asked."""
        found = self._found
        return [*_apps_not_taken(found), *_handed(found), *_not_told(found), *_not_accepted(found), *_to_move(found)]


def _apps_not_taken(found: of_everybody.Frame) -> list[dict[str, str]]:
    """Return one alert for each provider that does not take the app of this console."""
    ctx = context()
    alerts = []
    for slug in found.apps:
        family, here = consenting(ctx.families.get(slug)), url_for("integrations.show", slug=slug)
        if family is not None and request.path != here:
            text = N_(
                "%(place)s does not accept the app of %(provider)s. Its inboxes wait; nobody has to sign in again."
            )
            said = say(text, place=family.place, provider=say(family.label))
            alerts.append({"text": said, "href": here, "label": say(N_("Look at it"))})
    return alerts


def _handed(found: of_everybody.Frame) -> list[dict[str, str]]:
    """Return that the help desk waits for an account admin. The help desk's own page says so of each case."""
    if not found.handed or request.blueprint == "help_desk":
        return []
    text = N_("The help desk handed cases to the account admins, and nobody has taken them: %(number)s.")
    here = url_for("help_desk.index", taken=ADMINS)
    return [{"text": say(text, number=found.handed), "href": here, "label": say(N_("Look at it"))}]


def _not_told(found: of_everybody.Frame) -> list[dict[str, str]]:
    """Return why notices do not reach people."""
    told, settings = found.told, url_for("notices.settings")
    list_of_addresses = f"{url_for('notices.index')}#refused-addresses"
    text = N_("Notices are held in the console, because there is no mail server: %(number)s.")
    if told.waiting and told.waiting.server:
        text = N_("Notices are held in the console, because the mail server does not take them: %(number)s.")
    alerts = (
        (text, told.waiting.held if told.waiting else 0, settings),
        (N_("Webhooks that were switched off by themselves: %(number)s."), told.webhooks, settings),
        (N_("Addresses that a server refuses, so that people are not told: %(number)s."), told.addresses,
         list_of_addresses),
    )  # fmt: skip
    return [
        {"text": say(said, number=number), "href": href, "label": say(N_("Look at it"))}
        for said, number, href in alerts
        if number
    ]


def _not_accepted(found: of_everybody.Frame) -> list[dict[str, str]]:
    """Return one alert for each inbox of this person that somebody else connected and they have not accepted."""
    if request.endpoint == "me.disclosure":
        return []
    return [
        {
            "text": say(
                N_("%(name)s connected %(address)s for you. Please read what that means."),
                name=due.connected_by,
                address=shown(due.address),
            ),
            "href": url_for("me.disclosure", inbox_id=due.inbox_id),
            "label": say(N_("Read and accept")),
        }
        for due in found.pending
    ]


def _to_move(found: of_everybody.Frame) -> list[dict[str, str]]:
    """Return one alert for each inbox that this person is asked to reconnect elsewhere; note that they are asked."""
    ctx = context()
    campaign_items.note_asked(ctx, found.asked)
    alerts = []
    for one in found.asked:
        family, here = ctx.families.get(one.provider), url_for("inboxes.show", inbox_id=one.inbox_id)
        if family is not None and request.path != here:
            text = N_("%(address)s moves to %(provider)s. Please reconnect it; history and settings stay.")
            said = say(text, address=shown(one.address), provider=say(family.label))
            alerts.append({"text": said, "href": here, "label": say(N_("Reconnect it"))})
    return alerts


def _may(person: Actor, action: str) -> bool:
    if action in {"inbox.see-all", "inboxes.list"}:
        return reach(person.role, "inbox.see") is Reach.ALL
    return reach(person.role, action) is not Reach.NONE


def _navigation(person: Actor) -> list[dict[str, Any]]:
    here = (request.endpoint or "").split(".")[0]
    here = "settings" if request.path.startswith("/settings/") else PART_OF.get(here, here)
    sections: list[dict[str, Any]] = []
    for title, items in NAVIGATION:
        shown = [
            {
                "label": say(label),
                "icon": icon,
                "href": url_for(endpoint),
                "current": endpoint.split(".")[0] == here,
                "counts": endpoint == "help_desk.index",
            }
            for label, icon, endpoint, action in items
            if _may(person, action)
        ]
        if shown:
            sections.append({"title": say(title) if title else None, "items": shown})
    if len(sections) == 1:
        sections[0]["title"] = None
    if here == "inboxes" and not _may(person, "inbox.see-all"):
        sections[-1]["items"][-1]["current"] = True
    return sections
