"""Sentences that both protocols share: policy, trouble on the server's side, and passwords called wrong."""

from console.rules.rule import Rule, rule

SIGN_IN = ("sign-in", "smtp-sign-in")
SIGN_IN_OR_UNKNOWN = (*SIGN_IN, "")

MICROSOFT = ("office365.com", "outlook.com", "hotmail.com", "live.com", "office.com", "outlook.cn")
ICLOUD = ("mail.me.com", "icloud.com")
YAHOO = ("yahoo.com", "yahoodns.net", "aol.com", "att.net", "verizon.net", "cox.net", "sky.com")
GMX = ("gmx.net", "gmx.com", "gmx.de", "gmx.at", "gmx.ch", "web.de", "mail.com")

# Sentences that say more than any code. Before everything else, because providers use one code for many situations.
POLICY: tuple[Rule, ...] = (
    # Maintenance often says that everything is "disabled".
    rule("server-unavailable", r"maintenance|\bwartung|vedligehold|shutting down"),
    rule(
        "auth-mechanism-unsupported",
        r"login command (?:is )?(?:disabled|not)|command is disabled by config",
        r"log-?in is disabled[^.]{0,20}authenticate",
        r"(?:authenticate|auth|mechanism) (?:plain|login|cram-md5|ntlm|gssapi|xoauth2)[^.]{0,15} not (?:supported"
        r"|available|allowed|enabled|implemented)",
    ),
    rule("tls-protocol", r"tls ?v?1\.[01] (?:and (?:tls ?)?1\.1 )?(?:is|are) (?:not|no longer) supported"),
    rule("client-id-required", r"unsafe login|kefu@188\.com"),
    # Tencent names five causes in one sentence; nearly always the authorization code is missing.
    rule(
        "app-password-required",
        r"login fail\. account is abnormal|authori[sz](?:ed|ation) code to log|weixin token|授权码",
        r"please use (?:the |an? |your )?authori[sz]ation code\b(?! (?:flow|grant))",
    ),
    rule("oauth-token-expired", r'accesstokenexpired|"schemes": ?"bearer|\beyjzdgf0dxmi'),
    rule(
        "smtp-auth-disabled",
        r"smtpclientauth\w* is disabled|smtp_auth_disabled",
        r"\bsmtp[ -]auth\w* (?:is |has been )?(?:disabled|switched off|not (?:enabled|allowed))",
        r"\bsmtp (?:access|service|submission|relay)? ?(?:is |has been )?(?:disabled|not (?:enabled|allowed"
        r"|permitted))\b",
        r"cannot use smtp|user has no permission",
        r"not (?:allowed|authori[sz]ed|permitted) to (?:use|send (?:via|through)) (?:the )?smtp",
    ),
    rule("oauth-org-policy-blocked", r"did not meet the criteria to be authenticated|conditional access"),
    rule(
        "password-auth-retired",
        r"basic ?auth\w* (?:is |has been |are )?(?:disabled|not supported|turned off|deprecated|blocked|no longer)",
        r"basicauthblocked|security defaults|less secure app|legacy auth",
        r"(?:passwords?|password[- ]based (?:auth|log|sign)[\w-]*) (?:is|are) no longer",
        r"(?:must|please) use (?:oauth|modern auth)",
    ),
    rule("tls-required", r"\bcapability\b(?=.*\bstarttls\b).*\blogindisabled\b"),
    rule(
        "password-auth-retired",
        r"\bcapability\b(?!.*auth=(?:plain|login))(?=.*auth=(?:xoauth2|oauthbearer)).*\blogindisabled",
    ),
    rule(
        "app-password-required",
        r"app[- ]?passwor[dt]|\bapp(?:lication)?s?[- ](?:specific[- ])?password|application-specific",
        r"invalidsecondfactor|parol\w{0,3} prilozh|парол\w{0,2} (?:для )?(?:внешн\w{1,4} )?приложен",
        r"password for (?:an? |the )?(?:external|mail|third)|device[- ](?:specific )?password",
        r"anwendungs(?:spezifisch\w{0,3} )?passwor|app-?(?:kennwort|wachtwoord|adgangskode)",
        r"mot de passe d.{0,2}application|contrase\w{1,3} de aplicac|access rights to this service",
        r"credentials or imap is disabled",
    ),
    rule(
        "app-password-required",
        r"\b(?:2|two)[- ](?:factor|step|fa)\b|\b2fa\b|second factor",
        stages=SIGN_IN_OR_UNKNOWN,
    ),
    rule(
        "web-login-required",
        r"\[webalert|web[- ]?login required",
        r"(?:via|with|through|using|in|from) (?:your |a |the )?(?:web ?)?browser\b|signin/continue",
        r"verify (?:your|that it'?s) (?:identity|account|you)|captcha|confirm (?:your identity|that it)",
        r"unusual sign-?in|answer/78754|(?:log|sign) ?in (?:to|via|at|on|through) (?:your |the )?web ?mail",
    ),
    rule(
        "server-unavailable",
        r"\b(?:log-?ins?|services?|servers?|imap|smtp) (?:is |are )?temporarily (?:disabled|suspended|unavailable)",
    ),
    rule(
        "imap-disabled",
        r"\bimap4?(?: (?:access|service|protocol|log-?ins?|support))?(?: for [^ ]{1,80}| to [^ ]{1,80})? (?:(?:is"
        r"|are|was|has been|have been|currently) ){0,3}(?:disabled|not enabled|deactivated|inactive|switched off"
        r"|turned off|not (?:allowed|permitted|active|open)|denied|blocked)",
        r"disabled (?:the )?imap\b|not enabled for imap|yet to enable imap|enable imap\b",
        r"\bimap\b[^.]{0,40}(?:deaktiviert|désactivé|desactivad|deaktiveret|slået fra|disattivat|uitgeschakeld)",
        r"(?:not (?:allowed|permitted|authori[sz]ed|entitled)|no permission|no right|disabled|may not)"
        r"(?: [^ ]{1,20}){0,2} (?:use|access|for|via|over|using) (?:the )?imap",
        r"\bimap\b[^.]{0,40}(?:freigeben|freischalten|aktivieren)",
        r"cannot use imap|(?:does not|doesn't) include imap|\bservice is not (?:open|enabled)",
        r"(?:pop3?[/ ]imap|imap[/ ]pop3?)[^.]{0,30}(?:disabled|not enabled|off\b)",
        r"protocol is (?:disabled|not (?:enabled|allowed))",
    ),
    rule(
        "tls-required",
        r"(?:clear|plain) ?-?text [^.]{0,30}(?:disallowed|disabled|not (?:allowed|permitted|accepted)|forbidden"
        r"|denied|only)",
        r"(?:disallow|disable)\w{0,3} (?:clear|plain)[ -]?text",
        r"(?:issue|use|send|do) (?:an? |the )?starttls|starttls (?:is )?(?:required|first|needed)",
        r"\b(?:ssl|tls)\b[^.]{0,30} (?:required|needed)",
        r"(?:requires?|must (?:use|be)|need|only (?:allowed|available|permitted) (?:over|via|with|under|on))"
        r" (?:an? )?(?:secure|encrypt|ssl|tls|privacy)",
        r"encryption (?:is )?(?:required|needed)|under a layer|\bnon-secure",
        r"(?:please|must) use (?:an? )?(?:ssl|tls|encrypt)",
        r"secure connection (?:is )?required|without (?:ssl|tls|encryption)|unencrypted",
    ),
    # "data 532" and its like are what Active Directory adds to a refused bind.
    rule(
        "password-expired",
        r"password[^.]{0,30}(?:expired|must be changed|has to be changed|needs? to be changed|isn'?t valid any|no"
        r" longer valid)",
        r"expired password|(?:must|please|have to|need to) (?:change|renew) (?:your |the )?password",
        r"password transition|password is too (?:simple|weak|short)",
        r"(?:passwort|kennwort)[^.]{0,20}abgelaufen|mot de passe[^.]{0,15} expir",
        r"contrase\w{1,3}[^.]{0,20}(?:expir|caduc)|adgangskode\w{0,4} er udl|\bdata (?:532|773)\b",
    ),
    rule(
        "client-bug",
        r"error in imap command",
        r"too many (?:invalid|bad|unknown|unrecogni[sz]ed|syntax)(?: imap| smtp)? (?:command|error)",
        r"bad protocol / cancel|invalid sasl argument",
    ),
    rule(
        "account-locked",
        r"(?:too many|repeated|multiple|excessive)[^.]{0,60}account[^.]{0,30}(?:locked|blocked|suspended|disabled)",
        r"account[^.]{0,30}(?:locked|blocked|suspended|disabled)[^.]{0,60}(?:failed|failures|attempts|wrong"
        r" password|suspicio|abuse|security reasons)",
        r"\block(?:ed)? ?out\b|\bdata 775\b",
    ),
    rule(
        "account-locked",
        r"\b(?:account|user|login|access)(?: (?!server|service|data|back|proc)[^ ]{1,40}){0,2} (?:(?:is|has been"
        r"|was|currently) ){0,2}(?:temporarily |administratively )?locked",
        r"(?:account|user|access)[^.]{0,30} temporarily (?:blocked|restricted|suspended)|gesperrt",
        r"verrouillé|bloquead|bloccat|spærret|\blåst\b|geblokkeerd|заблокирован|zablokirovan",
    ),
    rule(
        "account-disabled",
        r"\b(?:account|user|mailbox|login|domain|subscription|customer)(?: (?!not |found|server|service|data|back"
        r"|proc|daemon|store|lookup)[^ ]{1,40}){0,2} (?:(?:is|has been|was|are|currently|temporarily)"
        r" ){0,3}(?:disabled|suspended|deactivated|inactive|closed|terminated|cancel\w{0,5}|not active|deleted"
        r"|blocked|archived)\b",
        r"(?:disabled|suspended|inactive|deactivated|blocked) (?:account|user|mailbox|domain)",
        r"account (?:has |is )?expired|unpaid|deaktiviert|désactivé|desactivad|disattivat|deaktiveret",
        r"gedeactiveerd|отключен|otkly?uchen|\bdata (?:533|701)\b",
        stages=(*SIGN_IN, "", "open-inbox"),
    ),
    rule(
        "too-many-connections",
        r"too many (?:[a-z+]{1,20} ){0,3}(?:connections|sessions|clients)\b(?! attempt)",
        r"maximum (?:number of )?(?:[a-z]{1,20} ){0,2}(?:connections|sessions)|userip_connections",
        r"(?:sender )?thread limit|(?:connection|session)s? (?:count |number )?limit",
        r"(?:simultaneous|concurrent) (?:connection|session|login)s?|exceeded[^.]{0,30}connections",
        r"number of connections",
    ),
    rule(
        "login-throttled",
        r"too many(?: (?:recent|consecutive|repeated|bad|failed|invalid|wrong|incorrect|unsuccessful)){0,3}"
        r" (?:log-?ins?|log-?ons?|sign-?ins?|auth\w*|passwords?|connection attempts|attempts|failures|tries)",
        r"too (?:many|much) (?:errors|wrong|auth\w*|fail\w{0,5})\b|rate limit hit|login rate",
        r"(?:log-?in|log-?on|auth\w*|sign-?in)s?(?: [a-z]{1,20}){0,2} (?:limit|frequency|rate"
        r"|quota)[^.]{0,20}(?:exceeded|reached|limited|hit)",
        r"(?:log-?in|auth\w*|sign-?in|password) attempts? (?:limit |count )?(?:exceeded|reached)",
        r"maximum (?:number of )?(?:[a-z-]{1,20} ){0,2}(?:attempts|failures)",
        r"auth limit|(?:log|sign)\w{0,4}[ -]?in too (?:often|frequent)",
        r"(?:auth\w*|log-?ins?)[^.]{0,20} throttled|too often|登录太频繁",
        r"zu viele (?:fehl|anmelde|login|versuche)|trop de tentatives|demasiados intentos",
        r"for mange (?:fejl|log|forsøg)|troppi tentativi|te veel (?:pogingen|inlog)|слишком много",
    ),
    rule(
        "login-throttled",
        r"\bip\b[^.]{0,40}(?:block|\bban|blacklist)|(?:blocked|banned)[^.]{0,30}\bip\b",
        r"\[limit\].*\b(?:log-?in|auth)",
        stages=(*SIGN_IN, "reach", "secure"),
    ),
    rule(
        "rate-limited",
        r"command or bandwidth limit|bandwidth (?:limit|quota)|suggested backoff|throttl",
        r"too many (?:requests|messages? per|searches)|rate[- ]?limit",
    ),
    rule(
        "session-expired",
        r"disconnected for inactivity|(?:due to|because of) inactivity|inactiv\w{2,4} (?:timeout|logout)",
        r"idle (?:for )?too long|idle time-?out",
        r"auto-?logout|session (?:has )?(?:timed out|expired)|timeout exceeded|login timed out",
        r"timed? ?out waiting for",
    ),
    rule("mailbox-moving", r"(?:mailbox|account)[^.]{0,40}being (?:moved|migrated)|(?:move|migration) in progress"),
    rule(
        "mailbox-not-available",
        r"^_(?:imap|text)(?:=no)?(?: \[alert\])? lookup failed|authenticated but not connected",
        r"(?<!=)no mailbox (?:for|is)|mail service (?:is )?(?:off|not enabled)",
    ),
    rule(
        "auth-mechanism-unsupported",
        r"(?:unsupported|unknown|unrecogni[sz]ed|invalid|unavailable) (?:auth\w*|sasl) ?(?:mech|type|method)",
        r"(?:auth\w* |sasl )?(?:mechanism|type|method)s? (?:is |are )?(?:not|un)[ -]?(?:supported|implemented"
        r"|available|allowed|enabled|recogni[sz]ed)",
        r"mechanism (?:is )?too weak",
        r"no (?:suitable |common |supported |worthy |such )?(?:auth\w* |sasl )?mech|no mechanism available",
        r"\blogindisabled\b",
    ),
)

