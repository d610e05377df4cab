"""The organisation's own apps at providers: from the configuration, which wins, or as an account admin typed them.

A secret goes in and never comes out again, except for workers. What belongs to an app is known by its client id: with
another one, no inbox can go on before its owner has signed in again.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, update
from sqlmodel import Session, col, select

from console.providers.base import App
from console.providers.consenting import Consenting, consenting
from console.rules.app_shapes import names_directory, visible
from console.rules.capabilities import SIGN_IN, Flaw
from console.rules.health import Health
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import app_secrets, app_trouble, audit, switches, throttle
from console.services.app_secrets import redirect_uri
from console.services.app_views import PRODUCTION, TESTING, AppView, TestView, all_of
from console.services.context import Actor, Context, NotFound, Refused
from console.services.switches import Blast
from console.store.consents import OauthApp
from console.store.models import Credential, Inbox

PUBLISHING = (TESTING, PRODUCTION)
AUDIENCES = ("", "single", "organizations", "common")
LONGEST_ID, LONGEST_SECRET, LONGEST_TENANT = 255, 1024, 253
# A test talks to the provider, and nobody needs more of them by hand in a quarter of an hour.
MOST_TESTS = 20
CHANGED, MISSING = "oauth-app-changed", "oauth-app-missing"
__all__ = ["AppView", "TestView", "all_of", "redirect_uri"]


def get(ctx: Context, slug: str) -> AppView | None:
    """Return the app at one provider, or None when none is set up."""
    return all_of(ctx).get(slug)


def family_of(ctx: Context, slug: str) -> Consenting:
    """Return the family of a provider that takes an app. Raises NotFound."""
    found = consenting(ctx.families.get(slug))
    if found is None:
        raise NotFound
    return found


def _strangers(slug: str, wanted: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions of inboxes whose permission was given to another app than `wanted`."""
    own = [col(Credential.inbox_id) == col(Inbox.id)]
    if wanted is not None:
        own.append(col(Credential.client_id) == wanted)
    return [col(Inbox.provider) == slug, ~exists().where(*own) if wanted is not None else exists().where(*own)]


def manages(actor: Actor) -> bool:
    """Return whether somebody sets up apps."""
    return may(actor.role, "integrations.manage", own=False)


def blast(ctx: Context, slug: str, client_id: str | None) -> Blast:
    """Return what an app with this client id would stop: the inboxes whose owners have to sign in again with it.

    A new secret of the same app stops none. None counts what removing the app stops: everything of the provider.
    """
    if client_id is not None:
        return switches.blast(ctx, _strangers(slug, client_id.strip()))
    return switches.blast(ctx, [col(Inbox.provider) == slug])


def save(
    ctx: Context,
    actor: Actor,
    slug: str,
    *,
    client_id: str,
    client_secret: str = "",
    tenant: str = "",
    audience: str = "",
    secret_expires_on: date | None = None,
    publishing: str = PRODUCTION,
    revision: int | None = None,
) -> int:
    """Store the app at one provider; return how many inboxes now wait for a new sign-in.

    An empty `client_secret` keeps the stored one, which only the same client id can. A new secret of the same app lets
    every inbox go on. Another client id is another app: its inboxes turn needs-sign-in at once and say why; those that
    signed in with it before go on. `revision` is the one that the form was made from. Raises NotFound, Refused.
    """
    family, now = _managed(ctx, actor, slug), ctx.clock()
    typed = App(client_id.strip(), client_secret.strip(), tenant.strip(), audience)
    _refuse_shape(typed, publishing)
    with ctx.store.write() as session:
        row = session.get(OauthApp, slug, with_for_update=True)
        if revision is not None and revision != (row.revision if row else 0):
            raise Refused(N_("Somebody else changed this app meanwhile. Look at it again, then save."))
        if not typed.client_secret and (row is None or row.client_id != typed.client_id):
            raise Refused(N_("Paste the secret of this app."), field="client_secret")
        what: dict[str, Any] = {
            "client_id": typed.client_id,
            "tenant": typed.tenant,
            "audience": typed.audience,
            "secret_expires_on": secret_expires_on,
            "publishing": publishing,
            "by_id": actor.id,
            "at": now,
        }
        if typed.client_secret:
            what["sealed"] = ctx.vault.seal({"client_secret": typed.client_secret}, row=app_secrets.row_name(slug))
            what["key_id"] = ctx.vault.key_id
        before = row.client_id if row else None
        if row is None:
            session.add(OauthApp(provider=slug, **what))
        else:
            row.revision += 1
            for name, value in what.items():
                setattr(row, name, value)
        session.flush()
        stopped = _estrange(session, slug, typed.client_id, now)
        app_trouble.forget(session, slug)
        _resume(session, slug, now)
        audit.record(
            session,
            actor,
            "app.save",
            ("provider", slug, family.label),
            now,
            client_id=typed.client_id,
            before=before if before != typed.client_id else None,
            new_secret=bool(typed.client_secret),
            expires=secret_expires_on.isoformat() if secret_expires_on else None,
            inboxes=stopped,
        )
    ctx.enqueue("sweep")
    return stopped


