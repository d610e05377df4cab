"""Campaigns: who is asked, what becomes of each inbox, exceptions, reminders, and how a campaign ends."""

from dataclasses import replace

import pytest
from sqlmodel import select

from console.services import (
    apps,
    campaign_items,
    campaign_views,
    campaigns,
    drafts,
    frame,
    inbox,
    people,
    switches,
    verification,
)
from console.services.context import NotFound, Refused
from console.services.work import Work
from console.store.campaigns import Campaign, CampaignItem
from tests.services import flocks, made, owls

DOMAIN = "hill.test"
BOB, SALES, CHARLIE = f"bob@{DOMAIN}", f"sales@{DOMAIN}", f"charlie@{DOMAIN}"


@pytest.fixture
def families():
    return flocks.families()


@pytest.fixture
def owl(families):
    return families[1]


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    owls.set_up(ctx, alice)


@pytest.fixture
def boxes(ctx, bob, charlie):
    """Three inboxes of the domain, two of them Bob's."""
    return [*made.make(ctx, bob, BOB, SALES), *made.make(ctx, charlie, CHARLIE)]


@pytest.fixture
def campaign(ctx, alice, boxes):
    return start(ctx, alice)


def start(ctx, alice, note=""):
    return campaigns.start(ctx, alice, DOMAIN, campaign_views.plan(ctx, alice, DOMAIN).mark, note)


def states(ctx, actor):
    return {item.address: item.state for item in campaign_views.newest(ctx, actor, DOMAIN).items}


def asked(ctx, actor):
    return [one.address for one in frame.look(ctx, actor).asked]


# Before.


def test_the_inboxes_that_could_move_are_counted_and_listed_first(ctx, alice, bob, boxes):
    owls.make(ctx, bob, f"moved@{DOMAIN}")
    made.make(ctx, bob, "bob@elsewhere.test")
    switches.disable(ctx, alice, boxes[2])

    found = campaign_views.plan(ctx, alice, DOMAIN)

    assert (found.to, found.total, found.people, found.closed) == ("owl", 3, 2, "")
    assert [(row.address, row.off) for row in found.rows] == [(BOB, False), (CHARLIE, True), (SALES, False)]


def test_mailboxes_that_checks_found_moved_are_counted(ctx, alice, boxes):
    made.change(ctx, boxes[0], problem="mailbox-moved", health="failing")

    assert campaign_views.plan(ctx, alice, DOMAIN).left == 1
    assert campaign_views.glance(ctx, DOMAIN).left == 1


def test_whose_owner_cannot_come_and_what_is_switched_off_is_said(ctx, alice, charlie, boxes, campaign):
    switches.disable(ctx, alice, boxes[0])
    people.deactivate(ctx, alice, charlie.id)

    found = {item.address: item for item in campaign_views.newest(ctx, alice, DOMAIN).items}

    assert (found[BOB].off, found[BOB].leaver, found[CHARLIE].leaver) == (True, False, True)


def test_other_inboxes_than_were_listed_are_never_asked_about(ctx, alice, bob, boxes):
    mark = campaign_views.plan(ctx, alice, DOMAIN).mark
    made.make(ctx, bob, f"new@{DOMAIN}")

    with pytest.raises(Refused, match="Look at the list once more"):
        campaigns.start(ctx, alice, DOMAIN, mark)


def test_without_an_app_no_campaign_begins_and_who_must_act_is_said(ctx, alice, boxes):
    apps.remove(ctx, alice, "owl")

    assert campaign_views.plan(ctx, alice, DOMAIN).closed == "unset"
    with pytest.raises(Refused, match="An account admin has to set up"):
        start(ctx, alice)


def test_one_campaign_at_a_time_runs_for_a_domain(ctx, alice, campaign):
    with pytest.raises(Refused, match="under way already"):
        start(ctx, alice)


def test_a_domain_without_such_inboxes_has_no_plan(ctx, alice):
    assert campaign_views.plan(ctx, alice, "nowhere.test") is None
    with pytest.raises(Refused):
        campaigns.start(ctx, alice, "nowhere.test", "")


def test_starting_touches_no_inbox_and_is_in_the_audit(ctx, alice, boxes):
    before = [made.inbox(ctx, box).model_dump() for box in boxes]

    start(ctx, alice)

    assert [made.inbox(ctx, box).model_dump() for box in boxes] == before
    (entry,) = made.audited(ctx, "campaign.start")
    assert (entry.target_label, entry.detail["inboxes"], entry.actor_name) == (DOMAIN, 3, alice.name)


@pytest.mark.parametrize("who", ["bob", "hanne"])
def test_only_account_admins_start_stop_remind_and_make_exceptions(ctx, request, alice, boxes, campaign, who):
    actor = request.getfixturevalue(who)
    for step in (
        lambda: campaigns.start(ctx, actor, DOMAIN, ""),
        lambda: campaigns.stop(ctx, actor, DOMAIN),
        lambda: campaigns.remind(ctx, actor, DOMAIN),
        lambda: campaigns.join(ctx, actor, DOMAIN),
        lambda: campaigns.leave_out(ctx, actor, boxes[0], "why"),
        lambda: campaigns.take_in(ctx, actor, boxes[0]),
        lambda: campaigns.waits(ctx, actor, boxes[0]),
    ):
        with pytest.raises(NotFound):
            step()


