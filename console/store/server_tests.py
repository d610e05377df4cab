"""The table of tests of servers. See `console.store.models` for the conventions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from console.store.columns import Json


class ServerTest(SQLModel, table=True):
    """One question whether the servers of a mail domain are reachable, answered by a worker without signing in.

    Kept for a day. `servers` is what to visit, `answer` what was met; it is empty until a worker has been there.
    """

    __tablename__ = "server_test"
    __table_args__ = (Index("ix_server_test_state_lease_until", "state", "lease_until"),)

    id: str = Field(max_length=32, primary_key=True)
    by_id: int = Field(foreign_key="person.id")
    domain: str = Field(max_length=253)
    servers: Any = Field(sa_column=Column(Json, nullable=False))
    state: str = Field(default="queued", max_length=20)
    answer: Any = Field(default=None, sa_column=Column(Json))
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)
    created_at: datetime
    finished_at: datetime | None = None
