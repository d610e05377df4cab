"""The worst that was seen of each inbox on each day of the console's time zone, for the strips of thirty days.

A check that changes nothing writes nothing. What no check tells (a proof that grows old, an inbox that waits for its
owner or is switched off) is noted by the tick, which gives every connected inbox its row of the day.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from typing import cast as cast_to
from zoneinfo import ZoneInfo

import sqlalchemy
from sqlalchemy import ColumnElement, CursorResult, Date, String, cast, delete, exists, func, literal, update
from sqlmodel import Session, col, select

from console.rules.health import Health, known
from console.services import displayed
from console.services.context import Context
from console.services.displayed import DISABLED, WORST_FIRST
from console.store import insert_into
from console.store.episodes import InboxDay
from console.store.models import Inbox

SHOWN, KEPT = 30, 35
_BADNESS = {name: len(WORST_FIRST) - index for index, name in enumerate(WORST_FIRST)}


@dataclass(frozen=True)
class Day:
    """One day of one inbox. `health` is None where nothing is known of it."""

    on: date
    health: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class ProviderDay:
    """One day of one provider: the number of its inboxes by their worst health."""

    on: date
    counts: dict[str, int]

    @property
    def known(self) -> int:
        """Number of inboxes that were switched on and looked at."""
        return sum(number for health, number in self.counts.items() if health != DISABLED)

    @property
    def healthy(self) -> int:
        """Number of inboxes with no problem all day."""
        return self.counts.get(Health.HEALTHY, 0)


def today(ctx: Context, now: datetime) -> date:
    """Return the day that `now` belongs to in the console's time zone."""
    return now.astimezone(ZoneInfo(ctx.config.timezone)).date()


def worse(one: str | None, other: str | None) -> str | None:
    """Return the worse of two healths; anything is worse than nothing known."""
    return max(one, other, key=lambda health: _BADNESS.get(health or "", 0))


def note(ctx: Context, session: Session, inbox: Inbox, now: datetime) -> None:
    """Note the standing of an inbox for the day, in the open transaction; one read where that is nothing new."""
    day, health = today(ctx, now), known(inbox.health).value
    noted = session.exec(select(InboxDay.health).where(InboxDay.inbox_id == inbox.id, InboxDay.day == day)).first()
    if noted is not None and _BADNESS.get(noted, 0) >= _BADNESS[health]:
        return
    new = insert_into(session, InboxDay).values(
        inbox_id=inbox.id, day=day, provider=inbox.provider, health=health, problem=inbox.problem
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["inbox_id", "day"],
            set_={"health": new.excluded.health, "problem": new.excluded.problem, "provider": new.excluded.provider},
            where=displayed.rank(col(InboxDay.health)) < displayed.rank(new.excluded.health),
        )
    )


def keep_up(ctx: Context, now: datetime) -> int:
    """Give inboxes that have none their row of the day, and note what grew worse without a check.

    Returns the number of rows that were written; where there is nothing to write, no writer is kept waiting.
    """
    day = today(ctx, now)
    rowless = (col(Inbox.removed_at).is_(None), ~exists().where(*_of_inbox(day)))
    shows, noted = displayed.rank(displayed.health(now)), displayed.rank(col(InboxDay.health))
    fell = exists().where(col(Inbox.id) == col(InboxDay.inbox_id), col(Inbox.removed_at).is_(None), shows > noted)
    with ctx.store.read() as session:
        missing = session.exec(select(Inbox.id).where(*rowless).limit(1)).first() is not None
        fallen = session.exec(select(InboxDay.inbox_id).where(InboxDay.day == day, fell).limit(1)).first() is not None
    if not missing and not fallen:
        return 0
    written = 0
    with ctx.store.write() as session:
        if missing:
            standing = sqlalchemy.select(
                col(Inbox.id),
                literal(day, Date),
                col(Inbox.provider),
                cast(displayed.health(now), String(20)),
                cast(displayed.problem(now), String(60)),
            ).where(*rowless)
            new = insert_into(session, InboxDay).from_select(
                ["inbox_id", "day", "provider", "health", "problem"], standing
            )
            written += _rows(session.execute(new.on_conflict_do_nothing()))
        if fallen:
            mine = col(Inbox.id) == col(InboxDay.inbox_id)
            written += _rows(
                session.execute(
                    update(InboxDay)
                    .where(col(InboxDay.day) == day, fell)
                    .values(
                        health=select(displayed.health(now)).where(mine).scalar_subquery(),
                        problem=select(displayed.problem(now)).where(mine).scalar_subquery(),
                    )
                    .execution_options(synchronize_session=False)
                )
            )
    return written


def _rows(result: Any) -> int:
    return cast_to(CursorResult[Any], result).rowcount


def _of_inbox(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (col(InboxDay.inbox_id) == col(Inbox.id), col(InboxDay.day) == day)


def prune(ctx: Context, now: datetime) -> None:
    """Drop days that no strip shows any more, and those that a clock which was wrong put into the future."""
    day = today(ctx, now)
    with ctx.store.write() as session:
        session.execute(
            delete(InboxDay).where(
                (col(InboxDay.day) < day - timedelta(days=KEPT)) | (col(InboxDay.day) > day + timedelta(days=1))
            )
        )


def span(ctx: Context, now: datetime) -> list[date]:
    """Return the thirty days that strips show, the oldest first, today last."""
    last = today(ctx, now)
    return [last - timedelta(days=back) for back in reversed(range(SHOWN))]


def of_inboxes(ctx: Context, ids: Collection[int]) -> dict[int, list[Day]]:
    """Return the thirty days of each inbox, in one query. Whoever asks has looked the inboxes up within their scope."""
    with ctx.store.read() as session:
        return read(ctx, session, ids)


def read(ctx: Context, session: Session, ids: Collection[int]) -> dict[int, list[Day]]:
    """Return the thirty days of each inbox; see `of_inboxes`."""
    days = span(ctx, ctx.clock())
    found: dict[int, dict[date, Day]] = {inbox_id: {} for inbox_id in ids}
    rows = session.exec(
        select(InboxDay).where(col(InboxDay.inbox_id).in_(ids), col(InboxDay.day).between(days[0], days[-1]))
    ).all()
    for row in rows:
        found[row.inbox_id][row.day] = Day(row.day, row.health, row.problem)
    return {inbox_id: [known.get(day) or Day(day) for day in days] for inbox_id, known in found.items()}


def of_providers(session: Session, days: list[date]) -> dict[str, list[ProviderDay]]:
    """Return these days of every provider that has any, in one query."""
    counts: dict[str, dict[date, dict[str, int]]] = {}
    for provider, day, health, number in session.execute(
        sqlalchemy.select(col(InboxDay.provider), col(InboxDay.day), col(InboxDay.health), func.count())
        .where(col(InboxDay.day).between(days[0], days[-1]))
        .group_by(col(InboxDay.provider), col(InboxDay.day), col(InboxDay.health))
    ):
        counts.setdefault(provider, {}).setdefault(day, {})[health] = number
    return {slug: [ProviderDay(day, known.get(day, {})) for day in days] for slug, known in counts.items()}
