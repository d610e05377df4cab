import base64
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.rules.masking import MASK, mask

SECRET = 'hunter2 "\\ok'
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="•…"), max_size=80)
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="•…"), min_size=4, max_size=30
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_secret_said_back_by_the_server_is_masked():
    assert mask(f"NO no user with {SECRET} here", [SECRET]) == f"NO no user with {MASK} here"


def test_a_secret_quoted_as_imap_does_is_masked():
    quoted = SECRET.replace("\\", "\\\\").replace('"', '\\"')
    assert mask(f'BAD LOGIN "me" "{quoted}"', [SECRET]) == f'BAD LOGIN "me" "{MASK}"'


def test_a_secret_in_base64_is_masked():
    assert mask(f"535 what is {encoded(SECRET)}", [SECRET]) == f"535 what is {MASK}"


def test_a_sasl_plain_string_is_masked_whole():
    said = encoded("\0me@example.com\0" + SECRET)
    assert mask(f"501 cannot read {said}", [SECRET]) == f"501 cannot read {MASK}"


def test_a_basic_authorization_of_user_and_password_is_masked():
    said = encoded("me:" + SECRET)
    assert mask(f"Authorization: Basic {said}", [SECRET]) == f"Authorization: Basic {MASK}"


def test_a_short_password_inside_sasl_plain_is_masked():
    said = encoded("\0me@example.com\0ab")
    assert mask(f"501 cannot read {said}", ["ab"]) == f"501 cannot read {MASK}"


def test_sasl_strings_are_left_out_even_when_the_secret_is_not_known():
    assert mask("BAD AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", []) == f"BAD AUTHENTICATE PLAIN {MASK}"


@pytest.mark.parametrize("written", ["h%C3%A6mmelig%21", "h\\u00e6mmelig!", "hÃ¦mmelig!", "h\\xc3\\xa6mmelig!"])
def test_a_secret_with_accents_is_masked_however_it_was_escaped(written):
    assert mask(f"NO {written}", ["hæmmelig!"]) == f"NO {MASK}"


def test_case_counts():
    assert mask("NO HUNTER2 is not it", ["hunter2"]) == "NO HUNTER2 is not it"


def test_a_very_short_secret_is_masked_as_a_whole_word_only():
    assert mask("NO ab is about nothing", ["ab"]) == f"NO {MASK} is about nothing"


def test_a_secret_hidden_behind_invisible_marks_is_masked():
    assert mask("NO hun\u200bter2\u202e", ["hunter2"]) == f"NO {MASK}"


def test_a_secret_cut_off_by_the_length_limit_is_masked():
    assert "hunt" not in mask(" " * 1993 + "a hunter2-and-more", ["hunter2-and-more"])


def test_sign_in_links_are_cut_to_their_host():
    said = "* NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsbu] Web login required."
    assert mask(said, []) == "* NO [WEBALERT https://accounts.google.com/…] Web login required."


def test_tokens_outside_a_link_are_cut():
    assert mask("continue with plt=AKgnsbuXYZ now", []) == "continue with plt=… now"


def test_links_to_help_pages_stay():
    said = "535 5.7.8 see https://support.google.com/mail/?p=BadCredentials - gsmtp"
    assert mask(said, []) == said


def test_addresses_stay():
    assert mask("550 5.1.1 <somebody@example.com> unknown", ["x"]) == "550 5.1.1 <somebody@example.com> unknown"


def test_control_characters_colours_and_direction_marks_are_removed():
    assert mask("a\x00b\r\nc\x1b[31mred\x1b[0m \u202eevil\u2066", []) == "a b cred evil"


def test_characters_that_nobody_knows_the_look_of_are_removed():
    assert mask("a\ue000b\U000f0000c\u0378d", []) == "abcd"


def test_what_is_not_utf8_reads_as_latin_1():
    assert mask(b"NO Adgangskode afvist \xe6\xf8\xe5", []) == "NO Adgangskode afvist æøå"


def test_a_long_text_is_cut_with_a_sign_that_it_went_on():
    shown = mask("word " * 1000, [])
    assert len(shown) <= 300
    assert shown.endswith("…")


def test_empty_secrets_mask_nothing():
    assert mask("NO login failed", ["", ""]) == "NO login failed"


@given(LATIN, SECRETS, LATIN)
@example("", "abab", "ababab")
@example("plt=", "plt=x", "")
@example("https://a/signin", "https://a/", "")
def test_no_text_around_a_secret_brings_it_through(before, secret, after):
    assert secret not in mask(before + secret + after, [secret])


@given(SECRETS, st.sampled_from(["\0me@example.com\0{}", "me:{}", "{}", "user=me\1auth=Bearer {}\1\1"]), LATIN)
def test_no_base64_brings_a_secret_through(secret, form, around):
    run = encoded(form.format(secret))
    shown = mask(f"{around} {run} {around}", [secret])
    assert run not in shown


@given(st.text(max_size=3000) | st.binary(max_size=3000), st.lists(st.text(max_size=40), max_size=3))
@example("unassigned \u05f5, private \ue000", [])
def test_anything_becomes_one_short_printable_line(text, secrets):
    shown = mask(text, secrets)
    assert len(shown) <= 300
    assert shown.isprintable()


@settings(max_examples=20)
@given(st.text(string.ascii_letters + string.digits + "+/=:.-_ ", min_size=1900, max_size=2200))
def test_a_long_run_of_letters_is_masked_in_good_time(text):
    assert len(mask(text, ["secret-one", "another secret"])) <= 300
