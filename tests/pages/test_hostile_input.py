"""Whatever is sent to any address by anybody is answered, and never with a failure of the console.

What a view reads is not written down here. A first request without anything notes every name that was asked for; others
send values under these names that nobody sends who means well. Forms are sent as their pages show them
as well, with one field spoilt. The seed is fixed; CONSOLE_TEST_SEED tries others.
"""

import html
import os
import random
import re
from html.parser import HTMLParser
from typing import ClassVar
from urllib.parse import quote_from_bytes

import pytest
from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from tests import cases, placed
from tests.owl import OwlFamily
from tests.pages.test_access import TOKEN, Cast, routes, signed_in_again
from tests.pigeon import PigeonFamily
from tests.services.chat import SECRET

SEED = os.environ.get("CONSOLE_TEST_SEED", "7")
NUMBERS = [b"-1", b"9223372036854775808", b"1" + b"0" * 30, "²".encode()]
BYTES = [b"\0", b"a\0b", b"1\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[31m", b"a\r\nBcc: eve@evil.test", b"/\0", b"a\nb"]
WORDS = [
    *(b"", b" ", b"0", b"+1", b"1.5", b"1e9", b"nan", b"0001", b"2147483648", b"9" * 5000, b"24:00", b"65536"),
    *(b"true", b"me", b"held", b"tls", b"hour", b"whsec_", b"whsec_A"),
    *(text.encode() for text in ("\u0663", "\uff11", "\u202egnp", "\u2028", "\ufeff", "é" * 5000, "ß@bär.test")),
    *(b"%", b"_", b"%(x)s %s", b"{{ 7*7 }}", b"\\", b"'", b'"', b"'; --", b"<script>", b"../../etc/passwd", b"a" * 300),
    *(b"@", b"a@", b"a@b@c", b"a@.", b"a@xn--", b"a@[::1]", b"a@" + b"b" * 300, b"=?utf-8?q?a?=@b.test"),
    *(b"incident-1", b"episode-1", b"episode-999999999", b"incident-0", b"/help-desk", b"//evil.test", b"/%0d"),
    *(b"0001-01-01T00:00", b"9999-12-31T23:59", b"2026-02-30T10:00", b"https://x.test/\r\nHost: y", b"javascript:1"),
    *(b"https://[::1", b"https://[::1]:99999/", b"https://x:y/", b"https://a@b/", b"http://0x7f.1/"),
    *(b"https://" + b"a" * 3000, "https://\u2100.com/".encode(), b"-a.test", b"xn--a", b"[::1]", b"a" * 64 + b".test"),
    *(b".", b"..", b"a..b", "mäil.acme.test".encode()),
]  # fmt: skip
KINDS = (NUMBERS, BYTES, WORDS)
PATHS = [
    *("0", "-1", "2147483648", "9" * 40, "%00", "a%00b", "%FF", "%ED%A0%80", "%E2%80%AE", "%D9%A3", "%0d%0a", "%2F"),
    *("incident-1", "episode-1", "episode-999999999", "a" * 3000, "..", "xn--", "%C3%A9.test", "a..b", "%25"),
]  # fmt: skip
HEADERS = [
    {},
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Current-URL": "http://[::1"},
    {"Host": "[::1"},
    {"Referer": "http://[::1"},
    {"Cookie": "console-link=\xff"},
    {"Sec-Fetch-Site": "\xff", "Accept-Language": "xx-\x80,*;q=nan"},
]
# What a form's empty fields are filled with, so that the spoilt one is what decides.
FILLED = {
    "email": "new@acme.test",
    "address": "new@acme.test",
    "name": "New",
    "host": "smtp.acme.test",
    "sender": "it@acme.test",
    "url": "https://chat.test/1",
    "secret": SECRET,
    "text": "hello",
    "until": "2026-11-24T10:00",
}
SHOWN = (
    *("/overview", "/inboxes", "/help-desk", "/notices", "/account", "/connect", "/connect/link", "/explain"),
    *("/settings/checks", "/settings/notices", "/settings/notices/webhooks/new"),
)


@pytest.fixture
def families():
    pigeons = PigeonFamily()
    pigeons.successor = "owl"
    return (pigeons, OwlFamily())


class Noting(ImmutableMultiDict):
    """What came with a request; notes the names that were asked for."""

    asked: ClassVar[set[str]] = set()

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)

    def get(self, key, *args, **named):
        self.asked.add(key)
        return super().get(key, *args, **named)


