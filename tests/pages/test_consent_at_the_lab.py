"""Whatever comes back from Google or Microsoft ends in the wizard: with its sentence, a way on, and nothing half."""

import html
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from console.lab import visitor
from console.lab.accounts import Account, Application
from console.rules.problems import CATALOGUE
from console.services import switches
from console.store.models import Credential, Draft, Inbox
from tests.services import made, practice
from tests.services.practice import BOB, place_of

BOTH = pytest.mark.parametrize("slug", ["gmail", "microsoft"])


@pytest.fixture
def settings(lab):
    return practice.settings_at(lab)


@pytest.fixture
def families():
    return None


@pytest.fixture(autouse=True)
def _now(clock):
    clock.now = datetime.now(UTC)


class Way:
    """One browser on its way to a stand-in and back."""

    def __init__(self, ctx, visitor, work, slug):
        self.ctx, self.visitor, self.work, self.slug, self.draft_id = ctx, visitor, work, slug, ""

    def begin(self, address):
        self.visitor.get("/connect")
        self.visitor.post("/connect", uses="me")
        self.draft_id = self.visitor.path.split("/")[2]
        self.visitor.choose(self.draft_id, address, self.slug)
        self.visitor.post(f"/connect/{self.draft_id}/expect")
        return self

    def leave(self):
        """Press Continue; return the address of the provider's page."""
        return self.visitor.client.get(f"/consent/of/{self.draft_id}").headers["Location"]

    def back(self, place):
        """Come back with what the provider says, and let a worker carry the draft on."""
        parts = urlsplit(place)
        self.visitor.page = self.visitor.client.get(f"{parts.path}?{parts.query}")
        assert self.visitor.page.status_code == 303
        self.work.verify(self.draft_id)
        self.visitor.get(self.visitor.page.headers["Location"])
        return self

    def sign_in(self, **pressed):
        place = self.leave()
        account = pressed.pop("account", "") or parse_qs(urlsplit(place).query)["login_hint"][0]
        return self.back(visitor.answer(place, account, **pressed))

    @property
    def problem(self):
        """The problem of the draft, which the newest page tells in words, with something to press."""
        page, problem = self.visitor.page, made.draft(self.ctx, self.draft_id).problem
        assert (page.status_code, self.visitor.path) == (200, f"/connect/{self.draft_id}/verify")
        assert html.escape(CATALOGUE[problem].title) in page.text
        assert "Next step" in page.text
        assert f"/connect/{self.draft_id}/settings" in page.text
        return problem


@pytest.fixture
def way(ctx, window, work, bob, slug):
    return Way(ctx, window(bob), work, slug).begin(BOB[slug])


def stored(ctx):
    """Inboxes that are connected, and secrets that are kept for any."""
    with ctx.store.read() as session:
        connected = session.exec(select(Inbox.address).where(Inbox.removed_at == None)).all()  # noqa: E711
        return list(connected), len(session.exec(select(Credential.inbox_id)).all())


@pytest.mark.parametrize(
    ("slug", "fault", "problem"),
    [
        ("gmail", "declined", "oauth-user-declined"),
        ("microsoft", "declined", "oauth-user-declined"),
        ("gmail", "unticked", "oauth-scope-missing"),
        ("gmail", "other-account", "oauth-wrong-account"),
        ("microsoft", "other-account", "oauth-wrong-account"),
        ("microsoft", "consent-required", "oauth-admin-consent-required"),
        ("gmail", "no-refresh-token", "oauth-interaction-required"),
        ("microsoft", "no-refresh-token", "oauth-interaction-required"),
        ("gmail", "broken-id-token", "oauth-provider-outage"),
        ("microsoft", "broken-id-token", "oauth-provider-outage"),
        ("gmail", "no-address", "mailbox-not-available"),
        ("microsoft", "no-address", "mailbox-not-available"),
        ("gmail", "token-down", "oauth-provider-outage"),
        ("microsoft", "token-down", "oauth-provider-outage"),
        ("gmail", "token-throttled", "rate-limited"),
        ("microsoft", "token-throttled", "rate-limited"),
        ("gmail", "failing", "server-unavailable"),
        ("microsoft", "failing", "server-unavailable"),
        ("gmail", "no-mailbox", "mailbox-not-available"),
        ("microsoft", "no-mailbox", "mailbox-on-premises"),
        ("microsoft", "gcc-high", "unsupported-cloud"),
        ("microsoft", "shared", "unsupported-shared-mailbox"),
    ],
)
def test_what_goes_wrong_is_told_and_the_next_sign_in_connects(ctx, lab, way, slug, fault, problem):
    place_of(lab, slug).switch(fault, BOB[slug])

    way.sign_in()

    assert (way.problem, stored(ctx)) == (problem, ([], 0))
    place_of(lab, slug).calm()
    way.sign_in()
    assert stored(ctx) == ([BOB[slug]], 1)


