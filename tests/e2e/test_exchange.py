"""An Exchange server of the house in a real browser: found in each way, typed by hand, and when it is unwell."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from console.lab.accounts import Account
from console.lab.exchange_place import AUTODISCOVER, PASSWORD, SERVER, ExchangePlace
from console.lab.serving import Lab
from console.services import drafts
from tests.e2e.conftest import Console
from tests.e2e.wizard import Wizard

WAYS = {
    "autodiscover": ["no-autodiscover-host"],
    "srv": ["no-srv"],
    "json": ["no-json"],
    "pox": ["no-pox"],
    "soap": ["no-soap"],
}


@dataclass(frozen=True)
class House:
    """The lab's Exchange organisation, and a console that asks its name server."""

    lab: Lab
    console: Console

    @property
    def place(self) -> ExchangePlace:
        return self.lab.exchange.place

    def only(self, *ways: str) -> None:
        """Leave these ways to find the server, and no other."""
        self.place.set_faults([slug for way, slugs in WAYS.items() if way not in ways for slug in slugs])

    def mailbox(self, name: str) -> str:
        """Give somebody a mailbox and return its address; each test has its own."""
        address = f"{name}@corp.test"
        self.place.add(Account(address, name.title()))
        return address

    def to_settings(self, page: Page, address: str) -> Wizard:
        """Open the settings step of a draft that the services brought so far, without a look-up."""
        ctx, admin = self.console.ctx, self.console.admin
        assert admin is not None
        draft_id = drafts.start(ctx, admin)
        drafts.set_address(ctx, admin, draft_id, address, "exchange")
        drafts.accept_disclosure(ctx, admin, draft_id)
        page.goto(f"{self.console.url}/connect/{draft_id}/settings")
        return Wizard(page)


@pytest.fixture(scope="module")
def console(start_console, running_lab, peers_run):
    served = start_console(settings=running_lab.environment())
    yield served
    served.ctx.store.close()
    served.serving.stop(peers_run)


@pytest.fixture
def house(lab, console):
    return House(lab, console)


@pytest.fixture
def page(house, signed_in):
    return signed_in(house.console)


@pytest.mark.parametrize(
    ("ways", "asked"),
    [
        (("srv", "pox"), SERVER),
        (("srv", "soap"), SERVER),
        (("autodiscover", "pox"), AUTODISCOVER),
        (("autodiscover", "soap"), AUTODISCOVER),
    ],
    ids=["srv-pox", "srv-soap", "pox", "soap"],
)
def test_the_server_is_found_and_one_password_connects(house, page, ways, asked):
    house.only(*ways)
    address = house.mailbox("-".join(ways))

    wizard = Wizard(page).open(house.console.url).start()
    wizard.look_up(address)
    expect(wizard.found.locator("button[name=provider].c-primary")).to_have_attribute("value", "exchange")
    before = house.place.credentials_at()
    wizard.choose("exchange").accept().check(PASSWORD)
    wizard.connected()

    assert before == {}
    assert set(house.place.credentials_at(address)) == {asked, SERVER}
    assert house.place.host(SERVER).refused == 0


def test_a_pasted_address_of_the_web_mail_is_answered_with_the_one_to_use_and_connects(house, page):
    wizard = house.to_settings(page, house.mailbox("pasted"))

    expect(page.locator("#advanced")).to_have_attribute("open", "")
    wizard.field("url").fill(house.place.at(SERVER, "/owa/#path=/mail/inbox"))
    wizard.field("url").blur()
    expect(page.locator("#recommended")).to_contain_text(house.lab.exchange.ews_url)
    expect(page.locator("#recommended")).to_contain_text("What you pasted is the web mail.")
    wizard.check(PASSWORD).connected()


def test_user_name_and_address_typed_by_hand_connect(house, page):
    wizard = house.to_settings(page, house.mailbox("typed"))

    wizard.field("username").fill("CORP\\typed")
    wizard.field("url").fill(house.lab.exchange.ews_url)
    wizard.check(PASSWORD).connected()

    assert house.place.credentials_at() == {SERVER: 1}


