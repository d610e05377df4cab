"""The page of an inbox whose owner signs in at the provider: aliases, permissions, reconnecting and removing."""

import html
import re

import pytest
from sqlmodel import select

from console.providers.base import App, Revocation
from console.store.models import AuditEntry, Credential, Inbox
from tests.owl import OwlFamily
from tests.pages import tower
from tests.pages.tower import Way


@pytest.fixture
def owls():
    return OwlFamily()


@pytest.fixture
def families(owls):
    return (owls,)


@pytest.fixture
def way(window, work, ctx, alice, bob):
    """Bob's way, which has led to a connected inbox."""
    tower.set_up(ctx, alice)
    return Way(window(bob), work).connect()


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(page.text)))


def given(visitor):
    return dict(zip(visitor.attributes("data-permission"), visitor.attributes("data-given"), strict=True))


def change(ctx, table, **columns):
    with ctx.store.write() as session:
        row = session.get_one(table, 1)
        for name, value in columns.items():
            setattr(row, name, value)


def test_aliases_appear_by_themselves_and_later_ones_after_a_check(way):
    page = way.visitor.get("/inboxes/1")

    assert way.visitor.attributes("data-alias") == ["owl+bob@acme.test"]
    assert "They appear in From by themselves. One that is made later appears after the next check" in page.text


def test_without_aliases_it_is_said(way, ctx):
    change(ctx, Inbox, aliases=[])

    page = way.visitor.get("/inboxes/1")

    assert way.visitor.attributes("data-alias") == []
    assert "the tower knows no other address of this mailbox." in page.text


@pytest.mark.parametrize("aliases", [None, {}, "text", [1, None]])
def test_aliases_of_no_shape_break_nothing(way, ctx, aliases):
    change(ctx, Inbox, aliases=aliases)

    assert way.visitor.get("/inboxes/1").status_code == 200


def test_every_permission_stands_with_its_reason_and_that_it_was_given(way):
    page = way.visitor.get("/inboxes/1")

    assert given(way.visitor) == {"see": "yes", "carry": "yes"}
    assert re.search(r"Permissions at the tower All that are needed are given\. given To see the owl\. see", text(page))


def test_a_permission_that_lacks_is_named(way, ctx):
    change(ctx, Credential, granted=["see"])

    page = way.visitor.get("/inboxes/1")

    assert given(way.visitor) == {"see": "yes", "carry": "no"}
    assert "1 of those that are needed is missing. Reconnect asks for it again." in page.text


@pytest.mark.parametrize("problem", ["oauth-grant-revoked", "oauth-app-changed"])
def test_a_permission_that_counts_no_more_is_not_called_given(way, ctx, problem):
    change(ctx, Inbox, health="needs-sign-in", problem=problem, next_check=None)

    page = text(way.visitor.get("/inboxes/1"))

    assert "They count no more; the problem above says why. Reconnect asks for all of them again." in page
    assert "All that are needed are given." not in page
    assert "was given To see the owl." in page


def test_right_after_connecting_aliases_are_proved_and_no_renewal_was_needed(way):
    page = text(way.visitor.get("/inboxes/1"))

    assert re.search(r"Other addresses 1 known .*Staying signed in Nothing to do yet", page)


def test_disabling_speaks_of_the_permission_and_of_no_password(way):
    page = text(way.visitor.get("/inboxes/1/disable"))

    assert "Settings, the sealed permission and the history of its checks (1)" in page


def test_without_anything_stored_all_of_them_lack(way, ctx):
    with ctx.store.write() as session:
        session.delete(session.get_one(Credential, 1))

    way.visitor.get("/inboxes/1")

    assert given(way.visitor) == {"see": "no", "carry": "no"}


@pytest.mark.parametrize(("problem", "linked"), [("oauth-admin-consent-required", 1), ("oauth-grant-revoked", 0)])
def test_what_an_administrator_has_to_allow_comes_with_the_page_for_it(way, ctx, window, hanne, problem, linked):
    change(ctx, Inbox, health="needs-sign-in", problem=problem, next_check=None)

    for visitor in (way.visitor, window(hanne)):
        assert visitor.get("/inboxes/1").text.count('href="/integrations/owl/sheet"') == linked


