"""The Exchange family against servers of every manner: what passes, what stops where, and what is never sent."""

import pytest

from console.providers import trial
from console.providers.base import Mailbox, Secret
from console.providers.dial import Dialer
from console.providers.exchange import ExchangeFamily
from console.rules.network import Policy
from console.rules.problems import CATALOGUE
from tests.peers.certificates import HOST
from tests.peers.ews_server import POX, envelope, exchange, fault, pox_settings, response_message
from tests.providers.boxes import states, stopped
from tests.providers.doors import HASTY, Table, dialer, trust

ALL = ExchangeFamily.stages


@pytest.fixture
def door(certificates):
    return dialer(certificates.ca)


@pytest.fixture
def door_to():
    return lambda certificates: dialer(certificates.ca)


@pytest.fixture
def server(certificates):
    with exchange(certificates) as running:
        yield running


def box(server, *, username="bob@acme.test", password="secret", pins=(), address="bob@acme.test", **settings):
    receives_only = settings.pop("receives_only", False)
    known = {"url": f"https://{HOST}:{server.port}/EWS/Exchange.asmx", "autodiscover": "", "username": username}
    return Mailbox(address, known | settings, Secret(password=password), pins, receives_only=receives_only)


def check(mailbox, door, **watched):
    return trial.run(ExchangeFamily(), mailbox, door, **watched)


def test_a_full_check_proves_sign_in_reading_sent_and_sending_and_learns_aliases(server, door):
    found = check(box(server), door)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert (found.failed, found.warned, found.problem) == (False, False, None)
    assert found.proofs == {"sign-in", "read", "sent", "send"}
    assert found.aliases == ("b.berg@acme.test",)
    assert (found.attempted, found.accepted) == (("ews",), {"ews"})


def test_the_stages_tell_what_was_found(server, door):
    found = check(box(server), door)

    told = {stage.name: stage.detail % stage.values for stage in found.stages}
    assert told == {
        "find-server": f"https://{HOST}:{server.port}/EWS/Exchange.asmx is at 127.0.0.1",
        "reach": f"port {server.port} answers",
        "secure": "TLS 1.3",
        "methods": "Basic",
        "sign-in": "bob@acme.test by Basic",
        "version": "Exchange Server 2016 (15.1.2507.6)",
        "open-inbox": "messages: 3",
        "find-sent": "Sent Items",
        "send": "Outbox takes messages; none was sent",
        "aliases": "aliases: 1",
    }


def test_one_connection_carries_the_whole_check(server, door):
    check(box(server), door)

    assert server.server.connections == 1


def test_nothing_is_sent_and_nothing_but_reading_is_asked(server, door):
    check(box(server), door)

    assert set(server.operations) == {"GetFolder", "ResolveNames"}


def test_a_refused_password_is_sent_once(server, door):
    found = check(box(server, password="wrong"), door)

    assert stopped(found) == ("sign-in", "bad-credentials")
    assert [request.password for request in server.carrying] == [("bob@acme.test", "wrong")]


def test_a_check_leaves_nothing_in_the_cache_of_the_library(server, door):
    from exchangelib.protocol import CachingProtocol

    check(box(server), door)
    check(box(server, password="wrong"), door)

    assert CachingProtocol._protocol_cache == {}


# Whom the password goes to where Autodiscover is asked with it.


def named_by(certificates, door_to, ews_host, *, asked="autodiscover.hoster.dk"):
    """Check a mailbox of acme.dk whose Autodiscover at `asked` names EWS elsewhere; return what both servers saw."""
    with (
        exchange(certificates, identity=certificates.issue(asked)) as agreed,
        exchange(certificates, identity=certificates.issue(ews_host)) as other,
    ):
        answer = pox_settings(f"https://{ews_host}:{other.port}/EWS/Exchange.asmx")
        agreed.answers[POX] = agreed.guarded(agreed.xml(answer))
        settings = {"url": "", "autodiscover": f"{asked}:{agreed.port}"}
        found = check(box(agreed, **settings, address="bob@acme.dk"), door_to(certificates))
        return found, agreed, other


