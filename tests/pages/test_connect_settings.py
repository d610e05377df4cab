"""The settings step of the IMAP + SMTP family: guesses are marked, and a refusal loses nothing but the password."""

import html
import re

import pytest

from console.services import drafts
from console.store.models import Draft
from tests import placed

FIELDS = {
    "password": "the secret of bob",
    "username": "",
    "imap_host": "imap.acme.test",
    "imap_port": "993",
    "imap_security": "tls",
    "smtp_host": "smtp.acme.test",
    "smtp_port": "587",
    "smtp_security": "starttls",
    "smtp_same_credentials": "y",
    "smtp_username": "",
    "smtp_password": "",
}


@pytest.fixture
def step(window, ctx, bob):
    """Bob's browser at the settings step of a draft for bob@acme.test."""
    draft_id = drafts.start(ctx, bob)
    drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "imap")
    drafts.accept_disclosure(ctx, bob, draft_id)
    visitor = window(bob)
    visitor.get(f"/connect/{draft_id}/settings")
    return visitor


def send(visitor, **fields):
    values = {name: value for name, value in {**FIELDS, **fields}.items() if value is not None}
    return visitor.post(visitor.path, **values)


def stored(ctx, bob, visitor):
    return drafts.get(ctx, bob, visitor.path.split("/")[2]).settings


def value(visitor, name):
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', visitor.page.text)[0]
    found = re.search(r' value="([^"]*)"', field)
    return html.unescape(found[1]) if found else ""


def ticked(visitor, name):
    return " checked" in re.search(rf'<input[^>]* name="{name}"[^>]*>', visitor.page.text)[0]


def test_the_form_comes_filled_in_with_guesses_that_are_marked(step):
    assert value(step, "imap_host") == "imap.acme.test"
    assert value(step, "imap_port") == "993"
    assert value(step, "smtp_host") == "smtp.acme.test"
    assert value(step, "smtp_port") == "587"
    assert value(step, "username") == "bob@acme.test"
    assert step.page.text.count("A guess, check it.") >= 2


def test_outgoing_mail_with_the_same_credentials_comes_ticked(step):
    assert ticked(step, "smtp_same_credentials")


def test_the_password_field_comes_empty_and_is_never_filled_in_by_browsers(step):
    field = re.search(r'<input[^>]* name="password"[^>]*>', step.page.text)[0]

    assert 'type="password"' in field
    assert 'autocomplete="off"' in field
    assert not re.search(r' value="[^"]+"', field)


def test_what_was_typed_is_stored_without_the_password(step, ctx, bob):
    send(step, username=" bob ")

    assert step.path.endswith("/verify")
    assert stored(ctx, bob, step) == {
        "imap_host": "imap.acme.test",
        "imap_port": 993,
        "imap_security": "tls",
        "smtp_host": "smtp.acme.test",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "username": "bob",
        "smtp_username": None,
    }


def test_an_empty_user_name_means_the_address(step, ctx, bob):
    send(step, username="")

    assert stored(ctx, bob, step)["username"] == "bob@acme.test"


def test_an_absent_tick_means_credentials_of_its_own(step, ctx, bob):
    send(step, smtp_same_credentials=None, smtp_username="relay", smtp_password="the relay's secret")

    assert stored(ctx, bob, step)["smtp_username"] == "relay"


def test_an_unticked_box_stays_unticked_when_the_form_comes_back(step):
    send(step, smtp_same_credentials=None, smtp_password="x", imap_port="abc")

    assert not ticked(step, "smtp_same_credentials")


def test_credentials_of_its_own_without_a_password_are_refused_beside_the_field(step):
    answer = send(step, smtp_same_credentials=None, smtp_username="relay")

    assert (answer.status_code, step.errors()) == (
        422,
        ["Type the password for outgoing mail, or tick the box above."],
    )


MISSING = "Type the name of the server."
SCHEME = "Type the server name only, without imap:// or https:// before it."
AFTER = "Type the server name only, without anything after it."
ADDRESS = "This is an address. Type the name of the server."
SPACES = "A server name has no spaces."
PORT_APART = "Type the port in its own field."
NO_HOST = "This is not a server name. It looks like imap.company.com."
LONG_HOST = "Server names end at 253 characters."
AMAZON = "Amazon SES and Amazon WorkMail cannot be connected. The way out is a mailbox at Gmail or Microsoft 365."
CONTROL = "This holds a character that cannot be typed. Type it by hand."


