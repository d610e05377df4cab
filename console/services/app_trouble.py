"""A provider that does not take the organisation's app: one problem of the integration, not of a thousand people.

While it lasts, the inboxes of the provider wait, whatever they are due for; one of them, the canary, is checked every
few minutes. Once its renewal is answered, or a test or a new secret shows that the app is taken, all of them go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, update
from sqlmodel import Session, col, select

from console.providers.base import App
from console.services import app_secrets, audit
from console.services.context import Context
from console.store import insert_into
from console.store.consents import AppStanding
from console.store.models import Inbox

# A secret is wrong for everybody. What does not fit may be the app, or the directory of one person.
SECRET, SET_UP = "oauth-client-secret", "oauth-app-config"
APP_PROBLEMS = frozenset({SECRET, SET_UP})
CANARY = timedelta(minutes=3)
# For so long a test that proved the app outweighs what one inbox meets, and no other is begun by itself.
PROVED = timedelta(minutes=15)
QUEUED, RUNNING, DONE = "queued", "running", "done"
# After so long a page says that no worker is there.
PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Trouble:
    """Why the provider does not take the app, since when, and when one inbox is tried again."""

    problem: str
    server_text: str
    since: datetime | None
    next_try: datetime | None


def of(row: AppStanding | None, mark: str) -> Trouble | None:
    """Return the trouble that a row tells of, when it is about the app with this fingerprint."""
    if row is None or row.problem is None or row.fingerprint != mark:
        return None
    return Trouble(row.problem, row.server_text, row.since, row.canary_at)


def standing(session: Session, slug: str, mark: str) -> Trouble | None:
    """Return the trouble of the app with this fingerprint, if it has any."""
    return of(session.get(AppStanding, slug), mark)


def problems(session: Session) -> dict[str, str]:
    """Return the problem of every app that is not taken, by provider, in one query."""
    return {
        provider: problem or ""
        for provider, problem in session.exec(
            select(AppStanding.provider, AppStanding.problem).where(col(AppStanding.problem).is_not(None))
        )
    }


def any_problem() -> ColumnElement[bool]:
    """Return the condition that the app of any provider is not taken."""
    return exists().where(col(AppStanding.problem).is_not(None))


def problem_of_inbox() -> ColumnElement[Any]:
    """Return the expression of the problem that the app of an inbox's provider has; NULL where it is taken."""
    return select(AppStanding.problem).where(col(AppStanding.provider) == col(Inbox.provider)).scalar_subquery()


