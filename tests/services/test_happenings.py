"""What changed around a case: everything that could explain it, and what was done about it, on one line of time."""

from datetime import timedelta

import pytest

from console.services import audit, handlings, happenings
from console.services import case as one_case
from console.store.links import ReconnectLink
from console.store.models import CheckRecord
from console.store.notices import Notice
from console.store.servers import SeenCertificate
from tests import cases, placed
from tests.services.test_counted import counted


@pytest.fixture
def box(ctx, bob):
    return placed.inbox(ctx, bob)


def lines(ctx, actor, ref):
    return happenings.around(ctx, one_case.show(ctx, actor, ref))


def told(ctx, actor, ref):
    return [(one.kind, one.code) for one in lines(ctx, actor, ref)]


def done(ctx, by, action, target, *, minutes, **detail):
    with ctx.store.write() as session:
        audit.record(session, by, action, target, ctx.clock() - timedelta(minutes=minutes), **detail)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("inbox.edit", lambda box, _bob: ("inbox", box, "bob@acme.test")),
        ("domain.save", lambda _box, _bob: ("domain", "acme.test", "acme.test")),
        ("app.save", lambda _box, _bob: ("provider", "pigeon", "Pigeon")),
        ("person.role", lambda _box, bob: ("person", bob.id, "bob@acme.test")),
        ("certificates.forbid", lambda _box, _bob: ("setting", "certificates", "certificates")),
    ],
)
def test_what_was_done_to_inbox_domain_provider_owner_and_settings_is_told(ctx, hanne, alice, bob, box, action, target):
    ref = cases.episode(ctx, box, minutes=30)
    done(ctx, alice, action, target(box, bob), minutes=40)

    found = [one for one in lines(ctx, hanne, ref) if one.code == action]

    assert [(one.who, one.near) for one in found] == [("Alice Andersen", True)]


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("inbox.edit", ("inbox", 99, "far@other.test")),
        ("domain.save", ("domain", "other.test", "other.test")),
        ("app.save", ("provider", "other", "Other")),
        ("sign-in", ("person", 2, "bob@acme.test")),
    ],
)
def test_what_was_done_to_others_and_who_signed_in_is_not(ctx, hanne, alice, box, action, target):
    ref = cases.episode(ctx, box, minutes=30)
    done(ctx, alice, action, target, minutes=40)

    assert action not in [one.code for one in lines(ctx, hanne, ref)]


def test_newest_first_from_a_day_before_and_marked_within_the_hour_before(ctx, hanne, alice, box):
    ref = cases.episode(ctx, box, minutes=30)
    about = ("inbox", box, "bob@acme.test")
    for minutes, action in (
        (25 * 60, "inbox.move"),
        (10 * 60, "inbox.edit"),
        (40, "certificate.trust"),
        (5, "inbox.edit"),
    ):
        done(ctx, alice, action, about, minutes=minutes)

    found = [(one.code, one.near) for one in lines(ctx, hanne, ref)]

    assert found == [("inbox.edit", False), ("began", False), ("certificate.trust", True), ("inbox.edit", False)]


def test_alike_things_in_a_row_are_one_line_with_a_number(ctx, hanne, alice, bob):
    boxes = [placed.inbox(ctx, bob, f"box{n}@acme.test") for n in range(12)]
    ref = cases.incident(ctx, boxes, minutes=30)
    for box in boxes:
        done(ctx, alice, "inbox.defaults", ("inbox", box, f"{box}"), minutes=40, before="a", after="b")

    found = [one for one in lines(ctx, hanne, ref) if one.code == "inbox.defaults"]

    assert [(one.alike, one.about, one.near) for one in found] == [(12, "", True)]


def seen_certificate(ctx, **columns):
    now = ctx.clock()
    with ctx.store.write() as session:
        session.add(
            SeenCertificate(
                **{
                    "host": "mail.acme.test",
                    "port": 993,
                    "sha256": "old",
                    "not_after": now + timedelta(days=90),
                    "first_seen_at": now - timedelta(days=90),
                    "last_seen_at": now,
                    **columns,
                }
            )
        )