def test_help_desk_sees_how_far_it_is_and_a_member_does_not(ctx, hanne, bob, campaign):
    assert campaign_views.newest(ctx, hanne, DOMAIN).total == 3
    for look in (campaign_views.newest, campaign_views.plan):
        with pytest.raises(NotFound):
            look(ctx, bob, DOMAIN)


# Asking.


def test_each_owner_is_asked_about_own_inboxes_and_nobody_else_is(ctx, alice, bob, charlie, campaign):
    assert asked(ctx, bob) == [BOB, SALES]
    assert asked(ctx, charlie) == [CHARLIE]
    assert asked(ctx, alice) == []


def test_what_an_admin_tells_the_owners_stands_on_their_inbox(ctx, alice, bob, boxes):
    start(ctx, alice, note=" The old server ends on Friday.\x00 ")

    found = inbox.detail(ctx, bob, boxes[0]).move

    assert (found.sign, found.note, found.may_wait) == ("campaign", "The old server ends on Friday.", True)


def test_that_an_owner_was_asked_is_noted_once_a_day(ctx, bob, clock, campaign):
    campaign_items.note_asked(ctx, frame.look(ctx, bob).asked)
    first = clock.now
    clock.advance(hours=2)
    campaign_items.note_asked(ctx, frame.look(ctx, bob).asked)

    assert {one.asked_at for one in frame.look(ctx, bob).asked} == {first}
    clock.advance(hours=23)
    campaign_items.note_asked(ctx, frame.look(ctx, bob).asked)
    assert {one.asked_at for one in frame.look(ctx, bob).asked} == {clock.now}


def test_remind_me_tomorrow_lasts_a_day(ctx, bob, clock, boxes, campaign):
    campaign_items.later(ctx, bob, boxes[0])

    assert asked(ctx, bob) == [SALES]
    clock.advance(hours=23)
    assert asked(ctx, bob) == [SALES]
    assert inbox.detail(ctx, bob, boxes[0]).move.may_wait is False
    clock.advance(hours=1)
    assert asked(ctx, bob) == [BOB, SALES]


def test_a_reminder_asks_those_too_who_wanted_another_day(ctx, alice, bob, boxes, campaign):
    campaign_items.later(ctx, bob, boxes[0])

    campaigns.remind(ctx, alice, DOMAIN)

    assert asked(ctx, bob) == [BOB, SALES]
    assert len(made.audited(ctx, "campaign.remind")) == 1


def test_nobody_else_puts_it_off(ctx, alice, bob, charlie, boxes, campaign):
    with pytest.raises(NotFound):
        campaign_items.later(ctx, charlie, boxes[0])
    campaign_items.later(ctx, alice, boxes[0])

    assert asked(ctx, bob) == [BOB, SALES]


def test_the_owner_of_a_switched_off_inbox_is_not_asked_before_it_is_enabled(ctx, bob, boxes, campaign):
    switches.disable(ctx, bob, boxes[0])
    assert asked(ctx, bob) == [SALES]

    switches.enable(ctx, bob, boxes[0])
    assert asked(ctx, bob) == [BOB, SALES]


def test_owners_are_asked_to_leave_a_provider_that_is_switched_off(ctx, alice, bob, campaign):
    switches.switch_provider_off(ctx, alice, "pigeon")

    assert asked(ctx, bob) == [BOB, SALES]


# What becomes of each.


def test_an_inbox_that_moved_is_counted_and_its_owner_left_alone(ctx, alice, bob, boxes, campaign):
    flocks.move(ctx, bob, boxes[0])

    assert states(ctx, alice) == {BOB: "moved", SALES: "waiting", CHARLIE: "waiting"}
    assert asked(ctx, bob) == [SALES]


@pytest.mark.parametrize(("fails", "problem"), [("declined", "oauth-user-declined"), ("other", "oauth-wrong-account")])
def test_a_try_that_failed_is_shown_with_its_cause_and_the_owner_asked_again(
    ctx, alice, bob, boxes, owl, campaign, fails, problem
):
    if fails == "declined":
        flocks.declined(ctx, bob, boxes[0])
    else:
        flocks.other_account(ctx, bob, owl, boxes[0], f"eve@{DOMAIN}")

    (item,) = [one for one in campaign_views.newest(ctx, alice, DOMAIN).items if one.address == BOB]
    assert (item.state, item.problem) == ("failed", problem)
    assert asked(ctx, bob) == [BOB, SALES]
    flocks.move(ctx, bob, boxes[0])
    assert states(ctx, alice)[BOB] == "moved"


def test_a_failed_plain_reconnect_is_nothing_to_a_campaign(ctx, alice, bob, boxes, campaign):
    draft_id = drafts.start_reconnect(ctx, bob, boxes[0])
    drafts.set_settings(ctx, bob, draft_id, {"loft": DOMAIN, "password": "wrong"})
    verification.run(ctx, draft_id)

    assert states(ctx, alice)[BOB] == "waiting"


