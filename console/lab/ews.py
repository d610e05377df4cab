"""Exchange Web Services, as far as connecting a mailbox and reading along needs them.

https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange; the order of
elements is that of the published schemas, to which tests hold it.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from console.lab import ews_errors, ews_folders, ews_items, soap
from console.lab.accounts import Account
from console.lab.exchange_place import OTHER_SERVER, ExchangePlace
from console.lab.soap import MESSAGES, Request
from console.lab.web_server import Answer

PATH = "/ews/exchange.asmx"
# Which schema an operation came with; one that is not here came with the first.
_SINCE = {"ConvertId": "Exchange2007_SP1", "GetServerTimeZones": "Exchange2010"}
_MALFORMED = "The request failed schema validation: {reason}"
_ALIASES = 2
Operation = Callable[[ExchangePlace, Account, Element], str]


def ask(place: ExchangePlace, address: str, body: bytes, host: str) -> Answer:
    """Answer a request of somebody who has signed in."""
    try:
        request = soap.read(body)
    except soap.Unreadable as reason:
        return soap.fault("ErrorSchemaValidation", _MALFORMED.format(reason=reason))
    if not place.build.takes(request.schema):
        return soap.fault("ErrorInvalidServerVersion", "The specified server version is invalid.")
    operation = _OPERATIONS.get(request.operation)
    if operation is None or not _offered(place, request):
        return soap.fault("ErrorInvalidRequest", "The request is invalid.")
    if request.operation != "ConvertId" and (
        found := ews_errors.trouble(place, address, request.operation, elsewhere=host == OTHER_SERVER)
    ):
        return found
    return soap.answer(place.build, operation(place, place.accounts[address], request.element))


def _offered(place: ExchangePlace, request: Request) -> bool:
    since = _SINCE.get(request.operation, "Exchange2007")
    schemas = place.build.schemas
    return since in schemas and schemas.index(since) <= schemas.index(request.schema)


def _convert_id(_place: ExchangePlace, _account: Account, asked: Element) -> str:
    text = "Id is malformed."
    messages = [
        soap.error("ConvertId", "ErrorInvalidIdMalformed", text) for _ in asked.findall(f"{{{MESSAGES}}}SourceIds/*")
    ]
    return soap.response("ConvertId", messages)


def _resolve_names(place: ExchangePlace, account: Account, asked: Element) -> str:
    wanted = (asked.findtext(f"{{{MESSAGES}}}UnresolvedEntry") or "").strip()
    found = [] if place.has("no-directory", account.address) else _matching(place, wanted)
    if not found:
        nobody = soap.error("ResolveNames", "ErrorNameResolutionNoResults", "No results were found.")
        return soap.response("ResolveNames", [nobody])
    whole = asked.get("ReturnFullContactData", "false").lower() in {"true", "1"}
    entries = "".join(_resolution(one, whole=whole) for one in found)
    content = (
        f'<m:ResolutionSet TotalItemsInView="{len(found)}" IncludesLastItemInRange="true">{entries}</m:ResolutionSet>'
    )
    if len(found) == 1:
        return soap.response("ResolveNames", [soap.success("ResolveNames", content)])
    several = ("ErrorNameResolutionMultipleResults", "Multiple results were found.")
    return soap.response("ResolveNames", [soap.error("ResolveNames", *several, content, warning=True)])


def _matching(place: ExchangePlace, wanted: str) -> list[Account]:
    """Return whom a name means: ambiguous name resolution goes by how names and addresses begin."""
    if not wanted:
        return []
    kind, _, address = wanted.rpartition(":")
    if kind.lower() in {"smtp", "sip"} or "@" in address:
        holder = place.holder(address)
        return [holder] if holder else []
    text = wanted.lower()
    return [
        one
        for one in place.accounts.values()
        if any(part.startswith(text) for part in (one.name.lower(), *one.name.lower().split(), one.address))
    ]


def _resolution(account: Account, *, whole: bool) -> str:
    name, address = escape(account.name), escape(account.address)
    mailbox = (
        f"<t:Mailbox><t:Name>{name}</t:Name><t:EmailAddress>{address}</t:EmailAddress><t:RoutingType>SMTP"
        "</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>"
    )
    if not whole:
        return f"<t:Resolution>{mailbox}</t:Resolution>"
    # The directory's proxyAddresses, as many as a contact has places for: SMTP in capitals is the main one.
    held = [f"SMTP:{account.address}", *(f"smtp:{alias}" for alias in account.aliases[:_ALIASES])]
    entries = "".join(
        f'<t:Entry Key="EmailAddress{number}">{escape(one)}</t:Entry>' for number, one in enumerate(held, 1)
    )
    first, _, last = account.name.partition(" ")
    contact = (
        f"<t:Contact><t:DisplayName>{name}</t:DisplayName><t:GivenName>{escape(first)}</t:GivenName>"
        f"<t:EmailAddresses>{entries}</t:EmailAddresses><t:ContactSource>ActiveDirectory</t:ContactSource>"
        f"<t:Surname>{escape(last)}</t:Surname></t:Contact>"
    )
    return f"<t:Resolution>{mailbox}{contact}</t:Resolution>"


def _time_zones(_place: ExchangePlace, _account: Account, _asked: Element) -> str:
    zones = "".join(
        f'<t:TimeZoneDefinition Id="{zone}" Name="{name}"/>'
        for zone, name in (
            ("UTC", "(UTC) Coordinated Universal Time"),
            ("Romance Standard Time", "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"),
        )
    )
    content = f"<m:TimeZoneDefinitions>{zones}</m:TimeZoneDefinitions>"
    return soap.response("GetServerTimeZones", [soap.success("GetServerTimeZones", content)])


_OPERATIONS: dict[str, Operation] = {
    "ConvertId": _convert_id,
    "CreateItem": ews_items.create_item,
    "FindFolder": ews_folders.find_folder,
    "FindItem": ews_items.find_item,
    "GetFolder": ews_folders.get_folder,
    "GetItem": ews_items.get_item,
    "GetServerTimeZones": _time_zones,
    "ResolveNames": _resolve_names,
}
