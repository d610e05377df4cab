"""Staff make links, watch them live and withdraw them; the link itself is shown to its maker for ten minutes."""

import html
import re
from urllib.parse import urlsplit

import pytest

from console.services import drafts, link_visits, links
from console.store.episodes import Incident
from tests import placed
from tests.pigeon import PigeonFamily
from tests.services.postman import change, episode, incident

PHONE = "the browser of a phone"


@pytest.fixture
def families():
    return (PigeonFamily(),)


@pytest.fixture
def broken(ctx, bob):
    return placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock())


def made_by(visitor, inbox_id):
    """Press Send reconnect link; return the link."""
    visitor.get(f"/inboxes/{inbox_id}")
    visitor.post(f"/inboxes/{inbox_id}/link")
    return html.unescape(re.search(r'id="link-url" readonly value="([^"]+)"', visitor.page.text)[1])


def steps(visitor):
    return dict(re.findall(r'<li data-step="([^"]*)" data-state="([^"]*)"', visitor.page.text))


def test_help_desk_makes_a_link_and_is_shown_it_with_a_text(window, hanne, broken):
    visitor = window(hanne)

    link = made_by(visitor, broken)

    assert urlsplit(link).path.startswith("/reconnect/")
    assert "Hello Bob" in visitor.page.text
    assert visitor.page.text.count(link) == 2
    assert steps(visitor) == {"sent": "now", "started": "todo", "back": "todo", "connected": "todo"}


def test_the_link_is_shown_for_ten_minutes_and_to_nobody_else(clock, window, hanne, alice, broken):
    visitor = window(hanne)
    link = made_by(visitor, broken)

    assert link not in window(alice).get(f"/inboxes/{broken}").text
    assert link in visitor.get(f"/inboxes/{broken}").text
    clock.advance(minutes=10)
    assert link not in visitor.get(f"/inboxes/{broken}").text


def test_the_link_is_in_no_cookie(window, hanne, broken):
    visitor = window(hanne)
    visitor.get(f"/inboxes/{broken}")

    answer = visitor.post(f"/inboxes/{broken}/link", follow=False)

    with visitor.client.session_transaction() as session:
        assert "reconnect" not in repr(dict(session))
    assert "/reconnect/" not in str(answer.headers)


def test_a_link_that_was_used_is_not_shown_any_more(ctx, window, hanne, broken):
    visitor = window(hanne)
    link = made_by(visitor, broken)
    link_visits.begin(ctx, link.rsplit("/", 1)[1], PHONE, "192.0.2.7")

    page = visitor.get(f"/inboxes/{broken}")

    assert link not in page.text
    assert steps(visitor)["started"] == "now"


def watch(visitor, inbox_id):
    """Ask as the page does by itself."""
    address = html.unescape(re.search(r'hx-get="(/[^"]*link[^"]*)"', visitor.page.text)[1])
    return visitor.client.get(address, headers={"HX-Request": "true"})


def test_a_look_without_news_replaces_nothing_but_itself(window, hanne, broken):
    visitor = window(hanne)
    made_by(visitor, broken)

    answer = watch(visitor, broken)

    assert answer.headers["HX-Retarget"] == "#link-watch"
    assert "Withdraw" not in answer.text


def test_a_look_after_a_step_brings_the_panel(ctx, window, hanne, broken):
    visitor = window(hanne)
    link = made_by(visitor, broken)
    link_visits.begin(ctx, link.rsplit("/", 1)[1], PHONE, "192.0.2.7")

    answer = watch(visitor, broken)

    assert "HX-Retarget" not in answer.headers
    assert 'data-link="started"' in answer.text


def later(visitor, turn):
    """Ask as the page does after many looks without news."""
    address = html.unescape(re.search(r'hx-get="(/[^"]*link[^"]*)"', visitor.page.text)[1])
    return visitor.client.get(re.sub(r"turn=\d+", f"turn={turn}", address), headers={"HX-Request": "true"}).text


def test_the_looks_grow_seldom_and_end_by_themselves(window, hanne, broken):
    visitor = window(hanne)
    made_by(visitor, broken)

    assert "every 3000ms" in later(visitor, 1)
    assert "every 15000ms" in later(visitor, 500)
    answer = later(visitor, 9999)
    assert "hx-get" not in answer
    assert "Load it again" in answer


def test_after_news_the_looks_are_frequent_again(ctx, window, hanne, broken):
    visitor = window(hanne)
    link = made_by(visitor, broken)
    link_visits.begin(ctx, link.rsplit("/", 1)[1], PHONE, "192.0.2.7")

    assert "every 1500ms" in later(visitor, 9999)


def test_a_link_that_can_change_no_more_is_not_looked_at(ctx, window, hanne, broken):
    issued = links.issue(ctx, hanne, broken)
    links.withdraw(ctx, hanne, issued.id)

    visitor = window(hanne)
    visitor.get(f"/inboxes/{broken}")

    assert "data-poll" not in visitor.page.text
    assert 'data-link="withdrawn"' in visitor.page.text


def test_staff_withdraw_a_link_from_the_page_of_the_inbox(ctx, window, hanne, broken):
    issued = links.issue(ctx, hanne, broken)
    visitor = window(hanne)
    visitor.get(f"/inboxes/{broken}")

    visitor.post(f"/links/{issued.id}/withdraw")

    assert visitor.path == f"/inboxes/{broken}"
    assert "The link is withdrawn" in visitor.page.text
    assert links.of_inbox(ctx, hanne, broken).how == "by-staff"


