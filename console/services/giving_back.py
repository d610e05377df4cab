"""A permission that nobody uses is given back to its provider: somebody consented, and the inbox never came about.

Where a draft loses its permission (its time is over, its run ended for good, another address or provider was chosen,
its owner left), the permission is set aside in the same transaction, in a row that no page shows. A worker gives it
back soon after, once, with no transaction open. What is not given back is forgotten all the same.

At Google, giving one permission back ends every permission that the account gave to the app. So nothing is given back
whose account is connected here; and while somebody is about to connect the same account, it waits.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_
from sqlmodel import Session, col, select

from console.providers.base import Mailbox, Secret, Settings
from console.providers.consenting import consenting
from console.providers.line import Line
from console.services import app_secrets, audit, credentials
from console.services.context import Context
from console.services.draft import GIVEN_UP, KEPT
from console.store.consents import Consent
from console.store.models import Draft, Inbox
from console.store.vault import KeyMissing

# The provider is asked within 30 seconds; after this a worker that died is taken to be dead.
LEASE = timedelta(seconds=45)


def set_aside(ctx: Context, session: Session, draft: Draft) -> None:
    """Keep the permission that a draft holds, if it holds one, for `run` to give back. The draft stays as it is."""
    family = consenting(ctx.families.get(draft.provider))
    if family is None or draft.sealed is None or not isinstance(draft.granted, dict):
        return
    try:
        secret = ctx.vault.unseal(draft.sealed, row=f"draft:{draft.id}")
    except KeyMissing:
        return
    now, row_id = ctx.clock(), secrets.token_urlsafe(16)
    session.add(
        Draft(
            id=row_id,
            by_id=draft.by_id,
            owner_id=draft.owner_id,
            provider=draft.provider,
            address=draft.address,
            settings=draft.settings,
            granted=draft.granted,
            sealed=credentials.seal(ctx, Secret(secret), f"draft:{row_id}"),
            key_id=ctx.vault.key_id,
            state=GIVEN_UP,
            pins=[],
            stages=[],
            attempted={},
            created_at=now,
            expires_at=now + KEPT,
        )
    )


def left_behind(ctx: Context) -> list[str]:
    """Return the ids of permissions that wait to be given back, by nobody or by a worker that died."""
    with ctx.store.read() as session:
        return list(session.exec(select(Draft.id).where(*_waits(ctx.clock()))).all())


def run(ctx: Context, row_id: str) -> None:
    """Give a permission back that was set aside. One that another worker has at hand is left alone."""
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        row = session.exec(select(Draft).where(Draft.id == row_id, *_waits(now)).with_for_update()).first()
        if row is None:
            return
        row.lease_until, row.lease_token = now + LEASE, token
        if _on_the_way(session, row, now):
            return  # Once the lease is over it is looked at again.
        address, slug, settings = row.address or "", row.provider or "", Settings(row.settings)
        family, secret, app = consenting(ctx.families.get(slug)), Secret(), None
        try:
            secret = Secret(ctx.vault.unseal(row.sealed or "", row=f"draft:{row.id}"))
            app = app_secrets.for_use(ctx, session, slug)
        except KeyMissing:
            family = None
        if family is None or _connected(session, row):
            session.delete(row)
            return
    with Line(ctx.dialer) as line:
        found = family.revoke(Mailbox(address, settings, secret, app=app), line)
    with ctx.store.write() as session:
        session.execute(delete(Draft).where(col(Draft.id) == row_id, col(Draft.lease_token) == token))
        audit.record(session, None, "consent.revoke", ("provider", slug, address), ctx.clock(), done=found.done)


def _waits(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Draft.state) == GIVEN_UP, or_(col(Draft.lease_until).is_(None), col(Draft.lease_until) < now)


def _connected(session: Session, row: Draft) -> bool:
    """Return whether the account of a permission is connected here, by whomever."""
    same = or_(col(Inbox.subject) == row.granted.get("subject"), col(Inbox.address).in_(_names(row)))
    wanted = select(Inbox.id).where(Inbox.provider == row.provider, col(Inbox.removed_at).is_(None), same)
    return session.exec(wanted.limit(1)).first() is not None


def _on_the_way(session: Session, row: Draft, now: datetime) -> bool:
    """Return whether somebody is signing in with the account of a permission, or may be, or is done but for a check."""
    away = select(Consent.state_hash).where(
        Consent.provider == row.provider,
        col(Consent.used_at).is_(None),
        col(Consent.expires_at) > now,
        or_(col(Consent.address).in_(_names(row)), col(Consent.person_id) == row.by_id),
    )
    back = select(Draft.id).where(
        Draft.provider == row.provider,
        Draft.state != GIVEN_UP,
        col(Draft.sealed).is_not(None),
        or_(col(Draft.address).in_(_names(row)), col(Draft.by_id) == row.by_id),
    )
    return any(session.exec(wanted.limit(1)).first() is not None for wanted in (away, back))


def _names(row: Draft) -> list[str]:
    """Return the addresses that a permission is known by: the provider's, and the one that was typed."""
    return [name for name in (row.address, row.granted.get("typed")) if name]
