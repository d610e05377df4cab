"""Carries open incidents on: who is tried for all, whether the others may follow, and when it is over."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from console.rules.alike import Nature, alike
from console.rules.capabilities import BEYOND
from console.rules.grouping import FEWEST, needed
from console.rules.health import BACK_OFF
from console.rules.incident import MANY_REFUSED, TABLE, Event, State, may_try, told_after, turns, wait
from console.rules.problems import Kind, problem
from console.services import app_trouble, gathering, incidents, members
from console.services.context import Context
from console.services.episodes import PATIENCE, RECONNECTED, RECOVERED
from console.services.members import Member
from console.services.turn import Turn
from console.store.episodes import Episode, Incident

SWITCHED_OFF = "switched-off"
# Trying this one again may lock it for longer, so another is tried for all.
LOCKED = "account-locked"
AT_ONCE = 5000
# A check ends within so long.
UNDER_WAY = timedelta(seconds=30)


def carry_on(ctx: Context, turn: Turn) -> None:
    """Take every open incident as far as it goes now."""
    with ctx.store.read() as session:
        ids = session.exec(select(Incident.id).where(incidents.unfinished()).order_by(col(Incident.id))).all()
        standing = set(app_trouble.problems(session)) if ids else set()
    for incident_id in ids:
        with ctx.store.write() as session:
            incident = session.exec(
                select(Incident).where(Incident.id == incident_id, incidents.unfinished()).with_for_update()
            ).first()
            if incident is None or incident.problem == SWITCHED_OFF:
                continue
            if incident.problem in app_trouble.APP_PROBLEMS and incident.level == "app" and incident.target in standing:
                continue  # It goes on when the provider takes the app, and not before.
            _Life(ctx, session, incident, turn).go_on()


def resume(session: Session, incident: Incident, now: datetime, event: Event) -> None:
    """Let all inboxes of an incident follow, gently, because of what happened."""
    incident.state = TABLE[State(incident.state), event].value
    incident.recovering_from = incident.changed_at = now
    incident.through = members.well(session, incident)
    if incident.problem not in app_trouble.APP_PROBLEMS:
        incident.canary_at = now
    ids = session.exec(
        select(Episode.inbox_id)
        .where(col(Episode.incident_id) == incident.id, col(Episode.ended_at).is_(None))
        .order_by(col(Episode.inbox_id))
    ).all()
    incidents.happened(incident, event.value, now, inboxes=len(ids))
    incidents.make_due(session, ids, turns(len(ids), now))


def finish(session: Session, incident: Incident, now: datetime) -> None:
    """End an incident. Where nobody of it got well, as all were switched off, there is no all-clear to give."""
    incident.state = TABLE[State(incident.state), Event.CLEARED].value
    incident.ended_at = incident.changed_at = now
    incident.canary_at = None
    incidents.happened(incident, "over", now)
    healed = session.exec(
        select(Episode.id)
        .where(col(Episode.incident_id) == incident.id, col(Episode.ended_how).in_([RECOVERED, RECONNECTED]))
        .limit(1)
    ).first()
    if healed is None and incident.problem != SWITCHED_OFF:
        incident.all_clear_at = incident.all_clear_at or now


class _Life:
    """One incident in one round."""

    def __init__(self, ctx: Context, session: Session, incident: Incident, turn: Turn) -> None:
        self._ctx, self._session, self._incident, self._turn = ctx, session, incident, turn
        self._now = turn.now
        self._nature = Nature(incident.nature)
        self._counts = members.counts(session, incident)

    @cached_property
    def _members(self) -> list[Member]:
        """All inboxes of it; not read where nothing happens, because there may be many."""
        return members.of(self._session, self._incident, self._now)

    def go_on(self) -> None:
        incident = self._incident
        self._tell_how_it_went()
        if not self._counts:
            finish(self._session, incident, self._now)
        elif incident.owners_told_from is not None and self._nature is Nature.REFUSALS:
            return  # It is real: each inbox waits for its owner.
        elif incident.state == State.OPEN:
            self._open()
        else:
            self._recovering()

    # While it is open.

    def _open(self) -> None:
        incident = self._incident
        refused = sum(number for code, number in self._counts.items() if alike(code) == Nature.REFUSALS)
        # Nobody tries on while all that are left are refused, so a few of them are as good as many.
        if self._nature is Nature.OUTAGE and refused >= min(FEWEST, self._counts.total()):
            wave = self._wave_there()
            if wave is not None:
                gathering.swallow(self._session, incident, wave, self._now)
                gathering.count_members(self._session, wave)
                return
            self._turn_into_refusals()
        if self._got_through():
            self._let_others_go()
            resume(self._session, incident, self._now, Event.PASSED)
            return
        self._let_others_go()
        patience = told_after(self._nature, incident.problem)
        untold = patience is not None and incident.owners_told_from is None
        if untold and patience is not None and self._turn.patient(incident.changed_at, patience):
            self._is_real()
        self._try_one()

    def _got_through(self) -> bool:
        """Return whether an inbox of it passed a check since it came to its state, if only with a warning."""
        warned = any(problem(code).kind is Kind.WARNING for code in self._counts if not self._alike(code))
        return warned or members.well(self._session, self._incident) > self._incident.through

    def _alike(self, code: str) -> bool:
        return self._nature is not Nature.REFUSALS and alike(code) == alike(self._incident.problem)

    def _let_others_go(self) -> None:
        """Let inboxes go that fail for another reason by now, but for a refusal: that may belong to an outage."""
        if self._nature is Nature.REFUSALS:
            other = {code for code in self._counts if problem(code).kind is Kind.WARNING}
        else:
            other = {code for code in self._counts if not self._alike(code)}
        if self._nature is Nature.OUTAGE:
            other = {code for code in other if alike(code) != Nature.REFUSALS}
        if other:
            self._leave(member for member in self._members if member.problem in other)
            self._members = [member for member in self._members if member.problem not in other]
            self._counts = Counter({code: number for code, number in self._counts.items() if code not in other})

    def _wave_there(self) -> Incident | None:
        """Return the wave of refusals that is known at the same place, locked: there is never a second one."""
        return self._session.exec(
            select(Incident)
            .where(
                Incident.level == self._incident.level,
                Incident.target == self._incident.target,
                Incident.problem == MANY_REFUSED,
                incidents.unfinished(),
                col(Incident.owners_told_from).is_(None),
            )
            .with_for_update()
        ).first()

    def _turn_into_refusals(self) -> None:
        """After an outage the server answers, and refuses whoever is tried: no outage any more, nor real yet."""
        incident = self._incident
        incident.nature, incident.problem, incident.changed_at = Nature.REFUSALS.value, MANY_REFUSED, self._now
        self._nature, incident.canary_tries = Nature.REFUSALS, []
        incident.canary_at = self._now + (wait(Nature.REFUSALS, MANY_REFUSED, 0) or PATIENCE)
        incidents.happened(incident, "turned", self._now, problem=MANY_REFUSED)

    def _is_real(self) -> None:
        """What lasted so long is real: owners are told. Of refusals every inbox shows its own, and none is tried."""
        incident = self._incident
        if self._nature is Nature.REFUSALS:
            self._leave(member for member in self._members if not member.refused)
            codes = Counter(member.problem for member in self._members if member.refused)
            if not codes:
                return
            incident.problem = codes.most_common(1)[0][0]
            incident.canary_at = incident.canary_id = None
        incident.owners_told_from = self._now
        own = {"own_at": self._now} if self._nature is Nature.REFUSALS else {}
        self._session.execute(
            update(Episode)
            .where(col(Episode.incident_id) == incident.id, col(Episode.ended_at).is_(None))
            .values(ripe_at=func.coalesce(col(Episode.ripe_at), self._now), **own)
            .execution_options(synchronize_session=False)
        )
        incidents.happened(incident, "real", self._now, inboxes=self._counts.total())

    def _try_one(self) -> None:
        incident = self._incident
        if incident.canary_at is None:
            return
        able = {code for code in self._counts if self._may_be_tried(code)}
        chosen = members.one(self._session, incident, incident.canary_id, self._now)
        if chosen is None or chosen.problem not in able:
            chosen = members.proven_last(self._session, incident, able, self._now)
            if chosen is None:
                incident.canary_id = None
                return
            if incident.canary_id is not None:
                incident.canary_at = min(incident.canary_at, self._now + BACK_OFF[0])
            incident.canary_id = chosen.inbox_id
        tries = [at for text in incident.canary_tries or [] if (at := _parsed(text)) is not None]
        if not may_try(self._nature, tries, self._now):
            return
        if incident.canary_at > self._now + (wait(self._nature, chosen.problem, len(tries)) or PATIENCE):
            incident.canary_at = self._now  # The clock was set back.
        # One that only cannot send is read in between, and put off in full until it is its turn.
        due = (chosen.next_check, chosen.full_due)
        if not chosen.leased and any(at is None or at > incident.canary_at for at in due):
            incidents.make_due(self._session, [chosen.inbox_id], [incident.canary_at])

    def _may_be_tried(self, code: str) -> bool:
        return code != LOCKED if self._nature is Nature.REFUSALS else self._alike(code)

    # While it recovers.

    def _recovering(self) -> None:
        incident = self._incident
        since = incident.recovering_from or incident.changed_at
        if since > self._now:  # The clock was set back.
            resume(self._session, incident, self._now, Event.PASSED)
        elif self._nature is Nature.REFUSALS:
            self._once_each(since)
        else:
            self._follow(since)

    def _once_each(self, since: datetime) -> None:
        """Every inbox is tried once by itself; who is refused again really is."""
        again, late = [], []
        refused, others = [], []
        for member in self._members:
            if member.tried_at is None:
                if member.next_check is None and not member.leased:
                    late.append(member)
            elif member.checked_since(max(member.tried_at, since)):
                if member.refused and member.strikes == 0:
                    refused.append(member)
                elif member.refused:
                    again.append(member)  # It met trouble on its way, so nothing was decided.
                else:
                    others.append(member)
        self._leave(refused, own_at=self._now, ripe_at=self._now)
        self._leave(others)
        if again:
            self._session.execute(
                update(Episode)
                .where(col(Episode.id).in_([member.episode_id for member in again]))
                .values(tried_at=None)
                .execution_options(synchronize_session=False)
            )
        for member in [*again, *late]:
            pause = BACK_OFF[min(member.strikes, len(BACK_OFF) - 1)] if member.strikes else PATIENCE / 15
            incidents.make_due(self._session, [member.inbox_id], [self._now + pause])
        self._clear([*refused, *others])

    def _follow(self, since: datetime) -> None:
        """The inboxes are checked; too many that fail as before mean that it is not over."""
        incident = self._incident
        if incident.stage in BEYOND:
            # What is read as ever may have been under way then, and says nothing about sending.
            since += UNDER_WAY
        checked = [member for member in self._members if member.checked_since(since)]
        kind = alike(incident.problem)
        as_before = [member for member in checked if alike(member.problem) == kind]
        through = members.well(self._session, incident) - incident.through
        if len(as_before) >= needed(through + len(checked)) and wait(self._nature, incident.problem, 0) is not None:
            incident.state = TABLE[State(incident.state), Event.RELAPSED].value
            incident.changed_at, incident.recovering_from = self._now, None
            incident.through += through
            tries = len(incident.canary_tries or [])
            incident.canary_at = self._now + (wait(self._nature, incident.problem, tries) or PATIENCE)
            incidents.happened(incident, Event.RELAPSED.value, self._now, inboxes=len(as_before))
            return
        gone = [member for member in checked if alike(member.problem) != kind]
        if len(checked) == len(self._members) and self._turn.patient(since, PATIENCE):
            gone = checked
        self._leave(gone)
        self._clear(gone)

    def _leave(self, gone: Iterable[Member], **values: Any) -> None:
        """Let inboxes go, each with a problem of its own; others may be put together with it again."""
        ids = [member.episode_id for member in gone]
        for start in range(0, len(ids), AT_ONCE):
            self._session.execute(
                update(Episode)
                .where(col(Episode.id).in_(ids[start : start + AT_ONCE]))
                .values(incident_id=None, try_token=None, **values)
                .execution_options(synchronize_session=False)
            )
        if ids:
            incidents.happened(self._incident, "left", self._now, inboxes=len(ids))

    def _clear(self, gone: Sequence[Member]) -> None:
        if len(gone) == len(self._members):
            finish(self._session, self._incident, self._now)

    def _tell_how_it_went(self) -> None:
        """Complete the line about the last try with what came of it."""
        incident = self._incident
        lines = incident.events if isinstance(incident.events, list) else []
        number = next((n for n in reversed(range(len(lines))) if lines[n].get("what") == "canary"), None)
        if number is None or lines[number].get("result"):
            return
        line, at = lines[number], _parsed(lines[number].get("at"))
        member = members.one(self._session, incident, line.get("inbox"), self._now)
        if at is None or (member is not None and not member.checked_since(at)):
            return
        result = {"result": "passed"} if member is None else {"result": "failed", "problem": member.problem}
        incident.events = [*lines[:number], {**line, **result}, *lines[number + 1 :]]


def _parsed(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
