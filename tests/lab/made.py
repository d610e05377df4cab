"""An app that signs somebody in at a stand-in, the way RFC 6749 and RFC 7636 have it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from console.lab import visitor
from console.lab.grants import challenge_of
from console.lab.serving import GOOGLE_APP, MICROSOFT_APP, Lab

ORIGIN = "http://127.0.0.1:8000"
BACK = f"{ORIGIN}/consent/back"
GMAIL = (
    "openid",
    "email",
    "https://www.googleapis.com/auth/gmail.send",
    "https://www.googleapis.com/auth/gmail.readonly",
)
GRAPH = (
    "openid",
    "profile",
    "email",
    "offline_access",
    "User.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.Read",
)
SECONDS = 10


@dataclass
class App:
    """One app at one provider. `authorize` and `token` are the provider's endpoints, `api` where its calls begin."""

    authorize: str
    token: str
    api: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    more: dict[str, str] = field(default_factory=dict)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def url(self, address: str = "", **changed: str) -> str:
        """Return where a person is sent; a value that is "" is left out."""
        values = {
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": " ".join(self.scopes),
            "state": "the-state",
            "nonce": "the-nonce",
            "login_hint": address,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            **self.more,
            **changed,
        }
        return f"{self.authorize}?{urlencode({name: value for name, value in values.items() if value})}"

    def consent(
        self, address: str, *, allow: bool = True, untick: tuple[str, ...] = (), **changed: str
    ) -> dict[str, str]:
        """Go through the page and return what came back in the query."""
        place = visitor.answer(self.url(address, **changed), address, allow=allow, untick=untick)
        assert place.startswith(f"{BACK}?")
        return dict(parse_qsl(urlsplit(place).query))

    def redeem(self, code: str, **changed: str) -> requests.Response:
        """Redeem a code."""
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
        }
        return self.ask(**{**values, **changed})

    def renew(self, refresh_token: str, **changed: str) -> requests.Response:
        """Refresh."""
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token, **changed)

    def ask(self, **values: str) -> requests.Response:
        """Ask the token endpoint; `values` win over the app's id and secret."""
        own = {"client_id": self.client_id, "client_secret": self.client_secret}
        return requests.post(self.token, data={**own, **values}, timeout=SECONDS)

    def sign_in(self, address: str, **changed: str) -> dict[str, Any]:
        """Return the tokens of somebody who allows everything."""
        answer = self.redeem(self.consent(address, **changed)["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, path: str, tokens: dict[str, Any] | str) -> requests.Response:
        """Call the provider's interface."""
        bearer = tokens if isinstance(tokens, str) else tokens["access_token"]
        return requests.get(self.api + path, headers={"Authorization": f"Bearer {bearer}"}, timeout=SECONDS)

    def post(self, path: str, tokens: dict[str, Any], body: Any) -> requests.Response:
        """Post JSON to the provider's interface."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return requests.post(self.api + path, json=body, headers=headers, timeout=SECONDS)


def google_app(lab: Lab) -> App:
    return App(
        f"{lab.google.url}/o/oauth2/v2/auth",
        f"{lab.google.url}/token",
        f"{lab.google.url}/gmail/v1/users/me",
        *GOOGLE_APP,
        GMAIL,
        {"access_type": "offline", "prompt": "consent"},
    )


def microsoft_app(lab: Lab, authority: str = "common") -> App:
    base = f"{lab.microsoft.url}/{authority}/oauth2/v2.0"
    return App(f"{base}/authorize", f"{base}/token", f"{lab.graph_url}/v1.0/me", *MICROSOFT_APP, GRAPH)
