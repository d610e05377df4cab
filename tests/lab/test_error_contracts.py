"""Whatever the stand-ins refuse, and every token answer, has the shape that the providers publish, faults included."""

import pytest
import requests

from console.lab.faults import FAULTS
from tests.lab import error_contract
from tests.lab.made import BACK, SECONDS

PEOPLE = {"google": "alice@acme.test", "microsoft": "alice@contoso.test"}
READ = {"google": "/messages", "microsoft": "/messages"}
API = {"google": error_contract.google, "microsoft": error_contract.graph}
# Those take their time and change nothing in the answer, or change what is in a good one.
GOOD = frozenset({"slow", "token-slow", "shared"})


def faults(place):
    return [
        (provider, fault.slug)
        for fault in FAULTS
        if fault.place == place and fault.slug not in GOOD
        for provider in sorted(fault.providers & PEOPLE.keys())
    ]


@pytest.fixture
def app(request, gmail, graph):
    return {"google": gmail, "microsoft": graph}


def stand_in(lab, provider):
    return next(place for place in lab.places if place.slug == provider)


@pytest.mark.parametrize(("provider", "slug"), faults("mail"))
def test_a_fault_of_mail_answers_in_the_published_shape(lab, app, provider, slug):
    tokens = app[provider].sign_in(PEOPLE[provider])
    stand_in(lab, provider).switch(slug, PEOPLE[provider])

    answer = app[provider].get(READ[provider], tokens)

    assert answer.status_code >= 400
    assert API[provider](answer) == []


@pytest.mark.parametrize(("provider", "slug"), faults("token"))
def test_a_fault_of_tokens_answers_in_the_published_shape(lab, app, provider, slug):
    tokens = app[provider].sign_in(PEOPLE[provider])
    code = app[provider].consent(PEOPLE[provider])["code"]
    stand_in(lab, provider).switch(slug)

    answers = [app[provider].renew(tokens["refresh_token"]), app[provider].redeem(code)]

    assert [error_contract.tokens(answer) for answer in answers] == [[], []]


@pytest.mark.parametrize(
    ("provider", "path"),
    [(provider, path) for provider in PEOPLE for path in ("/messages/nothing", "/messages")]
    + [("google", "/labels/nothing"), ("google", "/settings/sendAs/nothing"), ("microsoft", "/mailFolders/nothing")],
)
@pytest.mark.parametrize("token", ["good", "made-up", "narrow"])
def test_other_refusals_have_the_published_shape(app, provider, path, token):
    given = {
        "good": lambda: app[provider].sign_in(PEOPLE[provider]),
        "made-up": lambda: "made-up",
        "narrow": lambda: app[provider].sign_in(PEOPLE[provider], scope="openid email"),
    }[token]()

    answer = app[provider].get(path, given)

    assert answer.status_code == 200 if (path, token) == ("/messages", "good") else API[provider](answer) == []


@pytest.mark.parametrize(
    ("provider", "path", "body"), [("google", "/messages/send", {}), ("microsoft", "/sendMail", {})]
)
def test_what_is_no_message_is_refused_in_the_published_shape(app, provider, path, body):
    answer = app[provider].post(path, app[provider].sign_in(PEOPLE[provider]), body)

    assert (answer.status_code, API[provider](answer)) == (400, [])


@pytest.mark.parametrize("provider", PEOPLE)
@pytest.mark.parametrize(
    "asked",
    [
        {"grant_type": "authorization_code", "code": "made-up", "redirect_uri": BACK, "code_verifier": "v" * 43},
        {"grant_type": "refresh_token", "refresh_token": "made-up"},
        {"grant_type": "refresh_token", "refresh_token": "made-up", "client_secret": "wrong"},
        {"grant_type": "refresh_token", "refresh_token": "made-up", "client_id": "nobody"},
        {"grant_type": "password"},
        {"grant_type": "client_credentials"},
    ],
    ids=["code", "token", "secret", "app", "grant", "app itself"],
)
def test_token_endpoints_answer_in_the_published_shape(app, provider, asked):
    assert error_contract.tokens(app[provider].ask(**asked)) == []


@pytest.mark.parametrize("provider", PEOPLE)
def test_a_sign_in_and_a_renewal_answer_in_the_published_shape(app, provider):
    first = app[provider].redeem(app[provider].consent(PEOPLE[provider])["code"])

    assert error_contract.tokens(first) == []
    assert error_contract.tokens(app[provider].renew(first.json()["refresh_token"])) == []


def test_a_token_that_cannot_be_revoked_is_refused_in_the_published_shape(lab):
    answer = requests.post(f"{lab.google.url}/revoke", data={"token": "made-up"}, timeout=SECONDS)

    assert (answer.status_code, error_contract.tokens(answer)) == (400, [])


def made(status, body):
    answer = requests.Response()
    answer.status_code = status
    answer._content = body
    return answer


@pytest.mark.parametrize(
    ("contract", "status", "body"),
    [
        (error_contract.google, 403, b'{"error": {"code": 403, "message": "x", "status": "NOT_FOUND"}}'),
        (error_contract.google, 400, b'{"error": {"code": 403, "message": "x", "status": "PERMISSION_DENIED"}}'),
        (error_contract.graph, 404, b'{"error": {"code": "x", "message": "y"}}'),
        (error_contract.tokens, 400, b'{"error": "no_such_error"}'),
        (error_contract.tokens, 401, b'{"error": "invalid_grant"}'),
        (error_contract.tokens, 200, b'{"access_token": "x", "token_type": "Bearer", "expires_in": "3599"}'),
        (
            error_contract.tokens,
            400,
            b'{"error": "invalid_grant", "error_codes": [1], "error_description": "AADSTS2: "}',
        ),
    ],
)
def test_the_contracts_would_notice_a_wrong_answer(contract, status, body):
    assert contract(made(status, body)) != []
