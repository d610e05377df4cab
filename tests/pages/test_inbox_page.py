"""One inbox: what is wrong comes first; test now, disable, enable and remove say what they do."""

import re

import pytest
from sqlmodel import select

from console.services import people, switches
from console.store.models import AuditEntry, CheckRecord, Credential, Inbox, TrustedCertificate
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
def mine(ctx, bob):
    return placed.inbox(ctx, bob)


def press(visitor, inbox_id, button, **fields):
    visitor.get(f"/inboxes/{inbox_id}")
    return visitor.post(f"/inboxes/{inbox_id}/{button}", **fields)


def state(visitor):
    return (
        visitor.attributes("data-health")[0],
        visitor.attributes("data-switch")[0],
        visitor.attributes("data-problem")[0],
    )


def test_the_root_carries_what_scripts_in_any_language_read(window, ctx, bob):
    inbox_id = placed.inbox(ctx, bob, health="failing", problem="server-error")
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}")

    assert visitor.attributes("data-inbox")[0] == "bob@acme.test"
    assert state(visitor) == ("failing", "on", "server-error")


def test_a_problem_says_what_happened_who_must_act_and_the_next_step_in_this_order(window, ctx, bob):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials")

    page = window(bob).get(f"/inboxes/{inbox_id}").text

    assert re.search(r"What happened.*Who must act.*Next step", page, re.DOTALL)
    assert "Password refused" in page


def test_old_proof_turns_amber_by_itself(window, ctx, bob, mine, clock):
    visitor = window(bob)
    visitor.get(f"/inboxes/{mine}")
    before = state(visitor)
    clock.advance(hours=2)

    visitor.get(f"/inboxes/{mine}")

    assert (before, state(visitor)) == (("healthy", "on", ""), ("degraded", "on", "proof-stale"))


def test_test_now_shows_that_it_is_checking_until_a_worker_is_done(window, work, bob, mine):
    visitor = window(bob)

    during = press(visitor, mine, "test").text
    work.check(mine)
    after = visitor.get(f"/inboxes/{mine}").text

    assert ("Checking now" in during, "Checking now" in after) == (True, False)
    assert ('hx-trigger="every' in during, 'hx-trigger="every' in after) == (True, False)


def test_pressing_test_now_twice_checks_once(window, work, bob, mine, pigeons):
    visitor = window(bob)
    press(visitor, mine, "test")
    press(visitor, mine, "test")

    work.check(mine)
    work.check(mine)

    assert len(pigeons.flights) == 1


def test_the_stages_of_the_last_check_are_shown(window, work, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "test")
    work.check(mine)

    visitor.get(f"/inboxes/{mine}")

    assert visitor.stages() == dict.fromkeys(("find-server", "sign-in", "open-inbox", "send"), "passed")


def test_a_check_that_fails_shows_which_stage_and_who_asked(window, work, bob, mine, pigeons):
    pigeons.weather["acme.test"] = LoftClosed()
    visitor = window(bob)
    press(visitor, mine, "test")
    work.check(mine)

    page = visitor.get(f"/inboxes/{mine}").text

    untried = dict.fromkeys(("sign-in", "open-inbox", "send"), "skipped")
    assert visitor.stages() == {"find-server": "failed", **untried}
    assert "asked for by a person" in page


def test_the_timeline_tells_what_was_done_by_whom(window, ctx, alice, bob, mine):
    press(window(alice), mine, "disable", why="on leave")
    press(window(bob), mine, "enable")

    page = window(bob).get(f"/inboxes/{mine}").text

    timeline = re.search(r'<ol class="c-timeline">.*?</ol>', page, re.DOTALL)[0]
    assert re.search(r"Enabled.*Bob Berg.*Disabled.*Alice Andersen.*on leave", timeline, re.DOTALL)


def test_checks_alike_become_one_line(window, work, bob, mine, clock):
    for _ in range(5):
        clock.advance(hours=1)
        work.sweep()

    page = window(bob).get(f"/inboxes/{mine}").text

    timeline = re.search(r'<ol class="c-timeline">.*?</ol>', page, re.DOTALL)[0]
    assert timeline.count("<li>") == 1
    assert "5 checks alike" in timeline


def test_without_a_worker_the_page_says_so(window, bob, mine):
    assert "No worker is running; nothing is checked" in window(bob).get(f"/inboxes/{mine}").text


