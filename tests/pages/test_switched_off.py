"""What the pages say of an inbox that is switched off."""

from console.services import switches
from tests import placed


def test_a_disabled_inbox_is_never_said_to_lack_a_check(ctx, alice, browser, clock):
    inbox_id = placed.inbox(ctx, alice)
    switches.disable(ctx, alice, inbox_id)
    clock.advance(days=3)
    window = browser().sign_in("alice@acme.test")

    window.get(f"/inboxes/{inbox_id}")

    assert [""] == window.attributes("data-problem")


def test_the_question_about_a_provider_counts_a_disabled_inbox_as_not_healthy(ctx, alice, bob, browser):
    placed.inbox(ctx, bob)
    switches.disable(ctx, alice, placed.inbox(ctx, alice))

    page = browser().sign_in("alice@acme.test").get("/integrations/imap/off")

    assert "1 healthy" in page.text


def test_what_a_text_to_accept_does_not_do_stands_apart_from_what_it_does(ctx, alice, bob, browser):
    inbox_id = placed.inbox(ctx, bob, by=alice)

    page = browser().sign_in("bob@acme.test").get(f"/me/inboxes/{inbox_id}/disclosure")

    assert page.text.index("What it does not do") < page.text.index("Contacts and calendar: not read.")
