"""The Microsoft 365 family against a server that says what Microsoft says, and much that Microsoft does not."""

from urllib.parse import parse_qs, urlsplit

import pytest

from console.providers import trial
from console.providers.base import App, Secret
from console.providers.consenting import ConsentRefused, Grant, ScopesMissing
from console.providers.microsoft import MicrosoftEndpoints, MicrosoftFamily
from console.providers.microsoft_login import CONSUMERS
from tests.peers.consent_server import broken, consent_server, published, signed
from tests.providers.consents import (
    ACCESS,
    APP,
    BOB,
    CODE,
    EARLIER,
    HIDDEN,
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

NAMES = "openid profile email offline_access User.Read Mail.ReadWrite Mail.Send MailboxSettings.Read"
SCOPES = " ".join(sorted(NAMES.split()))
# As Microsoft writes them in its answers: with the resource, in an order of its own, without offline_access.
MICROSOFTS = "email openid profile " + " ".join(
    f"https://graph.microsoft.com/{name}"
    for name in ("Mail.Send", "Mail.ReadWrite", "User.Read", "MailboxSettings.Read")
)
TENANT, OBJECT = "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
ME = "/v1.0/me"
PERSON = {
    "id": OBJECT,
    "mail": "Bob@acme.test",
    "userPrincipalName": "bob.ray@acme.test",
    "proxyAddresses": ["smtp:sales@acme.test", "SMTP:Bob@acme.test", "x500:/o=acme", "smtp:bob@acme.onmicrosoft.com"],
}


def document(url, path="common", issued="{tenantid}", **changes):
    base = f"{url}/{path}"
    return {
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "issuer": f"{url}/{issued}/v2.0",
        "cloud_instance_name": "microsoftonline.com",
        **changes,
    }


def place(path):
    return f"/{path}/v2.0/.well-known/openid-configuration"


TOKEN = "/common/oauth2/v2.0/token"


@pytest.fixture
def microsoft():
    with consent_server() as server:
        server.says(place("common"), document(server.url))
        server.says(place(TENANT), document(server.url, TENANT, TENANT, tenant_region_scope="EU"))
        server.says("/common/discovery/v2.0/keys", published())
        server.says(ME, PERSON)
        server.says(f"{ME}/mailboxSettings", {"userPurpose": "user"})
        server.says(f"{ME}/mailFolders/inbox", {"id": "AAA", "totalItemCount": 42})
        server.says(f"{ME}/mailFolders/inbox/messages", {"value": [{"id": "1"}]})
        server.says(f"{ME}/mailFolders/sentitems", {"id": "BBB", "displayName": "Sendte elementer"})
        yield server


@pytest.fixture
def family(microsoft):
    return MicrosoftFamily(MicrosoftEndpoints(microsoft.url, microsoft.url), clock)


def claims(url, **changes):
    made = {
        "iss": f"{url}/{TENANT}/v2.0",
        "aud": APP.client_id,
        "sub": "pairwise",
        "oid": OBJECT,
        "tid": TENANT,
        "preferred_username": "bob.ray@acme.test",
        "email": "anything@that.anybody.may.write",
        "nonce": NONCE,
        "iat": int(NOW.timestamp()) - 5,
        "exp": int(NOW.timestamp()) + 3600,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def answer(url, id_token=None, **changes):
    made = {
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "token_type": "Bearer",
        "expires_in": 4500,
        "ext_expires_in": 4500,
        "scope": MICROSOFTS,
        "id_token": signed(claims(url)) if id_token is None else id_token,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def redeem(family, app=APP) -> Grant:
    with line() as way:
        return family.redeem(app, code=CODE, verifier=VERIFIER, nonce=NONCE, redirect_uri=REDIRECT, line=way)


def refused(family, app=APP) -> ConsentRefused:
    with pytest.raises(ConsentRefused) as caught:
        redeem(family, app)
    shown = f"{caught.value!r} {caught.value} {caught.value.server_text}"
    assert not [hidden for hidden in HIDDEN if hidden in shown]
    return caught.value


def check(family, kept=None, settings=None, **watched):
    made = secret(SCOPES) if kept is None else kept
    return trial.run(family, box({"account": BOB, "tenant": TENANT, **(settings or {})}, made), dialer(), **watched)


def ask(family, app=APP):
    with line() as way:
        url = family.ask(
            app, address=BOB, state="st", nonce="no", challenge="ch", redirect_uri=REDIRECT, fresh=True, line=way
        ).url
    return url.partition("?")[0], parse_qs(urlsplit(url).query)


def test_the_browser_is_sent_to_microsoft_with_all_that_it_needs_and_no_secret(family, microsoft):
    page, asked = ask(family)

    assert page == f"{microsoft.url}/common/oauth2/v2.0/authorize"
    assert asked == {
        "response_type": ["code"],
        "response_mode": ["query"],
        "client_id": [APP.client_id],
        "redirect_uri": [REDIRECT],
        "scope": [NAMES],
        "state": ["st"],
        "nonce": ["no"],
        "code_challenge": ["ch"],
        "code_challenge_method": ["S256"],
        "login_hint": [BOB],
    }


def test_the_discovery_document_is_asked_for_once_an_hour(family, microsoft):
    ask(family)
    ask(family)

    assert [request.path for request in microsoft.requests] == [place("common")]


@pytest.mark.parametrize(
    ("app", "path"),
    [
        (App("id", "secret"), "common"),
        (App("id", "secret", "acme.test"), "acme.test"),
        (App("id", "secret", "acme.test", "single"), "acme.test"),
        (App("id", "secret", "acme.test", "organizations"), "organizations"),
        (App("id", "secret", "organizations"), "organizations"),
        (App("id", "secret", "../evil"), "..%2Fevil"),
    ],
    ids=repr,
)
def test_the_authority_is_the_one_that_the_app_is_for(family, microsoft, app, path):
    microsoft.says(place(path), document(microsoft.url, path))

    assert ask(family, app)[0] == f"{microsoft.url}/{path}/oauth2/v2.0/authorize"


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint": "https://evil.test/token"},
        {"token_endpoint": None},
        {"token_endpoint": 7},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"issuer": ""},
        {"issuer": ["list"]},
    ],
    ids=str,
)
def test_a_discovery_document_that_names_other_servers_is_not_followed(family, microsoft, changes):
    microsoft.says(place("common"), document(microsoft.url, **changes))

    with pytest.raises(ConsentRefused) as caught:
        ask(family)

    assert caught.value.code == "oauth-provider-outage"


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant_region_sub_scope": "DODCON"},
        {"tenant_region_sub_scope": "DOD"},
        {"tenant_region_scope": "USGov"},
        {"cloud_instance_name": "microsoftonline.us"},
        {"cloud_instance_name": "partner.microsoftonline.cn", "tenant_region_sub_scope": "dod"},
    ],
    ids=str,
)
def test_closed_clouds_are_refused_before_and_after_the_sign_in(family, microsoft, changes):
    microsoft.says(TOKEN, answer(microsoft.url), method="POST")
    microsoft.says(place(TENANT), document(microsoft.url, TENANT, TENANT, **changes))
    assert refused(family).code == "unsupported-cloud"

    microsoft.says(place("acme.test"), document(microsoft.url, "acme.test", TENANT, **changes))
    with pytest.raises(ConsentRefused) as caught:
        ask(family, App("id", "secret", "acme.test"))
    assert caught.value.code == "unsupported-cloud"


