"""What Exchange Web Services and Autodiscover say, as data: response codes, Autodiscover's numbers, exchangelib.

Sources: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode, [MS-OXDSCLI] 2.2.4.1
and 2.2.5 (Autodiscover), https://learn.microsoft.com/exchange/client-developer/exchange-web-services/handling-autodiscover-error-messages,
exchangelib 5.6 (errors.py, protocol.py, transport.py). Response codes stand by the part of the name that tells what
happened, because every version of Exchange knows more of them.
"""

from console.rules.rule import Rule, rule

WEB_SERVICES = ("ews", "autodiscover")

# Names that no other service uses, or uses alike.
EWS_CODES: tuple[Rule, ...] = (
    # What exchangelib makes of an answer to a wrong password once it is told to be patient.
    rule("bad-credentials", r"\berrorserverbusy: caused by http 401"),
    rule("account-locked", r"\baccount is currently locked out\b|\berroraccountlocked"),
    rule("auth-mechanism-unsupported", r"no compatible auth type was reported"),
    rule("bad-credentials", r"\bunauthorizederror\b.{0,40}\binvalid credentials for\b"),
    rule("account-disabled", r"\berroraccountdisabled\b"),
    rule("password-expired", r"\berrorpassword(?:expired|changerequired)\b"),
    rule(
        "server-version-unsupported",
        r"\berror(?:invalidschemaversionformailboxversion|incorrectschemaversion|invalidserverversion)\b",
        r"\berrorwrongserverversion(?:delegate)?\b|tried versions \[.{0,600}all were invalid",
        r"exchange server (?:version )?[^.]{0,40}(?:is )?(?:not supported|too old)",
    ),
    rule("mailbox-moving", r"\berrormailboxmoveinprogress\b"),
    rule(
        "mailbox-not-found",
        r"\berror(?:nonexistentmailbox|nonprimarysmtpaddress|mailrecipientnotfound|invalidsmtpaddress)\b",
        r"\berror(?:missingemailaddress|invalidmailbox|nameresolutionno(?:mailbox|results))\b",
        r"must specify the mailbox primary smtp address|smtp address has no mailbox associated",
        r"\berrorinvaliduserprincipalname\b",
    ),
    rule(
        "mailbox-not-available",
        r"\berror(?:mailboxconfiguration|userwithoutfederatedproxyaddress|invalidlicense|mailboxlogonfailed)\b",
    ),
    rule("send-limit-reached", r"\berror(?:submissionquotaexceeded|exceededmessagelimit)\b|submissionquotaexceeded"),
    rule("mailbox-full", r"\berror(?:quotaexceeded|mailboxquotaexceeded|rulesoverquota)\b"),
    rule(
        "message-too-large",
        r"\berror(?:messagesizeexceeded|attachmentsizelimitexceeded|requeststreamtoobig|datasizelimitexceeded)\b",
    ),
    rule("sender-not-allowed", r"\berrorsend(?:as|onbehalf)denied\b|\bsendasdenied\b"),
    rule("recipient-rejected", r"\berror(?:invalidrecipients|missingrecipients)\b"),
    rule("message-rejected", r"\berrorvirus(?:detected|messagedeleted)\b"),
    rule(
        "too-many-connections",
        r"\berrorexceeded(?:connection|subscription)count\b|available concurrent connections",
    ),
    rule(
        "permission-denied",
        r"\berrorimperson[a-z]{1,30}\b|\berror[a-z]{0,40}accessdenied\b|\berror[a-z]{0,20}permission[a-z]{0,20}\b",
        r"\berror(?:notdelegate|delegatenouser|usernotallowedbypolicy|invalidexchangeimpersonationheaderdata)\b",
        r"does not have permission to impersonate|\bcas error\b|\bexception_access_denied\b",
    ),
    rule("connection-timeout", r"\berrortimeoutexpired\b"),
    rule(
        "server-error",
        r"\berror(?:no(?:respondingcas|destinationcas|applicableproxycas)[a-z]{0,40}|prox(?:y|ied)[a-z]{1,40})\b",
        r"\berror(?:crosssiterequest|servicediscoveryfailed|adoperation|adsessionfilter|foldercorrupt|itemcorrupt)\b",
        r"\berror(?:corruptdata|win32interoperror|webrequestininvalidstate|logonasnetworkservicefailed)\b",
        r"\berrornopublicfolder[a-z]{1,30}\b|\berrorpublicfolder[a-z]{1,40}\b",
    ),
    rule("server-error", r"\berrorinternalservererror\b", channels=WEB_SERVICES),
    rule(
        "server-unavailable",
        r"\berror(?:mailboxstoreunavailable|mailboxfailover|adunavailable|notenoughmemory|insufficientresources)\b",
        r"\berror[a-z]{0,40}transienterror\b|\berrorconnectionfailed\b|server error in '/?(?:ews|autodiscover)'",
    ),
    rule(
        "rate-limited",
        r"\berrorserverbusy\b|\bratelimiterror\b|\berrortoomanyobjectsopened\b|<errorcode>serverbusy\b",
        r"\berrorexceededfindcountlimit\b|gave up when asked to back off|\bbackoffmilliseconds\b",
    ),
    rule(
        "sync-state-expired",
        r"\berror(?:invalidsyncstatedata|invalidwatermark|syncfoldernotfound|readeventsfailed|missednotificationevents)\b",
    ),
    rule(
        "webhook-config",
        r"\berror(?:expiredsubscription|subscriptionnotfound|subscriptionunsubsribed|invalidsubscription[a-z]{0,10})\b",
        r"\berrorinvalidp(?:ush|ull)subscription[a-z]{1,5}\b",
    ),
    rule("folder-exists", r"\berror(?:folderexists|managedfolderalreadyexists|foldersave(?:failed)?)\b"),
    rule(
        "item-not-found",
        r"\berror[a-z]{0,30}(?:item|folder|event|object|attachment)[a-z]{0,10}notfound\b|\berrorstaleobject\b",
        r"\berrorinvalid(?:attachmentid|changekey|folderid|id[a-z]{0,30})\b|\berrorobjecttypechanged\b",
        r"specified (?:object|folder) (?:was not|could not be) found in the store",
    ),
    rule(
        "client-bug",
        r"\berror(?:schemavalidation|invalidrequest|invalidargument|messagedispositionrequired|invalidoperation)\b",
        r"\berror(?:missingargument|invalidproperty[a-z]{1,20}|duplicatesoapheader|changekeyrequired[a-z]{0,20})\b",
        r"\berror(?:invalidrestriction|invalidvalueforproperty|timezone|unsupported[a-z]{1,30})\b",
    ),
    rule("session-expired", r"\berrorproxytokenexpired\b|\bsessionpoolm(?:in|ax)sizereached\b"),
    rule("server-version-unsupported", r"schema version .{0,40}not supported by (?:the )?server"),
)

