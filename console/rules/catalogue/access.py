"""Problems of a mailbox and of the switches that let programs reach it."""

from console.rules.catalogue.entry import Button, Kind, LockRisk, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="imap-disabled",
        title=N_("IMAP is switched off"),
        what=N_("%(host)s does not let programs read this mailbox over IMAP."),
        who=Who.USER,
        step=N_("The owner switches IMAP on in the provider's web mail settings."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Switch IMAP on in the settings of the provider's web mail."),
            N_("If the switch is missing or grey, the mail administrator allows IMAP for this mailbox."),
            N_("Give it time: up to 24 hours at Google, an hour at Microsoft."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your mail provider has switched off access for other programs to %(address)s. "
            "Please open the settings of your web mail and switch on IMAP. "
            "If you cannot find it, ask your IT. "
            "Then open the console and choose Test now."
        ),
        lock_risk=LockRisk.POSSIBLE,
    ),
    Problem(
        code="smtp-auth-disabled",
        title=N_("Sending is switched off"),
        what=N_("%(host)s does not let programs send for this mailbox with a user name and password."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator allows authenticated SMTP, or the mailbox is connected as Microsoft 365."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("At Microsoft 365, connect the mailbox as Microsoft 365; it needs no SMTP."),
            N_("Otherwise switch on authenticated SMTP for this mailbox at the provider."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Sending from %(address)s is switched off at your mail provider. "
            "Your IT has to allow it; you need not do anything. "
            "Receiving still works."
        ),
    ),
    Problem(
        code="ews-disabled",
        title=N_("Exchange access is blocked"),
        what=N_("%(host)s does not let programs use Exchange Web Services for this mailbox."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator allows Exchange Web Services for this user."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("If the mailbox is in the cloud, connect it as Microsoft 365 instead."),
            N_("On the company's own Exchange, allow Exchange Web Services for this user."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your mail server does not let other programs use your mailbox %(address)s. "
            "Your IT has to allow it; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="mailbox-not-found",
        title=N_("No such mailbox"),
        what=N_("%(host)s has no mailbox for this address. It may be an alias or a group."),
        who=Who.USER,
        step=N_("The owner checks the address and uses the main address of the mailbox."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.EDIT,
        steps=(
            N_("Check the spelling of the address."),
            N_("Use the main address of the mailbox instead of an alias or a group."),
        ),
        text_for_user=N_(
            "Your mail provider has no mailbox under the address %(address)s. "
            "Perhaps this is an alias of another address. "
            "Please open the console and use the main address of your mailbox."
        ),
    ),
    Problem(
        code="mailbox-not-available",
        title=N_("Mailbox cannot be opened"),
        what=N_("%(host)s accepted the sign-in, but the account has no mailbox that can be opened."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator checks the licence, the mail service and where the mailbox lives."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Check that the account has a mail licence and that its mail service is on."),
            N_("Check whether the mailbox lives on another server or in the cloud; connect it there."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your account %(address)s has no mailbox that can be opened at the moment. "
            "Your IT has to look at it; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="mailbox-on-premises",
        title=N_("Mailbox on own server"),
        what=N_(
            "The sign-in at Microsoft works, but the mailbox of this account is not there. "
            "It lives on the company's own Exchange server, or the account has no mailbox."
        ),
        who=Who.USER,
        step=N_("The owner connects the mailbox as Exchange."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Connect the mailbox again and choose Exchange instead of Microsoft 365."),
            N_("If there is no Exchange server, the mail administrator checks the licence of the account."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s is not at Microsoft 365 but on your company's own Exchange server. "
            "Please connect it again in the console and choose Exchange. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="mailbox-moving",
        title=N_("Mailbox is being moved"),
        what=N_("The provider is moving this mailbox. It opens again when that is done."),
        who=Who.AUTO,
        step=N_("Wait; we look once an hour."),
        kind=Kind.WOBBLE,
        retry=Retry.HOURLY,
        button=Button.NONE,
        steps=(
            N_("Wait until the move is done; we look once an hour."),
            N_("If the mailbox then lives at Microsoft 365, connect it as Microsoft 365."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s is being moved by your IT or your provider. "
            "You need not do anything; we go on when the move is done."
        ),
    ),
    Problem(
        code="mailbox-moved",
        title=N_("Mailbox has moved"),
        what=N_("The mailbox is now at Microsoft 365 and no longer on %(host)s."),
        who=Who.USER,
        step=N_("The owner connects the mailbox with Microsoft. An inbox that is here keeps history and settings."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.MOVE,
        steps=(
            N_("Microsoft has closed the way of Exchange for its mailboxes since October 2026."),
            N_("It ends that way altogether on 1 April 2027; the Microsoft sign-in takes its place."),
            N_("Have the owner open the inbox, press Reconnect with Microsoft and sign in there."),
            N_("On Domains, a campaign asks all owners of a mail domain."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s has moved to Microsoft 365. "
            "Please open the inbox in the console, press Reconnect with Microsoft and sign in there. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="mailbox-full",
        title=N_("Mailbox is full"),
        what=N_("%(host)s has no room left in this mailbox. Reading goes on; copies of sent mail cannot be stored."),
        who=Who.USER,
        step=N_("The owner deletes mail or has the limit raised."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Delete or archive mail, and empty the bin."),
            N_("Or have the mail administrator raise the limit."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s is full. "
            "Please delete or archive some mail, or ask for more room. "
            "Until then new mail may be turned away and copies of sent mail are not stored."
        ),
    ),
    Problem(
        code="unsupported-provider",
        title=N_("Provider not supported"),
        what=N_("This provider has no access for programs that we can use."),
        who=Who.NOBODY,
        step=N_("Choose a mailbox at Gmail, at Microsoft 365 or at a provider with IMAP."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Explain that this provider has no way in for programs."),
            N_("Offer a mailbox at Gmail, at Microsoft 365 or at a provider with IMAP."),
        ),
        text_for_user=N_(
            "The provider of %(address)s has no way in for other programs, so it cannot be connected. "
            "You can connect a mailbox at Gmail, at Microsoft 365 or at a provider with IMAP instead."
        ),
    ),
    Problem(
        code="unsupported-cloud",
        title=N_("Cloud not supported"),
        what=N_("The mailbox lives in a government or national cloud that cannot be connected here."),
        who=Who.NOBODY,
        step=N_("Choose a mailbox outside that cloud."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Explain that mailboxes in government and national clouds cannot be connected."),
            N_("Offer a mailbox outside that cloud."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s lives in a cloud that our console cannot connect to. "
            "You can connect a mailbox outside that cloud instead."
        ),
    ),
    Problem(
        code="unsupported-shared-mailbox",
        title=N_("Shared mailbox"),
        what=N_("This is a shared mailbox. Only a mailbox of one person can be connected here."),
        who=Who.TEAM_ADMIN,
        step=N_("Connect the own mailbox here; the admin connects the shared one as a team email address."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Connect the person's own mailbox here."),
            N_("The admin connects the shared one as a team email address."),
        ),
        text_for_user=N_(
            "The address %(address)s is a mailbox that several people share. "
            "Please connect your own mailbox instead. "
            "Your admin can connect the shared one as a team email address."
        ),
    ),
    Problem(
        code="permission-denied",
        title=N_("No rights on mailbox"),
        what=N_("%(host)s accepted the sign-in, but the account may not open this mailbox."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator gives the account rights on the mailbox."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Give the account full access to its own mailbox."),
            N_("Check rules that limit which programs may open it."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your account may not open the mailbox %(address)s. "
            "Your IT has to give it the rights; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
)
