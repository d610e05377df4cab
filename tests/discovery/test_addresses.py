"""Addresses as people type them become one form; what is no address gets a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.discovery.addresses import Address, AddressError, parse, shown_domain


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("bob@acme.dk", "bob@acme.dk"),
        ("  bob@acme.dk\n", "bob@acme.dk"),
        ("Bob.Berg@ACME.dk", "bob.berg@acme.dk"),
        ("bob.berg+sales@gmail.com", "bob.berg+sales@gmail.com"),
        ("b.o.b@gmail.com", "b.o.b@gmail.com"),
        ("bob@blåbær.dk", "bob@xn--blbr-roah.dk"),
        ("bob@XN--BLBR-ROAH.dk", "bob@xn--blbr-roah.dk"),
        ("bob@acme.dk.", "bob@acme.dk"),
        ("STRASSE@acme.de", "strasse@acme.de"),
        ("straße@acme.de", "strasse@acme.de"),
        ("o'brien@acme.ie", "o'brien@acme.ie"),
        ("bob@mail.corp.local", "bob@mail.corp.local"),
        ("bob@server", "bob@server"),
    ],
)
def test_an_address_is_compared_case_folded_with_its_domain_as_a_label(typed, key):
    assert key == parse(typed).key


def test_an_address_is_shown_with_its_domain_in_its_own_letters():
    assert "bob@blåbær.dk" == parse("Bob@xn--blbr-roah.dk").shown


def test_a_domain_that_cannot_be_decoded_is_shown_as_it_is():
    assert "xn--zzzzzz99999" == shown_domain("xn--zzzzzz99999")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type the email address."),
        ("   ", "Type the email address."),
        ("bob", "An address has an @, such as name@company.com."),
        ("bob@acme.dk@example.com", "Type one address. This has more than one @."),
        ("bob@acme.dk, anna@acme.dk", "Type one address. This has more than one @."),
        ("Bob Berg <bob@acme.dk>", "Type the address only, without a name or angle brackets."),
        ('"bob berg"@acme.dk', "Addresses with quotation marks cannot be connected. Type the plain address."),
        ('"b@b"@acme.dk', "Addresses with quotation marks cannot be connected. Type the plain address."),
        ("b" * 400 + "@acme.dk", "Addresses end at 254 characters. This one is longer."),
        ("b" * 60 + "@" + "æøåæøå." * 15 + "dk", "Addresses end at 254 characters. This one is longer."),
        ("bob\x00@acme.dk", "The address holds a character that no address has. Type it by hand."),
        ("bob\r\nBcc: x@acme.dk", "The address holds a character that no address has. Type it by hand."),
    ],
)
def test_what_is_not_one_address_gets_its_sentence(typed, says):
    with pytest.raises(AddressError) as caught:
        parse(typed)

    assert says == str(caught.value)


@pytest.mark.parametrize(
    "typed",
    [
        "@acme.dk",
        "bob@",
        "bob berg@acme.dk",
        "bob@acme dk",
        "bob@-acme.dk",
        "bob@acme..dk",
        "bob@.acme.dk",
        "bob@acme.dk:993",
        "bob@https://acme.dk",
        "bob@" + "a" * 64 + ".dk",
        ".bob@acme.dk",
        "bob@[127.0.0.1]",
        "bob@127.0.0.1",
        "bob@2130706433",
    ],
)
def test_what_only_looks_like_an_address_is_refused(typed):
    with pytest.raises(AddressError) as caught:
        parse(typed)

    assert str(caught.value).startswith("This is not an email address.")


@given(st.text(max_size=300))
def test_whatever_is_typed_it_is_an_address_or_a_sentence(typed):
    try:
        found = parse(typed)
    except AddressError:
        return

    assert isinstance(found, Address)
    assert found == parse(found.key)
    assert len(found.key) <= 254
