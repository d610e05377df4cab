"""Incidents whose cause is known from the console itself: an app that is not taken, a provider that is switched off."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal
from sqlmodel import Session, col, select

from console.rules.alike import Nature
from console.rules.grouping import APP, PROVIDER
from console.rules.health import Health
from console.rules.incident import Event, State
from console.services import app_trouble, gathering, incidents, recovery, switches
from console.services.context import Context
from console.services.episodes import open_of
from console.services.turn import Turn
from console.store import insert_into
from console.store.consents import AppStanding
from console.store.episodes import Episode, Incident
from console.store.models import Inbox, SwitchedOff


def follow(ctx: Context, turn: Turn) -> None:
    """Open, fill and end the incidents of apps and of switched-off providers."""
    with ctx.store.read() as session:
        not_taken = select(AppStanding).where(col(AppStanding.problem).is_not(None))
        standing = {row.provider: row for row in session.exec(not_taken).all()}
        off = {
            row.target: row.at for row in session.exec(select(SwitchedOff).where(SwitchedOff.level == PROVIDER)).all()
        }
        known = session.exec(
            select(Incident).where(
                incidents.unfinished(), col(Incident.problem).in_([*app_trouble.APP_PROBLEMS, recovery.SWITCHED_OFF])
            )
        ).all()
        inboxes: dict[str, int] = dict(
            session.exec(
                select(Inbox.provider, func.count())
                .where(col(Inbox.removed_at).is_(None), col(Inbox.provider).in_({*standing, *off}))
                .group_by(col(Inbox.provider))
            ).all()
        )
    for slug, row in standing.items():
        if inboxes.get(slug) and slug not in off:
            _of_app(ctx, slug, row, turn.now)
    for incident in known:
        of_app = incident.level == APP and ctx.families.get(incident.target) is not None
        if of_app and incident.target not in standing and incident.state == State.OPEN:
            _taken_again(ctx, incident.id, turn.now)
        elif incident.problem == recovery.SWITCHED_OFF and (
            incident.target not in off or not inboxes.get(incident.target)
        ):
            _on_again(ctx, incident.id, turn.now)
    shown = {incident.target for incident in known if incident.problem == recovery.SWITCHED_OFF}
    for slug, since in off.items():
        if inboxes.get(slug) and slug not in shown:
            _of_switch(ctx, slug, since, inboxes[slug], turn.now)


def _of_app(ctx: Context, slug: str, row: AppStanding, now: datetime) -> None:
    with ctx.store.read() as session:
        known = _open_of_app(session, slug)
        complete = known is not None and known.state == State.OPEN and known.problem == row.problem
        if (
            complete
            and not session.exec(select(Inbox.id).where(_without_episode(slug)).limit(1)).first()
            and not (session.exec(select(Episode.id).where(_single(slug)).limit(1)).first())
        ):
            return
    with ctx.store.write() as session:
        incident = _open_of_app(session, slug, lock=True)
        if incident is None:
            incident = gathering.begin(
                session,
                Incident(
                    level=APP,
                    target=slug,
                    problem=row.problem or app_trouble.SECRET,
                    nature=Nature.SHARED.value,
                    began_at=min(row.since or now, now),
                    opened_at=now,
                    changed_at=now,
                    server_text=row.server_text,
                ),
            )
        if incident.state != State.OPEN:
            incident.state, incident.changed_at = State.OPEN.value, now
            incidents.happened(incident, Event.RELAPSED.value, now)
        incident.problem = row.problem or incident.problem
        columns = ("inbox_id", "problem", "health", "began_at", "changed_at", "turned_at", "ripe_at", "ended_how")
        waiting = select(  # type: ignore[call-overload]
            col(Inbox.id),
            literal(incident.problem),
            literal(Health.DEGRADED.value),
            *(literal(now, Episode.__table__.c.began_at.type) for _ in range(4)),  # type: ignore[attr-defined]
            literal(""),
        ).where(_without_episode(slug))
        session.execute(insert_into(session, Episode).from_select(columns, waiting).on_conflict_do_nothing())
        gathering.join(session, incident, session.exec(select(Episode.inbox_id).where(_single(slug))).all())


def _open_of_app(session: Session, slug: str, *, lock: bool = False) -> Incident | None:
    wanted = select(Incident).where(
        Incident.level == APP,
        Incident.target == slug,
        col(Incident.problem).in_(app_trouble.APP_PROBLEMS),
        incidents.unfinished(),
    )
    return session.exec(wanted.with_for_update() if lock else wanted).first()


def _without_episode(slug: str) -> ColumnElement[bool]:
    """Return the condition that an inbox waits for the app of its provider and has no episode."""
    return and_(
        col(Inbox.provider) == slug,
        col(Inbox.removed_at).is_(None),
        ~switches.is_off(),
        ~exists().where(open_of(col(Inbox.id))),
    )


def _single(slug: str) -> ColumnElement[bool]:
    """Return the condition that an episode is about the app of a provider, and in no incident."""
    return and_(
        col(Episode.ended_at).is_(None),
        col(Episode.incident_id).is_(None),
        col(Episode.problem).in_(app_trouble.APP_PROBLEMS),
        exists().where(col(Inbox.id) == col(Episode.inbox_id), col(Inbox.provider) == slug),
    )


def _taken_again(ctx: Context, incident_id: int | None, now: datetime) -> None:
    with ctx.store.write() as session:
        incident = session.exec(select(Incident).where(Incident.id == incident_id).with_for_update()).one()
        if incident.ended_at is None and incident.state == State.OPEN:
            recovery.resume(session, incident, now, Event.CAUSE_GONE)
    ctx.enqueue("sweep")


def _of_switch(ctx: Context, slug: str, since: datetime, inboxes: int, now: datetime) -> None:
    with ctx.store.write() as session:
        gathering.begin(
            session,
            Incident(
                level=PROVIDER,
                target=slug,
                problem=recovery.SWITCHED_OFF,
                nature=Nature.SHARED.value,
                began_at=min(since, now),
                opened_at=now,
                changed_at=now,
                most_inboxes=inboxes,
            ),
        )


def _on_again(ctx: Context, incident_id: int | None, now: datetime) -> None:
    with ctx.store.write() as session:
        incident = session.exec(select(Incident).where(Incident.id == incident_id).with_for_update()).one()
        if incident.ended_at is None:
            recovery.finish(session, incident, now)