def test_a_self_signed_certificate_is_looked_at_before_the_password_leaves(house, page):
    house.place.set_faults(["self-signed"])
    wizard = house.to_settings(page, house.mailbox("pinned"))
    wizard.field("url").fill(house.lab.exchange.ews_url)

    wizard.check(PASSWORD).stopped("secure")
    carried = house.place.credentials_at()
    wizard.press("Trust this certificate and go on")

    assert carried == {}
    wizard.connected()


def test_a_server_found_with_a_certificate_of_its_own_is_trusted_step_by_step_before_the_password_goes_there(
    house, page
):
    house.only("autodiscover", "pox")
    house.place.switch("self-signed")
    address = house.mailbox("own-certificate")
    wizard = Wizard(page).open(house.console.url).start()
    expect(wizard.look_up(address)).to_contain_text("its certificate does not verify")

    wizard.choose("exchange").accept().check(PASSWORD).stopped("find-server")
    before = house.place.credentials_at(address)
    wizard.press("Trust this certificate and go on")
    wizard.stopped("secure")
    between = set(house.place.credentials_at(address))
    wizard.press("Trust this certificate and go on")
    wizard.connected()

    assert (before, between) == ({}, {AUTODISCOVER})
    assert house.place.credentials_at(address).keys() == {AUTODISCOVER, SERVER}


# Switch of the lab, stage at which the check stops, what is told, and who must act.
PROBLEMS = [
    ("expired", "secure", "Server certificate expired", "Mail admin"),
    ("wrong-name", "secure", "Certificate for another name", "Alice"),
    ("only-negotiate", "methods", "Only Kerberos is offered", "Mail admin"),
    ("not-found", "methods", "No Exchange answers there", "Alice"),
    ("status-449", "methods", "Address is for phones", "Alice"),
    ("unavailable", "methods", "Server has trouble", "Nobody"),
    ("load-balancer", "methods", "Load balancer answers instead", "Mail admin"),
    ("owa-page", "methods", "A sign-in page answers", "Mail admin"),
    ("ews-elsewhere", "methods", "Mailbox on another server", "Alice"),
    ("refused-password", "sign-in", "Password refused", "Alice"),
    ("foreign-401", "sign-in", "Another web server refuses", "Alice"),
    ("locked-out", "sign-in", "Account is locked", "Alice"),
    ("ews-off", "sign-in", "Exchange access is blocked", "Mail admin"),
    ("xml-entities", "sign-in", "Answers cannot be read", "Mail admin"),
    ("exchange-2007", "version", "Exchange is too old", "Mail admin"),
    ("password-expired", "open-inbox", "Password has expired", "Alice"),
    ("busy", "open-inbox", "Server asks for a pause", "Nobody"),
    ("connections", "open-inbox", "Too many connections", "Operator"),
    ("no-exchange-mailbox", "open-inbox", "No such mailbox", "Alice"),
    ("moving", "open-inbox", "Mailbox is being moved", "Nobody"),
    ("moved-to-cloud", "open-inbox", "Mailbox has moved", "Alice"),
]


@pytest.mark.timeout(150)
def test_what_is_wrong_is_told_with_who_must_act_after_one_attempt_at_most(house, page):
    told, refused = [], []
    wizard = house.to_settings(page, "alice@corp.test")
    settings = page.url

    for fault, stage, _, _ in PROBLEMS:
        house.place.reset()
        house.place.set_faults([fault])
        page.goto(settings)
        wizard.field("url").fill(house.lab.exchange.ews_url)
        stopped = wizard.check(PASSWORD).stopped(stage)
        who = stopped.locator(".c-words-who p")
        expect(who).to_be_visible()
        told.append((fault, stage, stopped.locator(".c-stage-detail strong").inner_text(), who.inner_text().strip()))
        refused.append(house.place.host(SERVER).refused)

    assert told == PROBLEMS
    assert max(refused) == 1
