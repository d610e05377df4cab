"""Renewing what a sign-in at a provider gave: under the lease of the inbox only, and saved before it is used.

A provider may end the old token the moment it answers. The mark `renewing_at` is set before it is asked and goes away
with the answer, so that the next check knows when an answer was lost: it tries the old token once more, and where the
provider refuses that, the person is told why they have to sign in again.
"""

from typing import Any

from sqlalchemy import exists, update
from sqlmodel import col

from console.providers.base import Secret
from console.services import credentials, switches
from console.services.context import Context
from console.store.models import Credential, Inbox

# The channel that families name when they send the refresh token.
CHANNEL = "token"
LOST = "oauth-renewal-lost"
# What a provider says when it takes the old token no more.
# Refusals before anything was done; the old token is as good as before. Trouble on the other side is none of them: the
# provider may have ended the old token and failed to say so.
ANSWERED = frozenset({"oauth-client-secret", "oauth-app-config", "rate-limited"})
SPENT = frozenset({"oauth-grant-revoked", "oauth-grant-expired", "oauth-interaction-required"})


class LeaseLost(Exception):
    """The inbox is no longer this worker's, or nothing may be renewed for it any more; nothing more is sent."""

    code = "interrupted"


def begin(ctx: Context, inbox_id: int, token: str, revision: int) -> None:
    """Note that the provider is about to be asked for a new token. Raises LeaseLost.

    `token` is the lease's and `revision` the secret's that is going to be renewed. Whatever was switched off since the
    check began renews nothing.
    """
    _change(ctx, inbox_id, token, revision, {"renewing_at": ctx.clock()}, switched_on=True)


def keep(ctx: Context, inbox_id: int, token: str, revision: int, secret: Secret) -> int:
    """Save a renewed secret in a transaction of its own and return its revision. Raises LeaseLost.

    What was switched off meanwhile is kept all the same, for the day it is switched on.
    """
    sealed = credentials.seal(ctx, secret, f"inbox:{inbox_id}")
    saved = {"sealed": sealed, "key_id": ctx.vault.key_id, "revision": revision + 1, "renewing_at": None}
    _change(ctx, inbox_id, token, revision, saved)
    return revision + 1


def _change(
    ctx: Context, inbox_id: int, token: str, known: int, values: dict[str, Any], *, switched_on: bool = False
) -> None:
    held = [
        col(Inbox.id) == col(Credential.inbox_id),
        col(Inbox.lease_token) == token,
        col(Inbox.removed_at).is_(None),
        *([~switches.is_off()] if switched_on else []),
    ]
    with ctx.store.write() as session:
        changed = session.execute(
            update(Credential)
            .where(col(Credential.inbox_id) == inbox_id, col(Credential.revision) == known, exists().where(*held))
            .values(values)
            .returning(col(Credential.inbox_id))
            .execution_options(synchronize_session=False)
        ).first()
    if changed is None:
        raise LeaseLost
