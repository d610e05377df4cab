"""Domain defaults: which mail domains there are, what account admins keep for them, and whom that binds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from console.discovery.addresses import shown_domain
from console.discovery.answer import Default
from console.discovery.domains import a_label, is_host_name
from console.providers.base import Provider, Settings
from console.rules.domain_defaults import KIND_LABELS, Kind
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import audit, inbox_filters
from console.services.context import Actor, Context, NotFound, Refused
from console.services.default_settings import Defaults, discovered, form_data
from console.store import insert_into
from console.store.bulk import BulkJob
from console.store.domains import MailDomain
from console.store.models import Inbox, Person

APPLY = "apply-defaults"
NAMES = tuple(field.name for field in fields(Defaults))


class SavedMeanwhile(Refused):
    """Somebody else saved since the form was opened. `values` name who; nothing was stored."""


@dataclass(frozen=True)
class DomainRow:
    """One mail domain as the list shows it. `by` is who saved the defaults last."""

    domain: str
    kind: Kind
    by: str
    at: datetime | None
    tried_at: datetime | None
    inboxes: int = 0
    healthy: int = 0
    attention: int = 0
    disabled: int = 0

    @property
    def shown(self) -> str:
        """The domain in its own letters."""
        return shown_domain(self.domain)


@dataclass(frozen=True)
class Domain:
    """One mail domain with what is kept for it. `revision` grows with every change."""

    row: DomainRow
    defaults: Defaults
    revision: int
    known: bool


def name_of(typed: str) -> str:
    """Return a typed mail domain as it is stored; what follows an @ counts. Raises Refused."""
    name = a_label(typed.replace("\x00", "").rpartition("@")[2])
    if not name:
        raise Refused(N_("Type the mail domain, such as company.com."), field="domain")
    if not is_host_name(name):
        raise Refused(N_("This is not a mail domain. It looks like company.com."), field="domain")
    return name


def rows(ctx: Context) -> list[DomainRow]:
    """Return all mail domains that are kept, were tried or hold an inbox that defaults are for, by name."""
    with ctx.store.read() as session:
        kept = session.exec(select(MailDomain, Person.name).outerjoin(Person, col(Person.id) == col(MailDomain.by_id)))
        found = {domain.domain: (domain, name) for domain, name in kept}
        counts = _counts(session, ctx)
    named = set(found) | {domain for (domain, slug, _), _number in counts.items() if slug in tuple(Kind)}
    return sorted((_row(name, found.get(name), counts) for name in named), key=lambda row: row.shown)


Counts = Counter[tuple[str, str, str]]


def _counts(session: Session, ctx: Context, domain: str | None = None) -> Counts:
    """Return the connected inboxes by domain, family and state, in one query."""
    state = inbox_filters.state_at(ctx.clock())
    wanted = select(Inbox.domain, Inbox.provider, state, func.count()).where(col(Inbox.removed_at).is_(None))
    if domain is not None:
        wanted = wanted.where(Inbox.domain == domain)
    grouped = wanted.group_by(col(Inbox.domain), col(Inbox.provider), state)
    return Counter({(name, slug, shown): number for name, slug, shown, number in session.exec(grouped)})


def _row(name: str, kept: tuple[MailDomain, str | None] | None, counts: Counts) -> DomainRow:
    by_state: Counter[str] = Counter()
    for (domain, _slug, state), number in counts.items():
        if domain == name:
            by_state[state] += number
    row, by = kept or (None, None)
    return DomainRow(
        name,
        Kind(row.kind) if row else Kind.NONE,
        (by or "") if row and row.kind != Kind.NONE else "",
        row.at if row and row.kind != Kind.NONE else None,
        row.tried_at if row else None,
        by_state.total(),
        by_state["healthy"],
        by_state["attention"],
        by_state["disabled"],
    )


def get(ctx: Context, actor: Actor, domain: str) -> Domain:
    """Return a mail domain. Raises NotFound for what is none, and for an unknown one unless the actor may set it up."""
    name = a_label(domain)
    if not is_host_name(name) or not may(actor.role, "domains.see", own=False):
        raise NotFound
    with ctx.store.read() as session:
        row = session.get(MailDomain, name)
        by = session.get(Person, row.by_id) if row and row.by_id is not None else None
        counts = _counts(session, ctx, name)
    known = row is not None or bool(counts)
    if not known and not may(actor.role, "domains.manage", own=False):
        raise NotFound
    kept = (row, by.name if by else None) if row else None
    return Domain(_row(name, kept, counts), defaults_of(row), row.revision if row else 0, known)


def defaults_of(row: MailDomain | None) -> Defaults:
    """Return what a row keeps; nothing where there is no row."""
    return Defaults.from_dict({name: getattr(row, name) for name in NAMES}) if row else Defaults()


def kept_for(session: Session, domain: str) -> Defaults:
    """Return what is kept for a mail domain (A-label)."""
    return defaults_of(session.get(MailDomain, domain))


def for_discovery(ctx: Context, domain: str) -> Default | None:
    """Return what is kept for a mail domain (A-label), as discovery takes it."""
    with ctx.store.read() as session:
        return discovered(kept_for(session, domain))


def tried(ctx: Context, family: Provider, address: str) -> None:
    """Note that an inbox is being verified, so that its domain appears by itself; only where defaults could help."""
    if family.slug not in tuple(Kind):
        return
    now, domain = ctx.clock(), address.rpartition("@")[2]
    with ctx.store.write() as session:
        _ensure(session, domain)
        session.execute(update(MailDomain).where(col(MailDomain.domain) == domain).values(tried_at=now))


def _ensure(session: Session, domain: str) -> None:
    """Add an empty row of a domain unless it is there; of two transactions that do so, neither fails."""
    empty = {"domain": domain, "kind": Kind.NONE.value, "note": "", "members_may_change": True, "revision": 0}
    session.execute(insert_into(session, MailDomain).values(empty).on_conflict_do_nothing(index_elements=["domain"]))


def save(session: Session, actor: Actor, domain: str, wanted: Defaults, revision: int, now: datetime) -> None:
    """Keep `wanted` for a mail domain in the open transaction, with its audit entry.

    `revision` is what the form was opened with. Raises SavedMeanwhile, NotFound.
    """
    row = _locked(session, actor, domain, revision)
    before = defaults_of(row)
    for name in NAMES:
        setattr(row, name, getattr(wanted, name))
    row.kind, row.revision, row.by_id, row.at = wanted.kind.value, row.revision + 1, actor.id, now
    audit.record(
        session,
        actor,
        "domain.save",
        ("domain", domain[:40], shown_domain(domain)),
        now,
        before=before.summary,
        after=wanted.summary,
        members_may_change=wanted.members_may_change,
    )


def delete(ctx: Context, actor: Actor, domain: str, revision: int) -> None:
    """Forget what is kept for a mail domain; its inboxes stay as they are. Raises NotFound, Refused."""
    now = ctx.clock()
    with ctx.store.write() as session:
        row = _locked(session, actor, domain, revision)
        if row.kind == Kind.NONE:
            return
        refuse_busy(session, domain)
        before = defaults_of(row)
        for name in NAMES:
            setattr(row, name, getattr(Defaults(), name))
        row.kind, row.revision, row.by_id, row.at = Kind.NONE.value, row.revision + 1, actor.id, now
        audit.record(
            session, actor, "domain.delete", ("domain", domain[:40], shown_domain(domain)), now, before=before.summary
        )


def _locked(session: Session, actor: Actor, domain: str, revision: int) -> MailDomain:
    if not may(actor.role, "domains.manage", own=False) or not is_host_name(domain):
        raise NotFound
    _ensure(session, domain)
    row = session.exec(select(MailDomain).where(MailDomain.domain == domain).with_for_update()).one()
    if row.revision != revision:
        by = session.get(Person, row.by_id) if row.by_id is not None else None
        raise SavedMeanwhile(
            N_("%(name)s saved other defaults meanwhile. Yours were not stored; compare them below and save again."),
            name=by.name if by else "",
        )
    return row


def refuse_busy(session: Session, domain: str) -> None:
    """Raise Refused while defaults of this domain are being applied."""
    if session.exec(
        select(BulkJob.id).where(BulkJob.kind == APPLY, BulkJob.target == domain, col(BulkJob.finished_at).is_(None))
    ).first():
        raise Refused(N_("The defaults are being applied to inboxes. Wait for that to end, or stop it."))


def fixed(
    session: Session, actor: Actor, family: Provider, address: str, own: Settings | None, *, keep: bool = True
) -> dict[str, Any]:
    """Return the form data that this person may not change for an address: the admin's, on a locked domain; else none.

    `own` are the settings that the inbox has, if any, whose own sign-in for outgoing mail stays with `keep`. Raises
    Refused when the domain is locked to another family.
    """
    if may(actor.role, "defaults.overrule", own=False):
        return {}
    defaults = kept_for(session, address.rpartition("@")[2])
    if defaults.kind is Kind.NONE or defaults.members_may_change or not family.password_based:
        return {}
    if family.slug != defaults.kind:
        raise Refused(
            N_("Your account admin has set %(kind)s for this domain. Go back to the address and choose that."),
            kind=KIND_LABELS[defaults.kind],
        )
    return form_data(defaults, family, address, own, keep=keep)


def enforced(
    session: Session, actor: Actor, family: Provider, address: str, own: Settings | None, data: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what may be stored of typed `data`: on a locked domain, the admin's servers and names for everybody else.

    `own` are the settings that the inbox has, if any. Passwords in `data` stay. Raises Refused when the domain is
    locked to another family, or needs a second password that was not typed.
    """
    # A password of its own for outgoing mail may go on being used where the inbox has one and the person typed it.
    keep = not data.get("smtp_same_credentials", True)
    forced = fixed(session, actor, family, address, own, keep=keep)
    if not forced.get("smtp_same_credentials", True) and "password" in data and not data.get("smtp_password"):
        raise Refused(N_("Type the password for outgoing mail; it is another one here."), field="smtp_password")
    return {**data, **forced}


def keep(ctx: Context, actor: Actor, domain: str, wanted: Defaults, revision: int) -> None:
    """Keep `wanted` for a mail domain; its inboxes stay as they are. See `save` for the rest."""
    with ctx.store.write() as session:
        save(session, actor, domain, wanted, revision, ctx.clock())
