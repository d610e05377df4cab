"""The tables of what people are told, and of settings made in the console.

See `console.store.models` for the conventions.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from console.store.columns import Json


class Setting(SQLModel, table=True):
    """A group of settings made in the console, such as the mail server for notices. `sealed` is its secret, if any."""

    name: str = Field(max_length=60, primary_key=True)
    value: Any = Field(sa_column=Column(Json, nullable=False))
    sealed: str | None = Field(default=None, sa_column=Column(Text))
    key_id: str | None = Field(default=None, max_length=16)
    revision: int = 1
    by_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime


class Notice(SQLModel, table=True):
    """One thing that one recipient is told on one channel; codes and values only, the words are made when it is sent.

    `state` is held (no way to send it), queued, sending, sent, failed or withdrawn. `once` names what it is about, so
    that nothing is told twice. `person_id` is empty for a webhook, and for an address that belongs to nobody here.
    `digest` ones of one recipient go together, in one mail. `outcome` says why it is not sent, or not yet, as a code.
    """

    __table_args__ = (
        Index("ix_notice_state_not_before", "state", "not_before"),
        Index("ix_notice_inbox_id_created_at", "inbox_id", "created_at"),
        Index("ix_notice_incident_id", "incident_id"),
        Index("ix_notice_episode_id", "episode_id"),
        Index("ix_notice_webhook_id", "webhook_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    once: str = Field(max_length=120, unique=True)
    kind: str = Field(max_length=40)
    channel: str = Field(max_length=20)
    webhook_id: int | None = Field(default=None, foreign_key="webhook.id")
    person_id: int | None = Field(default=None, foreign_key="person.id")
    address: str = Field(default="", max_length=254)
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    episode_id: int | None = Field(default=None, foreign_key="episode.id")
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    problem: str | None = Field(default=None, max_length=60)
    detail: Any = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    digest: bool = False
    state: str = Field(default="queued", max_length=20)
    created_at: datetime
    not_before: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    outcome: str = Field(default="", max_length=60)
    server_text: str = Field(default="", max_length=400)
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)


class Webhook(SQLModel, table=True):
    """A web address that is told of what happens, with the secret that signs what it is told.

    `kinds` are those that it is told of. `failures` counts attempts in a row that were not taken; it rests until
    `resting_until` then. A removed one stays, because notices refer to it. `test` is the newest attempt that an admin
    asked for: its state, and what came of it.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    url: str = Field(max_length=2048)
    kinds: Any = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    sealed: str = Field(sa_column=Column(Text, nullable=False))
    key_id: str = Field(max_length=16)
    revision: int = 1
    by_id: int = Field(foreign_key="person.id")
    at: datetime
    off_at: datetime | None = None
    off_why: str = Field(default="", max_length=20)
    removed_at: datetime | None = None
    failures: int = 0
    resting_until: datetime | None = None
    told_at: datetime | None = None
    outcome: str = Field(default="", max_length=60)
    test: Any = Field(default=None, sa_column=Column(Json))


class RefusedAddress(SQLModel, table=True):
    """An address that a mail server refuses for good: nothing more is sent there until somebody clears it."""

    __tablename__ = "refused_address"

    address: str = Field(max_length=254, primary_key=True)
    at: datetime
    server_text: str = Field(default="", max_length=400)
