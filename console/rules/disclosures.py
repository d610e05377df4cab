"""What a person is told before and after connecting. A change of wording is a new version; acceptances are kept."""

from dataclasses import dataclass

from console.rules import amazon
from console.rules.texts import N_


@dataclass(frozen=True)
class Ready:
    """Something to have at hand before connecting: its name (marked), an example, or a line about it (marked)."""

    label: str
    example: str = ""
    hint: str = ""
    needed: bool = False


@dataclass(frozen=True)
class Disclosure:
    """The versioned text of one provider.

    Points to accept before connecting, points shown after it, and what is not done. `withdraw_url` is where the owner
    ends the access at the provider, "" where there is no such page; it is shown as a link. `ready` is what to have at
    hand; it is help and not part of what is accepted.
    """

    version: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    not_done: tuple[str, ...]
    overview: bool = False
    withdraw_url: str = ""
    ready: tuple[Ready, ...] = ()


NOT_DONE = (
    N_("Contacts and calendar: not read."),
    N_("Links in mail you send: not tracked."),
    N_("Your mail is not used for advertising and not sold."),
)

IMAP = Disclosure(
    version="1",
    before=(
        N_(
            "We reach only your address, your password, the server information, the metadata of your mail (such "
            "as headers, "
            "subjects and times) and the text of messages."
        ),
        N_(
            "The connection sends one-to-one mail through your own mail server and reads the mailbox to log the "
            "replies."
        ),
        N_("Your password is sealed with a key kept apart from the database. Nobody can see it, not even an admin."),
        N_(
            "The mailbox must be one person's. A mailbox that several people use is a team email address; it "
            "belongs in the "
            "Conversations inbox, which takes Gmail and Microsoft 365 only and no IMAP."
        ),
        N_(
            "Connecting a Gmail or Outlook mailbox this way does not oblige you to link any other Google or "
            "Microsoft service."
        ),
        amazon.REFUSAL,
        N_("With two-factor sign-in the provider wants an app password in place of your own."),
        N_("You can stop at any time: Disable pauses everything, Remove wipes the password here."),
    ),
    after=(
        N_(
            "We scan the content of messages to find replies to mail that was sent from here, so that they can be"
            " logged."
        ),
        N_("We store logged replies and sent mail: headers, subject, recipients and lists, aliases, time and text."),
        N_(
            "Mail can hold sensitive things, such as names of contacts and private, financial or medical details."
            " They are "
            "stored with the mail that is logged."
        ),
        N_("Logged mail is visible to other people in your organisation who use the sales and service tools."),
    ),
    not_done=NOT_DONE,
    overview=True,
)

EXCHANGE = Disclosure(
    version="1",
    before=(
        N_(
            "We reach only your address, your user name, your password, the server information, the metadata of your "
            "mail (such as headers, subjects and times) and the text of messages."
        ),
        N_(
            "The connection sends one-to-one mail through your company's own Exchange server and reads the mailbox to "
            "log the replies."
        ),
        N_("Your password is sealed with a key kept apart from the database. Nobody can see it, not even an admin."),
        N_(
            "The password goes to the Exchange server alone. Before that we look for the server without it, and a "
            "server outside your mail domain gets it only after you said so."
        ),
        N_("The server runs Exchange 2010 SP2 or newer and lets programs use Exchange Web Services (EWS)."),
        N_(
            "If your phone uses ActiveSync, this is the way: ActiveSync is how the phone talks to the same server. "
            "Mailboxes in Microsoft 365 connect by Microsoft sign-in instead."
        ),
        N_(
            "The mailbox must be one person's. A mailbox that several people use is a team email address; it belongs "
            "in the Conversations inbox and is not connected here."
        ),
        N_("You can stop at any time: Disable pauses everything, Remove wipes the password here."),
    ),
    after=IMAP.after,
    not_done=NOT_DONE,
    overview=True,
    ready=(
        Ready(N_("Email address"), "jdoe@acme.dk", needed=True),
        Ready(N_("Password"), hint=N_("the one of your mailbox, usually that of your computer"), needed=True),
        Ready(N_("User name"), "jdoe"),
        Ready(N_("Exchange URL"), "https://mail.acme.dk/ews/exchange.asmx"),
        Ready(N_("Version"), hint=N_("ask your IT whether the server runs Exchange 2010 SP2 or newer")),
    ),
)

