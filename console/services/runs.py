"""What every run of a draft keeps: that it is under way, whose it is, which secrets were sent, and how it ended."""

import secrets
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import or_, update
from sqlmodel import col, select

from console.providers.base import Secret, StageResult
from console.providers.trial import Trial
from console.rules.permissions import may
from console.services import campaign_items, credentials, giving_back, holds, link_steps, switches
from console.services import draft as draft_states
from console.services.context import Context
from console.store.models import Draft, Inbox, Person

# A run ends within 30 seconds; after this a worker that died is taken to be dead.
LEASE = timedelta(seconds=45)
SENT, ACCEPTED = "sent", "accepted"


def off(ctx: Context, draft: Draft) -> bool:
    """Return whether the provider was switched off, or somebody lost their access, since the run was asked for."""
    with ctx.store.read() as session:
        by, owner = session.get(Person, draft.by_id), session.get(Person, draft.owner_id)
        if by is None or owner is None or not (by.active and owner.active):
            return True
        if not may(by.role, "inbox.connect", own=owner.id == by.id):
            return True
        if draft.inbox_id is None and not owner.personal_email:
            return True
        inbox = session.get(Inbox, draft.inbox_id) if draft.inbox_id is not None else None
        if inbox is not None and switches.reasons(session, inbox, draft.provider):
            return True
        return draft.provider in switches.providers_off(session)


def claim(ctx: Context, draft_id: str) -> str | None:
    """Take a queued run, or one whose worker died; return the token of its lease, or None when somebody has it."""
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        rows = session.execute(
            update(Draft)
            .where(
                col(Draft.id) == draft_id,
                col(Draft.state).in_([draft_states.QUEUED, draft_states.RUNNING]),
                or_(col(Draft.lease_until).is_(None), col(Draft.lease_until) < now),
            )
            .values(state=draft_states.RUNNING, lease_until=now + LEASE, lease_token=token)
            .returning(col(Draft.id))
            .execution_options(synchronize_session=False)
        ).all()
    return token if rows else None


def show(ctx: Context, draft_id: str, token: str, stages: tuple[StageResult, ...]) -> None:
    """Write down how far a run is, for the page that waits for it."""
    with ctx.store.write() as session:
        session.execute(
            update(Draft)
            .where(col(Draft.id) == draft_id, col(Draft.lease_token) == token)
            .values(stages=[stage.to_dict() for stage in stages])
        )


class LeaseLost(Exception):
    """Another worker owns this run now, or the person left; nothing more is sent."""

    code = "interrupted"


def mark(ctx: Context, draft_id: str, token: str, channel: str) -> None:
    """Record that a password is about to be sent. What was attempted before on another channel was answered."""
    with ctx.store.write() as session:
        draft = session.exec(
            select(Draft).where(Draft.id == draft_id, Draft.lease_token == token).with_for_update()
        ).first()
        if draft is None:
            raise LeaseLost
        draft.attempted = {**dict.fromkeys(draft.attempted or {}, ACCEPTED), channel: SENT}


def end(
    ctx: Context,
    draft: Draft,
    token: str,
    found: Trial,
    *,
    state: str = draft_states.FAILED,
    wipe: bool = False,
    spend: set[str] | None = None,
    secret: Secret | None = None,
) -> None:
    """Write down how a run ended, and forget its secret with `wipe`, or the fields to `spend` of `secret`."""
    with ctx.store.write() as session:
        row = session.exec(
            select(Draft).where(Draft.id == draft.id, Draft.lease_token == token).with_for_update()
        ).first()
        if row is None:
            return
        row.state, row.lease_until, row.lease_token, row.attempted = state, None, None, {}
        row.problem, row.server_text = found.problem, found.server_text[:400]
        # A run that waits for the person has not ended: what it did not reach is still to come.
        waits = state == draft_states.WAITING
        row.stages = [
            replace(stage, state="waiting" if waits and stage.state == "skipped" else stage.state).to_dict()
            for stage in found.stages
        ]
        row.certificate = found.certificate.to_dict() if found.certificate else None
        holds.note_run(ctx, session, row, found)
        campaign_items.failed(session, row, found.problem, ctx.clock())
        link_steps.failed(session, row, found.problem, ctx.clock())
        if wipe:
            giving_back.set_aside(ctx, session, row)
            draft_states.wipe(row)
        elif spend and secret and row.sealed:
            left = Secret({name: value for name, value in secret.items() if name not in spend})
            row.sealed, row.key_id = credentials.seal(ctx, left, f"draft:{row.id}"), ctx.vault.key_id
