"""What can go wrong at a provider, as switches of the lab. Each is put on for everybody or for one account."""

from console.lab.exchange_faults import EXCHANGE_FAULTS
from console.lab.fault import GOOGLE, IMAP, MICROSOFT, Fault

_BOTH, _GOOGLE, _MICROSOFT, _IMAP = (
    frozenset({GOOGLE, MICROSOFT}),
    frozenset({GOOGLE}),
    frozenset({MICROSOFT}),
    frozenset({IMAP}),
)

# The answers themselves, with their sources, stand in google.py, gmail.py, microsoft.py, graph.py and mail_server.py.
FAULTS = (
    Fault("declined", "sign-in", _BOTH, "The person declines", "Whatever is pressed counts as Cancel."),
    Fault("unticked", "sign-in", _GOOGLE, "Boxes are unticked", "The boxes for mail start out unticked."),
    Fault("other-account", "sign-in", _BOTH, "Another account answers", "The next account in the list is signed in."),
    Fault(
        "admin-policy",
        "sign-in",
        _BOTH,
        "The organisation forbids the app",
        "Google says admin_policy_enforced and does not come back; Microsoft wants an admin's approval (AADSTS90094).",
    ),
    Fault(
        "consent-required", "sign-in", _MICROSOFT, "Nobody has consented", "The sign-in comes back with AADSTS65001."
    ),
    Fault(
        "advanced-protection",
        "sign-in",
        _GOOGLE,
        "Advanced Protection",
        "Google shows policy_enforced and does not come back.",
    ),
    Fault(
        "unverified",
        "sign-in",
        _GOOGLE,
        "The app is in testing",
        "Google refuses whoever is not a tester and does not come back.",
    ),
    Fault("gcc-high", "sign-in", _MICROSOFT, "Tenant in GCC High", "The tenant is one of the US government cloud."),
    Fault(
        "no-address",
        "sign-in",
        _BOTH,
        "Profile without address",
        "Neither the ID token nor the profile has an address.",
    ),
    Fault("broken-id-token", "sign-in", _BOTH, "Unreadable ID token", "The ID token is no token."),
    Fault(
        "expired-secret",
        "token",
        _BOTH,
        "Client secret no longer good",
        "Every request with it is refused: invalid_client, at Microsoft AADSTS7000222.",
        everybody=True,
    ),
    Fault("no-refresh-token", "token", _BOTH, "No refresh token", "A code brings an access token only."),
    Fault("no-expiry", "token", _BOTH, "Tokens without expiry", "The answer does not say how long the token is good."),
    Fault("no-scope", "token", _BOTH, "Tokens without scopes", "The answer does not say what was granted."),
    Fault(
        "mfa-required",
        "token",
        _MICROSOFT,
        "Second factor due",
        "A refresh is answered interaction_required, AADSTS50076.",
    ),
    Fault(
        "refuse-reuse",
        "token",
        _MICROSOFT,
        "Replaced refresh tokens are refused",
        "Microsoft lets an older refresh token live on; with this it is refused like a revoked one.",
    ),
    Fault("token-throttled", "token", _BOTH, "Tokens: too many requests (429)", "With Retry-After: 30."),
    Fault("token-failing", "token", _BOTH, "Tokens: server error (500)", "The token endpoint fails."),
    Fault("token-down", "token", _BOTH, "Tokens: unavailable (503)", "The token endpoint is down."),
    Fault("token-slow", "token", _BOTH, "Tokens: slow", "The token endpoint answers after 20 seconds."),
    Fault(
        "throttled",
        "mail",
        _BOTH,
        "Mail: too many requests (429)",
        "Microsoft with Retry-After: 30, Google with a time.",
    ),
    Fault("failing", "mail", _BOTH, "Mail: server error (500)", "The mail interface fails."),
    Fault("down", "mail", _BOTH, "Mail: unavailable (503)", "The mail interface is down."),
    Fault("slow", "mail", _BOTH, "Mail: slow", "The mail interface answers after 20 seconds."),
    Fault(
        "no-mailbox",
        "mail",
        _BOTH,
        "No mailbox",
        "Google: Mail service not enabled. Microsoft: MailboxNotEnabledForRESTAPI.",
    ),
    Fault("domain-policy", "mail", _GOOGLE, "Gmail apps are disabled", "The domain's admins have disabled Gmail apps."),
    Fault("access-denied", "mail", _MICROSOFT, "Access is denied", "An application access policy keeps the app out."),
    Fault("shared", "mail", _MICROSOFT, "Shared mailbox", "The mailbox says that its purpose is shared."),
    Fault("wrong-password", "sign-in", _IMAP, "The password was changed", "IMAP and SMTP refuse the sign-in."),
    Fault(
        "imap-disabled", "sign-in", _IMAP, "IMAP is off for the domain", "IMAP refuses the sign-in, SMTP accepts it."
    ),
    Fault("smtp-disabled", "sign-in", _IMAP, "Sending is off", "SMTP refuses the sign-in, IMAP accepts it."),
    Fault(
        "auth-unavailable",
        "sign-in",
        _IMAP,
        "Sign-in is unavailable",
        "IMAP answers NO [UNAVAILABLE] to every sign-in, SMTP 454.",
    ),
    Fault("too-many", "sign-in", _IMAP, "Too many connections", "IMAP refuses further sign-ins for now."),
    Fault("bye", "mail", _IMAP, "The server hangs up", "IMAP says BYE right after the sign-in."),
    Fault("no-sent", "mail", _IMAP, "No Sent folder", "The mailbox has no folder for sent mail."),
    Fault(
        "imap-down",
        "server",
        _IMAP,
        "IMAP is down",
        "IMAP says BYE [UNAVAILABLE] to whoever connects, and hangs up.",
        everybody=True,
    ),
    Fault(
        "smtp-down",
        "server",
        _IMAP,
        "SMTP is down",
        "SMTP says 421 to whoever connects, and hangs up.",
        everybody=True,
    ),
    Fault("imap-slow", "mail", _IMAP, "Slow", "IMAP answers each command after 20 seconds.", everybody=True),
)
ALL = (*FAULTS, *EXCHANGE_FAULTS)
BY_SLUG = {fault.slug: fault for fault in ALL}


def offered(provider: str, *, everybody: bool) -> tuple[Fault, ...]:
    """Return a provider's switches: those for everybody, or those that one account can have."""
    return tuple(fault for fault in ALL if provider in fault.providers and (everybody or not fault.everybody))
