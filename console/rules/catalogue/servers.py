"""Problems of reaching and securing a server, and of the server itself."""

from console.rules.catalogue.entry import Button, Kind, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="tls-expired",
        title=N_("Server certificate expired"),
        what=N_("The certificate of %(host)s is out of date or not valid yet. No password was sent."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator renews the certificate; we look again every day."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.TEST,
        steps=(
            N_("Renew the certificate on the mail server and restart its service."),
            N_("If its dates look right, check the clock of this console's server."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "The certificate of your mail server %(host)s has run out, so we did not send your password. "
            "Your IT has to renew it; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="tls-untrusted",
        title=N_("Server certificate not trusted"),
        what=N_("Nobody we trust vouches for the certificate of %(host)s. No password was sent."),
        who=Who.MAIL_ADMIN,
        step=N_(
            "The mail administrator installs a public certificate and its chain, or somebody trusts exactly this one."
        ),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.TRUST,
        steps=(
            N_("Install a certificate from a public authority, with the certificates in between."),
            N_("If the server uses its own certificate on purpose, compare the fingerprint with its administrator."),
            N_("Then trust exactly that certificate here, or the private authority that the server sends."),
        ),
        text_for_user=N_(
            "We cannot be sure that %(host)s is your mail server, so we did not send your password. "
            "Please ask your IT whether its certificate is meant to be like that. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="tls-hostname-mismatch",
        title=N_("Certificate for another name"),
        what=N_("The certificate that %(host)s shows was made for another name. No password was sent."),
        who=Who.USER,
        step=N_("Enter the server name that stands in the certificate."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Look at the names in the certificate and use the one your provider names for mail programs."),
            N_("Enter a name, not an IP address."),
        ),
        text_for_user=N_(
            "The mail server %(host)s shows a certificate made for another name, so we did not send your password. "
            "Please open the console and enter the server name your provider gives for mail programs. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="tls-protocol",
        title=N_("Server encryption too old"),
        what=N_("%(host)s offers no encryption that is safe enough; TLS 1.2 is the least. No password was sent."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator switches on TLS 1.2 or newer; we look again every day."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.TEST,
        steps=(
            N_("Switch on TLS 1.2 or newer on the mail server, with today's ciphers and keys of at least 2048 bits."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "The encryption of your mail server %(host)s is too old, so we did not send your password. "
            "Your IT has to bring it up to date; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="tls-wrong-port",
        title=N_("TLS and STARTTLS mixed up"),
        what=N_("The port and the kind of encryption do not fit together at %(host)s. No password was sent."),
        who=Who.USER,
        step=N_("Choose TLS for ports 993 and 465, STARTTLS for ports 143 and 587."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Ports 993 and 465: choose TLS."),
            N_("Ports 143 and 587: choose STARTTLS."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Port and security of %(host)s do not fit together, so we did not send your password. "
            "Please open the console and choose TLS for ports 993 and 465, STARTTLS for 143 and 587. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="tls-required",
        title=N_("Server demands encryption"),
        what=N_("%(host)s does not talk about signing in before the connection is encrypted."),
        who=Who.US,
        step=N_("Choose TLS or STARTTLS for this server."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Change the settings: TLS on port 993 or 465, or STARTTLS on 143 or 587."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "The settings for your mail server %(host)s lack encryption. "
            "An admin corrects them; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="encryption-not-offered",
        title=N_("No encryption offered"),
        what=N_("%(host)s offers no encryption on this port. We never send a password in the clear, so we stopped."),
        who=Who.MAIL_ADMIN,
        step=N_("Use TLS on port 993 or 465 if the server has it; otherwise its administrator switches encryption on."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Try TLS on port 993 or 465."),
            N_("If the server has neither, its administrator switches encryption on."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s offers no encryption, so we did not send your password. "
            "Your IT has to switch it on; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="dns-not-found",
        title=N_("Server name not found"),
        what=N_("There is no server with the name %(host)s."),
        who=Who.USER,
        step=N_("Check the spelling of the server name."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Check the spelling of the server name."),
            N_("Ask the provider, or IT, for the name that mail programs use."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s cannot be found. "
            "Please open the console and check the server name. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="dns-temporary",
        title=N_("Name lookup has trouble"),
        what=N_("The name %(host)s could not be looked up just now."),
        who=Who.AUTO,
        step=N_("Wait; we keep trying. If it stays, the owner of the domain checks its name servers."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Wait; we keep trying."),
            N_("If it stays, the owner of the domain checks its name servers and DNSSEC."),
        ),
        text_for_user=N_(
            "The name of your mail server %(host)s cannot be looked up at the moment. "
            "You need not do anything; we keep trying."
        ),
    ),
    Problem(
        code="connection-refused",
        title=N_("Server turned us away"),
        what=N_("%(host)s is there, but nothing answers on this port."),
        who=Who.USER,
        step=N_("Check the port; if it is right, the service is down and we keep trying."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.EDIT,
        steps=(
            N_("Check server and port."),
            N_("If they are right, ask whether the mail service is running."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s does not answer on the port we have. "
            "Please open the console and check server and port. "
            "If they are right, there is nothing to do: we keep trying."
        ),
    ),
    Problem(
        code="connection-timeout",
        title=N_("Server does not answer"),
        what=N_("%(host)s gave no answer in time."),
        who=Who.MAIL_ADMIN,
        step=N_("We keep trying; if it stays, the mail administrator lets our address through the firewall."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Check that the server is up and the port is right."),
            N_("Allow the addresses of this console in the firewall."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s does not answer us at the moment. "
            "It has nothing to do with your password, and you need not do anything; we keep trying. "
            "If it lasts, your IT has to let us through."
        ),
    ),
    Problem(
        code="connection-reset",
        title=N_("Connection was cut"),
        what=N_("%(host)s ended the connection in the middle."),
        who=Who.AUTO,
        step=N_("Wait; we keep trying. If it stays, check port and security."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Wait; we keep trying."),
            N_("If it stays, check port and security, and whether the server blocks the addresses of this console."),
        ),
        text_for_user=N_(
            "The connection to your mail server %(host)s was cut. You need not do anything; we keep trying."
        ),
    ),
    Problem(
        code="network-unreachable",
        title=N_("Network cannot reach it"),
        what=N_("There is no way from our network to %(host)s."),
        who=Who.US,
        step=N_("The operator checks routing and IPv6 of this server; we keep trying."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Check routing and IPv6 on the server of this console."),
            N_("Check that the address of the mail server is right."),
        ),
        text_for_user=N_(
            "Our network cannot reach your mail server %(host)s at the moment. "
            "We look into it; you need not do anything."
        ),
    ),
    Problem(
        code="server-unavailable",
        title=N_("Server has trouble"),
        what=N_("%(host)s says that it cannot serve us just now. Nothing about the inbox is wrong."),
        who=Who.AUTO,
        step=N_("Wait; we keep trying and go on when it answers."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Look at the status page of the provider."),
            N_("Wait; we go on when it answers."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s has trouble at the moment. "
            "It has nothing to do with your password, and you need not do anything. "
            "We go on when it answers."
        ),
    ),
    Problem(
        code="server-error",
        title=N_("Server reports a fault"),
        what=N_("%(host)s reports a fault of its own."),
        who=Who.MAIL_ADMIN,
        step=N_("We keep trying; if it stays, the mail administrator reads the server's log."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("Wait; we keep trying."),
            N_("If it stays, give the mail administrator the words of the server and the time."),
            N_("The mail administrator reads the log of the server."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s reports a fault of its own. "
            "You need not do anything; we keep trying, and your IT looks into it if it lasts."
        ),
    ),
    Problem(
        code="server-version-unsupported",
        title=N_("Exchange is too old"),
        what=N_("%(host)s runs a version of Exchange that we cannot use."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator brings it to Exchange 2010 SP2 or newer."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Bring the server to Exchange 2010 SP2 or newer."),
            N_("Or move the mailbox to Microsoft 365 and connect it as such."),
        ),
        text_for_user=N_(
            "Your mail server %(host)s is too old for our console. "
            "Your IT has to bring it up to date; you need not do anything."
        ),
    ),
    Problem(
        code="wrong-server",
        title=N_("Not the right server"),
        what=N_("What answers at %(host)s on this port is not the mail service we need. No password was sent."),
        who=Who.USER,
        step=N_("Check server and port: IMAP for incoming mail, SMTP for outgoing mail. POP3 cannot be used."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Incoming mail: IMAP, usually port 993 or 143."),
            N_("Outgoing mail: SMTP for programs, usually port 465 or 587, not 25."),
            N_("POP3 (ports 995 and 110) cannot be used."),
        ),
        text_for_user=N_(
            "What answers at %(host)s is not the mail service we need. "
            "Please open the console and check servers and ports. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
)