@pytest.mark.parametrize(
    ("wanted", "arrives"), [("/inboxes?view=attention", "/inboxes"), ("https://evil.test/", "/"), ("//evil.test", "/")]
)
def test_who_sends_a_link_from_another_page_comes_back_to_it_and_never_leaves(window, hanne, broken, wanted, arrives):
    visitor = window(hanne)
    visitor.get(f"/inboxes/{broken}")

    answer = visitor.post(f"/inboxes/{broken}/link", follow=False, next=wanted)

    assert urlsplit(answer.headers["Location"]).path == arrives
    assert urlsplit(answer.headers["Location"]).netloc == ""


def test_an_inbox_that_is_switched_off_gets_no_link_and_says_why(ctx, window, alice, broken):
    visitor = window(alice)
    visitor.get(f"/inboxes/{broken}")
    visitor.post(f"/inboxes/{broken}/disable")

    visitor.post(f"/inboxes/{broken}/link")

    assert "is switched off, so nobody can reconnect it" in visitor.page.text
    assert links.of_inbox(ctx, alice, broken) is None


def test_the_owner_is_offered_no_link_for_an_own_inbox(window, bob, broken):
    page = window(bob).get(f"/inboxes/{broken}")

    assert "/link" not in page.text


def test_without_javascript_the_panel_is_a_page(ctx, window, hanne, broken):
    links.issue(ctx, hanne, broken)

    page = window(hanne).get(f"/inboxes/{broken}/link")

    assert "<html" in page.text
    assert 'data-link="sent"' in page.text


def test_a_failed_try_is_told_by_its_problem(ctx, work, window, hanne, broken):
    issued = links.issue(ctx, hanne, broken)
    token = issued.url.rsplit("/", 1)[1]
    draft_id = link_visits.begin(ctx, token, PHONE, "192.0.2.7").draft_id
    actor = link_visits.passage(ctx, draft_id, PHONE, "192.0.2.7").actor
    drafts.set_settings(ctx, actor, draft_id, {"loft": "acme.test", "password": "caw"})
    work.verify(draft_id)

    visitor = window(hanne)
    page = visitor.get(f"/inboxes/{broken}")

    assert steps(visitor)["back"] == "failed"
    assert "/help/bad-credentials" in page.text


def test_an_admin_makes_a_connect_link_and_finds_it_on_the_persons_page(ctx, window, alice, bob):
    visitor = window(alice)
    visitor.get(f"/connect/link?for={bob.id}")
    assert 'value="bob@acme.test"' in visitor.page.text

    visitor.post("/connect/link", owner=str(bob.id), address="bob@hill.test")

    assert visitor.path == f"/users/{bob.id}"
    assert "/reconnect/" in visitor.page.text
    assert links.of_person(ctx, alice, bob.id).address == "bob@hill.test"


def test_two_connect_links_of_a_person_are_both_seen_and_withdrawn(ctx, window, alice, bob):
    first, second = (links.issue_connect(ctx, alice, bob.id, f"{name}@hill.test") for name in ("bob", "berg"))
    visitor = window(alice)

    visitor.get(f"/users/{bob.id}")
    assert visitor.attributes("data-link-id") == [str(second.id)]
    assert visitor.attributes("data-other-link") == [str(first.id)]
    visitor.post(f"/links/{first.id}/withdraw")

    assert visitor.path == f"/users/{bob.id}"
    assert visitor.attributes("data-other-link") == []
    assert links.one(ctx, alice, first.id).how == "by-staff"
    assert links.one(ctx, alice, second.id).usable


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"address": "bob@acme.test"}, "Choose one of the people."),
        ({"owner": "4711", "address": "not one"}, ""),
        ({"owner": "x", "address": "bob@acme.test"}, ""),
    ],
)
def test_a_connect_link_that_cannot_be_made_says_why_beside_the_field(window, alice, typed, said):
    visitor = window(alice)
    visitor.get("/connect/link")

    page = visitor.post("/connect/link", **typed)

    assert page.status_code == 422
    assert any(said in error for error in visitor.errors())


def test_staff_are_told_not_to_send_a_link_while_an_incident_holds_the_inbox(ctx, window, hanne, broken):
    shared = incident(ctx, episode(ctx, broken), problem="bad-credentials", nature="refusals")
    visitor = window(hanne)
    made_by(visitor, broken)
    assert "data-early" in visitor.page.text

    change(ctx, Incident, shared, owners_told_from=ctx.clock())

    assert "data-early" not in visitor.get(f"/inboxes/{broken}").text


@pytest.mark.parametrize(
    ("state", "step", "said"),
    [("queued", "Goes by mail", ""), ("sent", "Sent by mail", ""), ("failed", "Made", "has not gone to Bob; Notices")],
)
def test_a_link_that_goes_by_mail_is_sent_only_when_the_mail_is(ctx, window, hanne, bob, broken, state, step, said):
    issued = links.issue(ctx, hanne, broken, by_mail=True)
    about = {"person_id": bob.id, "address": bob.email, "inbox_id": broken, "problem": "bad-credentials"}
    placed.notice(ctx, f"link:{issued.id}", kind="owner-problem", state=state, **about)

    page = window(hanne).get(f"/inboxes/{broken}").text

    assert f'<span class="c-link-step">{step}</span>' in page
    assert said in page
    assert ("has not gone" in page) == bool(said)
