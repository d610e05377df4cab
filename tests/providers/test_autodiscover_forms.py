"""What the two forms of Autodiscover say, as servers in the field write it."""

from xml.etree import ElementTree as ET

import pytest

from console.providers.autodiscover_forms import (
    Busy,
    NoSuchAddress,
    Nothing,
    Told,
    pox_request,
    read_pox,
    read_soap,
    soap_request,
)

BASE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SCHEMA = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
URL = "https://mail.acme.dk/EWS/Exchange.asmx"


def pox(inside, base=BASE, response=OUTLOOK):
    text = f'<Autodiscover xmlns="{base}"><Response xmlns="{response}">{inside}</Response></Autodiscover>'
    return ET.fromstring(text)


def settings(*blocks):
    found = "".join(f"<Protocol><Type>{kind}</Type><EwsUrl>{url}</EwsUrl></Protocol>" for kind, url in blocks)
    return f"<Account><Action>settings</Action>{found}</Account>"


def soap(user):
    text = (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><GetUserSettingsResponseMessage xmlns="{SCHEMA}"><Response>'
        f"<ErrorCode>NoError</ErrorCode><UserResponses><UserResponse>{user}</UserResponse></UserResponses></Response>"
        "</GetUserSettingsResponseMessage></s:Body></s:Envelope>"
    )
    return ET.fromstring(text)


def setting(name, value):
    return f"<UserSetting><Name>{name}</Name><Value>{value}</Value></UserSetting>"


@pytest.mark.parametrize(
    ("blocks", "url"),
    [
        ([("EXCH", URL)], URL),
        ([("EXCH", "https://inside.acme.local/EWS/Exchange.asmx"), ("EXPR", URL)], URL),
        ([("EXHTTP", URL), ("EXCH", "https://inside.acme.local/EWS/Exchange.asmx")], URL),
        ([("WEB", "https://no"), ("IMAP", "https://no"), ("EXCH", f" {URL}\n")], URL),
    ],
)
def test_pox_names_the_url_for_outside_first(blocks, url):
    assert read_pox(pox(settings(*blocks))) == Told(ews=url)


@pytest.mark.parametrize(("base", "response"), [(BASE, BASE), (OUTLOOK, OUTLOOK), ("", "")])
def test_the_namespaces_that_servers_mix_up_do_not_matter(base, response):
    assert read_pox(pox(settings(("EXCH", URL)), base, response)) == Told(ews=URL)


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ("<Action>redirectAddr</Action><RedirectAddr>bob@other.dk</RedirectAddr>", Told(address="bob@other.dk")),
        ("<Action>redirectUrl</Action><RedirectUrl>https://b.dk/</RedirectUrl>", Told(url="https://b.dk/")),
    ],
)
def test_pox_may_lead_to_another_address_or_place(account, told):
    assert read_pox(pox(f"<Account>{account}</Account>")) == told


@pytest.mark.parametrize(
    ("code", "kind"),
    [("500", NoSuchAddress), ("603", Busy), ("600", type(None)), ("601", type(None)), ("", type(None))],
)
def test_an_error_of_pox_says_why_where_that_helps(code, kind):
    with pytest.raises(Nothing) as nothing:
        read_pox(pox(f"<Error><ErrorCode>{code}</ErrorCode><Message>Said.</Message></Error>"))

    assert isinstance(nothing.value.why, kind)


@pytest.mark.parametrize("inside", ["", "<Account/>", settings(), settings(("WEB", URL))])
def test_pox_without_anything_to_go_by_is_nothing(inside):
    with pytest.raises(Nothing):
        read_pox(pox(inside))


def test_another_document_is_nothing():
    with pytest.raises(Nothing):
        read_pox(ET.fromstring("<html><body/></html>"))
    with pytest.raises(Nothing):
        read_soap(ET.fromstring("<html><body/></html>"))


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (setting("InternalEwsUrl", "https://in/") + setting("ExternalEwsUrl", URL), Told(ews=URL)),
        (setting("InternalEwsUrl", URL), Told(ews=URL)),
        ("<ErrorCode>RedirectAddress</ErrorCode><RedirectTarget>b@c.dk</RedirectTarget>", Told(address="b@c.dk")),
        ("<ErrorCode>RedirectUrl</ErrorCode><RedirectTarget>https://c.dk/</RedirectTarget>", Told(url="https://c.dk/")),
    ],
)
def test_soap_says_the_same_in_its_own_words(user, told):
    assert read_soap(soap(user)) == told


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("<ErrorCode>InvalidUser</ErrorCode>", NoSuchAddress),
        ("<ErrorCode>ServerBusy</ErrorCode>", Busy),
        ("<ErrorCode>NoError</ErrorCode>", type(None)),
        ("", type(None)),
    ],
)
def test_an_error_of_soap_says_why_where_that_helps(user, kind):
    with pytest.raises(Nothing) as nothing:
        read_soap(soap(user))

    assert isinstance(nothing.value.why, kind)


@pytest.mark.parametrize("address", ["bob@acme.dk", "b&b<x>@acme.dk", '"]]>"@acme.dk'])
def test_an_address_of_any_shape_stays_inside_its_element(address):
    for request in (pox_request(address), soap_request("https://mail.acme.dk/x?a&b", address)):
        assert address in [each.text for each in ET.fromstring(request).iter()]
