import subprocess
import sys
import time

import pytest

from console.discovery import guess
from console.discovery.deadline import Deadline
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.peers.shared import ROOT
from tests.providers.doors import dialer


def test_security_goes_before_the_name():
    tries = [str(one.server) for one in guess.attempts("imap", "acme.dk", ["mx.acme.dk", "mx2.acme.dk"])]
    assert tries == [
        *("imap.acme.dk:993", "mail.acme.dk:993", "acme.dk:993", "mx.acme.dk:993"),
        *("imap.acme.dk:143", "mail.acme.dk:143", "acme.dk:143", "mx.acme.dk:143"),
    ]
    assert {one.server.security for one in guess.attempts("smtp", "acme.dk", [])} == {"tls", "starttls"}


def test_a_mail_exchanger_with_a_usual_name_is_tried_once():
    tries = [one.server.host for one in guess.attempts("smtp", "acme.dk", ["mail.acme.dk"])]
    assert tries == ["smtp.acme.dk", "mail.acme.dk", "acme.dk"] * 2


@pytest.mark.parametrize("host", ["192.0.2.1", "localhost", "mx"])
def test_a_mail_exchanger_that_no_certificate_could_vouch_for_is_not_tried(host):
    assert host not in {one.server.host for one in guess.attempts("imap", "acme.dk", [host])}


def of(certificates, *servers, seconds=20.0):
    told: list[str] = []
    ways = [(server.port, "tls") for server in servers]
    tries = [one for one in guess.attempts("imap", "acme.test", [], {"imap": ways}) if one.server.host == "acme.test"]
    deadline = Deadline(time.monotonic, seconds)
    return guess.first(tries, dialer(certificates.ca), deadline, told.append), told


def test_a_server_that_says_nothing_keeps_no_other_from_being_found(certificates):
    with serve(scripted.silent) as silent, serve(scripted.imap(tls=certificates.issue("acme.test").context())) as good:
        found, told = of(certificates, silent, good)
        assert found["imap"].port == good.port
        assert all(conversation.ended.wait(5) for conversation in silent.conversations)
    assert any("greets" in line for line in told)


def test_what_was_found_is_handed_over_before_the_deadline(certificates):
    with serve(scripted.silent) as silent, serve(scripted.imap(tls=certificates.issue("acme.test").context())) as good:
        found, _ = of(certificates, silent, good, seconds=0.8)
    assert found["imap"].port == good.port


def test_a_server_that_sends_everybody_away_is_no_guess(certificates):
    away = scripted.imap(tls=certificates.issue("acme.test").context(), greeting=b"* BYE go away\r\n")
    with serve(away) as server:
        assert of(certificates, server)[0] == {}


def test_a_server_of_another_protocol_is_no_guess(certificates):
    other = scripted.smtp(tls=certificates.issue("acme.test").context())
    with serve(other) as server:
        assert of(certificates, server)[0] == {}


def test_a_server_that_floods_is_no_guess(certificates):
    flood = scripted.behind(scripted.floods(b"x" * 1000, b"* OK "), certificates.issue("acme.test").context())
    with serve(flood) as server:
        assert of(certificates, server)[0] == {}


# Runs after the interpreter has begun to end, as a discovery does that nobody waits for any more.
AT_THE_END = """
import atexit, time
from console.discovery import guess
from console.discovery.deadline import Deadline
from tests.providers.doors import dialer

tries = guess.attempts("imap", "acme.test", [], {"imap": [(1, "tls")]})
atexit.register(lambda: print(guess.first(tries, dialer(), Deadline(time.monotonic, 20), print)))
"""


def test_the_end_of_the_process_is_quiet():
    ended = subprocess.run(
        [sys.executable, "-c", AT_THE_END], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout.endswith("{}\n")
