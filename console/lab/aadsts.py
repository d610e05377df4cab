"""What Microsoft's sign-in says when it refuses, by AADSTS number.

Sentences: https://learn.microsoft.com/entra/identity-platform/reference-error-codes and the answers it gives.
"""

import uuid
from typing import Any

from flask import Response, jsonify

from console.lab.stand_in import StandIn

Refused = tuple[Response, int, dict[str, str]]
SENTENCES = {
    50011: "The redirect URI specified in the request does not match the redirect URIs configured for the application.",
    50020: "User account from identity provider does not exist in tenant '{tenant}' and cannot access the application.",
    50058: "A silent sign-in request was sent but no user is signed in.",
    50076: "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
    "use multi-factor authentication to access '00000003-0000-0000-c000-000000000000'.",
    50173: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
    "changed or reset their password.",
    50194: "Application '{app}' is not configured as a multi-tenant application. Usage of the /common endpoint is not "
    "supported for such applications.",
    54005: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
    "refresh token.",
    65001: "The user or administrator has not consented to use the application with ID '{app}' named 'Inbox console'. "
    "Send an interactive authorization request for this user and resource.",
    65004: "User declined to consent to access the app.",
    70003: "The app requested an unsupported grant type.",
    70008: "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
    "authorization request for this user and resource.",
    70011: "The provided value for the input parameter 'scope' is not valid.",
    90002: "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
    "correct cloud.",
    90014: "The required field is missing from the credential.",
    90033: "The Microsoft Online Directory Service (MSODS) is not available.",
    90055: "There are too many incoming requests (tenant throttled).",
    90094: "Inbox console needs permission to access resources in your organization that only an admin can grant.",
    500112: "The reply address does not match the reply address provided when requesting Authorization code.",
    501481: "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    700005: "Provided Authorization Code is intended to use against other tenant or application, thus rejected.",
    700016: "Application with identifier '{app}' was not found in the directory '{tenant}'.",
    7000215: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
    "not the client secret ID, for a secret added to app '{app}'.",
    7000218: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    7000222: "The provided client secret keys for app '{app}' are expired.",
    9002325: "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
}


def sentence(place: StandIn, number: int, **words: str) -> str:
    """Return the whole description, with the ids and the time that Microsoft adds for its support."""
    text = SENTENCES[number].format(**{"app": "", "tenant": "", **words})
    now = place.clock().strftime("%Y-%m-%d %H:%M:%SZ")
    return f"AADSTS{number}: {text} Trace ID: {uuid.uuid4()} Correlation ID: {uuid.uuid4()} Timestamp: {now}"


def token_error(
    place: StandIn, number: int, error: str, status: int = 400, *, suberror: str = "", **words: str
) -> Refused:
    """Return the error answer of a token or discovery endpoint; `words` fill the sentence."""
    body: dict[str, Any] = {
        "error": error,
        "error_description": sentence(place, number, **words),
        "error_codes": [number],
        "timestamp": place.clock().strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
        "error_uri": f"{place.url}/error?code={number}",
    }
    if suberror:
        body["suberror"] = suberror
    return jsonify(body), status, {}
