"""One case of the help desk: an incident, or the open episode of one inbox.

A case is named by its kind and id, as in `incident-3`. An episode that is in an open incident is no case of its own.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_
from sqlmodel import col, select

from console.rules.alike import Nature
from console.rules.health import Health
from console.rules.permissions import Reach, reach
from console.rules.problems import Who, problem
from console.services.context import Actor, Context, NotFound
from console.store.cases import Handling
from console.store.episodes import Episode, Incident

INCIDENT, EPISODE = "incident", "episode"
FIRST_INBOXES = 5
NOTES = 50
LONGEST_SLEEP = timedelta(days=90)
# So long the end of a case that slept is still shown to those who come by.
SHOWN_AFTER_END = timedelta(hours=1)
WEIGHTS = {1: "degraded", 2: "failing", 3: "needs-sign-in"}
_NAMED = re.compile(r"(incident|episode)-([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Ref:
    """Names a case."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.id}"


def named(text: str) -> Ref | None:
    """Return the case that `text` names, whether or not there is one."""
    found = _NAMED.fullmatch(text)
    return Ref(found[1], int(found[2])) if found else None


def ensure(actor: Actor, action: str = "help-desk.see") -> None:
    """Raise NotFound for everybody who does not work at the help desk."""
    if reach(actor.role, action) is not Reach.ALL:
        raise NotFound


def acting(code: str, nature: str, told_from: datetime | None, now: datetime) -> Who:
    """Return who must act. A wave of refusals is nobody's but the provider's until its owners are told."""
    if nature == Nature.REFUSALS and (told_from is None or told_from > now):
        return Who.AUTO
    return problem(code).who


def health_of(incident: Incident, worst: str, now: datetime) -> str:
    """Return the health to show of an incident whose inboxes have `worst`, "" where none tells.

    In a wave of refusals nobody has to sign in until its owners are told.
    """
    who = acting(incident.problem, incident.nature, incident.owners_told_from, now)
    if incident.nature == Nature.REFUSALS and who is Who.AUTO and worst == Health.NEEDS_SIGN_IN:
        return Health.FAILING
    return worst or expected_health(incident.problem)


def ripe(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an episode, joined with its incident if it has one, is a case of its own."""
    return and_(
        col(Episode.ended_at).is_(None),
        col(Episode.ripe_at) <= now,
        or_(col(Episode.incident_id).is_(None), col(Incident.ended_at).is_not(None)),
    )


def episode_weight() -> ColumnElement[int]:
    """Return the expression of how bad an episode is."""
    return case(*((col(Episode.health) == health, rank) for rank, health in WEIGHTS.items()), else_=0)


def sleeping(kind: str, now: datetime) -> ColumnElement[int]:
    """Return the expression, 1 or 0, that a case joined with its handling sleeps: until its time, or until it is worse.

    It is computed when it is asked for, so that a case wakes with nothing running. A time further ahead than anybody
    may choose was chosen by a clock that was wrong, and is over.
    """
    weight, code = (
        (col(Incident.most_inboxes), col(Incident.problem))
        if kind == INCIDENT
        else (episode_weight(), col(Episode.problem))
    )
    same = and_(weight <= col(Handling.snoozed_weight), code == col(Handling.snoozed_problem))
    until = col(Handling.snoozed_until)
    return case((and_(until > now, until <= now + LONGEST_SLEEP, same), 1), else_=0)


def handling_of(kind: str) -> ColumnElement[bool]:
    """Return the condition that joins a case with its handling."""
    identity = col(Incident.id) if kind == INCIDENT else col(Episode.id)
    return and_(col(Handling.kind) == kind, col(Handling.case_id) == identity)


def of_inbox(ctx: Context, actor: Actor, inbox_id: int) -> Ref | None:
    """Return the open case that an inbox is in, for those who work at the help desk."""
    if reach(actor.role, "help-desk.see") is not Reach.ALL:
        return None
    now = ctx.clock()
    with ctx.store.read() as session:
        found = session.exec(
            select(Episode.id, Episode.incident_id, Episode.ripe_at, Incident.ended_at)
            .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
            .where(Episode.inbox_id == inbox_id, col(Episode.ended_at).is_(None))
        ).first()
    if found is None:
        return None
    episode_id, incident_id, ripe_at, incident_ended = found
    if incident_id is not None and incident_ended is None:
        return Ref(INCIDENT, incident_id)
    return Ref(EPISODE, episode_id or 0) if ripe_at is not None and ripe_at <= now else None


def expected_health(code: str) -> str:
    """Return the health that a problem leaves an inbox with, where no inbox tells its own."""
    return {"refusal": "needs-sign-in", "broken": "failing"}.get(problem(code).kind.value, "degraded")
