"""The Gmail family against a server that says what Google says, and much that Google does not."""

import hmac
import json
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from console.providers import trial
from console.providers.base import App, Secret
from console.providers.consenting import ConsentRefused, Grant, ScopesMissing, challenge_of
from console.providers.gmail import READ, SEND, GmailFamily, GoogleEndpoints
from tests.peers.consent_server import broken, consent_server, published, signed, signing_key
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

SCOPES = " ".join(sorted(("openid", "email", SEND, READ)))
GOOGLES = f"openid https://www.googleapis.com/auth/userinfo.email {SEND} {READ}"
ME = "/gmail/v1/users/me"


@pytest.fixture
def google():
    with consent_server() as server:
        server.says("/certs", published())
        server.says(f"{ME}/messages", {"messages": [{"id": "1", "threadId": "1"}], "resultSizeEstimate": 201})
        server.says(f"{ME}/labels/SENT", {"id": "SENT", "name": "SENT", "type": "system"})
        server.says(f"{ME}/settings/sendAs", {"sendAs": [{"sendAsEmail": BOB, "isPrimary": True}]})
        yield server


@pytest.fixture
def family(google):
    return GmailFamily(
        GoogleEndpoints(*(f"{google.url}/{name}" for name in ("auth", "token", "revoke", "certs")), google.url), clock
    )