# Signs of trouble on the server's side. They outrank everything that sounds like a password.
TROUBLE: tuple[Rule, ...] = (
    rule(
        "server-unavailable",
        r"temporar(?:y|ily|i)|internal (?:server |system |auth\w* |processing )?(?:error|failure|fault)",
        r"system (?:error|i/o|failure|busy)|(?<!reason )\bunavailable\b(?!-)|timed? ?out|shutdown",
        r"\bbusy\b|overload",
        r"(?:auth\w*|ldap|database|back-?end|directory|remote|proxy|account|password|user|mail) (?:server|service"
        r"|process|daemon|database|backend)s?[^.]{0,25}(?:not available|down|not responding|unreachable|fail"
        r"|error|offline)",
        r"(?:database|ldap|back-?end|\bdb|\bsql) (?:error|failure|problem|connection)",
        r"(?:server|service|system|daemon)s? (?:(?:is|are) )?(?:currently |now )?"
        r"(?:down|offline|unreachable|not available)",
        r"error (?:connecting|contacting)|failure (?:connecting|contacting)|(?:unexpected|server) error",
        r"experiencing [^.]{0,20}(?:difficult|problem|issue)|nicht (?:erreichbar|verfügbar)",
        r"connection (?:lost|to)[^.]{0,30}(?:server|backend)",
        r"(?:cannot|can't|unable to|could not|failed to) (?:connect|contact|reach|access|open|look ?up"
        r"|communicate)",
        r"unable to authenticate at present|generic failure|input/output error|\bi/o error|greylist",
        r"retry (?:later|operation)|service not available|waiting for auth|out of memory|vorübergehend",
        r"zeitweilig|temporaire|indisponible|midlertidig|tillfällig|temporal|no disponible|temporane",
        r"non disponibile|tijdelijk|временно|vremenn",
    ),
)

