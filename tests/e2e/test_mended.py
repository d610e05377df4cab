"""The whole way: something breaks in the lab, the help desk sees it come, a link mends it, staff sees it turn green."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update
from sqlmodel import col, select

from console import assemble
from console.config import load
from console.lab import mail_server, scenes, serving
from console.lab.serving import Lab
from console.services import drafts, mail_settings, people
from console.services.context import Actor, Context
from console.store.models import Inbox
from console.store.notices import Notice
from tests.e2e.cast import PASSWORD
from tests.e2e.conftest import Console
from tests.e2e.wizard import RUN, Wizard
from tests.peers.chromium import PHONE
from tests.peers.serving import Serving
from tests.services.workers import until

pytestmark = pytest.mark.timeout(180)
NEW = "battery staple"
# A worker looks every two seconds what is due, and a page asks every few.
BY_ITSELF = 40_000


@dataclass(frozen=True)
class Here:
    """A served console with its worker beside a lab, and the people of the story."""

    console: Console
    lab: Lab
    bob: Actor

    @property
    def ctx(self) -> Context:
        return self.console.ctx

    def connect(self, address: str) -> int:
        """Have Bob connect an address, with the served console's worker; return the inbox."""
        draft = scenes.attempt(self.ctx, self.lab, self.bob, address)
        until(lambda: drafts.get(self.ctx, self.bob, draft).inbox_id)
        return drafts.get(self.ctx, self.bob, draft).inbox_id or 0

    def fall_due(self, *inbox_ids: int) -> None:
        """Let the time of the next check be now."""
        with self.ctx.store.write() as session:
            session.execute(update(Inbox).where(col(Inbox.id).in_(inbox_ids)).values(next_check=self.ctx.clock()))

    def told_owners(self) -> list[str]:
        """Return the problems of which owners were told, or are to be told."""
        with self.ctx.store.read() as session:
            return list(session.exec(select(Notice.kind).where(col(Notice.kind) == "owner")))


@pytest.fixture
def here(peers_run):
    with serving.running([]) as lab:
        served = Serving.start(peers_run, lab.environment())
        lab.allow(served.url)
        ctx = assemble(load(served.environment)).ctx
        alice = people.create_first_admin(ctx, name="Alice Andersen", email="alice@harbour.test", password=PASSWORD)
        console = Console(served, ctx, alice)
        console.person("Hanne Holm", "hanne@harbour.test", role="help-desk")
        bob = console.person("Bob Berg", "bob@harbour.test")
        mail_settings.save(
            ctx,
            alice,
            host=mail_server.HOST,
            port=lab.mail.smtp.tls,
            security="tls",
            username=mail_server.POST,
            password=mail_server.PASSWORD,
            sender=mail_server.POST,
            sender_name="Harbour",
        )
        yield Here(console, lab, bob)
        ctx.store.close()
        served.stop(peers_run)


def open_case(staff: Page, row: Locator) -> None:
    """Open the case of a row, and wait until it is there."""
    row.get_by_role("link").click()
    expect(staff).to_have_url(re.compile("case="))
    expect(staff.locator("[data-case]")).to_be_visible()
    expect(staff.locator(".htmx-request, .htmx-settling")).to_have_count(0)


def send_link(staff: Page) -> str:
    """Have the help desk send a link for the case that is open, and return it."""
    staff.locator("#send-link").click()
    expect(staff.locator("#link")).to_have_attribute("data-link", "sent")
    return staff.get_by_label("Link", exact=True).input_value()


def test_a_changed_password_comes_to_the_help_desk_and_a_link_mends_it(here, signed_in, window, monkeypatch):
    inbox_id = here.connect("bob@harbour.test")
    staff = signed_in(here.console, "hanne@harbour.test")
    staff.goto(f"{here.console.url}/help-desk")
    expect(staff.get_by_role("heading", name="Nothing is open")).to_be_visible()

    monkeypatch.setattr(mail_server, "PASSWORD", NEW)
    here.fall_due(inbox_id)
    row = staff.locator("[data-row][data-problem=bad-credentials]")
    expect(row).to_contain_text("bob@harbour.test", timeout=BY_ITSELF)
    open_case(staff, row)
    url = send_link(staff)
    phone = window(url, size=PHONE)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Reconnect your inbox")
    panel = staff.locator("#link")
    expect(panel).to_have_attribute("data-link", "sent")
    phone.get_by_role("button", name="Continue").click()
    expect(panel).to_have_attribute("data-link", "started", timeout=BY_ITSELF)
    Wizard(phone).check(NEW).connected()

    expect(panel).to_have_attribute("data-link", "connected", timeout=BY_ITSELF)
    expect(staff.locator("#case-over")).to_contain_text("Mended", timeout=BY_ITSELF)
    assert here.lab.mail.place.grants.counts("bob@harbour.test").refused == 1
    phone.goto(f"{here.console.url}/inboxes/{inbox_id}")
    assert "/sign-in" in phone.url


def test_a_permission_that_was_taken_back_is_given_again_at_the_provider_by_a_link(here, signed_in, window):
    inbox_id = here.connect("bob@acme.test")
    here.lab.google.grants.revoke("bob@acme.test")
    here.fall_due(inbox_id)
    staff = signed_in(here.console, "hanne@harbour.test")
    staff.goto(f"{here.console.url}/help-desk")
    row = staff.locator("[data-row][data-problem=oauth-grant-revoked]")
    expect(row).to_be_visible(timeout=BY_ITSELF)
    open_case(staff, row)

    phone = window(send_link(staff), size=PHONE)
    phone.get_by_role("button", name="Continue").click()
    panel = staff.locator("#link")
    expect(panel).to_have_attribute("data-link", "started", timeout=BY_ITSELF)
    phone.get_by_role("link", name=re.compile("Google")).click()
    expect(panel).to_have_attribute("data-link", "away", timeout=BY_ITSELF)
    phone.get_by_role("button", name="Allow").click()

    expect(panel).to_have_attribute("data-link", "connected", timeout=BY_ITSELF)
    expect(staff.locator("#case-over")).to_contain_text("Mended", timeout=BY_ITSELF)


def test_a_mail_server_that_is_down_is_one_card_until_it_is_back_and_no_owner_hears_of_it(here, signed_in):
    addresses = ("alice@harbour.test", "bob@harbour.test", "press@harbour.test", "info@harbour.test")
    ids = [here.connect(address) for address in addresses]
    staff = signed_in(here.console, "hanne@harbour.test")
    staff.goto(f"{here.console.url}/help-desk")

    here.lab.mail.place.switch("imap-down")
    here.fall_due(*ids)
    row = staff.locator("[data-row][data-problem=server-unavailable]")
    expect(row).to_have_count(1, timeout=BY_ITSELF)
    expect(row).to_contain_text(mail_server.HOST, timeout=BY_ITSELF)
    open_case(staff, row)
    expect(staff.locator("#case-inboxes")).to_be_visible(timeout=BY_ITSELF)
    overview = signed_in(here.console, "alice@harbour.test")
    overview.goto(f"{here.console.url}/overview")
    expect(overview.locator("[data-incident][data-problem=server-unavailable]")).to_have_count(1)

    here.lab.mail.place.calm()
    staff.locator("#test-now").click()
    expect(staff.locator("#case-over")).to_contain_text("Mended", timeout=RUN + BY_ITSELF)
    overview.reload()
    expect(overview.locator("[data-incident]")).to_have_count(0)
    assert here.told_owners() == []
    assert here.lab.mail.smtp.mails == []
