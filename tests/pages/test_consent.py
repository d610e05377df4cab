"""The address that a provider sends browsers back to: whatever comes ends in the wizard, with a way on."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from console.services import drafts, people, switches
from console.store.models import AuditEntry, Draft, Inbox
from tests.owl import OwlFamily
from tests.pages import tower
from tests.pages.tower import Way

CODE = "bob@acme.test"


@pytest.fixture
def owls():
    return OwlFamily()


@pytest.fixture
def families(owls):
    return (owls,)


@pytest.fixture
def way(window, work, ctx, alice, bob):
    """Bob's way, with an app that an admin has set up, up to the moment when he has left."""
    tower.set_up(ctx, alice)
    found = Way(window(bob), work).begin()
    found.leave()
    return found


def told(way):
    found = re.search(r'class="c-message-text">([^<]*)<', way.visitor.page.text)
    return found[1] if found else ""


def nothing_is_stored(ctx):
    with ctx.store.read() as session:
        return session.exec(select(Inbox)).all() == [] and all(
            draft.sealed is None for draft in session.exec(select(Draft))
        )


LATE = "The sign-in took longer than ten minutes. Nothing was stored. Continue once more."
USED = "This step of the sign-in was used already. Continue once more."
UNKNOWN = "This step of the sign-in is not known here. Start from the address again."
FOREIGN = "This sign-in was begun in another browser or by another person. Start it again here."
EMPTY = "The provider sent nothing back. Continue once more."


@pytest.mark.parametrize(
    "answer",
    [
        {"state": "", "code": CODE},
        {"state": "x" * 43, "code": CODE},
        {"state": "\x00\ufffd" + "x" * 3000, "code": CODE},
        {"state": "' or 1=1 --", "error": "access_denied"},
    ],
)
def test_without_a_known_state_the_draft_that_waits_is_where_one_goes_on(way, ctx, answer):
    way.back(**answer)

    assert way.visitor.path == f"/connect/{way.draft_id}/settings"
    assert told(way) == UNKNOWN
    assert nothing_is_stored(ctx)


def test_without_anything_at_all_the_draft_that_waits_is_where_one_goes_on(way):
    way.visitor.get("/consent/owl")

    assert way.visitor.path == f"/connect/{way.draft_id}/settings"
    assert told(way) == UNKNOWN


def test_without_a_draft_one_begins_again(window, ctx, alice, bob):
    tower.set_up(ctx, alice)
    visitor = window(bob)

    visitor.get("/consent/owl?state=x&code=y")

    assert visitor.path == "/connect"


def test_a_state_without_code_and_error_brings_nothing(way, ctx):
    way.back()

    assert (way.visitor.path, told(way)) == (f"/connect/{way.draft_id}/settings", EMPTY)
    assert nothing_is_stored(ctx)


def test_another_sessions_state_is_not_taken(way, window, ctx, bob):
    other = Way(window(bob), way.work)
    other.draft_id, other.state = way.draft_id, way.state

    other.back(code=CODE)

    assert told(other) == FOREIGN
    assert nothing_is_stored(ctx)


def test_another_persons_state_is_not_taken_and_their_draft_not_named(way, window, ctx, charlie):
    other = Way(window(charlie), way.work)
    other.draft_id, other.state = way.draft_id, way.state

    other.back(code=CODE)

    assert (told(other), other.visitor.path) == (FOREIGN, "/connect")
    assert nothing_is_stored(ctx)


def test_after_ten_minutes_it_is_too_late(way, ctx, clock):
    clock.advance(minutes=10)

    way.back(code=CODE)

    assert (told(way), way.visitor.path) == (LATE, f"/connect/{way.draft_id}/settings")
    assert nothing_is_stored(ctx)


def test_replayed_after_a_failure_it_was_used_already(way):
    way.back(error="access_denied")

    way.back(code=CODE)

    assert told(way) == USED
    assert way.visitor.path == f"/connect/{way.draft_id}/verify"


def test_replayed_after_the_inbox_stands_nothing_happens_twice(way, ctx):
    way.back(code=CODE)

    way.back(code=CODE)

    assert way.visitor.path.endswith("/done")
    with ctx.store.read() as session:
        assert len(session.exec(select(Inbox)).all()) == 1


def test_twice_at_once_one_run_begins(way, app, ctx):
    cookie = way.visitor.client.get_cookie("console").value

    def come(_):
        client = app.test_client()
        client.set_cookie("console", cookie)
        return client.get("/consent/owl", query_string={"state": way.state, "code": CODE}).headers["Location"]

    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(come, range(2)))

    assert found == {f"/connect/{way.draft_id}/verify"}
    with ctx.store.read() as session:
        assert session.get_one(Draft, way.draft_id).run == 1


@pytest.mark.parametrize(
    "error", ["access_denied", "server_error", "", "\x00", "x" * 5000, "<script>alert(1)</script>"]
)
def test_an_error_ends_in_the_wizard(way, error):
    way.back(error=error, error_description="The <b>tower</b> says no")

    assert way.visitor.path.startswith(f"/connect/{way.draft_id}/")
    assert "<script>alert" not in way.visitor.page.text
    assert "<b>tower" not in way.visitor.page.text


@pytest.mark.parametrize("code", ["x" * 5000, "\x00", "eve@acme.test", "é"])
def test_a_code_that_is_none_of_ours_is_refused_and_nothing_kept(way, ctx, code):
    way.back(code=code)

    assert way.visitor.stages()["consent"] == "failed"
    assert nothing_is_stored(ctx)


