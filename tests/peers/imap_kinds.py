"""How IMAP servers other than Dovecot speak, as far as connecting a mailbox meets it.

Greetings, capabilities and sentences are those of the named servers; where no server is named, the kind has one trait
that occurs in the wild and is otherwise plain.
"""

from __future__ import annotations

from dataclasses import replace

from console.lab.imap_kinds import PLAIN, Folder, Kind

COURIER = Kind(
    "Courier",
    greeting="Courier-IMAP ready. Copyright 1998-2022 Double Precision, Inc.  See COPYING for details.",
    before="IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA IDLE LOGINDISABLED",
    secured="IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA IDLE AUTH=PLAIN",
    signed_in="IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA IDLE ACL ACL2=UNION",
    welcome="OK LOGIN Ok.",
    refusal="NO Login failed.",
    bye="Courier-IMAP server shutting down",
    separator=".",
    folders=(
        Folder("INBOX", "\\Unmarked \\HasChildren"),
        Folder("INBOX.Drafts"),
        Folder("INBOX.Sent"),
        Folder("INBOX.Trash"),
    ),
    namespace='(("INBOX." ".")) NIL (("#shared." ".")("shared." "."))',
)

CYRUS = Kind(
    "Cyrus",
    greeting="mail.example.test Cyrus IMAP 3.6.1-Debian-3.6.1-4+deb12u3 server ready",
    before="IMAP4rev1 LITERAL+ ID ENABLE LOGINDISABLED",
    secured="IMAP4rev1 LITERAL+ ID ENABLE AUTH=PLAIN SASL-IR",
    signed_in="IMAP4rev1 LITERAL+ ID ENABLE ACL QUOTA NAMESPACE UIDPLUS CHILDREN LIST-EXTENDED SPECIAL-USE IDLE",
    welcome="OK [CAPABILITY @SIGNED_IN@] User logged in SESSIONID=<cyrus-1-1-1>",
    refusal="NO Login failed: authentication failure",
    refusal_plain="NO authentication failure",
    bye="LOGOUT received",
    folders=(
        Folder("INBOX", "\\HasNoChildren"),
        Folder("Drafts", "\\HasNoChildren \\drafts"),
        Folder("Sent", "\\HasNoChildren \\sent"),
        Folder("Trash", "\\HasNoChildren \\trash"),
    ),
    spelling="atom",
    id_answer='("name" "Cyrus IMAPD" "version" "3.6.1" "vendor" "Project Cyrus")',
)

EXCHANGE = Kind(
    "Exchange",
    greeting="The Microsoft Exchange IMAP4 service is ready. [TQBBAEkATAAuAEUAWABBAE0AUABMAEUALgBUAEUAUwBUAA==]",
    announce=False,
    before="IMAP4 IMAP4rev1 LOGINDISABLED UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    secured="IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI AUTH=PLAIN UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    signed_in="IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI AUTH=PLAIN UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
    welcome="OK LOGIN completed.",
    refusal="NO LOGIN failed.",
    refusal_plain="NO AUTHENTICATE failed.",
    bye="Microsoft Exchange Server IMAP4 server signing off.",
    folders=(
        Folder("INBOX", "\\Marked \\HasNoChildren"),
        Folder("Calendar"),
        Folder("Deleted Items"),
        Folder("Sent Items"),
    ),
)

HMAIL = Kind(
    "hMailServer",
    greeting="IMAPrev1",
    announce=False,
    before="IMAP4 IMAP4rev1 CHILDREN IDLE QUOTA SORT ACL NAMESPACE RIGHTS=texk LOGINDISABLED",
    secured="IMAP4 IMAP4rev1 CHILDREN IDLE QUOTA SORT ACL NAMESPACE RIGHTS=texk",
    signed_in="IMAP4 IMAP4rev1 CHILDREN IDLE QUOTA SORT ACL NAMESPACE RIGHTS=texk",
    refusal="NO Invalid user name or password.",
    bye="Have a nice day",
    separator=".",
    folders=(Folder("INBOX"), Folder("Sent Items"), Folder("Trash")),
    namespace='(("" ".")) NIL (("#Public." "."))',
)

