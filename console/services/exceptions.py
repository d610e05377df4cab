"""Exceptions in people's hands: who may make them, the list of all of them, and taking one back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import Session, col, select

from console.discovery.addresses import shown_domain
from console.providers.base import Authority, Certificate
from console.rules.permissions import Reach, reach
from console.rules.texts import N_
from console.services import audit, switches, trusted
from console.services.context import Actor, Context, NotFound, Refused
from console.services.switches import Off
from console.store.models import Inbox, Person, SwitchedOff, TrustedCertificate

# The row that keeps members from trusting anything themselves; like every switch it knows who, when and why.
LEVEL, TARGET = "members", "trust-certificate"
CERTIFICATE_PROBLEMS = ("tls-untrusted", "tls-expired", "tls-hostname-mismatch", "certificate-changed")
PAGE = 50
FORBIDDEN = N_("Only account admins may trust a certificate that does not verify. Ask one of them to look at it.")


@dataclass(frozen=True)
class ExceptionRow:
    """One exception as the list shows it. `port` is None for an authority, which counts at every port of `host`."""

    id: int
    authority: bool
    host: str
    port: int | None
    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    domain: str | None
    inbox_id: int | None
    address: str | None
    by: str
    why: str
    since: datetime
    until: datetime
    ended: bool

    @property
    def self_signed(self) -> bool:
        """True when it names itself as its issuer."""
        return self.subject == self.issuer


@dataclass(frozen=True)
class ExceptionPage:
    """One page of the list, the newest first; `older` is where the next one begins."""

    rows: list[ExceptionRow]
    older: int | None
    off: Off | None


def forbidden(session: Session) -> Off | None:
    """Return who keeps members from trusting certificates, or None when nobody does."""
    row = session.exec(
        select(SwitchedOff, Person.name)
        .join(Person, col(Person.id) == col(SwitchedOff.by_id))
        .where(SwitchedOff.level == LEVEL, SwitchedOff.target == TARGET)
    ).first()
    return Off(LEVEL, "", row[1], row[0].at, row[0].why) if row else None


def may_trust(session: Session, role: str) -> bool:
    """Return whether somebody of this role may trust a certificate that does not verify, for what they may connect."""
    return reach(role, "exceptions.manage") is Reach.ALL or forbidden(session) is None


def refuse_unless_allowed(session: Session, actor: Actor) -> None:
    """Raise Refused when the actor may not trust a certificate that does not verify."""
    if not may_trust(session, actor.role):
        raise Refused(FORBIDDEN)


def forbid(ctx: Context, actor: Actor, why: str = "") -> None:
    """Let only account admins trust certificates from now on. What was trusted before goes on counting."""
    now = ctx.clock()
    with ctx.store.write() as session:
        if switches.put_off(session, actor, LEVEL, TARGET, why, now):
            audit.record(session, actor, "certificates.forbid", ("setting", TARGET, TARGET), now, why=why[:300])


def allow(ctx: Context, actor: Actor) -> None:
    """Let members trust certificates themselves again."""
    now = ctx.clock()
    with ctx.store.write() as session:
        if switches.put_on(session, LEVEL, TARGET):
            audit.record(session, actor, "certificates.allow", ("setting", TARGET, TARGET), now)


def listed(ctx: Context, *, before: int | None = None, domain: str | None = None) -> ExceptionPage:
    """Return exceptions of inboxes and domains, the newest first; those older than the id `before`, of one `domain`."""
    now = ctx.clock()
    wanted: list[ColumnElement[bool]] = []
    if before is not None:
        wanted.append(col(TrustedCertificate.id) < before)
    if domain is not None:
        wanted.append(or_(col(TrustedCertificate.domain) == domain, _on(domain)))
    with ctx.store.read() as session:
        rows = session.exec(
            select(TrustedCertificate, Person.name, Inbox.address)
            .join(Person, col(Person.id) == col(TrustedCertificate.by_id))
            .outerjoin(Inbox, col(Inbox.id) == col(TrustedCertificate.inbox_id))
            .where(*wanted)
            .order_by(col(TrustedCertificate.id).desc())
            .limit(PAGE + 1)
        ).all()
        off = forbidden(session)
    found = [_row(row, name, address, now) for row, name, address in rows]
    return ExceptionPage(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None, off)


def one(ctx: Context, exception_id: int) -> ExceptionRow:
    """Return one exception. Raises NotFound."""
    with ctx.store.read() as session:
        found = session.exec(
            select(TrustedCertificate, Person.name, Inbox.address)
            .join(Person, col(Person.id) == col(TrustedCertificate.by_id))
            .outerjoin(Inbox, col(Inbox.id) == col(TrustedCertificate.inbox_id))
            .where(TrustedCertificate.id == exception_id)
        ).first()
    if found is None:
        raise NotFound
    return _row(*found, ctx.clock())


def of_inbox(session: Session, inbox: Inbox, hosts: Collection[str], now: datetime) -> list[ExceptionRow]:
    """Return an inbox's own exceptions, and those of its mail domain at the `hosts` (A-labels) it goes to."""
    domain = trusted.domain_of(inbox.address)
    rows = session.exec(
        select(TrustedCertificate, Person.name)
        .join(Person, col(Person.id) == col(TrustedCertificate.by_id))
        .where(
            or_(
                col(TrustedCertificate.inbox_id) == inbox.id,
                and_(col(TrustedCertificate.domain) == domain, col(TrustedCertificate.host).in_(hosts)),
            )
        )
        .order_by(TrustedCertificate.host, col(TrustedCertificate.id))
    ).all()
    return [_row(row, name, inbox.address, now) for row, name in rows]


