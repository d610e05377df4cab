"""Problems of signing in with a password."""

from console.rules.catalogue.entry import Button, Kind, Lasting, LockRisk, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="bad-credentials",
        title=N_("Password refused"),
        what=N_("%(host)s refused the user name and password. We stopped trying, so we cannot lock the account."),
        who=Who.USER,
        step=N_("The owner types the current password."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Check the address and the form of the user name: the full address, or the part before the @."),
            N_("Try the password once in the provider's web mail."),
            N_("Type the same password here."),
            N_("With two-factor sign-in, create an app password at the provider and use that one."),
        ),
        text_for_user=N_(
            "We can no longer sign in to your mailbox %(address)s. Most likely the password was changed. "
            "Please reconnect your mailbox and type your current password. "
            "It takes a minute, and your settings and history stay. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
        lock_risk=LockRisk.YES,
    ),
    Problem(
        code="app-password-required",
        title=N_("App password needed"),
        what=N_("%(host)s does not take the account's own password from other programs. We stopped trying."),
        who=Who.USER,
        step=N_("The owner creates an app password at the provider and types it here."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Open the account's security page at the provider."),
            N_("Create an app password for mail. Some providers call it an authorization code."),
            N_("Switch on IMAP and SMTP there if the provider has them off."),
            N_("Paste the app password here, without spaces."),
        ),
        text_for_user=N_(
            "Your mail provider wants an app password for %(address)s, not your usual one. "
            "Please create one on your provider's security page. "
            "Then reconnect your mailbox and paste it. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
        lock_risk=LockRisk.YES,
    ),
    Problem(
        code="web-login-required",
        title=N_("Browser check wanted"),
        what=N_("%(host)s wants the owner to sign in with a browser first. We stopped trying."),
        who=Who.USER,
        step=N_("The owner signs in to web mail, answers what the provider asks and then reconnects."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Sign in to the provider's web mail with a browser."),
            N_("Answer the security question or confirm that it was you."),
            N_("Come back and reconnect; where the provider has its own sign-in, use that connection."),
        ),
        text_for_user=N_(
            "Your mail provider wants to be sure that it is really you. "
            "Please sign in to the web mail of %(address)s with a browser and answer what it asks. "
            "Then reconnect your mailbox. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
        lock_risk=LockRisk.POSSIBLE,
    ),
    Problem(
        code="account-locked",
        title=N_("Account is locked"),
        what=N_("%(host)s has locked the account after refused sign-ins or for its own safety. We stopped at once."),
        who=Who.USER,
        step=N_("The owner finds the program with the old password, waits or lets IT unlock, and then reconnects."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Look for phones and mail programs that still use an old password, and correct or stop them."),
            N_("Wait until the lock ends, or let the mail administrator unlock the account."),
            N_("Reconnect with the current password."),
        ),
        text_for_user=N_(
            "Your mail account %(address)s is locked at the moment. "
            "This often comes from a phone or program that still has an old password. "
            "Please correct it there, and wait a while or ask your IT to unlock the account. "
            "Then reconnect your mailbox and type your current password. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
        lasting=Lasting.TRANSIENT_LONG,
        lock_risk=LockRisk.YES,
    ),
    Problem(
        code="account-disabled",
        title=N_("Account is disabled"),
        what=N_("%(host)s says that the account is disabled, suspended or closed. We stopped trying."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator enables the account or says what replaces it."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Ask the mail administrator or the provider for the state of the account."),
            N_("Have it enabled, or connect the mailbox that replaces it."),
            N_("Test again here; the stored password is still there."),
        ),
        text_for_user=N_(
            "Your mail provider says that the account %(address)s is switched off. "
            "Please ask your IT whether that is meant to be. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="account-not-found",
        title=N_("Account is unknown"),
        what=N_("%(host)s does not know this account or its domain. We stopped trying."),
        who=Who.USER,
        step=N_("The owner checks the address and the user name."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.EDIT,
        steps=(
            N_("Check the spelling of the address and of the user name."),
            N_("Check that the server is the one of this provider."),
        ),
        text_for_user=N_(
            "Your mail provider does not know the account %(address)s under the user name we have. "
            "Please open the console and check the address and the user name. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="password-expired",
        title=N_("Password has expired"),
        what=N_("%(host)s says that the password has expired or must be changed. We stopped trying."),
        who=Who.USER,
        step=N_("The owner changes the password at the provider and types the new one here."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Change the password at the provider or in the company's directory."),
            N_("Type the new password here."),
        ),
        text_for_user=N_(
            "The password of your mailbox %(address)s has expired. "
            "Please change it where you usually do. "
            "Then reconnect your mailbox and type the new one. "
            "Until then we can neither send nor log mail for you."
        ),
        same_password_again=False,
        lock_risk=LockRisk.POSSIBLE,
    ),
    Problem(
        code="mfa-required",
        title=N_("Second factor wanted"),
        what=N_("The provider asks for the second factor again. We stopped trying."),
        who=Who.USER,
        step=N_("The owner reconnects and confirms the second factor."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Choose Reconnect and confirm the second factor."),
            N_("If it comes back regularly, the mail administrator reviews the sign-in rules for this app."),
        ),
        text_for_user=N_(
            "Your mail provider asks for your second factor again. "
            "Please reconnect your mailbox and confirm it. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="password-auth-retired",
        title=N_("Passwords no longer accepted"),
        what=N_("%(host)s no longer lets programs sign in with a password, app passwords included. We stopped trying."),
        who=Who.USER,
        step=N_("The owner connects through the provider's own sign-in instead."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Remove this connection."),
            N_("Connect the mailbox again and choose Microsoft 365 or Gmail instead of IMAP."),
        ),
        text_for_user=N_(
            "Your mail provider no longer lets programs sign in with a password. "
            "Please connect %(address)s again in the console and choose Microsoft 365 or Gmail there. "
            "You then sign in on your provider's own page. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="auth-mechanism-unsupported",
        title=N_("No common sign-in method"),
        what=N_("%(host)s offers no way of signing in that we can use, or does not allow it to this account."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator allows sign-in with user name and password over TLS."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Allow PLAIN or LOGIN over TLS on the mail server, or Basic or NTLM on Exchange."),
            N_("Where the provider has its own sign-in, connect through that one instead."),
            N_("Test again here."),
        ),
        text_for_user=N_(
            "Your mail server offers no way to sign in that we can use for %(address)s. "
            "Your IT has to allow one; you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="client-id-required",
        title=N_("Server wants identification"),
        what=N_("%(host)s accepts the password but serves only programs that say who they are."),
        who=Who.US,
        step=N_("The operator reports this; the console has to identify itself to this server."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Note the server and its words, and report both to the makers of the console."),
            N_("Test again here after an update."),
        ),
        text_for_user=N_(
            "Your mail server does not talk to our console yet. "
            "This is for us to solve; it has nothing to do with your password, and you need not do anything. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="login-throttled",
        title=N_("Too many sign-ins"),
        what=N_(
            "%(host)s has seen too many sign-ins in a short time and asks us to wait. The password was not judged."
        ),
        who=Who.US,
        step=N_("Wait; we try once an hour. The operator looks for what signs in so often."),
        kind=Kind.WOBBLE,
        retry=Retry.HOURLY,
        button=Button.NONE,
        steps=(
            N_("Do not test again by hand; every sign-in makes the wait longer."),
            N_("Look for other programs that sign in to this server from the same address."),
        ),
        text_for_user=N_(
            "Your mail provider asks us to wait before we sign in to %(address)s again. "
            "You need not do anything; please do not try by hand, because that makes the wait longer. "
            "We go on by ourselves."
        ),
        lasting=Lasting.TRANSIENT,
        lock_risk=LockRisk.YES,
    ),
    Problem(
        code="many-refused",
        title=N_("Many sign-ins refused at once"),
        what=N_(
            "Many inboxes were refused within minutes. That is rarely the fault of their passwords, so nobody has to "
            "do anything yet."
        ),
        who=Who.AUTO,
        step=N_(
            "Wait; we try one of the inboxes a few times. When it gets through, every other is tried once. What is "
            "still refused after an hour counts as real."
        ),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Ask IT whether passwords were changed for everybody, or a rule for sign-in was switched on."),
            N_("Look whether the provider reports trouble with sign-in."),
            N_("If neither is so, wait. Do not ask anybody to change a password."),
        ),
        text_for_user=N_(
            "Your mail provider refuses many people at the moment, so it is most likely not about your mailbox "
            "%(address)s. You need not do anything. If that turns out to be wrong, we tell you within the hour."
        ),
        lock_risk=LockRisk.POSSIBLE,
    ),
)
