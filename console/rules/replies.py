"""What a server said, taken apart: protocol, status, response codes and words.

Sources: RFC 9051 section 7.1 and RFC 5530 (IMAP status responses and response codes), RFC 5321 section 4.2 and
RFC 3463 (SMTP replies and enhanced status codes), RFC 9112 section 4 (HTTP status lines).
"""

import ast
import ipaddress
import re
import unicodedata
from dataclasses import dataclass

LONGEST = 2000
"""Characters of a server's text that are looked at; what tells failures apart stands at the beginning."""
CUT = "…"
"""Stands at the end of a text that went on."""

IMAP_STAGES = frozenset({"reach", "secure", "greet", "sign-in", "open-inbox", "find-sent", "aliases"})
SMTP_STAGES = frozenset(
    {"smtp-reach", "smtp-secure", "smtp-greet", "smtp-sign-in", "smtp-sender", "smtp-recipient", "smtp-message"}
)
WEB_CHANNELS = frozenset({"oauth", "graph", "gmail", "ews", "autodiscover"})
"""Channels that speak HTTP, whose numbers mean other things than those of SMTP."""

_BYTES_REPR = re.compile(r"""^b(['"]).*\1$""", re.DOTALL)
# imaplib and imapclient wrap what the server said in words of their own.
_BAD_WRAPPER = re.compile(r"^[A-Z]{2,20} command error: BAD \[(.*)\]$", re.DOTALL)
_COMMAND_WRAPPER = re.compile(r"^command: [A-Z]{2,20} => (.*)$", re.DOTALL)
_FAILED_WRAPPER = re.compile(r"^[a-z_]{2,20} failed: (?!.*(?:errno|_ssl\.c))(.*)$", re.DOTALL)
_SMTP_WRAPPER = re.compile(r"""^\((\d{3}), (b?['"].*['"])\)$""", re.DOTALL)

