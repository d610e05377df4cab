"""Autodiscover answers as its three forms are published, and says where a mailbox is without knowing who asks."""

from urllib.parse import parse_qs, urlsplit

import dns.message
import dns.query
import pytest
from defusedxml import DTDForbidden, EntitiesForbidden
from defusedxml.ElementTree import ParseError, fromstring
from exchangelib.errors import AutoDiscoverCircularRedirect, UnauthorizedError
from requests.exceptions import ReadTimeout, SSLError

from console.lab.autodiscover_pox import ENVELOPE
from console.lab.autodiscover_soap import SCHEMA as SOAP_SCHEMA
from console.lab.exchange_pages import MEGABYTE
from tests.lab.corp import ALICE, BOB, OUTLOOK


def read(answer):
    """Return the one element in the response of a POX answer."""
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = fromstring(answer.content)
    assert root.tag == f"{{{ENVELOPE}}}Autodiscover"
    return root[0]


def text(response, path):
    return response.findtext("/".join(f"{{{OUTLOOK}}}{name}" for name in path.split("/")))


def test_pox_asks_for_a_password_and_says_how_to_give_it(corp):
    answer = corp.pox(ALICE, login=None)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Negotiate, NTLM, Basic realm="mail.corp.test"'
    assert answer.content == b""


@pytest.mark.parametrize("login", [ALICE, "CORP\\alice"])
def test_pox_names_the_address_of_ews(corp, login):
    response = read(corp.pox(ALICE, login=login))

    assert text(response, "Account/Action") == "settings"
    assert text(response, "Account/Protocol/EwsUrl") == corp.lab.exchange.ews_url
    assert text(response, "User/AutoDiscoverSMTPAddress") == ALICE


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("User", ["DisplayName", "LegacyDN", "AutoDiscoverSMTPAddress", "DeploymentId"]),
        ("Account", ["AccountType", "Action", "MicrosoftOnline", "Protocol", "Protocol", "Protocol"]),
        (
            "Account/Protocol[1]",
            ["Type", "Server", "ServerDN", "ServerVersion", "AD", "ASUrl", "EwsUrl", "OOFUrl", "OABUrl"],
        ),
        ("Account/Protocol[2]", ["Type", "Server", "SSL", "AuthPackage", "ASUrl", "EwsUrl", "OOFUrl", "OABUrl"]),
    ],
)
def test_pox_has_the_elements_that_are_published(corp, path, names):
    response = read(corp.pox(ALICE))

    found = response.find("/".join(f"{{{OUTLOOK}}}{name}" for name in path.split("/")))

    # [MS-OXDSCLI] 2.2.4.1.1.1 and 2.2.4.1.1.2, with the order that Exchange writes them in.
    assert [child.tag.rpartition("}")[2] for child in found] == names


def test_pox_knows_the_alias_by_its_main_address(corp):
    assert text(read(corp.pox("sales@corp.test")), "User/AutoDiscoverSMTPAddress") == ALICE


def test_pox_says_that_an_address_is_not_known(corp):
    response = read(corp.pox("nobody@corp.test"))

    assert text(response, "Error/ErrorCode") == "500"
    assert text(response, "Error/Message") == "The email address can't be found."


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "600"), ("<a/>", "600"), ("<a", "600"), ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "600")],
)
def test_pox_calls_anything_else_an_invalid_request(corp, body, code):
    answer = corp.post("/autodiscover/autodiscover.xml", body, auth=(ALICE, "practice"))

    assert fromstring(answer.content).findtext(f".//{{{ENVELOPE}}}ErrorCode") == code


def test_pox_that_wants_another_schema_is_told_that_there_is_none(corp):
    answer = corp.pox(ALICE, schema="http://schemas.example.test/mobile")

    assert fromstring(answer.content).findtext(f".//{{{ENVELOPE}}}ErrorCode") == "601"


def test_soap_names_the_address_of_ews_to_exchangelib(corp):
    found = corp.discover()

    assert found.ews_url == corp.lab.exchange.ews_url
    assert found.autodiscover_smtp_address == ALICE
    assert found.version.api_version == "Exchange2016"


def test_v2_names_the_address_of_ews_without_a_password(corp):
    answer = corp.json(ALICE)

    assert answer.json() == {"Protocol": "EWS", "Url": corp.lab.exchange.ews_url}
    assert answer.headers["Content-Type"].startswith("application/json")
    assert corp.place.credentials_at() == {}


