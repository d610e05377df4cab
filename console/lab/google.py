"""Google's sign-in: authorize page, token, revoke and certificates.

Addresses and fields: https://accounts.google.com/.well-known/openid-configuration and
https://developers.google.com/identity/protocols/oauth2/web-server. Unlike Google it insists on PKCE with S256.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from console.lab import consent
from console.lab.accounts import Account
from console.lab.consent import Tick
from console.lab.grants import CodeRefused, Counted, Grant, RefreshRefused
from console.lab.stand_in import StandIn

# The issuer does not depend on where the stand-in listens: an app knows Google's by heart.
ISSUER = "https://accounts.google.com"
_PREFIX = "https://www.googleapis.com/auth/"
# Google answers with the long names of these: https://developers.google.com/identity/openid-connect/openid-connect
_LONG = {"email": f"{_PREFIX}userinfo.email", "profile": f"{_PREFIX}userinfo.profile"}
LABELS = {
    "openid": "Associate you with your personal info on Google",
    f"{_PREFIX}userinfo.email": "See your primary Google Account email address",
    f"{_PREFIX}userinfo.profile": "See your personal info, including any personal info you've made publicly available",
    f"{_PREFIX}gmail.send": "Send email on your behalf",
    f"{_PREFIX}gmail.readonly": "View your email messages and settings",
    f"{_PREFIX}gmail.modify": "Read, compose, and send emails from your Gmail account",
    "https://mail.google.com/": "Read, compose, send, and permanently delete all your email from Gmail",
}
_ALWAYS = {"openid", *_LONG.values()}

# (error, description, status) of the token endpoint: https://developers.google.com/identity/protocols/oauth2 and the
# answers that https://developers.google.com/identity/openid-connect/reference and Google's own libraries quote.
_CODE = {
    "unknown": ("invalid_grant", "Malformed auth code."),
    "used": ("invalid_grant", "Bad Request"),
    "expired": ("invalid_grant", "Bad Request"),
    "app": ("invalid_grant", "Bad Request"),
    "redirect": ("redirect_uri_mismatch", "Bad Request"),
    "verifier": ("invalid_grant", "Invalid code verifier."),
    "no-verifier": ("invalid_grant", "Missing code verifier."),
}
REVOKED = ("invalid_grant", "Token has been expired or revoked.")
WRONG_SECRET = ("invalid_client", "The provided client secret is invalid.")
NO_CLIENT = ("invalid_client", "The OAuth client was not found.")


def make(place: StandIn) -> Blueprint:
    """Return the pages and endpoints of Google's sign-in."""
    routes = Blueprint("google", __name__)
    waiting = consent.Waiting()

    @routes.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{place.url}/o/oauth2/v2/auth",
                "token_endpoint": f"{place.url}/token",
                "userinfo_endpoint": f"{place.url}/v1/userinfo",
                "revocation_endpoint": f"{place.url}/revoke",
                "jwks_uri": f"{place.url}/oauth2/v3/certs",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"],
                "code_challenge_methods_supported": ["S256"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
            }
        )

    @routes.get("/oauth2/v3/certs")
    def certificates() -> Response:
        return jsonify(place.key.public())

    @routes.get("/o/oauth2/v2/auth")
    def authorize() -> AnyResponse | tuple[str, int] | str:
        wanted = consent.asked()
        application = place.applications.get(wanted.client_id)
        if application is None:
            return _refused(place, "Error 401: invalid_client", "The OAuth client was not found.", 401)
        if not application.may_return_to(wanted.redirect_uri):
            return _refused(place, "Error 400: redirect_uri_mismatch", "This app sent an invalid request.", 400)
        if request.args.get("response_type") != "code":
            return _refused(place, "Error 400: invalid_request", "Required parameter is missing: response_type", 400)
        if not wanted.challenge or request.args.get("code_challenge_method") != "S256":
            return _refused(place, "Error 400: invalid_request", "Only code_challenge_method=S256 is taken here.", 400)
        unknown = [scope for scope in wanted.scopes if _long(scope) not in LABELS]
        if unknown or not wanted.scopes:
            return _refused(place, "Error 400: invalid_scope", f"Some requested scopes were invalid: {unknown}", 400)
        if request.args.get("prompt") == "none":
            return consent.back(wanted.redirect_uri, state=wanted.state, error="interaction_required")
        ticked = not place.has("unticked", wanted.login_hint.lower())
        ticks = [
            Tick(scope, LABELS[scope], fixed=scope in _ALWAYS, ticked=ticked or scope in _ALWAYS)
            for scope in map(_long, wanted.scopes)
        ]
        return consent.page(place, wanted, waiting.put(wanted), application, list(place.accounts.values()), ticks)

    @routes.post("/o/oauth2/v2/decide")
    def decide() -> AnyResponse | tuple[str, int]:
        wanted = waiting.take(request.form.get("request", ""))
        account, allows, left = consent.decision(place)
        if wanted is None or (allows and account is None):
            return _refused(place, "Error 400: invalid_request", "This page is no longer open. Start again.", 400)
        for slug, error, sentence, status in _NO_WAY_BACK:
            if account and place.has(slug, account.address):
                return _refused(place, error, sentence, status)
        if account is None or not allows:
            return consent.back(wanted.redirect_uri, state=wanted.state, error="access_denied")
        asked = [_long(scope) for scope in wanted.scopes]
        scopes = tuple(scope for scope in asked if scope in left or scope in _ALWAYS)
        code = place.grants.allow(wanted, account.address, scopes, first_only=True)
        return consent.back(
            wanted.redirect_uri, state=wanted.state, iss=ISSUER, code=code, scope=" ".join(scopes), prompt="consent"
        )

    @routes.post("/token")
    def token() -> Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]:
        client_id, secret = consent.authentication()
        holder = place.grants.holder(request.form.get("refresh_token") or request.form.get("code", ""))
        if trouble := _trouble(place, holder):
            return trouble
        application = place.applications.get(client_id)
        if application is None:
            return _no(NO_CLIENT, 401)
        if secret != application.client_secret or place.has("expired-secret"):
            place.grants.note(holder, Counted.REFUSED)
            return _no(WRONG_SECRET, 401)
        kind = request.form.get("grant_type", "")
        if kind == "authorization_code":
            try:
                given = place.grants.redeem(
                    request.form.get("code", ""),
                    client_id,
                    request.form.get("redirect_uri", ""),
                    request.form.get("code_verifier", ""),
                )
            except CodeRefused as why:
                return _no(_CODE[str(why)])
            return jsonify(_tokens(place, *given, client_id, first=True))
        if kind == "refresh_token":
            try:
                given = place.grants.refresh(request.form.get("refresh_token", ""), client_id, rotate=False)
            except RefreshRefused:
                return _no(REVOKED)
            return jsonify(_tokens(place, *given, client_id, first=False))
        return _no(("unsupported_grant_type", f"Invalid grant_type: {kind}"))

    @routes.post("/revoke")
    def revoke() -> Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]:
        given = request.values.get("token", "")
        if trouble := _trouble(place, place.grants.holder(given)):
            return trouble
        if place.grants.revoke_token(given):
            return jsonify({})
        return _no(("invalid_token", "Token expired or revoked"))

    return routes


