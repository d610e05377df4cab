"""Reconnect links and connect links as staff handle them: made, shown, withdrawn, and voided when they make no sense.

With a link one person reconnects one inbox, or connects one address, without signing in to the console. Its token is
made from a random seed and the console's signing key, so that only its hash is stored and a mail about it can still be
written later. What the person does with it is in `link_visits`.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, func, select

from console.rules.permissions import Reach, reach
from console.rules.texts import N_
from console.services import audit, drafts, giving_back, link_rules, link_steps, link_views, scope, switches
from console.services.context import Actor, Context, NotFound, Refused
from console.services.draft import GIVEN_UP, PASSED
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox, Person

# So long after their last step somebody is taken to be in the middle of a link.
IN_THE_MIDDLE = timedelta(hours=1)


@dataclass(frozen=True)
class Issued:
    """A link that was just made. Whoever has its `url` can use it."""

    id: int
    url: str
    expires_at: datetime


def issue(ctx: Context, actor: Actor | None, inbox_id: int, *, by_mail: bool = False) -> Issued:
    """Make the link that reconnects an inbox; the one before it stops working.

    `actor` is None where the console makes one by itself: then the one before it is used on where it has half of its
    time left, so that a mail that is sent a second time ends nothing that somebody is in the middle of. `by_mail` says
    that it goes to the owner by mail. Raises NotFound, and Refused where a reconnect makes no sense now.
    """
    now = ctx.clock()
    if actor is not None and reach(actor.role, "links.send") is Reach.NONE:
        raise NotFound
    with ctx.store.write() as session:
        inbox = session.get(Inbox, inbox_id) if actor is None else scope.inbox(session, actor, "inbox.see", inbox_id)
        if inbox is None or inbox.removed_at is not None:
            raise NotFound
        owner = _hold(session, inbox.owner_id)
        link_rules.refuse_reconnect(ctx, session, inbox, owner)
        if actor is None and (known := _going_on(ctx, session, inbox_id, now)) is not None:
            known.by_mail = known.by_mail or by_mail
            return Issued(known.id or 0, _url(ctx, token_of(ctx, known.seed)), known.expires_at)
        _end(ctx, session, [col(ReconnectLink.inbox_id) == inbox_id], link_rules.REPLACED, now)
        return _made(ctx, session, actor, owner, inbox.address, now, inbox=inbox, by_mail=by_mail)


def issue_connect(ctx: Context, actor: Actor, person_id: int, address: str, *, by_mail: bool = False) -> Issued:
    """Make the link with which a person connects an address for the first time; the one before it stops working.

    Raises NotFound, and Refused where the person or the address cannot be connected.
    """
    if reach(actor.role, "links.connect") is Reach.NONE:
        raise NotFound
    now = ctx.clock()
    parsed = drafts.parsed(address)
    with ctx.store.write() as session:
        owner = _hold(session, person_id)
        link_rules.refuse_connect(owner)
        if link_rules.taken(session, parsed.key):
            raise Refused(N_("This address is connected already. An address is connected once."), field="address")
        former = [col(ReconnectLink.inbox_id).is_(None), col(ReconnectLink.address) == parsed.key]
        _end(ctx, session, former, link_rules.REPLACED, now)
        return _made(ctx, session, actor, owner, parsed.key, now, by_mail=by_mail)


def url_of(ctx: Context, link_id: int) -> str | None:
    """Return the address of a link that can still be used, or None."""
    with ctx.store.read() as session:
        row = session.exec(
            select(ReconnectLink).where(ReconnectLink.id == link_id, link_steps.is_open(ctx.clock()))
        ).first()
    token = token_of(ctx, row.seed) if row is not None else ""
    # With another signing key than the one it was made with, a link opens nothing any more.
    return _url(ctx, token) if row is not None and hashed(token) == row.token_hash else None


def withdraw(ctx: Context, actor: Actor, link_id: int) -> link_views.LinkView:
    """Stop a link, and whatever was begun with it; nothing of that is stored. Return it. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        row = _within(session, actor, link_id)
        if _end(ctx, session, [col(ReconnectLink.id) == link_id], link_rules.BY_STAFF, now):
            audit.record(session, actor, "link.withdraw", link_steps.about(row.inbox_id, row), now)
        session.expire_all()
        return link_views.view(session, row, now)


def of_inbox(ctx: Context, actor: Actor, inbox_id: int) -> link_views.LinkView | None:
    """Return the newest reconnect link of an inbox, or None. Raises NotFound."""
    if reach(actor.role, "links.send") is Reach.NONE:
        raise NotFound
    with ctx.store.read() as session:
        scope.inbox(session, actor, "inbox.see", inbox_id)
        return link_views.newest(session, col(ReconnectLink.inbox_id) == inbox_id, ctx.clock())


def of_person(ctx: Context, actor: Actor, person_id: int) -> link_views.LinkView | None:
    """Return the newest connect link of a person, or None. Raises NotFound."""
    if reach(actor.role, "links.connect") is Reach.NONE:
        raise NotFound
    with ctx.store.read() as session:
        mine = (col(ReconnectLink.person_id) == person_id) & col(ReconnectLink.inbox_id).is_(None)
        return link_views.newest(session, mine, ctx.clock())


