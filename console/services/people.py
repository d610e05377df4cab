"""The people who sign in: the first admin, adding, roles, personal email access, deactivating."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from sqlalchemy import func, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from console.discovery.addresses import AddressError, parse
from console.rules.permissions import ROLE_LABELS, Role
from console.rules.texts import N_
from console.services import audit, passwords, switches
from console.services.context import Actor, Context, NotFound, Refused
from console.store.models import EndedSession, Inbox, Person, SetUpLink


@dataclass(frozen=True)
class PersonRow:
    """A person as the Users page shows them."""

    id: int
    name: str
    email: str
    role: str
    role_label: str
    personal_email: bool
    active: bool
    signed_up: bool
    inboxes: int
    last_sign_in: datetime | None
    created_at: datetime
    me: bool = False

    @property
    def first_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ")[0]


def actor_of(person: Person, ip: str = "") -> Actor:
    """Return the person as an actor, calling from `ip`."""
    assert person.id is not None
    return Actor(person.id, person.name, person.email, person.role, person.personal_email, person.session_epoch, ip)


def signed_in(ctx: Context, person_id: int, epoch: int, session_id: str, ip: str) -> Actor | None:
    """Return the person of a session, or None when it ended: signed out, here or everywhere, or deactivated.

    One query, because every request asks it.
    """
    ended = select(EndedSession.id).where(EndedSession.id == session_id).exists()
    with ctx.store.read() as session:
        person = session.exec(select(Person).where(Person.id == person_id, ~ended)).first()
    if person is None or not person.active or person.session_epoch != epoch:
        return None
    return actor_of(person, ip)


def nobody_yet(ctx: Context) -> bool:
    """Return whether no account exists, so that a set-up link may create the first one."""
    with ctx.store.read() as session:
        return session.exec(select(func.count()).select_from(Person)).one() == 0


def create_first_admin(ctx: Context, *, name: str, email: str, password: str, ip: str = "") -> Actor:
    """Create the first account, an account admin, and void every set-up link. Raises Refused when an account exists."""
    name, email = _checked_name(name), _checked_email(email)
    hashed = passwords.hash_new(password, email=email, name=name)
    now = ctx.clock()
    with ctx.store.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            # Two set-up forms sent at once must not create two first admins.
            session.connection().exec_driver_sql("LOCK TABLE person IN EXCLUSIVE MODE")
        if session.exec(select(func.count()).select_from(Person)).one():
            raise Refused(N_("An account exists already. Sign in instead."))
        person = Person(
            email=email,
            name=name,
            role=Role.ADMIN,
            password_hash=hashed,
            created_at=now,
            last_sign_in_at=now if ip else None,
        )
        session.add(person)
        for link in session.exec(select(SetUpLink).where(col(SetUpLink.voided_at).is_(None))):
            link.voided_at = now
        session.flush()
        actor = actor_of(person, ip)
        audit.record(session, actor, "person.first-admin", ("person", person.id, email), now)
    return actor


def add(ctx: Context, actor: Actor, *, name: str, email: str, role: str, personal_email: bool) -> int:
    """Add a person who chooses a password by a welcome link; return their id. Raises Refused."""
    name, email = _checked_name(name), _checked_email(email)
    now = ctx.clock()
    try:
        with ctx.store.write() as session:
            person = Person(email=email, name=name, role=Role(role), personal_email=personal_email, created_at=now)
            session.add(person)
            session.flush()
            assert person.id is not None
            audit.record(
                session,
                actor,
                "person.add",
                ("person", person.id, email),
                now,
                role=role,
                personal_email=personal_email,
            )
            return person.id
    except IntegrityError:
        raise Refused(N_("Somebody with this address is in the list already."), field="email") from None


def change(ctx: Context, actor: Actor, person_id: int, *, role: str, personal_email: bool) -> None:
    """Set somebody's role and personal email access. A changed role ends their sessions. Raises Refused, NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        person, alone = _hold(session, person_id)
        if alone and person.role == Role.ADMIN and role != Role.ADMIN:
            _refuse_last_admin()
        if person.role != role:
            audit.record(
                session, actor, "person.role", ("person", person.id, person.email), now, old=person.role, new=role
            )
            person.role = Role(role)
            person.session_epoch += 1
        if person.personal_email != personal_email:
            person.personal_email = personal_email
            audit.record(
                session, actor, "person.personal-email", ("person", person.id, person.email), now, on=personal_email
            )


