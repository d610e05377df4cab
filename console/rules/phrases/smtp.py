"""What SMTP servers answer, as data: words, enhanced status codes and the three digits.

Sources: RFC 3463, RFC 4954, RFC 5248 and the IANA registry of enhanced status codes; Microsoft's list of
non-delivery reports for the codes it added.
"""

from console.rules.rule import Rule, rule

CONNECT = ("smtp-reach", "smtp-secure", "smtp-greet")
AUTH = ("smtp-sign-in",)
AUTH_OR_UNKNOWN = ("smtp-sign-in", "")
SENDING = ("smtp-send", "smtp-sender", "smtp-recipient", "smtp-message")
NOT_AUTH = ("", "smtp-reach", "smtp-secure", "smtp-greet", *SENDING)

# Words that say more than the number in front of them.
SMTP_WORDS: tuple[Rule, ...] = (
    rule("wrong-server", r"^_smtp 500 line too long"),
    rule(
        "wrong-server",
        r"^_smtp 50\d .{0,20}auth(?:entication)?(?: command)?(?: is)?(?: used when)? not (?:enabled|available"
        r"|advertised|offered|supported)",
        r"^_smtp 5.*(?:no smtp service here|does not accept mail)",
    ),
    # The message is judged, not who sends it.
    rule("message-rejected", r"^_smtp 55\d.*message is likely unsolicited"),
    rule("rate-limited", r"^_smtp 5\d\d .{0,20}(?:connection|ip) frequency limited"),
    rule(
        "client-bug",
        r"(?:helo|ehlo) (?:command rejected|first|required)|need fully-qualified|\brcpthosts\b",
        r"too many unauthenticated commands",
    ),
    rule("message-rejected", r"^_smtp 5.*mail ?policy violation"),
    rule("sender-not-allowed", r"^_smtp 5.*sender address rejected: (?:domain|user|address)", stages=NOT_AUTH),
    rule(
        "sender-blocked",
        r"blocked using|spamhaus|\bdnsbl\b|\brbl\b|black-?list|block ?list|unsolicited mail",
        r"\[tss\d\d\].{0,80}permanent|client host rejected",
        r"bad outbound sender|banned send(?:ing|er)|exceeded threshold|traffic not accepted",
        r"(?:reverse dns|\bptr\b|\brdns\b)|poor reputation|sending (?:has been |is )?(?:blocked|suspended)",
        r"low reputation|find your (?:reverse )?host ?name|reverse (?:host ?name|lookup)|unusual sending activity",
        r"spamcop",
        r"^_smtp 5\d\d(?: 5\.\d{1,3}\.\d{1,3})? (?:\[[^\]]{0,60}\] )?(?:blocked|banned)\b|barracudacentral|dnsrbl",
        r"senderscore|(?:from|address|host|ip) \[?[\da-f.:]{7,45}\]? (?:is |was |has been )?(?:blocked|banned)",
        r"\b(?:outgoing|outbound) (?:e-?)?mail\b.{0,80}(?:suspended|blocked|disabled)",
        r" 5\.7\.(?:50[1-3]|511|60\d|7\d\d)(?!\d)| 5\.1\.8\b| [45]\.7\.28\b",
    ),
    rule(
        "message-too-large",
        r"size limit|size exceed|exceed\w{0,2}[^.]{0,30}size|message (?:is )?too (?:large|big|long)",
        r" 5\.3\.4\b| 5\.2\.3\b",
    ),
    # The limits of somebody else's mailbox.
    rule("server-unavailable", r"^_smtp 4.*(?:recipient (?:has )?exceeded|is receiving mail)"),
    rule("rate-limited", r"^_smtp 4.*(?:too much mail|too fast|slow down|too quickly|rate exceeded)"),
    rule(
        "send-limit-reached",
        r"(?:daily|hourly|sending|send|outgoing|submission|relay|messages?)(?: [a-z]{1,12}){0,2} (?:limit|quota)",
        r"(?:exceeded|reached) (?:your |the )?(?:daily|hourly|sending|number|maximum number|limit)",
        r"too many recipients|exceeded the max(?:imum)?\b|(?:mails?|messages|recipients) per (?:hour|day|minute)",
        r"domain frequency limited|(?:sending|submission) ?quota",
        r" 5\.4\.5\b| 5\.1\.90\b| [45]\.5\.3\b| 5\.7\.23[236]\b",
    ),
    rule(
        "mailbox-full",
        r"mailbox (?:is )?full|over ?quota|(?:disk|mail|mailbox|storage) quota|quota (?:limit )?exceeded| [45]\.2\.2\b",
        r"(?:allowed|exceeded) storage|postfach (?:ist )?voll",
    ),
    # A server that doubts for now says so with a 4; a person would be sent to mend what mends itself.
    rule(
        "server-unavailable",
        r"^_smtp 4.*(?:sender (?:address|verif|rejected|is|not)|from address|mail from|send ?as|on behalf|not owned)",
        r"^_smtp 4.*(?:not (?:allowed|permitted|authori[sz]ed) to send|permissions? to send|\bresolver\.)",
        r"^_smtp 4.*(?:domain not found|relaying disallowed|not local sender|address is not verified)",
        r"^_smtp 4.*\b(?:mailbox|recipient)\b.{0,60}\b(?:disabled|suspended|inactive|unknown)",
        stages=NOT_AUTH,
    ),
    # Exchange's names for what stands in the way of a recipient, beside sentences that speak of the sender.
    rule("recipient-rejected", r"^_smtp 5.*\bresolver\.(?:adr|rst)\.(?!\w{0,8}size)", stages=NOT_AUTH),
    rule(
        "sender-not-allowed",
        r"send ?as ?denied|not (?:allowed|permitted|authori[sz]ed) to send|permissions? to send (?:as|on behalf|for)",
        r"sender address (?:is |was )?(?:rejected|not (?:permitted|allowed|authori[sz]ed|accepted))",
        r"not owned by|from address not",
        r"sender (?:is )?not (?:allowed|owned|authori[sz]ed|verified)|sender verify| 5\.2\.252\b",
        r"address is not verified|from address is not|not local sender",
        r"mail from (?:address )?must (?:be |equal)|relaying disallowed as",
        r"not one of your addresses",
        r" 5\.7\.60\b| 5\.1\.7\b",
        stages=NOT_AUTH,
    ),
    rule(
        "client-bug",
        r"relay(?:ing)? (?:access )?(?:denied|not permitted|not allowed|prohibited)|relaying is denied",
        r"unable to relay|not permitted to relay|authentication (?:is )?required|must (?:be )?authenticate| 5\.7\.57\b",
        r" 5\.7\.64\b",
    ),
    rule(
        "recipient-rejected",
        r"^_smtp 5(?!3).*(?:user unknown|unknown user|no such (?:user|recipient|mailbox|person)|recipient (?:address"
        r" )?(?:rejected|unknown|not found)|invalid recipient|mailbox (?:not found|unavailable|unknown)|user not"
        r" found|invalid mailbox|no longer on server|cannot be delivered|does not exist"
        r"|not accepting (?:messages|mail)|doesn't have an? [^ ]{1,60} account|unrouteable address)",
        stages=NOT_AUTH,
    ),
    # RFC 3463 and RFC 7504 (556); the long numbers are those of Microsoft's list of non-delivery reports.
    rule(
        "recipient-rejected",
        r"^_smtp 5\d\d (?:5\.1\.(?:[12346]|10)|5\.4\.(?:1|4|310)|5\.2\.[14])(?!\d)",
        r"^_smtp 5\d\d 5\.7\.(?:2|1[78]|12\d|13[0-8]|50[457]|510)(?!\d)",
        r"^_smtp 5\d\d 5\.1\.0(?!.*(?:sender|from|auth))|^_smtp (?:51[012]|551|556)\b",
        stages=NOT_AUTH,
    ),
    rule("client-bug", r" 5\.7\.506\b"),
    rule("rate-limited", r" 5\.7\.508\b"),
    rule(
        "message-rejected",
        r"^_smtp 55\d.*(?:spam|\bdt:spm\b|content|unauthenticated|dmarc|\bspf\b|\bdkim\b|\bvirus|policy"
        r"|message rejected)",
        r"^_smtp 55\d (?:5\.7\.(?:2\d|[567]|509|51[25]|520)|5\.6\.\d{1,2}|5\.1\.20)(?!\d)|^_smtp 541\b",
        r"^_smtp 55\d 5\.7\.[01] .*\b(?:message|content|delivery)\b.{0,40}(?:reject|refus|not accept|denied|prohibit)",
        stages=NOT_AUTH,
    ),
)