def claims(**changes):
    made = {
        "iss": "https://accounts.google.com",
        "aud": APP.client_id,
        "azp": APP.client_id,
        "sub": "1234567890",
        "email": BOB,
        "email_verified": True,
        "nonce": NONCE,
        "iat": int(NOW.timestamp()) - 5,
        "exp": int(NOW.timestamp()) + 3600,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def answer(id_token=None, **changes):
    made = {
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "token_type": "Bearer",
        "expires_in": 3599,
        "scope": GOOGLES,
        "id_token": signed(claims()) if id_token is None else id_token,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def redeem(family, **changes) -> Grant:
    with line() as way:
        asked = {"code": CODE, "verifier": VERIFIER, "nonce": NONCE, "redirect_uri": REDIRECT, "line": way}
        return family.redeem(APP, **{**asked, **changes})


def refused(family, **changes) -> ConsentRefused:
    with pytest.raises(ConsentRefused) as caught:
        redeem(family, **changes)
    shown = f"{caught.value!r} {caught.value} {caught.value.server_text}"
    assert not [hidden for hidden in HIDDEN if hidden in shown]
    return caught.value


def check(family, kept=None, **watched):
    made = secret(SCOPES) if kept is None else kept
    return trial.run(family, box({"account": BOB}, made), dialer(), **watched)


def ask(family, *, fresh=True, address=BOB):
    with line() as way:
        url = family.ask(
            APP, address=address, state="st", nonce="no", challenge="ch", redirect_uri=REDIRECT, fresh=fresh, line=way
        ).url
    parts = urlsplit(url)
    return url.partition("?")[0], parse_qs(parts.query)


def test_the_browser_is_sent_to_google_with_all_that_it_needs_and_no_secret(family, google):
    place, asked = ask(family)

    assert place == f"{google.url}/auth"
    assert asked == {
        "response_type": ["code"],
        "client_id": [APP.client_id],
        "redirect_uri": [REDIRECT],
        "scope": [f"openid email {SEND} {READ}"],
        "state": ["st"],
        "nonce": ["no"],
        "code_challenge": ["ch"],
        "code_challenge_method": ["S256"],
        "login_hint": [BOB],
        "access_type": ["offline"],
        "prompt": ["consent"],
    }


def test_consent_is_not_asked_for_again_where_a_refresh_token_is_stored(family):
    assert "prompt" not in ask(family, fresh=False)[1]


def test_nobody_is_asked_for_the_address_of_the_page(family, google):
    ask(family)

    assert google.requests == []


def test_a_challenge_is_the_one_of_the_standard():
    # RFC 7636, appendix B.
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_becomes_a_grant(family, google):
    google.says("/token", answer(), method="POST")

    grant = redeem(family)

    assert grant == Grant(
        Secret(refresh_token=REFRESH, access_token=ACCESS, expires_at="2026-11-25T12:59:59+00:00", scope=SCOPES),
        BOB,
        "1234567890",
        frozenset({"openid", "email", SEND, READ}),
        {"account": BOB},
    )
    assert google.asked("/token")[0].form == {
        "grant_type": "authorization_code",
        "code": CODE,
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT,
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }


def test_a_code_is_sent_once(family, google):
    google.says("/token", {"error": "invalid_grant", "error_description": "Bad Request"}, method="POST", status=400)

    assert refused(family).code == "oauth-code-invalid"
    assert len(google.asked("/token")) == 1


@pytest.mark.parametrize("code", ["", " ", "æøå", "a&b=c%2F+", "\x00\r\n", "\ud800", "x" * 100_000, "4/0A'\"<>"])
def test_any_code_that_somebody_types_is_sent_as_it_is_or_refused(family, google, code):
    google.says("/token", {"error": "invalid_grant"}, method="POST", status=400)

    assert refused(family, code=code).code == "oauth-code-invalid"


def test_keys_are_asked_for_once_an_hour(family, google):
    google.says("/token", answer(), method="POST")

    redeem(family)
    redeem(family)

    assert len(google.asked("/certs")) == 1


def test_a_new_key_is_fetched_when_a_token_is_signed_with_it(family, google, monkeypatch):
    google.says("/token", answer(), method="POST")
    redeem(family)
    monkeypatch.setattr("console.providers.openid._PATIENCE", -1 * (NOW - NOW))
    google.says("/certs", published("first", "second"))
    google.says("/token", answer(signed(claims(), key="second")), method="POST")

    assert redeem(family).address == BOB


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "another-app"}, "oauth-code-invalid"),
        ({"aud": [APP.client_id, "another-app"], "azp": "another-app"}, "oauth-code-invalid"),
        ({"aud": None}, "oauth-code-invalid"),
        ({"iss": "https://accounts.example.com"}, "oauth-code-invalid"),
        ({"iss": None}, "oauth-code-invalid"),
        ({"nonce": "another"}, "oauth-code-invalid"),
        ({"nonce": None}, "oauth-code-invalid"),
        ({"exp": int(NOW.timestamp()) - 600}, "oauth-code-invalid"),
        ({"exp": "tomorrow"}, "oauth-code-invalid"),
        ({"exp": None}, "oauth-code-invalid"),
        ({"iat": int(NOW.timestamp()) + 6000}, "oauth-code-invalid"),
        ({"sub": None}, "oauth-code-invalid"),
        ({"sub": 7}, "oauth-code-invalid"),
        ({"at_hash": 7}, "oauth-code-invalid"),
        ({"at_hash": "AAAA"}, "oauth-code-invalid"),
        ({"email": None}, "mailbox-not-available"),
        ({"email": ["bob@acme.test"]}, "mailbox-not-available"),
        ({"email": "nobody"}, "mailbox-not-available"),
        ({"email": "b" * 9000 + "@acme.test"}, "mailbox-not-available"),
        ({"email_verified": False}, "mailbox-not-available"),
        ({"email_verified": "true"}, "mailbox-not-available"),
    ],
    ids=str,
)
def test_an_id_token_that_is_not_meant_for_this_sign_in_is_refused(family, google, changes, code):
    google.says("/token", answer(signed(claims(**changes))), method="POST")

    assert refused(family).code == code


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (broken(signed(claims())), "oauth-code-invalid"),
        (signed(claims(), key="second"), "oauth-code-invalid"),
        (signed(claims(), key="second").replace(signed(claims(), key="second").split(".")[0],
                                               signed(claims()).split(".")[0]), "oauth-code-invalid"),
        ("not.a.token", "oauth-provider-outage"),
        ("not a token", "oauth-provider-outage"),
        ("e30.e30.", "oauth-provider-outage"),
        ("eyJhbGciOiJub25lIn0.e30.", "oauth-code-invalid"),
        ("x" * 20_000, "oauth-provider-outage"),
        (["a", "list"], "oauth-provider-outage"),
        (7, "oauth-provider-outage"),
        ("", "oauth-provider-outage"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_forged_or_broken_id_token_is_refused(family, google, token, code):
    google.says("/token", answer(token), method="POST")

    assert refused(family).code == code


@pytest.mark.parametrize("kid", ["first", "second", None])
def test_a_token_signed_with_the_published_key_as_a_shared_secret_is_forged(family, google, kid):
    # The classic confusion of algorithms: https://www.rfc-editor.org/rfc/rfc8725#section-2.1
    for key in (signing_key("first").as_pem(private=False), json.dumps(published()["keys"][0]).encode()):
        head, body = (_part(part) for part in ({"alg": "HS256", "kid": kid}, claims()))
        mark = urlsafe_b64encode(hmac.digest(key, f"{head}.{body}".encode(), "sha256")).rstrip(b"=").decode()
        google.says("/token", answer(f"{head}.{body}.{mark}"), method="POST")

        assert refused(family).code == "oauth-code-invalid"


def _part(fields):
    return urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


def test_a_flood_of_keys_without_the_right_one_is_asked_for_once(family, google):
    flood = {"keys": [{"kid": str(number), "kty": "RSA", "n": "x" * 100, "e": "AQAB"} for number in range(1200)]}
    google.says("/token", answer(), method="POST").says("/certs", flood)

    assert refused(family).code == "oauth-code-invalid"
    assert len(google.asked("/certs")) == 1


@pytest.mark.parametrize("body", [b'{"access_token": ' + b"[" * 90_000, b'{"expires_in": ' + b"9" * 90_000 + b"}",
                                  b'{"access_token": NaN, "expires_in": Infinity}', b"x" * 300_000, b"\xff\xfe{}",
                                  b'{"access_token": "a\\u0000b"}', b'{"access_token": "\\ud800"}'],
                         ids=lambda body: str(body[:20]))  # fmt: skip
def test_what_no_token_endpoint_answers_is_an_outage(family, google, body):
    google.says("/token", body, method="POST")

    assert refused(family).code == "oauth-provider-outage"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_endpoint_that_sends_elsewhere_is_not_followed(family, google, status):
    google.says("/token", b"", method="POST", status=status, Location=f"{google.url}/elsewhere")

    assert refused(family).code == "oauth-provider-outage"
    assert [request.path for request in google.requests] == ["/token"]


@pytest.mark.parametrize(
    "keys",
    [{}, [], {"keys": None}, {"keys": [7, None, {}]}, {"keys": [{"kid": "first", "kty": "RSA", "n": "?", "e": "AQAB"}]},
     {"keys": [{"kid": "first", "kty": "oct", "k": "c2VjcmV0"}]}, {"keys": [{"kid": ["first"], "kty": "RSA"}]}],
    ids=str,
)  # fmt: skip
def test_keys_of_no_shape_verify_nothing(family, google, keys):
    google.says("/token", answer(), method="POST").says("/certs", keys)

    assert refused(family).code in {"oauth-code-invalid", "oauth-provider-outage"}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (f"openid email {SEND}", {READ}),
        (f"openid email {READ}", {SEND}),
        ("openid https://www.googleapis.com/auth/userinfo.email", {SEND, READ}),
    ],
)
def test_unticked_boxes_are_a_problem_of_their_own(family, google, given, missing):
    google.says("/token", answer(scope=given), method="POST")

    found = refused(family)

    assert isinstance(found, ScopesMissing)
    assert (found.code, found.missing) == ("oauth-scope-missing", missing)


