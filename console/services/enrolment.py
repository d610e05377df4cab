"""Enrolment: a verified draft becomes an inbox, or mends the one it reconnects."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from console.providers.base import Provider, Secret
from console.providers.trial import Trial
from console.rules.health import Health
from console.services import (
    audit,
    campaign_items,
    certificates_seen,
    check_results,
    checks,
    credentials,
    episodes,
    exceptions,
    giving_back,
    holds,
    link_steps,
    standing,
    trusted,
)
from console.services import draft as draft_states
from console.services.context import Context
from console.store.models import Acceptance, CheckRecord, Credential, Draft, Inbox, Person, TrustedCertificate


class AddressTaken(Exception):
    """Somebody else connected the address first, or the inbox to mend was removed."""


def complete(
    ctx: Context, draft: Draft, family: Provider, token: str, secret: Secret, found: Trial, started: datetime
) -> None:
    """Create the draft's inbox, or mend the one it reconnects, and wipe the draft, in one transaction.

    A reconnect with another family replaces settings and secret there and then, and not before. Nothing happens when
    the lease `token` is lost, and nothing but that the draft goes when its link counts no more. Raises AddressTaken.
    """
    now = ctx.clock()
    try:
        with ctx.store.write() as session:
            row = session.exec(
                select(Draft).where(Draft.id == draft.id, Draft.lease_token == token).with_for_update()
            ).first()
            by = session.get(Person, draft.by_id)
            if row is None or by is None:
                return
            link_steps.ensure(session, row, now)
            # What the check had to find out, such as a server that Autodiscover named.
            row.settings = found.settings or row.settings
            inbox = (
                _mended(session, row, family, by, now)
                if row.inbox_id is not None
                else _created(session, row, family, by, now)
            )
            _fill(ctx, session, inbox, row, family, secret, found, now)
            episodes.reconnected(session, inbox, now)
            link_steps.connected(session, row, inbox, now)
            if row.moves_from is not None:
                session.flush()
                campaign_items.moved(session, inbox, now)
            session.add(
                CheckRecord(
                    inbox_id=inbox.id or 0,
                    trigger=checks.WIZARD,
                    started_at=started,
                    finished_at=now,
                    revision=inbox.revision,
                    full=found.full,
                    health=inbox.health,
                    problem=inbox.problem,
                    server_text="",
                    stages=[stage.to_dict() for stage in found.stages],
                )
            )
            row.inbox_id, row.state, row.lease_until, row.lease_token, row.attempted = (
                inbox.id,
                draft_states.PASSED,
                None,
                None,
                {},
            )
            row.problem, row.server_text, row.certificate = None, "", None
            row.stages = [stage.to_dict() for stage in found.stages]
            draft_states.wipe(row)
    except IntegrityError:
        raise AddressTaken from None
    except link_steps.LinkOver:
        with ctx.store.write() as session:
            gone = session.exec(
                select(Draft).where(Draft.id == draft.id, Draft.lease_token == token).with_for_update()
            ).first()
            if gone is not None:
                giving_back.set_aside(ctx, session, gone)
                session.delete(gone)


def _created(session: Session, row: Draft, family: Provider, by: Person, now: datetime) -> Inbox:
    inbox = Inbox(
        owner_id=row.owner_id,
        address=row.address or "",
        provider=family.slug,
        settings=row.settings,
        automation=row.automation,
        health=Health.HEALTHY,
        proofs={},
        connected_at=now,
        connected_by_id=row.by_id,
    )
    session.add(inbox)
    session.flush()
    _keep_acceptances(session, row, inbox)
    actor = link_steps.acting(row, by)
    if row.owner_id != row.by_id:
        owner = session.get_one(Person, row.owner_id)
        audit.record(session, actor, "inbox.continued-for", ("inbox", inbox.id, inbox.address), now, why=owner.name)
    audit.record(session, actor, "inbox.connect", ("inbox", inbox.id, inbox.address), now, provider=family.slug)
    return inbox


def _keep_acceptances(session: Session, row: Draft, inbox: Inbox) -> None:
    # What was accepted before leaving for the provider names the address as it was typed.
    names = {row.address, _granted(row).get("typed", row.address)}
    for acceptance in session.exec(
        select(Acceptance).where(
            Acceptance.person_id == row.by_id, col(Acceptance.address).in_(names), col(Acceptance.inbox_id).is_(None)
        )
    ):
        acceptance.inbox_id = inbox.id


def _mended(session: Session, row: Draft, family: Provider, by: Person, now: datetime) -> Inbox:
    inbox = session.exec(
        select(Inbox).where(Inbox.id == row.inbox_id, col(Inbox.removed_at).is_(None)).with_for_update()
    ).first()
    if inbox is None or not draft_states.fits(row, inbox):
        raise AddressTaken
    if row.link_id is not None and inbox.owner_id != row.owner_id:
        raise AddressTaken
    subject = _granted(row).get("subject")
    if inbox.provider == family.slug and inbox.subject is not None and subject not in {None, inbox.subject}:
        raise AddressTaken  # Of two that moved it at the same time the other one was first, with another account.
    inbox.settings, inbox.revision = row.settings, inbox.revision + 1
    if inbox.provider != family.slug:
        before, inbox.provider, inbox.subject, inbox.connected_by_id = inbox.provider, family.slug, None, row.by_id
        _keep_acceptances(session, row, inbox)
        about = ("inbox", inbox.id, inbox.address)
        actor = link_steps.acting(row, by)
        audit.record(session, actor, "inbox.move", about, now, before=before, after=family.slug)
        return inbox
    audit.record(session, link_steps.acting(row, by), "inbox.reconnect", ("inbox", inbox.id, inbox.address), now)
    return inbox


def _granted(row: Draft) -> dict[str, Any]:
    """Return what is known about the account that signed in at the provider; empty for a typed password."""
    return row.granted if isinstance(row.granted, dict) else {}


def _fill(
    ctx: Context,
    session: Session,
    inbox: Inbox,
    row: Draft,
    family: Provider,
    secret: Secret,
    found: Trial,
    now: datetime,
) -> None:
    assert inbox.id is not None
    holds.forget(session, inbox.id)
    inbox.host, inbox.receives_only = family.host(row.settings), row.receives_only
    inbox.checked_at, inbox.wanted_by = now, None
    standing.show(inbox, check_results.stands({}, found, now), now)
    inbox.proofs = dict.fromkeys(check_results.proved(found), now.isoformat())
    check_results.schedule(ctx, session, inbox, found, now)
    known, before = _granted(row), session.get(Credential, inbox.id)
    inbox.subject = known.get("subject") or inbox.subject
    aliases = known.get("aliases", []) if found.aliases is None else found.aliases
    inbox.aliases = check_results.kept_aliases(aliases)
    session.merge(
        Credential(
            inbox_id=inbox.id,
            sealed=credentials.seal(ctx, secret, f"inbox:{inbox.id}"),
            key_id=ctx.vault.key_id,
            typed_for=credentials.typed_for(family, row.settings),
            typed_at=row.typed_at or now,
            refused={},
            revision=before.revision + 1 if before is not None else 1,
            client_id=known.get("client_id", ""),
            granted=sorted(known.get("scopes", []) if found.scopes is None else found.scopes),
            renewing_at=None,
        )
    )
    _keep_trust(session, inbox, row, now)
    certificates_seen.note(session, found.certificates, now)


def _keep_trust(session: Session, inbox: Inbox, draft: Draft, now: datetime) -> None:
    """Make the inbox's exceptions those of the draft. One that was there before stays with who, why and since when."""
    by = session.get_one(Person, draft.by_id)
    carried = trusted.carried(session, draft, now, may_add=exceptions.may_trust(session, by.role))
    wanted = {trusted.key(row): row for row in carried}
    known = session.exec(select(TrustedCertificate).where(TrustedCertificate.inbox_id == inbox.id)).all()
    stay = {trusted.key(row): row.id for row in known if row.until > now and trusted.key(row) in wanted}
    session.execute(
        delete(TrustedCertificate)
        .where(col(TrustedCertificate.inbox_id) == inbox.id, col(TrustedCertificate.id).not_in(stay.values()))
        .execution_options(synchronize_session=False)
    )
    for key, row in wanted.items():
        if key in stay:
            continue
        row.inbox_id = inbox.id
        session.add(row)
        about = ("inbox", inbox.id, inbox.address)
        exceptions.note(session, link_steps.acting(draft, by), "certificate.trust", row, about, now)
