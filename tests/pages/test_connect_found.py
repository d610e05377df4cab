"""The settings step after a look-up: what was found is filled in, said where from, and confirmed where it must be."""

import html
import re
from dataclasses import replace

import pytest

from console.discovery.answer import Caution, Server
from console.services import drafts
from console.store.discoveries import Discovery
from console.store.models import Draft
from tests import made_answers
from tests.made_answers import answered, said, settings

TYPED = {
    "password": "the secret of bob",
    "username": "bob@acme.test",
    "imap_host": "imap.typed.test",
    "imap_port": "993",
    "imap_security": "tls",
    "smtp_host": "smtp.typed.test",
    "smtp_port": "587",
    "smtp_security": "starttls",
    "smtp_same_credentials": "y",
}


class Step:
    """Somebody's browser at the settings step, after a worker answered about their address."""

    def __init__(self, ctx, person, visitor, answer, address="bob@acme.test"):
        self.ctx, self.person, self.visitor = ctx, person, visitor
        self.draft_id = drafts.start(ctx, person)
        drafts.look_up(ctx, person, self.draft_id, address)
        if answer is not None:
            self.answer(answer)
        drafts.set_address(ctx, person, self.draft_id, address, "imap")
        drafts.accept_disclosure(ctx, person, self.draft_id)
        self.path = f"/connect/{self.draft_id}/settings"
        self.page = visitor.get(self.path)

    def answer(self, answer):
        answered(self.ctx, self.draft.discovery_id, answer)

    @property
    def draft(self):
        return drafts.get(self.ctx, self.person, self.draft_id)

    def send(self, **fields):
        return self.visitor.post(self.path, **{"password": "the secret of bob", **fields})

    def as_shown(self):
        """What a browser sends of the form as it stands."""
        names = [name for name in TYPED if name not in {"password", "smtp_same_credentials"}]
        return {name: found for name in names if (found := value(self.visitor.page.text, name)) is not None} | (
            {"smtp_same_credentials": "y"} if ticked(self.visitor.page.text, "smtp_same_credentials") else {}
        )

    def reload(self):
        self.page = self.visitor.get(self.path)
        return self


def value(page, name):
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
    if field is None:
        chosen = re.search(rf'<select[^>]* name="{name}".*?<option selected value="([^"]*)"', page, re.DOTALL)
        return chosen[1] if chosen else None
    found = re.search(r' value="([^"]*)"', field[0])
    return html.unescape(found[1]) if found else ""


def ticked(page, name):
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
    return field is not None and " checked" in field[0]


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(page.text)))


def unfolded(page):
    return bool(re.search(r'<details[^>]* id="advanced"[^>]* open', page.text))


@pytest.fixture
def at(ctx, bob, window):
    """Open the settings step for Bob, or another person, after this answer."""
    return lambda answer, person=bob, **more: Step(ctx, person, window(person), answer, **more)


# Filled in.


def test_what_was_found_is_filled_in_and_folded_with_its_summary_in_sight(at):
    step = at(made_answers.IMAP)

    assert step.as_shown() == {
        "username": "bob@acme.test",
        "imap_host": "mail.acme.test",
        "imap_port": "993",
        "imap_security": "tls",
        "smtp_host": "mail.acme.test",
        "smtp_port": "465",
        "smtp_security": "tls",
        "smtp_same_credentials": "y",
    }
    assert (unfolded(step.page), "A guess, check it." in step.page.text) == (False, False)
    assert "Autoconfig of the domain mail.acme.test:993, TLS mail.acme.test:465, TLS bob@acme.test" in text(step.page)


def test_without_anything_found_the_guess_is_marked_and_unfolded(at):
    step = at(made_answers.FORWARDER)

    assert (value(step.page.text, "imap_host"), unfolded(step.page)) == ("imap.acme.test", True)
    assert "Filled in with guesses, check them" in step.page.text


def test_half_of_the_servers_found_leaves_the_other_half_a_marked_guess(at):
    step = at(replace(made_answers.IMAP, settings=settings(smtp=None)))

    shown = step.as_shown()
    assert (shown["imap_host"], shown["smtp_host"], unfolded(step.page)) == ("mail.acme.test", "smtp.acme.test", True)
    assert step.page.text.count("A guess, check it.") == 1


@pytest.mark.parametrize(
    ("template", "name"),
    [("%EMAILADDRESS%", "bob@acme.test"), ("%EMAILLOCALPART%", "bob"), ("", "bob@acme.test"), ("%X%", "%X%")],
)
def test_the_user_name_comes_from_the_source(at, template, name):
    step = at(replace(made_answers.IMAP, settings=settings(imap_username=template, smtp_username=template)))

    assert value(step.page.text, "username") == name