def test_for_an_inbox_removed_meanwhile_it_is_said(way, ctx, bob):
    way.back(code=CODE)
    way.reconnect(1)
    way.leave()
    switches.remove(ctx, bob, 1)

    way.back(code=CODE)

    assert told(way) == "The inbox was removed meanwhile. Nothing was stored."


def test_after_the_draft_is_gone_one_begins_again(way, ctx, bob):
    drafts.leave(ctx, bob, way.draft_id)

    way.back(code=CODE)

    assert way.visitor.path == "/connect"
    assert told(way) == "The connection that this sign-in belongs to is not there any more. Start again."


# Signed out.


def test_signed_out_one_signs_in_first_and_then_reads_what_happened(way, browser):
    stranger = browser()

    stranger.get("/consent/owl", query_string={"state": way.state, "code": CODE})
    assert stranger.path == "/sign-in"
    stranger.post(stranger.path_and_query, email="bob@acme.test", password="a long enough password")

    assert stranger.path == f"/connect/{way.draft_id}/settings"
    assert "You were signed out here before the tower sent you back, so nothing was stored." in stranger.page.text


def test_signed_out_neither_code_nor_state_is_carried_through_the_sign_in(way, browser):
    stranger = browser()

    answer = stranger.client.get("/consent/owl", query_string={"state": way.state, "code": CODE})

    assert answer.status_code == 303
    assert way.state not in answer.headers["Location"]
    assert "code" not in answer.headers["Location"]


def test_deactivated_meanwhile_nothing_is_taken(way, ctx, alice, bob):
    people.deactivate(ctx, alice, bob.id)

    answer = way.back(code=CODE, run=False)

    assert answer.headers["Location"].startswith("/sign-in")


# What it leaves behind.


@pytest.mark.parametrize("answer", [{"code": CODE}, {"error": "access_denied"}, {"code": "nonsense"}, {}])
def test_code_and_state_leave_the_address_with_the_answer(way, answer):
    first = way.back(**answer)

    assert first.status_code == 303
    assert way.state not in first.headers["Location"]
    assert "?" not in first.headers["Location"]
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["Referrer-Policy"] == "same-origin"


def test_the_sessions_cookie_comes_along_from_another_site_and_nothing_else(way):
    way.visitor.get("/sign-in")

    cookie = way.visitor.client.get_cookie("console")

    assert (cookie.same_site, cookie.http_only) == ("Lax", True)


def test_no_page_no_cookie_no_log_and_no_row_holds_code_or_state(way, ctx, config, caplog, database_url):
    caplog.set_level(logging.DEBUG)
    state, code = way.state, "bob@acme.test|see carry"

    first = way.back(code=code)
    way.visitor.get("/inboxes/1")
    pages = first.text + str(first.headers) + way.visitor.page.text + str(way.visitor.page.headers)
    for path in (f"/connect/{way.draft_id}/verify?stay=1", f"/connect/{way.draft_id}/done", "/me", "/inboxes"):
        pages += way.visitor.get(path).text

    cookie = way.visitor.client.get_cookie("console").value
    with ctx.store.read() as session:
        audit = "".join(str(entry.model_dump()) for entry in session.exec(select(AuditEntry)))
        kept = "".join(str(draft.model_dump()) for draft in session.exec(select(Draft)))
    for place in (pages, cookie, caplog.text, audit, kept):
        assert state not in place
        assert code not in place
        assert "key 0 of" not in place
        assert "token 0 of" not in place


# Who may, and what there is.


@pytest.mark.parametrize("slug", ["dove", "OWL", "owl%00", "x" * 3000])
def test_of_an_unknown_provider_there_is_no_such_address(way, slug):
    assert way.visitor.get(f"/consent/{slug}?state={way.state}&code={CODE}").status_code == 404


def test_a_colleagues_draft_is_not_left_for(way, window, charlie):
    assert window(charlie).client.get(f"/consent/of/{way.draft_id}").status_code == 404


def test_help_desk_leaves_for_nowhere(way, window, hanne):
    assert window(hanne).client.get(f"/consent/of/{way.draft_id}").status_code == 404


# An administrator's approval.


class TestApproval:
    """Somebody from IT comes back from the approval page and has no account here."""

    @pytest.fixture
    def owls(self):
        class Keeper(OwlFamily):
            def approval(self, app, *, state, redirect_uri):
                return f"https://tower.test/keeper?client={app.client_id}&state={state}&back={redirect_uri}"

        return Keeper()

    @pytest.fixture
    def state(self, ctx, alice, window):
        tower.set_up(ctx, alice)
        page = window(alice).get("/integrations/owl")
        return re.search(r"state=([^&]+)&amp;back", page.text)[1]

    @pytest.mark.parametrize(
        ("answer", "given"), [({"admin_consent": "True"}, "yes"), ({}, "no"), ({"error": "access_denied"}, "no")]
    )
    def test_they_read_what_became_of_it(self, browser, state, answer, given):
        stranger = browser()

        stranger.get("/consent/owl", query_string={"state": state, "tenant": "acme", **answer})

        assert stranger.path == "/consent/owl/approved"
        assert stranger.attributes("data-approved") == [given]
        assert state not in stranger.path_and_query

    def test_the_state_of_another_provider_is_none(self, browser, state):
        stranger = browser()

        stranger.get("/consent/owl", query_string={"state": state + "x", "admin_consent": "True"})

        assert stranger.path == "/sign-in"