@pytest.mark.parametrize(
    ("slug", "pox", "soap", "json"),
    [("no-pox", 404, 200, 200), ("no-soap", 200, 404, 200), ("no-json", 200, 200, 404),
     ("exchange-2013", 200, 200, 404),
     ("exchange-2007", 200, 404, 404)],
)  # fmt: skip
def test_a_form_that_is_switched_off_or_too_new_is_not_there(corp, slug, pox, soap, json):
    corp.place.switch(slug)

    assert (corp.pox(ALICE).status_code, corp.soap(ALICE).status_code, corp.json(ALICE).status_code) == (
        pox,
        soap,
        json,
    )


@pytest.mark.parametrize(
    ("slug", "action", "place"),
    [
        ("moved-to-cloud", "redirectAddr", "alice@corp.mail.onmicrosoft.com"),
        ("redirect-address", "redirectAddr", "alice@branch.corp.test"),
        ("redirect-loop", "redirectAddr", ALICE),
        ("redirect-url", "redirectUrl", "https://mail2.corp.test:PORT/autodiscover/autodiscover.xml"),
        (
            "redirect-url-elsewhere",
            "redirectUrl",
            "https://autodiscover.hoster.test:PORT/autodiscover/autodiscover.xml",
        ),
    ],
)
def test_pox_leads_elsewhere(corp, slug, action, place):
    corp.place.switch(slug, ALICE)

    response = read(corp.pox(ALICE))

    assert text(response, "Account/Action") == action
    said = text(response, f"Account/{action[0].upper()}{action[1:]}")
    assert said == place.replace("PORT", str(corp.lab.exchange.port))
    assert text(read(corp.pox(BOB)), "Account/Action") == "settings"


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("moved-to-cloud", "RedirectAddress"),
        ("redirect-address", "RedirectAddress"),
        ("redirect-url", "RedirectUrl"),
        ("unknown-address", "InvalidUser"),
        ("autodiscover-busy", "ServerBusy"),
    ],
)
def test_soap_says_the_same_in_its_own_words(corp, slug, code):
    corp.place.switch(slug, ALICE)

    user = fromstring(corp.soap(ALICE).content).find(f".//{{{SOAP_SCHEMA}}}UserResponse")

    assert user.findtext(f"{{{SOAP_SCHEMA}}}ErrorCode") == code


def test_soap_tells_its_version_in_the_header(corp):
    corp.place.switch("exchange-2010-sp2")

    version = fromstring(corp.soap(ALICE).content).find(f".//{{{SOAP_SCHEMA}}}ServerVersionInfo")

    assert [element.text for element in version] == ["14", "2", "247", "5", "Exchange2010_SP2"]


def test_soap_without_the_version_it_wants_is_an_invalid_request(corp):
    answer = corp.soap(ALICE, version="")

    assert fromstring(answer.content).findtext(f".//{{{SOAP_SCHEMA}}}ErrorCode") == "InvalidRequest"


def test_exchangelib_follows_another_address(corp):
    corp.place.switch("redirect-address", ALICE)

    assert corp.discover().ews_url == corp.lab.exchange.ews_url


def test_exchangelib_ends_a_circle(corp):
    corp.place.switch("redirect-loop", ALICE)

    with pytest.raises(AutoDiscoverCircularRedirect):
        corp.discover()


def test_v2_leads_a_mailbox_that_moved_to_the_cloud(corp):
    corp.place.switch("moved-to-cloud", ALICE)

    answer = corp.json(ALICE)

    assert answer.status_code == 302
    place = urlsplit(answer.headers["Location"])
    assert (place.hostname, place.path) == ("outlook.office365.com", "/autodiscover/autodiscover.json")
    assert parse_qs(place.query)["Email"] == ["alice@corp.mail.onmicrosoft.com"]


@pytest.mark.parametrize(
    ("address", "protocol", "status", "code"),
    [
        ("nobody@corp.test", "EWS", 404, "UserNotFound"),
        (ALICE, "Gopher", 400, "InvalidProtocol"),
        ("", "EWS", 400, "MandatoryParameterMissing"),
    ],
)
def test_v2_says_what_is_wrong(corp, address, protocol, status, code):
    answer = corp.json(address, protocol)

    assert (answer.status_code, answer.json()["ErrorCode"]) == (status, code)


def test_v2_takes_the_address_in_its_path(corp):
    answer = corp.get(f"/autodiscover/autodiscover.json/v1.0/{ALICE}?Protocol=ews")

    assert answer.json()["Url"] == corp.lab.exchange.ews_url


