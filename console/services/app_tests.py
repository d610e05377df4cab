"""Tests of apps: an admin asks, a worker asks the provider, the page waits for the answer."""

import secrets
from datetime import timedelta

from sqlalchemy import or_, update
from sqlmodel import col, select

from console.providers.consenting import AppTest, consenting
from console.providers.line import Line
from console.rules.texts import N_
from console.services import app_secrets, app_trouble
from console.services.app_trouble import APP_PROBLEMS, DONE, RUNNING
from console.services.context import Context
from console.store.consents import AppStanding
from console.store.vault import KeyMissing

# A test ends within 30 seconds; the lease outlives it by enough to write the answer.
LEASE = timedelta(seconds=45)
_MISSING = AppTest("not-proved", N_("There is no app any more."))
_SHUT = AppTest(
    "not-proved",
    N_("The stored secret cannot be opened because the console's key file is not there."),
    {},
    "key-missing",
)


def run(ctx: Context, slug: str) -> None:
    """Test the app of one provider, unless another worker does so already. No transaction is open meanwhile."""
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        claimed = session.execute(
            update(AppStanding)
            .where(
                col(AppStanding.provider) == slug,
                col(AppStanding.test_state).not_in(["", DONE]),
                or_(col(AppStanding.lease_until).is_(None), col(AppStanding.lease_until) < now),
            )
            .values(test_state=RUNNING, lease_until=now + LEASE, lease_token=token)
            .returning(col(AppStanding.provider))
            .execution_options(synchronize_session=False)
        ).first()
    family = consenting(ctx.families.get(slug))
    if claimed is None or family is None:
        return
    with ctx.store.read() as session:
        try:
            app = app_secrets.for_use(ctx, session, slug)
        except KeyMissing:
            _end(ctx, slug, token, "", _SHUT)
            return
    if app is None:
        _end(ctx, slug, token, "", _MISSING)
        return
    with Line(ctx.dialer) as line:
        found = family.test_app(app, app_secrets.redirect_uri(ctx, slug), line)
    mark = app_secrets.fingerprint(ctx, app)
    _end(ctx, slug, token, mark, found)
    if found.outcome == "proved":
        app_trouble.mended(ctx, slug, mark)
    elif found.outcome == "wrong" and found.problem in APP_PROBLEMS:
        app_trouble.broke(ctx, slug, mark, found.problem, found.server_text)


def _end(ctx: Context, slug: str, token: str, mark: str, found: AppTest) -> None:
    with ctx.store.write() as session:
        session.execute(
            update(AppStanding)
            .where(col(AppStanding.provider) == slug, col(AppStanding.lease_token) == token)
            .values(
                test_state=DONE,
                lease_until=None,
                lease_token=None,
                tested=mark,
                tested_at=ctx.clock(),
                outcome=found.outcome,
                outcome_text=found.text[:400],
                outcome_values={name: str(value)[:200] for name, value in found.values.items()},
                outcome_problem=found.problem,
                outcome_server_text=found.server_text[:400],
            )
        )


def left_behind(ctx: Context) -> list[str]:
    """Return the providers whose test no worker has answered although it should have."""
    now = ctx.clock()
    with ctx.store.read() as session:
        return list(
            session.exec(
                select(AppStanding.provider).where(
                    col(AppStanding.test_state).not_in(["", DONE]),
                    or_(col(AppStanding.lease_until).is_(None), col(AppStanding.lease_until) < now),
                )
            )
        )
