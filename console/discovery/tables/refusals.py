"""Why some mailboxes cannot be connected, and the way out.

Sources: https://proton.me/support/smtp-submission and https://proton.me/mail/bridge; https://tuta.com/support
(no IMAP); https://help.hey.com (no IMAP, no POP);
https://docs.aws.amazon.com/workmail/latest/adminguide/ (end of WorkMail);
https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure (sign-in and Graph hosts of the
government clouds), https://learn.microsoft.com/graph/deployments (national clouds).
"""

from console.discovery.answer import Refusal, Saying
from console.rules.amazon import REFUSAL as AMAZON
from console.rules.texts import N_

REFUSALS = {
    "amazon": Refusal("unsupported-provider", Saying(AMAZON)),
    "proton": Refusal(
        "unsupported-provider",
        Saying(
            N_(
                "Proton Mail cannot be connected: it encrypts mail for its own apps, and only Proton Bridge on a "
                "person's own computer opens it to others. "
                "The way out is a mailbox at Gmail, Microsoft 365 or an IMAP host."
            )
        ),
        "https://proton.me/mail/bridge",
    ),
    "tuta": Refusal(
        "unsupported-provider",
        Saying(
            N_(
                "Tuta cannot be connected: it offers no IMAP, only its own apps. "
                "The way out is a mailbox at Gmail, Microsoft 365 or an IMAP host."
            )
        ),
        "https://tuta.com/support",
    ),
    "hey": Refusal(
        "unsupported-provider",
        Saying(
            N_(
                "HEY cannot be connected: it offers no IMAP, only its own apps. "
                "The way out is a mailbox at Gmail, Microsoft 365 or an IMAP host."
            )
        ),
        "https://help.hey.com",
    ),
    "us-government": Refusal(
        "unsupported-cloud",
        Saying(
            N_(
                "This mailbox lies in Microsoft 365 GCC High or DoD, which cannot be connected. "
                "Microsoft 365 and Microsoft 365 GCC can."
            )
        ),
    ),
    "china": Refusal(
        "unsupported-cloud",
        Saying(
            N_(
                "This mailbox lies in Microsoft 365 operated by 21Vianet in China, which cannot be connected. "
                "The worldwide Microsoft 365 can."
            )
        ),
    ),
}

# Domains of mailboxes without a way in; a name below one of them is the same provider's.
DOMAINS = {
    # https://proton.me/support/addresses-and-aliases
    "proton": "proton.me protonmail.com protonmail.ch pm.me passmail.net passmail.com passinbox.com passfwd.com",
    # https://tuta.com/support, chatmail/provider-db tutanota.md
    "tuta": "tuta.com tuta.io tutanota.com tutanota.de tutamail.com keemail.me",
    "hey": "hey.com",
}