def test_a_certificate_that_ended_is_told(ctx, hanne, box):
    seen_certificate(ctx, not_after=ctx.clock() - timedelta(minutes=80))

    found = [one for one in lines(ctx, hanne, cases.incident(ctx, [box])) if one.kind == "certificate"]

    assert [(one.code, one.near) for one in found] == [("ended", True)]


def test_a_certificate_in_the_place_of_another_is_told_and_a_first_one_is_not(ctx, hanne, box):
    ref = cases.incident(ctx, [box])
    seen_certificate(ctx, first_seen_at=ctx.clock() - timedelta(minutes=70))
    first = [code for kind, code in told(ctx, hanne, ref) if kind == "certificate"]
    seen_certificate(ctx, sha256="new", first_seen_at=ctx.clock() - timedelta(minutes=65))

    assert first == []
    assert [code for kind, code in told(ctx, hanne, ref) if kind == "certificate"] == ["changed"]


def test_the_steps_of_an_incident_are_told(ctx, hanne, box):
    ref = cases.incident(ctx, [box], owners_told_from=ctx.clock() - timedelta(minutes=3))
    cases.end(ctx, ref)

    assert [code for kind, code in told(ctx, hanne, ref) if kind in {"incident", "episode"}] == [
        "over",
        "owners-told",
        "opened",
        "began",
    ]


def test_checks_are_told_from_the_last_that_passed(ctx, hanne, box, clock):
    began = clock() - timedelta(minutes=60)
    for minutes, code in ((-20, None), (0, "bad-credentials"), (5, "bad-credentials")):
        at = began + timedelta(minutes=minutes)
        with ctx.store.write() as session:
            session.add(
                CheckRecord(
                    inbox_id=box,
                    trigger="schedule",
                    started_at=at,
                    finished_at=at,
                    revision=1,
                    health="failing" if code else "healthy",
                    problem=code,
                    stages=[],
                )
            )

    found = told(ctx, hanne, cases.episode(ctx, box))

    assert found == [("check", "bad-credentials"), ("episode", "began"), ("check", "passed")]


def test_an_earlier_episode_of_the_inbox_is_told(ctx, hanne, box, clock):
    cases.episode(ctx, box, "connection-timeout", minutes=3 * 1440, ended_at=clock() - timedelta(days=2))

    found = lines(ctx, hanne, cases.episode(ctx, box))

    assert [one.values["problem"] for one in found if one.kind == "earlier"] == ["connection-timeout"]


def test_notices_links_notes_and_what_staff_did_are_told(ctx, hanne, bob, box, clock):
    ref = cases.episode(ctx, box)
    handlings.take(ctx, hanne, ref)
    handlings.note(ctx, hanne, ref, "Called Bob.")
    now = clock()
    with ctx.store.write() as session:
        session.add(
            Notice(
                once="a", kind="episode", channel="mail", person_id=bob.id, address="bob@acme.test", inbox_id=box,
                episode_id=ref.id, state="sent", created_at=now, not_before=now, sent_at=now,
            )
        )  # fmt: skip
        session.add(
            ReconnectLink(
                token_hash="x", seed="x", inbox_id=box, person_id=bob.id, address="bob@acme.test", by_id=hanne.id,
                created_at=now, expires_at=now + timedelta(days=2), started_at=now,
            )
        )  # fmt: skip

    found = told(ctx, hanne, ref)

    assert {("done", "case.take"), ("note", "note"), ("notice", "sent"), ("link", "sent"), ("link", "started")} <= set(
        found
    )


def test_the_line_is_bounded_and_costs_the_same_for_many(ctx, hanne, alice, bob):
    boxes = [placed.inbox(ctx, bob, f"box{n}@acme.test", secret={}) for n in range(60)]
    few, many = cases.incident(ctx, boxes[:3]), cases.incident(ctx, boxes[3:], target="other.test")
    for number in range(300):
        action = "inbox.edit" if number % 2 else "certificate.trust"
        done(ctx, alice, action, ("inbox", boxes[number % 57 + 3], "x"), minutes=number / 10)
    with counted(ctx) as three:
        lines(ctx, hanne, few)
    with counted(ctx) as lots:
        found = lines(ctx, hanne, many)

    assert len(three) == len(lots)
    assert len(found) <= happenings.MOST
