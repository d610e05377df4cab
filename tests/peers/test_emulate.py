"""emulate shows what tests of signing in count on, and what they have to mind."""

from __future__ import annotations

import html
import re

import pytest
import requests

from console.lab.grants import challenge_of
from tests.peers.emulate import CANARY, GOOGLE_APP, MICROSOFT_APP, PATHS, Emulate

pytestmark = pytest.mark.oauth
VERIFIER = "a verifier of the forty-three characters it takes"
SECONDS = 10
GOOGLE = ("/o/oauth2/v2/auth", "/oauth2/token", "openid email https://www.googleapis.com/auth/gmail.readonly")
MICROSOFT = ("/oauth2/v2.0/authorize", "/oauth2/v2.0/token", "openid profile email offline_access User.Read")
SERVICES = pytest.mark.parametrize("service", ["google", "microsoft"])


class Signing:
    """Signing in at one of the services, form by form."""

    def __init__(self, emulate: Emulate, service: str) -> None:
        google = service == "google"
        self.url = emulate.google if google else emulate.microsoft
        self.authorize, self.token, self.scope = GOOGLE if google else MICROSOFT
        self.client_id, self.client_secret = GOOGLE_APP if google else MICROSOFT_APP
        self.back = f"http://127.0.0.1:{emulate.console_port}{PATHS[not google]}"
        self.person = "alice@acme.test" if google else "alice@contoso.test"

    def page(self, **changed: str) -> requests.Response:
        values = {
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "response_type": "code",
            "scope": self.scope,
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return requests.get(self.url + self.authorize, params=values | changed, timeout=SECONDS)

    def code(self) -> str:
        for form in re.findall(r"<form.*?</form>", self.page().text, re.DOTALL):
            fields = {
                html.unescape(name): html.unescape(value)
                for name, value in re.findall(r'name="([^"]*)"\s+value="([^"]*)"', form)
            }
            if fields.get("email") == self.person:
                action = html.unescape(re.search(r'action="([^"]*)"', form)[1])
                sent = requests.post(self.url + action, data=fields, allow_redirects=False, timeout=SECONDS)
                place = sent.headers["Location"]
                assert place.startswith(f"{self.back}?")
                assert "state=the-state" in place
                return re.search(r"code=([^&]+)", place)[1]
        raise AssertionError(f"no button for {self.person}")

    def ask(self, **values: str) -> requests.Response:
        own = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.back}
        return requests.post(self.url + self.token, data=own | values, timeout=SECONDS)

    def redeem(self, code: str, verifier: str = VERIFIER) -> requests.Response:
        return self.ask(grant_type="authorization_code", code=code, code_verifier=verifier)

    def renew(self, refresh_token: str) -> requests.Response:
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token)


@SERVICES
def test_a_code_with_its_verifier_brings_tokens(emulate: Emulate, service: str) -> None:
    signing = Signing(emulate, service)
    tokens = signing.redeem(signing.code()).json()

    assert {"access_token", "refresh_token", "id_token", "scope", "expires_in"} <= set(tokens)


@SERVICES
def test_a_wrong_verifier_and_a_wrong_secret_are_refused(emulate: Emulate, service: str) -> None:
    signing = Signing(emulate, service)

    assert signing.redeem(signing.code(), "wrong" * 10).json()["error"] == "invalid_grant"
    assert signing.ask(grant_type="refresh_token", client_secret="wrong").json()["error"] == "invalid_client"


@SERVICES
def test_nobody_is_sent_to_an_address_that_is_not_the_consoles(emulate: Emulate, service: str) -> None:
    answer = Signing(emulate, service).page(redirect_uri="http://elsewhere.test/")

    assert answer.status_code == 400


def test_microsoft_rotates_refresh_tokens_and_refuses_the_old_one(emulate: Emulate) -> None:
    signing = Signing(emulate, "microsoft")
    first = signing.redeem(signing.code()).json()["refresh_token"]
    second = signing.renew(first).json()["refresh_token"]

    assert second != first
    assert signing.renew(first).json()["error"] == "invalid_grant"


def test_google_keeps_the_refresh_token_until_it_is_revoked(emulate: Emulate) -> None:
    signing = Signing(emulate, "google")
    token = signing.redeem(signing.code()).json()["refresh_token"]
    assert signing.renew(token).status_code == 200

    requests.post(f"{signing.url}/oauth2/revoke", data={"token": token}, timeout=SECONDS)

    assert signing.renew(token).json()["error"] == "invalid_grant"


def test_a_token_nobody_knows_shows_the_canary(emulate: Emulate) -> None:
    url = f"{emulate.google}/gmail/v1/users/me/settings/sendAs"
    answer = requests.get(url, headers={"Authorization": "Bearer made-up"}, timeout=SECONDS)

    assert CANARY in answer.text


def test_a_good_token_shows_its_person(emulate: Emulate) -> None:
    signing = Signing(emulate, "google")
    bearer = signing.redeem(signing.code()).json()["access_token"]
    url = f"{emulate.google}/gmail/v1/users/me/settings/sendAs"
    answer = requests.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=SECONDS)

    assert answer.json()["sendAs"][0]["sendAsEmail"] == signing.person
