"""What the settings step starts from, in the order typed, found, guessed."""

from dataclasses import replace

import pytest

from console.discovery.answer import Server
from console.services import drafts, prefill
from console.services.context import Refused
from console.store.discoveries import Discovery
from console.store.models import Draft
from tests import made_answers, placed
from tests.made_answers import answered, settings
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    """The console's own."""
    return


@pytest.fixture
def family(ctx):
    return ctx.families["imap"]


@pytest.fixture
def begun(ctx, bob):
    """Bring a draft of Bob's as far as its settings, with this answer about its address."""

    def begin(answer, person=bob):
        draft_id = drafts.start(ctx, person)
        drafts.look_up(ctx, person, draft_id, "bob@acme.test")
        if answer is not None:
            answered(ctx, drafts.get(ctx, person, draft_id).discovery_id, answer)
        drafts.set_address(ctx, person, draft_id, "bob@acme.test", "imap")
        drafts.accept_disclosure(ctx, person, draft_id)
        return draft_id

    return begin


def test_without_an_answer_everything_is_a_guess(ctx, bob, begun, family):
    start = prefill.get(ctx, bob, begun(None), family)

    assert (start.origin, start.found, start.to_confirm, dict(start.fixed)) == ("guessed", None, (), {})
    assert start.settings == family.suggest("bob@acme.test").settings


def test_what_was_found_stands_before_the_guess(ctx, bob, begun, family):
    start = prefill.get(ctx, bob, begun(made_answers.IMAP), family)

    assert (start.origin, start.settings["imap_host"], start.guessed) == ("found", "mail.acme.test", frozenset())


def test_what_was_typed_stands_before_what_was_found(ctx, bob, begun, family):
    draft_id = begun(made_answers.IMAP)
    typed = {**family.suggest("bob@acme.test").settings, "smtp_same_credentials": True, "password": "secret"}
    drafts.set_settings(ctx, bob, draft_id, typed)

    start = prefill.get(ctx, bob, draft_id, family)

    assert (start.origin, start.settings["imap_host"]) == ("typed", "imap.acme.test")


@pytest.mark.parametrize(
    "broken",
    [Server("", 993, "tls"), Server("mail.acme.test", 0, "tls"), Server("mail.acme.test", 993, "none")],
)
def test_servers_of_no_shape_were_not_found(ctx, bob, begun, family, broken):
    start = prefill.get(ctx, bob, begun(replace(made_answers.IMAP, settings=settings(imap=broken))), family)

    assert (start.origin, start.settings["imap_host"]) == ("guessed", "imap.acme.test")


def test_a_family_that_reads_nothing_of_what_was_found_has_nothing_to_confirm(begun, ctx, bob):
    start = prefill.get(ctx, bob, begun(made_answers.FOREIGN), PigeonFamily())

    assert (start.origin, start.to_confirm) == ("guessed", ())


@pytest.mark.parametrize(
    ("changes", "to_confirm"),
    [
        ({"transport": "https"}, ()),
        ({"transport": "table"}, ()),
        ({"transport": "signed-dns"}, ()),
        ({"transport": "https", "relation": "provider"}, ()),
        ({"transport": "admin", "relation": "foreign"}, ()),
        ({"transport": "http"}, ("mail.acme.test",)),
        ({"transport": "dns"}, ("mail.acme.test",)),
        ({"transport": "guess"}, ("mail.acme.test",)),
        ({"transport": "https", "relation": "foreign"}, ("mail.acme.test",)),
        ({"transport": "dns", "smtp": Server("SMTP.KØBMAND.test.", 465, "tls")},
         ("mail.acme.test", "smtp.xn--kbmand-bya.test")),
        ({"transport": "dns", "smtp": None}, ("mail.acme.test",)),
    ],
)  # fmt: skip
def test_every_host_from_an_untrusted_place_is_to_be_confirmed(ctx, bob, begun, family, changes, to_confirm):
    start = prefill.get(ctx, bob, begun(replace(made_answers.IMAP, settings=settings(**changes))), family)

    assert start.to_confirm == to_confirm


def test_a_lock_holds_for_members_and_not_for_account_admins(ctx, alice, bob, begun, family):
    for_bob = prefill.get(ctx, bob, begun(made_answers.LOCKED), family)
    for_alice = prefill.get(ctx, alice, begun(made_answers.LOCKED, alice), family)

    assert for_bob.fixed["imap_host"] == "mail.acme.test"
    assert dict(for_alice.fixed) == {}


def test_a_locked_default_without_a_user_name_leaves_the_user_name_free(ctx, bob, begun, family):
    locked = replace(made_answers.LOCKED.settings, imap_username="", smtp_username="")

    start = prefill.get(ctx, bob, begun(replace(made_answers.LOCKED, settings=locked)), family)

    assert ("username" in start.fixed, "imap_host" in start.fixed) == (False, True)


def test_a_password_is_not_even_kept_before_the_servers_were_confirmed(ctx, bob, begun, family):
    draft_id = begun(made_answers.FOREIGN)
    start = prefill.get(ctx, bob, draft_id, family)

    with pytest.raises(Refused) as refused:
        drafts.set_settings(ctx, bob, draft_id, {**start.data, "password": "secret"})

    assert refused.value.field == "confirmed"
    with ctx.store.read() as session:
        row = session.get_one(Draft, draft_id)
        assert (row.sealed, row.state, row.settings) == (None, "open", {})


@pytest.mark.parametrize("spelling", ["imap.example.net", "IMAP.Example.NET."])
def test_a_confirmation_holds_in_any_spelling(ctx, bob, begun, family, spelling):
    draft_id = begun(made_answers.FOREIGN)
    start = prefill.get(ctx, bob, draft_id, family)

    confirmed = [spelling, "smtp.example.net"]
    drafts.set_settings(ctx, bob, draft_id, {**start.data, "password": "secret"}, confirmed=confirmed)

    assert drafts.get(ctx, bob, draft_id).state == "queued"


def test_a_reconnect_asks_for_no_confirmation(ctx, bob, family):
    start = prefill.get(ctx, bob, drafts.start_reconnect(ctx, bob, placed.inbox(ctx, bob)), family)

    assert (start.origin, start.found, start.to_confirm) == ("typed", None, ())


def test_an_answer_whose_day_is_over_is_none(ctx, bob, begun, family, clock):
    draft_id = begun(made_answers.IMAP)
    with ctx.store.write() as session:
        row = session.get_one(Draft, draft_id)
        session.get_one(Discovery, row.discovery_id).created_at = clock.now.replace(year=2025)

    assert prefill.get(ctx, bob, draft_id, family).origin == "guessed"
