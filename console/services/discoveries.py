"""Discoveries: a person asks about an address, a worker finds out, and the page looks in until it is there."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from console.discovery.addresses import Address, AddressError, parse
from console.discovery.answer import Answer
from console.discovery.deadline import SECONDS
from console.discovery.record import restored, stored
from console.rules.texts import N_
from console.services import defaults, successors, throttle
from console.services.context import Actor, Context, NotFound, Refused
from console.store.discoveries import Discovery
from console.store.models import Draft

KEPT = timedelta(days=1)
# Nobody looks up more addresses in a quarter of an hour by hand, and each look-up asks other people's servers.
MOST_ASKED = 60
LEASE = timedelta(seconds=30)
# A page stops waiting a moment after the deadline, whether a worker was there or not.
PATIENCE = timedelta(seconds=SECONDS + 1)
# Who asks about a domain alone asks with this local part; nobody's mailbox has it.
PROBE = "inbox-console-probe"
QUEUED, RUNNING, DONE = "queued", "running", "done"


@dataclass(frozen=True)
class DiscoveryView:
    """A discovery as pages show it. `waiting` ends with the answer or with the patience, whichever comes first."""

    id: str
    address: str
    answer: Answer | None
    waiting: bool


def look_up(ctx: Context, typed: str) -> Answer:
    """Find out about an address at once, for the shell; takes up to the deadline. Raises Refused."""
    address = _parsed(typed)
    return ctx.discovery.of(address, defaults.for_discovery(ctx, address.domain))


def _parsed(typed: str) -> Address:
    try:
        return parse(typed)
    except AddressError as error:
        raise Refused(str(error), field="address") from None


def begin(ctx: Context, actor: Actor, typed: str, *, without_default: bool = False) -> str:
    """Ask about an address; return the id of the discovery. See `ask` for `without_default`. Raises Refused."""
    address = _parsed(typed)
    with ctx.store.write() as session:
        found = ask(session, actor, address, ctx.clock(), without_default=without_default)
    ctx.enqueue("discover", found)
    return found


def ask(session: Session, actor: Actor, address: Address, now: datetime, *, without_default: bool = False) -> str:
    """Add the question to the open transaction and return its id; the caller enqueues "discover".

    `without_default` leaves out what an admin keeps for the domain. Raises Refused.
    """
    if throttle.add(session, f"discovery:{actor.id}", now) > MOST_ASKED:
        raise Refused(
            N_("You have looked up %(most)s addresses in 15 minutes. Wait 15 minutes, then go on."),
            field="address",
            most=MOST_ASKED,
        )
    row = Discovery(
        id=secrets.token_urlsafe(16),
        by_id=actor.id,
        address=address.key,
        without_default=without_default,
        created_at=now,
    )
    session.add(row)
    return row.id


def of_draft(session: Session, draft: Draft, now: datetime) -> DiscoveryView | None:
    """Return what was asked about the draft's own address; None when nothing was, or about another one."""
    if draft.discovery_id is None or draft.address is None:
        return None
    row = session.exec(
        select(Discovery).where(
            Discovery.id == draft.discovery_id,
            Discovery.by_id == draft.by_id,
            Discovery.address == draft.address,
            col(Discovery.created_at) > now - KEPT,
        )
    ).first()
    return _view(row, now) if row else None


def get(ctx: Context, actor: Actor, discovery_id: str) -> DiscoveryView:
    """Return one of the actor's own discoveries. Raises NotFound, also when its day is over."""
    now = ctx.clock()
    if not discovery_id.isprintable():
        raise NotFound
    with ctx.store.read() as session:
        row = session.exec(
            select(Discovery).where(
                Discovery.id == discovery_id, Discovery.by_id == actor.id, col(Discovery.created_at) > now - KEPT
            )
        ).first()
        if row is None:
            raise NotFound
        return _view(row, now)


def _view(row: Discovery, now: datetime) -> DiscoveryView:
    return DiscoveryView(
        id=row.id,
        address=row.address,
        answer=_answer(row),
        waiting=row.state != DONE and now < row.created_at + PATIENCE,
    )


def _answer(row: Discovery) -> Answer | None:
    try:
        return restored(row.answer) if row.answer else None
    except (KeyError, TypeError, ValueError):
        return None


def run(ctx: Context, discovery_id: str) -> None:
    """Find out about one address, unless another worker does so already."""
    now = ctx.clock()
    with ctx.store.write() as session:
        row = session.exec(
            update(Discovery)
            .where(
                col(Discovery.id) == discovery_id,
                col(Discovery.state) != DONE,
                or_(col(Discovery.lease_until).is_(None), col(Discovery.lease_until) < now),
            )
            .values(state=RUNNING, lease_until=now + LEASE)
            .returning(col(Discovery.address), col(Discovery.without_default))
        ).first()
    if row is None:
        return
    address, plain = parse(row[0]), row[1]
    default = None if plain else defaults.for_discovery(ctx, address.domain)
    found = ctx.discovery.of(address, default)
    answer = stored(found)
    with ctx.store.write() as session:
        session.execute(
            update(Discovery)
            .where(col(Discovery.id) == discovery_id)
            .values(state=DONE, answer=answer, lease_until=None, finished_at=ctx.clock())
        )
        if default is None:
            successors.learn(ctx, session, found)


def tidy(ctx: Context, now: datetime) -> list[str]:
    """Drop what is older than a day and return the ids that no worker has answered although it should have."""
    with ctx.store.read() as session:
        old = session.exec(select(Discovery.id).where(col(Discovery.created_at) <= now - KEPT).limit(1)).first()
        left = session.exec(
            select(Discovery.id).where(
                col(Discovery.state) != DONE,
                col(Discovery.created_at) <= now - PATIENCE,
                or_(col(Discovery.lease_until).is_(None), col(Discovery.lease_until) < now),
            )
        ).all()
    if old is not None:
        with ctx.store.write() as session:
            session.execute(delete(Discovery).where(col(Discovery.created_at) <= now - KEPT))
    return list(left)
