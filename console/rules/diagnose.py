"""From an exception or a server's words to a problem of the catalogue.

The order is always the same: an error of ours that carries its code, an exception whose type says what happened,
sentences about policy, response codes, the words of providers, numbers, and at last what the stage makes likely.
"""

import errno
import imaplib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from console.rules import replies
from console.rules.phrases.api import GMAIL, GRAPH
from console.rules.phrases.entra import ENTRA
from console.rules.phrases.imap import IMAP_CODES, IMAP_JUDGEMENTS, IMAP_WORDS
from console.rules.phrases.languages import RECIPIENTS_ABROAD, WRONG_PASSWORD_ABROAD
from console.rules.phrases.library import LIBRARY, OTHER_PROTOCOL
from console.rules.phrases.oauth import OAUTH
from console.rules.phrases.sentences import LATER, POLICY, TROUBLE, WRONG_PASSWORD
from console.rules.phrases.smtp import SMTP_CODES, SMTP_PASSING, SMTP_WORDS
from console.rules.problems import CATALOGUE, UNKNOWN
from console.rules.replies import Reply
from console.rules.rule import Rule

__all__ = ["Diagnosis", "Rule", "classify", "diagnose"]

LONGEST_CHAIN = 24

# Codes that no mail server says, so that they may stand before everything that is read as a sentence.
CONSENT_RULES: tuple[Rule, ...] = (*ENTRA, *OAUTH, *GRAPH, *GMAIL)
IMAP_RULES: tuple[Rule, ...] = (
    *OTHER_PROTOCOL,
    *CONSENT_RULES,
    *POLICY,
    *IMAP_CODES,
    *TROUBLE,
    *WRONG_PASSWORD,
    *WRONG_PASSWORD_ABROAD,
    *IMAP_JUDGEMENTS,
    *LATER,
    *IMAP_WORDS,
)
SMTP_RULES: tuple[Rule, ...] = (
    *OTHER_PROTOCOL,
    *CONSENT_RULES,
    *SMTP_WORDS,
    *RECIPIENTS_ABROAD,
    *POLICY,
    *TROUBLE,
    *SMTP_PASSING,
    *WRONG_PASSWORD,
    *WRONG_PASSWORD_ABROAD,
    *LATER,
    *SMTP_CODES,
)
# Without a protocol there is no number and no status to fall back on. What libraries say is tried before any of these.
TEXT_RULES: tuple[Rule, ...] = (
    *OTHER_PROTOCOL,
    *CONSENT_RULES,
    *POLICY,
    *TROUBLE,
    *WRONG_PASSWORD,
    *WRONG_PASSWORD_ABROAD,
    *IMAP_WORDS,
    *LATER,
)

# OpenSSL's X509_V_ERR codes; what is not named here means that nobody we trust vouches for the certificate.
VERIFY_CODES = {9: "tls-expired", 10: "tls-expired", 62: "tls-hostname-mismatch", 64: "tls-hostname-mismatch"}

TLS_REASONS = (
    (
        "tls-wrong-port",
        (
            "WRONG_VERSION_NUMBER",
            "HTTP_REQUEST",
            "HTTPS_PROXY_REQUEST",
            "UNKNOWN_PROTOCOL",
            "RECORD_LAYER_FAILURE",
            "PACKET_LENGTH_TOO_LONG",
        ),
    ),
    (
        "connection-reset",
        ("UNEXPECTED_EOF_WHILE_READING", "_WHILE_IN_INIT", "_IS_SHUTDOWN", "CLOSE_NOTIFY", "BAD_RECORD_MAC"),
    ),
    ("tls-hostname-mismatch", ("UNRECOGNIZED_NAME",)),
    ("server-error", ("ALERT_INTERNAL_ERROR",)),
    ("tls-untrusted", ("CERTIFICATE_VERIFY_FAILED", "CA_MD_TOO_WEAK", "CA_KEY_TOO_SMALL", "EE_KEY_TOO_SMALL")),
)

NAME_TROUBLE = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL})

