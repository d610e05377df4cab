"""A certificate that does not verify: shown, trusted by a person, and watched from then on."""

from playwright.sync_api import expect

from tests.e2e.conftest import SELF_SIGNED
from tests.e2e.wizard import Line, Servers, Wizard
from tests.peers import dovecot as addresses
from tests.peers.certificates import HOST, PRIVATE_HOST


def test_trusting_exactly_the_certificate_shown_goes_on_without_the_password_and_another_one_stops_the_check(
    shared_console, signed_in, own_dovecot, certificates
):
    mailbox = own_dovecot.user("pinned@acme.test")
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, mailbox)
    servers = Servers(Line(SELF_SIGNED, own_dovecot.imaps), Line(HOST, own_dovecot.submissions))

    stopped = wizard.fill(servers).check("secret").stopped("secure")
    shown = "".join(stopped.locator(".c-print code").all_inner_texts())
    assert certificates.self_signed.sha256.replace(":", "") == shown.replace(":", "")
    assert 0 == own_dovecot.attempts(mailbox)

    wizard.press("Trust this certificate and go on").connected()
    page.get_by_role("button", name="Open the inbox").click()
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")

    own_dovecot.present(addresses.SELF_SIGNED, certificates.changed)
    seen = own_dovecot.attempts(mailbox)
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#inbox")).to_have_attribute("data-problem", "certificate-changed")
    expect(page.locator("#inbox")).to_have_attribute("data-health", "needs-sign-in")
    assert seen == own_dovecot.attempts(mailbox)


def test_a_private_authority_is_trusted_for_its_server_listed_on_domains_and_taken_back(
    shared_console, signed_in, own_dovecot, certificates, names
):
    names.host(PRIVATE_HOST, addresses.SELF_SIGNED)
    own_dovecot.present(addresses.SELF_SIGNED, certificates.private)
    mailbox = own_dovecot.user("works@private.test")
    page = signed_in(shared_console)
    wizard = Wizard(page).to_settings(shared_console.url, mailbox)
    servers = Servers(Line(PRIVATE_HOST, own_dovecot.imaps), Line(HOST, own_dovecot.submissions))

    wizard.fill(servers).check("secret").stopped("secure")
    page.get_by_label("Why (optional)").first.fill("our own authority")
    assert 0 == own_dovecot.attempts(mailbox)
    wizard.press("Trust this authority and go on").connected()
    page.get_by_role("button", name="Open the inbox").click()
    inbox = page.url

    own_dovecot.present(addresses.SELF_SIGNED, certificates.private_renewed)
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")

    page.get_by_role("link", name="Domains").click()
    page.get_by_role("link", name="Trusted certificates").click()
    listed = page.locator(f"[data-for='{mailbox}']")
    expect(listed).to_contain_text("our own authority")
    expect(listed).to_contain_text(f"{PRIVATE_HOST}, every port")
    seen = own_dovecot.attempts(mailbox)
    listed.get_by_role("link", name="Withdraw…").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(listed).to_have_count(0)

    page.goto(inbox)
    expect(page.locator("#inbox")).to_have_attribute("data-problem", "tls-untrusted", timeout=35_000)
    assert seen == own_dovecot.attempts(mailbox)


def test_a_domain_is_tested_and_its_certificate_trusted_without_typing_a_password(
    shared_console, signed_in, own_dovecot, certificates, names
):
    names.host(PRIVATE_HOST, addresses.SELF_SIGNED)
    own_dovecot.present(addresses.SELF_SIGNED, certificates.private)
    page = signed_in(shared_console)
    page.goto(f"{shared_console.url}/domains/tested.test")
    for name, port in (("imap", own_dovecot.imaps), ("smtp", own_dovecot.submissions)):
        page.locator(f"[name={name}_host]").fill(PRIVATE_HOST)
        page.locator(f"[name={name}_port]").fill(str(port))

    page.get_by_role("button", name="Test", exact=True).click()
    test = page.locator("#server-test")
    expect(test).to_have_attribute("data-state", "done", timeout=35_000)
    expect(test.locator("[data-server='0'] [data-stage='methods']")).to_contain_text("PLAIN")
    expect(test.locator("[data-server='0'] [data-stage='secure']")).to_have_attribute("data-state", "failed")

    test.get_by_role("link", name="Trust its authority…").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why (optional)").fill("our own authority")
    dialog.get_by_role("button", name="Trust this authority").click()
    # The authority vouches for the host, so that both servers pass now.
    expect(page.locator("[data-verdict='exception']")).to_have_count(2, timeout=35_000)

    page.goto(f"{shared_console.url}/domains/tested.test")
    expect(page.locator("[data-for='tested.test']")).to_contain_text("our own authority")
