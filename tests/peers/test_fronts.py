"""A front passes on what it is not told to alter, and does what it is told to once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.peers.consent_server import ConsentServer, consent_server
from tests.peers.fronts import Front, standing

SECONDS = 10
TOKENS = {"access_token": "a-1", "refresh_token": "r-1", "scope": "see carry"}


@pytest.fixture
def behind() -> Iterator[ConsentServer]:
    with consent_server() as server:
        server.says("/token", TOKENS, method="POST").says("/api/me", {"id": "bob"})
        yield server


@pytest.fixture
def front(behind: ConsentServer) -> Iterator[Front]:
    with standing(Front(behind.url, guarded="/api/", renamed={"/here": "/there"})) as served:
        yield served


def redeem(front: Front) -> requests.Response:
    return requests.post(f"{front.url}/token", data={"code": "4/c", "grant_type": "x"}, timeout=SECONDS)


def call(front: Front, token: str) -> int:
    return requests.get(
        f"{front.url}/api/me", headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS
    ).status_code


def test_what_is_asked_and_answered_passes_as_it_is_and_is_counted(behind: ConsentServer, front: Front) -> None:
    assert redeem(front).json() == TOKENS

    assert dict(behind.asked("/token")[0].form) == {"code": "4/c", "grant_type": "x"}
    (passed,) = front.passed("/token", grant_type="x")
    assert (passed.status, passed.answer, front.count("/token", grant_type="y")) == (200, TOKENS, 0)


def test_only_access_tokens_that_were_handed_out_and_have_not_run_out_are_taken(front: Front) -> None:
    assert call(front, "a-1") == 401
    redeem(front)
    assert (call(front, "a-1"), front.scopes("a-1")) == (200, {"see", "carry"})

    front.run_out()

    assert call(front, "a-1") == 401


def test_a_change_and_a_loss_are_for_the_next_request_alone(behind: ConsentServer, front: Front) -> None:
    front.change("/token", lambda form: form.update(code="another"))
    front.lose("/token")

    with pytest.raises(requests.ConnectionError):
        redeem(front)

    assert redeem(front).status_code == 200
    assert [request.form["code"] for request in behind.asked("/token")] == ["another", "4/c"]


def test_a_token_whose_answer_was_lost_is_one_that_nobody_has(front: Front) -> None:
    front.lose("/token")
    with pytest.raises(requests.ConnectionError):
        redeem(front)

    assert call(front, "a-1") == 401


def test_the_endpoints_of_a_published_document_lie_at_the_front_and_the_issuer_stays(
    behind: ConsentServer, front: Front
) -> None:
    document = {"issuer": behind.url, "authorization_endpoint": f"{behind.url}/ask", "scopes_supported": ["see"]}
    behind.says("/there", document)

    published = requests.get(f"{front.url}/here", timeout=SECONDS).json()

    assert published == {**document, "authorization_endpoint": f"{front.url}/ask"}


def test_paths_of_another_server_are_asked_there(front: Front) -> None:
    with consent_server() as other:
        other.says("/mail/inbox", {"there": True})
        front.elsewhere["/mail/"] = other.url

        assert requests.get(f"{front.url}/mail/inbox", timeout=SECONDS).json() == {"there": True}