def test_an_answer_without_scopes_grants_what_was_asked_for(family, google):
    google.says("/token", answer(scope=None), method="POST")

    assert redeem(family).secret["scope"] == SCOPES


def test_a_sign_in_without_a_refresh_token_is_asked_for_again(family, google):
    google.says("/token", answer(refresh_token=None), method="POST")

    assert refused(family).code == "oauth-interaction-required"


@pytest.mark.parametrize("lifetime", [None, "soon", -5, 0.5, True, [], 10**40])
def test_a_token_without_a_lifetime_counts_as_run_out(family, google, lifetime):
    google.says("/token", answer(expires_in=lifetime), method="POST")

    assert redeem(family).secret["expires_at"] == ""


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "Malformed auth code."}, "oauth-code-invalid"),
        (400, {"error": "invalid_grant", "error_description": "Bad Request"}, "oauth-code-invalid"),
        (400, {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}, "oauth-app-config"),
        (401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}, "oauth-app-config"),
        (401, {"error": "invalid_client", "error_description": "Unauthorized"}, "oauth-client-secret"),
        (200, {"error": "invalid_grant"}, "oauth-code-invalid"),
        (200, {}, "oauth-provider-outage"),
        (200, [], "oauth-provider-outage"),
        (200, {"access_token": 7}, "oauth-provider-outage"),
        (200, {"access_token": "a b\r\nc"}, "oauth-provider-outage"),
        (200, {"access_token": ACCESS, "token_type": "mac"}, "oauth-provider-outage"),
        (200, b"<html>welcome</html>", "oauth-provider-outage"),
        (404, b"<html>not here</html>", "oauth-provider-outage"),
        (500, {"error": "invalid_grant"}, "oauth-provider-outage"),
        (503, b"", "oauth-provider-outage"),
        (302, b"", "oauth-provider-outage"),
        (429, {"error": "invalid_grant"}, "rate-limited"),
        (400, {"error": {"code": 400, "message": "odd"}}, "oauth-provider-outage"),
        (400, {"error": ["list"]}, "oauth-provider-outage"),
    ],
    ids=str,
)
def test_what_the_token_endpoint_answers_to_a_code(family, google, status, body, code):
    google.says("/token", body, method="POST", status=status, location="https://elsewhere.test/token")

    assert refused(family).code == code


