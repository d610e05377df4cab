"""Strips: every state has its height as well as its colour, and every drawing says in words what it shows."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from console.services import days, inboxes
from console.services.days import Day, ProviderDay
from console.web import strips
from tests import placed
from tests.pigeon import PigeonFamily

TODAY = date(2026, 11, 23)


@pytest.fixture
def families():
    return (PigeonFamily(),)


@pytest.fixture(autouse=True)
def asked(app):
    """Words are found within a request."""
    with app.app_context():
        yield


@pytest.fixture
def row(ctx, bob):
    placed.inbox(ctx, bob)
    return inboxes.page(ctx, bob).rows[0]


def thirty(*last):
    """Return thirty days, the last ones of these healths and all before healthy."""
    healths = ["healthy"] * (30 - len(last)) + list(last)
    return [Day(TODAY - timedelta(days=29 - index), health) for index, health in enumerate(healths)]


def heights(strip, health):
    path = re.search(rf'class="c-bar-{health}" d="([^"]*)"', strip.svg)
    return [float(tall) for tall in re.findall(r"v([\d.]+)", path[1])] if path else []


@pytest.mark.parametrize(
    ("health", "tall"), [("healthy", [9]), ("degraded", [15]), ("failing", [20]), ("disabled", [3])]
)
def test_the_height_of_a_bar_repeats_its_state(row, health, tall):
    strip = strips.of_inbox([Day(TODAY - timedelta(days=1), health), Day(TODAY)], replace(row, switch="off"))

    assert heights(strip, health)[:1] == tall


def test_the_bar_of_needs_sign_in_is_cut_in_two(row):
    strip = strips.of_inbox(thirty("needs-sign-in"), row)

    assert len(heights(strip, "needs-sign-in")) == 2


def test_a_day_of_which_nothing_is_known_has_a_pale_line(row):
    strip = strips.of_inbox([Day(TODAY - timedelta(days=1)), Day(TODAY, "healthy")], row)

    assert heights(strip, "none") == [3]


@pytest.mark.parametrize(
    ("last", "text"),
    [
        ((), "30 of 30 days healthy"),
        (("degraded", "needs-sign-in"), "28 of 30 days healthy, needs sign-in today"),
        (("disabled", "healthy"), "29 of 29 days healthy"),
        ((None, "failing"), "28 of 29 days healthy, failing today"),
    ],
)
def test_a_strip_says_in_words_what_it_shows(row, last, text):
    strip = strips.of_inbox(thirty(*last), row)

    assert strip.text == text
    assert f'aria-label="{text}"' in strip.svg


def test_today_is_never_better_than_what_the_inbox_shows_now(row):
    strip = strips.of_inbox(thirty(), replace(row, health="failing", problem="server-error"))

    assert strip.text == "29 of 30 days healthy, failing today"
    assert strip.days[0].detail == "Server reports a fault"


def test_a_morning_that_was_bad_stays_in_todays_bar(row):
    assert strips.of_inbox(thirty("failing"), row).text == "29 of 30 days healthy, failing today"


def test_the_days_are_told_one_by_one_the_newest_first(row):
    strip = strips.of_inbox(thirty("degraded"), row)

    assert [(day.on, day.label) for day in strip.days[:2]] == [("23 Nov", "Degraded"), ("22 Nov", "Healthy")]
    assert strip.first == "25 Oct"


def test_no_strip_carries_a_style(row):
    assert "style" not in strips.of_inbox(thirty("degraded", None), row).svg


# A provider's.


def counted(**counts):
    return ProviderDay(TODAY, {name.replace("_", "-"): number for name, number in counts.items()})


def test_a_providers_column_shows_the_share_with_a_problem():
    strip = strips.of_provider([counted(healthy=3, failing=1)], "Gmail")

    assert heights(strip, "failing") == [7]
    assert heights(strip, "track") == [28]


def test_one_inbox_of_thousands_is_still_seen():
    strip = strips.of_provider([counted(healthy=9_999, degraded=1)], "Gmail")

    assert heights(strip, "degraded") == [3]


def test_a_column_never_grows_out_of_its_strip():
    strip = strips.of_provider([counted(failing=10_000, needs_sign_in=1, degraded=1)], "Gmail")

    assert sum(heights(strip, health)[0] for health in strips.STACKED) == 28
    assert "-" not in "".join(re.findall(r"M[\d.]+ (-?[\d.]+)", strip.svg))


def test_disabled_inboxes_are_no_part_of_a_share():
    strip = strips.of_provider([counted(healthy=1, disabled=5)], "Gmail")

    assert strip.text == "Gmail: 100 % healthy over the last 30 days"
    assert (strip.healthy, strip.known) == (1, 1)


@pytest.mark.parametrize(
    ("unknown", "text"),
    [
        (0, "Gmail: 75.0 % healthy over the last 30 days, 1 of 2 with a problem today"),
        (1, "Gmail: 75.0 % healthy over the 2 days that are known, 1 of 2 with a problem today"),
    ],
)
def test_a_provider_says_how_many_days_are_known_and_what_is_wrong_today(unknown, text):
    days = [counted()] * unknown + [counted(healthy=2), counted(healthy=1, failing=1)]

    assert strips.of_provider(days, "Gmail").text == text


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(1, 1, "100 %"), (9_999, 10_000, "99.9 %"), (2, 3, "66.7 %"), (0, 3, "0.0 %"), (0, 0, "")],
)
def test_a_share_is_100_only_when_nothing_is_missing(part, whole, said):
    assert strips.share(part, whole) == said


def test_a_list_draws_its_strips_from_one_query(ctx, row):
    assert list(days.of_inboxes(ctx, [row.id])) == [row.id]
