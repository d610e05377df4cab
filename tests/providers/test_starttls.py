import ssl

import pytest

from console.providers.dial import close
from console.providers.errors import EncryptionNotOffered, TlsWrongPort, WrongProtocol
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.providers.doors import HASTY, dialer, enter

KINDS = ["imap", "smtp"]
SECURITIES = ["tls", "starttls"]
PASSWORD = "correct horse"

both_kinds = pytest.mark.parametrize("kind", KINDS)
both_securities = pytest.mark.parametrize("security", SECURITIES)


def server(kind: str, security: str, context: ssl.SSLContext, **named):
    return getattr(scripted, kind)(**{security: context}, **named)


@both_kinds
def test_a_plain_server_of_the_right_protocol_is_the_wrong_port(kind):
    with serve(getattr(scripted, kind)()) as peer, pytest.raises(TlsWrongPort) as caught:
        enter(dialer(), peer, kind, "tls")
    assert caught.value.code == "tls-wrong-port"


@both_kinds
def test_a_tls_server_where_starttls_is_expected_is_the_wrong_port(certs, kind):
    with serve(server(kind, "tls", certs.good.context())) as peer, pytest.raises(TlsWrongPort):
        enter(dialer(limits=HASTY), peer, kind, "starttls")


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b"+OK POP3 ready\r\n", "pop3"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "http"),
        (b"<!DOCTYPE HTML>\n<html>", "http"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        (b"220 mail.example.test ESMTP\r\n", "smtp"),
        (b"220 (vsFTPd 3.0.5)\r\n", "ftp"),
        (b"\x00\x01\x02 garbage\r\n", "unknown"),
    ],
)
@both_securities
def test_another_protocol_on_the_imap_port_is_named(security, data, seen):
    with serve(scripted.says(data)) as peer, pytest.raises(WrongProtocol) as caught:
        enter(dialer(), peer, "imap", security)
    assert (caught.value.code, caught.value.seen) == ("wrong-server", seen)


@both_securities
def test_an_imap_server_on_the_smtp_port_is_named(security):
    with serve(scripted.imap()) as peer, pytest.raises(WrongProtocol) as caught:
        enter(dialer(), peer, "smtp", security)
    assert caught.value.seen == "imap"


def test_the_name_of_another_protocol_stands_in_the_text():
    with serve(scripted.says(b"+OK ready\r\n")) as peer, pytest.raises(WrongProtocol) as caught:
        enter(dialer(), peer, "imap", "starttls")
    assert caught.value.server_text == "POP3: +OK ready"


@both_kinds
def test_no_offer_of_encryption_ends_it(kind):
    with serve(getattr(scripted, kind)()) as peer, pytest.raises(EncryptionNotOffered) as caught:
        enter(dialer(), peer, kind, "starttls")
    assert caught.value.code == "encryption-not-offered"
    assert b"STARTTLS" not in peer.received


@pytest.mark.parametrize("answer", [b"%t NO not now\r\n", b"%t BAD what\r\n"])
def test_a_refused_starttls_ends_an_imap_session(certs, answer):
    script = scripted.imap(starttls=certs.good.context(), answers={b"STARTTLS": answer})
    with serve(script) as peer, pytest.raises(EncryptionNotOffered) as caught:
        enter(dialer(certs.ca), peer, "imap", "starttls")
    assert caught.value.server_text


def test_a_refused_starttls_ends_an_smtp_session(certs):
    script = scripted.smtp(starttls=certs.good.context(), answers={b"STARTTLS": b"454 TLS not available\r\n"})
    with serve(script) as peer, pytest.raises(EncryptionNotOffered) as caught:
        enter(dialer(certs.ca), peer, "smtp", "starttls")
    assert caught.value.server_text == "454 TLS not available"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("imap", b"%t OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"), ("smtp", b"220 begin\r\n250 AUTH PLAIN\r\n")],
)
def test_words_slipped_in_behind_starttls_are_an_error(certs, kind, answer):
    script = server(kind, "starttls", certs.good.context(), answers={b"STARTTLS": answer})
    with serve(script) as peer, pytest.raises(WrongProtocol):
        enter(dialer(certs.ca), peer, kind, "starttls")


@both_kinds
def test_plain_text_in_place_of_the_handshake_after_starttls_is_no_wrong_port(certs, kind):
    later = scripted.after(b"STARTTLS", _says_ok_then_plain, server(kind, "starttls", certs.good.context()))
    with serve(later) as peer, pytest.raises(WrongProtocol):
        enter(dialer(certs.ca), peer, kind, "starttls")


def _says_ok_then_plain(talk):
    tag = bytes(talk.said).splitlines()[-1].split(b" ")[0]
    talk.send(b"220 go\r\n" if tag == b"STARTTLS" else tag + b" OK go\r\n")
    talk.line()
    talk.send(b"* OK still plain\r\n" if tag != b"STARTTLS" else b"220 still plain\r\n")


def test_what_the_server_can_do_is_asked_again_after_starttls(certs):
    script = scripted.imap(
        starttls=certs.good.context(), greeting=b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED X-BEFORE] hi\r\n"
    )
    with serve(script) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "starttls")
        assert not client.has_capability("X-BEFORE")
        assert not client.has_capability("LOGINDISABLED")
        close(client)
    assert peer.received.count(b"CAPABILITY") == 1


def test_what_an_smtp_server_offered_in_plain_text_is_forgotten(certs):
    with serve(scripted.smtp(starttls=certs.good.context())) as peer:
        client = enter(dialer(certs.ca), peer, "smtp", "starttls")
        assert not client.has_extn("starttls")
        assert client.has_extn("auth")
        close(client)
