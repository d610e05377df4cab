"""What staff is told of without an inbox that fails: what will run out, and an app that a provider does not take."""

from datetime import timedelta

import pytest
from sqlmodel import select

from console.services import app_secrets, app_trouble, notice_plan, notice_warnings
from console.services.notice_words import Words
from console.store.notices import Notice
from console.store.servers import SeenCertificate
from tests import placed
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import owls
from tests.services.postman import change, incident, notices, states


@pytest.fixture
def families():
    return (OwlFamily(), PigeonFamily())


@pytest.fixture
def certificate(ctx, bob, clock):
    """A server that Bob's inbox uses shows a certificate with 29 days left."""
    placed.inbox(ctx, bob, "bob@mail.test", provider="pigeon", host="mail.test")
    with ctx.store.write() as session:
        session.add(
            SeenCertificate(
                host="mail.test",
                port=993,
                sha256="AB",
                not_after=clock.now + timedelta(days=29),
                first_seen_at=clock.now,
                last_seen_at=clock.now,
            )
        )


def test_what_runs_out_is_told_once_for_each_threshold(ctx, alice, certificate, clock):
    notice_warnings.look(ctx)
    clock.advance(days=1)
    notice_warnings.look(ctx)
    assert [one.kind for one in notices(ctx)] == ["radar"]
    change(ctx, Notice, notices(ctx)[0].id, state="sent")

    clock.advance(days=15)
    notice_warnings.look(ctx)

    assert [(one.kind, one.digest) for one in notices(ctx)] == [("radar", True), ("radar", True)]


def test_looking_again_never_puts_off_what_waits_to_be_sent(ctx, alice, certificate, clock):
    notice_warnings.look(ctx)
    (one,) = notices(ctx)
    change(ctx, Notice, one.id, not_before=clock.now + timedelta(hours=2))

    clock.advance(minutes=10)
    notice_warnings.look(ctx)

    assert [found.not_before for found in notices(ctx)] == [clock.now + timedelta(minutes=110)]


def test_what_was_renewed_before_it_was_told_is_withdrawn(ctx, alice, certificate, clock):
    notice_warnings.look(ctx)
    with ctx.store.write() as session:
        for row in session.exec(select(SeenCertificate)):
            row.not_after = clock.now + timedelta(days=400)

    notice_warnings.look(ctx)

    assert states(ctx) == [("radar", "withdrawn", "over")]


def test_what_runs_out_is_said_in_words(ctx, alice, certificate):
    notice_warnings.look(ctx)
    rows = notices(ctx)
    with ctx.store.read() as session:
        letter = Words(ctx, session, rows, "en").digest(rows)

    said = [line.text for line in letter.lines]
    assert "Certificate of mail.test:993 runs out on 22 Dec 2026" in said
    assert "Days that are left: 29. Inboxes that stop then: 1." in said


@pytest.fixture
def refused(ctx, alice):
    """The owls' tower does not take the app of this console."""
    owls.set_up(ctx, alice)
    with ctx.store.read() as session:
        app = app_secrets.for_use(ctx, session, "owl")
    app_trouble.broke(ctx, "owl", app_secrets.fingerprint(ctx, app), "oauth-client-secret", "invalid_client")


def test_an_app_that_is_not_taken_is_told_once_when_no_incident_tells_of_it(ctx, alice, refused, clock):
    notice_warnings.look(ctx)
    assert notices(ctx) == []

    clock.advance(minutes=5)
    notice_warnings.look(ctx)
    notice_warnings.look(ctx)

    assert [(one.kind, one.problem, one.address) for one in notices(ctx)] == [
        ("app", "oauth-client-secret", alice.email)
    ]


def test_an_app_that_is_taken_again_before_it_was_told_is_withdrawn(ctx, alice, refused, clock):
    clock.advance(minutes=5)
    notice_warnings.look(ctx)
    with ctx.store.read() as session:
        app = app_secrets.for_use(ctx, session, "owl")
    app_trouble.mended(ctx, "owl", app_secrets.fingerprint(ctx, app))

    notice_warnings.look(ctx)

    assert states(ctx) == [("app", "withdrawn", "over")]


def test_an_app_whose_trouble_is_an_incident_is_told_with_the_incident_alone(ctx, alice, refused, clock):
    incident(ctx, level="app", target="owl", problem="oauth-client-secret", nature="shared")
    clock.advance(minutes=5)

    notice_warnings.look(ctx)
    notice_plan.look(ctx)

    assert [(one.kind, one.incident_id is not None) for one in notices(ctx)] == [("app", True)]