def test_what_google_says_is_shown_without_what_was_sent(family, google):
    said = f"code {CODE} of {APP.client_secret} with {VERIFIER} is no good"
    google.says("/token", {"error": "invalid_grant", "error_description": said}, method="POST", status=400)

    assert refused(family).server_text == "400 invalid_grant: code •••• of •••• with •••• is no good"


def renew(family, **kept):
    with line() as way:
        return family.renew(APP, secret(SCOPES, expires=EARLIER, **kept), way)


def test_a_renewal_keeps_the_refresh_token_where_google_sends_none(family, google):
    google.says("/token", answer("", access_token="access-token-two", refresh_token=None), method="POST")

    assert renew(family) == secret(SCOPES, expires="2026-11-25T12:59:59+00:00", access_token="access-token-two")


def test_a_renewal_takes_the_new_refresh_token_where_google_sends_one(family, google):
    google.says("/token", answer("", refresh_token="refresh-token-two"), method="POST")

    assert renew(family)["refresh_token"] == "refresh-token-two"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "Token has been expired."}, "oauth-grant-revoked"),
        (400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"}, "oauth-interaction-required"),
        (400, {"error": "invalid_grant", "error_description": "Account has been deleted"}, "account-disabled"),
        (401, {"error": "invalid_client"}, "oauth-client-secret"),
        (500, {"error": "internal_failure"}, "oauth-provider-outage"),
        (503, b"<html>", "oauth-provider-outage"),
    ],
    ids=str,
)  # fmt: skip
def test_what_the_token_endpoint_answers_to_a_renewal(family, google, status, body, code):
    google.says("/token", body, method="POST", status=status)

    with pytest.raises(ConsentRefused) as caught:
        renew(family)

    assert caught.value.code == code
    assert len(google.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("Wed, 25 Nov 2026 12:05:00 GMT", 300), ("Wed, 25 Nov 2026 11:00:00 GMT", 0), ("soon", None),
     ("9" * 9, 86400), ("-5", None), ("1e9", None)],
)  # fmt: skip
def test_when_to_come_back_is_read_from_the_answer(family, google, header, seconds):
    google.says("/token", b"", method="POST", status=429, retry_after=header)

    with pytest.raises(ConsentRefused) as caught:
        renew(family)

    assert (caught.value.code, caught.value.retry_after) == ("rate-limited", seconds)


