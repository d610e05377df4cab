import json

import pytest

from console.discovery.addresses import parse
from console.discovery.answer import Server
from console.discovery.pacc import digests, read
from console.discovery.sources import Nothing
from tests.discovery.files import digest

BOB = parse("bob@acme.test")
DOCUMENT = {"protocols": {"imap": {"host": "imap.acme.test"}, "submit": {"host": "smtp.acme.test"}},
            "authentication": {"password": True}, "info": {"provider": {"name": "Acme"}}}  # fmt: skip


def of(document, published: str | None = None):
    body = document if isinstance(document, str) else json.dumps(document)
    return read(body.encode(), digests([digest(body) if published is None else published]), BOB)


def test_hosts_are_read_with_tls_at_the_registered_ports():
    found = of(DOCUMENT)
    assert (found.imap, found.smtp) == (Server("imap.acme.test", 993, "tls"), Server("smtp.acme.test", 465, "tls"))
    assert (found.imap_username, found.smtp_username) == ("%EMAILADDRESS%", "%EMAILADDRESS%")
    assert found.cautions == ()


def test_the_older_name_of_submission_is_read_too():
    assert of({"protocols": {"smtp": {"host": "smtp.acme.test"}}}).smtp == Server("smtp.acme.test", 465, "tls")


def test_a_file_without_passwords_is_told():
    found = of(DOCUMENT | {"authentication": {"oauth-public": {"issuer": "https://acme.test"}}})
    assert [caution.code for caution in found.cautions] == ["oauth-only"]


@pytest.mark.parametrize(
    "published",
    [
        digest("another file"),
        "v=UAAC1; a=sha256; d=",
        "v=UAAC1; a=sha256; d=!!!",
        "v=UAAC1; a=sha256; d=c2hvcnQ=",
        digest(json.dumps(DOCUMENT)).replace("UAAC1", "UAAC2"),
        digest(json.dumps(DOCUMENT)).replace("sha256", "md5"),
        "v=spf1 -all",
        "",
    ],
)
def test_a_file_without_its_digest_in_dns_counts_as_not_published(published):
    with pytest.raises(Nothing, match="digest"):
        of(DOCUMENT, published)


def test_one_of_several_digests_is_enough():
    body = json.dumps(DOCUMENT)
    assert read(body.encode(), digests([digest("old"), "v=spf1 -all", digest(body)]), BOB).imap is not None


@pytest.mark.parametrize(
    "document",
    ["", "{", "[" * 60000, "1" * 60000, "null", "[]", '"text"', '{"protocols": []}', '{"protocols": {"imap": "x"}}',
     '{"protocols": {"imap": {"host": 7}}}', '{"protocols": {"imap": {"host": "10.0.0.1"}}}', "\x00",
     '{"protocols": {"imap": {"host": "imap.acme.test\\r\\nX"}}}'],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_nothing(document):
    with pytest.raises(Nothing):
        of(document)
