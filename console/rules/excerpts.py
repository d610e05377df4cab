"""The answer of a server inside what programs print around it: logs, tracebacks, quoted exceptions, pages.

Programs put the words of a server between words of their own: smtplib prints a tuple, imaplib bytes, urllib3 a chain of
exceptions, MailKit a number with a colon, a web server a page. Every pattern here is anchored on a code that protocols
define, and repeats within bounds, so that the time grows with the length of the text only.
"""

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from console.rules import replies
from console.rules.replies import LONGEST, Reply

END = 1000
"""Characters that are read at the end of a text that is longer than what is read at its beginning."""

# Numbers that SMTP has and HTTP has not, or that come with an enhanced code: RFC 5321 4.2.3, RFC 4954 6, RFC 7504.
_SMTP_NUMBERS = r"(?:421|43[0-5]|45[0-8]|52[1345]|53[0-8]|541|55[0-6]|571)"
_SMTP_TUPLE = re.compile(r"\(([245]\d\d), ?(b?)(['\"])(.{0,1600})", re.DOTALL)
_SMTP_ENHANCED = re.compile(r"(?<![\w.:/-])([245]\d\d)(?:[ :-]{1,3}|\\?[\"']: ?)(?=#?[245]\.\d{1,3}\.\d{1,3}(?![\d.]))")
# Without an enhanced code, something has to introduce the number: "535 Main Street" is an address.
_SMTP_PLAIN = re.compile(
    r"(?:^|(?<=[\"'(:>=\[,])|(?<=[:,;=><|\]-] )|(?<=code )|(?<=with )|(?<=error )|(?<=said )|(?<=reply )|(?<=erver ))"
    rf"({_SMTP_NUMBERS})(?:[ -]|: |\] |, ?['\"]|\) ?:? )(?=[\w<\[(])",
    re.IGNORECASE,
)
_ENHANCED_ALONE = re.compile(r"(?:^|(?<=[\s\"'(:>=\[#]))([45]\.\d{1,3}\.\d{1,3})(?=[\s:;,)\]]|$)")

# RFC 5530, RFC 9051 7.1, and what Gmail, Yahoo and Dovecot added.
_CODES = (
    r"\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|UNAVAILABLE|EXPIRED|PRIVACYREQUIRED|CONTACTADMIN|NOPERM|INUSE"
    r"|EXPUNGEISSUED|CORRUPTION|SERVERBUG|CLIENTBUG|CANNOT|LIMIT|OVERQUOTA|ALREADYEXISTS|NONEXISTENT|ALERT|WEBALERT"
    r"|TRYCREATE|THROTTLED|SYS/TEMP|SYS/PERM|AUTH|BADCHARSET|UNKNOWN-CTE|TOOBIG|REFERRAL)[\] ]"
)
_IMAP_STATUS = re.compile(
    rf"(?:(?:^|(?<=[\s\"'(:]))(?:\* |[A-Za-z]{{0,8}}\d{{1,12}} ))?(?:^|(?<=[\s\"'(:]))(?:NO|BAD|BYE) "
    rf"(?={_CODES}|[A-Z(])"
)
_IMAP_CODE = re.compile(_CODES)
_IMAP_BYTES = re.compile(
    r"\b(?:IMAP4\w{0,8}\.)?(error|abort|readonly|LoginError)(?:: |\()b(['\"])(.{1,1600})", re.DOTALL | re.IGNORECASE
)

_HTTP = re.compile(
    r"\bHTTP/\d(?:\.\d)?[ \"]{1,2}(?P<line>[1-5]\d\d)\b"
    r"|\b(?:status|response|error|result)[ _-]?(?:code)?['\"]?(?: does not indicate success)?(?: was| is| of)?"
    r"[ :=(]{1,3}(?P<status>[1-5]\d\d)\b"
    r"|\bHTTP[ _-]?(?:error|status|code|response)?[ :=(]{0,3}(?P<http>[1-5]\d\d)\b"
    r"|\bcode['\"]?[ :=]{1,3}(?P<code>[1-5]\d\d)\b"
    r"|(?:^|(?<=[\s(\[>]))(?P<named>[45]\d\d)[):\]]{0,2} (?:-? ?)(?:Client Error|Server Error|Unauthori[sz]ed|Forbidden"
    r"|Not Found|Method Not Allowed|Too Many Requests|Internal Server Error|Bad Gateway|Service Unavailable"
    r"|Service Temporarily Unavailable|Gateway Time-?out|Proxy Authentication)\b"
    r"|\bHttpError (?P<google>[45]\d\d)\b"
    r"|[:\"'>] ?(?P<after>[45]\d\d)(?=:? ?\{| [A-Z]|: [A-Z]|[\"'])",
    re.IGNORECASE,
)
# Numbers that SMTP does not have, and reasons of HTTP beside numbers that both have.
_HTTP_NUMBER = re.compile(r"4[01]\d|42[2-9]|44\d|456|499|50[5-9]|51\d")
_HTTP_REASON = re.compile(
    r"(?:- )?web server|internal ?server ?error|bad ?gateway|service ?unavailable|gateway ?time|unknownerror",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?:script|style)\b[^<]{0,4000}|<[^<>]{0,400}>", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype html|html|head|body|title)\b", re.IGNORECASE)