def test_a_check_goes_through_its_stages_with_the_token_that_is_there(family, google):
    found = check(family)

    assert [(stage.name, stage.state) for stage in found.stages] == [
        ("sign-in", "passed"), ("open-inbox", "passed"), ("find-sent", "passed"), ("aliases", "passed"),
    ]  # fmt: skip
    assert found.proofs == {"sign-in", "read", "sent", "send"}
    assert found.scopes == frozenset(SCOPES.split())
    assert google.asked("/token") == []
    assert {request.headers["authorization"] for request in google.requests} == {f"Bearer {ACCESS}"}


def test_a_short_check_lists_the_inbox_and_asks_for_no_more(family, google):
    found = check(family, full=False)

    assert [stage.name for stage in found.stages] == ["sign-in", "open-inbox"]
    assert found.proofs == {"sign-in", "read"}
    assert [request.path for request in google.requests] == [f"{ME}/messages"]


def test_googles_own_certificates_are_not_the_organisations_business(family):
    assert not family.own_servers


def test_a_check_asks_for_one_message_of_the_inbox(family, google):
    check(family)

    assert google.asked(f"{ME}/messages")[0].query == {"labelIds": "INBOX", "maxResults": "1"}


def test_a_mailbox_that_only_receives_proves_no_sending(family):
    found = trial.run(family, box({"account": BOB}, secret(SCOPES), receives_only=True), dialer())

    assert "send" not in found.proofs


@pytest.mark.parametrize("expires", [EARLIER, "", "tomorrow", NOW.isoformat(), "2027-01-01T00:00:00"])
def test_a_token_that_has_run_out_is_renewed_and_saved_before_it_is_used(family, google, expires):
    google.says("/token", answer("", access_token="access-token-two"), method="POST")
    seen = []

    def keep(kept):
        seen.append((kept["access_token"], len(google.asked(f"{ME}/messages"))))

    found = check(family, secret(SCOPES, expires=expires), on_secret=keep)

    assert seen == [("access-token-two", 0)]
    assert not found.failed
    assert {r.headers["authorization"] for r in google.asked(f"{ME}/messages")} == {"Bearer access-token-two"}
    assert (found.attempted, found.accepted) == (("token",), {"token"})


def test_a_token_that_google_takes_no_more_is_renewed_once(family, google):
    google.says("/token", answer("", access_token="access-token-two"), method="POST")
    google.says(f"{ME}/messages", {"error": {"code": 401, "status": "UNAUTHENTICATED"}}, status=401)
    google.then(f"{ME}/messages", {"resultSizeEstimate": 0})

    found = check(family)

    assert not found.failed
    assert len(google.asked("/token")) == 1


def test_a_token_that_is_refused_even_when_new_is_no_loop(family, google):
    google.says("/token", answer("", access_token="access-token-two"), method="POST")
    google.says(f"{ME}/messages", {"error": {"code": 401, "status": "UNAUTHENTICATED"}}, status=401)

    found = check(family)

    assert (found.problem_stage, found.problem) == ("sign-in", "oauth-token-expired")
    assert len(google.asked("/token")) == 1


def test_an_access_that_was_renewed_and_is_refused_is_not_renewed_again(family, google):
    google.says("/token", {"access_token": "access-token-two", "expires_in": 3599}, method="POST")
    google.says(f"{ME}/messages", {"error": {"code": 401, "status": "UNAUTHENTICATED"}}, status=401)

    check(family, secret(SCOPES, expires=EARLIER))

    assert len(google.asked("/token")) == 1


def test_a_revoked_grant_needs_a_sign_in_at_once(family, google):
    google.says("/token", {"error": "invalid_grant"}, method="POST", status=400)

    found = check(family, secret(SCOPES, expires=EARLIER))

    assert (found.problem_stage, found.problem) == ("sign-in", "oauth-grant-revoked")
    assert len(google.asked("/token")) == 1
    assert "token" not in found.accepted


def test_a_secret_without_a_refresh_token_needs_a_sign_in_and_asks_nobody(family, google):
    found = check(family, secret(SCOPES, expires=EARLIER, refresh_token=""))

    assert found.problem == "oauth-grant-revoked"
    assert google.requests == []


