"""What has to be known before a password is typed is read from the answer, whoever gave it."""

import pytest

from console.discovery.addresses import parse
from tests.discovery.files import config, imap, smtp
from tests.discovery.searching import BOB, first


def test_a_local_part_as_user_name_is_told(search, own):
    own(config(imap(username="%EMAILLOCALPART%"), smtp()))
    found = first(search().find())
    assert [caution.code for caution in found.cautions] == ["local-part-user-name"]
    assert found.sign_in_name(found.imap_username, BOB) == "bob"


@pytest.mark.parametrize(
    ("host", "codes"),
    [
        ("outlook.office365.com", ["password-retired"]),
        ("imap.gmail.com", ["app-password"]),
        ("imap.gmx.net", ["imap-switch", "app-password"]),
        ("imap.acme.test", []),
    ],
)
def test_the_traps_of_a_known_provider_are_told_whoever_names_its_server(search, dns, host, codes):
    dns.set("_imaps._tcp.acme.test", "SRV", f"0 0 993 {host}.")
    assert [caution.code for caution in first(search().find()).cautions] == codes


def test_servers_of_amazon_are_told(search, own):
    own(config(imap("imap.mail.eu-west-1.awsapps.com"), smtp("smtp.mail.eu-west-1.awsapps.com")))
    assert [caution.code for caution in first(search().find()).cautions] == ["unsupported-provider"]


def test_the_table_tells_the_local_part_too(search):
    asked = search()
    found = asked.search.known(parse("bob@web.de"), ())
    assert [caution.code for caution in found.cautions] == ["imap-switch", "local-part-user-name"]
    assert asked.outcomes == {"table": "found"}
