"""By a link a person reconnects an inbox with the provider that its mailbox moved to: all of it or nothing."""

import contextlib
from urllib.parse import urlsplit

import pytest

from console.services import consents, drafts, link_visits, links, people, switches, verification
from console.services.context import Refused
from tests.services import flocks, made, owls

IP = "192.0.2.7"


@pytest.fixture
def families():
    return flocks.families()


@pytest.fixture
def moved(ctx, alice, bob):
    """Bob's inbox, whose mailbox is at the tower by now."""
    owls.set_up(ctx, alice)
    return made.make(ctx, bob, "bob@hill.test", health="failing", problem="mailbox-moved", next_check=None)[0]


@pytest.fixture
def issued(ctx, alice, moved):
    return links.issue(ctx, alice, moved)


def begin(ctx, issued):
    return link_visits.begin(ctx, urlsplit(issued.url).path.rsplit("/", 1)[1], owls.BROWSER, IP)


def actor(ctx, draft_id):
    return link_visits.passage(ctx, draft_id, owls.BROWSER, IP).actor


def sign_in(ctx, draft_id):
    drafts.accept_disclosure(ctx, actor(ctx, draft_id), draft_id)
    question = owls.asked(ctx, actor(ctx, draft_id), draft_id)
    owls.back(ctx, actor(ctx, draft_id), question)
    verification.run(ctx, draft_id)


def kept(ctx, inbox_id):
    row = made.inbox(ctx, inbox_id)
    return row.provider, row.health, made.credential(ctx, inbox_id).revision


def test_a_link_takes_an_inbox_to_where_its_mailbox_moved(ctx, alice, moved, issued):
    seen = begin(ctx, issued)

    sign_in(ctx, seen.draft_id)

    assert seen.moves_to == "owl"
    assert kept(ctx, moved)[:2] == ("owl", "healthy")
    assert links.of_inbox(ctx, alice, moved).state == "connected"
    (entry,) = made.audited(ctx, "inbox.move")
    assert (entry.actor_name, entry.detail["by"]) == ("Bob Berg", "link")


def test_a_provider_that_is_switched_off_is_left_by_a_link(ctx, alice, moved):
    switches.switch_provider_off(ctx, alice, "pigeon")

    sign_in(ctx, begin(ctx, links.issue(ctx, alice, moved)).draft_id)

    assert kept(ctx, moved)[:2] == ("owl", "healthy")


def test_nothing_is_asked_of_the_new_provider_before_the_disclosure_was_accepted(ctx, issued):
    draft_id = begin(ctx, issued).draft_id

    with pytest.raises(Refused):
        consents.begin(ctx, actor(ctx, draft_id), draft_id, owls.BROWSER)


@pytest.mark.parametrize("end", ["withdrawn", "disabled", "removed", "given away", "deactivated"])
def test_what_ends_midway_leaves_a_moved_inbox_as_it_was(ctx, alice, bob, charlie, moved, issued, end):
    draft_id, before = begin(ctx, issued).draft_id, kept(ctx, moved)

    ends = {
        "withdrawn": lambda: links.withdraw(ctx, alice, issued.id),
        "disabled": lambda: switches.disable(ctx, alice, moved),
        "removed": lambda: made.change(ctx, moved, removed_at=ctx.clock()),
        "given away": lambda: made.change(ctx, moved, owner_id=charlie.id),
        "deactivated": lambda: people.deactivate(ctx, alice, bob.id),
    }
    person = actor(ctx, draft_id)
    drafts.accept_disclosure(ctx, person, draft_id)
    question = owls.asked(ctx, person, draft_id)

    ends[end]()
    with contextlib.suppress(Refused):
        owls.back(ctx, person, question)
    verification.run(ctx, draft_id)

    assert kept(ctx, moved) == before
    assert made.audited(ctx, "inbox.move") == []
