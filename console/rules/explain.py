"""From words that somebody reads out to a problem: what `diagnose` is to an exception, for a text that stands alone.

A text may come from a log, a page or a telephone call. Who said it and over which channel is told, or guessed from the
text itself. The surest reading decides: a code that a protocol defines before a phrase, a phrase before a number, and
*unknown* before a guess that could send the wrong person to work.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from console.rules import excerpts, replies
from console.rules.diagnose import IMAP_RULES, SMTP_RULES, TEXT_RULES
from console.rules.masking import mask
from console.rules.phrases.api import GMAIL, GRAPH
from console.rules.phrases.entra import ENTRA
from console.rules.phrases.ews_codes import AUTODISCOVER, EWS_CODES, EWS_STATUS, NOT_EWS, PAGES
from console.rules.phrases.families import FAMILIES, OTHER_CHANNEL
from console.rules.phrases.languages import SYSTEM_ABROAD
from console.rules.phrases.library import LIBRARY
from console.rules.phrases.oauth import OAUTH
from console.rules.phrases.programs import LATE, PROGRAMS
from console.rules.phrases.signs import CHANNEL_SIGNS, PROVIDER_SIGNS
from console.rules.phrases.smtp import SMTP_WORDS
from console.rules.phrases.statuses import STATUSES
from console.rules.problems import UNKNOWN, Problem, problem
from console.rules.replies import WEB_CHANNELS, Reply
from console.rules.rule import Rule
from console.rules.scrubbing import without_secrets

CHANNELS = ("imap", "smtp", "oauth", "graph", "gmail", "ews", "autodiscover", "tls", "network")

# A host that stands for the servers of each family of providers, for rules that hold at some hosts only.
PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "google": "imap.gmail.com",
        "microsoft": "outlook.office365.com",
        "exchange": "exchange.invalid",
        "yahoo": "imap.mail.yahoo.com",
        "icloud": "imap.mail.me.com",
        "zoho": "imap.zoho.com",
        "gmx-webde": "imap.gmx.net",
        "yandex": "imap.yandex.com",
        "mailru": "imap.mail.ru",
        "netease": "imap.163.com",
        "qq": "imap.qq.com",
        "godaddy": "imap.secureserver.net",
        "proton": "mail.protonmail.ch",
        "tuta": "mail.tutanota.de",
        "hey": "app.hey.com",
        "amazon": "amazonaws.com",
        "generic": "",
    }
)
ALIASES: Mapping[str, str] = MappingProxyType({"gmail": "google", "imap": "generic"})
WITHOUT_A_WAY_IN = frozenset({"proton", "tuta", "hey", "amazon"})
"""Providers that nothing can be connected to; whatever they say, the answer is the same."""

_ERRORS = (*ENTRA, *OAUTH)
_SYSTEM = (*LIBRARY, *PROGRAMS, *SYSTEM_ABROAD)
_EXCHANGE = (*AUTODISCOVER, *EWS_CODES, *NOT_EWS)
WEB_RULES: Mapping[str, Sequence[Rule]] = MappingProxyType(
    {
        "oauth": (*_ERRORS, *STATUSES),
        "graph": (*ENTRA, *GRAPH, *OAUTH, *EWS_CODES, *STATUSES),
        "gmail": (*GMAIL, *OAUTH, *STATUSES),
        "ews": (*_EXCHANGE, *_ERRORS, *EWS_STATUS),
        "autodiscover": (*_EXCHANGE, *_ERRORS, *EWS_STATUS),
        "": (*_EXCHANGE, *_ERRORS, *GRAPH, *GMAIL, *STATUSES),
    }
)
# What is told of sending in words alone; the rest of what SMTP servers say means nothing without its number.
_OF_SENDING = {"mailbox-full", "message-too-large", "send-limit-reached", "sender-not-allowed", "sender-blocked"}
SENDING: tuple[Rule, ...] = tuple(rule for rule in SMTP_WORDS if rule.code in _OF_SENDING)
WORDS: tuple[Rule, ...] = (*_SYSTEM, *_EXCHANGE, *LATE, *TEXT_RULES)


@dataclass(frozen=True)
class Explanation:
    """What a text means. `provider` and `channel` are what was told or guessed, "" where neither.

    `said` is the text as it may be shown: one line, short, and without anybody's secret.
    """

    code: str
    provider: str
    channel: str
    said: str

    @property
    def problem(self) -> Problem:
        """The entry of the catalogue."""
        return problem(self.code)


def family(name: str) -> str:
    """Return the family of providers called `name`, "" for none. Raises KeyError for a name that nobody has."""
    known = ALIASES.get(name, name)
    if known and known not in PROVIDERS:
        raise KeyError(name)
    return known


def explain(raw: str | bytes, *, provider: str = "", channel: str = "", stage: str = "") -> Explanation:
    """Return what the words `raw` of a server or a library mean. Never raises for any text.

    `provider` is a key of PROVIDERS, `channel` one of CHANNELS, `stage` a stage of a check; "" where it is not known.
    """
    # Windows writes logs in UTF-16, of which the zeros are left; in the middle of a word they hide it.
    raw = raw.replace("\0", "") if isinstance(raw, str) else raw.replace(b"\0", b"")
    said = mask(without_secrets(replies.tidy(replies.readable(raw))), ())
    if provider in WITHOUT_A_WAY_IN:
        return Explanation("unsupported-provider", provider, channel, said)
    for part in excerpts.window(raw):
        text = excerpts.loosened(part)
        who = provider or _provider(text)
        how = channel or _channel(text)
        code = _meaning(text, who, how, stage)
        if code is not None:
            return Explanation(code, who, how, said)
    return Explanation(UNKNOWN, provider, channel, said)


def _meaning(text: str, provider: str, channel: str, stage: str) -> str | None:
    host = PROVIDERS.get(provider, "")
    tried: set[tuple[int, str]] = set()
    for reply, rules in _readings(text, channel, stage):
        line = reply.line
        said = line.partition(" ")[2]
        for rule in rules:
            # A rule that does not look at the protocol finds no more in the same words the second time.
            key = (id(rule), line if rule.anchored else said)
            if key in tried or not rule.applies(stage, host, channel):
                continue
            if rule.reads(line):
                return _in_channel(rule.code, channel)
            tried.add(key)
    return None


def _in_channel(code: str, channel: str) -> str:
    """Return the problem as the channel knows it: trouble of a sign-in service has an entry of its own."""
    if channel == "oauth" and code in {"server-unavailable", "server-error"}:
        return "oauth-provider-outage"
    return code


def _readings(text: str, channel: str, stage: str) -> Iterator[tuple[Reply, Sequence[Rule]]]:
    """Yield the ways in which `text` can be read, each with the rules for it, the surest first."""
    whole = replies.parse(text, stage, channel)
    words = Reply("text", replies.tidy(replies.plain(text)))
    if channel in WEB_CHANNELS:
        yield from _web(text, whole, channel)
        return
    structured = bool(whole.status or whole.codes or whole.number)
    yield words, OTHER_CHANNEL
    if not channel and (answer := excerpts.http_only(whole)):
        # The table of SMTP would take 403 for a server that has trouble.
        yield answer, WEB_RULES[""]
        yield words, WORDS
        return
    if structured:
        yield whole, (*FAMILIES, *_table(whole))
    inner = [] if channel in {"tls", "network"} or structured else [*excerpts.smtp(text), *excerpts.imap(text)]
    if channel in {"imap", "smtp"}:
        inner.sort(key=lambda reply: reply.protocol != channel)
    for reply in inner:
        yield reply, (*FAMILIES, *_table(reply))
    yield words, FAMILIES
    if excerpts.is_page(text):
        yield from _page(text, "")
        return
    yield words, (*ENTRA, *_SYSTEM)
    if channel in {"imap", "smtp"} and not structured:
        yield whole, (*LATE, *_table(whole))
    if not channel:
        for reply in excerpts.http(text):
            yield reply, WEB_RULES[""]
    yield words, WORDS
    for reply in excerpts.enhanced(text):
        yield reply, SMTP_RULES
    if not channel:
        yield words, SENDING


def _web(text: str, whole: Reply, channel: str) -> Iterator[tuple[Reply, Sequence[Rule]]]:
    rules = WEB_RULES[channel]
    if excerpts.is_page(text):
        yield from _page(text, channel)
        return
    if not whole.number:
        yield Reply("text", whole.words), (*ENTRA, *_SYSTEM)
    yield whole, rules
    if not whole.number:
        for reply in excerpts.http(text):
            yield reply, rules
    yield Reply("text", whole.words), (*FAMILIES, *TEXT_RULES)


def _page(text: str, channel: str) -> Iterator[tuple[Reply, Sequence[Rule]]]:
    """Yield the readings of a page: what it says in words, then that it is a page where an answer belongs."""
    said = excerpts.page_words(text)
    rules = WEB_RULES[channel]
    yield Reply("text", said), (*_ERRORS, *PAGES)
    answers = [*excerpts.http(said), *excerpts.http(text)]
    for reply in answers:
        yield reply, rules
    # A number without a channel leaves open who refuses what.
    if channel or not answers:
        yield Reply("text", "<html"), TEXT_RULES


def _table(reply: Reply) -> Sequence[Rule]:
    return {"imap": IMAP_RULES, "smtp": SMTP_RULES, "http": WEB_RULES[""]}.get(reply.protocol, TEXT_RULES)


def _provider(text: str) -> str:
    return next((name for name, sign in PROVIDER_SIGNS if sign.search(text)), "")


def _channel(text: str) -> str:
    return next((name for name, sign in CHANNEL_SIGNS if sign.search(text)), "")