# After the sentences about policy: a password is not wrong as long as a server says that it may be right later.
SMTP_PASSING: tuple[Rule, ...] = (
    rule("server-unavailable", r"^_smtp 4\d\d\b.*(?:passwor|kennwort|credentials|auth|log-?in|user ?name)"),
)

# The first digit of either code decides: 4 heals by itself, 5 does not.
SMTP_CODES: tuple[Rule, ...] = (
    rule("client-bug", r"^_smtp 53[45] 5\.5\.[1245]\b"),
    rule("password-expired", r"^_smtp 432 .{0,60}password| 4\.7\.12\b"),
    rule("server-unavailable", r"^_smtp 4\d\d\b|^_smtp \d{3} 4\.\d"),
    rule("encryption-not-offered", r"^_smtp 50\d\b", stages=("smtp-secure",)),
    rule("tls-required", r"^_smtp (?:523|538)\b| 5\.7\.1[01]\b"),
    # The system of the server or the way behind it (RFC 3463, 3.4 and 3.5): nobody who signs in did that.
    rule("server-error", r"^_smtp 5\d\d 5\.(?:3\.[0-3568]|4\.(?:[02367]|14|3\d\d))(?!\d)"),
    rule("account-disabled", r"^_smtp 525\b| 5\.7\.13\b"),
    rule("web-login-required", r" 5\.7\.14\b", stages=AUTH_OR_UNKNOWN),
    rule("password-auth-retired", r" 5\.7\.30\b"),
    rule(
        "account-not-found",
        r"(?:no such|unknown) (?:user|account|mailbox|domain)(?! ?(?:name)? ?(?:or|and|/))",
        r"(?:user|account|mailbox)(?: [^ ]{1,60}){0,2} (?:does not exist|doesn't exist|not found)",
        stages=AUTH,
    ),
    rule("bad-credentials", r"^_smtp 535\b| 5\.7\.8\b| 5\.7\.3\b"),
    rule(
        "bad-credentials",
        r"^_smtp 5.{0,12}(?:error: )?(?:auth\w* (?:has )?(?:failed|failure|unsuccessful|rejected|denied)|log-?in"
        r" (?:failed|incorrect|denied))",
        stages=AUTH_OR_UNKNOWN,
    ),
    rule("auth-mechanism-unsupported", r"^_smtp (?:504|534)\b| 5\.7\.[49]\b", stages=AUTH_OR_UNKNOWN),
    rule("wrong-server", r"^_smtp (?:50\d|-1)\b", stages=("smtp-reach",)),
    rule("client-bug", r"^_smtp (?:50\d|530|555)\b| 5\.5\.[0-46]\b"),
    rule("sender-blocked", r"^_smtp 55\d.*(?:access denied|rejected|blocked|refused)", stages=CONNECT),
    # A server that takes no mail at all greets with 554 (RFC 5321, 3.1).
    rule("wrong-server", r"^_smtp 55\d\b", stages=CONNECT),
    rule("sender-not-allowed", r"^_smtp 553\b", stages=NOT_AUTH),
    rule("message-too-large", r"^_smtp 552\b", stages=NOT_AUTH),
)
