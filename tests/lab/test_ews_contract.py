"""The answers of the lab's EWS are what is published of it: in our own words, and by the schemas where they are.

Microsoft's schemas may not be passed on with this project, and no package carries them. A folder with Types.xsd and
Messages.xsd, as any Exchange server has them beside its EWS, is named by the environment variable EWS_SCHEMAS.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from console.lab.exchange_builds import BUILDS
from console.lab.soap import MESSAGES, SOAP, TYPES
from tests.lab.corp import ALICE
from tests.lab.ews_contract import CODES, REQUESTS, departures

FOLDER = os.environ.get("EWS_SCHEMAS", "")
ERRORS = (
    "password-expired", "connections", "no-exchange-mailbox", "moved-to-cloud", "no-access", "moving", "store-down",
    "failover", "other-site", "older-mailbox", "other-server", "busy", "ews-no-sent", "may-not-send",
)  # fmt: skip
XML_XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">'
    '<xs:attribute name="lang" type="xs:language"/></xs:schema>'
)
published = pytest.mark.skipif(not FOLDER, reason="EWS_SCHEMAS does not name a folder with Types.xsd and Messages.xsd")


@cache
def schema(folder):
    """Return the schema of messages; it asks for the other file in small letters, which asks for that of XML itself."""
    for name in ("Types.xsd", "Messages.xsd"):
        text = Path(FOLDER, name).read_text("utf-8-sig")
        text = re.sub(
            r'(<xs:import namespace="http://www.w3.org/XML/1998/namespace")[^>]*>',
            r'\1 schemaLocation="xml.xsd"/>',
            text,
        )
        Path(folder, name.lower()).write_text(text, "utf-8")
    Path(folder, "xml.xsd").write_text(XML_XSD, "utf-8")
    return etree.XMLSchema(etree.parse(str(Path(folder, "messages.xsd"))))


@pytest.fixture(scope="session")
def messages(tmp_path_factory):
    return schema(tmp_path_factory.mktemp("schemas"))


def codes(answer):
    found = etree.fromstring(answer.content)
    return {element.text for element in found.iter("{*}ResponseCode")}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_is_made_of_what_is_published_in_its_order(corp, name):
    answer = corp.ews(REQUESTS[name])

    assert answer.status_code == 200
    assert departures(answer.content) == []


@pytest.mark.parametrize("slug", ERRORS)
def test_an_error_is_one_that_is_published(corp, slug):
    corp.place.switch(slug, ALICE)

    for content in (REQUESTS["folders below the root"], REQUESTS["a message sent"]):
        answer = corp.ews(content)
        assert departures(answer.content) == []
        assert answer.status_code == (500 if b"<s:Fault>" in answer.content else 200)


@pytest.mark.parametrize("slug", BUILDS)
def test_every_version_tells_its_build(corp, slug):
    corp.place.switch(slug)

    answer = corp.ews(REQUESTS["a folder"], schema=BUILDS[slug].schema)

    told = etree.fromstring(answer.content).find(f"{{{SOAP}}}Header/{{{TYPES}}}ServerVersionInfo")
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    assert tuple(int(told.get(name)) for name in names) == BUILDS[slug].numbers
    assert departures(answer.content) == []


def test_what_is_not_published_is_noticed(corp):
    answer = corp.ews(REQUESTS["a folder"]).content

    assert departures(answer.replace(b"NoError", b"ErrorOfOurs"))
    assert departures(answer.replace(b"DisplayName", b"Title"))
    assert departures(answer.replace(b"FolderId", b"UnreadCount"))
    assert departures(answer.replace(b"MajorVersion", b"Major"))


@published
@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_is_valid_by_the_published_schema(corp, messages, name):
    body = etree.fromstring(corp.ews(REQUESTS[name]).content).find(f"{{{SOAP}}}Body")

    assert messages.validate(body[0]), messages.error_log
    etree.SubElement(body[0], "of-ours")
    assert not messages.validate(body[0])


@published
@pytest.mark.parametrize("slug", ERRORS)
def test_an_error_is_valid_by_the_published_schema(corp, messages, slug):
    corp.place.switch(slug, ALICE)

    answer = corp.ews(REQUESTS["a folder"])

    body = etree.fromstring(answer.content).find(f"{{{SOAP}}}Body")
    assert body[0].tag == f"{{{SOAP}}}Fault" or messages.validate(body[0]), messages.error_log


@published
@pytest.mark.parametrize("name", REQUESTS)
def test_our_own_requests_are_valid_by_the_published_schema(messages, name):
    names = f'xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"'
    wrapped = etree.fromstring(f"<a {names}>{REQUESTS[name]}</a>")

    assert messages.validate(wrapped[0]), messages.error_log


@published
def test_our_own_list_of_codes_is_in_the_published_schema():
    named = etree.parse(str(Path(FOLDER, "Messages.xsd"))).iter("{http://www.w3.org/2001/XMLSchema}enumeration")

    assert {element.get("value") for element in named} >= CODES
