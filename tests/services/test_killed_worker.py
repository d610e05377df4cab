"""A worker that is killed in the middle of a sweep loses no check and no secret."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import func, select

from console.services import credentials
from console.services.sweep import Sweep
from console.store.models import CheckRecord, Credential, Inbox
from tests.pigeon import PigeonFamily
from tests.services.connected import PASSWORD, connect
from tests.services.listening import reach
from tests.services.made import make
from tests.services.workers import killed_at_the_end, until

INBOXES = 500


@pytest.fixture
def settings(dns, certificates):
    return {**reach(dns, certificates), "CONSOLE_CHECKS_PER_HOST": "16"}


@pytest.fixture
def families():
    return None


def checks_by_inbox(ctx):
    with ctx.store.read() as session:
        return dict(session.exec(select(CheckRecord.inbox_id, func.count()).group_by(CheckRecord.inbox_id)).all())


@pytest.mark.timeout(180)
def test_killed_in_the_middle_of_500_inboxes_it_loses_no_check_and_no_secret(
    ctx, alice, imap_server, config, settings, tmp_path
):
    server = imap_server()
    connect(ctx, alice, server.tls, *(f"box{number}@acme.test" for number in range(INBOXES)))
    with killed_at_the_end(config, settings, tmp_path / "worker.log"):
        until(lambda: len(checks_by_inbox(ctx)) >= 100)
    before = checks_by_inbox(ctx)
    later = replace(ctx, clock=lambda: datetime.now(UTC) + timedelta(minutes=5))

    Sweep(later).run()

    after = checks_by_inbox(ctx)
    assert len(before) < INBOXES
    assert len(after) == INBOXES
    assert {inbox_id: after[inbox_id] for inbox_id in before} == before
    with ctx.store.read() as session:
        assert session.exec(select(func.count()).where(Inbox.lease_token.is_not(None))).one() == 0
        secrets = [credentials.unseal(ctx, row)["password"] for row in session.exec(select(Credential))]
    assert secrets == [PASSWORD] * INBOXES


class CountingFamily(PigeonFamily):
    """Notes which inboxes are checked at the same time."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.under_way = set()
        self.twice = []

    def check(self, mailbox, probe):
        with self.lock:
            if mailbox.address in self.under_way:
                self.twice.append(mailbox.address)
            self.under_way.add(mailbox.address)
        super().check(mailbox, probe)
        with self.lock:
            self.under_way.discard(mailbox.address)


class TestTwoWorkers:
    @pytest.fixture
    def settings(self):
        return {"CONSOLE_CHECKS_PER_HOST": "256"}

    @pytest.fixture
    def families(self):
        return (CountingFamily(),)

    def test_never_check_the_same_inbox_at_the_same_time(self, ctx, alice, families):
        make(ctx, alice, *(f"box{number}@acme.test" for number in range(80)))
        sweeps = [threading.Thread(target=Sweep(ctx).run) for _ in range(2)]

        for sweep in sweeps:
            sweep.start()
        for sweep in sweeps:
            sweep.join()

        assert families[0].twice == []
        assert set(checks_by_inbox(ctx).values()) == {1}
        assert len(families[0].flights) == 80
