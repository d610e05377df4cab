"""What runs out: from when it is shown, and what tells one telling from the next."""

from datetime import UTC, date, datetime, timedelta

import pytest

from console.rules import expiry
from console.rules.expiry import Expiry

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "threshold"), [(31, None), (30, 30), (15, 30), (14, 14), (4, 14), (3, 3), (0, 3), (-1, 3)]
)
def test_a_threshold_is_crossed_at_30_14_and_3_days(days, threshold):
    assert expiry.threshold(days) == threshold


def test_what_has_ended_is_past_every_threshold():
    assert expiry.threshold(0, ended=True) == 0


def runs_out(kind=expiry.CERTIFICATE, days=12, **changed):
    on = TODAY + timedelta(days=days)
    known = {"kind": kind, "what": "mail.acme.test:993", "on": on, "days": days, "ended": False, "inboxes": 3}
    return Expiry(**{**known, "at": datetime(on.year, on.month, on.day, tzinfo=UTC), **changed})


def test_the_same_threshold_of_the_same_thing_is_told_once():
    assert runs_out(days=12).once == runs_out(days=12).once


@pytest.mark.parametrize(
    "other", [{"days": 2}, {"what": "mail.acme.test:465"}, {"domain": "acme.test"}, {"kind": expiry.EXCEPTION}]
)
def test_another_threshold_or_thing_is_told_again(other):
    assert runs_out(**other).once != runs_out().once


def test_a_renewed_certificate_is_told_again_when_its_own_time_comes():
    assert runs_out(days=12, on=TODAY + timedelta(days=377)).once != runs_out().once


def test_permissions_that_end_on_days_of_one_week_are_told_once():
    one, next_day = (runs_out(expiry.GRANT_IDLE, days=days, what="owl") for days in (7, 8))

    assert one.once == next_day.once


def test_what_tells_one_telling_from_the_next_fits_its_column():
    longest = runs_out(expiry.GRANT_TESTING, what="m" * 253 + ":993", domain="d" * 253)

    assert len(longest.once) <= 100