def test_a_check_without_an_app_is_the_operators_problem(family):
    found = trial.run(family, box({"account": BOB}, secret(SCOPES, expires=EARLIER), app=None), dialer())

    assert found.problem == "oauth-app-config"


def test_a_permission_that_is_not_there_any_more_is_found_by_a_check(family):
    found = check(family, secret(f"openid email {SEND}"))

    assert (found.problem_stage, found.problem) == ("sign-in", "oauth-scope-missing")


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (403, {"errors": [{"reason": "insufficientPermissions"}], "message": "Insufficient"}, "oauth-scope-missing"),
        (403, {"errors": [{"reason": "accessNotConfigured"}], "message": "Not used"}, "oauth-app-config"),
        (403, {"errors": [{"reason": "domainPolicy"}], "message": "disabled Gmail apps"}, "oauth-org-policy-blocked"),
        (403, {"errors": [{"reason": "rateLimitExceeded"}], "message": "Rate Limit Exceeded"}, "rate-limited"),
        (400, {"errors": [{"reason": "failedPrecondition"}], "message": "Not enabled"}, "mailbox-not-available"),
        (429, {"errors": [{"reason": "rateLimitExceeded"}]}, "rate-limited"),
        (500, {"errors": [{"reason": "backendError"}], "message": "Backend Error"}, "server-unavailable"),
        (404, {}, "server-unavailable"),
        (302, {}, "server-unavailable"),
    ],
    ids=str,
)  # fmt: skip
def test_what_gmail_answers_to_reading(family, google, status, error, code):
    google.says(f"{ME}/messages", {"error": {"code": status, **error}}, status=status)

    found = check(family)

    assert (found.problem_stage, found.problem) == ("open-inbox", code)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": None},
        {"messages": "text"},
        {"messages": [7]},
        {"messages": [{}]},
        {"messages": []},
        b"<html>",
        [],
    ],
)
def test_what_is_no_list_of_messages_proves_no_reading(family, google, body):
    google.says(f"{ME}/messages", body)

    found = check(family)

    assert (found.problem_stage, found.problem) == ("open-inbox", "server-unavailable")
    assert "read" not in found.proofs


def test_an_empty_inbox_can_be_read(family, google):
    google.says(f"{ME}/messages", {"resultSizeEstimate": 0})

    assert "read" in check(family).proofs


def test_gmail_says_in_words_when_to_come_back(family, google):
    error = {"code": 429, "message": "User-rate limit exceeded.  Retry after 2026-11-25T12:10:00.000Z"}
    google.says(f"{ME}/messages", {"error": error}, status=429)

    assert check(family).retry_after == 600


def test_the_aliases_are_those_that_google_verified(family, google):
    rows = [
        {"sendAsEmail": BOB, "isPrimary": True, "verificationStatus": "accepted"},
        {"sendAsEmail": "Sales@Acme.test", "verificationStatus": "accepted"},
        {"sendAsEmail": "pending@acme.test", "verificationStatus": "pending"},
        {"sendAsEmail": "unknown@acme.test"},
        {"sendAsEmail": ["list"], "verificationStatus": "accepted"},
        {"sendAsEmail": "no address", "verificationStatus": "accepted"},
        {"sendAsEmail": "Sales@Acme.test", "verificationStatus": "accepted"},
        7,
    ]
    google.says(f"{ME}/settings/sendAs", {"sendAs": rows})

    assert check(family).aliases == ("sales@acme.test",)


@pytest.mark.parametrize("body", [{}, {"sendAs": None}, {"sendAs": "text"}, {"sendAs": {"a": 1}}])
def test_no_list_of_aliases_is_none(family, google, body):
    google.says(f"{ME}/settings/sendAs", body)

    assert check(family).aliases == ()


def test_aliases_that_cannot_be_had_only_warn(family, google):
    google.says(f"{ME}/settings/sendAs", {}, status=403)

    found = check(family)

    assert (found.failed, found.warned, found.aliases) == (False, True, None)


def test_settings_without_an_account_are_unreadable_and_nobody_is_asked(family, google):
    found = trial.run(family, box({}, secret(SCOPES)), dialer())

    assert (found.problem, google.requests) == ("settings-unreadable", [])


