"""Problems of Exchange in the company's own house, and of what stands between it and us."""

from console.rules.catalogue.entry import Button, Kind, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="exchange-address-wrong",
        title=N_("No Exchange answers there"),
        what=N_("%(host)s answers, but not as Exchange Web Services do, so nothing could be read."),
        who=Who.USER,
        step=N_("Check the Exchange URL; it ends in /EWS/Exchange.asmx."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.EDIT,
        steps=(
            N_("Paste the address of the web mail; the console makes the right one of it."),
            N_("If that is what stands there, ask IT for the external URL of Exchange Web Services."),
        ),
        text_for_user=N_(
            "What answers at %(host)s is not your Exchange server, or not at this address. "
            "Please open the console and check the Exchange URL; the address of your web mail will do. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="exchange-login-page",
        title=N_("A sign-in page answers"),
        what=N_("A sign-in page for people answers at %(host)s where programs expect Exchange Web Services."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator publishes /EWS without the sign-in page in front of it."),
        kind=Kind.BROKEN,
        retry=Retry.DAILY,
        button=Button.TEST,
        steps=(
            N_("On the firewall or reverse proxy, let /EWS/Exchange.asmx pass without sign-in page or AD FS."),
            N_("Allow Basic over TLS or NTLM on the EWS virtual directory of Exchange itself."),
            N_("If only the address is wrong, correct it here; otherwise test again here."),
        ),
    ),
    Problem(
        code="exchange-other-web-server",
        title=N_("Another web server refuses"),
        what=N_("%(host)s refused the sign-in, and nothing in its answer says that it is Exchange. We tried once."),
        who=Who.USER,
        step=N_("Check the Exchange URL with IT, then type the password again."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.EDIT,
        steps=(
            N_("Compare the Exchange URL with the address of the web mail."),
            N_("If it is right, check user name and password: some servers hide that they are Exchange."),
        ),
        text_for_user=N_(
            "The web server %(host)s refused your sign-in, and it does not look like your Exchange server. "
            "Please open the console, check the Exchange URL and type your password again. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
    ),
    Problem(
        code="exchange-elsewhere",
        title=N_("Mailbox on another server"),
        what=N_("%(host)s does not serve this mailbox and points to another server. We do not follow by ourselves."),
        who=Who.USER,
        step=N_("Enter the Exchange URL of the server that holds the mailbox; IT knows it."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.EDIT,
        steps=(
            N_("Open the web mail and look at the address that it ends up at; paste that one."),
            N_("If it is at Microsoft, connect the mailbox as Microsoft 365 instead."),
        ),
        text_for_user=N_(
            "Your mailbox %(address)s is not on %(host)s but on another server. "
            "Please open the console and enter the address that your web mail ends up at. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="exchange-activesync",
        title=N_("Address is for phones"),
        what=N_("%(host)s answers as ActiveSync, the way of phones. Programs connect to Exchange Web Services."),
        who=Who.USER,
        step=N_("Enter the same server with /EWS/Exchange.asmx at the end."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.EDIT,
        text_for_user=N_(
            "The address that we have at %(host)s is the one for phones. "
            "Please open the console and enter the Exchange URL; the address of your web mail will do. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="exchange-balancer",
        title=N_("Load balancer answers instead"),
        what=N_("Something in front of Exchange at %(host)s answers with a page of its own; Exchange was not reached."),
        who=Who.MAIL_ADMIN,
        step=N_("We keep trying; if it stays, the mail administrator looks at the load balancer or firewall."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
        steps=(
            N_("See whether the Exchange servers behind the load balancer are up and counted as healthy."),
            N_("See whether its rules let requests of programs to /EWS pass."),
            N_("Test again here."),
        ),
    ),
    Problem(
        code="exchange-unreadable",
        title=N_("Answers cannot be read"),
        what=N_("%(host)s gives answers that Exchange does not give: too long, cut off, or no whole XML."),
        who=Who.MAIL_ADMIN,
        step=N_("We keep trying; if it stays, the mail administrator looks at what stands in front of Exchange."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.TEST,
    ),
    Problem(
        code="exchange-negotiate-only",
        title=N_("Only Kerberos is offered"),
        what=N_("%(host)s offers Negotiate (Kerberos) alone, which this console does not have. No password was sent."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator allows NTLM, or Basic over TLS, for Exchange Web Services."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Switch on Windows authentication with NTLM, or Basic, on the EWS virtual directory."),
            N_("Test again here."),
        ),
    ),
    Problem(
        code="exchange-sign-in-elsewhere",
        title=N_("Exchange wants Microsoft's sign-in"),
        what=N_("%(host)s takes sign-ins through Microsoft only (hybrid modern authentication). No password was sent."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator allows NTLM or Basic for EWS, or moves the mailbox to Microsoft 365."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("If the mailbox is in Microsoft 365 already, connect it as Microsoft 365."),
            N_("Otherwise allow NTLM or Basic beside modern authentication on the EWS virtual directory."),
            N_("Test again here."),
        ),
    ),
)
