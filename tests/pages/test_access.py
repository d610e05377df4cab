"""Who reaches which route: a table of all of them, so that none is opened or closed without somebody reading it."""

import itertools
import re

import pytest

from console.providers.survey import Server
from console.services import drafts, links, server_tests, signing_in
from console.services.default_settings import Defaults
from console.services.people import actor_of
from console.store.models import Person
from tests import cases, placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily

ROLES = ("signed out", "member", "help desk", "admin")
TOKEN = re.compile(r'(?<=csrf_token" value=")[^"]+|(?<="X-CSRFToken": ")[^"]+')
# What each of ROLES is answered. Inboxes and drafts are one's own for the member, and a colleague's for the help desk
# and the admin, whose drafts are their own. Forms are sent empty, with a CSRF token.
ROUTES = {
    "GET /": (303, 303, 303, 303),
    "GET /account": (303, 200, 200, 200),
    "POST /account/notices": (303, 303, 303, 303),
    "POST /account/password": (303, 422, 422, 422),
    "POST /account/sign-out-everywhere": (303, 303, 303, 303),
    "GET /campaigns/<domain>": (303, 404, 200, 200),
    "POST /campaigns/<domain>/join": (303, 404, 404, 303),
    "GET /campaigns/leave-out/<int:inbox_id>": (303, 404, 404, 200),
    "POST /campaigns/leave-out/<int:inbox_id>": (303, 404, 404, 422),
    "POST /campaigns/<domain>/remind": (303, 404, 404, 303),
    "POST /campaigns/<domain>/start": (303, 404, 404, 422),
    "GET /campaigns/<domain>/stop": (303, 404, 404, 200),
    "POST /campaigns/<domain>/stop": (303, 404, 404, 303),
    "POST /campaigns/take-in/<int:inbox_id>": (303, 404, 404, 303),
    "POST /campaigns/later/<int:inbox_id>": (303, 303, 404, 303),
    "GET /connect": (303, 200, 403, 200),
    "POST /connect": (303, 303, 403, 303),
    "GET /connect/<draft_id>": (303, 303, 404, 303),
    "GET /connect/<draft_id>/address": (303, 200, 404, 200),
    "POST /connect/<draft_id>/address": (303, 422, 404, 422),
    "POST /connect/<draft_id>/again": (303, 303, 404, 303),
    "GET /connect/<draft_id>/done": (303, 303, 404, 303),
    "POST /connect/<draft_id>/done": (303, 303, 404, 303),
    "GET /connect/<draft_id>/expect": (303, 303, 404, 303),
    "POST /connect/<draft_id>/expect": (303, 303, 404, 303),
    "POST /connect/<draft_id>/keep": (303, 303, 404, 303),
    "POST /connect/<draft_id>/leave": (303, 303, 404, 303),
    "GET /connect/<draft_id>/settings": (303, 303, 404, 303),
    "POST /connect/<draft_id>/settings": (303, 303, 404, 303),
    "POST /connect/<draft_id>/trust": (303, 303, 404, 303),
    "GET /connect/<draft_id>/verify": (303, 303, 404, 303),
    "GET /consent/<slug>": (303, 303, 303, 303),
    "GET /consent/<slug>/approved": (200, 200, 200, 200),
    "GET /consent/of/<draft_id>": (303, 303, 404, 303),
    "GET /domains": (303, 403, 200, 200),
    "GET /domains/<domain>": (303, 404, 200, 200),
    "POST /domains/<domain>/applying/<job_id>/stop": (303, 404, 404, 303),
    "POST /domains/<domain>/applying/<job_id>/undo": (303, 404, 404, 303),
    "GET /domains/<domain>/changes": (303, 404, 404, 200),
    "GET /domains/<domain>/delete": (303, 404, 404, 303),
    "POST /domains/<domain>/delete": (303, 404, 404, 303),
    "POST /domains/<domain>/detect": (303, 404, 404, 303),
    "POST /domains/<domain>/save": (303, 404, 404, 422),
    "GET /domains/<domain>/sheet": (303, 404, 200, 200),
    "GET /domains/<domain>/sheet.txt": (303, 404, 200, 200),
    "GET /domains/add": (303, 403, 403, 200),
    "POST /domains/add": (303, 403, 403, 422),
    "POST /domains/explain": (303, 403, 422, 422),
    "GET /exceptions": (303, 403, 200, 200),
    "GET /exceptions/<int:exception_id>/withdraw": (303, 404, 404, 200),
    "POST /exceptions/<int:exception_id>/withdraw": (303, 404, 404, 303),
    "POST /exceptions/allow": (303, 403, 403, 303),
    "GET /exceptions/forbid": (303, 403, 403, 200),
    "POST /exceptions/forbid": (303, 403, 403, 303),
    "GET /explain": (303, 403, 200, 200),
    "POST /explain": (303, 403, 422, 422),
    "GET /explain/<code>": (303, 404, 200, 200),
    "GET /help": (200, 200, 200, 200),
    "GET /help/<code>": (200, 200, 200, 200),
    "GET /help-desk": (303, 403, 200, 200),
    "POST /help-desk/<ref>/<name>": (303, 404, 303, 303),
    "POST /help-desk/explain": (303, 403, 303, 303),
    "GET /help-desk/now": (303, 403, 303, 303),
    "GET /inboxes": (303, 200, 200, 200),
    "GET /inboxes/<int:inbox_id>": (303, 200, 200, 200),
    "GET /inboxes/<int:inbox_id>/disable": (303, 200, 404, 200),
    "POST /inboxes/<int:inbox_id>/disable": (303, 303, 404, 303),
    "GET /inboxes/<int:inbox_id>/edit": (303, 200, 404, 200),
    "POST /inboxes/<int:inbox_id>/edit": (303, 422, 404, 422),
    "POST /inboxes/<int:inbox_id>/enable": (303, 303, 404, 303),
    "POST /inboxes/<int:inbox_id>/move": (303, 303, 404, 303),
    "POST /inboxes/<int:inbox_id>/reconnect": (303, 303, 404, 303),
    "GET /inboxes/<int:inbox_id>/remove": (303, 200, 404, 200),
    "POST /inboxes/<int:inbox_id>/remove": (303, 303, 404, 303),
    "POST /inboxes/<int:inbox_id>/test": (303, 303, 303, 303),
    "GET /integrations": (303, 403, 403, 200),
    "GET /integrations/<slug>": (303, 404, 404, 200),
    "GET /integrations/<slug>/app": (303, 404, 404, 200),
    "POST /integrations/<slug>/app": (303, 404, 404, 422),
    "GET /integrations/<slug>/app/remove": (303, 404, 404, 200),
    "POST /integrations/<slug>/app/remove": (303, 404, 404, 303),
    "GET /integrations/<slug>/off": (303, 404, 404, 200),
    "POST /integrations/<slug>/off": (303, 404, 404, 303),
    "POST /integrations/<slug>/on": (303, 404, 404, 303),
    "GET /integrations/<slug>/sheet": (303, 200, 200, 200),
    "GET /integrations/<slug>/sheet.txt": (303, 200, 200, 200),
    "POST /integrations/<slug>/test": (303, 404, 404, 303),
    "GET /me": (303, 200, 200, 200),
    "GET /me/inboxes/<int:inbox_id>/disclosure": (303, 200, 404, 404),
    "POST /me/inboxes/<int:inbox_id>/disclosure": (303, 303, 404, 404),
    "GET /overview": (303, 403, 200, 200),
    "POST /overview/connect": (303, 303, 403, 303),
    "GET /overview/expiring": (303, 403, 200, 200),
    "POST /overview/set-up/<item>": (303, 404, 404, 303),
    "GET /connect/link": (303, 403, 403, 200),
    "POST /connect/link": (303, 403, 403, 422),
    "GET /inboxes/<int:inbox_id>/link": (303, 404, 200, 200),
    "POST /inboxes/<int:inbox_id>/link": (303, 404, 303, 303),
    "POST /links/<int:link_id>/mail": (303, 404, 303, 303),
    "POST /links/<int:link_id>/withdraw": (303, 404, 303, 303),
    "GET /reconnect/<token>": (404, 404, 404, 404),
    "POST /reconnect/<token>": (404, 404, 404, 404),
    "GET /users/<int:person_id>/connect-link": (303, 404, 404, 200),
    "GET /reconnect/of/<draft_id>": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/address": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/address": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/again": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/away": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/done": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/done": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/expect": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/expect": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/keep": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/settings": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/settings": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/sheet": (404, 404, 404, 404),
    "POST /reconnect/of/<draft_id>/trust": (404, 404, 404, 404),
    "GET /reconnect/of/<draft_id>/verify": (404, 404, 404, 404),
    "GET /notices": (303, 403, 200, 200),
    "POST /notices/<int:notice_id>/again": (303, 404, 404, 303),
    "POST /notices/addresses/clear": (303, 403, 403, 404),
    "GET /server-tests/<test_id>": (303, 404, 200, 200),
    "POST /server-tests/<test_id>/again": (303, 404, 303, 303),
    "GET /server-tests/<test_id>/trust": (303, 404, 404, 404),
    "POST /server-tests/<test_id>/trust": (303, 404, 404, 303),
    "POST /server-tests/of/<domain>": (303, 404, 422, 422),
    "GET /set-up/<token>": (404, 404, 404, 404),
    "POST /set-up/<token>": (404, 404, 404, 404),
    "GET /settings": (303, 403, 403, 303),
    "GET /settings/checks": (303, 403, 403, 200),
    "POST /settings/checks": (303, 403, 403, 422),
    "GET /settings/notices": (303, 403, 403, 200),
    "POST /settings/notices/rules": (303, 403, 403, 422),
    "POST /settings/notices/server": (303, 403, 403, 422),
    "GET /settings/notices/server/remove": (303, 403, 403, 200),
    "POST /settings/notices/server/remove": (303, 403, 403, 303),
    "POST /settings/notices/server/test": (303, 403, 403, 303),
    "POST /settings/notices/server/trust": (303, 403, 403, 303),
    "GET /settings/notices/webhooks/<int:hook_id>": (303, 404, 404, 200),
    "POST /settings/notices/webhooks/<int:hook_id>": (303, 404, 404, 422),
    "POST /settings/notices/webhooks/<int:hook_id>/off": (303, 404, 404, 303),
    "POST /settings/notices/webhooks/<int:hook_id>/on": (303, 404, 404, 303),
    "GET /settings/notices/webhooks/<int:hook_id>/remove": (303, 404, 404, 200),
    "POST /settings/notices/webhooks/<int:hook_id>/remove": (303, 404, 404, 303),
    "POST /settings/notices/webhooks/<int:hook_id>/test": (303, 404, 404, 303),
    "GET /settings/notices/webhooks/new": (303, 403, 403, 200),
    "POST /settings/notices/webhooks/new": (303, 403, 403, 422),
    "GET /sign-in": (200, 303, 303, 303),
    "POST /sign-in": (422, 422, 422, 422),
    "POST /sign-out": (303, 303, 303, 303),
    "GET /static/<path:filename>": (200, 200, 200, 200),
    "GET /users": (303, 403, 403, 200),
    "GET /users/<int:person_id>": (303, 404, 404, 200),
    "POST /users/<int:person_id>": (303, 404, 404, 303),
    "POST /users/<int:person_id>/activate": (303, 404, 404, 303),
    "GET /users/<int:person_id>/deactivate": (303, 404, 404, 200),
    "POST /users/<int:person_id>/deactivate": (303, 404, 404, 303),
    "POST /users/<int:person_id>/link": (303, 404, 404, 303),
    "GET /users/add": (303, 403, 403, 200),
    "POST /users/add": (303, 403, 403, 422),
    "GET /welcome/<token>": (200, 200, 200, 200),
    "POST /welcome/<token>": (422, 422, 422, 422),
}


