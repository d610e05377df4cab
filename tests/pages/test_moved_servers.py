"""Whoever moves an inbox to another domain takes no password along: counted at the server that listens there."""

import pytest

from console.services import shell
from tests.pages.mail_servers import fields, reach, verify

AT_HOME = "imap.acme.dk"
ELSEWHERE = "imap.evil.example"


@pytest.fixture
def settings(dns, certificates):
    for name in ("mail.acme.dk", "imap.acme.dk.evil.example"):
        dns.host(name, "127.0.0.1")
    return {**reach(dns, certificates), "CONSOLE_CHECK_THREADS": "1"}


@pytest.fixture
def imap(imap_server, certificates):
    """The server where the password belongs; its certificate is trusted at the first connection."""
    return imap_server(identity=certificates.self_signed)


@pytest.fixture
def other(imap_server, certificates):
    """A server in another domain, which would take any password."""
    return imap_server(identity=certificates.self_signed)


@pytest.fixture
def connected(window, work, bob, imap, smtp_answers, certificates):
    """Bob's browser, with his inbox connected at AT_HOME, receiving only from there."""
    visitor = window(bob)
    draft_id = verify(visitor, work, imap.tls, 1, imap_host=AT_HOME, smtp_host=AT_HOME)
    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")
    visitor.post(f"/connect/{draft_id}/keep")
    work.verify(draft_id)
    assert imap.passwords == ["secret", "secret"]
    return visitor


def edit(visitor, imap_port, **changes):
    visitor.get("/inboxes/1/edit")
    typed = fields(imap_port, 1, **{"imap_host": AT_HOME, "smtp_host": AT_HOME, **changes})
    return visitor.post("/inboxes/1/edit", **{name: value for name, value in typed.items() if name != "password"})


def check_in_every_way(visitor, ctx, work, clock):
    """Have the inbox checked by the button, the worker, the schedule and the shell."""
    visitor.get("/inboxes/1")
    visitor.post("/inboxes/1/test")
    work.check(1)
    clock.advance(hours=2)
    work.tick()
    work.sweep()
    shell.check(ctx, None)
    shell.check(ctx, "bob@acme.test")


def test_a_server_in_another_domain_gets_no_password_whichever_way_it_is_checked(
    connected, ctx, work, clock, imap, other
):
    page = edit(connected, other.tls, imap_host=ELSEWHERE).text
    check_in_every_way(connected, ctx, work, clock)

    assert "The password was not sent to the new servers; it has to be typed again." in page
    assert (other.visits, len(imap.passwords)) == ([], 2)


def test_neither_does_one_whose_name_only_begins_like_the_own(connected, ctx, work, clock, other):
    edit(connected, other.tls, imap_host="imap.acme.dk.evil.example")
    check_in_every_way(connected, ctx, work, clock)

    assert other.visits == []


def test_neither_does_an_address_in_place_of_a_name(connected, ctx, work, clock, other):
    edit(connected, other.tls, imap_host="127.0.0.1")
    check_in_every_way(connected, ctx, work, clock)

    assert other.visits == []


def test_the_inbox_waits_for_the_password_and_says_why(connected, ctx, work, clock, other):
    edit(connected, other.tls, imap_host=ELSEWHERE)
    check_in_every_way(connected, ctx, work, clock)

    connected.get("/inboxes/1")
    assert connected.attributes("data-health")[0] == "needs-sign-in"
    assert connected.attributes("data-problem")[0] == "servers-changed"
    assert "Servers were changed" in connected.page.text


def test_an_admin_who_moves_somebodys_inbox_gets_no_password_either(connected, window, ctx, work, clock, alice, other):
    visitor = window(alice)
    edit(visitor, other.tls, imap_host=ELSEWHERE)
    check_in_every_way(visitor, ctx, work, clock)

    assert other.visits == []


def test_moving_the_outgoing_server_alone_keeps_the_password_from_both(connected, ctx, work, clock, imap, smtp_answers):
    edit(connected, imap.tls, smtp_host=ELSEWHERE, smtp_port=str(smtp_answers.tls))
    check_in_every_way(connected, ctx, work, clock)

    assert (smtp_answers.visits, len(imap.passwords)) == ([], 2)


def test_another_server_of_the_same_domain_gets_the_password_once_its_certificate_is_trusted(
    connected, ctx, work, clock, other
):
    page = edit(connected, other.tls, imap_host="mail.acme.dk").text
    work.check(1)

    connected.get("/inboxes/1")
    assert "Settings saved." in page
    assert len(other.visits) > 0
    assert other.passwords == []
    assert connected.attributes("data-problem")[0] == "tls-untrusted"


def test_an_outgoing_password_of_its_own_that_was_never_typed_is_waited_for(
    connected, ctx, work, clock, imap, smtp_answers
):
    edit(connected, imap.tls, smtp_port=str(smtp_answers.tls), smtp_same_credentials="", smtp_username="relay")
    check_in_every_way(connected, ctx, work, clock)

    assert smtp_answers.visits == []
    connected.get("/inboxes/1")
    assert connected.attributes("data-health")[0] == "needs-sign-in"


def test_a_password_typed_anew_for_the_new_servers_goes_there(connected, work, certificates, other):
    edit(connected, other.tls, imap_host=ELSEWHERE)
    connected.get("/inboxes/1")
    connected.post("/inboxes/1/reconnect")
    draft_id = connected.path.split("/")[2]
    connected.post(connected.path, **fields(other.tls, 1, imap_host=ELSEWHERE, smtp_host=ELSEWHERE))
    work.verify(draft_id)
    connected.get(f"/connect/{draft_id}/verify")
    connected.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
    work.verify(draft_id)

    assert other.passwords == ["secret"]


def test_the_trust_in_a_certificate_ends_with_the_server_it_was_given_to(connected, imap, certificates):
    edit(connected, imap.tls, imap_host=ELSEWHERE, smtp_host=ELSEWHERE)

    assert certificates.self_signed.sha256[:47] not in connected.get("/inboxes/1").text