def others_of_person(ctx: Context, actor: Actor, person_id: int) -> list[link_views.LinkView]:
    """Return the connect links of a person that can be used beside the newest one. Raises NotFound."""
    if reach(actor.role, "links.connect") is Reach.NONE:
        raise NotFound
    with ctx.store.read() as session:
        mine = (col(ReconnectLink.person_id) == person_id) & col(ReconnectLink.inbox_id).is_(None)
        newest = select(func.max(ReconnectLink.id)).where(mine).scalar_subquery()
        return link_views.usable(session, mine & (col(ReconnectLink.id) != newest), ctx.clock())


def one(ctx: Context, actor: Actor, link_id: int) -> link_views.LinkView:
    """Return a link. Raises NotFound."""
    with ctx.store.read() as session:
        return link_views.view(session, _within(session, actor, link_id), ctx.clock())


def tidy(ctx: Context, now: datetime) -> None:
    """Void the links that make no sense any more, so that none of them comes to life again."""
    with ctx.store.read() as session:
        rows = session.exec(
            select(ReconnectLink, Inbox, Person, switches.is_off(provider=False))
            .join(Person, col(Person.id) == col(ReconnectLink.person_id))
            .outerjoin(Inbox, col(Inbox.id) == col(ReconnectLink.inbox_id))
            .where(link_steps.is_open(now))
        ).all()
        to_connect = [link.address for link, *_ in rows if link.inbox_id is None]
        known = set(
            session.exec(
                select(Inbox.address).where(col(Inbox.address).in_(to_connect), col(Inbox.removed_at).is_(None))
            )
            if to_connect
            else ()
        )
        void = {
            link.id: why
            for link, inbox, person, off in rows
            if (why := link_rules.why_void(link, inbox, person, off=bool(off), taken=link.address in known))
        }
    for link_id, how in void.items():
        with ctx.store.write() as session:
            _end(ctx, session, [col(ReconnectLink.id) == link_id], how, now)


def hashed(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_of(ctx: Context, seed: str) -> str:
    """Return the token of a link, 256 bits that nobody has without the signing key."""
    made = hmac.digest(ctx.signing_key.encode(), f"reconnect-link:{seed}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _url(ctx: Context, token: str) -> str:
    return f"{ctx.config.base_url}/reconnect/{token}"


def _hold(session: Session, person_id: int) -> Person:
    """Return a person whom nobody else makes a link for until the transaction ends: of two at once, one is newer."""
    held = select(Person).where(Person.id == person_id).with_for_update(key_share=True)
    person = session.exec(held.execution_options(populate_existing=True)).first()
    if person is None:
        raise NotFound
    return person


def _going_on(ctx: Context, session: Session, inbox_id: int, now: datetime) -> ReconnectLink | None:
    """Return the link of an inbox that can still be used for as long as half of what a new one could."""
    until = now + timedelta(hours=ctx.config.link_hours) / 2
    wanted = select(ReconnectLink).where(ReconnectLink.inbox_id == inbox_id, link_steps.is_open(until))
    row = session.exec(wanted.order_by(col(ReconnectLink.id).desc())).first()
    if row is None or link_rules.over(session, row, now) or hashed(token_of(ctx, row.seed)) != row.token_hash:
        return None
    # One that was begun and left lying opens in that browser only, which may not be where the mail is read.
    lately = max(filter(None, (row.started_at, row.left_at, row.back_at, row.failed_at)), default=None)
    return row if lately is None or now - IN_THE_MIDDLE < lately <= now else None


def _made(
    ctx: Context,
    session: Session,
    actor: Actor | None,
    owner: Person,
    address: str,
    now: datetime,
    *,
    inbox: Inbox | None = None,
    by_mail: bool,
) -> Issued:
    assert owner.id is not None
    seed = secrets.token_urlsafe(24)
    token = token_of(ctx, seed)
    row = ReconnectLink(
        token_hash=hashed(token),
        seed=seed,
        inbox_id=inbox.id if inbox else None,
        person_id=owner.id,
        address=address,
        about=inbox.problem if inbox else None,
        by_id=actor.id if actor else None,
        by_mail=by_mail,
        created_at=now,
        expires_at=now + timedelta(hours=ctx.config.link_hours),
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    about = link_steps.about(row.inbox_id, row)
    audit.record(session, actor, "link.issue", about, now, by_mail=by_mail, address=address)
    return Issued(row.id, _url(ctx, token), row.expires_at)


def _end(
    ctx: Context, session: Session, which: Collection[ColumnElement[bool]], how: str, now: datetime
) -> Collection[int]:
    """Void the links that can still be used among `which`, and drop what was begun with them; return their ids."""
    ids = session.exec(select(ReconnectLink.id).where(*which, link_steps.counts())).all()
    if not ids:
        return ()
    begun = select(Draft).where(col(Draft.link_id).in_(ids), col(Draft.state).not_in([PASSED, GIVEN_UP]))
    rows = session.exec(begun.order_by(col(Draft.id)).with_for_update()).all()
    ended = session.execute(
        update(ReconnectLink)
        .where(col(ReconnectLink.id).in_(ids), link_steps.counts())
        .values(withdrawn_at=now, withdrawn_how=how)
        .returning(col(ReconnectLink.id))
        .execution_options(synchronize_session=False)
    ).all()
    gone = [row[0] for row in ended]
    for draft in rows:
        if draft.link_id in gone:
            giving_back.set_aside(ctx, session, draft)
            session.delete(draft)
    return gone


def _within(session: Session, actor: Actor, link_id: int) -> ReconnectLink:
    row = session.get(ReconnectLink, link_id)
    action = "links.connect" if row is not None and row.inbox_id is None else "links.send"
    if row is None or reach(actor.role, action) is Reach.NONE:
        raise NotFound
    return row
