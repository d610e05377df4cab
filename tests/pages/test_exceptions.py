"""The list of everything trusted, taking it back, and who may make exceptions: by role, without JavaScript."""

import pytest

from console.services import exceptions
from tests import placed
from tests.pages.mail_servers import reach, verify
from tests.services import made

AUTHORITY = {"kind": "authority", "port": 0, "pem": "PEM", "subject": "CN=Works CA", "issuer": "CN=Works CA"}


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def listed(ctx, alice, bob):
    """One exception of Bob's inbox, and one of the whole domain."""
    inbox_id = placed.inbox(ctx, bob)
    placed.exception(ctx, bob, inbox_id=inbox_id, host="mail.elsewhere.test")
    placed.exception(ctx, alice, domain="acme.test", why="our own authority", **AUTHORITY)
    return inbox_id


def test_the_list_says_what_where_who_why_and_until_when(window, alice, listed):
    page = window(alice).get("/exceptions").text

    for text in (
        "All inboxes of acme.test",
        "mail.example.test, every port",
        "Trusted by Alice Andersen on",
        "our own authority",
        "mail.elsewhere.test, port 993",
        "Trusted by Bob Berg on",
        "23 Dec",
        ":CD</code>",
    ):
        assert text in page
    assert f'href="/inboxes/{listed}"' in page


def test_the_newest_comes_first(window, alice, listed):
    visitor = window(alice)
    visitor.get("/exceptions")

    assert visitor.attributes("data-for") == ["acme.test", "bob@acme.test"]
    assert visitor.attributes("data-kind") == ["authority", "certificate"]


def test_one_that_has_ended_says_that_it_counts_no_more(window, ctx, alice, clock):
    placed.exception(ctx, alice, domain="acme.test", until=clock.now)
    visitor = window(alice)

    assert "counts no more" in visitor.get("/exceptions").text
    assert visitor.attributes("data-ended") == ["yes"]


def test_without_any_the_list_says_so(window, alice):
    assert "Every certificate verifies by itself" in window(alice).get("/exceptions").text


def test_the_list_of_a_domain_shows_that_domains_alone(window, ctx, alice, listed):
    placed.exception(ctx, alice, domain="other.test")
    visitor = window(alice)

    visitor.get("/exceptions?domain=ACME.test")

    assert visitor.attributes("data-for") == ["acme.test", "bob@acme.test"]


@pytest.mark.parametrize("query", ["domain=a b", "domain=%00", "before=0", "before=99999999999999999999", "domain=<b>"])
def test_a_list_of_nothing_is_not_found(window, alice, query):
    assert window(alice).get(f"/exceptions?{query}").status_code == 404