class NotingRequest(Request):
    parameter_storage_class = Noting


class Forms(HTMLParser):
    """The forms of a page that are sent, each with the address it goes to and what its fields hold."""

    def __init__(self, page):
        super().__init__()
        self.found, self._select = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.found.append((given.get("action") or "", {}) if given.get("method") == "post" else ("", {}))
        elif self.found and tag in {"input", "textarea"} and given.get("name"):
            name = given["name"]
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.found[-1][1][name] = given.get("value") or FILLED.get(name, "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self.found and ("selected" in given or self._select not in self.found[-1][1]):
            self.found[-1][1][self._select] = given.get("value", "")


def encoded(pairs):
    return "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs)


def spoilt(chance, names, kind):
    """Return values that nobody means well with under most of the names, some of them twice."""
    wanted = [name for name in sorted(names) if chance.random() < 0.9]
    return [(name, chance.choice(kind)) for name in wanted for _ in range(chance.choice([1, 1, 2]))]


def failed(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


@pytest.mark.timeout(180)  # Every route is asked four times, which is slow on a machine that does other things as well.
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("role", ["admin", "member", "signed out"])
def test_no_address_fails_whatever_is_sent_to_it(app, ctx, browser, window, alice, bob, caplog, role, method):
    app.request_class = NotingRequest
    chance, first = random.Random(f"{SEED} {role} {method}"), alice if role == "admin" else bob
    cast, epoch, broken = Cast(ctx, alice, first, role), None, []

    for name, rule in sorted(routes(app).items()):
        if method not in name or rule.endpoint in {"static", "sign_in.sign_out", "account.sign_out_everywhere"}:
            continue
        names = set()
        for turn, kind in enumerate(([], *KINDS)):
            person = signed_in_again(ctx, first)
            if epoch != person.epoch:
                visitor, epoch = browser() if role == "signed out" else window(person), person.epoch
                opened = TOKEN.search(visitor.get("/sign-in" if role == "signed out" else "/account").text)
            values = {key: str(value) for key, value in cast.values(rule).items()}
            if turn and values and chance.random() < 0.3:
                values[chance.choice(sorted(values))] = chance.choice(PATHS)
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found, known=values: known[found[1]], rule.rule)
            token = ("csrf_token", html.unescape(opened[0]).encode() if opened else b"")
            sent = {
                "query_string": encoded(spoilt(chance, names, kind)),
                "headers": chance.choice(HEADERS) if turn else {},
            }
            if method == "POST":
                sent |= {"data": encoded([token, *spoilt(chance, names, kind)])}
                sent |= {"content_type": "application/x-www-form-urlencoded"}
            Noting.asked = set()
            with visitor.client.open(address, method=method, **sent) as answer:
                if answer.status_code >= 500 or failed(caplog):
                    broken.append((name, address, sent, failed(caplog)))
            caplog.clear()
            names |= Noting.asked - {"csrf_token"}
            if turn and not names:
                break

    assert broken == []


def test_no_form_fails_with_one_field_spoilt(ctx, window, alice, bob, hanne, caplog):
    chance, broken, tried = random.Random(SEED), [], set()
    boxes = [placed.inbox(ctx, bob, f"box{number}@acme.test", problem="bad-credentials") for number in range(4)]
    paths = [*SHOWN, f"/help-desk?case={cases.episode(ctx, boxes[0])}", f"/inboxes/{boxes[0]}"]
    cases.incident(ctx, boxes[1:])
    placed.notice(ctx, "hostile:1")
    paths += [f"/settings/notices/webhooks/{placed.webhook(ctx, alice)}"]

    for actor in (alice, hanne):
        visitor = window(actor)
        for path in paths:
            for action, fields in Forms(visitor.client.get(path).text).found:
                names = sorted(set(fields) - {"csrf_token"})
                if not action or not names or "sign-out" in action or (actor.id, action) in tried:
                    continue
                tried.add((actor.id, action))
                for _ in range(3):
                    sent = {
                        **{key: value.encode() for key, value in fields.items()},
                        chance.choice(names): chance.choice(chance.choice(KINDS)),
                    }
                    answer = visitor.client.post(
                        action, data=encoded(sent.items()), content_type="application/x-www-form-urlencoded"
                    )
                    if answer.status_code not in {303, 404, 422} or failed(caplog):
                        broken.append((action, sent, answer.status_code, failed(caplog)))
                    caplog.clear()

    assert len(tried) > 15
    assert broken == []
