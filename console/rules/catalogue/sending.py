"""Problems of sending, of limits and of keeping in step with the mailbox."""

from console.rules.catalogue.entry import Button, Kind, Lasting, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="sender-not-allowed",
        title=N_("From address not allowed"),
        what=N_("%(host)s does not let this account send with the address %(address)s. Receiving works."),
        who=Who.USER,
        step=N_("The owner sends from the mailbox's own address or has the alias allowed."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.EDIT,
        steps=(
            N_("Use the main address of the mailbox."),
            N_("Or verify the alias at the provider, or have the mail administrator allow it."),
        ),
        text_for_user=N_(
            "Your mail provider does not let you send with the address %(address)s. "
            "Please use the main address of your mailbox, or allow this one in your provider's settings. "
            "Receiving still works."
        ),
    ),
    Problem(
        code="send-limit-reached",
        title=N_("Sending limit reached"),
        what=N_("%(host)s takes no more mail from this account for now. Receiving works; sending pauses."),
        who=Who.USER,
        step=N_("Wait until tomorrow and send less at a time."),
        kind=Kind.WARNING,
        retry=Retry.HOURLY,
        button=Button.NONE,
        steps=(
            N_("Wait until the limit resets, usually within a day."),
            N_("Send less at a time, or ask the provider for a higher limit."),
            N_("If nobody sent so much, check that nobody else uses the account."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s has sent as much as your provider allows. "
            "Sending goes on when the limit resets, usually within a day. "
            "Receiving still works."
        ),
        lasting=Lasting.TRANSIENT_LONG,
    ),
    Problem(
        code="sender-blocked",
        title=N_("Sending is blocked"),
        what=N_("%(host)s blocks mail from this account or from our address because of spam or abuse."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator secures the account and has the block lifted."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.TEST,
        steps=(
            N_("Check that nobody else uses the account."),
            N_("Ask the provider to lift the block; the server's words say on what it is based."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your mail provider has blocked sending from %(address)s. "
            "Your IT has to have that lifted; if you saw messages that you did not write, please tell them. "
            "Receiving still works."
        ),
    ),
    Problem(
        code="recipient-rejected",
        title=N_("Recipient refused"),
        what=N_("The server does not take mail for this recipient. Only that message is affected."),
        who=Who.USER,
        step=N_("The sender corrects the recipient's address."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Correct the recipient's address."),
            N_("Send the message again."),
        ),
        text_for_user=N_(
            "A message from %(address)s could not be delivered because the recipient's address was refused. "
            "Please check that address and send again. "
            "Your mailbox works."
        ),
    ),
    Problem(
        code="message-too-large",
        title=N_("Message too large"),
        what=N_("The server does not take messages of this size. Only that message is affected."),
        who=Who.USER,
        step=N_("The sender uses a smaller attachment or a link."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Use a smaller attachment, or a link to the file."),
            N_("Send the message again."),
        ),
        text_for_user=N_(
            "A message from %(address)s was too large for the mail server. "
            "Please send a smaller attachment or a link. "
            "Your mailbox works."
        ),
    ),
    Problem(
        code="message-rejected",
        title=N_("Message refused"),
        what=N_("The server refused a message because of its content or of missing proof of its sender."),
        who=Who.USER,
        step=N_("The sender changes the message; if all are refused, the domain's SPF and DKIM need care."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Change the text or the links that the server objects to."),
            N_("If every message is refused, the owner of the domain corrects SPF, DKIM and DMARC."),
        ),
        text_for_user=N_(
            "A message from %(address)s was refused because of its content. "
            "Please change the text or the links and send again. "
            "If it happens with every message, ask your IT."
        ),
    ),
    Problem(
        code="rate-limited",
        title=N_("Server asks for a pause"),
        what=N_("%(host)s had too many requests and wants a pause. Nothing about the inbox is wrong."),
        who=Who.AUTO,
        step=N_("Wait; we pause and go on by ourselves."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Wait; the pause ends by itself."),
            N_("If it stays, look for other programs that read this mailbox."),
        ),
        text_for_user=N_(
            "Your mail provider asks us for a short pause with %(address)s. "
            "You need not do anything; we go on by ourselves."
        ),
    ),
    Problem(
        code="too-many-connections",
        title=N_("Too many connections"),
        what=N_("%(host)s has too many connections of this mailbox open at once."),
        who=Who.US,
        step=N_("Wait; we close ours and try again. If it stays, close other mail programs."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Wait; we close ours and try again."),
            N_("If it stays, close mail programs and phones that are signed in to this mailbox."),
        ),
        text_for_user=N_(
            "Too many programs read your mailbox %(address)s at once. "
            "We wait and go on by ourselves. "
            "It helps to close mail programs that you do not use."
        ),
    ),
    Problem(
        code="sync-state-expired",
        title=N_("Reading starts over"),
        what=N_("The provider forgot how far we had read. We read the mailbox again."),
        who=Who.AUTO,
        step=N_("Wait; nothing is lost or logged twice."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(N_("Wait until the mailbox is read again; nothing is lost."),),
        text_for_user=N_(
            "We are reading your mailbox %(address)s once more from the start. "
            "You need not do anything, and nothing is lost."
        ),
    ),
    Problem(
        code="item-not-found",
        title=N_("Message is gone"),
        what=N_("A message or folder was moved or deleted while we read it. We leave it out."),
        who=Who.AUTO,
        step=N_("Wait; we read the list again."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(N_("Wait; the list is read again."),),
        text_for_user=N_(
            "A message in your mailbox %(address)s was moved or deleted while we read it. You need not do anything."
        ),
    ),
    Problem(
        code="folder-missing",
        title=N_("No Sent folder"),
        what=N_("%(host)s shows no folder for sent mail. Receiving and sending work; sent mail cannot be logged."),
        who=Who.US,
        step=N_("The operator checks which folder this server uses for sent mail; we look again at every check."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Send one message from the provider's web mail; many servers create the folder then."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "We could not find the folder with your sent mail in %(address)s. "
            "Sending a message from your web mail often creates it. "
            "Receiving and sending work."
        ),
    ),
    Problem(
        code="folder-exists",
        title=N_("Folder already there"),
        what=N_("The server already has the folder that was to be created. That is fine."),
        who=Who.AUTO,
        step=N_("Nothing to do."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(N_("Nothing to do."),),
        text_for_user=N_("Your mailbox %(address)s is fine. You need not do anything."),
    ),
    Problem(
        code="session-expired",
        title=N_("Connection timed out"),
        what=N_("%(host)s ended a connection that was silent for too long. We open a new one."),
        who=Who.AUTO,
        step=N_("Wait; we connect again."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(N_("Wait; we connect again."),),
        text_for_user=N_(
            "The connection to your mailbox %(address)s was silent for too long and ended. "
            "You need not do anything; we open a new one."
        ),
    ),
    Problem(
        code="webhook-config",
        title=N_("Push notices not working"),
        what=N_("The provider cannot tell us of new mail. We ask for it at intervals instead."),
        who=Who.US,
        step=N_("The operator makes the address for notices reachable and renews the subscription."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Check that the provider can reach this console from the internet."),
            N_("Renew the subscription; until then we ask at intervals."),
        ),
        text_for_user=N_(
            "New mail in %(address)s may appear a little later than usual. We correct that; you need not do anything."
        ),
    ),
)
