"""Everything that people were told or are to be told: the list, what is about an inbox or incident, second tries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from console.rules.notices import OWNER_KINDS, Kind
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import audit, mail_server, mail_standing, notice_withdrawal
from console.services.context import Actor, Context, NotFound, Refused
from console.services.notice_rows import FAILED, HELD, MAIL, QUEUED, SENDING, SENT, WITHDRAWN
from console.services.webhooks import BY_410, BY_FAILURES
from console.store.models import Inbox, Person
from console.store.notices import Notice, RefusedAddress, Webhook
from console.store.vault import KeyMissing

PER_PAGE = 50
BY_ITSELF = (BY_410, BY_FAILURES)
STATES = (SENT, QUEUED, HELD, FAILED, WITHDRAWN)
# What pages show of refused addresses; more of them is a mailing list that is out of date.
MOST_ADDRESSES = 50


@dataclass(frozen=True)
class NoticeRow:
    """One notice as lists show it. `told` is who: the name of a person or a webhook, or an address."""

    id: int
    kind: str
    channel: str
    state: str
    outcome: str
    problem: str | None
    told: str
    address: str
    inbox_id: int | None
    inbox: str
    inbox_removed: bool
    incident_id: int | None
    detail: dict[str, Any]
    digest: bool
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    attempts: int
    server_text: str
    may_try: bool

    @property
    def at(self) -> datetime:
        """When it was sent, or else made."""
        return self.sent_at or self.created_at


@dataclass(frozen=True)
class NoticePage:
    """A page of the list, newest first; `counts` are by state, `older` is what the next page begins below."""

    rows: list[NoticeRow]
    counts: dict[str, int]
    older: int | None
    addresses: list[RefusedAddress]


@dataclass(frozen=True)
class Waiting:
    """Why notices do not go: how many are held, and what is wrong with the server where there is one."""

    held: int
    server: bool
    problem: str | None


@dataclass(frozen=True)
class Alerts:
    """What keeps people from being told: mails that are held, addresses that are refused, webhooks that went off."""

    waiting: Waiting | None
    addresses: int
    webhooks: int


def listed(ctx: Context, actor: Actor, *, state: str = "", kind: str = "", before: int | None = None) -> NoticePage:
    """Return a page of everything that was or is to be told. Raises NotFound for whoever may not see it."""
    if not may(actor.role, "notices.see", own=False):
        raise NotFound
    wanted: list[ColumnElement[bool]] = []
    if kind in set(Kind):
        wanted.append(col(Notice.kind) == kind)
    with ctx.store.read() as session:
        counts = dict.fromkeys(STATES, 0)
        of_states = select(Notice.state, func.count()).where(*wanted).group_by(col(Notice.state))
        for name, number in session.exec(of_states):
            counts[_state(name)] += number
        if state in STATES:
            wanted.append(col(Notice.state).in_((QUEUED, SENDING)) if state == QUEUED else col(Notice.state) == state)
        if before is not None:
            wanted.append(col(Notice.id) < before)
        rows = _rows(session, actor, *wanted, limit=PER_PAGE + 1)
        addresses = session.exec(
            select(RefusedAddress).order_by(col(RefusedAddress.at).desc()).limit(MOST_ADDRESSES)
        ).all()
    older = rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None
    return NoticePage(rows[:PER_PAGE], counts, older, list(addresses))


def of_inbox(session: Session, actor: Actor, inbox_id: int, limit: int = 25) -> list[NoticeRow]:
    """Return the newest notices about one inbox, for its time line; who may not see the list has their own only."""
    wanted = [col(Notice.inbox_id) == inbox_id]
    if not may(actor.role, "notices.see", own=False):
        wanted += [col(Notice.person_id) == actor.id, col(Notice.kind).in_(OWNER_KINDS)]
    return _rows(session, None, *wanted, limit=limit)


def waiting(ctx: Context) -> Waiting | None:
    """Return why mails are held, for those who can mend it; None while none is."""
    with ctx.store.read() as session:
        held = session.exec(_held()).one()
        return why_held(ctx, session, held) if held else None


def kept_from_people() -> tuple[Any, Any, Any]:
    """Return the expressions of how many mails are held, addresses refused, and webhooks off by themselves."""
    refused = select(func.count()).select_from(RefusedAddress).scalar_subquery()
    off = (
        select(func.count())
        .select_from(Webhook)
        .where(col(Webhook.removed_at).is_(None), col(Webhook.off_why).in_(BY_ITSELF))
        .scalar_subquery()
    )
    return _held().scalar_subquery(), refused, off


def _held() -> Any:
    return select(func.count()).select_from(Notice).where(col(Notice.channel) == MAIL, col(Notice.state) == HELD)


def why_held(ctx: Context, session: Session, held: int) -> Waiting:
    """Return why so many mails do not go."""
    try:
        server = mail_server.in_use(ctx, session) is not None
        known = mail_standing.trouble(ctx, session)
    except KeyMissing:
        return Waiting(held, server=True, problem="key-missing")
    return Waiting(held, server, known.problem if known else None)


def again(ctx: Context, actor: Actor, notice_id: int) -> None:
    """Have a notice sent that has failed. Raises Refused when what it tells is true no longer, NotFound."""
    if not may(actor.role, "notices.manage", own=False):
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        row = session.get(Notice, notice_id, with_for_update=True)
        if row is None or row.state != FAILED:
            raise NotFound
        if session.get(RefusedAddress, row.address) is not None:
            raise Refused(N_("The address is refused. Clear it first, below the list."))
        row.state, row.attempts, row.not_before, row.outcome = QUEUED, 0, now, ""
        session.add(row)
        audit.record(session, actor, "notice.again", ("notice", row.id, row.address), now, kind=row.kind)
        session.flush()
        notice_withdrawal.withdraw(session, now)
        session.refresh(row)
        withdrawn, channel = row.state == WITHDRAWN, row.channel
    if withdrawn:
        raise Refused(N_("What it tells is true no longer, so it was withdrawn."))
    ctx.enqueue("notify" if channel == MAIL else "call-webhooks")


def clear_address(ctx: Context, actor: Actor, address: str) -> None:
    """Let notices go to an address again that a server refused. Raises NotFound."""
    if not may(actor.role, "notices.manage", own=False):
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        cleared = session.exec(
            delete(RefusedAddress).where(col(RefusedAddress.address) == address).returning(col(RefusedAddress.address))
        ).all()
        if not cleared:
            raise NotFound
        audit.record(session, actor, "notice.clear-address", ("address", address, address), now)


def _state(name: str) -> str:
    return QUEUED if name == SENDING else name if name in STATES else FAILED


def _rows(session: Session, actor: Actor | None, *where: ColumnElement[bool], limit: int) -> list[NoticeRow]:
    tries = actor is not None and may(actor.role, "notices.manage", own=False)
    found = session.exec(
        select(Notice, Person, Inbox, Webhook)
        .outerjoin(Person, col(Person.id) == col(Notice.person_id))
        .outerjoin(Inbox, col(Inbox.id) == col(Notice.inbox_id))
        .outerjoin(Webhook, col(Webhook.id) == col(Notice.webhook_id))
        .where(*where)
        .order_by(col(Notice.id).desc())
        .limit(limit)
    ).all()
    return [
        NoticeRow(
            id=row.id or 0,
            kind=row.kind,
            channel=row.channel,
            state=_state(row.state),
            outcome="under-way" if row.state == SENDING else row.outcome,
            problem=row.problem,
            told=hook.name if hook else person.name if person else row.address,
            address=row.address,
            inbox_id=row.inbox_id,
            inbox=inbox.address if inbox else "",
            inbox_removed=inbox is not None and inbox.removed_at is not None,
            incident_id=row.incident_id,
            detail=row.detail if isinstance(row.detail, dict) else {},
            digest=row.digest,
            created_at=row.created_at,
            not_before=row.not_before,
            sent_at=row.sent_at if row.state == SENT else None,
            attempts=row.attempts,
            server_text=row.server_text,
            may_try=tries and row.state == FAILED,
        )
        for row, person, inbox, hook in found
    ]
