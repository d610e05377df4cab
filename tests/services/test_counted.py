"""What must not grow or overlap: queries per page, secrets opened for a list, network calls inside a transaction."""

import sys
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from console.services import drafts, shell, verification
from tests.services.connected import PASSWORD, connect, settings_of
from tests.services.listening import reach

TYPED = (
    "kind=imap&imap_host=mail.acme.test&imap_port=993&imap_security=tls"
    "&smtp_host=mail.acme.test&smtp_port=465&smtp_security=tls&username=full&smtp_same=y"
)
HOOKED = {"socket.connect", "socket.getaddrinfo", "socket.sendto"}
_watching: list = []


def _hook(name, arguments):
    if name in HOOKED:
        for watcher in _watching:
            watcher(name, arguments)


sys.addaudithook(_hook)  # Python never lets an audit hook go again, so there is one, and tests come and go behind it.


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def families():
    return None


@contextmanager
def counted(ctx):
    """Count the statements sent to the database."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(ctx.store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(ctx.store.engine, "before_cursor_execute", note)


def queries(ctx, window, path):
    with counted(ctx) as seen:
        assert window.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/inboxes", 16),
        ("/inboxes?q=box", 16),
        ("/inboxes?view=attention", 16),
        ("/me", 16),
        # One mailbox in full: its people, switches, checks, entries, proofs, days, notices, holds, link and case.
        ("/inboxes/1", 26),
        ("/domains", 9),
        # Its defaults and what they would change, the list beside it, exceptions, the last job and its campaign.
        ("/domains/acme.test", 22),
        (f"/domains/acme.test/changes?{TYPED}", 22),
    ],
)
def test_a_page_asks_as_many_queries_for_60_inboxes_as_for_3(ctx, alice, browser, path, most):
    window = browser().sign_in("alice@acme.test")
    connect(ctx, alice, 993, *(f"box{number}@acme.test" for number in range(3)))
    few = queries(ctx, window, path)
    connect(ctx, alice, 993, *(f"box{number}@acme.test" for number in range(3, 60)))

    many = queries(ctx, window, path)

    assert many == few
    assert many <= most


def test_an_address_of_no_page_costs_what_the_frame_costs_and_a_missing_file_nothing(ctx, alice, browser):
    window = browser().sign_in("alice@acme.test")
    connect(ctx, alice, 993, *(f"box{number}@acme.test" for number in range(10)))

    with counted(ctx) as nowhere:
        window.get("/nowhere")
    with counted(ctx) as missing:
        window.get("/static/nowhere.css")

    # The person, and all that the frame tells.
    assert len([statement for statement in nowhere if statement != "BEGIN"]) == 2
    assert missing == []


def test_the_frame_asks_for_a_member_what_a_member_may_see(ctx, bob, browser):
    window = browser().sign_in("bob@acme.test")

    with counted(ctx) as nowhere:
        window.get("/nowhere")

    assert [table for table in ("incident", "notice", "webhook", "app_standing") if table in nowhere[-1]] == []


def test_a_part_of_a_page_costs_nothing_of_the_frame(ctx, alice, browser):
    window = browser().sign_in("alice@acme.test")

    with counted(ctx) as part:
        window.client.get("/me", headers={"HX-Request": "true"})

    assert [statement for statement in part if "worker_pulse" in statement] == []


def test_signing_in_asks_as_many_queries_with_60_inboxes_as_with_none(ctx, alice, browser):
    def signing_in():
        window = browser()
        window.get("/sign-in")
        with counted(ctx) as seen:
            window.post("/sign-in", follow=False, email="alice@acme.test", password="a long enough password")
        return len(seen)

    signing_in()  # The first time may strengthen the stored hash.
    few = signing_in()
    connect(ctx, alice, 993, *(f"box{number}@acme.test" for number in range(60)))

    assert signing_in() == few


def test_a_list_opens_no_secret(ctx, alice, browser, config):
    window = browser().sign_in("alice@acme.test")
    connect(ctx, alice, 993, *(f"box{number}@acme.test" for number in range(3)))
    config.vault_keys_file.unlink()

    with counted(ctx) as seen:
        window.get("/inboxes")

    assert window.attributes("data-inbox") == ["box0@acme.test", "box1@acme.test", "box2@acme.test"]
    assert [statement for statement in seen if "credential" in statement] == []


@contextmanager
def watched(ctx):
    """Note every network call that a thread makes while it has a transaction open."""
    open_in = threading.local()
    calls, inside = [], []

    def begin(_connection):
        open_in.count = getattr(open_in, "count", 0) + 1

    def end(_connection):
        open_in.count = getattr(open_in, "count", 0) - 1

    def watcher(name, arguments):
        target = arguments[1] if len(arguments) > 1 else ""
        # The database's own connections are no business of a check.
        if name == "socket.connect" and not isinstance(target, tuple):
            return
        calls.append(name)
        if getattr(open_in, "count", 0) > 0:
            inside.append((name, target))

    for moment, listener in (("begin", begin), ("commit", end), ("rollback", end)):
        event.listen(ctx.store.engine, moment, listener)
    _watching.append(watcher)
    try:
        yield calls, inside
    finally:
        _watching.remove(watcher)
        for moment, listener in (("begin", begin), ("commit", end), ("rollback", end)):
            event.remove(ctx.store.engine, moment, listener)


def test_no_network_call_happens_inside_a_transaction(ctx, alice, imap_server, work, clock):
    server = imap_server()
    connect(ctx, alice, server.tls, "old@acme.test")
    draft_id = drafts.start(ctx, alice)
    drafts.set_address(ctx, alice, draft_id, "new@acme.test", "imap")
    drafts.accept_disclosure(ctx, alice, draft_id)
    typed = {**settings_of(server.tls, "new@acme.test"), "smtp_same_credentials": True, "password": PASSWORD}

    with watched(ctx) as (calls, inside):
        drafts.set_settings(ctx, alice, draft_id, typed)
        verification.run(ctx, draft_id)
        work.sweep()
        shell.check(ctx, None)

    assert server.attempts("old@acme.test") == 2
    assert server.attempts("new@acme.test") == 1
    assert "socket.connect" in calls
    assert inside == []