NETEASE = Kind(
    "NetEase",
    greeting="Coremail System IMap Server Ready(163com[10774b260cc7a37d26d71b52404dcf5c])",
    announce=False,
    before="IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ UIDPLUS X-CM-EXT-1 LOGINDISABLED",
    secured="IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ UIDPLUS X-CM-EXT-1 AUTH=PLAIN",
    signed_in="IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ UIDPLUS X-CM-EXT-1",
    welcome="OK LOGIN completed",
    refusal="NO LOGIN Login error or password error",
    bye="IMAP4rev1 Server logging out",
    folders=(Folder("INBOX", ""), Folder("草稿箱", "\\Drafts"), Folder("已发送", "\\Sent")),
    id_answer='("name" "Coremail Imap" "vendor" "Mailtech" "TransID" "x")',
    id_before_select=True,
)

UW = Kind(
    "UW",
    greeting="mail.example.test IMAP4rev1 2007f.404 at Mon, 23 Nov 2026 09:12:00 +0000 (UTC)",
    before="IMAP4REV1 I18NLEVEL=1 LITERAL+ SASL-IR LOGIN-REFERRALS LOGINDISABLED",
    secured="IMAP4REV1 I18NLEVEL=1 LITERAL+ SASL-IR LOGIN-REFERRALS AUTH=PLAIN AUTH=LOGIN",
    signed_in="IMAP4REV1 I18NLEVEL=1 LITERAL+ IDLE UIDPLUS NAMESPACE CHILDREN MAILBOX-REFERRALS BINARY UNSELECT",
    welcome="OK [CAPABILITY @SIGNED_IN@] User authenticated",
    refusal="NO LOGIN failed",
    refusal_plain="NO AUTHENTICATE PLAIN failed",
    folders=(Folder("INBOX", "\\NoInferiors"), Folder("sent-mail", "\\NoInferiors \\UnMarked")),
    spelling="atom",
)

BARE = Kind(
    "bare",
    announce=False,
    before="IMAP4rev1 LOGINDISABLED",
    secured="IMAP4rev1",
    refusal="NO wrong",
    folders=(Folder("INBOX", ""), Folder("Sent", "")),
)
LITERAL_NAMES = replace(PLAIN, name="literal names", spelling="literal")
PLAIN_ONLY = replace(PLAIN, name="AUTHENTICATE PLAIN only", secured="IMAP4rev1 LOGINDISABLED AUTH=PLAIN")
PLAIN_ONLY_AT_ONCE = replace(PLAIN_ONLY, name="SASL-IR", secured="IMAP4rev1 LOGINDISABLED AUTH=PLAIN SASL-IR")
PROMPTING = replace(PLAIN_ONLY, name="prompts in words", prompt="go ahead")
LOGIN_MECHANISM_ONLY = replace(PLAIN, name="AUTHENTICATE LOGIN only", secured="IMAP4rev1 LOGINDISABLED AUTH=LOGIN")
LOWER_CASE = replace(PLAIN, name="lower case", lower_case=True)
CHATTY = replace(PLAIN, name="chatty", chatty=True)
CUTS_AT_LOGOUT = replace(PLAIN, name="cuts at LOGOUT", cuts_at_logout=True)


def localised(name: str) -> Kind:
    """Return a plain server without SPECIAL-USE whose Sent folder has this name, as "Gesendete Objekte"."""
    return replace(PLAIN, name=name, signed_in="IMAP4rev1 NAMESPACE UIDPLUS", folders=(Folder("INBOX"), Folder(name)))


GERMAN, SWEDISH, RUSSIAN = localised("Gesendete Objekte"), localised("Skickat"), localised("Отправленные")

ALL = (
    PLAIN,
    COURIER,
    CYRUS,
    EXCHANGE,
    HMAIL,
    NETEASE,
    UW,
    BARE,
    LITERAL_NAMES,
    PLAIN_ONLY,
    PLAIN_ONLY_AT_ONCE,
    CHATTY,
    CUTS_AT_LOGOUT,
    GERMAN,
    SWEDISH,
    RUSSIAN,
)
# imaplib and imapclient by themselves cannot speak with these.
HARDER = (LOGIN_MECHANISM_ONLY, LOWER_CASE)
