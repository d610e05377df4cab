"""Tests of a mail domain's servers: a person asks, a worker looks without signing in, the page waits for the answer.

What an admin trusts for the domain is decided from such a test, so that nothing is trusted that was not shown.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from console.providers.base import Authority, Certificate
from console.providers.survey import Server, Survey, survey
from console.rules.domain_defaults import Kind
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import exceptions, throttle, trusted
from console.services.context import Actor, Context, NotFound, Refused
from console.services.default_settings import Defaults
from console.store.server_tests import ServerTest

KEPT = timedelta(days=1)
# Nobody tests more servers in a quarter of an hour by hand, and each test talks to other people's servers.
MOST_ASKED = 60
# A look ends within 30 seconds; the lease outlives it by enough to write the answer.
LEASE = timedelta(seconds=45)
# After so long a page says that no worker is there.
PATIENCE = timedelta(seconds=60)
QUEUED, RUNNING, DONE = "queued", "running", "done"


@dataclass(frozen=True)
class ServerTestView:
    """A test as pages show it. `surveys` is empty until a worker has been there; `waiting` ends with the patience."""

    id: str
    domain: str
    servers: tuple[Server, ...]
    surveys: tuple[Survey, ...]
    waiting: bool
    asked_at: datetime
    finished_at: datetime | None
    may_trust: bool


def servers_of(defaults: Defaults) -> tuple[Server, ...]:
    """Return the servers that defaults name."""
    if defaults.kind is Kind.EXCHANGE and defaults.exchange_url:
        return (Server.web(defaults.exchange_url),)
    if defaults.kind is Kind.NONE:
        return ()
    return (
        Server("imap", defaults.imap_host or "", defaults.imap_port or 0, defaults.imap_security or ""),
        Server("smtp", defaults.smtp_host or "", defaults.smtp_port or 0, defaults.smtp_security or ""),
    )


def begin(ctx: Context, actor: Actor, domain: str, servers: Sequence[Server]) -> str:
    """Have servers of a mail domain (A-label) looked at; return the id of the test. Raises NotFound, Refused."""
    if not may(actor.role, "servers.test", own=False):
        raise NotFound
    if not servers:
        raise Refused(N_("There is no server to test yet. Type the servers, or press Detect."))
    now = ctx.clock()
    with ctx.store.write() as session:
        if throttle.add(session, f"server-test:{actor.id}", now) > MOST_ASKED:
            raise Refused(N_("You have tested many servers in a short time. Wait 15 minutes, then go on."))
        row = ServerTest(
            id=secrets.token_urlsafe(16),
            by_id=actor.id,
            domain=domain,
            servers=[server.to_dict() for server in servers],
            created_at=now,
        )
        session.add(row)
        test_id = row.id
    ctx.enqueue("test-servers", test_id)
    return test_id


def get(ctx: Context, actor: Actor, test_id: str) -> ServerTestView:
    """Return one of the actor's own tests. Raises NotFound, also when its day is over."""
    now = ctx.clock()
    if not test_id.isprintable() or not may(actor.role, "servers.test", own=False):
        raise NotFound
    with ctx.store.read() as session:
        row = session.exec(
            select(ServerTest).where(
                ServerTest.id == test_id, ServerTest.by_id == actor.id, col(ServerTest.created_at) > now - KEPT
            )
        ).first()
    if row is None:
        raise NotFound
    return ServerTestView(
        id=row.id,
        domain=row.domain,
        servers=_servers(row),
        surveys=_surveys(row),
        waiting=row.state != DONE and now < row.created_at + PATIENCE,
        asked_at=row.created_at,
        finished_at=row.finished_at,
        may_trust=may(actor.role, "exceptions.manage", own=False),
    )


def _servers(row: ServerTest) -> tuple[Server, ...]:
    try:
        return tuple(Server.from_dict(server) for server in row.servers or ())
    except (KeyError, TypeError, ValueError):
        return ()


def _surveys(row: ServerTest) -> tuple[Survey, ...]:
    try:
        return tuple(Survey.from_dict(found) for found in row.answer or ())
    except (KeyError, TypeError, ValueError):
        return ()


def meant(found: ServerTestView, number: int, sha256: str) -> Certificate | Authority | None:
    """Return what server `number` of a test showed under this fingerprint, where it was refused; else None."""
    survey = found.surveys[number] if 0 <= number < len(found.surveys) else None
    if survey is None or survey.verdict != "refused" or survey.certificate is None:
        return None
    shown = survey.certificate
    offered: list[Certificate | Authority] = [shown, shown.authority] if shown.authority else [shown]
    return next((one for one in offered if one.sha256 == sha256), None)


def trust(ctx: Context, actor: Actor, test_id: str, number: int, sha256: str, why: str = "") -> None:
    """Trust for the whole domain what server `number` of a test showed: its certificate, or the authority it sent.

    `sha256` is the fingerprint of the one that is meant. Raises NotFound, Refused.
    """
    if not may(actor.role, "exceptions.manage", own=False):
        raise NotFound
    found, now = get(ctx, actor, test_id), ctx.clock()
    chosen = meant(found, number, sha256)
    if chosen is None:
        raise Refused(N_("The certificate is not the one that was shown. Test again and compare it once more."))
    with ctx.store.write() as session:
        exceptions.trust_for_domain(session, actor, found.domain, chosen, now, why)
    ctx.enqueue("sweep")


def again(ctx: Context, actor: Actor, test_id: str) -> str:
    """Have the servers of a test looked at once more; return the id of the new test. Raises NotFound, Refused."""
    found = get(ctx, actor, test_id)
    return begin(ctx, actor, found.domain, found.servers)


def run(ctx: Context, test_id: str) -> None:
    """Look at the servers of one test, unless another worker does so already."""
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        row = session.exec(
            update(ServerTest)
            .where(
                col(ServerTest.id) == test_id,
                col(ServerTest.state) != DONE,
                or_(col(ServerTest.lease_until).is_(None), col(ServerTest.lease_until) < now),
            )
            .values(state=RUNNING, lease_until=now + LEASE, lease_token=token)
            .returning(col(ServerTest.id))
            .execution_options(synchronize_session=False)
        ).first()
    if row is None:
        return
    with ctx.store.read() as session:
        test = session.get_one(ServerTest, test_id)
        known = trusted.of_domain(session, test.domain, now)
    servers = _servers(test)
    # Two servers of one domain are looked at together, so that the slower one decides how long it takes.
    with ThreadPoolExecutor(max(1, len(servers)), thread_name_prefix="survey") as pool:
        found = list(pool.map(lambda server: survey(server, ctx.dialer, known).to_dict(), servers))
    with ctx.store.write() as session:
        session.execute(
            update(ServerTest)
            .where(col(ServerTest.id) == test_id, col(ServerTest.lease_token) == token)
            .values(state=DONE, answer=found, lease_until=None, lease_token=None, finished_at=ctx.clock())
        )


def tidy(ctx: Context, now: datetime) -> list[str]:
    """Drop what is older than a day and return the ids that no worker has answered although it should have."""
    with ctx.store.read() as session:
        old = session.exec(select(ServerTest.id).where(col(ServerTest.created_at) <= now - KEPT).limit(1)).first()
        left = session.exec(
            select(ServerTest.id).where(
                col(ServerTest.state) != DONE,
                or_(col(ServerTest.lease_until).is_(None), col(ServerTest.lease_until) < now),
            )
        ).all()
    if old is not None:
        with ctx.store.write() as session:
            session.execute(delete(ServerTest).where(col(ServerTest.created_at) <= now - KEPT))
    return list(left)
