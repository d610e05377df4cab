"""Whatever people paste of an Exchange server becomes the address of its web services, or is refused with a reason."""

import pytest

from console.rules.exchange_address import ExchangeAddressError, ews_url, recommended


@pytest.mark.parametrize(
    "pasted",
    [
        "https://mail.acme.dk/EWS/Exchange.asmx",
        "https://mail.acme.dk/ews/exchange.asmx",
        "https://mail.acme.dk/ews/",
        "https://mail.acme.dk/ews/Services.wsdl",
        "https://mail.acme.dk/owa",
        "https://mail.acme.dk/owa/#path=/mail/inbox",
        "https://mail.acme.dk/owa/auth/logon.aspx?replaceCurrent=1&url=https%3a%2f%2fmail.acme.dk%2fowa%2f",
        "https://mail.acme.dk/OWA/?bO=1",
        "https://mail.acme.dk/ecp/?rfr=owa",
        "https://mail.acme.dk/mapi/nspi",
        "https://mail.acme.dk/autodiscover/autodiscover.xml",
        "https://mail.acme.dk/Microsoft-Server-ActiveSync",
        "https://mail.acme.dk",
        "https://mail.acme.dk/",
        "https://mail.acme.dk:443/owa",
        "HTTPS://MAIL.Acme.DK./owa",
        "  mail.acme.dk/owa  ",
        "mail.acme.dk",
    ],
)
def test_every_shape_of_an_exchange_address_becomes_the_same(pasted):
    assert ews_url(pasted) == "https://mail.acme.dk/EWS/Exchange.asmx"


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("https://mail.acme.dk:8443/owa", "https://mail.acme.dk:8443/EWS/Exchange.asmx"),
        ("https://192.0.2.7/owa", "https://192.0.2.7/EWS/Exchange.asmx"),
        ("https://[2001:DB8::7]/owa", "https://[2001:db8::7]/EWS/Exchange.asmx"),
        ("https://mail.københavn.dk/owa", "https://mail.xn--kbenhavn-54a.dk/EWS/Exchange.asmx"),
        ("https://exchange/owa", "https://exchange/EWS/Exchange.asmx"),
        ("https://mail.corp.local", "https://mail.corp.local/EWS/Exchange.asmx"),
    ],
)
def test_port_and_kind_of_host_are_kept(pasted, url):
    assert ews_url(pasted) == url


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "Type the address"),
        ("   ", "Type the address"),
        ("http://mail.acme.dk/owa", "https"),
        ("ftp://mail.acme.dk/owa", "https"),
        ("javascript://mail.acme.dk/%0aalert(1)", "https"),
        ("https://bob@mail.acme.dk/owa", "without a user name"),
        ("https://bob:secret@mail.acme.dk/owa", "without a user name"),
        ("https://:@mail.acme.dk/owa", "without a user name"),
        ("https://", "not a web address"),
        ("https:///owa", "not a web address"),
        ("https://mail.acme.dk:0x50/owa", "not a web address"),
        ("https://mail.acme.dk:99999/owa", "not a web address"),
        ("https://[::1/owa", "not a web address"),
        ("https://-mail.acme.dk/owa", "not a web address"),
        ("https://mail..acme.dk/owa", "not a web address"),
        ("https://mail.acme.dk/o wa", "character"),
        ("https://mail.acme.dk/\x00owa", "character"),
        ("https://mail.acme.dk/" + "o" * 500, "500"),
        ("https://mail.acme.dk/roundcube", "not found at this path"),
        ("https://outlook.office365.com/owa", "Microsoft 365"),
        ("https://outlook.office.com/mail", "Microsoft 365"),
        ("https://acme.awsapps.com/mail", "Amazon"),
        ("https://email-smtp.eu-west-1.amazonaws.com", "Amazon"),
    ],
)
def test_anything_else_is_refused_with_its_reason(pasted, reason):
    with pytest.raises(ExchangeAddressError) as refused:
        ews_url(pasted)

    assert reason in str(refused.value)


def test_what_comes_out_goes_in_again():
    assert ews_url(ews_url("mail.acme.dk")) == ews_url("mail.acme.dk")


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("https://mail.acme.dk/owa/?ItemID=AAMkAD%3D&exvsurl=1&viewmodel=ReadMessageItem", "web mail"),
        ("mail.acme.dk/OWA", "web mail"),
        ("https://mail.acme.dk/exchange/jdoe/Inbox/", "web mail"),
        ("http://mail.acme.dk/owa", "not encrypted"),
        ("HTTP://mail.acme.dk:80", "not encrypted"),
        ("https://mail.acme.dk/ecp", "admin centre"),
        ("https://mail.acme.dk/Microsoft-Server-ActiveSync", "phones"),
        ("https://mail.acme.dk/autodiscover/autodiscover.xml", "settings only"),
        ("mail.acme.dk", "named the server"),
        ("https://mail.acme.dk/mapi/emsmdb", "Programs reach Exchange"),
    ],
)
def test_another_address_of_the_server_is_recommended_with_its_reason(pasted, why):
    url, told = recommended(pasted)

    assert url == "https://mail.acme.dk/EWS/Exchange.asmx"
    assert why in told


@pytest.mark.parametrize(
    "pasted",
    [
        "https://mail.acme.dk/EWS/Exchange.asmx",
        " https://MAIL.acme.dk/ews/exchange.asmx",
        "mail.acme.dk/ews/exchange.asmx",
    ],
)
def test_the_address_itself_in_any_case_needs_no_recommendation(pasted):
    assert recommended(pasted) is None


@pytest.mark.parametrize(
    "pasted", ["http://mail.acme.dk:8080/owa", "http://bob:secret@mail.acme.dk/", "ftp://mail.acme.dk"]
)
def test_what_cannot_simply_be_encrypted_is_refused(pasted):
    with pytest.raises(ExchangeAddressError):
        recommended(pasted)