def test_another_user_name_for_sending_has_its_own_fields_in_sight(at):
    step = at(replace(made_answers.IMAP, settings=settings(smtp_username="%EMAILLOCALPART%")))

    assert (value(step.page.text, "smtp_username"), ticked(step.page.text, "smtp_same_credentials")) == ("bob", False)
    assert unfolded(step.page)


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        ("table", "Known servers of this provider"),
        ("https", "Autoconfig of the domain"),
        ("http", "Autoconfig of the domain, without encryption"),
        ("dns", "Autoconfig of the domain"),
        ("signed-dns", "Autoconfig of the domain"),
        ("guess", "A guess that answers"),
        ("admin", "Set by your admin"),
    ],
)
def test_the_source_is_named_in_plain_words(at, transport, words):
    assert words in text(at(replace(made_answers.IMAP, settings=settings(transport=transport))).page)


def test_what_was_typed_before_stands_before_what_was_found(at):
    step = at(made_answers.IMAP)
    step.send(**TYPED)
    with step.ctx.store.write() as session:
        session.get_one(Draft, step.draft_id).state = "failed"

    assert step.reload().as_shown()["imap_host"] == "imap.typed.test"
    assert "Autoconfig of the domain" not in step.page.text


def test_an_answer_about_another_address_fills_in_nothing(at, ctx, bob):
    step = at(made_answers.IMAP)
    drafts.set_address(ctx, bob, step.draft_id, "bob@other.test", "imap")
    drafts.accept_disclosure(ctx, bob, step.draft_id)

    assert step.reload().as_shown()["imap_host"] == "imap.other.test"


# Said before the password.


def test_traps_are_said_before_the_password_with_the_providers_own_page(at):
    page = at(made_answers.GMAIL).page.text

    before = page.partition('name="password"')[0]
    assert "Google wants an app password here" in before
    assert 'href="https://support.google.com/accounts/answer/185833"' in before
    assert "Two-factor sign-in? Use an app password" not in page


def test_without_a_known_trap_there_is_general_help(at):
    page = at(made_answers.IMAP).page.text

    assert "Two-factor sign-in? Use an app password" in page
    assert "data-caution" not in page
    assert "yahoo" not in page.lower()


def test_where_passwords_are_retired_the_other_ways_are_offered(at):
    step = at(made_answers.MICROSOFT)

    assert "Microsoft takes no passwords from mail programs any more." in step.page.text
    assert f'href="/connect/{step.draft_id}/address">Choose another way to connect</a>' in step.page.text


def test_what_the_domain_does_not_offer_is_said(at):
    step = at(replace(made_answers.IMAP, settings=settings(smtp=None, not_offered=frozenset({"smtp", "pop3"}))))

    assert "This domain says that it offers no SMTP for sending." in step.page.text


# Confirmed.

HOSTS = "imap.example.net smtp.example.net"
SENTENCE = "Look at the servers and tick the box. Until then your password goes nowhere."


def test_servers_from_an_untrusted_place_are_shown_with_the_domain_they_belong_to(at):
    step = at(made_answers.FOREIGN)

    assert re.search(
        r"Are these the right servers\? They rest on DNS records without a signature.*"
        r"They belong to another domain than acme.test\. imap.example.net belongs to example.net "
        r"smtp.example.net belongs to example.net Yes, my password may go to these servers",
        text(step.page),
    )
    assert not ticked(step.page.text, "confirmed")


def test_a_host_that_looks_like_another_is_shown_as_it_is_written_too(at):
    imap = Server("imap.xn--kbmand-bya.example", 993, "tls")
    step = at(replace(made_answers.FOREIGN, settings=settings(transport="dns", imap=imap)))

    assert "imap.købmand.example written as imap.xn--kbmand-bya.example belongs to imap.købmand.example" in text(
        step.page
    )


def test_without_the_tick_nothing_is_sent_and_all_but_the_password_is_kept(at, work):
    step = at(made_answers.FOREIGN)

    answer = step.send(**{**step.as_shown(), "username": "bob.berg"})
    work.verify(step.draft_id)

    assert (answer.status_code, step.visitor.errors()) == (422, [SENTENCE])
    assert value(answer.text, "username") == "bob.berg"
    assert "the secret of bob" not in answer.text
    assert (step.draft.state, step.draft.has_password, step.draft.settings) == ("open", False, {})


def test_with_the_tick_it_is_checked(at):
    step = at(made_answers.FOREIGN)

    step.send(**step.as_shown(), confirmed=value(step.page.text, "confirmed"))

    assert value(step.page.text, "confirmed") == HOSTS
    assert (step.draft.state, step.draft.has_password) == ("queued", True)


@pytest.mark.parametrize(
    "confirmed", ["imap.example.net", "y", "", "other.test", HOSTS.replace(" ", ""), "x" * 100_000]
)
def test_a_tick_for_other_servers_is_none(at, confirmed):
    step = at(made_answers.FOREIGN)

    answer = step.send(**step.as_shown(), confirmed=confirmed)

    assert (answer.status_code, step.draft.state) == (422, "open")


def test_a_confirmed_server_needs_no_second_tick_after_a_failed_check(at):
    step = at(made_answers.FOREIGN)
    step.send(**step.as_shown(), confirmed=HOSTS)
    with step.ctx.store.write() as session:
        session.get_one(Draft, step.draft_id).state = "failed"

    step.reload()
    step.send(**step.as_shown())

    assert "Are these the right servers?" not in step.page.text
    assert step.draft.state == "queued"


