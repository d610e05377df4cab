"""Links that staff send: one browser goes through one draft, and whatever makes no sense any more leads nowhere."""

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

from console.rules.permissions import Role
from console.services import drafts, link_visits, links, people, switches, verification
from console.services.context import NotFound, Refused
from console.store.links import ReconnectLink
from console.store.models import AuditEntry, Draft, Inbox
from tests.services import made

PHONE, LAPTOP, IP = "the browser of a phone", "the browser of a laptop", "192.0.2.7"


@pytest.fixture
def broken(ctx, bob):
    """Bob's inbox, whose whistle is refused."""
    return made.make(
        ctx, bob, "bob@acme.test", health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock()
    )[0]


def token_of(issued):
    return urlsplit(issued.url).path.rsplit("/", 1)[1]


def look(ctx, issued, browser=PHONE):
    return link_visits.look(ctx, token_of(issued), browser, IP)


def begin(ctx, issued, browser=PHONE):
    return link_visits.begin(ctx, token_of(issued), browser, IP)


def type_in(ctx, draft_id, whistle="coo", browser=PHONE):
    actor = link_visits.passage(ctx, draft_id, browser, IP).actor
    drafts.set_settings(ctx, actor, draft_id, {"loft": "hill.test", "password": whistle})
    verification.run(ctx, draft_id)


def row(ctx, link_id):
    with ctx.store.read() as session:
        return session.get_one(ReconnectLink, link_id)


def of(ctx, actor, inbox_id):
    found = links.of_inbox(ctx, actor, inbox_id)
    return found.state, found.how


