"""A stored password goes only to the servers it was typed for, whoever moves the host."""

import pytest

from console.services import servers, shell
from console.store.models import Inbox
from tests.services.connected import connect, settings_of
from tests.services.listening import reach


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, "mail.example.test", "imap.example.test", "mail.elsewhere.test")


@pytest.fixture
def families():
    return None


@pytest.fixture
def elsewhere(imap_server):
    """A server in another domain that is listening, and would take any password."""
    return imap_server()


def moved(elsewhere, host="mail.elsewhere.test"):
    return {**settings_of(elsewhere.tls, "bob@acme.test", host), "smtp_same_credentials": True}


def test_moved_on_the_settings_page_the_password_stays_unsent_and_the_inbox_needs_a_sign_in(
    ctx, alice, bob, elsewhere, work, browser
):
    (inbox_id,) = connect(ctx, bob, 993, "bob@acme.test")
    servers.save(ctx, alice, inbox_id, moved(elsewhere), automation=False)
    window = browser().sign_in("alice@acme.test")
    window.get(f"/inboxes/{inbox_id}")
    window.post(f"/inboxes/{inbox_id}/test")

    work.sweep()
    shell.check(ctx, None)

    window.get(f"/inboxes/{inbox_id}")
    assert elsewhere.passwords == []
    assert elsewhere.visits == []
    assert window.attributes("data-health") == ["needs-sign-in"]
    assert window.attributes("data-problem") == ["servers-changed"]


def test_moved_behind_the_consoles_back_the_password_stays_unsent_too(ctx, bob, elsewhere, work):
    (inbox_id,) = connect(ctx, bob, 993, "bob@acme.test")
    with ctx.store.write() as session:
        session.get_one(Inbox, inbox_id).settings = settings_of(elsewhere.tls, "bob@acme.test", "mail.elsewhere.test")

    work.sweep()

    assert elsewhere.passwords == []
    with ctx.store.read() as session:
        assert session.get_one(Inbox, inbox_id).problem == "servers-changed"


def test_moved_back_it_works_again_without_typing_the_password(ctx, alice, bob, elsewhere, imap_server, work):
    home = imap_server()
    (inbox_id,) = connect(ctx, bob, home.tls, "bob@acme.test")
    servers.save(ctx, alice, inbox_id, moved(elsewhere), automation=False)
    back = {**settings_of(home.tls, "bob@acme.test"), "smtp_same_credentials": True}

    assert servers.save(ctx, alice, inbox_id, back, automation=False)

    work.sweep()
    assert home.passwords == ["secret"]
    assert elsewhere.passwords == []
