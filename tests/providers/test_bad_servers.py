"""Servers that are hostile or broken. Each has to end within the limits, with its bytes counted and memory flat."""

import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.providers.dial import Budget, Limits, close
from console.providers.errors import ConnectionLost, DialError, StageTimeout, TooMuchData, WrongProtocol
from console.providers.sockets import CHUNK
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.providers.doors import HASTY, PATIENT, dialer, enter

both_securities = pytest.mark.parametrize("security", ["tls", "starttls"])
both_kinds = pytest.mark.parametrize("kind", ["imap", "smtp"])


FLOODS = {
    "a banner without an end": scripted.floods(b"x", b"* OK "),
    "untagged lines without an end": scripted.floods(b"* 1 EXISTS\r\n", b"* OK ready\r\n"),
    "a literal of two gigabytes": scripted.imap(answers={b"CAPABILITY": b"* X {2000000000}\r\nabc"}),
    "a banner of ten megabytes": scripted.says(b"* OK " + b"y" * 10_000_000 + b"\r\n"),
}
SMTP_FLOODS = {
    "a banner without an end": scripted.floods(b"x", b"220 "),
    "greeting lines without an end": scripted.floods(b"220-hello\r\n"),
    "EHLO lines without an end": scripted.after(b"EHLO|ehlo", scripted.floods(b"250-X\r\n"), scripted.smtp()),
    "an EHLO line without an end": scripted.after(b"EHLO|ehlo", scripted.floods(b"x", b"250-"), scripted.smtp()),
    "a banner of ten megabytes": scripted.says(b"220 " + b"y" * 10_000_000 + b"\r\n"),
}


def spent(budget: Budget, limits: Limits) -> int:
    return limits.stage_bytes - budget._bytes_left


@pytest.mark.parametrize(
    ("kind", "script"),
    [*(("imap", script) for script in FLOODS.values()), *(("smtp", script) for script in SMTP_FLOODS.values())],
    ids=[*(f"imap: {name}" for name in FLOODS), *(f"smtp: {name}" for name in SMTP_FLOODS)],
)
@both_securities
def test_a_server_that_sends_too_much_is_a_wrong_server(certs, kind, script, security):
    door = dialer(certs.ca)
    budget = door.budget()
    tracemalloc.start()
    try:
        with serve(scripted.behind(script, certs.good.context() if security == "tls" else None)) as peer:
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            with pytest.raises(DialError) as caught:
                enter(door, peer, kind, security, budget=budget)
            peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert caught.value.code == "wrong-server"
    assert spent(budget, PATIENT) <= PATIENT.stage_bytes + CHUNK
    # The server shares the process; its own ten megabytes exist once before and are not copied.
    assert peak < 8 * PATIENT.stage_bytes


@pytest.mark.parametrize(
    ("kind", "script"),
    [
        ("imap", scripted.floods(b"* 1 EXISTS\r\n")),
        ("imap", scripted.floods(b"z")),
        ("smtp", scripted.floods(b"250-X\r\n")),
    ],
)
def test_the_bytes_count_after_starttls_too(certs, kind, script):
    def then(talk):
        tag = bytes(talk.said).splitlines()[-1].split(b" ")[0]
        talk.send(b"220 go\r\n" if kind == "smtp" else tag + b" OK go\r\n")
        talk.encrypt(certs.good.context())
        script(talk)

    door = dialer(certs.ca)
    budget = door.budget()
    whole = scripted.after(b"STARTTLS", then, getattr(scripted, kind)(starttls=certs.good.context()))
    with serve(whole) as peer, pytest.raises(TooMuchData):
        enter(door, peer, kind, "starttls", budget=budget)
    assert spent(budget, PATIENT) <= PATIENT.stage_bytes + CHUNK


@pytest.mark.parametrize(
    "opening",
    [b"", b"\x00\x00\x00", b"\x16\x03\x03\x40\x00", b"\x16\x03\x03\xff\xff", b"\x15\x03\x01\x00\x02", b"\x16\x03"],
)
def test_a_handshake_of_garbage_ends(opening):
    door = dialer()
    budget = door.budget()
    with serve(scripted.floods(bytes(range(7, 256)), opening)) as peer, pytest.raises(DialError) as caught:
        enter(door, peer, "imap", "tls", budget=budget)
    assert caught.value.code in {"wrong-server", "tls-protocol"}
    assert spent(budget, PATIENT) <= PATIENT.stage_bytes + CHUNK


