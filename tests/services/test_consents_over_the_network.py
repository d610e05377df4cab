"""The whole way with a family of the console's own, over sockets: leave, come back, redeem, check, renew, withdraw."""

import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from console.providers.gmail import READ, SEND, GmailFamily, GoogleEndpoints
from console.services import apps, checks, consents, credentials, drafts, switches, verification
from console.store.models import Credential, Inbox
from tests.peers.consent_server import consent_server, published, signed
from tests.services import made, owls

BOB = "bob.berg@gmail.com"
ME = "/gmail/v1/users/me"
SCOPES = f"openid email {SEND} {READ}"
CODE, SECRET = "4/the-code-that-came-back", "s3cret~of.the-app"


@pytest.fixture
def google():
    with consent_server() as server:
        server.says("/certs", published())
        server.says(f"{ME}/messages", {"messages": [{"id": "1", "threadId": "1"}], "resultSizeEstimate": 2})
        server.says(f"{ME}/labels/SENT", {"id": "SENT", "name": "SENT", "type": "system"})
        alias = {"sendAsEmail": "robert@acme.test", "verificationStatus": "accepted"}
        server.says(f"{ME}/settings/sendAs", {"sendAs": [{"sendAsEmail": BOB, "isPrimary": True}, alias]})
        yield server


@pytest.fixture
def settings():
    return {"CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def families(google, clock):
    places = (f"{google.url}/{name}" for name in ("auth", "token", "revoke", "certs"))
    return (GmailFamily(GoogleEndpoints(*places, google.url), clock),)


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    apps.save(ctx, alice, "gmail", client_id="the-app", client_secret=SECRET)


def tokens(number, **changes):
    return {
        "access_token": f"access-token-{number}",
        "refresh_token": f"refresh-token-{number}",
        "token_type": "Bearer",
        "expires_in": 3599,
        "scope": SCOPES,
        **changes,
    }


def leave(ctx, bob, typed=BOB):
    draft_id = drafts.start(ctx, bob)
    drafts.set_address(ctx, bob, draft_id, typed, "gmail")
    drafts.accept_disclosure(ctx, bob, draft_id)
    return draft_id, away(ctx, bob, draft_id)


def away(ctx, bob, draft_id):
    url = consents.begin(ctx, bob, draft_id, owls.BROWSER).url
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def come_back(ctx, bob, google, question, *, email=BOB, **changes):
    """Let Google answer to the code with the tokens of `email`, and carry the run on."""
    now = int(ctx.clock().timestamp())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": "the-app",
        "sub": f"subject of {email}",
        "email": email,
        "email_verified": True,
        "nonce": question["nonce"],
        "iat": now,
        "exp": now + 3600,
    }
    answer = tokens(1, **{"id_token": signed(claims), **changes})
    google.says("/token", {name: value for name, value in answer.items() if value is not None}, method="POST")
    draft_id = consents.come_back(ctx, bob, "gmail", {"state": question["state"], "code": CODE}, owls.BROWSER)
    verification.run(ctx, draft_id)
    return made.draft(ctx, draft_id)


def inboxes(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Inbox)))


def kept(ctx, inbox_id):
    with ctx.store.read() as session:
        return credentials.unseal(ctx, session.get_one(Credential, inbox_id))


def test_somebody_connects_and_what_google_told_is_kept(ctx, bob, google):
    draft_id, question = leave(ctx, bob)

    draft = come_back(ctx, bob, google, question)

    (inbox,) = inboxes(ctx)
    assert (draft.id, draft.state, inbox.address, inbox.health) == (draft_id, "passed", BOB, "healthy")
    assert (inbox.subject, inbox.aliases) == (f"subject of {BOB}", ["robert@acme.test"])
    assert set(inbox.proofs) == {"sign-in", "read", "sent", "send", "aliases"}
    assert set(made.credential(ctx, inbox.id).granted) == {"openid", "email", SEND, READ}
    (redeemed,) = google.asked("/token")
    assert (redeemed.form["code"], redeemed.form["redirect_uri"]) == (CODE, f"{ctx.config.base_url}/consent/gmail")


@pytest.mark.parametrize("typed", ["BobBerg@gmail.com", "b.o.b.berg@googlemail.com", "bobberg@googlemail.com"])
def test_dots_case_and_the_old_domain_make_no_other_mailbox(ctx, bob, google, typed):
    _, question = leave(ctx, bob, typed)

    come_back(ctx, bob, google, question)

    assert [inbox.address for inbox in inboxes(ctx)] == [BOB]


def test_the_same_mailbox_under_another_spelling_is_connected_once(ctx, bob, google):
    come_back(ctx, bob, google, leave(ctx, bob)[1])

    draft = come_back(ctx, bob, google, leave(ctx, bob, "bobberg@googlemail.com")[1])

    assert (draft.problem, len(inboxes(ctx))) == ("address-taken", 1)


