"""Problems of finding settings, of trust in a server, and of the console itself."""

from console.rules.catalogue.entry import Button, Kind, Lasting, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="autodiscover-failed",
        title=N_("Settings not found"),
        what=N_("The settings of this mailbox could not be found by themselves."),
        who=Who.USER,
        step=N_("Enter the server by hand."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.EDIT,
        steps=(
            N_("Enter the server by hand; IT knows its name."),
            N_("For Exchange, paste the address of the web mail; the console makes the right one of it."),
        ),
        text_for_user=N_(
            "We could not find the mail server of %(address)s by ourselves. "
            "Please open the console and enter the server; your IT knows its name."
        ),
    ),
    Problem(
        code="autodiscover-redirect-untrusted",
        title=N_("Settings name another domain"),
        what=N_("The settings point to %(host)s, which lies outside the mail domain. No password was sent there."),
        who=Who.USER,
        step=N_("Enter that server as the Exchange URL if you know it; otherwise ask IT for the right one."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.EDIT,
        steps=(
            N_("Compare the server with what IT or the provider names."),
            N_("Confirm it if it is right, or enter another one."),
        ),
        text_for_user=N_(
            "The settings of %(address)s point to the server %(host)s, which lies outside your mail domain. "
            "We did not send your password there. "
            "Please open the console and enter that server if you know it, or ask your IT for the right one."
        ),
    ),
    Problem(
        code="endpoint-alive",
        title=N_("Address answers"),
        what=N_("The address we looked for exists. That is not a problem."),
        who=Who.US,
        step=N_("Nothing to do; the search goes on."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(N_("Nothing to do."),),
        text_for_user=N_("All is well with your mailbox. You need not do anything."),
        lasting=Lasting.TRANSIENT,
    ),
    Problem(
        code="client-bug",
        title=N_("Fault of the console"),
        what=N_("%(host)s did not understand us. The fault lies in the console; nothing about the inbox is wrong."),
        who=Who.US,
        step=N_("The operator reports this with the words of the server."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Note the words of the server and what was tried."),
            N_("Report both to the makers of the console."),
        ),
        text_for_user=N_(
            "Our console made a mistake while it talked to your mail server. "
            "This is for us to solve; your mailbox is fine and you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="folder-list-too-long",
        title=N_("Too many folders listed"),
        what=N_(
            "%(host)s lists more folders than we read in one check, so the folder for sent mail was not found. "
            "Receiving and sending work; sent mail cannot be logged."
        ),
        who=Who.USER,
        step=N_("Remove folders that nobody needs, or move them below others; we look again at every check."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        text_for_user=N_(
            "The mailbox %(address)s has more folders than we can list, so we could not find the one for sent mail. "
            "Receiving and sending work. "
            "Please remove folders you no longer need, or move them below others."
        ),
    ),
    Problem(
        code="unknown",
        title=N_("Not recognised"),
        what=N_("The check ended in a way we do not know yet. The words of the server say more."),
        who=Who.US,
        step=N_("The operator reads the words of the server; we try a few more times."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Read the words of the server; a search for them often helps."),
            N_("Try once more."),
            N_("If it stays, report the words to the makers of the console."),
        ),
        text_for_user=N_(
            "We do not know yet what keeps us from your mailbox %(address)s. "
            "We look into it; you need not do anything for now."
        ),
        lasting=Lasting.PERMANENT,
    ),
    Problem(
        code="certificate-changed",
        title=N_("Server certificate changed"),
        what=N_("%(host)s shows another certificate than the one that was trusted. Nothing was sent."),
        who=Who.USER,
        step=N_("Look at the new certificate, trust it if it is the right one, and type the password again."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.TRUST,
        steps=(
            N_("Ask the server's administrator whether the certificate was renewed."),
            N_("Compare the fingerprint."),
            N_("Trust the new certificate and type the password again."),
        ),
        text_for_user=N_(
            "The mail server %(host)s shows another certificate than the one you trusted. "
            "We did not send your password. "
            "Please ask your IT whether it was renewed. "
            "Then open the console, look at the new certificate and type your password again."
        ),
        same_password_again=False,
    ),
    Problem(
        code="servers-changed",
        title=N_("Servers were changed"),
        what=N_("An admin moved this inbox to servers in another domain. The stored password was not sent there."),
        who=Who.USER,
        step=N_("The owner types the password again for the new servers."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        text_for_user=N_(
            "Your admin changed the mail servers of %(address)s. "
            "Your password was kept back, because you typed it for the old ones. "
            "Please reconnect your mailbox and type it again. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
    ),
    Problem(
        code="key-missing",
        title=N_("Key file is missing"),
        what=N_("The stored password cannot be opened because the console's key file is not there. The inbox is fine."),
        who=Who.US,
        step=N_("The operator puts the key file back; nobody has to type a password again."),
        kind=Kind.BROKEN,
        retry=Retry.HOURLY,
        button=Button.TEST,
        text_for_user=N_(
            "Something in the set-up of our console keeps us from your mailbox %(address)s. "
            "We correct it; it has nothing to do with your password, and you need not do anything."
        ),
    ),
    Problem(
        code="settings-unreadable",
        title=N_("Settings cannot be read"),
        what=N_("What is stored for this inbox cannot be read. Nothing was sent."),
        who=Who.US,
        step=N_("The operator repairs the row from a backup, or the settings are entered again."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        text_for_user=N_(
            "What our console has stored for %(address)s cannot be read. "
            "We look into it; you need not do anything for now. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="switched-off",
        title=N_("Switched off by admin"),
        what=N_("An admin has switched this connection off. Nothing is checked, read or sent."),
        who=Who.TEAM_ADMIN,
        step=N_("An admin switches it on again."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.ENABLE,
        text_for_user=N_(
            "An admin has switched off the connection of your mailbox %(address)s. "
            "Please ask your admin if you need it."
        ),
    ),
    Problem(
        code="address-not-allowed",
        title=N_("Address not allowed"),
        what=N_("The console may not connect to the address or port of %(host)s. Nothing was sent."),
        who=Who.US,
        step=N_("The operator lists the network in CONSOLE_ALLOW_NETWORKS or the port in CONSOLE_ALLOW_PORTS."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.TEST,
        text_for_user=N_(
            "Our console may not connect to your mail server %(host)s yet. "
            "We have to allow it; you need not do anything."
        ),
    ),
    Problem(
        code="address-taken",
        title=N_("Already connected"),
        what=N_("The address %(address)s is already connected. An address can be connected once."),
        who=Who.USER,
        step=N_("Use the connection that exists, or have it removed first."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        text_for_user=N_(
            "The address %(address)s is already connected. "
            "Please use that connection, or ask your admin to remove it first."
        ),
    ),
    Problem(
        code="interrupted",
        title=N_("Check was interrupted"),
        what=N_("The check stopped right after the password was sent, so no answer was kept. It was not sent twice."),
        who=Who.USER,
        step=N_("Press the button once more."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        text_for_user=N_(
            "A check of your mailbox %(address)s was interrupted on our side. "
            "Please open the console and start it once more."
        ),
    ),
    Problem(
        code="proof-stale",
        title=N_("Not proved lately"),
        what=N_("No check of this inbox has finished lately. The console's worker is probably not running."),
        who=Who.US,
        step=N_("The operator starts the worker; checks then go on by themselves."),
        kind=Kind.WARNING,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        text_for_user=N_(
            "We have not looked at your mailbox %(address)s lately. We correct that; you need not do anything."
        ),
    ),
)
