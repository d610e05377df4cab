"""Puts inboxes that fail alike together: reads who failed lately, asks the rules, and writes the incidents down."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, Text, and_, cast, exists, func, literal, or_, update
from sqlmodel import Session, col, select

from console.rules import capabilities
from console.rules.alike import Nature, alike, nature
from console.rules.grouping import FEWEST, LEVELS, Drop, Known, Place, Plan, group
from console.rules.health import Health
from console.rules.incident import MANY_REFUSED, State, wait
from console.rules.problems import CATALOGUE
from console.services import app_trouble, cadence, incidents, notice_plan, switches
from console.services.context import Context
from console.services.episodes import PATIENCE
from console.services.turn import Turn
from console.store import insert_into
from console.store.episodes import Episode, Incident
from console.store.models import Credential, Inbox
from console.store.servers import ServerStanding

# Databases take so many values in a statement, and more.
AT_ONCE = 5000
# What is due is taken up within moments where nothing stands in the way.
OVERDUE = timedelta(minutes=1)
# What follows from the app of a provider is put together by `services.causes`.
APART = app_trouble.APP_PROBLEMS
ALIKE = frozenset(code for code in CATALOGUE if alike(code) is not None) - {app_trouble.SECRET}


def gather(ctx: Context, turn: Turn) -> None:
    """Open, widen and fill incidents as the open episodes of the last quarter of an hour say."""
    with ctx.store.read() as session:
        free = _drops(session, turn, col(Episode.incident_id).is_(None))
        if not free:
            return
        known = _known(session)
        inside = col(Episode.incident_id).in_([incident.id for incident in known])
        members = _drops(session, turn, inside, col(Episode.turned_at) > turn.now - PATIENCE) if known else []
        enough = sum(drop.recent for drop in free) >= FEWEST or members
        sizes = _sizes(session, turn.now) if enough else {}
        intervals = cadence.intervals(ctx, session) if enough else None
        every = {place.provider: intervals.every(place.provider) for place in sizes} if intervals else {}
        plans = group([*free, *members], known, sizes, every)
    for plan in plans:
        _carry_out(ctx, plan, turn.now)


def _known(session: Session) -> list[Known]:
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Incident.id, Incident.level, Incident.target, Incident.problem, Incident.nature
        ).where(incidents.unfinished(), col(Incident.owners_told_from).is_(None), col(Incident.problem).not_in(APART))
    ).all()
    found = []
    for incident_id, level, target, code, why in rows:
        kind = why if why == Nature.REFUSALS else alike(code)
        if incident_id is not None and level in LEVELS and kind is not None:
            found.append(Known(incident_id, level, target, kind))
    return found


def app_of() -> ColumnElement[str]:
    """Return the expression of the app that an inbox signs in with; empty for a password."""
    return func.coalesce(col(Credential.client_id), literal("", String))


def _drops(session: Session, turn: Turn, *which: ColumnElement[bool]) -> list[Drop]:
    began = func.coalesce(col(Episode.turned_at), col(Episode.began_at))
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Episode.inbox_id,
            Episode.incident_id,
            Episode.problem,
            and_(began >= turn.now - PATIENCE, began <= turn.now + PATIENCE),
            Inbox.host,
            Inbox.domain,
            app_of(),
            Inbox.provider,
            Inbox.problem_host,
            Inbox.problem_stage,
        )
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .join(Credential, col(Credential.inbox_id) == col(Inbox.id), isouter=True)
        .where(
            col(Episode.ended_at).is_(None),
            col(Episode.own_at).is_(None),
            col(Episode.problem).in_(ALIKE),
            ~switches.is_off(),
            *which,
        )
    ).all()
    return [
        Drop(
            inbox_id,
            Place(host, domain, app, provider),
            code,
            incident_id,
            bool(recent),
            problem_host,
            capabilities.of_stage(stage) not in capabilities.SHORT,
        )
        for inbox_id, incident_id, code, recent, host, domain, app, provider, problem_host, stage in rows
    ]


def _sizes(session: Session, now: datetime) -> dict[Place, int]:
    """Return how many inboxes there are by place, of any provider, as a domain or a server has inboxes of each.

    Those of which nothing is known, because their server does not answer, are left out.
    """
    app = app_of()
    rows = session.exec(
        select(Inbox.host, Inbox.domain, app, Inbox.provider, func.count())  # type: ignore[call-overload]
        .select_from(Inbox)
        .join(Credential, col(Credential.inbox_id) == col(Inbox.id), isouter=True)
        .where(col(Inbox.removed_at).is_(None), ~switches.is_off(), ~_kept_waiting(now))
        .group_by(col(Inbox.host), col(Inbox.domain), app, col(Inbox.provider))
    ).all()
    return {Place(host, domain, client, provider): number for host, domain, client, provider, number in rows}


def _kept_waiting(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an inbox is overdue because a server of its does not answer.

    Such a server is met by one at a time, and each waits for as long as a check may: of a large group a fifth
    would never be looked at within a quarter of an hour. Those that wait show nothing, so they are not counted as well.
    """
    of_settings = cast(col(Inbox.settings), Text).like(literal('%"') + col(ServerStanding.host) + literal('"%'))
    silent = exists().where(
        col(ServerStanding.unanswered) > 0, or_(col(ServerStanding.host) == col(Inbox.host), of_settings)
    )
    overdue = col(Inbox.next_check) < now - OVERDUE
    return func.coalesce(and_(col(Inbox.health) == Health.HEALTHY.value, overdue, silent), False)


