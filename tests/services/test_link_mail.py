"""A link that staff made goes to its owner by the mail server of the notices, once, and the mail has that very link."""

from datetime import time

import pytest

from console.rules.notices import DEFAULTS, Quiet
from console.services import link_mail, link_visits, links, notice_rules
from console.services.context import NotFound, Refused
from console.services.notice_rules import Rules
from console.store.notices import RefusedAddress
from tests import placed
from tests.peers.certificates import HOST
from tests.services.listening import reach
from tests.services.postman import episode, incident, notices, postman, round_of, set_up


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST)


@pytest.fixture
def families():
    return None


@pytest.fixture
def post(certificates):
    with postman(certificates) as server:
        yield server


@pytest.fixture
def server(ctx, alice, post):
    set_up(ctx, alice, post)
    return post


@pytest.fixture
def issued(ctx, hanne, bob):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock())
    return links.issue(ctx, hanne, inbox_id)


def test_the_owner_gets_the_link_that_was_made(ctx, work, server, hanne, bob, issued):
    assert link_mail.ready(ctx, issued.id)

    link_mail.send(ctx, hanne, issued.id)
    round_of(work)

    assert server.recipients == [bob.email]
    assert issued.url in server.text()
    assert links.one(ctx, hanne, issued.id).by_mail


def test_a_link_goes_by_mail_once(ctx, server, hanne, issued):
    link_mail.send(ctx, hanne, issued.id)

    assert not link_mail.ready(ctx, issued.id)
    with pytest.raises(Refused):
        link_mail.send(ctx, hanne, issued.id)
    assert len(notices(ctx)) == 1


def test_without_a_mail_server_no_link_goes_by_mail(ctx, hanne, issued):
    assert not link_mail.ready(ctx, issued.id)

    with pytest.raises(Refused):
        link_mail.send(ctx, hanne, issued.id)


@pytest.mark.parametrize("how", ["withdrawn", "started"])
def test_a_link_that_does_not_wait_any_more_goes_by_no_mail(ctx, server, hanne, issued, how):
    if how == "withdrawn":
        links.withdraw(ctx, hanne, issued.id)
    else:
        link_visits.begin(ctx, issued.url.rsplit("/", 1)[1], "a phone", "192.0.2.7")

    with pytest.raises(Refused):
        link_mail.send(ctx, hanne, issued.id)


def test_members_send_no_link_by_mail(ctx, server, bob, issued):
    with pytest.raises(NotFound):
        link_mail.send(ctx, bob, issued.id)


def test_while_an_incident_holds_the_inbox_its_link_goes_by_no_mail(ctx, server, hanne, bob):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock())
    incident(ctx, episode(ctx, inbox_id), problem="bad-credentials", nature="refusals")
    issued = links.issue(ctx, hanne, inbox_id)

    assert not link_mail.ready(ctx, issued.id)
    with pytest.raises(Refused):
        link_mail.send(ctx, hanne, issued.id)
    assert (links.one(ctx, hanne, issued.id).by_mail, notices(ctx)) == (False, [])


def test_once_owners_are_told_of_an_incident_links_go_by_mail(ctx, work, server, hanne, bob):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock())
    broke = episode(ctx, inbox_id, told_at=ctx.clock(), weighed_for="bad-credentials")
    incident(ctx, broke, problem="bad-credentials", nature="refusals", owners_told_from=ctx.clock())
    issued = links.issue(ctx, hanne, inbox_id)

    link_mail.send(ctx, hanne, issued.id)
    round_of(work)

    assert server.recipients.count(bob.email) == 1


def test_a_link_that_somebody_sends_waits_for_no_quiet_hours(ctx, work, server, alice, hanne, bob, issued):
    quiet = Quiet(time(0), time(0), frozenset(range(7)))
    notice_rules.save(ctx, alice, Rules(DEFAULTS, quiet=quiet))

    link_mail.send(ctx, hanne, issued.id)
    round_of(work)

    assert server.recipients == [bob.email]


def test_a_link_goes_to_no_address_that_is_refused(ctx, server, hanne, bob, issued):
    with ctx.store.write() as session:
        session.add(RefusedAddress(address=bob.email, at=ctx.clock(), server_text="550 5.1.1 nobody"))

    with pytest.raises(Refused):
        link_mail.send(ctx, hanne, issued.id)
    assert notices(ctx) == []


def test_staff_see_what_has_become_of_the_mail(ctx, work, server, hanne, bob, issued):
    link_mail.send(ctx, hanne, issued.id)
    assert links.one(ctx, hanne, issued.id).mailed == "queued"

    round_of(work)

    assert links.one(ctx, hanne, issued.id).mailed == "sent"


def test_a_link_whose_mail_is_refused_is_not_said_to_be_sent(ctx, work, server, hanne, bob, issued):
    server.refuse[bob.email] = "550 5.1.1 No such user"
    link_mail.send(ctx, hanne, issued.id)

    round_of(work)

    assert links.one(ctx, hanne, issued.id).mailed == "failed"


def test_the_mail_of_the_consoles_own_link_is_the_notice_that_it_went_with(ctx, clock, work, server, alice, bob):
    inbox_id = placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=clock())
    episode(ctx, inbox_id)

    round_of(work)

    assert server.recipients == [bob.email]
    assert links.of_inbox(ctx, alice, inbox_id).mailed == "sent"