def test_a_code_becomes_a_grant_with_the_identity_and_addresses_of_the_account(family, microsoft):
    microsoft.says(TOKEN, answer(microsoft.url), method="POST")

    grant = redeem(family)

    assert grant == Grant(
        Secret(refresh_token=REFRESH, access_token=ACCESS, expires_at="2026-11-25T13:15:00+00:00", scope=SCOPES),
        BOB,
        f"{TENANT}:{OBJECT}",
        frozenset(NAMES.split()),
        {"account": BOB, "tenant": TENANT},
        ("bob.ray@acme.test", "sales@acme.test", "bob@acme.onmicrosoft.com"),
    )
    assert microsoft.asked(TOKEN)[0].form == {
        "grant_type": "authorization_code",
        "code": CODE,
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT,
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tid": None}, "oauth-code-invalid"),
        ({"tid": "another"}, "oauth-code-invalid"),
        ({"tid": "00000000-2222-3333-4444-555555555555"}, "oauth-code-invalid"),
        ({"tid": 7}, "oauth-code-invalid"),
        ({"iss": "https://login.example.com/v2.0"}, "oauth-code-invalid"),
        ({"aud": "another-app"}, "oauth-code-invalid"),
        ({"nonce": "another"}, "oauth-code-invalid"),
        ({"exp": int(NOW.timestamp()) - 600}, "oauth-code-invalid"),
    ],
    ids=str,
)
def test_an_id_token_of_another_issuer_tenant_or_app_is_refused(family, microsoft, changes, code):
    microsoft.says(TOKEN, answer(microsoft.url, signed(claims(microsoft.url, **changes))), method="POST")

    assert refused(family).code == code