def _carry_out(ctx: Context, plan: Plan, now: datetime) -> None:
    with ctx.store.write() as session:
        incident = _row(session, plan, now)
        if incident is None:
            return
        for swallowed in session.exec(
            select(Incident)
            .where(col(Incident.id).in_(plan.swallowed), incidents.unfinished())
            .order_by(col(Incident.id))
            .with_for_update()
        ).all():
            swallow(session, swallowed, incident, now)
        if (incident.level, incident.target) != (plan.level, plan.target):
            before = {"from_level": incident.level, "from": incident.target}
            incident.level, incident.target = plan.level, plan.target
            incidents.happened(incident, "widened", now, level=plan.level, to=plan.target, **before)
        joined = join(session, incident, plan.joining)
        if joined and plan.incident_id is not None:
            incidents.happened(incident, "joined", now, inboxes=joined)


def _row(session: Session, plan: Plan, now: datetime) -> Incident | None:
    """Return the incident of a plan, locked; None when it was over meanwhile, or nobody is left to be in a new one."""
    if plan.incident_id is not None:
        return session.exec(
            select(Incident).where(Incident.id == plan.incident_id, incidents.unfinished()).with_for_update()
        ).first()
    newest = session.exec(
        select(Episode.problem, Inbox.server_text, Inbox.problem_stage, Episode.turned_at)
        .join(Inbox, col(Inbox.id) == col(Episode.inbox_id))
        .where(_free(sorted(plan.joining)[:AT_ONCE]))
        .order_by(col(Episode.id).desc())
    ).all()
    codes = Counter(code for code, _, _, _ in newest)
    if not codes:
        return None
    code = codes.most_common(1)[0][0]
    text, stage = next((text, stage) for found, text, stage, _ in newest if found == code)
    why = nature(code)
    apart = wait(why, code, 0)
    return begin(
        session,
        Incident(
            level=plan.level,
            target=plan.target,
            problem=MANY_REFUSED if why is Nature.REFUSALS else code,
            nature=why.value,
            # One of them may have failed alone for long before.
            began_at=min([now, *(at for _, _, _, at in newest if at is not None and at >= now - PATIENCE)]),
            opened_at=now,
            changed_at=now,
            server_text=text,
            stage=stage,
            canary_at=None if apart is None else now + apart,
        ),
    )


def begin(session: Session, incident: Incident) -> Incident:
    """Add an incident, or return the one that is there already for the same, locked."""
    incidents.happened(incident, "opened", incident.opened_at)
    values = incident.model_dump(exclude={"id"})
    session.execute(insert_into(session, Incident).values(values).on_conflict_do_nothing())
    return session.exec(
        select(Incident)
        .where(
            Incident.level == incident.level,
            Incident.target == incident.target,
            Incident.problem == incident.problem,
            incidents.unfinished(),
            col(Incident.owners_told_from).is_(None),
        )
        .order_by(col(Incident.id))
        .with_for_update()
    ).one()


def _free(inbox_ids: Iterable[int]) -> ColumnElement[bool]:
    return and_(
        col(Episode.inbox_id).in_(list(inbox_ids)), col(Episode.ended_at).is_(None), col(Episode.incident_id).is_(None)
    )


def join(session: Session, incident: Incident, inbox_ids: Iterable[int]) -> int:
    """Take inboxes whose episodes are in no incident into this one; return how many."""
    ids, joined = sorted(inbox_ids), 0
    for start in range(0, len(ids), AT_ONCE):
        joined += len(
            session.execute(
                update(Episode)
                .where(_free(ids[start : start + AT_ONCE]))
                .values(incident_id=incident.id)
                .returning(col(Episode.id))
                .execution_options(synchronize_session=False)
            ).all()
        )
    count_members(session, incident)
    return joined


def count_members(session: Session, incident: Incident) -> None:
    """Remember the most inboxes that an incident ever had at a time."""
    number = session.exec(
        select(func.count()).where(col(Episode.incident_id) == incident.id, col(Episode.ended_at).is_(None))
    ).one()
    incident.most_inboxes = max(incident.most_inboxes, number)


def swallow(session: Session, other: Incident, incident: Incident, now: datetime) -> None:
    """Make another incident part of this one. What was told of it is over with this one, so nobody is told twice."""
    session.execute(
        update(Episode)
        .where(col(Episode.incident_id) == other.id)
        .values(incident_id=incident.id)
        .execution_options(synchronize_session=False)
    )
    notice_plan.swallowed(session, other.id, incident.id)
    incident.began_at = min(incident.began_at, other.began_at)
    incident.told_at = incident.told_at or other.told_at
    other.state, other.ended_at, other.changed_at = State.OVER.value, now, now
    other.all_clear_at = other.all_clear_at or now
    incidents.happened(other, "swallowed", now, by=incident.id)
    incidents.happened(incident, "swallowed-one", now, level=other.level, target=other.target)
