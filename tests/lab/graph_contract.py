"""Holds answers to Microsoft Graph v1.0.

The properties and their types are facts from https://graph.microsoft.com/v1.0/$metadata, written down for the few types
that mail needs; `name: kind`, a type in brackets is a collection.
"""

from __future__ import annotations

import re
from typing import Any

_ENUMS = {
    "bodyType": {"text", "html"},
    "importance": {"low", "normal", "high"},
    "inferenceClassificationType": {"focused", "other"},
    "followupFlagStatus": {"notFlagged", "complete", "flagged"},
    "userPurpose": {"unknown", "user", "linked", "shared", "room", "equipment", "others", "unknownFutureValue"},
    "delegateMeetingMessageDeliveryOptions": {
        "sendToDelegateAndInformationToPrincipal",
        "sendToDelegateAndPrincipal",
        "sendToDelegateOnly",
    },
}
_TYPES: dict[str, dict[str, str]] = {
    "user": {
        "id": "String",
        "accountEnabled": "Boolean",
        "businessPhones": "[String]",
        "displayName": "String",
        "givenName": "String",
        "jobTitle": "String",
        "mail": "String",
        "mailNickname": "String",
        "mobilePhone": "String",
        "officeLocation": "String",
        "otherMails": "[String]",
        "preferredLanguage": "String",
        "proxyAddresses": "[String]",
        "surname": "String",
        "userPrincipalName": "String",
    },
    "mailboxSettings": {
        "archiveFolder": "String",
        "dateFormat": "String",
        "delegateMeetingMessageDeliveryOptions": "delegateMeetingMessageDeliveryOptions",
        "language": "localeInfo",
        "timeFormat": "String",
        "timeZone": "String",
        "userPurpose": "userPurpose",
    },
    "localeInfo": {"displayName": "String", "locale": "String"},
    "mailFolder": {
        "id": "String",
        "childFolderCount": "Int32",
        "displayName": "String",
        "isHidden": "Boolean",
        "parentFolderId": "String",
        "totalItemCount": "Int32",
        "unreadItemCount": "Int32",
    },
    "message": {
        "id": "String",
        "bccRecipients": "[recipient]",
        "body": "itemBody",
        "bodyPreview": "String",
        "categories": "[String]",
        "ccRecipients": "[recipient]",
        "changeKey": "String",
        "conversationId": "String",
        "createdDateTime": "DateTimeOffset",
        "flag": "followupFlag",
        "from": "recipient",
        "hasAttachments": "Boolean",
        "importance": "importance",
        "inferenceClassification": "inferenceClassificationType",
        "internetMessageId": "String",
        "isDeliveryReceiptRequested": "Boolean",
        "isDraft": "Boolean",
        "isRead": "Boolean",
        "isReadReceiptRequested": "Boolean",
        "lastModifiedDateTime": "DateTimeOffset",
        "parentFolderId": "String",
        "receivedDateTime": "DateTimeOffset",
        "replyTo": "[recipient]",
        "sender": "recipient",
        "sentDateTime": "DateTimeOffset",
        "subject": "String",
        "toRecipients": "[recipient]",
        "webLink": "String",
    },
    "recipient": {"emailAddress": "emailAddress"},
    "emailAddress": {"address": "String", "name": "String"},
    "itemBody": {"content": "String", "contentType": "bodyType"},
    "followupFlag": {"flagStatus": "followupFlagStatus"},
}
_KINDS = {"String": str, "Boolean": bool, "Int32": int}


def faults(kind: str, value: Any, where: str = "") -> list[str]:
    """Return what in a value is not as its type says. Every property may be null; collections may not."""
    if kind.startswith("["):
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [fault for number, one in enumerate(value) for fault in faults(kind[1:-1], one, f"{where}[{number}]")]
    if value is None:
        return []
    if kind in _ENUMS:
        return [] if value in _ENUMS[kind] else [f"{where}: {value!r} is no {kind}"]
    if kind == "DateTimeOffset":
        # OData 4.0, 7: https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/ (Edm.DateTimeOffset)
        fits = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value)
        return [] if fits else [f"{where}: {value!r} is no time"]
    if kind in _KINDS:
        fits = isinstance(value, _KINDS[kind]) and (kind == "Boolean" or not isinstance(value, bool))
        return [] if fits else [f"{where}: {value!r} is no {kind}"]
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    known = _TYPES[kind]
    # Annotations are not properties.
    given = {name: one for name, one in value.items() if not name.startswith("@odata.")}
    unknown = [f"{where}.{name}: no such property" for name in given if name not in known]
    return unknown + [
        fault for name, one in given.items() if name in known for fault in faults(known[name], one, f"{where}.{name}")
    ]
