"""The apps at providers as pages show them: never with a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import col, select

from console.providers.base import App
from console.services import app_secrets, app_trouble
from console.services.app_trouble import Trouble
from console.services.context import Context
from console.store.consents import AppStanding, OauthApp
from console.store.models import Person
from console.store.vault import KeyMissing

TESTING, PRODUCTION = "testing", "production"


@dataclass(frozen=True)
class TestView:
    """The last test of an app, as pages show it; `text` is marked.

    `waiting` is true until a worker answered or the patience is over, `current` while the app that was tested is the
    one that is set up now.
    """

    waiting: bool
    outcome: str
    text: str
    values: Mapping[str, str]
    problem: str | None
    server_text: str
    asked_at: datetime | None
    finished_at: datetime | None
    current: bool


@dataclass(frozen=True)
class AppView:
    """An app as pages show it; its secret is not in here.

    `readable` is false when no key opens the stored secret. `changed_by` and `changed_at` are None for an app from the
    configuration, which nobody can change here and which need not tell `publishing` and `secret_expires_on`: they are
    "" and None then. `trouble` is there while the provider does not take the app.
    """

    slug: str
    source: Literal["configuration", "console"]
    client_id: str
    tenant: str
    audience: str
    secret_expires_on: date | None
    publishing: str
    revision: int
    changed_by: str | None
    changed_at: datetime | None
    readable: bool
    test: TestView | None
    redirect_uri: str
    trouble: Trouble | None


def all_of(ctx: Context) -> dict[str, AppView]:
    """Return every app that is set up, by provider, in two queries."""
    with ctx.store.read() as session:
        rows = {
            row.provider: (row, name)
            for row, name in session.exec(
                select(OauthApp, Person.name).join(Person, col(Person.id) == col(OauthApp.by_id))
            )
        }
        standings = {row.provider: row for row in session.exec(select(AppStanding))}
    found = {}
    for family in ctx.families:
        if not family.consents:
            continue
        configured, typed = ctx.apps.get(family.slug), rows.get(family.slug)
        standing = standings.get(family.slug)
        if configured is not None:
            found[family.slug] = _view(ctx, family.slug, configured, None, "", standing)
        elif typed is not None:
            found[family.slug] = _view(
                ctx, family.slug, app_secrets.opened(ctx, typed[0]), typed[0], typed[1], standing
            )
    return found


def _view(
    ctx: Context,
    slug: str,
    app: App | KeyMissing,
    row: OauthApp | None,
    by: str,
    standing: AppStanding | None,
) -> AppView:
    mark = app_secrets.fingerprint(ctx, app) if isinstance(app, App) else ""
    known = app if isinstance(app, App) else App(row.client_id if row else "", "", row.tenant if row else "")
    return AppView(
        slug=slug,
        source="configuration" if row is None else "console",
        client_id=known.client_id,
        tenant=known.tenant,
        audience=row.audience if row else _audience(known),
        secret_expires_on=row.secret_expires_on if row else known.secret_expires_on,
        publishing=row.publishing if row else known.publishing,
        revision=row.revision if row else 0,
        changed_by=by if row else None,
        changed_at=row.at if row else None,
        readable=isinstance(app, App),
        test=_test(ctx, standing, mark),
        redirect_uri=app_secrets.redirect_uri(ctx, slug),
        trouble=app_trouble.of(standing, mark),
    )


def _audience(app: App) -> str:
    """Return who may sign in to an app, also where the configuration leaves it to the tenant (see `App`)."""
    several = app.tenant.lower() if app.tenant.lower() in {"common", "organizations"} else ""
    return app.audience or several or ("single" if app.tenant else "common")


def _test(ctx: Context, row: AppStanding | None, mark: str) -> TestView | None:
    if row is None or not row.test_state:
        return None
    done = row.test_state == app_trouble.DONE
    asked = row.test_asked_at
    return TestView(
        waiting=not done and asked is not None and ctx.clock() < asked + app_trouble.PATIENCE,
        outcome=row.outcome if done else "",
        text=row.outcome_text if done else "",
        values=dict(row.outcome_values) if done and isinstance(row.outcome_values, dict) else {},
        problem=row.outcome_problem if done else None,
        server_text=row.outcome_server_text if done else "",
        asked_at=asked,
        finished_at=row.tested_at if done else None,
        current=row.tested == mark,
    )