def deactivate(ctx: Context, actor: Actor, person_id: int) -> None:
    """End somebody's access and sessions, and switch their inboxes off. Raises Refused, NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        person, alone = _hold(session, person_id)
        if person.id == actor.id:
            raise Refused(N_("You cannot deactivate yourself. Ask another account admin."))
        if alone and person.role == Role.ADMIN:
            _refuse_last_admin()
        if person.active:
            person.active = False
            person.session_epoch += 1
            switches.put_off(session, actor, "owner", person.id, "", now)
            audit.record(session, actor, "person.deactivate", ("person", person.id, person.email), now)


def activate(ctx: Context, actor: Actor, person_id: int) -> None:
    """Give a deactivated person access again, and take the switch off their inboxes. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.write() as session:
        person, _ = _hold(session, person_id)
        if not person.active:
            person.active = True
            person.session_epoch += 1
            switches.put_on(session, "owner", person.id)
            audit.record(session, actor, "person.activate", ("person", person.id, person.email), now)


def everyone(ctx: Context, actor: Actor, query: str = "") -> list[PersonRow]:
    """Return all people, active ones first, by name; `query` filters by name or address."""
    with ctx.store.read() as session:
        wanted = select(Person, func.count(col(Inbox.id))).outerjoin(
            Inbox, (col(Inbox.owner_id) == col(Person.id)) & col(Inbox.removed_at).is_(None)
        )
        if query:
            key = query.casefold()
            wanted = wanted.where(
                col(Person.name_key).contains(key, autoescape=True) | col(Person.email).contains(key, autoescape=True)
            )
        wanted = wanted.group_by(col(Person.id)).order_by(
            col(Person.active).desc(), col(Person.name_key), col(Person.id)
        )
        return [_row(person, inboxes, actor) for person, inboxes in session.exec(wanted)]


def one(ctx: Context, actor: Actor, person_id: int) -> PersonRow:
    """Return one person. Raises NotFound."""
    with ctx.store.read() as session:
        person = _get(session, person_id)
        inboxes = session.exec(
            select(func.count()).select_from(Inbox).where(Inbox.owner_id == person_id, col(Inbox.removed_at).is_(None))
        ).one()
        return _row(person, inboxes, actor)


def who_may_own(ctx: Context) -> list[PersonRow]:
    """Return the active people with personal email access, for whom an admin may connect an inbox."""
    with ctx.store.read() as session:
        people = session.exec(
            select(Person)
            .where(col(Person.active), col(Person.personal_email))
            .order_by(col(Person.name_key), col(Person.id))
        )
        return [_row(person, 0, None) for person in people]


def _row(person: Person, inboxes: int, actor: Actor | None) -> PersonRow:
    assert person.id is not None
    return PersonRow(
        person.id,
        person.name,
        person.email,
        person.role,
        ROLE_LABELS[Role(person.role)],
        person.personal_email,
        person.active,
        person.password_hash is not None,
        inboxes,
        person.last_sign_in_at,
        person.created_at,
        actor is not None and actor.id == person.id,
    )


def _get(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person


def _hold(session: Session, person_id: int) -> tuple[Person, bool]:
    """Return a person to change, and whether nobody else is an active account admin. Raises NotFound.

    Both hold until the transaction ends: two admins who demote each other at once come one after the other.
    """
    rows = session.exec(
        select(Person)
        .where(or_(col(Person.id) == person_id, col(Person.role) == Role.ADMIN))
        .order_by(col(Person.id))
        .with_for_update()
    ).all()
    person = next((row for row in rows if row.id == person_id), None)
    if person is None:
        raise NotFound
    return person, not any(row.role == Role.ADMIN and row.active for row in rows if row.id != person_id)


def _refuse_last_admin() -> NoReturn:
    raise Refused(N_("The console needs one account admin. Make somebody else an account admin first."), field="role")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120 or "\x00" in name:
        raise Refused(N_("Type a name of 1 to 120 characters."), field="name")
    return name


def _checked_email(email: str) -> str:
    try:
        return parse(email).key
    except AddressError as error:
        raise Refused(str(error), field="email") from None


def told_of_recoverable(ctx: Context, actor: Actor) -> bool:
    """Return whether the actor wants to be told of trouble that passes by itself."""
    with ctx.store.read() as session:
        return session.get_one(Person, actor.id).told_of_recoverable


def tell_of_recoverable(ctx: Context, actor: Actor, wanted: bool) -> None:
    """Keep whether the actor wants to be told of trouble that passes by itself."""
    with ctx.store.write() as session:
        session.get_one(Person, actor.id).told_of_recoverable = wanted
