import csv
import json
import re
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.explain import ALIASES, CHANNELS, PROVIDERS, WEB_RULES, WORDS, explain, family
from console.rules.phrases.families import FAMILIES
from console.rules.problems import CATALOGUE, Kind, Lasting, Who


def heard() -> list[dict[str, str]]:
    """Texts that people paste: what real servers, libraries and programs say, each with its source."""
    with (Path(__file__).parent / "heard.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


HEARD = heard()


def read(row: dict[str, str]) -> str:
    # A line of the table stands for a text of several; a tab would end the cell.
    return row["text"].replace("⏎", "\r\n")


def context(row: dict[str, str]) -> dict[str, str]:
    return {"provider": family(row["provider"]), "channel": row["channel"]}


def measure(name: str, *, told: bool) -> tuple[float, list[tuple[str, str, str]]]:
    """Print how many rows are right, wrong and unknown; return the rate of right ones and the wrong ones."""
    found = [(row["id"], row["code"], explain(read(row), **(context(row) if told else {})).code) for row in HEARD]
    right = [one for one in found if one[1] == one[2]]
    wrong = [one for one in found if one[2] not in {one[1], "unknown"}]
    unknown = len(found) - len(right) - len(wrong)
    sys.stdout.write(f"{name}: {len(right)} of {len(found)} right, {len(wrong)} wrong, {unknown} unknown\n")
    return len(right) / len(found), wrong


def test_texts_with_provider_and_channel_lead_to_their_problem():
    rate, wrong = measure("provider and channel told", told=True)
    assert wrong == []
    assert rate >= 0.98


def test_nine_of_ten_texts_alone_lead_to_their_problem_and_hardly_any_to_a_wrong_one():
    rate, wrong = measure("text alone", told=False)
    assert rate >= 0.95
    assert len(wrong) <= 0.03 * len(HEARD), wrong


def test_a_passing_trouble_of_a_server_is_never_taken_for_something_a_person_must_mend():
    for row in HEARD:
        if CATALOGUE[row["code"]].lasts is Lasting.TRANSIENT:
            for how in ({}, context(row)):
                found = explain(read(row), **how).problem
                assert not (found.who is Who.USER and found.permanent), row["text"]
                assert found.kind is not Kind.REFUSAL


JUDGED = {"bad-credentials", "sender-not-allowed", "recipient-rejected", "wrong-server"}


def test_a_refusal_that_a_mail_server_calls_temporary_is_nobodys_mistake():
    rows = [row for row in HEARD if row["channel"] == "smtp" and row["code"] in JUDGED and row["text"][0] == "5"]
    passing = [(row, re.sub(r"(?<![\w.])5(?=\d\d[ -]|\.\d{1,3}\.\d)", "4", read(row))) for row in rows]
    found = [(text, explain(text, **how).code) for row, text in passing for how in ({}, context(row))]
    assert len(found) > 150
    assert [each for each in found if each[1] in JUDGED] == []


def test_the_case_of_a_text_does_not_matter():
    def shouted(text: str) -> str:
        return re.sub(r"[a-z]{3,}", lambda word: word[0].upper(), text)

    found = [row["id"] for row in HEARD if explain(shouted(read(row)), **context(row)).code != row["code"]]
    assert found == []


@pytest.mark.parametrize("before", ["2026-11-25 09:12:01,120 ERROR sync: ", "Error: ", "[imap] < "])
def test_what_a_log_puts_before_a_text_changes_nothing_that_is_certain(before):
    rows = [row for row in HEARD if "GATE" not in row["id"]]
    found = [explain(before + read(row), **context(row)).code for row in rows]
    right = sum(row["code"] == code for row, code in zip(rows, found, strict=True))
    assert right >= 0.9 * len(rows)


def test_the_table_names_a_source_for_every_text_and_holds_no_text_twice():
    assert [row["id"] for row in HEARD if not row["source"]] == []
    assert len({row["id"] for row in HEARD}) == len(HEARD)
    assert {row["code"] for row in HEARD} <= set(CATALOGUE)


def test_every_rule_names_a_problem_of_the_catalogue():
    rules = [*WORDS, *FAMILIES, *(rule for rules in WEB_RULES.values() for rule in rules)]
    assert {rule.code for rule in rules} <= set(CATALOGUE)
    assert {channel for rule in rules for channel in rule.channels} <= {*CHANNELS, ""}


def test_a_text_alone_leads_to_a_general_problem_never_to_one_that_only_the_console_can_know():
    rules = [*WORDS, *FAMILIES, *(rule for rules in WEB_RULES.values() for rule in rules)]
    known = {row["code"] for row in HEARD}
    assert {rule.code for rule in rules} <= known | {"folder-exists", "client-id-required"}


@pytest.mark.parametrize("alias", ALIASES)
def test_a_family_has_its_other_name(alias):
    assert family(alias) in PROVIDERS


def test_a_name_that_no_family_has_is_told_apart():
    with pytest.raises(KeyError):
        family("nobody")


@pytest.mark.parametrize("text", ["", " ", "hello", "the moon is made of cheese", "200 OK", "\0\0", "NO", "550"])
def test_what_tells_nothing_stays_unknown(text):
    assert explain(text).code == "unknown"


def test_what_a_provider_without_a_way_in_says_does_not_matter():
    assert explain("535 5.7.8 Authentication failed", provider="proton").code == "unsupported-provider"


def test_secrets_are_not_said_back():
    found = explain("LOGIN bob@acme.test hunter2 -> a1 NO [AUTHENTICATIONFAILED] wrong password=hunter2")
    assert found.code == "bad-credentials"
    assert "hunter2" not in found.said


def test_the_last_line_of_a_long_traceback_is_read():
    text = "Traceback (most recent call last):\n" + "  File x, line 1\n" * 100_000
    assert explain(text + "ConnectionRefusedError: [Errno 111] Connection refused").code == "connection-refused"


@given(
    st.text(max_size=3000) | st.binary(max_size=3000),
    st.sampled_from([*CHANNELS, ""]),
    st.sampled_from([*PROVIDERS, ""]),
)
def test_any_text_is_explained(text, channel, provider):
    found = explain(text, provider=provider, channel=channel)
    assert found.code in CATALOGUE
    assert len(found.said) <= 300


def as_smtplib_prints(text: str) -> str | None:
    found = re.match(r"(\d{3})[ -](.+)", text, re.DOTALL)
    return f"smtplib.SMTPException: ({found[1]}, {found[2].encode()!r})" if found else None


def as_imaplib_prints(text: str) -> str | None:
    found = re.match(r"NO (.+)", text)
    return f"imaplib.IMAP4.error: {found[1].encode()!r}" if found else None


def as_json_holds(text: str) -> str | None:
    return '{"level":"error","response":' + json.dumps(text) + "}"


def as_a_traceback_ends(text: str) -> str | None:
    return f'Traceback (most recent call last):\n  File "sync.py", line 8, in <module>\n    run()\nRuntimeError: {text}'


@pytest.mark.parametrize(
    ("channels", "wrapped"),
    [
        ({"smtp"}, as_smtplib_prints),
        ({"imap"}, as_imaplib_prints),
        ({"smtp", "oauth", "tls", "network"}, as_json_holds),
        ({"smtp", "imap", "oauth", "tls", "network", "ews"}, as_a_traceback_ends),
    ],
)
def test_what_programs_put_around_an_answer_is_taken_off(channels, wrapped):
    rows = [(row, wrapped(row["text"])) for row in HEARD if row["channel"] in channels and "GATE" not in row["id"]]
    rows = [(row, text) for row, text in rows if text is not None]
    wrong = [(row["id"], text) for row, text in rows if explain(text, **context(row)).code != row["code"]]
    assert len(rows) > 50
    assert len(wrong) <= 0.1 * len(rows), wrong


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "account is is is ", "NO [", "(535, b'", "error: b'", "status code: ", "550 5.7.1 ", "<a ", "<script",
     "password=", "LOGIN a ", "eyJ", "0.A", "certificate name ", "errorxaccess", 'scope":"', "tried versions [",
     "host name does not match ", "1.1.1.1 ", "://a:", "&quot;", "error_x=%", "A1b",
     "--", "{1} + ready for ", "login('a',", "334 UGFzc3dvcmQ6 c:-", "outgoing mail ", "zertifikat ", "app isn't "],
)  # fmt: skip
def test_no_text_however_long_makes_it_slow(piece):
    started = time.process_time()
    for channel in ("", "smtp", "ews"):
        explain(piece * (1_000_000 // len(piece)), channel=channel)
    assert time.process_time() - started < 3