def test_an_issuer_with_the_placeholder_left_in_is_refused(family, microsoft):
    token = signed(claims(microsoft.url, iss=f"{microsoft.url}/{{tenantid}}/v2.0", tid="{tenantid}"))
    microsoft.says(TOKEN, answer(microsoft.url, token), method="POST")

    assert refused(family).code == "oauth-code-invalid"


def test_a_key_of_another_issuer_signs_nothing(family, microsoft):
    microsoft.says(TOKEN, answer(microsoft.url), method="POST")
    microsoft.says("/common/discovery/v2.0/keys", published(issuer=f"{microsoft.url}/{CONSUMERS}/v2.0"))

    assert refused(family).code == "oauth-code-invalid"


def test_a_key_for_all_tenants_signs_for_each(family, microsoft):
    microsoft.says(TOKEN, answer(microsoft.url), method="POST")
    microsoft.says("/common/discovery/v2.0/keys", published(issuer=f"{microsoft.url}/{{tenantid}}/v2.0"))

    assert redeem(family).address == BOB


def test_a_forged_id_token_is_refused(family, microsoft):
    microsoft.says(TOKEN, answer(microsoft.url, broken(signed(claims(microsoft.url)))), method="POST")

    assert refused(family).code == "oauth-code-invalid"


def test_an_app_of_one_tenant_takes_its_issuer_only(family, microsoft):
    other = "00000000-0000-0000-0000-000000000000"
    microsoft.says(place("acme.test"), document(microsoft.url, "common", other))
    microsoft.says(TOKEN, answer(microsoft.url), method="POST")

    assert refused(family, App(APP.client_id, APP.client_secret, "acme.test")).code == "oauth-code-invalid"


def test_a_personal_account_is_none_of_an_organisation(family, microsoft):
    app = App(APP.client_id, APP.client_secret, audience="organizations")
    microsoft.says(place("organizations"), document(microsoft.url))
    token = signed(claims(microsoft.url, tid=CONSUMERS, iss=f"{microsoft.url}/{CONSUMERS}/v2.0"))
    microsoft.says(TOKEN, answer(microsoft.url, token), method="POST")

    assert refused(family, app).code == "oauth-wrong-account"


def test_a_personal_account_is_known_by_its_mail(family, microsoft):
    token = signed(claims(microsoft.url, tid=CONSUMERS, iss=f"{microsoft.url}/{CONSUMERS}/v2.0"))
    microsoft.says(TOKEN, answer(microsoft.url, token), method="POST")
    microsoft.says(ME, {"id": "1", "mail": "bob@outlook.com", "userPrincipalName": "bob@outlook.com"})

    grant = redeem(family)

    assert (grant.address, grant.aliases, grant.settings["tenant"]) == ("bob@outlook.com", (), CONSUMERS)


@pytest.mark.parametrize(
    "person",
    [
        {"mail": "ceo@somebody-else.test", "userPrincipalName": None, "proxyAddresses": []},
        {"userPrincipalName": "bob_acme.test#EXT#@contoso.onmicrosoft.com"},
        {"userPrincipalName": "nobody"},
        {"proxyAddresses": "SMTP:bob@acme.test"},
        {"proxyAddresses": ["SMTP:", 7, None, "x500:bob@acme.test"]},
        {},
    ],
    ids=str,
)
def test_an_account_without_an_address_that_its_tenant_proved_is_refused(family, microsoft, person):
    microsoft.says(TOKEN, answer(microsoft.url), method="POST").says(ME, person)

    assert refused(family).code == "mailbox-not-available"


@pytest.mark.parametrize("lost", ["User.Read", "Mail.ReadWrite", "Mail.Send", "MailboxSettings.Read"])
def test_a_permission_that_was_not_given_is_a_problem_of_its_own(family, microsoft, lost):
    given = MICROSOFTS.replace(f"https://graph.microsoft.com/{lost}", "").replace("  ", " ")
    microsoft.says(TOKEN, answer(microsoft.url, scope=given), method="POST")

    found = refused(family)

    assert isinstance(found, ScopesMissing)
    assert (found.code, found.missing) == ("oauth-scope-missing", {lost})


