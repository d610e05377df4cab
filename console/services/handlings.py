"""What staff do about a case: take it and give it back, note, let it sleep, hand it to an account admin, test.

A case that is over takes a note still, and nothing else; whoever presses is told what became of it.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import Session, col, select

from console.discovery.addresses import shown
from console.rules.replies import tidy
from console.rules.texts import N_
from console.services import audit, case, cases, checks
from console.services.cases import EPISODE, INCIDENT, Ref
from console.services.context import Actor, Context, NotFound, Refused
from console.services.holds import Held
from console.store import insert_into
from console.store.cases import CaseNote, Handling
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, Person

LONGEST_NOTE = 1000
MORNING = 8

OVER = N_("This case is over: it ended %(at)s. Nothing is left to do here.")
TAKEN = N_("%(name)s has taken this case.")


def take(ctx: Context, actor: Actor, ref: Ref, *, held_by: int | None = None) -> None:
    """Make a case the actor's, unless somebody else was faster than they saw.

    `held_by` is whose it was when they decided, None for nobody's. Raises NotFound, and Refused with who has it.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        label = _open(session, actor, ref)
        _ensure_row(session, ref)
        if not _change(session, ref, col(Handling.taken_by_id).is_not_distinct_from(held_by), actor.id, now):
            holder = session.exec(
                select(Person.id, Person.name)
                .join(Handling, col(Handling.taken_by_id) == col(Person.id))
                .where(Handling.kind == ref.kind, Handling.case_id == ref.id)
            ).first()
            if holder is not None and holder[0] == actor.id:
                return
            if holder is None:
                raise Refused(N_("This case was given back meanwhile. Take it if you want it."))
            raise Refused(TAKEN, name=holder[1])
        audit.record(session, actor, "case.take", (ref.kind, ref.id, label), now)


def give_back(ctx: Context, actor: Actor, ref: Ref) -> None:
    """Leave a case to whoever takes it next. Raises NotFound, and Refused when somebody else has it."""
    now = ctx.clock()
    with ctx.store.write() as session:
        label = _open(session, actor, ref)
        if not _change(session, ref, col(Handling.taken_by_id) == actor.id, None, None):
            raise Refused(N_("This case is not yours any more."))
        audit.record(session, actor, "case.give-back", (ref.kind, ref.id, label), now)