def _long(scope: str) -> str:
    return _LONG.get(scope, scope)


# Google's own pages, from which nobody is sent back: https://support.google.com/accounts/answer/12917337
_NO_WAY_BACK = (
    (
        "admin-policy",
        "Error 400: admin_policy_enforced",
        "This app isn't allowed by your organisation's policies. Contact your administrator.",
        400,
    ),
    (
        "advanced-protection",
        "Error 400: policy_enforced",
        "Advanced Protection prevented your Google Account from signing in.",
        400,
    ),
    (
        "unverified",
        "Error 403: access_denied",
        (
            "This app has not completed the Google verification process. The app is currently being tested, and can "
            "only be accessed by developer-approved testers."
        ),
        403,
    ),
)


def _refused(place: StandIn, error: str, sentence: str, status: int) -> tuple[str, int]:
    return consent.refusal(place, "Access blocked", [sentence, error], status)


def _no(reason: tuple[str, str], status: int = 400) -> tuple[Response, int]:
    return jsonify({"error": reason[0], "error_description": reason[1]}), status


def _trouble(place: StandIn, holder: str) -> tuple[Response, int, dict[str, str]] | None:
    """Return the answer of a token endpoint in trouble; its shape is that of every Google API."""
    if place.has("token-slow", holder):
        place.wait()
    for slug, status, name, message, headers in (
        ("token-throttled", 429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", True),
        ("token-failing", 500, "INTERNAL", "Internal error encountered.", False),
        ("token-down", 503, "UNAVAILABLE", "The service is currently unavailable.", False),
    ):
        if place.has(slug, holder):
            body = {"error": {"code": status, "message": message, "status": name}}
            return jsonify(body), status, {"Retry-After": "30"} if headers else {}
    return None


def _tokens(place: StandIn, grant: Grant, access: str, client_id: str, *, first: bool) -> dict[str, Any]:
    account = place.accounts[grant.address]
    answer: dict[str, Any] = {
        "access_token": access,
        "expires_in": 3599,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
    }
    if "openid" in grant.scopes:
        answer["id_token"] = _id_token(place, account, grant, access, client_id, first=first)
    if first and grant.refresh_token:
        answer["refresh_token"] = grant.refresh_token
    for slug, field in (("no-refresh-token", "refresh_token"), ("no-expiry", "expires_in"), ("no-scope", "scope")):
        if place.has(slug, grant.address):
            answer.pop(field, None)
    return answer


def _id_token(place: StandIn, account: Account, grant: Grant, access: str, client_id: str, *, first: bool) -> str:
    if place.has("broken-id-token", account.address):
        return "not.a.token"
    now = int(place.clock().timestamp())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "azp": client_id,
        "aud": client_id,
        "sub": account.subject,
        "at_hash": urlsafe_b64encode(sha256(access.encode()).digest()[:16]).rstrip(b"=").decode("ascii"),
        "iat": now,
        "exp": now + 3600,
    }
    if account.domain not in {"gmail.com", "googlemail.com"}:
        claims["hd"] = account.domain
    if _LONG["email"] in grant.scopes and not place.has("no-address", account.address):
        claims |= {"email": account.address, "email_verified": True}
    if _LONG["profile"] in grant.scopes:
        claims["name"] = account.name
    if first and grant.nonce:
        claims["nonce"] = grant.nonce
    return place.key.sign(claims)
