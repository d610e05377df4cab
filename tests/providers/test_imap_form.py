"""What the settings form of the IMAP + SMTP family takes, whatever is typed into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from console.providers.imap import ImapFamily
from console.providers.imap_form import ImapForm

GOOD = {
    "password": "secret",
    "username": "",
    "imap_host": "imap.acme.test",
    "imap_port": "993",
    "imap_security": "tls",
    "smtp_host": "smtp.acme.test",
    "smtp_port": "587",
    "smtp_security": "starttls",
    "smtp_same_credentials": "y",
}


def filled(**fields):
    return ImapForm(MultiDict({**GOOD, **fields}))


def test_the_fields_are_named_as_the_product_names_them():
    assert [field.name for field in ImapForm()] == [
        "password",
        "username",
        "imap_host",
        "imap_port",
        "imap_security",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "smtp_same_credentials",
        "smtp_username",
        "smtp_password",
    ]


def test_a_good_form_gives_ports_as_numbers():
    form = filled()

    assert form.validate()
    assert (form.settings()["imap_port"], form.settings()["smtp_port"]) == (993, 587)


def test_served_without_values_the_credentials_are_the_same():
    assert ImapForm().smtp_same_credentials.data is True


def test_sent_without_the_tick_they_are_not():
    form = ImapForm(MultiDict({name: value for name, value in GOOD.items() if name != "smtp_same_credentials"}))

    assert form.smtp_same_credentials.data is False


@given(st.text(max_size=300))
def test_a_server_name_that_is_taken_is_a_name_and_nothing_around_it(text):
    form = filled(imap_host=text)

    if form.validate():
        assert not set(form.imap_host.data) & set(" \t\r\n\0/@?#[]\"'\\<>%,;")
        assert form.imap_host.data == form.imap_host.data.strip()


@given(st.text(max_size=40))
def test_a_port_that_is_taken_is_a_port(text):
    form = filled(imap_port=text)

    if form.validate():
        assert 1 <= form.settings()["imap_port"] <= 65535


@given(st.dictionaries(st.sampled_from(list(GOOD)), st.text(max_size=1500)))
def test_whatever_is_typed_is_taken_or_told_beside_its_field(fields):
    form = filled(**fields)

    if form.validate():
        family = ImapFamily()
        settings, _ = family.split("bob@acme.test", form.settings())
        assert family.summary(settings)
    else:
        assert set(form.errors) <= set(form._fields)


@pytest.mark.parametrize("name", ["password", "smtp_password"])
def test_a_password_is_never_written_into_the_page(name):
    form = filled(smtp_password="secret", imap_port="abc")
    form.validate()

    assert "secret" not in str(form[name]())


@pytest.mark.parametrize(
    ("smtp", "own"),
    [
        ({"username": None}, None),
        ({"username": "bob"}, None),
        ({"username": "relay"}, "relay"),
        ({"username": "bob", "separate": True}, "bob"),
        ({"username": "bob", "separate": False}, None),
    ],
)
def test_a_sign_in_of_its_own_for_sending_is_taken_from_what_was_found(smtp, own):
    server = {"host": "mail.acme.test", "port": 465, "security": "tls"}
    found = {"imap": {**server, "username": "bob"}, "smtp": {**server, **smtp}}

    settings = ImapFamily().suggest("bob@acme.test", found).settings

    assert (settings["username"], settings["smtp_username"]) == ("bob", own)
    assert ImapFamily().fill(settings)["smtp_same_credentials"] is (own is None)