@pytest.mark.parametrize(
    ("typed", "signed_in", "same"),
    [
        ("bob@acme.test", "bob@acme.test", True),
        ("Bob@Acme.test", "bob@acme.test", True),
        ("b.o.b@gmail.com", "bob@gmail.com", True),
        ("bob@googlemail.com", "b.ob@gmail.com", True),
        ("bob+news@gmail.com", "bob@gmail.com", True),
        ("b.ob@acme.test", "bob@acme.test", False),
        ("bob@acme.test", "bob@gmail.com", False),
        ("alice@gmail.com", "bob@gmail.com", False),
        ("", "bob@gmail.com", False),
    ],
)
def test_dots_case_and_the_old_domain_make_no_other_mailbox_at_gmail(family, typed, signed_in, same):
    assert family.same_mailbox(typed, Grant(Secret(), signed_in, "1", frozenset(), {})) is same


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"error": "invalid_grant", "error_description": "Malformed auth code."}, "proved"),
        (401, {"error": "invalid_client", "error_description": "Unauthorized"}, "wrong"),
        (401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}, "wrong"),
        (400, {"error": "redirect_uri_mismatch"}, "wrong"),
        (503, b"", "not-proved"),
        (200, answer(), "not-proved"),
        (200, b"<html>", "not-proved"),
    ],
    ids=["grant", "secret", "client", "redirect", "trouble", "answer", "page"],
)
def test_an_app_is_tested_with_a_made_up_code(family, google, status, body, outcome):
    google.says("/token", body, method="POST", status=status)

    with line() as way:
        found = family.test_app(APP, REDIRECT, way)

    assert (found.outcome, (found.problem is not None)) == (outcome, outcome == "wrong")
    assert google.asked("/token")[0].form["redirect_uri"] == REDIRECT
    assert not [hidden for hidden in HIDDEN if hidden in f"{found!r}"]


def test_an_app_cannot_be_tested_while_google_is_away():
    family = GmailFamily(GoogleEndpoints(token="http://127.0.0.1:9/token"), clock)

    with line() as way:
        assert family.test_app(App("id", "secret"), REDIRECT, way).outcome == "not-proved"


def revoke(family, kept=None):
    with line() as way:
        return family.revoke(box({"account": BOB}, secret(SCOPES) if kept is None else kept), way)


def test_removing_ends_the_access_at_google(family, google):
    google.says("/revoke", {}, method="POST")

    assert revoke(family).done
    assert google.asked("/revoke")[0].form == {"token": REFRESH}


def test_an_access_that_had_ended_has_ended(family, google):
    google.says("/revoke", {"error": "invalid_token"}, method="POST", status=400)

    assert revoke(family).done


@pytest.mark.parametrize(("status", "body"), [(400, {"error": "invalid_request"}), (503, b""), (200 + 102, b"")])
def test_a_revocation_that_fails_says_where_to_do_it(family, google, status, body):
    google.says("/revoke", body, method="POST", status=status)

    found = revoke(family)

    assert (found.done, found.url) == (False, "https://myaccount.google.com/connections")


def test_without_a_token_nobody_is_asked_to_revoke(family, google):
    assert not revoke(family, Secret()).done
    assert google.requests == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "access_denied"}, "oauth-user-declined"),
        ({"error": "admin_policy_enforced"}, "oauth-org-policy-blocked"),
        ({"error": "interaction_required"}, "oauth-interaction-required"),
        ({"error": "server_error"}, "oauth-provider-outage"),
        ({"error": "made_up"}, "oauth-code-invalid"),
        ({"error": ""}, "oauth-code-invalid"),
        ({}, "oauth-code-invalid"),
    ],
)
def test_what_comes_back_without_a_code(family, answer, code):
    assert family.declined(answer).code == code


def test_what_runs_out_within_a_minute_is_renewed(family, google):
    google.says("/token", answer(""), method="POST")

    check(family, secret(SCOPES, expires="2026-11-25T12:00:59+00:00"))
    assert len(google.asked("/token")) == 1
    check(family, secret(SCOPES, expires=LATER))
    assert len(google.asked("/token")) == 1
