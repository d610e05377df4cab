"""What the person does with a link: open it, press Continue once in one browser, and go through its draft there.

Nobody is signed in. Opening a link changes nothing, however often. Continue ties it to the browser that pressed it;
from then on that browser alone reaches the draft of the link, and nothing else.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, select

from console.providers.base import SettingsUnreadable
from console.rules.permissions import Role
from console.rules.texts import N_
from console.services import (
    audit,
    consents,
    discoveries,
    drafts,
    incidents,
    link_rules,
    link_steps,
    links,
    moving,
    prefill,
    throttle,
)
from console.services.context import Actor, Context, NotFound, Refused
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox, Person

# Addresses of links that are none, from one client within a quarter of an hour.
MOST_MISSES = 60


class TooMany(Refused):
    """A client has tried many addresses that are no links."""


@dataclass(frozen=True)
class Visit:
    """A link as its person sees it.

    `state` is open; mine, when this browser goes on with `draft_id`; elsewhere, when another one pressed Continue;
    done; or over, with the reason in `over`. `waits` says that the draft is still there. `about` is the problem that
    the inbox has, `host` where it is; `moves_to` is the provider that takes over where the mailbox moved. `servers`
    are all that a password typed for the inbox goes to. `early` says that an incident holds the inbox, so that signing
    in mends nothing yet.
    """

    link_id: int
    state: str
    over: str
    reconnects: bool
    address: str
    first_name: str
    person_id: int
    provider: str
    about: str | None
    host: str
    expires_at: datetime
    started_at: datetime | None
    connected_at: datetime | None
    draft_id: str | None
    waits: bool
    moves_to: str = ""
    servers: tuple[str, ...] = ()
    early: bool = False


@dataclass(frozen=True)
class Passage:
    """A browser on its way through the draft of a link; `actor` is the person of the link, and may do nothing else."""

    actor: Actor
    visit: Visit


def look(ctx: Context, token: str, browser: str, ip: str) -> Visit:
    """Return what a link opens, without changing anything about it. Raises NotFound for no link, and TooMany.

    A link opens however many others were tried from the same network: nobody guesses 256 bits, and colleagues share
    an address.
    """
    now, client = ctx.clock(), f"link:{throttle.client(ip)}"
    with ctx.store.read() as session:
        link = session.exec(select(ReconnectLink).where(ReconnectLink.token_hash == links.hashed(token))).first()
        if link is not None:
            seen = _visit(ctx, session, link, browser, now)
            early = link.inbox_id is not None and incidents.keeps_quiet(session, link.inbox_id, now)
            return replace(seen, servers=_servers(ctx, session, link, ip, now), early=early)
        if throttle.count(session, client, now) >= MOST_MISSES:
            raise TooMany(N_("Many addresses that are no links were opened from your network. Wait 15 minutes."))
    with ctx.store.write() as session:
        throttle.add(session, client, now)
    raise NotFound


def begin(ctx: Context, token: str, browser: str, ip: str) -> Visit:
    """Take Continue: the first browser gets the link, and its draft; the same one goes on where it was.

    Raises NotFound, TooMany, and Refused where the inbox or the address cannot be connected at the moment.
    """
    seen = look(ctx, token, browser, ip)
    if seen.state in {"over", "elsewhere", "done"}:
        return seen
    now, asked = ctx.clock(), None
    with ctx.store.write() as session:
        held = select(ReconnectLink).where(ReconnectLink.id == seen.link_id).with_for_update()
        link = session.exec(held.execution_options(populate_existing=True)).one()
        seen = _visit(ctx, session, link, browser, now)
        if seen.state not in {"open", "mine"} or seen.waits or link.connected_at is not None:
            return seen
        person = session.get_one(Person, link.person_id)
        actor = _actor(link, person, ip)
        draft, asked = _draft(ctx, session, link, person, actor, now)
        session.flush()
        link.draft_id = draft.id
        if link.started_at is None:
            link.started_at, link.browser_hash = now, links.hashed(browser)
            audit.record(session, actor, "link.start", link_steps.about(link.inbox_id, link), now)
        seen = _visit(ctx, session, link, browser, now)
    if asked is not None:
        ctx.enqueue("discover", asked)
    return seen


def passage(ctx: Context, draft_id: str, browser: str, ip: str) -> Passage:
    """Return the way of this browser through a draft; whether it still leads on, its visit says.

    Raises NotFound for a draft of no link, and for a browser that did not begin it.
    """
    now = ctx.clock()
    if not browser or not draft_id.isprintable():
        raise NotFound
    with ctx.store.read() as session:
        link = session.exec(select(ReconnectLink).where(ReconnectLink.draft_id == draft_id)).first()
        if link is None or not _same(link, browser):
            raise NotFound
        person = session.get_one(Person, link.person_id)
        return Passage(_actor(link, person, ip), _visit(ctx, session, link, browser, now))


def returning(ctx: Context, state: str, browser: str, ip: str) -> Passage | None:
    """Return the way on of a browser that a provider sent back, or None when it did not leave by a link.

    Raises NotFound when the link belongs to another browser.
    """
    draft_id = consents.draft_of(ctx, state)
    if draft_id is None:
        return None
    with ctx.store.read() as session:
        if session.exec(select(ReconnectLink.id).where(ReconnectLink.draft_id == draft_id)).first() is None:
            return None
    return passage(ctx, draft_id, browser, ip)


def _draft(
    ctx: Context, session: Session, link: ReconnectLink, person: Person, actor: Actor, now: datetime
) -> tuple[Draft, str | None]:
    """Return the draft of a link, in the open transaction, and the look-up that a worker is to answer for it."""
    if link.inbox_id is not None:
        inbox = session.get_one(Inbox, link.inbox_id)
        if link_rules.moves(inbox):
            return moving.draft_of(ctx, session, actor, link.inbox_id, now), None
        link_rules.refuse_reconnect(ctx, session, inbox, person)
        return drafts.reconnect_of(ctx, session, actor, link.inbox_id, now), None
    link_rules.refuse_connect(person)
    draft = drafts.new(actor, actor.id, now)
    draft.address = link.address
    draft.discovery_id = discoveries.ask(session, actor, drafts.parsed(link.address), now)
    session.add(draft)
    return draft, draft.discovery_id


def _actor(link: ReconnectLink, person: Person, ip: str) -> Actor:
    """Return the person of a link as an actor. By a link nobody may do more than a member, whatever they are."""
    assert person.id is not None
    return Actor(
        person.id, person.name, person.email, Role.MEMBER, person.personal_email, person.session_epoch, ip, link.id
    )


def _same(link: ReconnectLink, browser: str) -> bool:
    return bool(browser and link.browser_hash) and hmac.compare_digest(link.browser_hash, links.hashed(browser))


def _alive(session: Session, link: ReconnectLink, now: datetime) -> bool:
    draft = session.get(Draft, link.draft_id) if link.draft_id is not None else None
    return draft is not None and draft.expires_at > now


def _visit(ctx: Context, session: Session, link: ReconnectLink, browser: str, now: datetime) -> Visit:
    assert link.id is not None
    person = session.get_one(Person, link.person_id)
    inbox = session.get(Inbox, link.inbox_id) if link.inbox_id is not None else None
    over, same = link_rules.over(session, link, now), _same(link, browser)
    if over:
        state = "over"
    elif link.connected_at is not None:
        state = "mine" if same else "done"
    else:
        state = "open" if link.started_at is None else "mine" if same else "elsewhere"
    family = ctx.families.get(inbox.provider) if inbox is not None else None
    return Visit(
        link_id=link.id,
        state=state,
        over=over,
        reconnects=link.inbox_id is not None,
        address=link.address,
        first_name=person.name.split(" ")[0],
        person_id=link.person_id,
        provider=inbox.provider if inbox is not None else "",
        about=inbox.problem if inbox is not None else None,
        host=(inbox.problem_host or inbox.host) if inbox is not None else "",
        expires_at=link.expires_at,
        started_at=link.started_at,
        connected_at=link.connected_at,
        draft_id=link.draft_id if same else None,
        waits=same and _alive(session, link, now),
        moves_to=family.successor if family is not None and inbox is not None and link_rules.moves(inbox) else "",
    )


def _servers(ctx: Context, session: Session, link: ReconnectLink, ip: str, now: datetime) -> tuple[str, ...]:
    """Return the hosts that a password typed by this link goes to, as the step that asks for it finds them."""
    inbox = session.get(Inbox, link.inbox_id) if link.inbox_id is not None else None
    family = ctx.families.get(inbox.provider) if inbox is not None else None
    if inbox is None or family is None or family.consents:
        return ()
    actor = _actor(link, session.get_one(Person, link.person_id), ip)
    draft = drafts.new(actor, inbox.owner_id, now)
    draft.inbox_id, draft.address, draft.provider, draft.settings = inbox.id, inbox.address, family.slug, inbox.settings
    try:
        sent_to = family.destinations(prefill.of(session, actor, draft, family, now).settings)
    except (NotFound, SettingsUnreadable):
        return ()
    return tuple(dict.fromkeys(host for hosts in sent_to.values() for host in hosts))
