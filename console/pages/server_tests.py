"""Tests of a mail domain's servers, and what an admin trusts because of what one showed."""

from flask import Blueprint, Response, request, url_for

from console.discovery.addresses import shown_domain
from console.providers.base import Authority
from console.rules.domain_defaults import Kind
from console.rules.texts import N_
from console.services import defaults, server_tests
from console.services.context import NotFound, Refused
from console.services.default_settings import SERVERS
from console.services.server_tests import servers_of
from console.services.trusted import until
from console.web.current import actor, context
from console.web.defaults_form import DefaultsForm
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.server_tests import tested
from console.web.texts import say

pages = Blueprint("server_tests", __name__, url_prefix="/server-tests")


@pages.post("/of/<domain>")
@allows("servers.test")
def begin(domain: str) -> Response:
    """Test the servers in the posted form of defaults, which need not be saved; without one those that are kept."""
    ctx, person = context(), actor()
    found = defaults.get(ctx, person, domain)
    wanted, errors = found.defaults, list[str]()
    if request.form.get("kind"):
        form = DefaultsForm(request.form)
        form.validate()
        named = {"exchange_url"} if form.chosen is Kind.EXCHANGE else set(SERVERS)
        errors = [
            f"{say(field.label.text)}: {say(str(error))}"
            for field in form
            if field.name in named
            for error in field.errors
        ]
        wanted = wanted if errors else form.wanted()
    try:
        if errors:
            raise Refused(N_("Mend these first, then test again."))
        return _to(server_tests.begin(ctx, person, found.row.domain, servers_of(wanted)))
    except Refused as refused:
        return panel(
            "server_tests/show.html",
            "server_tests/_panel.html",
            status=422,
            test=None,
            domain=found.row.domain,
            domain_shown=shown_domain(found.row.domain),
            refusal=say(refused.sentence, **refused.values),
            errors=errors,
        )


@pages.get("/<test_id>")
@allows("servers.test")
def show(test_id: str) -> Response:
    found = tested(server_tests.get(context(), actor(), test_id))
    return panel(
        "server_tests/show.html",
        "server_tests/_panel.html",
        test=found,
        domain=found.domain,
        domain_shown=found.domain_shown,
        refusal=None,
        errors=[],
    )


@pages.post("/<test_id>/again")
@allows("servers.test")
def again(test_id: str) -> Response:
    return _again(test_id)


@pages.route("/<test_id>/trust", methods=["GET", "POST"])
@allows("exceptions.manage")
def trust(test_id: str) -> Response:
    ctx, person = context(), actor()
    number, sha256 = _number(request.values.get("number", "")), request.values.get("sha256", "")
    if request.method == "GET":
        found = server_tests.get(ctx, person, test_id)
        meant = server_tests.meant(found, number, sha256)
        if meant is None:
            raise NotFound
        test = tested(found)
        return panel(
            "server_tests/trust.html",
            "server_tests/_trust.html",
            test=test,
            found=test.surveys[number],
            meant=meant,
            private=isinstance(meant, Authority),
            until=until(meant.not_after, ctx.clock()),
        )
    try:
        server_tests.trust(ctx, person, test_id, number, sha256, request.form.get("why", ""))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return _to(test_id)
    tell(N_("Trusted for all inboxes of the domain. It is listed under Trusted certificates."))
    return _again(test_id)


def _number(text: str) -> int:
    """Return which server of a test is meant; -1, which none has, for anything else than a small number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1


def _again(test_id: str) -> Response:
    try:
        return _to(server_tests.again(context(), actor(), test_id))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return _to(test_id)


def _to(test_id: str) -> Response:
    return go(url_for("server_tests.show", test_id=test_id))
