"""The Gmail API, as far as connecting a mailbox and reading along needs it.

Paths, parameters and resources: https://gmail.googleapis.com/$discovery/rest?version=v1 (tests hold the answers to it).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request

from console.lab import consent
from console.lab.accounts import Account
from console.lab.mail import INBOX, LONGEST, SENT, Mail
from console.lab.stand_in import StandIn

_PREFIX = "https://www.googleapis.com/auth/gmail."
ALL = "https://mail.google.com/"
READING = frozenset({f"{_PREFIX}readonly", f"{_PREFIX}modify", ALL})
SENDING = frozenset({f"{_PREFIX}send", f"{_PREFIX}modify", f"{_PREFIX}compose", ALL})
LABELS = (INBOX, SENT, "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT")
_HIDDEN = frozenset({"TRASH", "SPAM", "UNREAD"})

Answer = Response | tuple[Response, int]


def make(place: StandIn) -> Blueprint:
    """Return the calls of users.* below /gmail/v1."""
    routes = Blueprint("gmail", __name__, url_prefix="/gmail/v1/users/<user>")

    def allowed(scopes: frozenset[str]) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Let a call through to the account of its token if the token has one of these scopes."""

        def wrap(call: Callable[..., Answer]) -> Callable[..., Answer]:
            @wraps(call)
            def guarded(user: str, **rest: str) -> Answer:
                grant = place.grants.bearer(consent.bearer())
                if grant is None or grant.address not in place.accounts:
                    return _unauthorised()
                account = place.accounts[grant.address]
                if trouble := _trouble(place, account.address):
                    return trouble
                if not scopes & set(grant.scopes):
                    return _insufficient()
                if user not in {"me", account.address}:
                    return _no(403, f"Delegation denied for {account.address}", "forbidden", "PERMISSION_DENIED")
                return call(account, **rest)

            return guarded

        return wrap

    @routes.get("/profile")
    @allowed(READING)
    def profile(account: Account) -> Answer:
        held = place.mail.list(account.address)
        return jsonify(
            emailAddress=account.address,
            messagesTotal=len(held),
            threadsTotal=len({mail.thread for mail in held}),
            historyId=str(place.mail.newest),
        )

    @routes.get("/labels")
    @allowed(READING)
    def labels(_: Account) -> Answer:
        return jsonify(labels=[_label(name) for name in LABELS])

    @routes.get("/labels/<label>")
    @allowed(READING)
    def label(account: Account, label: str) -> Answer:
        if label not in LABELS:
            return _missing()
        held = [mail for mail in place.mail.list(account.address) if label in _labels_of(mail)]
        unread = [mail for mail in held if mail.unread]
        return jsonify(
            _label(label)
            | {
                "messagesTotal": len(held),
                "messagesUnread": len(unread),
                "threadsTotal": len({mail.thread for mail in held}),
                "threadsUnread": len({mail.thread for mail in unread}),
            }
        )

    @routes.get("/messages")
    @allowed(READING)
    def messages(account: Account) -> Answer:
        most = min(max(request.args.get("maxResults", 100, int), 1), 500)
        start = max(request.args.get("pageToken", 0, int), 0)
        wanted, query = set(request.args.getlist("labelIds")), request.args.get("q", "").lower()
        held = [
            mail
            for mail in place.mail.list(account.address)
            if wanted <= set(_labels_of(mail)) and query in mail.source.decode("utf-8", "replace").lower()
        ]
        answer: dict[str, Any] = {"resultSizeEstimate": len(held)}
        if held[start : start + most]:
            answer["messages"] = [{"id": m.id, "threadId": m.thread} for m in held[start : start + most]]
        if len(held) > start + most:
            answer["nextPageToken"] = str(start + most)
        return jsonify(answer)

    @routes.get("/messages/<mail_id>")
    @allowed(READING)
    def message(account: Account, mail_id: str) -> Answer:
        mail = place.mail.get(account.address, mail_id)
        if mail is None:
            return _missing()
        return jsonify(_message(mail, request.args.get("format", "full"), request.args.getlist("metadataHeaders")))

    @routes.post("/messages/send")
    @allowed(SENDING)
    def send(account: Account) -> Answer:
        given = request.get_json(silent=True)
        raw = given.get("raw") if isinstance(given, dict) else None
        try:
            source = urlsafe_b64decode(raw + "=" * (-len(raw) % 4)) if isinstance(raw, str) else b""
        except ValueError:
            source = b""
        if not source or len(source) > LONGEST:
            words = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
            return _no(400, words, "invalidArgument", "INVALID_ARGUMENT")
        thread = given.get("threadId") if isinstance(given, dict) else None
        if not message_from_bytes(source).get("To"):
            return _no(400, "Recipient address required", "invalidArgument", "INVALID_ARGUMENT")
        sent = place.mail.put(account.address, source, SENT, thread=thread if isinstance(thread, str) else "")
        return jsonify(id=sent.id, threadId=sent.thread, labelIds=_labels_of(sent))

    @routes.get("/settings/sendAs")
    @allowed(READING)
    def send_as(account: Account) -> Answer:
        return jsonify(sendAs=_senders(account))

    @routes.get("/settings/sendAs/<sender>")
    @allowed(READING)
    def one_sender(account: Account, sender: str) -> Answer:
        found = [one for one in _senders(account) if one["sendAsEmail"] == sender]
        return jsonify(found[0]) if found else _missing()

    return routes


