"""What to know before a password is typed, in one sentence each. The codes are what pages and scripts go by."""

from console.discovery.answer import Caution, Saying
from console.rules.texts import N_

_APP_PASSWORD = N_("%(provider)s takes an app password here, not your usual password. Make one on its help page first.")
_APP_PASSWORD_2FA = N_("With two-step sign-in, %(provider)s takes an app password here, not your usual password.")
_AUTHORIZATION_CODE = N_("%(provider)s takes an authorization code here, not your password. Make one in its settings.")
_GOOGLE = N_("%(provider)s takes no usual password here. Use the Google sign-in, or make an app password.")
_SWITCH = N_("IMAP is off at %(provider)s until you switch it on in its settings.")
_PLAN = N_("At %(provider)s, IMAP comes with paid plans only.")
_LOCAL_PART = N_("The user name here is the part of the address before the @.")
_RETIRED = N_("%(provider)s takes no passwords here any more. Use the Microsoft sign-in.")
_OAUTH_ONLY = N_("These servers say that they take a browser sign-in only, and no password.")
_APPLE_NAME = N_("Sign in with your iCloud address, also where your mail has a domain of its own.")
_AMAZON = N_("Amazon WorkMail and SES cannot be connected. Move the mailbox to Gmail or Microsoft 365 first.")

# The codes that say that no password is of any use.
NO_PASSWORDS = frozenset({"password-retired", "oauth-only"})
LOCAL_PART = Caution("local-part-user-name", Saying(_LOCAL_PART))
OAUTH_ONLY = Caution("oauth-only", Saying(_OAUTH_ONLY))
AMAZON = Caution("unsupported-provider", Saying(_AMAZON))


def app_password(provider: str, help_url: str = "") -> Caution:
    """Return: only an app password works."""
    return Caution("app-password", Saying(_APP_PASSWORD, {"provider": provider}), help_url)


def app_password_with_two_steps(provider: str, help_url: str = "") -> Caution:
    """Return: with two-step sign-in only an app password works."""
    return Caution("app-password", Saying(_APP_PASSWORD_2FA, {"provider": provider}), help_url)


def authorization_code(provider: str, help_url: str = "") -> Caution:
    """Return: an authorization code, which the provider's settings give, takes the place of the password."""
    return Caution("app-password", Saying(_AUTHORIZATION_CODE, {"provider": provider}), help_url)


def google(provider: str, help_url: str = "") -> Caution:
    """Return: an app password works where the Google sign-in is not wanted."""
    return Caution("app-password", Saying(_GOOGLE, {"provider": provider}), help_url)


def switch(provider: str, help_url: str = "") -> Caution:
    """Return: IMAP must be switched on first."""
    return Caution("imap-switch", Saying(_SWITCH, {"provider": provider}), help_url)


def plan(provider: str, help_url: str = "") -> Caution:
    """Return: IMAP has to be bought."""
    return Caution("imap-switch", Saying(_PLAN, {"provider": provider}), help_url)


def retired(provider: str, help_url: str = "") -> Caution:
    """Return: passwords work no longer."""
    return Caution("password-retired", Saying(_RETIRED, {"provider": provider}), help_url)


def apple_name(help_url: str = "") -> Caution:
    """Return: the sign-in name is another address."""
    return Caution("other-user-name", Saying(_APPLE_NAME), help_url)
