"""Pages of providers that help with a problem, as data: by slug of the problem, then by family of providers.

Only pages that the provider keeps itself, and addresses that it gives out as lasting ones (support articles by number,
aka.ms, learn.microsoft.com). A family is one of `explain.PROVIDERS`.
"""

from collections.abc import Mapping
from types import MappingProxyType

FAMILY_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "google": "Google",
        "microsoft": "Microsoft",
        "exchange": "Exchange",
        "yahoo": "Yahoo",
        "icloud": "iCloud",
        "zoho": "Zoho",
        "gmx-webde": "GMX, WEB.DE",
        "yandex": "Yandex",
        "mailru": "Mail.ru",
        "netease": "NetEase",
        "qq": "QQ",
        "godaddy": "GoDaddy",
        "proton": "Proton",
        "tuta": "Tuta",
        "hey": "HEY",
        "amazon": "Amazon",
    }
)

_LEARN = "https://learn.microsoft.com"
_GOOGLE = "https://support.google.com"
_ONLINE = f"{_LEARN}/exchange/clients-and-mobile-in-exchange-online"
_EWS = f"{_LEARN}/exchange/client-developer/exchange-web-services"
_CONDITIONAL = f"{_LEARN}/entra/identity/conditional-access"
_APP_PASSWORDS = {
    "google": f"{_GOOGLE}/accounts/answer/185833",
    "yahoo": "https://help.yahoo.com/kb/SLN15241.html",
    "icloud": "https://support.apple.com/102654",
    "yandex": "https://yandex.com/support/id/authorization/app-passwords.html",
    "mailru": "https://help.mail.ru/mail/security/protection/external",
    "qq": "https://help.mail.qq.com/detail/108/1023",
}
_PERMISSIONS_GIVEN = {"google": "https://myaccount.google.com/connections", "microsoft": "https://myapps.microsoft.com"}
_STATUS = {
    "google": "https://www.google.com/appsstatus/dashboard/",
    "microsoft": "https://status.cloud.microsoft/",
    "icloud": "https://www.apple.com/support/systemstatus/",
}
_REGISTRATION = {
    "google": "https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors",
    "microsoft": f"{_LEARN}/entra/identity-platform/reference-error-codes",
}

HELP_PAGES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "bad-credentials": {**_APP_PASSWORDS, "microsoft": "https://aka.ms/sspr"},
        "app-password-required": _APP_PASSWORDS,
        "web-login-required": {"google": f"{_GOOGLE}/mail/answer/78754"},
        "account-locked": {"microsoft": f"{_LEARN}/entra/identity/authentication/howto-password-smart-lockout"},
        "account-disabled": {"google": f"{_GOOGLE}/accounts/answer/40695"},
        "password-expired": {"microsoft": "https://aka.ms/sspr"},
        "mfa-required": {"microsoft": f"{_LEARN}/entra/identity/authentication/concept-mfa-howitworks"},
        "password-auth-retired": {
            "google": f"{_GOOGLE}/a/answer/14114704",
            "microsoft": f"{_ONLINE}/deprecation-of-basic-authentication-exchange-online",
        },
        "imap-disabled": {
            "google": f"{_GOOGLE}/a/answer/105694",
            "microsoft": f"{_ONLINE}/pop3-and-imap4/enable-or-disable-pop3-or-imap4-access",
            "zoho": "https://www.zoho.com/mail/help/imap-access.html",
            "gmx-webde": "https://hilfe.gmx.net/pop-imap/einschalten.html",
            "yandex": "https://yandex.com/support/mail/mail-clients/others.html",
        },
        "smtp-auth-disabled": {"microsoft": "https://aka.ms/smtp_auth_disabled"},
        "ews-disabled": {
            "microsoft": f"{_ONLINE}/deprecation-of-ews-exchange-online",
            "exchange": f"{_EWS}/how-to-control-access-to-ews-in-exchange",
        },
        "oauth-grant-revoked": _PERMISSIONS_GIVEN,
        "oauth-grant-expired": _PERMISSIONS_GIVEN,
        "oauth-scope-missing": _PERMISSIONS_GIVEN,
        "oauth-admin-consent-required": {
            "google": f"{_GOOGLE}/a/answer/7281227",
            "microsoft": f"{_LEARN}/entra/identity/enterprise-apps/grant-admin-consent",
        },
        "oauth-org-policy-blocked": {
            "google": f"{_GOOGLE}/a/answer/7281227",
            "microsoft": f"{_CONDITIONAL}/troubleshoot-conditional-access",
        },
        "oauth-interaction-required": {
            "google": f"{_GOOGLE}/a/answer/9368756",
            "microsoft": f"{_CONDITIONAL}/concept-session-lifetime",
        },
        "oauth-advanced-protection": {"google": "https://landing.google.com/advancedprotection/"},
        "oauth-app-unverified": {
            "google": f"{_GOOGLE}/cloud/answer/15549945",
            "microsoft": f"{_LEARN}/entra/identity-platform/publisher-verification-overview",
        },
        "oauth-app-config": _REGISTRATION,
        "oauth-client-secret": _REGISTRATION,
        "oauth-provider-outage": _STATUS,
        "server-unavailable": _STATUS,
        "mailbox-full": {"google": f"{_GOOGLE}/mail/answer/6374270"},
        "send-limit-reached": {
            "google": f"{_GOOGLE}/a/answer/166852",
            "microsoft": f"{_LEARN}/office365/servicedescriptions/exchange-online-service-description"
            "/exchange-online-limits",
            "icloud": "https://support.apple.com/102198",
        },
        "sender-not-allowed": {
            "google": f"{_GOOGLE}/mail/answer/22370",
            "microsoft": f"{_LEARN}/exchange/recipients-in-exchange-online/manage-permissions-for-recipients",
        },
        "sender-blocked": {
            "google": f"{_GOOGLE}/mail/answer/81126",
            "microsoft": f"{_LEARN}/defender-office-365/outbound-spam-restore-restricted-users",
        },
        "message-rejected": {
            "google": f"{_GOOGLE}/mail/answer/81126",
            "yahoo": "https://senders.yahooinc.com/smtp-error-codes/",
        },
        "rate-limited": {
            "google": "https://developers.google.com/workspace/gmail/api/guides/handle-errors",
            "microsoft": f"{_LEARN}/graph/throttling",
            "exchange": f"{_EWS}/ews-throttling-in-exchange",
        },
        "too-many-connections": {"google": f"{_GOOGLE}/mail/answer/7126229"},
        "unsupported-provider": {
            "proton": "https://proton.me/mail/bridge",
            "tuta": "https://tuta.com/support",
            "hey": "https://help.hey.com",
            "amazon": "https://docs.aws.amazon.com/workmail/latest/adminguide/",
        },
        "unsupported-cloud": {"microsoft": f"{_LEARN}/graph/deployments"},
        "unsupported-shared-mailbox": {"microsoft": f"{_LEARN}/microsoft-365/admin/email/about-shared-mailboxes"},
        "autodiscover-failed": {"exchange": "https://testconnectivity.microsoft.com"},
        "server-version-unsupported": {"exchange": f"{_LEARN}/exchange/plan-and-deploy/supportability-matrix"},
    }
)


def help_pages(code: str, provider: str = "") -> tuple[tuple[str, str], ...]:
    """Return label and address of the pages that help with problem `code`, those of `provider` alone if it has one."""
    found = HELP_PAGES.get(code, {})
    wanted = {provider: found[provider]} if provider in found else found
    return tuple((FAMILY_LABELS[family], address) for family, address in wanted.items())