SYSTEM_ERRORS = {
    errno.ECONNREFUSED: "connection-refused",
    errno.ETIMEDOUT: "connection-timeout",
    errno.ECONNRESET: "connection-reset",
    errno.EPIPE: "connection-reset",
    errno.ECONNABORTED: "connection-reset",
    errno.EHOSTUNREACH: "network-unreachable",
    errno.ENETUNREACH: "network-unreachable",
    errno.ENETDOWN: "network-unreachable",
    errno.EADDRNOTAVAIL: "network-unreachable",
}

# For errors that were raised without a number.
CONNECTION_TYPES = (
    (ConnectionRefusedError, "connection-refused"),
    (ConnectionError, "connection-reset"),
)

UNPROVEN = frozenset({"reach", "secure", "greet", "smtp-reach", "smtp-secure", "smtp-greet"})
"""Stages in which it is not known yet that the server is the right one."""


@dataclass(frozen=True)
class Diagnosis:
    """The code of a problem and what the server said, in one line; "" where no server spoke.

    Secrets in the server's text are not masked yet: see `masking.mask`.
    """

    code: str
    server_text: str = ""


def classify(text: str | bytes, stage: str = "", *, host: str = "", rules: Sequence[Rule] = ()) -> str | None:
    """Return the problem code for a server's or library's `text`, or None when no rule knows it. Never raises.

    `stage` is the slug of the stage in which it was said, "" when that is not known; `rules` are tried first.
    """
    return _classified(replies.parse(text, stage), stage, host, rules)


def _classified(reply: Reply, stage: str, host: str, rules: Sequence[Rule] = ()) -> str | None:
    rule = deciding_rule(reply, stage, host, rules)
    return rule.code if rule else None


def deciding_rule(reply: Reply, stage: str, host: str = "", rules: Sequence[Rule] = ()) -> Rule | None:
    """Return the first rule that knows `reply` in this stage at this host."""
    line = reply.line
    table: Sequence[Rule] = {"imap": IMAP_RULES, "smtp": SMTP_RULES}.get(reply.protocol, TEXT_RULES)
    for rule in (*rules, *(LIBRARY if _bare(reply) else ()), *table):
        if rule.applies(stage, host) and rule.reads(line):
            return rule
    return None


def diagnose(error: BaseException, *, stage: str, host: str = "", rules: Sequence[Rule] = ()) -> Diagnosis:
    """Return what `error`, raised in `stage` while talking to `host`, means. Never raises.

    The error, its causes and its contexts are looked at, the outermost first. `rules` are a family's own, tried
    before the common ones.
    """
    chain = tuple(_chain(error))
    spoken = [reply for each in chain if (reply := _said(each, stage)) is not None]
    text = _shown(spoken[0]) if spoken else ""
    lines = [reply.line for reply in spoken] + ([_library_line(each) for each in chain] if rules else [])
    for rule in rules:
        if rule.applies(stage, host) and (any(map(rule.knows, chain)) or any(map(rule.reads, lines))):
            return Diagnosis(rule.code, text)
    # What the server said outranks what happened to the connection afterwards, and an error inside knows better
    # than the closed connection that a library made of it.
    found = [
        *(_own_code(each) for each in chain),
        *(_classified(reply, stage, host) for reply in spoken if not _bare(reply)),
        *(_by_type(each, stage) for each in chain),
    ]
    codes = [code for code in found if code is not None]
    best = next((code for code in codes if code != "connection-reset"), "connection-reset" if codes else UNKNOWN)
    return Diagnosis(best, text or (type(error).__name__ if best == UNKNOWN else ""))