_QUERY = re.compile(r"\berror(?:_[a-z]{1,20})?=[^\s&]{0,400}")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_BYTES = re.compile(r"(?:\\x[0-9a-fA-F]{2}){2,400}")
# .NET tells of a sign-in and of encryption in one sentence, whatever the server said.
_RESPONSE = re.compile(r"\bserver response was: (?=\S)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\[\"'/]|\\[rn](?![a-z]{0,3}ew)")


def window(raw: str | bytes) -> tuple[str, ...]:
    """Return the parts of `raw` that are read: all of a short text, the beginning and the end of a long one.

    A traceback says what happened in its last line, a server in its first.
    """
    if len(raw) <= LONGEST:
        return (replies.readable(raw),)
    end = raw[-END:]
    return replies.readable(raw), end if isinstance(end, str) else end.decode("utf-8", "replace")


def loosened(text: str) -> str:
    """Return `text` without the escapes of JSON, HTML and query strings around the words of a server."""
    text = _RESPONSE.split(text, maxsplit=1)[-1]
    if "&quot;" in text or "&#" in text or "&lt;" in text:
        text = html.unescape(text)
    if _QUERY.search(text) and ("%" in text or "+" in text):
        text = unquote_plus(text)
    text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
    text = _BYTES.sub(lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "replace"), text)
    return _ESCAPED.sub(lambda found: " " if found[0][1] in "rn" else found[0][1], text)


def is_page(text: str) -> bool:
    """Return whether `text` is, or holds, a page made for people."""
    return _PAGE.search(text) is not None


def page_words(text: str) -> str:
    """Return what a page says to people, without its markup."""
    return replies.tidy(html.unescape(_TAG.sub(" ", text)))


def smtp(text: str) -> Iterator[Reply]:
    """Yield the SMTP answers that stand inside `text`, the surest first."""
    if found := _SMTP_TUPLE.search(text):
        body = found[4].split(found[3] + ")")[0].split(found[3] + ",")[0]
        yield replies.smtp_reply(found[1], body.replace("\\n", "\n").replace("\\r", ""))
    if found := _SMTP_ENHANCED.search(text):
        yield replies.smtp_reply(found[1], text[found.end() :].lstrip("#"))
    if found := _SMTP_PLAIN.search(text):
        yield replies.smtp_reply(found[1], text[found.end() :])


def enhanced(text: str) -> Iterator[Reply]:
    """Yield the answer that an enhanced status code alone stands for; its first digit gives the number."""
    if found := _ENHANCED_ALONE.search(text):
        yield replies.smtp_reply("450" if found[1][0] == "4" else "550", text[found.start(1) :])


def imap(text: str) -> Iterator[Reply]:
    """Yield the IMAP answers that stand inside `text`, the surest first."""
    if found := _IMAP_BYTES.search(text):
        status = "BYE" if found[1].casefold() == "abort" else "NO"
        said = replies.parse(found[3].split(found[2] + ")")[0].rstrip("'\""), channel="imap")
        yield said if said.status else Reply("imap", said.words, status=status, codes=said.codes)
    if found := _IMAP_STATUS.search(text):
        yield replies.parse(text[found.start() :], channel="imap")
    if found := _IMAP_CODE.search(text):
        yield replies.parse("NO " + text[found.start() :], channel="imap")


def http_only(reply: Reply) -> Reply | None:
    """Return what was read as an SMTP answer as the HTTP answer that it can only be, or None."""
    if reply.protocol != "smtp" or reply.enhanced:
        return None
    number = _HTTP_NUMBER.fullmatch(reply.number) or (reply.number < "505" and _HTTP_REASON.match(reply.words))
    return replies.http_reply(reply.number, reply.words) if number else None


def http(text: str) -> Iterator[Reply]:
    """Yield the HTTP answers that `text` tells of, each with all of the words."""
    for found in _HTTP.finditer(text):
        number = next(value for value in found.groups() if value)
        if number[0] in "345":
            yield replies.http_reply(number, text)
            return
