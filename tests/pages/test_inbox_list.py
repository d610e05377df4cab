"""The list: what is found, counted and paged through, whatever somebody types and whatever a row holds."""

import base64
import html
import json
import re

import pytest

from console.services import switches
from console.store.models import Credential, SwitchedOff
from tests import placed
from tests.pigeon import PigeonFamily

pytestmark = pytest.mark.store  # What one looks for and pages by reaches the statement as it is.


@pytest.fixture
def families():
    return (PigeonFamily(),)


def listed(visitor, **query):
    """Return the addresses of one page of the list."""
    assert visitor.get("/inboxes", query_string=query).status_code == 200
    return visitor.attributes("data-inbox")


def counts(visitor):
    """Return the number behind each view on the newest page."""
    tabs = re.search(r'<[^>]*class="[^"]*c-tabs.*?</(?:nav|ul|div)>', visitor.page.text, re.DOTALL)[0]
    return [int(number) for number in re.findall(r">(\d+)<", tabs)]


# Views.


@pytest.fixture
def four(ctx, alice, bob):
    """One inbox of each kind: healthy, needing attention (by health, by old proof), disabled."""
    now = ctx.clock()
    placed.inbox(ctx, bob, "fine@acme.test")
    placed.inbox(ctx, bob, "ill@acme.test", health="failing", problem="server-error")
    placed.inbox(ctx, bob, "old@acme.test", proven_until=now.replace(year=2025))
    switches.disable(ctx, bob, placed.inbox(ctx, bob, "off@acme.test"))