def remove(ctx: Context, actor: Actor, slug: str) -> None:
    """Remove the app at one provider: nothing of the provider is checked or connected until there is one again.

    The inboxes keep what they have, so that the same app, typed again, lets them go on. Raises NotFound, Refused.
    """
    family, now = _managed(ctx, actor, slug), ctx.clock()
    with ctx.store.write() as session:
        row = session.get(OauthApp, slug, with_for_update=True)
        if row is None:
            raise NotFound
        session.delete(row)
        app_trouble.forget(session, slug)
        audit.record(session, actor, "app.remove", ("provider", slug, family.label), now, client_id=row.client_id)


def test(ctx: Context, actor: Actor, slug: str) -> None:
    """Have a worker ask the provider whether it knows the app; `get` tells what came of it. Raises NotFound, Refused.

    The configuration's app is tested like any other.
    """
    if not manages(actor):
        raise NotFound
    family, now = family_of(ctx, slug), ctx.clock()
    with ctx.store.write() as session:
        if app_secrets.client_id(ctx, session, slug) is None:
            raise Refused(N_("There is no app to test yet. Paste its client ID and its secret first."))
        if throttle.add(session, f"app-test:{slug}", now) > MOST_TESTS:
            raise Refused(N_("This app was tested many times in a short time. Wait 15 minutes, then go on."))
        app_trouble.ask(session, actor.id, slug, now)
        audit.record(session, actor, "app.test", ("provider", slug, family.label), now)
    ctx.enqueue("test-app", slug)


def _managed(ctx: Context, actor: Actor, slug: str) -> Consenting:
    if not manages(actor):
        raise NotFound
    family = family_of(ctx, slug)
    if slug in ctx.apps:
        raise Refused(N_("This app comes from the configuration of the server. It is changed there."))
    return family


def _refuse_shape(typed: App, publishing: str) -> None:
    for field, value, longest in (
        ("client_id", typed.client_id, LONGEST_ID),
        ("client_secret", typed.client_secret, LONGEST_SECRET),
        ("tenant", typed.tenant, LONGEST_TENANT),
    ):
        if len(value) > longest or not visible(value):
            raise Refused(N_("Copy it from the provider as it is, without spaces."), field=field)
    if not typed.client_id:
        raise Refused(N_("Paste the client ID of the app."), field="client_id")
    if not names_directory(typed.tenant):
        raise Refused(N_("Type the ID of the directory, or one of its domains."), field="tenant")
    if typed.audience not in AUDIENCES:
        raise Refused(N_("Choose who may sign in."), field="audience")
    if typed.audience == "single" and not typed.tenant:
        raise Refused(N_("Type the directory that the accounts belong to."), field="tenant")
    if publishing not in PUBLISHING:
        raise Refused(N_("Choose whether the app is published."), field="publishing")


def _estrange(session: Session, slug: str, wanted: str, now: datetime) -> int:
    """Turn inboxes needs-sign-in whose permission belongs to another app; return how many."""
    stopped = session.execute(
        update(Inbox)
        .where(col(Inbox.removed_at).is_(None), *_strangers(slug, wanted))
        .values(
            health=Health.NEEDS_SIGN_IN.value,
            problem=CHANGED,
            problem_stage=None,
            problem_host="",
            problem_since=now,
            server_text="",
            strikes=0,
            flaws={SIGN_IN: Flaw(CHANGED, now, Health.NEEDS_SIGN_IN).to_dict()},
            next_check=None,
            wanted_by=None,
            revision=Inbox.revision + 1,
        )
        .returning(col(Inbox.id))
        .execution_options(synchronize_session=False)
    ).all()
    return len(stopped)


def _resume(session: Session, slug: str, now: datetime) -> None:
    """Make inboxes due that waited for this app: they had none, it was not taken, or it is theirs again."""
    waiting = [MISSING, CHANGED, *app_trouble.APP_PROBLEMS]
    session.execute(
        update(Inbox)
        .where(
            col(Inbox.removed_at).is_(None),
            col(Inbox.provider) == slug,
            col(Inbox.problem).in_(waiting),
            exists().where(
                col(Credential.inbox_id) == col(Inbox.id),
                col(Credential.client_id)
                == select(OauthApp.client_id).where(OauthApp.provider == slug).scalar_subquery(),
            ),
        )
        .values(next_check=now, full_due=now)
        .execution_options(synchronize_session=False)
    )
