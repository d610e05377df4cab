"""Testing a domain's servers from its page, and trusting what they showed: by role, without JavaScript."""

import pytest

from console.rules.domain_defaults import Kind
from console.services import exceptions
from console.services.default_settings import Defaults
from tests import placed
from tests.pages.mail_servers import reach
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.scripted import serve


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def private(certificates):
    with (
        serve(scripted.imap(tls=certificates.private.context())) as imap,
        serve(scripted.smtp(tls=certificates.good.context())) as smtp,
    ):
        yield imap.port, smtp.port


def servers(imap, smtp, **changes):
    return {
        "kind": "imap",
        "imap_host": HOST,
        "imap_port": str(imap),
        "imap_security": "tls",
        "smtp_host": HOST,
        "smtp_port": str(smtp),
        "smtp_security": "tls",
        **changes,
    }


def run(visitor, work, domain="acme.test", **fields):
    """Press Test, let a worker answer, and look again."""
    visitor.get(f"/domains/{domain}")
    visitor.post(f"/server-tests/of/{domain}", **fields)
    test_id = visitor.path.rsplit("/", 1)[1]
    assert visitor.attributes("data-state")[0] == "running"
    work.test_servers(test_id)
    visitor.get(f"/server-tests/{test_id}")
    return test_id


def test_an_admin_tests_servers_that_are_not_saved(window, alice, work, private):
    visitor = window(alice)

    run(visitor, work, **servers(*private))

    page = visitor.page.text
    assert f"Incoming, {private[0]} · {HOST}" in page
    assert f"Outgoing, {private[1]} · {HOST}" in page
    assert visitor.attributes("data-problem") == ["tls-untrusted", ""]
    assert visitor.attributes("data-verdict") == ["refused", "verifies"]
    assert "PLAIN" in page
    assert "Server certificate not trusted" in page


def test_a_test_that_has_no_answer_yet_looks_again_by_itself(window, alice, private):
    visitor = window(alice)
    visitor.get("/domains/acme.test")

    page = visitor.post("/server-tests/of/acme.test", **servers(*private)).text

    assert "data-poll" in page
    assert 'http-equiv="refresh"' in page
    assert "No worker is running, so the test waits." in page


def test_htmx_is_given_the_panel_alone(window, alice, work, private):
    visitor = window(alice)
    test_id = run(visitor, work, **servers(*private))

    page = visitor.get(f"/server-tests/{test_id}", headers={"HX-Request": "true"}).text

    assert page.lstrip().startswith("<section")
    assert "<html" not in page


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"imap_host": ""}, "Server: "),
        ({"imap_port": "70000"}, "Port: "),
        ({"smtp_security": "none"}, "Security: "),
        ({"kind": "exchange", "exchange_url": "http://mail.acme.dk"}, "Exchange address: "),
    ],
)
def test_what_is_mistyped_is_said_and_nothing_is_asked(window, alice, changes, text):
    visitor = window(alice)
    visitor.get("/domains/acme.test")

    answer = visitor.post("/server-tests/of/acme.test", **servers(993, 465, **changes))

    assert answer.status_code == 422
    assert "Mend these first, then test again." in answer.text
    assert f"<li>{text}" in answer.text


def test_other_fields_of_the_form_do_not_hinder_a_test(window, alice, work, private):
    run(window(alice), work, **servers(*private, username="own", username_template="", note="x" * 900))


def test_without_servers_there_is_nothing_to_test(window, ctx, hanne):
    placed.domain(ctx)
    visitor = window(hanne)
    visitor.get("/domains/acme.test")

    answer = visitor.post("/server-tests/of/acme.test")

    assert (answer.status_code, "There is no server to test yet." in answer.text) == (422, True)


@pytest.mark.parametrize("domain", ["a b", "nothing.test"])
def test_the_help_desk_tests_known_domains_only(window, hanne, domain):
    visitor = window(hanne)
    visitor.get("/domains")

    assert visitor.post(f"/server-tests/of/{domain}").status_code == 404


