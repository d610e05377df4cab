"""Opening the inbox and finding the Sent folder on servers of every kind."""

from collections.abc import Iterator
from typing import Any

from console.providers.clients import FolderRefused
from console.providers.dial import Imap
from console.providers.errors import DialError, TooMuchData


class FolderListTooLong(DialError):
    """The list of folders is longer than what is read in one stage."""

    code = "folder-list-too-long"


IDENTITY = {"name": "Inbox console"}

# What mail programs and servers call the folder of sent mail when they do not flag it with \Sent (RFC 6154):
# Outlook, Exchange, Gmail, Apple Mail, Thunderbird, Courier, Open-Xchange, in the languages of our users and theirs.
SENT_NAMES = (
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "sent-mail",
    "sendt",
    "sendt post",
    "sendte elementer",
    "sendte meddelelser",
    "sendte beskeder",
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "gesendete nachrichten",
    "postausgang gesendet",
    "skickat",
    "skickade",
    "skickade objekt",
    "sända poster",
    "lähetetyt",
    "lähetetyt viestit",
    "envoyés",
    "éléments envoyés",
    "messages envoyés",
    "courrier envoyé",
    "enviados",
    "elementos enviados",
    "mensajes enviados",
    "itens enviados",
    "inviata",
    "posta inviata",
    "posta elettronica inviata",
    "elementi inviati",
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "wysłane",
    "elementy wysłane",
    "odeslané",
    "odeslaná pošta",
    "odoslané",
    "elküldött",
    "elküldött elemek",
    "trimise",
    "elemente trimise",
    "poslano",
    "poslane stavke",
    "išsiųsti",
    "nosūtītie",
    "saadetud",
    "отправленные",
    "надіслані",
    "изпратени",
    "απεσταλμένα",
    "gönderilmiş öğeler",
    "gönderilenler",
    "送信済み",
    "送信済みアイテム",
    "已发送",
    "已发送邮件",
    "已傳送郵件",
    "보낸 편지함",
)


def open_inbox(imap: Imap) -> int:
    """Open INBOX without the right to change anything and return how many messages it holds.

    Some servers (NetEase) let nobody in who has not said which program it is (RFC 2971), so that is said after a
    refusal, once, where ID is offered; then the refusal, if it stands, is raised.
    """
    try:
        return imap.examine("INBOX")
    except FolderRefused:
        if not imap.has_capability("ID"):
            raise
    imap.id_(IDENTITY)
    return imap.examine("INBOX")


def find_sent(imap: Imap) -> str | None:
    r"""Return the name of the folder that keeps sent mail, or None.

    The \Sent flag decides, in any case of letters (Cyrus writes \sent); then known names: at the top level, beside
    INBOX, whatever the separator, and below the prefix that the server gives the person's own folders.

    Raises FolderListTooLong where folders were still being listed when the bytes of the stage were used up.
    """
    try:
        return _sought_sent(imap)
    except TooMuchData as error:
        if imap.listed():
            raise FolderListTooLong from error
        raise


def _sought_sent(imap: Imap) -> str | None:
    if imap.has_capability("SPECIAL-USE"):
        flagged = _flagged(imap.special_folders())
        if flagged:
            return min(flagged, key=_preference)
    for folders in _where_sent_may_be(imap):
        found = _flagged(folders) or _named(folders)
        if found:
            return min(found, key=_preference)
    return None


def _where_sent_may_be(imap: Imap) -> Iterator[Any]:
    top = imap.list_folders(pattern="%")
    yield top
    separator = next((_text(delimiter) for _, delimiter, _ in top if delimiter), None)
    if separator:
        yield imap.list_folders(pattern=f"INBOX{separator}%")
    for prefix in imap.own_prefixes():
        if prefix and prefix.upper() != f"INBOX{separator}":
            yield imap.list_folders(pattern=f"{prefix}%")


def _flagged(folders: Any) -> list[str]:
    return [_text(name) for flags, _, name in folders if b"\\sent" in _lower(flags) and _opens(flags)]


def _named(folders: Any) -> list[str]:
    found = []
    for flags, delimiter, name in folders:
        last = _text(name).rsplit(_text(delimiter), 1)[-1] if delimiter else _text(name)
        if last.casefold() in SENT_NAMES and _opens(flags):
            found.append(_text(name))
    return found


def _opens(flags: Any) -> bool:
    return not _lower(flags) & {b"\\noselect", b"\\nonexistent"}


def _lower(flags: Any) -> set[bytes]:
    return {bytes(flag).lower() for flag in flags if isinstance(flag, bytes)}


def _preference(name: str) -> tuple[int, str]:
    last = name.replace("/", ".").rsplit(".", 1)[-1].casefold()
    return (SENT_NAMES.index(last) if last in SENT_NAMES else len(SENT_NAMES), name)


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
