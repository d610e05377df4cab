"""The inbox list, one inbox, and what can be done with it."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import BooleanField, Form, StringField

from console.discovery.addresses import shown
from console.providers.base import Mailbox, Provider, Secret
from console.providers.consenting import consenting
from console.rules.permissions import Role, may
from console.rules.texts import N_
from console.services import cases, checks, drafts, inbox, inboxes, links, moving, servers, switches
from console.services.context import Refused
from console.services.servers import Editable
from console.store.models import Inbox
from console.web import strips
from console.web.cadence import outlook_view, tell_what_rests
from console.web.current import actor, context
from console.web.forms import fixed, form_values, read, shorten
from console.web.guard import allows
from console.web.inbox import detail_view
from console.web.lists import can_connect, filters_of, page_view, waiting_draft
from console.web.panel import go, invalid, panel, tell
from console.web.sent_links import page_of
from console.web.texts import lazy, say
from console.web.wording import RowView, row_view

pages = Blueprint("inboxes", __name__)


class WhyForm(Form):
    why = StringField(lazy(N_("Why (optional)")), description=lazy(N_("Shown beside the switch and in the timeline.")))


class EditForm(Form):
    inbox_automation = BooleanField(lazy(N_("Turn on inbox automation")))


@pages.get("/")
@allows("account.own")
def start() -> Response:
    person = actor()
    if person.role == Role.HELP_DESK:
        return go(url_for("help_desk.index"))
    return go(url_for("overview.index") if inboxes.sees_all(person) else url_for("me.index"))


@pages.get("/inboxes")
@allows("inbox.see")
def index() -> Response:
    given = request.args
    found = inboxes.page(
        context(),
        actor(),
        view=given.get("view", "all"),
        query=given.get("q", ""),
        cursor=given.get("at", ""),
        filters=filters_of(given),
    )
    return panel(
        "inboxes/index.html",
        "inboxes/_list.html",
        page=page_view(found, "inboxes.index"),
        can_connect=can_connect(),
        waiting=waiting_draft(),
    )


@pages.get("/inboxes/<int:inbox_id>")
@allows("inbox.see")
def show(inbox_id: int) -> Response:
    ctx, person = context(), actor()
    found = inbox.detail(ctx, person, inbox_id)
    row = row_view(found.row)
    link = page_of(links.of_inbox(ctx, person, inbox_id)) if may(person.role, "links.send", own=False) else None
    shown = detail_view(found, row, plain=not inboxes.sees_all(person))
    strip = strips.of_inbox(found.days, found.row, strips.PAGE)
    case = cases.of_inbox(ctx, person, inbox_id)
    coming = outlook_view(found.outlook, row.provider_label) if found.outlook is not None else None
    return panel(
        "inboxes/show.html",
        "inboxes/_show.html",
        inbox=row,
        d=shown,
        link=link,
        case=case,
        strip=strip,
        next_check=coming,
    )


@pages.post("/inboxes/<int:inbox_id>/test")
@allows("inbox.test")
def test(inbox_id: int) -> Response:
    try:
        tell_what_rests(checks.ask(context(), actor(), inbox_id))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return go(url_for("inboxes.show", inbox_id=inbox_id))


@pages.route("/inboxes/<int:inbox_id>/edit", methods=["GET", "POST"])
@allows("inbox.edit")
def edit(inbox_id: int) -> Response:
    ctx, person = context(), actor()
    try:
        found = servers.editable(ctx, person, inbox_id)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    family, row = found.family, row_view(inbox.detail(ctx, person, inbox_id).row)
    if family.form is None:
        return _edit_own(inbox_id, found, row)
    stored = (
        family.fill(found.settings)
        if found.settings is not None
        else family.fill(family.suggest(found.address).settings)
    )
    stored = {**stored, **found.fixed}
    form = family.form(fixed(request.form, found.fixed) if request.method == "POST" else None, data=stored)
    # A password is never typed here: Reconnect takes a new one and proves it before anything is stored.
    for name in ("password", "smtp_password"):
        if name in form:
            del form[name]
    own = EditForm(request.form if request.method == "POST" else None, data={"inbox_automation": found.automation})
    form._fields["inbox_automation"] = own.inbox_automation
    warning = say(
        N_(
            "The stored password goes only to the domain it was typed for. With a server in another domain it "
            "stays unsent, "
            "and the user types it again."
        )
    )
    if found.settings is None:
        warning = say(N_("The stored settings could not be read. These are guesses; check every field."))
    if found.fixed:
        warning = say(N_("An account admin has set the servers of this domain. Only account admins change them."))
    values: dict[str, Any] = {"form": form, "inbox": row, "provider": family, "warning": warning}
    if found.fixed:
        shown_as, _ = family.split(found.address, stored)
        rows = [{"label": say(label), "value": say(value)} for label, value in family.servers(shown_as)]
        values |= {"fixed": frozenset(found.fixed), "servers": rows}
    if request.method == "GET":
        return panel("inboxes/edit.html", **values)
    if not form.validate():
        shorten(form)
        return invalid("inboxes/edit.html", **values)
    try:
        sent = servers.save(ctx, person, inbox_id, form_values(form), automation=bool(own.inbox_automation.data))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    if sent:
        tell(N_("Settings saved."))
    else:
        tell(N_("Settings saved. The password was not sent to the new servers; it has to be typed again."), kind="warn")
    return go(url_for("inboxes.show", inbox_id=inbox_id))


def _edit_own(inbox_id: int, found: Editable, row: RowView) -> Response:
    """Edit an inbox whose servers and sign-in are the provider's: what is left is the console's own."""
    ctx, person = context(), actor()
    own = EditForm(request.form if request.method == "POST" else None, data={"inbox_automation": found.automation})
    if request.method == "GET":
        return panel("inboxes/edit.html", form=own, inbox=row, provider=found.family)
    stored = found.family.fill(found.settings) if found.settings is not None else {}
    try:
        servers.save(ctx, person, inbox_id, stored, automation=bool(own.inbox_automation.data))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    else:
        tell(N_("Settings saved."))
    return go(url_for("inboxes.show", inbox_id=inbox_id))


@pages.post("/inboxes/<int:inbox_id>/reconnect")
@allows("inbox.reconnect")
def reconnect(inbox_id: int) -> Response:
    try:
        draft_id = drafts.start_reconnect(context(), actor(), inbox_id)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    return go(url_for("connect.settings", draft_id=draft_id))


@pages.post("/inboxes/<int:inbox_id>/move")
@allows("inbox.reconnect")
def move(inbox_id: int) -> Response:
    try:
        draft_id = moving.start(context(), actor(), inbox_id)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    return go(url_for("connect.expect", draft_id=draft_id))


def ask(inbox_id: int, **values: Any) -> Response:
    """Return a question about an inbox, in the dialog or as a page."""
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        keep_url=url_for("inboxes.show", inbox_id=inbox_id),
        counts=[],
        **values,
    )


@pages.route("/inboxes/<int:inbox_id>/disable", methods=["GET", "POST"])
@allows("inbox.disable")
def disable(inbox_id: int) -> Response:
    ctx, person = context(), actor()
    form = read(WhyForm)
    if request.method == "POST":
        switches.disable(ctx, person, inbox_id, (form.why.data or "").replace("\x00", "").strip())
        row = inbox.detail(ctx, person, inbox_id).row
        tell(
            N_("%(address)s is disabled. Nothing is checked, sent or read."),
            address=shown(row.address),
            undo={"action_url": url_for("inboxes.enable", inbox_id=inbox_id), "label": say(N_("Enable"))},
        )
        return go(url_for("inboxes.show", inbox_id=inbox_id))
    found = inbox.detail(ctx, person, inbox_id)
    checks = switches.blast(ctx, [Inbox.id == inbox_id]).checks  # type: ignore[list-item]
    stays = N_("Settings, the sealed password and the history of its checks (%(checks)s)")
    if consenting(found.family) is not None:
        stays = N_("Settings, the sealed permission and the history of its checks (%(checks)s)")
    return ask(
        inbox_id,
        question=say(N_("Disable %(address)s?"), address=shown(found.row.address)),
        lead=say(N_("It can be enabled again at any time.")),
        effects=[
            _effect(N_("Stops now"), N_("Checks, sending, reading and logging of replies")),
            _effect(N_("Stays"), stays, checks=checks),
            _effect(N_("Not possible"), N_("Testing or reconnecting until it is enabled")),
        ],
        form=form,
        keep_label=say(N_("Keep on")),
        do_label=say(N_("Disable the inbox")),
        do_url=url_for("inboxes.disable", inbox_id=inbox_id),
        danger=True,
    )


def _effect(label: str, text: str, **values: object) -> dict[str, str]:
    return {"label": say(label), "text": say(text, **values)}


@pages.post("/inboxes/<int:inbox_id>/enable")
@allows("inbox.enable")
def enable(inbox_id: int) -> Response:
    ctx, person = context(), actor()
    switches.enable(ctx, person, inbox_id)
    found = inbox.detail(ctx, person, inbox_id)
    if found.off:
        tell(
            N_("The inbox itself is enabled. It stays off while %(level)s is switched off."),
            kind="warn",
            level=say(found.off[0].level_label).lower(),
        )
    else:
        tell(N_("%(address)s is enabled."), address=shown(found.row.address))
    return go(url_for("inboxes.show", inbox_id=inbox_id))


@pages.route("/inboxes/<int:inbox_id>/remove", methods=["GET", "POST"])
@allows("inbox.remove")
def remove(inbox_id: int) -> Response:
    ctx, person = context(), actor()
    found = inbox.detail(ctx, person, inbox_id)
    row = found.row
    if request.method == "POST":
        revocation = switches.remove(ctx, person, inbox_id)
        tell(
            N_("%(address)s is removed. %(revocation)s"),
            link=revocation.url if revocation and not revocation.done else "",
            address=shown(row.address),
            revocation=say(revocation.text) if revocation else "",
        )
        return go(url_for("inboxes.index") if inboxes.sees_all(person) else url_for("me.index"))
    return ask(
        inbox_id,
        question=say(N_("Remove %(address)s?"), address=shown(row.address)),
        lead=say(N_("This cannot be undone. To pause the inbox, disable it instead.")),
        effects=[
            _effect(N_("Stops now"), N_("Checks, sending, reading and logging of replies")),
            *_wiped(found.family, row.address),
            _effect(N_("Possible again"), N_("Connecting this address, by anybody who may")),
        ],
        form=None,
        keep_label=say(N_("Keep the inbox")),
        do_label=say(N_("Remove the inbox")),
        do_url=url_for("inboxes.remove", inbox_id=inbox_id),
        danger=True,
    )


def _wiped(family: Provider | None, address: str) -> list[dict[str, str]]:
    """Return what removing wipes and leaves: here, and at the provider that gave a permission."""
    elsewhere = consenting(family)
    if elsewhere is None:
        return [
            _effect(N_("Wiped"), N_("The sealed password and the trusted certificates")),
            _effect(N_("Stays"), N_("The history of checks and changes, without the password")),
        ]
    ends = elsewhere.revoke(Mailbox(address, {}, Secret()))
    return [
        _effect(N_("Wiped"), N_("The sealed permission that was given at %(place)s"), place=elsewhere.place),
        {"label": say(N_("At %(place)s"), place=elsewhere.place), "text": say(ends.text), "url": ends.url},
        _effect(N_("Stays"), N_("The history of checks and changes, without the permission")),
    ]