def test_another_account_is_refused_and_nothing_of_it_stays(ctx, bob, google):
    _, question = leave(ctx, bob)

    draft = come_back(ctx, bob, google, question, email="eve@gmail.com")

    assert (draft.state, draft.problem, draft.sealed, inboxes(ctx)) == ("failed", "oauth-wrong-account", None, [])
    assert draft.stages[0]["values"] == {"signed_in": "eve@gmail.com", "address": BOB}
    assert google.asked("/revoke") == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"scope": f"openid email {SEND}"}, "oauth-scope-missing"),
        ({"refresh_token": None}, "oauth-interaction-required"),
    ],
)
def test_an_answer_that_lacks_something_ends_with_its_problem_and_nothing_half(ctx, bob, google, answer, problem):
    _, question = leave(ctx, bob)

    draft = come_back(ctx, bob, google, question, **answer)

    assert (draft.state, draft.problem, draft.sealed, inboxes(ctx)) == ("failed", problem, None, [])


def test_a_token_endpoint_that_is_down_in_the_middle_can_be_tried_again(ctx, bob, google):
    draft_id, question = leave(ctx, bob)
    google.says("/token", {}, method="POST", status=503)
    consents.come_back(ctx, bob, "gmail", {"state": question["state"], "code": CODE}, owls.BROWSER)
    verification.run(ctx, draft_id)
    assert made.draft(ctx, draft_id).problem == "oauth-provider-outage"

    assert verification.again(ctx, bob, draft_id)


def test_an_access_that_ran_out_is_renewed_and_kept(ctx, bob, google, clock):
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    clock.advance(hours=2)
    google.says("/token", tokens(2), method="POST")

    checks.run(ctx, inbox.id, checks.SCHEDULE)

    assert (kept(ctx, inbox.id)["refresh_token"], made.inbox(ctx, inbox.id).health) == ("refresh-token-2", "healthy")
    assert "renew" in made.inbox(ctx, inbox.id).proofs
    assert google.asked("/token")[-1].form["refresh_token"] == "refresh-token-1"


def test_a_withdrawn_permission_is_noticed_once_and_mended_by_a_reconnect(ctx, bob, google, clock, work):
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    clock.advance(hours=2)
    google.says(
        "/token", {"error": "invalid_grant", "error_description": "Token has been revoked."}, method="POST", status=400
    )
    work.sweep()
    clock.advance(hours=2)
    work.sweep()
    before = made.inbox(ctx, inbox.id)
    assert (before.health, before.problem, len(google.asked("/token"))) == ("needs-sign-in", "oauth-grant-revoked", 2)

    come_back(ctx, bob, google, away(ctx, bob, drafts.start_reconnect(ctx, bob, inbox.id)))

    after = made.inbox(ctx, inbox.id)
    assert (after.id, after.health, after.connected_at) == (inbox.id, "healthy", inbox.connected_at)
    assert len(made.history(ctx, inbox.id)) == 3


def test_google_says_when_it_wants_to_be_asked_again(ctx, bob, google, clock):
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    clock.advance(hours=2)
    google.says("/token", {"error": "slow_down"}, method="POST", status=429, **{"Retry-After": "1800"})

    checks.run(ctx, inbox.id, checks.SCHEDULE)

    found = made.inbox(ctx, inbox.id)
    assert (found.health, found.next_check) == ("degraded", clock.now + timedelta(seconds=1800))


def test_a_secret_that_ran_out_is_a_problem_of_the_integration(ctx, bob, google, clock):
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    clock.advance(hours=2)
    google.says("/token", {"error": "invalid_client", "error_description": "Unauthorized"}, method="POST", status=401)

    checks.run(ctx, inbox.id, checks.SCHEDULE)

    assert apps.get(ctx, "gmail").trouble.problem == "oauth-client-secret"
    assert made.inbox(ctx, inbox.id).health == "degraded"


def test_removing_gives_the_permission_back(ctx, bob, google):
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    google.says("/revoke", {}, method="POST")

    assert switches.remove(ctx, bob, inbox.id).done
    assert [request.form["token"] for request in google.asked("/revoke")] == ["refresh-token-1"]


def test_when_google_cannot_be_asked_it_says_where_to_end_the_access(ctx, bob, google):
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    google.says("/revoke", {}, method="POST", status=500)

    told = switches.remove(ctx, bob, inbox.id)

    assert (told.done, told.url.startswith("https://")) == (False, True)
    assert made.inbox(ctx, inbox.id).removed_at is not None


def test_nothing_that_was_sent_or_given_is_logged(ctx, bob, google, clock, caplog):
    caplog.set_level(logging.DEBUG)
    come_back(ctx, bob, google, leave(ctx, bob)[1])
    (inbox,) = inboxes(ctx)
    clock.advance(hours=2)
    checks.run(ctx, inbox.id, checks.SCHEDULE)

    hidden = [CODE, SECRET, "access-token-1", "refresh-token-1", google.asked("/token")[0].form["code_verifier"]]
    assert [one for one in hidden if one in caplog.text] == []
