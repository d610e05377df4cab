"""The wizard's drafts: each step fills one in; a reconnect is a draft that knows its inbox."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.discovery.addresses import Address, AddressError, parse
from console.discovery.domains import a_label
from console.providers.base import Provider
from console.rules import amazon
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import (
    audit,
    credentials,
    defaults,
    discoveries,
    giving_back,
    holds,
    link_steps,
    prefill,
    refusals,
    scope,
    switches,
    trusted,
)
from console.services.context import Actor, Context, NotFound, Refused
from console.services.draft import (
    BEFORE,
    GIVEN_UP,
    KEPT,
    OPEN,
    PASSED,
    DraftView,
    fetch,
    fits,
    queue,
    refuse_busy,
    refuse_many,
    unread,
    view_of,
    wipe,
)
from console.store.models import Acceptance, Draft, Inbox, Person, TrustedCertificate


def start(ctx: Context, actor: Actor, *, owner_id: int | None = None, automation: bool = False) -> str:
    """Begin a draft for the actor, or as an admin for another person; return its id. Raises Refused.

    Owners need personal email access, whoever connects.
    """
    owner_id = actor.id if owner_id is None else owner_id
    if not may(actor.role, "inbox.connect", own=owner_id == actor.id):
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        owner = session.get(Person, owner_id)
        if owner is None or not owner.active:
            raise Refused(N_("Choose one of the people."), field="owner")
        if not owner.personal_email:
            raise Refused(
                N_("Personal email access is off for this person. An account admin can switch it on under Users."),
                field="owner",
            )
        draft = new(actor, owner_id, now)
        draft.automation = automation
        session.add(draft)
        if owner_id != actor.id:
            audit.record(session, actor, "connect.start", ("person", owner_id, owner.email), now)
        return draft.id


def start_reconnect(ctx: Context, actor: Actor, inbox_id: int) -> str:
    """Begin a draft that gives an inbox a new password or permission, and new servers if need be.

    Return its id. Raises NotFound, Refused.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        draft = reconnect_of(ctx, session, actor, inbox_id, now)
        audit.record(session, actor, "reconnect.start", ("inbox", inbox_id, draft.address or ""), now)
        return draft.id


def reconnect_of(ctx: Context, session: Session, actor: Actor, inbox_id: int, now: datetime) -> Draft:
    """Add the draft of a reconnect to the open transaction and return it. Raises NotFound, Refused."""
    inbox = scope.inbox(session, actor, "inbox.reconnect", inbox_id)
    if switches.reasons(session, inbox):
        raise Refused(N_("This inbox is switched off. Enable it first, then reconnect it."))
    scope.family(ctx, inbox)
    draft = new(actor, inbox.owner_id, now)
    draft.inbox_id, draft.address, draft.provider = inbox.id, inbox.address, inbox.provider
    draft.settings, draft.automation = inbox.settings, inbox.automation
    exceptions = session.exec(
        select(TrustedCertificate).where(TrustedCertificate.inbox_id == inbox_id, col(TrustedCertificate.until) > now)
    )
    draft.pins = [trusted.to_draft(row) for row in exceptions]
    session.add(draft)
    return draft


def new(actor: Actor, owner_id: int, now: datetime) -> Draft:
    """Return an empty draft that waits a day."""
    return Draft(
        id=secrets.token_urlsafe(16),
        by_id=actor.id,
        owner_id=owner_id,
        link_id=actor.link_id,
        settings={},
        pins=[],
        stages=[],
        attempted={},
        created_at=now,
        expires_at=now + KEPT,
    )


def get(ctx: Context, actor: Actor, draft_id: str) -> DraftView:
    """Return one of the actor's own drafts. Raises NotFound, also when its day is over."""
    now = ctx.clock()
    with ctx.store.read() as session:
        draft = fetch(session, actor, draft_id, now)
        return view_of(session, draft, ctx.families.get(draft.provider), actor.role, now)