@pytest.mark.parametrize("given", ["mail.send mail.readwrite user.read mailboxsettings.read", NAMES, None])
def test_permissions_are_known_by_every_name_that_microsoft_has_for_them(family, microsoft, given):
    microsoft.says(TOKEN, answer(microsoft.url, scope=given), method="POST")

    assert redeem(family).secret["scope"] == SCOPES


def test_a_sign_in_without_a_refresh_token_is_asked_for_again(family, microsoft):
    microsoft.says(TOKEN, answer(microsoft.url, refresh_token=None), method="POST")

    assert refused(family).code in {"oauth-scope-missing", "oauth-interaction-required"}


def said(number, error="invalid_grant"):
    return {
        "error": error,
        "error_description": f"AADSTS{number}: Something.\r\nTrace ID: 0\r\nTimestamp: 2026-11-25 12:00:00Z",
        "error_codes": [number],
    }


@pytest.mark.parametrize(
    ("number", "error", "at_redeem", "at_renewal"),
    [
        (54005, "invalid_grant", "oauth-code-invalid", "oauth-code-invalid"),
        (70008, "invalid_grant", "oauth-code-invalid", "oauth-grant-expired"),
        (50173, "invalid_grant", "oauth-grant-revoked", "oauth-grant-revoked"),
        (50076, "invalid_grant", "mfa-required", "mfa-required"),
        (53003, "invalid_grant", "oauth-org-policy-blocked", "oauth-org-policy-blocked"),
        (65001, "invalid_grant", "oauth-admin-consent-required", "oauth-admin-consent-required"),
        (70043, "invalid_grant", "oauth-interaction-required", "oauth-interaction-required"),
        (7000215, "invalid_client", "oauth-client-secret", "oauth-client-secret"),
        (7000222, "invalid_client", "oauth-client-secret", "oauth-client-secret"),
        (700016, "unauthorized_client", "oauth-app-config", "oauth-app-config"),
        (50057, "invalid_grant", "account-disabled", "account-disabled"),
        (90033, "temporarily_unavailable", "oauth-provider-outage", "oauth-provider-outage"),
        (424242, "invalid_grant", "oauth-code-invalid", "oauth-grant-revoked"),
        (424242, "invalid_client", "oauth-client-secret", "oauth-client-secret"),
    ],
)
def test_what_microsoft_says_with_a_number(family, microsoft, number, error, at_redeem, at_renewal):
    microsoft.says(TOKEN, said(number, error), method="POST", status=400)

    assert refused(family).code == at_redeem
    with line() as way, pytest.raises(ConsentRefused) as caught:
        family.renew(APP, secret(SCOPES), way)
    assert caught.value.code == at_renewal


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_at_microsoft_is_never_read_as_a_refusal(family, microsoft, status):
    microsoft.says(TOKEN, said(50173), method="POST", status=status, retry_after="30")

    found = refused(family)

    assert (found.code, found.retry_after) == ("oauth-provider-outage", 30)


def test_a_renewal_brings_the_rotated_token_and_asks_for_the_same_permissions(family, microsoft):
    renewed = answer(microsoft.url, "", access_token="access-token-two", refresh_token="refresh-token-two")
    microsoft.says(TOKEN, renewed, method="POST")

    with line() as way:
        found = family.renew(APP, secret(SCOPES, expires=EARLIER), way)

    assert found == Secret(
        refresh_token="refresh-token-two",
        access_token="access-token-two",
        expires_at="2026-11-25T13:15:00+00:00",
        scope=SCOPES,
    )
    assert microsoft.asked(TOKEN)[0].form == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
        "scope": NAMES,
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }


def test_a_check_goes_through_its_stages_with_the_token_that_is_there(family, microsoft):
    found = check(family)

    assert [(stage.name, stage.state) for stage in found.stages] == [
        ("sign-in", "passed"), ("open-inbox", "passed"), ("find-sent", "passed"), ("aliases", "passed"),
    ]  # fmt: skip
    assert found.proofs == {"sign-in", "read", "sent", "send"}
    assert found.aliases == ("bob.ray@acme.test", "sales@acme.test", "bob@acme.onmicrosoft.com")
    assert found.stages[1].values == {"messages": "42"}
    assert found.stages[2].values == {"folder": "Sendte elementer"}
    assert {request.headers["authorization"] for request in microsoft.requests} == {f"Bearer {ACCESS}"}


