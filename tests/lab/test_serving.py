"""The lab as a whole: on loopback only, and a console that is given its environment finds everything in it."""

import os
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests

from console import assemble
from console.config import Config, load
from console.discovery.addresses import parse
from console.lab.serving import running
from tests.lab import listening
from tests.lab.made import ORIGIN, SECONDS


@pytest.fixture
def settings(lab):
    """Of what the lab offers, all that this console knows."""
    known = {f"CONSOLE_{name.upper()}" for name in Config.model_fields}
    return {name: value for name, value in lab.environment().items() if name in known}


def test_nothing_listens_beyond_loopback(lab):
    assert all(address.is_loopback for address in listening.addresses(os.getpid()))


def test_a_port_beyond_loopback_would_be_noticed():
    with closing(socket.create_server(("", 0))):
        assert not all(address.is_loopback for address in listening.addresses(os.getpid()))


def test_nothing_is_left_when_it_ends():
    with running([ORIGIN], google_accounts=(), microsoft_accounts=(), mail_accounts=(), exchange_accounts=()) as lab:
        places = [urlsplit(url) for url in (lab.url, lab.google.url, lab.microsoft.url, lab.graph_url)]
        ports = [place.port for place in places] + [lab.mail.imap.tls, lab.mail.smtp.tls]
        ports += [lab.exchange.port, lab.exchange.plain_port]
        authority = lab.mail.ca

    for port in ports:
        with closing(socket.socket()) as line:
            assert line.connect_ex(("127.0.0.1", port)) != 0
    assert not authority.exists()


def test_a_slow_answer_does_not_hold_up_the_end(lab):
    lab.google.switch("slow")
    lab.google.stopped.set()
    try:
        answer = requests.get(f"{lab.google.url}/gmail/v1/users/me/profile", timeout=SECONDS)
    finally:
        lab.google.stopped.clear()

    assert answer.status_code == 401


def test_a_console_at_another_origin_is_allowed_instead(lab, gmail):
    lab.allow("http://127.0.0.1:9999")

    assert requests.get(gmail.url(), timeout=SECONDS).status_code == 400


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("bob@acme.test", "gmail"),
        ("bob@contoso.test", "microsoft"),
        ("charlie@fabrikam.test", "microsoft"),
        ("dorte@private.test", "microsoft"),
        ("dorte@harbour.test", "imap"),
    ],
)
def test_discovery_recommends_the_provider_that_the_lab_plays(lab, settings, tmp_path, address, provider):
    console = assemble(load({**settings, "CONSOLE_INSTANCE": str(tmp_path)}))
    try:
        found = console.ctx.discovery.of(parse(address))
    finally:
        console.close()

    assert found.recommended == provider


def test_the_servers_of_the_mail_domain_are_found(lab, settings, tmp_path):
    console = assemble(load({**settings, "CONSOLE_INSTANCE": str(tmp_path)}))
    try:
        told = str(console.ctx.discovery.of(parse("dorte@harbour.test")))
    finally:
        console.close()

    assert str(lab.mail.imap.tls) in told
    assert str(lab.mail.smtp.tls) in told
