"""Whatever people and servers write is shown as text, on every page."""

import re
from html.parser import HTMLParser

import pytest

from console.services import switches
from console.store.models import AuditEntry, CheckRecord, Person, TrustedCertificate
from console.store.notices import RefusedAddress, Setting
from tests import cases, placed
from tests.pigeon import PigeonFamily

# Marks that would run, close a quotation, reformat a sentence or look like one of our own placeholders.
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 1234*5678 }} %(host)s %s %n ${x}"
SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture
def families():
    return (PigeonFamily(),)


class Markup(HTMLParser):
    """Collects what would run, were it there, and what an expression would have become."""

    def __init__(self, page):
        super().__init__()
        self.found = ["an expression was filled in"] if "7006652" in page else []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "img" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.found += [name for name in given if name.startswith("on") or "'" in name or "<" in name]


def harmless(page):
    """Return whether nothing of EVIL stands in a page as markup."""
    return Markup(page).found == []


def named(ctx, person, name):
    with ctx.store.write() as session:
        session.get_one(Person, person.id).name = name


@pytest.fixture
def inbox(ctx, bob, alice):
    """An inbox whose every text is EVIL."""
    now = ctx.clock()
    inbox_id = placed.inbox(
        ctx,
        bob,
        by=alice,
        settings={"loft": EVIL},
        health="failing",
        problem="server-error",
        problem_stage="sign-in",
        server_text=EVIL,
    )
    named(ctx, bob, EVIL)
    named(ctx, alice, EVIL)
    stage = {"name": EVIL, "state": "failed", "detail": EVIL, "values": {"host": EVIL}, "ms": 1, "problem": EVIL}
    told = {"name": "find-server", "state": "passed", "detail": "%(loft)s", "values": {"loft": EVIL}, "ms": 1}
    with ctx.store.write() as session:
        session.add(
            CheckRecord(
                inbox_id=inbox_id,
                trigger="button",
                started_at=now,
                finished_at=now,
                revision=1,
                health="failing",
                problem=EVIL[:60],
                server_text=EVIL,
                stages=[told, stage],
            )
        )
        session.add(
            TrustedCertificate(
                inbox_id=inbox_id,
                host=EVIL,
                port=993,
                sha256="AB:" * 31 + "CD",
                subject=EVIL,
                issuer=EVIL,
                not_before=now,
                not_after=now,
                by_id=alice.id,
                at=now,
                until=now,
            )
        )
        for action in ("inbox.edit", "certificate.trust", "inbox.disable", EVIL[:60]):
            session.add(
                AuditEntry(
                    at=now,
                    actor_id=alice.id,
                    actor_name=EVIL[:120],
                    action=action,
                    target_type="inbox",
                    target_id=str(inbox_id),
                    target_label=EVIL,
                    detail={"why": EVIL, "before": EVIL, "after": EVIL, "host": EVIL},
                )
            )
    switches.disable(ctx, alice, inbox_id, EVIL)
    return inbox_id


@pytest.fixture
def told(ctx, alice, bob, inbox):
    """Everything that help desk and notices know about it is EVIL too; return the numbers that stand in addresses."""
    case, now = cases.episode(ctx, inbox, "server-error"), ctx.clock()
    others = [placed.inbox(ctx, bob, f"box{number}@acme.test") for number in range(3)]
    incident = cases.incident(ctx, others, server_text=EVIL, target=EVIL[:60])
    cases.note(ctx, case, alice, EVIL)
    hook = placed.webhook(ctx, alice, name=EVIL[:80], url=f"https://chat.test/{EVIL}", outcome="http-500", failures=1)
    known = {"server_text": EVIL, "outcome": "message-refused", "inbox_id": inbox, "episode_id": case.id}
    placed.notice(ctx, "evil:1", address=EVIL[:100], detail={"what": EVIL}, **known)
    placed.notice(ctx, "evil:2", kind="radar", address=EVIL[:100], detail={"what": EVIL, "kind": "certificate"})
    server = {"host": EVIL, "port": 587, "security": "tls", "username": EVIL, "sender": EVIL, "sender_name": EVIL}
    stages = [{"name": "smtp-reach", "state": "failed", "detail": EVIL, "values": {}, "ms": 1, "problem": "unknown"}]
    test = {"state": "done", "to": EVIL, "asked_at": now.isoformat(), "at": now.isoformat(), "stages": stages}
    with ctx.store.write() as session:
        session.add(RefusedAddress(address=EVIL[:100], at=now, server_text=EVIL))
        session.add(Setting(name="mail", value=server, revision=1, at=now, by_id=alice.id))
        session.add(Setting(name="mail-test", value={**test, "server_text": EVIL}, revision=1, at=now))
        session.add(Setting(name="notices", value={"extra": [EVIL]}, revision=1, at=now, by_id=alice.id))
    return {"hook": hook, "case": case, "incident": incident}


