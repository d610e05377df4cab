"""The OAuth app at Google: what its form asks for, how it is set up, and what Google shows when it lets nobody in.

Sources: https://support.google.com/cloud/answer/15544987 (Google Auth Platform: branding, audience, clients),
https://support.google.com/cloud/answer/15549945 (publishing status: testing ends refresh tokens after 7 days),
https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors,
https://support.google.com/accounts/answer/16668185 (the error pages that people see),
https://support.google.com/a/answer/7281227 (trusting an app in the Admin console).
"""

from console.providers.app_guide import AppField, Approval, Choice, DeadEnd, SetUpStep
from console.rules.texts import N_

PLACE = "Google"

APP_FIELDS = (
    AppField(
        "client_id",
        N_("Client ID"),
        N_("Ends in .apps.googleusercontent.com."),
        variable="CONSOLE_GOOGLE_CLIENT_ID",
        wrong=r"GOCSPX-.*",
        told=N_("This is the client secret. The client ID ends in .apps.googleusercontent.com."),
    ),
    AppField(
        "client_secret",
        N_("Client secret"),
        N_("Google shows it once, when the client is made. It does not run out by itself."),
        kind="secret",
        variable="CONSOLE_GOOGLE_CLIENT_SECRET",
        wrong=r".*\.apps\.googleusercontent\.com",
        told=N_("This is the client ID. Copy the client secret beside it."),
    ),
    AppField(
        "publishing",
        N_("Publishing status"),
        N_("As it stands at Google under Audience."),
        kind="choice",
        choices=(
            Choice("production", N_("In production, or internal")),
            Choice(
                "testing",
                N_("Testing"),
                N_(
                    "While the app is in testing, Google ends every sign-in after 7 days, and only the test users you "
                    "list at Google can connect. Publish it under Audience, then choose the new status here."
                ),
            ),
        ),
    ),
)

SET_UP = (
    SetUpStep(
        N_("Make a project, or choose one, in the Google Cloud console."),
        url="https://console.cloud.google.com/projectcreate",
    ),
    SetUpStep(
        N_("Under APIs & Services, Library, look up the Gmail API and press Enable."),
        url="https://console.cloud.google.com/apis/library/gmail.googleapis.com",
    ),
    SetUpStep(
        N_(
            "Open Google Auth Platform. The first time press Get started: give the app a name that people recognise, a "
            "support address, the audience (see the next step) and a contact address."
        ),
        url="https://console.cloud.google.com/auth/overview",
    ),
    SetUpStep(
        N_(
            "The audience is Internal if every mailbox is in your own Google Workspace: nothing has to be verified "
            "then. Otherwise it is External; then open Audience and press Publish app."
        ),
        url="https://console.cloud.google.com/auth/audience",
    ),
    SetUpStep(
        N_(
            "Under Branding add this under Authorised domains, or the domain it belongs to. An External app also needs "
            "links to your home page and your privacy policy there."
        ),
        "%(domain)s",
        "https://console.cloud.google.com/auth/branding",
    ),
    SetUpStep(
        N_("Under Data Access, press Add or remove scopes and add exactly these."),
        "%(scopes)s",
        "https://console.cloud.google.com/auth/scopes",
    ),
    SetUpStep(
        N_(
            "Under Clients, press Create client, choose Web application, and add this under Authorised redirect URIs. "
            "It has to be the same to the letter."
        ),
        "%(redirect_uri)s",
        "https://console.cloud.google.com/auth/clients",
    ),
    SetUpStep(N_("Copy the client ID and the client secret into the form here, and press Save and test.")),
    SetUpStep(
        N_(
            "External apps only: under Verification Centre, have the app verified. gmail.readonly is a restricted "
            "permission, so Google asks for a security assessment every year. Until then people see a warning, and at "
            "most 100 can connect."
        ),
        url="https://console.cloud.google.com/auth/verification",
    ),
)

APPROVAL = Approval(
    N_(
        "Most Google Workspace organisations let people approve the app themselves. Where an administrator restricts "
        "apps, Google says “Access blocked” until the app is trusted once for everybody."
    ),
    (
        SetUpStep(
            N_("In the Google Admin console open Security, Access and data control, API controls, Manage app access."),
            url="https://admin.google.com/ac/owl/list?tab=configuredApps",
        ),
        SetUpStep(N_("Press Configure new app and look it up by its client ID."), "%(client_id)s"),
        SetUpStep(N_("Choose who may use it, then Trusted, and finish. It can take a few minutes to count.")),
    ),
    N_("Set the app to Blocked in the same place. Every connection of your organisation then stops."),
)

URI_REFUSED = N_(
    "Google takes no such redirect URI: it has to be https with a public domain name, or localhost for a trial. The "
    "operator sets CONSOLE_BASE_URL to such an address; the redirect URI follows it."
)

DEAD_ENDS = (
    DeadEnd(
        N_("“Access blocked”, and your organisation or admin_policy_enforced is named"), "oauth-org-policy-blocked"
    ),
    DeadEnd(N_("“Advanced Protection”, or Error 400: policy_enforced"), "oauth-advanced-protection"),
    DeadEnd(
        N_("“This app is blocked”, that it has not completed verification, or Error 403: access_denied"),
        "oauth-app-unverified",
    ),
    DeadEnd(N_("Error 403: org_internal, or any other error with a number from 400 to 403"), "oauth-app-config"),
    DeadEnd(N_("The page did not load, or said to try again later"), "oauth-provider-outage"),
)
