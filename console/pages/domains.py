"""Mail domains: what account admins keep for them, what that would change, and what a look at an address tells."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField

from console.discovery.addresses import shown_domain
from console.rules.domain_defaults import Kind
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import applying, bulk, campaign_views, defaults, differences, discoveries
from console.services.context import NotFound, Refused
from console.services.defaults import Domain, SavedMeanwhile
from console.services.discoveries import PROBE, DiscoveryView
from console.web.campaigns import glance_of
from console.web.current import actor, context
from console.web.defaults_form import DefaultsForm, filled
from console.web.domains import changes_of, facts_of, job_of, line_of
from console.web.exceptions import exceptions_of
from console.web.explained import explained, form_data
from console.web.forms import read, refuse, shorten
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.sheet import sheet_of
from console.web.texts import lazy, say

pages = Blueprint("domains", __name__, url_prefix="/domains")


class DomainForm(Form):
    domain = StringField(lazy(N_("Mail domain")), description=lazy(N_("What stands after the @, such as company.com.")))


class ExplainForm(Form):
    address = StringField(lazy(N_("Address or domain")))


def _list(here: str | None = None) -> list[Any]:
    return [line_of(row, here) for row in defaults.rows(context())]


@pages.get("")
@allows("domains.see")
def index() -> Response:
    found = _looked_up("explain")
    told = explained(found) if found else None
    return _index(read(ExplainForm, address=told.about if told else ""), found)


def _index(form: Form, found: DiscoveryView | None, *, status: int = 200) -> Response:
    return panel(
        "domains/index.html",
        "domains/_index.html",
        status=status,
        domains=_list(),
        explain_form=form,
        found=explained(found) if found else None,
        found_id=found.id if found else "",
    )


def _looked_up(name: str) -> DiscoveryView | None:
    """Return the discovery whose id the address names; one whose day is over is as good as none."""
    asked = request.args.get(name, "")
    try:
        return discoveries.get(context(), actor(), asked) if asked else None
    except NotFound:
        return None


@pages.post("/explain")
@allows("domains.see")
def explain() -> Response:
    form = read(ExplainForm)
    typed = (form.address.data or "").strip()
    try:
        if "@" not in typed:
            typed = f"{PROBE}@{defaults.name_of(typed)}"
        asked = discoveries.begin(context(), actor(), typed)
    except Refused as refused:
        refuse(form, refused, "address")
        shorten(form)
        return _index(form, None, status=422)
    return go(url_for("domains.index", explain=asked, _anchor="doctor"))


@pages.route("/add", methods=["GET", "POST"])
@allows("domains.manage")
def add() -> Response:
    form, status = read(DomainForm), 200
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
        lead=say(N_("Domains also appear by themselves when somebody first connects an inbox on them by IMAP.")),
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
    detected = _looked_up("detect")
    if detected is not None and detected.address.rpartition("@")[2] != found.row.domain:
        detected = None
    form = None
    if _manages():
        data = {**filled(found.defaults), "revision": str(found.revision)}
        if detected is not None and detected.answer is not None:
            data |= form_data(detected.answer) or {}
        form = DefaultsForm(data=data)
    return _show(found, form, detected=detected)


def _manages() -> bool:
    return may(actor().role, "domains.manage", own=False)


def _show(
    found: Domain,
    form: DefaultsForm | None,
    *,
    status: int = 200,
    detected: DiscoveryView | None = None,
    refusal: str = "",
) -> Response:
    domain, told = found.row.domain, explained(detected) if detected else None
    return panel(
        "domains/show.html",
        "domains/_show.html",
        status=status,
        domains=_list(domain),
        domain=found,
        line=line_of(found.row, domain),
        facts=facts_of(found.defaults),
        exceptions=exceptions_of(found.row.domain),
        form=form,
        changes=_changes(domain, form) if form is not None else None,
        job=_job(domain) if form is not None else None,
        detected=told,
        detected_id=detected.id if detected else "",
        detected_nothing=bool(
            told and not told.waiting and (not detected or not detected.answer or form_data(detected.answer) is None)
        ),
        refusal=refusal,
        moving=_moving(domain),
    )


def _moving(domain: str) -> Any:
    found = campaign_views.glance(context(), domain)
    return glance_of(found) if found else None


def _job(domain: str) -> Any:
    """Return the newest applying of the domain's defaults, unless it is over for long."""
    found = bulk.newest(context(), defaults.APPLY, domain)
    return job_of(found, context().clock()) if found else None


def _changes(domain: str, form: DefaultsForm) -> Any:
    """Return what the values in the form would change; None while they are not complete. The form's errors stay."""
    copy = DefaultsForm(data=form.data)
    return changes_of(differences.preview(context(), domain, copy.wanted())) if copy.validate() else None


