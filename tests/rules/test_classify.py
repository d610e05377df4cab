import csv
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules import replies
from console.rules.diagnose import IMAP_RULES, SMTP_RULES, TEXT_RULES, Rule, classify, deciding_rule
from console.rules.phrases.library import LIBRARY
from console.rules.problems import CATALOGUE, Kind, problem

STAGES = (
    "", "find-server", "reach", "secure", "sign-in", "open-inbox", "find-sent",
    "smtp-reach", "smtp-secure", "smtp-sign-in",
)  # fmt: skip


def table(name: str) -> list[dict[str, str]]:
    """Texts of real servers and libraries, each with its source, and the problem that each stands for."""
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ANSWERS = table("answers.tsv")
HEARD = table("heard.tsv")


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["id"])
def test_the_words_of_a_server_lead_to_their_problem(answer):
    assert classify(answer["text"], answer["stage"], host=answer["host"]) == answer["code"]


def test_the_table_names_a_source_for_every_text():
    assert [answer["id"] for answer in ANSWERS if not answer["source"]] == []
    assert len({answer["id"] for answer in ANSWERS}) == len(ANSWERS)


def test_nine_of_ten_texts_are_known_without_stage_and_host():
    known = [answer for answer in ANSWERS if answer["id"].startswith(("G-", "M-", "IMAP-", "SMTP-", "TLS-", "NET-"))]
    right = [answer for answer in known if classify(answer["text"]) == answer["code"]]
    assert len(right) >= 0.95 * len(known)


@pytest.mark.parametrize("stage", ["", "sign-in", "smtp-sign-in"])
def test_trouble_of_a_server_is_never_taken_for_a_refusal(stage):
    for answer in ANSWERS:
        if answer["code"] in {"server-unavailable", "server-error", "rate-limited", "too-many-connections"}:
            code = classify(answer["text"], stage)
            assert code is None or problem(code).kind is not Kind.REFUSAL, answer["text"]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["id"])
def test_case_does_not_matter(answer):
    # Upper case only: "no" in lower case begins sentences too, and base64 is case-sensitive.
    assert classify(answer["text"].upper(), answer["stage"], host=answer["host"].upper()) == answer["code"]


def test_every_rule_names_a_problem_of_the_catalogue():
    assert [rule.code for rule in (*LIBRARY, *IMAP_RULES, *SMTP_RULES, *TEXT_RULES) if rule.code not in CATALOGUE] == []


def test_no_rule_is_shadowed():
    deciding = set()
    for answer in ANSWERS:
        for stage in {answer["stage"], ""}:
            reply = replies.parse(answer["text"], stage)
            deciding.add(id(deciding_rule(reply, stage, answer["host"])))
    for heard in HEARD:
        for text in {heard["text"], heard["text"].partition(": ")[2]}:
            deciding.add(id(deciding_rule(replies.parse(text), "")))
    rules = {id(rule): rule for rule in (*LIBRARY, *IMAP_RULES, *SMTP_RULES)}
    assert [rule for number, rule in rules.items() if number not in deciding] == []


@pytest.mark.parametrize(
    "text",
    [
        "NO [LIMIT] LOGIN Rate limit hit.",
        "* BYE [OVERQUOTA] Account exceeded command or bandwidth limits.",
        "NO [UNAVAILABLE] Login failed.",
        "NO [UNAVAILABLE] Incorrect password service.",
        "454 4.7.0 Authentication failed",
        "421 Authentication failed, closing",
        "435 Incorrect authentication data",
        "NO [AUTHENTICATIONFAILED] Temporary authentication failure, invalid password cache",
        "BAD LOGIN failed: missing argument",
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
    ],
)
def test_what_only_sounds_like_a_password_is_not_taken_for_one(text):
    stage = "smtp-sign-in" if text[0].isdigit() else "sign-in"
    assert classify(text, stage) not in {None, "bad-credentials"}


@pytest.mark.parametrize("text", ["NO", "NO xyzzy", "NO Zugriff verweigert", "NO Ei käy", "NO 拒绝"])
def test_a_plain_no_at_sign_in_is_a_refused_password(text):
    assert classify(text, "sign-in") == "bad-credentials"


@pytest.mark.parametrize("text", ["535", "535 xyzzy", "535 5.7.1 Nej tak"])
def test_a_plain_535_at_sign_in_is_a_refused_password(text):
    assert classify(text, "smtp-sign-in") == "bad-credentials"


def test_a_bad_at_sign_in_is_a_fault_of_ours():
    assert classify("BAD parse error", "sign-in") == "client-bug"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("imap.mail.me.com", "app-password-required"),
        ("IMAP.MAIL.YAHOO.COM.", "app-password-required"),
        ("imap.example.com", "bad-credentials"),
        ("notmail.me.com.example.org", "bad-credentials"),
    ],
)
def test_the_same_refusal_means_an_app_password_where_the_provider_takes_nothing_else(host, code):
    assert classify("NO [AUTHENTICATIONFAILED] Authentication failed", "sign-in", host=host) == code


def test_a_text_that_nobody_knows_stays_unknown():
    assert classify("the moon is made of cheese") is None


def test_rules_that_are_given_come_first():
    ours = Rule("mailbox-moved", re.compile(r"moved to the cloud"))
    assert classify("NO [AUTHENTICATIONFAILED] moved to the cloud", "sign-in", rules=[ours]) == "mailbox-moved"


def test_a_given_rule_is_kept_to_its_stages():
    ours = Rule("mailbox-moved", re.compile(r"moved"), stages=("open-inbox",))
    assert classify("NO moved", "sign-in", rules=[ours]) == "bad-credentials"


def test_several_lines_of_smtp_with_repeated_codes_read_as_one_sentence():
    said = "535-5.7.8 Username and Password not accepted. Learn more at\n535 5.7.8  https://example.com - gsmtp"
    reply = replies.parse(said)
    assert (reply.number, reply.enhanced) == ("535", "5.7.8")
    assert reply.words == "Username and Password not accepted. Learn more at https://example.com - gsmtp"


def test_several_response_codes_in_a_row_are_read():
    reply = replies.parse("a1 NO [CONTACTADMIN] [ALERT] Please call us")
    assert (reply.status, reply.codes, reply.words) == ("NO", ("CONTACTADMIN", "ALERT"), "Please call us")


@given(st.text(max_size=3000) | st.binary(max_size=3000), st.sampled_from(STAGES))
def test_any_text_is_classified_or_left_alone(text, stage):
    code = classify(text, stage)
    assert code is None or code in CATALOGUE


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "too many ", "account ", "account is is is ", "imap is are was ", "[LIMIT] ", "capability ", "auth ",
     "password ", "user or ", "try again ", "connection to ", "1:", "[A] ", "login login ", "smtp auth is "],
)  # fmt: skip
def test_no_text_makes_a_rule_slow(piece):
    started = time.perf_counter()
    for stage in STAGES:
        for prefix in ("", "NO ", "* BYE ", "535 5.7.8 ", "550 "):
            classify(prefix + piece * (replies.LONGEST // len(piece)), stage)
    assert time.perf_counter() - started < 20
