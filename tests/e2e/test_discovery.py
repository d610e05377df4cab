"""The address is enough: what was found out appears by itself, and the password is all that is left to type."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from console.discovery.answer import Server
from console.services import drafts, people
from console.store.discoveries import Discovery
from tests import made_answers
from tests.e2e.cast import PASSWORD
from tests.e2e.conftest import Console
from tests.e2e.still import newcomer
from tests.e2e.wizard import Wizard


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A console whose worker never comes."""
    with newcomer(tmp_path_factory.mktemp("quiet")) as served:
        admin = people.create_first_admin(served.ctx, name="Alice", email="alice@acme.test", password=PASSWORD)
        yield Console(served, served.ctx, admin)


@pytest.fixture
def quiet_console(quiet, tmp_path):
    """That console, and somebody who has not begun anything there."""
    return quiet, quiet.person("Carla", f"{tmp_path.name[:40]}@acme.test")


@pytest.fixture
def quiet_wizard(quiet_console, signed_in):
    """The wizard there, at the address step."""
    console, carla = quiet_console
    return Wizard(signed_in(console, carla.email)).open(console.url).start()


def answer(ctx, actor, made):
    """Let a worker answer the newest look-up of this person so, whatever was answered before."""
    draft_id, _ = drafts.unfinished(ctx, actor)
    asked = drafts.get(ctx, actor, draft_id).discovery_id
    with ctx.store.write() as session:
        session.get_one(Discovery, asked).state = "queued"
    made_answers.answered(ctx, asked, made)


def begin(wizard, address):
    wizard.page.get_by_label("Email address").fill(address)
    wizard.press("Continue")
    expect(wizard.found).to_have_attribute("data-found", "looking")


def test_the_recommendation_appears_by_itself_while_the_person_waits(quiet_console, quiet_wizard):
    console, carla = quiet_console
    begin(quiet_wizard, "alice@acme.test")
    expect(quiet_wizard.page.locator("#found-title")).to_be_focused()

    answer(console.ctx, carla, made_answers.GMAIL)

    expect(quiet_wizard.found).to_have_attribute("data-recommended", "gmail")
    expect(quiet_wizard.page.locator("#found-title")).to_be_focused()
    expect(quiet_wizard.page.locator("#say")).to_have_text("Recommended for acme.test: Gmail. Certain.")
    expect(quiet_wizard.page.locator("[data-poll]")).to_have_count(0)


def test_what_is_typed_meanwhile_stays_when_the_answer_comes(quiet_console, quiet_wizard):
    console, carla = quiet_console
    begin(quiet_wizard, "alice@acme.test")
    field = quiet_wizard.page.get_by_label("Email address")
    field.fill("alice@other.test")

    answer(console.ctx, carla, made_answers.IMAP)
    expect(quiet_wizard.found).to_have_attribute("data-found", "found")

    expect(field).to_have_value("alice@other.test")
    expect(field).to_be_focused()
    quiet_wizard.press("Connect with IMAP + SMTP")
    expect(quiet_wizard.found).to_have_attribute("data-found", "looking")
    expect(quiet_wizard.page.locator("#found-title")).to_have_text("other.test")


def test_nothing_above_the_panel_moves_when_the_answer_comes(quiet_console, quiet_wizard):
    console, carla = quiet_console
    begin(quiet_wizard, "alice@acme.test")
    card = quiet_wizard.found.locator(".c-found-card")
    before = card.bounding_box()

    answer(console.ctx, carla, made_answers.GMAIL)
    expect(quiet_wizard.found).to_have_attribute("data-found", "found")

    after = card.bounding_box()
    assert (before["x"], before["y"], before["width"]) == (after["x"], after["y"], after["width"])


def test_without_javascript_the_page_looks_again_by_itself(quiet_console, signed_in):
    console, carla = quiet_console
    page = signed_in(console, carla.email, javascript=False)
    wizard = Wizard(page).open(console.url).start()
    begin(wizard, "alice@acme.test")

    answer(console.ctx, carla, made_answers.IMAP)

    expect(wizard.found).to_have_attribute("data-found", "found")
    wizard.choose("imap").accept()
    expect(wizard.field("imap_host")).to_have_value("mail.acme.test")


def test_the_back_button_from_the_next_step_finds_the_recommendation_again(quiet_console, quiet_wizard):
    console, carla = quiet_console
    begin(quiet_wizard, "alice@acme.test")
    answer(console.ctx, carla, made_answers.IMAP)
    quiet_wizard.choose("imap")

    quiet_wizard.page.get_by_role("navigation", name="Steps").get_by_role("link", name="Address").click()

    expect(quiet_wizard.found).to_have_attribute("data-recommended", "imap")


def found_at(servers, **changes):
    """An answer whose settings are those of the real servers here."""
    line = {
        name: Server(getattr(servers, name).host, getattr(servers, name).port, getattr(servers, name).security)
        for name in ("imap", "smtp")
    }
    return replace(made_answers.IMAP, settings=made_answers.settings(**line, **changes))


def test_an_address_and_a_password_connect_a_mailbox_whose_servers_were_found(shared_console, signed_in, dovecot, good):
    mailbox = dovecot.user("enough@acme.test")
    page = signed_in(shared_console)
    wizard = Wizard(page).open(shared_console.url).start()
    wizard.look_up(mailbox)
    answer(shared_console.ctx, shared_console.admin, found_at(good))

    wizard.choose("imap").accept()

    expect(wizard.field("imap_host")).not_to_be_visible()
    expect(page.locator("#advanced > summary")).to_contain_text(f"{good.imap.host}:{good.imap.port}, TLS")
    expect(wizard.field("password")).to_be_focused()
    wizard.check("secret").connected()


def test_servers_that_dns_names_take_the_password_after_a_tick(shared_console, signed_in, dovecot, good, names):
    mailbox = dovecot.user("ticked@published.test")
    names.set("published.test", "MX", "10 mx.published.test.").host("mx.published.test", "127.0.0.1")
    names.set("_imaps._tcp.published.test", "SRV", f"0 1 {good.imap.port} {good.imap.host}.")
    names.set("_submissions._tcp.published.test", "SRV", f"0 1 {good.smtp.port} {good.smtp.host}.")
    page = signed_in(shared_console)
    wizard = Wizard(page).open(shared_console.url).start()
    expect(wizard.look_up(mailbox)).to_contain_text(f"published.test publishes its servers: {good.imap.host}")
    wizard.choose("imap").accept()
    expect(page.locator("#confirm-title")).to_be_focused()
    expect(page.locator("#confirm")).to_contain_text(good.imap.host)

    wizard.field("password").fill("secret")
    wizard.press("Check the connection")

    expect(page.locator("#confirmed")).to_be_focused()
    expect(wizard.field("password")).to_have_value("")
    page.get_by_label("Yes, my password may go to these servers").check()
    wizard.check("secret").connected()
    assert dovecot.logins(mailbox, "imap") == 1


def test_where_nothing_was_found_the_servers_stand_open(shared_console, signed_in):
    page = signed_in(shared_console)

    wizard = Wizard(page).to_settings(shared_console.url, "alone@nothing.test")

    expect(wizard.field("imap_host")).to_be_visible()
    expect(wizard.field("imap_host")).to_have_value("imap.nothing.test")
