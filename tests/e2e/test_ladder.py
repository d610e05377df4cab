"""What a person sees while a check is under way."""

import pytest
from playwright.sync_api import expect

from console.lab.imap_visits import PASSWORD
from tests.e2e.wizard import Line, Servers, Wizard
from tests.peers.certificates import HOST


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_passed_stage_stands_above_a_running_one_while_a_slow_server_answers(
    shared_console, signed_in, imap_server, dovecot, javascript
):
    slow = imap_server(delay=1.0)
    mailbox = dovecot.user(f"slow-{javascript}@acme.test", PASSWORD)
    page = signed_in(shared_console, javascript=javascript)
    wizard = Wizard(page).to_settings(shared_console.url, mailbox)

    wizard.fill(Servers(Line(HOST, slow.tls), Line(HOST, dovecot.submissions))).check(PASSWORD)

    # One selector, so that both are true of the page at the same moment.
    expect(page.locator("[data-state=passed] ~ [data-state=running]")).to_be_visible()
    wizard.connected()
