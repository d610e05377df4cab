import pytest

from console.providers.dial import close
from console.providers.errors import Goodbye, WrongProtocol, clean
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.providers.doors import dialer, enter

both_securities = pytest.mark.parametrize("security", ["tls", "starttls"])


@both_securities
def test_a_goodbye_in_place_of_a_greeting_keeps_its_reason(certs, security):
    script = scripted.behind(
        scripted.says(b"* BYE [UNAVAILABLE] Too many connections\r\n"),
        certs.good.context() if security == "tls" else None,
    )
    with serve(script) as peer, pytest.raises(Goodbye) as caught:
        enter(dialer(certs.ca), peer, "imap", security)
    assert caught.value.code is None
    assert caught.value.server_text == "* BYE [UNAVAILABLE] Too many connections"


@pytest.mark.parametrize("greeting", [b"421 4.7.0 Too many connections\r\n", b"554-no\r\n554 No service here\r\n"])
def test_an_smtp_server_that_sends_clients_away_keeps_its_reason(greeting):
    with serve(scripted.says(greeting)) as peer, pytest.raises(Goodbye) as caught:
        enter(dialer(), peer, "smtp", "starttls")
    assert caught.value.server_text == clean(greeting.splitlines()[0])


def test_a_goodbye_in_the_middle_of_a_session_keeps_its_reason(certs):
    answers = {b"LOGIN": b"* BYE [ALERT] Server shutting down\r\n"}
    with serve(scripted.imap(tls=certs.good.context(), answers=answers)) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        with pytest.raises(Goodbye) as caught:
            client.login("anna", "secret")
        close(client)
    assert caught.value.server_text == "* BYE [ALERT] Server shutting down"


def test_a_session_that_is_signed_in_already_proves_no_sign_in(certs):
    with serve(scripted.says(b"* PREAUTH welcome\r\n")) as peer, pytest.raises(WrongProtocol):
        enter(dialer(certs.ca), peer, "imap", "starttls")


def test_a_greeting_in_latin_1_is_read(certs):
    script = scripted.imap(tls=certs.good.context(), greeting="* OK Gr\u00fc\u00dfe\r\n".encode("latin-1"))
    with serve(script) as peer:
        close(enter(dialer(certs.ca), peer, "imap", "tls"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("gr\u00fcn".encode(), "gr\u00fcn"),
        ("gr\u00fcn".encode("latin-1"), "gr\u00fcn"),
        (b"a\x00b\x1b[31mc\r\nd", "a b [31mc d"),
        ("a\u202eb".encode(), "a b"),
        (b"x" * 5000, "x" * 300),
    ],
)
def test_what_a_server_says_becomes_one_short_clean_line(data, text):
    assert clean(data) == text