def test_a_reconnect_by_a_link_mends_the_inbox_and_uses_the_link_up(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id

    type_in(ctx, draft_id)

    assert made.inbox(ctx, broken).health == "healthy"
    assert of(ctx, alice, broken) == ("connected", "")
    assert look(ctx, issued, LAPTOP).state == "done"


def test_of_its_token_only_a_hash_is_kept(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)

    token = token_of(issued)
    assert len(token) == 43
    with ctx.store.read() as session:
        rows = [session.exec(select(table)).all() for table in (ReconnectLink, AuditEntry, Draft)]
    assert token not in repr(rows)


def test_the_address_of_a_link_can_be_written_later_as_long_as_it_can_be_used(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)

    assert links.url_of(ctx, issued.id) == issued.url
    links.withdraw(ctx, alice, issued.id)
    assert links.url_of(ctx, issued.id) is None


def test_opening_a_link_changes_nothing_however_often(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    before = row(ctx, issued.id)

    for browser in (PHONE, LAPTOP, ""):
        assert look(ctx, issued, browser).state == "open"

    assert row(ctx, issued.id).model_dump() == before.model_dump()
    assert of(ctx, alice, broken) == ("sent", "")


def test_the_first_browser_that_continues_has_the_link_and_another_is_told(ctx, clock, alice, broken):
    issued = links.issue(ctx, alice, broken)
    first = begin(ctx, issued)
    clock.advance(minutes=5)

    second = begin(ctx, issued, LAPTOP)

    assert (second.state, second.draft_id) == ("elsewhere", None)
    assert second.started_at == clock() - timedelta(minutes=5)
    with pytest.raises(NotFound):
        link_visits.passage(ctx, first.draft_id, LAPTOP, IP)


def test_the_browser_that_has_the_link_goes_on_where_it_was(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)

    assert begin(ctx, issued).draft_id == begin(ctx, issued).draft_id == look(ctx, issued).draft_id


def test_of_two_that_continue_at_once_one_has_the_link(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    gate, found = threading.Barrier(2), {}

    def press(browser):
        gate.wait(timeout=30)
        found[browser] = begin(ctx, issued, browser).state

    presses = [threading.Thread(target=press, args=(browser,)) for browser in (PHONE, LAPTOP)]
    for one in presses:
        one.start()
    for one in presses:
        one.join(timeout=60)

    assert sorted(found.values()) == ["elsewhere", "mine"]
    with ctx.store.read() as session:
        assert len(session.exec(select(Draft)).all()) == 1


def test_of_two_links_made_at_once_one_can_be_used(ctx, alice, broken):
    gate = threading.Barrier(2)

    def make():
        gate.wait(timeout=30)
        links.issue(ctx, alice, broken)

    makers = [threading.Thread(target=make) for _ in range(2)]
    for one in makers:
        one.start()
    for one in makers:
        one.join(timeout=60)

    with ctx.store.read() as session:
        rows = session.exec(select(ReconnectLink)).all()
    assert sorted(one.withdrawn_how for one in rows) == ["", "replaced"]


def test_a_draft_that_waited_for_a_day_is_begun_anew_by_the_same_browser(ctx, clock, alice, broken):
    issued = links.issue(ctx, alice, broken)
    first = begin(ctx, issued).draft_id
    clock.advance(hours=25)

    second = begin(ctx, issued)

    assert second.state == "mine"
    assert second.draft_id != first


def test_a_link_expires_after_48_hours(ctx, clock, alice, broken):
    issued = links.issue(ctx, alice, broken)
    assert issued.expires_at == clock() + timedelta(hours=48)
    clock.advance(hours=48)

    assert (look(ctx, issued).state, look(ctx, issued).over) == ("over", "expired")
    assert begin(ctx, issued).state == "over"
    assert of(ctx, alice, broken) == ("expired", "expired")


def test_a_link_that_was_used_does_not_expire_and_shows_what_it_connected(ctx, clock, alice, broken):
    issued = links.issue(ctx, alice, broken)
    clock.advance(hours=47)
    draft_id = begin(ctx, issued).draft_id
    type_in(ctx, draft_id)

    clock.advance(hours=2)

    assert (look(ctx, issued).state, look(ctx, issued).over) == ("mine", "")
    assert look(ctx, issued, LAPTOP).state == "done"
    actor = link_visits.passage(ctx, draft_id, PHONE, IP).actor
    assert drafts.get(ctx, actor, draft_id).inbox_id == broken


def test_a_link_does_not_expire_while_what_was_typed_is_checked(ctx, clock, alice, broken, pigeons):
    issued = links.issue(ctx, alice, broken)
    clock.advance(hours=47, minutes=59)
    draft_id = begin(ctx, issued).draft_id
    seen = []

    def expire():
        clock.advance(minutes=1)
        seen.extend((look(ctx, issued).over, look(ctx, issued).waits, of(ctx, alice, broken)[0]))

    pigeons.meanwhile = expire
    type_in(ctx, draft_id, "caw")

    assert seen == ["", True, "back"]
    assert look(ctx, issued).over == "expired"


def test_a_new_link_ends_the_old_one_and_what_was_begun_with_it(ctx, alice, broken):
    old = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, old).draft_id

    new = links.issue(ctx, alice, broken)

    assert look(ctx, old).over == "replaced"
    assert look(ctx, new).state == "open"
    assert made.draft(ctx, draft_id) is None


def test_a_link_that_is_withdrawn_midway_stores_nothing(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    found = link_visits.passage(ctx, draft_id, PHONE, IP)
    drafts.set_settings(ctx, found.actor, draft_id, {"loft": "hill.test", "password": "coo"})

    links.withdraw(ctx, alice, issued.id)
    verification.run(ctx, draft_id)

    assert made.inbox(ctx, broken).health == "needs-sign-in"
    assert made.draft(ctx, draft_id) is None
    assert link_visits.passage(ctx, draft_id, PHONE, IP).visit.over == "by-staff"
    with pytest.raises(NotFound):
        drafts.get(ctx, found.actor, draft_id)


def test_a_link_that_is_withdrawn_while_the_password_is_checked_stores_nothing(ctx, alice, broken, pigeons):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    pigeons.meanwhile = lambda: links.withdraw(ctx, alice, issued.id)

    type_in(ctx, draft_id)

    assert made.inbox(ctx, broken).health == "needs-sign-in"
    assert of(ctx, alice, broken) == ("withdrawn", "by-staff")


def test_a_try_that_fails_is_told_and_the_same_browser_goes_on(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id

    type_in(ctx, draft_id, "caw")

    found = links.of_inbox(ctx, alice, broken)
    assert (found.state, found.problem, found.usable) == ("failed", "bad-credentials", True)
    type_in(ctx, draft_id)
    assert [step.name for step in links.of_inbox(ctx, alice, broken).steps] == ["sent", "started", "back", "connected"]


def test_by_a_link_no_server_and_no_name_can_be_changed(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    actor = link_visits.passage(ctx, draft_id, PHONE, IP).actor

    drafts.set_settings(ctx, actor, draft_id, {"loft": "evil.test", "password": "coo"})

    assert made.draft(ctx, draft_id).settings == {"loft": "hill.test"}


def test_what_an_admin_changed_meanwhile_stays(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    made.change(ctx, broken, settings={"loft": "dale.test"})

    type_in(ctx, draft_id)

    assert made.inbox(ctx, broken).settings == {"loft": "dale.test"}


def recover(ctx, alice, bob, inbox_id):
    made.change(ctx, inbox_id, health="healthy", problem=None)


def disable(ctx, alice, bob, inbox_id):
    switches.disable(ctx, alice, inbox_id)


def remove(ctx, alice, bob, inbox_id):
    switches.remove(ctx, alice, inbox_id)


def give_away(ctx, alice, bob, inbox_id):
    made.change(ctx, inbox_id, owner_id=alice.id)


def deactivate(ctx, alice, bob, inbox_id):
    people.deactivate(ctx, alice, bob.id)


ENDS = pytest.mark.parametrize(
    ("end", "how"),
    [
        (recover, "recovered"),
        (disable, "disabled"),
        (remove, "removed"),
        (give_away, "moved-on"),
        (deactivate, "deactivated"),
    ],
)


@ENDS
def test_a_link_that_makes_no_sense_any_more_leads_nowhere_at_once(ctx, alice, bob, broken, end, how):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id

    end(ctx, alice, bob, broken)

    assert link_visits.passage(ctx, draft_id, PHONE, IP).visit.over == how


@ENDS
def test_the_tick_ends_it_for_good_with_what_was_begun(ctx, work, alice, bob, broken, end, how):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    end(ctx, alice, bob, broken)

    work.tick()

    assert row(ctx, issued.id).withdrawn_how == how
    assert made.draft(ctx, draft_id) is None


def test_a_disabled_and_enabled_inbox_does_not_bring_its_link_back(ctx, work, alice, broken):
    issued = links.issue(ctx, alice, broken)
    switches.disable(ctx, alice, broken)
    work.tick()

    switches.enable(ctx, alice, broken)

    assert look(ctx, issued).over == "disabled"


def test_a_link_that_ends_in_the_last_moment_stores_nothing_and_its_draft_goes(ctx, alice, broken, pigeons):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id

    def end():
        with ctx.store.write() as session:
            session.get_one(ReconnectLink, issued.id).withdrawn_at = ctx.clock()

    pigeons.meanwhile = end
    type_in(ctx, draft_id)

    assert made.inbox(ctx, broken).health == "needs-sign-in"
    assert made.credential(ctx, broken).revision == 1
    assert made.draft(ctx, draft_id) is None


@pytest.mark.parametrize(("end", "how"), [(disable, "disabled"), (deactivate, "deactivated")])
def test_a_link_whose_inbox_or_person_is_switched_off_during_the_check_stores_nothing(
    ctx, alice, bob, broken, pigeons, end, how
):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    pigeons.meanwhile = lambda: end(ctx, alice, bob, broken)

    type_in(ctx, draft_id)

    assert made.credential(ctx, broken).revision == 1
    assert made.draft(ctx, draft_id) is None
    assert look(ctx, issued).over == how


def test_an_inbox_given_away_while_the_password_is_checked_keeps_what_it_had(ctx, alice, bob, broken, pigeons):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    pigeons.meanwhile = lambda: give_away(ctx, alice, bob, broken)

    type_in(ctx, draft_id)

    assert made.inbox(ctx, broken).health == "needs-sign-in"


def test_a_provider_that_is_switched_off_stops_continue_and_not_the_link(ctx, alice, broken):
    issued = links.issue(ctx, alice, broken)
    switches.switch_provider_off(ctx, alice, "pigeon")

    with pytest.raises(Refused):
        begin(ctx, issued)

    switches.switch_provider_on(ctx, alice, "pigeon")
    assert begin(ctx, issued).state == "mine"


def test_a_provider_that_is_switched_off_midway_takes_no_password(ctx, alice, broken):
    draft_id = begin(ctx, links.issue(ctx, alice, broken)).draft_id
    switches.switch_provider_off(ctx, alice, "pigeon")

    with pytest.raises(Refused):
        type_in(ctx, draft_id)


def test_help_desk_sends_links_and_withdraws_them(ctx, hanne, broken):
    issued = links.issue(ctx, hanne, broken)

    assert links.withdraw(ctx, hanne, issued.id).state == "withdrawn"


def test_members_make_no_links_and_see_none(ctx, alice, bob, broken):
    issued = links.issue(ctx, alice, broken)

    for tried in (
        lambda: links.issue(ctx, bob, broken),
        lambda: links.of_inbox(ctx, bob, broken),
        lambda: links.withdraw(ctx, bob, issued.id),
    ):
        with pytest.raises(NotFound):
            tried()


def test_the_console_itself_makes_a_link_that_goes_by_mail(ctx, alice, broken):
    links.issue(ctx, None, broken, by_mail=True)

    found = links.of_inbox(ctx, alice, broken)
    assert (found.by_name, found.by_mail) == ("", True)


def test_a_mail_that_is_sent_twice_has_the_same_link_and_ends_nothing_that_was_begun(ctx, alice, broken):
    first = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, first).draft_id

    again = links.issue(ctx, None, broken, by_mail=True)

    assert (again.url, again.expires_at) == (first.url, first.expires_at)
    assert made.draft(ctx, draft_id) is not None
    assert links.of_inbox(ctx, alice, broken).by_mail


def test_a_mail_brings_a_new_link_where_the_old_one_was_begun_and_left_lying(ctx, clock, alice, broken):
    first = links.issue(ctx, alice, broken)
    begin(ctx, first)
    clock.advance(hours=2)

    second = links.issue(ctx, None, broken, by_mail=True)

    assert second.url != first.url
    assert look(ctx, second, LAPTOP).state == "open"


def test_a_mail_brings_a_new_link_where_the_old_one_soon_expires(ctx, clock, alice, broken):
    first = links.issue(ctx, alice, broken)
    clock.advance(hours=24)

    again = links.issue(ctx, None, broken, by_mail=True)

    assert again.url != first.url
    assert look(ctx, first).over == "replaced"


@pytest.mark.parametrize("why", ["off", "removed", "deactivated", "help desk"])
def test_no_link_is_made_where_nobody_could_use_it(ctx, alice, bob, broken, why):
    if why == "off":
        switches.disable(ctx, alice, broken)
    elif why == "removed":
        switches.remove(ctx, alice, broken)
    elif why == "deactivated":
        people.deactivate(ctx, alice, bob.id)
    else:
        people.change(ctx, alice, bob.id, role=Role.HELP_DESK, personal_email=True)

    with pytest.raises((Refused, NotFound)):
        links.issue(ctx, alice, broken)


def test_the_person_of_a_link_is_no_more_than_a_member(ctx, alice):
    broken = made.make(ctx, alice, "alice@acme.test", health="needs-sign-in", problem="bad-credentials")[0]
    draft_id = begin(ctx, links.issue(ctx, alice, broken)).draft_id

    assert link_visits.passage(ctx, draft_id, PHONE, IP).actor.role == Role.MEMBER


def test_the_draft_of_a_link_is_not_there_for_its_owner_in_the_console(ctx, alice, bob, broken):
    draft_id = begin(ctx, links.issue(ctx, alice, broken)).draft_id

    with pytest.raises(NotFound):
        drafts.get(ctx, bob, draft_id)
    assert drafts.unfinished(ctx, bob) is None


def test_by_a_link_no_other_draft_is_reached(ctx, alice, bob, broken):
    draft_id = begin(ctx, links.issue(ctx, alice, broken)).draft_id
    own = drafts.start(ctx, bob)
    actor = link_visits.passage(ctx, draft_id, PHONE, IP).actor

    with pytest.raises(NotFound):
        drafts.get(ctx, actor, own)


def test_the_audit_log_tells_every_step_and_that_it_was_done_by_the_link(ctx, alice, bob, broken):
    issued = links.issue(ctx, alice, broken)
    draft_id = begin(ctx, issued).draft_id
    type_in(ctx, draft_id, "caw")
    type_in(ctx, draft_id)
    again = links.issue(ctx, alice, broken)
    links.withdraw(ctx, alice, again.id)

    with ctx.store.read() as session:
        told = [
            (entry.action, entry.actor_name, entry.detail.get("by"))
            for entry in session.exec(select(AuditEntry).where(AuditEntry.target_id == str(broken)))
        ]
    assert told == [
        ("link.issue", "Alice Andersen", None),
        ("link.start", "Bob Berg", "link"),
        ("link.failed", "Bob Berg", "link"),
        ("inbox.reconnect", "Bob Berg", "link"),
        ("link.connected", "Bob Berg", "link"),
        ("link.issue", "Alice Andersen", None),
        ("link.withdraw", "Alice Andersen", None),
    ]


@pytest.fixture
def tried():
    """Many addresses that are no links were opened from one network."""

    def opened(ctx):
        for number in range(link_visits.MOST_MISSES):
            with pytest.raises(NotFound):
                link_visits.look(ctx, f"made up {number}", PHONE, IP)

    return opened


def test_whoever_tries_many_tokens_is_asked_to_wait(ctx, tried):
    tried(ctx)

    with pytest.raises(link_visits.TooMany):
        link_visits.look(ctx, "another one", PHONE, IP)
    with pytest.raises(NotFound):
        link_visits.look(ctx, "another one", PHONE, "192.0.2.8")


def test_whoever_tries_many_tokens_locks_no_colleague_out_of_a_link(ctx, alice, broken, tried):
    issued = links.issue(ctx, alice, broken)
    tried(ctx)

    assert look(ctx, issued).state == "open"
    assert begin(ctx, issued).state == "mine"


def connect_link(ctx, alice, bob, address="bob@hill.test"):
    return links.issue_connect(ctx, alice, bob.id, address)


def through(ctx, draft_id, whistle="coo"):
    actor = link_visits.passage(ctx, draft_id, PHONE, IP).actor
    drafts.set_address(ctx, actor, draft_id, "bob@hill.test", "pigeon")
    drafts.accept_disclosure(ctx, actor, draft_id)
    drafts.set_settings(ctx, actor, draft_id, {"loft": "hill.test", "password": whistle})
    verification.run(ctx, draft_id)


def test_a_connect_link_connects_the_address_for_its_person(ctx, alice, bob):
    issued = connect_link(ctx, alice, bob)

    through(ctx, begin(ctx, issued).draft_id)

    with ctx.store.read() as session:
        found = session.exec(select(Inbox)).one()
    assert (found.address, found.owner_id, found.connected_by_id) == ("bob@hill.test", bob.id, bob.id)
    assert links.of_person(ctx, alice, bob.id).state == "connected"


def test_a_connect_link_connects_no_other_address(ctx, alice, bob):
    draft_id = begin(ctx, connect_link(ctx, alice, bob)).draft_id
    actor = link_visits.passage(ctx, draft_id, PHONE, IP).actor

    with pytest.raises(Refused):
        drafts.set_address(ctx, actor, draft_id, "else@hill.test", "pigeon")
    with pytest.raises(Refused):
        drafts.look_up(ctx, actor, draft_id, "else@hill.test")


def test_a_connect_link_is_void_once_the_address_is_connected(ctx, work, alice, bob):
    issued = connect_link(ctx, alice, bob)
    made.make(ctx, alice, "bob@hill.test")

    assert look(ctx, issued).over == "taken"
    work.tick()
    assert row(ctx, issued.id).withdrawn_how == "taken"


def test_an_address_that_is_connected_gets_no_connect_link(ctx, alice, bob):
    made.make(ctx, alice, "bob@hill.test")

    with pytest.raises(Refused):
        connect_link(ctx, alice, bob)


def test_without_personal_email_access_there_is_no_connect_link_and_none_goes_on(ctx, alice, bob):
    issued = connect_link(ctx, alice, bob)
    people.change(ctx, alice, bob.id, role=Role.MEMBER, personal_email=False)

    with pytest.raises(Refused):
        begin(ctx, issued)
    with pytest.raises(Refused):
        connect_link(ctx, alice, bob)


def test_help_desk_makes_no_connect_links(ctx, hanne, bob):
    with pytest.raises(NotFound):
        connect_link(ctx, hanne, bob)
