"""What an inbox shows as: lists that count in SQL and rows that are made in Python say the same, whatever there is."""

from datetime import timedelta
from itertools import product

import pytest
from sqlmodel import col, select

from console.rules.health import Health
from console.services import displayed, inbox_filters, incidents
from console.services.inboxes import row_of
from console.store.consents import AppStanding
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person, SwitchedOff
from tests.services import made

PROVEN = (None, timedelta(minutes=-1), timedelta(0), timedelta(hours=1))
CHECKED = (None, timedelta(minutes=-5), timedelta(hours=1))
HEALTHS = {**{health.value: "bad-credentials" for health in Health}, "healthy": None, "of-a-newer-version": "unknown"}
INCIDENTS = {
    "none": None,
    "outage": {"nature": "outage"},
    "recovering": {"nature": "outage", "state": "recovering"},
    "wave": {"nature": "refusals", "problem": "many-refused"},
    "real": {"nature": "refusals", "owners_told_from": 0},
    "shared": {"nature": "shared", "problem": "tls-expired"},
    "over": {"nature": "outage", "state": "over", "ended_at": 0},
}


@pytest.fixture
def everything(ctx, bob, clock):
    """Connect an inbox of every shape."""
    now, shapes = clock.now, list(product(HEALTHS, PROVEN, CHECKED, INCIDENTS, (False, True)))
    ids = made.make(ctx, bob, *(f"box{number}@acme.test" for number in range(len(shapes))), credential=False)
    common = {"level": "host", "target": "hill.test", "problem": "server-error", "began_at": now, "changed_at": now}
    with ctx.store.write() as session:
        known = {}
        for name, values in INCIDENTS.items():
            if values is not None:
                own = {key: now if value == 0 else value for key, value in values.items()}
                known[name] = Incident(**{**common, "opened_at": now, "target": name, **own})
                session.add(known[name])
        session.flush()
        rows = {row.id: row for row in session.exec(select(Inbox)).all()}
        for one, (health, proven, checked, incident, off) in zip(ids, shapes, strict=True):
            rows[one].health, rows[one].problem = health, HEALTHS[health]
            rows[one].proven_until = None if proven is None else now + proven
            rows[one].checked_at = None if checked is None else now + checked
            if incident != "none":
                session.add(
                    Episode(
                        inbox_id=one,
                        problem="unknown",
                        health="failing",
                        began_at=now,
                        changed_at=now,
                        incident_id=known[incident].id,
                    )
                )
            if off:
                session.add(SwitchedOff(level="inbox", target=str(one), by_id=bob.id, at=now))
    return ids


@pytest.mark.parametrize("besides", ["nothing", "app", "provider-off"])
def test_rows_and_lists_say_the_same_of_an_inbox_of_any_shape(ctx, alice, everything, clock, besides):
    now = clock.now
    with ctx.store.write() as session:
        if besides == "app":
            session.add(AppStanding(provider="pigeon", problem="oauth-client-secret", fingerprint="x"))
        if besides == "provider-off":
            session.add(SwitchedOff(level="provider", target="pigeon", by_id=alice.id, at=now))

    with ctx.store.read() as session:
        found = session.exec(
            select(
                Inbox,
                Person,
                displayed.health(now),
                displayed.problem(now),
                inbox_filters.state_at(now),
                displayed.switches.is_off(),
            ).join(Person, col(Person.id) == col(Inbox.owner_id))
        ).all()
        known = incidents.memberships(session, everything)

    trouble = "oauth-client-secret" if besides == "app" else None
    assert len(found) == len(everything)
    for inbox, owner, health, problem, state, off in found:
        row = row_of(ctx, alice, inbox, owner, bool(off), now, trouble, known.get(inbox.id))
        shown = "disabled" if row.switch == "off" else row.health
        shape = (inbox.health, inbox.proven_until, inbox.checked_at, known.get(inbox.id), off)
        assert (health, problem, state) == (shown, row.problem, inbox_filters.view_of(shown)), shape