_SHARED = N_(
    "The mailbox must be one person's. A mailbox that several people use is a team email address; it belongs in the "
    "Conversations inbox and is not connected here."
)
_SCANNED = N_(
    "We scan the content of messages to find replies to mail that was sent from here, so that they can be logged and "
    "you can be told of them."
)
_STORED = N_(
    "We store logged replies and sent mail: headers, subject, recipients and lists, aliases, time of sending and text."
)
_SENSITIVE = N_(
    "Mail can hold sensitive things, such as names of contacts and private, financial or medical details. They are "
    "stored with the mail that is logged."
)
_VISIBLE = N_("Logged mail is visible to other people in your organisation who use the sales and service tools.")
_ALIASES = N_(
    "Aliases that you have already appear in the From list by themselves; one made later appears after the next check."
)

_TWO_WAYS = N_(
    "You can stop in two ways: Disable or Remove the inbox here, or withdraw the access in your Google account at "
    "myaccount.google.com/connections."
)

GMAIL = Disclosure(
    version="1",
    before=(
        N_(
            "Connecting a Google account can open several Google services to a program. This console asks for two "
            "kinds of data: your address, and your Gmail."
        ),
        N_(
            "From Gmail we get headers, subject lines, the text of messages, the names of folders, and your aliases. "
            "Google's own page lists these permissions before you allow them."
        ),
        N_(
            "With it you can send and receive mail here, have mail sent at a later time, and change drafts that are "
            "kept here. Mail that is sent from here is logged, with its replies."
        ),
        N_(
            "What we get from Google is used only for the parts of the product that work with your mail. It stays your "
            "data."
        ),
        N_("Your password stays at Google; we never see it. Google gives us keys, which are sealed here."),
        _SHARED,
        N_(
            "Accounts in Google's Advanced Protection cannot connect. Google then shows an error and does not lead "
            "back here."
        ),
        N_("A Google account that your organisation manages may need the approval of its Google administrator."),
        _TWO_WAYS,
        N_(
            "Connected as IMAP instead, only your address, your password, the server information, the metadata of your "
            "mail and the text of messages are reached, and no other Google service has to be linked."
        ),
    ),
    after=(
        N_("We receive data of the account: messages, their subject lines, recipients and lists, and your aliases."),
        N_("We can read and send mail of the connected mailbox. We cannot change or delete mail in it."),
        _SCANNED,
        _STORED,
        _SENSITIVE,
        _VISIBLE,
        _ALIASES,
        _TWO_WAYS,
    ),
    not_done=(*NOT_DONE, N_("Drafts in your Gmail: not changed.")),
    withdraw_url="https://myaccount.google.com/connections",
)

MICROSOFT = Disclosure(
    version="1",
    before=(
        N_("A shared mailbox cannot be connected. Sign in with the account of your own mailbox."),
        N_("Mailboxes in Microsoft's government clouds GCC High and DoD are not supported."),
        N_(
            "We get data of the account: your name and addresses, messages with headers, subject lines, recipients and "
            "lists, their text, the names of folders, and whether the mailbox is shared. Microsoft's own page lists "
            "these permissions before you accept them."
        ),
        N_("We can read, change, create and send mail of the connected mailbox."),
        _SCANNED,
        N_("Your password stays at Microsoft; we never see it. Microsoft gives us keys, which are sealed here."),
        N_("In most organisations an administrator has to approve the app once before the first person connects."),
        _SHARED,
        N_(
            "You can stop at any time: Disable pauses everything, Remove wipes the access here. The permission at "
            "Microsoft you withdraw yourself, at myapps.microsoft.com or, for a personal account, at "
            "account.live.com/consent/Manage."
        ),
    ),
    after=(
        N_("We receive data of the account: messages, their subject lines, recipients and lists, and your aliases."),
        _SCANNED,
        _STORED,
        _SENSITIVE,
        _VISIBLE,
        _ALIASES,
    ),
    not_done=NOT_DONE,
    withdraw_url="https://myapps.microsoft.com",
)
