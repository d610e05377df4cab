import base64

import imapclient
import pytest

from console.providers.dial import close
from console.providers.errors import WrongProtocol
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.providers.doors import dialer, enter


@pytest.mark.parametrize(
    "answer",
    [
        "* CAPABILITY IMAP4rev1 X-\u00c4\r\n%t OK done\r\n".encode("latin-1"),
        b"* CAPABILITY IMAP4rev1\r\n%t OK fa\xe7ade\r\n",
    ],
)
def test_capabilities_in_latin_1_are_read(certs, answer):
    with serve(scripted.imap(tls=certs.good.context(), answers={b"CAPABILITY": answer})) as peer:
        close(enter(dialer(certs.ca), peer, "imap", "tls"))


@pytest.mark.parametrize(
    "answer",
    [
        b"%t NO what\r\n",
        b"%t BAD what\r\n",
        b"%t OK done\r\n",
        b"* CAPABILITY POP3\r\n%t OK done\r\n",
        b"what is this\r\n",
        b"* X {" + b"9" * 5000 + b"}\r\n",
        b"\r\n",
        b"zzz9 OK done\r\n",
    ],
)
def test_a_server_that_knows_no_capabilities_is_a_wrong_server(certs, answer):
    script = scripted.imap(tls=certs.good.context(), answers={b"CAPABILITY": answer})
    with serve(script) as peer, pytest.raises(WrongProtocol) as caught:
        enter(dialer(certs.ca), peer, "imap", "tls")
    assert caught.value.code == "wrong-server"


@pytest.mark.parametrize("answer", [b"500 what\r\n", b"502 no\r\n", b"what\r\n", b"\r\n"])
def test_a_server_that_knows_no_ehlo_is_a_wrong_server(certs, answer):
    script = scripted.smtp(tls=certs.good.context(), answers={b"EHLO": answer})
    with serve(script) as peer, pytest.raises(WrongProtocol):
        enter(dialer(certs.ca), peer, "smtp", "tls")


def test_capabilities_in_the_greeting_save_a_round_trip(certs):
    script = scripted.imap(tls=certs.good.context(), greeting=b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN ID] hi\r\n")
    with serve(script) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        assert client.mechanisms() == {"PLAIN"}
        assert not client.login_disabled()
        close(client)
    assert peer.received == b""


def test_what_a_server_can_do_after_the_sign_in_is_not_what_it_said_before(certs):
    script = scripted.imap(
        tls=certs.good.context(),
        greeting=b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n",
        answers={b"LOGIN": b"%t OK [CAPABILITY IMAP4rev1 SPECIAL-USE] done\r\n"},
    )
    with serve(script) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        assert not client.has_capability("SPECIAL-USE")
        client.login("anna", "secret")
        assert client.has_capability("SPECIAL-USE")
        close(client)


def test_a_user_name_and_password_are_sent_as_quoted_strings(certs):
    with serve(scripted.imap(tls=certs.good.context())) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        client.login_quoted('anna "the" b', "back\\slash")
        close(client)
    assert b'LOGIN "anna \\"the\\" b" "back\\\\slash"\r\n' in peer.received


@pytest.mark.parametrize("username", ["anna\r\nX NOOP", "anna\0", "\u00e6nna"])
def test_what_login_cannot_carry_is_not_sent(certs, username):
    with serve(scripted.imap(tls=certs.good.context())) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        with pytest.raises(ValueError, match="LOGIN"):
            client.login_quoted(username, "secret")
        close(client)
    assert b"LOGIN" not in peer.received


def test_a_refused_login_is_imapclients_own_error(certs):
    answers = {b"LOGIN": b"%t NO [AUTHENTICATIONFAILED] no\r\n"}
    with serve(scripted.imap(tls=certs.good.context(), answers=answers)) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        with pytest.raises(imapclient.exceptions.LoginError, match="AUTHENTICATIONFAILED"):
            client.login("anna", "secret")
        close(client)


def test_neither_client_keeps_or_logs_the_password(certs, caplog):
    caplog.set_level("DEBUG")
    with serve(scripted.imap(tls=certs.good.context())) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        client.login("anna", "sesame-open")
        kept = repr(vars(client._imap))
        close(client)
    assert "sesame-open" not in kept
    assert "sesame-open" not in caplog.text


@pytest.mark.parametrize(
    ("helo", "said"),
    [
        ("console.example.com", b"ehlo console.example.com\r\n"),
        ("[192.0.2.1]", b"ehlo [192.0.2.1]\r\n"),
        ("192.0.2.1", b"ehlo [192.0.2.1]\r\n"),
        ("2001:db8::1", b"ehlo [IPv6:2001:db8::1]\r\n"),
        ("fe80::1%\r\nQUIT", b"ehlo [127.0.0.1]\r\n"),
        ("evil\r\nMAIL FROM:<>", b"ehlo [127.0.0.1]\r\n"),
        ("", b"ehlo [127.0.0.1]\r\n"),
    ],
)
def test_the_console_names_itself_to_smtp_servers_in_a_safe_way(certs, helo, said):
    with serve(scripted.smtp(tls=certs.good.context())) as peer:
        close(enter(dialer(certs.ca, helo=helo), peer, "smtp", "tls"))
    assert peer.received == said


def test_a_door_that_fails_has_closed_the_connection():
    with serve(scripted.says(b"+OK ready\r\n")) as peer:
        with pytest.raises(WrongProtocol):
            enter(dialer(), peer, "imap", "starttls")
        assert peer.conversations[0].ended.wait(5)


def test_nothing_is_left_to_close():
    close(None)


def test_the_password_is_given_to_the_first_challenge_only(certs):
    asks_twice = b"+ \r\n+ and once more\r\n%t NO that is all\r\n"
    with serve(scripted.imap(tls=certs.good.context(), answers={b"AUTHENTICATE": asks_twice})) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        with pytest.raises(imapclient.exceptions.LoginError):
            client.plain_login("anna", "sesame-open")
        kept = repr(vars(client._imap))
        close(client)
        assert peer.conversations[0].ended.wait(10)
    answer = base64.b64encode(b"\0anna\0sesame-open")
    assert peer.received.count(answer) == 1
    assert answer + b"\r\n*\r\n" in peer.received
    assert "sesame-open" not in kept
    assert answer.decode() not in kept