def test_with_a_worker_the_page_says_so(window, work, bob, mine):
    work.tick()

    assert "Worker running" in window(bob).get(f"/inboxes/{mine}").text


def test_a_worker_that_fell_silent_a_minute_ago_is_told_as_none(window, work, bob, mine, clock):
    work.tick()
    clock.advance(seconds=61)

    assert "No worker is running" in window(bob).get(f"/inboxes/{mine}").text


# Disable, enable.


def test_the_question_before_disabling_names_what_stops_and_what_stays(window, bob, mine):
    page = window(bob).get(f"/inboxes/{mine}/disable").text

    assert "Disable bob@acme.test?" in page
    assert re.search(r"Stops now.*Stays.*Not possible", page, re.DOTALL)


def test_a_disabled_inbox_says_who_did_it_and_why(window, alice, bob, mine):
    press(window(alice), mine, "disable", why="left <b>us</b>")

    page = window(bob).get(f"/inboxes/{mine}").text

    assert re.search(r"This inbox</strong>.*by Alice Andersen.*left &lt;b&gt;us&lt;/b&gt;", page, re.DOTALL)


def test_a_disabled_inbox_offers_to_be_enabled_and_not_to_be_tested(window, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "disable")

    assert f'action="/inboxes/{mine}/enable"' in visitor.page.text
    assert f'action="/inboxes/{mine}/test"' not in visitor.page.text


def test_disabling_twice_keeps_the_first_reason(window, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "disable", why="first")
    press(visitor, mine, "disable", why="second")

    page = visitor.get(f"/inboxes/{mine}").text

    assert "first" in page
    assert "second" not in page


@pytest.mark.parametrize("why", ["x" * 1_000_000, "\x00", "  ", "🐦" * 1000])
def test_any_reason_is_taken_and_cut(window, bob, mine, why):
    visitor = window(bob)

    answer = press(visitor, mine, "disable", why=why)

    assert (answer.status_code, state(visitor)[1]) == (200, "off")
    assert len(answer.data) < 40_000


def test_enabled_again_it_is_checked_soon(window, work, bob, mine, pigeons):
    visitor = window(bob)
    press(visitor, mine, "disable")
    press(visitor, mine, "enable")

    work.check(mine)

    assert len(pigeons.flights) == 1


def test_enabling_an_inbox_that_waits_for_a_person_sends_nothing(window, ctx, work, bob, pigeons):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", next_check=None)
    visitor = window(bob)
    press(visitor, inbox_id, "disable")
    press(visitor, inbox_id, "enable")

    work.check(inbox_id)
    work.sweep()

    assert pigeons.flights == []


def test_an_inbox_disabled_while_its_check_runs_stays_off(window, ctx, work, bob, mine, pigeons):
    visitor = window(bob)
    press(visitor, mine, "test")
    press(visitor, mine, "disable")

    work.check(mine)
    visitor.get(f"/inboxes/{mine}")

    assert (state(visitor)[1], pigeons.flights) == ("off", [])


# Remove.


def test_the_question_before_removing_names_what_is_wiped_and_what_stays(window, bob, mine):
    page = window(bob).get(f"/inboxes/{mine}/remove").text

    assert "Remove bob@acme.test?" in page
    assert "This cannot be undone. To pause the inbox, disable it instead." in page
    assert re.search(r"Stops now.*Wiped.*Stays.*Possible again", page, re.DOTALL)


def test_removing_wipes_the_password_and_the_trusted_certificates(window, ctx, bob, mine):
    press(window(bob), mine, "remove")

    with ctx.store.read() as session:
        assert session.exec(select(Credential)).all() == []
        assert session.exec(select(TrustedCertificate)).all() == []


def test_removing_keeps_the_history(window, ctx, work, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "test")
    work.check(mine)
    press(visitor, mine, "remove")

    with ctx.store.read() as session:
        assert len(session.exec(select(CheckRecord)).all()) == 1
        assert "inbox.remove" in session.exec(select(AuditEntry.action)).all()


def test_a_removed_inbox_is_gone_from_every_page(window, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "remove")

    assert visitor.attributes("data-inbox") == []
    assert visitor.get(f"/inboxes/{mine}").status_code == 404


def test_an_admin_is_led_back_to_the_list(window, alice, mine):
    visitor = window(alice)
    press(visitor, mine, "remove")

    assert visitor.path == "/inboxes"