def _senders(account: Account) -> list[dict[str, Any]]:
    """The account itself, its aliases, and one that was typed in and never confirmed."""
    own: dict[str, Any] = {
        "sendAsEmail": account.address,
        "displayName": account.name,
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
    }
    others: list[dict[str, Any]] = [
        {
            "sendAsEmail": alias,
            "displayName": account.name,
            "replyToAddress": "",
            "signature": "",
            "treatAsAlias": True,
            "verificationStatus": "accepted",
        }
        for alias in account.aliases
    ]
    pending = {
        "sendAsEmail": f"unconfirmed.{account.address}",
        "displayName": account.name,
        "treatAsAlias": True,
        "verificationStatus": "pending",
    }
    return [own, *others, pending] if others else [own]


def _label(name: str) -> dict[str, Any]:
    label: dict[str, Any] = {"id": name, "name": name, "type": "system"}
    if name in _HIDDEN:
        label |= {"messageListVisibility": "hide", "labelListVisibility": "labelHide"}
    return label


def _labels_of(mail: Mail) -> list[str]:
    return [mail.folder, *(["UNREAD"] if mail.unread else [])]


def _message(mail: Mail, form: str, wanted: list[str]) -> dict[str, Any]:
    body = mail.text
    answer: dict[str, Any] = {
        "id": mail.id,
        "threadId": mail.thread,
        "labelIds": _labels_of(mail),
        "snippet": " ".join(body.split())[:200],
        "sizeEstimate": len(mail.source),
        "historyId": str(mail.number),
        "internalDate": str(int(mail.at.timestamp() * 1000)),
    }
    if form == "raw":
        return answer | {"raw": urlsafe_b64encode(mail.source).decode("ascii")}
    if form == "minimal":
        return answer
    chosen = {name.lower() for name in wanted} if form == "metadata" else set()
    headers = [
        {"name": name, "value": str(value)}
        for name, value in mail.parsed.items()
        if not chosen or name.lower() in chosen
    ]
    payload: dict[str, Any] = {"mimeType": mail.parsed.get_content_type(), "headers": headers}
    if form == "full":
        data = body.encode()
        payload |= {
            "partId": "",
            "filename": "",
            "body": {"size": len(data), "data": urlsafe_b64encode(data).decode("ascii")},
        }
    return answer | {"payload": payload}


def _trouble(place: StandIn, address: str) -> Answer | None:
    """Return the answer that a fault gives instead; texts: https://developers.google.com/gmail/api/guides/handle-errors."""
    if place.has("slow", address):
        place.wait()
    if place.has("throttled", address):
        until = (place.clock() + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        message = f"User-rate limit exceeded.  Retry after {until}"
        return _no(429, message, "rateLimitExceeded", "RESOURCE_EXHAUSTED", domain="usageLimits")
    if place.has("failing", address):
        return _no(500, "Backend Error", "backendError", "INTERNAL")
    if place.has("down", address):
        return _no(503, "The service is currently unavailable.", "backendError", "UNAVAILABLE")
    if place.has("no-mailbox", address):
        return _no(400, "Mail service not enabled", "failedPrecondition", "FAILED_PRECONDITION")
    if place.has("domain-policy", address):
        return _no(403, "The domain administrators have disabled Gmail apps.", "domainPolicy", "PERMISSION_DENIED")
    return None


def _no(status: int, message: str, reason: str, name: str, *, domain: str = "global", **more: Any) -> Answer:
    """Return an error in the shape of every Google API: https://cloud.google.com/apis/design/errors."""
    error = {"message": message, "domain": domain, "reason": reason}
    return jsonify(error={"code": status, "message": message, "errors": [error], "status": name, **more}), status


def _missing() -> Answer:
    return _no(404, "Requested entity was not found.", "notFound", "NOT_FOUND")


def _insufficient() -> Answer:
    answer, status = (
        jsonify(
            error={
                "code": 403,
                "message": "Request had insufficient authentication scopes.",
                "errors": [
                    {"message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions"}
                ],
                "status": "PERMISSION_DENIED",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                        "domain": "googleapis.com",
                        "metadata": {"service": "gmail.googleapis.com"},
                    }
                ],
            }
        ),
        403,
    )
    answer.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'
    return answer, status


def _unauthorised() -> Answer:
    message = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    error = {
        "message": "Invalid Credentials",
        "domain": "global",
        "reason": "authError",
        "location": "Authorization",
        "locationType": "header",
    }
    answer = jsonify(error={"code": 401, "message": message, "errors": [error], "status": "UNAUTHENTICATED"})
    answer.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return answer, 401
