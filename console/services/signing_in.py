"""Signing in and out, and the links that let somebody choose a password."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete
from sqlmodel import col, select

from console.discovery.addresses import AddressError, parse
from console.rules.texts import N_
from console.services import audit, passwords, throttle
from console.services.context import Actor, Context, NotFound, Refused
from console.services.people import actor_of
from console.store import insert_into
from console.store.models import EndedSession, Person, SetUpLink

TRIES_PER_ACCOUNT, TRIES_PER_IP = 8, 30
WELCOME_DAYS = 7
_REFUSED = N_("The address or the password does not match. Check both and try again.")
_SLOW_DOWN = N_("Too many attempts. Wait 15 minutes, then try again.")


@dataclass(frozen=True)
class Welcome:
    """Whom a welcome link belongs to."""

    person_id: int
    name: str
    email: str
    epoch: int


def sign_in(ctx: Context, *, email: str, password: str, ip: str) -> Actor:
    """Return the person whose address and password these are. Raises Refused, always with the same words.

    Attempts are counted before the password is looked at, per account and per client IP (of IPv6, per /64), so that
    many at once cannot slip through; a good one is given back.
    """
    now = ctx.clock()
    try:
        key = parse(email).key
    except AddressError:
        key = email.strip().casefold()[:254].replace("\x00", "")
    account, client = "sign-in:" + hashlib.sha256(key.encode()).hexdigest(), f"sign-in-ip:{throttle.client(ip)}"
    with ctx.store.write() as session:
        tries, from_here = throttle.add(session, account, now), throttle.add(session, client, now)
        person = session.exec(select(Person).where(Person.email == key)).first()
    if tries > TRIES_PER_ACCOUNT or from_here > TRIES_PER_IP:
        raise Refused(_SLOW_DOWN)
    if not passwords.verify(password, person.password_hash if person and person.active else None):
        raise Refused(_REFUSED)
    assert person is not None
    assert person.password_hash is not None
    stronger = passwords.rehash(password) if passwords.outdated(person.password_hash) else None
    with ctx.store.write() as session:
        throttle.forget(session, account)
        throttle.give_back(session, client, now)
        throttle.prune(session, now)
        current = session.get(Person, person.id)
        if current is None or not current.active or current.password_hash != person.password_hash:
            raise Refused(_REFUSED)
        current.last_sign_in_at = now
        if stronger:
            current.password_hash = stronger
        actor = actor_of(current, ip)
        audit.record(session, actor, "sign-in", ("person", current.id, current.email), now)
    return actor


def sign_out(ctx: Context, actor: Actor, session_id: str) -> None:
    """End one session for good: copies of its cookie are worth nothing from now on."""
    now = ctx.clock()
    with ctx.store.write() as session:
        ended = insert_into(session, EndedSession).values(id=session_id, at=now).on_conflict_do_nothing()
        session.execute(ended)
        audit.record(session, actor, "sign-out", ("person", actor.id, actor.email), now)


def tidy(ctx: Context) -> None:
    """Forget ended sessions whose cookies have expired, with an hour for answers that were on their way."""
    expired = ctx.clock() - timedelta(hours=ctx.config.session_hours + 1)
    with ctx.store.write() as session:
        session.execute(delete(EndedSession).where(col(EndedSession.at) < expired))


def sign_out_everywhere(ctx: Context, actor: Actor) -> None:
    """End every session of the person, this one too."""
    now = ctx.clock()
    with ctx.store.write() as session:
        person = session.get(Person, actor.id)
        if person is not None:
            person.session_epoch += 1
            audit.record(session, actor, "sign-out.everywhere", ("person", person.id, person.email), now)


def change_password(ctx: Context, actor: Actor, *, current: str, new: str) -> Actor:
    """Set a new password and end the person's other sessions.

    Return the actor of the session that goes on. Raises Refused.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        tries = throttle.add(session, f"password:{actor.id}", now)
        person = session.get(Person, actor.id)
    if person is None:
        raise NotFound
    if tries > TRIES_PER_ACCOUNT:
        raise Refused(_SLOW_DOWN, field="current_password")
    if not passwords.verify(current, person.password_hash):
        raise Refused(N_("This is not your current password."), field="current_password")
    try:
        hashed = passwords.hash_new(new, email=person.email, name=person.name)
    except Refused as refused:
        raise Refused(refused.sentence, field="new_password") from None
    with ctx.store.write() as session:
        throttle.forget(session, f"password:{actor.id}")
    return _set_password(ctx, actor.id, hashed, now, actor, "password.change", actor.ip)