def test_the_address_can_be_connected_again_by_anybody(window, work, bob, charlie, mine):
    press(window(bob), mine, "remove")
    visitor = window(charlie)

    connect(visitor, work)
    visitor.get("/me")

    assert visitor.attributes("data-inbox") == ["bob@acme.test"]


def test_removing_a_disabled_inbox_leaves_no_switch_behind_for_the_next_one(window, work, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "disable")
    press(visitor, mine, "remove")

    connect(visitor, work)
    visitor.get("/me")

    assert visitor.attributes("data-switch") == ["on"]


def test_an_inbox_removed_while_its_check_runs_stays_removed(window, ctx, work, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "test")
    press(visitor, mine, "remove")

    work.check(mine)

    with ctx.store.read() as session:
        assert session.get_one(Inbox, mine).removed_at is not None
    assert visitor.get("/me").status_code == 200
    assert visitor.attributes("data-inbox") == []


def test_removing_during_a_reconnect_forgets_the_password_that_was_typed(window, ctx, work, bob, mine, pigeons):
    visitor = window(bob)
    press(visitor, mine, "reconnect")
    visitor.post(visitor.path, loft="hill", password="coo")
    draft_id = visitor.path.split("/")[2]
    press(visitor, mine, "remove")

    work.verify(draft_id)

    assert pigeons.flights == []


# Reconnect.


def test_reconnect_gives_a_new_password_and_keeps_inbox_and_history(window, ctx, work, bob):
    inbox_id = placed.inbox(
        ctx, bob, health="needs-sign-in", problem="bad-credentials", next_check=None, secret={"password": "moo"}
    )
    visitor = window(bob)
    press(visitor, inbox_id, "reconnect")
    draft_id = visitor.path.split("/")[2]
    visitor.post(visitor.path, loft="acme.test", password="coo")
    work.verify(draft_id)

    visitor.get(f"/inboxes/{inbox_id}")

    assert state(visitor) == ("healthy", "on", "")
    assert "Reconnected" in visitor.page.text


def test_a_reconnect_that_is_refused_leaves_the_inbox_as_it_was(window, ctx, work, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "reconnect")
    draft_id = visitor.path.split("/")[2]
    visitor.post(visitor.path, loft="acme.test", password="moo")
    work.verify(draft_id)

    visitor.get(f"/inboxes/{mine}")

    assert state(visitor) == ("healthy", "on", "")


def test_a_reconnect_starts_at_the_settings_with_what_is_stored(window, bob, mine):
    visitor = window(bob)

    page = press(visitor, mine, "reconnect").text

    assert visitor.path.endswith("/settings")
    assert 'value="acme.test"' in page
    assert "coo" not in re.findall(r'value="([^"]*)"', page)


def test_a_reconnect_has_no_step_that_could_change_the_address(window, bob, mine):
    visitor = window(bob)
    press(visitor, mine, "reconnect")
    draft_id = visitor.path.split("/")[2]
    visitor.get("/account")

    visitor.post(f"/connect/{draft_id}/address", address="other@acme.test")

    assert visitor.path == f"/connect/{draft_id}/settings"
    visitor.get(f"/inboxes/{mine}")
    assert visitor.attributes("data-inbox")[0] == "bob@acme.test"


def test_an_admin_reconnects_somebodys_inbox_without_owning_it(window, work, alice, bob, mine):
    visitor = window(alice)
    press(visitor, mine, "reconnect")
    draft_id = visitor.path.split("/")[2]
    visitor.post(visitor.path, loft="acme.test", password="coo")
    work.verify(draft_id)
    theirs = window(bob)

    theirs.get("/me")

    assert theirs.attributes("data-inbox") == ["bob@acme.test"]


def test_a_reconnect_whose_person_lost_the_right_meanwhile_sends_nothing(window, ctx, work, alice, bob, mine, pigeons):
    visitor = window(bob)
    press(visitor, mine, "reconnect")
    visitor.post(visitor.path, loft="acme.test", password="coo")
    draft_id = visitor.path.split("/")[2]
    people.deactivate(ctx, alice, bob.id)

    work.verify(draft_id)

    assert pigeons.flights == []


# Editing the servers.


def edit(visitor, inbox_id, **fields):
    visitor.get(f"/inboxes/{inbox_id}/edit")
    return visitor.post(f"/inboxes/{inbox_id}/edit", **fields)


def test_the_form_holds_what_is_stored_and_no_password_field(window, bob, mine):
    page = window(bob).get(f"/inboxes/{mine}/edit").text

    assert 'value="acme.test"' in page
    assert 'type="password"' not in page


