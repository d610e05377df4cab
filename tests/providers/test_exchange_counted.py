"""A thousand checks of Exchange mailboxes in one process: what is left of them is counted, and is nothing."""

import gc
import os
import threading
from collections import Counter
from pathlib import Path

import pytest

from console.providers import trial
from console.providers.base import Mailbox, Secret
from console.providers.exchange import ExchangeFamily
from tests.peers.certificates import HOST
from tests.peers.ews_server import exchange
from tests.providers.doors import dialer

WARM, CHECKS = 50, 1000
OURS = ("exchangelib.", "requests.", "console.providers.", "lxml.etree", "spnego.", "ssl", "http.client", "queue")
PAGE = os.sysconf("SC_PAGE_SIZE")
GROWTH = 8 * 1024 * 1024


def left(server):
    """Return what is alive of checks: objects by module, open files, threads, and bytes of memory."""
    server.requests.clear()
    for talk in list(server.server.conversations):
        talk.ended.wait(5)
    server.server.conversations.clear()
    gc.collect()
    modules = (str(type(one).__module__) for one in gc.get_objects())
    alive = Counter(module for module in modules if module.startswith(OURS))
    files = len(list(Path("/proc/self/fd").iterdir()))
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    return dict(alive), files, threading.active_count(), memory


@pytest.mark.timeout(240)
def test_a_thousand_checks_leave_no_sessions_threads_files_or_memory(certificates):
    from exchangelib.protocol import CachingProtocol

    family, door = ExchangeFamily(), dialer(certificates.ca)

    def check(number, server):
        # Every tenth is refused, every tenth meets a server that breaks off.
        password = "wrong" if number % 10 == 3 else "secret"
        server.answers["ResolveNames"] = (lambda _: server.response(500, b"broken")) if number % 10 == 7 else None
        settings = {"url": f"https://{HOST}:{server.port}/EWS/Exchange.asmx", "autodiscover": "", "username": "u"}
        address = f"bob{number}@acme.test"
        return trial.run(family, Mailbox(address, settings, Secret(password=password)), door)

    with exchange(certificates) as server:
        server.accounts = {"u": "secret"}
        for number in range(WARM):
            check(number, server)
        before = left(server)
        outcomes = Counter()
        for number in range(CHECKS):
            outcomes[check(number, server).problem] += 1
            if number % 100 == 99:
                left(server)
        after = left(server)

    assert outcomes == {None: 900, "bad-credentials": 100}
    grown = {module: count - before[0].get(module, 0) for module, count in after[0].items()}
    assert {module: more for module, more in grown.items() if more > 0} == {}
    assert after[1:3] == before[1:3]
    assert after[3] - before[3] < GROWTH
    assert CachingProtocol._protocol_cache == {}
