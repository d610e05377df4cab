"""What families share of OAuth and OpenID Connect: shapes, bounds, meanings, and no secret in any text."""

import io
import json
import logging
import traceback
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.providers import openid, trial
from console.providers.base import Secret
from console.providers.consenting import ConsentRefused
from console.providers.gmail import READ, SEND, GmailFamily, GoogleEndpoints
from console.providers.oauth import refusal, tokens, told, usable
from console.providers.openid import Documents
from console.providers.web import Answer, WebLine
from console.rules.phrases.api import GMAIL, GRAPH, STATUS
from console.rules.phrases.entra import ENTRA
from console.rules.phrases.oauth import OAUTH
from console.rules.problems import CATALOGUE, Kind, problem
from tests.peers.consent_server import consent_server, published, signed
from tests.peers.sites import response
from tests.providers.consents import (
    ACCESS,
    APP,
    BOB,
    CODE,
    EARLIER,
    HIDDEN,
    LATER,
    NONCE,
    NOW,
    REDIRECT,
    REFRESH,
    VERIFIER,
    box,
    clock,
    line,
    secret,
)
from tests.providers.doors import dialer

RULES = (*ENTRA, *OAUTH, *GRAPH, *GMAIL, *STATUS)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("access_token", "refresh_token", "token_type", "expires_in", "scope", "id_token", "error", "error_description")


def outcome(ask):
    """Return what came of it, and the code of the refusal where it was one."""
    try:
        return ask(), None
    except ConsentRefused as refused:
        return None, refused.code


def said(body: str | bytes, status: int = 400, **headers: str) -> Answer:
    return Answer(status, headers, body.encode() if isinstance(body, str) else body)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_a_token_response_of_any_shape_is_read_or_refused(fields):
    found, code = outcome(lambda: tokens(fields, NOW))

    assert code in (None, "oauth-provider-outage")
    assert not found or found.access_token.isascii()
    assert not found or all(isinstance(text, str) for text in (found.refresh_token, found.id_token, found.expires_at))


@given(st.binary(max_size=300) | ANYTHING.map(lambda value: repr(value).encode()), st.integers(100, 599))
def test_an_error_of_any_shape_has_a_meaning(body, status):
    found = refusal(said(body, status), rules=RULES, now=NOW)

    assert found.code in CATALOGUE
    assert len(found.server_text) <= 300
    assert found.server_text.isprintable()


@given(
    st.dictionaries(st.sampled_from(["error", "error_description", "message", "code"]), ANYTHING), st.integers(500, 599)
)
def test_trouble_on_the_providers_side_is_never_a_refusal(fields, status):
    found = refusal(said(json.dumps(fields), status), rules=RULES, now=NOW)

    assert problem(found.code).kind is Kind.WOBBLE


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"error": "invalid_grant", "error_description": "Bad\\r\\nRequest"}', "400 invalid_grant: Bad Request"),
        ('{"error": "invalid_grant", "error_subtype": "invalid_rapt"}', "400 invalid_grant invalid_rapt"),
        ('{"error": "invalid_grant", "suberror": "bad_token"}', "400 invalid_grant bad_token"),
        (
            '{"error": {"code": 400, "status": "DENIED", "message": "No", "errors": [{"reason": "r"}]}}',
            "400 DENIED r: No",
        ),
        (
            '{"error": {"code": "ErrorAccessDenied", "message": "No", "innerError": {"code": "inner"}}}',
            "400 ErrorAccessDenied inner: No",
        ),
        ('{"error": {"code": "UnknownError", "message": ""}}', "400 UnknownError"),
        ('{"error": {"errors": "text", "details": {"a": 1}, "innerError": [1]}}', "400"),
        ('{"error": 7}', "400"),
        ("{}", "400"),
        ("<html>secret page</html>", "400"),
        ("{half", "400"),
        ("plain words", "400 plain words"),
        ("", "400"),
    ],
)
def test_what_an_error_says_in_one_line(body, text):
    assert told(said(body)) == text


def test_when_to_come_back_is_kept_only_where_coming_back_helps():
    later = {"retry-after": "60"}

    assert refusal(said("{}", 503, **later), rules=RULES, now=NOW).retry_after == 60
    assert refusal(said('{"error": "invalid_client"}', 401, **later), rules=RULES, now=NOW).retry_after is None


@pytest.mark.parametrize(
    ("kept", "good"),
    [
        ({"expires_at": LATER}, True),
        ({"expires_at": EARLIER}, False),
        ({"expires_at": ""}, False),
        ({"expires_at": "soon"}, False),
        ({"expires_at": "2030-01-01T00:00:00"}, False),
        ({"expires_at": LATER, "access_token": ""}, False),
        ({"expires_at": (NOW + timedelta(seconds=60)).isoformat()}, False),
        ({"expires_at": (NOW + timedelta(seconds=61)).isoformat()}, True),
    ],
    ids=str,
)
def test_a_token_is_used_until_its_last_minute(kept, good):
    assert usable(Secret({"access_token": "a", **kept}), NOW) is good


def test_a_secret_of_no_fields_is_not_usable():
    assert not usable(Secret(), NOW)


@pytest.mark.parametrize("seconds", [86_400 * 365, "864000"])
def test_no_token_lives_longer_than_a_day(seconds):
    assert tokens({"access_token": "a", "expires_in": seconds}, NOW).expires_at == "2026-11-26T12:00:00+00:00"


def test_tokens_show_none_of_themselves():
    shown = repr(tokens({"access_token": "aaa", "refresh_token": "rrr", "id_token": "iii"}, NOW))

    assert not [text for text in ("aaa", "rrr", "iii") if text in shown]


@pytest.fixture
def server():
    with consent_server() as made:
        yield made