def test_saving_has_the_inbox_tested_at_another_server_of_its_domain(window, ctx, work, bob, pigeons):
    inbox_id = placed.inbox(ctx, bob, "bob@acme.dk")

    page = edit(window(bob), inbox_id, loft="east.acme.dk").text
    work.check(inbox_id)

    assert "Settings saved." in page
    assert pigeons.flights == [("east.acme.dk", "coo")]


def test_without_a_public_suffix_every_name_is_a_domain_of_its_own(window, work, bob, mine, pigeons):
    visitor = window(bob)

    edit(visitor, mine, loft="east.acme.test")
    work.check(mine)

    assert state(visitor) == ("needs-sign-in", "on", "servers-changed")
    assert pigeons.flights == []


def test_the_timeline_tells_old_and_new_servers(window, bob, mine):
    page = edit(window(bob), mine, loft="east.acme.test").text

    assert "loft acme.test → loft east.acme.test" in page


@pytest.mark.parametrize("loft", ["evil.test", "acme.test.evil.test", "192.0.2.1"])
def test_a_server_in_another_domain_gets_no_password(window, work, bob, mine, pigeons, clock, loft):
    visitor = window(bob)

    page = edit(visitor, mine, loft=loft).text
    work.check(mine)
    clock.advance(hours=1)
    work.sweep()

    assert "The password was not sent to the new servers; it has to be typed again." in page
    assert state(visitor) == ("needs-sign-in", "on", "servers-changed")
    assert pigeons.flights == []


def test_neither_does_test_now(window, work, bob, mine, pigeons):
    visitor = window(bob)
    edit(visitor, mine, loft="evil.test")

    press(visitor, mine, "test")
    work.check(mine)

    assert pigeons.flights == []


def test_moved_back_to_where_the_password_was_typed_for_it_works_again(window, work, bob, mine, pigeons):
    visitor = window(bob)
    edit(visitor, mine, loft="evil.test")
    edit(visitor, mine, loft="acme.test")

    work.check(mine)
    visitor.get(f"/inboxes/{mine}")

    assert state(visitor) == ("healthy", "on", "")
    assert pigeons.flights == [("acme.test", "coo")]


def test_a_mistake_is_told_beside_the_field_and_changes_nothing(window, ctx, bob, mine):
    visitor = window(bob)

    answer = edit(visitor, mine, loft="")

    assert (answer.status_code, visitor.errors()) == (422, ["Name the loft."])
    with ctx.store.read() as session:
        assert session.get_one(Inbox, mine).settings == {"loft": "acme.test"}


def test_automation_is_switched_on_and_off(window, bob, mine):
    visitor = window(bob)

    on = edit(visitor, mine, loft="acme.test", inbox_automation="y").text
    off = edit(visitor, mine, loft="acme.test").text

    assert "<dt>Automation</dt><dd>on</dd>" in on
    assert "<dt>Automation</dt><dd>off</dd>" in off


def test_unreadable_settings_are_replaced_by_what_is_typed(window, ctx, work, bob):
    inbox_id = placed.inbox(ctx, bob, settings="text")
    visitor = window(bob)
    page = visitor.get(f"/inboxes/{inbox_id}/edit").text

    edit(visitor, inbox_id, loft="acme.test")
    work.check(inbox_id)
    visitor.get(f"/inboxes/{inbox_id}")

    assert "The stored settings could not be read. These are guesses; check every field." in page
    assert state(visitor) == ("healthy", "on", "")


def test_a_result_that_arrives_after_an_edit_is_history_only(window, ctx, work, bob, mine, pigeons):
    visitor = window(bob)
    press(visitor, mine, "test")
    check = pigeons.check

    def edited_meanwhile(mailbox, probe):
        pigeons.check = check
        edit(visitor, mine, loft="evil.test")
        check(mailbox, probe)

    pigeons.check = edited_meanwhile
    work.check(mine)
    visitor.get(f"/inboxes/{mine}")

    assert state(visitor) == ("needs-sign-in", "on", "servers-changed")


def test_an_inbox_that_is_off_can_be_edited_and_stays_off(window, ctx, work, bob, mine, pigeons):
    switches.disable(ctx, bob, mine)
    visitor = window(bob)

    edit(visitor, mine, loft="east.acme.test")
    work.check(mine)

    assert (state(visitor)[1], pigeons.flights) == ("off", [])