# A password that is named and called wrong.
WRONG_PASSWORD: tuple[Rule, ...] = (
    rule("app-password-required", r"\[authenticationfailed\] login invalid credentials"),
    rule(
        "app-password-required",
        r"^(?!_imap=bad).*(?:auth\w* ?failed|log-?in (?:failed|invalid)|invalid|incorrect|not accepted|bad (?:user"
        r"|pass))",
        stages=SIGN_IN,
        hosts=(*ICLOUD, *YAHOO),
    ),
    rule("imap-disabled", r"authentication credentials invalid", stages=SIGN_IN, hosts=GMX),
    rule(
        "password-auth-retired",
        r"^_imap(?:=no)? (?:\[[a-z]{1,20}\] )?(?:log-?[io]n|auth)",
        stages=("sign-in",),
        hosts=MICROSOFT,
    ),
    rule("oauth-token-expired", r"^_imap=no authenticate failed", stages=("",), hosts=MICROSOFT),
    rule(
        "bad-credentials",
        r"(?:incorrect|invalid|wrong|bad|unknown|false) (?:[a-z/]{1,12} ){0,3}(?:password|credentials)",
        r"(?:password|credentials|user ?names? (?:or|and|/) ?passwords?)(?: [a-z]{1,12}){0,3} (?:incorrect"
        r"|invalid|wrong|mismatch|not accepted|not match|rejected|not recogni[sz]ed|false)",
        r"\bdata 52e\b|\bpassword error\b",
        stages=SIGN_IN_OR_UNKNOWN,
    ),
)

LATER: tuple[Rule, ...] = (
    rule(
        "server-unavailable",
        r"(?:again|retry|try) (?:[a-z]{1,12} ){0,3}later|later again",
        r"(?:again|retry|try)[^.]{0,20} (?:in|after) (?:an? |some |few )?(?:\d{1,5} )?(?:few )?(?:second|minute"
        r"|hour|moment)",
        r"später|spaeter|plus tard|más tarde|mas tarde|più tardi|\bsenere\b|\bsenare\b|позже|pozzhe|pozdnee",
    ),
)