def test_long_lists_come_in_pages(window, ctx, alice):
    for port in range(1, exceptions.PAGE + 2):
        placed.exception(ctx, alice, domain="acme.test", port=port)
    visitor = window(alice)
    page = visitor.get("/exceptions").text
    assert len(visitor.attributes("data-for")) == exceptions.PAGE

    visitor.get(page.split(">Older<")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&"))

    assert len(visitor.attributes("data-for")) == 1
    assert "Newest" in visitor.page.text


def test_a_domain_lists_its_own_exceptions(window, alice, listed):
    visitor = window(alice)
    visitor.get("/domains/acme.test")

    assert visitor.attributes("data-for") == ["acme.test", "bob@acme.test"]
    assert 'href="/exceptions?domain=acme.test"' in visitor.page.text


def test_an_inbox_lists_those_of_its_domain_at_its_servers(window, ctx, bob, imap_server, work, certificates, alice):
    server = imap_server(identity=certificates.private)
    placed.exception(
        ctx, alice, domain="acme.test", **{**AUTHORITY, "pem": certificates.private_ca}, why="our own authority"
    )
    placed.exception(ctx, alice, domain="acme.test", host="unrelated.test")
    visitor = window(bob)
    verify(visitor, work, server.tls, 1, smtp_host="mail.example.test")
    draft_id = visitor.path.split("/")[2]
    visitor.post(f"/connect/{draft_id}/keep")
    work.verify(draft_id)

    page = visitor.get("/inboxes/1").text

    assert "our own authority" in page
    assert "All inboxes of acme.test" in page
    assert "unrelated.test" not in page


# Taking back.


def test_withdrawing_asks_first_and_says_what_follows(window, alice, listed):
    visitor = window(alice)

    page = visitor.get("/exceptions/2/withdraw").text
    assert "Withdraw the trust in CN=Works CA?" in page
    assert "All inboxes of acme.test" in page

    page = visitor.post("/exceptions/2/withdraw").text
    assert visitor.path == "/exceptions"
    assert "No longer trusted: CN=Works CA at mail.example.test, every port." in page
    assert visitor.attributes("data-for") == ["bob@acme.test"]


def test_withdrawing_is_in_the_timeline_of_the_inbox(window, alice, listed):
    visitor = window(alice)
    visitor.get("/exceptions/1/withdraw")
    visitor.post("/exceptions/1/withdraw")

    assert "Trust in a certificate withdrawn" in visitor.get(f"/inboxes/{listed}").text


@pytest.mark.parametrize("exception_id", ["0", "7", "99999999999999999999"])
def test_what_is_not_there_cannot_be_withdrawn(window, alice, exception_id):
    visitor = window(alice)
    visitor.get("/exceptions")

    assert visitor.get(f"/exceptions/{exception_id}/withdraw").status_code == 404


# Who may make them.


def test_the_rule_is_changed_with_a_reason_and_back_again(window, alice):
    visitor = window(alice)
    visitor.get("/exceptions")
    assert visitor.attributes("data-members") == ["allowed"]

    visitor.get("/exceptions/forbid")
    visitor.post("/exceptions/forbid", why="ask the operations team\x00")
    assert visitor.attributes("data-members") == ["forbidden"]
    assert "Set by Alice Andersen, " in visitor.page.text
    assert ": ask the operations team" in visitor.page.text

    visitor.post("/exceptions/allow")
    assert visitor.attributes("data-members") == ["allowed"]


def test_the_help_desk_sees_everything_and_is_offered_no_change(window, hanne, listed):
    page = window(hanne).get("/exceptions").text

    assert "Trusted by Bob Berg" in page
    assert "/withdraw" not in page
    assert "/forbid" not in page


# The wizard.


@pytest.fixture
def unknown(imap_server, certificates):
    return imap_server(identity=certificates.self_signed)


@pytest.fixture
def private(imap_server, certificates):
    return imap_server(identity=certificates.private)


def test_the_wizard_offers_the_authority_and_the_certificate_each_in_full(window, bob, work, private, certificates):
    visitor = window(bob)
    verify(visitor, work, private.tls, 1)

    page = visitor.page.text
    assert "Trust this authority and go on" in page
    assert "Trust this certificate and go on" in page
    offered = visitor.attributes("value")
    assert certificates.private.sha256 in offered
    for half in (certificates.private.sha256[:47], certificates.private.sha256[48:]):
        assert f"<code>{half}</code>" in page
    assert "CN=Works CA" in page
    assert "Why (optional)" not in page


def test_trusting_the_authority_goes_on_without_the_password(window, bob, work, private, certificates, smtp_answers):
    visitor = window(bob)
    draft_id = verify(visitor, work, private.tls, smtp_answers.tls)
    (sha256,) = {value for value in visitor.attributes("value") if ":" in value} - {certificates.private.sha256}

    visitor.post(f"/connect/{draft_id}/trust", sha256=sha256)
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")

    # Outgoing mail goes to the same host, whose certificate there verifies by itself.
    assert visitor.path.endswith("/done")
    assert private.passwords == ["secret"]


def test_an_admin_is_asked_why_and_the_reason_is_kept(window, ctx, alice, work, private, certificates):
    visitor = window(alice)
    draft_id = verify(visitor, work, private.tls, 1)
    assert "Why (optional)" in visitor.page.text

    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.private.sha256, why="a test server")
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")
    visitor.post(f"/connect/{draft_id}/keep")
    work.verify(draft_id)

    assert [row.why for row in exceptions.listed(ctx).rows] == ["a test server"]


def test_where_only_admins_may_a_member_is_told_who_must_act_and_a_direct_post_is_refused(
    window, ctx, alice, bob, work, unknown, certificates
):
    exceptions.forbid(ctx, alice)
    visitor = window(bob)
    draft_id = verify(visitor, work, unknown.tls, 1)
    page = visitor.page.text
    assert "Only an account admin may trust a certificate that does not verify." in page
    assert f"/connect/{draft_id}/trust" not in page
    assert certificates.self_signed.sha256[:47] in page

    page = visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256).text
    work.verify(draft_id)

    assert "Only account admins may trust a certificate that does not verify." in page
    assert unknown.passwords == []


def test_a_member_gives_no_reason_in_the_name_of_the_organisation(window, ctx, bob, work, unknown, certificates):
    visitor = window(bob)
    draft_id = verify(visitor, work, unknown.tls, 1)

    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256, why="because")

    assert made.draft(ctx, draft_id).pins[0]["why"] == ""
