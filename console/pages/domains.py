"""Mail domains: what account admins keep for them, what that would change, and what a look at an address tells."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField

from console.discovery.addresses import shown_domain
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import defaults, differences
from console.services.context import Refused
from console.services.default_settings import Defaults
from console.services.defaults import Domain, SavedMeanwhile
from console.web.current import actor, context
from console.web.defaults_form import DefaultsForm, filled
from console.web.domains import changes_of, facts_of, line_of
from console.web.exceptions import exceptions_of
from console.web.forms import read, refuse, shorten
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.texts import lazy, say

pages = Blueprint("domains", __name__, url_prefix="/domains")


class DomainForm(Form):
    domain = StringField(lazy(N_("Mail domain")), description=lazy(N_("What stands after the @, such as company.com.")))


def _list(here: str | None = None) -> list[Any]:
    return [line_of(row, here) for row in defaults.rows(context())]


@pages.get("")
@allows("domains.see")
def index() -> Response:
    return panel("domains/index.html", "domains/_index.html", domains=_list())


@pages.route("/add", methods=["GET", "POST"])
@allows("domains.manage")
def add() -> Response:
    form = read(DomainForm)
    status = 200
    if request.method == "POST":
        try:
            return go(url_for("domains.show", domain=defaults.name_of(form.domain.data or "")))
        except Refused as refused:
            refuse(form, refused, "domain")
            shorten(form)
            status = 422
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        status=status,
        question=say(N_("Add a domain")),
        lead=say(N_("Domains also appear by themselves when somebody first connects an inbox on them.")),
        counts=[],
        effects=[],
        form=form,
        keep_url=url_for("domains.index"),
        keep_label=say(N_("Discard")),
        do_url=url_for("domains.add"),
        do_label=say(N_("Go on")),
        danger=False,
    )


@pages.get("/<domain>")
@allows("domains.see")
def show(domain: str) -> Response:
    found = defaults.get(context(), actor(), domain)
    return _show(found, None)


def _show(found: Domain, form: DefaultsForm | None, *, status: int = 200, **values: Any) -> Response:
    ctx, person = context(), actor()
    manages = may(person.role, "domains.manage", own=False)
    changes = None
    if manages:
        if form is None:
            form = DefaultsForm(data={**filled(found.defaults), "revision": str(found.revision)})
        wanted = form.wanted() if form.validate() else None if status == 422 else found.defaults
        changes = changes_of(differences.preview(ctx, found.row.domain, wanted or Defaults()))
        if status != 422:
            for field in form:
                field.errors = []
    return panel(
        "domains/show.html",
        "domains/_show.html",
        status=status,
        domains=_list(found.row.domain),
        domain=found,
        line=line_of(found.row, found.row.domain),
        facts=facts_of(found.defaults),
        form=form,
        changes=changes,
        exceptions=exceptions_of(found.row.domain),
        **values,
    )


@pages.post("/<domain>/save")
@allows("domains.manage")
def save(domain: str) -> Response:
    ctx, person = context(), actor()
    found = defaults.get(ctx, person, domain)
    form = DefaultsForm(request.form)
    if not form.validate():
        shorten(form)
        return _show(found, form, status=422)
    try:
        defaults.keep(ctx, person, found.row.domain, form.wanted(), _number(form.revision.data))
    except SavedMeanwhile as refused:
        return _show(
            found,
            DefaultsForm(data={**form.data, "revision": str(found.revision)}),
            status=422,
            error=say(refused.sentence, **refused.values),
        )
    tell(N_("Defaults of %(domain)s saved. Inboxes stay as they are."), domain=shown_domain(found.row.domain))
    return go(url_for("domains.show", domain=found.row.domain))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1