@pytest.fixture
def families():
    pigeons = PigeonFamily()
    pigeons.successor = "owl"
    return (pigeons, OwlFamily())


def routes(app):
    return {
        f"{method} {rule.rule}": rule for rule in app.url_map.iter_rules() for method in rule.methods & {"GET", "POST"}
    }


class Cast:
    """Makes what one request may be about: each is new, because the request before may have ended the last one."""

    def __init__(self, ctx, admin, actor, role):
        self._ctx, self._admin, self._actor, self._role = ctx, admin, actor, role
        self._numbers = itertools.count()

    def values(self, rule):
        colleague = placed.person(self._ctx, f"colleague{next(self._numbers)}@acme.test")
        owner = self._actor if self._role == "member" else colleague
        known = {
            "inbox_id": lambda: placed.inbox(self._ctx, owner, colleague.email),
            "draft_id": lambda: drafts.start(
                self._ctx, self._actor if self._role in {"member", "admin"} else self._admin
            ),
            "person_id": lambda: colleague.id,
            "hook_id": lambda: placed.webhook(self._ctx, self._admin),
            "notice_id": lambda: placed.notice(self._ctx, f"access:{next(self._numbers)}"),
            "slug": lambda: "owl",
            "domain": lambda: placed.domain(self._ctx),
            "exception_id": lambda: placed.exception(self._ctx, owner, domain="acme.test", port=next(self._numbers)),
            "test_id": lambda: server_tests.begin(
                self._ctx,
                self._admin if self._role in {"member", "signed out"} else self._actor,
                "acme.test",
                [Server("imap", "mail.example.test", 993)],
            ),
            "job_id": lambda: placed.job(self._ctx, self._admin, f"{next(self._numbers)}.test", Defaults()),
            "token": lambda: signing_in.welcome_link(self._ctx, self._admin, colleague.id).rsplit("/", 1)[1],
            "filename": lambda: "console.css",
            "code": lambda: "bad-credentials",
            "item": lambda: "keys",
            "ref": lambda: cases.episode(self._ctx, placed.inbox(self._ctx, colleague)),
            "name": lambda: "take",
            "link_id": lambda: links.issue(self._ctx, None, known["inbox_id"]()).id,
        }
        if rule.endpoint.startswith("campaigns.") and rule.endpoint != "campaigns.later":
            inbox_id, domain = known["inbox_id"](), f"moving{next(self._numbers)}.test"
            state = "excepted" if rule.endpoint == "campaigns.take_in" else "waiting"
            placed.campaign(self._ctx, self._admin, domain, {inbox_id: state})
            known |= {"inbox_id": lambda: inbox_id, "domain": lambda: domain}
        return {name: known[name]() for name in rule.arguments}


