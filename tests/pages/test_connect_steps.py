"""The wizard's steps: each can be reloaded, left and come back to, and none can be jumped over."""

import re

import pytest
from sqlmodel import select

from console.services import drafts
from console.store.models import Acceptance, Draft
from tests import placed
from tests.pages.test_made_up_family import connect
from tests.pigeon import LoftClosed, PigeonFamily


@pytest.fixture
def pigeons():
    return PigeonFamily()


@pytest.fixture
def families(pigeons):
    return (pigeons,)


@pytest.fixture
def made(ctx, bob, work, pigeons):
    """Make a draft of Bob's that waits at a step or ended in a state."""

    def at(where):
        draft_id = drafts.start(ctx, bob)
        if where == "address":
            return draft_id
        drafts.set_address(ctx, bob, draft_id, "bob@acme.test", "pigeon")
        if where == "expect":
            return draft_id
        drafts.accept_disclosure(ctx, bob, draft_id)
        if where == "settings":
            return draft_id
        drafts.set_settings(ctx, bob, draft_id, {"loft": "hill", "password": "moo" if where == "refused" else "coo"})
        if where == "wobbled":
            pigeons.weather["hill"] = LoftClosed()
        if where != "queued":
            work.verify(draft_id)
        return draft_id

    return at


GETS = ("address", "expect", "settings", "verify", "done", "")
# Where a GET of each of GETS leads while the draft waits at the step on the left.
LEADS = {
    "address": ("address", "address", "address", "address", "address", "address"),
    "expect": ("address", "expect", "expect", "expect", "expect", "expect"),
    "settings": ("address", "expect", "settings", "settings", "settings", "settings"),
    "queued": ("verify", "verify", "verify", "verify", "verify", "verify"),
    "refused": ("address", "expect", "settings", "verify", "verify", "verify"),
    "wobbled": ("address", "expect", "settings", "verify", "verify", "verify"),
    "passed": ("done", "done", "done", "done", "done", "done"),
}


@pytest.mark.parametrize("where", LEADS)
def test_every_step_out_of_order_leads_to_where_the_draft_waits(made, window, bob, where):
    draft_id, visitor, found = made(where), window(bob), []

    for step in GETS:
        visitor.get(f"/connect/{draft_id}/{step}".rstrip("/"))
        found.append(visitor.path.rsplit("/", 1)[1])

    assert tuple(found) == LEADS[where]


POSTS = ("expect", "settings", "again", "trust", "keep", "done")


@pytest.mark.parametrize(
    ("where", "step"),
    [
        (where, step)
        for where in ("address", "expect", "passed")
        for step in POSTS
        if (where, step) not in {("expect", "expect"), ("passed", "done")}
    ],
)
def test_a_form_sent_out_of_order_leads_to_where_the_draft_waits(made, window, bob, pigeons, where, step):
    draft_id, visitor = made(where), window(bob)
    visitor.get("/account")
    flights = len(pigeons.flights)

    visitor.post(f"/connect/{draft_id}/{step}", loft="hill", password="coo")

    assert visitor.path.rsplit("/", 1)[1] == {"passed": "done"}.get(where, where)
    assert len(pigeons.flights) == flights


def test_reloading_a_step_finds_what_was_typed(made, window, bob):
    draft_id = made("refused")

    page = window(bob).get(f"/connect/{draft_id}/settings")

    assert 'value="hill"' in page.text
    assert "moo" not in page.text


def test_going_back_to_the_address_finds_it_filled_in(made, window, bob):
    page = window(bob).get(f"/connect/{made('settings')}/address")

    assert 'value="bob@acme.test"' in page.text


def test_sending_the_same_address_again_keeps_what_came_after_it(made, ctx, window, bob):
    draft_id, visitor = made("refused"), window(bob)
    visitor.get(f"/connect/{draft_id}/address")

    visitor.post(visitor.path, address="BOB@acme.test")

    draft = drafts.get(ctx, bob, draft_id)
    assert (draft.settings, draft.accepted) == ({"loft": "hill"}, True)


