"""Microsoft Graph v1.0, as far as connecting a mailbox and reading along needs it: the person, their folders and mail.

Resources: https://graph.microsoft.com/v1.0/$metadata and https://learn.microsoft.com/graph/api/overview (tests hold the
answers to it). Errors: https://learn.microsoft.com/graph/errors.
"""

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request

from console.lab import consent
from console.lab.accounts import Account, guid
from console.lab.mail import INBOX, SENT, Mail, written
from console.lab.stand_in import StandIn

READING = frozenset({"Mail.Read", "Mail.ReadWrite"})
SENDING = frozenset({"Mail.Send"})
PROFILE = frozenset({"User.Read"})
SETTINGS = frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})
# Well-known names: https://learn.microsoft.com/graph/api/resources/mailfolder
FOLDERS = {"inbox": ("Inbox", INBOX), "sentitems": ("Sent Items", SENT), "drafts": ("Drafts", "DRAFTS")}
# What /me gives without $select: https://learn.microsoft.com/graph/api/user-get
_PROFILE_FIELDS = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
Answer = tuple[Response, int, dict[str, str]]


def make(place: StandIn, metadata: Callable[[], str]) -> Blueprint:
    """Return the calls of /me. `metadata` returns where $metadata stands, for @odata.context."""
    routes = Blueprint("graph", __name__, url_prefix="/v1.0/me")

    def allowed(
        scopes: frozenset[str], *, mailbox: bool = True
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Let a call through to the account of its token if the token has one of these scopes."""

        def wrap(call: Callable[..., Answer]) -> Callable[..., Answer]:
            @wraps(call)
            def guarded(**rest: str) -> Answer:
                token = consent.bearer()
                grant = place.grants.bearer(token)
                if grant is None or grant.address not in place.accounts:
                    return _unauthorised(known=place.grants.knew(token))
                account = place.accounts[grant.address]
                if trouble := _trouble(place, account.address, mailbox=mailbox):
                    return trouble
                if not scopes & set(grant.scopes):
                    return _denied() if mailbox else _insufficient()
                return call(account, **rest)

            return guarded

        return wrap

    def one(context: str, values: dict[str, Any]) -> Answer:
        """Return an entity, cut to $select."""
        wanted = [name for name in request.args.get("$select", "").split(",") if name]
        kept = {name: value for name, value in values.items() if not wanted or name in {*wanted, "id"}}
        return jsonify({"@odata.context": f"{metadata()}#{context}", **kept}), 200, {}

    def many(context: str, rows: list[dict[str, Any]]) -> Answer:
        """Return a page of a collection, by $top and $skip, each row cut to $select."""
        top = min(max(request.args.get("$top", 10, int), 1), 1000)
        skip = max(request.args.get("$skip", 0, int), 0)
        wanted = [name for name in request.args.get("$select", "").split(",") if name]
        page = [
            {k: v for k, v in row.items() if not wanted or k in {*wanted, "id", "@odata.etag"}}
            for row in rows[skip : skip + top]
        ]
        answer: dict[str, Any] = {"@odata.context": f"{metadata()}#{context}", "value": page}
        if len(rows) > skip + top:
            answer["@odata.nextLink"] = f"{request.base_url}?%24top={top}&%24skip={skip + top}"
        return jsonify(answer), 200, {}

    @routes.get("")
    @allowed(PROFILE, mailbox=False)
    def me(account: Account) -> Answer:
        known = _person(place, account)
        if not request.args.get("$select"):
            known = {name: known[name] for name in _PROFILE_FIELDS}
        return one("users/$entity", known)

    @routes.get("/mailboxSettings")
    @allowed(SETTINGS)
    def settings(account: Account) -> Answer:
        return one(f"users('{account.object_id}')/mailboxSettings", _settings(place, account))

    @routes.get("/mailboxSettings/userPurpose")
    @allowed(SETTINGS)
    def purpose(account: Account) -> Answer:
        context = f"{metadata()}#users('{account.object_id}')/mailboxSettings/userPurpose"
        return jsonify({"@odata.context": context, "value": _settings(place, account)["userPurpose"]}), 200, {}

    @routes.get("/mailFolders")
    @allowed(READING)
    def folders(account: Account) -> Answer:
        return many(f"users('{account.object_id}')/mailFolders", [_folder(place, account, name) for name in FOLDERS])

    @routes.get("/mailFolders/<folder>")
    @allowed(READING)
    def folder(account: Account, folder: str) -> Answer:
        name = _named(account, folder)
        if not name:
            return _missing()
        return one(f"users('{account.object_id}')/mailFolders/$entity", _folder(place, account, name))

    @routes.get("/mailFolders/<folder>/messages")
    @allowed(READING)
    def folder_messages(account: Account, folder: str) -> Answer:
        name = _named(account, folder)
        if not name:
            return _missing()
        rows = [_message(account, mail) for mail in place.mail.list(account.address, FOLDERS[name][1])]
        return many(f"users('{account.object_id}')/mailFolders('{folder}')/messages", rows)

    @routes.get("/messages")
    @allowed(READING)
    def messages(account: Account) -> Answer:
        rows = [_message(account, mail) for mail in place.mail.list(account.address)]
        return many(f"users('{account.object_id}')/messages", rows)

    @routes.get("/messages/<mail_id>")
    @allowed(READING)
    def message(account: Account, mail_id: str) -> Answer:
        mail = place.mail.get(account.address, mail_id)
        if mail is None:
            return _missing()
        return one(f"users('{account.object_id}')/messages/$entity", _message(account, mail))

    @routes.post("/sendMail")
    @allowed(SENDING)
    def send(account: Account) -> Answer:
        given = request.get_json(silent=True)
        content = given.get("message") if isinstance(given, dict) else None
        if not isinstance(content, dict):
            return _no(400, "RequestBodyRead", "The message is missing.")
        to = ", ".join(_addresses(content.get("toRecipients")))
        if not to:
            return _no(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
        sender = f"{account.name} <{account.address}>"
        place.mail.put(account.address, written(sender, to, str(content.get("subject", "")), place.clock()), SENT)
        return Response(), 202, {}

    return routes


def _person(place: StandIn, account: Account) -> dict[str, Any]:
    given, _, surname = account.name.partition(" ")
    mail = None if place.has("no-address", account.address) else account.address
    # Guests are named by where they come from; personal accounts have no proxy addresses.
    guest = f"{account.address.replace('@', '_')}#EXT#@contoso.onmicrosoft.com"
    proxies = [f"SMTP:{account.address}", *(f"smtp:{alias}" for alias in account.aliases)]
    return {
        "id": account.object_id,
        "displayName": account.name,
        "givenName": given,
        "surname": surname,
        "mail": mail,
        "mailNickname": account.address.partition("@")[0],
        "userPrincipalName": mail or guest,
        # The one in capitals is the primary address: https://learn.microsoft.com/graph/api/resources/user
        "proxyAddresses": proxies if mail and account.tenant else [],
        "otherMails": [],
        "accountEnabled": True,
        "businessPhones": [],
        "jobTitle": None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
    }


def _settings(place: StandIn, account: Account) -> dict[str, Any]:
    return {
        "archiveFolder": None,
        "timeZone": "UTC",
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "userPurpose": "shared" if place.has("shared", account.address) else "user",
        "language": {"locale": "en-GB", "displayName": "English (United Kingdom)"},
    }


def _folder_id(account: Account, name: str) -> str:
    return urlsafe_b64encode(f"{guid(account.address)}/{name}".encode()).decode("ascii")


def _named(account: Account, folder: str) -> str:
    """Return the well-known name of a folder that is given by name or id, "" for none."""
    return next((name for name in FOLDERS if folder.lower() == name or folder == _folder_id(account, name)), "")


def _folder(place: StandIn, account: Account, name: str) -> dict[str, Any]:
    held = place.mail.list(account.address, FOLDERS[name][1])
    return {
        "id": _folder_id(account, name),
        "displayName": FOLDERS[name][0],
        "parentFolderId": _folder_id(account, "msgfolderroot"),
        "childFolderCount": 0,
        "unreadItemCount": sum(mail.unread for mail in held),
        "totalItemCount": len(held),
        "isHidden": False,
    }


def _message(account: Account, mail: Mail) -> dict[str, Any]:
    parsed, at, text = mail.parsed, _time(mail.at), mail.text
    name = next((name for name, (_, folder) in FOLDERS.items() if folder == mail.folder), "inbox")
    date, senders = parsed.get("Date"), _recipients(parsed.get("From"))
    return {
        "@odata.etag": f'W/"{mail.number}"',
        "id": mail.id,
        "createdDateTime": at,
        "lastModifiedDateTime": at,
        "changeKey": str(mail.number),
        "categories": [],
        "receivedDateTime": at,
        "sentDateTime": _time(parsedate_to_datetime(date)) if date else at,
        "hasAttachments": False,
        "internetMessageId": parsed.get("Message-ID"),
        "subject": parsed.get("Subject"),
        "bodyPreview": " ".join(text.split())[:255],
        "importance": "normal",
        "parentFolderId": _folder_id(account, name),
        "conversationId": mail.thread,
        "isDeliveryReceiptRequested": None,
        "isReadReceiptRequested": False,
        "isRead": not mail.unread,
        "isDraft": False,
        "webLink": f"https://outlook.office365.com/owa/?ItemID={mail.id}",
        "inferenceClassification": "focused",
        "body": {"contentType": "text", "content": text},
        "sender": next(iter(senders), None),
        "from": next(iter(senders), None),
        "toRecipients": _recipients(parsed.get("To")),
        "ccRecipients": _recipients(parsed.get("Cc")),
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }


def _recipients(header: Any) -> list[dict[str, Any]]:
    return [{"emailAddress": {"name": name, "address": at}} for name, at in getaddresses([str(header or "")]) if at]


def _addresses(recipients: Any) -> list[str]:
    found = []
    for one in recipients if isinstance(recipients, list) else []:
        address = one.get("emailAddress") if isinstance(one, dict) else None
        if isinstance(address, dict) and isinstance(address.get("address"), str):
            found.append(address["address"])
    return found


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _trouble(place: StandIn, address: str, *, mailbox: bool) -> Answer | None:
    """Return the answer that a fault gives instead."""
    if place.has("slow", address):
        place.wait()
    if place.has("throttled", address):
        message = "Application is over its MailboxConcurrency limit."
        return _no(429, "ApplicationThrottled", message, {"Retry-After": "30"})
    if place.has("failing", address):
        return _no(500, "InternalServerError", "An internal server error occurred. The operation failed.")
    if place.has("down", address):
        return _no(503, "ServiceUnavailable", "The service is unavailable. Try the request again after a delay.",
                   {"Retry-After": "30"})  # fmt: skip
    if mailbox and place.has("no-mailbox", address):
        message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        return _no(404, "MailboxNotEnabledForRESTAPI", message)
    if mailbox and place.has("access-denied", address):
        return _denied()
    return None


def _no(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    """Return an error in Graph's shape."""
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": request.headers.get("client-request-id", str(uuid.uuid4())),
    }
    return jsonify(error={"code": code, "message": message, "innerError": inner}), status, headers or {}


def _missing() -> Answer:
    return _no(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _denied() -> Answer:
    return _no(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def _insufficient() -> Answer:
    return _no(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _unauthorised(*, known: bool) -> Answer:
    message = "Lifetime validation failed, the token is expired." if known else "IDX14100: JWT is not well formed."
    return _no(
        401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}
    )
