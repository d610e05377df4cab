"""What Exchange says in SOAP and in Autodiscover, as data: the names of its response codes, else its words.

Sources: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode,
[MS-OXDSCLI] 2.2.4.1 (Autodiscover), https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange.
"""

from collections.abc import Callable

from console.rules.rule import Rule, rule


def _named(*names: str) -> Callable[[BaseException], bool]:
    """Return what knows errors by the name of their type; what is on the way is no business of the rules."""
    return lambda error: type(error).__name__ in names


WIRE: tuple[Rule, ...] = (
    Rule("connection-reset", _named("NoAnswer")),
    Rule("exchange-unreadable", _named("BadAnswer", "UnreadableAnswer", "TooMuchData")),
    Rule("exchange-address-wrong", _named("WrongProtocol", "TlsWrongPort")),
)
"""What happened on the way, where it means something else for a web server than for a mail server."""

EWS: tuple[Rule, ...] = (
    rule("account-locked", r"account is currently locked out|\berroraccountlocked"),
    rule("account-disabled", r"\berroraccountdisabled\b|account (?:is|has been) disabled"),
    rule("password-expired", r"\berrorpassword(?:expired|changerequired)\b"),
    rule(
        "server-version-unsupported",
        r"\berrorinvalidschemaversionformailboxversion\b|\berrorincorrectschemaversion\b|\berrorinvalidserverversion\b",
    ),
    rule("mailbox-moving", r"\berrormailboxmoveinprogress\b|\berrormailboxmoving\b"),
    rule("mailbox-moved", r"\.onmicrosoft\.com\b|outlook\.office365\.com"),
    rule(
        "mailbox-not-found",
        r"\berrornonexistentmailbox\b|\berrormissinginformationemailaddress\b|\berrorinvalidmailboxaddress\b",
        r"\berrormailrecipientnotfound\b|email address can'?t be found|\binvaliduser\b",
    ),
    rule("mailbox-not-available", r"\berrormailboxconfiguration\b|\berroruserwithoutfederatedproxyaddress\b"),
    rule(
        "exchange-elsewhere",
        r"\berrorproxyrequestnotallowed\b|\berrornorespondingcasindestinationsite\b|\berrorproxycallfailed\b",
        r"\berrorproxiedsubscriptioncallfailure\b|\berrorincorrectserver\b|\berrorproxygroupsidlimitexceeded\b",
        r"\berrorproxytokenexpired\b|\berrorproxyrequestprocessingfailed\b|\berrorproxyservicediscoveryfailed\b",
    ),
    rule(
        "rate-limited",
        r"\berrorserverbusy\b|\bratelimiterror\b|\berrortoomanyobjectsopened\b|\bserverbusy\b",
        r"\berrormessagepercallqueryexceeded\b",
    ),
    rule("too-many-connections", r"\berrorexceededconnectioncount\b|\berrorexceededsubscriptioncount\b"),
    rule("mailbox-full", r"\berrorquotaexceeded\b"),
    rule("message-too-large", r"\berrormessagesizeexceeded\b"),
    rule("sender-not-allowed", r"\berrorsendasdenied\b"),
    rule("send-limit-reached", r"\berrorsubmissionquotaexceeded\b|\berrorexceededmessagelimit\b"),
    rule("ews-disabled", r"\berroraccessdenied\b.{0,200}\b(?:ews|web services)\b|\berrorewsdisabled\b"),
    rule(
        "permission-denied",
        r"\berroraccessdenied\b|\berrorimpersonate[a-z]{1,40}\b|\berrorimpersonationdenied\b|\berrorpermission[a-z]{0,20}\b",
        r"\bcas error\b|\bexception_access_denied\b",
    ),
    rule("connection-timeout", r"\berrortimeoutexpired\b"),
    rule(
        "server-unavailable",
        r"\berrormailboxstoreunavailable\b|\berrormailboxfailover\b|\berrorinternalservertransienterror\b",
        r"\berrorconnectionfailed\b|\berroradunavailable\b|\berrorinternalservererror\b",
    ),
    # To those who may not open it, Exchange says of a mailbox that its Inbox is not there.
    rule("permission-denied", r"\berroritemnotfound\b|\berrorfoldernotfound\b", stages=("sign-in", "open-inbox")),
    rule("item-not-found", r"\berroritemnotfound\b|\berrorfoldernotfound\b"),
    rule("client-bug", r"\berrorschemavalidation\b|\berrorinvalidrequest\b"),
    rule("server-error", r"\b_?text error[a-z]{3,60}:|^_imap error[a-z]{3,60}:|\bsoaperror\b|\btransporterror\b"),
)
