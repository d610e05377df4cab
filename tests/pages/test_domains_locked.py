"""A domain that only admins change: a member gets exactly the admin's servers, whatever is posted."""

from dataclasses import replace

import pytest

from tests import placed
from tests.pages.domain_form import KEPT
from tests.services import made

EVIL = {
    "imap_host": "imap.evil.example",
    "imap_port": "993",
    "imap_security": "tls",
    "smtp_host": "smtp.evil.example",
    "smtp_port": "587",
    "smtp_security": "starttls",
    "username": "somebody",
    "smtp_same_credentials": "y",
}


@pytest.fixture
def locked(ctx, alice):
    placed.domain(ctx, "acme.test", KEPT, by_id=alice.id)


@pytest.fixture
def open_to_members(ctx, alice):
    placed.domain(ctx, "acme.test", replace(KEPT, members_may_change=True), by_id=alice.id)


def servers(settings):
    return settings["imap_host"], settings["smtp_host"], settings["smtp_port"], settings["username"]


ADMINS = ("mail.acme.test", "mail.acme.test", 465, "bob@acme.test")


def test_a_member_sees_the_admins_servers_and_no_fields(window, ctx, bob, locked):
    inbox_id = placed.inbox(ctx, bob)

    page = window(bob).get(f"/inboxes/{inbox_id}/edit").text

    assert "An account admin has set the servers of this domain." in page
    assert "mail.acme.test:993, TLS" in page
    assert 'name="imap_host"' not in page


def test_a_posted_server_does_not_get_into_an_inbox(window, ctx, bob, locked):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}/edit")

    visitor.post(f"/inboxes/{inbox_id}/edit", **EVIL)

    assert servers(made.inbox(ctx, inbox_id).settings) == ADMINS


def test_an_admin_may_still_type_others(window, ctx, alice, bob, locked):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(alice)
    visitor.get(f"/inboxes/{inbox_id}/edit")

    visitor.post(f"/inboxes/{inbox_id}/edit", **EVIL)

    assert made.inbox(ctx, inbox_id).settings["imap_host"] == "imap.evil.example"


def test_where_members_may_change_them_they_do(window, ctx, bob, open_to_members):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}/edit")

    visitor.post(f"/inboxes/{inbox_id}/edit", **EVIL)

    assert made.inbox(ctx, inbox_id).settings["imap_host"] == "imap.evil.example"


def test_a_posted_server_does_not_get_into_a_reconnect(window, ctx, bob, locked):
    inbox_id = placed.inbox(ctx, bob)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}")
    visitor.post(f"/inboxes/{inbox_id}/reconnect")
    draft_id = visitor.path.split("/")[2]

    visitor.post(f"/connect/{draft_id}/settings", password="secret", **EVIL)

    assert servers(made.draft(ctx, draft_id).settings) == ADMINS


class TestConnecting:
    @pytest.fixture
    def at_settings(self, window, work, ctx, bob):
        """Bob's browser at the settings step, after his address was looked up."""
        visitor = window(bob)
        visitor.get("/connect")
        visitor.post("/connect", uses="me")
        draft_id = visitor.path.split("/")[2]
        visitor.post(f"/connect/{draft_id}/address", address="bob@acme.test")
        work.discover(made.draft(ctx, draft_id).discovery_id)
        visitor.post(f"/connect/{draft_id}/address", address="bob@acme.test", provider="imap")
        visitor.post(f"/connect/{draft_id}/expect")
        return visitor

    def test_shows_what_the_admin_set_and_the_note(self, locked, at_settings):
        page = at_settings.page.text

        assert "Set by your admin" in page
        assert "mail.acme.test:993, TLS" in page
        assert 'name="imap_host"' not in page

    def test_takes_address_and_password_only(self, ctx, locked, at_settings):
        draft_id = at_settings.path.split("/")[2]

        at_settings.post(at_settings.path, password="secret")

        assert servers(made.draft(ctx, draft_id).settings) == ADMINS

    def test_takes_no_other_server(self, ctx, locked, at_settings):
        draft_id = at_settings.path.split("/")[2]

        at_settings.post(at_settings.path, password="secret", **EVIL)

        assert servers(made.draft(ctx, draft_id).settings) == ADMINS

    def test_holds_also_when_the_admin_locks_the_domain_after_the_look_up(
        self, ctx, alice, open_to_members, at_settings
    ):
        draft_id = at_settings.path.split("/")[2]
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id)

        at_settings.post(at_settings.path, password="secret", **EVIL)

        assert servers(made.draft(ctx, draft_id).settings) == ADMINS

    def test_pre_fills_what_members_may_change(self, open_to_members, at_settings):
        assert 'value="mail.acme.test"' in at_settings.page.text
        assert "Set by your admin" in at_settings.page.text
