"""What Gmail and Microsoft share beyond OAuth: settings that name an account, and the access of one check."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wtforms import Form

from console.providers.base import (
    NOTHING,
    App,
    Found,
    Mailbox,
    Probe,
    Secret,
    Settings,
    SettingsUnreadable,
    Suggestion,
)
from console.providers.consenting import ConsentRefused, Scope, ScopesMissing
from console.providers.oauth import Clock, Tokens, refusal, usable
from console.providers.web import Answer, WebLine
from console.rules.rule import Rule
from console.rules.texts import N_

# The one channel on which the refresh token is sent.
CHANNEL, FIELD = "token", "refresh_token"
SERVICE_TROUBLE = "server-unavailable"
MOST_ALIASES = 200

Renew = Callable[[App, Secret, WebLine], Secret]


class AccountSettings:
    """The settings of a family whose servers are known: which account signed in, and nothing to type.

    `api_host` is where its mail is asked for, `token_host` where its refresh token goes.
    """

    password_based = False
    consents = True
    stages: tuple[str, ...] = ("sign-in", "open-inbox", "find-sent", "aliases")
    short: tuple[str, ...] = ("sign-in", "open-inbox")
    own_servers = False
    form: type[Form] | None = None
    settings_template = "connect/settings/plain.html"
    # Every refusal has been read by the family's own rules when it is raised, and carries its problem.
    rules: Sequence[Rule] = ()
    successor = ""

    def __init__(self, api_host: str, token_host: str) -> None:
        self._api_host, self._token_host = api_host, token_host

    def suggest(self, address: str, found: Found = NOTHING) -> Suggestion:
        """See `base.Provider`; nothing is guessed, the account is known once it has signed in."""
        return Suggestion({"account": address})

    def split(self, address: str, data: Mapping[str, Any]) -> tuple[Settings, Secret]:
        """See `base.Provider`; nothing is typed."""
        return {"account": address}, Secret()

    def fill(self, settings: Settings) -> dict[str, Any]:
        """See `base.Provider`."""
        return {"account": self.account(settings)}

    def summary(self, settings: Settings) -> str:
        """See `base.Provider`."""
        return f"{self.account(settings)}, {self._api_host}"

    def servers(self, settings: Settings) -> list[tuple[str, str]]:
        """See `base.Provider`."""
        return [(N_("Signed in as"), self.account(settings)), (N_("Service"), self._api_host)]

    def host(self, settings: Settings) -> str:
        """See `base.Provider`."""
        self.account(settings)
        return self._api_host

    def destinations(self, settings: Settings) -> dict[str, tuple[str, ...]]:
        """See `base.Provider`."""
        self.account(settings)
        return {"refresh_token": (self._token_host,), "access_token": (self._api_host,)}

    @staticmethod
    def account(settings: Any) -> str:
        """Return the account in stored settings. Raises SettingsUnreadable."""
        if not isinstance(settings, dict):
            raise SettingsUnreadable("settings of no shape")
        account = settings.get("account")
        if not isinstance(account, str) or not account:
            raise SettingsUnreadable("settings of another shape")
        return account


def kept(found: Tokens, before: Secret, scopes: frozenset[str]) -> Secret:
    """Return the secret that `found` makes of the one `before`; the refresh token stays where none came."""
    return Secret(
        refresh_token=found.refresh_token or before.get(FIELD, ""),
        access_token=found.access_token,
        expires_at=found.expires_at,
        scope=" ".join(sorted(scopes)),
    )


def first_secret(found: Tokens, scopes: Sequence[Scope], granted: frozenset[str]) -> Secret:
    """Return the secret of a new grant. Raises ScopesMissing, and ConsentRefused where no refresh token came."""
    if missing := lacking(scopes, granted):
        raise ScopesMissing(missing)
    if not found.refresh_token:
        raise ConsentRefused("oauth-interaction-required", "The sign-in brought no refresh token.")
    return kept(found, Secret(), granted)


def lacking(scopes: Sequence[Scope], granted: frozenset[str]) -> frozenset[str]:
    """Return the names of those of `scopes` that were not granted."""
    return frozenset(scope.name for scope in scopes) - granted


class Access:
    """The access token of one check. It is renewed once, when it has run out or is not taken, and kept before use."""

    def __init__(self, mailbox: Mailbox, probe: Probe, renew: Renew, rules: Sequence[Rule], clock: Clock) -> None:
        self._app, self._secret, self._probe = mailbox.app, mailbox.secret, probe
        self._renew, self._rules, self._clock = renew, rules, clock
        self._web = WebLine(probe.line)
        self._renewed = False

    def check_scopes(self, scopes: Sequence[Scope]) -> None:
        """Tell which permissions the access carries. Raises ScopesMissing when one that is needed lacks."""
        granted = frozenset(self._secret.get("scope", "").split())
        self._probe.learn(scopes=granted)
        if missing := lacking(scopes, granted):
            raise ScopesMissing(missing)

    def ready(self) -> None:
        """Have an access token that has not run out. Raises what a renewal raises."""
        if not usable(self._secret, self._clock()):
            self._fresh()

    def ask(self, url: str) -> Answer:
        """Return the answer to a GET, whatever its status; one 401 is met with a renewal."""
        answer = self._get(url)
        if answer.status == 401 and not self._renewed:
            self._fresh()
            answer = self._get(url)
        return answer

    def judge(self, answer: Answer) -> dict[str, Any]:
        """Return the fields of an answer. Raises ConsentRefused for one that is none of those wanted."""
        if answer.status != 200:
            raise refusal(
                answer,
                rules=self._rules,
                now=self._clock(),
                hidden=(self._secret["access_token"],),
                outage=SERVICE_TROUBLE,
            )
        return answer.fields()

    def get(self, url: str) -> dict[str, Any]:
        """Return the fields of the answer to a GET."""
        return self.judge(self.ask(url))

    def _get(self, url: str) -> Answer:
        return self._web.ask("GET", url, headers={"Authorization": f"Bearer {self._secret['access_token']}"})

    def _fresh(self) -> None:
        if self._app is None:
            raise ConsentRefused("oauth-app-config", "There is no app to renew the access with.")
        if not self._secret.get(FIELD):
            raise ConsentRefused("oauth-grant-revoked", "There is no refresh token.")
        self._renewed = True
        self._probe.attempt(CHANNEL, FIELD)
        fresh = self._renew(self._app, self._secret, self._web)
        self._probe.accepted(CHANNEL)
        self._probe.keep(fresh)
        self._secret = fresh
