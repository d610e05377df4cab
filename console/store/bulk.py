"""The tables of work on many inboxes. See `console.store.models` for the conventions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from console.store.columns import Json


class BulkJob(SQLModel, table=True):
    """Work on many inboxes that a person started; a worker carries it on, and another one after that one died.

    `kind` says what is done and `target` to what; one job of a kind works on a target at a time. `plan` is what was
    confirmed, as it was then. `ended` is a code for why a job stopped before its end.
    """

    __tablename__ = "bulk_job"
    __table_args__ = (
        Index(
            "uq_bulk_job_under_way",
            "kind",
            "target",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_bulk_job_kind_target_created_at", "kind", "target", "created_at"),
    )

    id: str = Field(max_length=32, primary_key=True)
    kind: str = Field(max_length=20)
    target: str = Field(max_length=253)
    plan: Any = Field(sa_column=Column(Json, nullable=False))
    state: str = Field(default="queued", max_length=20)
    ended: str = Field(default="", max_length=40)
    stop_asked: bool = False
    by_id: int = Field(foreign_key="person.id")
    created_at: datetime
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)


class BulkItem(SQLModel, table=True):
    """One inbox of a bulk job: what was done to it, and what it takes to undo that.

    `before` is what it had; `revision` is the inbox's after the change, so that a later edit is seen.
    """

    __tablename__ = "bulk_item"
    __table_args__ = (
        UniqueConstraint("job_id", "inbox_id"),
        Index("ix_bulk_item_job_id_position", "job_id", "position"),
    )

    id: int | None = Field(default=None, primary_key=True)
    job_id: str = Field(foreign_key="bulk_job.id", max_length=32)
    inbox_id: int = Field(foreign_key="inbox.id")
    position: int
    state: str = Field(default="waiting", max_length=20)
    before: Any = Field(default=None, sa_column=Column(Json))
    revision: int | None = None
    problem: str | None = Field(default=None, max_length=60)
    at: datetime | None = None