def _own_code(error: BaseException) -> str | None:
    """Return the code that an error of ours carries; `code` means other things on other people's errors."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) and code in CATALOGUE else None


def _shown(reply: Reply) -> str:
    return reply.text if _bare(reply) else replies.without_addresses(reply.text)


def _bare(reply: Reply) -> bool:
    return not (reply.status or reply.codes or reply.number)


def _said(error: BaseException, stage: str) -> Reply | None:
    """Return the server's answer that `error` carries, or None when the words are a library's own."""
    said = getattr(error, "server_text", None)
    if isinstance(said, str) and said:
        return replies.parse(said, stage)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [answer for answer in error.recipients.values() if isinstance(answer, tuple) and len(answer) == 2]
        return replies.smtp_reply(str(answers[0][0]), answers[0][1]) if answers else None
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return replies.smtp_reply(str(error.smtp_code), said if isinstance(said, (str, bytes)) else str(said))
    if not isinstance(error, imaplib.IMAP4.error) or not error.args:
        return None
    raw = error.args[0]
    if not isinstance(raw, (str, bytes)):
        return None
    reply = replies.parse(raw, stage if stage in replies.IMAP_STAGES else "sign-in")
    if reply.protocol == "imap" and not reply.status:
        if isinstance(raw, str) and not reply.codes and any(rule.reads(reply.line) for rule in LIBRARY):
            return None
        # imaplib hands over the words of a tagged NO or of a BYE without the status itself.
        reply = replace(reply, status="BYE" if isinstance(error, imaplib.IMAP4.abort) else "NO")
    return reply


def _by_type(error: BaseException, stage: str) -> str | None:
    """Return what the type of `error` says, or its text where it is a library's; narrow types before broad ones."""
    if isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
        return None  # TLS waited for bytes, as it often does; what they brought is the failure.
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    if isinstance(error, socket.gaierror):
        return "dns-temporary" if error.errno in NAME_TROUBLE else "dns-not-found"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        words = str(error).casefold()
        return "encryption-not-offered" if "starttls" in words else "wrong-server" if "auth" in words else "client-bug"
    if isinstance(error, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)):
        return None
    if isinstance(error, TimeoutError):
        return "dns-temporary" if stage == "find-server" else "connection-timeout"
    if isinstance(error, UnicodeError):
        if stage == "find-server":
            return "dns-not-found"
        return "wrong-server" if isinstance(error, UnicodeDecodeError) and stage in UNPROVEN else "client-bug"
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException) and error.errno in SYSTEM_ERRORS:
        return SYSTEM_ERRORS[error.errno]
    for kind, code in CONNECTION_TYPES:
        if isinstance(error, kind):
            return code
    return _library(error, stage)


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        verify_code = getattr(error, "verify_code", 0)
        return VERIFY_CODES.get(verify_code) or (None if verify_code else _library(error, "secure")) or "tls-untrusted"
    if isinstance(error, (ssl.SSLZeroReturnError, ssl.SSLEOFError)):
        return "connection-reset"
    words = f"{getattr(error, 'reason', '')} {error}"
    for code, reasons in TLS_REASONS:
        if any(reason in words for reason in reasons):
            return code
    return "connection-timeout" if "timed out" in words else "tls-protocol"


def _library_line(error: BaseException) -> str:
    return Reply("text", replies.tidy(replies.plain(str(error)))).line


def _library(error: BaseException, stage: str) -> str | None:
    """Return what the words of a library say; a server's own words never come here."""
    line = _library_line(error)
    for rule in LIBRARY:
        if rule.reads(line):
            return rule.code
    if isinstance(error, (smtplib.SMTPServerDisconnected, imaplib.IMAP4.abort)):
        return "connection-reset"
    name = type(error).__name__
    if name == "ProtocolError" and isinstance(error, imaplib.IMAP4.error):
        return "wrong-server" if stage in UNPROVEN else "server-error"
    return "client-bug" if name == "IllegalStateError" else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and everything it came from, each once."""
    waiting = [error]
    seen: set[int] = set()
    while waiting and len(seen) < LONGEST_CHAIN:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = [each.__cause__, None if each.__suppress_context__ else each.__context__]
        if isinstance(each, BaseExceptionGroup):
            inner.extend(each.exceptions[:LONGEST_CHAIN])
        waiting.extend(found for found in inner if found is not None)
