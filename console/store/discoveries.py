"""The table of questions about addresses. See `console.store.models` for the conventions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from console.store.columns import Json


class Discovery(SQLModel, table=True):
    """One question about an address, asked by a person and answered by a worker. Kept for a day.

    `answer` is what discovery found; it is empty until a worker has been there. `without_default` leaves out what an
    account admin keeps for the domain, to find out what others say.
    """

    __table_args__ = (Index("ix_discovery_state_lease_until", "state", "lease_until"),)

    id: str = Field(max_length=32, primary_key=True)
    by_id: int = Field(foreign_key="person.id")
    address: str = Field(max_length=254)
    state: str = Field(default="queued", max_length=20)
    answer: Any = Field(default=None, sa_column=Column(Json))
    without_default: bool = False
    lease_until: datetime | None = None
    created_at: datetime
    finished_at: datetime | None = None
