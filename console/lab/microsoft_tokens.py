"""Microsoft's token endpoint: codes, refresh tokens that rotate, and tokens of the app itself.

Fields: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and
https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from console.lab import consent
from console.lab.aadsts import Refused, token_error
from console.lab.accounts import CONSUMERS, Account, Application, guid
from console.lab.directory import Directory
from console.lab.grants import CodeRefused, Counted, Grant, RefreshRefused
from console.lab.stand_in import StandIn

# AADSTS numbers of codes that are refused: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_CODE = {
    "unknown": (70008, "invalid_grant"),
    "used": (54005, "invalid_grant"),
    "expired": (70008, "invalid_grant"),
    "app": (700005, "invalid_grant"),
    "redirect": (500112, "invalid_grant"),
    "verifier": (501481, "invalid_grant"),
    "no-verifier": (501481, "invalid_grant"),
}


def make(place: StandIn, directory: Directory) -> Blueprint:
    """Return the endpoint."""
    routes = Blueprint("microsoft_tokens", __name__)

    @routes.post("/<authority>/oauth2/v2.0/token")
    def token(authority: str) -> Response | Refused:
        client_id, secret = consent.authentication()
        kind, given = request.form.get("grant_type", ""), request.form
        holder = place.grants.holder(given.get("refresh_token") or given.get("code", ""))
        if trouble := _trouble(place, holder):
            return trouble
        if not directory.knows(authority):
            return token_error(place, 90002, "invalid_request", tenant=authority)
        application = place.applications.get(client_id)
        if application is None:
            return token_error(place, 700016, "unauthorized_client", app=client_id, tenant=authority)
        wrong = _wrong_secret(place, application, secret)
        if kind == "client_credentials":
            if wrong:
                return token_error(place, wrong, "invalid_client", 401, app=client_id)
            access = place.grants.application_token(client_id)
            return jsonify(token_type="Bearer", expires_in=3599, ext_expires_in=3599, access_token=access)
        if kind == "refresh_token":
            if wrong:
                place.grants.note(holder, Counted.REFUSED)
                return token_error(place, wrong, "invalid_client", 401, app=client_id)
            if holder and place.has("mfa-required", holder):
                return token_error(place, 50076, "interaction_required", suberror="basic_action")
            reuse = place.has("refuse-reuse", holder)
            try:
                found = place.grants.refresh(given.get("refresh_token", ""), client_id, rotate=True, refuse_reuse=reuse)
            except RefreshRefused:
                return token_error(place, 50173, "invalid_grant", suberror="bad_token")
            return jsonify(_tokens(place, *found, client_id, first=False))
        if kind != "authorization_code":
            return token_error(place, 70003, "unsupported_grant_type")
        # The code is looked at first: a made-up one proves nothing about the secret.
        if not place.grants.knows_code(given.get("code", "")):
            return token_error(place, *_CODE["unknown"])
        if wrong:
            return token_error(place, wrong, "invalid_client", 401, app=client_id)
        try:
            found = place.grants.redeem(
                given.get("code", ""), client_id, given.get("redirect_uri", ""), given.get("code_verifier", "")
            )
        except CodeRefused as why:
            return token_error(place, *_CODE[str(why)])
        return jsonify(_tokens(place, *found, client_id, first=True))

    return routes


def _wrong_secret(place: StandIn, application: Application, secret: str) -> int:
    if not secret:
        return 7000218
    if secret != application.client_secret:
        return 7000215
    return 7000222 if place.has("expired-secret") else 0


def _trouble(place: StandIn, holder: str) -> Refused | None:
    if place.has("token-slow", holder):
        place.wait()
    if place.has("token-throttled", holder):
        answer, _, _ = token_error(place, 90055, "temporarily_unavailable")
        return answer, 429, {"Retry-After": "30"}
    if place.has("token-failing", holder):
        return token_error(place, 90033, "server_error", 500)
    if place.has("token-down", holder):
        return token_error(place, 90033, "temporarily_unavailable", 503)
    return None


def _tokens(place: StandIn, grant: Grant, access: str, client_id: str, *, first: bool) -> dict[str, Any]:
    account = place.accounts[grant.address]
    # Graph scopes under their short names, and no offline_access: the refresh token itself says so.
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(scope for scope in grant.scopes if scope != "offline_access"),
        "expires_in": 3599,
        "ext_expires_in": 3599,
        "access_token": access,
    }
    if grant.refresh_token:
        answer["refresh_token"] = grant.refresh_token
    if "openid" in grant.scopes:
        answer["id_token"] = _id_token(place, account, grant, client_id, first=first)
    for slug, field in (("no-refresh-token", "refresh_token"), ("no-expiry", "expires_in"), ("no-scope", "scope")):
        if place.has(slug, grant.address):
            answer.pop(field, None)
    return answer


def _id_token(place: StandIn, account: Account, grant: Grant, client_id: str, *, first: bool) -> str:
    if place.has("broken-id-token", account.address):
        return "not.a.token"
    now, tenant = int(place.clock().timestamp()), account.tenant or CONSUMERS
    claims: dict[str, Any] = {
        "aud": client_id,
        "iss": f"{place.url}/{tenant}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "oid": account.object_id,
        "sub": guid(f"{client_id} {account.address}").replace("-", ""),
        "tid": tenant,
        "ver": "2.0",
    }
    if "profile" in grant.scopes:
        claims["name"] = account.name
    if not place.has("no-address", account.address):
        claims |= {"preferred_username": account.address} if "profile" in grant.scopes else {}
        claims |= {"email": account.address} if "email" in grant.scopes else {}
    if first and grant.nonce:
        claims["nonce"] = grant.nonce
    return place.key.sign(claims)