@pytest.mark.parametrize("field", ["imap_host", "smtp_host"])
@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("", MISSING),
        ("   ", MISSING),
        ("imap://imap.acme.test", SCHEME),
        ("https://imap.acme.test/", SCHEME),
        ("IMAPS://imap.acme.test", SCHEME),
        ("imap.acme.test/", AFTER),
        ("imap.acme.test/path", AFTER),
        ("imap.acme.test?x", AFTER),
        ("imap.acme.test#x", AFTER),
        ("bob@acme.test", ADDRESS),
        ("bob:secret@imap.acme.test", ADDRESS),
        ("imap acme test", SPACES),
        ("imap.acme.test smtp.acme.test", SPACES),
        ("imap.acme.test:993", PORT_APART),
        ("192.0.2.1:993", PORT_APART),
        ("[2001:db8::1]:993", PORT_APART),
        ("imap.acme.test\x00", CONTROL),
        ("imap.\x07acme.test", CONTROL),
        ("imap..acme.test", NO_HOST),
        ("-imap.acme.test", NO_HOST),
        ("imap,acme,test", NO_HOST),
        ("*.acme.test", NO_HOST),
        ("..", NO_HOST),
        ("[2001:db8::1", NO_HOST),
        ("2001:db8:::1", NO_HOST),
        ("fe80::1%eth0", NO_HOST),
        ("x" * 64 + ".test", NO_HOST),
        ("x." * 200 + "test", LONG_HOST),
        ("x" * 1_000_000, LONG_HOST),
        ("email-smtp.eu-west-1.amazonaws.com", AMAZON),
        ("IMAP.mail.us-east-1.AWSAPPS.com.", AMAZON),
        ("\uff45mail-smtp.eu-west-1.amazonaws.com", AMAZON),
        ("imap.mail.us-east-1.awsapps\u3002com", AMAZON),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_no_server_name_is_told_beside_the_field(step, field, host, sentence):
    here = step.path

    answer = send(step, **{field: host})

    assert (answer.status_code, step.path) == (422, here)
    assert step.errors() == [sentence]


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        (" imap.acme.test ", "imap.acme.test"),
        ("IMAP.Acme.Test.", "imap.acme.test"),
        ("mail", "mail"),
        ("mail_server.corp.local", "mail_server.corp.local"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("IMAP.KØBMAND.test", "imap.købmand.test"),
        ("imap.xn--kbmand-bya.test", "imap.xn--kbmand-bya.test"),
    ],
)
def test_any_way_to_name_a_server_is_taken(step, ctx, bob, host, kept):
    send(step, imap_host=host)

    assert step.path.endswith("/verify")
    assert stored(ctx, bob, step)["imap_host"] == kept


def test_an_ipv6_address_is_shown_in_brackets_before_its_port(step):
    send(step, imap_host="2001:db8::1")

    assert "[2001:db8::1]:993, TLS" in step.page.text


@pytest.mark.parametrize("field", ["imap_port", "smtp_port"])
@pytest.mark.parametrize(
    ("port", "sentence"),
    [
        ("", "Type the port."),
        ("  ", "Type the port."),
        ("0", "Ports begin at 1."),
        ("00", "Ports begin at 1."),
        ("65536", "Ports end at 65535."),
        ("999999999", "Ports end at 65535."),
        ("9" * 5000, "A port is a number, such as 993."),
        ("abc", "A port is a number, such as 993."),
        ("-1", "A port is a number, such as 993."),
        ("99.3", "A port is a number, such as 993."),
        ("0x3e1", "A port is a number, such as 993."),
        ("٩٩٣", "A port is a number, such as 993."),
        ("993\x00", "A port is a number, such as 993."),
        ("9 93", "A port is a number, such as 993."),
        ("x" * 1_000_000, "A port is a number, such as 993."),
        ("110", "This is a port of POP3, which cannot be connected. IMAP uses 993 or 143."),
        ("995", "This is a port of POP3, which cannot be connected. IMAP uses 993 or 143."),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_no_port_is_told_beside_the_field(step, field, port, sentence):
    answer = send(step, **{field: port})

    assert (answer.status_code, step.errors()) == (422, [sentence])
    assert len(answer.data) < 60_000


@pytest.mark.parametrize(("port", "kept"), [("993", 993), (" 993 ", 993), ("0993", 993), ("1", 1), ("65535", 65535)])
def test_a_port_is_kept_as_a_number(step, ctx, bob, port, kept):
    send(step, imap_port=port)

    assert stored(ctx, bob, step)["imap_port"] == kept


@pytest.mark.parametrize("field", ["imap_security", "smtp_security"])
@pytest.mark.parametrize("security", ["none", "", "plain", "TLS", "ssl", "\x00", "x" * 1_000_000])
def test_a_sign_in_without_encryption_cannot_be_chosen(step, field, security):
    answer = send(step, **{field: security})

    assert answer.status_code == 422
    assert step.errors() == ["Choose TLS or STARTTLS. A password is never sent without encryption."]


def test_an_absent_choice_of_encryption_is_the_one_the_form_was_served_with(step, ctx, bob):
    send(step, imap_security=None, smtp_security=None)

    assert (stored(ctx, bob, step)["imap_security"], stored(ctx, bob, step)["smtp_security"]) == ("tls", "starttls")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"password": ""}, "Type the password of the mailbox."),
        ({"password": None}, "Type the password of the mailbox."),
        ({"password": "a\x00b"}, CONTROL),
        ({"password": "a\r\nb"}, CONTROL),
        ({"password": "x" * 1001}, "Passwords end at 1000 characters."),
        ({"password": "x" * 1_000_000}, "Passwords end at 1000 characters."),
        ({"username": "bob\x00"}, CONTROL),
        ({"username": "bob\r\na LOGOUT"}, CONTROL),
        ({"username": "x" * 321}, "User names end at 320 characters."),
        ({"username": "x" * 1_000_000}, "User names end at 320 characters."),
        ({"smtp_username": "x" * 1_000_000}, "User names end at 320 characters."),
        ({"smtp_username": "b\x00b"}, CONTROL),
        ({"smtp_password": "x" * 1_000_000}, "Passwords end at 1000 characters."),
        ({"smtp_password": "b\x00b"}, CONTROL),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_sign_in_can_hold_is_told_beside_the_field(step, fields, sentence):
    answer = send(step, **fields)

    assert (answer.status_code, step.errors()) == (422, [sentence])
    assert len(answer.data) < 60_000


