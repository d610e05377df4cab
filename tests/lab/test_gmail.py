"""The Gmail stand-in answers as Google's discovery document says."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from flask import Flask

from console.lab.gmail import READING, SENDING, make
from console.lab.stand_in import StandIn
from tests.lab import gmail_contract
from tests.lab.made import GMAIL, SECONDS

ALICE, BOB = "alice@acme.test", "bob@acme.test"
MESSAGE = b"From: alice@acme.test\r\nTo: bob@acme.test\r\nSubject: Hi\r\n\r\nHello Bob"


@pytest.fixture
def alice(gmail):
    return gmail.sign_in(ALICE)


def raw(source=MESSAGE):
    return {"raw": urlsafe_b64encode(source).decode().rstrip("=")}


def first(gmail, tokens):
    return gmail.get("/messages?maxResults=1", tokens).json()["messages"][0]["id"]


CALLS = {
    "users.getProfile": lambda gmail, tokens: gmail.get("/profile", tokens),
    "users.labels.list": lambda gmail, tokens: gmail.get("/labels", tokens),
    "users.labels.get": lambda gmail, tokens: gmail.get("/labels/SENT", tokens),
    "users.messages.list": lambda gmail, tokens: gmail.get("/messages?maxResults=2&labelIds=INBOX", tokens),
    "users.messages.get": lambda gmail, tokens: gmail.get(f"/messages/{first(gmail, tokens)}", tokens),
    "users.messages.send": lambda gmail, tokens: gmail.post("/messages/send", tokens, raw()),
    "users.settings.sendAs.list": lambda gmail, tokens: gmail.get("/settings/sendAs", tokens),
    "users.settings.sendAs.get": lambda gmail, tokens: gmail.get(f"/settings/sendAs/{ALICE}", tokens),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_is_what_the_contract_says(gmail, alice, name):
    contract = gmail_contract.method(name)

    answer = CALLS[name](gmail, alice)

    assert answer.status_code == 200
    assert answer.json()
    assert gmail_contract.faults(contract["response"], answer.json()) == []
    pattern = contract["flatPath"].replace("{userId}", "me").partition("{")[0]
    assert answer.request.path_url.startswith(f"/{pattern}")
    assert answer.request.method == contract["httpMethod"]


@pytest.mark.parametrize("form", ["minimal", "metadata", "raw", "full"])
def test_a_message_in_every_format_is_what_the_contract_says(gmail, alice, form):
    contract = gmail_contract.method("users.messages.get")

    answer = gmail.get(f"/messages/{first(gmail, alice)}?format={form}", alice).json()

    assert form in contract["parameters"]["format"]["enum"]
    assert gmail_contract.faults(contract["response"], answer) == []


def test_every_call_of_the_stand_in_is_held_to_the_contract():
    application = Flask("gmail")
    application.register_blueprint(make(StandIn("google", "Google", (), lambda: datetime.now(UTC))))
    served = {
        (method, re.sub(r"<\w+>", "{}", rule.rule))
        for rule in application.url_map.iter_rules()
        if rule.endpoint.startswith("gmail.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    published = {
        (contract["httpMethod"], re.sub(r"{\w+}", "{}", f"/{contract['flatPath']}"))
        for contract in map(gmail_contract.method, CALLS)
    }

    assert served == published


@pytest.mark.parametrize("name", CALLS)
def test_a_call_asks_for_one_of_the_contracts_scopes(name):
    asked = SENDING if name == "users.messages.send" else READING

    assert asked <= set(gmail_contract.method(name)["scopes"])


def test_the_contract_would_notice_a_wrong_answer():
    schema = {"$ref": "Profile"}

    assert gmail_contract.faults(schema, {"emailAddress": ALICE, "messagesTotal": 3, "historyId": "12"}) == []
    assert gmail_contract.faults(schema, {"emailAddress": 3}) == [".emailAddress: 3 is no string"]
    assert gmail_contract.faults(schema, {"address": ALICE}) == [".address: no such field"]
    assert gmail_contract.faults(schema, {"historyId": "soon"}) == [".historyId: 'soon' is no number in a string"]


def test_pages_of_messages_follow_each_other(gmail, alice):
    whole = [row["id"] for row in gmail.get("/messages", alice).json()["messages"]]

    one = gmail.get("/messages?maxResults=2", alice).json()
    two = gmail.get(f"/messages?maxResults=2&pageToken={one['nextPageToken']}", alice).json()

    assert [row["id"] for row in one["messages"] + two["messages"]] == whole
    assert "nextPageToken" not in two


def test_metadata_holds_the_headers_asked_for_and_no_body(gmail, alice):
    message = gmail.get(f"/messages/{first(gmail, alice)}?format=metadata&metadataHeaders=Subject", alice).json()

    assert [header["name"] for header in message["payload"]["headers"]] == ["Subject"]
    assert "body" not in message["payload"]


def test_what_was_sent_lies_in_sent(gmail, alice):
    sent = gmail.post("/messages/send", alice, raw()).json()

    (found,) = gmail.get("/messages?labelIds=SENT", alice).json()["messages"]
    source = gmail.get(f"/messages/{found['id']}?format=raw", alice).json()["raw"]
    assert found["id"] == sent["id"]
    assert message_from_bytes(urlsafe_b64decode(source))["Subject"] == "Hi"


@pytest.mark.parametrize("body", [{}, {"raw": ""}, {"raw": 3}, [], raw(b"Subject: x\r\n\r\n")])
def test_what_is_no_message_is_refused_and_not_kept(gmail, alice, body):
    answer = gmail.post("/messages/send", alice, body)

    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "messages" not in gmail.get("/messages?labelIds=SENT", alice).json()


def test_an_address_that_was_never_confirmed_is_told_apart(gmail, alice):
    senders = {row["sendAsEmail"]: row for row in gmail.get("/settings/sendAs", alice).json()["sendAs"]}

    assert senders[ALICE]["isPrimary"]
    assert senders["sales@acme.test"]["verificationStatus"] == "accepted"
    assert [row["verificationStatus"] for row in senders.values() if "unconfirmed" in row["sendAsEmail"]] == ["pending"]


def test_a_token_nobody_knows_is_refused(gmail, lab):
    answer = gmail.get("/profile", "made-up")

    assert answer.status_code == 401
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


def test_a_token_without_the_scope_is_told_so(gmail, lab):
    tokens = gmail.redeem(gmail.consent(ALICE, untick=(GMAIL[3],))["code"]).json()

    answer = gmail.get("/messages", tokens)

    assert answer.status_code == 403
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_nobody_reads_the_mailbox_of_somebody_else(gmail, alice, lab):
    import requests

    answer = requests.get(
        f"{lab.google.url}/gmail/v1/users/{BOB}/profile",
        headers={"Authorization": f"Bearer {alice['access_token']}"},
        timeout=SECONDS,
    )

    assert (answer.status_code, answer.json()["error"]["message"]) == (403, f"Delegation denied for {ALICE}")


@pytest.mark.parametrize(
    ("slug", "status", "reason", "words"),
    [
        ("throttled", 429, "rateLimitExceeded", "User-rate limit exceeded.  Retry after "),
        ("failing", 500, "backendError", "Backend Error"),
        ("down", 503, "backendError", "The service is currently unavailable."),
        ("no-mailbox", 400, "failedPrecondition", "Mail service not enabled"),
        ("domain-policy", 403, "domainPolicy", "The domain administrators have disabled Gmail apps."),
    ],
)
def test_a_fault_answers_in_googles_words(gmail, lab, alice, slug, status, reason, words):
    lab.google.switch(slug, ALICE)

    answer = gmail.get("/messages", alice)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["errors"][0]["reason"]) == (status, status, reason)
    assert error["message"].startswith(words)
    lab.google.switch(slug, ALICE, on=False)
    assert gmail.get("/messages", alice).status_code == 200


def test_a_slow_answer_takes_its_time(gmail, lab, alice, monkeypatch):
    monkeypatch.setattr(lab.google, "slow", 0.3)
    lab.google.switch("slow", ALICE)

    answer = gmail.get("/profile", alice)

    assert (answer.status_code, answer.elapsed.total_seconds() >= 0.3) == (200, True)


def test_calls_are_counted_by_account(gmail, lab, alice):
    gmail.get("/profile", alice)
    gmail.get("/labels", alice)

    assert lab.google.grants.counts(ALICE).calls == 2
    assert lab.google.grants.counts(BOB).calls == 0
