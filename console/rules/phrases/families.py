"""What the same refusal means at one provider, as data, for a text whose stage nobody knows.

Yahoo, AOL, iCloud, Yandex, NetEase and QQ take nothing but app passwords or authorization codes from programs; Exchange
Online takes no passwords at all; GMX and WEB.DE refuse the right password as long as IMAP is off. Sources:
https://help.yahoo.com/kb/SLN15241.html, https://support.apple.com/102654, https://yandex.com/support/id/authorization/app-passwords.html,
https://help.mail.qq.com/detail/108/1023, https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online,
https://hilfe.gmx.net/pop-imap/einschalten.html.
"""

from console.rules.phrases.sentences import GMX, ICLOUD, MICROSOFT, YAHOO
from console.rules.rule import Rule, rule

MAIL = ("imap", "smtp", "")
APP_PASSWORDS_ONLY = (*YAHOO, *ICLOUD, "yandex.com", "yandex.ru", "163.com", "126.com", "yeah.net", "188.com", "qq.com")

# What says more than the refusal itself; it is left to the rules that know it.
_MORE = (
    r"temporar|unavailable|again|later|limit|too many|too often|\block|disabled|suspend|server error|abuse|blocked|busy"
    r"|timed? ?out|internal|mechanism|browser|unsafe|expired|backend|relay|sender|encrypt|starttls|\bssl\b|\btls\b"
)
_REFUSED = (
    r"(?:auth\w*(?: attempt)? ?(?:has )?(?:failed|failure|error|unsuccessful|rejected)"
    r"|log-?in (?:fail\w*|invalid|error|incorrect)"
    r"|(?:invalid|incorrect|wrong|bad) (?:[a-z]{1,12} ){0,3}(?:credentials|password|login)"
    r"|(?:username|login|user) (?:and|or|/) ?password"
    r"|password (?:error|incorrect|not accepted)|not accepted)"
)

# An IMAP answer, an SMTP answer that judges a sign-in, or words without either.
_NO = r"^_(?:imap(?:=no)?|text(?: (?:\* |[a-z]{0,8}\d{1,12} )?no\b)?)(?! 4\d\d\b| bad\b| \* bye\b| bye\b)"
_AUTH = r"^_(?:smtp|text) 53[45]\b"

FAMILIES: tuple[Rule, ...] = (
    rule(
        "app-password-required",
        rf"(?:{_NO}|{_AUTH})(?!.*(?:{_MORE})).*{_REFUSED}",
        rf"^_imap(?:=no)?(?: \[[a-z]{{1,30}}\]){{0,3}} ?\[authenticationfailed\](?!.*(?:{_MORE}))",
        hosts=APP_PASSWORDS_ONLY,
        channels=MAIL,
    ),
    rule("imap-disabled", r"^(?!_smtp 4).*authentication credentials invalid", hosts=GMX, channels=MAIL),
    rule(
        "oauth-token-expired",
        rf"^_(?:imap=no|imap(?!=)|text)(?! 4\d\d\b)(?!.*(?:{_MORE})).*\bauthenticate failed",
        hosts=MICROSOFT,
        channels=MAIL,
    ),
    rule(
        "password-auth-retired",
        rf"^_imap(?:=no)?(?: \[[a-z]{{1,30}}\]){{0,3}} ?\[authenticationfailed\](?!.*(?:{_MORE}|basicauthblocked))",
        rf"^_(?:imap=no|imap(?!=)|text)(?! 4\d\d\b)(?!.*(?:{_MORE}|basicauthblocked)).*\blog-?[io]n failed",
        hosts=MICROSOFT,
        channels=MAIL,
    ),
)

# Another protocol than the one that was spoken; see `library.OTHER_PROTOCOL` for what shows by the stage.
OTHER_CHANNEL: tuple[Rule, ...] = (
    rule("wrong-server", r"^_(?:text|smtp) 220\b", r"^_\w{1,5} \+ok\b", channels=("imap",)),
    rule("wrong-server", r"^_(?:text|imap|smtp)(?:=\w{1,8})? ?(?:\* )?(?:ok|preauth)\b", channels=("smtp",)),
)
