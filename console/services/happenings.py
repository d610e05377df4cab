"""What changed around a case: one line of time over everything that could explain it or was done about it.

It begins hours before the first failure, because what broke a mailbox was mostly done just before. Whatever is read is
bounded; alike things in a row become one line with a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, String, and_, cast, func, or_
from sqlmodel import Session, col, select

from console.discovery.addresses import shown
from console.services import cases
from console.services.case import Case
from console.services.cases import EPISODE, INCIDENT
from console.services.context import Context
from console.store.episodes import Episode, Incident
from console.store.links import ReconnectLink
from console.store.models import AuditEntry, CheckRecord, Inbox, Person
from console.store.notices import Notice
from console.store.servers import SeenCertificate

BEFORE = timedelta(hours=24)
NEAR = timedelta(hours=1)
EARLIER = timedelta(days=30)
MOST = 40
READ = 200
# People come and go without anything changing for a mailbox; incidents and links tell their own steps.
_QUIET = (
    "sign-in",
    "sign-out",
    "sign-out.everywhere",
    "password.choose",
    "password.change",
    "person.first-admin",
    "notice.again",
    "notice.clear-address",
    "webhook.save",
    "webhook.off",
    "webhook.remove",
    "person.welcome-link",
    "connect.start",
    "app.test",
    "incident.opened",
    "incident.over",
)


@dataclass(frozen=True)
class Happening:
    """One thing that happened: `kind` says what sort, `code` which; the rest are values for its sentence.

    `near` marks what was done within the hour before the first failure. `alike` things followed each other.
    """

    at: datetime
    kind: str
    code: str
    who: str = ""
    about: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    near: bool = False
    alike: int = 1


@dataclass(frozen=True)
class _Around:
    """What a case touches, as conditions, and between when."""

    case: Case
    inboxes: Any
    owners: Any
    first: datetime
    last: datetime

    def within(self, at: Any) -> ColumnElement[bool]:
        return and_(at >= self.first, at <= self.last)


def around(ctx: Context, case: Case) -> list[Happening]:
    """Return what happened from a day before the case began until now or its end, newest first."""
    with ctx.store.read() as session:
        return read(session, case, ctx.clock())


def read(session: Session, case: Case, now: datetime) -> list[Happening]:
    """Return what happened as `around` does."""
    mine = col(Episode.incident_id) == case.ref.id if case.ref.kind == INCIDENT else col(Episode.id) == case.ref.id
    owners = select(cast(col(Inbox.owner_id), String)).join(Episode, col(Episode.inbox_id) == col(Inbox.id)).where(mine)
    # What was done about it right after it ended belongs to it.
    last = case.ended_at + NEAR if case.ended_at else now
    seen = _Around(case, select(col(Episode.inbox_id)).where(mine), owners, case.since - BEFORE, last)
    found = [
        *_done(session, seen),
        *_certificates(session, seen),
        *_notices(session, seen),
        *_links(session, seen),
        *_noted(seen),
        *(_of_incident(session, case) if case.ref.kind == INCIDENT else _of_inbox(session, seen)),
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    near = [replace(one, near=_near(one, case)) for one in found]
    return list(_joined(near))[:MOST]


def _near(one: Happening, case: Case) -> bool:
    return one.kind in {"done", "certificate"} and case.since - NEAR <= one.at <= case.since


def _joined(found: Iterable[Happening]) -> Iterable[Happening]:
    last: Happening | None = None
    for one in found:
        if last is None or (one.kind, one.code, one.who) != (last.kind, last.code, last.who) or one.kind == "note":
            if last is not None:
                yield last
            last = one
        else:
            about = last.about if last.about == one.about else ""
            last = replace(last, alike=last.alike + one.alike, about=about, near=last.near or one.near)
    if last is not None:
        yield last


def _done(session: Session, seen: _Around) -> Iterable[Happening]:
    """Yield what people and the console did to the inboxes, owners, domains, providers, settings, and the case."""
    case = seen.case
    kind, target = col(AuditEntry.target_type), col(AuditEntry.target_id)
    domains = select(func.substr(Inbox.domain, 1, 40)).where(col(Inbox.id).in_(seen.inboxes)).distinct()
    providers = select(Inbox.provider).where(col(Inbox.id).in_(seen.inboxes)).distinct()
    rows = session.exec(
        select(AuditEntry)
        .where(
            seen.within(col(AuditEntry.at)),
            col(AuditEntry.action).not_in(_QUIET),
            ~col(AuditEntry.action).startswith("link."),
            or_(
                and_(kind == "inbox", target.in_(_text_ids(seen))),
                and_(kind == "person", target.in_(seen.owners)),
                and_(kind == "domain", target.in_(domains)),
                and_(kind == "provider", target.in_(providers)),
                kind == "setting",
                and_(kind == case.ref.kind, target == str(case.ref.id)),
            ),
        )
        .order_by(col(AuditEntry.at).desc())
        .limit(READ)
    ).all()
    own = {INCIDENT, EPISODE, "setting"}
    for row in rows:
        detail = row.detail if isinstance(row.detail, dict) else {}
        about = "" if row.target_type in own or row.target_label == case.address else row.target_label
        yield Happening(row.at, "done", row.action, row.actor_name, about, detail)


def _text_ids(seen: _Around) -> Any:
    return select(cast(col(Inbox.id), String)).where(col(Inbox.id).in_(seen.inboxes))


def _certificates(session: Session, seen: _Around) -> Iterable[Happening]:
    """Yield the certificates that the servers began to show, and those that ended."""
    host = seen.case.host
    if not host:
        return
    rows = session.exec(
        select(SeenCertificate)
        .where(SeenCertificate.host == host)
        .order_by(col(SeenCertificate.first_seen_at).desc())
        .limit(MOST)
    ).all()
    for row in rows:
        values = {"port": row.port, "issuer": row.issuer, "from": row.first_seen_at, "until": row.not_after}
        older = any(one.port == row.port and one.first_seen_at < row.first_seen_at for one in rows)
        if older and seen.first <= row.first_seen_at <= seen.last:
            yield Happening(row.first_seen_at, "certificate", "changed", about=host, values=values)
        if seen.first <= row.not_after <= seen.last:
            yield Happening(row.not_after, "certificate", "ended", about=host, values=values)


def _notices(session: Session, seen: _Around) -> Iterable[Happening]:
    """Yield what people were told of the case, one line for each kind and state."""
    case = seen.case
    mine = (
        or_(
            col(Notice.incident_id) == case.ref.id,
            col(Notice.episode_id).in_(select(Episode.id).where(Episode.incident_id == case.ref.id)),
        )
        if case.ref.kind == INCIDENT
        else col(Notice.episode_id) == case.ref.id
    )
    at = func.coalesce(col(Notice.sent_at), col(Notice.created_at))
    kind, state, channel = col(Notice.kind), col(Notice.state), col(Notice.channel)
    rows = session.execute(
        sa.select(kind, state, channel, func.count(), func.max(at), func.min(Notice.address))
        .where(mine)
        .group_by(kind, state, channel)
        .limit(MOST)
    ).all()
    for what, became, way, number, when, address in rows:
        if when is not None:
            about = address if number == 1 else ""
            yield Happening(when, "notice", became, about=about, values={"kind": what, "channel": way}, alike=number)


def _links(session: Session, seen: _Around) -> Iterable[Happening]:
    """Yield the steps of reconnect links that were sent for the inboxes of the case."""
    rows = session.exec(
        select(ReconnectLink, Person.name)
        .outerjoin(Person, col(Person.id) == col(ReconnectLink.by_id))
        .where(col(ReconnectLink.inbox_id).in_(seen.inboxes), seen.within(col(ReconnectLink.created_at)))
        .order_by(col(ReconnectLink.id).desc())
        .limit(MOST)
    ).all()
    for row, name in rows:
        steps = (
            ("sent", row.created_at),
            ("started", row.started_at),
            ("away", row.left_at),
            ("back", row.back_at),
            ("failed", row.failed_at),
            ("connected", row.connected_at),
            ("withdrawn", row.withdrawn_at),
        )
        about = "" if seen.case.address else shown(row.address)
        for step, at in steps:
            if at is not None:
                who = (name or "") if step == "sent" else ""
                yield Happening(at, "link", step, who, about, {"problem": row.problem} if step == "failed" else {})


def _noted(seen: _Around) -> Iterable[Happening]:
    for one in seen.case.notes:
        yield Happening(one.at, "note", "note", one.by, one.about)


def _of_inbox(session: Session, seen: _Around) -> Iterable[Happening]:
    """Yield the episode's own steps: checks as they changed, its beginning and end, and earlier ones of the inbox."""
    case = seen.case
    yield Happening(case.since, "episode", "began", values={"health": case.health, "problem": case.problem})
    if case.ended_at:
        yield Happening(case.ended_at, "episode", case.ended_how or "recovered")
    rows = session.exec(
        select(CheckRecord)
        .where(col(CheckRecord.inbox_id).in_(seen.inboxes), seen.within(col(CheckRecord.started_at)))
        .order_by(col(CheckRecord.id).desc())
        .limit(READ)
    ).all()
    for row in rows:
        # The first failing check is what the episode began with.
        if row.problem is None or row.finished_at > case.since:
            yield Happening(
                row.finished_at,
                "check",
                row.problem or "passed",
                values={"health": row.health, "trigger": row.trigger},
            )
    before = session.exec(
        select(Episode)
        .where(
            col(Episode.inbox_id).in_(seen.inboxes),
            Episode.id != case.ref.id,
            col(Episode.ended_at).is_not(None),
            col(Episode.began_at) >= case.since - EARLIER,
            col(Episode.began_at) < case.since,
        )
        .order_by(col(Episode.began_at).desc())
        .limit(2)
    ).all()
    for earlier in before:
        yield _earlier(earlier.began_at, earlier.ended_at, earlier.problem, earlier.health)


