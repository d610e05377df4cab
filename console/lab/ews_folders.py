"""The folders of a mailbox: GetFolder, FindFolder.

https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid for the names that
every mailbox has, .../folder for what is told of each.
"""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from console.lab import soap
from console.lab.accounts import Account
from console.lab.exchange_place import ExchangePlace
from console.lab.mail import INBOX, SENT
from console.lab.soap import MESSAGES, TYPES


@dataclass(frozen=True)
class Folder:
    """A folder by its distinguished name: what it is called, its class, where it lies, which mail is in it."""

    name: str
    title: str
    parent: str
    kind: str = "IPF.Note"
    holds: str = ""
    element: str = "Folder"


_FOLDERS = (
    Folder("root", "", "", ""),
    Folder("msgfolderroot", "Top of Information Store", "root", ""),
    Folder("inbox", "Inbox", "msgfolderroot", holds=INBOX),
    Folder("drafts", "Drafts", "msgfolderroot"),
    Folder("sentitems", "Sent Items", "msgfolderroot", holds=SENT),
    Folder("deleteditems", "Deleted Items", "msgfolderroot"),
    Folder("outbox", "Outbox", "msgfolderroot"),
    Folder("junkemail", "Junk Email", "msgfolderroot"),
    Folder("calendar", "Calendar", "msgfolderroot", "IPF.Appointment", element="CalendarFolder"),
    Folder("contacts", "Contacts", "msgfolderroot", "IPF.Contact", element="ContactsFolder"),
    Folder("tasks", "Tasks", "msgfolderroot", "IPF.Task", element="TasksFolder"),
)
MISSING = ("ErrorFolderNotFound", "The specified folder could not be found in the store.")
_RIGHTS = (
    "CreateAssociated",
    "CreateContents",
    "CreateHierarchy",
    "Delete",
    "Modify",
    "Read",
    "ViewPrivateItems",
)


def get_folder(place: ExchangePlace, account: Account, asked: Element) -> str:
    """Return each folder that is asked for, or that it is not there."""
    messages = []
    for wanted in asked.findall(f"{{{MESSAGES}}}FolderIds/*"):
        folder = chosen(place, account, wanted)
        if folder is None:
            messages.append(soap.error("GetFolder", *MISSING, "<m:Folders/>"))
        else:
            shown = f"<m:Folders>{_shown(place, account, folder, asked)}</m:Folders>"
            messages.append(soap.success("GetFolder", shown))
    return soap.response("GetFolder", messages)


def find_folder(place: ExchangePlace, account: Account, asked: Element) -> str:
    """Return the folders below each that is asked about: its own, or with "Deep" theirs as well."""
    deep = asked.get("Traversal") == "Deep"
    messages = []
    for wanted in asked.findall(f"{{{MESSAGES}}}ParentFolderIds/*"):
        parent = chosen(place, account, wanted)
        if parent is None:
            messages.append(soap.error("FindFolder", *MISSING))
            continue
        below = [one for one in _present(place, account) if _is_below(one, parent.name, deep=deep)]
        shown = "".join(_shown(place, account, one, asked) for one in below)
        content = f"<m:RootFolder {whole(len(below))}><t:Folders>{shown}</t:Folders></m:RootFolder>"
        messages.append(soap.success("FindFolder", content))
    return soap.response("FindFolder", messages)


def _present(place: ExchangePlace, account: Account) -> list[Folder]:
    missing = {"sentitems"} if place.has("ews-no-sent", account.address) else set()
    return [one for one in _FOLDERS if one.name not in missing]


def chosen(place: ExchangePlace, account: Account, wanted: Element) -> Folder | None:
    """Return the folder with this id or distinguished name, if it is the account's own."""
    owner = wanted.findtext(f"{{{TYPES}}}Mailbox/{{{TYPES}}}EmailAddress")
    if owner and place.holder(owner) != account:
        return None
    name = wanted.get("Id", "")
    return next((one for one in _present(place, account) if name in {one.name, _id(account, one.name)}), None)


def _is_below(folder: Folder, name: str, *, deep: bool) -> bool:
    if folder.parent == name:
        return True
    return deep and any(_is_below(folder, one.name, deep=True) for one in _FOLDERS if one.parent == name)


def _shown(place: ExchangePlace, account: Account, folder: Folder, asked: Element) -> str:
    shape = asked.find(f"{{{MESSAGES}}}FolderShape")
    base = shape.findtext(f"{{{TYPES}}}BaseShape") if shape is not None else ""
    more = {
        (one.get("FieldURI") or "").partition(":")[2]
        for one in (shape.iterfind(f".//{{{TYPES}}}FieldURI") if shape is not None else ())
    }
    held = place.mail.list(account.address, folder.holds) if folder.holds else []
    reads_only = place.has("may-not-send", account.address)
    rights = "".join(f"<t:{one}>{str(one == 'Read' or not reads_only).lower()}</t:{one}>" for one in _RIGHTS)
    children = sum(one.parent == folder.name for one in _present(place, account))
    told = {
        "FolderId": f'<t:FolderId Id="{_id(account, folder.name)}" ChangeKey="{key(folder.name)}"/>',
        "ParentFolderId": f'<t:ParentFolderId Id="{_id(account, folder.parent)}" ChangeKey="{key(folder.parent)}"/>',
        "FolderClass": f"<t:FolderClass>{folder.kind}</t:FolderClass>",
        "DisplayName": f"<t:DisplayName>{escape(folder.title)}</t:DisplayName>",
        "TotalCount": f"<t:TotalCount>{len(held)}</t:TotalCount>",
        "ChildFolderCount": f"<t:ChildFolderCount>{children}</t:ChildFolderCount>",
        "EffectiveRights": f"<t:EffectiveRights>{rights}</t:EffectiveRights>",
        "UnreadCount": f"<t:UnreadCount>{sum(mail.unread for mail in held)}</t:UnreadCount>",
    }
    shapes = {"IdOnly": {"FolderId"}, "AllProperties": set(told)}
    wanted = shapes.get(base or "", {"FolderId", "DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"}) | more
    if folder.element in {"CalendarFolder", "ContactsFolder"}:
        wanted.discard("UnreadCount")
    if not folder.kind:
        wanted.discard("FolderClass")
    content = "".join(text for name, text in told.items() if name in wanted)
    return f"<t:{folder.element}>{content}</t:{folder.element}>"


def whole(total: int, *, last: bool = True, offset: int | None = None) -> str:
    """Return the attributes that tell how much of a folder is shown."""
    paging = f' IndexedPagingOffset="{offset}"' if offset is not None else ""
    return f'TotalItemsInView="{total}" IncludesLastItemInRange="{str(last).lower()}"{paging}'


def _id(account: Account, name: str) -> str:
    return encoded(f"{account.object_id}/{name}")


def key(name: str) -> str:
    """Return a change key."""
    return b64encode(sha256(name.encode()).digest()[:12]).decode("ascii")


def encoded(text: str) -> str:
    """Return an id."""
    return "AAMk" + b64encode(text.encode()).decode("ascii")
