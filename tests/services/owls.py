"""Owl post set up and connected: an app, sign-ins at the tower that come back, and inboxes made without the wizard."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from console.providers.base import Secret
from console.services import apps, consents, credentials, drafts, verification
from console.services.context import Actor, Context
from console.store.models import Credential, Inbox

BROWSER = "the session of a browser"


def set_up(ctx: Context, admin: Actor, **columns: Any) -> int:
    """Set the organisation's app at the tower up."""
    return apps.save(ctx, admin, "owl", **{"client_id": "tower", "client_secret": "feather", **columns})


def begin(ctx: Context, actor: Actor, address: str, **options: Any) -> str:
    """Go through the wizard up to the tower; return the draft's id."""
    draft_id = drafts.start(ctx, actor, **options)
    drafts.set_address(ctx, actor, draft_id, address, "owl")
    drafts.accept_disclosure(ctx, actor, draft_id)
    return draft_id


def asked(ctx: Context, actor: Actor, draft_id: str, browser: str = BROWSER) -> dict[str, str]:
    """Leave for the tower; return what it was asked."""
    handoff = consents.begin(ctx, actor, draft_id, browser)
    return {name: values[0] for name, values in parse_qs(urlsplit(handoff.url).query).items()}


def code_of(owner: str) -> str:
    """Return the code that the tower gives to an owner who ticked every box."""
    return f"{owner}|see carry"


def back(
    ctx: Context, actor: Actor, question: Mapping[str, str], code: str | None = None, browser: str = BROWSER
) -> str:
    """Come back from the tower with a code, for the asked owner unless told; return the draft's id."""
    answer = {"state": question["state"], "code": code_of(question["hint"]) if code is None else code}
    return consents.come_back(ctx, actor, "owl", answer, browser)


def sign_in(ctx: Context, actor: Actor, draft_id: str, code: str | None = None) -> str:
    """Leave, come back, and let this thread be the worker."""
    back(ctx, actor, asked(ctx, actor, draft_id), code)
    verification.run(ctx, draft_id)
    return draft_id


def enrol(ctx: Context, actor: Actor, address: str, code: str | None = None, **options: Any) -> str:
    """Go through the whole wizard; return the draft's id."""
    return sign_in(ctx, actor, begin(ctx, actor, address, **options), code)


def secret_of(number: int, owner: str, *, key: bool = False) -> Secret:
    """Return what the tower gives out, without a key to use now unless wanted."""
    return Secret(
        refresh_token=f"token {number} of {owner}",
        access_token=f"key {number} of {owner}" if key else "",
        expires_at="2030-01-01T00:00:00+00:00" if key else "",
        scope="see carry",
    )


def make(ctx: Context, owner: Actor, *addresses: str, key: bool = False, client_id: str = "tower", **columns: Any):
    """Connect inboxes that are due now, with keys that have run out unless told; return their ids."""
    now, family = ctx.clock(), ctx.families["owl"]
    state = {"health": "healthy", "next_check": now, "checked_at": now, "proven_until": now.replace(year=now.year + 1)}
    with ctx.store.write() as session:
        rows = [
            Inbox(
                owner_id=owner.id,
                address=address,
                provider="owl",
                host="tower.test",
                settings={"account": address},
                connected_at=now,
                connected_by_id=owner.id,
                **{"subject": f"owl:{address}", "proofs": {}, **state, **columns},
            )
            for address in addresses
        ]
        session.add_all(rows)
        session.flush()
        session.add_all(
            Credential(
                inbox_id=row.id,
                sealed=credentials.seal(ctx, secret_of(0, row.address, key=key), f"inbox:{row.id}"),
                key_id=ctx.vault.key_id,
                typed_for=credentials.typed_for(family, row.settings),
                typed_at=now,
                refused={},
                client_id=client_id,
                granted=["carry", "see"],
            )
            for row in rows
        )
        return [row.id for row in rows]


def secret(ctx: Context, inbox_id: int) -> Secret:
    """Return what is sealed for an inbox."""
    with ctx.store.read() as session:
        return credentials.unseal(ctx, session.get_one(Credential, inbox_id))