AUTODISCOVER: tuple[Rule, ...] = (
    rule(
        "mailbox-moved",
        r"redirect(?:addr|target)>[^<]{1,200}\.onmicrosoft\.com",
        r"redirect(?:ed)?(?: to)?[^.]{0,40} \S{1,80}@\S{1,80}\.onmicrosoft\.com",
    ),
    rule(
        "mailbox-not-found",
        r"<errorcode>(?:500|invaliduser)</|e-?mail address can'?t be found|<errorcode>settingisnotavailable",
        r"\b(?:invaliduser|usernotfound)\b",
    ),
    rule(
        "autodiscover-redirect-untrusted",
        r"(?:insecure|untrusted|blocked|refused)(?: an?)?(?: [a-z]{1,20}){0,3} redirect",
    ),
    rule(
        "autodiscover-redirect-untrusted",
        r"redirect(?:url|addr)>[^<]{1,300}|<errorcode>redirect(?:url|address)</",
        channels=("autodiscover",),
    ),
    rule(
        "endpoint-alive",
        r"<errorcode>600</|<message>invalid request</|\b600\b[^<]{0,20}\binvalid request\b|\berrorcode 600\b",
    ),
    rule("autodiscover-failed", r"<errorcode>(?:60[1-9]|invaliddomain|invalidsetting)</|provider is not available"),
    rule("rate-limited", r"<errorcode>serverbusy</"),
    rule("server-error", r"<errorcode>internalservererror</", channels=("autodiscover",)),
    rule("client-bug", r"<errorcode>(?:invalidrequest|notfederated)</", channels=("autodiscover",)),
    rule(
        "autodiscover-failed",
        r"\bautodiscover(?:failed|circularredirect|error)\b|autodiscover (?:protocol|service)?[^.]{0,30}failed",
        r"\berrorautodiscoverfailed\b|redirected to an email address we have already seen|autodiscover auth type",
        r"autodiscover (?:service )?(?:couldn'?t|could not|cannot) (?:be (?:located|found)|find)|no suitable records",
        r"steps in the autodiscover protocol",
        r"(?:fail\w{0,3}|unable|could not|cannot) (?:to )?(?:retrieve|get|find|read) autodiscover",
    ),
)

