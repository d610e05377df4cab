"""A connect link on a phone: somebody who has no password for the console, and never saw it, connects a mailbox."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from console.lab.accounts import Account
from console.lab.exchange_place import PASSWORD
from console.services import links, people
from console.store.models import Inbox
from tests.e2e.wizard import RUN, Wizard
from tests.peers.chromium import PHONE


@pytest.fixture(scope="module")
def console(start_console, running_lab, peers_run):
    served = start_console(settings=running_lab.environment())
    running_lab.reset()
    running_lab.allow(served.url)
    running_lab.exchange.place.add(Account("signe@corp.test", "Signe Sand"))
    yield served
    served.ctx.store.close()
    served.serving.stop(peers_run)


def at_the_provider(wizard):
    wizard.accept(re.compile("^Continue at"))
    wizard.page.get_by_role("link", name=re.compile("^Continue at")).click()
    wizard.page.get_by_role("button", name=re.compile("^(Allow|Accept)$")).click()


def with_a_password(wizard):
    wizard.accept()
    wizard.field("password").fill(PASSWORD)
    wizard.press("Check the connection")


@pytest.mark.parametrize(
    ("address", "provider", "sign_in", "javascript"),
    [
        ("emma@acme.test", "gmail", at_the_provider, True),
        ("frank@contoso.test", "microsoft", at_the_provider, False),
        ("signe@corp.test", "exchange", with_a_password, False),
    ],
    ids=["Gmail", "Microsoft, without JavaScript", "Exchange, without JavaScript"],
)
def test_who_has_no_account_connects_from_the_link_to_the_end(
    console, signed_in, window, address, provider, sign_in, javascript
):
    person = people.add(
        console.ctx, console.admin, name="Signe Sand", email=address, role="member", personal_email=True
    )
    url = links.issue_connect(console.ctx, console.admin, person, address).url
    staff = signed_in(console)
    staff.goto(f"{console.url}/users/{person}")

    wizard = Wizard(window(url, size=PHONE, javascript=javascript))
    wizard.press("Continue")
    expect(wizard.found).to_have_attribute("data-found", re.compile("^(?!looking)"), timeout=RUN)
    sign_in(wizard.choose(provider))

    wizard.connected()
    wizard.press("I have read it")
    expect(wizard.heading).to_have_text("That was all")
    expect(staff.locator("#link")).to_have_attribute("data-link", "connected", timeout=RUN)
    with console.ctx.store.read() as session:
        found = session.exec(select(Inbox).where(Inbox.address == address)).one()
    assert (found.owner_id, found.provider, found.health) == (person, provider, "healthy")
