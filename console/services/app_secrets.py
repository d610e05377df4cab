"""The apps at providers with their secrets, for workers: the configuration's, else those that an admin typed."""

import hashlib
import hmac
import json

from sqlmodel import Session, select

from console.providers.base import App
from console.services.context import Context
from console.store.consents import OauthApp
from console.store.vault import KeyMissing


def redirect_uri(ctx: Context, slug: str) -> str:
    """Return the address that the provider sends browsers back to; it is registered with the app."""
    return f"{ctx.config.base_url}/consent/{slug}"


def row_name(slug: str) -> str:
    """Return the name of the row that the secret of a provider's app is sealed for."""
    return f"app:{slug}"


def opened(ctx: Context, row: OauthApp) -> App | KeyMissing:
    """Return the app of a row with its secret, or the KeyMissing where no key opens it."""
    try:
        secret = ctx.vault.unseal(row.sealed, row=row_name(row.provider))
    except KeyMissing as missing:
        return missing
    return App(row.client_id, secret.get("client_secret", ""), row.tenant, row.audience)


def in_use(ctx: Context, session: Session) -> dict[str, App | KeyMissing]:
    """Return the apps with their secrets, by provider, in one query; one that no key opens stands as its KeyMissing."""
    typed = {row.provider: opened(ctx, row) for row in session.exec(select(OauthApp))}
    return {**typed, **ctx.apps}


def for_use(ctx: Context, session: Session, slug: str) -> App | None:
    """Return the app at one provider with its secret, for workers, or None when none is set up. Raises KeyMissing."""
    configured = ctx.apps.get(slug)
    if configured is not None:
        return configured
    row = session.get(OauthApp, slug)
    found = opened(ctx, row) if row is not None else None
    if isinstance(found, KeyMissing):
        raise found
    return found


def client_id(ctx: Context, session: Session, slug: str) -> str | None:
    """Return the client id of the app at one provider, or None when none is set up."""
    if slug in ctx.apps:
        return ctx.apps[slug].client_id
    return session.exec(select(OauthApp.client_id).where(OauthApp.provider == slug)).first()


def fingerprint(ctx: Context, app: App) -> str:
    """Return what tells this very app and secret from others without revealing them."""
    content = json.dumps([app.client_id, app.client_secret, app.tenant, app.audience])
    return hmac.new(ctx.signing_key.encode(), b"app" + content.encode(), hashlib.sha256).hexdigest()
