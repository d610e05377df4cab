"""The messages in a folder: FindItem, GetItem, CreateItem.

https://learn.microsoft.com/exchange/client-developer/web-service-reference/message for what is told of each.
"""

from datetime import UTC
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from console.lab import soap
from console.lab.accounts import Account
from console.lab.ews_folders import MISSING, chosen, encoded, key, whole
from console.lab.exchange_place import ExchangePlace
from console.lab.mail import SENT, Mail, written
from console.lab.soap import MESSAGES, TYPES

_GONE = ("ErrorItemNotFound", "The specified object was not found in the store.")
_SEND_AS = (
    "The user account which was used to submit this request does not have the right to send mail on behalf of the "
    "specified sending account."
)


def find_item(place: ExchangePlace, account: Account, asked: Element) -> str:
    """Return the newest messages of each folder, as many as the view takes."""
    view = asked.find(f"{{{MESSAGES}}}IndexedPageItemView")
    most, begins = (int(view.get(name, "0")) if view is not None else 0 for name in ("MaxEntriesReturned", "Offset"))
    messages = []
    for wanted in asked.findall(f"{{{MESSAGES}}}ParentFolderIds/*"):
        folder = chosen(place, account, wanted)
        if folder is None:
            messages.append(soap.error("FindItem", *MISSING))
            continue
        held = place.mail.list(account.address, folder.holds) if folder.holds else []
        end = min(begins + most, len(held)) if most else len(held)
        shown = "".join(_item(account, mail) for mail in held[begins:end])
        attributes = whole(len(held), last=end >= len(held), offset=end)
        content = f"<m:RootFolder {attributes}><t:Items>{shown}</t:Items></m:RootFolder>"
        messages.append(soap.success("FindItem", content))
    return soap.response("FindItem", messages)


def get_item(place: ExchangePlace, account: Account, asked: Element) -> str:
    """Return each message that is asked for, or that it is not there."""
    held = {encoded(mail.id): mail for mail in place.mail.list(account.address)}
    messages = []
    for wanted in asked.findall(f"{{{MESSAGES}}}ItemIds/{{{TYPES}}}ItemId"):
        mail = held.get(wanted.get("Id", ""))
        if mail is None:
            messages.append(soap.error("GetItem", *_GONE, "<m:Items/>"))
        else:
            messages.append(soap.success("GetItem", f"<m:Items>{_item(account, mail)}</m:Items>"))
    return soap.response("GetItem", messages)


def create_item(place: ExchangePlace, account: Account, asked: Element) -> str:
    """Keep what is sent in the sender's Sent folder; it goes nowhere."""
    messages = []
    for item in asked.findall(f"{{{MESSAGES}}}Items/{{{TYPES}}}Message"):
        if place.has("may-not-send", account.address):
            messages.append(soap.error("CreateItem", "ErrorSendAsDenied", _SEND_AS, "<m:Items/>"))
            continue
        subject = item.findtext(f"{{{TYPES}}}Subject") or ""
        to = [found.text or "" for found in item.iterfind(f"{{{TYPES}}}ToRecipients//{{{TYPES}}}EmailAddress")]
        source = written(account.address, ", ".join(to), subject, place.clock())
        place.mail.put(account.address, source, SENT)
        messages.append(soap.success("CreateItem", "<m:Items/>"))
    return soap.response("CreateItem", messages)


def _item(account: Account, mail: Mail) -> str:
    sender = escape(str(mail.parsed["From"]).partition("<")[2].rstrip(">") or account.address)
    by = f"<t:Mailbox><t:EmailAddress>{sender}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType></t:Mailbox>"
    return (
        f'<t:Message><t:ItemId Id="{encoded(mail.id)}" ChangeKey="{key(mail.id)}"/><t:Subject>'
        f"{escape(str(mail.parsed['Subject']))}</t:Subject><t:DateTimeReceived>"
        f"{mail.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</t:DateTimeReceived><t:Size>{len(mail.source)}</t:Size>"
        f"<t:Sender>{by}</t:Sender><t:From>{by}</t:From><t:IsRead>{str(not mail.unread).lower()}</t:IsRead></t:Message>"
    )