# Pages that tell of trouble behind the server that shows them: nobody typed a wrong address.
PAGES: tuple[Rule, ...] = (
    rule(
        "server-unavailable",
        r"\b(?:services?|servers?|sites?|page) (?:is |are )?(?:currently |temporarily )?(?:unavailable|down|offline)",
        r"temporarily (?:unavailable|down|offline|overloaded)|\bmaintenance\b|bad gateway|gateway time-?out|overloaded",
        r"(?:try|come) (?:again|back) (?:later|in|shortly)",
    ),
    rule(
        "server-error",
        r"\bruntime error\b|server error in '|application error|unhandled exception|internal server error",
    ),
)

# What stands in the way of an answer of Exchange: pages for people, addresses of other services.
NOT_EWS: tuple[Rule, ...] = (
    # What IIS adds behind the point says more than the number (https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code).
    rule("message-too-large", r"\b404\.1[345]\b|request filtering module.{0,80}(?:content|query) length"),
    rule("tls-required", r"\b403\.[45]\b|page you are trying to access is secured with"),
    rule("mailbox-moved", r"redirected to https?://outlook\.office(?:365)?\.com"),
    rule("auth-mechanism-unsupported", r"\b401\.2\b"),
    rule("bad-credentials", r"\b401\.1\b|access is denied due to invalid credentials"),
    rule("wrong-server", r"/owa(?:/auth)?/|logon\.aspx|/adfs/ls|errorfe\.aspx", r"\bmicrosoft-server-activesync\b"),
    rule(
        "wrong-server",
        r"\bmalformedresponseerror\b|\bsoaperror\b.{0,40}(?:bad|unknown) soap response|this is not xml|\bvalid xml\b",
        r"\bredirecterror\b",
        r"no (?:body|header|envelope) element in soap|^_(?:text|http) transporterror: redirect to same location",
        r"failed to get auth type from service|\bretry after sending provision\b",
    ),
)

# The bare status of an HTTP answer, where its words tell nothing.
EWS_STATUS: tuple[Rule, ...] = (
    rule("bad-credentials", r"^_http 401\b"),
    rule("ews-disabled", r"^_http 403\b"),
    rule("account-locked", r"^_http 456\b"),
    rule("session-expired", r"^_http 440\b"),
    rule("message-too-large", r"^_http 413\b"),
    rule("rate-limited", r"^_http 429\b"),
    rule("mailbox-full", r"^_http 507\b"),
    rule("connection-timeout", r"^_http 408\b"),
    rule("autodiscover-redirect-untrusted", r"^_http 30[12378]\b", channels=("autodiscover",)),
    rule("wrong-server", r"^_http (?:30\d|40[4567]|410|411|415|449|451|501|200)\b"),
    rule("server-unavailable", r"^_http 50[234]\b"),
    rule("server-error", r"^_http 5\d\d\b"),
    rule("client-bug", r"^_http 400\b"),
)
