"""Mail as it goes over the line: two versions that say the same, and headers that hold whatever comes."""

import email
import re
from base64 import b64encode
from datetime import UTC, datetime
from email import policy
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.providers.letters import Envelope, html, message, plain
from console.rules.letter import Letter, Line, Part

LETTER = Letter(
    "bob@acme.test can no longer be read",
    (
        Line(Part.TEXT, "We can no longer sign in to your mailbox bob@acme.test."),
        Line(Part.BUTTON, "Reconnect", "https://inbox.acme.test/reconnect/abc?x=1&y=2"),
        Line(Part.TITLE, "Blåbær <& more>"),
        Line(Part.LINK, "What this means", "https://inbox.acme.test/help/bad-credentials"),
        Line(Part.SMALL, "You get this because the inbox is yours."),
    ),
    organisation="Acme A/S",
)


def envelope(**changes):
    known = {
        "sender": "console@acme.test",
        "sender_name": "Acme A/S",
        "recipient": "bob@acme.test",
        "key": "notice.7",
        "at": datetime(2026, 11, 23, 9, 12, tzinfo=UTC),
    }
    return Envelope(**{**known, **changes})


def read(data):
    return email.message_from_bytes(data, policy=policy.default)


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._inside = [], False

    def handle_starttag(self, tag, attrs):
        self._inside = tag != "head" and (self._inside or tag == "body")
        self.found += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        if self._inside:
            self.found.append(data)


def words(page):
    reader = Words()
    reader.feed(page)
    return set(re.findall(r"\S+", " ".join(reader.found)))


def test_text_and_html_say_the_same():
    text = set(re.findall(r"\S+", plain(LETTER).replace(":\n", "\n").replace("-- \n", "")))

    # The page shows the subject and whose console it is as well; a mail program shows those above a plain text.
    assert words(html(LETTER)) == text | set(LETTER.subject.split()) | set(LETTER.organisation.split())


def test_a_mail_holds_both_and_says_that_a_program_wrote_it():
    mail = read(message(LETTER, envelope()))

    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<notice.7@acme.test>"
    assert mail["Date"] == "Mon, 23 Nov 2026 09:12:00 +0000"
    assert mail["From"].addresses[0].display_name == "Acme A/S"
    assert "Blåbær <& more>" in mail.get_body(("plain",)).get_content()


def test_html_escapes_what_is_not_ours():
    assert "<& more>" not in html(LETTER)
    assert "https://inbox.acme.test/reconnect/abc?x=1&amp;y=2" in html(LETTER)


def test_every_line_is_short_enough_and_ends_as_smtp_wants():
    data = message(Letter("x" * 500, (Line(Part.TEXT, "y" * 5000),)), envelope())

    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert data.isascii()


@given(st.text(), st.text())
def test_no_subject_and_no_name_adds_a_header(subject, name):
    mail = read(message(Letter(subject, LETTER.lines), envelope(sender_name=name)))

    assert set(mail.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "MIME-Version",
        "Content-Type",
    }
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1


def test_a_header_in_a_subject_stays_words():
    mail = read(message(Letter("Hello\r\nBcc: eve@evil.test", LETTER.lines), envelope()))

    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: eve@evil.test"


def as_b(text):
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def as_q(text):
    return f"=?utf-8?q?{quote(text, safe='').replace('%', '=')}?="


@pytest.mark.parametrize("hidden", ["\r\nBcc: eve@evil.test\r\n\r\nOther words", '" <eve@evil.test>', "\u202egnp.exe"])
@pytest.mark.parametrize("encode", [as_b, as_q])
def test_an_encoded_word_in_a_name_or_a_subject_is_not_decoded_into_a_header(hidden, encode):
    word = encode(hidden)

    mail = read(message(Letter(f"The webhook {word} is off", LETTER.lines), envelope(sender_name=f"{word} Acme")))

    assert mail["Bcc"] is None
    assert mail["Subject"] == f"The webhook {word} is off".replace("=?", "= ?")
    assert [one.addr_spec for one in mail["From"].addresses] == [envelope().sender]
    assert mail.is_multipart()


@pytest.mark.parametrize("name", ["Acme, <eve@evil.test>", "Eve: eve@evil.test;"])
def test_a_name_that_fills_the_line_stays_one_name(name):
    long = f"{name} and everybody else at Nordlys Ejendomme A/S"

    mail = read(message(LETTER, envelope(sender_name=long)))

    (sender,) = mail["From"].addresses
    assert sender.addr_spec == envelope().sender


@pytest.mark.parametrize(
    "address",
    [
        "bob@acme.test\r\nBcc: eve@evil.test",
        "=?utf-8?q?a=0d=0abcc=3aeve=40evil.test?=@acme.test",
        "bob@acme.test, eve@evil.test",
        "<bob@acme.test>",
        "bob",
        "bøb@acme.test",
    ],
)
def test_an_address_that_is_more_than_one_address_is_refused(address):
    with pytest.raises(ValueError, match="no address"):
        message(LETTER, envelope(recipient=address))