def _change(session: Session, ref: Ref, only: object, by_id: int | None, at: datetime | None) -> bool:
    changed = session.execute(
        update(Handling)
        .where(col(Handling.kind) == ref.kind, col(Handling.case_id) == ref.id, only)  # type: ignore[arg-type]
        .values(taken_by_id=by_id, taken_at=at)
        .returning(col(Handling.case_id))
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def note(ctx: Context, actor: Actor, ref: Ref, text: str) -> None:
    """Keep a note for the next colleague, of a case that is over too. Raises NotFound, Refused."""
    cases.ensure(actor, "help-desk.work")
    said = "\n".join(map(tidy, text.splitlines())).strip()
    if not said:
        raise Refused(N_("Type the note first."), field="text")
    if len(said) > LONGEST_NOTE:
        raise Refused(
            N_("A note has at most %(most)s characters; this one has %(number)s."),
            field="text",
            most=LONGEST_NOTE,
            number=len(said),
        )
    with ctx.store.write() as session:
        _case(session, ref)
        session.add(CaseNote(kind=ref.kind, case_id=ref.id, by_id=actor.id, at=ctx.clock(), text=said))


def until(ctx: Context, choice: str, own: str) -> datetime:
    """Return when a case wakes: `hour`, `tomorrow`, `monday`, or at `own`, a local date and time as browsers send it.

    Mornings are those of the console's time zone. Raises Refused for what cannot be read, is over or too far away.
    """
    now, zone = ctx.clock(), ZoneInfo(ctx.config.timezone)
    if choice == "hour":
        return now + timedelta(hours=1)
    today = now.astimezone(zone).date()
    days = {"tomorrow": 1, "monday": 7 - today.weekday()}.get(choice)
    if days is not None:
        day = today + timedelta(days=days)
        return datetime(day.year, day.month, day.day, MORNING, tzinfo=zone).astimezone(now.tzinfo)
    try:
        # A time that carries an offset of its own says more than the field can hold.
        wanted = datetime.fromisoformat(own.strip()).replace(tzinfo=zone).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        raise Refused(N_("Choose a day and a time."), field="until") from None
    if wanted <= now:
        raise Refused(N_("That time is over. Choose a later one."), field="until")
    if wanted > now + cases.LONGEST_SLEEP:
        raise Refused(N_("A case sleeps for %(days)s days at most."), field="until", days=cases.LONGEST_SLEEP.days)
    return wanted


def snooze(ctx: Context, actor: Actor, ref: Ref, wakes: datetime) -> None:
    """Take a case out of the queue until `wakes`, or until it is worse than now. Raises NotFound, Refused."""
    now = ctx.clock()
    with ctx.store.write() as session:
        label = _open(session, actor, ref)
        _ensure_row(session, ref)
        row = session.get_one(Handling, (ref.kind, ref.id), with_for_update=True)
        row.snoozed_until, row.snoozed_by_id = wakes, actor.id
        row.snoozed_problem, row.snoozed_weight = _as_it_is(session, ref)
        audit.record(session, actor, "case.snooze", (ref.kind, ref.id, label), now, until=wakes.isoformat())


def _as_it_is(session: Session, ref: Ref) -> tuple[str, int]:
    if ref.kind == INCIDENT:
        return session.exec(select(Incident.problem, Incident.most_inboxes).where(Incident.id == ref.id)).one()
    return session.exec(select(Episode.problem, cases.episode_weight()).where(Episode.id == ref.id)).one()


def wake(ctx: Context, actor: Actor, ref: Ref) -> None:
    """Put a sleeping case back into the queue. Raises NotFound, Refused."""
    now = ctx.clock()
    with ctx.store.write() as session:
        label = _open(session, actor, ref)
        row = session.get(Handling, (ref.kind, ref.id), with_for_update=True)
        if row is not None and row.snoozed_until is not None:
            row.snoozed_until = row.snoozed_by_id = None
            audit.record(session, actor, "case.wake", (ref.kind, ref.id, label), now)


def hand(ctx: Context, actor: Actor, ref: Ref) -> None:
    """Leave a case to the account admins. Raises NotFound, Refused."""
    now = ctx.clock()
    with ctx.store.write() as session:
        label = _open(session, actor, ref)
        _ensure_row(session, ref)
        row = session.get_one(Handling, (ref.kind, ref.id), with_for_update=True)
        if row.handed_at is not None:
            return
        row.handed_at, row.handed_by_id = now, actor.id
        if row.taken_by_id == actor.id:
            row.taken_by_id = row.taken_at = None
        audit.record(session, actor, "case.hand", (ref.kind, ref.id, label), now)


def take_back(ctx: Context, actor: Actor, ref: Ref) -> None:
    """Take a case back from the account admins. Raises NotFound, Refused."""
    now = ctx.clock()
    with ctx.store.write() as session:
        label = _open(session, actor, ref)
        row = session.get(Handling, (ref.kind, ref.id), with_for_update=True)
        if row is not None and row.handed_at is not None:
            row.handed_at = row.handed_by_id = None
            audit.record(session, actor, "case.take-back", (ref.kind, ref.id, label), now)


def test(ctx: Context, actor: Actor, ref: Ref) -> Held | None:
    """Have the inbox of a case tested now; of an incident one, then the rest follows. Raises NotFound, Refused.

    Returns what keeps only its sending from being tested now, None where nothing does.
    """
    with ctx.store.read() as session:
        _open(session, actor, ref)
    turn = case.show(ctx, actor, ref).turn
    if turn is None:
        raise Refused(N_("No inbox of this case is left to test."))
    return checks.ask(ctx, actor, turn)


def to_link(ctx: Context, actor: Actor, ref: Ref) -> int:
    """Return the inbox for which a reconnect link can mend a case. Raises NotFound, Refused."""
    with ctx.store.read() as session:
        _open(session, actor, ref)
    inbox_id = case.show(ctx, actor, ref).inbox_id
    if inbox_id is None:
        raise Refused(N_("A link is for one inbox. Open the inbox that you want to send it for."))
    return inbox_id


def _ensure_row(session: Session, ref: Ref) -> None:
    values = Handling(kind=ref.kind, case_id=ref.id).model_dump()
    session.execute(insert_into(session, Handling).values(values).on_conflict_do_nothing())


def _case(session: Session, ref: Ref) -> tuple[str, datetime | None, int | None]:
    """Return what a case is called in the audit log, when it ended, and the open incident it is in."""
    if ref.kind == INCIDENT:
        incident = session.get(Incident, ref.id)
        if incident is None:
            raise NotFound
        return incident.target, incident.ended_at, None
    found = session.exec(
        select(Inbox.address, Episode.ended_at, Episode.incident_id, Incident.ended_at)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .where(Episode.id == ref.id)
    ).first()
    if found is None:
        raise NotFound
    address, ended_at, incident_id, incident_ended = found
    return shown(address), ended_at, incident_id if incident_ended is None else None


def _open(session: Session, actor: Actor, ref: Ref) -> str:
    """Return what an open case is called. Raises NotFound, and Refused with what became of it."""
    cases.ensure(actor, "help-desk.work")
    label, ended_at, incident_id = _case(session, ref)
    if ended_at is not None:
        raise Refused(OVER, at=ended_at)
    if ref.kind == EPISODE and incident_id is not None:
        raise Refused(N_("This inbox is part of an incident now. Go on there; its notes are kept."))
    return label
