"""A line opens connections for one check and closes all of them at its end."""

from threading import Event

import pytest

from console.providers.dial import Pin
from console.providers.errors import CertificateRefused, EncryptionNotOffered
from console.providers.line import Line
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.imap_kinds import PLAIN
from tests.peers.imap_server import imap_server
from tests.peers.scripted import serve
from tests.peers.smtp_answers import smtp_answers
from tests.providers.doors import dialer


@pytest.fixture
def door(certificates):
    return dialer(certificates.ca)


def connected(line, port):
    return line.connect(HOST, line.resolve(HOST, port), port)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_both_ways_of_encryption_lead_to_an_encrypted_imap_session(certificates, door, security):
    with imap_server(certificates, PLAIN) as server, Line(door) as line:
        port = getattr(server, security)
        client = line.imap(connected(line, port), HOST, port, security)

        assert client.connection.encrypted


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_both_ways_of_encryption_lead_to_an_encrypted_smtp_session(certificates, door, security):
    with smtp_answers(certificates) as server, Line(door) as line:
        port = getattr(server, security)
        client = line.smtp(connected(line, port), HOST, port, security)

        assert client.connection.encrypted


@pytest.mark.parametrize("security", ["none", "", "TLS"])
def test_there_is_no_way_without_encryption(door, security):
    with serve(scripted.imap()) as server, Line(door) as line, pytest.raises(EncryptionNotOffered):
        line.imap(connected(line, server.port), HOST, server.port, security)


def test_everything_opened_is_closed_at_the_end(certificates, door):
    with imap_server(certificates) as imap, smtp_answers(certificates) as smtp:
        with Line(door) as line:
            raw = connected(line, imap.tls)
            reading = line.imap(connected(line, imap.tls), HOST, imap.tls, "tls")
            sending = line.smtp(connected(line, smtp.tls), HOST, smtp.tls, "tls")

        assert [raw.fileno(), reading.connection.fileno(), sending.connection.fileno()] == [-1, -1, -1]


def test_everything_opened_is_closed_when_the_check_fails(door):
    def fail(line):
        opened.append(connected(line, server.port))
        assert met.wait(5)
        raise RuntimeError

    def silent(talk):
        met.set()
        talk.wait()

    opened, met = [], Event()
    with serve(silent) as server:
        with pytest.raises(RuntimeError), Line(door) as line:
            fail(line)

        assert opened[0].fileno() == -1
        assert server.conversations[0].ended.wait(5)


def test_a_pin_is_used_for_its_server(certificates, door):
    with imap_server(certificates, identity=certificates.self_signed) as server:
        with Line(door, [Pin(HOST, server.tls, certificates.self_signed.sha256)]) as line:
            assert line.imap(connected(line, server.tls), HOST, server.tls, "tls")
        with Line(door) as line, pytest.raises(CertificateRefused):
            line.imap(connected(line, server.tls), HOST, server.tls, "tls")


def test_parting_says_goodbye_and_waits_for_nothing(certificates, door):
    with imap_server(certificates) as server:
        logout = server.hold("LOGOUT")
        with Line(door) as line:
            client = line.imap(connected(line, server.tls), HOST, server.tls, "tls")
            line.part(client)

        assert client.connection.fileno() == -1
        logout.set()


def test_parting_from_a_server_that_has_gone_is_no_failure(certificates, door):
    script = scripted.imap(tls=certificates.good.context())
    with Line(door) as line:
        with serve(script) as server:
            client = line.imap(connected(line, server.port), HOST, server.port, "tls")

        line.part(client)

    assert client.connection.fileno() == -1


def test_all_connections_of_a_check_share_one_budget(door):
    with serve(scripted.silent) as server, Line(door) as line:
        first, second = connected(line, server.port), connected(line, server.port)
        before = line.budget.bytes_left()
        first.sendall(b"x" * 100)
        second.sendall(b"x" * 100)

        assert before - line.budget.bytes_left() == 200
