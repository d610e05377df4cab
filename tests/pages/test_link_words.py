"""A link's pages speak to its person: what to do in the second person, and nothing that a link does not let them do."""

import html
import re
from urllib.parse import urlsplit

import pytest

from console.services import links
from console.store.episodes import Incident
from tests import placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import made, owls
from tests.services.postman import change, episode, incident


def text(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


class TwoLofts(PigeonFamily):
    """Pigeons whose whistle is blown at two lofts."""

    def destinations(self, settings):
        return {"password": (self.host(settings), "out.acme.test")}


class Spelling(Exception):
    code = "dns-not-found"


@pytest.fixture
def pigeons():
    return TwoLofts()


@pytest.fixture
def owl():
    return OwlFamily()


@pytest.fixture
def families(pigeons, owl):
    return (pigeons, owl)


@pytest.fixture
def broken(ctx, bob):
    return placed.inbox(
        ctx, bob, health="needs-sign-in", problem="bad-credentials", problem_since=ctx.clock(), next_check=None
    )


@pytest.fixture
def phone(browser):
    return browser()


def begin(visitor, issued):
    """Open the link and press Continue; return the draft's id."""
    path = urlsplit(issued.url).path
    visitor.get(path)
    visitor.post(path)
    return visitor.path.split("/")[3]


def tried(visitor, work, issued, password="caw"):
    """Type a password; return what the page says then."""
    draft_id = begin(visitor, issued)
    visitor.post(visitor.path, loft="acme.test", password=password)
    work.verify(draft_id)
    return text(visitor.get(f"/reconnect/of/{draft_id}"))


def test_every_server_that_the_password_goes_to_is_named(ctx, alice, phone, broken):
    page = text(phone.get(urlsplit(links.issue(ctx, alice, broken).url).path))

    assert "It goes to acme.test and out.acme.test and to nobody else." in page


def test_after_a_refusal_it_is_you_who_must_act_and_not_the_owner(ctx, work, alice, phone, broken):
    page = tried(phone, work, links.issue(ctx, alice, broken))

    assert "Who must act You Next step Type the password that you use for this mailbox now." in page
    assert "The owner" not in page
    assert "user name:" not in page


def test_what_a_link_cannot_mend_is_for_whoever_sent_it(ctx, work, alice, phone, broken, pigeons):
    pigeons.weather["acme.test"] = Spelling("no such loft")

    page = tried(phone, work, links.issue(ctx, alice, broken), "coo")

    assert "Who must act Whoever sent you the link Next step Tell whoever sent you the link." in page


def test_a_connect_link_lets_its_person_correct_the_servers(ctx, work, alice, bob, phone, pigeons):
    pigeons.weather["hill.test"] = Spelling("no such loft")
    draft_id = begin(phone, links.issue_connect(ctx, alice, bob.id, "bob@hill.test"))
    work.discover(made.draft(ctx, draft_id).discovery_id)
    phone.get(phone.path)
    phone.post(phone.path, provider="pigeon")
    phone.post(phone.path)
    phone.post(phone.path, loft="hill.test", password="coo", confirmed="hill.test")
    work.verify(draft_id)

    page = text(phone.get(f"/reconnect/of/{draft_id}"))

    assert "Who must act You Next step Check the spelling of the server name." in page


def test_another_account_is_told_nothing_that_would_lose_the_link(ctx, work, alice, bob, phone, owl):
    owls.set_up(ctx, alice)
    inbox_id = owls.make(ctx, bob, "bob@acme.test", health="needs-sign-in", problem="oauth-grant-revoked")[0]
    draft_id = begin(phone, links.issue(ctx, alice, inbox_id))
    state = re.search(r"state=([^&]+)", phone.client.get(f"/reconnect/of/{draft_id}/away").headers["Location"])[1]
    owl.challenges["eve@acme.test"] = owl.challenges["bob@acme.test"]
    phone.client.get("/consent/owl", query_string={"state": state, "code": "eve@acme.test|see carry"})
    work.verify(draft_id)

    page = text(phone.get(f"/reconnect/of/{draft_id}"))

    assert "You Next step Sign out at your provider. Then continue once more, and choose bob@acme.test there." in page
    assert "private window" not in page


@pytest.mark.parametrize("provider", ["owl", "pigeon"])
def test_who_is_to_sign_in_at_a_provider_is_told_to_use_their_own_browser(ctx, alice, bob, phone, broken, provider):
    owls.set_up(ctx, alice)
    elsewhere = owls.make(ctx, bob, "bob@owls.test", health="needs-sign-in", problem="oauth-grant-revoked")[0]
    issued = links.issue(ctx, alice, elsewhere if provider == "owl" else broken)

    page = text(phone.get(urlsplit(issued.url).path))

    assert ("open inside another app?" in page) == (provider == "owl")


def test_the_wizard_of_somebody_who_is_signed_in_stays_as_it_is(ctx, work, window, bob, broken):
    visitor = window(bob)
    visitor.get(f"/inboxes/{broken}")
    visitor.post(f"/inboxes/{broken}/reconnect")
    draft_id = visitor.path.split("/")[2]
    visitor.post(visitor.path, loft="acme.test", password="caw")
    work.verify(draft_id)

    page = text(visitor.get(f"/connect/{draft_id}"))

    assert "Who must act Bob Next step The owner types the current password." in page


def test_while_an_incident_holds_the_inbox_nobody_is_told_that_it_is_their_password(ctx, alice, phone, broken):
    issued = links.issue(ctx, alice, broken)
    shared = incident(ctx, episode(ctx, broken), problem="bad-credentials", nature="refusals")

    page = text(phone.get(urlsplit(issued.url).path))
    assert "There is nothing for you to do now." in page
    assert "the password was changed" not in page

    change(ctx, Incident, shared, owners_told_from=ctx.clock())
    assert "the password was changed" in text(phone.get(urlsplit(issued.url).path))
