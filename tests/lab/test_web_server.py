"""The lab's own web server keeps connections open, bounds what it reads, and ends with the lab."""

import socket
import threading
from http.client import HTTPConnection

import pytest
from requests.exceptions import SSLError

from console.lab.web_server import LONGEST, Answer, web_server


@pytest.fixture
def client():
    lines = []

    def site(asked):
        lines.append(asked.line)
        if asked.path == "/hangs":
            return Answer(200, hangs=True)
        if asked.path == "/parts":
            return Answer(200, parts=lambda: iter([b"a", b"bc"]))
        return Answer(418, asked.body + asked.query.encode(), (("X-Host", asked.host),), "Short and stout")

    with web_server(site) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.lines = lines
        yield connection
        connection.close()


def ask(client, path="/", body=None, **headers):
    client.request("POST", path, body=body, headers=headers)
    answer = client.getresponse()
    return answer.status, answer.read()


def test_one_connection_carries_many_requests(client):
    answers = [ask(client, "/?q=1", b"body "), ask(client, "/?q=2")]

    assert answers == [(418, b"body q=1"), (418, b"q=2")]
    assert client.lines[0] is client.lines[1]


def test_status_words_and_headers_are_as_said(client):
    client.request("GET", "/", headers={"Host": "Mail.Corp.Test:443"})
    answer = client.getresponse()

    assert (answer.status, answer.reason, answer.headers["X-Host"]) == (418, "Short and stout", "mail.corp.test")


def test_parts_are_sent_as_they_come(client):
    assert ask(client, "/parts") == (200, b"abc")
    assert ask(client)[0] == 418


@pytest.mark.parametrize("length", [str(LONGEST + 1), "-1", "many"])
def test_a_request_that_is_too_long_is_not_read(client, length):
    client.putrequest("POST", "/")
    client.putheader("Content-Length", length)
    client.endheaders()

    assert client.getresponse().status == 413


def test_the_head_alone_is_answered_without_a_body(client):
    client.request("HEAD", "/?q=1")
    answer = client.getresponse()

    assert (answer.status, answer.read(), answer.headers["Content-Length"]) == (418, b"", "3")


def test_a_client_that_hangs_up_is_not_waited_for(client):
    before = threading.active_count()
    with socket.create_connection((client.host, client.port), 5) as line:
        line.sendall(b"POST /hangs HTTP/1.1\r\nHost: a\r\n\r\n")
        ask(client)
        waiting = threading.active_count()

    until = threading.Event()
    for _ in range(100):
        if threading.active_count() < waiting:
            break
        until.wait(0.02)
    assert before < waiting
    assert threading.active_count() < waiting


def test_what_hangs_ends_with_the_server():
    with (
        web_server(lambda _: Answer(200, hangs=True)) as port,
        socket.create_connection(("127.0.0.1", port), 5) as line,
    ):
        line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n")
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(5)
        kept = line.dup()

    with kept:
        assert kept.recv(1) == b""


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_who_comes_by_address_meets_the_exchange_server_and_a_certificate_for_its_name(corp):
    url = f"https://127.0.0.1:{corp.lab.exchange.port}/EWS/Exchange.asmx"

    with pytest.raises(SSLError, match=r"not valid for|mismatch"):
        corp.session().get(url, timeout=5)
    assert corp.session(trusting=False).get(url, timeout=5).status_code == 401
