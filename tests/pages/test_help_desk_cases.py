"""The page of the help desk: selection, filters, actions and the quiet refresh, without a script."""

import html
import json
import re

import pytest

from console.services import case as one_case
from console.services import handlings, link_visits, links, switches
from tests import cases, placed
from tests.services.test_counted import counted

HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script>\x1b[31mred \u202egnp.exe" + "x" * 300


@pytest.fixture
def box(ctx, bob):
    return placed.inbox(ctx, bob, server_text="NO [AUTHENTICATIONFAILED] no", problem_stage="sign-in")


@pytest.fixture
def ref(ctx, box):
    return cases.episode(ctx, box)


@pytest.fixture
def incident(ctx, bob):
    boxes = [placed.inbox(ctx, bob, f"box{number}@acme.test") for number in range(7)]
    return cases.incident(ctx, boxes, server_text="certificate has expired", stage="secure")


def rows(visitor):
    return visitor.attributes("data-row")


def now(visitor, address=None):
    """Ask as the page does whether anything has changed."""
    return visitor.client.get(address or visitor.attributes("data-poll-seen hx-get")[0], headers=HTMX)


def test_without_a_choice_the_first_case_is_shown(window, hanne, ref, incident):
    visitor = window(hanne)
    visitor.get("/help-desk")

    assert rows(visitor) == [str(incident), str(ref)]
    assert visitor.attributes("data-case") == [str(incident)]


def test_the_address_names_the_case(window, hanne, ref, incident):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    assert visitor.attributes("data-case") == [str(ref)]
    assert re.findall(r'id="row-([\w-]+)"[^>]*aria-current="true"', visitor.page.text) == [str(ref)]


@pytest.mark.parametrize("case", ["nonsense", "episode-99", "incident-99", "inbox-1", "episode-1%00"])
def test_a_case_that_does_not_exist_is_not_found(window, hanne, case):
    assert window(hanne).get(f"/help-desk?case={case}").status_code == 404


def test_a_member_finds_no_help_desk(window, bob, ref):
    visitor = window(bob)
    visitor.get("/account")

    assert visitor.get("/help-desk").status_code == 403
    assert visitor.get(f"/help-desk?case={ref}").status_code == 403


def test_an_empty_queue_says_what_is_true_and_where_to_go(window, hanne):
    page = window(hanne).get("/help-desk").text

    assert "Nothing is open" in page
    assert 'href="/inboxes"' in page


def test_filters_that_fit_nothing_offer_to_be_cleared(window, hanne, ref):
    page = window(hanne).get("/help-desk?who=us").text

    assert "No open case fits these filters" in page


def test_filters_stay_while_one_moves_about(window, hanne, ref, incident):
    visitor = window(hanne)
    visitor.get("/help-desk?who=user&taken=nobody")
    visitor.post(f"/help-desk/{ref}/take?who=user&taken=nobody")

    assert visitor.path_and_query == f"/help-desk?who=user&taken=nobody&case={ref}"


@pytest.mark.parametrize("query", ["page=-1", "page=x", "page=99999", "who=%00", "domain=%F0%9F", "taken=me&asleep=1"])
def test_filters_that_nobody_set_on_the_page_break_nothing(window, hanne, ref, query):
    assert window(hanne).get(f"/help-desk?{query}").status_code == 200


@pytest.mark.parametrize("name", ["domain", "provider", "problem"])
def test_a_filter_that_somebody_made_up_turns_no_words_around(window, hanne, ref, name):
    page = window(hanne).get(f"/help-desk?{name}=%E2%80%AEgnp.exe%1B[31m").text

    assert "<bdi>gnp.exe</bdi>" in page
    assert "\u202e" not in page


def test_a_domain_is_asked_for_in_its_own_letters(window, ctx, hanne, bob):
    ref = cases.episode(ctx, placed.inbox(ctx, bob, "info@xn--bcher-kva.example"))
    visitor = window(hanne)

    visitor.get("/help-desk?domain=B%C3%BCcher.example")

    assert rows(visitor) == [str(ref)]


def test_who_calls_is_found_and_the_cause_stands_beside(window, ctx, hanne, charlie, ref, incident):
    called = cases.episode(ctx, placed.inbox(ctx, charlie))
    visitor = window(hanne)
    visitor.get("/help-desk?q=charlie")

    assert rows(visitor) == visitor.attributes("data-case") == [str(called)]
    assert 'name="q" value="charlie"' in visitor.page.text


def test_what_was_looked_for_stays_while_one_moves_about(window, hanne, ref):
    visitor = window(hanne)
    visitor.get("/help-desk?q=bob")
    visitor.post(f"/help-desk/{ref}/take?q=bob")

    assert visitor.path_and_query == f"/help-desk?q=bob&case={ref}"


def test_who_calls_about_an_inbox_that_is_in_no_case_is_led_to_it(window, ctx, hanne, alice, charlie, ref, incident):
    fine = placed.inbox(ctx, charlie, "charlie@acme.test")
    off = placed.inbox(ctx, charlie, "charlie@off.test")
    switches.disable(ctx, alice, off)
    soon = placed.inbox(ctx, charlie, "charlie@soon.test", health="degraded", problem="server-unavailable")
    cases.episode(ctx, soon, "server-unavailable", ripe_at=None, health="degraded")
    visitor = window(hanne)

    page = visitor.get("/help-desk?q=charlie").text

    assert rows(visitor) == []
    assert visitor.attributes("data-found") == ["charlie@acme.test", "charlie@off.test", "charlie@soon.test"]
    found = re.findall(r'href="(/inboxes/\d+)">.*?c-case-title">([^<]+)<', page, re.DOTALL)
    assert found == [(f"/inboxes/{fine}", "Healthy"), (f"/inboxes/{off}", "Disabled"), (f"/inboxes/{soon}", "Degraded")]


def test_more_than_five_inboxes_without_a_case_lead_to_the_list(window, ctx, hanne, charlie):
    for number in range(7):
        placed.inbox(ctx, charlie, f"c{number}@acme.test")
    page = window(hanne).get("/help-desk?q=acme").text

    assert re.search(r'id="found-more" href="/inboxes\?q=acme">2 more<', page)


@pytest.mark.parametrize("text", ["nobody", "%25", "_", "%3Cscript%3E", "%E2%80%AE%00"])
def test_looking_for_nobody_says_so_and_leads_back(window, hanne, ref, text):
    visitor = window(hanne)
    page = visitor.get(f"/help-desk?q={text}x").text

    assert rows(visitor) == []
    assert "Nobody and no inbox is found" in page
    assert "<script>" not in page


def test_one_screen_tells_cause_who_and_next_step(window, ctx, hanne, incident):
    placed.domain(ctx, note="drift@acme.test")

    page = html.unescape(window(hanne).get("/help-desk").text)

    for words in (
        "Server certificate expired", "Mail admin of acme.test", "drift@acme.test", "Copy text for IT", "2 more",
        "Owners told: 0 of 7, held", "certificate has expired", "stage Secure it", "What changed just before",
    ):  # fmt: skip
        assert words in page


def test_the_other_inboxes_of_an_incident_are_listed_and_no_others(window, ctx, hanne, charlie, incident):
    cases.episode(ctx, placed.inbox(ctx, charlie, "alone@acme.test"), "tls-expired")
    visitor = window(hanne)
    page = visitor.get(f"/help-desk?case={incident}").text

    (link,) = re.findall(r'id="inboxes-more" class="c-link" href="([^"]+)">2 more<', page)
    visitor.get(html.unescape(link))

    assert visitor.attributes("data-inbox") == [f"box{number}@acme.test" for number in range(7)]


def test_the_text_for_it_can_be_pasted_as_it_is(window, hanne, incident):
    page = html.unescape(window(hanne).get("/help-desk").text)
    text = re.search(r'id="text-for-it">(.*?)</p>', page, re.DOTALL)[1]

    for words in ("mail.acme.test", "7 mailboxes", "The server said: certificate has expired"):
        assert words in text
    assert "Since: Mon 23 Nov 2026 08:12:00 UTC" in text


def test_a_server_without_a_name_is_told_as_its_whole_address(window, ctx, hanne, bob):
    box = placed.inbox(ctx, bob, host="2001:db8::25", problem_stage="secure")
    case = cases.episode(ctx, box, "tls-expired")

    page = html.unescape(window(hanne).get(f"/help-desk?case={case}").text)

    assert "Server: 2001:db8::25, stage Secure it" in page


def test_the_text_for_the_owner_has_the_address_filled_in(window, hanne, ref):
    page = window(hanne).get(f"/help-desk?case={ref}").text

    assert re.search(r'id="text-for-user">[^<]*bob@acme\.test', page)


def test_what_a_server_said_is_shown_safely(window, ctx, hanne, bob):
    ref = cases.episode(ctx, placed.inbox(ctx, bob, server_text=HOSTILE))

    page = window(hanne).get(f"/help-desk?case={ref}").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not re.search("[\x1b\u202e]", page)


def test_a_hostile_note_is_shown_safely(window, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    page = visitor.post(f"/help-desk/{ref}/note", text="<b>bold</b> \u202egnp \x1b[31mred").text

    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert not re.search("[\x1b\u202e]", page)


def test_a_note_that_is_too_long_comes_back_as_it_was_typed(window, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    answer = visitor.post(f"/help-desk/{ref}/note", text="y" * 1001)

    assert answer.status_code == 422
    assert ">" + "y" * 1001 + "</textarea>" in answer.text
    assert visitor.attributes("data-case") == [str(ref)]


@pytest.mark.parametrize("name", ["take", "hand", "snooze", "test"])
def test_an_action_on_a_case_that_ended_meanwhile_says_so(window, ctx, hanne, ref, name):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    cases.end(ctx, ref)

    page = visitor.post(f"/help-desk/{ref}/{name}", choice="hour").text

    assert "This case is over: it ended 09:12." in page


def test_the_second_of_two_who_take_a_case_is_told_who_was_first(window, ctx, hanne, alice, ref):
    visitor = window(alice)
    visitor.get(f"/help-desk?case={ref}")
    handlings.take(ctx, hanne, ref)

    page = visitor.post(f"/help-desk/{ref}/take").text

    assert "Hanne Holm has taken this case." in page
    assert one_case.show(ctx, alice, ref).handled.taken_by_id == hanne.id


def test_a_case_that_ended_says_so_instead_of_vanishing(window, ctx, hanne, ref, clock):
    clock.advance(minutes=62)
    cases.end(ctx, ref)
    visitor = window(hanne)

    page = visitor.get(f"/help-desk?case={ref}").text

    assert "Mended 10:14, recovered by itself" in page
    assert visitor.attributes("data-ended") == ["yes"]
    assert 'id="test-now"' not in page


def test_a_case_that_became_part_of_an_incident_leads_there(window, ctx, hanne, ref, incident):
    cases.turn(ctx, ref, incident_id=incident.id)
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    assert visitor.path_and_query == f"/help-desk?case={incident}&was={ref}"


def test_a_case_that_was_put_to_sleep_leaves_the_queue_and_can_be_woken(window, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    visitor.post(f"/help-desk/{ref}/snooze?who=user", choice="tomorrow")
    assert rows(visitor) == []

    (wake,) = re.findall(r'action="([^"]+/wake[^"]*)"', visitor.page.text)
    visitor.post(html.unescape(wake))

    assert visitor.path_and_query == f"/help-desk?who=user&case={ref}"
    assert rows(visitor) == [str(ref)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("soon", "Choose a day and a time."),
        ("2026-11-23T08:00", "That time is over. Choose a later one."),
        ("2028-01-01T08:00", "A case sleeps for 90 days at most."),
    ],
)
def test_an_own_time_that_does_not_do_comes_back_with_what_is_wrong(window, hanne, ref, typed, said):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    page = visitor.post(f"/help-desk/{ref}/snooze", until=typed)

    assert (page.status_code, visitor.errors()) == (422, [said])
    assert f'name="until" value="{typed}" aria-invalid="true" aria-describedby="snooze-error"' in page.text
    assert '<details class="c-menu" id="snooze" name="menu" open>' in page.text


def test_test_now_has_the_inbox_tested_and_says_that_it_runs(window, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    page = visitor.post(f"/help-desk/{ref}/test").text

    assert re.search(r'id="test-now" aria-disabled="true"', page)


@pytest.mark.parametrize("name", ["remove", "disable", "explode"])
def test_nothing_else_can_be_done_here(window, hanne, ref, name):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    assert visitor.post(f"/help-desk/{ref}/{name}").status_code == 404


def test_a_link_is_made_shown_and_watched_beside_the_case(window, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    page = visitor.post(f"/help-desk/{ref}/link").text

    assert visitor.path_and_query == f"/help-desk?case={ref}"
    assert visitor.attributes("data-link") == ["sent"]
    assert re.search(r'id="link-url"[^>]*value="http[^"]+/reconnect/', page)
    assert "Send new link" in page


def test_a_link_that_is_withdrawn_beside_its_case_leads_back_to_the_case(window, ctx, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    visitor.post(f"/help-desk/{ref}/link")

    # The panel asks for itself again, and what comes then leads back as well.
    link = html.unescape(re.search(r'id="link-url" readonly value="([^"]+)"', visitor.page.text)[1])
    look = html.unescape(re.search(r'hx-get="([^"]*/link[?][^"]*)"', visitor.page.text)[1])
    link_visits.begin(ctx, link.rsplit("/", 1)[1], "a phone", "192.0.2.7")
    panel = visitor.client.get(look, headers=HTMX).text
    assert f'name="next" value="/help-desk?case={ref}"' in panel
    assert f"next=/help-desk?case%3D{ref}" in panel

    visitor.post(re.search(r'action="(/links/[0-9]+/withdraw)"', panel)[1], next=f"/help-desk?case={ref}")

    assert visitor.path_and_query == f"/help-desk?case={ref}"


def test_a_link_of_an_earlier_problem_is_not_shown(window, ctx, hanne, box, clock):
    links.issue(ctx, hanne, box)
    clock.advance(hours=2)
    ref = cases.episode(ctx, box)

    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    assert visitor.attributes("data-link") == []


def test_an_incident_has_no_link_to_send(window, hanne, incident):
    visitor = window(hanne)
    page = visitor.get(f"/help-desk?case={incident}").text

    assert 'id="send-link"' not in page
    assert "A link is for one inbox." in visitor.post(f"/help-desk/{incident}/link").text


def test_the_steps_of_an_incident_stand_on_the_line_of_time(window, ctx, hanne, incident):
    at = ctx.clock().isoformat()
    cases.turn(ctx, incident, events=[{"at": at, "what": "joined", "inboxes": 3}, {"at": at, "what": "opened"}])

    page = window(hanne).get(f"/help-desk?case={incident}").text

    assert "3 more inboxes joined" in page
    assert "<p>Opened</p>" not in page


def test_a_provider_that_is_switched_off_counts_the_people_behind_it(window, ctx, hanne, alice, bob, charlie):
    placed.inbox(ctx, bob)
    placed.inbox(ctx, charlie)
    switches.switch_provider_off(ctx, alice, "imap")
    ref = cases.incident(ctx, [], "switched-off", level="provider", target="imap", nature="shared")

    page = window(hanne).get(f"/help-desk?case={ref}").text

    assert page.count("2 people") >= 2
    assert "Hand to an account admin" in page


def test_a_wave_of_refusals_asks_nobody_to_sign_in(window, ctx, hanne, bob, charlie):
    boxes = [placed.inbox(ctx, bob), placed.inbox(ctx, charlie)]
    ref = cases.incident(ctx, boxes, "many-refused", nature="refusals", health="needs-sign-in")

    page = window(hanne).get(f"/help-desk?case={ref}").text
    case = page[page.index("data-case=") :]

    assert "Nobody, we retry" in case
    assert "c-state-needs-sign-in" not in page
    assert not re.search(r'c-primary" id="(test-now|send-link)"', case)


def test_help_desk_is_not_led_to_what_it_may_not_open(window, ctx, hanne, alice, bob):
    ref = cases.incident(ctx, [placed.inbox(ctx, bob)], "oauth-client-secret", level="app", target="imap")

    assert "/integrations" not in window(hanne).get(f"/help-desk?case={ref}").text
    assert "Open the integration" in window(alice).get(f"/help-desk?case={ref}").text


def test_a_pasted_error_is_explained_on_the_same_page_and_stands_in_no_address(window, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")

    page = visitor.post(f"/help-desk/explain?case={ref}", text="535 5.7.8 Username and Password not accepted hunter2")

    assert visitor.attributes("data-problem-card") == ["bad-credentials"]
    assert visitor.attributes("data-case") == [str(ref)]
    assert "hunter2" not in page.request.url
    assert "hunter2" not in page.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_error_that_nobody_knows_comes_back_without_what_looks_like_a_secret(window, hanne, headers):
    visitor = window(hanne)
    visitor.get("/help-desk")

    page = visitor.post(
        "/help-desk/explain", headers=headers, text="the moon is cheese password=hunter2-is-secret"
    ).text

    assert visitor.attributes("data-problem-card") == ["unknown"]
    assert "hunter2-is-secret" not in page


@pytest.mark.parametrize("text", [HOSTILE, "x" * 1_000_000, "\x00\ufffe", "<script>alert(1)</script>"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_hostile_error_is_shown_safely_and_cut(window, hanne, ref, text, headers):
    visitor = window(hanne)
    visitor.get("/help-desk")

    page = visitor.post("/help-desk/explain", headers=headers, text=text).text

    assert "<script>alert" not in page
    assert not re.search("[\x1b\u202e]", page)
    assert len(page) < 60_000


def test_the_refresh_brings_nothing_while_nothing_has_changed(window, hanne, ref, incident, clock):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    clock.advance(seconds=8)

    answer = now(visitor)

    assert (answer.status_code, answer.text) == (204, "")


def test_a_refresh_that_brings_nothing_asks_for_the_person_and_one_mark(window, ctx, hanne, ref, incident):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={incident}")

    with counted(ctx) as seen:
        assert now(visitor).status_code == 204

    assert len([statement for statement in seen if statement != "BEGIN"]) == 2


def test_a_refresh_that_brings_something_reads_no_frame_and_nothing_twice(window, ctx, hanne, alice, incident):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={incident}")
    handlings.note(ctx, alice, incident, "On it.")

    with counted(ctx) as seen:
        assert "On it." in now(visitor).text

    assert len(seen) <= 25


def test_a_minute_later_the_refresh_looks_again_and_brings_a_new_mark_with_how_long_things_last(
    window, hanne, ref, clock
):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    clock.advance(minutes=1)

    answer = now(visitor)

    assert "1 h 1 min" in answer.text
    again = html.unescape(re.search(r'data-poll-seen hx-get="([^"]+)"', answer.text)[1])
    assert now(visitor, again).status_code == 204


def test_the_refresh_brings_the_part_that_changed_and_no_field_that_one_types_in(window, ctx, hanne, alice, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    handlings.note(ctx, alice, ref, "On it.")

    answer = now(visitor)

    assert re.findall(r'data-part="(\w+)"', answer.text) == ["around", "notes"]
    assert "On it." in answer.text
    assert "<textarea" not in answer.text


def test_the_refresh_after_a_change_is_quiet_again(window, ctx, hanne, alice, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    handlings.note(ctx, alice, ref, "On it.")
    again = html.unescape(re.search(r'data-poll-seen hx-get="([^"]+)"', now(visitor).text)[1])

    assert now(visitor, again).status_code == 204


def test_the_refresh_tells_of_a_case_that_was_mended(window, ctx, hanne, ref):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    cases.end(ctx, ref)

    answer = now(visitor).text
    assert "Mended 09:12, recovered by itself" in answer
    assert re.findall(r'data-ended="(\w+)"', answer) == ["yes"]


def test_the_refresh_leads_on_when_the_case_became_part_of_an_incident(window, ctx, hanne, ref, incident):
    visitor = window(hanne)
    visitor.get(f"/help-desk?case={ref}")
    cases.turn(ctx, ref, incident_id=incident.id)

    leads = json.loads(now(visitor).headers["HX-Location"])

    assert leads["path"] == f"/help-desk?case={incident}&was={ref}"
    assert leads["target"] == "#desk"


def test_the_refresh_of_an_empty_page_leads_to_the_first_case(window, ctx, hanne, box):
    visitor = window(hanne)
    visitor.get("/help-desk?who=user")
    cases.episode(ctx, box)

    assert json.loads(now(visitor).headers["HX-Location"])["path"] == "/help-desk?who=user"


def test_the_refresh_keeps_the_case_that_was_first_when_the_page_was_opened(window, ctx, hanne, bob, incident):
    visitor = window(hanne)
    visitor.get("/help-desk")
    older = placed.inbox(ctx, bob, "older@acme.test")
    cases.incident(ctx, [older], minutes=600, target="old.test")

    answer = now(visitor)

    assert f'id="row-{incident}"' in answer.text
    assert re.findall(r'id="row-([\w-]+)"[^>]*aria-current', answer.text) == [str(incident)]


def test_the_inbox_leads_to_its_case_for_those_who_work_at_the_help_desk(window, hanne, bob, box, ref):
    address = f'href="/help-desk?case={ref}"'

    assert address in window(hanne).get(f"/inboxes/{box}").text
    assert address not in window(bob).get(f"/inboxes/{box}").text


def test_the_navigation_counts_what_is_open(window, hanne, ref, incident):
    page = window(hanne).get("/inboxes").text

    assert re.search(r'<a href="/help-desk">.*?<span class="c-count">2</span>', page, re.DOTALL)


def test_account_admins_are_told_of_what_was_handed_to_them_until_one_takes_it(window, hanne, alice, ref, incident):
    staff, admin = window(hanne), window(alice)
    staff.get(f"/help-desk?case={ref}")
    assert "handed cases" not in admin.get("/overview").text
    for case in (ref, incident):
        staff.post(f"/help-desk/{case}/hand")

    told = "The help desk handed cases to the account admins, and nobody has taken them: 2."
    assert told in admin.get("/inboxes").text
    assert told not in staff.get("/inboxes").text
    admin.get("/help-desk?taken=admins")
    assert rows(admin) == [str(incident), str(ref)]
    admin.post(f"/help-desk/{ref}/take")
    assert "nobody has taken them: 1." in admin.get("/overview").text
    admin.post(f"/help-desk/{incident}/take-back")
    assert "handed cases" not in admin.get("/overview").text


def test_explain_stands_below_the_help_desk(window, hanne):
    assert re.search(r'<a href="/help-desk" aria-current="page">', window(hanne).get("/explain").text)


def test_the_page_costs_the_same_for_500_in_one_incident_as_for_three(window, ctx, hanne, bob):
    boxes = [placed.inbox(ctx, bob, f"box{number}@acme.test", secret={}) for number in range(500)]
    visitor = window(hanne)
    few = cases.incident(ctx, boxes[:3])
    with counted(ctx) as three:
        visitor.get(f"/help-desk?case={few}")
    cases.end(ctx, few)
    many = cases.incident(ctx, boxes[3:], target="other.test")
    with counted(ctx) as lots:
        page = visitor.get(f"/help-desk?case={many}").text

    assert len(lots) == len(three)
    assert len(lots) <= 32
    assert len(page) < 80_000