@pytest.mark.parametrize(
    ("asked", "ews_host"),
    [
        ("autodiscover.hoster.dk", "mail.hoster.dk"),
        ("autodiscover.acme.dk", "mail.acme.dk"),
        ("autodiscover.hoster.dk", "mail.acme.dk"),
    ],
)
def test_the_holder_that_was_agreed_to_and_the_mail_domain_may_name_servers_of_their_own(
    certificates, door_to, asked, ews_host
):
    found, agreed, other = named_by(certificates, door_to, ews_host, asked=asked)

    assert not found.failed
    assert (len(agreed.carrying), len(other.carrying)) == (1, 4)


@pytest.mark.parametrize("ews_host", ["mail.evil.dk", "acme.dk.evil.dk", "hoster.dk.evil.dk"])
def test_nobody_may_name_a_server_of_another_domain(certificates, door_to, ews_host):
    found, agreed, other = named_by(certificates, door_to, ews_host)

    assert stopped(found) == ("find-server", "autodiscover-redirect-untrusted")
    assert found.problem_host == ews_host
    assert (len(agreed.carrying), other.requests) == (1, [])


def test_where_autodiscover_names_exchange_online_the_mailbox_has_moved(certificates, door_to):
    with exchange(certificates, identity=certificates.issue("autodiscover.acme.dk")) as agreed:
        answer = pox_settings("https://outlook.office365.com/EWS/Exchange.asmx")
        agreed.answers[POX] = agreed.guarded(agreed.xml(answer))
        settings = {"url": "", "autodiscover": f"autodiscover.acme.dk:{agreed.port}"}
        found = check(box(agreed, **settings, address="bob@acme.dk"), door_to(certificates))

    assert stopped(found) == ("find-server", "mailbox-moved")


@pytest.mark.parametrize("ews_host", ["mail.hoster.dk", "mail.acme.dk"])
def test_only_the_mail_domain_itself_may_name_a_private_address_or_another_port(certificates, ews_host):
    names = Table(**{ews_host: ["10.9.8.7"]})
    door = dialer(certificates.ca, names=names, limits=HASTY)
    with exchange(certificates, identity=certificates.issue("autodiscover.hoster.dk")) as agreed:
        answer = pox_settings(f"https://{ews_host}:8443/EWS/Exchange.asmx")
        agreed.answers[POX] = agreed.guarded(agreed.xml(answer))
        settings = {"url": "", "autodiscover": f"autodiscover.hoster.dk:{agreed.port}"}
        found = check(box(agreed, **settings, address="bob@acme.dk"), door)

    refused = found.problem == "address-not-allowed"
    assert refused == (ews_host == "mail.hoster.dk")
    assert found.failed


def test_a_typed_address_may_lead_to_any_port_of_a_private_network(certificates):
    door = dialer(certificates.ca, names=Table(**{"mail.acme.dk": ["10.9.8.7"]}), limits=HASTY)
    url = "https://mail.acme.dk:8443/EWS/Exchange.asmx"

    found = trial.run(
        ExchangeFamily(),
        Mailbox("bob@acme.dk", {"url": url, "autodiscover": "", "username": "bob"}, Secret(password="secret")),
        door,
    )

    assert states(found)["find-server"] == "passed"
    assert found.problem != "address-not-allowed"


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "192.0.2.1"])
def test_a_typed_address_leads_to_no_address_that_is_nobodys_mail_server(certificates, address):
    door = Dialer(Policy(), Table(**{"mail.acme.dk": [address]}), trust(certificates.ca))
    settings = {"url": "https://mail.acme.dk/EWS/Exchange.asmx", "autodiscover": "", "username": "bob"}

    found = trial.run(ExchangeFamily(), Mailbox("bob@acme.dk", settings, Secret(password="secret")), door)

    assert stopped(found) == ("find-server", "address-not-allowed")


# Odd servers.


def test_what_the_account_may_not_put_anywhere_it_may_not_send_and_the_inbox_can_receive_only(server, door):
    server.read_only = True

    found = check(box(server), door)
    kept = check(box(server, receives_only=True), door)

    assert stopped(found) == ("send", "sender-not-allowed")
    assert "read" in found.proofs
    assert not kept.failed
    assert "send" not in kept.proofs


def test_where_the_outbox_is_missing_the_drafts_tell_whether_mail_may_be_sent(server, door):
    server.missing = {"outbox"}

    found = check(box(server), door)

    (told,) = [stage.values["folder"] for stage in found.stages if stage.name == "send"]
    assert (found.failed, told) == (False, "Drafts")


