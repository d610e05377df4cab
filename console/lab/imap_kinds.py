"""What distinguishes one IMAP server from another, as far as connecting a mailbox meets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from imapclient.imap_utf7 import encode

Spelling = Literal["quoted", "atom", "literal"]


@dataclass(frozen=True)
class Folder:
    """A folder as people write its name, and the flags that LIST gives it."""

    name: str
    flags: str = "\\HasNoChildren"

    @property
    def wire(self) -> bytes:
        """The name in modified UTF-7."""
        return bytes(encode(self.name))


@dataclass(frozen=True)
class Kind:
    """One way to be an IMAP server.

    Of the capabilities, `before` holds before STARTTLS (which is added there), `secured` after it and on the TLS port,
    `signed_in` after the sign-in. `refusal` and `refusal_plain` follow the tag when LOGIN or AUTHENTICATE is refused.
    """

    name: str
    greeting: str = "ready"
    announce: bool = True
    before: str = "IMAP4rev1 LOGINDISABLED"
    secured: str = "IMAP4rev1 AUTH=PLAIN"
    signed_in: str = "IMAP4rev1"
    welcome: str = "OK LOGIN completed"
    refusal: str = "NO [AUTHENTICATIONFAILED] Authentication failed."
    refusal_plain: str = ""
    prompt: str = ""
    disabled: str = "NO [PRIVACYREQUIRED] LOGIN is disabled here"
    bye: str = "Logging out"
    separator: str = "/"
    folders: tuple[Folder, ...] = (Folder("INBOX"), Folder("Sent", "\\HasNoChildren \\Sent"))
    spelling: Spelling = "quoted"
    id_answer: str = "NIL"
    id_before_select: bool = False
    namespace: str = '(("" "/")) NIL NIL'
    chatty: bool = False
    cuts_at_logout: bool = False
    lower_case: bool = False

    def offers(self, capability: str, capabilities: str) -> bool:
        """Tell whether a capability is in such a list."""
        return capability.upper() in capabilities.upper().split()


PLAIN = Kind("plain", signed_in="IMAP4rev1 SPECIAL-USE LIST-EXTENDED NAMESPACE UIDPLUS IDLE")
