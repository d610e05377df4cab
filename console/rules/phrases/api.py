"""What the Gmail API and Microsoft Graph answer, as data: their error codes, else their words.

Sources: https://developers.google.com/workspace/gmail/api/guides/handle-errors, https://cloud.google.com/apis/design/errors,
https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/graph/resources/mail-api-overview.
"""

from console.rules.rule import Rule, rule

GMAIL: tuple[Rule, ...] = (
    # An API that is switched off is reported among the limits of its use.
    rule(
        "oauth-app-config",
        r"\baccessnotconfigured\b|\bservice_disabled\b|api has not been used in project|api (?:is )?not enabled",
        r"\bkeyinvalid\b|\bapi_key_invalid\b|consumer_(?:invalid|suspended)|billing_disabled",
        r"\binsufficient(?:audience|authorizedparty)\b",
    ),
    rule("webhook-config", r"cloud pub/?sub|\btopicname\b"),
    rule("folder-exists", r"label name exists|\balready_exists\b"),
    rule("tls-required", r"\bsslrequired\b"),
    rule("sender-not-allowed", r"invalid (?:from|sender) header"),
    rule(
        "send-limit-reached",
        r"\(mail sending\)|(?:mail|user|message|daily)[- ]sending (?:limit|quota)|sending limit (?:exceeded|reached)",
    ),
    rule("mailbox-full", r"storage ?quota (?:has been |is )?exceeded|\bstoragequotaexceeded\b|out of storage"),
    rule(
        "rate-limited",
        r"(?:(?:daily|rate|userrate|concurrent|quota|serving)_?limit_?|variabletermexpireddaily)exceeded|\blimitexceeded\b",
        r"\bquotaexceeded\b|\busagelimits\b",
        r"\bresource_exhausted\b|user-rate limit exceeded|^_(?:smtp|http) 4(?:03|29)\b.{0,200} limit exceeded",
        r"too many concurrent requests|quota exceeded for quota|exceeded your (?:[a-z]{1,12} )?quota",
    ),
    rule(
        "oauth-scope-missing",
        r"scope_insufficient|insufficient(?: authentication)? scopes?|\binsufficientpermissions?\b",
        r"insufficient permission\b|metadata scope does(?: not|n't) (?:support|allow)",
    ),
    rule(
        "oauth-org-policy-blocked",
        r"\bdomainpolicy\b|domain administrators? (?:have|has) disabled(?! (?:the )?(?:imap|pop|smtp))",
        r"blocked by (?:the )?(?:admin|organi[sz]ation)",
        r"org_?restriction|access_context_manager|organi[sz]ation(?:'s)? polic(?:y|ies)",
    ),
    rule("oauth-wrong-account", r"delegation denied"),
    rule("account-disabled", r"\baccount(?:disabled|deleted)\b|account has been (?:disabled|suspended|deleted)"),
    rule("message-too-large", r"\buploadtoolarge\b|message (?:is )?too (?:large|big)|^_(?:smtp|http) 413\b"),
    rule(
        "mailbox-not-available",
        r"\bfailed_?precondition\b|precondition check failed|(?:mail service|gmail)(?: is)? not enabled",
    ),
    rule(
        "recipient-rejected",
        r"invalid (?:to|cc|bcc) header|recipient address required|\bno recipients?\b",
        r"\berrorinvalidrecipients?\b|at least one recipient is",
    ),
    rule("item-not-found", r"(?:label|message|thread|draft|attachment) not found"),
    rule("permission-denied", r"caller does not have permission|not authorized to access this resource"),
    rule(
        "sync-state-expired",
        r'requested entity was not found|"reason": ?"notfound"',
        r"\bhistoryid\b|start ?history ?id",
    ),
    rule(
        "server-unavailable",
        r"\bbackenderror\b|backend error|internal error encountered|\binternalerror\b",
        r"^_(?:smtp|http) 50[0234] \{?\}?$",
        r'"?(?:status|code)"?: ?"?(?:unavailable|internal|deadline_exceeded|aborted|cancelled|data_loss)\b',
        r"service is currently unavailable",
    ),
    rule(
        "oauth-token-expired",
        r'\bautherror\b|^_(?:smtp|http) 401 .{0,80}\bunauthenticated\b|"unauthenticated"',
        r"invalid authentication credentials|access_token_(?:expired|type)",
        r"missing required authentication credential",
    ),
)