SLOW = {
    "silence": scripted.silent,
    "a dripped greeting": scripted.drips(b"* OK "),
    "dripped lines": scripted.drips(b"* OK ready\r\n", b"* 1 EXISTS\r\n"),
    "a dripped handshake": scripted.drips(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", b"\x03"),
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
@both_securities
def test_a_server_that_takes_too_long_is_a_timeout(script, security):
    with serve(script) as peer, pytest.raises(DialError) as caught:
        enter(dialer(limits=HASTY), peer, "imap", security)
    assert caught.value.code in {"connection-timeout", "wrong-server", "tls-wrong-port"}
    if security == "tls" and script is SLOW["a dripped handshake"]:
        assert type(caught.value) is StageTimeout


@both_kinds
@both_securities
def test_a_silent_server_is_a_timeout(kind, security):
    with serve(scripted.silent) as peer, pytest.raises(StageTimeout) as caught:
        enter(dialer(limits=HASTY), peer, kind, security)
    assert caught.value.code == "connection-timeout"


@pytest.mark.parametrize(("kind", "opening"), [("imap", b"* OK "), ("smtp", b"220 ")])
def test_a_dripping_server_is_a_timeout(kind, opening):
    with serve(scripted.drips(opening)) as peer, pytest.raises(StageTimeout):
        enter(dialer(limits=HASTY), peer, kind, "starttls")


def test_a_server_that_drips_behind_tls_is_a_timeout(certs):
    slow = scripted.behind(scripted.drips(b"* OK "), certs.good.context())
    with serve(slow) as peer, pytest.raises(StageTimeout):
        enter(dialer(certs.ca, limits=HASTY), peer, "imap", "tls")


def test_the_time_of_the_whole_check_ends_a_stage_too(certs):
    limits = Limits(stage_seconds=60, run_seconds=0.4)
    with serve(scripted.silent) as peer, pytest.raises(StageTimeout):
        enter(dialer(certs.ca, limits=limits), peer, "imap", "starttls")


@pytest.mark.parametrize("script", [scripted.cuts(), scripted.cuts(b"* O"), scripted.cuts(b"* OK rea")])
def test_a_line_cut_in_the_greeting_is_a_reset(script):
    with serve(script) as peer, pytest.raises(ConnectionLost) as caught:
        enter(dialer(), peer, "imap", "starttls")
    assert caught.value.code == "connection-reset"


def test_a_line_cut_after_a_command_is_a_reset(certs):
    script = scripted.after(b"LOGIN", scripted.cuts(), scripted.imap(tls=certs.good.context()))
    with serve(script) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        with pytest.raises(ConnectionLost):
            client.login("anna", "secret")
        close(client)


def test_a_reset_is_told_as_one():
    with serve(scripted.resets) as peer, pytest.raises(ConnectionLost):
        enter(dialer(), peer, "imap", "tls")


@both_securities
def test_a_web_server_that_waits_for_a_request_is_named(security):
    def web(talk):
        talk.line()
        talk.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serve(web) as peer, pytest.raises(WrongProtocol) as caught:
        enter(dialer(limits=Limits(stage_seconds=2)), peer, "imap", security)
    assert caught.value.seen == "http"


def test_a_web_server_behind_tls_is_named(certs):
    def web(talk):
        talk.encrypt(certs.good.context())
        talk.line()
        talk.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serve(web) as peer, pytest.raises(WrongProtocol) as caught:
        enter(dialer(certs.ca, limits=Limits(stage_seconds=2)), peer, "imap", "tls")
    assert caught.value.seen == "http"


def test_a_greeting_that_comes_late_is_waited_for(certs):
    """The greeting comes once the second connection has been tried, so in the second half of the stage."""
    script = scripted.imap(starttls=certs.good.context())

    def late(talk):
        if talk is talk.server.conversations[0]:
            while talk.server.connections < 2:
                talk.pace()
            script(talk)
        else:
            talk.wait()

    with serve(late) as peer:
        close(enter(dialer(certs.ca, limits=Limits(stage_seconds=2)), peer, "imap", "starttls"))
        assert peer.connections == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60), opening=st.sampled_from([b"", b"* OK ", b"220 ", b"220-", b"\x16\x03\x03", b"* "]))
@pytest.mark.parametrize(("kind", "security"), [("imap", "tls"), ("imap", "starttls"), ("smtp", "starttls")])
def test_whatever_a_server_says_ends_in_a_typed_error(kind, security, opening, data):
    with serve(scripted.cuts(opening + data + b"\r\n")) as peer, pytest.raises(DialError):
        enter(dialer(), peer, kind, security)