@pytest.mark.parametrize(
    ("view", "addresses"),
    [
        ("all", ["fine@acme.test", "ill@acme.test", "off@acme.test", "old@acme.test"]),
        ("attention", ["ill@acme.test", "old@acme.test"]),
        ("healthy", ["fine@acme.test"]),
        ("disabled", ["off@acme.test"]),
        ("nonsense", ["fine@acme.test", "ill@acme.test", "off@acme.test", "old@acme.test"]),
        ("\x00", ["fine@acme.test", "ill@acme.test", "off@acme.test", "old@acme.test"]),
        ("x" * 1_000_000, ["fine@acme.test", "ill@acme.test", "off@acme.test", "old@acme.test"]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_view_holds_what_belongs_to_it(window, alice, four, view, addresses):
    assert listed(window(alice), view=view) == addresses


@pytest.mark.parametrize("view", ["all", "attention", "healthy", "disabled"])
def test_every_view_counts_all_of_them(window, alice, four, view):
    visitor = window(alice)
    listed(visitor, view=view)

    assert counts(visitor) == [4, 2, 1, 1]


def test_the_counts_follow_the_search(window, alice, four):
    visitor = window(alice)
    listed(visitor, q="ill@")

    assert counts(visitor) == [1, 1, 0, 0]


def test_a_member_is_counted_their_own_only(window, ctx, four, charlie):
    placed.inbox(ctx, charlie)
    visitor = window(charlie)
    listed(visitor)

    assert counts(visitor) == [1, 0, 1, 0]


@pytest.mark.parametrize("level", ["inbox", "owner", "provider"])
def test_off_at_any_level_is_off(window, ctx, alice, bob, level):
    target = {"inbox": str(placed.inbox(ctx, bob)), "owner": str(bob.id), "provider": "pigeon"}[level]
    with ctx.store.write() as session:
        session.add(SwitchedOff(level=level, target=target, by_id=alice.id, at=ctx.clock()))
    visitor = window(alice)

    listed(visitor, view="disabled")

    assert visitor.attributes("data-switch") == ["off"]


def test_a_row_carries_what_scripts_in_any_language_read(window, ctx, alice, bob):
    placed.inbox(ctx, bob, health="needs-sign-in", problem="bad-credentials")
    visitor = window(alice)
    listed(visitor)

    row = re.search(r"<tr ([^>]*data-inbox[^>]*)>", visitor.page.text)[1]
    assert row == (
        'data-inbox="bob@acme.test" data-health="needs-sign-in" data-switch="on" data-problem="bad-credentials"'
    )


def test_a_healthy_row_has_an_empty_problem(window, ctx, alice, bob):
    placed.inbox(ctx, bob)
    visitor = window(alice)
    listed(visitor)

    assert visitor.attributes("data-problem") == [""]


def test_a_removed_inbox_is_not_listed(window, ctx, alice, bob):
    placed.inbox(ctx, bob, removed_at=ctx.clock())

    assert listed(window(alice)) == []


def test_without_any_inbox_the_page_says_what_to_do(window, alice):
    page = window(alice).get("/inboxes").text

    assert "No inbox is connected yet" in page
    assert "Connect the first inbox" in page


def test_an_empty_view_says_what_it_would_hold(window, ctx, alice, bob):
    placed.inbox(ctx, bob)

    assert "Nothing needs attention" in window(alice).get("/inboxes?view=attention").text


# Search.

EVERY = [
    "bob@acme.test",
    "per%cent@other.test",
    "strasse@other.test",
    "under_score@acme.test",
    "x@xn--kbmand-bya.test",
]
AEROS = ["per%cent@other.test", "strasse@other.test", "x@xn--kbmand-bya.test"]


@pytest.mark.parametrize(
    ("query", "addresses"),
    [
        ("bob", ["bob@acme.test"]),
        ("BOB", ["bob@acme.test"]),
        ("  bob  ", ["bob@acme.test"]),
        ("berg", ["bob@acme.test", "under_score@acme.test"]),
        ("Eva  Berg", ["under_score@acme.test"]),
        (".test", EVERY),
        ("@b.test", ["under_score@acme.test"]),
        ("charlie@acme", AEROS),
        ("%", ["per%cent@other.test"]),
        ("r%c", ["per%cent@other.test"]),
        ("b%b", []),
        ("_", ["under_score@acme.test"]),
        ("r_s", ["under_score@acme.test"]),
        ("b_b", []),
        ("\\", []),
        ("Ærø", AEROS),
        ("ærø", AEROS),
        ("ÆRØ", AEROS),
        ("STRASSE", ["strasse@other.test"]),
        ("købmand", ["x@xn--kbmand-bya.test"]),
        ("KØBMAND.test", ["x@xn--kbmand-bya.test"]),
        ("x@købmand.test", ["x@xn--kbmand-bya.test"]),
        ("xn--kbmand", ["x@xn--kbmand-bya.test"]),
        ("🐦", []),
        ("\x00", EVERY),
        ("bob\x00", ["bob@acme.test"]),
        ("' OR 1=1 --", []),
        ("<script>", []),
        ("x" * 1_000_000, []),
        ("%" * 1_000_000, []),
        ("\ud7ff\ufffd", []),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, str) else "",
)
def test_the_search_looks_at_address_and_owner_and_takes_every_sign_as_it_is(window, ctx, alice, bob, query, addresses):
    aero = placed.person(ctx, "charlie@acme.test", name="Charlie Ærø")
    placed.inbox(ctx, bob, "bob@acme.test")
    placed.inbox(ctx, placed.person(ctx, "b@b.test", name="Eva Berg"), "under_score@acme.test")
    placed.inbox(ctx, aero, "per%cent@other.test")
    placed.inbox(ctx, aero, "strasse@other.test")
    placed.inbox(ctx, aero, "x@xn--kbmand-bya.test")

    assert listed(window(alice), q=query) == addresses


def test_a_search_without_a_match_says_so_and_keeps_the_search_field(window, ctx, alice, bob):
    placed.inbox(ctx, bob)

    page = window(alice).get("/inboxes?q=nobody").text

    assert "No inbox matches “nobody”" in page
    assert re.search(r'<input[^>]* name="q" value="nobody"', page)


def test_a_member_finds_nobody_elses_inbox(window, ctx, bob, charlie):
    placed.inbox(ctx, charlie)

    assert listed(window(bob), q="charlie") == []


def test_an_address_is_shown_in_its_own_letters(window, ctx, alice, bob):
    placed.inbox(ctx, bob, "bob@xn--kbmand-bya.test")
    visitor = window(alice)
    listed(visitor)

    assert ">bob@købmand.test</a>" in visitor.page.text
    assert visitor.attributes("data-inbox") == ["bob@xn--kbmand-bya.test"]


# Paging.


@pytest.fixture
def many(ctx, bob):
    for number in range(60):
        placed.inbox(ctx, bob, f"inbox{number:02}@acme.test")


def addresses(first, last):
    return [f"inbox{number:02}@acme.test" for number in range(first, last + 1)]


def follow(visitor, rel):
    """Go to the next or the previous page; return its addresses, or None where there is none."""
    found = re.search(
        rf'<a[^>]* href="([^"]+)"[^>]* rel="{rel}"|<a[^>]* rel="{rel}"[^>]* href="([^"]+)"', visitor.page.text
    )
    if found is None:
        return None
    visitor.get(html.unescape(found[1] or found[2]))
    return visitor.attributes("data-inbox")


def test_pages_follow_one_another_to_the_end(window, alice, many):
    visitor = window(alice)

    pages = [listed(visitor), follow(visitor, "next"), follow(visitor, "next"), follow(visitor, "next")]

    assert pages == [addresses(0, 24), addresses(25, 49), addresses(50, 59), None]


def test_pages_lead_back_to_the_front(window, alice, many):
    visitor = window(alice)
    listed(visitor)
    follow(visitor, "next")
    follow(visitor, "next")

    pages = [follow(visitor, "prev"), follow(visitor, "prev"), follow(visitor, "prev")]

    assert pages == [addresses(25, 49), addresses(0, 24), None]


def test_an_inbox_that_appears_before_the_page_is_not_met_twice_and_shifts_nothing(window, ctx, alice, bob, many):
    visitor = window(alice)
    listed(visitor)
    placed.inbox(ctx, bob, "aaa@acme.test")

    assert follow(visitor, "next") == addresses(25, 49)


def test_an_inbox_that_disappears_before_the_page_leaves_none_out(window, ctx, alice, bob, many):
    visitor = window(alice)
    listed(visitor)
    switches.remove(ctx, bob, 1)

    assert follow(visitor, "next") == addresses(25, 49)


def test_going_back_meets_what_appeared_meanwhile(window, ctx, alice, bob, many):
    visitor = window(alice)
    listed(visitor)
    follow(visitor, "next")
    placed.inbox(ctx, bob, "inbox24b@acme.test")

    assert follow(visitor, "prev") == [*addresses(1, 24), "inbox24b@acme.test"]
    assert follow(visitor, "prev") == addresses(0, 0)


def test_paging_keeps_view_and_search(window, ctx, alice, many, bob):
    for number in range(30):
        placed.inbox(ctx, bob, f"ill{number:02}@acme.test", health="failing", problem="server-error")
    visitor = window(alice)
    listed(visitor, view="attention", q="ill")

    assert follow(visitor, "next") == [f"ill{number:02}@acme.test" for number in range(25, 30)]


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "at",
    [
        "x",
        "é",
        "!!!!",
        "=",
        "\x00",
        "x" * 1_000_000,
        cursor(),
        cursor("f"),
        cursor("x", "a", 1, 0),
        cursor("f", 1, 1, 0),
        cursor("f", "a", "1", 0),
        cursor("f", "a", True, 0),
        cursor("f", "a", 10**40, 0),
        cursor(["f"], "a", 1, 0),
        cursor("f", "\ud800", 1, 0),
        cursor("f", None, None, None),
        base64.urlsafe_b64encode(b"[" * 300_000).decode(),
        base64.urlsafe_b64encode(b'{"a": 1}').decode(),
        base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
        base64.urlsafe_b64encode(b"NaN").decode(),
    ],
    ids=lambda at: repr(at[:24]),
)
def test_a_bad_cursor_starts_from_the_front(window, alice, many, at):
    assert listed(window(alice), at=at) == addresses(0, 24)


@pytest.mark.parametrize("skipped", [-5, 10**40])
def test_a_cursor_that_counts_nonsense_breaks_no_page(window, alice, many, skipped):
    assert listed(window(alice), at=cursor("f", "inbox24@acme.test", 25, skipped)) == addresses(25, 49)


def test_a_cursor_past_the_end_says_that_nothing_is_there(window, alice, many):
    assert listed(window(alice), at=cursor("f", "zzz", 1, 0)) == []


# Rows that cannot be read.

BROKEN = {
    "settings of text": {"settings": "text"},
    "settings of nothing": {"settings": None},
    "settings of a number": {"settings": 7},
    "settings of a list": {"settings": [1, [2]]},
    "settings of another family": {"settings": {"imap_host": "imap.acme.test"}},
    "settings of another shape": {"settings": {"loft": 7}},
    "an unknown provider": {"provider": "dove"},
    "an empty provider": {"provider": ""},
    "an unknown health": {"health": "purple"},
    "an empty health": {"health": ""},
    "an unknown problem": {"health": "failing", "problem": "purple"},
    "proofs of text": {"proofs": "text"},
    "proofs of nonsense": {"proofs": {"sign-in": "yesterday", "read": 7, "purple": None}},
    "no secret": {"secret": {}},
    "an endless text of a server": {"health": "failing", "problem": "unknown", "server_text": "x" * 400},
}
READABLE = {"an unknown problem", "proofs of text", "proofs of nonsense", "no secret", "an endless text of a server"}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_row_that_cannot_be_read_breaks_no_page(window, ctx, alice, bob, kind):
    inbox_id = placed.inbox(ctx, bob, **BROKEN[kind])
    placed.inbox(ctx, bob, "other@acme.test")
    paths = ("/inboxes", f"/inboxes/{inbox_id}", f"/users/{bob.id}", "/integrations", f"/inboxes/{inbox_id}/disable")
    questions = (f"/inboxes/{inbox_id}/remove", f"/inboxes/{inbox_id}/edit", "/inboxes?view=attention")

    statuses = [window(alice).get(path).status_code for path in paths + questions]

    assert set(statuses) == {200}


@pytest.mark.parametrize("kind", sorted(BROKEN.keys() - READABLE))
def test_a_row_that_cannot_be_read_shows_as_a_problem(window, ctx, alice, bob, kind):
    placed.inbox(ctx, bob, **BROKEN[kind])
    visitor = window(alice)
    listed(visitor)

    assert visitor.attributes("data-health") == ["failing"]
    assert visitor.attributes("data-problem") == ["settings-unreadable"]


UNREADABLE = sorted(BROKEN.keys() - READABLE)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_row_that_cannot_be_read_counts_as_needing_attention_from_its_next_check_on(
    window, ctx, work, alice, bob, clock, kind
):
    placed.inbox(ctx, bob, **BROKEN[kind])
    clock.advance(hours=1)

    work.sweep()

    assert listed(window(alice), view="attention") == ([] if "health" in kind else ["bob@acme.test"])


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_row_that_cannot_be_read_holds_up_no_other(window, ctx, work, alice, bob, clock, kind):
    placed.inbox(ctx, bob, **BROKEN[kind])
    placed.inbox(ctx, bob, "other@acme.test", health="degraded")
    clock.advance(hours=1)

    work.sweep()

    assert "other@acme.test" in listed(window(alice), view="healthy")


@pytest.mark.parametrize("sealed", [None, "", "text", "gAAAA", "x" * 10_000], ids=lambda sealed: repr(sealed)[:20])
def test_a_secret_that_cannot_be_opened_shows_as_a_problem_after_the_next_check(
    window, ctx, work, alice, bob, clock, sealed
):
    inbox_id = placed.inbox(ctx, bob)
    with ctx.store.write() as session:
        row = session.get_one(Credential, inbox_id)
        if sealed is None:
            session.delete(row)
        else:
            row.sealed = sealed
    clock.advance(hours=1)

    work.sweep()
    visitor = window(alice)
    listed(visitor)

    assert visitor.attributes("data-problem") == ["key-missing"]


def test_the_secret_of_another_inbox_stays_shut(window, ctx, work, alice, bob, charlie, clock):
    theirs, mine = placed.inbox(ctx, charlie), placed.inbox(ctx, bob)
    with ctx.store.write() as session:
        session.get_one(Credential, mine).sealed = session.get_one(Credential, theirs).sealed
    clock.advance(hours=1)

    work.sweep()
    visitor = window(bob)
    listed(visitor)

    assert visitor.attributes("data-problem") == ["key-missing"]


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if "provider" in kind])
def test_an_inbox_of_an_unknown_provider_says_why_it_can_be_neither_edited_nor_reconnected(window, ctx, bob, kind):
    inbox_id = placed.inbox(ctx, bob, **BROKEN[kind])
    visitor = window(bob)

    edit = visitor.get(f"/inboxes/{inbox_id}/edit").text
    reconnect = visitor.post(f"/inboxes/{inbox_id}/reconnect").text

    sentence = "This console does not know the provider of this inbox. Remove it, or update the console."
    assert (sentence in edit, sentence in reconnect) == (True, True)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_row_that_cannot_be_read_can_be_removed(window, ctx, bob, kind):
    inbox_id = placed.inbox(ctx, bob, **BROKEN[kind])
    visitor = window(bob)
    visitor.get(f"/inboxes/{inbox_id}/remove")

    visitor.post(f"/inboxes/{inbox_id}/remove")

    assert visitor.path == "/me"
    assert visitor.attributes("data-inbox") == []