def look_up(ctx: Context, actor: Actor, draft_id: str, typed: str, *, again: bool = True) -> bool:
    """Put the address into the draft and have a worker find out about it; return whether a look-up began.

    None begins while the draft's own address is being looked up or has an answer; without `again`, nor when nobody
    answered. What was chosen and typed for another address is forgotten. Raises NotFound, Refused.
    """
    address, now = parsed(typed), ctx.clock()
    with ctx.store.write() as session:
        draft = _open_for(session, actor, draft_id, address, now)
        found = discoveries.of_draft(session, draft, now) if draft.address == address.key else None
        if found is not None and (found.waiting or found.answer is not None or not again):
            return False
        if draft.address != address.key:
            _forget(ctx, session, draft)
            draft.address, draft.provider = address.key, None
        draft.discovery_id = asked = discoveries.ask(session, actor, address, now)
    ctx.enqueue("discover", asked)
    return True


def set_address(ctx: Context, actor: Actor, draft_id: str, typed: str, provider: str) -> None:
    """Put the address and the provider into the draft. Raises Refused with the reason and the way out, NotFound."""
    address, now = parsed(typed), ctx.clock()
    with ctx.store.write() as session:
        draft = _open_for(session, actor, draft_id, address, now)
        refusals.switched_off(session, ctx, provider)
        if draft.address == address.key:
            refusals.unsupported(session, draft, now, field="address")
        else:
            draft.discovery_id = None
        if (draft.address, draft.provider) != (address.key, provider):
            _forget(ctx, session, draft)
        draft.address, draft.provider = address.key, provider


def parsed(typed: str) -> Address:
    """Return a typed address. Raises Refused."""
    try:
        found = parse(typed)
    except AddressError as error:
        raise Refused(str(error), field="address") from None
    if amazon.is_amazon(found.domain):
        raise Refused(amazon.REFUSAL, field="address")
    return found


def _open_for(session: Session, actor: Actor, draft_id: str, address: Address, now: datetime) -> Draft:
    """Return the draft, locked, when its address may be this one. Raises NotFound, Refused."""
    draft = fetch(session, actor, draft_id, now, lock=True)
    refuse_busy(draft)
    if draft.inbox_id is not None:
        raise Refused(N_("This draft reconnects one inbox. Its address cannot change."), field="address")
    if draft.link_id is not None and draft.address != address.key:
        raise Refused(N_("This link connects one address. It cannot change."), field="address")
    refusals.taken(session, draft, address.key)
    return draft


def _forget(ctx: Context, session: Session, draft: Draft) -> None:
    """Forget what was typed, given and accepted for another address or provider."""
    giving_back.set_aside(ctx, session, draft)
    wipe(draft)
    draft.settings, draft.state, draft.stages, draft.problem, draft.pins = {}, OPEN, [], None, []
    draft.disclosure_version = draft.disclosure_at = draft.left_at = draft.granted = None


def accept_disclosure(ctx: Context, actor: Actor, draft_id: str) -> None:
    """Record that the actor read and accepted what to expect. Raises NotFound, Refused before there is an address."""
    now = ctx.clock()
    with ctx.store.write() as session:
        draft = fetch(session, actor, draft_id, now, lock=True)
        family = ctx.families.get(draft.provider)
        if family is None or draft.address is None:
            raise Refused(N_("Type the address first."))
        draft.disclosure_version, draft.disclosure_at = family.disclosure.version, now
        session.add(
            Acceptance(
                person_id=actor.id,
                on_behalf_of_id=draft.owner_id if draft.owner_id != actor.id else None,
                address=draft.address,
                provider=family.slug,
                moment=BEFORE,
                version=family.disclosure.version,
                language=ctx.config.language,
                at=now,
            )
        )
        if draft.owner_id != actor.id:
            audit.record(
                session,
                actor,
                "connect.continued-for",
                ("person", draft.owner_id, draft.address),
                now,
                version=family.disclosure.version,
            )


