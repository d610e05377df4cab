"""Microsoft's stand-in signs people in as Microsoft does, tenant by tenant, and refuses in its words."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from console.lab import visitor
from console.lab.accounts import CONSUMERS, Application
from console.lab.microsoft import LABELS
from console.lab.serving import CONTOSO, FABRIKAM
from tests.lab.made import BACK, GRAPH, ORIGIN, SECONDS, microsoft_app

ALICE, BOB, CHARLIE, DORTE = "alice@contoso.test", "bob@contoso.test", "charlie@fabrikam.test", "dorte@private.test"


def configuration(lab, authority):
    url = f"{lab.microsoft.url}/{authority}/v2.0/.well-known/openid-configuration"
    return requests.get(url, timeout=SECONDS)


def claims_of(lab, id_token):
    keys = requests.get(configuration(lab, "common").json()["jwks_uri"], timeout=SECONDS).json()
    return jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims


def refusal(answer):
    """Return status, error and AADSTS number, which must also begin the description."""
    told = answer.json()
    (number,) = told["error_codes"]
    assert told["error_description"].startswith(f"AADSTS{number}: ")
    return answer.status_code, told["error"], number


class TestATenant:
    @pytest.mark.parametrize("authority", [CONTOSO.id, "contoso.test"])
    def test_is_found_by_id_and_by_domain(self, lab, authority):
        found = configuration(lab, authority).json()

        assert found["issuer"] == f"{lab.microsoft.url}/{CONTOSO.id}/v2.0"
        assert found["token_endpoint"] == f"{lab.microsoft.url}/{CONTOSO.id}/oauth2/v2.0/token"
        assert found["tenant_region_scope"] == "EU"
        assert "tenant_region_sub_scope" not in found

    @pytest.mark.parametrize("authority", ["common", "organizations"])
    def test_is_a_place_to_fill_in_where_many_may_sign_in(self, lab, authority):
        assert configuration(lab, authority).json()["issuer"] == f"{lab.microsoft.url}/{{tenantid}}/v2.0"

    def test_that_is_unknown_is_refused(self, lab):
        assert refusal(configuration(lab, "nobody.test")) == (400, "invalid_tenant", 90002)

    def test_in_gcc_high_says_so(self, lab):
        lab.microsoft.switch("gcc-high", BOB)

        found = configuration(lab, "contoso.test").json()

        assert (found["tenant_region_sub_scope"], found["cloud_instance_name"]) == ("DODCON", "microsoftonline.us")
        assert "tenant_region_sub_scope" not in configuration(lab, "fabrikam.test").json()

    @pytest.mark.parametrize(("domain", "kind"), [("contoso.test", "Managed"), ("nobody.test", "Unknown")])
    def test_is_told_by_the_realm_of_a_domain(self, lab, domain, kind):
        url = f"{lab.microsoft.url}/getuserrealm.srf?login=probe@{domain}&json=1"

        assert requests.get(url, timeout=SECONDS).json()["NameSpaceType"] == kind

    def test_admits_its_own_people_only(self, lab):
        with pytest.raises(visitor.Stuck, match="AADSTS50020: "):
            visitor.answer(microsoft_app(lab, FABRIKAM.id).url(ALICE), ALICE)
        page = requests.get(microsoft_app(lab, FABRIKAM.id).url(), timeout=SECONDS).text
        assert CHARLIE in page
        assert ALICE not in page

    @pytest.mark.parametrize(("authority", "shown"), [("organizations", False), ("consumers", True), ("common", True)])
    def test_is_none_for_personal_accounts(self, lab, authority, shown):
        page = requests.get(microsoft_app(lab, authority).url(), timeout=SECONDS).text

        assert (DORTE in page) is shown


class TestSigningIn:
    def test_comes_back_with_code_and_state(self, lab, graph):
        back = graph.consent(ALICE)

        assert back["state"] == "the-state"
        assert set(back) == {"state", "code", "session_state"}

    def test_cancel_comes_back_with_what_microsoft_says(self, lab, graph):
        back = graph.consent(ALICE, allow=False)

        assert (back["error"], back["error_subcode"], back["state"]) == ("access_denied", "cancel", "the-state")
        assert back["error_description"].startswith("AADSTS65004: ")

    def test_brings_short_scopes_and_a_refresh_token(self, lab, graph):
        tokens = graph.sign_in(ALICE)

        assert tokens["scope"].split() == [scope for scope in GRAPH if scope != "offline_access"]
        assert tokens["ext_expires_in"] == 3599
        assert tokens["refresh_token"]

    def test_takes_scopes_with_the_resource_in_front(self, lab, graph):
        tokens = graph.sign_in(ALICE, scope="openid https://graph.microsoft.com/Mail.Send")

        assert tokens["scope"] == "openid Mail.Send"
        assert "refresh_token" not in tokens

    def test_says_who_it_was_in_which_tenant(self, lab, graph):
        claims = claims_of(lab, graph.sign_in(ALICE)["id_token"])

        assert (claims["tid"], claims["iss"]) == (CONTOSO.id, f"{lab.microsoft.url}/{CONTOSO.id}/v2.0")
        assert (claims["preferred_username"], claims["email"], claims["nonce"]) == (ALICE, ALICE, "the-nonce")
        assert claims["aud"] == graph.client_id

    def test_of_a_personal_account_names_the_tenant_of_those(self, lab, graph):
        assert claims_of(lab, graph.sign_in(DORTE)["id_token"])["tid"] == CONSUMERS

    @pytest.mark.parametrize(
        ("changed", "number"),
        [
            ({"client_id": "nobody"}, 700016),
            ({"redirect_uri": "https://elsewhere.test/"}, 50011),
            ({"code_challenge": ""}, 9002325),
            ({"code_challenge_method": "plain"}, 9002325),
            ({"scope": "openid Everything.Read"}, 70011),
        ],
    )
    def test_with_a_wrong_request_ends_on_microsofts_own_page(self, lab, graph, changed, number):
        with pytest.raises(visitor.Stuck, match=f"AADSTS{number}: "):
            visitor.answer(graph.url(ALICE, **changed), ALICE)

    def test_to_an_app_of_one_tenant_does_not_work_at_common(self, lab, graph):
        lab.microsoft.register(Application(graph.client_id, graph.client_secret, (ORIGIN,), tenant=CONTOSO.id))

        with pytest.raises(visitor.Stuck, match="AADSTS50194: "):
            visitor.answer(graph.url(ALICE), ALICE)
        assert microsoft_app(lab, CONTOSO.id).sign_in(ALICE)["refresh_token"]

    def test_silently_is_refused(self, lab, graph):
        place = visitor.answer(graph.url(ALICE, prompt="none"), ALICE)

        assert parse_qs(urlsplit(place).query)["error"] == ["login_required"]


class TestTheTokenEndpoint:
    def test_rotates_refresh_tokens_and_lets_the_old_one_live(self, lab, graph):
        first = graph.sign_in(ALICE)["refresh_token"]
        second = graph.renew(first).json()["refresh_token"]

        assert second != first
        assert graph.renew(first).status_code == graph.renew(second).status_code == 200
        assert lab.microsoft.grants.counts(ALICE).refreshes == 3

    def test_refuses_a_replaced_token_once_told_to(self, lab, graph):
        first = graph.sign_in(ALICE)["refresh_token"]
        lab.microsoft.switch("refuse-reuse", ALICE)
        second = graph.renew(first).json()["refresh_token"]

        assert refusal(graph.renew(first)) == (400, "invalid_grant", 50173)
        assert graph.renew(second).status_code == 200
        assert lab.microsoft.grants.counts(ALICE).refused == 1

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"code_verifier": "w" * 43}, (400, "invalid_grant", 501481)),
            ({"code_verifier": ""}, (400, "invalid_grant", 501481)),
            ({"redirect_uri": f"{BACK}/other"}, (400, "invalid_grant", 500112)),
            ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
            ({"client_secret": ""}, (401, "invalid_client", 7000218)),
            ({"client_id": "nobody"}, (400, "unauthorized_client", 700016)),
            ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ],
    )
    def test_refuses_with_the_number_of_the_reason(self, lab, graph, changed, expected):
        code = graph.consent(ALICE)["code"]

        assert refusal(graph.redeem(code, **changed)) == expected

    def test_takes_a_code_once(self, lab, graph):
        code = graph.consent(ALICE)["code"]
        graph.redeem(code)

        assert refusal(graph.redeem(code)) == (400, "invalid_grant", 54005)

    def test_looks_at_a_made_up_code_before_the_secret(self, lab, graph):
        assert refusal(graph.redeem("made-up", client_secret="wrong")) == (400, "invalid_grant", 70008)

    def test_proves_id_and_secret_by_the_apps_own_token(self, lab):
        own = microsoft_app(lab, CONTOSO.id)
        values = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}

        assert own.ask(**values).json()["token_type"] == "Bearer"
        assert refusal(own.ask(**values, client_secret="wrong")) == (401, "invalid_client", 7000215)
        assert own.get("", own.ask(**values).json()).status_code == 401

    def test_tells_of_a_revoked_grant(self, lab, graph):
        tokens = graph.sign_in(ALICE)
        lab.microsoft.grants.revoke(ALICE)

        assert refusal(graph.renew(tokens["refresh_token"])) == (400, "invalid_grant", 50173)
        assert graph.get("", tokens).status_code == 401


class TestAdminConsent:
    def url(self, lab, graph, authority="organizations", scope="https://graph.microsoft.com/.default"):
        values = {
            "client_id": graph.client_id,
            "redirect_uri": BACK,
            "state": "the-state",
            "scope": scope,
        }
        return f"{lab.microsoft.url}/{authority}/v2.0/adminconsent?{urlencode(values)}"

    def test_comes_back_with_the_tenant(self, lab, graph):
        page = requests.get(self.url(lab, graph), timeout=SECONDS).text
        form = {"client_id": graph.client_id, "redirect_uri": BACK, "state": "the-state", "account": CONTOSO.id}
        answer = requests.post(
            f"{lab.microsoft.url}/common/v2.0/adminconsent",
            data=form | {"answer": "allow"},
            allow_redirects=False,
            timeout=SECONDS,
        )

        assert "Contoso" in page
        assert parse_qs(urlsplit(answer.headers["Location"]).query) == {
            "admin_consent": ["True"],
            "tenant": [CONTOSO.id],
            "state": ["the-state"],
        }

    def test_lists_what_is_asked_for_and_nothing_else(self, lab, graph):
        asked = "https://graph.microsoft.com/Mail.Send offline_access"

        page = requests.get(self.url(lab, graph, scope=asked), timeout=SECONDS).text

        assert re.findall('<p class="fixed">([^<]*)</p>', page) == [LABELS["offline_access"], LABELS["Mail.Send"]]

    def test_lets_the_people_of_the_tenant_sign_in(self, lab, graph):
        lab.microsoft.switch("admin-policy", ALICE)
        form = {"client_id": graph.client_id, "redirect_uri": BACK, "account": CONTOSO.id, "answer": "allow"}
        requests.post(
            f"{lab.microsoft.url}/common/v2.0/adminconsent", data=form, allow_redirects=False, timeout=SECONDS
        )

        assert "code" in graph.consent(ALICE)

    def test_goes_nowhere_but_to_the_app(self, lab, graph):
        form = {"client_id": graph.client_id, "redirect_uri": "https://elsewhere.test/", "answer": "allow"}
        answer = requests.post(
            f"{lab.microsoft.url}/common/v2.0/adminconsent", data=form, allow_redirects=False, timeout=SECONDS
        )

        assert (answer.status_code, "Location" in answer.headers) == (400, False)


class TestAFault:
    def test_of_policy_asks_for_an_admin_and_leads_back(self, lab, graph):
        lab.microsoft.switch("admin-policy", ALICE)

        with pytest.raises(visitor.Stuck, match=r"Need admin approval.*AADSTS90094"):
            visitor.answer(graph.url(ALICE), ALICE)

    def test_of_consent_comes_back_with_the_number(self, lab, graph):
        lab.microsoft.switch("consent-required", ALICE)

        back = graph.consent(ALICE)

        assert back["error"] == "consent_required"
        assert back["error_description"].startswith("AADSTS65001: ")

    def test_other_account_signs_in_the_next_one(self, lab, graph):
        lab.microsoft.switch("other-account", ALICE)

        assert claims_of(lab, graph.sign_in(ALICE)["id_token"])["email"] == BOB

    def test_of_the_secret_is_one_for_everybody(self, lab, graph):
        tokens, code = graph.sign_in(ALICE), graph.consent(BOB)["code"]
        lab.microsoft.switch("expired-secret")

        expected = (401, "invalid_client", 7000222)
        assert refusal(graph.renew(tokens["refresh_token"])) == refusal(graph.redeem(code)) == expected
        with pytest.raises(ValueError, match="expired-secret"):
            lab.microsoft.switch("expired-secret", ALICE)

    def test_of_the_second_factor_asks_for_a_sign_in(self, lab, graph):
        tokens = graph.sign_in(ALICE)
        lab.microsoft.switch("mfa-required", ALICE)

        assert refusal(graph.renew(tokens["refresh_token"])) == (400, "interaction_required", 50076)

    @pytest.mark.parametrize(
        ("slug", "expected", "wait"),
        [
            ("token-throttled", (429, "temporarily_unavailable", 90055), "30"),
            ("token-failing", (500, "server_error", 90033), None),
            ("token-down", (503, "temporarily_unavailable", 90033), None),
        ],
    )
    def test_of_the_token_endpoint_meets_the_account_it_is_on_for(self, lab, graph, slug, expected, wait):
        alice, bob, code = graph.sign_in(ALICE), graph.sign_in(BOB), graph.consent(ALICE)["code"]
        lab.microsoft.switch(slug, ALICE)

        answer = graph.renew(alice["refresh_token"])

        assert refusal(graph.redeem(code)) == expected
        assert refusal(answer) == expected
        assert answer.headers.get("Retry-After") == wait
        assert graph.renew(bob["refresh_token"]).status_code == 200

    @pytest.mark.parametrize(
        ("slug", "missing"),
        [("no-refresh-token", "refresh_token"), ("no-expiry", "expires_in"), ("no-scope", "scope")],
    )
    def test_leaves_a_field_out(self, lab, graph, slug, missing):
        whole = set(graph.sign_in(ALICE))
        lab.microsoft.switch(slug, ALICE)

        assert whole - set(graph.sign_in(ALICE)) == {missing}

    def test_leaves_every_address_out(self, lab, graph):
        lab.microsoft.switch("no-address", ALICE)

        assert not {"email", "preferred_username"} & set(claims_of(lab, graph.sign_in(ALICE)["id_token"]))


@pytest.mark.parametrize(
    ("slug", "whose"), [("moved-to-cloud", "alice@corp.test"), ("hybrid", ""), ("known-to-microsoft", "")]
)
def test_the_domain_of_the_exchange_server_is_known_once_it_has_a_tenant(lab, slug, whose):
    url = f"{lab.microsoft.url}/corp.test/v2.0/.well-known/openid-configuration"
    before = requests.get(url, timeout=SECONDS).status_code
    lab.exchange.place.switch(slug, whose)

    assert (before, requests.get(url, timeout=SECONDS).status_code) == (400, 200)