def test_the_table_holds_every_route_and_no_other(app):
    assert set(ROUTES) == set(routes(app))


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_as_the_table_says(app, ctx, browser, window, alice, bob, hanne, role):
    actor = {"signed out": bob, "member": bob, "help desk": hanne, "admin": alice}[role]
    cast = Cast(ctx, alice, actor, role)
    answered = {}

    for name, rule in sorted(routes(app).items()):
        method = name.split(" ")[0]
        if role != "signed out":
            actor = signed_in_again(ctx, actor)
        visitor = browser() if role == "signed out" else window(actor)
        address = app.url_map.bind("").build(rule.endpoint, cast.values(rule), method=method)
        visitor.get("/sign-in" if role == "signed out" else "/account")
        if method == "GET":
            with visitor.client.get(address) as answer:
                answered[name] = answer.status_code
        else:
            answered[name] = visitor.post(address, follow=False).status_code

    assert answered == {name: statuses[ROLES.index(role)] for name, statuses in ROUTES.items()}


def signed_in_again(ctx, actor):
    """Return the actor as they are after the request before, which may have ended their sessions."""
    with ctx.store.read() as session:
        return actor_of(session.get_one(Person, actor.id))


def about(app, argument):
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if argument in rule.arguments
        for method in sorted(rule.methods - {"OPTIONS"})
    ]