def waits(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an inbox waits until its provider takes the app again.

    The canary does not wait when its time has come; when it does not make use of that, after as long again nobody does.
    """
    return exists().where(
        col(AppStanding.provider) == col(Inbox.provider),
        col(AppStanding.problem).is_not(None),
        # A turn that lies further ahead than any was written before the clock was set back.
        col(AppStanding.canary_at) <= now + CANARY,
        or_(
            col(AppStanding.canary_at) > now,
            (col(AppStanding.canary_at) > now - CANARY) & (col(AppStanding.canary_id) != col(Inbox.id)),
        ),
    )


def take_turns(session: Session, ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Return the inboxes among `ids` that wait; of a provider whose turn has come, all but the one that takes it.

    The rows are locked, so of several workers one takes the turn.
    """
    rows = session.exec(select(AppStanding).where(col(AppStanding.problem).is_not(None)).with_for_update()).all()
    if not rows:
        return frozenset()
    slugs = {row.provider for row in rows}
    wanted = session.exec(
        select(Inbox.provider, Inbox.id)
        .where(col(Inbox.id).in_(ids), col(Inbox.provider).in_(slugs), ~waits(now))
        .order_by(col(Inbox.id))
    ).all()
    allowed = set()
    for row in rows:
        mine = [inbox_id for provider, inbox_id in wanted if provider == row.provider]
        if mine:
            row.canary_id = row.canary_id if row.canary_id in mine else mine[0]
            row.canary_at = now + CANARY
            allowed.add(row.canary_id)
    waiting = session.exec(select(Inbox.id).where(col(Inbox.id).in_(ids), col(Inbox.provider).in_(slugs))).all()
    return frozenset(inbox_id for inbox_id in waiting if inbox_id is not None) - allowed


def _row(session: Session, slug: str) -> AppStanding:
    """Return the row of a provider, locked; there is one afterwards."""
    values = AppStanding(provider=slug).model_dump()
    session.execute(insert_into(session, AppStanding).values(values).on_conflict_do_nothing())
    return session.exec(select(AppStanding).where(AppStanding.provider == slug).with_for_update()).one()


def ask(session: Session, by_id: int | None, slug: str, now: datetime) -> None:
    """Note that somebody, or with None the console itself, wants the app of a provider tested."""
    row = _row(session, slug)
    row.test_state, row.test_by_id, row.test_asked_at = QUEUED, by_id, now
    row.lease_until = row.lease_token = None


def met(ctx: Context, slug: str, mark: str, problem: str, server_text: str, *, inbox_id: int | None = None) -> None:
    """Note that an inbox or a sign-in met a refusal of the app with this fingerprint, and have the app tested.

    A refused secret stops the others at once. Whether anything else is about the app at all, only the test tells.
    """
    if problem == SECRET:
        broke(ctx, slug, mark, problem, server_text, inbox_id=inbox_id)
    now = ctx.clock()
    with ctx.store.write() as session:
        row = _row(session, slug)
        lately = row.test_asked_at is not None and abs(now - row.test_asked_at) < PROVED
        if row.test_state in {QUEUED, RUNNING} or (lately and row.tested == mark):
            return
        ask(session, None, slug, now)
    ctx.enqueue("test-app", slug)


def broke(ctx: Context, slug: str, mark: str, problem: str, server_text: str, *, inbox_id: int | None = None) -> None:
    """Note that the provider does not take the app with this fingerprint, as `inbox_id` or a test found out."""
    now = ctx.clock()
    with ctx.store.write() as session:
        row, current = _row(session, slug), app_secrets.in_use(ctx, session).get(slug)
        if not isinstance(current, App) or app_secrets.fingerprint(ctx, current) != mark:
            return  # The app was replaced meanwhile.
        proved = row.outcome == "proved" and row.tested == mark
        if proved and row.tested_at is not None and abs(now - row.tested_at) < PROVED:
            return  # A test has just shown that it is taken: this is about one inbox.
        if row.problem is None or row.fingerprint != mark:
            row.since, row.canary_id = now, inbox_id
            audit.record(session, None, "app.refused", ("provider", slug, slug), now, problem=problem)
        row.fingerprint, row.problem, row.server_text, row.canary_at = mark, problem, server_text[:400], now + CANARY


def mended(ctx: Context, slug: str, mark: str) -> bool:
    """Note that the provider takes the app with this fingerprint; return whether it did not before.

    The inboxes that waited are due then.
    """
    now = ctx.clock()
    with ctx.store.read() as session:
        if slug not in problems(session):
            return False
    with ctx.store.write() as session:
        row = _row(session, slug)
        if row.problem is None or row.fingerprint != mark:
            return False
        forget(session, slug)
        resume(session, slug, now)
        audit.record(session, None, "app.accepted", ("provider", slug, slug), now)
    ctx.enqueue("sweep")
    return True


def forget(session: Session, slug: str) -> None:
    """Drop what is known against the app of a provider."""
    session.execute(
        update(AppStanding)
        .where(col(AppStanding.provider) == slug)
        .values(problem=None, server_text="", since=None, canary_id=None, canary_at=None)
    )


def resume(session: Session, slug: str, now: datetime) -> None:
    """Make the inboxes due that the trouble of their app stopped."""
    session.execute(
        update(Inbox)
        .where(
            col(Inbox.removed_at).is_(None),
            col(Inbox.provider) == slug,
            col(Inbox.problem).in_(APP_PROBLEMS),
            col(Inbox.next_check).is_not(None),
        )
        .values(next_check=now)
        .execution_options(synchronize_session=False)
    )


def look_again(ctx: Context) -> None:
    """Let inboxes go on whose app was replaced without the console noticing: in the configuration, at a restart."""
    with ctx.store.read() as session:
        rows = session.exec(select(AppStanding).where(col(AppStanding.problem).is_not(None))).all()
        current = app_secrets.in_use(ctx, session) if rows else {}
    for row in rows:
        app = current.get(row.provider)
        if isinstance(app, App) and app_secrets.fingerprint(ctx, app) == row.fingerprint:
            continue
        with ctx.store.write() as session:
            forget(session, row.provider)
            resume(session, row.provider, ctx.clock())