@pytest.mark.parametrize(("configured", "who"), [(False, "Account admin"), (True, "Operator")])
def test_an_app_that_is_not_taken_is_mended_by_whoever_keeps_it(way, ctx, configured, who):
    change(ctx, Inbox, health="degraded", problem="oauth-client-secret")
    if configured:
        ctx.apps["owl"] = App("tower", "feather")

    page = text(way.visitor.get("/inboxes/1"))

    assert f"Who must act {who} Next step" in page


def test_a_lost_permission_leads_back_to_the_provider(way, ctx):
    change(ctx, Inbox, health="needs-sign-in", problem="oauth-grant-revoked", next_check=None)

    page = way.visitor.get("/inboxes/1")

    assert way.visitor.attributes("data-problem-card") == ["oauth-grant-revoked"]
    assert "Reconnect at the tower" in page.text


def test_the_sweep_notices_a_withdrawn_permission_and_reconnecting_mends_it(way, ctx, work, clock, owls):
    change(ctx, Inbox, automation=True)
    with ctx.store.write() as session:
        credential = session.get_one(Credential, 1)
        secret = ctx.vault.unseal(credential.sealed, row="inbox:1")
        credential.sealed = ctx.vault.seal({**secret, "access_token": ""}, row="inbox:1")
    owls.refusals = ["oauth-grant-revoked"]
    clock.advance(hours=1)
    work.sweep()
    way.visitor.get("/inboxes/1")
    assert way.visitor.attributes("data-health") == ["needs-sign-in"]

    way.reconnect(1)
    way.leave()
    way.back(code="bob@acme.test")
    way.visitor.get("/inboxes/1")

    assert way.visitor.attributes("data-health") == ["healthy"]
    with ctx.store.read() as session:
        assert session.get_one(Inbox, 1).automation is True


def test_there_is_no_server_to_edit_only_what_is_the_consoles_own(way, ctx):
    page = way.visitor.get("/inboxes/1/edit")

    assert "Turn on inbox automation" in page.text
    assert 'type="password"' not in page.text
    way.visitor.post("/inboxes/1/edit", inbox_automation="y")
    with ctx.store.read() as session:
        inbox = session.get_one(Inbox, 1)
        assert (inbox.automation, inbox.settings, inbox.health) == (True, {"account": "bob@acme.test"}, "healthy")


def test_before_removing_it_is_said_what_becomes_of_the_access_there(way):
    page = way.visitor.get("/inboxes/1/remove")

    assert re.search(
        r"Wiped The sealed permission that was given at the tower At the tower The tower will be told\.", text(page)
    )


def test_removed_the_access_there_has_ended_and_that_is_said(way, owls):
    way.visitor.get("/inboxes/1/remove")

    page = way.visitor.post("/inboxes/1/remove")

    assert owls.revoked == ["token 0 of bob@acme.test"]
    assert "bob@acme.test is removed. The tower has forgotten you." in page.text


def test_where_it_has_to_be_ended_there_the_page_is_linked(way, owls, monkeypatch):
    there = Revocation(done=False, text="Open the page and remove it.", url="https://tower.test/mine")
    monkeypatch.setattr(owls, "revoke", lambda *_: there)
    way.visitor.get("/inboxes/1/remove")
    assert 'href="https://tower.test/mine"' in way.visitor.page.text

    page = way.visitor.post("/inboxes/1/remove")

    assert "Open the page and remove it." in page.text
    assert 'href="https://tower.test/mine" target="_blank" rel="noopener noreferrer">Open the page' in page.text


def test_nothing_of_the_permission_is_in_any_entry(way, ctx):
    with ctx.store.read() as session:
        kept = "".join(str(entry.model_dump()) for entry in session.exec(select(AuditEntry)))

    assert "token 0" not in kept
    assert "key 0" not in kept
