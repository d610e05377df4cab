"""A link for a mailbox at Google or Microsoft takes the account that it is for, and no other."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

from console.lab import visitor
from console.services import links
from console.store.models import Inbox
from tests.services import made, owls, practice
from tests.services.practice import BOB


@pytest.fixture
def settings(lab):
    return practice.settings_at(lab)


@pytest.fixture
def families():
    return None


@pytest.fixture(autouse=True)
def _now(clock):
    clock.now = datetime.now(UTC)


@pytest.fixture(params=["gmail", "microsoft"])
def slug(request):
    return request.param


@pytest.fixture
def refused(ctx, lab, bob, slug):
    """Bob's inbox, whose permission was withdrawn."""
    practice.welcome(lab, slug, 1)
    practice.connect(ctx, bob, slug)
    with ctx.store.read() as session:
        inbox_id = session.exec(select(Inbox.id)).one()
    made.change(ctx, inbox_id, health="needs-sign-in", problem="oauth-grant-revoked", next_check=None)
    return inbox_id


class Way:
    """A phone on its way through a link, to the stand-in and back."""

    def __init__(self, phone, work, issued, slug):
        self.phone, self.work, self.slug = phone, work, slug
        path = urlsplit(issued.url).path
        phone.get(path)
        phone.post(path)
        self.draft_id = phone.path.split("/")[3]

    def sign_in(self, account):
        place = self.phone.client.get(f"/reconnect/of/{self.draft_id}/away").headers["Location"]
        parts = urlsplit(visitor.answer(place, account))
        answer = self.phone.client.get(f"{parts.path}?{parts.query}")
        assert answer.headers["Location"] == f"/reconnect/of/{self.draft_id}"
        self.work.verify(self.draft_id)
        return self.phone.get(f"/reconnect/of/{self.draft_id}")


def test_another_account_changes_nothing_and_the_right_one_reconnects(ctx, lab, work, alice, browser, refused, slug):
    before = owls.secret(ctx, refused)
    way = Way(browser(), work, links.issue(ctx, alice, refused), slug)

    page = way.sign_in("box0@acme.test" if slug == "gmail" else "box0@contoso.test")

    assert f"but {BOB[slug]} was to be connected" in page.text
    assert links.of_inbox(ctx, alice, refused).problem == "oauth-wrong-account"
    assert owls.secret(ctx, refused) == before
    way.sign_in(BOB[slug])
    assert way.phone.path == f"/reconnect/of/{way.draft_id}/done"
    assert links.of_inbox(ctx, alice, refused).state == "connected"


def test_the_state_and_the_code_leave_the_address_bar(lab, ctx, work, alice, browser, refused, slug):
    way = Way(browser(), work, links.issue(ctx, alice, refused), slug)

    way.sign_in(BOB[slug])

    assert "?" not in way.phone.path_and_query
