"""Google's stand-in signs people in as Google does, and refuses in its words."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from console.lab import visitor
from console.lab.accounts import Application
from console.lab.google import ISSUER
from tests.lab.made import BACK, GMAIL, ORIGIN

ALICE, BOB = "alice@acme.test", "bob@acme.test"
SECRETS = ("access_token", "refresh_token")


def claims_of(lab, id_token):
    """Verify an ID token by the published keys, as an app does."""
    keys = KeySet.import_key_set(requests.get(f"{lab.google.url}/oauth2/v3/certs", timeout=10).json())
    return jwt.decode(id_token, keys, algorithms=["RS256"]).claims


def refusal(answer):
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


def test_discovery_names_endpoints_that_answer(lab):
    found = requests.get(f"{lab.google.url}/.well-known/openid-configuration", timeout=10).json()

    assert found["issuer"] == ISSUER
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert requests.get(found["jwks_uri"], timeout=10).json()["keys"][0]["alg"] == "RS256"


def test_the_published_keys_hold_nothing_private(lab):
    (key,) = requests.get(f"{lab.google.url}/oauth2/v3/certs", timeout=10).json()["keys"]

    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_allowing_comes_back_with_code_and_state(lab, gmail):
    back = gmail.consent(ALICE)

    assert back["state"] == "the-state"
    assert back["iss"] == ISSUER
    assert back["code"]


def test_cancel_comes_back_as_access_denied_with_the_state(lab, gmail):
    assert gmail.consent(ALICE, allow=False) == {"state": "the-state", "error": "access_denied"}


def test_a_code_brings_tokens_and_the_long_names_of_what_was_granted(lab, gmail):
    tokens = gmail.sign_in(ALICE)

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3599
    assert tokens["scope"].split() == [
        "openid",
        "https://www.googleapis.com/auth/userinfo.email",
        *GMAIL[2:],
    ]
    assert tokens["refresh_token"]


def test_the_id_token_says_who_signed_in_to_which_app(lab, gmail):
    claims = claims_of(lab, gmail.sign_in(ALICE)["id_token"])

    assert (claims["iss"], claims["aud"], claims["azp"]) == (ISSUER, gmail.client_id, gmail.client_id)
    assert (claims["email"], claims["email_verified"], claims["hd"]) == (ALICE, True, "acme.test")
    assert claims["nonce"] == "the-nonce"
    assert claims["exp"] - claims["iat"] == 3600


def test_an_unticked_scope_is_missing_from_what_was_granted(lab, gmail):
    back = gmail.consent(ALICE, untick=(GMAIL[3],))

    assert GMAIL[3] not in gmail.redeem(back["code"]).json()["scope"].split()


def test_a_refresh_keeps_the_refresh_token_to_itself(lab, gmail):
    tokens = gmail.sign_in(ALICE)
    renewed = gmail.renew(tokens["refresh_token"]).json()

    assert "refresh_token" not in renewed
    assert renewed["access_token"] != tokens["access_token"]
    assert lab.google.grants.counts(ALICE).refreshes == 1


def test_a_refresh_token_comes_with_the_first_consent_only_unless_asked_for(lab, gmail):
    first = gmail.sign_in(ALICE, prompt="")
    again = gmail.sign_in(ALICE, prompt="")
    insisting = gmail.sign_in(ALICE, prompt="consent")

    assert [("refresh_token" in tokens) for tokens in (first, again, insisting)] == [True, False, True]


def test_without_offline_access_there_is_no_refresh_token(lab, gmail):
    assert "refresh_token" not in gmail.sign_in(ALICE, access_type="")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"client_id": "nobody"}, "Error 401: invalid_client"),
        ({"redirect_uri": "https://elsewhere.test/"}, "Error 400: redirect_uri_mismatch"),
        ({"redirect_uri": f"{ORIGIN}.elsewhere.test/"}, "Error 400: redirect_uri_mismatch"),
        ({"code_challenge": ""}, "Error 400: invalid_request"),
        ({"code_challenge_method": "plain"}, "Error 400: invalid_request"),
        ({"response_type": "token"}, "Error 400: invalid_request"),
        ({"scope": "everything"}, "Error 400: invalid_scope"),
    ],
)
def test_a_wrong_request_ends_on_googles_own_page(lab, gmail, changed, sentence):
    with pytest.raises(visitor.Stuck, match=sentence):
        visitor.answer(gmail.url(ALICE, **changed), ALICE)


def test_a_silent_request_is_told_that_somebody_must_act(lab, gmail):
    place = visitor.answer(gmail.url(ALICE, prompt="none"), ALICE)

    assert parse_qs(urlsplit(place).query)["error"] == ["interaction_required"]


class TestTheTokenEndpoint:
    def test_refuses_a_wrong_verifier(self, lab, gmail):
        code = gmail.consent(ALICE)["code"]

        assert refusal(gmail.redeem(code, code_verifier="w" * 43)) == (400, "invalid_grant", "Invalid code verifier.")

    def test_refuses_a_missing_verifier(self, lab, gmail):
        code = gmail.consent(ALICE)["code"]

        assert refusal(gmail.redeem(code, code_verifier="")) == (400, "invalid_grant", "Missing code verifier.")

    def test_takes_a_code_once(self, lab, gmail):
        code = gmail.consent(ALICE)["code"]
        gmail.redeem(code)

        assert refusal(gmail.redeem(code)) == (400, "invalid_grant", "Bad Request")
        assert lab.google.grants.counts(ALICE).redemptions == 1

    def test_refuses_a_made_up_code(self, lab, gmail):
        assert refusal(gmail.redeem("made-up")) == (400, "invalid_grant", "Malformed auth code.")

    def test_looks_at_the_client_before_the_code(self, lab, gmail):
        wrong = gmail.redeem("made-up", client_secret="wrong")
        unknown = gmail.redeem("made-up", client_id="nobody")

        assert refusal(wrong) == (401, "invalid_client", "The provided client secret is invalid.")
        assert refusal(unknown) == (401, "invalid_client", "The OAuth client was not found.")

    def test_refuses_a_code_of_another_app(self, lab, gmail):
        lab.google.register(Application("other", "other secret", (ORIGIN,)))
        code = gmail.consent(ALICE)["code"]

        answer = gmail.redeem(code, client_id="other", client_secret="other secret")

        assert refusal(answer) == (400, "invalid_grant", "Bad Request")
        assert gmail.redeem(code).status_code == 200

    def test_refuses_another_redirect_uri(self, lab, gmail):
        code = gmail.consent(ALICE)["code"]

        assert gmail.redeem(code, redirect_uri=f"{BACK}/other").json()["error"] == "redirect_uri_mismatch"

    def test_takes_the_client_from_the_header_too(self, lab, gmail):
        tokens = gmail.sign_in(ALICE)
        answer = requests.post(
            gmail.token,
            data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
            auth=(gmail.client_id, gmail.client_secret),
            timeout=10,
        )

        assert answer.status_code == 200

    def test_refuses_a_grant_that_it_does_not_know(self, lab, gmail):
        assert gmail.ask(grant_type="password").json()["error"] == "unsupported_grant_type"


class TestRevoking:
    @pytest.mark.parametrize("which", SECRETS)
    def test_ends_both_tokens_whichever_is_named(self, lab, gmail, which):
        tokens = gmail.sign_in(ALICE)

        answer = requests.post(f"{lab.google.url}/revoke", data={"token": tokens[which]}, timeout=10)

        assert answer.status_code == 200
        assert gmail.get("/profile", tokens).status_code == 401
        assert refusal(gmail.renew(tokens["refresh_token"])) == (
            400,
            "invalid_grant",
            "Token has been expired or revoked.",
        )

    def test_twice_is_told(self, lab, gmail):
        token = gmail.sign_in(ALICE)["refresh_token"]
        for _ in range(2):
            answer = requests.post(f"{lab.google.url}/revoke", data={"token": token}, timeout=10)

        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_token")

    def test_leaves_other_people_alone(self, lab, gmail):
        alice, bob = gmail.sign_in(ALICE), gmail.sign_in(BOB)

        requests.post(f"{lab.google.url}/revoke", data={"token": alice["refresh_token"]}, timeout=10)

        assert gmail.get("/profile", bob).status_code == 200


class TestAFault:
    def test_declined_makes_every_answer_a_cancel(self, lab, gmail):
        lab.google.switch("declined", ALICE)

        assert gmail.consent(ALICE)["error"] == "access_denied"

    def test_unticked_starts_with_the_boxes_for_mail_unticked(self, lab, gmail):
        lab.google.switch("unticked")

        assert not set(GMAIL[2:]) & set(gmail.sign_in(ALICE)["scope"].split())

    def test_other_account_signs_in_the_next_one(self, lab, gmail):
        lab.google.switch("other-account", ALICE)

        assert claims_of(lab, gmail.sign_in(ALICE)["id_token"])["email"] == BOB

    @pytest.mark.parametrize(
        ("slug", "sentence"),
        [
            ("admin-policy", "Error 400: admin_policy_enforced"),
            ("advanced-protection", "Error 400: policy_enforced"),
            ("unverified", "Error 403: access_denied"),
        ],
    )
    def test_of_the_organisation_does_not_come_back(self, lab, gmail, slug, sentence):
        lab.google.switch(slug, ALICE)

        with pytest.raises(visitor.Stuck, match=sentence):
            visitor.answer(gmail.url(ALICE), ALICE)
        assert "code" in gmail.consent(BOB)

    def test_of_the_secret_refuses_codes_and_refreshes_alike(self, lab, gmail):
        tokens, code = gmail.sign_in(ALICE), gmail.consent(BOB)["code"]
        lab.google.switch("expired-secret")

        expected = (401, "invalid_client", "The provided client secret is invalid.")
        assert refusal(gmail.redeem(code)) == refusal(gmail.renew(tokens["refresh_token"])) == expected

    @pytest.mark.parametrize(
        ("slug", "missing"),
        [("no-refresh-token", "refresh_token"), ("no-expiry", "expires_in"), ("no-scope", "scope")],
    )
    def test_leaves_a_field_out(self, lab, gmail, slug, missing):
        whole = set(gmail.sign_in(ALICE))
        lab.google.switch(slug, ALICE)

        assert whole - set(gmail.sign_in(ALICE)) == {missing}

    def test_breaks_the_id_token(self, lab, gmail):
        lab.google.switch("broken-id-token", ALICE)

        assert gmail.sign_in(ALICE)["id_token"] == "not.a.token"

    def test_leaves_the_address_out(self, lab, gmail):
        lab.google.switch("no-address", ALICE)

        assert "email" not in claims_of(lab, gmail.sign_in(ALICE)["id_token"])

    @pytest.mark.parametrize(
        ("slug", "status", "name"),
        [
            ("token-throttled", 429, "RESOURCE_EXHAUSTED"),
            ("token-failing", 500, "INTERNAL"),
            ("token-down", 503, "UNAVAILABLE"),
        ],
    )
    def test_of_the_token_endpoint_meets_the_account_it_is_on_for(self, lab, gmail, slug, status, name):
        alice, bob, code = gmail.sign_in(ALICE), gmail.sign_in(BOB), gmail.consent(ALICE)["code"]
        lab.google.switch(slug, ALICE)

        answer = gmail.renew(alice["refresh_token"])

        assert gmail.redeem(code).status_code == status
        assert (answer.status_code, answer.json()["error"]["status"]) == (status, name)
        assert answer.headers.get("Retry-After") == ("30" if status == 429 else None)
        assert gmail.renew(bob["refresh_token"]).status_code == 200

    def test_of_slowness_waits_and_then_answers(self, lab, gmail, monkeypatch):
        tokens = gmail.sign_in(ALICE)
        monkeypatch.setattr(lab.google, "slow", 0.3)
        lab.google.switch("token-slow", ALICE)

        answer = gmail.renew(tokens["refresh_token"])

        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.3


def test_expired_access_tokens_are_renewed_by_the_same_refresh_token(lab, gmail):
    tokens = gmail.sign_in(ALICE)
    lab.google.grants.expire(ALICE)

    assert gmail.get("/profile", tokens).status_code == 401
    assert gmail.get("/profile", gmail.renew(tokens["refresh_token"]).json()).status_code == 200


def test_what_was_granted_can_be_revoked_from_outside(lab, gmail):
    tokens = gmail.sign_in(ALICE)
    lab.google.grants.revoke(ALICE)

    assert gmail.get("/profile", tokens).status_code == 401
    assert gmail.renew(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert not lab.google.grants.connected(ALICE)