def test_two_tabs_on_one_draft_send_the_password_once(made, window, work, bob, pigeons):
    draft_id = made("settings")
    one, other = window(bob), window(bob)
    one.get(f"/connect/{draft_id}/settings")
    other.get(f"/connect/{draft_id}/settings")

    one.post(one.path, loft="hill", password="coo")
    other.post(f"/connect/{draft_id}/settings", loft="hill", password="coo")
    work.verify(draft_id)
    work.verify(draft_id)

    assert pigeons.flights == [("hill", "coo")]


def test_the_tab_that_came_second_is_told_what_runs(made, window, bob):
    draft_id, visitor = made("queued"), window(bob)
    visitor.get("/account")

    visitor.post(f"/connect/{draft_id}/settings", loft="valley", password="coo")

    assert visitor.path.endswith("/verify")


def test_the_address_cannot_change_while_a_check_runs(made, ctx, window, bob):
    draft_id, visitor = made("queued"), window(bob)
    visitor.get("/account")

    visitor.post(f"/connect/{draft_id}/address", address="other@acme.test")

    assert drafts.get(ctx, bob, draft_id).address == "bob@acme.test"


def test_a_draft_waits_a_day(made, window, bob, clock):
    draft_id = made("settings")
    clock.advance(hours=23, minutes=59)

    assert window(bob).get(f"/connect/{draft_id}").status_code == 200


def test_after_a_day_a_draft_is_gone(made, window, bob, clock):
    draft_id = made("settings")
    clock.advance(hours=24)

    assert window(bob).get(f"/connect/{draft_id}").status_code == 404


def test_after_a_day_the_worker_forgets_it(made, ctx, work, clock):
    made("refused")
    clock.advance(hours=24)

    work.tick()

    with ctx.store.read() as session:
        assert session.exec(select(Draft)).all() == []


def test_leaving_forgets_the_draft_and_its_password(made, ctx, window, bob):
    draft_id, visitor = made("wobbled"), window(bob)
    visitor.get(f"/connect/{draft_id}/verify")

    page = visitor.post(f"/connect/{draft_id}/leave")

    assert visitor.path == "/me"
    assert "The draft is gone. Nothing was stored." in page.text
    with ctx.store.read() as session:
        assert session.exec(select(Draft)).all() == []


def test_leaving_while_the_check_runs_connects_nothing(made, window, work, bob, pigeons):
    draft_id, visitor = made("queued"), window(bob)
    visitor.get(f"/connect/{draft_id}/verify")

    visitor.post(f"/connect/{draft_id}/leave")
    work.verify(draft_id)
    visitor.get("/me")

    assert (pigeons.flights, visitor.attributes("data-inbox")) == ([], [])


def test_leaving_twice_finds_nothing_the_second_time(made, window, bob):
    draft_id, visitor = made("settings"), window(bob)
    visitor.get(f"/connect/{draft_id}/settings")
    visitor.post(f"/connect/{draft_id}/leave")
    visitor.get("/account")

    assert visitor.post(f"/connect/{draft_id}/leave").status_code == 404


def test_an_inbox_that_was_created_stays_when_its_draft_is_left(made, window, bob):
    draft_id, visitor = made("passed"), window(bob)
    visitor.get(f"/connect/{draft_id}/done")

    visitor.post(f"/connect/{draft_id}/leave")

    assert visitor.path == "/inboxes/1"
    assert visitor.attributes("data-inbox")[0] == "bob@acme.test"


# What to expect, and the end.


def test_what_to_expect_shows_every_point_and_what_is_not_done(made, window, bob):
    page = window(bob).get(f"/connect/{made('expect')}/expect").text

    assert "Pigeons are fed." in page
    assert "No hawks." in page


