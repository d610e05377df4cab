"""The strict provider is strict: that is what tests of signing in want it for."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from console.lab.grants import challenge_of
from tests.peers.oidc import Strict

pytestmark = pytest.mark.oauth
VERIFIER = "a-verifier-of-the-forty-three-characters-it-takes"
SECONDS = 10


def metadata(strict: Strict) -> dict[str, Any]:
    return dict(requests.get(f"{strict.url}/.well-known/openid-configuration", timeout=SECONDS).json())


def authorize(strict: Strict, **changed: str) -> str:
    """Go through its pages as a browser does, and return where that leads."""
    values = {
        "client_id": strict.client_id,
        "redirect_uri": strict.back,
        "response_type": "code",
        "scope": "openid email offline_access Mail.Send",
        "state": "the-state",
        "nonce": "the-nonce",
        "prompt": "consent",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    session = requests.Session()
    given = {name: value for name, value in (values | changed).items() if value}
    answer = session.get(
        metadata(strict)["authorization_endpoint"], params=given, allow_redirects=False, timeout=SECONDS
    )
    for _ in range(15):
        place = urljoin(answer.url, answer.headers.get("Location", ""))
        if place.startswith(strict.back):
            return place
        if "Location" in answer.headers:
            answer = session.get(place, allow_redirects=False, timeout=SECONDS)
            continue
        form = re.search(r"<form.*?</form>", answer.text, re.DOTALL)
        assert form, answer.text[:500]
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form[0]))
        target = urljoin(answer.url, html.unescape(re.search(r'action="([^"]*)"', form[0])[1]))
        answer = session.post(
            target, data=fields | {"login": "alice@acme.test", "password": "x"}, allow_redirects=False, timeout=SECONDS
        )
    raise AssertionError("no end of redirects")


def code_of(place: str) -> str:
    return re.search(r"[?&]code=([^&]+)", place)[1]


def ask(strict: Strict, **values: str) -> requests.Response:
    own = {"client_id": strict.client_id, "client_secret": strict.client_secret}
    return requests.post(metadata(strict)["token_endpoint"], data=own | values, timeout=SECONDS)


def redeem(strict: Strict, code: str, verifier: str = VERIFIER) -> requests.Response:
    return ask(strict, grant_type="authorization_code", code=code, redirect_uri=strict.back, code_verifier=verifier)


def test_a_code_with_its_verifier_brings_tokens(strict: Strict) -> None:
    tokens = redeem(strict, code_of(authorize(strict))).json()

    assert {"access_token", "refresh_token", "id_token"} <= set(tokens)


def test_without_pkce_nobody_comes_in(strict: Strict) -> None:
    place = authorize(strict, code_challenge="", code_challenge_method="")

    assert "error=invalid_request" in place
    assert "code=" not in place


def test_a_wrong_verifier_is_refused(strict: Strict) -> None:
    assert redeem(strict, code_of(authorize(strict)), "w" * 43).json()["error"] == "invalid_grant"


def test_a_code_works_once(strict: Strict) -> None:
    code = code_of(authorize(strict))
    assert redeem(strict, code).status_code == 200

    assert redeem(strict, code).json()["error"] == "invalid_grant"


def test_a_refresh_token_that_was_used_ends_the_whole_grant(strict: Strict) -> None:
    first = redeem(strict, code_of(authorize(strict))).json()["refresh_token"]
    second = ask(strict, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first

    assert ask(strict, grant_type="refresh_token", refresh_token=first).json()["error"] == "invalid_grant"
    assert ask(strict, grant_type="refresh_token", refresh_token=second).json()["error"] == "invalid_grant"


def test_access_tokens_live_as_long_as_it_is_told(peers_run, strict: Strict) -> None:
    assert redeem(strict, code_of(authorize(strict))).json()["expires_in"] == 3600
