"""Servers that are silent, slow, endless or something else: a whole check ends, tells why, and stays within bounds."""

import pytest

from console.providers.dial import Limits
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.imap_server import imap_server
from tests.peers.scripted import after, cuts, drips, floods, says, serve, silent
from tests.peers.smtp_answers import smtp_answers
from tests.providers.boxes import ALL, box, check, states, stopped, until
from tests.providers.doors import HASTY, dialer

UNHURRIED = Limits(stage_seconds=1, run_seconds=30)
TEN_MEGABYTES = b"y" * 10_000_000
securities = pytest.mark.parametrize("security", ["tls", "starttls"])


@pytest.fixture
def door(certificates):
    return dialer(certificates.ca)


@pytest.fixture
def hasty(certificates):
    return dialer(certificates.ca, limits=HASTY)


# In place of the incoming server, before any encryption.

TOO_MUCH = {
    "a banner of ten megabytes": says(b"* OK " + TEN_MEGABYTES + b"\r\n"),
    "a line without an end": floods(b"x", b"* OK "),
    "untagged lines without an end": floods(b"* 1 EXISTS\r\n", b"* OK ready\r\n"),
    "a literal of two gigabytes": scripted.imap(answers={b"CAPABILITY": b"* CAPABILITY {2000000000}\r\nabc"}),
    "a literal of a number without an end": scripted.imap(answers={b"CAPABILITY": b"* X {" + b"9" * 5000 + b"}\r\n"}),
}
OTHERS = {
    "HTTP": says(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>"),
    "SMTP": says(b"220 mail.acme.test ESMTP Postfix\r\n"),
    "POP3": says(b"+OK Dovecot ready.\r\n"),
    "SSH": says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "FTP": says(b"220 ProFTPD FTP Server ready\r\n"),
}


# What speaks slowly in plain text where TLS is expected has shown already that it is the wrong port.
@pytest.mark.parametrize(
    ("script", "security", "code"),
    [
        (silent, "tls", "connection-timeout"),
        (silent, "starttls", "connection-timeout"),
        (drips(b"* OK "), "tls", "tls-wrong-port"),
        (drips(b"* OK "), "starttls", "connection-timeout"),
    ],
)
def test_a_slow_server_ends_the_check_while_securing(hasty, script, security, code):
    with serve(script) as server:
        found = check(box(server.port, 1, imap_security=security), hasty)

    assert (states(found), found.problem) == (until("secure"), code)
    assert b"LOGIN" not in server.received


@pytest.mark.parametrize("opening", [b"", b"* O", b"* OK ready\r\n"])
@securities
def test_a_line_that_is_cut_is_a_reset_while_securing(door, opening, security):
    with serve(cuts(opening)) as server:
        found = check(box(server.port, 1, imap_security=security), door)

    # What arrives before the reset depends on the network: all of the opening, a part of it, or nothing.
    assert found.problem_stage == "secure"
    assert found.problem in {"connection-reset", "tls-wrong-port", "wrong-server"}
    assert states(found) == until("secure")


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_a_server_that_says_too_much_is_a_wrong_server(door, kind):
    with serve(TOO_MUCH[kind]) as server:
        found = check(box(server.port, 1, imap_security="starttls"), door)

    assert (states(found), found.problem) == (until("secure"), "wrong-server")
    assert len(found.server_text) <= 300


@pytest.mark.parametrize("kind", OTHERS)
@securities
def test_another_protocol_on_the_imap_port_is_named(door, kind, security):
    with serve(OTHERS[kind]) as server:
        found = check(box(server.port, 1, imap_security=security), door)

    assert (states(found), found.problem) == (until("secure"), "wrong-server")
    assert kind in found.server_text
    assert found.attempted == ()


@pytest.mark.parametrize(
    ("kind", "greeting"),
    [
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("IMAP", b"* OK IMAP4rev1 ready\r\n"),
        ("POP3", b"+OK ready\r\n"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    ],
)
@securities
def test_another_protocol_on_the_smtp_port_is_named(certificates, door, kind, greeting, security):
    with imap_server(certificates) as imap, serve(says(greeting)) as server:
        found = check(box(imap.tls, server.port, smtp_security=security), door)

    assert (states(found), found.problem) == (until("smtp-secure"), "wrong-server")
    assert kind in found.server_text


@pytest.mark.parametrize(
    ("script", "security", "code"),
    [
        (silent, "tls", "connection-timeout"),
        (silent, "starttls", "connection-timeout"),
        (drips(b"220 "), "tls", "tls-wrong-port"),
        (drips(b"220 "), "starttls", "connection-timeout"),
    ],
)
def test_a_slow_outgoing_server_ends_the_check_while_securing(certificates, script, security, code):
    # The incoming server is a good one and needs the time it needs.
    door = dialer(certificates.ca, limits=UNHURRIED)
    with imap_server(certificates) as imap, serve(script) as server:
        found = check(box(imap.tls, server.port, smtp_security=security), door)

    assert (states(found), found.problem) == (until("smtp-secure"), code)
    assert b"AUTH" not in server.received


# Behind TLS, at every later stage.


def behind_tls(certificates, **answers):
    return scripted.imap(
        tls=certificates.good.context(), answers={name.encode(): answer for name, answer in answers.items()}
    )


@pytest.mark.parametrize(
    ("command", "stage"), [("CAPABILITY", "secure"), ("LOGIN", "sign-in"), ("EXAMINE", "open-inbox")]
)
@pytest.mark.parametrize(
    "flood", [floods(b"x", b"* "), floods(b"* 1 EXISTS\r\n"), says(b"* X {2000000000}\r\n"), says(TEN_MEGABYTES)]
)
def test_a_server_that_floods_after_a_command_fails_that_stage(certificates, door, command, stage, flood):
    script = after(f" {command}".encode(), flood, behind_tls(certificates))
    with serve(script) as server:
        found = check(box(server.port, 1), door)

    assert (states(found), found.problem) == (until(stage), "wrong-server")


@pytest.mark.parametrize(
    ("command", "stage"), [("CAPABILITY", "secure"), ("LOGIN", "sign-in"), ("EXAMINE", "open-inbox")]
)
@pytest.mark.parametrize("slow", [silent, drips(b"* OK ")], ids=["silent", "slow"])
def test_a_server_that_falls_silent_after_a_command_fails_that_stage(certificates, command, stage, slow):
    door = dialer(certificates.ca, limits=UNHURRIED)
    script = after(f" {command}".encode(), slow, behind_tls(certificates))
    with serve(script) as server:
        found = check(box(server.port, 1), door)

    assert (states(found), found.problem) == (until(stage), "connection-timeout")


@pytest.mark.parametrize("flood", [floods(b"x", b"* "), floods(b"* LIST () NIL x\r\n"), says(b"* X {2000000000}\r\n")])
def test_a_server_that_floods_while_sent_is_sought_only_warns(certificates, door, flood):
    script = after(b" LIST ", flood, behind_tls(certificates))
    with serve(script) as server, smtp_answers(certificates) as smtp:
        found = check(box(server.port, smtp.tls), door)

    assert states(found) == {**dict.fromkeys(ALL, "passed"), "find-sent": "failed"}
    assert (found.failed, found.warned) == (False, True)


class Watched:
    """A door whose budgets can be looked at afterwards."""

    def __init__(self, door):
        self._door, self.made = door, []

    def __getattr__(self, name):
        return getattr(self._door, name)

    def budget(self):
        self.made.append(self._door.budget())
        return self.made[-1]


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_no_stage_takes_more_bytes_than_it_may(door, kind):
    watched = Watched(door)
    with serve(TOO_MUCH[kind]) as server:
        check(box(server.port, 1, imap_security="starttls"), watched)

    assert watched.made[0]._bytes_left >= -16 * 1024


def test_a_check_ends_within_the_time_of_all_stages_together(certificates):
    # Each stage alone would be in time.
    limits = Limits(stage_seconds=0.5, run_seconds=1)
    with imap_server(certificates, delay=0.3) as imap:
        found = check(box(imap.tls, 1), dialer(certificates.ca, limits=limits))

    assert (found.failed, found.problem) == (True, "connection-timeout")


# What servers say.


def test_a_greeting_in_latin_1_passes(certificates, door):
    greeting = "* OK Übermütiger Pöstserver bereit\r\n".encode("latin-1")
    script = scripted.imap(tls=certificates.good.context(), greeting=greeting)
    with serve(script) as server:
        found = check(box(server.port, 1), door)

    assert states(found)["sign-in"] == "passed"


@pytest.mark.parametrize("charset", ["latin-1", "utf-8"])
def test_a_refusal_in_any_charset_is_read(certificates, door, charset):
    answer = "%t NO [AUTHENTICATIONFAILED] Ungültiges Paßwort\r\n".encode(charset)
    with serve(behind_tls(certificates, LOGIN=answer)) as server:
        found = check(box(server.port, 1), door)

    assert stopped(found) == ("sign-in", "bad-credentials")
    assert "Ungültiges Paßwort" in found.server_text


@pytest.mark.parametrize(
    "echo",
    [
        b'%t NO login failed for bob@acme.test with "pass \\"word\\" 1"\r\n',
        b'%t NO wrong: pass "word" 1\r\n',
        b"%t BAD LOGIN bob@acme.test cGFzcyAid29yZCIgMQ==\r\n",
        b'%t NO {20}\r\npass "word" 1 again!\r\n',
    ],
)
def test_a_password_that_the_server_repeats_is_masked(certificates, door, echo):
    with serve(behind_tls(certificates, LOGIN=echo)) as server:
        found = check(box(server.port, 1, password='pass "word" 1'), door)

    assert found.problem_stage == "sign-in"
    assert "word" not in str(found).replace("password", "")
    assert "cGFzcyAid29yZCIgMQ" not in str(found)


def test_an_outgoing_servers_echo_is_masked_too(certificates, door):
    script = scripted.smtp(
        tls=certificates.good.context(), answers={b"AUTH": b"535 5.7.8 no: AGJvYkBhY21lLnRlc3QAc2VjcmV0IDIgZ28=\r\n"}
    )
    with imap_server(certificates, accounts={"bob@acme.test": "secret 2 go"}) as imap, serve(script) as server:
        found = check(box(imap.tls, server.port, password="secret 2 go"), door)

    assert stopped(found) == ("smtp-sign-in", "bad-credentials")
    assert "AGJvYkBhY21l" not in str(found)


@pytest.mark.parametrize("number", [b"99999999999999999999", b"-1", b"x", b"\xb2"])
def test_a_count_of_messages_that_is_nonsense_breaks_nothing(certificates, door, number):
    with serve(behind_tls(certificates, EXAMINE=b"* " + number + b" EXISTS\r\n%t OK done\r\n")) as server:
        found = check(box(server.port, 1), door)

    assert states(found)["open-inbox"] in {"passed", "failed"}
    assert found.problem != "client-bug"


def test_a_session_that_is_signed_in_already_proves_nothing_and_gets_no_password(certificates, door):
    script = scripted.imap(tls=certificates.good.context(), greeting=b"* PREAUTH hello\r\n")
    with serve(script) as server:
        found = check(box(server.port, 1), door)

    assert (states(found), found.problem) == (until("secure"), "wrong-server")
    assert b"LOGIN" not in server.received


def test_what_comes_before_the_handshake_of_starttls_is_taken_for_an_intruder(certificates, door):
    def both(talk):
        tag = talk.said.rsplit(b"\n", 2)[-2].split(b" ", 1)[0]
        talk.send(tag + b" OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
        talk.wait()

    script = after(b" STARTTLS", both, scripted.imap(starttls=certificates.good.context()))
    with serve(script) as server:
        found = check(box(server.port, 1, imap_security="starttls"), door)

    assert (states(found), found.problem) == (until("secure"), "wrong-server")


def test_the_name_of_the_server_is_told_with_the_problem(hasty):
    with serve(silent) as server:
        found = check(box(server.port, 1), hasty)

    assert found.problem_host == HOST