def answers(app, visitor, argument, identity):
    """Ask every route that takes `argument`, with every method it takes; return the statuses."""
    visitor.get("/account")
    found = {}
    for method, rule in about(app, argument):
        address = app.url_map.bind("").build(rule.endpoint, {argument: identity}, method=method)
        if method == "POST":
            visitor.get("/account")
            found[f"POST {rule.rule}"] = visitor.post(address, follow=False).status_code
        else:
            found[f"{method} {rule.rule}"] = visitor.client.open(address, method=method).status_code
    return found


def test_charlie_finds_nothing_where_bobs_inbox_is_by_any_method(app, ctx, window, bob, charlie):
    inbox_id = placed.inbox(ctx, bob)

    found = answers(app, window(charlie), "inbox_id", inbox_id)

    assert len(found) > 10
    assert set(found.values()) == {404}


def test_what_charlie_tries_on_bobs_inbox_changes_nothing(app, ctx, window, bob, charlie):
    inbox_id = placed.inbox(ctx, bob)

    answers(app, window(charlie), "inbox_id", inbox_id)

    mine = window(bob)
    mine.get("/inboxes")
    assert mine.attributes("data-inbox") == ["bob@acme.test"]
    assert mine.attributes("data-switch") == ["on"]


@pytest.mark.parametrize("who", ["charlie", "alice", "hanne"])
def test_a_draft_is_there_for_the_person_who_began_it_only(request, app, ctx, window, bob, who):
    draft_id = drafts.start(ctx, bob)

    found = answers(app, window(request.getfixturevalue(who)), "draft_id", draft_id)

    assert len(found) > 10
    assert set(found.values()) == {404}