def _row(row: TrustedCertificate, by: str, address: str | None, now: datetime) -> ExceptionRow:
    return ExceptionRow(
        id=row.id or 0,
        authority=row.kind == trusted.AUTHORITY,
        host=row.host,
        port=row.port or None,
        sha256=row.sha256,
        subject=row.subject,
        issuer=row.issuer,
        not_before=row.not_before,
        not_after=row.not_after,
        domain=row.domain,
        inbox_id=row.inbox_id,
        address=address,
        by=by,
        why=row.why,
        since=row.at,
        until=row.until,
        ended=row.until <= now,
    )


def trust_for_domain(
    session: Session, actor: Actor, domain: str, shown: Certificate | Authority, now: datetime, why: str = ""
) -> None:
    """Trust what a server showed for the mail domain (A-label), in the open transaction.

    It takes the place of what the domain trusted at that server before. Inboxes that stopped at a certificate are
    checked again soon.
    """
    row = trusted.row_of(shown, by_id=actor.id, at=now, why=why, domain=domain)
    ports = [row.port] if row.kind == trusted.CERTIFICATE else None
    for older in session.exec(
        select(TrustedCertificate).where(TrustedCertificate.domain == domain, TrustedCertificate.host == row.host)
    ).all():
        if ports is None or older.port in ports:
            session.delete(older)
    session.flush()
    session.add(row)
    note(session, actor, "certificate.trust", row, ("domain", domain[:40], shown_domain(domain)), now)
    _look_again(session, _on(domain), now)


def withdraw(ctx: Context, actor: Actor, exception_id: int) -> ExceptionRow:
    """Take an exception back and have the inboxes it was for checked soon; return what it was. Raises NotFound."""
    now, was = ctx.clock(), one(ctx, exception_id)
    with ctx.store.write() as session:
        row = session.get(TrustedCertificate, exception_id, with_for_update=True)
        if row is None:
            raise NotFound
        target: tuple[str, object, str]
        if row.domain is not None:
            target, touched = ("domain", row.domain[:40], shown_domain(row.domain)), _on(row.domain)
        else:
            target, touched = ("inbox", row.inbox_id, was.address or ""), col(Inbox.id) == row.inbox_id
        note(session, actor, "certificate.withdraw", row, target, now)
        session.delete(row)
        _look_again(session, touched, now)
    ctx.enqueue("sweep")
    return was


def _on(domain: str) -> ColumnElement[bool]:
    return col(Inbox.domain) == domain


def _look_again(session: Session, touched: ColumnElement[bool], now: datetime) -> None:
    """Make inboxes due for a full check; of those that wait for a person only the ones that a certificate stopped."""
    session.execute(
        update(Inbox)
        .where(
            touched,
            col(Inbox.removed_at).is_(None),
            or_(col(Inbox.next_check).is_not(None), col(Inbox.problem).in_(CERTIFICATE_PROBLEMS)),
        )
        .values(next_check=now, full_due=now)
        .execution_options(synchronize_session=False)
    )


def note(
    session: Session,
    actor: Actor,
    action: str,
    row: TrustedCertificate,
    target: tuple[str, object, str],
    now: datetime,
) -> None:
    """Record in the open transaction what was done with an exception."""
    audit.record(
        session,
        actor,
        action,
        target,
        now,
        host=row.host,
        port=row.port,
        kind=row.kind,
        sha256=row.sha256,
        why=row.why,
    )