def set_settings(
    ctx: Context,
    actor: Actor,
    draft_id: str,
    data: Mapping[str, Any],
    *,
    automation: bool | None = None,
    confirmed: Collection[str] = (),
) -> None:
    """Put validated settings and the sealed password into the draft and have a worker verify them.

    `confirmed` are the hosts that the person has looked at. Raises NotFound, and Refused, beside `confirmed` when a
    server that was found in a place that is not to be trusted alone is among the settings and not among these.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        draft = fetch(session, actor, draft_id, now, lock=True)
        refuse_busy(draft)
        family = ctx.families.get(draft.provider)
        if family is None or draft.address is None or unread(draft):
            raise Refused(N_("Go through the steps before this one first."))
        if family.consents:
            raise Refused(N_("This provider takes no password. Continue at the provider."))
        if draft.state == PASSED:
            raise Refused(N_("This inbox is connected already."))
        refuse_many(session, draft)
        refusals.switched_off(session, ctx, family.slug)
        if draft.inbox_id is None:
            refusals.taken(session, draft, draft.address)
            refusals.unsupported(session, draft, now)
        start = prefill.of(session, actor, draft, family, now)
        reconnected = session.get(Inbox, draft.inbox_id) if draft.inbox_id is not None else None
        if reconnected is not None and not fits(draft, reconnected):
            raise Refused(N_("The inbox was moved to another provider meanwhile. Start again from its page."))
        # What the inbox had at another family says nothing about this one.
        own = reconnected.settings if reconnected is not None and draft.moves_from is None else None
        # What was found may be older than what the admin keeps now.
        allowed = defaults.enforced(session, actor, family, draft.address, own, {**data, **start.fixed})
        settings, secret = family.split(draft.address, allowed)
        hosts = prefill.hosts(family, settings)
        if prefill.unseen(hosts, start.to_confirm, {*confirmed, *prefill.hosts(family, draft.settings)}):
            raise Refused(
                N_("Look at the servers and tick the box. Until then your password goes nowhere."), field="confirmed"
            )
        if automation is not None:
            draft.automation = automation
        draft.settings = settings
        draft.pins = [pin for pin in draft.pins if _still_named(family, settings, pin)]
        draft.sealed, draft.key_id, draft.typed_at = (
            credentials.seal(ctx, secret, f"draft:{draft.id}"),
            ctx.vault.key_id,
            now,
        )
        draft.receives_only = None
        holds.refuse_typed(session, draft.address, now)
        queue(draft, family)
        link_steps.begun(session, draft, now, left=False)
    ctx.enqueue("verify", draft_id)


def _still_named(family: Provider, settings: dict[str, Any], pin: Mapping[str, Any]) -> bool:
    return a_label(str(pin.get("host", ""))) in prefill.hosts(family, settings)


def leave(ctx: Context, actor: Actor, draft_id: str) -> int | None:
    """Forget the draft and its password; return the inbox it reconnected or made, if any. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        draft = fetch(session, actor, draft_id, now, lock=True)
        inbox_id = draft.inbox_id
        giving_back.set_aside(ctx, session, draft)
        session.delete(draft)
    return inbox_id


def unfinished(ctx: Context, actor: Actor) -> tuple[str, str] | None:
    """Return id and address of the actor's newest draft that still waits, for the way back into the wizard."""
    now = ctx.clock()
    with ctx.store.read() as session:
        row = session.exec(
            select(Draft)
            .where(
                Draft.by_id == actor.id,
                Draft.link_id == actor.link_id,
                col(Draft.expires_at) > now,
                col(Draft.state).not_in([PASSED, GIVEN_UP]),
                col(Draft.address).is_not(None),
            )
            .order_by(col(Draft.created_at).desc())
            .limit(1)
        ).first()
        return (row.id, row.address or "") if row else None