@pytest.mark.parametrize(
    ("slug", "host"), [("http-redirect", "mail.corp.test"), ("http-redirect-elsewhere", "autodiscover.hoster.test")]
)
def test_over_http_there_is_nothing_but_a_redirect(corp, slug, host):
    corp.place.switch(slug)

    answer = corp.get("/autodiscover/autodiscover.xml", host="autodiscover.corp.test", scheme="http")

    assert answer.status_code == 302
    assert answer.headers["Location"] == corp.place.at(host, "/autodiscover/autodiscover.xml")
    assert corp.pox(ALICE, host="autodiscover.corp.test").status_code == 404
    assert corp.pox(ALICE, host=host).status_code == 200


def test_over_http_nobody_is_served_otherwise(corp):
    answer = corp.get("/autodiscover/autodiscover.xml", host="autodiscover.corp.test", scheme="http")

    assert answer.status_code == 403


def test_a_client_that_gives_its_password_to_the_web_site_is_caught(corp):
    corp.place.switch("apex-401")

    # exchangelib's own discovery begins at the bare domain, with the password.
    with pytest.raises(UnauthorizedError):
        corp.discover()

    assert corp.place.credentials_at(ALICE) == {"corp.test": 1}


@pytest.mark.parametrize("slug", ["autodiscover-cut", "autodiscover-entities", "autodiscover-page"])
def test_an_answer_can_be_what_nobody_should_read(corp, slug):
    corp.place.switch(slug)

    answer = corp.pox(ALICE)

    assert answer.status_code == 200
    with pytest.raises((ParseError, EntitiesForbidden, DTDForbidden, AssertionError)):
        read(answer)


def test_an_answer_can_be_larger_than_memory(corp):
    corp.place.switch("autodiscover-huge")

    answer = corp.pox(ALICE, stream=True)

    assert sum(len(part) for part, _ in zip(answer.iter_content(MEGABYTE), range(5), strict=False)) > 4 * MEGABYTE
    answer.close()


def test_redirects_can_be_endless(corp):
    corp.place.switch("endless-redirects")

    places = [
        corp.get("/autodiscover/autodiscover.xml", params=hop).headers["Location"] for hop in ("", "hop=1", "hop=2")
    ]

    assert [place.rpartition("?")[2] for place in places] == ["hop=1", "hop=2", "hop=3"]


def test_autodiscover_hangs_at_the_second_request(corp, monkeypatch):
    corp.place.switch("autodiscover-hangs")
    monkeypatch.setattr("tests.lab.corp.SECONDS", 0.3)

    assert corp.pox(ALICE, login=None).status_code == 401
    with pytest.raises(ReadTimeout):
        corp.pox(ALICE)


@pytest.mark.parametrize(
    ("slug", "kind", "name", "said"),
    [
        ("", "SRV", "_autodiscover._tcp.corp.test", "0 0 PORT mail.corp.test."),
        ("no-srv", "SRV", "_autodiscover._tcp.corp.test", ""),
        ("", "A", "autodiscover.corp.test", "127.0.0.1"),
        ("no-autodiscover-host", "A", "autodiscover.corp.test", ""),
        ("", "MX", "corp.test", "10 mail.corp.test."),
        ("hybrid", "MX", "corp.test", "0 corp-test.mail.protection.outlook.com."),
    ],
)
def test_names_are_as_the_switches_have_them(corp, slug, kind, name, said):
    if slug:
        corp.place.switch(slug)

    question = dns.message.make_query(name, kind)
    answer = dns.query.udp(question, "127.0.0.1", timeout=5, port=corp.lab.exchange.zone.port)

    found = [str(item) for rrset in answer.answer for item in rrset]
    assert found == ([said.replace("PORT", str(corp.lab.exchange.port))] if said else [])


def test_a_switch_that_goes_off_takes_its_names_along(corp):
    corp.place.switch("no-srv")
    corp.place.calm()

    assert corp.lab.exchange.zone.records["_autodiscover._tcp.corp.test."]


def test_the_web_site_of_the_domain_is_no_exchange(corp):
    assert corp.pox(ALICE, login=None, host="corp.test").status_code == 404
    corp.place.switch("apex-401")

    answer = corp.pox(ALICE, login=None, host="corp.test")

    assert (answer.status_code, answer.headers["Server"]) == (401, "nginx")


def test_the_web_site_of_the_domain_has_a_certificate_of_its_own(corp):
    corp.place.switch("apex-certificate")

    with pytest.raises(SSLError, match=r"corp\.test"):
        corp.pox(ALICE, host="corp.test")
    assert corp.place.credentials_at() == {}


def test_a_password_that_goes_to_the_web_site_is_counted_there(corp):
    corp.place.switch("apex-401")

    corp.pox(ALICE, host="corp.test")

    assert corp.place.credentials_at(ALICE) == {"corp.test": 1}
    assert corp.place.host("corp.test").refused == 1
