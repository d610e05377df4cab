"""Providers that give addresses in domains of their own, with what to know before a password is typed.

Servers and user names are those of the ISPDB (https://github.com/thunderbird/autoconfig, 2026-03-12), of
https://github.com/chatmail/provider-db, of https://github.com/postalsys/emailengine, or of the help page that a row
names. Mail exchangers were read from DNS in September and October 2026 or stand in the provider's manual.
"""

from collections.abc import Iterator

from console.discovery import cautions
from console.discovery import known_domains as domains
from console.discovery.provider import Provider, imaps, submission, submissions
from console.discovery.sources import LOCAL_PART


def _zoho() -> Iterator[Provider]:
    """Yield one row for personal and one for business mail in each data centre; its country ends all names.

    https://www.zoho.com/mail/help/imap-access.html
    """
    centres = {
        "com": "zoho.com zohomail.com",
        "eu": "zoho.eu zohomail.eu",
        "in": "zoho.in zohomail.in",
        "com.au": "zoho.com.au zohomail.com.au",
        "jp": "zoho.jp zohomail.jp",
    }
    told = (
        cautions.switch("Zoho Mail", "https://www.zoho.com/mail/help/imap-access.html"),
        cautions.app_password_with_two_steps("Zoho Mail", "https://www.zoho.com/mail/help/"),
    )  # fmt: skip
    for country, own in centres.items():
        yield Provider(
            "Zoho Mail",
            imaps(f"imap.zoho.{country}"),
            submissions(f"smtp.zoho.{country}"),
            domains=frozenset(own.split()),
            mx=tuple(f"smtpin{number}.zoho.{country}" for number in ("", 2, 3)),
            cautions=told,
        )
        yield Provider(
            "Zoho Mail",
            imaps(f"imappro.zoho.{country}"),
            submissions(f"smtppro.zoho.{country}"),
            mx=tuple(f"mx{number}.zoho.{country}" for number in ("", 2, 3)),
            cautions=told,
        )
    yield Provider(
        "Zoho Mail",
        imaps("imap.zohocloud.ca"),
        submissions("smtp.zohocloud.ca"),
        domains=frozenset({"zohocloud.ca"}),
        mx=("mx.zohocloud.ca", "mx2.zohocloud.ca", "mx3.zohocloud.ca"),
        cautions=told,
    )


def _netease() -> Iterator[Provider]:
    """Yield one row for each public domain; each has servers of its own."""
    for domain in ("163.com", "126.com", "yeah.net"):
        told = (
            cautions.switch("NetEase Mail", f"https://mail.{domain}/"),
            cautions.authorization_code("NetEase Mail", f"https://mail.{domain}/"),
        )
        yield Provider(
            "NetEase Mail",
            imaps(f"imap.{domain}"),
            submissions(f"smtp.{domain}"),
            domains=frozenset({domain}),
            cautions=told,
        )


_GOOGLE_HELP = "https://support.google.com/accounts/answer/185833"
_OUTLOOK_HELP = (
    "https://support.microsoft.com/office/"
    "pop-imap-and-smtp-settings-for-outlook-com-d088b986-291d-42b8-9564-9c414e2aa040"
)
_M365_HELP = "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online"
_YAHOO_HELP = "https://help.yahoo.com/kb/SLN15241.html"
_APPLE_HELP = "https://support.apple.com/102654"
_QQ_HELP = "https://service.mail.qq.com/cgi-bin/help?subtype=1&id=28&no=331"

PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "Gmail",
        imaps("imap.gmail.com"),
        submissions("smtp.gmail.com"),
        domains=domains.GMAIL,
        # https://knowledge.workspace.google.com/admin/domains/set-up-mx-records-for-google-workspace
        mx=("smtp.google.com", "aspmx.l.google.com", ".aspmx.l.google.com", "gmail-smtp-in.l.google.com",
            ".gmail-smtp-in.l.google.com", *(f"aspmx{number}.googlemail.com" for number in range(2, 6))),
        cautions=(cautions.google("Gmail", _GOOGLE_HELP),),
    ),
    Provider(
        "Outlook.com",
        imaps("outlook.office365.com"),
        submission("smtp-mail.outlook.com"),
        domains=domains.OUTLOOK,
        mx=(".olc.protection.outlook.com",),
        cautions=(cautions.retired("Outlook.com", _OUTLOOK_HELP),),
    ),
    Provider(
        "Microsoft 365",
        imaps("outlook.office365.com"),
        submission("smtp.office365.com"),
        # https://learn.microsoft.com/purview/how-smtp-dane-works names the endings below mx.microsoft.
        mx=(".mail.protection.outlook.com", ".mx.microsoft", ".mail.eo.outlook.com", ".mail.protection.outlook.de"),
        cautions=(cautions.retired("Microsoft 365", _M365_HELP),),
    ),
    Provider(
        "Yahoo Mail",
        imaps("imap.mail.yahoo.com"),
        submissions("smtp.mail.yahoo.com"),
        domains=domains.YAHOO,
        mx=("mx-biz.mail.am0.yahoodns.net", ".am0.yahoodns.net", "mx-apac.mail.gm0.yahoodns.net"),
        cautions=(cautions.app_password("Yahoo Mail", _YAHOO_HELP),),
    ),
    Provider(
        "AOL Mail",
        imaps("imap.aol.com"),
        submissions("smtp.aol.com"),
        domains=domains.AOL,
        mx=("mx-aol.mail.gm0.yahoodns.net",),
        cautions=(cautions.app_password("AOL Mail", "https://help.aol.com/articles/Create-and-manage-app-password"),),
    ),
    Provider(
        "AT&T",
        imaps("imap.mail.att.net"),
        submissions("smtp.mail.att.net"),
        domains=domains.ATT,
        mx=(".prodigy.net",),
        cautions=(cautions.app_password("AT&T", "https://www.att.com/support/article/email-support/KM1010523/"),),
    ),
    # A domain of one's own at iCloud+ is signed in to with the iCloud address (provider-db), which nobody here knows.
    Provider(
        "iCloud Mail",
        imaps("imap.mail.me.com"),
        submission("smtp.mail.me.com"),
        domains=domains.ICLOUD,
        mx=(".mail.icloud.com",),
        imap_username=LOCAL_PART,
        other_domains_username="",
        cautions=(cautions.app_password("iCloud Mail", _APPLE_HELP),),
        other_domains_cautions=(cautions.app_password("iCloud Mail", _APPLE_HELP), cautions.apple_name()),
    ),
    Provider(
        "Fastmail",
        imaps("imap.fastmail.com"),
        submissions("smtp.fastmail.com"),
        domains=domains.FASTMAIL,
        mx=(".messagingengine.com",),
        cautions=(cautions.app_password("Fastmail", "https://www.fastmail.help/hc/en-us/articles/360058752854"),),
    ),
    *_zoho(),
    Provider(
        "GMX",
        imaps("imap.gmx.net"),
        submissions("mail.gmx.net"),
        domains=domains.GMX_NET,
        mx=("mx00.gmx.net", "mx01.gmx.net", ".emig.gmx.net"),
        cautions=(
            cautions.switch("GMX", "https://hilfe.gmx.net/pop-imap/einschalten.html"),
            cautions.app_password_with_two_steps("GMX", "https://hilfe.gmx.net/"),
        ),
    ),
    Provider(
        "GMX",
        imaps("imap.gmx.com"),
        submissions("mail.gmx.com"),
        domains=domains.GMX_COM,
        cautions=(cautions.switch("GMX", "https://support.gmx.com/pop-imap/toggle.html"),),
    ),
    Provider(
        "WEB.DE",
        imaps("imap.web.de"),
        submission("smtp.web.de"),
        domains=domains.WEB_DE,
        mx=("mx-ha02.web.de", "mx-ha03.web.de"),
        imap_username=LOCAL_PART,
        smtp_username=LOCAL_PART,
        cautions=(cautions.switch("WEB.DE", "https://hilfe.web.de/pop-imap/einschalten.html"),),
    ),
    Provider(
        "mail.com",
        imaps("imap.mail.com"),
        submissions("smtp.mail.com"),
        domains=domains.MAIL_COM,
        mx=("mx00.mail.com", "mx01.mail.com"),
        cautions=(cautions.plan("mail.com", "https://support.mail.com/"),),
    ),
    Provider(
        "T-Online",
        imaps("secureimap.t-online.de"),
        submissions("securesmtp.t-online.de"),
        domains=domains.T_ONLINE,
        cautions=(cautions.app_password("T-Online", "https://www.telekom.de/hilfe"),),
    ),
    Provider(
        "Yandex Mail",
        imaps("imap.yandex.com"),
        submissions("smtp.yandex.com"),
        domains=domains.YANDEX,
        mx=("mx.yandex.net", "mx.yandex.ru"),
        cautions=(
            cautions.switch("Yandex Mail", "https://yandex.com/support/mail/mail-clients/others.html"),
            cautions.app_password("Yandex Mail", "https://yandex.com/support/mail/mail-clients/others.html"),
        ),
    ),
    Provider(
        "Mail.ru",
        imaps("imap.mail.ru"),
        submissions("smtp.mail.ru"),
        domains=domains.MAIL_RU,
        mx=("mxs.mail.ru", "emx.mail.ru"),
        cautions=(cautions.app_password("Mail.ru", "https://help.mail.ru/mail/security/protection/external"),),
    ),
    Provider(
        "mailbox.org",
        imaps("imap.mailbox.org"),
        submissions("smtp.mailbox.org"),
        domains=frozenset({"mailbox.org"}),
        mx=(".mailbox.org",),
        cautions=(cautions.app_password_with_two_steps("mailbox.org", "https://kb.mailbox.org/"),),
    ),
    Provider(
        "Posteo",
        imaps("posteo.de"),
        submissions("posteo.de"),
        domains=domains.POSTEO,
        mx=(".posteo.de",),
        cautions=(cautions.app_password("Posteo", "https://posteo.de/en/help/app-passwords"),),
    ),
    Provider(
        "Infomaniak",
        imaps("mail.infomaniak.com"),
        submissions("mail.infomaniak.com"),
        domains=domains.INFOMANIAK,
        mx=("mta-gw.infomaniak.ch", ".infomaniak.ch"),
        cautions=(cautions.app_password_with_two_steps("Infomaniak", "https://www.infomaniak.com/en/support/faq"),),
    ),
    *_netease(),
    Provider(
        "NetEase Enterprise Mail",
        imaps("imap.qiye.163.com"),
        submissions("smtp.qiye.163.com"),
        mx=tuple(f"{name}{n}.mxmail.netease.com" for name in ("qiye163mx", "hzmx") for n in ("01", "02")),
    ),
    Provider(
        "QQ Mail",
        imaps("imap.qq.com"),
        submissions("smtp.qq.com"),
        domains=domains.QQ,
        mx=("mx1.qq.com", "mx2.qq.com", "mx3.qq.com"),
        imap_username=LOCAL_PART,
        smtp_username=LOCAL_PART,
        cautions=(cautions.switch("QQ Mail", _QQ_HELP), cautions.authorization_code("QQ Mail", _QQ_HELP)),
    ),
    Provider(
        "Tencent Exmail",
        imaps("imap.exmail.qq.com"),
        submissions("smtp.exmail.qq.com"),
        mx=("mxbiz1.qq.com", "mxbiz2.qq.com"),
        cautions=(cautions.authorization_code("Tencent Exmail", "https://exmail.qq.com/"),),
    ),
    Provider("YouSee", imaps("imap.mail.dk"), submission("asmtp.mail.dk"), domains=frozenset({"mail.dk"})),
    Provider("Jubii", imaps("imap.jubii.dk"), submissions("smtp.jubii.dk"), domains=domains.JUBII),
)  # fmt: skip
