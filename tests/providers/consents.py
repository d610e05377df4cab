"""Mailboxes of families whose sign-in happens elsewhere, and the time at which they are checked."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from console.providers.base import App, Mailbox, Secret
from console.providers.line import Line
from tests.providers.doors import dialer

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER, EARLIER = (NOW + timedelta(hours=1)).isoformat(), (NOW - timedelta(hours=1)).isoformat()
BOB = "bob@acme.test"
REDIRECT = "https://inbox.acme.test/consent/x"
APP = App("the-app", "s3cret~of.the-app", tenant="acme.test", audience="common")
# Nothing of these may stand in any text.
CODE, VERIFIER, NONCE = "4/the-code-that-came-back", "verifier-" + "v" * 40, "the-nonce"
ACCESS, REFRESH = "access-token-one", "refresh-token-one"
HIDDEN = (APP.client_secret, CODE, VERIFIER, ACCESS, REFRESH, "access-token-two", "refresh-token-two")


def clock() -> datetime:
    return NOW


@contextmanager
def line(**options):
    with Line(dialer(**options)) as made:
        yield made


def secret(scope: str, *, expires: str = LATER, **fields: str) -> Secret:
    return Secret(**{"refresh_token": REFRESH, "access_token": ACCESS, "expires_at": expires, "scope": scope, **fields})


def box(settings: dict, kept: Secret, *, app: App | None = APP, address: str = BOB, receives_only: bool = False):
    return Mailbox(address, settings, kept, app=app, receives_only=receives_only)
