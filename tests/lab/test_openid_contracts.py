"""The discovery documents of both stand-ins say nothing that the real ones do not say.

What the real ones hold are facts from https://accounts.google.com/.well-known/openid-configuration and
https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration; what every one has to hold is OpenID
Connect Discovery 1.0, 3.
"""

import pytest
import requests

from tests.lab.made import SECONDS

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}
GOOGLE = {
    "response_types_supported": {"code", "token", "id_token", "code token", "code id_token", "token id_token",
                                 "code token id_token", "none"},
    "response_modes_supported": {"query", "fragment", "form_post"},
    "subject_types_supported": {"public"},
    "id_token_signing_alg_values_supported": {"RS256"},
    "scopes_supported": {"openid", "email", "profile"},
    "token_endpoint_auth_methods_supported": {"client_secret_post", "client_secret_basic"},
    "claims_supported": {"aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name",
                         "picture", "sub"},
    "code_challenge_methods_supported": {"plain", "S256"},
    "grant_types_supported": {"authorization_code", "refresh_token",
                              "urn:ietf:params:oauth:grant-type:device_code",
                              "urn:ietf:params:oauth:grant-type:jwt-bearer"},
}  # fmt: skip
GOOGLE_NAMES = {*REQUIRED, *GOOGLE, "userinfo_endpoint", "revocation_endpoint", "device_authorization_endpoint"}
MICROSOFT = {
    "token_endpoint_auth_methods_supported": {"client_secret_post", "private_key_jwt", "client_secret_basic",
                                              "self_signed_tls_client_auth"},
    "response_modes_supported": {"query", "fragment", "form_post"},
    "subject_types_supported": {"pairwise"},
    "id_token_signing_alg_values_supported": {"RS256"},
    "response_types_supported": {"code", "id_token", "code id_token", "id_token token"},
    "scopes_supported": {"openid", "profile", "email", "offline_access"},
    "claims_supported": {"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
                         "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username",
                         "name", "tid", "ver", "at_hash", "c_hash", "email"},
}  # fmt: skip
MICROSOFT_NAMES = {
    *REQUIRED,
    *MICROSOFT,
    "request_uri_parameter_supported",
    "userinfo_endpoint",
    "device_authorization_endpoint",
    "http_logout_supported",
    "frontchannel_logout_supported",
    "end_session_endpoint",
    "kerberos_endpoint",
    "tenant_region_scope",
    "tenant_region_sub_scope",
    "cloud_instance_name",
    "cloud_graph_host_name",
    "msgraph_host",
    "rbac_url",
}


@pytest.fixture
def documents(lab):
    lab.microsoft.switch("gcc-high", "alice@contoso.test")
    google = [f"{lab.google.url}/.well-known/openid-configuration"]
    names = ("common", "organizations", "consumers", "contoso.test", "fabrikam.test")
    microsoft = [f"{lab.microsoft.url}/{name}/v2.0/.well-known/openid-configuration" for name in names]
    return {
        provider: [requests.get(place, timeout=SECONDS).json() for place in places]
        for provider, places in (("google", google), ("microsoft", microsoft))
    }


@pytest.mark.parametrize(
    ("provider", "names", "values"),
    [("google", GOOGLE_NAMES, GOOGLE), ("microsoft", MICROSOFT_NAMES, MICROSOFT)],
    ids=["google", "microsoft"],
)
def test_a_discovery_document_holds_what_it_must_and_nothing_unheard_of(documents, provider, names, values):
    for document in documents[provider]:
        assert set(document) <= names
        assert set(document) >= REQUIRED
        assert [name for name, known in values.items() if not set(document.get(name, ())) <= known] == []
