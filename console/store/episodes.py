"""The tables of what is wrong: episodes of one inbox, and incidents that many share.

See `console.store.models` for the conventions.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from console.store.columns import Json

HOLDS = "ended_at IS NULL AND owners_told_from IS NULL"


class Incident(SQLModel, table=True):
    """One cause that several inboxes share, handled once.

    `level` is what they share (host, domain, app or provider) and `target` which one. `nature` is why it counts as one:
    outage (trouble on the other side), refusals (a wave of definite refusals), shared (a cause that is everybody's by
    nature, such as a client secret). `state` is open, recovering (the canary passed, the others follow) or over.
    Owners are told of their episodes from `owners_told_from` on; while it is empty, their notices are held, and others
    that fail alike join. `canary_at` is when one inbox is tried for all, empty where nobody is; `canary_tries` are the
    times at which it was. `through` is how many of it had got well when it came to its state. `events` is the time
    line: what happened, as codes and values, with its time.
    `weighed_at` is when it was decided who is told of the incident, `told_at` when the first was told.
    """

    __table_args__ = (
        Index(
            "uq_incident_open",
            "level",
            "target",
            "problem",
            unique=True,
            sqlite_where=text(HOLDS),
            postgresql_where=text(HOLDS),
        ),
        Index("ix_incident_ended_at_began_at", "ended_at", "began_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    level: str = Field(max_length=20)
    target: str = Field(max_length=253)
    problem: str = Field(max_length=60)
    nature: str = Field(max_length=20)
    state: str = Field(default="open", max_length=20)
    began_at: datetime
    opened_at: datetime
    changed_at: datetime
    ended_at: datetime | None = None
    server_text: str = Field(default="", max_length=400)
    stage: str | None = Field(default=None, max_length=40)
    canary_id: int | None = Field(default=None, foreign_key="inbox.id")
    canary_at: datetime | None = None
    canary_tries: Any = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    owners_told_from: datetime | None = None
    weighed_at: datetime | None = None
    told_at: datetime | None = None
    all_clear_at: datetime | None = None
    recovering_from: datetime | None = None
    events: Any = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    through: int = 0
    most_inboxes: int = 0


class Episode(SQLModel, table=True):
    """From the first check of an inbox that did not pass to the next that did; an inbox has one open at most.

    `problem` and `health` are the present ones. People are told from `ripe_at` on: at once where nothing heals by
    itself, else after three strikes and a quarter of an hour. `told_at` is when the owner was told of it, `clear_at`
    when they were told that it is over. `weighed_for` is the problem for which it was last decided who is told.
    `ended_how` is recovered, reconnected, disabled or removed.

    `turned_at` is when it began to fail in the way it does now; what fails alike is counted from there. `own_at` says
    since when the cause is known to be this inbox's own, so that it is put together with no other. `tried_at` is when a
    refused secret was allowed once more after its incident's canary had passed, to the check with the token
    `try_token`, which says so once it left.
    """

    __table_args__ = (
        Index(
            "uq_episode_open",
            "inbox_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_episode_incident_id", "incident_id"),
        Index("ix_episode_ended_at_began_at", "ended_at", "began_at"),
        Index("ix_episode_inbox_id_began_at", "inbox_id", "began_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    inbox_id: int = Field(foreign_key="inbox.id")
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    problem: str = Field(max_length=60)
    health: str = Field(max_length=20)
    began_at: datetime
    changed_at: datetime
    turned_at: datetime | None = None
    ripe_at: datetime | None = None
    ended_at: datetime | None = None
    ended_how: str = Field(default="", max_length=20)
    weighed_for: str | None = Field(default=None, max_length=60)
    told_at: datetime | None = None
    clear_at: datetime | None = None
    own_at: datetime | None = None
    tried_at: datetime | None = None
    try_token: str | None = Field(default=None, max_length=40)


class Watch(SQLModel, table=True):
    """A round that one worker at a time makes: who has it, when the last was, and since when they come evenly.

    After a pause or a jump of the clock `even_since` is the time after it: no patience is counted across it.
    """

    name: str = Field(max_length=20, primary_key=True)
    last_at: datetime
    even_since: datetime
    lease_until: datetime | None = None


class InboxDay(SQLModel, table=True):
    """The worst that was seen of an inbox on one day of the console's time zone; what the strips are drawn from."""

    __tablename__ = "inbox_day"
    __table_args__ = (Index("ix_inbox_day_day_provider_health", "day", "provider", "health"),)

    inbox_id: int = Field(foreign_key="inbox.id", primary_key=True)
    day: date = Field(primary_key=True)
    provider: str = Field(max_length=40)
    health: str = Field(max_length=20)
    problem: str | None = Field(default=None, max_length=60)
