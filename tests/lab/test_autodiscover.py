"""Autodiscover answers as its three forms are published, and says where a mailbox is without knowing who asks."""

import pytest
from defusedxml.ElementTree import fromstring

from console.lab.autodiscover_pox import ENVELOPE
from tests.lab.corp import ALICE, OUTLOOK


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
