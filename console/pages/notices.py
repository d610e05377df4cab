"""Notices: everything that was told, and Settings, Notices: the mail server and who is told of what."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from console.discovery.addresses import shown
from console.rules.texts import N_
from console.services import mail_server, mail_settings, mail_standing, mail_tests, notice_rules, notices, webhooks
from console.services import settings as groups
from console.services.context import NotFound, Refused
from console.web.current import actor, context
from console.web.forms import read, refuse, revision, shorten
from console.web.guard import allows
from console.web.notice_forms import RulesForm, ServerForm, rules_data, rules_form, rules_of, server_data, table
from console.web.notice_settings import hook_view, server_view, test_view
from console.web.notices import STATE_LABELS, kinds, notice_view
from console.web.panel import go, panel, tell
from console.web.security import LARGEST_ROW
from console.web.texts import say

pages = Blueprint("notices", __name__)


@pages.get("/notices")
@allows("notices.see")
def index() -> Response:
    """List everything that was told or is to be told, newest first."""
    ctx, person = context(), actor()
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before <= LARGEST_ROW:
        raise NotFound
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    found = notices.listed(ctx, person, state=state, kind=kind, before=before)
    state = state if state in notices.STATES else ""
    kind = kind if kind in dict(kinds()) else ""
    now = ctx.clock()
    counts = [("", say(N_("All")), sum(found.counts.values()))]
    counts += [(name, say(STATE_LABELS[name]), found.counts[name]) for name in notices.STATES]
    waiting = notices.waiting(ctx)
    return panel(
        "notices/index.html",
        "notices/_list.html",
        rows=[notice_view(row, now) for row in found.rows],
        tabs=counts,
        state=state,
        kind=kind,
        kinds=kinds(),
        addresses=found.addresses,
        shown=shown,
        held=waiting,
        later_page=before is not None,
        first_url=url_for("notices.index", state=state or None, kind=kind or None),
        older_url=url_for("notices.index", state=state or None, kind=kind or None, before=found.older)
        if found.older
        else None,
    )


@pages.post("/notices/<int:notice_id>/again")
@allows("notices.manage")
def again(notice_id: int) -> Response:
    try:
        notices.again(context(), actor(), notice_id)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    else:
        tell(N_("It is sent once more."))
    return go(url_for("notices.index"))


@pages.post("/notices/addresses/clear")
@allows("notices.manage")
def clear_address() -> Response:
    address = request.form.get("address", "")
    if not address.isprintable():
        raise NotFound
    notices.clear_address(context(), actor(), address)
    tell(N_("Notices go to %(address)s again."), address=shown(address))
    return go(url_for("notices.index"))


@pages.get("/settings/notices")
@allows("settings.see")
def settings() -> Response:
    return _settings()


def _settings(server_form: ServerForm | None = None, rules: RulesForm | None = None, status: int = 200) -> Response:
    ctx = context()
    with ctx.store.read() as session:
        server, standing = mail_server.shown(ctx, session), mail_standing.trouble(ctx, session)
        of_server, of_rules = groups.stored(session, mail_server.NAME), groups.stored(session, notice_rules.NAME)
        known = notice_rules.read(session)
    rules = rules or rules_form(**rules_data(known))
    values: dict[str, Any] = {
        "server": server_view(server, standing),
        "server_form": server_form or ServerForm(data=server_data(server, ctx.config.organisation)),
        "stored_password": of_server.secret,
        "test": test_view(mail_tests.newest(ctx), server.host if server else ""),
        "of_server": of_server,
        "rules": rules,
        "table": table(rules),
        "of_rules": of_rules,
        "hooks": [hook_view(hook) for hook in webhooks.all_of(ctx)],
        "held": notices.waiting(ctx),
        "zone": ctx.config.timezone,
    }
    return panel("notices/settings.html", "notices/_settings.html", status=status, **values)


@pages.post("/settings/notices/server")
@allows("settings.manage")
def save_server() -> Response:
    form = read(ServerForm)
    if form.validate():
        data = {name: form[name].data or "" for name in ("host", "security", "username", "password", "sender")}
        try:
            mail_settings.save(
                context(),
                actor(),
                **data,
                port=form.port.data or 0,
                sender_name=form.sender_name.data or "",
                revision=revision(),
            )
        except Refused as refused:
            refuse(form, refused, "host")
        else:
            tell(N_("The mail server is saved. Send a test to see that mail arrives."))
            return go(url_for("notices.settings"))
    shorten(form)
    return _settings(server_form=form, status=422)


@pages.route("/settings/notices/server/remove", methods=["GET", "POST"])
@allows("settings.manage")
def remove_server() -> Response:
    if request.method == "POST":
        mail_settings.remove(context(), actor())
        tell(N_("The mail server is removed. Notices are held in the console until there is one again."))
        return go(url_for("notices.settings"))
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Remove the mail server?")),
        lead=say(N_("Nobody is told anything by mail until there is one again.")),
        counts=[],
        effects=[
            {"label": say(N_("Stops now")), "text": say(N_("All mail from this console"))},
            {"label": say(N_("Stays")), "text": say(N_("Notices are held, and sent later if they are still true"))},
            {"label": say(N_("Wiped")), "text": say(N_("The password of the mail server"))},
        ],
        form=None,
        keep_url=url_for("notices.settings"),
        keep_label=say(N_("Keep it")),
        do_url=url_for("notices.remove_server"),
        do_label=say(N_("Remove")),
        danger=True,
    )


@pages.post("/settings/notices/server/test")
@allows("notices.manage")
def test_server() -> Response:
    try:
        mail_tests.begin(context(), actor())
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return go(url_for("notices.settings"))


@pages.post("/settings/notices/server/trust")
@allows("settings.manage")
def trust_server() -> Response:
    try:
        mail_settings.trust(context(), actor(), request.form.get("sha256", ""))
        mail_tests.begin(context(), actor())
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    else:
        tell(N_("Exactly this certificate is trusted for the mail server. The test is sent once more."))
    return go(url_for("notices.settings"))


@pages.post("/settings/notices/rules")
@allows("settings.manage")
def save_rules() -> Response:
    form = rules_form(request.form)
    if form.validate():
        try:
            notice_rules.save(context(), actor(), rules_of(form), revision=revision())
        except Refused as refused:
            refuse(form, refused, "extra")
        else:
            tell(N_("Saved. It counts for everything that is told from now on."))
            return go(url_for("notices.settings"))
    shorten(form)
    return _settings(rules=form, status=422)
