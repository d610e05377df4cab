"""What IMAP servers answer: response codes, and words that only the stage gives a meaning."""

from console.rules.rule import Rule, rule

# IMAP response codes (RFC 5530, RFC 9051 section 7.1, RFC 2221 for REFERRAL, RFC 5259 for TEMPFAIL, RFC 9738 for
# MESSAGELIMIT; RFC 2449 and 3206 for the codes of POP3 that some servers use in IMAP too).
IMAP_CODES: tuple[Rule, ...] = (
    rule("server-unavailable", r"\[(?:unavailable|in-?use|tempfail|inprogress|sys/temp)\]"),
    rule("server-error", r"\[(?:serverbug|corruption|sys/perm)\]"),
    rule("password-expired", r"\[expired\]"),
    rule("tls-required", r"\[privacyrequired\]"),
    rule("rate-limited", r"\[(?:limit|throttled|messagelimit|notificationoverflow)\]"),
    rule("mailbox-full", r"\[overquota\]"),
    rule("wrong-server", r"\[referral\]"),
    rule("mailbox-not-available", r"\[nonexistent\]", stages=("open-inbox",)),
    rule("mailbox-not-available", r"\[nonexistent\].{0,80}\binbox\b"),
    rule("item-not-found", r"\[nonexistent\].{0,40}\b(?:message|uid|article)\b"),
    rule("folder-missing", r"\[(?:nonexistent|trycreate)\]"),
    rule("folder-exists", r"\[alreadyexists\]"),
    rule("item-not-found", r"\[expungeissued\]"),
    rule("mailbox-not-available", r"^_imap=no\b.*\[cannot\]", stages=("open-inbox",)),
    rule(
        "client-bug",
        r"\[(?:clientbug|cannot|parse|badcharset|toobig|bad(?:url|event|comparator)|undefined-filter|haschildren|useattr)\]",
    ),
)

# Codes that judge the person who signs in; a sign of trouble in the words outranks them.
IMAP_JUDGEMENTS: tuple[Rule, ...] = (
    rule("bad-credentials", r"\[authenticationfailed\]"),
    rule("permission-denied", r"\[(?:authorizationfailed|noperm)\]"),
    rule("account-disabled", r"\[contactadmin\]"),
)

# IMAP answers that only their words and the stage tell apart; the last ones stand for "nothing else fits".
IMAP_WORDS: tuple[Rule, ...] = (
    rule(
        "account-not-found",
        r"(?:no such|unknown|nonexistent|non-existent) (?:user|account|mailbox|address|domain|login)(?!"
        r" ?(?:name)? ?(?:or|and|/))",
        r"\b(?:user|account|mailbox|address|domain)(?: [^ ]{1,60}){0,2} (?:does not exist|doesn't exist|not found"
        r"|unknown|not known|not registered)",
        stages=("sign-in",),
    ),
    rule(
        "permission-denied",
        r"not (?:authori[sz]ed|permitted|allowed) to (?:log ?in|act|auth\w*) as",
        stages=("sign-in",),
    ),
    # An untagged BYE cuts the line; only with words about the password does it judge one.
    rule("bad-credentials", r"^_imap=bye .{0,40}(?:login|authentication) (?:failed|failure)", stages=("sign-in", "")),
    rule("connection-reset", r"^_imap=bye\b"),
    rule("client-bug", r"^_imap=bad\b", stages=("sign-in", "find-sent", "aliases")),
    rule("encryption-not-offered", r"^_imap=(?:bad|no)\b", stages=("secure",)),
    rule("encryption-not-offered", r"^_imap=(?:bad|no)\b.{0,40}\bstarttls\b.{0,20}\bnot\b", stages=("",)),
    rule("server-error", r"corrupt|damaged|mailbox has an invalid format|initiali[sz]ation error"),
    rule("server-unavailable", r"mailbox is (?:currently )?(?:locked|in use|reserved)"),
    rule("bad-credentials", r"", stages=("sign-in",)),
    rule("mailbox-full", r"over ?quota|quota exceeded|exceeded the mail quota"),
    rule(
        "permission-denied",
        r"permission denied|access denied|not authori[sz]ed|no rights?\b",
        stages=("open-inbox", "find-sent"),
    ),
    rule(
        "mailbox-not-available",
        r"does not exist|doesn't exist|non-?existent|unknown mailbox|no such|not found",
        stages=("open-inbox",),
    ),
    rule("permission-denied", r"^_imap=no .{0,60}permission denied", stages=("",)),
    rule(
        "folder-missing",
        r"^_imap=no (?:\[[a-z]{1,30}\] )?(?!.{0,40}\b(?:user|account|login|address)\b).{1,60}"
        r" (?:doesn't|does not) exist",
        stages=("",),
    ),
    rule(
        "folder-missing",
        r"mailbox (?:does not|doesn't) exist|unknown mailbox|no such (?:mailbox|folder)|non-?existent",
    ),
    # EXAMINE and SELECT are the plainest commands there are: a server that takes neither is at fault itself.
    rule("server-error", r"^_imap=bad\b", stages=("open-inbox",)),
    rule("client-bug", r"^_imap=bad\b"),
    rule(
        "bad-credentials",
        r"(?:log-?in|logon|auth\w*) (?:has )?(?:failed|failure|incorrect|rejected|unsuccessful)",
        stages=("",),
    ),
)
