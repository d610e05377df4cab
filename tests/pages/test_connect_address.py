"""The address step: one address of one person; a refusal stands beside the field and keeps what was typed."""

import html
import re

import pytest

from console.services import drafts, inboxes
from console.store.models import Draft
from tests import placed


@pytest.fixture
def step(window, ctx, bob):
    """Bob's browser at the address step of a fresh draft."""
    visitor = window(bob)
    visitor.get(f"/connect/{drafts.start(ctx, bob)}/address")
    return visitor


def choose(visitor, address):
    """Look the address up, and go on with the provider that there is."""
    return visitor.choose(visitor.path.split("/")[2], address, "imap")


def typed(visitor):
    return html.unescape(re.search(r'<input[^>]* name="address"[^>]* value="([^"]*)"', visitor.page.text)[1])


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("bob@acme.test", "bob@acme.test"),
        ("  bob@acme.test\t", "bob@acme.test"),
        ("Bob.Berg+sales@ACME.Test", "bob.berg+sales@acme.test"),
        ("bob@acme.test.", "bob@acme.test"),
        ("o'brien@acme.test", "o'brien@acme.test"),
        ("bob_berg@mail.corp.local", "bob_berg@mail.corp.local"),
        ("bob@exchange", "bob@exchange"),
        ("bøb@acme.test", "bøb@acme.test"),
        ("STRASSE@acme.test", "strasse@acme.test"),
        ("bob@KØBMAND.test", "bob@xn--kbmand-bya.test"),
        ("bob@xn--kbmand-bya.test", "bob@xn--kbmand-bya.test"),
        ("bob@例え.テスト", "bob@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_an_address_is_kept_case_folded_with_its_domain_as_a_label(step, ctx, bob, address, kept):
    choose(step, address)

    assert step.path.endswith("/expect")
    assert drafts.get(ctx, bob, step.path.split("/")[2]).address == kept


def test_a_domain_is_shown_in_its_own_letters_on_every_step(step):
    address = step.path
    choose(step, "bob@KØBMAND.test")
    pages = [step.get(address), step.get(address.replace("address", "expect"))]
    step.post(step.path)
    pages.append(step.page)

    assert step.path.endswith("/settings")
    assert [("xn--" in re.sub(r'value="[^"]*"', "", page.text)) for page in pages] == [False, False, False]
    assert "bob@købmand.test" in pages[2].text


ONE = "Type one address. This has more than one @."
MISTYPED = "This is not an email address. Check it for spaces, missing letters and stray signs."
NAMED = "Type the address only, without a name or angle brackets."
LONG = "Addresses end at 254 characters. This one is longer."
QUOTED = "Addresses with quotation marks cannot be connected. Type the plain address."
CONTROL = "The address holds a character that no address has. Type it by hand."


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Type the email address."),
        ("   ", "Type the email address."),
        ("bob", "An address has an @, such as name@company.com."),
        ("a@b@acme.test", ONE),
        ("bob@acme.test, eva@acme.test", ONE),
        ("bob@acme.test;eva@acme.test", ONE),
        ('"a@b"@acme.test', QUOTED),
        ('"bob berg"@acme.test', QUOTED),
        ('bob"@acme.test', QUOTED),
        ("Bob Berg <bob@acme.test>", NAMED),
        ("<bob@acme.test>", NAMED),
        ("mailto:bob@acme.test", MISTYPED),
        ("@acme.test", MISTYPED),
        ("bob@", MISTYPED),
        ("bob berg@acme.test", MISTYPED),
        ("bob@acme test", MISTYPED),
        (".bob@acme.test", MISTYPED),
        ("bob..berg@acme.test", MISTYPED),
        ("bob@-acme.test", MISTYPED),
        ("bob@acme..test", MISTYPED),
        ("bob@[192.0.2.1]", MISTYPED),
        ("bob@acme.test/path", MISTYPED),
        ("bob@" + "x" * 64 + ".test", MISTYPED),
        ("b" * 400 + "@acme.test", LONG),
        ("bob@" + "x" * 400 + ".test", LONG),
        ("x" * 1_000_000, LONG),
        ("@" * 1_000_000, LONG),
        ("bob@acme.test\x00", CONTROL),
        ("b\x00b@acme.test", CONTROL),
        ("bob@acme.test\r\nBcc: eva@acme.test", CONTROL),
        ("bob@acme.test\u202e", MISTYPED),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_what_is_no_address_is_told_beside_the_field_and_kept(step, address, sentence):
    here = step.path

    answer = step.post(here, address=address)

    assert (answer.status_code, step.path) == (422, here)
    assert step.errors() == [sentence]
    assert typed(step)[:40].replace("\r\n", "") == address[:1000].replace("\x00", "")[:40].replace("\r\n", "")
    assert len(answer.data) < 20_000


AMAZON = "Amazon SES and Amazon WorkMail cannot be connected. The way out is a mailbox at Gmail or Microsoft 365."


@pytest.mark.parametrize(
    "address",
    ["bob@acme.awsapps.com", "BOB@ACME.AWSAPPS.COM.", "bob@email-smtp.eu-west-1.amazonaws.com", "bob@amazonses.com"],
)
def test_an_address_at_amazon_is_refused_with_the_way_out(step, address):
    answer = step.post(step.path, address=address)

    assert (answer.status_code, step.errors()) == (422, [AMAZON])


@pytest.mark.parametrize(
    "address", ["bob@notawsapps.com", "bob@awsapps.com.acme.test", "bob@ec2-192-0-2-1.compute-1.amazonaws.com"]
)
def test_a_domain_that_only_looks_like_theirs_is_taken(step, address):
    choose(step, address)

    assert step.path.endswith("/expect")


OTHERS = "Somebody else has connected this address. An address is connected once; ask your account admin whose it is."
OWN = "This address is connected already. Open it in the list; Reconnect gives it a new password."


@pytest.mark.parametrize("address", ["charlie@acme.test", "CHARLIE@ACME.TEST", " charlie@acme.test. "])
def test_somebody_elses_address_is_refused(step, ctx, charlie, address):
    placed.inbox(ctx, charlie)

    answer = step.post(step.path, address=address)

    assert (answer.status_code, step.errors()) == (422, [OTHERS])


def test_the_refusal_does_not_say_whose_it_is(step, ctx, charlie):
    placed.inbox(ctx, charlie, "sales@acme.test")

    answer = step.post(step.path, address="sales@acme.test")

    assert "Charlie" not in answer.text


def test_an_own_address_that_is_connected_leads_to_reconnect(step, ctx, bob):
    placed.inbox(ctx, bob)

    answer = step.post(step.path, address="bob@acme.test")

    assert (answer.status_code, step.errors()) == (422, [OWN])


def test_an_address_is_free_again_after_remove(step, ctx, charlie):
    placed.inbox(ctx, charlie, removed_at=ctx.clock())

    choose(step, "charlie@acme.test")

    assert step.path.endswith("/expect")


@pytest.mark.parametrize("other", ["c.harlie@acme.test", "charlie+a@acme.test", "charlie@mail.acme.test"])
def test_nothing_but_case_is_folded_when_addresses_are_compared(step, ctx, charlie, other):
    placed.inbox(ctx, charlie)

    choose(step, other)

    assert step.path.endswith("/expect")


def test_another_address_takes_the_settings_and_the_password_of_the_first_away(step, ctx, bob):
    draft_id, here = step.path.split("/")[2], step.path
    choose(step, "bob@acme.test")
    step.post(step.path)
    draft = drafts.get(ctx, bob, draft_id)
    settings = dict(ctx.families["imap"].suggest(draft.address).settings, smtp_same_credentials=True)
    drafts.set_settings(ctx, bob, draft_id, {**settings, "password": "of the first"})
    with ctx.store.write() as session:
        session.get_one(Draft, draft_id).state = "failed"

    step.get(here)
    choose(step, "other@acme.test")

    after = drafts.get(ctx, bob, draft_id)
    assert (after.address, after.settings, after.has_password, after.state) == ("other@acme.test", {}, False, "open")


def test_the_disclosure_of_another_address_is_accepted_anew(step, ctx, bob):
    draft_id, here = step.path.split("/")[2], step.path
    choose(step, "bob@acme.test")
    step.post(step.path)
    step.get(here)

    choose(step, "other@acme.test")

    assert step.path.endswith("/expect")
    assert not drafts.get(ctx, bob, draft_id).accepted


@pytest.mark.parametrize("provider", ["dove", "x" * 1000, "\x00"])
def test_an_unknown_provider_is_not_found(step, provider):
    assert step.post(step.path, address="bob@acme.test", provider=provider).status_code == 404


def test_nothing_is_stored_of_an_address_that_was_refused(step, ctx, bob):
    step.post(step.path, address="a@b@acme.test")

    assert drafts.get(ctx, bob, step.path.split("/")[2]).address is None
    assert inboxes.page(ctx, bob).total == 0
