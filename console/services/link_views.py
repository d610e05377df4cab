"""A link as staff see it: how far its person has come."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, desc, or_
from sqlmodel import Session, col, select

from console.rules.notices import Kind
from console.services import consents, incidents, link_rules, link_steps, notice_rows
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox, Person
from console.store.notices import Notice

# Links of one person that are listed beside the newest.
MOST = 20


@dataclass(frozen=True)
class Step:
    """One step of a link that was taken: sent, started, away, back, failed or connected."""

    name: str
    at: datetime


@dataclass(frozen=True)
class LinkView:
    """A link as staff see it.

    `about` is the problem that the inbox had when it was made, at `host`. `state` is the newest of its steps, or
    withdrawn or expired; `how` says why it was withdrawn. `problem` is why the newest try failed. `by_name` is empty
    where the console made the link itself. `early` says that an incident holds the inbox, so that signing in mends
    nothing yet; `late` that its person is away for longer than a sign-in at a provider may take. `mailed` is the state
    of the mail that it goes with, "" without one.
    """

    id: int
    inbox_id: int | None
    person_id: int
    owner_name: str
    address: str
    provider: str
    host: str
    about: str | None
    by_name: str
    by_mail: bool
    created_at: datetime
    expires_at: datetime
    state: str
    how: str
    steps: tuple[Step, ...]
    problem: str | None
    ended_at: datetime | None
    early: bool
    late: bool
    mailed: str

    @property
    def usable(self) -> bool:
        """Whether the person can still use it."""
        return self.state not in {"connected", "withdrawn", "expired"}


def newest(session: Session, which: ColumnElement[bool], now: datetime) -> LinkView | None:
    """Return the newest link among `which`, or None."""
    row = session.exec(select(ReconnectLink).where(which).order_by(col(ReconnectLink.id).desc()).limit(1)).first()
    return view(session, row, now) if row is not None else None


def usable(session: Session, which: ColumnElement[bool], now: datetime) -> list[LinkView]:
    """Return the links among `which` that their person can still use, the newest first."""
    wanted = select(ReconnectLink).where(which, link_steps.is_open(now)).order_by(col(ReconnectLink.id).desc())
    found = [view(session, row, now) for row in session.exec(wanted.limit(MOST))]
    return [one for one in found if one.usable]


def view(session: Session, link: ReconnectLink, now: datetime) -> LinkView:
    """Return a link as staff see it."""
    assert link.id is not None
    people = {
        person.id: person.name
        for person in session.exec(select(Person).where(col(Person.id).in_([link.person_id, link.by_id or 0])))
    }
    inbox = session.get(Inbox, link.inbox_id) if link.inbox_id is not None else None
    draft = session.get(Draft, link.draft_id) if link.draft_id is not None else None
    why = link_rules.over(session, link, now)
    steps = tuple(
        Step(name, at)
        for name, at in (
            ("sent", link.created_at),
            ("started", link.started_at),
            ("away", link.left_at),
            ("back", link.back_at),
            ("failed", link.failed_at),
            ("connected", link.connected_at),
        )
        if at is not None
    )
    state = steps[-1].name if not why else "expired" if why == link_rules.EXPIRED else "withdrawn"
    waits = inbox is not None and why == "" and link.connected_at is None
    away_since = steps[-1].at if state == "away" else now
    return LinkView(
        id=link.id,
        inbox_id=link.inbox_id,
        person_id=link.person_id,
        owner_name=people.get(link.person_id, ""),
        address=link.address,
        provider=(draft.provider if draft else None) or (inbox.provider if inbox else ""),
        host=(inbox.problem_host or inbox.host) if inbox else "",
        about=link.about,
        by_name=people.get(link.by_id, ""),
        by_mail=link.by_mail,
        created_at=link.created_at,
        expires_at=link.expires_at,
        state=state,
        how=why,
        steps=steps,
        problem=link.problem,
        ended_at=link.withdrawn_at or (link.expires_at if why == link_rules.EXPIRED else None),
        early=waits and incidents.keeps_quiet(session, link.inbox_id or 0, now),
        late=now - away_since >= consents.LIVES,
        mailed=_mailed(session, link) if link.by_mail else "",
    )


def _mailed(session: Session, link: ReconnectLink) -> str:
    """Return the state of the mail with a link: the one that somebody sent, or else the console's own."""
    by_hand = f"{notice_rows.BY_HAND}{link.id}"
    wanted = select(Notice.state).where(
        Notice.inbox_id == link.inbox_id,
        Notice.kind == Kind.OWNER,
        Notice.channel == notice_rows.MAIL,
        or_(col(Notice.once) == by_hand, ~col(Notice.once).startswith(notice_rows.BY_HAND)),
    )
    return (
        session.exec(wanted.order_by(desc(col(Notice.once) == by_hand), col(Notice.id).desc()).limit(1)).first() or ""
    )