def test_a_short_check_opens_the_inbox_and_asks_for_no_more(family, microsoft):
    found = check(family, full=False)

    assert [stage.name for stage in found.stages] == ["sign-in", "open-inbox"]
    assert found.proofs == {"sign-in", "read"}
    assert not [request for request in microsoft.requests if "sentitems" in request.path]


def test_a_rotated_token_is_saved_before_it_is_used_even_when_the_check_then_fails(family, microsoft):
    renewed = answer(microsoft.url, "", access_token="access-token-two", refresh_token="refresh-token-two")
    microsoft.says(TOKEN, renewed, method="POST").says(ME, {}, status=503)
    seen = []

    def keep(kept):
        seen.append((kept["refresh_token"], len(microsoft.asked(ME))))

    found = check(family, secret(SCOPES, expires=EARLIER), on_secret=keep)

    assert seen == [("refresh-token-two", 0)]
    assert (found.problem_stage, found.problem) == ("sign-in", "server-unavailable")


@pytest.mark.parametrize("purpose", ["shared", "room", "equipment", "Shared"])
def test_a_mailbox_that_is_not_one_persons_is_refused(family, microsoft, purpose):
    microsoft.says(f"{ME}/mailboxSettings", {"userPurpose": purpose})

    found = check(family)

    assert (found.problem_stage, found.problem) == ("open-inbox", "unsupported-shared-mailbox")


@pytest.mark.parametrize(
    "settings", [{}, {"userPurpose": None}, {"userPurpose": "linked"}, {"userPurpose": ["shared"]}]
)
def test_a_purpose_that_is_not_told_refuses_nobody(family, microsoft, settings):
    microsoft.says(f"{ME}/mailboxSettings", settings)

    assert not check(family).failed


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (404, {"code": "MailboxNotEnabledForRESTAPI", "message": "REST API is not supported."}, "mailbox-on-premises"),
        (404, {"code": "Other", "message": "Inactive, or is hosted on-premise."}, "mailbox-on-premises"),
        (404, {"code": "MailboxNotSupportedForRESTAPI", "message": ""}, "mailbox-not-available"),
        (403, {"code": "ErrorAccessDenied", "message": "Access is denied."}, "permission-denied"),
        (401, {"code": "UnknownError", "message": ""}, "oauth-scope-missing"),
        (429, {"code": "ApplicationThrottled", "message": "Over its MailboxConcurrency limit."}, "rate-limited"),
        (503, {"code": "ServiceUnavailable", "message": ""}, "server-unavailable"),
        (504, {"code": "UnknownError", "message": ""}, "server-unavailable"),
        (404, {"code": "ResourceNotFound", "message": ""}, "mailbox-not-found"),
    ],
    ids=str,
)  # fmt: skip
def test_what_graph_answers_to_opening_the_mailbox(family, microsoft, status, error, code):
    microsoft.says(TOKEN, answer(microsoft.url, ""), method="POST")
    microsoft.says(f"{ME}/mailboxSettings", {"error": error}, status=status)

    found = check(family)

    assert (found.problem_stage, found.problem) == ("open-inbox", code)


@pytest.mark.parametrize(
    ("path", "body", "stage"),
    [
        (ME, {}, "sign-in"),
        (ME, [], "sign-in"),
        (ME, b"<html>", "sign-in"),
        (f"{ME}/mailboxSettings", b"<html>", "open-inbox"),
        (f"{ME}/mailFolders/inbox/messages", {}, "open-inbox"),
        (f"{ME}/mailFolders/inbox/messages", {"value": "text"}, "open-inbox"),
    ],
)
def test_an_answer_of_no_shape_proves_nothing(family, microsoft, path, body, stage):
    microsoft.says(path, body)

    found = check(family)

    assert (found.problem_stage, found.problem) == (stage, "server-unavailable")


def test_graph_says_when_to_come_back(family, microsoft):
    microsoft.says(ME, {"error": {"code": "TooManyRequests"}}, status=429, retry_after="30")

    assert check(family).retry_after == 30


def test_a_revoked_grant_needs_a_sign_in_at_once(family, microsoft):
    microsoft.says(TOKEN, said(50173), method="POST", status=400)

    found = check(family, secret(SCOPES, expires=EARLIER))

    assert (found.problem_stage, found.problem) == ("sign-in", "oauth-grant-revoked")
    assert len(microsoft.asked(TOKEN)) == 1


