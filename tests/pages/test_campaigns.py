"""The page of a campaign, and the pages on which owners are asked: without JavaScript, by role."""

import html
import re

import pytest

from console.services import apps, frame, switches
from tests.pages import tower
from tests.services import flocks, made

DOMAIN = "hill.test"
HERE = f"/campaigns/{DOMAIN}"
BOB, CHARLIE = f"bob@{DOMAIN}", f"charlie@{DOMAIN}"
NOTE = "The old server ends on <Friday>."


@pytest.fixture
def families():
    return flocks.families()


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    tower.set_up(ctx, alice)


@pytest.fixture
def boxes(ctx, bob, charlie):
    return [*made.make(ctx, bob, BOB), *made.make(ctx, charlie, CHARLIE)]


@pytest.fixture
def admin(window, alice, boxes):
    return window(alice)


@pytest.fixture
def running(admin):
    admin.get(HERE)
    admin.post(f"{HERE}/start", shown=re.search(r'name="shown" value="(\w+)"', admin.page.text)[1], note=NOTE)
    return admin


def text(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def items(visitor):
    return dict(zip(visitor.attributes("data-item"), visitor.attributes("data-state"), strict=False))


def alerts(page):
    return [html.unescape(one) for one in re.findall(r'<div class="c-alert">.*?<p>(.*?)</p>', page.text, re.DOTALL)]


def test_the_page_of_a_domain_leads_to_the_inboxes_that_could_move(admin):
    page = admin.get(f"/domains/{DOMAIN}")

    assert admin.attributes("data-moving") == ["possible"]
    assert "2 inboxes here can be reconnected with the tower." in text(page)
    assert f'href="{HERE}"' in page.text


def test_before_it_starts_the_inboxes_are_counted_and_listed(admin):
    page = admin.get(HERE)

    assert admin.attributes("data-plan") == ["2"]
    assert admin.attributes("data-candidate") == [BOB, CHARLIE]
    assert "Ask the owners of 2 inboxes" in page.text


def test_starting_shows_each_inbox_waiting_and_the_note_as_it_was_typed(running):
    assert running.path == HERE
    assert running.attributes("data-campaign") == ["running"]
    assert set(running.attributes("data-state")) == {"waiting"}
    assert "The old server ends on &lt;Friday&gt;." in running.page.text
    assert "not asked yet" in running.page.text


def test_a_list_that_changed_meanwhile_starts_nothing(admin, ctx, bob):
    admin.get(HERE)
    made.make(ctx, bob, f"new@{DOMAIN}")

    page = admin.post(f"{HERE}/start", shown="an older list", note=NOTE)

    assert page.status_code == 422
    assert "Look at the list once more" in page.text
    assert (admin.attributes("data-plan"), admin.attributes("data-campaign")) == (["3"], [])


def test_without_an_app_the_page_says_so_and_leads_there(admin, ctx, alice):
    apps.remove(ctx, alice, "owl")

    page = admin.get(HERE)

    assert admin.attributes("data-closed") == ["unset"]
    assert 'href="/integrations/owl"' in page.text
    assert f'action="{HERE}/start"' not in page.text


def test_the_owner_is_asked_on_whatever_page_comes_next_and_that_is_noted(running, window, bob):
    visitor = window(bob)

    page = visitor.get("/me")

    assert alerts(page) == [f"{BOB} moves to Owl post. Please reconnect it; history and settings stay."]
    assert f'href="/inboxes/1">{"Reconnect it"}' in page.text
    running.get(HERE)
    assert "asked <time" in running.page.text


def test_a_part_of_a_page_asks_nobody(running, window, bob, ctx):
    visitor = window(bob)

    visitor.client.get("/me", headers={"HX-Request": "true"})

    assert frame.look(ctx, bob).asked[0].asked_at is None


def test_nobody_else_is_asked(running, window, alice, hanne):
    assert alerts(running.get("/inboxes")) == []
    assert alerts(window(hanne).get("/inboxes")) == []


def test_the_page_of_the_inbox_tells_what_the_admin_wrote_and_offers_both_ways(running, window, bob):
    visitor = window(bob)

    page = visitor.get("/inboxes/1")

    assert visitor.attributes("data-move") == ["campaign"]
    assert alerts(page) == []
    assert "The old server ends on &lt;Friday&gt;." in page.text
    assert "Reconnect with the tower" in page.text
    assert "Remind me tomorrow" in page.text


def test_remind_me_tomorrow_is_kept_and_the_way_stays_open(running, window, bob):
    visitor = window(bob)
    visitor.get("/inboxes/1")

    page = visitor.post("/campaigns/later/1")

    assert visitor.path == "/inboxes/1"
    assert "Remind me tomorrow" not in page.text
    assert "Reconnect with the tower" in page.text
    assert alerts(visitor.get("/me")) == []
    assert "wants to be asked later" in running.get(HERE).text


def test_the_way_leads_over_the_disclosure_to_the_provider_and_back(running, window, bob, work, ctx):
    visitor = window(bob)
    visitor.get("/inboxes/1")

    visitor.post("/inboxes/1/move")
    assert "Owls read." in visitor.page.text
    assert "The password that is stored here is dropped once the new connection is verified" in visitor.page.text
    assert alerts(visitor.page) == []
    visitor.post(visitor.path)
    assert "Continue at the tower" in visitor.page.text
    way = tower.Way(visitor, work)
    way.draft_id = visitor.path.split("/")[2]
    way.leave()
    way.back(code=BOB)

    assert made.inbox(ctx, 1).provider == "owl"
    done = visitor.get(f"/connect/{way.draft_id}/done")
    assert "Your Owl post inbox is now connected" in done.text
    assert "the password from before is dropped" in done.text
    assert "Owls remember." in done.text
    assert "Carrier pigeon → Owl post" in text(visitor.get("/inboxes/1"))
    running.get(HERE)
    assert sorted(running.attributes("data-state")) == ["moved", "waiting"]


def test_an_exception_asks_for_the_reason_and_shows_it(running):
    page = running.get("/campaigns/leave-out/1")
    assert f"Leave {BOB} out?" in page.text
    assert running.post("/campaigns/leave-out/1", why=" ").status_code == 422
    assert running.errors() == ["Say why this inbox stays where it is."]

    running.post("/campaigns/leave-out/1", why="Scanner <3rd floor>")

    assert running.path == HERE
    assert sorted(running.attributes("data-state")) == ["excepted", "waiting"]
    assert "Scanner &lt;3rd floor&gt; · Alice Andersen" in running.page.text
    running.post("/campaigns/take-in/1")
    assert set(running.attributes("data-state")) == {"waiting"}


def test_stopping_is_asked_first_and_then_nobody_is_asked(running, window, bob):
    page = running.get(f"{HERE}/stop")
    assert "2 inboxes still wait for their owners." in page.text

    running.post(f"{HERE}/stop")

    assert running.attributes("data-campaign") == ["stopped"]
    assert "stopped by Alice Andersen" in text(running.page)
    assert alerts(window(bob).get("/me")) == []
    # Who is left can be asked by another campaign.
    assert running.attributes("data-plan") == ["2"]


def test_help_desk_sees_the_progress_and_has_no_button(running, window, hanne):
    visitor = window(hanne)

    page = visitor.get(HERE)

    assert visitor.attributes("data-item") == [BOB, CHARLIE]
    assert "<form" not in page.text.split('id="campaign"')[1].split("</main>")[0]


def test_inboxes_that_came_later_are_named_and_taken_in(running, ctx, bob):
    made.make(ctx, bob, f"new@{DOMAIN}")
    assert "1 inbox was connected since this began" in running.get(HERE).text

    running.post(f"{HERE}/join")

    assert f"new@{DOMAIN}" in running.attributes("data-item")


def test_what_failed_stands_there_with_its_cause(running, ctx, bob):
    flocks.declined(ctx, bob, 1)

    page = running.get(HERE)

    assert running.attributes("data-count") == ["moved", "waiting", "failed", "excepted"]
    assert "failed" in running.attributes("data-state")
    assert "Did not work" in page.text


@pytest.mark.parametrize("domain", ["nowhere.test", "no domain", "%00", "acme..test"])
def test_a_domain_that_nothing_moves_from_has_no_such_page(admin, domain):
    assert admin.get(f"/campaigns/{domain}").status_code == 404


def test_a_page_that_no_campaign_has_is_the_nearest_one(running):
    for page in ("0", "-3", "99", "x"):
        assert running.get(f"{HERE}?page={page}").status_code == 200


# An inbox alone.


def test_an_inbox_whose_check_says_that_it_moved_offers_it_in_the_problem_card(ctx, bob, window):
    made.make(ctx, bob, BOB, health="failing", problem="mailbox-moved", next_check=None)
    visitor = window(bob)

    page = visitor.get("/inboxes/1")

    card = page.text.split('data-problem-card="mailbox-moved"')[1].split("</section>")[0]
    assert "Reconnect with the tower" in card
    assert visitor.attributes("data-move") == []


def test_without_an_app_the_card_says_who_must_act(ctx, alice, bob, window):
    made.make(ctx, bob, BOB, health="failing", problem="mailbox-moved", next_check=None)
    apps.remove(ctx, alice, "owl")
    visitor = window(bob)

    page = visitor.get("/inboxes/1")

    assert visitor.attributes("data-move-closed") == ["unset"]
    assert "An account admin has to set up Owl post under Integrations first" in page.text
    assert 'action="/inboxes/1/move"' not in page.text
    assert "An account admin has to set up" in text(visitor.post("/inboxes/1/move"))


def test_help_desk_and_a_family_that_moves_nowhere_are_offered_nothing(ctx, bob, hanne, window, families):
    made.make(ctx, bob, BOB, health="failing", problem="mailbox-moved", next_check=None)
    assert 'action="/inboxes/1/move"' not in window(hanne).get("/inboxes/1").text

    families[0].successor = ""
    assert 'action="/inboxes/1/move"' not in window(bob).get("/inboxes/1").text


def test_a_switched_off_inbox_says_so_instead_of_moving(ctx, bob, window):
    made.make(ctx, bob, BOB)
    switches.disable(ctx, bob, 1)
    visitor = window(bob)
    visitor.get("/inboxes/1")

    assert "Enable it first" in visitor.post("/inboxes/1/move").text


class Gone(Exception):
    code = "mailbox-moved"


def test_a_reconnect_that_finds_the_mailbox_moved_offers_the_other_provider(ctx, bob, window, work, families):
    made.make(ctx, bob, BOB)
    families[0].weather["hill.test"] = Gone()
    visitor = window(bob)
    visitor.get("/inboxes/1")
    visitor.post("/inboxes/1/reconnect")
    draft_id = visitor.path.split("/")[2]

    visitor.post(f"/connect/{draft_id}/settings", loft="hill.test", password="coo")
    work.verify(draft_id)
    assert 'action="/inboxes/1/move"' in visitor.get(f"/connect/{draft_id}/verify").text
    visitor.post("/inboxes/1/move")

    assert "Owls read." in visitor.page.text


def test_a_new_inbox_whose_mailbox_moved_leads_to_the_other_ways(ctx, bob, window, work, families):
    families[0].weather["hill.test"] = Gone()
    visitor = window(bob)
    visitor.get("/connect")
    visitor.post("/connect", uses="me")
    draft_id = visitor.path.split("/")[2]
    visitor.choose(draft_id, BOB, "pigeon")
    visitor.post(f"/connect/{draft_id}/expect")
    visitor.post(f"/connect/{draft_id}/settings", loft="hill.test", password="coo")
    work.verify(draft_id)

    page = visitor.get(f"/connect/{draft_id}/verify")

    assert f'href="/connect/{draft_id}/address">Choose another way to connect' in page.text
    assert "/move" not in page.text
