"""Room at servers: how many connections checks may have open to one server at once, over all workers.

A live lease is a check under way, and a check has one connection open to each of its servers at a time. Whoever claims
locks the rows of the servers first, so that of several workers none counts what another is about to take.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, update
from sqlmodel import Session, col, select

from console.providers.base import SettingsUnreadable
from console.rules import cadence as judge
from console.services import holds
from console.services.check_results import Outcome
from console.services.context import Context
from console.store import insert_into
from console.store.models import Draft, Inbox
from console.store.servers import ServerStanding

# A lease that lasts longer than any was written by a clock that was wrong.
LONGEST_LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Crowded:
    """Servers that are met by one check at a time: those that do not answer, and those that refused much lately."""

    silent: frozenset[str]
    refusing: frozenset[str]

    def limit(self, ctx: Context, host: str) -> int:
        """Return how many checks may be at a server at the same time."""
        gently = host in self.silent or host in self.refusing
        return 1 if gently else ctx.config.checks_per_host


def free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody is checking an inbox."""
    return ~leased(now)


def leased(now: datetime) -> ColumnElement[bool]:
    """Return the condition that somebody is checking an inbox."""
    return and_(func.coalesce(col(Inbox.lease_until) >= now, False), col(Inbox.lease_until) <= now + LONGEST_LEASE)


def hosts_of(ctx: Context, slug: str | None, settings: Any) -> frozenset[str]:
    """Return the servers that a check of these settings goes to; empty where that cannot be read."""
    family = ctx.families.get(slug)
    if family is None:
        return frozenset()
    try:
        named = {family.host(settings), *(host for hosts in family.destinations(settings).values() for host in hosts)}
    except SettingsUnreadable:
        return frozenset()
    return frozenset(host for host in named if host)


def crowded(ctx: Context, session: Session, now: datetime) -> Crowded:
    """Return the servers that are met gently now."""
    silent = session.exec(select(ServerStanding.host).where(col(ServerStanding.unanswered) > 0)).all()
    return Crowded(frozenset(silent), holds.refusing(ctx, session, now))


def fitting(
    ctx: Context, session: Session, ids: Sequence[int], wanted: Sequence[ColumnElement[bool]], now: datetime
) -> list[int]:
    """Return those `ids` of `wanted` inboxes, in their order, that their servers have room for.

    Nobody else takes that room before the transaction ends, which has to lease them. What is to go to a server that is
    left alone is put off until then.
    """
    rows = {
        row[0]: row[1:]
        for row in session.execute(
            select(Inbox.id, Inbox.provider, Inbox.settings).where(col(Inbox.id).in_(ids), *wanted)
        ).all()
    }
    hosts = {inbox_id: hosts_of(ctx, *row) for inbox_id, row in rows.items()}
    everywhere = sorted(frozenset().union(*hosts.values()))
    _lock(session, everywhere)
    held = holds.of_hosts(session, everywhere, now)
    gently, taken, found = crowded(ctx, session, now), load(ctx, session, now), []
    for inbox_id in ids:
        if inbox_id not in rows:
            continue
        until = max((held[host] for host in hosts[inbox_id] if host in held), default=None)
        if until is not None:
            session.execute(update(Inbox).where(col(Inbox.id) == inbox_id).values(next_check=until))
        elif all(taken[host] < gently.limit(ctx, host) for host in hosts[inbox_id]):
            taken.update(hosts[inbox_id])
            found.append(inbox_id)
    return found


def load(ctx: Context, session: Session, now: datetime) -> Counter[str]:
    """Return how many checks are at each server, the wizard's included: a person does not wait, but counts."""
    checked = session.execute(select(Inbox.provider, Inbox.settings).where(leased(now))).all()
    typed = session.execute(
        select(Draft.provider, Draft.settings).where(
            col(Draft.lease_until) >= now, col(Draft.lease_until) <= now + LONGEST_LEASE
        )
    ).all()
    return Counter(host for slug, settings in (*checked, *typed) for host in hosts_of(ctx, slug, settings))


def note(ctx: Context, session: Session, outcome: Outcome) -> None:
    """Note which servers answered a check and which did not. Comes before the inbox is locked, as in a claim."""
    mailbox, family, found = outcome.task.mailbox, outcome.task.family, outcome.trial
    if mailbox is None or family is None or outcome.void:
        return
    hosts = hosts_of(ctx, family.slug, mailbox.settings)
    silent = found.problem_host if judge.left_unanswered(found.problem) else ""
    if silent:
        session.execute(
            insert_into(session, ServerStanding)
            .values(host=silent, unanswered=1)
            .on_conflict_do_update(index_elements=["host"], set_={"unanswered": col(ServerStanding.unanswered) + 1})
        )
    talked_to = {stage.host for stage in found.stages if stage.state in {"passed", "failed"}} & hosts - {silent}
    if talked_to:
        session.execute(
            update(ServerStanding)
            .where(col(ServerStanding.host).in_(talked_to), col(ServerStanding.unanswered) > 0)
            .values(unanswered=0)
        )


def _lock(session: Session, hosts: Sequence[str]) -> None:
    """Lock the rows of these servers, in one order, so that no two that claim wait for each other."""
    if not hosts:
        return
    session.execute(
        insert_into(session, ServerStanding)
        .values([{"host": host, "unanswered": 0} for host in hosts])
        .on_conflict_do_nothing()
    )
    session.execute(
        select(ServerStanding.host)
        .where(col(ServerStanding.host).in_(hosts))
        .order_by(col(ServerStanding.host))
        .with_for_update()
    ).all()