def test_continuing_records_who_accepted_which_version_in_which_language_when(made, ctx, window, bob, clock):
    visitor = window(bob)
    visitor.get(f"/connect/{made('expect')}/expect")

    visitor.post(visitor.path)

    with ctx.store.read() as session:
        row = session.exec(select(Acceptance)).one()
    assert (row.person_id, row.on_behalf_of_id, row.moment, row.version, row.language) == (
        bob.id,
        None,
        "before",
        "7",
        "en",
    )
    assert (row.address, row.provider, row.at) == ("bob@acme.test", "pigeon", clock())


@pytest.mark.parametrize(
    "settings",
    [
        {
            "CONSOLE_PRIVACY_URL": "https://acme.test/privacy",
            "CONSOLE_PRIVACY_OVERVIEW_URL": "https://acme.test/overview",
        }
    ],
)
def test_the_privacy_pages_of_the_configuration_are_linked(settings, made, window, bob):
    page = window(bob).get(f"/connect/{made('expect')}/expect").text

    assert 'href="https://acme.test/privacy"' in page
    assert 'href="https://acme.test/overview"' in page


def test_without_privacy_pages_none_is_linked(made, window, bob):
    assert "Privacy" not in window(bob).get(f"/connect/{made('expect')}/expect").text


def test_the_end_names_the_inbox_and_what_happens_to_mail(made, window, bob):
    page = window(bob).get(f"/connect/{made('passed')}/done").text

    assert "bob@acme.test" in page
    assert "Pigeons are counted." in page


def test_opening_the_inbox_at_the_end_records_the_second_disclosure(made, ctx, window, bob):
    visitor = window(bob)
    visitor.get(f"/connect/{made('passed')}/done")

    visitor.post(visitor.path)

    assert visitor.path == "/inboxes/1"
    with ctx.store.read() as session:
        assert [row.moment for row in session.exec(select(Acceptance).order_by(Acceptance.id))] == ["before", "after"]


def test_the_acceptance_belongs_to_the_inbox_once_it_exists(made, ctx):
    made("passed")

    with ctx.store.read() as session:
        assert session.exec(select(Acceptance.inbox_id)).all() == [1]


def test_a_team_mailbox_is_refused_with_the_place_where_it_belongs(window, bob):
    visitor = window(bob)
    visitor.get("/connect")

    answer = visitor.post("/connect", uses="team")

    assert answer.status_code == 422
    assert "it belongs in the Conversations inbox" in visitor.errors()[0]


def test_automation_is_off_unless_ticked(window, ctx, bob):
    visitor = window(bob)
    page = visitor.get("/connect").text
    visitor.post("/connect", uses="me")

    assert not re.search(r'name="inbox_automation"[^>]* checked|checked[^>]* name="inbox_automation"', page)
    assert drafts.get(ctx, bob, visitor.path.split("/")[2]).automation is False


def test_ticked_automation_reaches_the_inbox(window, work, bob):
    visitor = window(bob)
    visitor.get("/connect")
    visitor.post("/connect", uses="me", inbox_automation="y")
    draft_id = visitor.path.split("/")[2]
    visitor.choose(draft_id, "bob@acme.test", "pigeon")
    visitor.post(f"/connect/{draft_id}/expect")
    visitor.post(f"/connect/{draft_id}/settings", loft="hill", password="coo")
    work.verify(draft_id)

    page = visitor.get("/inboxes/1").text

    assert re.search(r"<dt>Automation</dt><dd>on</dd>", page)


# Two at once.


def test_of_two_who_connect_the_same_address_at_once_one_wins(ctx, window, work, bob, charlie):
    waiting = []
    for actor in (bob, charlie):
        draft_id = drafts.start(ctx, actor)
        drafts.set_address(ctx, actor, draft_id, "shared@acme.test", "pigeon")
        drafts.accept_disclosure(ctx, actor, draft_id)
        drafts.set_settings(ctx, actor, draft_id, {"loft": "hill", "password": "coo"})
        waiting.append(draft_id)
    for draft_id in waiting:
        work.verify(draft_id)
    winner, loser = window(bob), window(charlie)

    winner.get(f"/connect/{waiting[0]}/verify")
    loser.get(f"/connect/{waiting[1]}/verify")

    assert winner.path.endswith("/done")
    assert "Already connected" in loser.page.text


