"""HTTP over a check's line: one request, one answer, whatever the other side does with it."""

import time
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from requests import Session

from console.providers.adapter import dialling
from console.providers.dial import Limits
from console.providers.errors import (
    AddressRefused,
    CertificateRefused,
    ConnectionLost,
    ConnectionRefused,
)
from console.providers.line import Line
from console.providers.web import Answer, BadAnswer, Target, WebLine
from console.rules.network import Policy
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.consent_server import consent_server
from tests.peers.scripted import closed_port, serve
from tests.peers.sites import response
from tests.providers.doors import HASTY, LOOPBACK, Table, dialer

OK = response(b'{"a": 1}')


@pytest.fixture
def server():
    with consent_server() as made:
        yield made


def asked(url, *, door=None, method="GET", **options) -> Answer:
    with Line(door or dialer()) as line:
        return WebLine(line).ask(method, url, **options)


def answered(script, **options):
    """Ask a server that follows `script` once the request has come."""

    def talk(conversation):
        while conversation.line():
            pass
        script(conversation)

    with serve(talk) as running:
        return asked(f"http://127.0.0.1:{running.port}/page", **options)


def test_an_answer_is_status_headers_and_fields(server):
    server.says("/page", {"a": [1]}, status=418, x_word="yes")

    found = asked(f"{server.url}/page?q=1")

    assert (found.status, found.headers["x-word"], found.fields()) == (418, "yes", {"a": [1]})


def test_a_request_says_who_asks_and_brings_no_cookies(server):
    server.says("/page", {})

    asked(f"{server.url}/page")

    headers = server.requests[0].headers
    assert headers["user-agent"] == "inbox-console"
    assert headers["accept-encoding"] == "identity"
    assert "cookie" not in headers


def test_a_form_is_sent_as_one(server):
    server.says("/token", {}, method="POST")

    asked(f"{server.url}/token", method="POST", form={"a": "1 & 2", "b": "æ"})

    assert server.requests[0].form == {"a": "1 & 2", "b": "æ"}


