"""What the number of an HTTP answer means where nothing else is known, as data: by the service that gave it.

Sources: RFC 9110 section 15, RFC 6585 (429), RFC 4918 (507), RFC 6749 section 5.2,
https://learn.microsoft.com/graph/errors, https://developers.google.com/workspace/gmail/api/guides/handle-errors.
"""

from console.rules.rule import Rule, rule

API = ("graph", "gmail")
OAUTH = ("oauth",)

STATUSES: tuple[Rule, ...] = (
    rule("rate-limited", r"^_http (?:429|509)\b"),
    rule("oauth-provider-outage", r"^_http 5\d\d\b", channels=OAUTH),
    rule("server-unavailable", r"^_http (?:408|50\d|52\d|530)\b"),
    rule("mailbox-full", r"^_http 507\b", channels=API),
    rule("message-too-large", r"^_http 413\b", channels=API),
    rule("sync-state-expired", r"^_http 410\b", channels=API),
    rule("oauth-token-expired", r"^_http 401\b", channels=API),
    rule("permission-denied", r"^_http 403\b", channels=API),
    rule("item-not-found", r"^_http 404\b", channels=API),
    rule("client-bug", r"^_http 40[056]\b|^_http 41[1256]\b|^_http 422\b", channels=API),
)
