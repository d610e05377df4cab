"""Through the browser, beside the lab: tenants, approval by an admin, Graph mail, permissions that end on their own."""

from __future__ import annotations

import re
import shutil
import threading
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from console import assemble, create_app
from console.config import load
from console.lab.ports import free_port
from console.lab.serving import CONTOSO, MICROSOFT_APP, Lab, running
from console.services import apps
from console.services.context import Actor, Context
from console.store.models import Inbox
from tests import placed
from tests.conftest import PASSWORD, Clock
from tests.e2e.still import Quiet
from tests.e2e.wizard import RUN, Wizard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Beside:
    """A console with a worker of its own beside the lab, both with one clock; `admin` signs in."""

    url: str
    ctx: Context
    lab: Lab
    clock: Clock
    admin: Actor

    def app_for(self, audience: str) -> None:
        """Register the app at Microsoft for these accounts."""
        apps.save(
            self.ctx,
            self.admin,
            "microsoft",
            client_id=MICROSOFT_APP[0],
            client_secret=MICROSOFT_APP[1],
            tenant=CONTOSO.id,
            audience=audience,
        )

    def row(self, inbox_id: int) -> Inbox:
        with self.ctx.store.read() as session:
            return session.get_one(Inbox, inbox_id)


@pytest.fixture(scope="module")
def served(migrated, tmp_path_factory, password_hash):
    clock, folder, port = Clock(), tmp_path_factory.mktemp("beside"), free_port()
    shutil.copyfile(migrated, folder / "console.db")
    url = f"http://127.0.0.1:{port}"
    with running([url], clock=clock) as lab:
        given = {
            name: value for name, value in lab.environment().items() if not re.search("MICROSOFT_(CLIENT|TENANT)", name)
        }
        config = load({**given, "CONSOLE_INSTANCE": str(folder), "CONSOLE_BASE_URL": url})
        console = assemble(config, clock=clock, jitter=lambda: 0.5)
        alice = placed.person(
            console.ctx, "alice@acme.test", name="Alice Andersen", role="admin", password_hash=password_hash
        )
        server = make_server("127.0.0.1", port, create_app(console=console), threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        worker = console.jobs.make_consumer(console.work.tick)
        thread.start()
        worker.start()
        yield Beside(url, console.ctx, lab, clock, alice)
        worker.stop()
        server.shutdown()
        server.server_close()
        thread.join(5)
        console.close()


@pytest.fixture
def here(served):
    served.app_for("common")
    yield served
    for place in served.lab.places:
        place.calm()


@pytest.fixture
def page(chromium, here):
    with chromium.context() as context:
        page = context.new_page()
        page.goto(f"{here.url}/sign-in")
        page.get_by_label("Email").fill("alice@acme.test")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page
    strayed, chromium.strayed = chromium.strayed, []
    assert strayed == []


def leave(page: Page, here: Beside, address: str, place: str = "Microsoft") -> Wizard:
    """Go through the wizard to the provider's page."""
    wizard = Wizard(page).open(here.url).start()
    wizard.look_up(address)
    wizard.choose("microsoft" if place == "Microsoft" else "gmail").press("Accept and continue")
    expect(wizard.heading).to_have_text(f"Continue at {place}")
    page.get_by_role("link", name=f"Continue at {place}").click()
    return wizard


def connect(page: Page, here: Beside, address: str, place: str = "Microsoft") -> int:
    """Connect a mailbox, open its page, and return the inbox."""
    wizard = leave(page, here, address, place)
    page.get_by_role("button", name="Accept" if place == "Microsoft" else "Allow", exact=True).click()
    expect(wizard.connected()).to_have_attribute("data-inbox", address)
    page.get_by_role("button", name="Open the inbox").click()
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    return int(page.url.rstrip("/").rpartition("/")[2])


def noticed(page: Page, here: Beside, inbox_id: int, health: str) -> None:
    """Let the time come at which the inbox is due, and look at its page until the sweep has been there."""
    due = here.row(inbox_id).next_check
    assert due is not None
    here.clock.now = max(here.clock.now, due)
    for _ in range(200):
        page.goto(f"{here.url}/inboxes/{inbox_id}")
        if page.locator("#inbox").get_attribute("data-health") == health and here.row(inbox_id).checked_at >= due:
            return
    raise AssertionError(f"the sweep did not come: {here.row(inbox_id)}")


def test_a_mailbox_at_microsoft_365_is_read_through_graph(page, here):
    inbox_id = connect(page, here, "alice@contoso.test")

    expect(page.locator("[data-alias]")).to_have_text(["orders@contoso.test"])
    expect(page.locator("[data-stage=find-sent]")).to_contain_text("Sent Items")
    expect(page.locator("[data-stage=open-inbox]")).to_contain_text("messages: 3")
    expect(page.locator("[data-permission][data-given=yes]")).to_have_count(8)
    assert here.lab.microsoft.grants.counts("alice@contoso.test").calls >= 6
    assert here.row(inbox_id).proofs.keys() >= {"sign-in", "read", "sent", "send", "aliases"}


@pytest.mark.parametrize(
    ("address", "place", "button"),
    [("bob@acme.test", "Google", "Allow"), ("bob@contoso.test", "Microsoft", "Accept")],
    ids=["google", "microsoft"],
)
def test_a_permission_taken_back_is_noticed_by_the_sweep_and_reconnect_keeps_everything(
    page, here, address, place, button
):
    inbox_id = connect(page, here, address, place)
    before = here.row(inbox_id)
    stand_in = here.lab.google if place == "Google" else here.lab.microsoft
    page.goto(f"{here.lab.url}/{stand_in.slug}/{address}")
    page.get_by_role("button", name="Revoke what was granted").click()
    expect(page.get_by_role("status")).to_contain_text("revoked")

    noticed(page, here, inbox_id, "needs-sign-in")

    card = page.locator("[data-problem-card]")
    expect(card).to_have_attribute("data-problem-card", "oauth-grant-revoked")
    card.get_by_role("button", name=f"Reconnect at {place}").click()
    page.get_by_role("link", name=f"Continue at {place}").click()
    page.get_by_role("button", name=button, exact=True).click()
    wizard = Wizard(page)
    expect(wizard.heading).to_contain_text("connected again", timeout=RUN)
    page.goto(f"{here.url}/inboxes/{inbox_id}")
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    for said in ("Connected", "Reconnected"):
        expect(page.get_by_text(said, exact=True).first).to_be_visible()
    after = here.row(inbox_id)
    kept = ("address", "owner_id", "settings", "automation", "connected_at", "subject", "aliases")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_access_that_ran_out_is_renewed_by_the_sweep_and_nobody_is_asked(page, here):
    inbox_id = connect(page, here, "hanne@acme.test", "Google")
    page.goto(f"{here.lab.url}/google/hanne@acme.test")
    page.get_by_role("button", name="Expire access tokens").click()
    expect(page.get_by_role("status")).to_contain_text("over")

    noticed(page, here, inbox_id, "healthy")

    assert here.lab.google.grants.counts("hanne@acme.test").refreshes == 1


def test_a_secret_that_ran_out_is_told_once_at_the_integration_and_the_inbox_goes_on_after_its_test(page, here):
    inbox_id = connect(page, here, "charlie@acme.test", "Google")
    here.lab.google.switch("expired-secret")
    here.lab.google.grants.expire("charlie@acme.test")
    noticed(page, here, inbox_id, "degraded")
    expect(page.locator("[data-problem-card=oauth-client-secret]")).to_contain_text("Operator")
    page.goto(f"{here.url}/integrations/gmail")
    expect(page.locator("[data-problem-card=oauth-client-secret]")).to_be_visible()

    here.lab.google.switch("expired-secret", on=False)
    page.get_by_role("button", name="Test app").click()

    expect(page.locator("#app-test")).to_have_attribute("data-outcome", "proved", timeout=RUN)
    noticed(page, here, inbox_id, "healthy")
    page.goto(f"{here.url}/integrations/gmail")
    expect(page.locator("[data-problem-card]")).to_have_count(0)


def test_an_admin_approves_the_app_by_the_link_and_the_person_goes_on(page, here, chromium):
    here.lab.microsoft.switch("admin-policy", "hanne@contoso.test")
    wizard = leave(page, here, "hanne@contoso.test")
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_role("link", name="Return to the application").click()
    stopped = wizard.stopped("consent")
    expect(stopped).to_contain_text("Admin approval needed")
    stuck = page.url

    page.get_by_role("link", name="Page to send to IT").click()
    link = page.locator("code", has_text="/adminconsent?").inner_text()
    with chromium.context() as context:
        admin = context.new_page()
        admin.goto(link)
        expect(admin.get_by_text("Read and write access to your mail")).to_be_visible()
        admin.get_by_role("button", name="Accept").click()
        expect(admin.locator("[data-approved=yes]")).to_contain_text("The app is approved")

    page.goto(stuck)
    page.get_by_role("link", name="Continue at Microsoft").click()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(wizard.connected()).to_have_attribute("data-inbox", "hanne@contoso.test")


@pytest.mark.parametrize(
    ("audience", "address"),
    [("single", "charlie@fabrikam.test"), ("organizations", "dorte@private.test")],
    ids=["a foreign tenant", "a personal account"],
)
def test_whoever_the_app_is_not_for_stays_at_microsoft_and_finds_that_error_in_the_wizard(
    page, here, audience, address
):
    here.app_for(audience)
    leave(page, here, address)
    expect(page.get_by_label(address)).to_be_checked()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_text("AADSTS50020")).to_be_visible()

    page.go_back()
    page.go_back()
    page.get_by_text("AADSTS50020").click()

    expect(page.locator("[data-dead-end=oauth-wrong-account]")).to_contain_text("Another account signed in")
    expect(page.locator("[data-dead-end=oauth-wrong-account]").get_by_role("link", name="Try again")).to_be_visible()


def test_another_tenant_and_a_personal_account_connect_where_the_app_is_for_everybody(page, here):
    connect(page, here, "charlie@fabrikam.test")
    inbox_id = connect(page, here, "dorte@private.test")

    assert here.row(inbox_id).aliases == []


def test_a_tenant_in_gcc_high_is_refused_and_nothing_is_stored(page, here):
    here.lab.microsoft.switch("gcc-high", "gitte@contoso.test")
    wizard = leave(page, here, "gitte@contoso.test")
    page.get_by_role("button", name="Accept", exact=True).click()

    expect(wizard.stopped("consent")).to_contain_text("Cloud not supported")
    page.goto(f"{here.url}/inboxes?q=gitte")
    expect(page.locator("[data-inbox='gitte@contoso.test']")).to_have_count(0)