def test_an_address_that_was_taken_meanwhile_is_refused_at_the_settings(made, ctx, window, bob, charlie):
    draft_id, visitor = made("settings"), window(bob)
    visitor.get(f"/connect/{draft_id}/settings")
    placed.inbox(ctx, charlie, "bob@acme.test")

    answer = visitor.post(visitor.path, loft="hill", password="coo")

    assert answer.status_code == 422
    assert visitor.errors()[0].startswith("Somebody else has connected this address.")


# Verifying.


def test_the_ladder_shows_every_stage_before_the_check_begins(made, window, bob):
    visitor = window(bob)
    visitor.get(f"/connect/{made('queued')}/verify")

    assert visitor.stages() == dict.fromkeys(("find-server", "sign-in", "open-inbox", "send"), "waiting")


def test_while_it_runs_the_page_asks_again_by_itself_with_and_without_javascript(made, window, bob):
    page = window(bob).get(f"/connect/{made('queued')}/verify").text

    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    assert re.search(r'hx-get="/connect/[^"]+/verify[^"]*" hx-trigger="every \d+ms"', page)


@pytest.mark.parametrize("where", ["refused", "wobbled"])
def test_once_it_stopped_the_page_asks_no_more(made, window, bob, where):
    page = window(bob).get(f"/connect/{made(where)}/verify").text

    assert "http-equiv" not in page
    assert "every " not in page


def test_a_stage_that_failed_names_problem_who_must_act_and_next_step(made, window, bob):
    visitor = window(bob)
    visitor.get(f"/connect/{made('refused')}/verify")

    assert visitor.stages() == {
        "find-server": "passed",
        "sign-in": "failed",
        "open-inbox": "skipped",
        "send": "skipped",
    }
    assert re.search(r"What happened.*Who must act.*Next step", visitor.page.text, re.DOTALL)
    assert "Password refused" in visitor.page.text


def test_a_refused_password_is_not_offered_to_be_checked_again(made, window, bob):
    page = window(bob).get(f"/connect/{made('refused')}/verify").text

    assert "/again" not in page
    assert "Type the password again" in page


def test_a_wobble_may_be_checked_again_without_typing_the_password(made, window, work, bob, pigeons):
    draft_id, visitor = made("wobbled"), window(bob)
    page = visitor.get(f"/connect/{draft_id}/verify").text
    pigeons.weather.clear()

    visitor.post(f"/connect/{draft_id}/again")
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")

    assert f'action="/connect/{draft_id}/again"' in page
    assert visitor.path.endswith("/done")


def test_a_quarter_of_an_hour_later_the_password_has_to_be_typed_again(made, window, work, bob, clock, pigeons):
    draft_id, visitor = made("wobbled"), window(bob)
    visitor.get(f"/connect/{draft_id}/verify")
    pigeons.weather.clear()
    clock.advance(minutes=15)
    flights = len(pigeons.flights)

    page = visitor.post(f"/connect/{draft_id}/again")
    work.verify(draft_id)

    assert visitor.path.endswith("/settings")
    assert "Type the password once more; a typed password is kept for 15 minutes only." in page.text
    assert len(pigeons.flights) == flights


def test_a_run_that_nobody_carried_out_in_time_sends_nothing(made, window, work, bob, clock, pigeons):
    draft_id = made("queued")
    clock.advance(minutes=15)

    work.verify(draft_id)

    assert pigeons.flights == []
    assert window(bob).get(f"/connect/{draft_id}/verify").text.count("Type the password again") >= 1


def test_the_first_inbox_is_connected_through_all_steps(window, work, bob):
    visitor = window(bob)

    connect(visitor, work)

    assert visitor.path.endswith("/done")
