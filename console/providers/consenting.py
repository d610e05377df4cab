"""What families look like whose sign-in happens at the provider: OAuth 2.0 with PKCE (RFC 6749, RFC 7636).

The order of things: `ask` gives the address to send the browser to; the provider sends it back with a code; `redeem`
turns the code into a `Grant`, once; from then on `check` and `renew` keep the secret of the grant fresh.

The secret of such an inbox has these fields, all of them text: `refresh_token`; `access_token`, "" where none is held;
`expires_at`, when the access token ends (ISO 8601, UTC, to the second), "" for at once; `scope`, the names of the
permissions granted, apart by spaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, Protocol, cast

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from console.providers.app_guide import AppField, Approval, DeadEnd, SetUpStep
from console.providers.base import App, Provider, Secret, Settings
from console.providers.line import Line


@dataclass(frozen=True)
class Scope:
    """A permission that is asked for: the name that the provider knows it by, and why it is needed (marked text)."""

    name: str
    reason: str


@dataclass(frozen=True)
class Handoff:
    """Where the browser is sent to sign in. The address is the provider's own page; it carries no secret of ours."""

    url: str = field(repr=False)


@dataclass(frozen=True)
class Grant:
    """What came of a sign-in at the provider. Nothing of it is stored yet.

    `secret` has the fields told above and always a refresh token. `address` is the mailbox that signed in, as the
    provider vouches for it, in small letters; `aliases` are its other addresses as far as they came along. `subject`
    is the account's identity at this provider, which never changes and is never given to another: a reconnect must
    bring the same. `scopes` are the permissions granted, by the names that `Consenting.scopes` has for them; those
    whose effect came along (the ID token, the refresh token) count as granted whether the provider lists them or not.
    `settings` are what the inbox is stored with.
    """

    secret: Secret
    address: str
    subject: str
    scopes: frozenset[str]
    settings: Settings
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class AppTest:
    """What a test of an app showed.

    "proved": the provider knows id and secret. "wrong": it does not, or the app is set up wrongly. "not-proved": it
    told nothing about the secret, or could not be reached. `text` (marked, with `values`) says so to an admin;
    `problem` is the slug of the catalogue where something is wrong, else None; `server_text` is what the provider
    said, as short clean text without the secret.
    """

    outcome: Literal["proved", "wrong", "not-proved"]
    text: str
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    problem: str | None = None
    server_text: str = ""