def test_every_address_of_the_mailbox_is_the_same_mailbox(family):
    grant = Grant(Secret(), BOB, "1", frozenset(), {}, ("sales@acme.test",))

    assert family.same_mailbox("Sales@Acme.test", grant)
    assert family.same_mailbox(" BOB@acme.test", grant)
    assert not family.same_mailbox("alice@acme.test", grant)


def test_the_app_signs_in_as_itself_in_its_own_tenant_to_be_tested(family, microsoft):
    microsoft.says(place("acme.test"), document(microsoft.url, "acme.test", TENANT))
    microsoft.says("/acme.test/oauth2/v2.0/token", {"access_token": "app-token"}, method="POST")

    with line() as way:
        found = family.test_app(APP, REDIRECT, way)

    assert found.outcome == "proved"
    assert microsoft.asked("/acme.test/oauth2/v2.0/token")[0].form == {
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }


@pytest.mark.parametrize(
    ("status", "body", "outcome", "problem"),
    [
        (401, said(7000215, "invalid_client"), "wrong", "oauth-client-secret"),
        (401, said(7000222, "invalid_client"), "wrong", "oauth-client-secret"),
        (400, said(700016, "unauthorized_client"), "wrong", "oauth-app-config"),
        (400, said(53003, "access_denied"), "not-proved", None),
        (503, {}, "not-proved", None),
        (200, b"<html>", "not-proved", None),
    ],
)
def test_what_a_test_of_the_app_shows(family, microsoft, status, body, outcome, problem):
    microsoft.says(place("acme.test"), document(microsoft.url, "acme.test", TENANT))
    microsoft.says("/acme.test/oauth2/v2.0/token", body, method="POST", status=status)

    with line() as way:
        found = family.test_app(APP, REDIRECT, way)

    assert (found.outcome, found.problem) == (outcome, problem)
    assert not [hidden for hidden in HIDDEN if hidden in f"{found!r}"]


def test_an_unknown_tenant_is_the_apps_problem(family, microsoft):
    microsoft.says(place("acme.test"), said(90002, "invalid_tenant"), status=400)

    with line() as way:
        found = family.test_app(APP, REDIRECT, way)

    assert (found.outcome, found.problem) == ("wrong", "oauth-app-config")


@pytest.mark.parametrize("tenant", ["", "common", "organizations"])
def test_without_a_tenant_of_its_own_nothing_is_proved_and_nobody_is_asked(family, microsoft, tenant):
    with line() as way:
        found = family.test_app(App("id", "secret", tenant), REDIRECT, way)
    assert found.outcome == "not-proved"
    assert found.text.startswith("Not proved until the first sign-in: only with the directory")
    assert microsoft.requests == []


@pytest.mark.parametrize(("app", "path"), [(APP, "organizations"), (App("the-app", "s", TENANT), TENANT)])
def test_an_administrator_approves_exactly_what_people_are_asked_for(family, microsoft, app, path):
    parts = urlsplit(family.approval(app, state="st", redirect_uri=REDIRECT))

    asked = parse_qs(parts.query)
    assert parts.path == f"/{path}/v2.0/adminconsent"
    assert (asked["client_id"], asked["state"], asked["redirect_uri"]) == (["the-app"], ["st"], [REDIRECT])
    assert asked["scope"][0].replace("https://graph.microsoft.com/", "").split() == [
        "openid", "profile", "email", "offline_access", "User.Read", "Mail.ReadWrite", "Mail.Send",
        "MailboxSettings.Read",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tenant", "url"),
    [(TENANT, "https://myapps.microsoft.com"), (CONSUMERS, "https://account.live.com/consent/Manage")],
)
def test_removing_says_where_the_permission_is_withdrawn(family, microsoft, tenant, url):
    with line() as way:
        found = family.revoke(box({"account": BOB, "tenant": tenant}, secret(SCOPES)), way)

    assert (found.done, found.url) == (False, url)
    assert microsoft.requests == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "access_denied", "error_subcode": "cancel"}, "oauth-user-declined"),
        ({"error": "access_denied", "error_description": "AADSTS65004: declined"}, "oauth-user-declined"),
        ({"error": "access_denied", "error_description": "AADSTS90094: admin"}, "oauth-admin-consent-required"),
        ({"error": "consent_required"}, "oauth-admin-consent-required"),
        ({"error": "invalid_client", "error_description": "AADSTS650052: no service"}, "mailbox-not-available"),
        ({"error": "temporarily_unavailable"}, "oauth-provider-outage"),
    ],
)
def test_what_comes_back_without_a_code(family, answer, code):
    assert family.declined(answer).code == code
