"""The overview: what it counts, whom it names, where it leads, and what it asks the database."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from console.services import audit, mail_server, settings, switches
from console.store.consents import OauthApp
from console.store.episodes import Episode, InboxDay, Incident
from console.store.models import AuditEntry, Inbox
from tests import cases, placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    return (PigeonFamily(), OwlFamily())


@pytest.fixture
def fleet(ctx, alice, bob, charlie):
    """Nine inboxes of every state; three are in one incident."""
    for number in range(3):
        placed.inbox(ctx, bob, f"fine{number}@acme.test")
    placed.inbox(ctx, bob, "old@acme.test", proven_until=ctx.clock() - timedelta(hours=1))
    placed.inbox(ctx, charlie, "key@acme.test", health="needs-sign-in", problem="bad-credentials")
    down = [
        placed.inbox(ctx, owner, address, health="failing", problem="server-unavailable")
        for owner, address in ((bob, "a@acme.test"), (bob, "b@acme.test"), (charlie, "c@acme.test"))
    ]
    switches.disable(ctx, bob, placed.inbox(ctx, bob, "off@acme.test"))
    return incident(ctx, down)


def incident(ctx, inboxes, problem="server-unavailable", **columns):
    now = ctx.clock()
    known = {"level": "host", "target": "mail.acme.test", "nature": "outage", "began_at": now - timedelta(minutes=22),
             "opened_at": now, "changed_at": now}  # fmt: skip
    with ctx.store.write() as session:
        row = Incident(problem=problem, **{**known, **columns})
        session.add(row)
        session.flush()
        for inbox_id in inboxes:
            health = session.get(Inbox, inbox_id).health
            session.add(
                Episode(
                    inbox_id=inbox_id, incident_id=row.id, problem=problem, health=health, began_at=now, changed_at=now
                )
            )
        return row.id


def counts(visitor):
    """Return what each state counts on the newest page: number, and the words beneath."""
    found = re.findall(
        r'data-count="([^"]*)".*?<strong>(\d+)</strong></a>\s*<span>(.*?)</span>', visitor.page.text, re.DOTALL
    )
    return {health: (int(number), note) for health, number, note in found}


@pytest.fixture
def looks(window):
    def opened(actor, path="/overview"):
        visitor = window(actor)
        assert visitor.get(path).status_code == 200
        return visitor

    return opened


# Where people start.


@pytest.mark.parametrize(("who", "path"), [("alice", "/overview"), ("hanne", "/help-desk"), ("bob", "/me")])
def test_the_start_page_is_the_overview_for_staff_and_my_inboxes_for_members(request, looks, who, path):
    assert looks(request.getfixturevalue(who), "/").path == path


def test_a_member_has_no_overview(window, bob):
    assert window(bob).get("/overview").status_code == 403


# Counts.


def test_every_state_is_counted_with_its_share_of_an_incident(looks, alice, fleet):
    assert counts(looks(alice)) == {
        "healthy": (3, "of 9 inboxes"),
        "degraded": (1, ""),
        "failing": (3, "3 in one incident"),
        "needs-sign-in": (1, ""),
        "disabled": (1, "1 by owners"),
    }


@pytest.mark.parametrize("health", ["healthy", "degraded", "failing", "needs-sign-in", "disabled"])
def test_every_number_leads_to_exactly_the_inboxes_that_it_counts(looks, alice, fleet, health):
    visitor = looks(alice)
    number, _ = counts(visitor)[health]
    (link,) = re.findall(rf'id="count-{health}" href="([^"]*)"', visitor.page.text)

    visitor.get(link)

    assert len(visitor.attributes("data-inbox")) == number


def test_several_incidents_are_told_as_several(ctx, looks, alice, bob, fleet):
    other = placed.inbox(ctx, bob, "d@acme.test", health="failing", problem="tls-expired")
    incident(ctx, [other], "tls-expired")

    assert counts(looks(alice))["failing"] == (4, "4 in 2 incidents")


def test_what_an_admin_disabled_is_told_apart_from_what_owners_did(ctx, looks, alice, bob, fleet):
    switches.disable(ctx, alice, placed.inbox(ctx, bob, "left@acme.test"))

    assert counts(looks(alice))["disabled"] == (2, "1 by owners, 1 by admins")


# Incidents and single problems.


def test_an_incident_tells_cause_people_and_who_must_act(looks, alice, fleet):
    visitor = looks(alice)

    text = " ".join(re.sub(r"<[^>]+>", " ", visitor.page.text).split())
    assert visitor.attributes("data-incident") == [str(fleet)]
    assert "Server has trouble mail.acme.test · since 08:50 (22 min)" in text
    assert "Next The inboxes wait." in text
    assert re.search(r"2 people · 3 inboxes (Nobody|nothing to do)", text, re.IGNORECASE)
    assert "Owners were not told." in text


def test_a_wave_of_refusals_is_nobodys_to_mend_while_it_is_held(ctx, looks, alice, bob):
    refused = [
        placed.inbox(ctx, bob, f"r{n}@acme.test", health="needs-sign-in", problem="bad-credentials") for n in "abc"
    ]
    incident(ctx, refused, "bad-credentials", nature="refusals", level="domain", target="acme.test")

    visitor = looks(alice)

    assert counts(visitor)["failing"] == (3, "3 in one incident")
    assert counts(visitor)["needs-sign-in"] == (0, "")
    assert "Nobody, we retry" in visitor.page.text
    assert "sign in again" not in visitor.page.text.lower()


def test_an_incident_leads_to_the_help_desk_and_to_exactly_its_inboxes(ctx, looks, alice, charlie, fleet):
    placed.inbox(ctx, charlie, "same@other.test", health="failing", problem="server-unavailable")
    visitor = looks(alice)
    ((link, number),) = re.findall(rf'id="inboxes-{fleet}" href="([^"]*)">(\d+) inboxes<', visitor.page.text)

    assert int(number) == 3
    assert f'href="/help-desk?case=incident-{fleet}"' in visitor.page.text
    visitor.get(link)
    assert visitor.attributes("data-inbox") == ["a@acme.test", "b@acme.test", "c@acme.test"]


def test_the_worst_incident_comes_first(ctx, looks, alice, bob):
    wobbly = [placed.inbox(ctx, bob, f"w{n}@acme.test", health="degraded", problem="connection-timeout") for n in "abc"]
    broken = placed.inbox(ctx, bob, "x@acme.test", health="failing", problem="tls-expired")
    late, first = incident(ctx, wobbly, "connection-timeout"), incident(ctx, [broken], "tls-expired")

    assert looks(alice).attributes("data-incident") == [str(first), str(late)]


def test_an_incident_that_is_over_is_not_open(ctx, looks, alice, fleet):
    with ctx.store.write() as session:
        session.get(Incident, fleet).ended_at = ctx.clock()

    assert looks(alice).attributes("data-incident") == []


def test_an_app_that_a_provider_refuses_leads_to_its_integration(ctx, looks, alice, bob):
    inbox_id = placed.inbox(ctx, bob, provider="owl", settings={"account": "bob@acme.test"}, health="degraded")
    incident(ctx, [inbox_id], "oauth-client-secret", level="provider", target="owl", nature="shared")

    assert 'href="/integrations/owl"' in looks(alice).page.text


def test_single_problems_are_told_by_who_must_act(ctx, looks, alice, bob, fleet):
    for address, problem in (("mail@acme.test", "tls-expired"), ("pass@acme.test", "bad-credentials")):
        cases.episode(ctx, placed.inbox(ctx, bob, address, health="failing", problem=problem), problem)

    text = re.sub(r"<[^>]+>", "", looks(alice).page.text)

    assert "2 single problems" in text
    assert "1 for the owner" in text
    assert "1 for a mail admin" in text


def test_as_many_single_problems_are_told_as_the_help_desk_has(ctx, looks, window, alice, bob, clock):
    ripe, early, asleep = (placed.inbox(ctx, bob, f"{name}@acme.test", health="failing") for name in "abc")
    cases.episode(ctx, ripe)
    with ctx.store.write() as session:
        session.get_one(Episode, cases.episode(ctx, early).id).ripe_at = None
    cases.handled(
        ctx, cases.episode(ctx, asleep), snoozed_until=ctx.clock() + timedelta(hours=1), snoozed_weight=3,
        snoozed_problem="bad-credentials",
    )  # fmt: skip

    text = re.sub(r"<[^>]+>", "", looks(alice).page.text)
    visitor = window(alice)
    visitor.get("/help-desk")

    assert "1 single problem" in text
    assert "2 more inboxes are watched" in text
    assert len(visitor.attributes("data-row")) == 1


# Thirty days.


def test_each_provider_has_its_strip_its_inboxes_and_its_share(ctx, looks, alice, bob):
    for number, health in enumerate(["healthy", "healthy", "failing", "disabled"]):
        inbox_id = placed.inbox(ctx, bob, f"{number}@acme.test")
        with ctx.store.write() as session:
            session.add(InboxDay(inbox_id=inbox_id, day=date(2026, 11, 22), provider="pigeon", health=health))

    visitor = looks(alice)

    assert visitor.attributes("data-provider") == ["pigeon"]
    assert "Carrier pigeon: 66.7 % healthy on the one day that is known" in visitor.page.text
    # The same for everybody who does not see the drawing.
    assert re.search(r'<th scope="row">22 Nov</th><td class="c-figures">1 of 3</td>', visitor.page.text)


# Since yesterday.


def test_what_happened_within_a_day_is_counted(ctx, looks, alice, bob, fleet, clock):
    now = clock()
    with ctx.store.write() as session:
        for how, hours in (("recovered", 1), ("recovered", 23), ("recovered", 25), ("reconnected", 2), ("removed", 1)):
            ended = now - timedelta(hours=hours)
            session.add(
                Episode(inbox_id=1, problem="x", health="failing", began_at=ended, changed_at=ended, ended_at=ended,
                        ended_how=how)
            )  # fmt: skip
        audit.record(session, bob, "inbox.connect", ("inbox", 1, "a"), now)
        audit.record(session, bob, "inbox.remove", ("inbox", 2, "b"), now - timedelta(hours=25))

    found = re.findall(r"<dt>([^<]*)</dt><dd class=\"c-figures\">(\d+)</dd>", looks(alice).page.text)

    assert found == [
        ("Recovered by themselves", "2"),
        ("Reconnected by their owner", "1"),
        ("Newly connected", "1"),
        ("Disabled", "1"),
        ("Removed", "0"),
    ]


# Radar and set-up.


def test_what_expires_soon_leads_to_where_it_is_mended(ctx, looks, alice, bob, fleet):
    placed.exception(ctx, alice, domain="acme.test", until=ctx.clock() + timedelta(days=2))

    visitor = looks(alice)

    assert visitor.attributes("data-expiry") == ["exception"]
    assert 'href="/exceptions?domain=acme.test"' in visitor.page.text


def test_the_page_shows_five_and_leads_to_all(ctx, looks, alice, fleet):
    for number in range(7):
        placed.exception(ctx, alice, domain=f"{number}.test", until=ctx.clock() + timedelta(days=number + 1))

    visitor = looks(alice)

    assert len(visitor.attributes("data-expiry")) == 5
    assert len(looks(alice, "/overview/expiring").attributes("data-days")) == 7


def test_the_checklist_names_what_is_missing_only(looks, alice, bob, fleet):
    visitor = looks(alice)

    assert set(visitor.attributes("data-item")) == {"keys", "app", "mail", "defaults"}
    assert "3 of 7 done" in visitor.page.text


def test_a_copy_of_the_keys_is_confirmed_once_and_by_name(ctx, looks, alice, bob, fleet):
    visitor = looks(alice)

    visitor.post("/overview/set-up/keys")

    assert "keys" not in visitor.attributes("data-item")
    with ctx.store.read() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.target_id == "checklist")).one()
    assert (entry.actor_id, entry.detail["keys.to"]) == (alice.id, True)


@pytest.mark.parametrize("name", ["inbox", "mail", "nonsense"])
def test_what_the_console_sees_itself_nobody_confirms(looks, alice, fleet, name):
    visitor = looks(alice)

    assert visitor.post(f"/overview/set-up/{name}").status_code == 404


def test_an_app_that_is_set_up_is_no_item(ctx, looks, alice, fleet):
    with ctx.store.write() as session:
        session.add(OauthApp(provider="owl", client_id="o", sealed="", key_id="", by_id=alice.id, at=ctx.clock()))

    assert "app" not in looks(alice).attributes("data-item")


def test_a_mail_server_that_is_set_up_is_no_item(ctx, looks, alice, fleet):
    server = {"host": "mail.acme.test", "port": 465, "security": "tls", "username": "", "sender": "it@acme.test"}
    with ctx.store.write() as session:
        settings.write(ctx, session, alice, mail_server.NAME, {**server, "sender_name": "IT"})

    assert "mail" not in looks(alice).attributes("data-item")


def test_help_desk_sees_neither_set_up_nor_secrets(ctx, looks, hanne, alice, fleet):
    with ctx.store.write() as session:
        session.add(
            OauthApp(provider="owl", client_id="o", sealed="", key_id="", by_id=alice.id, at=ctx.clock(),
                     secret_expires_on=date(2026, 12, 5))
        )  # fmt: skip

    visitor = looks(hanne)

    assert visitor.attributes("data-item") == []
    assert visitor.attributes("data-expiry") == []
    assert "/integrations" not in visitor.page.text
    assert visitor.post("/overview/set-up/keys").status_code == 404


# The first run.


def test_with_nothing_connected_the_steps_are_listed_and_one_is_open(looks, alice):
    visitor = looks(alice)

    assert visitor.attributes("data-item") == ["admin", "keys", "inbox", "app", "mail", "people"]
    assert visitor.attributes("data-state") == ["done", "later", "current", "later", "later", "later"]


def test_the_first_address_leads_into_the_wizard_where_it_is_looked_up(looks, alice):
    visitor = looks(alice)

    visitor.post("/overview/connect", address="alice@acme.test")

    assert re.fullmatch(r"/connect/[\w-]+/address", visitor.path)
    assert 'value="alice@acme.test"' in visitor.page.text


def test_an_address_that_is_none_is_corrected_in_the_wizard(looks, alice):
    visitor = looks(alice)

    visitor.post("/overview/connect", address="nobody")

    assert re.fullmatch(r"/connect/[\w-]+/address", visitor.path)


def test_help_desk_is_told_that_nothing_is_connected(looks, hanne):
    visitor = looks(hanne)

    assert "No inbox is connected yet" in visitor.page.text
    assert visitor.attributes("data-item") == []


# How it answers.


def test_the_page_renews_itself_by_its_fragment(window, alice, fleet):
    visitor = window(alice)

    answer = visitor.get("/overview", headers={"HX-Request": "true"})

    assert "<html" not in answer.text
    assert 'id="overview"' in answer.text
    assert 'hx-get="/overview"' in answer.text


def test_no_more_queries_for_many_inboxes_than_for_few(ctx, looks, alice, bob, fleet):
    def queries():
        seen = []
        listen = lambda *sent: seen.append(sent[2])  # noqa: E731
        event.listen(ctx.store.engine, "before_cursor_execute", listen)
        looks(alice)
        event.remove(ctx.store.engine, "before_cursor_execute", listen)
        return len(seen)

    few = queries()
    more = [placed.inbox(ctx, bob, f"n{n}@n{n}.test", health="failing", problem="tls-expired") for n in range(60)]
    for number in range(0, 60, 3):
        incident(ctx, more[number : number + 3], "tls-expired", target=f"mail{number}.test")

    assert queries() == few
    assert few <= 60