# A lower-case "no" may begin an English sentence, so it counts as a status only after a tag or an asterisk.
_IMAP_STATUS = re.compile(r"^(?:NO|BAD|BYE|PREAUTH|OK)(?=[ \[]|$)")
_IMAP_TAGGED = re.compile(r"^(?:\*|[A-Za-z]{0,8}\d{1,12}) (NO|BAD|BYE|PREAUTH|OK)(?=[ \[]|$)", re.IGNORECASE)
_IMAP_CODE = re.compile(r"^ *\[([A-Za-z][A-Za-z0-9_/-]{1,30})(?: [^\]]{0,500})?\]")
_SMTP_CODE = re.compile(r"^([2-5]\d\d)(?:[ -]|$)")
_HTTP_STATUS = re.compile(r"^(?:HTTP/\d(?:\.\d)? )?([1-5]\d\d)(?=[ :,{]|$) ?", re.IGNORECASE)
_ENHANCED = re.compile(r"^ *([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ENHANCED_IN_TEXT = re.compile(r"\(#([245]\.\d{1,3}\.\d{1,3})\)")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3})(?![\w:])"
)
_TERMINAL = re.compile(r"\x1b\[[0-9;?]{0,20}[@-~]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Reply:
    """A server's answer. `protocol` is "imap", "smtp", "http", or "text" where the answer does not show which it is.

    `codes` are IMAP response codes in upper case, `number` belongs to SMTP and HTTP, `enhanced` to SMTP; each is empty
    where the answer has none.
    """

    protocol: str
    words: str
    status: str = ""
    codes: tuple[str, ...] = ()
    number: str = ""
    enhanced: str = ""

    @property
    def line(self) -> str:
        """Return the answer in one canonical lower-case form, which the rules are written against.

        `_imap=no [authenticationfailed] words`, `_smtp 535 5.7.8 words`, `_http 403 words` or `_text words`. Underscore
        and equals sign keep protocol and status from being read as words of the sentence.
        """
        protocol = f"_{self.protocol}={self.status}" if self.status else f"_{self.protocol}"
        parts = [protocol, self.number, *(f"[{code}]" for code in self.codes), self.enhanced]
        return " ".join([*(part for part in parts if part), self.words]).casefold().strip()

    @property
    def text(self) -> str:
        """Return the answer in one line as a person reads it, as far as the libraries have kept it."""
        parts = [self.status or self.number, *(f"[{code}]" for code in self.codes), self.enhanced, self.words]
        return " ".join(part for part in parts if part)


def readable(raw: str | bytes) -> str:
    """Return `raw` as text: UTF-8 where it is, Latin-1 where not. A longer text is cut before its last word."""
    text = raw if isinstance(raw, str) else _decoded(raw[: 4 * LONGEST])
    if len(text) <= LONGEST:
        return text
    head, space, _ = text[:LONGEST].rpartition(" ")
    return (head if space and len(head) > LONGEST // 2 else text[:LONGEST]) + CUT


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # The cut itself may have torn the last character apart.
        if error.start >= len(raw) - 3 and len(raw) > LONGEST:
            return raw[: error.start].decode("utf-8")
        return raw.decode("latin-1")


def plain(raw: str | bytes) -> str:
    """Return `raw` without the wrappings of imaplib, imapclient and smtplib, with statuses and numbers kept."""
    text = readable(raw).strip()
    for _ in range(4):
        shorter = _unwrapped(text)
        if shorter == text:
            break
        text = shorter
    return text


def _unwrapped(text: str) -> str:
    if _BYTES_REPR.match(text):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text[2:-1]
        return readable(value) if isinstance(value, bytes) else text
    if text.endswith(CUT) and text.startswith(("b'", 'b"')):
        return text[2:]
    if wrapped := _BAD_WRAPPER.match(text):
        return "BAD " + _unwrapped(wrapped[1])
    if wrapped := _SMTP_WRAPPER.match(text):
        return f"{wrapped[1]} {_unwrapped(wrapped[2])}".replace("\\n", "\n")
    if wrapped := _COMMAND_WRAPPER.match(text):
        return wrapped[1]
    if wrapped := _FAILED_WRAPPER.match(text):
        return "NO " + wrapped[1]
    return text


def parse(raw: str | bytes, stage: str = "", channel: str = "") -> Reply:
    """Take `raw` apart; stage or channel decides the protocol of an answer that does not show it. Never raises."""
    text = plain(raw)
    if channel in WEB_CHANNELS:
        number = _HTTP_STATUS.match(text)
        return http_reply(number[1], text[number.end() :]) if number else Reply("text", tidy(text))
    if number := _SMTP_CODE.match(text):
        return smtp_reply(number[1], text[4:])
    tagged = _IMAP_TAGGED.match(text)
    if tagged:
        return _imap_reply(tagged[1].upper(), text[tagged.end() :])
    if (status := _IMAP_STATUS.match(text)) and stage not in SMTP_STAGES and channel != "smtp":
        return _imap_reply(status[0], text[status.end() :])
    if _IMAP_CODE.match(text) and not text.casefold().startswith("[errno") and stage not in SMTP_STAGES:
        return _imap_reply("", text)
    protocol = "imap" if stage in IMAP_STAGES else "smtp" if stage in SMTP_STAGES else "text"
    if channel in {"imap", "smtp"}:
        protocol = channel
    return Reply(protocol, tidy(text))


def http_reply(number: str, raw: str | bytes) -> Reply:
    """Return the HTTP answer with the status `number`; `raw` is whatever was said with it."""
    return Reply("http", tidy(readable(raw)), number=number)


def smtp_reply(number: str, raw: str | bytes) -> Reply:
    """Return the SMTP answer with the three digits `number`; its lines may repeat number and enhanced code."""
    text = readable(raw)
    enhanced = ""
    lines = []
    for line in text.splitlines():
        rest = line.strip()
        if rest.startswith((number + "-", number + " ")):
            rest = rest[4:]
        if found := _ENHANCED.match(rest):
            enhanced = enhanced or found[1]
            rest = rest[found.end() :]
        lines.append(rest)
    words = " ".join(lines)
    if enhanced:
        words = re.sub(rf"(?<!\S)(?:{number}[ -])?{re.escape(enhanced)}(?!\S)", " ", words)
    elif found := _ENHANCED_IN_TEXT.search(words):
        enhanced = found[1]
    return Reply("smtp", tidy(words), number=number, enhanced=enhanced)


def _imap_reply(status: str, text: str) -> Reply:
    codes: list[str] = []
    # What stands behind a code inside its brackets is left out: Google puts a link for the owner's browser there.
    while len(codes) < 8 and (found := _IMAP_CODE.match(text)):
        codes.append(found[1].upper())
        text = text[found.end() :]
    return Reply("imap", tidy(text), status=status, codes=tuple(codes))


def without_addresses(text: str) -> str:
    """Return `text` without IP addresses, which tell where somebody works or lives."""
    return _ADDRESS.sub(lambda found: CUT if _is_address(found[0]) else found[0], text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def tidy(text: str) -> str:
    """Return `text` as one printable line: no control characters, terminal colours, marks that turn its direction.

    Characters that Unicode does not know, or leaves to private use, go too: nobody can read them.
    """
    kept = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char
        for char in _TERMINAL.sub("", text)
        if unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return _SPACE.sub(" ", kept).strip()