def test_a_published_document_is_read_anew_after_an_hour(server):
    server.says("/document", {"a": 1}).then("/document", {"a": 2})
    now = [NOW]
    documents = Documents(RULES, lambda: now[0])

    with line() as way:
        web = WebLine(way)
        assert documents.read(f"{server.url}/document", web) == {"a": 1}
        now[0] += timedelta(minutes=59)
        assert documents.read(f"{server.url}/document", web) == {"a": 1}
        now[0] += timedelta(minutes=2)
        assert documents.read(f"{server.url}/document", web) == {"a": 2}


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b"[]"), (404, b""), (503, b""), (301, b"")])
def test_a_document_that_cannot_be_had_is_an_outage_and_asked_for_again(server, status, body):
    server.says("/document", body, status=status, location="https://elsewhere.test/").then("/document", {"a": 1})
    documents = Documents(RULES, clock)

    with line() as way:
        with pytest.raises(ConsentRefused) as caught:
            documents.read(f"{server.url}/document", WebLine(way))
        assert documents.read(f"{server.url}/document", WebLine(way)) == {"a": 1}
    assert caught.value.code == "oauth-provider-outage"


def test_unknown_keys_do_not_make_the_keys_be_asked_for_at_every_sign_in(server):
    server.says("/certs", published())
    documents = Documents(RULES, clock)

    for _ in range(5):
        with line() as way, pytest.raises(ConsentRefused):
            read(signed({"sub": "1"}, key="second"), documents, f"{server.url}/certs", way)

    assert len(server.asked("/certs")) == 1


def read(token, documents, url, way, **options):
    given = {
        "client_id": "c",
        "nonce": "n",
        "access_token": "a",
        "issued_by": lambda _: True,
        "clock": clock,
        **options,
    }
    return openid.claims(token, documents, url, WebLine(way), **given)


GOOD = {"aud": "c", "sub": "1", "iss": "i", "nonce": "n", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*GOOD, "nbf", "azp", "amr", "at_hash", "auth_time", "tid"]), ANYTHING, min_size=1)
)
def test_claims_of_any_shape_are_accepted_or_refused(server, changes):
    server.says("/certs", published())

    with line() as way:
        try:
            token = signed({**GOOD, **changes})
        except (ValueError, TypeError):
            return
        found, code = outcome(lambda: read(token, Documents(RULES, clock), f"{server.url}/certs", way))

    assert code in {None, "oauth-code-invalid", "oauth-provider-outage"}
    assert not found or (found["aud"] in ("c", ["c"]) and found["nonce"] == "n")


def test_without_a_nonce_of_ours_nobody_is_believed(server):
    server.says("/certs", published())

    with line() as way, pytest.raises(ConsentRefused):
        read(signed(GOOD), Documents(RULES, clock), f"{server.url}/certs", way, nonce="")


def echoing(server):
    """Refuse everything and repeat what was said, in every field, in many forms, cut in the middle."""

    def script(talk):
        request = server.requests[-1]
        words = [*request.form.values(), request.headers.get("authorization", "")]
        text = " ".join(["echo", *words, *(quote(word) for word in words), *(repr(word) for word in words)])
        body = {"error": text, "error_subtype": "x" * 280 + text, "error_description": "y" * 290 + text}
        talk.send(response(json.dumps(body).encode(), status=400))

    return script


def test_no_token_code_verifier_or_secret_is_in_anything_that_a_run_says(server, monkeypatch, caplog, capfd):
    """Everything goes wrong at once, everything is echoed, and all loggers shout."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
    family = GmailFamily(
        GoogleEndpoints(*(f"{server.url}/{name}" for name in ("auth", "token", "revoke", "certs")), server.url), clock
    )
    echo = echoing(server)
    server.talks("/token", echo, method="POST").talks("/revoke", echo, method="POST")
    server.talks("/gmail/v1/users/me/messages", echo)
    scope = f"openid email {SEND} {READ}"
    shown = io.StringIO()

    with line() as way:
        for ask in (
            lambda: family.redeem(APP, code=CODE, verifier=VERIFIER, nonce=NONCE, redirect_uri=REDIRECT, line=way),
            lambda: family.renew(APP, secret(scope), way),
        ):
            with pytest.raises(ConsentRefused) as caught:
                ask()
            print(repr(caught.value), caught.value, caught.value.server_text, caught.value.args, file=shown)
        print(family.test_app(APP, REDIRECT, way), file=shown)
        print(family.revoke(box({"account": BOB}, secret(scope)), way), file=shown)
    mailbox = box({"account": BOB}, secret(scope))
    print(mailbox, APP, trial.run(family, mailbox, dialer()), file=shown)
    print(trial.run(family, box({"account": BOB}, secret(scope, expires=EARLIER)), dialer()), file=shown)

    out, err = capfd.readouterr()
    everything = f"{shown.getvalue()}\n{caplog.text}\n{out}\n{err}"
    assert "ConsentRefused" in everything
    assert "echo" in everything
    # Not even the greater part of one.
    assert [text for text in HIDDEN if text[:12] in everything] == []
    assert [request.path for request in server.requests if any(text in request.path for text in HIDDEN)] == []
    assert [request.query for request in server.requests if any(text in str(request.query) for text in HIDDEN)] == []


def test_the_traceback_of_a_refusal_names_no_token(server):
    server.says("/token", b"<html>", method="POST")
    family = GmailFamily(GoogleEndpoints(token=f"{server.url}/token"), clock)

    with line() as way:
        try:
            family.renew(APP, secret("openid"), way)
        except ConsentRefused:
            text = traceback.format_exc()

    assert not [hidden for hidden in (ACCESS, REFRESH, APP.client_secret) if hidden in text]