@BOTH
@pytest.mark.parametrize("fault", ["no-expiry", "no-scope"])
def test_what_an_answer_may_leave_out_is_no_problem(ctx, lab, way, slug, fault):
    place_of(lab, slug).switch(fault)

    way.sign_in()

    assert stored(ctx) == ([BOB[slug]], 1)


@BOTH
def test_a_code_of_another_app_connects_nothing(ctx, lab, way, slug):
    place = place_of(lab, slug)
    place.register(Application("another-app", "another secret", (ctx.config.base_url,)))
    url = way.leave()
    client_id = parse_qs(urlsplit(url).query)["client_id"][0]

    way.back(visitor.answer(url.replace(client_id, "another-app"), BOB[slug]))

    assert (way.problem, stored(ctx)) == ("oauth-code-invalid", ([], 0))
    assert practice.counts(lab, slug, BOB[slug])["redemptions"] == 0


@BOTH
def test_an_answer_that_comes_twice_is_redeemed_once(ctx, lab, way, slug):
    answer = visitor.answer(way.leave(), BOB[slug])

    way.back(answer).back(answer)

    assert stored(ctx) == ([BOB[slug]], 1)
    assert practice.counts(lab, slug, BOB[slug])["redemptions"] == 1


@BOTH
def test_an_answer_that_was_changed_on_the_way_is_none(ctx, lab, way, slug):
    answer = visitor.answer(way.leave(), BOB[slug])
    code = parse_qs(urlsplit(answer).query)["code"][0]

    way.back(answer.replace(code.replace("/", "%2F"), "4%2Fanother-code"))

    assert (way.problem, stored(ctx)) == ("oauth-code-invalid", ([], 0))


@BOTH
def test_for_an_inbox_that_was_removed_meanwhile_nothing_is_stored(ctx, lab, way, slug, bob):
    way.sign_in()
    with ctx.store.read() as session:
        inbox_id = session.exec(select(Inbox.id)).one()
    way.visitor.get(f"/inboxes/{inbox_id}")
    way.visitor.post(f"/inboxes/{inbox_id}/reconnect")
    way.draft_id = way.visitor.path.split("/")[2]
    answer = visitor.answer(way.leave(), BOB[slug])
    switches.remove(ctx, bob, inbox_id)

    way.back(answer)

    assert stored(ctx) == ([], 0)
    assert "The inbox was removed meanwhile." in way.visitor.page.text
    assert made.draft(ctx, way.draft_id).sealed is None


@BOTH
def test_signed_out_meanwhile_nothing_is_redeemed(ctx, lab, way, slug):
    answer = urlsplit(visitor.answer(way.leave(), BOB[slug]))
    with way.visitor.client.session_transaction() as session:
        session.clear()

    page = way.visitor.get(f"{answer.path}?{answer.query}")

    assert way.visitor.path == "/sign-in"
    assert parse_qs(answer.query)["code"][0] not in page.text + way.visitor.path_and_query
    assert practice.counts(lab, slug, BOB[slug])["redemptions"] == 0
    assert stored(ctx) == ([], 0)


@pytest.mark.parametrize("slug", ["gmail"])
@pytest.mark.parametrize("typed", ["BobBerg@Gmail.com", "b.o.b.berg@googlemail.com", "bob.berg@googlemail.com"])
def test_the_spellings_of_one_mailbox_at_gmail_are_one(ctx, lab, window, work, bob, slug, typed):
    lab.google.add(Account("bob.berg@gmail.com", "Bob Berg"))

    Way(ctx, window(bob), work, slug).begin(typed).sign_in(account="bob.berg@gmail.com")

    assert stored(ctx) == (["bob.berg@gmail.com"], 1)


@BOTH
def test_case_makes_no_other_mailbox(ctx, lab, window, work, bob, slug):
    Way(ctx, window(bob), work, slug).begin(BOB[slug].title()).sign_in(account=BOB[slug])

    assert stored(ctx) == ([BOB[slug]], 1)


@BOTH
def test_words_that_were_made_up_to_deceive_are_shown_as_words(ctx, lab, way, slug):
    state = parse_qs(urlsplit(way.leave()).query)["state"][0]
    words = "\u202eevil\u202c <script>alert(1)</script>%0d%0aSet-Cookie: a=b\r\nLocation: //evil.test " + "x" * 5000

    way.visitor.page = way.visitor.client.get(
        f"/consent/{slug}", query_string={"state": state, "error": "access_denied", "error_description": words}
    )
    answer = way.visitor.page
    way.visitor.get(answer.headers["Location"])

    assert "evil.test" not in str(answer.headers)
    assert "\u202e" not in way.visitor.page.text
    assert "<script>alert" not in way.visitor.page.text
    assert way.problem == "oauth-user-declined"
    with ctx.store.read() as session:
        assert len(session.exec(select(Draft.server_text)).one()) <= 400
