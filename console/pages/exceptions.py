"""Trusted certificates: every exception with who, why and until when, taking one back, and who may make them."""

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField

from console.discovery.addresses import shown_domain
from console.discovery.domains import a_label, is_host_name
from console.rules.texts import N_
from console.services import exceptions
from console.services.context import NotFound
from console.web.current import actor, context
from console.web.exceptions import exception_view
from console.web.forms import read
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.security import LARGEST_ROW
from console.web.texts import lazy, say

pages = Blueprint("exceptions", __name__, url_prefix="/exceptions")


class WhyForm(Form):
    why = StringField(lazy(N_("Why (optional)")), description=lazy(N_("Shown to everybody who meets the rule.")))


@pages.get("")
@allows("exceptions.see")
def index() -> Response:
    before = request.args.get("before", type=int)
    domain = a_label(request.args.get("domain", "")) or None
    if (domain is not None and not is_host_name(domain)) or (before is not None and not 0 < before <= LARGEST_ROW):
        raise NotFound
    found = exceptions.listed(context(), before=before, domain=domain)
    return panel(
        "exceptions/index.html",
        "exceptions/_list.html",
        exceptions=[exception_view(row) for row in found.rows],
        off=found.off,
        domain=domain,
        domain_shown=shown_domain(domain) if domain else None,
        later_page=before is not None,
        first_url=url_for("exceptions.index", domain=domain),
        older_url=url_for("exceptions.index", domain=domain, before=found.older) if found.older else None,
    )


@pages.route("/<int:exception_id>/withdraw", methods=["GET", "POST"])
@allows("exceptions.manage")
def withdraw(exception_id: int) -> Response:
    ctx = context()
    if not 0 < exception_id <= LARGEST_ROW:
        raise NotFound
    if request.method == "POST":
        was = exception_view(exceptions.withdraw(ctx, actor(), exception_id))
        tell(
            N_("No longer trusted: %(what)s at %(server)s. The inboxes it was for are checked now."),
            what=was.subject,
            server=was.server,
        )
        return go(url_for("exceptions.index"))
    found = exception_view(exceptions.one(ctx, exception_id))
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Withdraw the trust in %(what)s?"), what=found.subject),
        lead=say(N_("%(server)s has to show a certificate that verifies from now on."), server=found.server),
        counts=[],
        effects=[
            {
                "label": say(N_("Stops now")),
                "text": say(N_("Sign-ins at this server, if its certificate does not verify")),
            },
            {"label": say(N_("Stays")), "text": say(N_("Settings, sealed passwords, history"))},
            {"label": say(N_("For")), "text": found.for_whom},
        ],
        form=None,
        keep_url=url_for("exceptions.index"),
        keep_label=say(N_("Keep the trust")),
        do_url=url_for("exceptions.withdraw", exception_id=exception_id),
        do_label=say(N_("Withdraw")),
        danger=True,
    )


@pages.route("/forbid", methods=["GET", "POST"])
@allows("exceptions.manage")
def forbid() -> Response:
    form = read(WhyForm)
    if request.method == "POST":
        exceptions.forbid(context(), actor(), (form.why.data or "").replace("\x00", "").strip())
        tell(
            N_("Only account admins may trust a certificate that does not verify."),
            undo={"action_url": url_for("exceptions.allow"), "label": say(N_("Let members trust again"))},
        )
        return go(url_for("exceptions.index"))
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Let only account admins trust certificates?")),
        lead=say(N_("A member who meets a certificate that does not verify is told to ask an account admin.")),
        counts=[],
        effects=[
            {
                "label": say(N_("Stops now")),
                "text": say(N_("Members trusting a certificate while they connect an inbox")),
            },
            {"label": say(N_("Stays")), "text": say(N_("What was trusted before, until you withdraw it"))},
        ],
        form=form,
        keep_url=url_for("exceptions.index"),
        keep_label=say(N_("Leave it to members")),
        do_url=url_for("exceptions.forbid"),
        do_label=say(N_("Only account admins")),
        danger=False,
    )


@pages.post("/allow")
@allows("exceptions.manage")
def allow() -> Response:
    exceptions.allow(context(), actor())
    tell(N_("Members may trust certificates for their own inboxes."))
    return go(url_for("exceptions.index"))