@pytest.mark.parametrize("field", ["smtp_same_credentials", "inbox_automation", "unknown", "provider"])
def test_a_megabyte_in_any_other_field_changes_nothing(step, field):
    send(step, **{field: "x" * 1_000_000})

    assert step.path.endswith("/verify")


def test_eight_megabytes_are_answered_with_a_page(step):
    answer = send(step, imap_host="x" * 8_000_000)

    assert answer.status_code == 413
    assert "This is too large" in answer.text


def test_several_mistakes_are_told_at_once_each_beside_its_field(step):
    send(step, imap_host="", imap_port="abc", password="")

    assert step.errors() == [
        "Type the password of the mailbox.",
        "Type the name of the server.",
        "A port is a number, such as 993.",
    ]


ONCE_MORE = "Type the password once more."


def hints(step):
    return re.findall(r'id="(\w+)-hint">.*?Type the password once more\.', step.page.text)


def test_a_password_that_was_emptied_is_asked_for_beside_its_field(step):
    send(step, imap_port="abc", smtp_same_credentials=None, smtp_password="the secret of the relay")

    assert hints(step) == ["password", "smtp_password"]
    assert re.search(r'<input [^>]*aria-describedby="password-hint"[^>]*name="password"', step.page.text)
    assert step.errors() == ["A port is a number, such as 993."]


def test_a_password_is_not_asked_for_once_more_before_one_was_typed(step):
    assert ONCE_MORE not in step.page.text


def test_a_password_that_is_wrong_itself_is_told_what_is_wrong_with_it(step):
    send(step, password="x" * 1001)

    assert hints(step) == []


def test_a_refused_form_loses_nothing_but_the_passwords(step):
    send(
        step,
        username="bob berg",
        imap_host="mail.acme.test",
        imap_port="abc",
        imap_security="starttls",
        smtp_host="relay.acme.test",
        smtp_port="2525",
        smtp_security="tls",
        smtp_same_credentials=None,
        smtp_username='"relay" & co',
        smtp_password="the secret of the relay",
    )

    kept = {name: value(step, name) for name in ("username", "imap_host", "imap_port", "smtp_host", "smtp_port")}
    assert kept == {
        "username": "bob berg",
        "imap_host": "mail.acme.test",
        "imap_port": "abc",
        "smtp_host": "relay.acme.test",
        "smtp_port": "2525",
    }
    assert value(step, "smtp_username") == '"relay" & co'
    assert re.findall(r'<option selected value="(\w+)"', step.page.text) == ["starttls", "tls"]
    assert "the secret" not in step.page.text


def test_a_mistake_among_the_servers_opens_the_part_that_holds_it(step):
    send(step, imap_port="abc")

    assert re.search(r'<details[^>]* id="advanced"[^>]* open', step.page.text)


def test_a_refused_form_starts_no_check(step, ctx, bob):
    send(step, imap_port="abc")

    draft = drafts.get(ctx, bob, step.path.split("/")[2])
    assert (draft.state, draft.has_password, draft.settings) == ("open", False, {})


def test_a_password_is_kept_with_every_space_and_sign(step, ctx, bob):
    password = "  pæss \"word\" \\ 100% {x} 'y' \U0001f426 "

    send(step, password=password)

    draft_id = step.path.split("/")[2]
    with ctx.store.read() as session:
        sealed = session.get_one(Draft, draft_id).sealed
    assert ctx.vault.unseal(sealed, row=f"draft:{draft_id}") == {"password": password}


@pytest.mark.parametrize("stored_settings", ["text", None, [1], 7, {"imap_host": 7}, {}, {"imap_host": "x" * 10}])
def test_a_reconnect_of_unreadable_settings_starts_from_guesses(window, ctx, bob, stored_settings):
    inbox_id = placed.inbox(ctx, bob, settings=stored_settings)
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}")

    visitor.post(f"/inboxes/{inbox_id}/reconnect")

    assert visitor.path.endswith("/settings")
    assert value(visitor, "imap_host") == "imap.acme.test"
    assert "A guess, check it." in visitor.page.text
