"""What Microsoft says of a tenant to anybody who asks: its OpenID configuration, its keys, the realm of a domain.

Fields: https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration. Of the realm Microsoft publishes
no contract; the fields are those it answers with.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from console.lab.aadsts import Refused, token_error
from console.lab.accounts import CONSUMERS
from console.lab.directory import Directory
from console.lab.stand_in import StandIn


def make(place: StandIn, directory: Directory) -> Blueprint:
    """Return the endpoints."""
    routes = Blueprint("tenants", __name__)

    @routes.get("/<authority>/v2.0/.well-known/openid-configuration")
    @routes.get("/<authority>/.well-known/openid-configuration")
    def discovery(authority: str) -> Response | Refused:
        if not directory.knows(authority):
            return token_error(place, 90002, "invalid_tenant", tenant=authority)
        return jsonify(_configuration(place, directory, authority))

    @routes.get("/getuserrealm.srf")
    def realm() -> Response:
        login = request.args.get("login", "")
        domain = login.rpartition("@")[2].lower()
        tenant = directory.of_domain(domain)
        answer: dict[str, Any] = {"State": 4, "UserState": 1, "Login": login, "NameSpaceType": "Unknown"}
        if tenant:
            government = _is_government(place, tenant.id)
            answer |= {
                "State": 3,
                "UserState": 2,
                "NameSpaceType": "Managed",
                "DomainName": domain,
                "FederationBrandName": tenant.name,
                "CloudInstanceName": "microsoftonline.us" if government else "microsoftonline.com",
            }
        return jsonify(answer)

    @routes.get("/<authority>/discovery/v2.0/keys")
    def keys(**_: str) -> Response:
        return jsonify(place.key.public())

    return routes


def _configuration(place: StandIn, directory: Directory, authority: str) -> dict[str, Any]:
    tenant = directory.find(authority)
    path = tenant.id if tenant else (CONSUMERS if authority == "consumers" else authority)
    base = f"{place.url}/{path}"
    issuer = path if tenant or authority == "consumers" else "{tenantid}"
    answer: dict[str, Any] = {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{place.url}/{issuer}/v2.0",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "email"],
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }
    if tenant:
        answer["tenant_region_scope"] = "EU"
    if tenant and _is_government(place, tenant.id):
        answer |= {
            "tenant_region_scope": "USGov",
            "tenant_region_sub_scope": "DODCON",
            "cloud_instance_name": "microsoftonline.us",
            "msgraph_host": "graph.microsoft.us",
        }
    return answer


def _is_government(place: StandIn, tenant: str) -> bool:
    return any(place.has("gcc-high", one.address) for one in place.accounts.values() if one.tenant == tenant)
