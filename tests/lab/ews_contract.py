"""What EWS answers may look like, as it is published, and requests that make the lab give every kind of them.

Order of elements and their names: https://learn.microsoft.com/exchange/client-developer/web-service-reference/, the
page of each element; https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxwscdata and ms-oxwsfold,
ms-oxwsmsg, ms-oxwsrslnm for the sequence in the schemas.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from console.lab.soap import ERRORS, MESSAGES, SOAP, TYPES

SHAPE = "<m:FolderShape><t:BaseShape>{}</t:BaseShape></m:FolderShape>"
ROOT = '<t:DistinguishedFolderId Id="msgfolderroot"/>'
INBOX = '<t:DistinguishedFolderId Id="inbox"/>'
ITEM_SHAPE = "<m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
MESSAGE = (
    "<t:Message><t:Subject>Hello</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>bob@corp.test</t:EmailAddress>"
    "</t:Mailbox></t:ToRecipients></t:Message>"
)
REQUESTS = {
    "a folder by its id only": f"<m:GetFolder>{SHAPE.format('IdOnly')}<m:FolderIds>{INBOX}</m:FolderIds></m:GetFolder>",
    "a folder": f"<m:GetFolder>{SHAPE.format('Default')}<m:FolderIds>{INBOX}</m:FolderIds></m:GetFolder>",
    "everything of a folder": (
        f"<m:GetFolder>{SHAPE.format('AllProperties')}<m:FolderIds>{INBOX}</m:FolderIds></m:GetFolder>"
    ),
    "a folder that is not there": (
        f'<m:GetFolder>{SHAPE.format("Default")}<m:FolderIds><t:FolderId Id="AAMkAD"/></m:FolderIds></m:GetFolder>'
    ),
    "folders below the root": (
        f'<m:FindFolder Traversal="Deep">{SHAPE.format("AllProperties")}<m:ParentFolderIds>{ROOT}</m:ParentFolderIds>'
        "</m:FindFolder>"
    ),
    "messages": (
        f'<m:FindItem Traversal="Shallow">{ITEM_SHAPE}<m:IndexedPageItemView MaxEntriesReturned="2" Offset="0" '
        f'BasePoint="Beginning"/><m:ParentFolderIds>{INBOX}</m:ParentFolderIds></m:FindItem>'
    ),
    "a message that is not there": (
        f'<m:GetItem>{ITEM_SHAPE}<m:ItemIds><t:ItemId Id="AAMkAD"/></m:ItemIds></m:GetItem>'
    ),
    "a message sent": (
        '<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items>' + MESSAGE + "</m:Items></m:CreateItem>"
    ),
    "one name": '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>alice@corp.test</m:UnresolvedEntry>'
    "</m:ResolveNames>",
    "several names": '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>b</m:UnresolvedEntry>'
    "</m:ResolveNames>",
    "no name": '<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>zz</m:UnresolvedEntry>'
    "</m:ResolveNames>",
    "an id": '<m:ConvertId DestinationFormat="EntryId"><m:SourceIds><t:AlternateId Format="EwsId" Id="x" Mailbox="y"/>'
    "</m:SourceIds></m:ConvertId>",
    "time zones": '<m:GetServerTimeZones ReturnFullTimeZoneData="false"/>',
}
_MESSAGE = ("MessageText", "ResponseCode", "DescriptiveLinkKey", "MessageXml")
# The elements that may stand in each, in their order.
SEQUENCES: dict[str, tuple[str, ...]] = {
    "ResponseMessages": tuple(
        f"{name}ResponseMessage"
        for name in (
            "ConvertId", "CreateItem", "FindFolder", "FindItem", "GetFolder", "GetItem", "GetServerTimeZones",
            "ResolveNames",
        )
    ),
    "ConvertIdResponseMessage": _MESSAGE,
    "CreateItemResponseMessage": (*_MESSAGE, "Items"),
    "FindFolderResponseMessage": (*_MESSAGE, "RootFolder"),
    "FindItemResponseMessage": (*_MESSAGE, "RootFolder"),
    "GetFolderResponseMessage": (*_MESSAGE, "Folders"),
    "GetItemResponseMessage": (*_MESSAGE, "Items"),
    "GetServerTimeZonesResponseMessage": (*_MESSAGE, "TimeZoneDefinitions"),
    "ResolveNamesResponseMessage": (*_MESSAGE, "ResolutionSet"),
    "RootFolder": ("Folders", "Items"),
    "Folders": ("Folder", "CalendarFolder", "ContactsFolder", "TasksFolder"),
    "Folder": (
        "FolderId", "ParentFolderId", "FolderClass", "DisplayName", "TotalCount", "ChildFolderCount",
        "EffectiveRights", "UnreadCount",
    ),
    "EffectiveRights": (
        "CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems",
    ),
    "Message": (
        "ItemId", "ParentFolderId", "ItemClass", "Subject", "DateTimeReceived", "Size", "Sender", "ToRecipients",
        "From", "InternetMessageId", "IsRead",
    ),
    "Mailbox": ("Name", "EmailAddress", "RoutingType", "MailboxType"),
    "ResolutionSet": ("Resolution",),
    "Resolution": ("Mailbox", "Contact"),
    "Contact": ("DisplayName", "GivenName", "EmailAddresses", "ContactSource", "Surname"),
    "EmailAddresses": ("Entry",),
    "TimeZoneDefinitions": ("TimeZoneDefinition",),
}  # fmt: skip
_MANY = frozenset(
    {"ResponseMessages", "Folders", "Items", "ResolutionSet", "EmailAddresses", "TimeZoneDefinitions", "RootFolder"}
)
_CLASSES = {"Success", "Warning", "Error"}
_KEYS = {"EmailAddress1", "EmailAddress2", "EmailAddress3"}
# https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode, those that the lab gives.
CODES = frozenset({
    "NoError", "ErrorAccessDenied", "ErrorExceededConnectionCount", "ErrorFolderNotFound",
    "ErrorIncorrectSchemaVersion", "ErrorInvalidIdMalformed", "ErrorInvalidRequest", "ErrorInvalidServerVersion",
    "ErrorItemNotFound", "ErrorMailboxFailover", "ErrorMailboxMoveInProgress", "ErrorMailboxStoreUnavailable",
    "ErrorNameResolutionMultipleResults", "ErrorNameResolutionNoResults", "ErrorNoRespondingCASInDestinationSite",
    "ErrorNonExistentMailbox", "ErrorPasswordChangeRequired", "ErrorProxyRequestNotAllowed", "ErrorSchemaValidation",
    "ErrorSendAsDenied", "ErrorServerBusy",
})  # fmt: skip


def departures(answer: bytes) -> list[str]:
    """Return where an answer leaves what is published, each in words."""
    envelope = fromstring(answer)
    found = []
    if envelope.tag != f"{{{SOAP}}}Envelope":
        return [f"{envelope.tag} is no envelope"]
    fault = envelope.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    if fault is not None:
        return _of_fault(fault)
    version = envelope.find(f"{{{SOAP}}}Header/{{{TYPES}}}ServerVersionInfo")
    if version is None or not {"MajorVersion", "MinorVersion"} <= set(version.keys()):
        found.append("the header does not tell the version")
    (response,) = envelope.find(f"{{{SOAP}}}Body")
    if not response.tag.endswith("Response") or response[0].tag != f"{{{MESSAGES}}}ResponseMessages":
        found.append(f"{response.tag} is no response")
    for element in response.iter():
        found += _of_element(element)
    return found


def _of_fault(fault: Element) -> list[str]:
    if [child.tag for child in fault] != ["faultcode", "faultstring", "detail"]:
        return [f"a fault with {[child.tag for child in fault]}"]
    code = fault.findtext(f"detail/{{{ERRORS}}}ResponseCode")
    if code not in CODES or fault.findtext("faultcode") != f"a:{code}":
        return [f"{code} is not published"]
    return [] if fault.findtext("faultstring") == fault.findtext(f"detail/{{{ERRORS}}}Message") else ["two messages"]


def _of_element(element: Element) -> list[str]:
    name, inner = _name(element), [_name(child) for child in element]
    if name == "ResponseCode":
        return [] if element.text in CODES else [f"{element.text} is not published"]
    if name.endswith("ResponseMessage") and element.get("ResponseClass") not in _CLASSES:
        return [f"{name} without its class"]
    if name == "Entry" and element.get("Key") not in _KEYS:
        return [f"an entry {element.get('Key')}"]
    sequence = SEQUENCES.get("Folder" if name.endswith("Folder") and name != "RootFolder" else name)
    if sequence is None or not inner:
        return []
    if unknown := [one for one in inner if one not in sequence]:
        return [f"{unknown} in {name}"]
    ordered = inner == sorted(inner, key=sequence.index) and (name in _MANY or len(set(inner)) == len(inner))
    return [] if ordered or name in _MANY else [f"the order in {name}: {inner}"]


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