def test_the_person_an_admin_connects_for_does_not_reach_the_admins_draft(app, ctx, window, alice, bob):
    draft_id = drafts.start(ctx, alice, owner_id=bob.id)

    found = answers(app, window(bob), "draft_id", draft_id)

    assert set(found.values()) == {404}


def test_an_inbox_out_of_reach_answers_like_one_that_never_was(ctx, window, bob, charlie):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(charlie)

    theirs, nobodys = visitor.get(f"/inboxes/{inbox_id}"), visitor.get("/inboxes/4711")

    # The token of the page's forms is signed together with the second it was made in.
    assert TOKEN.sub("", theirs.text) == TOKEN.sub("", nobodys.text)


def test_a_removed_inbox_answers_like_one_that_never_was(app, ctx, window, alice, bob):
    inbox_id = placed.inbox(ctx, bob, removed_at=ctx.clock())

    found = answers(app, window(alice), "inbox_id", inbox_id)

    assert set(found.values()) == {404}


@pytest.mark.parametrize("number", ["0", "2147483648", "9223372036854775808", "9" * 40])
def test_a_number_that_no_row_can_have_is_not_found(app, window, alice, number):
    visitor = window(alice)

    found = {
        **answers(app, visitor, "inbox_id", number),
        **answers(app, visitor, "person_id", number),
    }

    assert set(found.values()) == {404}


def test_a_draft_name_that_no_draft_can_have_is_not_found(app, window, alice):
    found = answers(app, window(alice), "draft_id", "\x00\ufffd" + "x" * 3000)

    assert set(found.values()) == {404}


def test_a_route_that_declares_nothing_is_closed_even_to_admins(app, window, alice):
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")

    assert window(alice).get("/forgotten").status_code == 403


def test_a_route_that_declares_nothing_sends_strangers_to_sign_in(app, browser):
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")

    stranger = browser()
    stranger.get("/forgotten")

    assert stranger.path == "/sign-in"
