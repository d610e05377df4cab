"""The OAuth app at Microsoft: what its form asks for, how it is set up, and who has to approve it.

Sources: https://learn.microsoft.com/entra/identity-platform/quickstart-register-app,
https://learn.microsoft.com/entra/identity-platform/v2-admin-consent,
https://learn.microsoft.com/entra/identity-platform/reference-error-codes; Microsoft 365 message centre MC1163922 (since
November 2025 the consent policy that Microsoft manages asks for an administrator's approval of mail permissions).
"""

from console.providers.app_guide import AppField, Approval, Choice, DeadEnd, SetUpStep
from console.rules.texts import N_

PLACE = "Microsoft"

APP_FIELDS = (
    AppField(
        "client_id",
        N_("Application (client) ID"),
        N_("On the app's Overview page. Not the object ID."),
        variable="CONSOLE_MICROSOFT_CLIENT_ID",
    ),
    AppField(
        "client_secret",
        N_("Client secret"),
        N_("The Value of the secret, not its Secret ID. Microsoft shows it once."),
        kind="secret",
        variable="CONSOLE_MICROSOFT_CLIENT_SECRET",
        wrong=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        told=N_("This is the Secret ID. Copy the Value beside it; where it is hidden already, make a new secret."),
    ),
    AppField(
        "secret_expires_on",
        N_("Secret ends on"),
        N_("Under Certificates & secrets. On this day all Microsoft inboxes stop, so we warn you before."),
        kind="date",
        required=False,
    ),
    AppField(
        "tenant",
        N_("Directory (tenant) ID"),
        N_("On the app's Overview page. Needed to test the secret, and where only your own organisation signs in."),
        required=False,
        variable="CONSOLE_MICROSOFT_TENANT",
        wrong=r".*[^0-9A-Za-z.-].*",
        told=N_("This is no directory. Copy its ID from the Overview page, or type one of its domains."),
    ),
    AppField(
        "audience",
        N_("Who may sign in"),
        N_(
            "As it stands in Entra under Authentication, Supported account types. Microsoft turns all other accounts "
            "away, and with another choice here than there, everybody."
        ),
        kind="choice",
        choices=(
            Choice("single", N_("Accounts of this tenant only")),
            Choice("organizations", N_("Accounts of any organisation")),
            Choice("common", N_("Accounts of any organisation, and personal ones (outlook.com)")),
        ),
    ),
)

SET_UP = (
    SetUpStep(
        N_("In the Entra admin center open App registrations and press New registration. Give it a name people know."),
        url="https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
    ),
    SetUpStep(
        N_(
            "Supported account types: this organisation only, if every mailbox is in your own Microsoft 365; otherwise "
            "any organisation, with personal accounts for outlook.com. Choose the same here under Who may sign in."
        )
    ),
    SetUpStep(
        N_(
            "Redirect URI: choose Web, not Single-page application, paste this, and press Register. It has to be the "
            "same to the letter."
        ),
        "%(redirect_uri)s",
    ),
    SetUpStep(
        N_("From the Overview page copy the Application (client) ID and the Directory (tenant) ID into the form here.")
    ),
    SetUpStep(
        N_(
            "Under Certificates & secrets press New client secret. Copy its Value into the form here at once, and the "
            "day it expires on: 24 months at most."
        )
    ),
    SetUpStep(
        N_(
            "Under API permissions press Add a permission, Microsoft Graph, Delegated permissions, and tick exactly "
            "these."
        ),
        "%(scopes)s",
    ),
    SetUpStep(
        N_(
            "On the same page press Grant admin consent. For mailboxes of other organisations, send the page for IT "
            "to each of them."
        )
    ),
    SetUpStep(
        N_(
            "More than one organisation: under Branding & properties have the publisher verified. Microsoft lets "
            "nobody approve an app of an unverified publisher for themselves."
        ),
        url="https://learn.microsoft.com/entra/identity-platform/publisher-verification-overview",
    ),
    SetUpStep(N_("Press Save and test here.")),
)

APPROVAL = Approval(
    N_(
        "An administrator's approval is the normal case today: since November 2025 Microsoft's standard policy lets "
        "nobody approve an app that reads mail for themselves. It is given once and counts for everybody."
    ),
    (
        SetUpStep(
            N_(
                "Open this link, signed in as Global Administrator, Privileged Role Administrator, Cloud Application "
                "Administrator or Application Administrator, and press Accept."
            ),
            "%(approval_url)s",
            "%(approval_url)s",
        ),
        SetUpStep(
            N_(
                "To let only some people use it, open it afterwards in Entra under Enterprise apps, set Assignment "
                "required to Yes under Properties, and assign them under Users and groups."
            )
        ),
    ),
    N_(
        "Open the app in Entra under Enterprise apps, Properties, and press Delete. The approval ends for everybody, "
        "and every connection of your organisation stops within the hour."
    ),
)

URI_REFUSED = N_(
    "Microsoft takes no such redirect URI: it has to be https, or http://localhost for a trial. The operator sets "
    "CONSOLE_BASE_URL to such an address; the redirect URI follows it."
)

DEAD_ENDS = (
    DeadEnd(
        N_("“Need admin approval” or “Approval required”, or AADSTS90094 or 65001"), "oauth-admin-consent-required"
    ),
    DeadEnd(
        N_("“You cannot access this right now”, or that you are blocked by your organisation"),
        "oauth-org-policy-blocked",
    ),
    DeadEnd(N_("“Selected user account does not exist in tenant”, or AADSTS50020"), "oauth-wrong-account"),
    DeadEnd(N_("The redirect address, the application or its permissions are called wrong"), "oauth-app-config"),
    DeadEnd(N_("The page did not load, or said to try again later"), "oauth-provider-outage"),
)
