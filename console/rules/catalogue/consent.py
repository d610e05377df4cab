"""Problems of signing in at Google and Microsoft and of the consent given there (OAuth)."""

from console.rules.catalogue.entry import Button, Kind, Problem, Retry, Who
from console.rules.texts import N_

ENTRIES: tuple[Problem, ...] = (
    Problem(
        code="oauth-token-expired",
        title=N_("Access being renewed"),
        what=N_("The access the provider gave us has run out, as it does every hour. We renew it."),
        who=Who.AUTO,
        step=N_("Wait; we renew it and try once more."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Wait a few minutes; renewing is automatic."),
            N_("If it stays, look at the problem that the renewal itself reports."),
        ),
        text_for_user=N_(
            "The access to your mailbox %(address)s is being renewed. That is routine, and you need not do anything."
        ),
    ),
    Problem(
        code="oauth-grant-expired",
        title=N_("Permission ran out"),
        what=N_("The permission given to the console has run out because it was not used for long. We stopped."),
        who=Who.USER,
        step=N_("The owner reconnects and signs in at the provider."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Choose Reconnect and sign in at the provider."),
            N_("If it happens again, ask whether a rule of the organisation ends permissions that are not used."),
        ),
        text_for_user=N_(
            "The permission to use your mailbox %(address)s has run out. "
            "Please reconnect your mailbox and sign in at your provider. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="oauth-grant-revoked",
        title=N_("Permission withdrawn"),
        what=N_("The provider no longer honours the permission given to the console. We stopped."),
        who=Who.USER,
        step=N_("The owner reconnects and signs in at the provider."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Choose Reconnect and sign in at the provider."),
            N_("If nobody withdrew it, a changed password or a company rule often did."),
        ),
        text_for_user=N_(
            "The permission to use your mailbox %(address)s was withdrawn. "
            "This often happens after a password change. "
            "Please reconnect your mailbox and sign in at your provider. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="oauth-user-declined",
        title=N_("Permission not given"),
        what=N_("On the provider's page the permission was declined or the page was left."),
        who=Who.USER,
        step=N_("The owner starts again and allows access."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Start the connection again."),
            N_("On the provider's page, choose Allow or Accept and leave the boxes ticked."),
        ),
        text_for_user=N_(
            "The connection of %(address)s was not finished because access was not allowed. "
            "Please start again in the console and allow access on your provider's page. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="oauth-scope-missing",
        title=N_("Not all permissions given"),
        what=N_(
            "One of the permissions we need was not given at the provider, so a part of the connection cannot work."
        ),
        who=Who.USER,
        step=N_("The owner signs in at the provider once more and ticks every box."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Choose Reconnect."),
            N_("On the provider's page, leave every box ticked."),
            N_("If a permission cannot be ticked, the mail administrator has to allow it for this app."),
        ),
        text_for_user=N_(
            "One of the permissions we need for %(address)s is missing. "
            "Please reconnect your mailbox and tick every box on your provider's page. "
            "Until then some mail is not sent or logged."
        ),
    ),
    Problem(
        code="oauth-admin-consent-required",
        title=N_("Admin approval needed"),
        what=N_("The organisation lets only an administrator approve this app."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator approves the app; then the owner signs in at the provider once more."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_(
                "Send the page for IT to the mail administrator: it holds the link and says what is asked for, and why."
            ),
            N_("After the approval the owner signs in at the provider once more."),
        ),
        text_for_user=N_(
            "Your organisation lets only an administrator approve the connection of %(address)s. "
            "Your IT has to give the approval. "
            "Once it is given, please reconnect your mailbox."
        ),
    ),
    Problem(
        code="oauth-org-policy-blocked",
        title=N_("Blocked by company rules"),
        what=N_("A rule of the organisation does not let this app or this server sign in. We stopped."),
        who=Who.MAIL_ADMIN,
        step=N_("The mail administrator allows the app; then the owner signs in at the provider once more."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Look up the refused sign-in in the organisation's sign-in log."),
            N_("Allow the app or the addresses of this console."),
            N_("Then the owner signs in at the provider once more."),
        ),
        text_for_user=N_(
            "A rule of your organisation keeps our console from your mailbox %(address)s. "
            "Your IT has to allow it; you did nothing wrong. "
            "Once that is done, please reconnect your mailbox."
        ),
    ),
    Problem(
        code="oauth-advanced-protection",
        title=N_("Advanced Protection is on"),
        what=N_("The account is enrolled in Google's Advanced Protection, which keeps other apps out."),
        who=Who.USER,
        step=N_("The owner connects another mailbox, or leaves the programme at Google."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Tell the owner that accounts in this programme cannot be connected."),
            N_("Connect another mailbox, or leave the programme at Google."),
        ),
        text_for_user=N_(
            "Your Google account is enrolled in Advanced Protection, which keeps other apps out. "
            "It cannot be connected while that is so. "
            "Please use another mailbox, or ask your IT."
        ),
    ),
    Problem(
        code="oauth-app-unverified",
        title=N_("App is not verified"),
        what=N_("The provider does not let people use our app before it is published and verified."),
        who=Who.US,
        step=N_("The operator publishes and verifies the app, or adds the person as a tester."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.NONE,
        steps=(
            N_("Open the app at the provider."),
            N_("Publish it and have it verified for the permissions it asks for."),
            N_("Until then, add the person there as a tester."),
        ),
        text_for_user=N_(
            "Your mail provider does not let you use our app yet. "
            "We have to have it verified first; you need not do anything. "
            "Your admin tells you when %(address)s can be connected."
        ),
    ),
    Problem(
        code="oauth-app-config",
        title=N_("App set up wrongly"),
        what=N_("The registration of our app at the provider does not fit. Nothing about the inbox is wrong."),
        who=Who.US,
        step=N_("The operator corrects the registration: redirect address, audience, permissions."),
        kind=Kind.BROKEN,
        retry=Retry.HOURLY,
        button=Button.TEST,
        steps=(
            N_("Open Integrations and choose Test app."),
            N_("Compare redirect URI, kind of accounts and permissions with the registration at the provider."),
            N_("Correct them there; the inboxes go on by themselves."),
        ),
        text_for_user=N_(
            "Something in the set-up of our console keeps us from your mailbox %(address)s. "
            "We correct it; you need not do anything."
        ),
    ),
    Problem(
        code="oauth-client-secret",
        title=N_("App secret not accepted"),
        what=N_("The secret of our app at the provider is wrong or has run out. Every inbox of this app is affected."),
        who=Who.US,
        step=N_("The operator installs a new secret; the inboxes then recover."),
        kind=Kind.BROKEN,
        retry=Retry.STOP,
        button=Button.TEST,
        steps=(
            N_("Create a new secret for the app at the provider."),
            N_("Enter its value under Integrations; the id of the secret is something else."),
            N_("The inboxes go on by themselves; nobody signs in anew."),
        ),
        text_for_user=N_(
            "Something in the set-up of our console keeps us from your mailbox %(address)s. "
            "We correct it; it has nothing to do with your password, and you need not do anything. "
            "The connection then goes on by itself."
        ),
    ),
    Problem(
        code="oauth-app-missing",
        title=N_("App not set up"),
        what=N_("The console has no app at this provider any more, so nothing can be renewed. The inbox is fine."),
        who=Who.TEAM_ADMIN,
        step=N_("An account admin sets the app up under Integrations; the inboxes then go on by themselves."),
        kind=Kind.BROKEN,
        retry=Retry.HOURLY,
        button=Button.TEST,
        text_for_user=N_(
            "Our console is not set up for your mail provider at the moment. "
            "An admin corrects that; you need not do anything. "
            "The connection of %(address)s then goes on by itself."
        ),
    ),
    Problem(
        code="oauth-app-changed",
        title=N_("App was replaced"),
        what=N_("The console uses another app at the provider now, and this permission was given to the old one."),
        who=Who.USER,
        step=N_("The owner reconnects and signs in at the provider."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        text_for_user=N_(
            "Your organisation has set up a new app at your mail provider, and %(address)s is still on the old one. "
            "Please reconnect your mailbox and sign in at your provider. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="oauth-renewal-lost",
        title=N_("Renewal was interrupted"),
        what=N_(
            "A renewal of the access was interrupted before its answer was saved, "
            "and the provider takes the old access no more."
        ),
        who=Who.USER,
        step=N_("The owner reconnects and signs in at the provider."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        text_for_user=N_(
            "The access to your mailbox %(address)s could not be renewed because of an interruption on our side. "
            "Please reconnect your mailbox and sign in at your provider. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="oauth-code-invalid",
        title=N_("Sign-in step ran out"),
        what=N_("The step back from the provider's page came too late or twice. Nothing was stored."),
        who=Who.US,
        step=N_("Sign in at the provider once more."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Start the connection again in one browser tab, and do not reload the provider's page."),
            N_("If it keeps coming, compare the redirect URI under Integrations with the registration."),
        ),
        text_for_user=N_(
            "The connection of %(address)s was not finished because the last step came too late or twice. "
            "Please open the console and start once more. "
            "Your mailbox was not changed."
        ),
    ),
    Problem(
        code="oauth-wrong-account",
        title=N_("Another account signed in"),
        what=N_("The account that signed in at the provider is not the one of this mailbox. Nothing was stored."),
        who=Who.USER,
        step=N_("The owner signs out at the provider and chooses the account of this mailbox."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Sign out at the provider, or use a private window."),
            N_("Start again and choose the account of this mailbox."),
        ),
        text_for_user=N_(
            "You signed in with another account than %(address)s. "
            "Please reconnect your mailbox and pick the account of this mailbox. "
            "It can help to sign out at your provider first."
        ),
    ),
    Problem(
        code="oauth-interaction-required",
        title=N_("Fresh sign-in wanted"),
        what=N_("The provider wants the owner to sign in once more, usually because of a company rule. We stopped."),
        who=Who.USER,
        step=N_("The owner signs in at the provider once more."),
        kind=Kind.REFUSAL,
        retry=Retry.STOP,
        button=Button.RECONNECT,
        steps=(
            N_("Sign in there with the account of this mailbox and confirm what is asked."),
            N_("If it comes back on a schedule, the mail administrator exempts this app from that rule."),
        ),
        text_for_user=N_(
            "Your mail provider wants you to confirm the connection of %(address)s. "
            "Please reconnect your mailbox and sign in at your provider. "
            "Until then we can neither send nor log mail for you."
        ),
    ),
    Problem(
        code="oauth-provider-outage",
        title=N_("Sign-in service has trouble"),
        what=N_("The provider's sign-in service does not answer properly. Nothing about the inbox is wrong."),
        who=Who.AUTO,
        step=N_("Wait; we keep trying and go on when it answers."),
        kind=Kind.WOBBLE,
        retry=Retry.BACKOFF,
        button=Button.NONE,
        steps=(
            N_("Look at the status page of the provider."),
            N_("Wait; we go on when it answers."),
        ),
        text_for_user=N_(
            "The sign-in service of your mail provider has trouble at the moment. "
            "It has nothing to do with your password, and you need not do anything. "
            "The connection of %(address)s goes on by itself."
        ),
    ),
)
