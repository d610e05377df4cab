"""A certificate that does not verify: shown, trusted by a person, and watched from then on."""

from playwright.sync_api import expect

from tests.e2e.conftest import SELF_SIGNED
from tests.e2e.wizard import Line, Servers, Wizard
from tests.peers import dovecot as addresses
from tests.peers.certificates import HOST


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
