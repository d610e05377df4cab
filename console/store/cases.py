"""The tables of help desk's work on incidents and episodes. See `console.store.models` for the conventions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Handling(SQLModel, table=True):
    """What staff do about a case: who took it, until when it sleeps, whether it was handed to an account admin.

    `kind` is incident or episode and `case_id` its id. A case that was put to sleep wakes early when it is worse than
    it was then: `snoozed_problem` and `snoozed_weight` (of an episode how bad its health is, of an incident the most
    inboxes it has held) tell how it was.
    """

    kind: str = Field(max_length=20, primary_key=True)
    case_id: int = Field(primary_key=True)
    taken_by_id: int | None = Field(default=None, foreign_key="person.id")
    taken_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_by_id: int | None = Field(default=None, foreign_key="person.id")
    snoozed_problem: str = Field(default="", max_length=60)
    snoozed_weight: int = 0
    handed_at: datetime | None = None
    handed_by_id: int | None = Field(default=None, foreign_key="person.id")


class CaseNote(SQLModel, table=True):
    """A note of staff on a case, for the next colleague."""

    __tablename__ = "case_note"
    __table_args__ = (Index("ix_case_note_kind_case_id", "kind", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    case_id: int
    by_id: int = Field(foreign_key="person.id")
    at: datetime
    text: str = Field(max_length=1000)
