"""Who may in at the lab's Exchange: the proof of a password, on the connection that was asked for it, and no other."""

import os
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
import spnego

from console.lab.exchange_place import PASSWORD
from console.lab.serving import running
from tests.lab.corp import ALICE, envelope
from tests.lab.ews_contract import REQUESTS
from tests.lab.made import ORIGIN

BODY = envelope(REQUESTS["a folder"], "Exchange2010_SP2")
EWS = "/EWS/Exchange.asmx"


def ask(corp, session, authorization=None):
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    if authorization:
        headers["Authorization"] = authorization
    return session.post(f"https://mail.corp.test{EWS}", data=BODY, headers=headers, timeout=10)


def proof(corp, session, user=ALICE, password=PASSWORD):
    """Ask for a challenge on a connection and return the answer to it."""
    client = spnego.client(user, password, protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    asked = ask(corp, session, f"NTLM {b64encode(client.step()).decode()}")
    token = asked.headers["WWW-Authenticate"].removeprefix("NTLM ")
    assert asked.status_code == 401
    return f"NTLM {b64encode(client.step(b64decode(token))).decode()}"


def test_the_answer_to_a_challenge_signs_its_connection_in(corp):
    session = corp.session()

    statuses = [ask(corp, session, proof(corp, session)).status_code, ask(corp, session).status_code]

    assert statuses == [200, 200]
    assert ask(corp, corp.session()).status_code == 401


def test_the_answer_to_a_challenge_is_worth_nothing_on_another_connection(corp):
    stolen = proof(corp, corp.session())

    assert ask(corp, corp.session(), stolen).status_code == 401
    assert corp.place.grants.counts(ALICE).refused == 1


def test_the_answer_to_a_challenge_works_once(corp):
    session = corp.session()
    answer = proof(corp, session)

    ask(corp, session, answer)

    assert ask(corp, session, answer).status_code == 401


def test_beginning_anew_signs_a_connection_out(corp):
    session = corp.session()
    ask(corp, session, proof(corp, session))

    refused = ask(corp, session, proof(corp, session, password="wrong"))

    assert refused.status_code == 401
    assert ask(corp, session).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "NTLM",
        "NTLM not-base64",
        "NTLM " + b64encode(b"NTLMSSP\0").decode(),
        "NTLM " + b64encode(b"NTLMSSP\0\1").decode(),
        "NTLM " + b64encode(b"NTLMSSP\0\1\0\0\0" + b"\xff" * 40).decode(),
        "NTLM " + b64encode(b"NTLMSSP\0\3\0\0\0" + b"\xff" * 80).decode(),
        "Basic",
        "Basic not-base64",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff\xfe:x").decode(),
        "Negotiate YII=",
        "Bearer token",
    ],
)
def test_what_proves_nothing_is_asked_again(corp, authorization):
    answer = ask(corp, corp.session(), authorization)

    assert answer.status_code == 401
    assert "NTLM" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", [1, 3])
def test_a_message_of_ntlm_that_ends_early_is_asked_again(corp, kind):
    session = corp.session()
    proof(corp, session)
    for length in range(9, 90, 9):
        token = (b"NTLMSSP\0" + bytes([kind]) + bytes(100))[:length]
        assert ask(corp, session, f"NTLM {b64encode(token).decode()}").status_code == 401


@pytest.mark.parametrize(
    ("slug", "offered"),
    [("only-basic", 'Basic realm="mail.corp.test"'), ("only-ntlm", "NTLM"), ("only-negotiate", "Negotiate")],
)
def test_the_offer_is_what_is_switched_on(corp, slug, offered):
    corp.place.switch(slug)

    assert ask(corp, corp.session()).headers["WWW-Authenticate"] == offered


def test_a_server_may_refuse_without_an_offer(corp):
    corp.place.switch("no-offer")

    assert "WWW-Authenticate" not in ask(corp, corp.session()).headers


def test_asking_how_to_sign_in_counts_as_no_password(corp):
    session = corp.session()
    ask(corp, session)
    client = spnego.client(ALICE, PASSWORD, protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    ask(corp, session, f"NTLM {b64encode(client.step()).decode()}")

    assert corp.place.credentials_at() == {}
    assert corp.place.host("mail.corp.test").requests == 2


def test_the_list_of_users_ends_with_the_lab(monkeypatch, tmp_path):
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "own"))

    with running([ORIGIN], google_accounts=(), microsoft_accounts=(), mail_accounts=()):
        listed = Path(os.environ["NTLM_USER_FILE"])
        assert listed.stat().st_mode & 0o077 == 0

    assert not listed.exists()
    assert os.environ["NTLM_USER_FILE"] == str(tmp_path / "own")
