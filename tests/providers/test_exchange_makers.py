"""Servers of Exchange's protocol as other makers, older versions and front ends speak it: the same checks pass."""

import base64
import re

import pytest

from console.providers import trial
from console.providers.base import Mailbox, Secret
from console.providers.exchange import ExchangeFamily
from tests.peers.certificates import HOST
from tests.peers.ews_server import EWS, FOLDERS, POX, SVC, exchange, operation, pox_settings
from tests.providers.boxes import states, stopped
from tests.providers.doors import dialer

ALL = ExchangeFamily.stages
LOGINS = {"alice@corp.test": "secret", "CORP\\alice": "secret"}


@pytest.fixture
def server(certificates):
    with exchange(certificates) as running:
        running.accounts, running.headers = dict(LOGINS), {"Server": "other"}
        yield running


@pytest.fixture
def check(certificates, server):
    def checked(*, username="alice@corp.test", password="secret", asks=False):
        url = f"https://{HOST}:{server.port}{EWS}"
        settings = {
            "url": "" if asks else url,
            "autodiscover": f"{HOST}:{server.port}" if asks else "",
            "username": username,
        }
        box = Mailbox("alice@example.test", settings, Secret(password=password))
        return trial.run(ExchangeFamily(), box, dialer(certificates.ca))

    return checked


def soap_settings(name, url):
    """Return the answer of SOAP Autodiscover with one setting ([MS-OXWADISC], 4.1)."""
    return (
        '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response>'
        "<ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse><ErrorCode>NoError</ErrorCode>"
        f"<UserSettings><UserSetting><Name>{name}</Name><Value>{url}</Value></UserSetting></UserSettings>"
        "</UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></soap:Body></soap:Envelope>"
    ).encode()


@pytest.mark.parametrize("username", LOGINS)
@pytest.mark.parametrize("form", [POX, SVC])
def test_one_form_of_autodiscover_and_basic_alone_are_enough_for_either_name(server, check, form, username):
    url = f"https://{HOST}:{server.port}/ews/exchange.asmx"
    answer = pox_settings(url) if form == POX else soap_settings("ExternalEwsUrl", url)
    server.answers[form] = server.guarded(server.xml(answer))

    found = check(username=username, asks=True)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert found.settings["url"] == f"https://{HOST}:{server.port}{EWS}"
    assert not [one for one in server.carrying if one.password != (username, "secret")]


def chunked(answer):
    """Return an answer with its body in chunks, and names of headers in capitals."""
    head, _, body = answer.partition(b"\r\n\r\n")
    head = re.sub(rb"Content-Length: \d+", b"TRANSFER-ENCODING: Chunked", head)
    parts = [body[:7], body[7:]] if body else []
    return head + b"\r\n\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


def of_1_0(answer):
    """Return an answer of HTTP/1.0, which ends with the connection."""
    return re.sub(rb"\r\nContent-Length: \d+", b"\r\nConnection: close", answer.replace(b"HTTP/1.1", b"HTTP/1.0", 1))


def shouted(answer):
    """Return an answer whose headers are written otherwise."""
    answer = answer.replace(b"Content-Type: text/xml; charset=utf-8", b'content-type: Text/XML; CharSet="UTF-8"')
    return answer.replace(b"WWW-Authenticate: Basic", b"www-authenticate: bAsIc")


@pytest.mark.parametrize("manner", [chunked, of_1_0, shouted])
def test_every_manner_of_http_is_read(server, check, manner):
    server.cuts = manner is of_1_0
    usual = server._ews
    server.answers[EWS.casefold()] = lambda request: manner(usual(request))

    assert states(check()) == dict.fromkeys(ALL, "passed")


def renamed(body):
    """Return XML with other prefixes, and without a declaration."""
    for name, other in (("s", "e"), ("m", "ns1"), ("t", "ns2")):
        body = body.replace(f"<{name}:".encode(), f"<{other}:".encode())
        body = body.replace(f"</{name}:".encode(), f"</{other}:".encode())
        body = body.replace(f"xmlns:{name}=".encode(), f"xmlns:{other}=".encode())
    return body.partition(b"?>")[2]


def default_namespace(body):
    """Return XML whose envelope has no prefix."""
    body = body.replace(b"<s:", b"<").replace(b"</s:", b"</").replace(b"xmlns:s=", b"xmlns=")
    return body.partition(b"?>")[2]


def of_utf_16(body):
    return body.replace(b'encoding="utf-8"', b'encoding="utf-16"').decode().encode("utf-16")


def spaced(body):
    return b"\xef\xbb\xbf" + body.replace(b"><", b">\r\n  <") + b"\r\n"


def commented(body):
    return body.replace(b"?>", b"?>\n<!-- made by another -->", 1)