def test_a_server_that_tells_no_version_passes_when_it_speaks_the_protocol(server, door):
    server.version = None

    found = check(box(server), door)

    assert not found.failed
    (told,) = [stage.detail for stage in found.stages if stage.name == "version"]
    assert told == "not told"


def test_exchange_online_behind_an_address_of_ones_own_is_a_mailbox_that_has_moved(server, door):
    server.version = ("15", "20", "7001", "5")

    assert stopped(check(box(server), door)) == ("version", "mailbox-moved")


def test_a_server_that_closes_after_each_answer_is_connected_to_anew(server, door):
    server.closes = True

    found = check(box(server), door)

    assert not found.failed
    assert server.server.connections == len(server.requests)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        b"\xff\xfe<\x00x\x00>\x00",
        b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>",
        b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>",
        b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>" + b"<a>" * 20000 + b"</a>" * 20000,
        b"<soap>" + b"x" * 100000,
        b'{"error": 1}',
        b"<html><body>Welcome</body></html>",
        response_message("GetFolder", "").encode(),
        envelope(response_message("GetFolder", "")),
        envelope(response_message("GetFolder", "<m:Folders/>")),
        envelope(response_message("GetFolder", "<m:Folders><t:Folder/></m:Folders>")),
        envelope(response_message("GetItem", "<m:Items/>")),
        envelope("<m:GetFolderResponse/>"),
        envelope("<s:Fault><faultcode>x</faultcode></s:Fault>"),
        envelope("<s:Fault/>"),
        fault("ErrorOfAKindThatNobodyKnows", "Hm."),
        fault("ErrorServerBusy", "Busy.", more="<t:MessageXml xmlns:t='x'/>"),
    ],
    ids=lambda body: body[:60].decode("latin-1"),
)
def test_whatever_comes_in_place_of_an_answer_is_explained_and_nothing_falls_over(server, door, body):
    server.answers["GetFolder"] = lambda _request: server.xml(body)

    found = check(box(server), door)

    assert found.failed
    assert found.problem in CATALOGUE
    assert found.problem not in {"unknown", "bad-credentials"}


def test_characters_that_xml_does_not_have_are_read_past(server, door):
    server.aliases = ("b&#x1;b@acme.test", "bo\x0bb@acme.test")

    assert not check(box(server), door).failed


@pytest.mark.parametrize("at", ["/EWS/Exchange.asmx"])
def test_a_redirect_of_the_web_services_is_not_followed(certificates, server, door, at):
    with exchange(certificates) as other:
        place = f"https://{HOST}:{other.port}{at}"
        server.answers["/ews/exchange.asmx"] = server.response(302, b"", ("Location", place))
        found = check(box(server), door)

    assert found.problem_stage == "methods"
    assert other.requests == []


def test_a_password_that_comes_back_in_an_answer_is_masked(server, door):
    server.answers["GetFolder"] = lambda _request: server.xml(fault("ErrorAccessDenied", "No secret for you"), 500)

    assert "secret" not in check(box(server), door).server_text


def test_nothing_that_was_sent_or_said_stands_in_a_log(server, door, caplog):
    caplog.set_level("DEBUG")

    check(box(server), door)
    check(box(server, password="wrong"), door)

    assert "secret" not in caplog.text
    assert "Basic" not in caplog.text
    assert "GetFolder" not in caplog.text


def test_the_bare_domain_gets_no_password_whoever_names_it(certificates, door_to):
    found, agreed, other = named_by(certificates, door_to, "acme.dk", asked="autodiscover.acme.dk")

    assert stopped(found) == ("find-server", "autodiscover-failed")
    assert (len(agreed.carrying), other.requests) == (1, [])


def test_a_redirect_of_autodiscover_to_the_bare_domain_is_not_followed_with_the_password(certificates, door_to):
    with (
        exchange(certificates, identity=certificates.issue("autodiscover.acme.dk")) as agreed,
        exchange(certificates, identity=certificates.issue("acme.dk")) as site,
    ):
        place = f"https://acme.dk:{site.port}{POX}"
        agreed.answers[POX] = agreed.guarded(agreed.response(302, b"", ("Location", place)))
        settings = {"url": "", "autodiscover": f"autodiscover.acme.dk:{agreed.port}"}
        found = check(box(agreed, **settings, address="bob@acme.dk"), door_to(certificates))

    assert stopped(found) == ("find-server", "autodiscover-failed")
    assert (len(agreed.carrying), site.requests) == (1, [])