def test_the_help_desk_tests_what_is_kept_and_can_trust_nothing(window, ctx, hanne, work, private, certificates):
    placed.domain(ctx, "acme.test", Defaults(Kind.IMAP, HOST, private[0], "tls", HOST, private[1], "tls"))
    visitor = window(hanne)

    test_id = run(visitor, work)

    assert visitor.attributes("data-verdict") == ["refused", "verifies"]
    assert "An account admin can trust it for the whole domain" in visitor.page.text
    assert "/trust" not in visitor.page.text
    posted = visitor.post(f"/server-tests/{test_id}/trust", number="0", sha256=certificates.private.sha256)
    assert posted.status_code == 404
    assert exceptions.listed(ctx).rows == []


def test_an_admin_trusts_the_authority_for_the_domain_and_it_is_tested_again(
    window, ctx, alice, work, private, certificates
):
    visitor = window(alice)
    test_id = run(visitor, work, **servers(*private))
    links = [link.replace("&amp;", "&") for link in visitor.attributes("href") if "/trust?" in link]
    assert len(links) == 2

    page = visitor.get(links[0]).text
    assert "Trust this authority for acme.test?" in page
    assert "Compare the fingerprint" in page
    sha256 = next(value for value in visitor.attributes("value") if ":" in value)
    assert f"<code>{sha256[:47]}</code> <code>{sha256[48:]}</code>" in page

    visitor.post(f"/server-tests/{test_id}/trust", number="0", sha256=sha256, why="our own authority")
    again = visitor.path.rsplit("/", 1)[1]
    assert again != test_id
    work.test_servers(again)
    visitor.get(f"/server-tests/{again}")

    assert visitor.attributes("data-verdict") == ["exception", "verifies"]
    assert [(row.domain, row.authority, row.why, row.by) for row in exceptions.listed(ctx).rows] == [
        ("acme.test", True, "our own authority", "Alice Andersen")
    ]


@pytest.mark.parametrize(
    "fields",
    [{"number": "0", "sha256": "AB:CD"}, {"number": "1", "sha256": "mine"}, {"number": "9", "sha256": "mine"}],
)
def test_nothing_else_than_what_was_shown_is_trusted(window, ctx, alice, work, private, certificates, fields):
    visitor = window(alice)
    test_id = run(visitor, work, **servers(*private))
    fields["sha256"] = fields["sha256"].replace("mine", certificates.private.sha256)

    page = visitor.post(f"/server-tests/{test_id}/trust", **fields).text

    assert "The certificate is not the one that was shown." in page
    assert exceptions.listed(ctx).rows == []


@pytest.mark.parametrize("number", ["", "x", "-1", "٣", "1000"])
def test_there_is_no_such_server(window, alice, work, private, number):
    visitor = window(alice)
    test_id = run(visitor, work, **servers(*private))

    assert visitor.get(f"/server-tests/{test_id}/trust?number={number}&sha256=AB").status_code == 404
    assert visitor.get(f"/server-tests/{test_id}/trust?number=0&sha256=AB").status_code == 404


def test_a_test_of_somebody_else_is_not_found(window, alice, hanne, work, private):
    test_id = run(window(alice), work, **servers(*private))

    assert window(hanne).get(f"/server-tests/{test_id}").status_code == 404


def test_what_servers_and_certificates_say_is_shown_as_text(window, alice, work, certificates):
    greeting = b"* OK <script>alert(1)</script>\r\n"
    with serve(scripted.imap(tls=certificates.good.context(), greeting=greeting)) as peer:
        visitor = window(alice)
        run(visitor, work, **servers(peer.port, peer.port))

    assert "<script>alert" not in visitor.page.text
    assert "&lt;script&gt;alert(1)" in visitor.page.text


def test_the_button_stands_on_the_page_of_a_domain(window, ctx, alice, hanne):
    placed.domain(ctx, "acme.test", Defaults(Kind.IMAP, HOST, 993, "tls", HOST, 465, "tls"))

    for actor in (alice, hanne):
        assert 'formaction="/server-tests/of/acme.test"' in window(actor).get("/domains/acme.test").text
