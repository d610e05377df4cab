"""Room at servers: how many connections checks may have open to one server at once, over all workers.

A live lease is a check under way, and a check has one connection open to each of its servers at a time. Whoever claims
locks the rows of the servers first, so that of several workers none counts what another is about to take.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, and_, func, update
from sqlmodel import Session, col, select

from console.providers.base import SettingsUnreadable
from console.rules import cadence as judge
from console.rules import capabilities
from console.services import holds
from console.services.check_results import Outcome
from console.services.context import Context
from console.services.holds import Held
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


def hosts_of(ctx: Context, slug: str | None, settings: Any, *, full: bool = True) -> frozenset[str]:
    """Return the servers that a check of these settings goes to; empty where that cannot be read.

    A short check goes to the server that is read, and to those that renew the sign-in.
    """
    family = ctx.families.get(slug)
    if family is None:
        return frozenset()
    try:
        named = {family.host(settings)}
        if full or family.consents:
            named |= {host for hosts in family.destinations(settings).values() for host in hosts}
    except SettingsUnreadable:
        return frozenset()
    return frozenset(host for host in named if host)


def sending_held(ctx: Context, session: Session, inbox: Inbox, now: datetime) -> Held | None:
    """Return what keeps only the rest of an inbox from being looked at: its server for sending is left alone."""
    everywhere, short = (hosts_of(ctx, inbox.provider, inbox.settings, full=full) for full in (True, False))
    return holds.of_servers(ctx, session, everywhere - short, now)


def crowded(ctx: Context, session: Session, now: datetime) -> Crowded:
    """Return the servers that are met gently now."""
    silent = session.exec(select(ServerStanding.host).where(col(ServerStanding.unanswered) > 0)).all()
    return Crowded(frozenset(silent), holds.refusing(ctx, session, now))


def fitting(
    ctx: Context,
    session: Session,
    ids: Sequence[int],
    wanted: Sequence[ColumnElement[bool]],
    now: datetime,
    *,
    full: bool,
    resting: Collection[int] = (),
) -> dict[int, datetime | None]:
    """Return those `ids` of `wanted` inboxes, in their order, that their servers have room for.

    Nobody else takes that room before the transaction ends, which has to lease them. What is to go to a server that is
    left alone is put off until then: the inbox, or, where only its server for sending is, all beyond reading. Of those
    the answer says until when. `full` puts off nothing but the whole; the sending of those in `resting` is let be.
    """
    rows = {
        row.id: row
        for row in session.execute(
            sqlalchemy.select(
                col(Inbox.id), col(Inbox.provider), col(Inbox.settings), col(Inbox.full_due), col(Inbox.proofs)
            ).where(col(Inbox.id).in_(ids), *wanted)
        ).all()
    }
    short = {inbox_id: hosts_of(ctx, row.provider, row.settings, full=False) for inbox_id, row in rows.items()}
    hosts = {inbox_id: hosts_of(ctx, row.provider, row.settings) for inbox_id, row in rows.items()}
    everywhere = sorted(frozenset().union(*hosts.values()))
    _lock(session, everywhere)
    held = holds.of_hosts(session, everywhere, now)
    gently, taken = crowded(ctx, session, now), load(ctx, session, now)
    found: dict[int, datetime | None] = {}
    for inbox_id in ids:
        if inbox_id not in rows:
            continue
        row, later = rows[inbox_id], None
        deep = full or _is_full(row.full_due, row.proofs, now)
        if deep and not full:
            away = [held[host] for host in hosts[inbox_id] - short[inbox_id] if host in held]
            later = max([*away, *([now + judge.WINDOW] if inbox_id in resting else [])], default=None)
        goes_to = hosts[inbox_id] if deep and later is None else short[inbox_id]
        until = max((held[host] for host in goes_to if host in held), default=None)
        if until is not None:
            session.execute(update(Inbox).where(col(Inbox.id) == inbox_id).values(next_check=until))
        elif all(taken[host] < gently.limit(ctx, host) for host in goes_to):
            taken.update(goes_to)
            found[inbox_id] = later
    return found


def load(ctx: Context, session: Session, now: datetime) -> Counter[str]:
    """Return how many checks are at each server, the wizard's included: a person does not wait, but counts."""
    checked = session.execute(
        sqlalchemy.select(col(Inbox.provider), col(Inbox.settings), col(Inbox.full_due), col(Inbox.proofs)).where(
            leased(now)
        )
    ).all()
    typed = session.execute(
        select(Draft.provider, Draft.settings).where(
            col(Draft.lease_until) >= now, col(Draft.lease_until) <= now + LONGEST_LEASE
        )
    ).all()
    at = Counter(host for slug, settings in typed for host in hosts_of(ctx, slug, settings))
    for slug, settings, full_due, proofs in checked:
        at.update(hosts_of(ctx, slug, settings, full=_is_full(full_due, proofs, now)))
    return at


def _is_full(full_due: datetime | None, proofs: Any, now: datetime) -> bool:
    return capabilities.full_is_due(full_due, capabilities.proofs_in(proofs), now)


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