@pytest.mark.parametrize(
    "path",
    [
        "/overview",
        "/overview/expiring",
        "/help-desk?case={case}",
        "/help-desk?case={incident}",
        "/help-desk?domain=<script>&provider=<img src=x onerror=alert(2)>&problem='\"",
        "/inboxes/{inbox}",
        "/inboxes?health=<script>&provider=<script>&domain='\"><script>&problem=<script>",
        "/notices",
        "/settings/checks",
        "/settings/notices",
        "/settings/notices/webhooks/{hook}",
        "/settings/notices/webhooks/{hook}/remove",
        "/connect/link?for=<script>",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_every_page_about_health_shows_it_as_text(window, alice, inbox, told, path, headers):
    page = window(alice).get(path.format(inbox=inbox, **told), headers=headers)

    assert page.status_code == 200
    assert harmless(page.text)


@pytest.mark.parametrize("settings", [{"CONSOLE_ORGANISATION": EVIL[:80]}])
@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/inboxes",
        "/inboxes/{inbox}",
        "/inboxes/{inbox}/edit",
        "/inboxes/{inbox}/disable",
        "/inboxes/{inbox}/remove",
        "/me",
        "/account",
        "/users",
        "/users/{bob}",
        "/users/{bob}/deactivate",
        "/connect",
        "/integrations",
        "/nowhere",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_every_page_shows_it_as_text(settings, window, alice, bob, inbox, path, headers):
    page = window(alice).get(path.format(inbox=inbox, bob=bob.id), headers=headers)

    assert page.status_code in {200, 404}
    assert harmless(page.text)


def test_it_is_shown_at_all(window, alice, inbox):
    page = window(alice).get(f"/inboxes/{inbox}").text

    assert page.count(SHOWN) >= 8


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/inboxes", "q"),
        ("/inboxes", "view"),
        ("/inboxes", "at"),
        ("/users", "q"),
        ("/sign-in", "next"),
        ("/connect", "for"),
    ],
)
def test_what_stands_in_an_address_is_shown_as_text(window, browser, alice, path, name):
    visitor = browser() if path == "/sign-in" else window(alice)

    page = visitor.get(path, query_string={name: EVIL})

    assert page.status_code == 200
    assert harmless(page.text)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/users/add", "name"),
        ("/users/add", "email"),
        ("/users/add", "role"),
        ("/connect", "owner"),
        ("/connect", "uses"),
    ],
)
def test_what_is_typed_into_a_form_comes_back_as_text(window, alice, path, name):
    visitor = window(alice)
    visitor.get(path)

    page = visitor.post(path, **{"name": "", "email": "", name: EVIL})

    assert harmless(page.text)


def test_a_notice_shows_a_name_as_text(window, ctx, alice, bob):
    named(ctx, bob, EVIL)
    visitor = window(alice)
    visitor.get(f"/users/{bob.id}")

    page = visitor.post(f"/users/{bob.id}/deactivate").text

    assert re.search(r'id="notice".*&lt;script&gt;', page, re.DOTALL)
    assert harmless(page)


def test_an_alert_shows_a_name_as_text(window, ctx, alice, bob):
    placed.inbox(ctx, bob, by=alice)
    named(ctx, alice, EVIL)

    page = window(bob).get("/account").text

    assert SHOWN in page
    assert harmless(page)


def test_a_placeholder_in_what_somebody_typed_is_not_filled_in(window, ctx, alice, bob):
    named(ctx, bob, "%(name)s %(address)s %s 100%")
    inbox_id = placed.inbox(ctx, bob)
    switches.disable(ctx, alice, inbox_id, "100% %(why)s")

    page = window(alice).get(f"/inboxes/{inbox_id}").text

    assert "%(name)s %(address)s %s 100%" in page
    assert "100% %(why)s" in page


def test_what_help_desk_and_notices_know_is_shown_at_all(window, alice, told):
    for path in ("/help-desk?case={case}", "/help-desk?case={incident}", "/notices", "/settings/notices"):
        assert SHOWN in window(alice).get(path.format(**told)).text
