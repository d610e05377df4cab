"""The scripted IMAP servers show what other tests count on."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from console.lab.imap_visits import Attempt, ImapServer
from tests.peers import imap_kinds as kinds
from tests.peers.certificates import Certificates
from tests.peers.imap_kinds import Kind

Serve = Callable[..., ImapServer]


@pytest.fixture
def trusting(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.check_hostname = False
    return context


@pytest.fixture
def visit(trusting: ssl.SSLContext) -> Callable[[ImapServer], IMAPClient]:
    return lambda server: IMAPClient("127.0.0.1", server.tls, ssl_context=trusting, timeout=5)


Visit = Callable[[ImapServer], IMAPClient]


def sign_in(client: IMAPClient, kind: Kind, password: str = "secret") -> None:
    if kind.offers("LOGINDISABLED", kind.secured):
        client.plain_login("anna@example.test", password)
    else:
        client.login("anna@example.test", password)


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
def test_every_kind_can_be_used_after_starttls(imap_server: Serve, trusting: ssl.SSLContext, kind: Kind) -> None:
    server = imap_server(kind)
    client = IMAPClient("127.0.0.1", server.starttls, ssl=False, timeout=5)
    assert client.has_capability("LOGINDISABLED")
    client.starttls(trusting)
    sign_in(client, kind)
    if client.has_capability("ID"):
        client.id_({"name": "test"})
    assert client.select_folder("INBOX")[b"EXISTS"] == 3
    assert [name for _, _, name in client.list_folders()] == [folder.name for folder in kind.folders]
    client.shutdown()
    assert server.passwords == ["secret"]


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
def test_every_kind_refuses_in_its_own_words(imap_server: Serve, visit: Visit, kind: Kind) -> None:
    server = imap_server(kind)
    client = visit(server)
    words = kind.refusal_plain if kind.offers("LOGINDISABLED", kind.secured) else ""
    with pytest.raises(LoginError, match=re.escape((words or kind.refusal).partition(" ")[2])):
        sign_in(client, kind, "guess")
    client.shutdown()
    assert server.attempts("anna@example.test") == 1
    assert server.passwords == ["guess"]


def test_courier_keeps_folders_below_inbox_and_flags_none(imap_server: Serve, visit: Visit) -> None:
    with visit(imap_server(kinds.COURIER)) as client:
        client.login("anna", "secret")
        assert client.namespace().personal == (("INBOX.", "."),)
        assert client.list_folders()[2] == ((b"\\HasNoChildren",), b".", "INBOX.Sent")
        with pytest.raises(client.Error, match="invalid arguments"):
            client._imap._simple_command("LIST", "(SPECIAL-USE)", '""', "*")


def test_cyrus_flags_in_lower_case(imap_server: Serve, visit: Visit) -> None:
    with visit(imap_server(kinds.CYRUS)) as client:
        client.login("anna", "secret")
        assert ((b"\\HasNoChildren", b"\\sent"), b"/", "Sent") in client.list_folders()


def test_netease_wants_an_id_before_a_folder_is_opened(imap_server: Serve, visit: Visit) -> None:
    with visit(imap_server(kinds.NETEASE)) as client:
        client.login("anna", "secret")
        with pytest.raises(client.Error, match="SELECT Unsafe Login"):
            client.select_folder("INBOX")
        client.id_({"name": "test"})
        client.select_folder("INBOX")


def test_login_is_refused_where_only_authenticate_works(imap_server: Serve, visit: Visit) -> None:
    server = imap_server(kinds.PLAIN_ONLY)
    with visit(server) as client:
        with pytest.raises(LoginError, match="PRIVACYREQUIRED"):
            client.login("anna", "secret")
        client.plain_login("anna", "secret")
    assert [attempt.command for attempt in server.visits[0].attempts] == ["LOGIN", "AUTHENTICATE"]


def test_the_server_may_cut_the_line_at_logout(imap_server: Serve, visit: Visit) -> None:
    client = visit(imap_server(kinds.CUTS_AT_LOGOUT))
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        client.logout()
    client.shutdown()


@pytest.mark.parametrize(
    "sent",
    [
        b'a LOGIN "an\\"na" "se\\\\cret"\r\n',
        b'a LOGIN {5+}\r\nan"na {7+}\r\nse\\cret\r\n',
        b"a AUTHENTICATE PLAIN AGFuIm5hAHNlXGNyZXQ=\r\n",
    ],
    ids=["quoted", "literals at once", "SASL-IR"],
)
def test_a_password_is_understood_however_it_is_sent(imap_server: Serve, trusting: ssl.SSLContext, sent: bytes) -> None:
    server = imap_server(kinds.UW, accounts={'an"na': "se\\cret"})
    with closing(_line(server, trusting)) as line:
        line.readline()
        line.write(sent)
        line.flush()
        assert line.readline().startswith(b"a OK ")
    (attempt,) = server.visits[0].attempts
    assert attempt == Attempt(sent.split()[1].decode(), 'an"na', "se\\cret", encrypted=True)


def test_a_literal_is_asked_for(imap_server: Serve, trusting: ssl.SSLContext) -> None:
    with closing(_line(imap_server(), trusting)) as line:
        line.readline()
        for part, answer in ((b"a LOGIN {4}\r\n", b"+ "), (b"anna {6}\r\n", b"+ "), (b"secret\r\n", b"a OK ")):
            line.write(part)
            line.flush()
            assert line.readline().startswith(answer)


def test_rubbish_is_answered_with_bad(imap_server: Serve, trusting: ssl.SSLContext) -> None:
    with closing(_line(imap_server(), trusting)) as line:
        line.readline()
        for part in (b'a LOGIN "x\r\n', b"a\r\n", b"a FETCH 1 (FLAGS)\r\n", b"a LOGIN x\r\n", b"a X ((\r\n"):
            line.write(part)
            line.flush()
            assert line.readline().startswith(b"a BAD ")


def test_every_answer_takes_the_given_time(imap_server: Serve, visit: Visit) -> None:
    server = imap_server(delay=0.1)
    with visit(server) as client:
        begun = monotonic()
        client.noop()
        assert monotonic() - begun >= 0.1


def test_a_held_command_is_answered_when_released(imap_server: Serve, visit: Visit) -> None:
    server = imap_server()
    release = server.hold("LOGIN")
    with visit(server) as client, ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.login, "anna", "secret")
        assert not waiting.done()
        release.set()
        assert waiting.result(5)


def test_a_certificate_can_be_chosen(imap_server: Serve, trusting: ssl.SSLContext, certificates: Certificates) -> None:
    server = imap_server(identity=certificates.expired)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        IMAPClient("127.0.0.1", server.tls, ssl_context=trusting, timeout=5)
    assert server.passwords == []


def _line(server: ImapServer, context: ssl.SSLContext) -> _Line:
    return _Line(context.wrap_socket(socket.create_connection((server.address, server.tls), 5)))


class _Line:
    """A TLS connection as lines."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock, self._file = sock, sock.makefile("rwb")
        self.readline, self.write, self.flush = self._file.readline, self._file.write, self._file.flush

    def close(self) -> None:
        self._file.close()
        self._sock.close()
