"""The messages in the mailboxes of a stand-in."""

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime

INBOX, SENT = "INBOX", "SENT"
MOST = 500
LONGEST = 35 * 1024 * 1024
# What lies in a new mailbox, by how many hours old it is.
FIRST = ((70, "Welcome aboard"), (26, "Lunch on Thursday?"), (2, "Your parcel is on its way"))


@dataclass(frozen=True)
class Mail:
    """A message: its id and that of its thread, the folder it is in, when it came (with its zone), the source."""

    id: str
    thread: str
    folder: str
    at: datetime
    source: bytes
    number: int
    unread: bool = False

    @property
    def parsed(self) -> Message:
        """The source, read."""
        return message_from_bytes(self.source)

    @property
    def text(self) -> str:
        """The text of a message without attachments; of another nothing."""
        payload = self.parsed.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


class Mailboxes:
    """Messages by account address. Thread-safe; a mailbox keeps its newest MOST messages."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: defaultdict[str, list[Mail]] = defaultdict(list)
        self._unwritten: dict[str, tuple[str, datetime]] = {}
        self._number = 1000

    def put(self, address: str, source: bytes, folder: str, *, thread: str = "", unread: bool = False) -> Mail:
        """Lay a message into a folder."""
        with self._lock:
            self._write_first(address)
            return self._put(address, source, folder, thread, self._clock(), unread=unread)

    def welcome(self, address: str, name: str) -> None:
        """Give somebody a new mailbox with a few days of mail, which is written once somebody looks."""
        with self._lock:
            self._unwritten[address] = (name, self._clock())

    def list(self, address: str, folder: str | None = None) -> list[Mail]:
        """Return the messages of an account, newest first."""
        with self._lock:
            self._write_first(address)
            held = list(self._held[address])
        return [mail for mail in reversed(held) if folder in (None, mail.folder)]

    def get(self, address: str, mail_id: str) -> Mail | None:
        """Return one message."""
        return next((mail for mail in self.list(address) if mail.id == mail_id), None)

    @property
    def newest(self) -> int:
        """The number of the last change, of all mailboxes together."""
        with self._lock:
            return self._number

    def _write_first(self, address: str) -> None:
        name, since = self._unwritten.pop(address, ("", self._clock()))
        sender, to = f"Practice lab <lab@{address.rpartition('@')[2]}>", f"{name} <{address}>"
        for hours, subject in FIRST if name else ():
            at = since - timedelta(hours=hours)
            self._put(address, written(sender, to, subject, at), INBOX, "", at, unread=hours < 24)

    def _put(self, address: str, source: bytes, folder: str, thread: str, at: datetime, *, unread: bool) -> Mail:
        self._number += 1
        mail_id = secrets.token_hex(8)
        mail = Mail(mail_id, thread or mail_id, folder, at, source, self._number, unread)
        held = self._held[address]
        held.append(mail)
        del held[:-MOST]
        return mail


def written(sender: str, to: str, subject: str, at: datetime) -> bytes:
    """Return the source of a short message."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{secrets.token_hex(12)}@lab.test>"
    message.set_content(f"{subject}\n\nThis message exists in the practice lab only.\n")
    return bytes(message)