def _earlier(began_at: datetime, ended_at: datetime | None, code: str, health: str) -> Happening:
    values = {"problem": code, "health": health, "until": ended_at}
    return Happening(began_at, "earlier", "ended", values=values)


def _of_incident(session: Session, case: Case) -> Iterable[Happening]:
    """Yield the incident's own steps, its first inboxes, and earlier incidents of the same cause."""
    incident = session.get_one(Incident, case.ref.id)
    alike = session.exec(
        select(func.count()).where(Episode.incident_id == case.ref.id, col(Episode.began_at) <= incident.opened_at)
    ).one()
    values = {"alike": alike, "span": incident.opened_at - incident.began_at, "nature": incident.nature}
    yield Happening(incident.opened_at, "incident", "opened", values=values)
    first = case.lines[0].address if case.lines else ""
    yield Happening(
        incident.began_at, "episode", "began", about=first, values={"health": case.health, "problem": case.problem}
    )
    for code, at in (
        ("owners-told", incident.owners_told_from),
        ("told", incident.told_at),
        ("over", incident.ended_at),
        ("all-clear", incident.all_clear_at),
    ):
        if at is not None:
            yield Happening(at, "incident", code)
    before = session.exec(
        select(Incident)
        .where(
            Incident.level == incident.level,
            Incident.target == incident.target,
            Incident.id != incident.id,
            col(Incident.ended_at).is_not(None),
            col(Incident.began_at) >= incident.began_at - EARLIER,
            col(Incident.began_at) < incident.began_at,
        )
        .order_by(col(Incident.began_at).desc())
        .limit(2)
    ).all()
    for earlier in before:
        yield _earlier(earlier.began_at, earlier.ended_at, earlier.problem, cases.expected_health(earlier.problem))
