"""Holds refusals and token answers to what the providers publish. Facts are written down beside their source."""

from __future__ import annotations

import re
from typing import Any

import requests

# The name of each status and its HTTP status:
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_CANONICAL = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_TEXT, _NUMBER, _LIST, _OBJECT = str, int, list, dict
# https://cloud.google.com/apis/design/errors; `errors` is the list that Gmail has kept from before it:
# https://developers.google.com/workspace/gmail/api/guides/handle-errors
_GOOGLE = {"code": _NUMBER, "message": _TEXT, "status": _TEXT, "errors": _LIST, "details": _LIST}
_GOOGLE_ROW = {"message": _TEXT, "domain": _TEXT, "reason": _TEXT, "location": _TEXT, "locationType": _TEXT}
# https://learn.microsoft.com/graph/errors (OData 4.0 JSON, 21.1)
_GRAPH = {"code": _TEXT, "message": _TEXT, "target": _TEXT, "details": _LIST, "innerError": _OBJECT}
_GRAPH_INNER = {"code": _TEXT, "message": _TEXT, "date": _TEXT, "request-id": _TEXT, "client-request-id": _TEXT}
# RFC 6749, 5.1; the ID token is OpenID Connect Core's, 3.1.3.3; ext_expires_in is Microsoft's:
# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response-2
_TOKENS = {
    "access_token": _TEXT,
    "token_type": _TEXT,
    "expires_in": _NUMBER,
    "refresh_token": _TEXT,
    "scope": _TEXT,
    "id_token": _TEXT,
    "ext_expires_in": _NUMBER,
}
# RFC 6749, 5.2; the rest is Microsoft's:
# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors
_REFUSED = {
    "error": _TEXT,
    "error_description": _TEXT,
    "error_uri": _TEXT,
    "error_subtype": _TEXT,
    "suberror": _TEXT,
    "error_codes": _LIST,
    "timestamp": _TEXT,
    "trace_id": _TEXT,
    "correlation_id": _TEXT,
}
_OF_MICROSOFT = frozenset({"error_codes", "timestamp", "trace_id", "correlation_id"})
_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        # Microsoft's, same page as above; invalid_tenant is what its discovery answers.
        "interaction_required",
        "consent_required",
        "temporarily_unavailable",
        "server_error",
        "invalid_tenant",
        # Google's: https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors
        "redirect_uri_mismatch",
        # RFC 7009, 2.2.1 and Google's answer to a token that it does not know.
        "invalid_token",
    }
)


def google(answer: requests.Response) -> list[str]:
    """Return what in an error of a Google API is not as published."""
    error = _error(answer)
    found = _shape(error, _GOOGLE, {"code", "message", "status"})
    if error.get("code") != answer.status_code or _CANONICAL.get(str(error.get("status"))) != answer.status_code:
        found.append(f"{error.get('code')} {error.get('status')} with status {answer.status_code}")
    for row in error.get("errors", []):
        found += _shape(row, _GOOGLE_ROW, {"message", "domain", "reason"})
    return found + [f"no @type: {row}" for row in error.get("details", []) if "@type" not in row]


def graph(answer: requests.Response) -> list[str]:
    """Return what in an error of Microsoft Graph is not as published."""
    error = _error(answer)
    inner = error.get("innerError", {})
    found = _shape(error, _GRAPH, {"code", "message"}) + _shape(inner, _GRAPH_INNER, {"date", "request-id"})
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(inner.get("date"))):
        found.append(f"no time: {inner.get('date')}")
    return found


def tokens(answer: requests.Response) -> list[str]:
    """Return what in a token answer is not as published."""
    body = answer.json()
    if answer.status_code == 200:
        return _shape(body, _TOKENS, {"access_token", "token_type"})
    if isinstance(body.get("error"), dict):
        return google(answer)
    found = _shape(body, _REFUSED, {"error"})
    if body.get("error") not in _ERRORS:
        found.append(f"{body.get('error')} is no error of OAuth")
    if "error_codes" in body:
        found += [f"{name} is missing" for name in sorted(_OF_MICROSOFT - set(body))]
        numbers = body["error_codes"]
        if not body.get("error_description", "").startswith(f"AADSTS{numbers[0]}: "):
            found.append(f"{numbers} is not what the description begins with")
        if body.get("error_uri", "").rpartition("=")[2] != str(numbers[0]):
            found.append("the address of the explanation is another error's")
    # RFC 6749, 5.2: 400, or 401 for a client that could not be authenticated.
    if answer.status_code == 401 and body.get("error") != "invalid_client":
        found.append(f"401 with {body.get('error')}")
    return found


def _error(answer: requests.Response) -> dict[str, Any]:
    body = answer.json()
    assert set(body) == {"error"}, body
    return dict(body["error"])


def _shape(value: dict[str, Any], known: dict[str, type], needed: set[str]) -> list[str]:
    unknown = [f"{name}: no such field" for name in value if name not in known]
    wrong = [
        f"{name}: {one!r} is no {known[name].__name__}"
        for name, one in value.items()
        if name in known and (not isinstance(one, known[name]) or isinstance(one, bool))
    ]
    return unknown + wrong + [f"{name} is missing" for name in sorted(needed - set(value))]