@pytest.mark.parametrize("manner", [renamed, default_namespace, of_utf_16, spaced, commented])
def test_every_manner_of_xml_is_read(server, check, manner):
    usual = server._ews

    def answer(request):
        head, _, body = usual(request).partition(b"\r\n\r\n")
        if not body.startswith(b"<?xml"):
            return head + b"\r\n\r\n" + body
        body = manner(body)
        return re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body

    server.answers[EWS.casefold()] = answer

    assert states(check()) == dict.fromkeys(ALL, "passed")


def test_exchange_2010_sp3_passes_by_its_name(server, check):
    server.version = ("14", "3", "513", "0")

    found = check()

    (told,) = [stage.values["version"] for stage in found.stages if stage.name == "version"]
    assert (states(found), told) == (dict.fromkeys(ALL, "passed"), "Exchange Server 2010 SP3 (14.3.513.0)")


def test_what_a_smaller_server_does_not_know_is_left_out_and_the_inbox_connects(server, check):
    server.version = None
    unknown = (
        b'<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/"><SOAP:Body><SOAP:Fault>'
        b"<faultcode>SOAP:Client</faultcode><faultstring>Unknown request 'ResolveNames'.</faultstring>"
        b"</SOAP:Fault></SOAP:Body></SOAP:Envelope>"
    )
    server.answers["ResolveNames"] = lambda _request: server.xml(unknown)

    found = check()

    assert (found.failed, found.warned, found.aliases) == (False, False, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<?xml version='1.0'?><s:Env",
        b"<html></html>",
        b"<Envelope/>",
        b"<s:Envelope xmlns:s='x'><s:Body/></s:Envelope>",
    ],
)
def test_a_directory_that_answers_nonsense_spoils_nothing(server, check, body):
    server.answers["ResolveNames"] = lambda _request: server.xml(body)

    found = check()

    assert (found.failed, found.warned, found.aliases) == (False, False, None)


def test_folders_without_rights_or_counts_are_taken_as_they_are(server, check):
    usual = server._folder
    server._folder = lambda request: re.sub(
        r"<t:EffectiveRights>.*</t:EffectiveRights>|<t:TotalCount>\d+</t:TotalCount>", "", usual(request)
    )

    assert not check().failed


def challenge():
    """Return a CHALLENGE_MESSAGE ([MS-NLMP], 2.2.1.2) without target information."""
    name = "CORP".encode("utf-16-le")
    fields = len(name).to_bytes(2, "little") * 2 + (56).to_bytes(4, "little")
    empty = b"\x00" * 4 + (56 + len(name)).to_bytes(4, "little")
    flags = (0xA2898205).to_bytes(4, "little")
    head = b"NTLMSSP\x00" + (2).to_bytes(4, "little") + fields + flags + b"\x01" * 8 + b"\x00" * 8 + empty + b"\x00" * 8
    return base64.b64encode(head + name).decode()


@pytest.mark.parametrize("headers", [[("Connection", "close")], [("WWW-Authenticate", "NTLM")]])
def test_basic_is_used_where_a_front_end_does_not_go_through_with_ntlm(server, check, headers):
    server.schemes = ("NTLM", 'Basic realm="x"')
    usual = server._ews

    def answer(request):
        if not request.headers.get("authorization", "").startswith("NTLM "):
            return usual(request)
        said = [("WWW-Authenticate", f"NTLM {challenge()}")] if headers[0][0] == "Connection" else []
        return server.response(401, b"", *said, *headers)

    server.answers[EWS.casefold()] = answer

    found = check()

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert {one.password for one in server.carrying} == {("alice@corp.test", "secret")}
    (told,) = [stage.values["method"] for stage in found.stages if stage.name == "sign-in"]
    assert told == "Basic"


def test_a_refused_proof_of_ntlm_is_not_followed_by_the_password(server, check):
    server.schemes = ("NTLM", 'Basic realm="x"')
    server.answers[EWS.casefold()] = lambda request: (
        server.challenge()
        if request.carries or not request.headers.get("authorization")
        else server.response(401, b"", ("WWW-Authenticate", f"NTLM {challenge()}"))
    )

    found = check()

    assert found.problem in {"bad-credentials", "exchange-other-web-server"}
    assert [one.password for one in server.carrying] == [None]


def test_where_ntlm_alone_is_offered_and_ends_in_the_middle_it_is_explained(server, check):
    server.schemes = ("NTLM",)
    server.closes = True
    usual = server._ews
    server.answers[EWS.casefold()] = lambda request: (
        server.response(401, b"", ("WWW-Authenticate", f"NTLM {challenge()}"))
        if request.headers.get("authorization")
        else usual(request)
    )

    found = check()

    assert stopped(found)[0] == "sign-in"
    assert server.carrying == []
    assert found.problem == "exchange-unreadable"


def test_the_folders_that_are_asked_for_are_the_three_that_mail_needs(server, check):
    check()

    asked = [re.findall(r'DistinguishedFolderId Id="(\w+)"', one.body) for one in server.carrying]
    assert [name for names in asked for name in names if name in FOLDERS] == ["inbox", "sentitems", "outbox"]
    assert {operation(one.body) for one in server.carrying} == {"GetFolder", "ResolveNames"}