def test_servers_that_changed_since_are_asked_about_again(at, ctx, bob, clock):
    step = at(made_answers.FOREIGN)
    shown = step.as_shown()
    moved = replace(made_answers.FOREIGN.settings, imap=Server("imap.evil.test", 993, "tls"))
    with ctx.store.write() as session:
        session.get_one(Discovery, step.draft.discovery_id).state = "queued"
    step.answer(replace(made_answers.FOREIGN, settings=moved))

    answer = step.send(**{**shown, "imap_host": "imap.evil.test"}, confirmed=HOSTS)

    assert (answer.status_code, step.visitor.errors()) == (422, [SENTENCE])
    assert value(answer.text, "confirmed") == "imap.evil.test smtp.example.net"


def test_servers_typed_by_hand_need_no_tick(at):
    step = at(made_answers.FOREIGN)

    step.send(**TYPED)

    assert step.draft.state == "queued"


def test_one_server_left_as_found_still_needs_the_tick(at):
    step = at(made_answers.FOREIGN)

    answer = step.send(**{**TYPED, "smtp_host": "SMTP.Example.Net."})

    assert (answer.status_code, step.visitor.errors()) == (422, [SENTENCE])


def test_an_answer_that_came_while_the_form_was_open_is_asked_about_before_the_password_goes(at):
    step = at(None)
    guess = settings(imap=Server("imap.acme.test", 993, "tls"), smtp=Server("smtp.acme.test", 587, "starttls"))
    step.answer(replace(made_answers.IMAP, settings=replace(guess, transport="http")))

    answer = step.send(**step.as_shown())

    assert (answer.status_code, step.visitor.errors()) == (422, [SENTENCE])
    assert value(answer.text, "confirmed") == "imap.acme.test smtp.acme.test"


@pytest.mark.parametrize("answer", [made_answers.IMAP, made_answers.GMAIL, made_answers.BY_ADMIN])
def test_servers_from_a_place_to_be_trusted_need_no_tick(at, answer):
    step = at(answer)

    step.send(**step.as_shown())

    assert "confirmed" not in step.page.text
    assert step.draft.state == "queued"


def test_a_refused_field_keeps_the_tick(at):
    step = at(made_answers.FOREIGN)

    answer = step.send(**{**step.as_shown(), "imap_port": "x"}, confirmed=HOSTS)

    assert (answer.status_code, ticked(answer.text, "confirmed")) == (422, True)


# Set by an admin.


def test_a_default_is_filled_in_with_the_admins_note(at):
    step = at(made_answers.BY_ADMIN)

    assert "From your admin: Use the password of your PC." in text(step.page)
    assert (unfolded(step.page), value(step.page.text, "imap_host")) == (False, "mail.acme.test")


def test_a_locked_default_is_text_for_a_member(at):
    step = at(made_answers.LOCKED)

    assert "Set by your admin. Only an account admin can change them." in step.page.text
    assert step.as_shown() == {}
    assert "Incoming mail.acme.test:993, TLS" in text(step.page)


def test_a_locked_default_holds_against_whatever_is_sent(at):
    step = at(made_answers.LOCKED)

    step.send(**TYPED)

    assert step.draft.state == "queued"
    assert step.draft.settings["imap_host"] == step.draft.settings["smtp_host"] == "mail.acme.test"


def test_a_locked_default_holds_against_a_service_call_too(at, ctx, bob):
    step = at(made_answers.LOCKED)

    drafts.set_settings(ctx, bob, step.draft_id, {**TYPED, "imap_port": 993, "smtp_port": 587})

    assert step.draft.settings["smtp_port"] == 465


def test_a_password_is_all_that_a_member_types_under_a_locked_default(at):
    step = at(made_answers.LOCKED)

    step.send()

    assert step.draft.state == "queued"


def test_a_locked_default_with_a_sign_in_of_its_own_for_sending_asks_for_both_passwords(at):
    locked = replace(made_answers.LOCKED.settings, smtp_username="%EMAILLOCALPART%")
    step = at(replace(made_answers.LOCKED, settings=locked))

    refused = step.send()
    step.send(smtp_password="the secret of the relay")

    assert 'name="smtp_password"' in step.page.text.partition('id="advanced"')[0]
    assert refused.status_code == 422
    assert (step.draft.state, step.draft.settings["smtp_username"]) == ("queued", "bob")


def test_an_account_admin_may_change_a_locked_default(at, alice):
    step = at(made_answers.LOCKED, person=alice, address="alice@acme.test")

    step.send(**TYPED)

    assert step.draft.settings["imap_host"] == "imap.typed.test"


# Without a look-up.


def test_a_note_of_a_source_is_escaped(at):
    page = at(replace(made_answers.IMAP, settings=settings(note="<b>x</b>", source="<i>y</i>"))).page.text

    assert ("<b>x</b>" in page, "<i>y</i>" in page) == (False, False)


def test_cautions_without_a_page_have_no_link(at):
    caution = Caution("imap-off", said("IMAP is switched on first, in the mail settings."))
    page = at(replace(made_answers.IMAP, settings=settings(cautions=(caution,)))).page.text

    assert "IMAP is switched on first" in page
    assert "How to do that" not in page