GRAPH: tuple[Rule, ...] = (
    rule("unsupported-shared-mailbox", r'userpurpose"?[:=] ?(?:\{ ?"?value"?[:=] ?)?"?(?:shared|room|equipment)\b'),
    rule(
        "oauth-app-config",
        r"invalidauthenticationtoken\b.{0,120}(?:audience|issuer)|invalid audience|\binvalidissuer\b",
        r"\bauthorization_identitynotfound\b|\bauthentication_unsupportedtokentype\b",
    ),
    rule(
        "webhook-config",
        r"subscription validation request|notification endpoint must|\breauthorizationrequired\b",
        r"\bsubscriptionremoved\b|lifecycle_?event\b|lifecyclenotificationurl|notification_?url\b|validationtoken",
        r"\bsubscription\b[^.]{0,40}\bexpir\w{2,6} (?:date |time )?(?:can only|must|cannot|is)|subscriptionlimit\b",
        r"\bsubscription (?:id )?['\"]?[\w-]{0,40}['\"]? ?(?:was |is |has )?(?:not found|expired|does not exist|gone)",
    ),
    rule(
        "oauth-token-expired",
        r"\binvalidauthenticationtoken\b|lifetime validation failed|compacttoken (?:parsing|validation)",
        r"access token (?:has expired|is expired|validation failure|is empty)|\btokenexpired\b|\btokennotfound\b",
    ),
    rule(
        "oauth-scope-missing",
        r"authorization_requestdenied|insufficient privileges",
        r"^_(?:smtp|http) 401 .{0,200}unknownerror|\bmissing (?:scopes?|permissions?)\b",
    ),
    rule(
        "mailbox-not-available",
        r"mailboxnot(?:enabled|supported)forrestapi|hosted on-?premise|rest api is not yet supported|soft-?deleted",
        r"restapinotenabledforcomponent|does not have (?:an? )?(?:[a-z]{1,20} )?(?:licen[cs]e|exchange online)",
    ),
    rule("sender-not-allowed", r"\berrorsendasdenied\b|right to send mail on behalf"),
    rule(
        "send-limit-reached",
        r"\berrorexceededm(?:essage|axrecipient)limit|recipientlimitexceeded\b|daily message/recipient limit",
        r"message limit (?:was |has been )?exceeded",
    ),
    rule(
        "sender-blocked",
        r"\berrormessagesubmissionblocked\b|outboundspam|\berrormessagethrottled\b|submission blocked",
    ),
    rule(
        "message-too-large",
        r"\berrormessagesizeexceeded\b|\berrorattachmentsizelimitexceeded\b|request_?(?:body|entity)_?too_?large",
        r"^_(?:smtp|http) 413\b|maximum (?:supported |message |request )size",
    ),
    rule(
        "mailbox-full",
        r"\berrorquotaexceeded\b|mailbox(?:storage)?quotaexceeded|\binsufficient ?storage\b|reached their quota",
    ),
    rule("mailbox-moving", r"\berrormailboxmoveinprogress\b|mailbox(?:move)?intransit|\bmailboxinfostale\b"),
    rule("account-disabled", r"\berroraccountsuspend|account suspended\b|\bauthorization_identitydisabled\b"),
    rule(
        "mailbox-not-found",
        r"\berrorinvaliduser\b|\b(?:request_)?resourcenotfound\b|\berrornonexistentmailbox\b",
        r"\b(?:mailbox|request_user)notfound\b|\berrornomailboxfound\b",
        r"requested user '[^']{0,120}' is invalid|no mailbox (?:with|was found)",
    ),
    rule("item-not-found", r"\b(?:error)?(?:item|folder)notfound\b|not found in the store"),
    rule("folder-exists", r"\bnamealreadyexists\b"),
    rule("sync-state-expired", r"\bsyncstate(?:notfound|invalid)\b|\bresyncrequired\b|^_(?:smtp|http) 410\b"),
    rule(
        "rate-limited",
        r"\bapplicationthrottled\b|mailboxconcurrency|\bactivitylimitreached\b|\btoomanyrequests\b",
        r"\berrorserverbusy\b|request_throttled|\berrortoomanyobjectsopened\b|\bquotalimitreached\b",
        r"_throttledrequest",
    ),
    rule(
        "oauth-org-policy-blocked",
        r"access to odata is disabled|erroraccessrestricted|application ?access ?policy",
        r"\baccessblocked\b|\btenantrestrictions",
    ),
    rule("permission-denied", r"\berroraccessdenied\b|\baccessdenied\b|check credentials and try again"),
    rule(
        "server-unavailable",
        r"\bservice(?:unavailable|notavailable)\b|^_(?:smtp|http) 50\d .{0,200}unknownerror|\bbadgateway\b",
        r"gateway ?timeout",
        r"\berror(?:internalserver(?:transient)?error|mailboxstoreunavailable|timeoutexpired|connectionfailed)\b",
        r"\bgeneralexception\b|\berrormessagetransienterror\b",
    ),
)

STATUS: tuple[Rule, ...] = (
    rule("rate-limited", r"^_(?:smtp|http) 429\b"),
    rule("server-unavailable", r"^_(?:smtp|http) 5\d\d\b"),
    rule("oauth-token-expired", r"^_(?:smtp|http) 401\b"),
    rule("permission-denied", r"^_(?:smtp|http) 403\b"),
)
"""For families only: the status of an HTTP answer, where its words tell nothing. SMTP has these numbers too."""