def test_a_redirect_is_an_answer_and_not_followed(server):
    server.says("/page", b"", status=302, location=f"{server.url}/other").says("/other", {})

    found = asked(f"{server.url}/page")

    assert (found.status, found.headers["location"], len(server.requests)) == (302, f"{server.url}/other", 1)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (scripted.cuts(b"* OK IMAP4rev1 ready\r\n"), "no proper HTTP"),
        (scripted.cuts(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), ""),
        (scripted.cuts(b"HTTP/1.1 two OK\r\n\r\n"), "no proper HTTP"),
        (scripted.cuts(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "no proper HTTP"),
        (scripted.cuts(b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"half": '), ""),
        (scripted.cuts(b"HTTP/1.1 200 OK\r\nContent-Le"), "too early"),
        (scripted.cuts(), "no proper HTTP"),
        (scripted.cuts(response(b"\x1f\x8b" * 9, content_encoding="gzip")), "compressed"),
        (scripted.cuts(response(b" " * 200 * 1024)), "longer than 192 KB"),
        (scripted.cuts(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n"), "longer than 192 KB"),
        (scripted.floods(b"x", b"HTTP/1.1 200 OK\r\n\r\n"), "longer"),
        (scripted.floods(b"X-Many: y\r\n", b"HTTP/1.1 200 OK\r\n"), ""),
        (scripted.floods(b"x", b"HTTP/1.1 200 OK\r\nX-Long: "), ""),
    ],
    ids=range(13),
)
def test_what_is_no_proper_answer_is_a_bad_one(script, reason):
    with pytest.raises(BadAnswer) as caught:
        answered(script).fields()

    assert reason in str(caught.value)
    assert caught.value.code == "server-unavailable"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>sign in to the hotel</html>", b"[1, 2]", b"7", b'"text"', b"null", b"[" * 100_000, b'{"a":' * 30_000,
     b"\xff\xfe{}", b'{"a": 1', b"9" * 50_000, b"{'a': 1}"],
    ids=lambda body: str(body[:12]),
)  # fmt: skip
def test_what_is_no_json_object_is_a_bad_answer(body):
    with pytest.raises(BadAnswer):
        Answer(200, {}, body).fields()


@pytest.mark.parametrize(
    "script",
    [scripted.silent, scripted.drips(b"HTTP/1.1 200 OK\r\n\r\n"), scripted.drips(b"", b"x")],
    ids=["silent", "drips", "drips for ever"],
)
def test_a_server_that_never_ends_is_left_within_the_stage_and_has_trouble_of_its_own(script):
    began = time.monotonic()

    with pytest.raises(BadAnswer):
        answered(script, door=dialer(limits=HASTY))

    assert time.monotonic() - began < 5


def test_a_reset_connection_is_said_as_such():
    with serve(scripted.resets) as running, pytest.raises((ConnectionLost, BadAnswer)):
        asked(f"http://127.0.0.1:{running.port}/")


def test_nothing_listening_is_said_as_such():
    with closed_port() as port, pytest.raises(ConnectionRefused):
        asked(f"http://127.0.0.1:{port}/")


def test_a_certificate_has_to_verify(certs):
    with (
        serve(scripted.behind(scripted.cuts(OK), certs.self_signed.context())) as running,
        pytest.raises(CertificateRefused) as caught,
    ):
        asked(f"https://imap.example.test:{running.port}/", door=dialer(certs.ca))

    assert caught.value.certificate is None


def test_behind_a_certificate_of_the_companys_authority_all_is_well(certs):
    def talk(conversation):
        conversation.encrypt(certs.good.context())
        while conversation.line():
            pass
        conversation.send(OK)

    with serve(talk) as running:
        assert asked(f"https://{HOST}:{running.port}/", door=dialer(certs.ca)).fields() == {"a": 1}


def test_plain_http_stays_inside_the_networks_that_the_operator_lists(server):
    open_ports = Policy(
        allow_networks=(ip_network("127.0.0.9/32"),), allow_ports=frozenset({80, 443}), private_networks="allow"
    )

    with pytest.raises(AddressRefused):
        asked("http://10.0.0.1/", door=dialer(policy=open_ports))
    with pytest.raises(AddressRefused):
        asked("http://graph.example/", door=dialer(policy=open_ports, names=Table(**{"graph.example": ["192.0.2.1"]})))
    assert asked(f"{server.url}/none", door=dialer(policy=LOOPBACK)).status == 404


@pytest.mark.parametrize(
    "url",
    ["", "/path", "ftp://a.test/", "http://", "http://user@a.test/", "http://a b.test/", "http://a.test/\r\nX: y",
     "http://[::1", "http://a.test:99999/", "http://" + "a" * 3000 + ".test/", "javascript:alert(1)", "http://æ.test/"],
)  # fmt: skip
def test_what_is_no_web_address_is_not_asked(url):
    with pytest.raises(BadAnswer):
        asked(url)


@pytest.mark.parametrize(
    ("url", "origin", "header"),
    [
        ("https://a.test", ("https", "a.test", 443), "a.test"),
        ("https://A.test:443/x?y#z", ("https", "a.test", 443), "a.test"),
        ("http://[::1]:8080/", ("http", "::1", 8080), "[::1]:8080"),
        ("http://127.1/", ("http", "127.0.0.1", 80), "127.0.0.1"),
    ],
)
def test_addresses_are_compared_by_their_origin(url, origin, header):
    target = Target.read(url)

    assert (target.origin, target.host_header) == (origin, header)


def test_requests_share_the_bytes_of_a_stage_or_have_one_each(server):
    server.says("/page", b"x" * 6000)
    door = dialer(limits=Limits(stage_bytes=10_000))

    with Line(door) as line:
        WebLine(line).ask("GET", f"{server.url}/page")
        with pytest.raises(BadAnswer):
            WebLine(line).ask("GET", f"{server.url}/page")
    with Line(door) as line:
        staged = WebLine(line, staged=True)
        assert [staged.ask("GET", f"{server.url}/page").status for _ in range(3)] == [200] * 3


def test_nothing_of_an_answer_is_shown():
    assert "token" not in repr(Answer(200, {"x": "token"}, b"token"))


NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("30", b"", 30),
        ("", b"Retry after 2026-11-25T12:01:00.000Z", 60),
        ("", b"Retry after 2026-99-99T99:99:99Z", None),
        ("Wed, 25 Nov 2026 12:00:10 GMT", b"", 10),
        ("Wed, 25 Nov 2026 12:00:10", b"", 10),
        ("99999999", b"", 86400),
        ("later", b"", None),
        ("", b"", None),
        ("²", b"", None),
    ],
)
def test_when_to_come_back(header, body, seconds):
    assert Answer(429, {"retry-after": header} if header else {}, body).retry_after(NOON) == seconds


def session(line) -> Session:
    return dialling(Session(), WebLine(line))


def test_a_requests_session_goes_through_the_line(server):
    server.says("/page", {"a": 1}, method="POST", status=201, x_word="yes")

    with Line(dialer()) as line:
        found = session(line).post(f"{server.url}/page", data={"b": "2"}, headers={"X-Own": "own"})

    assert (found.status_code, found.json(), found.headers["X-Word"]) == (201, {"a": 1}, "yes")
    assert server.requests[0].form == {"b": "2"}
    assert server.requests[0].headers["x-own"] == "own"
    assert server.requests[0].headers["host"] == server.url.removeprefix("http://")


def test_a_requests_session_takes_no_proxy_and_no_netrc_of_the_environment(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login alice password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.says("/page", {})

    with Line(dialer()) as line:
        assert session(line).get(f"{server.url}/page").status_code == 200
    assert "authorization" not in server.requests[0].headers


def test_a_requests_session_is_held_to_the_network_policy():
    with Line(dialer(policy=Policy())) as line, pytest.raises(AddressRefused):
        session(line).get("https://127.0.0.1/", verify=False)


def test_a_body_without_a_bound_is_not_sent(server):
    with Line(dialer()) as line, pytest.raises(TypeError):
        session(line).post(f"{server.url}/page", data=iter([b"a", b"b"]))
