"""What the console has to make of every fault of the lab's Exchange, connected already or asked by Autodiscover."""

from console.rules.problems import Button, Who
from tests.lab.causes import ITSELF, RECONNECT, TEST, Cause, Seen


def _good(code: str, who: Who, button: Button, back: str = TEST, health: str = "failing") -> Seen:
    return Seen(Cause(code, who, button), health, back)


def _passes(code: str, who: Who, button: Button = Button.TEST) -> Seen:
    return Seen(Cause(code, who, button), "degraded", ITSELF)


def _refused(code: str, who: Who = Who.USER, button: Button = Button.RECONNECT, back: str = RECONNECT) -> Seen:
    return Seen(Cause(code, who, button), "needs-sign-in", back)


_OLD = _good("server-version-unsupported", Who.MAIL_ADMIN, Button.TEST)
_UNTRUSTED = _good("tls-untrusted", Who.MAIL_ADMIN, Button.TRUST, ITSELF)
_BLOCKED = _good("ews-disabled", Who.MAIL_ADMIN, Button.TEST)
_NO_RIGHTS = _good("permission-denied", Who.MAIL_ADMIN, Button.TEST)
_LOCKED = _refused("account-locked")
_PAGE = _good("exchange-login-page", Who.MAIL_ADMIN, Button.TEST, ITSELF)
_ELSEWHERE = _good("exchange-elsewhere", Who.USER, Button.EDIT)
_WRONG = _good("exchange-address-wrong", Who.USER, Button.EDIT, ITSELF)
_TROUBLE = _passes("server-unavailable", Who.AUTO)
_UNREADABLE = _passes("exchange-unreadable", Who.MAIL_ADMIN)
_LATE = _passes("connection-timeout", Who.MAIL_ADMIN)

# What the check of a connected inbox makes of each; None where it is none of its business.
CHECKED: dict[str, Seen | None] = {
    "moved-to-cloud": _good("mailbox-moved", Who.USER, Button.MOVE),
    "exchange-2007": _OLD,
    "exchange-2010": _OLD,
    "exchange-2010-sp1": _OLD,
    "exchange-2010-sp2": None,
    "exchange-2013": None,
    "exchange-2016": None,
    "exchange-2019": None,
    "exchange-se": None,
    "self-signed": _UNTRUSTED,
    "unknown-authority": _UNTRUSTED,
    "expired": _good("tls-expired", Who.MAIL_ADMIN, Button.TEST, ITSELF),
    "wrong-name": _good("tls-hostname-mismatch", Who.USER, Button.EDIT, ITSELF),
    "only-basic": None,
    "only-ntlm": None,
    "only-negotiate": _good("exchange-negotiate-only", Who.MAIL_ADMIN, Button.TEST),
    "no-offer": _good("auth-mechanism-unsupported", Who.MAIL_ADMIN, Button.TEST),
    "extended-protection": None,
    "refused-password": _refused("bad-credentials"),
    "foreign-401": _refused("exchange-other-web-server", button=Button.EDIT),
    "locked-out": _LOCKED,
    "status-456": _LOCKED,
    "password-expired": _refused("password-expired"),
    "cas-denied": _NO_RIGHTS,
    "forbidden": _BLOCKED,
    "ews-off": _BLOCKED,
    "not-found": _WRONG,
    "status-440": _PAGE,
    "status-449": _good("exchange-activesync", Who.USER, Button.EDIT),
    "unavailable": _TROUBLE,
    "application-error": _TROUBLE,
    "load-balancer": _passes("exchange-balancer", Who.MAIL_ADMIN),
    "owa-page": _PAGE,
    "owa-redirect": _PAGE,
    "ews-elsewhere": _ELSEWHERE,
    "ews-endless": _WRONG,
    "wrong-type": None,
    "xml-cut": _UNREADABLE,
    "xml-entities": _UNREADABLE,
    "xml-huge": _UNREADABLE,
    "hangs": _LATE,
    "ews-slow": _LATE,
    "busy": _passes("rate-limited", Who.AUTO, Button.NONE),
    "connections": _passes("too-many-connections", Who.US),
    "no-exchange-mailbox": _good("mailbox-not-found", Who.USER, Button.EDIT),
    "no-access": _NO_RIGHTS,
    "moving": _passes("mailbox-moving", Who.AUTO, Button.NONE),
    "store-down": _TROUBLE,
    "failover": _TROUBLE,
    "other-server": _ELSEWHERE,
    "other-site": _ELSEWHERE,
    "older-mailbox": _OLD,
    "ews-no-sent": _passes("folder-missing", Who.US),
    "no-directory": None,
    "may-not-send": _passes("sender-not-allowed", Who.USER, Button.EDIT),
}
# What somebody who connects by Autodiscover is told; None where that goes well all the same.
ASKED: dict[str, Cause | None] = {
    "no-srv": None,
    "no-pox": None,
    "no-soap": None,
    "no-json": None,
    "no-autodiscover-host": Cause("dns-not-found", Who.USER, Button.EDIT),
    "http-redirect": Cause("autodiscover-failed", Who.USER, Button.EDIT),
    "http-redirect-elsewhere": Cause("autodiscover-failed", Who.USER, Button.EDIT),
    "apex-401": None,
    "apex-certificate": None,
    "hybrid": None,
    "known-to-microsoft": None,
    "redirect-address": None,
    "redirect-loop": Cause("autodiscover-failed", Who.USER, Button.EDIT),
    "redirect-url": None,
    "redirect-url-elsewhere": Cause("autodiscover-redirect-untrusted", Who.USER, Button.EDIT),
    "endless-redirects": Cause("autodiscover-failed", Who.USER, Button.EDIT),
    "moved-to-cloud": Cause("mailbox-moved", Who.USER, Button.MOVE),
    "unknown-address": Cause("mailbox-not-found", Who.USER, Button.EDIT),
    "autodiscover-busy": Cause("rate-limited", Who.AUTO, Button.NONE),
    "autodiscover-unwell": Cause("server-unavailable", Who.AUTO, Button.TEST),
    "autodiscover-entities": _UNREADABLE.cause,
    "autodiscover-huge": _UNREADABLE.cause,
    "autodiscover-cut": _UNREADABLE.cause,
    "autodiscover-page": _PAGE.cause,
    "autodiscover-hangs": _LATE.cause,
}
