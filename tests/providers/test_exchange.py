"""The Exchange family against servers of every manner: what passes, what stops where, and what is never sent."""

import pytest

from console.providers import trial
from console.providers.base import Mailbox, Secret
from console.providers.exchange import ExchangeFamily
from tests.peers.certificates import HOST
from tests.peers.ews_server import exchange
from tests.providers.boxes import states, stopped
from tests.providers.doors import dialer

ALL = ExchangeFamily.stages


@pytest.fixture
def door(certificates):
    return dialer(certificates.ca)


@pytest.fixture
def server(certificates):
    with exchange(certificates) as running:
        yield running


def box(server, *, username="bob@acme.test", password="secret", pins=(), receives_only=False, **settings):
    known = {"url": f"https://{HOST}:{server.port}/EWS/Exchange.asmx", "autodiscover": "", "username": username}
    return Mailbox("bob@acme.test", known | settings, Secret(password=password), pins, receives_only=receives_only)


def check(mailbox, door, **watched):
    return trial.run(ExchangeFamily(), mailbox, door, **watched)


def test_a_full_check_proves_sign_in_reading_sent_and_sending_and_learns_aliases(server, door):
    found = check(box(server), door)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert (found.failed, found.warned, found.problem) == (False, False, None)
    assert found.proofs == {"sign-in", "read", "sent", "send"}
    assert found.aliases == ("b.berg@acme.test",)
    assert (found.attempted, found.accepted) == (("ews",), {"ews"})


def test_the_stages_tell_what_was_found(server, door):
    found = check(box(server), door)

    told = {stage.name: stage.detail % stage.values for stage in found.stages}
    assert told == {
        "find-server": f"{HOST} is 127.0.0.1",
        "reach": f"port {server.port} answers",
        "secure": "TLS 1.3",
        "methods": "Basic",
        "sign-in": "bob@acme.test by Basic",
        "version": "Exchange Server 2016 (15.1.2507.6)",
        "open-inbox": "messages: 3",
        "find-sent": "Sent Items",
        "send": "Outbox takes messages; none was sent",
        "aliases": "aliases: 1",
    }


def test_one_connection_carries_the_whole_check(server, door):
    check(box(server), door)

    assert server.server.connections == 1


def test_nothing_is_sent_and_nothing_but_reading_is_asked(server, door):
    check(box(server), door)

    assert set(server.operations) == {"GetFolder", "ResolveNames"}


def test_a_refused_password_is_sent_once(server, door):
    found = check(box(server, password="wrong"), door)

    assert stopped(found) == ("sign-in", "bad-credentials")
    assert [request.password for request in server.carrying] == [("bob@acme.test", "wrong")]


def test_a_check_leaves_nothing_in_the_cache_of_the_library(server, door):
    from exchangelib.protocol import CachingProtocol

    check(box(server), door)
    check(box(server, password="wrong"), door)

    assert CachingProtocol._protocol_cache == {}