@pages.get("/<domain>/changes")
@allows("domains.manage")
def changes(domain: str) -> Response:
    found = defaults.get(context(), actor(), domain)
    form = DefaultsForm(request.args)
    form.validate()
    shorten(form)
    return panel(
        "domains/show.html",
        "domains/_changes.html",
        domains=_list(found.row.domain),
        domain=found,
        line=line_of(found.row, found.row.domain),
        facts=facts_of(found.defaults),
        form=form,
        changes=_changes(found.row.domain, form),
        job=_job(found.row.domain),
    )


@pages.post("/<domain>/detect")
@allows("domains.manage")
def detect(domain: str) -> Response:
    found = defaults.get(context(), actor(), domain)
    address = url_for("domains.show", domain=found.row.domain)
    try:
        asked = discoveries.begin(context(), actor(), f"{PROBE}@{found.row.domain}", without_default=True)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(address)
    return go(url_for("domains.show", domain=found.row.domain, detect=asked))


@pages.post("/<domain>/save")
@allows("domains.manage")
def save(domain: str) -> Response:
    ctx, person = context(), actor()
    found = defaults.get(ctx, person, domain)
    name, form = found.row.domain, DefaultsForm(request.form)
    if not form.validate():
        shorten(form)
        return _show(found, form, status=422)
    if request.form.get("do") == "look":
        # Where no script looks while somebody types.
        return _show(found, form, status=422, refusal=say(N_("Nothing is stored yet. Look below, then save.")))
    revision = _number(form.revision.data)
    try:
        if request.form.get("do") == "apply":
            applying.begin(ctx, person, name, form.wanted(), revision=revision, mark=form.shown.data or "")
        else:
            defaults.keep(ctx, person, name, form.wanted(), revision)
            tell(N_("Defaults of %(domain)s saved. Inboxes stay as they are."), domain=shown_domain(name))
    except SavedMeanwhile as refused:
        found = defaults.get(ctx, person, domain)
        form.revision.data = str(found.revision)
        return _show(found, form, status=422, refusal=say(refused.sentence, **refused.values))
    except Refused as refused:
        return _show(found, form, status=422, refusal=say(refused.sentence, **refused.values))
    return go(url_for("domains.show", domain=name))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


@pages.route("/<domain>/delete", methods=["GET", "POST"])
@allows("domains.manage")
def delete(domain: str) -> Response:
    ctx, person = context(), actor()
    found = defaults.get(ctx, person, domain)
    address = url_for("domains.show", domain=found.row.domain)
    if request.method == "POST":
        try:
            defaults.delete(ctx, person, found.row.domain, _number(request.args.get("revision")))
        except Refused as refused:
            tell(refused.sentence, kind="warn", **refused.values)
        else:
            tell(N_("Defaults of %(domain)s deleted. Inboxes stay as they are."), domain=found.row.shown)
        return go(address)
    if found.defaults.kind is Kind.NONE:
        return go(address)
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Delete the defaults of %(domain)s?"), domain=found.row.shown),
        lead=say(N_("People on this domain then type servers themselves, or take what is found.")),
        counts=[],
        effects=[
            {"label": say(N_("Stays")), "text": say(N_("All inboxes, with the settings and passwords they have"))},
            {"label": say(N_("Ends")), "text": say(N_("The note to users, and that only admins change the settings"))},
        ],
        form=None,
        keep_url=address,
        keep_label=say(N_("Keep")),
        do_url=url_for("domains.delete", domain=found.row.domain, revision=found.revision),
        do_label=say(N_("Delete the defaults")),
        danger=True,
    )


@pages.post("/<domain>/applying/<job_id>/stop")
@allows("domains.manage")
def stop(domain: str, job_id: str) -> Response:
    applying.stop(context(), actor(), job_id)
    return go(url_for("domains.show", domain=domain))


@pages.post("/<domain>/applying/<job_id>/undo")
@allows("domains.manage")
def undo(domain: str, job_id: str) -> Response:
    try:
        applying.undo(context(), actor(), job_id)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return go(url_for("domains.show", domain=domain))


@pages.get("/<domain>/sheet")
@allows("domains.see")
def sheet(domain: str) -> Response:
    found = defaults.get(context(), actor(), domain)
    return panel("domains/sheet.html", domain=found, sheet=sheet_of(found))


@pages.get("/<domain>/sheet.txt")
@allows("domains.see")
def sheet_text(domain: str) -> Response:
    found = defaults.get(context(), actor(), domain)
    return Response(
        sheet_of(found).text(),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.row.domain}.txt"'},
    )
