"""What a person is told before and after connecting. A change of wording is a new version; acceptances are kept."""

from dataclasses import dataclass

from console.rules import amazon
from console.rules.texts import N_


@dataclass(frozen=True)
class Disclosure:
    """The versioned text of one provider.

    Points to accept before connecting, points shown after it, and what is not done.
    """

    version: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    not_done: tuple[str, ...]
    overview: bool = False


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