class ConsentRefused(Exception):
    """The provider, or what it answered, ends a sign-in, a renewal or a call.

    `code` is always a slug of the catalogue. `server_text` is what the provider said, as one short clean line in which
    nothing that was sent to it is repeated. `retry_after` is in how many seconds it wants to be asked again, None
    where it did not say. The text of the exception is one sentence of ours; no token, code or secret is in any of them.
    """

    def __init__(self, code: str, message: str, *, server_text: str = "", retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code, self.server_text, self.retry_after = code, server_text, retry_after


class ScopesMissing(ConsentRefused):
    """The person left boxes unticked. `missing` are the names of the permissions that lack."""

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__("oauth-scope-missing", "Permissions that are needed were not given.")
        self.missing = missing


class WrongAccount(ConsentRefused):
    """Another account signed in than the one expected; `signed_in` is its address."""

    def __init__(self, signed_in: str) -> None:
        super().__init__("oauth-wrong-account", "Another account signed in.")
        self.signed_in = signed_in


class Consenting(Provider, Protocol):
    """A family whose sign-in happens at the provider.

    What its methods raise is `ConsentRefused`, or a `DialError` for all that happens on the way there; both carry the
    slug of the problem as `code`. None of them stores, logs or opens a transaction, and each is bounded by the budget
    of `line`: 10 seconds and 256 KB for each request, 30 seconds in all. A line serves one call or one check.

    A check with an access token that has run out, or that the provider no longer takes, renews it once: it says
    `probe.attempt("token", "refresh_token")`, calls `renew`, says `probe.accepted("token")` and hands the new secret
    to `probe.keep` before it is used. Checks therefore run under the lease of the inbox only.
    """

    scopes: tuple[Scope, ...]
    place: str
    """Who people sign in with, such as Google; not translated."""
    app_fields: tuple[AppField, ...]
    set_up: tuple[SetUpStep, ...]
    approving: Approval
    """How an administrator of the organisation approves the app."""
    dead_ends: tuple[DeadEnd, ...]
    """Pages of the provider from which nobody comes back."""
    kept_unused: timedelta | None
    """For how long a permission that nobody uses stays valid; None where that is not known."""
    kept_in_testing: timedelta | None
    """For how long a permission stays valid that an app in testing got; None where there is no such limit."""

    def ask(
        self,
        app: App,
        *,
        address: str,
        state: str,
        nonce: str,
        challenge: str,
        redirect_uri: str,
        fresh: bool,
        line: Line,
    ) -> Handoff:
        """Return the provider's page where the owner of `address` signs in and gives the permissions.

        `state` and `nonce` are random and used once; `challenge` belongs to the verifier (see `challenge_of`);
        `redirect_uri` is registered with the app. `fresh` asks for consent again even where it was given before, which
        makes Google hand out a refresh token: it is true when no refresh token is stored. `line` is used only where
        the provider's endpoints have to be looked up and are not known yet.
        """

    def redeem(self, app: App, *, code: str, verifier: str, nonce: str, redirect_uri: str, line: Line) -> Grant:
        """Turn the code that came back into a grant; it can be done once.

        Checks the ID token (signature, issuer, audience, nonce, time, Microsoft's tenant) and that every permission was
        given. Whether it is the mailbox that was meant is asked with `same_mailbox`.

        Raises ScopesMissing, and ConsentRefused for all else: "oauth-code-invalid" for a code that is used up, of
        another app or damaged and for an ID token that does not fit, "oauth-client-secret" and "oauth-app-config" for
        the app itself, "unsupported-cloud", "unsupported-shared-mailbox", "mailbox-on-premises", …
        """

    def renew(self, app: App, secret: Secret, line: Line) -> Secret:
        """Return a fresh secret for `secret`, all fields filled: a new access token, and the refresh token to use next.

        That is the same one where the provider did not rotate it. The caller saves what is returned before using it.
        Asks once and never again by itself. Raises ConsentRefused: "oauth-grant-revoked", "oauth-grant-expired",
        "oauth-interaction-required" and their like need a sign-in; "oauth-client-secret" and "oauth-app-config" are the
        app's and say nothing about the inbox; "oauth-provider-outage" and "rate-limited" (with `retry_after`) pass.
        """

    def approval(self, app: App, *, state: str, redirect_uri: str) -> str:
        """Return the page where an administrator of the organisation approves the app for everybody, or "".

        "" stands where the provider has no such page. The browser comes back to `redirect_uri` with `state`.
        """

    def refuses(self, redirect_uri: str) -> str:
        """Return why the provider takes no such redirect address (marked), or "" where it does."""

    def test_app(self, app: App, redirect_uri: str, line: Line) -> AppTest:
        """Ask the provider whether it knows the app by this id and secret. Never raises for anything it does."""

    def same_mailbox(self, typed: str, signed_in: Grant) -> bool:
        """Return whether the address that was typed is the mailbox that signed in, or another name of it."""

    def declined(self, answer: Mapping[str, str]) -> ConsentRefused:
        """Return what an answer to the redirect address means that brings no code (RFC 6749, 4.1.2.1).

        `answer` holds the parameters of the query as they came (`error`, `error_description`, …), which anybody may
        have typed.
        """


def consenting(family: Provider | None) -> Consenting | None:
    """Return `family` as one whose sign-in happens at the provider, or None when it is none."""
    return cast(Consenting, family) if family is not None and family.consents else None


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636, 4.2): 43 characters of base64url."""
    return str(create_s256_code_challenge(verifier))
