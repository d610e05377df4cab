"""Signs in a text of who said it and over which channel, as data: host names, help pages, shapes of answers."""

import re

Signs = tuple[tuple[str, re.Pattern[str]], ...]


def _signs(*rows: tuple[str, ...]) -> Signs:
    return tuple((name, re.compile("|".join(patterns), re.IGNORECASE)) for name, *patterns in rows)


PROVIDER_SIGNS: Signs = _signs(
    (
        "microsoft",
        r"\baadsts\d|outlook\.office365|office365|prod\.outlook\.com|protection\.outlook\.com|microsoftonline",
        r"\bgraph\.microsoft|smtp-mail\.outlook|imap-mail\.outlook|\baka\.ms/",
        # Exchange alone words it so, and only its cloud is signed in to in this way.
        r"\bNO (?-i:AUTHENTICATE) failed|(?:error|exception): (?:b')?AUTHENTICATE failed",
    ),
    ("google", r"\bgsmtp\b|gmail\.com|googleapis|accounts\.google|support\.google|googlemail"),
    ("yahoo", r"yahoo|\baol\.com|\bymail\b"),
    ("icloud", r"icloud|\bmail\.me\.com|account\.apple\.com|appleid"),
    ("gmx-webde", r"\bgmx\.|web\.de\b"),
    ("zoho", r"\bzoho"),
    ("yandex", r"\byandex"),
    ("mailru", r"\bmail\.ru\b"),
    ("netease", r"\b(?:163|126|188|yeah)\.(?:com|net)\b"),
    ("qq", r"\bqq\.com\b|exmail"),
    ("godaddy", r"secureserver\.net|godaddy"),
)
CHANNEL_SIGNS: Signs = _signs(
    ("autodiscover", r"autodiscover|<errorcode>|<redirectaddr>"),
    (
        "ews",
        r"/ews/|\bews\b|exchange\.asmx|exchangelib|schemas\.microsoft\.com/exchange|^HTTP/\d(?:\.\d)? \d{3}",
        r"\bm?:?ResponseCode>|remote server returned an error",
    ),
    (
        "oauth",
        r"\baadsts\d|\"error\": ?\"(?:invalid|unauthorized|access|unsupported|interaction|consent|server_|temp)",
        r"oauth2/v2\.0/token|oauth2\.googleapis|authlib|refresherror",
    ),
    (
        "graph",
        r"graph\.microsoft\.com|^[45]\d\d (?-i:\{\"error\": ?\{\"code\": ?\"[A-Z]|[A-Z][A-Za-z_]{5,50}: [A-Z])",
        # A name in one word behind the number; servers of mail speak in sentences.
        r"^[45]\d\d (?-i:[A-Z][a-z]{1,20}_?(?:[A-Z][A-Za-z]{1,30}){1,6}(?::|$))",
    ),
    (
        "gmail",
        r"gmail\.googleapis\.com|gmail/v1/|<HttpError \d|\"domain\": ?\"(?:global|usageLimits)\"",
        r"^[45]\d\d \{ ?\"(?:reason|domain|status)\"",
        r"\"status\": ?\"(?-i:[A-Z]{4,20}_?[A-Z]{0,20})\"",
    ),
)