def print_set_up_link(ctx: Context) -> str | None:
    """Return a fresh one-time address that creates the first admin, voiding older ones; None when an account exists."""
    now = ctx.clock()
    token = secrets.token_urlsafe(32)
    with ctx.store.write() as session:
        if session.exec(select(Person).limit(1)).first() is not None:
            return None
        for link in session.exec(select(SetUpLink).where(col(SetUpLink.voided_at).is_(None))):
            link.voided_at = now
        session.add(SetUpLink(token_hash=_digest(token), created_at=now))
    return f"{ctx.config.base_url}/set-up/{token}"


def set_up_link_opens(ctx: Context, token: str) -> bool:
    """Return whether this set-up link is the newest one and no account exists yet."""
    with ctx.store.read() as session:
        # Of two starts at once neither voids the other's, so the newest is asked for.
        link = session.exec(select(SetUpLink).order_by(col(SetUpLink.id).desc()).limit(1)).first()
        opens = link is not None and link.voided_at is None and link.token_hash == _digest(token)
        return opens and session.exec(select(Person).limit(1)).first() is None


def welcome_link(ctx: Context, actor: Actor, person_id: int) -> str:
    """Return an address where the person chooses a password; older ones stop working. Raises NotFound, Refused."""
    return welcome_address(ctx, person_id, renew_welcome(ctx, actor, person_id))


def renew_welcome(ctx: Context, actor: Actor, person_id: int) -> int:
    """Void the person's older links and sessions, and return the epoch for `welcome_address`. Raises NotFound, Refused.

    A link carries the person's epoch: using it, or making another, grows the epoch and voids it.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound
        if not person.active:
            raise Refused(N_("This person is deactivated. Activate them first."))
        person.session_epoch += 1
        audit.record(session, actor, "person.welcome-link", ("person", person.id, person.email), now)
        return person.session_epoch


def welcome_address(ctx: Context, person_id: int, epoch: int) -> str:
    """Return the address that opens while the person is at `epoch`, for a week."""
    return f"{ctx.config.base_url}/welcome/{_serializer(ctx).dumps([person_id, epoch])}"


def welcome(ctx: Context, token: str) -> Welcome | None:
    """Return whom a welcome link belongs to, or None when it is used, replaced, older than a week or made up."""
    try:
        (person_id, epoch), signed_at = _serializer(ctx).loads(token, return_timestamp=True)
    except (BadSignature, ValueError, TypeError):
        return None
    if ctx.clock() - signed_at > timedelta(days=WELCOME_DAYS):
        return None
    with ctx.store.read() as session:
        person = session.get(Person, person_id)
    if person is None or not person.active or person.session_epoch != epoch:
        return None
    return Welcome(person_id, person.name, person.email, epoch)


def accept_welcome(ctx: Context, token: str, password: str, ip: str) -> Actor:
    """Set the password of the person whose link it is and sign them in. Raises Refused, NotFound."""
    found = welcome(ctx, token)
    if found is None:
        raise NotFound
    hashed = passwords.hash_new(password, email=found.email, name=found.name)
    return _set_password(ctx, found.person_id, hashed, ctx.clock(), None, "password.choose", ip, epoch=found.epoch)


def _set_password(
    ctx: Context,
    person_id: int,
    hashed: str,
    now: datetime,
    actor: Actor | None,
    action: str,
    ip: str,
    *,
    epoch: int | None = None,
) -> Actor:
    with ctx.store.write() as session:
        person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
        if person is None or not person.active or epoch not in (None, person.session_epoch):
            raise NotFound
        person.password_hash = hashed
        person.session_epoch += 1
        person.last_sign_in_at = person.last_sign_in_at if actor else now
        actor = actor_of(person, ip)
        audit.record(session, actor, action, ("person", person.id, person.email), now)
        return actor


def _serializer(ctx: Context) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(ctx.signing_key, salt="welcome")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