def test_an_exception_has_a_reason_is_asked_about_no_more_and_can_be_taken_back(ctx, alice, bob, boxes, campaign):
    with pytest.raises(Refused, match="Say why"):
        campaigns.leave_out(ctx, alice, boxes[0], "  ")

    campaigns.leave_out(ctx, alice, boxes[0], "Stays for the scanner")

    (item,) = [one for one in campaign_views.newest(ctx, alice, DOMAIN).items if one.state == "excepted"]
    assert (item.address, item.why, item.by) == (BOB, "Stays for the scanner", alice.name)
    assert asked(ctx, bob) == [SALES]
    (entry,) = made.audited(ctx, "campaign.leave-out")
    assert (entry.target_id, entry.detail["why"]) == (str(boxes[0]), "Stays for the scanner")

    campaigns.take_in(ctx, alice, boxes[0])
    assert asked(ctx, bob) == [BOB, SALES]


def test_an_inbox_that_was_left_out_and_moves_all_the_same_counts_as_moved(ctx, alice, bob, boxes, campaign):
    campaigns.leave_out(ctx, alice, boxes[0], "Later")

    flocks.move(ctx, bob, boxes[0])

    assert states(ctx, alice)[BOB] == "moved"


def test_an_inbox_that_came_later_can_be_taken_in(ctx, alice, bob, campaign):
    made.make(ctx, bob, f"new@{DOMAIN}")
    assert (campaign_views.newest(ctx, alice, DOMAIN).newcomers, asked(ctx, bob)) == (1, [BOB, SALES])

    assert campaigns.join(ctx, alice, DOMAIN) == 1

    assert campaign_views.newest(ctx, alice, DOMAIN).newcomers == 0
    assert asked(ctx, bob) == [BOB, f"new@{DOMAIN}", SALES]


# The end.


def test_the_last_inbox_ends_the_campaign(ctx, alice, bob, charlie, boxes, campaign):
    flocks.move(ctx, bob, boxes[0])
    campaigns.leave_out(ctx, alice, boxes[1], "Shared")
    assert campaign_views.newest(ctx, alice, DOMAIN).under_way

    flocks.move(ctx, charlie, boxes[2])

    found = campaign_views.newest(ctx, alice, DOMAIN)
    assert (found.under_way, found.stopped_by, dict(found.counts)) == (False, "", {"moved": 2, "excepted": 1})


def test_the_last_exception_ends_the_campaign(ctx, alice, boxes, campaign):
    for box in boxes:
        campaigns.leave_out(ctx, alice, box, "Stays")

    assert not campaign_views.newest(ctx, alice, DOMAIN).under_way


def test_a_worker_ends_a_campaign_whose_last_inboxes_were_removed(ctx, alice, work, boxes, campaign):
    for box in boxes:
        switches.remove(ctx, alice, box)
    assert campaign_views.newest(ctx, alice, DOMAIN).under_way

    work.tick()

    found = campaign_views.newest(ctx, alice, DOMAIN)
    assert (found.under_way, dict(found.counts)) == (False, {"gone": 3})


def test_after_a_stop_nobody_is_asked_and_what_moved_stays_moved(ctx, alice, bob, boxes, campaign):
    flocks.move(ctx, bob, boxes[0])

    campaigns.stop(ctx, alice, DOMAIN)

    found = campaign_views.newest(ctx, alice, DOMAIN)
    assert (found.under_way, found.stopped_by, asked(ctx, bob)) == (False, alice.name, [])
    assert made.inbox(ctx, boxes[0]).provider == "owl"
    assert len(made.audited(ctx, "campaign.stop")) == 1


def test_after_a_stop_another_one_begins_for_those_who_are_left(ctx, alice, bob, boxes, campaign):
    flocks.move(ctx, bob, boxes[0])
    campaigns.stop(ctx, alice, DOMAIN)

    start(ctx, alice)

    assert states(ctx, alice) == {SALES: "waiting", CHARLIE: "waiting"}


def test_a_campaign_waits_in_the_database_whoever_comes_and_goes(ctx, alice, bob, boxes, campaign):
    later = Work(replace(ctx))
    later.tick()
    people.deactivate(ctx, alice, bob.id)

    with ctx.store.read() as session:
        (row,) = session.exec(select(Campaign)).all()
        items = session.exec(select(CampaignItem)).all()
    assert (row.finished_at, len(items)) == (None, 3)
    assert states(ctx, alice) == {BOB: "waiting", SALES: "waiting", CHARLIE: "waiting"}


def test_hundreds_of_inboxes_are_shown_page_by_page(ctx, alice, bob):
    made.make(ctx, bob, *(f"box{number:03}@{DOMAIN}" for number in range(120)), credential=False)
    start(ctx, alice)

    first, last = (campaign_views.newest(ctx, alice, DOMAIN, page) for page in (1, 9))

    assert (first.pages, len(first.items), last.page, len(last.items)) == (3, 50, 3, 20)
    assert len(asked(ctx, bob)) == campaign_items.MOST_ASKED
